// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which map lays one small picture onto another, and in which levels. A fit of places makes up for
 * a mark, a band of text or clipped levels by a little turn or stretch that never was. So of maps
 * that explain most samples about equally well the simplest counts: as it lies, else whatever fits
 * best. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_LAYING_H
#define IE_ENGINE_LAYING_H

#include "engine/align.h"

typedef struct ie_laying {
    ie_warp warp; /* with the levels that `b` has now */
    double gain;  /* contrast against that of `b` as it was */
    bool still;   /* it lies as it lies */
    bool retoned; /* brightness and contrast alone do not explain the levels: `b` was given those
                     of `a` */
} ie_laying;

/* Both as they were filled; `b` may be given other levels. False when the coarsest sizes have so
   little in common that these are not two views of one picture. */
bool ie_lay(const ie_plane *a, ie_plane *b, ie_laying *ret_laying);

/* Leaves out of `there` the outermost samples of both, which a frame around one of them blurs. */
void ie_laying_trim(const ie_warp *warp, float *there);

#endif
