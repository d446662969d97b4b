// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks of single options that their type cannot make. Each: IE_ERR_USAGE with what is wrong.
   Pure. */
#ifndef IE_CORE_OPTION_CHECKS_H
#define IE_CORE_OPTION_CHECKS_H

#include <stdbool.h>

#include "imgengine.h"

ie_status ie_check_date_order(const char *text, ie_error *err);
ie_status ie_check_name_pattern(const char *text, ie_error *err);
ie_status ie_check_prefer(const char *text, ie_error *err);
ie_status ie_check_clock(const char *text, ie_error *err);
/* "04:00" → 240; -1 when it is no time of day. */
int ie_parse_clock(const char *text);
ie_status ie_check_clock_offset(const char *text, ie_error *err);
ie_status ie_check_seconds(const char *text, ie_error *err);
ie_status ie_check_device(const char *text, ie_error *err);
ie_status ie_check_place(const char *text, ie_error *err);

/* "59.91,10.75": degrees, north and east positive. */
bool ie_parse_place(const char *text, double *ret_latitude, double *ret_longitude);

#endif
