// SPDX-License-Identifier: GPL-3.0-or-later
/* What each file of a unit appends to the unit's new stem: ".cr2", ".jpg", ".jpg.xmp". */
#ifndef IE_PROCESSORS_SUFFIXES_H
#define IE_PROCESSORS_SUFFIXES_H

#include "processors/naming.h"

typedef struct ie_suffix {
    const char *from; /* the present one, in the photo's real_path */
    char *to;         /* free() it */
    const char *mark; /* "-edited" where a new stem needs that behind it, else "" */
    bool corrected;   /* its extension did not fit its content */
} ie_suffix;

/* One for each member of the unit, in order; no two equal but for case. */
ie_suffix *ie_suffixes_new(const ie_naming *naming, size_t unit);
void ie_suffixes_free(ie_suffix *suffixes, size_t count);
/* "PNG", for reasons. */
void ie_capital_name(ie_format format, char ret_name[16]);

#endif
