// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Parts of a tag edit beyond texts: ratings, trees of keywords (Lightroom's and digiKam's),
 * albums, places, and the note of what models gave. The note is one text in our own namespace,
 * "label|confidence|model" joined by "; ", so that those keywords, and no person's, can be taken
 * away again.
 */
#ifndef IE_STORAGE_EXIF_EXTRA_H
#define IE_STORAGE_EXIF_EXTRA_H

#include "core/plan.h"
#include "storage/exif_tags.h"

#define IE_GENERATED_TAG "Xmp.imgengine.GeneratedKeywords"
#define IE_QUALITY_TAG "Xmp.imgengine.Quality"

/* XMP and IPTC; false when exiv2 refuses a value. `before`: what the file says now. */
bool ie_exif_write_extra(ie_tags *tags, const ie_metadata *before, const ie_tag_edit *edit);
/* A place in EXIF: not for files whose EXIF must stay as it is. */
/* The altitude: the edit's, else the one that EXIF has, else `known_m` (metres; NaN: none). */
bool ie_exif_write_place(ie_tags *tags, const ie_tag_edit *edit, double known_m);
/* A rating of 0..5, or -1, and its percentage where the file has one: in EXIF, in XMP. */
bool ie_exif_write_rating(ie_tags *tags, int32_t rating);
bool ie_exif_write_xmp_rating(ie_tags *tags, int32_t rating);
/* As XMP spells them: "59,54.1234567N". */
void ie_xmp_place(double latitude, double longitude, char ret_latitude[64], char ret_longitude[64]);
/* The keywords that stay when those of models go; in the arena. */
ie_text_list ie_exif_own_keywords(const ie_metadata *before, ie_arena *arena);

#endif
