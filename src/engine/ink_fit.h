// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lays one page onto another at the size at which they can be read, from the map of their sketches
 * on: Gauss-Newton as in engine/align.h, at half the size and then at the whole. Pages that differ
 * clearly (engine/ink_apart.h) are given up in between. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_INK_FIT_H
#define IE_ENGINE_INK_FIT_H

#include "engine/ink_plane.h"
#include "engine/laying.h"

typedef enum ie_ink_lain {
    IE_INK_LAID,
    IE_INK_CLEARLY_OTHER,
    IE_INK_NOT_LAID /* no map of a copy, too little of it is there, or no memory */
} ie_ink_lain;

/* Where it is laid, room->seen is `b` as it looks when it lies on `a`, of a's size, and room->there
   which of its samples are there: 1 or 0. `laying`: that of the sketches. `a` may be
   room->first. */
ie_ink_lain ie_ink_lay(const ie_ink_plane *a, const ie_pixels *b, unsigned turn,
                       const ie_laying *laying, ie_ink_room *room);

#endif
