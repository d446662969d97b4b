// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * JSON read where it stands, without a tree of its values being made: ten times as fast as
 * utils/json.h for a record of which a few facts are printed. For JSON that this program wrote; of
 * any other text whatever cannot be understood is absent, and nothing outside of the text is looked
 * at. Thread-safe; a view is valid as long as the text.
 */
#ifndef IE_UTILS_JSON_VIEW_H
#define IE_UTILS_JSON_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utils/text.h"

/* One value. `at` NULL: absent. */
typedef struct ie_json_view {
    const char *at, *end;
} ie_json_view;

/* The value that the text begins with. */
ie_json_view ie_json_view_of(const char *text, size_t size);
/* ret_views[i] is what stands under keys[i] in the object; absent too when `object` is none. In one
   go, which is why they come together. Keys that need an escape are never found. */
void ie_json_view_members(ie_json_view object, const char *const *keys, size_t count,
                          ie_json_view *ret_views);
/* Goes from item to item of an array; begin with an absent one. False behind the last. */
bool ie_json_view_next(ie_json_view array, ie_json_view *item);

/* Replaces what is in `text`; returns its data, or NULL when the value is no text. */
const char *ie_json_view_text(ie_json_view value, ie_buffer *text);
double ie_json_view_real(ie_json_view value); /* NaN when no number */
int64_t ie_json_view_int(ie_json_view value,
                         int64_t absent); /* also of numbers with a fraction or too large */
bool ie_json_view_true(ie_json_view value);

#endif
