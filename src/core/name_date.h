// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Dates in names: IMG_20230714_091233, PXL_20230714_091233123, IMG-20230714-WA0001 (WhatsApp),
 * signal-2023-07-14-09-12-33-123, "Screenshot 2023-07-14 at 9.12.33 AM", 20230714091233 and their
 * kin: year, month and day in this order, then perhaps a time of day. A name with two dates that
 * differ says nothing, nor do other orders and two-digit years, which nobody can tell apart. Pure.
 */
#ifndef IE_CORE_NAME_DATE_H
#define IE_CORE_NAME_DATE_H

#include <regex.h>

#include "core/photo.h"

/* The date in a file's base name; *ret_date_only when it has no time of day. */
bool ie_name_date(const char *base, ie_datetime *ret_time, bool *ret_date_only);
/* The date in the names of the folders of a path: "2023-07-14 Oslo/a.jpg", "2023/07/14/a.jpg";
   the nearest folder that has one. */
bool ie_folder_date(const char *path, ie_datetime *ret_time);
/* By an own pattern (POSIX extended): its groups are year, month, day and perhaps hour, minute,
   second, in this order. */
bool ie_pattern_date(const regex_t *pattern, const char *base, ie_datetime *ret_time,
                     bool *ret_date_only);

#endif
