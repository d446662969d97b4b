// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What stayed for a file that lies in quarantine, found again by its bytes. A name proves nothing:
 * someone may have put another picture there. Of a duplicate it is the file that the drop proof
 * saw, of an original that was made anew the new file. It is looked for under its name and under
 * those that later runs of the root gave it; where a later run made it anew or put it away as a
 * duplicate itself, the journal says what it became, provided that it was just these bytes that the
 * run worked on. Reads only.
 */
#ifndef IE_ENGINE_SURVIVOR_H
#define IE_ENGINE_SURVIVOR_H

#include "engine/world.h"

typedef enum ie_survival {
    IE_SURVIVES,
    IE_SURVIVAL_CHANGED, /* only a file of other bytes is there */
    IE_SURVIVAL_GONE,
    IE_SURVIVAL_UNSEEN   /* the file, or the one in quarantine, cannot be read */
} ie_survival;

typedef struct ie_survivor {
    char *path; /* where it was found, or (CHANGED, GONE, UNSEEN) expected last; NULL: the journal
                   names none */
    struct stat st; /* SURVIVES: when it was read */
} ie_survivor;

/* `newer`: the root's journals, newest first, of which `log` is number `at`. An entry of a journal
   that has no proof (of an earlier version) counts as one of the same bytes. ret_survivor is set in
   any case. */
ie_survival ie_survivor_find(ie_log *const *newer, size_t at, const ie_entry *entry,
                             ie_survivor *ret_survivor);
/* Is it, by all that a look without reading tells, still the file that was read? */
bool ie_survivor_stands(const ie_survivor *survivor);
void ie_survivor_clear(ie_survivor *survivor);

#endif
