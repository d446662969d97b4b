// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lays one small grey picture onto another as well as an affine map with a change of brightness and
 * contrast can: Gauss-Newton from coarse to fine, in which what differs by far more than the rest
 * (a watermark) counts less (Lucas and Kanade 1981; Baker and Matthews 2004). Pictures that are
 * nothing like each other are given up at the coarsest size, which is what makes many candidates
 * cheap. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_ALIGN_H
#define IE_ENGINE_ALIGN_H

#include "core/photo.h"

/* A square grey picture, row by row; 0..255 but for what was made of it. */
typedef struct ie_plane {
    int side;
    _Alignas(64) float v[IE_SKETCH_SIDE * IE_SKETCH_SIDE];
} ie_plane;

#define IE_WARP_PARAMETERS 8

/* Where a sample of the one lies in the other, both in -1..1 from edge to edge, and how bright it
   is there: x' = p0 + p1 x + p2 y, y' = p3 + p4 x + p5 y, value = p6 * other(x', y') + p7. */
typedef struct ie_warp {
    double p[IE_WARP_PARAMETERS];
} ie_warp;

/* How a picture that lies as `turn` says (photo.h) is read: the index of the sample at (x, y) of
   the turned picture. */
int ie_turned_index(int side, unsigned turn, int x, int y);
/* How to lay what turned as `turn` says so that it lies as before. */
unsigned ie_turn_back(unsigned turn);
/* -1..1 from edge to edge and back; the middle of sample 0 lies at 1 / side - 1. */
static inline double ie_unit_of(int index, int side)
{
    return (2.0 * index + 1.0) / side - 1.0;
}

static inline double ie_index_of(double unit, int side)
{
    return ((unit + 1.0) * side - 1.0) / 2.0;
}

void ie_plane_fill(ie_plane *to, const uint8_t *gray, unsigned turn);
/* Smooths by 1 2 1 both ways, so that slopes tell where things are. */
void ie_plane_soften(ie_plane *plane);

/* Both as they were filled. The map of the best fit; false when the coarsest sizes have so little
   in common that these are not two views of one picture. */
bool ie_align(const ie_plane *a, const ie_plane *b, ie_warp *ret_warp);

/* Fits once more at the finest size, from *warp on, after the levels of `b` were changed to those
   of `a`. */
void ie_align_again(const ie_plane *a, const ie_plane *b, ie_warp *warp);

/* `b` as it looks through the map (brightness aside), and which of its samples are there: 1 or 0.
   Returns how many are. */
int ie_plane_through(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen, float *ret_there);

#endif
