// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Things move between two shots of a burst; on a copy they do not. Two pictures that lie on each
 * other are looked at through small windows: where a window of the one fits the other clearly
 * better when it is shifted, something moved (Lucas and Kanade 1981). What was painted over (a
 * watermark) or clipped fits no better shifted. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_MOTION_H
#define IE_ENGINE_MOTION_H

#include "engine/align.h"

/* Of the windows that have structure in both directions, the share in which something moved, 0..1;
   0 when there are none. `there`: 1 for each sample that both show, else 0. */
double ie_motion_share(const ie_plane *a, const ie_plane *b, const float *there);

#endif
