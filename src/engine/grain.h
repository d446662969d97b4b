// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Leaves in the wind, water and crowds are a little elsewhere in each shot, all over the picture
 * and by less than engine/motion.h can follow. In a copy nearly every small window agrees almost
 * wholly, whatever was painted over a part of it. So what most windows do tells the two apart, and
 * the worst ones do not count. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_GRAIN_H
#define IE_ENGINE_GRAIN_H

#include "engine/align.h"

typedef struct ie_grain {
    double median, lower; /* of the windows' correlations: the middle one, and that of the lower
                             quarter; 1 without any */
} ie_grain;

/* Of what is finer than five samples in `a` and in `b`, which lies on it, there where `there` is 1;
   only windows that have structure in one of them. Both of IE_SKETCH_SIDE. */
ie_grain ie_grain_of(const ie_plane *fine_a, const ie_plane *fine_b, const float *there);

#endif
