// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Two captions, or two dates, on one photo. Where a photo and its marked copy differ, one of the
 * two has letters and the other has what is behind them. Where two captions differ, each has
 * letters, of one level, at places where the other has none. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_LETTERING_H
#define IE_ENGINE_LETTERING_H

#include "core/photo.h"
#include "storage/resample.h"

/* Something is written on a part of one of them at least, and all else agrees: cheap. */
bool ie_lettering_may_differ(const ie_sketch *a, const ie_sketch *b, unsigned turn);

/* Of the samples that differ and have the level that most of these have, the share of that picture
   which has the fewer: 0..0.5; of two captions from 0.22 on, of one mostly below 0.12. Sketches and
   grey views of two pictures that lie as they lie but for `turn` (photo.h); only where the sketches
   differ are they looked at. 0 where hardly anything differs,
   or at no level more than at others, . */
double ie_lettering_of_both(const ie_sketch *a, const ie_pixels *view_a, const ie_sketch *b,
                            const ie_pixels *view_b, unsigned turn);

/* From this much on both have a text of their own. */
#define IE_LETTERING_BOTH 0.18

#endif
