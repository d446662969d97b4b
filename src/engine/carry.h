// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Carrying out groups of actions, for apply.c. A group goes through check (looks only), intent
 * (journaled), prepare (new files made and synced, duplicates proven; nothing of the user's
 * touched), publish (the renames), finish (folders synced, done lines). Several groups share one
 * batch, and so its syncs. A group that fails is taken back; the next goes on, unless the trouble
 * is the disk's and not the file's.
 */
#ifndef IE_ENGINE_CARRY_H
#define IE_ENGINE_CARRY_H

#include "engine/apply.h"
#include "engine/lock.h"
#include "engine/order.h"
#include "engine/proof.h"
#include "engine/takeback.h"

#define IE_BATCH_ACTIONS 32

typedef struct ie_run_root {
    const char *path;
    ie_lock *lock;       /* NULL: no work in this root */
    ie_journal *journal;
    uint64_t next_n, mount;
    int made;
    bool open_ends;      /* entries whose state is not journaled: recovery has to look */
} ie_run_root;

typedef struct ie_step {
    ie_action *action;
    ie_run_root *root;
    ie_entry entry;
    ie_drop_proof *proof;
} ie_step;

typedef enum ie_party_state {
    IE_PARTY_LIVE, IE_PARTY_PUBLISHED, IE_PARTY_DROPPED,
    IE_PARTY_AGAIN /* taken back, and to be begun anew as a group of its own, with plain copies */
} ie_party_state;

/* A group being carried out. */
typedef struct ie_party {
    ie_step *steps;
    size_t count;
    bool parks;
    bool intended; /* its intents are in the journal */
    ie_party_state state;
} ie_party;

typedef struct ie_run {
    ie_plan *plan;
    const ie_apply_options *options;
    char id[IE_RUN_ID_BYTES];
    ie_run_root *roots; /* as plan->roots */
    ie_arena *arena;    /* of the batch */
    ie_touched touched;
    struct {
        const char *path;
        ie_run_root *root;
    } *folders;         /* to be made for the batch, outermost first */
    size_t folder_count, folder_room;
    uint64_t next_group;
    uint64_t finished, total, bytes; /* for progress */
    /* Of a look alone: what leaves its name in some group, sorted by that. Groups that cannot go on
       have lost PLANNED. */
    const ie_action **leavers;
    size_t leaver_count;
} ie_run;

/* Why a group cannot go on. */
typedef struct ie_trouble {
    ie_outcome outcome; /* of the step it is about: SKIPPED or FAILED */
    size_t step;
    bool stops;         /* the whole run: the disk, not this file */
    bool derives;       /* the new bytes could not be made; nothing is said against the old ones */
    ie_error error;
} ie_trouble;

bool ie_errno_stops(int number); /* full, read-only or failing disk; out of descriptors or memory */

/* apply_check.c: fills the steps' entries. False with the trouble. Changes nothing on disk. */
bool ie_party_check(ie_run *run, ie_party *party, ie_trouble *trouble);
/* The part of it that a dry run can do, too: paths, sources and targets; no entries. */
bool ie_party_look(ie_run *run, ie_party *party, ie_trouble *trouble);
/* apply_look.c: would an earlier group of this look have freed the name? False in a real run, which
   has done so. */
bool ie_run_frees(const ie_run *run, const char *path);
/* Outcome and problem of the step in trouble, and of its companions, which are left alone because
   of it. */
void ie_party_blame(ie_run *run, ie_party *party, const ie_trouble *trouble);
/* apply.c: which roots have work, and how many actions that is. IE_ERR_FORMAT: one is not named. */
ie_status ie_plan_used_roots(const ie_plan *plan, const ie_order *order, bool *used,
                             uint64_t *ret_total, ie_error *err) IE_MUST_CHECK;
/* apply_prepare.c: temporary files and proofs. */
bool ie_party_prepare(ie_run *run, ie_party *party, ie_trouble *trouble);
/* apply_publish.c: the renames. */
bool ie_party_publish(ie_run *run, ie_party *party, ie_trouble *trouble);
/* For one that is done and durable: tells options->written of the new file. */
void ie_step_tell(const ie_run *run, const ie_step *step);

/* apply_fallback.c: a group that was taken back because a copy could not be converted or tagged:
   makes that copy a plain one, under the original's own extension, says why in its `problem`, and
   readies the group to be begun anew; so, too, a photo that could not be converted in place and was
   to be renamed or tagged besides. False when that is not the case, or would not help. Steps
   that need not be done again leave the group. */
bool ie_party_fall_back(ie_run *run, ie_party *party, const ie_trouble *trouble);
/* What became of an action that fell back: done, or left alone because the run stopped. */
void ie_fallback_end(ie_plan *plan, ie_action *action);
void ie_fallback_stopped(ie_plan *plan); /* of all that were not reached */

/* apply_link.c: the link that is to take the name of a proven duplicate, made under its temporary
   name. */
bool ie_step_link(ie_step *step, size_t index, ie_trouble *trouble);

/* For these. */
bool ie_trouble_set(ie_trouble *trouble, size_t step, ie_outcome outcome, const char *format, ...)
    IE_PRINTF(4, 5);
bool ie_trouble_errno(ie_trouble *trouble, size_t step, int number, const char *format, ...)
    IE_PRINTF(4, 5);

/* recover.c: brings every unfinished run in the root to an end: what was carried out counts as
   done, the rest is taken back, interrupted undos are finished. Under the root's lock. */
ie_status ie_root_recover(const char *root, ie_error *err) IE_MUST_CHECK;
/* Removes what is empty of a run's folders in quarantine. */
void ie_root_tidy(const char *root, const char *run_id);

#endif
