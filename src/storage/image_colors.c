// SPDX-License-Identifier: GPL-3.0-or-later
/* The colours of a picture on their way into another format. */
#include <math.h>

#include "storage/color_profile.h"
#include "storage/image_vips.h"
#include "utils/error.h"

/* CIEDE2000 that nobody sees; what libjxl makes of a profile differs by less than a tenth */
#define SAME_COLOURS 1.0

typedef struct blob {
    const void *data;
    size_t size;
} blob;

static blob profile_of(VipsImage *image)
{
    blob icc = {0};
    bool there = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
                 vips_image_get_blob(image, VIPS_META_ICC_NAME, &icc.data, &icc.size) == 0;
    return there ? icc : (blob){0};
}

/* On a copy: opened images are shared. Data NULL: none. */
static bool set_profile(VipsImage **image, const void *data, size_t size)
{
    VipsImage *result = NULL;
    if (!ie_vips_replace(image, vips_copy(*image, &result, NULL), &result)) {
        return false;
    }
    if (data != NULL) {
        vips_image_set_blob_copy(*image, VIPS_META_ICC_NAME, data, size);
    } else {
        vips_image_remove(*image, VIPS_META_ICC_NAME);
    }
    return true;
}

/* Takes the profile. */
static bool put_profile(VipsImage **image, ie_profile profile)
{
    bool good = set_profile(image, profile.data, profile.size);
    free(profile.data);
    return good;
}

static bool is_gray(VipsImage *image)
{
    return image->Bands < 3;
}

static bool has_gray(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF ||
           format == IE_FORMAT_JXL;
}

static bool by_definition(const VipsImage *image)
{
    return image->Type == VIPS_INTERPRETATION_LAB || image->Type == VIPS_INTERPRETATION_LABS ||
           image->Type == VIPS_INTERPRETATION_LABQ || image->Type == VIPS_INTERPRETATION_XYZ ||
           image->Type == VIPS_INTERPRETATION_scRGB;
}

/* Drops what no reader could apply, makes an RGB profile of a grey picture one for grey. */
static bool fit_profile(VipsImage **image)
{
    blob icc = profile_of(*image);
    ie_profile shaped = {0};
    if (icc.data == NULL) {
        return true;
    }
    ie_profile_kind kind = ie_profile_kind_of(icc.data, icc.size);
    ie_profile_kind wanted = ie_vips_cmyk(*image) ? IE_PROFILE_CMYK
                             : is_gray(*image)    ? IE_PROFILE_GRAY
                                                  : IE_PROFILE_RGB;
    if (kind == wanted && !by_definition(*image)) {
        return true;
    }
    bool made = kind == IE_PROFILE_RGB && wanted == IE_PROFILE_GRAY &&
                ie_profile_reshape(icc.data, icc.size, true, &shaped);
    return made ? put_profile(image, shaped) : set_profile(image, NULL, 0);
}

/* The file's metadata is looked at only where a picture has no profile. */
static ie_colors find_colours(const uint8_t *bytes, size_t size, ie_format format, ie_bytes *file,
                              ie_format file_format, bool icc, ie_color_space *ret_space)
{
    if (icc) {
        return ie_color_space_find(bytes, size, format, NULL, icc, ret_space);
    }
    ie_meta meta = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = file_format;
    ie_meta_find(file, photo, &meta);
    ie_colors colours = ie_color_space_find(bytes, size, format, &meta, icc, ret_space);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    return colours;
}

static ie_status refuse_hdr(ie_error *err)
{
    return ie_error_set(err, IE_ERR_UNSUPPORTED,
                        "its light is coded for HDR screens (PQ, HLG or the like), which a "
                        "conversion would not keep");
}

static ie_status refuse_untold(ie_error *err)
{
    return ie_error_set(err, IE_ERR_UNSUPPORTED,
                        "its numbers are video's (narrow range, or brightness and colour "
                        "differences), which no profile tells");
}

static ie_status refuse_unready(ie_error *err)
{
    return ie_error_set(err, IE_ERR_UNSUPPORTED,
                        "its colours need a profile, and LittleCMS (liblcms2), which reads and "
                        "makes them, is not installed");
}

/* What libjxl says of its colours. */
static ie_status check_jxl(VipsImage *image, ie_error *err)
{
    blob icc = profile_of(image);
    if (icc.data != NULL && ie_profile_jxl_hdr(icc.data, icc.size)) {
        return refuse_hdr(err);
    }
    if (icc.data != NULL && image->BandFmt == VIPS_FORMAT_UCHAR &&
        ie_profile_jxl_linear(icc.data, icc.size)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "its colour profile is one that libjxl does not give back but in "
                            "coarse steps and without the strongest colours");
    }
    return IE_OK;
}

static bool use_space(VipsImage **image, ie_colors colours, const ie_color_space *space)
{
    ie_profile made = {0};
    if (colours == IE_COLORS_SRGB) {
        return set_profile(image, NULL, 0);
    }
    if (colours != IE_COLORS_OTHER || ie_vips_cmyk(*image) || by_definition(*image)) {
        return true;
    }
    return ie_profile_make(space, is_gray(*image), &made) && put_profile(image, made);
}

/* WebP, HEIF and AVIF have three colours always. */
static bool shape_for(VipsImage **image, ie_format to)
{
    blob icc = profile_of(*image);
    ie_profile shaped = {0};
    if (icc.data == NULL || !is_gray(*image) || has_gray(to)) {
        return true;
    }
    return ie_profile_reshape(icc.data, icc.size, false, &shaped) && put_profile(image, shaped);
}

/* libpng refuses profiles whose header is not by the letter (ICC.1:2022, 7.2.15 and 7.2.16): a
   rendering intent that is none (often its bytes in another order), a white of the connection space
   that is D50 but for rounding. Neither changes what colours its numbers stand for. */
static bool mend_header(VipsImage **image, ie_format to)
{
    static const uint8_t d50[12] = {0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d};
    enum { INTENT_AT = 64, WHITE_AT = 68, NEAR = 4, HEADER_BYTES = 128 };
    blob icc = profile_of(*image);
    const uint8_t *was = icc.data;
    if (to != IE_FORMAT_PNG || was == NULL || icc.size < HEADER_BYTES) {
        return true;
    }
    ie_profile mended = {ie_alloc(icc.size), icc.size};
    memcpy(mended.data, was, icc.size);
    uint8_t *intent = mended.data + INTENT_AT, *white = mended.data + WHITE_AT;
    bool near_d50 = true;
    if (intent[0] != 0 || intent[1] != 0 || intent[2] != 0 || intent[3] > 3) {
        memset(intent, 0, 4);
    }
    for (size_t k = 0; k < sizeof d50; k += 4) {
        near_d50 &= memcmp(white + k, d50 + k, 3) == 0 && abs(white[k + 3] - d50[k + 3]) <= NEAR;
    }
    if (near_d50) {
        memcpy(white, d50, sizeof d50);
    }
    if (memcmp(mended.data, was, icc.size) == 0) {
        free(mended.data);
        return true;
    }
    return put_profile(image, mended);
}

ie_status ie_vips_settle_profile(VipsImage **image, const uint8_t *bytes, size_t size,
                                 ie_format format, ie_bytes *file, ie_format file_format,
                                 ie_format to, ie_error *err)
{
    ie_color_space space;
    ie_status status = format == IE_FORMAT_JXL ? check_jxl(*image, err) : IE_OK;
    if (status != IE_OK) {
        return status;
    }
    if (profile_of(*image).data != NULL && !ie_profile_ready()) {
        return refuse_unready(err);
    }
    if (!fit_profile(image)) {
        return ie_vips_damaged(format, err);
    }
    ie_colors colours = find_colours(bytes, size, format, file, file_format,
                                     profile_of(*image).data != NULL, &space);
    if (colours == IE_COLORS_HDR) {
        return refuse_hdr(err);
    }
    if (colours == IE_COLORS_UNTOLD) {
        return refuse_untold(err);
    }
    if (colours == IE_COLORS_OTHER && !ie_profile_ready()) {
        return refuse_unready(err);
    }
    return use_space(image, colours, &space) && shape_for(image, to) && mend_header(image, to)
               ? IE_OK
               : ie_error_set(
                     err, IE_ERR_UNSUPPORTED,
                     "its colours are not those of sRGB, and no profile can be made for them");
}

/* A table for vips_maplut(), alpha stays. NULL: it cannot be made. */
static VipsImage *srgb_table(VipsImage *image, blob icc)
{
    bool deep = image->BandFmt == VIPS_FORMAT_USHORT;
    uint32_t count = deep ? 65536 : 256;
    size_t bands = (size_t)image->Bands, bytes = count * bands * (deep ? 2 : 1);
    int colours = is_gray(image) ? 1 : 3;
    double *values = ie_alloc(count * sizeof *values);
    uint8_t *table = ie_alloc(bytes);
    bool good = deep || image->BandFmt == VIPS_FORMAT_UCHAR;
    for (size_t c = 0; good && c < bands; c++) {
        good = c >= (size_t)colours ||
               ie_profile_srgb_values(icc.data, icc.size, (int)c, count, values);
        for (uint32_t i = 0; good && i < count; i++) {
            double value = c < (size_t)colours ? fmin(fmax(values[i], 0), 1) * (count - 1) : i;
            if (deep) {
                ((uint16_t *)(void *)table)[i * bands + c] = (uint16_t)lround(value);
            } else {
                table[i * bands + c] = (uint8_t)lround(value);
            }
        }
    }
    VipsImage *made = good ? vips_image_new_from_memory_copy(table, bytes, (int)count, 1,
                                                             (int)bands, image->BandFmt)
                           : NULL;
    free(values);
    free(table);
    return made;
}

bool ie_vips_fit_jxl(VipsImage **image)
{
    blob icc = profile_of(*image);
    ie_profile plain = {0};
    VipsImage *result = NULL;
    if (icc.data == NULL) {
        return true;
    }
    if (ie_profile_difference_from_srgb(icc.data, icc.size) < SAME_COLOURS / 4) {
        return set_profile(image, NULL, 0);
    }
    if (!ie_profile_with_srgb_curve(icc.data, icc.size, &plain)) {
        return true; /* as it is; whether that does is seen afterwards */
    }
    bool good =
        ie_profile_difference(icc.data, icc.size, plain.data, plain.size) < SAME_COLOURS / 4;
    VipsImage *table = good ? NULL : srgb_table(*image, icc);
    if (table != NULL) {
        const VipsInterpretation type =
            (*image)->Type; /* which else is the table's: 16 bits would be cut off at 255 */
        good = ie_vips_replace(image, vips_maplut(*image, &result, table, NULL), &result) &&
               ie_vips_replace(image, vips_copy(*image, &result, "interpretation", type, NULL),
                               &result);
        g_object_unref(table);
    }
    bool srgb = ie_profile_difference_from_srgb(plain.data, plain.size) < SAME_COLOURS / 4;
    good = good && set_profile(image, srgb ? NULL : plain.data, plain.size);
    free(plain.data);
    return good;
}

bool ie_vips_profile_came_over(VipsImage *image, const char *path, ie_format format)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    const ie_vips_loader_row *l = NULL;
    VipsImage *made = NULL;
    bool good = false;
    if (format != IE_FORMAT_JXL && profile_of(image).data == NULL) {
        return true;
    }
    if (ie_vips_load_file(path, &bytes, &data, NULL) != IE_OK) {
        return false;
    }
    if (ie_vips_open_checked(data, (size_t)ie_bytes_size(bytes), format, VIPS_FAIL_ON_ERROR,
                             UINT64_MAX, &made, &l, NULL) == IE_OK) {
        blob was = profile_of(image), is = profile_of(made);
        bool equal =
            was.size == is.size && (was.size == 0 || memcmp(was.data, is.data, was.size) == 0);
        double off = equal ? 0
                     : was.data != NULL && is.data != NULL
                         ? ie_profile_difference(was.data, was.size, is.data, is.size)
                     : was.data != NULL ? ie_profile_difference_from_srgb(was.data, was.size)
                                        : ie_profile_difference_from_srgb(is.data, is.size);
        good = off < SAME_COLOURS;
        ie_vips_finish(made);
    }
    ie_bytes_close(bytes);
    return good;
}
