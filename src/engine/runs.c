// SPDX-License-Identifier: GPL-3.0-or-later
/* Applying plans, listing runs, undoing them: the journals hold the truth, the catalog knows where they are. */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "engine/apply.h"
#include "engine/engine.h"
#include "engine/undo.h"
#include "utils/error.h"

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

/* Rows of files that moved or changed no longer say the truth. The catalog is a cache: a failure here is
   told but does not make the run a failure. */
static void update_catalog(ie_engine *engine, const ie_plan *plan, ie_error *problem)
{
    ie_status status = IE_OK;
    for (size_t i = 0; engine->writer != NULL && status == IE_OK && i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        if (action->outcome != IE_OUTCOME_DONE) {
            continue;
        }
        if (action->kind == IE_ACTION_MOVE) {
            status = ie_catalog_moved(engine->writer, action->from, action->to, problem);
        } else if (action->kind == IE_ACTION_REPLACE || action->kind == IE_ACTION_QUARANTINE) {
            status = ie_catalog_forget(engine->writer, action->from, problem);
        }
    }
    if (engine->writer != NULL && status == IE_OK) {
        status = ie_catalog_commit(engine->writer, problem);
    }
    if (status != IE_OK) {
        ie_engine_notice(engine, "The catalog could not be brought up to date: %s", problem->text);
    }
}

typedef struct starting {
    ie_engine *engine;
    const ie_plan *plan;
} starting;

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
    starting *s = user;
    ie_error problem = {0};
    char text[40];
    time_t now = time(NULL);
    struct tm utc;
    if (s->engine->writer == NULL) {
        return;
    }
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    size_t count = 0;
    IE_AUTO_FREE const char **roots = roots_with_work(s->plan, &count);
    if (ie_catalog_add_run(s->engine->writer, id, text, s->plan->command, roots, count, &problem) != IE_OK) {
        ie_engine_notice(s->engine, "The run could not be noted in the catalog (%s); undo it with --root.",
                         problem.text);
    }
}

ie_status ie_engine_apply(ie_engine *engine, ie_plan *plan, bool wait, ie_summary *ret_summary, ie_error *err)
{
    double start = ie_seconds_now();
    ie_status status = ie_engine_catalog(engine, err);
    if (status != IE_OK) {
        return status;
    }
    ie_apply_options options = apply_options(engine, wait);
    starting start_of_run = {engine, plan};
    options.starts = remember_run;
    options.starts_user = &start_of_run;
    ie_summary summary = {0};
    status = ie_apply_run(plan, &options, summary.run_id, err);
    if (summary.run_id[0] != 0) {
        ie_error problem = {0};
        update_catalog(engine, plan, &problem);
    }
    summary.found = plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        summary.found_bytes += plan->actions[i].stamp.size;
    }
    ie_plan_summarize(plan, &summary);
    summary.seconds = ie_seconds_now() - start;
    if (status == IE_OK) {
        status = ie_summary_check(&summary, err);
    }
    *ret_summary = summary;
    return status;
}

/* ---- runs --------------------------------------------------------------------------------- */

/* One run as the catalog knows it, with the state that its journals tell. */
typedef struct known_run {
    ie_run_info info;
    char *id, *time, *command;
    bool undone; /* as the catalog remembers, should the journal be gone */
    char **roots;
    size_t root_count;
} known_run;

typedef struct run_list {
    known_run *runs;
    size_t count, room;
} run_list;

static ie_status add_known(void *user, const char *id, const char *time, const char *command, bool undone,
                           const char *const *roots, size_t root_count)
{
    run_list *list = user;
    IE_GROW(list->runs, list->count, list->room);
    known_run *run = &list->runs[list->count++];
    *run = (known_run){
        .id = ie_strdup(id),
        .time = ie_strdup(time),
        .command = ie_strdup(command),
        .undone = undone,
        .roots = ie_alloc(root_count * sizeof *run->roots),
        .root_count = root_count,
    };
    for (size_t i = 0; i < root_count; i++) {
        run->roots[i] = ie_strdup(roots[i]);
    }
    return IE_OK;
}

static void run_list_free(run_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        known_run *run = &list->runs[i];
        for (size_t k = 0; k < run->root_count; k++) {
            free(run->roots[k]);
        }
        free(run->roots);
        free(run->id);
        free(run->time);
        free(run->command);
    }
    free(list->runs);
}

/* What the journal in one root says of one run. */
typedef struct lookup {
    const char *id;
    bool found;
    uint64_t actions, held_bytes;
    char state[24];
} lookup;

static ie_status match_run(void *user, const ie_run_info *run)
{
    lookup *l = user;
    if (strcmp(run->id, l->id) == 0) {
        l->found = true;
        l->actions = run->actions;
        l->held_bytes = run->held_bytes;
        snprintf(l->state, sizeof l->state, "%s", run->state);
    }
    return IE_OK;
}

static lookup look_up(const char *root, const char *id)
{
    lookup l = {.id = id};
    ie_error ignored;
    if (ie_journal_runs(root, match_run, &l, &ignored) != IE_OK) {
        l.found = false;
    }
    return l;
}

/* The worst state over the roots; a root that cannot be reached makes the run offline. */
static const char *state_of(const known_run *run, uint64_t *ret_actions, uint64_t *ret_held)
{
    const char *state = "undone";
    for (size_t i = 0; i < run->root_count; i++) {
        lookup l = look_up(run->roots[i], run->id);
        if (!l.found) {
            return run->undone ? "undone" : "offline";
        }
        *ret_actions += l.actions;
        *ret_held += l.held_bytes;
        if (strcmp(l.state, "undone") != 0) {
            state = strcmp(l.state, "done") == 0 ? "done"
                    : strcmp(l.state, "interrupted") == 0 ? "interrupted"
                                                          : "partly undone";
        }
    }
    return state;
}

ie_status ie_engine_runs(ie_engine *engine, const char *root, ie_run_fn on_run, void *user, ie_error *err)
{
    if (root != NULL) {
        IE_AUTO_FREE char *real = realpath(root, NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "The folder %s cannot be read", ie_shown(root));
        }
        return ie_journal_runs(real, on_run, user, err);
    }
    run_list list = {0};
    ie_status status = ie_engine_catalog(engine, err);
    if (status == IE_OK && engine->reader != NULL) {
        status = ie_catalog_runs(engine->reader, add_known, &list, err);
    }
    for (size_t i = 0; status == IE_OK && i < list.count; i++) {
        known_run *run = &list.runs[i];
        ie_run_info info = {
            .id = run->id,
            .time = run->time,
            .command = run->command,
            .root = run->root_count > 0 ? run->roots[0] : "",
        };
        info.state = state_of(run, &info.actions, &info.held_bytes);
        status = on_run(user, &info);
    }
    run_list_free(&list);
    return status;
}

/* ---- undo --------------------------------------------------------------------------------- */

static void add_counts(ie_summary *summary, const ie_undo_counts *counts)
{
    summary->found += counts->restored + counts->removed + counts->refused + counts->untouched;
    summary->found_bytes += counts->bytes;
    summary->moved += counts->restored;
    summary->replaced += counts->removed;
    summary->skipped += counts->untouched;
    summary->failed += counts->refused;
}

static ie_status undo_roots(ie_engine *engine, const ie_undo_request *request, char *const *roots, size_t count,
                            ie_line_fn on_line, void *user, ie_summary *summary, ie_error *err)
{
    ie_apply_options options = apply_options(engine, request->wait);
    ie_status status = IE_OK;
    for (size_t i = count; status == IE_OK && i-- > 0;) {
        ie_undo_counts counts = {0};
        status = ie_undo_run(roots[i], request, &options, on_line, user, &counts, err);
        add_counts(summary, &counts);
    }
    return status;
}

/* The newest run that has anything left to undo. */
static const known_run *choose_run(const run_list *list, const char *id, ie_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        uint64_t actions = 0, held = 0;
        const known_run *run = &list->runs[i];
        if (id != NULL ? strcmp(run->id, id) == 0 : strcmp(state_of(run, &actions, &held), "undone") != 0) {
            return run;
        }
    }
    if (id != NULL) {
        ie_error_set(err, IE_ERR_NOT_FOUND,
                     "The catalog knows no run %s. \"imgengine runs\" lists what it knows; with --root DIR "
                     "the run is looked for in that folder's own journal.",
                     ie_shown(id));
    } else {
        ie_error_set(err, IE_ERR_NOT_FOUND, "There is no run to undo. With --root DIR the runs in that "
                                            "folder's own journal are undone.");
    }
    return NULL;
}

static ie_status undo_known(ie_engine *engine, const ie_undo_request *request, ie_line_fn on_line, void *user,
                            ie_summary *summary, ie_error *err)
{
    run_list list = {0};
    ie_status status = ie_engine_catalog(engine, err);
    if (status == IE_OK && engine->reader != NULL) {
        status = ie_catalog_runs(engine->reader, add_known, &list, err);
    }
    if (status == IE_OK) {
        const known_run *run = choose_run(&list, request->run_id, err);
        if (run == NULL) {
            status = IE_ERR_NOT_FOUND;
        } else {
            ie_undo_request chosen = *request;
            chosen.run_id = run->id;
            snprintf(summary->run_id, sizeof summary->run_id, "%s", run->id);
            status = undo_roots(engine, &chosen, run->roots, run->root_count, on_line, user, summary, err);
            bool whole = request->path_glob == NULL && !request->dry_run && summary->failed == 0;
            if (status == IE_OK && whole && engine->writer != NULL) {
                status = ie_catalog_run_undone(engine->writer, run->id, err);
            }
        }
    }
    run_list_free(&list);
    return status;
}

ie_status ie_engine_undo(ie_engine *engine, const ie_undo_request *request, ie_line_fn on_line, void *user,
                         ie_summary *ret_summary, ie_error *err)
{
    double start = ie_seconds_now();
    ie_summary summary = {0};
    ie_status status;
    if (request->root != NULL) {
        char *real = realpath(request->root, NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "The folder %s cannot be read", ie_shown(request->root));
        }
        status = undo_roots(engine, request, &real, 1, on_line, user, &summary, err);
        free(real);
    } else {
        status = undo_known(engine, request, on_line, user, &summary, err);
    }
    summary.seconds = ie_seconds_now() - start;
    *ret_summary = summary;
    return status;
}
