// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How Google Takeout names the JSON file of a photo: a.jpg.json, a.jpg.supplemental-metadata.json,
 * the latter cut short, for a(1).jpg a.jpg(1).json or a.jpg.supplemental-metadata(1).json; what
 * stands before ".json" has at most 46 characters, so that of a long name only its beginning is
 * left. a-edited.jpg shares the JSON of a.jpg. Pure.
 */
#ifndef IE_CORE_TAKEOUT_H
#define IE_CORE_TAKEOUT_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the stem of a name of `length` bytes: up to its last dot, unless that is its first
   byte. */
size_t ie_name_stem(const char *base, size_t length);
/* Bytes of the first 46 characters of a name; 0 when it has fewer. */
size_t ie_takeout_cut(const char *base);
/* Are the first `length` bytes just 46 characters, but for a number behind them? */
bool ie_takeout_is_cut(const char *base, size_t length);
/* Cuts "(1)" off the end of the name; gives it, or "" when there is none. */
void ie_takeout_number(char *base, char ret_number[16]);
/* The path of the photo that a JSON file belongs to, by the path of that without ".json"; `mark`
   ("-edited" or "") comes behind the photo's stem. free() it. */
char *ie_takeout_photo(const char *json_stem, const char *mark);

/* "-edited" and what it is in other languages, index 0..: what Takeout puts behind the stem of a
   picture that was edited there. NULL past the end. */
const char *ie_takeout_mark(size_t index);

#endif
