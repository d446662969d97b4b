// SPDX-License-Identifier: GPL-3.0-or-later
/* Applying plans, listing runs, undoing them: the journals hold the truth, the catalog knows where
   they are. */
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/apply.h"
#include "engine/engine.h"
#include "engine/known.h"
#include "engine/noting.h"
#include "engine/own_root.h"
#include "engine/undo.h"
#include "engine/volume.h"
#include "utils/error.h"
#include "utils/text.h"

static ie_apply_options apply_options(const ie_engine *engine, bool wait)
{
    return (ie_apply_options){
        .config = engine->config,
        .wait = wait,
        .cancel = engine->cancel,
        .progress = engine->progress,
        .user = engine->user,
    };
}

typedef struct running {
    ie_engine *engine;
    const ie_plan *plan;
    ie_noting noting;
} running;

static void note_written(void *user, const ie_action *action, const ie_stamp *stamp,
                         ie_hash128 xxh3)
{
    running *r = user;
    ie_noting_add(&r->noting, action, stamp, xxh3);
}

/* A root without work gets no journal. free() the array; the strings are the plan's. */
static const char **roots_with_work(const ie_plan *plan, size_t *ret_count)
{
    const char **roots = ie_alloc((plan->root_count + 1) * sizeof *roots);
    bool *used = ie_alloc(plan->root_count + 1);
    for (size_t i = 0; i < plan->count; i++) {
        if (ie_action_is_work(&plan->actions[i]) && plan->actions[i].root < plan->root_count) {
            used[plan->actions[i].root] = true;
        }
    }
    size_t count = 0;
    for (uint32_t r = 0; r < plan->root_count; r++) {
        if (used[r]) {
            roots[count++] = plan->roots[r];
        }
    }
    free(used);
    *ret_count = count;
    return roots;
}

/* Before the first change: a run that is killed must be found again by `undo`. */
static void remember_run(void *user, const char *id)
{
    const running *s = user;
    ie_error problem = {0};
    char text[40];
    time_t now = time(NULL);
    struct tm utc;
    if (s->engine->writer == NULL) {
        return;
    }
    for (uint32_t i = 0; i < s->plan->root_count; i++) {
        ie_volume_note(s->engine, s->plan->roots[i]);
    }
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    size_t count = 0;
    IE_AUTO_FREE const char **roots = roots_with_work(s->plan, &count);
    if (ie_catalog_add_run(s->engine->writer, id, text, s->plan->command, roots, count, &problem) !=
        IE_OK) {
        ie_engine_notice(s->engine,
                         "The run could not be noted in the catalog (%s); undo it with --root.",
                         problem.text);
    }
}

static ie_status heed_folder(void *user, const ie_run_info *info)
{
    *(bool *)user |= info->made_root;
    return IE_OK;
}

static bool did_nothing(const ie_plan *plan, const char *id)
{
    bool did = false;
    for (size_t i = 0; !did && i < plan->count; i++) {
        did = plan->actions[i].outcome == IE_OUTCOME_DONE;
    }
    for (uint32_t r = 0; !did && r < plan->root_count; r++) {
        ie_error unread; /* of a root without work there is none */
        ie_status status = ie_journal_run(plan->roots[r], id, heed_folder, &did, &unread);
        (void)status;
    }
    return !did;
}

/* One that did nothing is nobody's to take back. The catalog is a cache: where it cannot be
   written, the run stays in it. */
static void drop_idle_run(ie_engine *engine, const ie_plan *plan, const char *id)
{
    ie_error ignored;
    if (engine->writer != NULL && did_nothing(plan, id) &&
        ie_catalog_drop_run(engine->writer, id, &ignored) != IE_OK) {
        ie_engine_notice(engine, "The catalog still lists run %s, which did nothing.", id);
    }
}

/* What was there when the plan was made went with the folder. */
static ie_status check_there(const ie_plan *plan, ie_error *err)
{
    bool gone = plan->copies && plan->root_count > 0 && access(plan->roots[0], F_OK) != 0;
    for (size_t i = 0; gone && i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        if (action->kind == IE_ACTION_SKIP && action->reason != NULL &&
            ie_starts_with(action->reason, IE_REASON_THERE)) {
            return ie_error_set(err, IE_ERR_CHANGED,
                                "%s was deleted since the plan was made, and with it %s, which the "
                                "plan takes to be there. Make the plan anew.",
                                ie_shown(plan->roots[0]), ie_shown(action->shown));
        }
    }
    return IE_OK;
}

static ie_status check_volumes(ie_engine *engine, const ie_plan *plan, bool apply, ie_error *err)
{
    ie_status status = check_there(plan, err);
    if (status == IE_OK) {
        status = ie_engine_catalog(engine, err);
    }
    for (uint32_t i = 0; status == IE_OK && i < plan->root_count; i++) {
        status = (plan->copies ? ie_volume_check_output : ie_volume_check_place)(
            engine, plan->roots[i], apply ? IE_ANEW_FORGET : IE_ANEW_TELL, err);
    }
    return status;
}

ie_status ie_engine_look(ie_engine *engine, ie_plan *plan, ie_summary *ret_summary, ie_error *err)
{
    double start = ie_seconds_now();
    ie_status status = check_volumes(engine, plan, false, err);
    if (status == IE_OK) {
        status = ie_apply_look(plan, engine->cancel, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_summary summary = {0};
    ie_plan_tally(plan, &summary);
    summary.seconds = ie_seconds_now() - start;
    *ret_summary = summary;
    return ie_summary_check(&summary, err);
}

ie_status ie_engine_apply(ie_engine *engine, ie_plan *plan, bool wait, ie_summary *ret_summary,
                          ie_error *err)
{
    double start = ie_seconds_now();
    ie_status status = check_volumes(engine, plan, true, err);
    if (status != IE_OK) {
        return status;
    }
    ie_apply_options options = apply_options(engine, wait);
    running run = {.engine = engine, .plan = plan};
    options.starts = remember_run;
    options.written = note_written;
    options.run_user = &run;
    ie_summary summary = {0};
    status = ie_apply_run(plan, &options, summary.run_id, err);
    if (summary.run_id[0] != 0) {
        ie_noting_store(&run.noting, engine, plan, summary.run_id);
        if (status == IE_OK) {
            drop_idle_run(engine, plan, summary.run_id);
        }
    }
    free(run.noting.written);
    ie_plan_tally(plan, &summary);
    summary.seconds = ie_seconds_now() - start;
    if (status == IE_OK) {
        status = ie_summary_check(&summary, err);
    }
    *ret_summary = summary;
    return status;
}

/* ---- runs --------------------------------------------------------------------------------- */

typedef struct listing {
    ie_run_fn on_run;
    void *user;
} listing;

static ie_status list_run(void *user, const ie_run_info *info)
{
    const listing *l = user;
    return ie_run_is_idle(info) ? IE_OK : l->on_run(l->user, info);
}

ie_status ie_engine_runs(ie_engine *engine, const char *root, ie_run_fn on_run, void *user,
                         ie_error *err)
{
    listing l = {on_run, user};
    if (root != NULL) {
        IE_AUTO_FREE char *real = realpath(root, NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "The folder %s cannot be read", ie_shown(root));
        }
        return ie_journal_runs(real, list_run, &l, err);
    }
    ie_known_runs list;
    ie_status status = ie_known_runs_read(engine, &list, err);
    for (size_t i = 0; status == IE_OK && i < list.count; i++) {
        ie_run_info info;
        ie_known_run_info(engine, &list.runs[i], &info);
        status = list_run(&l, &info);
    }
    ie_known_runs_free(&list);
    return status;
}

/* ---- undo --------------------------------------------------------------------------------- */

static void add_counts(ie_summary *summary, const ie_undo_counts *counts)
{
    summary->found += counts->found;
    summary->found_bytes += counts->found_bytes;
    summary->accounted_bytes += counts->accounted_bytes;
    summary->moved += counts->restored;
    summary->replaced += counts->removed;
    summary->skipped += counts->untouched;
    summary->failed += counts->refused;
    summary->purged += counts->purged;
}

/* The catalog is a cache: what cannot be noted is found out again. */
static void note_undone(void *user, const char *left, const char *came)
{
    ie_engine *engine = user;
    ie_error ignored;
    if (engine->writer != NULL) {
        ie_status status = came != NULL ? ie_catalog_moved(engine->writer, left, came, &ignored)
                                        : ie_catalog_forget(engine->writer, left, &ignored);
        (void)status;
    }
}

static void note_undoing(void *user, const char *path)
{
    ie_engine *engine = user;
    ie_error ignored;
    if (engine->writer != NULL) {
        ie_status status = path != NULL ? ie_catalog_forget(engine->writer, path, &ignored)
                                        : ie_catalog_commit(engine->writer, &ignored);
        (void)status;
    }
}

/* The folder went with its last run: what the catalog knows of it is undone, and not on a disk that
   is away. */
static void note_root_gone(void *user, const char *root)
{
    ie_engine *engine = user;
    ie_known_runs list = {0};
    ie_error ignored;
    if (engine->writer == NULL || ie_known_runs_read(engine, &list, &ignored) != IE_OK) {
        ie_known_runs_free(&list);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        bool only = list.runs[i].root_count == 1 && strcmp(list.runs[i].roots[0], root) == 0;
        if (only && ie_catalog_run_undone(engine->writer, list.runs[i].id, &ignored) != IE_OK) {
            break;
        }
    }
    ie_known_runs_free(&list);
    ie_volume_note(engine, root); /* writes what waits, too */
}

static bool is_gone(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 && errno == ENOENT;
}

static ie_status undo_roots(ie_engine *engine, const ie_undo_request *request, char *const *roots,
                            size_t count, ie_line_fn on_line, void *user, ie_summary *summary,
                            ie_error *err)
{
    ie_apply_options options = apply_options(engine, request->wait);
    options.undoes = note_undoing;
    options.undone = note_undone;
    options.root_gone = note_root_gone;
    options.undone_user = engine;
    ie_error ignored;
    if (ie_engine_catalog(engine, &ignored) != IE_OK) {
        ie_engine_notice(engine, "The catalog is left as it is: %s", ignored.text);
    }
    ie_status status = IE_OK;
    for (size_t i = count; status == IE_OK && i-- > 0;) {
        ie_undo_counts counts = {0};
        if (!request->dry_run && ie_own_root_sweep(roots[i])) {
            note_root_gone(engine,
                           roots[i]); /* an undo was killed when nothing but the folder was left */
            continue;
        }
        status = request->root == NULL ? ie_volume_check(engine, roots[i], err) : IE_OK;
        if (status == IE_OK && count > 1 && ie_journal_unborn(roots[i], request->run_id)) {
            continue;
        }
        if (status == IE_OK) {
            status = ie_undo_run(roots[i], request, &options, on_line, user, &counts, err);
        }
        if (status == IE_OK && !request->dry_run && is_gone(roots[i])) {
            note_root_gone(
                engine, roots[i]); /* also of runs that came to nothing there, which nobody undid */
        }
        if (status == IE_OK && !request->dry_run) {
            ie_volume_note(engine, roots[i]); /* writes what waits, too */
        }
        add_counts(summary, &counts);
    }
    return status;
}

/* Where undo was killed after the last file came back, its root is still there, and the catalog
   does not know. */
static void finish_undone(ie_engine *engine, ie_known_runs *list)
{
    for (size_t i = 0; i < list->count && engine->writer != NULL; i++) {
        ie_known_run *run = &list->runs[i];
        const ie_undo_request request = {.run_id = run->id};
        ie_run_info info;
        ie_known_run_info(engine, run, &info);
        if (run->undone || strcmp(info.state, "undone") != 0) {
            continue;
        }
        ie_summary summary = {0};
        ie_error ignored;
        run->undone = undo_roots(engine, &request, run->roots, run->root_count, NULL, NULL,
                                 &summary, &ignored) == IE_OK &&
                      ie_catalog_run_undone(engine->writer, run->id, &ignored) == IE_OK;
    }
}

/* Asked by name: its folder may be gone with it. */
static bool was_undone(ie_engine *engine, const ie_known_run *run, ie_line_fn on_line, void *user)
{
    ie_run_info info;
    ie_known_run_info(engine, run, &info);
    bool undone = strcmp(info.state, "undone") == 0;
    IE_AUTO_FREE char *line =
        undone ? ie_asprintf(IE_UNDONE_BEFORE, run->id, run->command, run->time) : NULL;
    if (undone && on_line != NULL) {
        on_line(user, line);
    }
    return undone;
}

static ie_status undo_known(ie_engine *engine, const ie_undo_request *request, ie_line_fn on_line,
                            void *user, ie_summary *summary, ie_error *err)
{
    ie_known_runs list;
    ie_status status = ie_known_runs_read(engine, &list, err);
    if (status == IE_OK && !request->dry_run) {
        finish_undone(engine, &list);
    }
    if (status == IE_OK) {
        ie_status none = IE_ERR_NOT_FOUND;
        const ie_known_run *run = request->run_id != NULL
                                      ? ie_known_run_find(&list, request->run_id, err)
                                      : ie_known_run_newest(engine, &list, &none, err);
        if (run == NULL) {
            status = none;
        } else if (request->run_id != NULL && was_undone(engine, run, on_line, user)) {
            snprintf(summary->run_id, sizeof summary->run_id, "%s", run->id);
        } else {
            ie_undo_request chosen = *request;
            chosen.run_id = run->id;
            snprintf(summary->run_id, sizeof summary->run_id, "%s", run->id);
            status = undo_roots(engine, &chosen, run->roots, run->root_count, on_line, user,
                                summary, err);
            bool whole = request->path_glob == NULL && !request->dry_run && summary->failed == 0;
            if (status == IE_OK && whole && engine->writer != NULL) {
                status = ie_catalog_run_undone(engine->writer, run->id, err);
            }
        }
    }
    ie_known_runs_free(&list);
    return status;
}

ie_status ie_engine_undo(ie_engine *engine, const ie_undo_request *request, ie_line_fn on_line,
                         void *user, ie_summary *ret_summary, ie_error *err)
{
    double start = ie_seconds_now();
    ie_summary summary = {0};
    ie_status status;
    if (request->root != NULL) {
        char *real = realpath(request->root, NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "The folder %s cannot be read",
                                  ie_shown(request->root));
        }
        status = undo_roots(engine, request, &real, 1, on_line, user, &summary, err);
        /* An interrupted run had left nothing but the folder itself, and that is gone now. */
        bool gone =
            (status == IE_OK || status == IE_ERR_NOT_FOUND) && !request->dry_run && is_gone(real);
        if (gone) {
            note_root_gone(engine, real);
            status = IE_OK;
        }
        free(real);
    } else {
        status = undo_known(engine, request, on_line, user, &summary, err);
    }
    if (status == IE_OK) {
        status = ie_summary_check(&summary, err);
    }
    summary.seconds = ie_seconds_now() - start;
    *ret_summary = summary;
    return status;
}
