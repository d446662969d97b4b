// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What reading pages (engine/ink.h) works on: grey pictures of floats, and the room for all of
 * those that one pair of pages needs, which a worker keeps for the next pair, because fresh blocks
 * of megabytes cost more than the sums. Pure.
 */
#ifndef IE_ENGINE_INK_PLANE_H
#define IE_ENGINE_INK_PLANE_H

#include "storage/resample.h"

/* A grey picture, row by row, 0..255 but for what was made of it. Zeroed it is empty. */
typedef struct ie_ink_plane {
    float *v;
    int width, height;
    size_t room; /* samples that `v` can hold */
} ie_ink_plane;

/* Of that size, in the room it has where that is enough; what it holds is anything. False without
   memory. */
bool ie_ink_plane_make(ie_ink_plane *plane, int width, int height);
void ie_ink_plane_clear(ie_ink_plane *plane);

/* Of one channel, turned as `turn` says (photo.h) and softened, so that where the grid lies says
   less. False without memory. */
bool ie_ink_plane_fill(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn);
/* Smooths by 1 2 1 both ways. False without memory. */
bool ie_ink_plane_soften(ie_ink_plane *plane);

/* Zeroed it is empty. */
typedef struct ie_ink_room {
    ie_ink_plane first, whole; /* the one page, and the other in the size of its samples */
    ie_ink_plane seen, there;  /* the other as it lies on the first; 1 where it is, else 0 */
    ie_ink_plane half_a, half_b, half_seen, half_there;
    ie_ink_plane rows; /* a few of them */
} ie_ink_room;

void ie_ink_room_clear(ie_ink_room *room);

/* Solves m x = r, both of `n` unknowns and positive, in place; false when it has no good answer. */
bool ie_ink_solve(double *m, double *r, int n);

#endif
