// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is taken out of the metadata of a copy (convert.strip): a set of bits with names. A file
 * from which it cannot be taken is not copied at all: a copy that tells more than was asked for is
 * worse than none.
 */
#ifndef IE_CORE_STRIP_H
#define IE_CORE_STRIP_H

#include "core/config.h"

enum {
    IE_STRIP_GPS = 1 << 0,     /* coordinates, names of places */
    IE_STRIP_SERIALS = 1 << 1, /* of camera and lens, their owner, unique numbers */
    IE_STRIP_ALL = 1 << 2      /* all but the colour profile and how the picture lies */
};

unsigned ie_strip_of(const ie_config_list *names); /* names that are none count as nothing */
/* "gps, serials"; buffer of 32. */
const char *ie_strip_text(unsigned strip, char buffer[32]);
ie_status ie_strip_check(const char *text, ie_error *err); /* for the option; IE_ERR_USAGE */

#endif
