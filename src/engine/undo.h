// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Undo: takes a run back, action by action in reverse order, from the journal in each root.
 * Refuses, per file and with the reason, where the world changed since. Removes what the run
 * created only after proof that the source it was made from is still there, unchanged.
 */
#ifndef IE_ENGINE_UNDO_H
#define IE_ENGINE_UNDO_H

#include "core/config.h"
#include "engine/apply.h"

typedef struct ie_undo_counts {
    uint64_t restored, removed, refused,
        untouched;  /* untouched: filtered out by path_glob, or nothing of it is left */
    uint64_t purged; /* of those refused: purge freed what would come back, for good */
    uint64_t bytes; /* restored and removed */
    uint64_t found, found_bytes,
        accounted_bytes; /* done and not undone before; and of the four above */
} ie_undo_counts;

/* With id, command and time. */
#define IE_UNDONE_BEFORE "Run %s (%s, %s) was undone already."

/* Undoes (the rest of) one run in one root. `request->run_id` is set; NULL there: the newest not
   undone. With dry_run nothing changes and on_line tells what would. After a complete undo of a run
   that made the root folder itself, an otherwise empty root is removed with its .imgengine. */
ie_status ie_undo_run(const char *root, const ie_undo_request *request,
                      const ie_apply_options *options, ie_line_fn on_line, void *user,
                      ie_undo_counts *ret_counts, ie_error *err) IE_MUST_CHECK;

/* One run in one root. IE_ERR_NOT_FOUND when its journal is not there. */
ie_status ie_journal_run(const char *root, const char *id, ie_run_fn on_run, void *user,
                         ie_error *err) IE_MUST_CHECK;
/* Its journal was cut short before its head was durable, which is before anything is changed
   there. */
bool ie_journal_unborn(const char *root, const char *id);
/* The runs in one root's journal folder, newest first; a root without .imgengine has none. */
ie_status ie_journal_runs(const char *root, ie_run_fn on_run, void *user,
                          ie_error *err) IE_MUST_CHECK;

#endif
