// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A band of text or of one colour over a whole edge: lines from one edge on in which most samples
 * of two pictures differ by far more than anywhere else. Who cuts it off has the picture; two that
 * have such a band with other text, as captions under one picture, are two. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_BAND_H
#define IE_ENGINE_BAND_H

#include "engine/align.h"

/* Takes the lines of a band out of `there`; `b` lies on `a`, in whose levels it is at gain * value
   + offset. At most one edge, and an eighth of the side. Returns how many lines. */
int ie_band_leave_out(const ie_plane *a, const ie_plane *b, double gain, double offset,
                      float *there);

/* Have both a band of one colour along the same edge, not thicker than those, with other text in
   it? Whatever its colours; `b` lies on `a`, both softened. */
bool ie_band_tells_apart(const ie_plane *a, const ie_plane *b, const float *there);

#endif
