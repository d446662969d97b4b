// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The runs that the catalog knows: where their journals lie. What a run did and what can still be
 * taken back is asked of the journals each time, because they travel with the disks and the catalog
 * does not.
 */
#ifndef IE_ENGINE_KNOWN_H
#define IE_ENGINE_KNOWN_H

#include "engine/engine.h"

typedef struct ie_known_run {
    char *id, *time, *command;
    bool undone; /* as the catalog remembers, should the journal be gone */
    char **roots;
    size_t root_count;
} ie_known_run;

typedef struct ie_known_runs {
    ie_known_run *runs; /* newest first */
    size_t count, room;
} ie_known_runs;

/* None when the engine keeps no catalog. Free the list also when this failed. */
ie_status ie_known_runs_read(ie_engine *engine, ie_known_runs *ret_list,
                             ie_error *err) IE_MUST_CHECK;
void ie_known_runs_free(ie_known_runs *list);

/* NULL with IE_ERR_NOT_FOUND in `err` when there is none of this id. */
const ie_known_run *ie_known_run_find(const ie_known_runs *list, const char *id, ie_error *err);
/* The newest run that has anything left to undo, unless someone who asks for "the last one" hardly
   means it: where a later one is purged, or was in another folder, *ret_status is IE_ERR_NOT_FOUND
   with a text that names both. NULL with IE_OK: the catalog knows all runs, and all are undone. */
const ie_known_run *ie_known_run_newest(ie_engine *engine, const ie_known_runs *list,
                                        ie_status *ret_status, ie_error *err);
/* Nothing came of it, not even a folder: every step failed, or the first error stopped it, and
   nothing is to be taken back. One that was interrupted may have ends that are open. */
bool ie_run_is_idle(const ie_run_info *info);
/* Sums up the journals in all roots of the run; the strings of ret_info are the run's own. A root
   that cannot be reached makes the run "offline". */
void ie_known_run_info(ie_engine *engine, const ie_known_run *run, ie_run_info *ret_info);

#endif
