// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Values that a kept EXIF segment (exif_keep.h) has no room for: a place, a rating. Its first
 * directory is written anew behind all that is there, with the new entries in it, and the header
 * points to that one; nothing else moves, so that maker notes stay where they are, whatever their
 * offsets are counted from. Every byte is hostile.
 */
#ifndef IE_STORAGE_EXIF_GROW_H
#define IE_STORAGE_EXIF_GROW_H

#include "storage/exif_keep.h"

/* Adds the edit's place, and its rating where there is none yet. What is left of a place that was
   damaged goes; other GPS tags (a direction, a time) stay, and an altitude unless the edit has one.
   Where neither has one, `known_m` becomes it (metres; NaN: none is known): XMP's altitude is not
   looked at any more where EXIF has a place. Does nothing when the segment is broken, or would be
   larger than a JPEG takes: XMP says the same then, alone. */
void ie_exif_kept_grow(ie_exif_kept *kept, const ie_tag_edit *edit, double known_m);

#endif
