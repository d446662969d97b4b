// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_more.h"

#include <math.h>
#include <string.h>

#define MAX_NOTE_ENTRIES 256
#define MAX_COMMENT 65536
#define MAX_EV 100 /* what is beyond is no exposure compensation */

enum {
    TAG_SOFTWARE = 0x0131,
    TAG_ARTIST = 0x013b,
    TAG_COPYRIGHT = 0x8298,
    TAG_RATING_PERCENT = 0x4749,
    TAG_USER_COMMENT = 0x9286,
    TAG_XP_TITLE = 0x9c9b,
    TAG_XP_COMMENT = 0x9c9c,
    TAG_XP_AUTHOR = 0x9c9d,
    TAG_EXPOSURE_BIAS = 0x9204,
    TAG_METERING_MODE = 0x9207,
    TAG_MAKER_NOTE = 0x927c,
    TAG_WHITE_BALANCE = 0xa403,
    TAG_IMAGE_UNIQUE_ID = 0xa420,
    TAG_LENS_SPECIFICATION = 0xa432,
    TAG_LENS_MAKE = 0xa433,
    APPLE_BURST = 0x000b,
    APPLE_CONTENT = 0x0011,
};

const char *ie_exif_metering(uint32_t mode)
{
    static const char *const names[] = {NULL,   "average",    "center_weighted", "spot",
                                        "multi_spot", "pattern", "partial"};
    return mode < sizeof names / sizeof *names ? names[mode] : mode == 255 ? "other" : NULL;
}

const char *ie_exif_white_balance(uint32_t mode)
{
    return mode == 0 ? "auto" : mode == 1 ? "manual" : NULL;
}

static void set_text(const char **fact, const ie_exif_entry *entry, ie_arena *arena)
{
    if (*fact == NULL) {
        *fact = ie_exif_text(entry, arena);
    }
}

/* Photographer's and editor's notices, each ended by a NUL; a blank stands for a missing
   photographer's (CIPA DC-008). Of the two the photographer's counts, or else the editor's. */
static const char *copyright(const ie_exif_entry *entry, ie_arena *arena)
{
    const char *first = ie_exif_text(entry, arena);
    const uint8_t *bytes =
        first == NULL && entry->size < 65536 ? ie_exif_bytes(entry, entry->size) : NULL;
    if (bytes == NULL) {
        return first;
    }
    size_t size = (size_t)entry->size, used = strnlen((const char *)bytes, size) + 1;
    return used < size ? ie_facts_text(arena, bytes + used, size - used) : NULL;
}

/* Shortest and longest focal length; 0/0 is how a camera says that it does not know. */
static void lens_range(const ie_exif_entry *entry, ie_metadata *m)
{
    double shortest = ie_exif_real(entry, 0), longest = ie_exif_real(entry, 1);
    if (isnan(m->lens_min_mm) && shortest > 0 && longest >= shortest && longest < 100000) {
        m->lens_min_mm = shortest;
        m->lens_max_mm = longest;
    }
}

/* Eight bytes name the character set (CIPA DC-008, 4.6.6). UTF-16 should have the structure's byte
   order, but programs differ: a byte order mark, else a Latin first letter tells. */
static const char *user_comment(const ie_exif_entry *entry, ie_arena *arena)
{
    uint64_t size = entry->size < MAX_COMMENT ? entry->size : MAX_COMMENT;
    const uint8_t *bytes = size > 8 ? ie_exif_bytes(entry, size) : NULL;
    if (bytes == NULL) {
        return NULL;
    }
    const uint8_t *text = bytes + 8;
    size_t length = (size_t)size - 8;
    if (memcmp(bytes, "JIS\0", 4) == 0) {
        return NULL;
    }
    if (memcmp(bytes, "UNICODE", 7) != 0 || length < 2) {
        return ie_facts_text(arena, text, length);
    }
    bool big = text[0] == 0xfe && text[1] == 0xff, little = text[0] == 0xff && text[1] == 0xfe;
    size_t mark = big || little ? 2 : 0;
    bool big_endian = mark != 0         ? big
                      : text[0] == 0    ? true
                      : text[1] == 0    ? false
                                        : entry->big_endian;
    return ie_facts_utf16(arena, text + mark, length - mark, big_endian);
}

/* Windows' own tags: UTF-16, little-endian in every file. */
static const char *windows_text(const ie_exif_entry *entry, ie_arena *arena)
{
    uint64_t size = entry->size < MAX_COMMENT ? entry->size : MAX_COMMENT;
    const uint8_t *bytes = ie_exif_bytes(entry, size);
    return bytes != NULL ? ie_facts_utf16(arena, bytes, (size_t)size, false) : NULL;
}

static void windows_tag(const ie_exif_entry *entry, ie_arena *arena, ie_facts *facts)
{
    uint32_t percent;
    switch (entry->tag) {
    case TAG_RATING_PERCENT:
        percent = ie_exif_integer(entry, 0, UINT32_MAX);
        facts->percent = percent <= 100 ? (int32_t)percent : facts->percent;
        break;
    case TAG_XP_TITLE:
        facts->xp_title = windows_text(entry, arena);
        break;
    case TAG_XP_COMMENT:
        facts->xp_comment = windows_text(entry, arena);
        break;
    case TAG_XP_AUTHOR:
        facts->xp_author = windows_text(entry, arena);
        break;
    default:
        break;
    }
}

static void apple_note(const ie_span *note, bool *damaged, ie_arena *arena, ie_metadata *m)
{
    const uint8_t *head = ie_span_at(note, 0, 16);
    if (head == NULL || memcmp(head, "Apple iOS", 10) != 0 || memcmp(head + 12, "MM", 2) != 0) {
        return;
    }
    unsigned count = ie_be16(head + 14);
    for (unsigned i = 0; i < count && i < MAX_NOTE_ENTRIES; i++) {
        uint64_t at = 16 + (uint64_t)i * 12;
        const uint8_t *p = ie_span_at(note, at, 12);
        if (p == NULL) {
            return;
        }
        ie_exif_entry entry = {
            .tiff = note, .big_endian = true, .damaged = damaged, .tag = ie_be16(p)};
        entry.type = ie_be16(p + 2);
        entry.count = ie_be32(p + 4);
        entry.size = entry.count * ie_exif_type_size(entry.type);
        entry.at = entry.size <= 4 ? at + 8 : ie_be32(p + 8);
        if (entry.tag == APPLE_BURST && entry.type == 2) {
            set_text(&m->burst_id, &entry, arena);
        } else if (entry.tag == APPLE_CONTENT && entry.type == 2) {
            set_text(&m->content_id, &entry, arena);
        }
    }
}

static void maker_note(const ie_exif_entry *entry, ie_arena *arena, ie_facts *facts)
{
    ie_span note = ie_exif_part(entry);
    bool damaged = false; /* a note that programs have moved about is common, and no fault */
    apple_note(&note, &damaged, arena, &facts->m);
}

void ie_exif_more(const ie_exif_entry *entry, ie_arena *arena, ie_facts *facts)
{
    ie_metadata *m = &facts->m;
    double bias;
    switch (entry->tag) {
    case TAG_SOFTWARE:
        set_text(&m->software, entry, arena);
        break;
    case TAG_ARTIST:
        set_text(&m->creator, entry, arena);
        break;
    case TAG_COPYRIGHT:
        m->copyright = m->copyright == NULL ? copyright(entry, arena) : m->copyright;
        break;
    case TAG_EXPOSURE_BIAS:
        bias = ie_exif_real(entry, 0);
        m->bias_ev = fabs(bias) <= MAX_EV ? bias : m->bias_ev;
        break;
    case TAG_METERING_MODE:
        m->metering = ie_exif_metering(ie_exif_integer(entry, 0, 0));
        break;
    case TAG_WHITE_BALANCE:
        m->white_balance = ie_exif_white_balance(ie_exif_integer(entry, 0, UINT32_MAX));
        break;
    case TAG_IMAGE_UNIQUE_ID:
        set_text(&m->unique_id, entry, arena);
        break;
    case TAG_LENS_SPECIFICATION:
        lens_range(entry, m);
        break;
    case TAG_LENS_MAKE:
        set_text(&m->lens_make, entry, arena);
        break;
    case TAG_MAKER_NOTE:
        maker_note(entry, arena, facts);
        break;
    case TAG_USER_COMMENT:
        m->comment = m->comment == NULL ? user_comment(entry, arena) : m->comment;
        break;
    default:
        windows_tag(entry, arena, facts);
        break;
    }
}

bool ie_exif_date_is_zero(const ie_exif_entry *entry)
{
    const uint8_t *text = ie_exif_bytes(entry, 10);
    return text != NULL && memcmp(text, "0000:00:00", 10) == 0;
}

void ie_exif_gps_time(const ie_exif_entry *entry, ie_facts *facts)
{
    ie_datetime *time = &facts->gps_utc;
    double part[3];
    if (entry->tag == 29) {
        const uint8_t *text = ie_exif_bytes(entry, 10);
        ie_datetime date;
        if (text != NULL && ie_facts_date((const char *)text, 10, &date, NULL)) {
            time->year = date.year;
            time->month = date.month;
            time->day = date.day;
        }
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        part[i] = ie_exif_real(entry, i);
    }
    if (part[0] >= 0 && part[0] < 24 && part[1] >= 0 && part[1] < 60 && part[2] >= 0 &&
        part[2] < 61) {
        time->hour = (uint8_t)part[0];
        time->minute = (uint8_t)part[1];
        time->second = (uint8_t)part[2];
        time->has_offset = true;
    }
}

void ie_exif_gps_finish(ie_facts *facts)
{
    if (!facts->gps_utc.has_offset || !ie_datetime_valid(&facts->gps_utc)) {
        facts->gps_utc = (ie_datetime){0};
    }
}
