// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The filter of 3 x 3 and offset that makes the most of one page out of another that lies on it. It
 * makes up for levels, for sharpness and for a part of a sample. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_INK_FILTER_H
#define IE_ENGINE_INK_FILTER_H

#include "engine/ink_plane.h"

#define IE_INK_TAPS 9

/* Row by row, and the offset. */
typedef struct ie_ink_filter {
    float v[IE_INK_TAPS + 1];
} ie_ink_filter;

/* That makes `a` of `b`, only where `there` is 1. False without ink, and without memory. Takes
   room->rows. */
bool ie_ink_filter_find(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                        ie_ink_room *room, ie_ink_filter *ret_filter);

/* Row `y` of `b` through it, but for its outermost samples, which are 0; y not the first, nor the
   last. */
void ie_ink_filter_row(const ie_ink_filter *filter, const ie_ink_plane *b, int y, float *to);

#endif
