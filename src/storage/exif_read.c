// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_read.h"

#include <math.h>
#include <string.h>



#define MAX_ENTRIES 4096
#define MAX_SUBIFDS 8
#define MAX_TEXT 65536

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

typedef struct entry {
    uint16_t tag, type;
    uint64_t count;
    uint64_t at, size; /* of the value, in the structure */
} entry;

static uint16_t get16(const reader *r, const uint8_t *p)
{
    return r->big_endian ? ie_be16(p) : ie_le16(p);
}

static uint32_t get32(const reader *r, const uint8_t *p)
{
    return r->big_endian ? ie_be32(p) : ie_le32(p);
}

static uint64_t get64(const reader *r, const uint8_t *p)
{
    return r->big_endian ? ie_be64(p) : ie_le64(p);
}

static const uint8_t *value_of(const reader *r, const entry *e, uint64_t size)
{
    const uint8_t *value = size <= e->size ? ie_span_at(r->tiff, e->at, size) : NULL;
    if (value == NULL && size > 0) {
        r->facts->damaged = true;
    }
    return value;
}

static const char *text_of(const reader *r, const entry *e)
{
    uint64_t size = e->size < MAX_TEXT ? e->size : MAX_TEXT;
    const uint8_t *value = value_of(r, e, size);
    return value != NULL ? ie_facts_text(r->arena, value, (size_t)size) : NULL;
}

static void set_text(const reader *r, const entry *e, const char **text)
{
    if (*text == NULL) {
        *text = text_of(r, e);
    }
}

/* The i-th value as a whole number; `absent` when it is of no integer type. */
static uint32_t integer_of(const reader *r, const entry *e, unsigned i, uint32_t absent)
{
    unsigned size = e->type == 3 || e->type == 8 ? 2 : e->type == 4 || e->type == 9 || e->type == 13 ? 4 :
                    e->type == 16 || e->type == 18 ? 8 : e->type == 1 || e->type == 6 || e->type == 7 ? 1 : 0;
    if (size == 0 || i >= e->count) {
        return absent;
    }
    const uint8_t *value = value_of(r, e, ((uint64_t)i + 1) * size);
    if (value == NULL) {
        return absent;
    }
    value += (size_t)i * size;
    if (size == 8) {
        uint64_t wide = get64(r, value);
        return wide <= UINT32_MAX ? (uint32_t)wide : absent;
    }
    return size == 2 ? get16(r, value) : size == 4 ? get32(r, value) : value[0];
}

/* The i-th value as a real number; NaN where there is none: a zero denominator is no number. */
static double real_of(const reader *r, const entry *e, unsigned i)
{
    if (i >= e->count) {
        return NAN;
    }
    if (e->type == 5 || e->type == 10) {
        const uint8_t *value = value_of(r, e, ((uint64_t)i + 1) * 8);
        if (value == NULL) {
            return NAN;
        }
        value += (size_t)i * 8;
        uint32_t above = get32(r, value), below = get32(r, value + 4);
        if (below == 0) {
            return NAN;
        }
        return e->type == 5 ? (double)above / below : (double)(int32_t)above / (int32_t)below;
    }
    if (e->type == 11 || e->type == 12) {
        unsigned size = e->type == 11 ? 4 : 8;
        const uint8_t *value = value_of(r, e, ((uint64_t)i + 1) * size);
        double number = NAN;
        if (value != NULL && size == 8) {
            uint64_t bits = get64(r, value + (size_t)i * 8);
            memcpy(&number, &bits, 8);
        } else if (value != NULL) {
            uint32_t bits = get32(r, value + (size_t)i * 4);
            float narrow;
            memcpy(&narrow, &bits, 4);
            number = (double)narrow;
        }
        return isfinite(number) ? number : NAN;
    }
    uint32_t whole = integer_of(r, e, i, UINT32_MAX);
    return whole == UINT32_MAX ? NAN : whole;
}

static void set_positive(double *fact, double value)
{
    if (isnan(*fact) && value > 0) {
        *fact = value;
    }
}

static void set_date(const reader *r, const entry *e, ie_datetime *time)
{
    const uint8_t *value = value_of(r, e, e->size < 64 ? e->size : 64);
    ie_datetime found;
    if (time->year == 0 && value != NULL &&
        ie_facts_date((const char *)value, e->size < 64 ? (size_t)e->size : 64, &found, NULL)) {
        time->year = found.year;
        time->month = found.month;
        time->day = found.day;
        time->hour = found.hour;
        time->minute = found.minute;
        time->second = found.second;
    }
}

static void set_subsec(const reader *r, const entry *e, ie_datetime *time)
{
    uint64_t size = e->size < 32 ? e->size : 32;
    const uint8_t *value = value_of(r, e, size);
    if (value != NULL) {
        ie_facts_subsec((const char *)value, strnlen((const char *)value, (size_t)size), time);
    }
}

static void set_offset(const reader *r, const entry *e, ie_datetime *time)
{
    uint64_t size = e->size < 32 ? e->size : 32;
    const uint8_t *value = value_of(r, e, size);
    if (value != NULL) {
        ie_facts_offset((const char *)value, (size_t)size, time);
    }
}

static void set_iso(reader *r, uint32_t iso)
{
    if (iso > 0 && iso <= INT32_MAX && (r->facts->m.iso == 0 || r->facts->m.iso == 65535)) {
        r->facts->m.iso = (int32_t)iso;
    }
}

/* Tags that stand in the EXIF directory, and in TIFF/EP files in the main one. */
static void exif_tag(reader *r, const entry *e)
{
    ie_facts *f = r->facts;
    uint32_t number;
    switch (e->tag) {
    case 0x829a: set_positive(&f->m.exposure_time_s, real_of(r, e, 0)); break;
    case 0x829d: set_positive(&f->m.f_number, real_of(r, e, 0)); break;
    case 0x8827: set_iso(r, integer_of(r, e, 0, 0)); break;
    case 0x8831: /* StandardOutputSensitivity */
    case 0x8833: /* ISOSpeed */
        if (r->iso_other == 0) {
            r->iso_other = integer_of(r, e, 0, 0);
        }
        break;
    case 0x8832: /* RecommendedExposureIndex */
        number = integer_of(r, e, 0, 0);
        r->iso_other = number > 0 ? number : r->iso_other;
        break;
    case 0x9003: set_date(r, e, &f->original); break;
    case 0x9004: set_date(r, e, &f->digitized); break;
    case 0x9010: set_offset(r, e, &f->modified); break;
    case 0x9011: set_offset(r, e, &f->original); break;
    case 0x9012: set_offset(r, e, &f->digitized); break;
    case 0x9290: set_subsec(r, e, &f->modified); break;
    case 0x9291: set_subsec(r, e, &f->original); break;
    case 0x9292: set_subsec(r, e, &f->digitized); break;
    case 0x9209:
        number = integer_of(r, e, 0, UINT32_MAX);
        if (number <= 0xffff) {
            f->m.flash = number & 1;
        }
        break;
    case 0x920a: set_positive(&f->m.focal_length_mm, real_of(r, e, 0)); break;
    case 0xa405:
        number = integer_of(r, e, 0, 0);
        f->m.focal_length_35mm = number > 0 && number <= 0xffff ? (int32_t)number : f->m.focal_length_35mm;
        break;
    case 0xa431: set_text(r, e, &f->m.serial); break;
    case 0xa434: set_text(r, e, &f->m.lens); break;
    default: break;
    }
}

static ie_span part_of(reader *r, const entry *e)
{
    ie_span part = ie_span_part(r->tiff, e->at, e->size);
    if (part.size < e->size) {
        r->facts->damaged = true;
    }
    return part;
}

/* XPKeywords: UTF-16, separated by semicolons. */
static void windows_keywords(reader *r, const entry *e)
{
    uint64_t size = e->size < MAX_TEXT ? e->size : MAX_TEXT;
    const uint8_t *value = value_of(r, e, size);
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

static void panasonic_tag(reader *r, const entry *e)
{
    if (e->tag >= 4 && e->tag <= 7) {
        r->sensor[e->tag - 4] = integer_of(r, e, 0, 0);
    } else if (e->tag == 0x17) {
        set_iso(r, integer_of(r, e, 0, 0));
    } else if (e->tag == 0x2e) {
        r->parts->jpeg = part_of(r, e);
    }
}

static void main_tag(reader *r, const entry *e)
{
    ie_facts *f = r->facts;
    uint32_t number;
    switch (e->tag) {
    case 0x00fe: r->subfile = integer_of(r, e, 0, 0); break;
    case 0x0100: r->width = integer_of(r, e, 0, 0); break;
    case 0x0101: r->height = integer_of(r, e, 0, 0); break;
    case 0x010e: set_text(r, e, &f->m.caption); break;
    case 0x010f: set_text(r, e, &f->m.make); break;
    case 0x0110: set_text(r, e, &f->m.model); break;
    case 0x0112:
        number = integer_of(r, e, 0, 0);
        f->orientation = number >= 1 && number <= 8 ? (uint8_t)number : f->orientation;
        break;
    case 0x0132: set_date(r, e, &f->modified); break;
    case 0x014a:
        for (unsigned i = 0; i < e->count && r->sub_count < MAX_SUBIFDS; i++) {
            r->sub_at[r->sub_count++] = integer_of(r, e, i, 0);
        }
        break;
    case 0x02bc: r->parts->xmp = part_of(r, e); break;
    case 0x4746:
        number = integer_of(r, e, 0, 99);
        f->m.rating = number <= 5 ? (int32_t)number : f->m.rating;
        break;
    case 0x83bb: r->parts->iptc = part_of(r, e); break;
    case 0x8649: r->parts->irb = part_of(r, e); break;
    case 0x8769: r->exif_at = integer_of(r, e, 0, 0); break;
    case 0x8825: r->gps_at = integer_of(r, e, 0, 0); break;
    case 0x9c9e: windows_keywords(r, e); break;
    case 0xc62f: set_text(r, e, &f->m.serial); break;
    default:
        if (r->panasonic && e->tag < 0x100) {
            panasonic_tag(r, e);
        } else {
            exif_tag(r, e);
        }
        break;
    }
}

static void sub_tag(reader *r, const entry *e)
{
    if (e->tag == 0x00fe || e->tag == 0x0100 || e->tag == 0x0101) {
        main_tag(r, e);
    }
}

/* Degrees, minutes, seconds; many cameras put decimals into minutes and give 0/0 for the seconds. */
static double angle_of(reader *r, const entry *e)
{
    double degrees = real_of(r, e, 0), minutes = real_of(r, e, 1), seconds = real_of(r, e, 2);
    if (e->count >= 2 && isnan(minutes)) {
        return NAN;
    }
    return degrees + (isnan(minutes) ? 0 : minutes / 60) + (isnan(seconds) ? 0 : seconds / 3600);
}

static void gps_tag(reader *r, const entry *e)
{
    const uint8_t *ref;
    switch (e->tag) {
    case 1:
    case 3:
        ref = value_of(r, e, 1);
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
    case 5: r->altitude_ref = (uint8_t)integer_of(r, e, 0, 0); break;
    case 6: r->altitude = real_of(r, e, 0); break;
    default: break;
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
    double latitude = r->latitude_ref == 'N' ? r->latitude : r->latitude_ref == 'S' ? -r->latitude : NAN;
    double longitude = r->longitude_ref == 'E' ? r->longitude : r->longitude_ref == 'W' ? -r->longitude : NAN;
    r->facts->gps_bad = !ie_facts_set_place(&r->facts->m, latitude, longitude);
}

static unsigned type_size(uint16_t type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : type == 129 ? 1 : 0; /* 129: UTF-8 of EXIF 3.0 */
}

static bool read_entry(reader *r, uint64_t at, entry *e)
{
    unsigned entry_size = r->big_tiff ? 20 : 12, inline_size = r->big_tiff ? 8 : 4;
    const uint8_t *p = ie_span_at(r->tiff, at, entry_size);
    if (p == NULL) {
        return false;
    }
    e->tag = get16(r, p);
    e->type = get16(r, p + 2);
    e->count = r->big_tiff ? get64(r, p + 4) : get32(r, p + 4);
    if (__builtin_mul_overflow(e->count, type_size(e->type), &e->size)) {
        e->size = UINT64_MAX;
    }
    const uint8_t *value = p + entry_size - inline_size;
    e->at = e->size <= inline_size ? at + entry_size - inline_size
                                   : r->big_tiff ? get64(r, value) : get32(r, value);
    return true;
}

static void read_directory(reader *r, uint64_t at, void (*take)(reader *, const entry *))
{
    const uint8_t *p = ie_span_at(r->tiff, at, r->big_tiff ? 8 : 2);
    if (p == NULL) {
        r->facts->damaged = true;
        return;
    }
    uint64_t count = r->big_tiff ? get64(r, p) : get16(r, p), i;
    at += r->big_tiff ? 8 : 2;
    r->width = r->height = r->subfile = 0;
    for (i = 0; i < count && i < MAX_ENTRIES; i++) {
        entry e;
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
    uint16_t magic = get16(r, p + 2);
    *ret_first = get32(r, p + 4);
    if (magic == 43) {
        const uint8_t *wide = ie_span_at(r->tiff, 8, 8);
        r->big_tiff = true;
        *ret_first = wide != NULL ? get64(r, wide) : UINT64_MAX;
        return wide != NULL;
    }
    r->panasonic = magic == 0x55;
    return magic == 42 || r->panasonic || magic == 0x4f52 || magic == 0x5352; /* "RO", "SR": Olympus */
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
    if ((f->m.iso == 0 || f->m.iso == 65535) && r->iso_other > 0 && r->iso_other <= INT32_MAX) {
        f->m.iso = (int32_t)r->iso_other;
    }
    if (r->panasonic && r->sensor[2] > r->sensor[0] && r->sensor[3] > r->sensor[1]) {
        f->height = r->sensor[2] - r->sensor[0];
        f->width = r->sensor[3] - r->sensor[1];
    }
    set_place(r);
}

bool ie_exif_read(const ie_span *tiff, ie_exif_kind kind, ie_arena *arena, ie_facts *facts, ie_exif_parts *parts)
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
