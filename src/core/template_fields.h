// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The fields of rename templates, one row each. A new field is one row and one small function in
 * template_fields.c. Constant and pure, hence thread-safe.
 */
#ifndef IE_CORE_TEMPLATE_FIELDS_H
#define IE_CORE_TEMPLATE_FIELDS_H

#include "core/photo.h"
#include "utils/text.h"

typedef struct ie_field {
    const char *name, *help;
    const char *example; /* "{camera} → EOS R5": a template and what it gives, checked by a test */
    bool takes_format;   /* of a date; its letters stand in ie_date_format_letters */
    /* Adds the value, or nothing when the photo has none. `format` is NULL when none was given. */
    void (*value)(const ie_photo *photo, const char *format, ie_buffer *out);
} ie_field;

/* NULL past the end. */
/* The field whose format is a dotted path into the record ("exposure.iso", "hash.xxh3"), or NULL when
   no record can have such a key: what stands in "metadata" may be named without it. */
const ie_field *ie_field_dotted(const char *path);

/* Can this follow a field's colon? "upper", "lower", or digits with a 0 in front: padded to that width. */
bool ie_modifier_valid(const char *modifier);
/* Applies it to the text from `start` on. */
void ie_modifier_apply(const char *modifier, size_t start, ie_buffer *out);
/* Does this date format show a time of day? */
bool ie_date_format_has_clock(const char *format);

const ie_field *ie_field_at(size_t index);
const ie_field *ie_field_find(const char *name); /* NULL when unknown */
const char *ie_field_nearest(const char *name);  /* NULL when nothing is near */
void ie_field_names(ie_buffer *out);             /* all, with commas */

/* The letters known after '%'. */
extern const char ie_date_format_letters[];
/* Where the first unknown '%' of a date format stands, or NULL when all are known. */
const char *ie_date_format_fault(const char *format);

#endif
