// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/color_profile.h"

#include <lcms2.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
#define CALLS(X)                                                                                   \
    X(cmsBuildGamma) X(cmsBuildParametricToneCurve) X(cmsBuildTabulatedToneCurve16)                \
    X(cmsCIE2000DeltaE) X(cmsCloseProfile) X(cmsCreateGrayProfile) X(cmsCreateLab4Profile)         \
    X(cmsCreateRGBProfile) X(cmsCreateTransform) X(cmsCreate_sRGBProfile) X(cmsD50_xyY)            \
    X(cmsDeleteTransform) X(cmsDoTransform) X(cmsEvalToneCurveFloat) X(cmsFreeToneCurve)           \
    X(cmsGetColorSpace) X(cmsGetProfileInfoASCII) X(cmsIsMatrixShaper) X(cmsMLUalloc)              \
    X(cmsMLUfree) X(cmsMLUsetASCII) X(cmsOpenProfileFromMem) X(cmsReadTag) X(cmsSaveProfileToMem)  \
    X(cmsWriteTag)

static struct {
    CALLS(IE_LATE_MEMBER)
} lcms;

#define cmsBuildGamma (lcms.cmsBuildGamma)
#define cmsBuildParametricToneCurve (lcms.cmsBuildParametricToneCurve)
#define cmsBuildTabulatedToneCurve16 (lcms.cmsBuildTabulatedToneCurve16)
#define cmsCIE2000DeltaE (lcms.cmsCIE2000DeltaE)
#define cmsCloseProfile (lcms.cmsCloseProfile)
#define cmsCreateGrayProfile (lcms.cmsCreateGrayProfile)
#define cmsCreateLab4Profile (lcms.cmsCreateLab4Profile)
#define cmsCreateRGBProfile (lcms.cmsCreateRGBProfile)
#define cmsCreateTransform (lcms.cmsCreateTransform)
#define cmsCreate_sRGBProfile (lcms.cmsCreate_sRGBProfile)
#define cmsD50_xyY (lcms.cmsD50_xyY)
#define cmsDeleteTransform (lcms.cmsDeleteTransform)
#define cmsDoTransform (lcms.cmsDoTransform)
#define cmsEvalToneCurveFloat (lcms.cmsEvalToneCurveFloat)
#define cmsFreeToneCurve (lcms.cmsFreeToneCurve)
#define cmsGetColorSpace (lcms.cmsGetColorSpace)
#define cmsGetProfileInfoASCII (lcms.cmsGetProfileInfoASCII)
#define cmsIsMatrixShaper (lcms.cmsIsMatrixShaper)
#define cmsMLUalloc (lcms.cmsMLUalloc)
#define cmsMLUfree (lcms.cmsMLUfree)
#define cmsMLUsetASCII (lcms.cmsMLUsetASCII)
#define cmsOpenProfileFromMem (lcms.cmsOpenProfileFromMem)
#define cmsReadTag (lcms.cmsReadTag)
#define cmsSaveProfileToMem (lcms.cmsSaveProfileToMem)
#define cmsWriteTag (lcms.cmsWriteTag)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_LCMS2, names, sizeof names / sizeof *names, &lcms);
}

bool ie_profile_ready(void)
{
    pthread_once(&once, load);
    return loaded;
}

/* NULL when it is no profile. */
static cmsHPROFILE open_profile(const void *icc, size_t size)
{
    return ie_profile_ready() && icc != NULL && size >= 128 && size <= UINT32_MAX
               ? cmsOpenProfileFromMem(icc, (cmsUInt32Number)size)
               : NULL;
}

static ie_profile_kind kind_of(cmsHPROFILE profile)
{
    switch (cmsGetColorSpace(profile)) {
    case cmsSigGrayData:
        return IE_PROFILE_GRAY;
    case cmsSigRgbData:
        return IE_PROFILE_RGB;
    case cmsSigCmykData:
        return IE_PROFILE_CMYK;
    default:
        return IE_PROFILE_ELSE;
    }
}

/* ---- making -------------------------------------------------------------------------------- */

static void say_name(cmsHPROFILE profile, const char *name)
{
    static const struct {
        cmsTagSignature tag;
        const char *text; /* NULL: the name */
    } rows[] = {{cmsSigProfileDescriptionTag, NULL},
                {cmsSigCopyrightTag, "No copyright, use freely"}};
    for (size_t i = 0; i < 2; i++) {
        cmsMLU *text = cmsMLUalloc(NULL, 1);
        if (text != NULL &&
            cmsMLUsetASCII(text, "en", "US", rows[i].text != NULL ? rows[i].text : name)) {
            cmsWriteTag(profile, rows[i].tag, text);
        }
        cmsMLUfree(text);
    }
}

/* Closes the profile. The time at which it was made is no fact about colours: the same file is to
   come out always. */
static bool finish(cmsHPROFILE profile, const char *name, ie_profile *ret_profile)
{
    static const uint8_t date[12] = {2026 >> 8, 2026 & 255, 0, 1, 0, 1};
    cmsUInt32Number size = 0;
    ie_profile made = {0};
    if (profile == NULL) {
        return false;
    }
    say_name(profile, name);
    if (cmsSaveProfileToMem(profile, NULL, &size) && size >= 128) {
        made = (ie_profile){ie_alloc(size), size};
    }
    bool good = made.data != NULL && cmsSaveProfileToMem(profile, made.data, &size);
    cmsCloseProfile(profile);
    if (good) {
        memcpy(made.data + 24, date, sizeof date);
        *ret_profile = made;
    } else {
        free(made.data);
    }
    return good;
}

/* Light of a value: ((V + a) / b) ^ g above the limit, V / c below (ICC.1:2010, 10.16,
   function 3). */
static cmsToneCurve *parametric(double g, double a, double b, double c, double limit)
{
    const cmsFloat64Number params[5] = {g, 1 / b, a / b, 1 / c, limit};
    return cmsBuildParametricToneCurve(NULL, 4, params);
}

static cmsToneCurve *srgb_curve(void) /* IEC 61966-2-1 */
{
    return parametric(2.4, 0.055, 1.055, 12.92, 0.04045);
}

static cmsToneCurve *curve_of(const ie_color_space *space, int channel)
{
    switch (space->transfer) {
    case IE_TRANSFER_GAMMA:
        return cmsBuildGamma(NULL, space->gamma);
    case IE_TRANSFER_SMPTE240:
        return parametric(1 / 0.45, 0.1115, 1.1115, 4.0, 0.0912);
    case IE_TRANSFER_TABLE:
        return cmsBuildTabulatedToneCurve16(NULL, space->table_count, space->table[channel]);
    case IE_TRANSFER_SRGB:
        break;
    }
    return srgb_curve();
}

static cmsHPROFILE make_rgb(const ie_color_space *space, cmsToneCurve *const curves[3])
{
    const double(*xy)[2] = (const double(*)[2])space->xy;
    const cmsCIExyY white = {xy[3][0], xy[3][1], 1};
    const cmsCIExyYTRIPLE primaries = {
        {xy[0][0], xy[0][1], 1}, {xy[1][0], xy[1][1], 1}, {xy[2][0], xy[2][1], 1}};
    return cmsCreateRGBProfile(&white, &primaries, curves);
}

bool ie_profile_make(const ie_color_space *space, bool gray, ie_profile *ret_profile)
{
    if (!ie_profile_ready()) {
        return false;
    }
    cmsToneCurve *curves[3] = {curve_of(space, 0), curve_of(space, 1), curve_of(space, 2)};
    cmsHPROFILE profile = NULL;
    if (curves[0] != NULL && curves[1] != NULL && curves[2] != NULL) {
        profile = gray ? cmsCreateGrayProfile(cmsD50_xyY(), curves[1]) : make_rgb(space, curves);
    }
    for (int i = 0; i < 3; i++) {
        if (curves[i] != NULL) {
            cmsFreeToneCurve(curves[i]);
        }
    }
    char name[80];
    if (space->transfer == IE_TRANSFER_GAMMA) {
        snprintf(name, sizeof name, "Red %.3g %.3g, green %.3g %.3g, gamma %.4g", space->xy[0][0],
                 space->xy[0][1], space->xy[1][0], space->xy[1][1], space->gamma);
    } else {
        snprintf(name, sizeof name, "Red %.3g %.3g, green %.3g %.3g, %s", space->xy[0][0],
                 space->xy[0][1], space->xy[1][0], space->xy[1][1],
                 space->transfer == IE_TRANSFER_SRGB    ? "curve of sRGB"
                 : space->transfer == IE_TRANSFER_TABLE ? "table"
                                                        : "video curve");
    }
    return finish(profile, name, ret_profile);
}

bool ie_profile_reshape(const void *icc, size_t size, bool gray, ie_profile *ret_profile)
{
    static const ie_color_space srgb = {
        .xy = {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}}};
    cmsHPROFILE from = open_profile(icc, size), made = NULL;
    if (from == NULL) {
        return false;
    }
    cmsToneCurve *curve =
        cmsReadTag(from, kind_of(from) == IE_PROFILE_GRAY ? cmsSigGrayTRCTag : cmsSigGreenTRCTag);
    if (curve != NULL && gray) {
        made = cmsCreateGrayProfile(cmsD50_xyY(), curve);
    } else if (curve != NULL) {
        made = make_rgb(&srgb, (cmsToneCurve *const[3]){curve, curve, curve});
    }
    bool good = finish(made, gray ? "Grey" : "RGB for a grey picture", ret_profile);
    cmsCloseProfile(from);
    return good;
}

/* The inverse of a 3 x 3 matrix by its cofactors; false when it has none. */
static bool invert(const double m[9], double ret_inverse[9])
{
    double out[9], det = 0;
    for (int i = 0; i < 9; i++) {
        int r = i / 3, c = i % 3, r1 = (c + 1) % 3, r2 = (c + 2) % 3, c1 = (r + 1) % 3,
            c2 = (r + 2) % 3;
        out[i] = m[r1 * 3 + c1] * m[r2 * 3 + c2] - m[r1 * 3 + c2] * m[r2 * 3 + c1];
    }
    for (int i = 0; i < 3; i++) {
        det += m[i] * out[i * 3];
    }
    for (int i = 0; i < 9; i++) {
        ret_inverse[i] = out[i] / det;
    }
    return fabs(det) > 1e-9;
}

/* False for black, which has no place. */
static bool to_xy(const double m[9], const cmsCIEXYZ *color, double ret_xy[2])
{
    double xyz[3], sum = 0;
    for (int i = 0; i < 3; i++) {
        xyz[i] = m[i * 3] * color->X + m[i * 3 + 1] * color->Y + m[i * 3 + 2] * color->Z;
        sum += xyz[i];
    }
    ret_xy[0] = xyz[0] / sum;
    ret_xy[1] = xyz[1] / sum;
    return fabs(sum) > 1e-9 && isfinite(ret_xy[0]) && isfinite(ret_xy[1]);
}

/* Primaries as they were before the profile brought them to its white, D50; where it does not say
   from which, D65 does as well as any: what is made of them brings them back. */
static bool primaries_of(cmsHPROFILE profile, ie_color_space *ret_space)
{
    static const double bradford[9] = {1.0478112, 0.0228866, -0.0501270, 0.0295424, 0.9904844,
                                       -0.0170491, -0.0092345, 0.0150436, 0.7521316};
    static const cmsTagSignature names[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                            cmsSigBlueColorantTag};
    static const cmsCIEXYZ white = {0.9642, 1.0, 0.8249};
    const double *said = cmsReadTag(profile, cmsSigChromaticAdaptationTag);
    ie_color_space space = {.transfer = IE_TRANSFER_SRGB};
    double back[9];
    if (!invert(said != NULL ? said : bradford, back)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        const cmsCIEXYZ *color = cmsReadTag(profile, names[i]);
        if (color == NULL || !to_xy(back, color, space.xy[i])) {
            return false;
        }
    }
    if (!to_xy(back, &white, space.xy[3])) {
        return false;
    }
    *ret_space = space;
    return true;
}

bool ie_profile_with_srgb_curve(const void *icc, size_t size, ie_profile *ret_profile)
{
    ie_color_space space = {.transfer = IE_TRANSFER_SRGB};
    cmsHPROFILE from = open_profile(icc, size);
    if (from == NULL) {
        return false;
    }
    bool gray = kind_of(from) == IE_PROFILE_GRAY;
    bool good = gray || (kind_of(from) == IE_PROFILE_RGB && cmsIsMatrixShaper(from) &&
                         primaries_of(from, &space));
    cmsCloseProfile(from);
    return good && ie_profile_make(&space, gray, ret_profile);
}

bool ie_profile_srgb_values(const void *icc, size_t size, int channel, uint32_t count,
                            double *ret_values)
{
    static const cmsTagSignature names[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
    cmsHPROFILE from = open_profile(icc, size);
    const cmsToneCurve *curve = NULL;
    if (from != NULL) {
        curve =
            cmsReadTag(from, kind_of(from) == IE_PROFILE_GRAY ? cmsSigGrayTRCTag : names[channel]);
    }
    for (uint32_t i = 0; curve != NULL && i < count; i++) {
        double light = (double)cmsEvalToneCurveFloat(curve, (float)i / (float)(count - 1));
        ret_values[i] = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
    }
    if (from != NULL) {
        cmsCloseProfile(from);
    }
    return curve != NULL;
}

/* ---- comparing ----------------------------------------------------------------------------- */

enum { STEPS = 6, COLOURS = STEPS * STEPS * STEPS };

static bool to_lab(cmsHPROFILE profile, ie_profile_kind kind, cmsCIELab lab[COLOURS])
{
    double values[COLOURS * 3];
    size_t used = 0;
    for (int i = 0; i < COLOURS; i++) {
        if (kind == IE_PROFILE_RGB) {
            values[used++] = (double)(i / (STEPS * STEPS)) / (STEPS - 1);
            values[used++] = (double)(i / STEPS % STEPS) / (STEPS - 1);
            values[used++] = (double)(i % STEPS) / (STEPS - 1);
        } else {
            values[used++] = i / (COLOURS - 1.0);
        }
    }
    cmsHPROFILE space = cmsCreateLab4Profile(NULL);
    cmsHTRANSFORM transform = cmsCreateTransform(
        profile, kind == IE_PROFILE_RGB ? TYPE_RGB_DBL : TYPE_GRAY_DBL, space, TYPE_Lab_DBL,
        INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
    cmsCloseProfile(space);
    if (transform == NULL) {
        return false;
    }
    cmsDoTransform(transform, values, lab, COLOURS);
    cmsDeleteTransform(transform);
    return true;
}

/* One of which no transform can be made says nothing of colours, and ends libjxl's process. */
ie_profile_kind ie_profile_kind_of(const void *icc, size_t size)
{
    cmsCIELab lab[COLOURS];
    cmsHPROFILE profile = open_profile(icc, size);
    if (profile == NULL) {
        return IE_PROFILE_BROKEN;
    }
    ie_profile_kind kind = kind_of(profile);
    if ((kind == IE_PROFILE_RGB || kind == IE_PROFILE_GRAY) && !to_lab(profile, kind, lab)) {
        kind = IE_PROFILE_BROKEN;
    }
    cmsCloseProfile(profile);
    return kind;
}

/* Closes both; NULL is fine. */
static double difference(cmsHPROFILE a, cmsHPROFILE b)
{
    cmsCIELab x[COLOURS], y[COLOURS];
    double worst = INFINITY;
    ie_profile_kind kind = a != NULL ? kind_of(a) : IE_PROFILE_BROKEN;
    if (b != NULL && (kind == IE_PROFILE_RGB || kind == IE_PROFILE_GRAY) && kind_of(b) == kind &&
        to_lab(a, kind, x) && to_lab(b, kind, y)) {
        worst = 0;
        for (int i = 0; i < COLOURS; i++) {
            double here = cmsCIE2000DeltaE(&x[i], &y[i], 1, 1, 1);
            worst = isnan(here) ? INFINITY
                                : fmax(worst, here); /* fmax() passes over what is no number */
        }
    }
    if (a != NULL) {
        cmsCloseProfile(a);
    }
    if (b != NULL) {
        cmsCloseProfile(b);
    }
    return worst;
}

double ie_profile_difference(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return difference(open_profile(a, a_size), open_profile(b, b_size));
}

double ie_profile_difference_from_srgb(const void *icc, size_t size)
{
    cmsHPROFILE profile = open_profile(icc, size), srgb = NULL;
    cmsToneCurve *curve =
        profile != NULL && kind_of(profile) == IE_PROFILE_GRAY ? srgb_curve() : NULL;
    if (curve != NULL) {
        srgb = cmsCreateGrayProfile(cmsD50_xyY(), curve);
        cmsFreeToneCurve(curve);
    } else if (profile != NULL) {
        srgb = cmsCreate_sRGBProfile();
    }
    return difference(profile, srgb);
}

/* ---- what libjxl says in the names of the profiles that it makes ----------------------------- */

static bool jxl_name_ends(const void *icc, size_t size, const char *end)
{
    char name[64] = "";
    cmsHPROFILE profile = size >= 128 && memcmp((const uint8_t *)icc + 80, "jxl ", 4) == 0
                              ? open_profile(icc, size)
                              : NULL;
    if (profile == NULL) {
        return false;
    }
    cmsGetProfileInfoASCII(profile, cmsInfoDescription, "en", "US", name, sizeof name);
    cmsCloseProfile(profile);
    size_t length = strlen(name), wanted = strlen(end);
    return length >= wanted && strcmp(name + length - wanted, end) == 0;
}

bool ie_profile_jxl_hdr(const void *icc, size_t size)
{
    return jxl_name_ends(icc, size, "_PeQ") || jxl_name_ends(icc, size, "_HLG");
}

bool ie_profile_jxl_linear(const void *icc, size_t size)
{
    return jxl_name_ends(icc, size, "_Lin");
}
