// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lays one page onto another at the size at which they can be read, from the map of their sketches
 * on: Gauss-Newton as in engine/align.h, at one size. Then the filter that makes the one of the
 * other. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_INK_FIT_H
#define IE_ENGINE_INK_FIT_H

#include "engine/laying.h"
#include "storage/resample.h"

/* A grey picture, row by row, 0..255 but for what was made of it. */
typedef struct ie_ink_plane {
    float *v;
    int width, height;
} ie_ink_plane;

/* Of one channel, turned as `turn` says (photo.h) and softened, so that where the grid lies says
   less. False without memory. */
bool ie_ink_plane_fill(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn);
void ie_ink_plane_clear(ie_ink_plane *plane);

/* `b` as it looks when it is laid onto `a`, of a's size, and which of its samples are there: 1 or
   0. `laying`: that of the sketches. False without memory, and where it is no map of a copy. */
bool ie_ink_lay(const ie_ink_plane *a, const ie_pixels *b, unsigned turn, const ie_laying *laying,
                ie_ink_plane *ret_seen, float *ret_there);

/* The filter of 3 x 3 and offset that makes the most of `a` out of `b`, which lies on it: `b`
   through it. It makes up for levels, for sharpness and for a part of a sample. False without
   memory or ink. */
bool ie_ink_filter(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                   ie_ink_plane *ret_seen);

#endif
