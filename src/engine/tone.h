// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How the grey levels of one picture became those of another: a line between knots that never
 * falls, each the median of what stands where the other has that level. A copy of other brightness,
 * contrast, gamma, saturation or white balance is such a function of its original but for little;
 * without it a fit of places makes up for levels by moving things. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_TONE_H
#define IE_ENGINE_TONE_H

#include "engine/align.h"

#define IE_TONE_KNOTS 17

typedef struct ie_tone {
    float at[IE_TONE_KNOTS],
        level[IE_TONE_KNOTS]; /* at[] rises; below the first and beyond the last: as those */
    int count;
    float bend; /* how far, in levels, it is from its best straight line */
} ie_tone;

/* The tone by which `seen` looks like `a` where `there` is 1; false when there is too little to
   tell. */
bool ie_tone_fit(const ie_plane *a, const ie_plane *seen, const float *there, ie_tone *ret_tone);
void ie_tone_apply(const ie_tone *tone, ie_plane *plane);

#endif
