// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/apply.h"

#include <errno.h>
#include <inttypes.h>

#include "engine/carry.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

static bool cancelled(const ie_run *run)
{
    return run->options->cancel != NULL && *run->options->cancel != 0;
}

/* ---- outcomes ----------------------------------------------------------------------------- */

static void tell_progress(ie_run *run, const ie_party *party)
{
    for (size_t i = 0; i < party->count; i++) {
        run->finished++;
        run->bytes += party->steps[i].action->stamp.size;
        if (run->options->progress != NULL) {
            const ie_progress progress = {
                .stage = IE_STAGE_APPLY,
                .done = run->finished,
                .total = run->total,
                .bytes_done = run->bytes,
                .path = party->steps[i].action->shown,
            };
            run->options->progress(run->options->user, &progress);
        }
    }
}

/* Given up: told, journaled, counted. */
static void drop_party(ie_run *run, ie_party *party, const ie_trouble *trouble)
{
    ie_party_blame(run, party, trouble);
    for (size_t i = 0; i < party->count; i++) {
        ie_step *step = &party->steps[i];
        const ie_action *action = step->action;
        if (party->intended) {
            ie_journal_state(step->root->journal, step->entry.n, IE_ENTRY_FAILED, action->problem);
        } else {
            ie_journal_note(step->root->journal,
                            action->outcome == IE_OUTCOME_FAILED ? "failed" : "skipped",
                            action->from, action->problem);
        }
    }
    party->state = IE_PARTY_DROPPED;
    tell_progress(run, party);
}

/* Undoes what a group has done so far, durably, since the lines that say so may be synced before
   the batch is over. False when that fails, too: recovery will look at it again. */
static bool take_back(ie_run *run, ie_party *party)
{
    bool good = true;
    ie_takeback *items = ie_alloc(party->count * sizeof *items);
    for (uint32_t r = 0; r < run->plan->root_count; r++) {
        ie_run_root *root = &run->roots[r];
        size_t count = 0;
        for (size_t i = 0; i < party->count; i++) {
            if (party->steps[i].root == root) {
                items[count++] = (ie_takeback){.entry = &party->steps[i].entry};
            }
        }
        if (count > 0 && (!ie_takeback_check(items, count, NULL, 0) ||
                          ie_takeback_do(root->path, items, count, &run->touched, NULL) != IE_OK)) {
            root->open_ends = true;
            good = false;
        }
    }
    free(items);
    return ie_touched_sync(&run->touched) == 0 && good;
}

/* A group that cannot go on. A run that has to stop gives its status and text. */
static ie_status give_up(ie_run *run, ie_party *party, const ie_trouble *trouble, ie_error *err)
{
    bool back = !party->intended || take_back(run, party);
    if (back && party->intended && ie_party_fall_back(run, party, trouble)) {
        return IE_OK;
    }
    if (back) {
        drop_party(run, party, trouble);
    } else {
        party->intended = false; /* no final line: it is open */
        drop_party(run, party, trouble);
    }
    if (trouble->stops) {
        ie_status status = trouble->error.status == IE_OK ? IE_ERR_IO : trouble->error.status;
        return ie_error_set(err, status, "%s", trouble->error.text);
    }
    if (!back) {
        const char *from = ie_shown(party->steps[trouble->step].action->from);
        return ie_error_set(err, IE_ERR_IO, "%s: %s (and what was begun could not be taken back; "
                            "the next run, or undo, will do that)", from, trouble->error.text);
    }
    return IE_OK;
}

/* A group whose turn did not come: as if it had never been begun. */
static void put_off(ie_run *run, ie_party *party)
{
    if (!party->intended || !take_back(run, party)) {
        return;
    }
    for (size_t i = 0; i < party->count; i++) {
        ie_journal_state(party->steps[i].root->journal, party->steps[i].entry.n, IE_ENTRY_FAILED,
                         "the run stopped before its turn");
    }
}

/* ---- a batch ------------------------------------------------------------------------------ */

typedef struct batch {
    ie_party *parties;
    size_t count;
} batch;

static ie_status check_parties(ie_run *run, const batch *b, ie_error *err)
{
    for (size_t i = 0; i < b->count; i++) {
        ie_trouble trouble = {0};
        if (!ie_party_check(run, &b->parties[i], &trouble)) {
            ie_status status = give_up(run, &b->parties[i], &trouble, err);
            if (status != IE_OK) {
                return status;
            }
        }
    }
    return IE_OK;
}

static ie_status flush_journals(ie_run *run, bool sync, ie_error *err)
{
    ie_status status = IE_OK;
    for (uint32_t r = 0; status == IE_OK && r < run->plan->root_count; r++) {
        if (run->roots[r].journal != NULL) {
            status = ie_journal_flush(run->roots[r].journal, sync, err);
        }
    }
    return status;
}

/* Folders and intents of the whole batch become durable with one sync. */
static ie_status write_intents(ie_run *run, const batch *b, ie_error *err)
{
    for (size_t i = 0; i < run->folder_count; i++) {
        ie_journal_mkdir(run->folders[i].root->journal, run->folders[i].path);
    }
    bool any = false;
    for (size_t i = 0; i < b->count; i++) {
        ie_party *party = &b->parties[i];
        for (size_t k = 0; party->state == IE_PARTY_LIVE && k < party->count; k++) {
            ie_journal_intent(party->steps[k].root->journal, &party->steps[k].entry);
            party->intended = any = true;
        }
    }
    return flush_journals(run, any, err);
}

/* A folder that cannot be made is the trouble of those that want it, unless the disk is to
   blame. */
static ie_status make_folders(ie_run *run, ie_error *err)
{
    for (size_t i = 0; i < run->folder_count; i++) {
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        int failed = ie_place_open(run->folders[i].root->path, run->folders[i].path, &place);
        failed = failed != 0 ? failed : ie_fs_mkdir(&place, 0777);
        if (failed == 0) {
            ie_touched_add_parent(&run->touched, run->folders[i].path);
        } else if (ie_errno_stops(failed)) {
            return ie_error_errno(err, failed, "The folder %s cannot be made",
                                  ie_shown(run->folders[i].path));
        }
    }
    return IE_OK;
}

static ie_status for_live(ie_run *run, const batch *b,
                          bool (*act)(ie_run *, ie_party *, ie_trouble *), ie_party_state after,
                          ie_error *err)
{
    for (size_t i = 0; i < b->count; i++) {
        ie_party *party = &b->parties[i];
        if (party->state != IE_PARTY_LIVE) {
            continue;
        }
        if (cancelled(run)) {
            return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; what was done can be undone.");
        }
        ie_trouble trouble = {0};
        if (act(run, party, &trouble)) {
            party->state = after;
            continue;
        }
        ie_status status = give_up(run, party, &trouble, err);
        if (status != IE_OK) {
            return status;
        }
    }
    return IE_OK;
}

/* Folders made for groups that then failed; what is in use stays, because it is not empty. */
static void remove_unused_folders(ie_run *run, const batch *b)
{
    bool failed = false;
    for (size_t i = 0; i < b->count; i++) {
        failed |= b->parties[i].state != IE_PARTY_PUBLISHED;
    }
    for (size_t i = run->folder_count; failed && i > 0; i--) {
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        if (ie_place_open(run->folders[i - 1].root->path, run->folders[i - 1].path, &place) == 0) {
            (void)ie_fs_rmdir(&place);
        }
    }
}

/* Done means: durable. Runs after a stop as well, for the groups that were published before it. */
static ie_status finish_batch(ie_run *run, const batch *b, ie_error *err)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->parties[i].state == IE_PARTY_LIVE) {
            put_off(run, &b->parties[i]);
        }
    }
    remove_unused_folders(run, b);
    int failed = ie_touched_sync(&run->touched);
    for (size_t i = 0; i < b->count; i++) {
        ie_party *party = &b->parties[i];
        for (size_t k = 0; party->state == IE_PARTY_PUBLISHED && k < party->count; k++) {
            ie_step *step = &party->steps[k];
            step->action->outcome = IE_OUTCOME_DONE;
            ie_fallback_end(run->plan, step->action);
            step->root->open_ends |= failed != 0;
            if (failed == 0) {
                ie_journal_state(step->root->journal, step->entry.n, IE_ENTRY_DONE, NULL);
                ie_step_tell(run, step);
            }
        }
        if (party->state == IE_PARTY_PUBLISHED) {
            tell_progress(run, party);
        }
    }
    if (failed != 0) {
        return ie_error_errno(err, failed, "A changed folder, below %s, could not be made durable",
                              ie_shown(run->plan->roots[0]));
    }
    return flush_journals(run, false, err);
}

static ie_status carry_batch(ie_run *run, const batch *b, ie_error *err)
{
    run->arena = ie_arena_new();
    run->folder_count = 0;
    ie_status status = check_parties(run, b, err);
    if (status == IE_OK) {
        status = write_intents(run, b, err);
    }
    if (status == IE_OK) {
        status = make_folders(run, err);
    }
    if (status == IE_OK) {
        status = for_live(run, b, ie_party_prepare, IE_PARTY_LIVE, err);
    }
    bool makes = false;
    for (size_t i = 0; i < b->count; i++) {
        for (size_t k = 0; b->parties[i].state == IE_PARTY_LIVE && k < b->parties[i].count; k++) {
            makes |= b->parties[i].steps[k].entry.ready;
        }
    }
    if (status == IE_OK) {
        /* The ready lines must last. A proof that a power failure takes is not missed: see
           purge. */
        status = flush_journals(run, makes, err);
    }
    if (status == IE_OK) {
        status = for_live(run, b, ie_party_publish, IE_PARTY_PUBLISHED, err);
    }
    ie_status finished = finish_batch(run, b, status == IE_OK ? err : NULL);
    ie_arena_free(run->arena);
    return status != IE_OK ? status : finished;
}

/* Moves the groups that shall be begun anew into a batch of their own. */
static batch take_again(batch *b)
{
    batch again = {ie_alloc(b->count * sizeof *again.parties), 0};
    for (size_t i = 0; i < b->count; i++) {
        ie_party *party = &b->parties[i];
        if (party->state == IE_PARTY_AGAIN && party->count > 0) {
            again.parties[again.count] = *party;
            again.parties[again.count++].state = IE_PARTY_LIVE;
            *party = (ie_party){.state = IE_PARTY_DROPPED};
        }
    }
    return again;
}

static void batch_clear(batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        for (size_t k = 0; k < b->parties[i].count; k++) {
            ie_drop_proof_free(b->parties[i].steps[k].proof);
        }
        free(b->parties[i].steps);
    }
    free(b->parties);
}

/* Takes as many groups as may go together: none may wait for another one of the batch. */
static size_t fill_batch(ie_run *run, const ie_order *order, size_t first, batch *ret_batch)
{
    size_t actions = 0, last = first;
    while (last < order->group_count && actions < IE_BATCH_ACTIONS &&
           order->groups[last].after <= first) {
        actions += order->groups[last++].count;
    }
    batch b = {ie_alloc((last - first) * sizeof *b.parties), last - first};
    for (size_t g = first; g < last; g++) {
        const ie_group *group = &order->groups[g];
        ie_party *party = &b.parties[g - first];
        *party = (ie_party){.count = group->count, .parks = group->parks};
        party->steps = ie_alloc(group->count * sizeof *party->steps);
        for (size_t i = 0; i < group->count; i++) {
            ie_action *action = &run->plan->actions[order->actions[group->first + i]];
            party->steps[i] = (ie_step){.action = action, .root = &run->roots[action->root]};
        }
    }
    *ret_batch = b;
    return last;
}

static ie_status carry_groups(ie_run *run, const ie_order *order, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t g = 0; status == IE_OK && g < order->group_count;) {
        if (cancelled(run)) {
            return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; what was done can be undone.");
        }
        batch b;
        g = fill_batch(run, order, g, &b);
        /* Each time around, at least one action wants less than before. */
        while (status == IE_OK && b.count > 0) {
            status = carry_batch(run, &b, err);
            batch again = take_again(&b);
            batch_clear(&b);
            b = again;
        }
        batch_clear(&b);
    }
    return status;
}

/* ---- the run ------------------------------------------------------------------------------ */

/* Greater than every id in the roots, so that "the newest" is right even within one second. */
static void choose_id(ie_run *run)
{
    ie_run_id_new(run->id);
    for (uint32_t r = 0; r < run->plan->root_count; r++) {
        ie_run_ids ids = {0};
        if (run->roots[r].lock == NULL ||
            ie_run_ids_read(run->roots[r].path, &ids, NULL) != IE_OK) {
            continue;
        }
        ie_run_id_follow(run->id, ids.count > 0 ? ids.ids[0] : "");
        ie_run_ids_free(&ids);
    }
}

static int by_root_path(const void *a, const void *b)
{
    return strcmp((*(ie_run_root *const *)a)->path, (*(ie_run_root *const *)b)->path);
}

/* Locks are taken in the order of their paths, so that two runs cannot wait for each other. */
static ie_status lock_roots(ie_run *run, const bool *used, ie_error *err)
{
    uint32_t count = run->plan->root_count;
    ie_run_root **sorted = ie_alloc(count * sizeof *sorted);
    for (uint32_t r = 0; r < count; r++) {
        sorted[r] = &run->roots[r];
    }
    qsort(sorted, count, sizeof *sorted, by_root_path);
    const ie_lock_options options = {true, run->options->wait, run->options->cancel};
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < count; i++) {
        ie_run_root *root = sorted[i];
        if (!used[root - run->roots]) {
            continue;
        }
        status = ie_lock_take(root->path, &options, &root->lock, &root->made, err);
        if (status == IE_OK) {
            status = ie_root_recover(root->path, err);
        }
        IE_AUTO_FREE char *own = ie_path_join(root->path, IE_JOURNAL_FOLDER);
        int failed = status == IE_OK ? ie_fs_mount(own, &root->mount) : 0;
        if (failed != 0) {
            status = ie_error_errno(err, failed, "%s cannot be reached", ie_shown(own));
        }
    }
    free(sorted);
    return status;
}

static ie_status open_journals(ie_run *run, ie_error *err)
{
    ie_status status = IE_OK;
    char plan[33];
    ie_hash128_hex(ie_plan_digest(run->plan), plan);
    for (uint32_t r = 0; status == IE_OK && r < run->plan->root_count; r++) {
        ie_run_root *root = &run->roots[r];
        if (root->lock != NULL) {
            const ie_journal_head head = {run->id, run->plan->command, root->made, plan};
            status = ie_journal_create(root->path, &head, &root->journal, err);
        }
    }
    return status;
}

static ie_status close_roots(ie_run *run, ie_status status, ie_error *err)
{
    ie_status first = IE_OK;
    for (uint32_t r = 0; r < run->plan->root_count; r++) {
        ie_run_root *root = &run->roots[r];
        if (root->journal != NULL) {
            if (!root->open_ends) {
                ie_journal_end(root->journal, status == IE_OK              ? "done"
                                              : status == IE_ERR_CANCELLED ? "interrupted"
                                                                           : "error");
            }
            ie_status flushed = ie_journal_flush(root->journal, true, status == IE_OK ? err : NULL);
            first = first == IE_OK ? flushed : first;
            ie_root_tidy(root->path, run->id);
            ie_journal_close(root->journal);
        }
        ie_lock_release(root->lock);
    }
    return status != IE_OK ? status : first;
}

static bool any_done(const ie_plan *plan)
{
    bool any = false;
    for (size_t i = 0; i < plan->count && !any; i++) {
        any = plan->actions[i].outcome == IE_OUTCOME_DONE;
    }
    return any;
}

ie_status ie_apply_run(ie_plan *plan, const ie_apply_options *options, char ret_run_id[40],
                       ie_error *err)
{
    ret_run_id[0] = 0;
    ie_order order;
    ie_order_make(plan, &order);
    ie_run run = {.plan = plan,
                  .options = options,
                  .roots = ie_alloc((plan->root_count + 1) * sizeof *run.roots)};
    bool *used = ie_alloc(plan->root_count + 1);
    for (uint32_t r = 0; r < plan->root_count; r++) {
        run.roots[r].path = plan->roots[r];
    }
    ie_status status = ie_plan_used_roots(plan, &order, used, &run.total, err);
    if (status == IE_OK && order.group_count > 0) {
        status = lock_roots(&run, used, err);
        if (status == IE_OK) {
            choose_id(&run);
            snprintf(ret_run_id, 40, "%s", run.id);
            if (options->starts != NULL) {
                options->starts(options->run_user, run.id);
            }
            status = open_journals(&run, err);
        }
        if (status == IE_OK) {
            status = carry_groups(&run, &order, err);
        }
        status = close_roots(&run, status, err);
        plan->stopped = status != IE_OK;
        if (status == IE_ERR_CANCELLED && !any_done(plan)) {
            ie_error_set(err, status,
                         plan->copies ? "Interrupted before anything was copied."
                                      : "Interrupted; this run changed nothing.");
        }
        ie_fallback_stopped(plan);
    }
    ie_touched_free(&run.touched);
    free(run.folders);
    free(run.roots);
    free(used);
    ie_order_free(&order);
    return status;
}
