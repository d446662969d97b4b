// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Asset groups: files that are one thing to their owner and move, are renamed and go together or
 * not at all. RAW + JPEG (or HEIC) of one name; the still and the video of a Live Photo, by the
 * identifier that both hold, or by name where one has none; a-edited.jpg with a.jpg
 * (a(1)-edited.jpg and a-edited(1).jpg with a(1).jpg, Apple's IMG_E1.JPG with IMG_1.JPG); a photo
 * and its sidecars: `a.jpg.xmp` before `a.xmp`, `.aae` (IMG_E1.AAE and IMG_O1.AAE, too), `.thm`,
 * Takeout `a.jpg.json`. Within one folder, ASCII case of names ignored. Two pictures that merely
 * share a stem (a.jpg, a.png) are two units. Pure.
 */
#ifndef IE_CORE_UNIT_H
#define IE_CORE_UNIT_H

#include "core/photo.h"

/* Gives every photo a unit number (0..): equal numbers, one unit. Sets IE_FORMAT_SIDECAR on files
   of unknown format whose name makes them a sidecar of a photo present. Files that stay unknown get
   a unit of their own. `photos` need not be sorted; numbers follow the order of each unit's first
   member. */
void ie_units_form(ie_photo **photos, size_t count);

/* Could this name be a sidecar's at all? Cheap test for the scan. */
bool ie_sidecar_name(const char *path);

/* What the member appends to its unit's stem: "IMG_1.jpg.xmp" in the unit of stem "IMG_1" →
   ".jpg.xmp"; pointer into member_path. The stem is the leader's base name without extension. */
const char *ie_unit_suffix(const char *leader_path, const char *member_path);

/* Does the member belong to an edited picture whose name does not begin with the leader's stem
   ("IMG_E1.JPG.xmp" of "IMG_1.HEIC", "a-edited(1).jpg" of "a(1).jpg")? Then what follows its stem,
   and ret_mark is what a new stem needs before that ("-edited"). Else NULL. */
const char *ie_unit_edited(const char *leader_path, const char *member_path, const char **ret_mark);

/* Of "IMG_E1.AAE" and "x.e.aae" 'e', of "IMG_O1.AAE" and "x.o.aae" 'o', else 0: a photo has up to
   three. */
char ie_unit_aae_form(const char *path);

/* The member that names the unit and is judged by dedupe: what is not edited before what is, RAW
   before HEIC before other photos before video, then path order. `members` of one unit; returns an
   index. */
size_t ie_unit_leader(ie_photo *const *members, size_t count);

#endif
