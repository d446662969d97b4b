// SPDX-License-Identifier: GPL-3.0-or-later
/* How two files of one picture are alike, and in what they differ, in words. Pure. */
#ifndef IE_PROCESSORS_KINSHIP_H
#define IE_PROCESSORS_KINSHIP_H

#include "core/plan.h"

/* "same picture, turned". `turn` as in ie_pair. */
const char *ie_kinship_brief(ie_match verdict, unsigned turn);
/* "same picture, turned, smaller (640 x 480), as WEBP": what `other` is to `photo`; in the arena.
   `overlap` as in ie_pair. */
const char *ie_kinship(ie_arena *arena, ie_match verdict, unsigned turn, unsigned overlap,
                       const ie_photo *photo, const ie_photo *other);

#endif
