// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/color_space.h"

#include <math.h>
#include <string.h>

#include "storage/exif_value.h"
#include "storage/meta_box.h"

#define MAX_CHUNKS 4096
#define MAX_ENTRIES 4096

static const double srgb_xy[4][2] = {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}};
static const double adobe_xy[4][2] = {{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}};

static ie_color_space of_primaries(const double xy[4][2])
{
    ie_color_space space = {.transfer = IE_TRANSFER_SRGB, .gamma = 1};
    memcpy(space.xy, xy, sizeof space.xy);
    return space;
}

/* Files round these numbers in many ways. */
static bool are_srgb(const ie_color_space *space)
{
    for (int i = 0; i < 4; i++) {
        if (fabs(space->xy[i][0] - srgb_xy[i][0]) > 0.003 ||
            fabs(space->xy[i][1] - srgb_xy[i][1]) > 0.003) {
            return false;
        }
    }
    return true;
}

/* Twice the area of a triangle, positive when it turns to the left. */
static double turn(const double a[2], const double b[2], const double c[2])
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
}

/* A triangle with white inside that is no point: what a profile can be made of. */
static bool make_sense(const ie_color_space *space)
{
    const double(*xy)[2] = (const double(*)[2])space->xy;
    double area = turn(xy[0], xy[1], xy[2]);
    bool good = fabs(area) > 0.01 && xy[3][0] > 0.1 && xy[3][1] > 0.1;
    for (int i = 0; i < 4; i++) {
        good = good && xy[i][0] > -0.5 && xy[i][0] < 1.5 && xy[i][1] > -0.5 && xy[i][1] < 1.5;
    }
    for (int i = 0; i < 3; i++) { /* on the same side of each edge as the third corner */
        good = good && turn(xy[i], xy[(i + 1) % 3], xy[3]) / area > 0;
    }
    return good;
}

/* ---- code points of ITU-T H.273: PNG's cICP and HEIF's nclx --------------------------------- */

static bool take_primaries(unsigned code, ie_color_space *space)
{
    static const struct {
        uint8_t code;
        double xy[4][2];
    } rows[] = {
        {4, {{0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, {0.310, 0.316}}},
        {5, {{0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}}},
        {6, {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}}},
        {7, {{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}}},
        {8, {{0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, {0.310, 0.316}}},
        {9, {{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, {0.3127, 0.3290}}},
        {11, {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}}},
        {12, {{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.3127, 0.3290}}},
        {22, {{0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, {0.3127, 0.3290}}},
    };
    *space = of_primaries(srgb_xy);
    if (code == 1 || code == 2) { /* 2: not said */
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == code) {
            memcpy(space->xy, rows[i].xy, sizeof space->xy);
            return true;
        }
    }
    return false;
}

static bool take_transfer(unsigned code, ie_color_space *space)
{
    switch (code) {
    case 2: /* not said */
    case 13:
    case 1: /* video's curves (BT.709, BT.601, BT.2020): encoders write them for sRGB's, and viewers
               show them so */
    case 6:
    case 11:
    case 12:
    case 14:
    case 15:
        space->transfer = IE_TRANSFER_SRGB;
        return true;
    case 4:
    case 5:
    case 8:
        space->transfer = IE_TRANSFER_GAMMA;
        space->gamma = code == 4 ? 2.2 : code == 5 ? 2.8 : 1.0;
        return true;
    case 7:
        space->transfer = IE_TRANSFER_SMPTE240;
        return true;
    default:
        return false; /* 16: PQ, 18: HLG; logarithms; codes to come */
    }
}

/* Half of a word does not stand against a profile. */
static ie_colors of_codes(unsigned primaries, unsigned transfer, bool icc,
                          ie_color_space *ret_space)
{
    ie_color_space space;
    if ((primaries == 2 && transfer == 2) || (icc && (primaries == 2 || transfer == 2))) {
        return IE_COLORS_PROFILE;
    }
    if (!take_primaries(primaries, &space) || !take_transfer(transfer, &space)) {
        return IE_COLORS_HDR;
    }
    if (space.transfer == IE_TRANSFER_SRGB && are_srgb(&space)) {
        return IE_COLORS_SRGB;
    }
    *ret_space = space;
    return IE_COLORS_OTHER;
}

/* ---- PNG (W3C PNG 3rd edition, 4.3 and 11.3.2: cICP, then iCCP, sRGB, gAMA and cHRM) --------- */

typedef struct png_says {
    const uint8_t *cicp, *gama, *chrm;
    bool srgb;
} png_says;

static png_says read_png(const uint8_t *bytes, size_t size)
{
    png_says says = {0};
    size_t at = 8;
    for (int i = 0; i < MAX_CHUNKS && at <= size && size - at >= 12; i++) {
        const uint8_t *type = bytes + at + 4, *body = bytes + at + 8;
        uint64_t length = ie_be32(bytes + at);
        if (length > size - at - 12 || memcmp(type, "IDAT", 4) == 0) {
            break;
        }
        if (memcmp(type, "cICP", 4) == 0 && length == 4) {
            says.cicp = body;
        } else if (memcmp(type, "gAMA", 4) == 0 && length == 4 && ie_be32(body) > 0) {
            says.gama = body;
        } else if (memcmp(type, "cHRM", 4) == 0 && length == 32) {
            says.chrm = body;
        }
        says.srgb = says.srgb || memcmp(type, "sRGB", 4) == 0;
        at += 12 + (size_t)length;
    }
    return says;
}

static ie_colors of_png(const uint8_t *bytes, size_t size, bool icc, ie_color_space *ret_space)
{
    const png_says says = read_png(bytes, size);
    if (says.cicp != NULL && (says.cicp[2] != 0 || says.cicp[3] == 0)) {
        return IE_COLORS_UNTOLD;
    }
    ie_colors coded = says.cicp != NULL ? of_codes(says.cicp[0], says.cicp[1], icc, ret_space)
                                        : IE_COLORS_PROFILE;
    if (coded != IE_COLORS_PROFILE) {
        return coded;
    }
    if (icc || says.srgb || (says.gama == NULL && says.chrm == NULL)) {
        return says.srgb && !icc ? IE_COLORS_SRGB : IE_COLORS_PROFILE;
    }
    ie_color_space space = of_primaries(srgb_xy);
    for (int i = 0; says.chrm != NULL && i < 4; i++) { /* white comes first */
        int k = (i + 3) % 4;
        space.xy[k][0] = ie_be32(says.chrm + 8 * i) / 100000.0;
        space.xy[k][1] = ie_be32(says.chrm + 8 * i + 4) / 100000.0;
    }
    if (!make_sense(&space)) {
        space = of_primaries(srgb_xy);
    }
    double gamma = says.gama != NULL ? 100000.0 / ie_be32(says.gama) : 0;
    bool near = says.gama == NULL || fabs(gamma - 2.2) < 0.05;
    if (near && are_srgb(&space)) {
        return IE_COLORS_SRGB; /* programs that know no better word for it write 2.2 */
    }
    if (says.gama != NULL) {
        if (!(gamma > 0.1 && gamma < 10)) {
            return IE_COLORS_SRGB;
        }
        space.transfer = IE_TRANSFER_GAMMA;
        space.gamma = gamma;
    }
    *ret_space = space;
    return IE_COLORS_OTHER;
}

/* ---- HEIF and AVIF (ISO/IEC 23008-12, 6.5.5; 14496-12, 12.1.5) ------------------------------- */

typedef struct nclx_search {
    ie_colors found;
    ie_color_space *space;
} nclx_search;

static bool take_property(const ie_box *box, void *context)
{
    nclx_search *search = context;
    const uint8_t *p =
        box->type == IE_BOX('c', 'o', 'l', 'r') ? ie_span_at(&box->body, 0, 8) : NULL;
    if (p != NULL && memcmp(p, "nclx", 4) == 0) {
        search->found = of_codes(ie_be16(p + 4), ie_be16(p + 6), false, search->space);
    }
    return search->found == IE_COLORS_PROFILE;
}

static ie_colors of_heif(const uint8_t *bytes, size_t size, ie_color_space *ret_space)
{
    ie_span file = ie_span_memory(bytes, size),
            meta = ie_box_find(&file, IE_BOX('m', 'e', 't', 'a'));
    ie_span boxes = ie_span_part(&meta, 4, meta.size),
            iprp = ie_box_find(&boxes, IE_BOX('i', 'p', 'r', 'p'));
    ie_span pitm = ie_box_find(&boxes, IE_BOX('p', 'i', 't', 'm'));
    const uint8_t *first = ie_span_at(&pitm, 0, 4);
    uint64_t primary, at = 4;
    nclx_search search = {IE_COLORS_PROFILE, ret_space};
    if (first != NULL && ie_box_number(&pitm, &at, first[0] == 0 ? 2 : 4, &primary)) {
        (void)ie_box_properties(&iprp, primary, take_property, &search);
    }
    return search.found;
}

/* ---- EXIF (CIPA DC-008; DCF 2.0, 5.2) and TIFF 6.0 (section 20) ------------------------------ */

typedef struct directory {
    const ie_span *tiff;
    bool big_endian, damaged;
    uint64_t at; /* of its number of entries */
} directory;

static bool find_entry(directory *d, uint16_t tag, ie_exif_entry *ret_entry)
{
    const uint8_t *p = ie_span_at(d->tiff, d->at, 2);
    unsigned count = p != NULL ? ie_exif_get16(d->big_endian, p) : 0;
    for (unsigned i = 0; i < count && i < MAX_ENTRIES; i++) {
        uint64_t at = d->at + 2 + (uint64_t)i * 12;
        p = ie_span_at(d->tiff, at, 12);
        if (p == NULL) {
            return false;
        }
        if (ie_exif_get16(d->big_endian, p) == tag) {
            ie_exif_entry e = {.tiff = d->tiff,
                               .big_endian = d->big_endian,
                               .damaged = &d->damaged,
                               .tag = tag,
                               .type = ie_exif_get16(d->big_endian, p + 2),
                               .count = ie_exif_get32(d->big_endian, p + 4)};
            e.size = e.count * ie_exif_type_size(e.type);
            e.at = e.size <= 4 ? at + 8 : ie_exif_get32(d->big_endian, p + 8);
            *ret_entry = e;
            return e.size > 0;
        }
    }
    return false;
}

static uint32_t number_of(directory *d, uint16_t tag, uint32_t absent)
{
    ie_exif_entry e;
    return find_entry(d, tag, &e) ? ie_exif_integer(&e, 0, absent) : absent;
}

static bool open_directory(const ie_span *tiff, directory *ret_directory)
{
    const uint8_t *p = ie_span_at(tiff, 0, 8);
    if (p == NULL || !(memcmp(p, "II*\0", 4) == 0 || memcmp(p, "MM\0*", 4) == 0)) {
        return false;
    }
    *ret_directory = (directory){.tiff = tiff, .big_endian = p[0] == 'M'};
    ret_directory->at = ie_exif_get32(p[0] == 'M', p + 4);
    return true;
}

static bool is_r03(directory exif)
{
    ie_exif_entry e;
    exif.at = number_of(&exif, 0xa005, 0);
    const uint8_t *p = exif.at > 0 && find_entry(&exif, 1, &e) ? ie_exif_bytes(&e, 3) : NULL;
    return p != NULL && memcmp(p, "R03", 3) == 0;
}

/* PrimaryChromaticities and WhitePoint; those of sRGB, and false, when they are not said or make no
   sense. */
static bool take_chromaticities(directory *d, ie_color_space *space)
{
    ie_exif_entry e;
    *space = of_primaries(srgb_xy);
    bool said = find_entry(d, 319, &e) && e.count == 6;
    for (unsigned i = 0; said && i < 6; i++) {
        space->xy[i / 2][i % 2] = ie_exif_real(&e, i);
    }
    for (unsigned i = 0; find_entry(d, 318, &e) && e.count == 2 && i < 2; i++) {
        space->xy[3][i] = ie_exif_real(&e, i);
    }
    if (said && make_sense(space)) {
        return true;
    }
    *space = of_primaries(srgb_xy);
    return false;
}

/* One table for all colours or one for each, of 2 ^ bits values. */
static bool take_table(directory *d, ie_color_space *space)
{
    ie_exif_entry e;
    uint32_t bits = number_of(d, 258, 1);
    if (bits == 0 || bits > 16 || !find_entry(d, 301, &e) ||
        (e.count != 1u << bits && e.count != 3u << bits)) {
        return false;
    }
    uint32_t length = 1u << bits,
             step = length > IE_COLOR_TABLE_MAX ? length / IE_COLOR_TABLE_MAX : 1;
    space->transfer = IE_TRANSFER_TABLE;
    space->table_count = length / step;
    for (uint32_t c = 0; c < 3; c++) {
        for (uint32_t i = 0; i < space->table_count; i++) {
            /* First and last stay first and last. */
            uint32_t place = (uint32_t)((uint64_t)i * (length - 1) / (space->table_count - 1));
            space->table[c][i] =
                (uint16_t)ie_exif_integer(&e, place + (e.count > length ? c * length : 0), 0);
        }
    }
    return space->table_count >= 2 && !d->damaged;
}

static ie_colors of_tiff(const ie_span *tiff, ie_color_space *ret_space)
{
    directory d;
    ie_color_space space;
    if (!open_directory(tiff, &d) || number_of(&d, 262, 2) > 3) {
        return IE_COLORS_PROFILE;
    }
    bool primaries = take_chromaticities(&d, &space), table = take_table(&d, &space);
    if (!primaries && !table) {
        return IE_COLORS_PROFILE;
    }
    if (!table) { /* what TIFF takes for granted */
        space.transfer = IE_TRANSFER_GAMMA;
        space.gamma = 2.2;
    }
    if (!table && are_srgb(&space)) {
        return IE_COLORS_SRGB;
    }
    *ret_space = space;
    return IE_COLORS_OTHER;
}

ie_colors ie_color_space_of_exif(const ie_meta *meta, ie_color_space *ret_space)
{
    for (unsigned i = 0; i < meta->exif_count; i++) {
        directory d, exif;
        if (meta->exif[i].kind == IE_EXIF_GPS || !open_directory(&meta->exif[i].span, &d)) {
            continue;
        }
        exif = d;
        exif.at = meta->exif[i].kind == IE_EXIF_EXIF ? d.at : number_of(&d, 0x8769, 0);
        uint32_t says = exif.at > 0 ? number_of(&exif, 0xa001, 0) : 0;
        ie_color_space space = of_primaries(adobe_xy);
        if (says == 2 || (says != 1 && exif.at > 0 && is_r03(exif))) {
            space.transfer = IE_TRANSFER_GAMMA;
            space.gamma = 563 / 256.0; /* Adobe RGB (1998), 4.3.4.2 */
            *ret_space = space;
            return IE_COLORS_OTHER;
        }
        if (says == 0xffff && take_chromaticities(&d, &space) && !are_srgb(&space)) {
            ie_exif_entry e;
            double gamma = find_entry(&exif, 0xa500, &e) ? ie_exif_real(&e, 0) : 2.2;
            space.transfer = IE_TRANSFER_GAMMA;
            space.gamma = gamma > 0.1 && gamma < 10 ? gamma : 2.2;
            *ret_space = space;
            return IE_COLORS_OTHER;
        }
    }
    return IE_COLORS_PROFILE;
}

ie_colors ie_color_space_find(const uint8_t *bytes, size_t size, ie_format format,
                              const ie_meta *meta, bool icc, ie_color_space *ret_space)
{
    ie_colors found = IE_COLORS_PROFILE;
    if (format == IE_FORMAT_PNG) {
        found = of_png(bytes, size, icc, ret_space);
    } else if (!icc && (format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF)) {
        found = of_heif(bytes, size, ret_space);
    } else if (!icc && format == IE_FORMAT_TIFF) {
        ie_span tiff = ie_span_memory(bytes, size);
        found = of_tiff(&tiff, ret_space);
    }
    return found == IE_COLORS_PROFILE && !icc && meta != NULL
               ? ie_color_space_of_exif(meta, ret_space)
               : found;
}
