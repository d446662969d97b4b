// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/photo.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "utils/text.h"

bool ie_stamp_equal(const ie_stamp *a, const ie_stamp *b)
{
    return ie_stamp_same_file(a, b) && a->ctime_ns == b->ctime_ns && a->device == b->device;
}

bool ie_stamp_same_file(const ie_stamp *a, const ie_stamp *b)
{
    return a->size == b->size && a->mtime_ns == b->mtime_ns && a->inode == b->inode;
}

static const char *const date_sources[] = {
    [IE_DATE_NONE] = "none",
    [IE_DATE_EXIF] = "exif",
    [IE_DATE_EXIF_DIGITIZED] = "exif_digitized",
    [IE_DATE_XMP] = "xmp",
    [IE_DATE_IPTC] = "iptc",
    [IE_DATE_QUICKTIME] = "quicktime",
    [IE_DATE_EXIF_MODIFIED] = "exif_modified",
    [IE_DATE_SIDECAR] = "sidecar",
    [IE_DATE_NAME] = "name",
    [IE_DATE_FOLDER] = "folder",
    [IE_DATE_FILE] = "file",
};

const char *ie_date_source_name(ie_date_source source)
{
    return date_sources[source];
}

ie_date_source ie_date_source_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof date_sources / sizeof *date_sources; i++) {
        if (strcmp(name, date_sources[i]) == 0) {
            return (ie_date_source)i;
        }
    }
    return IE_DATE_NONE;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool ie_datetime_valid(const ie_datetime *time)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (time->year < 1 || time->year > 9999 || time->month < 1 || time->month > 12) {
        return false;
    }
    int last = days[time->month - 1] + (time->month == 2 && is_leap(time->year));
    return time->day >= 1 && time->day <= last && time->hour <= 23 && time->minute <= 59 &&
           time->second <= 60 && time->nanosecond < 1000000000u && time->subsec_digits <= 9;
}

/* printf takes ten times as long, and a known photo's line is little more than its time. */
static char *add_number(char *to, unsigned value, int digits, char end)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10) {
        to[i] = (char)('0' + value % 10);
    }
    to[digits] = end;
    return to + digits + 1;
}

const char *ie_datetime_text(const ie_datetime *time, char buffer[40])
{
    if (time->year == 0) {
        buffer[0] = 0;
        return buffer;
    }
    char *p = time->year > 0 && time->year <= 9999
                  ? add_number(buffer, (unsigned)time->year, 4, '-')
                  : buffer + snprintf(buffer, 12, "%04d-", time->year);
    p = add_number(p, time->month, 2, '-');
    p = add_number(p, time->day, 2, 'T');
    p = add_number(p, time->hour, 2, ':');
    p = add_number(p, time->minute, 2, ':');
    p = add_number(p, time->second, 2, 0) - 1;
    if (time->subsec_digits > 0 && time->subsec_digits <= 9) {
        *p++ = '.';
        add_number(p, time->nanosecond, 9, 0);
        p[time->subsec_digits] = 0;
    }
    return buffer;
}

bool ie_datetime_parse(const char *iso, ie_datetime *ret_time)
{
    unsigned part[6];
    int used = 0;
    if (sscanf(iso, "%4u-%2u-%2uT%2u:%2u:%2u%n", &part[0], &part[1], &part[2], &part[3], &part[4],
               &part[5], &used) != 6) {
        return false;
    }
    ie_datetime time = {
        .year = (int16_t)part[0],
        .month = (uint8_t)part[1],
        .day = (uint8_t)part[2],
        .hour = (uint8_t)part[3],
        .minute = (uint8_t)part[4],
        .second = (uint8_t)part[5],
    };
    if (iso[used] == '.') {
        uint32_t unit = 100000000;
        for (used++; iso[used] >= '0' && iso[used] <= '9' && unit > 0; used++, unit /= 10) {
            time.nanosecond += (uint32_t)(iso[used] - '0') * unit;
            time.subsec_digits++;
        }
    }
    if (iso[used] != 0 || !ie_datetime_valid(&time)) {
        return false;
    }
    *ret_time = time;
    return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, days_from_civil). */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t ie_datetime_order(const ie_datetime *time)
{
    if (time->year == 0) {
        return 0;
    }
    int64_t days = days_from_civil(time->year, time->month, time->day);
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

ie_datetime ie_datetime_from_unix(int64_t ns, int offset_minutes, bool has_offset)
{
    int64_t seconds = ns / 1000000000 - (ns % 1000000000 < 0);
    int64_t local = seconds + (int64_t)offset_minutes * 60;
    int64_t days = local / 86400 - (local % 86400 < 0);
    int64_t rest = local - days * 86400;
    /* civil_from_days, the inverse of the above, same source. */
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (ie_datetime){
        .year = (int16_t)(year_of_era + era * 400 + (month <= 2)),
        .month = (uint8_t)month,
        .day = (uint8_t)(of_year - (153 * shifted + 2) / 5 + 1),
        .hour = (uint8_t)(rest / 3600),
        .minute = (uint8_t)(rest / 60 % 60),
        .second = (uint8_t)(rest % 60),
        .nanosecond = (uint32_t)(ns - seconds * 1000000000),
        .has_offset = has_offset,
        .offset_minutes = (int16_t)offset_minutes,
    };
}

static const ie_metadata no_metadata = {
    .f_number = NAN,
    .exposure_time_s = NAN,
    .focal_length_mm = NAN,
    .lens_min_mm = NAN,
    .lens_max_mm = NAN,
    .bias_ev = NAN,
    .duration_s = NAN,
    .own_quality = NAN,
    .flash = -1,
    .favorite = -1,
    .edited = -1,
    .latitude = NAN,
    .longitude = NAN,
    .altitude_m = NAN,
    .rating = IE_ABSENT,
};
static const ie_content no_content;
static const ie_vision no_vision;

void ie_metadata_init(ie_metadata *metadata)
{
    *metadata = no_metadata;
}

/* What `shared` was until now is copied to a place of the photo's own. */
static void *own(ie_photo *photo, const void *shared, size_t size)
{
    return memcpy(ie_arena_alloc(photo->arena, size), shared, size);
}

ie_metadata *ie_photo_own_metadata(ie_photo *photo)
{
    if (photo->metadata == &no_metadata) {
        photo->metadata = own(photo, &no_metadata, sizeof no_metadata);
    }
    return (ie_metadata *)photo->metadata;
}

ie_content *ie_photo_own_content(ie_photo *photo)
{
    if (photo->content == &no_content) {
        photo->content = own(photo, &no_content, sizeof no_content);
    }
    return (ie_content *)photo->content;
}

ie_vision *ie_photo_own_vision(ie_photo *photo)
{
    if (photo->vision == &no_vision) {
        photo->vision = own(photo, &no_vision, sizeof no_vision);
    }
    return (ie_vision *)photo->vision;
}

static ie_photo *new_photo(ie_arena *arena)
{
    ie_photo *photo = ie_arena_alloc(arena, sizeof *photo);
    photo->arena = arena;
    photo->orientation = 1;
    photo->metadata = &no_metadata;
    photo->content = &no_content;
    photo->vision = &no_vision;
    return photo;
}

ie_photo *ie_photo_new(void)
{
    return new_photo(ie_arena_new());
}

ie_photo *ie_photo_new_in(ie_pool *pool, size_t text_bytes)
{
    return new_photo(ie_arena_new_in(pool, sizeof(ie_photo) + 15 + text_bytes));
}

void ie_photo_free(ie_photo *photo)
{
    if (photo != NULL) {
        ie_embedding_free(photo->embedding);
        ie_arena_free(photo->arena); /* the photo itself lies in it */
    }
}

void ie_photo_fault(ie_photo *photo, const char *stage, const char *code, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* A fault from the catalog may be met again when a further analyzer reads the same bytes. */
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        const ie_fault *known = &photo->faults[i];
        if (strcmp(known->stage, stage) == 0 && strcmp(known->code, code) == 0 &&
            strcmp(known->text, text) == 0) {
            return;
        }
    }
    ie_fault *faults = ie_arena_alloc(photo->arena, (photo->fault_count + 1) * sizeof *faults);
    if (photo->fault_count > 0) {
        memcpy(faults, photo->faults, photo->fault_count * sizeof *faults);
    }
    faults[photo->fault_count++] = (ie_fault){
        .stage = ie_arena_strdup(photo->arena, stage),
        .code = ie_arena_strdup(photo->arena, code),
        .text = ie_arena_strdup(photo->arena, text),
    };
    photo->faults = faults;
}

void ie_photo_forget_faults(ie_photo *photo, const char *stage)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        if (strcmp(photo->faults[i].stage, stage) != 0) {
            photo->faults[left++] = photo->faults[i];
        }
    }
    photo->fault_count = left;
}

/* From so many texts on a list has a table of them behind its items, because files may hold any
   number: twice as many slots as there is room for texts, each 0 or one more than an index. */
#define LARGE_LIST 64

/* The slot of the text, or the free one where it belongs. The seed is where the system loaded us,
   which differs from run to run: nobody knows it who makes a file with many texts that should want
   one slot. */
static uint32_t *slot_of(const ie_text_list *list, const char *text)
{
    static const char here;
    uint32_t *slots = (uint32_t *)(uintptr_t)(list->items + list->room);
    size_t mask = (size_t)list->room * 2 - 1;
    size_t at = (size_t)ie_hash64_seeded(text, strlen(text), (uint64_t)(uintptr_t)&here) & mask;
    while (slots[at] != 0 && strcmp(list->items[slots[at] - 1], text) != 0) {
        at = (at + 1) & mask;
    }
    return &slots[at];
}

bool ie_text_list_has(const ie_text_list *list, const char *text)
{
    if (list->room >= LARGE_LIST) {
        return *slot_of(list, text) != 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* For one more than there are: 4, 8, 16, … */
static void make_room(ie_text_list *list, ie_arena *arena)
{
    ie_text_list larger = {.count = list->count, .room = 4};
    while (larger.room <= list->count) {
        larger.room *= 2;
    }
    bool large = larger.room >= LARGE_LIST;
    size_t slot_bytes = large ? 2 * sizeof(uint32_t) : 0;
    larger.items = ie_arena_alloc(arena, larger.room * (sizeof *larger.items + slot_bytes));
    if (list->count > 0) {
        memcpy(larger.items, list->items, list->count * sizeof *larger.items);
    }
    for (uint32_t i = 0; large && i < list->count; i++) {
        *slot_of(&larger, larger.items[i]) = i + 1;
    }
    *list = larger;
}

void ie_text_list_add(ie_text_list *list, ie_arena *arena, const char *text)
{
    if (list->count >= list->room) {
        make_room(list, arena);
    }
    if (ie_text_list_has(list, text)) {
        return;
    }
    const char *copy = ie_arena_strdup(arena, text);
    if (list->room >= LARGE_LIST) {
        *slot_of(list, text) = list->count + 1;
    }
    list->items[list->count++] = copy;
}
