// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Apply: the only writer of user files. Takes a plan, one root at a time: lock, recover what an
 * earlier crash left, write the journal's intents, carry out action after action (all members of a
 * unit or none), journal each. See docs/journal.md for the sequences and their invariants.
 */
#ifndef IE_ENGINE_APPLY_H
#define IE_ENGINE_APPLY_H

#include "core/config.h"
#include "core/plan.h"

typedef struct ie_apply_options {
    const ie_config *config;
    bool wait;                      /* for another run on the same root */
    const volatile int *cancel;     /* checked between units */
    void (*progress)(void *user, const ie_progress *progress);
    void *user;
    /* Told the run's id before anything is changed, so that a run that is killed can still be
       found; may be NULL. */
    void (*starts)(void *run_user, const char *run_id);
    /* Told of each new file once it is durable: how it lies under the action's new name now, and
       its bytes. May be NULL. */
    void (*written)(void *run_user, const ie_action *action, const ie_stamp *stamp,
                    ie_hash128 xxh3);
    void *run_user;
    /* Told by undo, before it changes anything of a batch, of each file made by the run, whose
       bytes are to go; and with NULL once a batch is told, before the journal says so: a killed
       undo is finished by who comes next, without telling. May be NULL. */
    void (*undoes)(void *undone_user, const char *path);
    /* Told by undo of each file that left the name `left`; and came to `came` when its bytes are
       the same, else NULL. What was in quarantine comes from ie_noting_away(); purge tells that it
       went from there for good. May be NULL. */
    void (*undone)(void *undone_user, const char *left, const char *came);
    /* Undo: the root went, too, but for an empty folder aside, which goes when this returns. May be
       NULL. */
    void (*root_gone)(void *undone_user, const char *root);
    void *undone_user;
} ie_apply_options;

/* Carries the plan out and sets every action's outcome. ret_run_id gets the id (set as soon as
   anything may have been journaled, on errors too; "" when nothing was). Counts are the caller's
   job (ie_plan_summarize). */
ie_status ie_apply_run(ie_plan *plan, const ie_apply_options *options, char ret_run_id[40],
                       ie_error *err) IE_MUST_CHECK;

/* What apply's checks would say now: sets outcome and problem of each action that would be left
   alone or fail, because the file, its target, a member of its unit or the file that stays is not
   as the plan has it; the others stay planned. Changes nothing, takes no lock, compares no bytes.
 */
ie_status ie_apply_look(ie_plan *plan, const volatile int *cancel, ie_error *err) IE_MUST_CHECK;

/* Brings what an earlier, interrupted run left in this root to an end: groups that were carried out
   count as done, others are taken back. ie_apply_run() does it, too, but then the plan may have
   been made from the half-done state; so a command that will apply calls this for its roots before
   it scans. No journal there: nothing is done. */
ie_status ie_apply_recover(const char *root, const ie_apply_options *options,
                           ie_error *err) IE_MUST_CHECK;

#endif
