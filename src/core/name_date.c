// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/name_date.h"

#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

/* Eight digits in a row are often some other number; between these years they look like a date. */
#define FIRST_YEAR 1990
#define LAST_YEAR 2099

static size_t digits_at(const char *p)
{
    return strspn(p, "0123456789");
}

static unsigned number(const char *p, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (unsigned)(p[i] - '0');
    }
    return value;
}

static bool set_day(ie_datetime *time, unsigned year, unsigned month, unsigned day)
{
    *time = (ie_datetime){.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    return year >= FIRST_YEAR && year <= LAST_YEAR && month <= 12 && day <= 31 &&
           ie_datetime_valid(time);
}

static bool set_clock(ie_datetime *time, unsigned hour, unsigned minute, unsigned second)
{
    if (hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    time->hour = (uint8_t)hour;
    time->minute = (uint8_t)minute;
    time->second = (uint8_t)second;
    return true;
}

static void set_fraction(ie_datetime *time, const char *p, size_t count)
{
    uint32_t unit = 100000000;
    time->subsec_digits = (uint8_t)count;
    for (size_t i = 0; i < count; i++, unit /= 10) {
        time->nanosecond += (uint32_t)(p[i] - '0') * unit;
    }
}

/* Behind the seconds: three digits more, or a separator and three digits that end the number. */
static void take_fraction(const char *p, ie_datetime *time)
{
    if (digits_at(p) == 0 && *p != 0 && strchr("-_.", *p) != NULL) {
        p++;
    }
    if (digits_at(p) == 3) {
        set_fraction(time, p, 3);
    }
}

/* " AM" and " PM" as clocks with twelve hours write them. */
static bool take_half(const char *p, unsigned *hour)
{
    /* macOS puts a narrow no-break space there. */
    p += ie_starts_with(p, "\xe2\x80\xaf") ? 3 : *p == ' ' || *p == '_';
    bool am = (p[0] | 32) == 'a', pm = (p[0] | 32) == 'p';
    if ((!am && !pm) || (p[1] | 32) != 'm') {
        return true;
    }
    bool good = *hour >= 1 && *hour <= 12;
    *hour = *hour % 12 + (pm ? 12 : 0);
    return good;
}

/* "091233", "09-12-33", "9.12.33 AM" at p, up to two digits each. */
static bool take_clock(const char *p, ie_datetime *time)
{
    size_t count = digits_at(p);
    if (count == 6 || count == 9) {
        if (!set_clock(time, number(p, 2), number(p + 2, 2), number(p + 4, 2))) {
            return false;
        }
        if (count == 9) {
            set_fraction(time, p + 6, 3);
        } else {
            take_fraction(p + 6, time);
        }
        return true;
    }
    unsigned parts[3];
    char separator = 0;
    for (int i = 0; i < 3; i++) {
        count = digits_at(p);
        if (count != 2 && !(count == 1 && i == 0)) {
            return false;
        }
        parts[i] = number(p, count);
        p += count;
        if (i == 2) {
            break;
        }
        if (*p == 0 || strchr("-_.:", *p) == NULL || (i > 0 && *p != separator)) {
            return false;
        }
        separator = *p++;
    }
    if (!take_half(p, &parts[0]) || !set_clock(time, parts[0], parts[1], parts[2])) {
        return false;
    }
    take_fraction(p, time);
    return true;
}

/* What stands between day and time: "_", "-", " ", "T", " at ", "-at-". */
static const char *skip_gap(const char *p)
{
    const char *gap = p + strspn(p, " _-.,");
    if ((gap[0] | 32) == 'a' && (gap[1] | 32) == 't' && gap > p) {
        gap += 2;
        gap += strspn(gap, " _-.");
    } else if (gap == p && *p == 'T') {
        gap++;
    }
    return gap;
}

/* The day at p, which is no digit's successor; gives where it ends, or NULL. */
static const char *take_day(const char *p, ie_datetime *time)
{
    size_t count = digits_at(p);
    if (count == 8 || count == 14 || count == 17) {
        return set_day(time, number(p, 4), number(p + 4, 2), number(p + 6, 2)) ? p + 8 : NULL;
    }
    if (count != 4 || p[4] == 0 || strchr("-_. ", p[4]) == NULL || digits_at(p + 5) != 2 ||
        p[7] != p[4] || digits_at(p + 8) != 2) {
        return NULL;
    }
    return set_day(time, number(p, 4), number(p + 5, 2), number(p + 8, 2)) ? p + 10 : NULL;
}

static bool take_date(const char *p, ie_datetime *time, bool *date_only, const char **ret_end)
{
    const char *end = take_day(p, time);
    if (end == NULL) {
        return false;
    }
    ie_datetime with_clock = *time;
    bool clock;
    size_t joined = digits_at(end);
    if (joined > 0) { /* 20230714091233, and 123 thousandths */
        clock = set_clock(&with_clock, number(end, 2), number(end + 2, 2), number(end + 4, 2));
        if (!clock) {
            return false; /* fourteen digits that are none is some other number */
        }
        if (joined == 9) {
            set_fraction(&with_clock, end + 6, 3);
        }
    } else {
        const char *at = skip_gap(end);
        clock = at > end && take_clock(at, &with_clock);
    }
    *time = clock ? with_clock : *time;
    *date_only = !clock;
    *ret_end = end;
    return true;
}

static bool same_day(const ie_datetime *a, const ie_datetime *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day;
}

bool ie_name_date(const char *base, ie_datetime *ret_time, bool *ret_date_only)
{
    ie_datetime found = {0}, time;
    bool found_date_only = true, date_only = false;
    for (const char *p = base; *p != 0;) {
        size_t count = digits_at(p);
        const char *end = p + (count > 0 ? count : 1);
        if (count >= 4 && take_date(p, &time, &date_only, &end)) {
            if (found.year != 0 && !same_day(&found, &time)) {
                return false;
            }
            if (found.year == 0 || (found_date_only && !date_only)) {
                found = time;
                found_date_only = date_only;
            }
        }
        p = end;
    }
    if (found.year == 0) {
        return false;
    }
    *ret_time = found;
    *ret_date_only = found_date_only;
    return true;
}

/* The last three folders as "2023/07/14". */
static bool split_date(char *const *parts, size_t count, ie_datetime *ret_time)
{
    if (count < 3 || strlen(parts[count - 3]) != 4 || digits_at(parts[count - 3]) != 4 ||
        strlen(parts[count - 2]) != 2 || digits_at(parts[count - 2]) != 2 ||
        strlen(parts[count - 1]) != 2 || digits_at(parts[count - 1]) != 2) {
        return false;
    }
    return set_day(ret_time, number(parts[count - 3], 4), number(parts[count - 2], 2),
                   number(parts[count - 1], 2));
}

bool ie_folder_date(const char *path, ie_datetime *ret_time)
{
    IE_AUTO_FREE char *copy = ie_path_directory(path);
    char *parts[64];
    size_t count = 0;
    for (char *p = copy; p != NULL && count < 64;) {
        char *slash = strchr(p, '/');
        if (slash != NULL) {
            *slash = 0;
        }
        if (*p != 0) {
            parts[count++] = p;
        }
        p = slash != NULL ? slash + 1 : NULL;
    }
    for (; count > 0; count--) {
        ie_datetime time;
        bool date_only;
        if (split_date(parts, count, ret_time)) {
            return true;
        }
        if (ie_name_date(parts[count - 1], &time, &date_only)) {
            *ret_time = (ie_datetime){.year = time.year, .month = time.month, .day = time.day};
            return true;
        }
    }
    return false;
}

bool ie_pattern_date(const regex_t *pattern, const char *base, ie_datetime *ret_time,
                     bool *ret_date_only)
{
    regmatch_t match[7];
    unsigned part[6] = {0};
    if (regexec(pattern, base, 7, match, 0) != 0) {
        return false;
    }
    int parts = 0;
    for (; parts < 6 && match[parts + 1].rm_so >= 0; parts++) {
        const char *p = base + match[parts + 1].rm_so;
        size_t length = (size_t)(match[parts + 1].rm_eo - match[parts + 1].rm_so);
        if (length == 0 || length > 4 || digits_at(p) < length) {
            return false;
        }
        part[parts] = number(p, length);
    }
    ie_datetime time = {
        .year = (int16_t)part[0], .month = (uint8_t)part[1], .day = (uint8_t)part[2]};
    if (parts < 3 || part[1] > 12 || part[2] > 31 || !ie_datetime_valid(&time) ||
        !set_clock(&time, part[3], part[4], part[5])) {
        return false;
    }
    *ret_time = time;
    *ret_date_only = parts < 5;
    return true;
}
