// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * On a page (a form, a letter, a slide, a chart, a window on a screen) small ink is the content:
 * two forms that differ in one digit are two forms, though no sketch tells them apart. So pages
 * that seem to be one picture are compared at the size at which they can be read: laid onto each
 * other, with the filter of 3 x 3 that makes the one of the other but for little (a copy that was
 * resized or recompressed is such), and window by window what is left is weighed against the ink
 * there. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_INK_H
#define IE_ENGINE_INK_H

#include "core/photo.h"
#include "engine/ink_plane.h"

/* The most that any window of 9 x 9 samples has of what the other page does not explain: mean
   square by root of the variance of its ink, levels; 0 where it is below 1. Once it is
   IE_INK_OTHER no further window is looked at. Of copies
   (JPEG quality 35, half the size, cut a little) one in a hundred has 2.6 or more, up to 3.8; one
   other digit has from 2.65 on in a copy of half the size, else more. `turn`: how b
   must be laid to look like a (photo.h); sketches and grey views of both, upright. HUGE_VAL where
   they differ clearly (engine/ink_apart.h), cannot be laid onto each other, or show too little of
   each other, and without memory. */
double ie_ink_other(const ie_sketch *a, const ie_pixels *page_a, const ie_sketch *b,
                    const ie_pixels *page_b, unsigned turn, ie_ink_room *room);

/* From this much on two pages are two. */
#define IE_INK_OTHER 2.6

#endif
