// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Taking entries back: one routine for undo, for a unit that failed half way, and for recovery
 * after a crash. It looks at the world and goes on from there, so it may be cut short anywhere and
 * called again. The entries of a group go back together or not at all. Nothing is overwritten; a
 * new file is removed only when it is, to the last byte, what we wrote, and what it was made from
 * is still there.
 */
#ifndef IE_ENGINE_TAKEBACK_H
#define IE_ENGINE_TAKEBACK_H

#include "engine/world.h"

typedef enum ie_verdict {
    IE_VERDICT_NOTHING, /* nothing of it is left to take back */
    IE_VERDICT_CAN,
    IE_VERDICT_REFUSED
} ie_verdict;

typedef struct ie_takeback {
    ie_entry *entry;
    ie_verdict verdict;
    char problem[400]; /* of a refusal, for a person; "" else */
    ie_world world;    /* as it was judged */
    bool displaces;    /* makes: the new file is at `to` and is ours */
    bool blind; /* refused because something could not be looked at: nothing may be concluded from
                   it */
} ie_takeback;

/* Judges the members of one group (items[i].entry set). True when none is refused. `freed` (count
   may be 0) are names that will be free by then, for a dry run. */
bool ie_takeback_check(ie_takeback *items, size_t count, const char *const *freed,
                       size_t freed_count);
/* Takes back what can be: only after a check that gave true. On failure some may be half way;
   calling both again goes on. Folders to sync are added to `touched`. */
ie_status ie_takeback_do(const char *root, ie_takeback *items, size_t count, ie_touched *touched,
                         ie_error *err) IE_MUST_CHECK;

#endif
