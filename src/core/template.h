// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Rename templates: "{date:%Y}/{date:%Y-%m-%d_%H%M%S}_{camera}". A field is one row of the table in
 * template.c {name, help, example, function}. `{field}`, `{date:format}`, `{field:upper|lower|04}`,
 * `{exposure.iso}` for any key of the record, `{a|b|"text"}` for fall-backs,
 * `{{` and `}}` for braces. A '/' in the template makes folders; a '/' in a value never does.
 * Pure and thread-safe; a compiled template is read-only.
 */
#ifndef IE_CORE_TEMPLATE_H
#define IE_CORE_TEMPLATE_H

#include "core/photo.h"

typedef struct ie_template ie_template;

/* IE_ERR_USAGE says what is wrong, where, and the nearest right field name. */
ie_status ie_template_parse(const char *text, ie_template **ret_template, ie_error *err) IE_MUST_CHECK;
void ie_template_free(ie_template *pattern);

/* A day begins that many minutes after midnight: a date without a time of day, as folders have it, is the
   day before for what was taken earlier. Times themselves are never moved. */
void ie_template_day_begins(ie_template *pattern, int minutes);

/* The relative path without extension (unless the template names {ext}); free() it. Each part is safe on
   Windows, macOS and Linux: no control bytes, no <>:"/\|?* , no trailing dot or space, not a reserved
   device name, not "." or "..", at most 200 bytes of whole UTF-8 characters; an empty part becomes
   "unknown". `ext_used` tells whether {ext} occurred. */
char *ie_template_expand(const ie_template *pattern, const ie_photo *photo, bool *ret_ext_used);

/* One path part made safe by the same rules; free() it. */
char *ie_safe_name(const char *text, size_t max_bytes);

/* The table, for help: name, help, example; NULL past the end. */
const char *ie_template_field(size_t index, const char **ret_help, const char **ret_example);

#endif
