// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Many hands at one kind of work (engine/crew.h), of which the thread that began it tells how far
 * all have come.
 */
#ifndef IE_ENGINE_SHIFT_H
#define IE_ENGINE_SHIFT_H

#include "engine/compare.h"
#include "engine/crew.h"

/* `before` of `total` were done earlier, `count` are to be done now. */
typedef struct ie_shift {
    ie_stage stage;
    size_t before, count, total;
} ie_shift;

/* Nothing is called, and nothing told, where there is nothing to do. Ends early, without a word,
   when the user cancels. */
void ie_shift_run(const ie_compare *compare, const ie_shift *shift,
                  void (*each)(void *user, ie_worker *worker, size_t index), void *user);

#endif
