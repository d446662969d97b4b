// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "core/template_fields.h"

const char ie_date_format_letters[] = "YmdHMSyjBbAaIpFTf%";

const char *ie_date_format_fault(const char *format)
{
    for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] == 0 || strchr(ie_date_format_letters, p[1]) == NULL) {
            return p;
        }
    }
    return NULL;
}

/* In English whatever the locale: a name must not depend on who makes it. */
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

static int64_t day_number(const ie_datetime *t)
{
    ie_datetime midnight = {.year = t->year, .month = t->month, .day = t->day};
    return ie_datetime_order(&midnight) / 86400;
}

static int day_of_year(const ie_datetime *t)
{
    ie_datetime first = {.year = t->year, .month = 1, .day = 1};
    return (int)(day_number(t) - day_number(&first)) + 1;
}

static const char *weekday(const ie_datetime *t)
{
    int64_t day = (day_number(t) + 4) % 7; /* 1970-01-01 was a Thursday */
    return weekdays[day < 0 ? day + 7 : day];
}

static void add_subseconds(const ie_datetime *t, ie_buffer *out)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%09u", t->nanosecond);
    ie_buffer_add(out, digits, t->subsec_digits);
}

static void add_name(ie_buffer *out, const char *name, bool full)
{
    ie_buffer_add(out, name, full ? strlen(name) : 3);
}

static void add_date_part(const ie_datetime *t, char letter, ie_buffer *out)
{
    switch (letter) {
    case 'Y':
        ie_buffer_printf(out, "%04d", t->year);
        break;
    case 'y':
        ie_buffer_printf(out, "%02d", t->year % 100);
        break;
    case 'm':
        ie_buffer_printf(out, "%02u", t->month);
        break;
    case 'd':
        ie_buffer_printf(out, "%02u", t->day);
        break;
    case 'H':
        ie_buffer_printf(out, "%02u", t->hour);
        break;
    case 'M':
        ie_buffer_printf(out, "%02u", t->minute);
        break;
    case 'S':
        ie_buffer_printf(out, "%02u", t->second);
        break;
    case 'I':
        ie_buffer_printf(out, "%02u", (t->hour + 11u) % 12 + 1);
        break;
    case 'p':
        ie_buffer_text(out, t->hour < 12 ? "AM" : "PM");
        break;
    case 'j':
        ie_buffer_printf(out, "%03d", day_of_year(t));
        break;
    case 'B':
    case 'b':
        add_name(out, months[t->month - 1], letter == 'B');
        break;
    case 'A':
    case 'a':
        add_name(out, weekday(t), letter == 'A');
        break;
    case 'F':
        ie_buffer_printf(out, "%04d-%02u-%02u", t->year, t->month, t->day);
        break;
    case 'T':
        ie_buffer_printf(out, "%02u:%02u:%02u", t->hour, t->minute, t->second);
        break;
    case 'f':
        add_subseconds(t, out);
        break;
    default:
        ie_buffer_char(out, '%');
        break;
    }
}

void ie_date_add(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const ie_datetime *t = &photo->metadata->captured;
    if (t->year == 0 || !ie_datetime_valid(t)) {
        return;
    }
    for (const char *p = format != NULL ? format : "%F"; *p != 0; p++) {
        if (*p == '%' && p[1] != 0) {
            add_date_part(t, *++p, out);
        } else {
            ie_buffer_char(out, *p);
        }
    }
}

bool ie_date_format_has_clock(const char *format)
{
    for (const char *p = format != NULL ? strchr(format, '%') : NULL; p != NULL && p[1] != 0;
         p = strchr(p + 2, '%')) {
        if (strchr("HMSIpTf", p[1]) != NULL) {
            return true;
        }
    }
    return false;
}
