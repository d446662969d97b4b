// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_read.h"

#include <math.h>
#include <string.h>

#include "storage/exif_more.h"
#include "storage/exif_value.h"

#define MAX_ENTRIES 4096
#define MAX_SUBIFDS 8
#define MAX_TEXT 65536

enum {
    TAG_NEW_SUBFILE_TYPE = 0x00fe,
    TAG_IMAGE_WIDTH = 0x0100,
    TAG_IMAGE_LENGTH = 0x0101,
    TAG_IMAGE_DESCRIPTION = 0x010e,
    TAG_MAKE = 0x010f,
    TAG_MODEL = 0x0110,
    TAG_ORIENTATION = 0x0112,
    TAG_DATE_TIME = 0x0132,
    TAG_SUB_IFDS = 0x014a,
    TAG_XMP = 0x02bc,
    TAG_RATING = 0x4746,
    TAG_EXPOSURE_TIME = 0x829a,
    TAG_F_NUMBER = 0x829d,
    TAG_IPTC = 0x83bb,
    TAG_PHOTOSHOP = 0x8649,
    TAG_EXIF_IFD = 0x8769,
    TAG_GPS_IFD = 0x8825,
    TAG_ISO = 0x8827,
    TAG_STANDARD_OUTPUT_SENSITIVITY = 0x8831,
    TAG_RECOMMENDED_EXPOSURE_INDEX = 0x8832,
    TAG_ISO_SPEED = 0x8833,
    TAG_DATE_TIME_ORIGINAL = 0x9003,
    TAG_DATE_TIME_DIGITIZED = 0x9004,
    TAG_OFFSET_TIME = 0x9010,
    TAG_OFFSET_TIME_ORIGINAL = 0x9011,
    TAG_OFFSET_TIME_DIGITIZED = 0x9012,
    TAG_FLASH = 0x9209,
    TAG_FOCAL_LENGTH = 0x920a,
    TAG_SUBSEC_TIME = 0x9290,
    TAG_SUBSEC_TIME_ORIGINAL = 0x9291,
    TAG_SUBSEC_TIME_DIGITIZED = 0x9292,
    TAG_XP_KEYWORDS = 0x9c9e,
    TAG_FOCAL_LENGTH_35MM = 0xa405,
    TAG_BODY_SERIAL_NUMBER = 0xa431,
    TAG_LENS_MODEL = 0xa434,
    TAG_CAMERA_SERIAL_NUMBER = 0xc62f,
};

typedef struct reader {
    const ie_span *tiff;
    ie_arena *arena;
    ie_facts *facts;
    ie_exif_parts *parts;
    bool big_endian, big_tiff, panasonic;
    uint64_t exif_at, gps_at, sub_at[MAX_SUBIFDS]; /* 0: none */
    unsigned sub_count;
    uint32_t iso_other; /* RecommendedExposureIndex and its kin: for when ISO says 65535 */
    uint32_t sensor[4]; /* Panasonic: top, left, bottom, right */
    /* Of the directory being read: */
    uint32_t width, height, subfile;
    /* GPS, as found: */
    char latitude_ref, longitude_ref;
    uint8_t altitude_ref;
    double latitude, longitude, altitude;
    bool has_latitude, has_longitude;
} reader;

static void set_text(const reader *r, const ie_exif_entry *e, const char **text)
{
    if (*text == NULL) {
        *text = ie_exif_text(e, r->arena);
    }
}

static void set_positive(double *fact, double value)
{
    if (isnan(*fact) && value > 0) {
        *fact = value;
    }
}

static void set_iso(reader *r, uint32_t iso)
{
    if (iso > 0 && iso <= INT32_MAX && (r->facts->m.iso == 0 || r->facts->m.iso == 65535)) {
        r->facts->m.iso = (int32_t)iso;
    }
}

static void date_tag(reader *r, const ie_exif_entry *e)
{
    ie_facts *f = r->facts;
    switch (e->tag) {
    case TAG_DATE_TIME_ORIGINAL:
        f->date_only |= ie_exif_date(e, &f->original);
        f->zero_date = ie_exif_date_is_zero(e);
        break;
    case TAG_DATE_TIME_DIGITIZED:
        ie_exif_date(e, &f->digitized);
        break;
    case TAG_OFFSET_TIME:
        ie_exif_offset(e, &f->modified);
        break;
    case TAG_OFFSET_TIME_ORIGINAL:
        ie_exif_offset(e, &f->original);
        break;
    case TAG_OFFSET_TIME_DIGITIZED:
        ie_exif_offset(e, &f->digitized);
        break;
    case TAG_SUBSEC_TIME:
        ie_exif_subsec(e, &f->modified);
        break;
    case TAG_SUBSEC_TIME_ORIGINAL:
        ie_exif_subsec(e, &f->original);
        break;
    case TAG_SUBSEC_TIME_DIGITIZED:
        ie_exif_subsec(e, &f->digitized);
        break;
    default:
        ie_exif_more(e, r->arena, f);
        break;
    }
}

/* Tags that stand in the EXIF directory, and in TIFF/EP files in the main one. */
static void exif_tag(reader *r, const ie_exif_entry *e)
{
    ie_facts *f = r->facts;
    uint32_t number;
    switch (e->tag) {
    case TAG_EXPOSURE_TIME:
        set_positive(&f->m.exposure_time_s, ie_exif_real(e, 0));
        break;
    case TAG_F_NUMBER:
        set_positive(&f->m.f_number, ie_exif_real(e, 0));
        break;
    case TAG_ISO:
        set_iso(r, ie_exif_integer(e, 0, 0));
        break;
    case TAG_STANDARD_OUTPUT_SENSITIVITY:
    case TAG_ISO_SPEED:
        if (r->iso_other == 0) {
            r->iso_other = ie_exif_integer(e, 0, 0);
        }
        break;
    case TAG_RECOMMENDED_EXPOSURE_INDEX:
        number = ie_exif_integer(e, 0, 0);
        r->iso_other = number > 0 ? number : r->iso_other;
        break;
    case TAG_FLASH:
        number = ie_exif_integer(e, 0, UINT32_MAX);
        if (number <= 0xffff) {
            f->m.flash = number & 1;
        }
        break;
    case TAG_FOCAL_LENGTH:
        set_positive(&f->m.focal_length_mm, ie_exif_real(e, 0));
        break;
    case TAG_FOCAL_LENGTH_35MM:
        number = ie_exif_integer(e, 0, 0);
        f->m.focal_length_35mm =
            number > 0 && number <= 0xffff ? (int32_t)number : f->m.focal_length_35mm;
        break;
    case TAG_BODY_SERIAL_NUMBER:
        set_text(r, e, &f->m.serial);
        break;
    case TAG_LENS_MODEL:
        set_text(r, e, &f->m.lens);
        break;
    default:
        date_tag(r, e);
        break;
    }
}

/* XPKeywords: UTF-16, separated by semicolons. */
static void windows_keywords(reader *r, const ie_exif_entry *e)
{
    uint64_t size = e->size < MAX_TEXT ? e->size : MAX_TEXT;
    const uint8_t *value = ie_exif_bytes(e, size);
    const char *text = value != NULL ? ie_facts_utf16(r->arena, value, (size_t)size, false) : NULL;
    while (text != NULL && *text != 0) {
        size_t length = strcspn(text, ";");
        const char *word = ie_facts_text(r->arena, text, length);
        if (word != NULL) {
            ie_text_list_add(&r->facts->m.keywords, r->arena, word + strspn(word, " "));
        }
        text += length + (text[length] != 0);
    }
}

static void panasonic_tag(reader *r, const ie_exif_entry *e)
{
    if (e->tag >= 4 && e->tag <= 7) {
        r->sensor[e->tag - 4] = ie_exif_integer(e, 0, 0);
    } else if (e->tag == 0x17) {
        set_iso(r, ie_exif_integer(e, 0, 0));
    } else if (e->tag == 0x2e) {
        r->parts->jpeg = ie_exif_part(e);
    }
}

/* Where other directories and whole blocks lie; false when the tag is none of these. */
static bool place_tag(reader *r, const ie_exif_entry *e)
{
    switch (e->tag) {
    case TAG_SUB_IFDS:
        for (unsigned i = 0; i < e->count && r->sub_count < MAX_SUBIFDS; i++) {
            r->sub_at[r->sub_count++] = ie_exif_integer(e, i, 0);
        }
        break;
    case TAG_XMP:
        r->parts->xmp = ie_exif_part(e);
        break;
    case TAG_IPTC:
        r->parts->iptc = ie_exif_part(e);
        break;
    case TAG_PHOTOSHOP:
        r->parts->irb = ie_exif_part(e);
        break;
    case TAG_EXIF_IFD:
        r->exif_at = ie_exif_integer(e, 0, 0);
        break;
    case TAG_GPS_IFD:
        r->gps_at = ie_exif_integer(e, 0, 0);
        break;
    default:
        return false;
    }
    return true;
}

static void main_tag(reader *r, const ie_exif_entry *e)
{
    ie_facts *f = r->facts;
    uint32_t number;
    switch (e->tag) {
    case TAG_NEW_SUBFILE_TYPE:
        r->subfile = ie_exif_integer(e, 0, 0);
        break;
    case TAG_IMAGE_WIDTH:
        r->width = ie_exif_integer(e, 0, 0);
        break;
    case TAG_IMAGE_LENGTH:
        r->height = ie_exif_integer(e, 0, 0);
        break;
    case TAG_IMAGE_DESCRIPTION:
        set_text(r, e, &f->m.caption);
        break;
    case TAG_MAKE:
        set_text(r, e, &f->m.make);
        break;
    case TAG_MODEL:
        set_text(r, e, &f->m.model);
        break;
    case TAG_ORIENTATION:
        number = ie_exif_integer(e, 0, 0);
        f->orientation = number >= 1 && number <= 8 ? (uint8_t)number : f->orientation;
        break;
    case TAG_DATE_TIME:
        ie_exif_date(e, &f->modified);
        break;
    case TAG_RATING:
        number = ie_exif_integer(e, 0, 99);
        f->m.rating = number <= 5 ? (int32_t)number : f->m.rating;
        break;
    case TAG_XP_KEYWORDS:
        windows_keywords(r, e);
        break;
    case TAG_CAMERA_SERIAL_NUMBER:
        set_text(r, e, &f->m.serial);
        break;
    default:
        if (r->panasonic && e->tag < 0x100) {
            panasonic_tag(r, e);
        } else if (!place_tag(r, e)) {
            exif_tag(r, e);
        }
        break;
    }
}

static void sub_tag(reader *r, const ie_exif_entry *e)
{
    if (e->tag == TAG_NEW_SUBFILE_TYPE || e->tag == TAG_IMAGE_WIDTH || e->tag == TAG_IMAGE_LENGTH) {
        main_tag(r, e);
    }
}

/* Degrees, minutes, seconds; many cameras put decimals into minutes and give 0/0 for the
   seconds. */
static double angle_of(reader *r, const ie_exif_entry *e)
{
    double degrees = ie_exif_real(e, 0), minutes = ie_exif_real(e, 1), seconds = ie_exif_real(e, 2);
    if (e->count >= 2 && isnan(minutes)) {
        return NAN;
    }
    return degrees + (isnan(minutes) ? 0 : minutes / 60) + (isnan(seconds) ? 0 : seconds / 3600);
}

static void gps_tag(reader *r, const ie_exif_entry *e)
{
    const uint8_t *ref;
    switch (e->tag) {
    case 1:
    case 3:
        ref = ie_exif_bytes(e, 1);
        if (ref != NULL) {
            *(e->tag == 1 ? &r->latitude_ref : &r->longitude_ref) = (char)(ref[0] & ~0x20);
        }
        break;
    case 2:
        r->latitude = angle_of(r, e);
        r->has_latitude = true;
        break;
    case 4:
        r->longitude = angle_of(r, e);
        r->has_longitude = true;
        break;
    case 5:
        r->altitude_ref = (uint8_t)ie_exif_integer(e, 0, 0);
        break;
    case 6:
        r->altitude = ie_exif_real(e, 0);
        break;
    case 7:
    case 29:
        ie_exif_gps_time(e, r->facts);
        break;
    default:
        break;
    }
}

static void set_place(reader *r)
{
    if (isfinite(r->altitude)) {
        r->facts->m.altitude_m = r->altitude_ref == 1 ? -r->altitude : r->altitude;
    }
    if (!r->has_latitude && !r->has_longitude) {
        return;
    }
    double latitude = r->latitude_ref == 'N'   ? r->latitude
                      : r->latitude_ref == 'S' ? -r->latitude
                                               : NAN;
    double longitude = r->longitude_ref == 'E'   ? r->longitude
                       : r->longitude_ref == 'W' ? -r->longitude
                                                 : NAN;
    r->facts->gps_bad = !ie_facts_set_place(&r->facts->m, latitude, longitude);
}

static bool read_entry(reader *r, uint64_t at, ie_exif_entry *e)
{
    unsigned entry_size = r->big_tiff ? 20 : 12, inline_size = r->big_tiff ? 8 : 4;
    const uint8_t *p = ie_span_at(r->tiff, at, entry_size);
    if (p == NULL) {
        return false;
    }
    e->tag = ie_exif_get16(r->big_endian, p);
    e->type = ie_exif_get16(r->big_endian, p + 2);
    e->count =
        r->big_tiff ? ie_exif_get64(r->big_endian, p + 4) : ie_exif_get32(r->big_endian, p + 4);
    if (__builtin_mul_overflow(e->count, ie_exif_type_size(e->type), &e->size)) {
        e->size = UINT64_MAX;
    }
    const uint8_t *value = p + entry_size - inline_size;
    e->at = e->size <= inline_size ? at + entry_size - inline_size
            : r->big_tiff          ? ie_exif_get64(r->big_endian, value)
                                   : ie_exif_get32(r->big_endian, value);
    return true;
}

static void read_directory(reader *r, uint64_t at, void (*take)(reader *, const ie_exif_entry *))
{
    const uint8_t *p = ie_span_at(r->tiff, at, r->big_tiff ? 8 : 2);
    if (p == NULL) {
        r->facts->damaged = true;
        return;
    }
    uint64_t count =
                 r->big_tiff ? ie_exif_get64(r->big_endian, p) : ie_exif_get16(r->big_endian, p),
             i;
    at += r->big_tiff ? 8 : 2;
    r->width = r->height = r->subfile = 0;
    for (i = 0; i < count && i < MAX_ENTRIES; i++) {
        ie_exif_entry e = {
            .tiff = r->tiff, .big_endian = r->big_endian, .damaged = &r->facts->damaged};
        if (!read_entry(r, at + i * (r->big_tiff ? 20 : 12), &e)) {
            r->facts->damaged = true;
            break;
        }
        if (e.size > 0) {
            take(r, &e);
        }
    }
    /* A reduced-size picture or a mask does not count, unless there is nothing else. */
    uint64_t area = (uint64_t)r->width * r->height;
    if (area > 0 && (r->facts->width == 0 ||
                     (r->subfile == 0 && area > (uint64_t)r->facts->width * r->facts->height))) {
        r->facts->width = r->width;
        r->facts->height = r->height;
    }
}

static bool read_header(reader *r, uint64_t *ret_first)
{
    const uint8_t *p = ie_span_at(r->tiff, 0, 8);
    if (p == NULL || (memcmp(p, "II", 2) != 0 && memcmp(p, "MM", 2) != 0)) {
        return false;
    }
    r->big_endian = p[0] == 'M';
    uint16_t magic = ie_exif_get16(r->big_endian, p + 2);
    *ret_first = ie_exif_get32(r->big_endian, p + 4);
    if (magic == 43) {
        const uint8_t *wide = ie_span_at(r->tiff, 8, 8);
        r->big_tiff = true;
        *ret_first = wide != NULL ? ie_exif_get64(r->big_endian, wide) : UINT64_MAX;
        return wide != NULL;
    }
    r->panasonic = magic == 0x55;
    return magic == 42 || r->panasonic || magic == 0x4f52 ||
           magic == 0x5352; /* "RO", "SR": Olympus */
}

static void finish(reader *r)
{
    ie_facts *f = r->facts;
    ie_datetime *const times[] = {&f->original, &f->digitized, &f->modified};
    for (int i = 0; i < 3; i++) {
        if (times[i]->year == 0) {
            *times[i] = (ie_datetime){0}; /* fractions and offsets of no date */
        }
    }
    if (f->date_only) {
        f->original.nanosecond = 0;
        f->original.subsec_digits = 0;
    }
    if ((f->m.iso == 0 || f->m.iso == 65535) && r->iso_other > 0 && r->iso_other <= INT32_MAX) {
        f->m.iso = (int32_t)r->iso_other;
    }
    if (r->panasonic && r->sensor[2] > r->sensor[0] && r->sensor[3] > r->sensor[1]) {
        f->height = r->sensor[2] - r->sensor[0];
        f->width = r->sensor[3] - r->sensor[1];
    }
    ie_exif_gps_finish(f);
    set_place(r);
}

bool ie_exif_read(const ie_span *tiff, ie_exif_kind kind, ie_arena *arena, ie_facts *facts,
                  ie_exif_parts *parts)
{
    reader r = {
        .tiff = tiff,
        .arena = arena,
        .facts = facts,
        .parts = parts,
        .latitude = NAN,
        .longitude = NAN,
        .altitude = NAN,
    };
    uint64_t first;
    if (!read_header(&r, &first)) {
        return false;
    }
    if (kind == IE_EXIF_MAIN) {
        read_directory(&r, first, main_tag);
        for (unsigned i = 0; i < r.sub_count; i++) {
            if (r.sub_at[i] != 0) {
                read_directory(&r, r.sub_at[i], sub_tag);
            }
        }
    } else {
        *(kind == IE_EXIF_EXIF ? &r.exif_at : &r.gps_at) = first;
    }
    if (r.exif_at != 0) {
        read_directory(&r, r.exif_at, exif_tag);
    }
    if (r.gps_at != 0) {
        read_directory(&r, r.gps_at, gps_tag);
    }
    finish(&r);
    return true;
}
