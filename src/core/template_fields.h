// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The fields of rename templates, one row each. A new field is one row and one small function in
 * template_fields.c. Constant and pure, hence thread-safe.
 */
#ifndef IE_CORE_TEMPLATE_FIELDS_H
#define IE_CORE_TEMPLATE_FIELDS_H

#include "core/template.h"
#include "utils/text.h"

typedef struct ie_field {
    const char *name, *help;
    const char *example; /* "{camera} → EOS R5": a template and what it gives, checked by a test */
    bool takes_format;   /* of a date; its letters stand in ie_date_format_letters */
    /* Adds the value, or nothing when the photo has none. `format` is NULL when none was given; for
       keys of the record it is their dotted path. */
    void (*value)(const ie_photo *photo, const char *format, ie_buffer *out);
    ie_numbering numbering; /* it counts, and has no value of a photo's own */
} ie_field;

/* What stands before the name of a custom field. */
#define IE_CUSTOM_PREFIX "custom."

/* The field that stands for all custom ones: {custom.NAME}. */
const ie_field *ie_field_custom(void);
/* Is it the field of all keys of the record, whose format is a dotted path? */
bool ie_field_is_dotted(const ie_field *field);
/* IE_HAVE_* it looks at; its format as for `value`. */
unsigned ie_field_needs(const ie_field *field, const char *format);
/* Is it made of the file's bytes, so that it changes when tags are written? */
bool ie_field_shows_bytes(const ie_field *field, const char *format);
/* Is it made of the name or the folder that the file has until now? Takes a format as the one above
   does. */
bool ie_field_shows_name(const ie_field *field, const char *format);

/* Can this follow a field's colon? "upper", "lower", or digits with a 0 in front: padded to that
   width. */
bool ie_modifier_valid(const char *modifier);
/* Applies it to the text from `start` on. */
void ie_modifier_apply(const char *modifier, size_t start, ie_buffer *out);
/* Does this date format show a time of day? */
bool ie_date_format_has_clock(const char *format);

const ie_field *ie_field_at(size_t index); /* NULL past the end */
/* Rows for help alone: what may stand in braces beside the fields' names, an example of each. NULL
   past the end. */
const ie_field *ie_form_at(size_t index);
/* A row of the table, a custom field, or a key of the record by its dotted path ("exposure.iso",
   "vision.scenes.0.label"; what stands in "metadata" may be named without it). NULL when no record
   can have such a key. */
const ie_field *ie_field_find(const char *name);
char *ie_field_nearest(
    const char *name); /* of these and the record's keys; NULL: none is near; free() it */
bool ie_field_is_number(const ie_field *field);  /* is its value always one? */
void ie_field_names(ie_buffer *out);             /* all, with commas */

/* Adds the photo's date in that format (NULL: %F), or nothing. */
void ie_date_add(const ie_photo *photo, const char *format, ie_buffer *out);
/* The letters known after '%'. */
extern const char ie_date_format_letters[];
/* Where the first unknown '%' of a date format stands, or NULL when all are known. */
const char *ie_date_format_fault(const char *format);

#endif
