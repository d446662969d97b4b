// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Rename templates: "{date:%Y}/{date:%Y-%m-%d_%H%M%S}_{camera}". A field is one row of the table in
 * template_fields.c {name, help, example, function}. `{field}`, `{date:format}`,
 * `{field:upper|lower|04}`, `{exposure.iso}` for any key of the record, `{custom.NAME}` for what
 * rename.fields defines, `{a|b|"text"}` for fall-backs, `{if rating>=4}…{else}…{end}`, `{{` and
 * `}}` for braces. A '/' in the template makes folders; a '/' in a value never does.
 * `{seq}`, `{counter}` and `{burst_index}` count: such a template makes a row of names, and who
 * takes which is not decided here. Pure and thread-safe; a compiled template is read-only.
 */
#ifndef IE_CORE_TEMPLATE_H
#define IE_CORE_TEMPLATE_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_template ie_template;

/* What the number in a name counts. */
typedef enum ie_numbering {
    IE_NUMBER_NONE,
    IE_NUMBER_SEQ,     /* all photos of the run */
    IE_NUMBER_COUNTER, /* those of one new folder */
    IE_NUMBER_BURST    /* those of one burst */
} ie_numbering;

/* `custom`: rename.fields, "NAME=template" each; NULL takes any {custom.NAME} for granted (to check
   a template by itself). IE_ERR_USAGE says what is wrong, where, and the nearest right field name.
 */
ie_status ie_template_parse(const char *text, const ie_config_list *custom,
                            ie_template **ret_template, ie_error *err) IE_MUST_CHECK;
void ie_template_free(ie_template *pattern);

/* Is "NAME=template" a custom field? IE_ERR_USAGE says what is wrong. */
ie_status ie_template_check_custom(const char *definition, ie_error *err) IE_MUST_CHECK;

/* A day begins that many minutes after midnight: a date without a time of day, as folders have it,
   is the day before for what was taken earlier. Times themselves are never moved. */
void ie_template_day_begins(ie_template *pattern, int minutes);

/* IE_HAVE_* that its fields look at. */
unsigned ie_template_needs(const ie_template *pattern);
bool ie_template_has_ext(
    const ie_template *pattern); /* does {ext} say where the extension stands? */
/* Does it name a photo by what tagging changes: its hash or its size? */
bool ie_template_shows_bytes(const ie_template *pattern);

/* Is a name made of the one that the photo has, or of the folder it lies in? */
bool ie_template_shows_name(const ie_template *pattern);

/* The relative path without extension (unless the template names {ext}); free() it. Each part is
   safe on Windows, macOS and Linux: no control bytes, no <>:"/\|?* , no trailing dot or space, not
   a reserved device name, not "." or "..", at most 200 bytes of whole UTF-8 characters in NFC; an
   empty part becomes "unknown". `number` stands where it counts, and `ret_numbering` says what was
   counted for this photo. */
char *ie_template_expand(const ie_template *pattern, const ie_photo *photo, uint32_t number,
                         ie_numbering *ret_numbering);

/* One path part made safe by the same rules; free() it. */
char *ie_safe_name(const char *text, size_t max_bytes);

#endif
