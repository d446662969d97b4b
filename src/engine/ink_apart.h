// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A cheap no for two pages: ink where the other has none anywhere near, by so much that no
 * recompressing, resizing or sharpening of a copy explains it. Most pages of one layout are told
 * apart by it after a few of their lines. It says nothing of the others. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_INK_APART_H
#define IE_ENGINE_INK_APART_H

#include "engine/ink_plane.h"

/* a = gain * b + offset about; `reach`: samples by which the one may lie beside the other. */
typedef struct ie_ink_levels {
    float gain, offset;
    int reach;
} ie_ink_levels;

/* Of the mean and spread of both, of one size. False where one has no ink, or where their spreads
   differ by so much that nothing can be said. */
bool ie_ink_levels_of(const ie_ink_plane *a, const ie_ink_plane *b, ie_ink_levels *ret_levels);

/* Of one size, `b` lying on `a`; only where `there` is 1. False without memory. Takes room->rows.
 */
bool ie_ink_differs_clearly(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                            const ie_ink_levels *levels, ie_ink_room *room);

#endif
