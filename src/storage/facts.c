// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/facts.h"

#include <math.h>
#include <string.h>

#include "utils/text.h"

void ie_facts_init(ie_facts *facts)
{
    *facts = (ie_facts){0};
    ie_metadata_init(&facts->m);
    facts->percent = IE_ABSENT;
}

static const char *finish_text(ie_arena *arena, char *text, size_t length)
{
    while (length > 0 && (unsigned char)text[length - 1] <= ' ') {
        text[--length] = 0;
    }
    if (length == 0) {
        return NULL;
    }
    if (ie_utf8_valid(text)) {
        return text;
    }
    IE_AUTO_FREE char *readable = ie_utf8_from_latin1(text, length);
    return ie_arena_strdup(arena, readable);
}

const char *ie_facts_text(ie_arena *arena, const void *bytes, size_t size)
{
    size_t length = size > 0 ? strnlen(bytes, size) : 0;
    while (length > 0 && ((const unsigned char *)bytes)[length - 1] <= ' ') {
        length--;
    }
    return length == 0 ? NULL : finish_text(arena, ie_arena_strndup(arena, bytes, length), length);
}

static void add_utf8(ie_buffer *out, uint32_t c)
{
    if (c < 0x80) {
        ie_buffer_char(out, (char)c);
    } else if (c < 0x800) {
        ie_buffer_add(out, (char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63))}, 2);
    } else if (c < 0x10000) {
        ie_buffer_add(
            out,
            (char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))},
            3);
    } else {
        ie_buffer_add(out,
                      (char[]){(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
                               (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))},
                      4);
    }
}

const char *ie_facts_latin1(ie_arena *arena, const void *bytes, size_t size)
{
    ie_buffer out = {0};
    size_t length = size > 0 ? strnlen(bytes, size) : 0;
    for (size_t i = 0; i < length; i++) {
        add_utf8(&out, ie_cp1252(((const uint8_t *)bytes)[i]));
    }
    const char *text = out.size > 0 ? ie_facts_text(arena, out.data, out.size) : NULL;
    ie_buffer_free(&out);
    return text;
}

const char *ie_facts_utf16(ie_arena *arena, const uint8_t *bytes, size_t size, bool big_endian)
{
    ie_buffer out = {0};
    for (size_t i = 0; i + 2 <= size; i += 2) {
        uint32_t c = (uint32_t)bytes[i + !big_endian] << 8 | bytes[i + big_endian];
        if (c == 0) {
            break;
        }
        if (c >= 0xd800 && c < 0xdc00 && i + 4 <= size) {
            uint32_t low = (uint32_t)bytes[i + 2 + !big_endian] << 8 | bytes[i + 2 + big_endian];
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        add_utf8(&out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    }
    const char *text = out.size > 0 ? ie_facts_text(arena, out.data, out.size) : NULL;
    ie_buffer_free(&out);
    return text;
}

/* Exactly `count` digits. */
static bool take_digits(const char **p, const char *end, int count, unsigned *ret_value)
{
    unsigned value = 0;
    if (end - *p < count) {
        return false;
    }
    for (int i = 0; i < count; i++, (*p)++) {
        if (**p < '0' || **p > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(**p - '0');
    }
    *ret_value = value;
    return true;
}

static bool take_one_of(const char **p, const char *end, const char *set)
{
    if (*p < end && **p != 0 && strchr(set, **p) != NULL) {
        (*p)++;
        return true;
    }
    return false;
}

bool ie_facts_subsec(const char *text, size_t size, ie_datetime *time)
{
    uint32_t nanosecond = 0, unit = 100000000;
    uint8_t digits = 0;
    size_t i = 0;
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        if (unit > 0) {
            nanosecond += (uint32_t)(text[i] - '0') * unit;
            unit /= 10;
            digits++;
        }
    }
    for (; i < size; i++) {
        if (text[i] != ' ' && text[i] != 0) {
            return false;
        }
    }
    if (digits > 0) {
        time->nanosecond = nanosecond;
        time->subsec_digits = digits;
    }
    return digits > 0;
}

bool ie_facts_offset(const char *text, size_t size, ie_datetime *time)
{
    const char *p = text, *end = text + strnlen(text, size);
    unsigned hours = 0, minutes = 0;
    if (p < end && *p == 'Z') {
        time->has_offset = true;
        time->offset_minutes = 0;
        return true;
    }
    bool west = p < end && *p == '-';
    if (!take_one_of(&p, end, "+-") || !take_digits(&p, end, 2, &hours)) {
        return false;
    }
    take_one_of(&p, end, ":");
    if (p < end && *p != ' ' && !take_digits(&p, end, 2, &minutes)) {
        return false;
    }
    if (hours > 15 || minutes > 59) {
        return false;
    }
    int total = (int)(hours * 60 + minutes);
    time->has_offset = true;
    time->offset_minutes = (int16_t)(west ? -total : total);
    return true;
}

/* What follows the seconds: a fraction, then an offset; either may be missing. */
static void take_rest(const char *p, const char *end, ie_datetime *time)
{
    if (take_one_of(&p, end, ".,")) {
        const char *digits = p;
        while (p < end && *p >= '0' && *p <= '9') {
            p++;
        }
        ie_facts_subsec(digits, (size_t)(p - digits), time);
    }
    while (take_one_of(&p, end, " ")) {
    }
    if (p < end) {
        ie_facts_offset(p, (size_t)(end - p), time);
    }
}

bool ie_facts_date(const char *text, size_t size, ie_datetime *ret_time, bool *ret_date_only)
{
    const char *p = text, *end = text + (size > 0 ? strnlen(text, size) : 0);
    unsigned year, month, day, hour = 0, minute = 0, second = 0;
    bool date_only = true;
    if (!take_digits(&p, end, 4, &year) || !take_one_of(&p, end, ":-/.") ||
        !take_digits(&p, end, 2, &month) || !take_one_of(&p, end, ":-/.") ||
        !take_digits(&p, end, 2, &day)) {
        return false;
    }
    ie_datetime time = {.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    /* "2004:06:21   :  :  " has no time of day; "2004:06:21 2?:37:53" has one that cannot
       be read. */
    if (take_one_of(&p, end, " T") && p < end && *p >= '0' && *p <= '9') {
        bool short_hour = end - p > 1 && p[1] == ':';
        if (!take_digits(&p, end, short_hour ? 1 : 2, &hour)) {
            return false;
        }
        if (!take_one_of(&p, end, ":.") || !take_digits(&p, end, 2, &minute)) {
            return false;
        }
        date_only = false;
        if (take_one_of(&p, end, ":.")) {
            if (!take_digits(&p, end, 2, &second)) {
                return false;
            }
        }
        take_rest(p, end, &time);
    }
    time.hour = (uint8_t)hour;
    time.minute = (uint8_t)minute;
    time.second = (uint8_t)second;
    if (!ie_datetime_valid(&time)) {
        return false;
    }
    *ret_time = time;
    if (ret_date_only != NULL) {
        *ret_date_only = date_only;
    }
    return true;
}

int32_t ie_facts_stars(int32_t percent)
{
    static const int32_t from[] = {1, 13, 38, 63, 88}; /* half-way between theirs */
    int32_t stars = 0;
    while (stars < 5 && percent >= from[stars]) {
        stars++;
    }
    return stars;
}

bool ie_facts_set_place(ie_metadata *m, double latitude, double longitude)
{
    /* Written so that NaN fails. */
    if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 180)) {
        return false;
    }
    m->latitude = latitude;
    m->longitude = longitude;
    return true;
}
