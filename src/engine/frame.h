// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A frame of one colour around a picture, and the picture without it. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_FRAME_H
#define IE_ENGINE_FRAME_H

#include "engine/align.h"

/* Where a place of the picture without its frame lies in the whole, both in -1..1 from edge to
   edge: by axis (x, y) at middle + size * place. */
typedef struct ie_inset {
    double middle[2], size[2];
} ie_inset;

/* Where the outermost lines of all four edges have one level, and not much more: makes of `plane`
   what they enclose, stretched to its size, and returns true. Else *ret_inset is the whole. */
bool ie_frame_take_off(ie_plane *plane, ie_inset *ret_inset);

/* Makes of the map that lays `b` onto `a`, both without their frames, the one for the wholes. */
void ie_frame_widen(ie_warp *warp, const ie_inset *a, const ie_inset *b);

#endif
