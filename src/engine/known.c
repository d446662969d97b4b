// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/known.h"

#include "engine/undo.h"
#include "engine/volume.h"
#include "utils/error.h"

static ie_status add_known(void *user, const char *id, const char *time, const char *command,
                           bool undone, const char *const *roots, size_t root_count)
{
    ie_known_runs *list = user;
    IE_GROW(list->runs, list->count, list->room);
    ie_known_run *run = &list->runs[list->count++];
    *run = (ie_known_run){
        .id = ie_strdup(id),
        .time = ie_strdup(time),
        .command = ie_strdup(command),
        .undone = undone,
        .roots = ie_alloc((root_count + 1) * sizeof *run->roots),
        .root_count = root_count,
    };
    for (size_t i = 0; i < root_count; i++) {
        run->roots[i] = ie_strdup(roots[i]);
    }
    return IE_OK;
}

ie_status ie_known_runs_read(ie_engine *engine, ie_known_runs *ret_list, ie_error *err)
{
    *ret_list = (ie_known_runs){0};
    ie_status status = ie_engine_catalog(engine, err);
    if (status == IE_OK && engine->reader != NULL) {
        status = ie_catalog_runs(engine->reader, add_known, ret_list, err);
    }
    return status;
}

void ie_known_runs_free(ie_known_runs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        ie_known_run *run = &list->runs[i];
        for (size_t k = 0; k < run->root_count; k++) {
            free(run->roots[k]);
        }
        free(run->roots);
        free(run->id);
        free(run->time);
        free(run->command);
    }
    free(list->runs);
    *list = (ie_known_runs){0};
}

const ie_known_run *ie_known_run_find(const ie_known_runs *list, const char *id, ie_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->runs[i].id, id) == 0) {
            return &list->runs[i];
        }
    }
    ie_error_set(
        err, IE_ERR_NOT_FOUND,
        "The catalog knows no run %s. \"imgengine runs\" lists what it knows; with --root DIR "
        "the run is looked for in that folder's own journal.",
        ie_shown(id));
    return NULL;
}

/* What the journal in one root says of one run. */
typedef struct lookup {
    bool found;
    ie_run_info info;
    char state[24];
} lookup;

static ie_status take_info(void *user, const ie_run_info *info)
{
    lookup *l = user;
    l->found = true;
    l->info = *info;
    snprintf(l->state, sizeof l->state, "%s", info->state);
    return IE_OK;
}

/* One word for several roots: theirs when they agree; where nothing was taken back anywhere the
   worst; else that something is left to take back. */
static const char *joint_state(const char *state, const char *more)
{
    static const char *const states[] = {"done",          "interrupted", "failed",       "undone",
                                         "partly undone", "purged",      "partly purged"};
    enum { NOT_TAKEN_BACK = 3, COUNT = sizeof states / sizeof *states };
    size_t a = 0, b = 0;
    while (state != NULL && a < COUNT && strcmp(states[a], state) != 0) {
        a++;
    }
    while (b < COUNT && strcmp(states[b], more) != 0) {
        b++;
    }
    if (b == COUNT) {
        return "interrupted";
    }
    if (state == NULL || a == b) {
        return states[b];
    }
    return a < NOT_TAKEN_BACK && b < NOT_TAKEN_BACK ? states[a > b ? a : b] : "partly undone";
}

bool ie_run_is_idle(const ie_run_info *info)
{
    return info->actions == 0 && info->purged == 0 && !info->made_root &&
           (strcmp(info->state, "done") == 0 || strcmp(info->state, "failed") == 0);
}

void ie_known_run_info(ie_engine *engine, const ie_known_run *run, ie_run_info *ret_info)
{
    ie_run_info info = {.id = run->id, .time = run->time, .command = run->command};
    info.root = run->root_count > 0 ? run->roots[0] : "";
    bool offline = run->root_count == 0, deleted = run->root_count > 0;
    for (size_t i = 0; i < run->root_count; i++) {
        lookup l = {0};
        bool away = ie_volume_offline(engine, run->roots[i]);
        if (!away && ie_journal_unborn(run->roots[i], run->id)) {
            info.journaled = true;
            continue;
        }
        if (away || ie_journal_run(run->roots[i], run->id, take_info, &l, NULL) != IE_OK ||
            !l.found) {
            offline = true;
            deleted = deleted && ie_volume_deleted(engine, run->roots[i]);
            continue;
        }
        info.journaled = true;
        l.info.state = l.state;
        if (ie_run_is_idle(&l.info)) {
            continue;
        }
        info.made_root |= l.info.made_root;
        info.actions += l.info.actions;
        info.undone += l.info.undone;
        info.held_bytes += l.info.held_bytes;
        info.held_files += l.info.held_files;
        info.purged += l.info.purged;
        info.state = joint_state(info.state, l.state);
    }
    info.state = info.state == NULL && info.journaled ? "done" : info.state;
    info.state = !offline ? info.state : run->undone ? "undone" : deleted ? "deleted" : "offline";
    *ret_info = info;
}

static bool share_root(const ie_known_run *a, const ie_known_run *b)
{
    for (size_t i = 0; i < a->root_count * b->root_count; i++) {
        if (strcmp(a->roots[i / b->root_count], b->roots[i % b->root_count]) == 0) {
            return true;
        }
    }
    return false;
}

static ie_status refuse_purged(const ie_known_run *run, const ie_known_run *earlier, ie_error *err)
{
    if (earlier == NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "Run %s is purged and cannot be taken back, and there is no earlier "
                            "one.",
                            run->id);
    }
    return ie_error_set(err, IE_ERR_NOT_FOUND,
                        "Run %s is purged and cannot be taken back. The one before it is %s (%s, "
                        "%s) in %s: `imgengine undo %s` takes that back.",
                        run->id, earlier->id, earlier->command, earlier->time,
                        ie_shown(earlier->roots[0]), earlier->id);
}

static ie_status refuse_elsewhere(const ie_known_run *last, const ie_known_run *run, ie_error *err)
{
    return ie_error_set(err, IE_ERR_NOT_FOUND,
                        "The last run, %s in %s, is undone. The one before it is %s (%s, %s) in "
                        "another folder, %s: `imgengine undo %s` takes that back.",
                        last->id, ie_shown(last->roots[0]), run->id, run->command, run->time,
                        ie_shown(run->roots[0]), run->id);
}

const ie_known_run *ie_known_run_newest(ie_engine *engine, const ie_known_runs *list,
                                        ie_status *ret_status, ie_error *err)
{
    const ie_known_run *last = NULL, *purged = NULL, *found = NULL;
    for (size_t i = 0; i < list->count && found == NULL; i++) {
        const ie_known_run *run = &list->runs[i];
        ie_run_info info;
        ie_known_run_info(engine, run, &info);
        if (ie_run_is_idle(&info) || run->root_count == 0) {
            continue;
        }
        last = last != NULL ? last : run;
        if (strcmp(info.state, "purged") == 0) {
            purged = purged != NULL ? purged : run;
        } else if (strcmp(info.state, "undone") != 0) {
            found = run;
        }
    }
    if (purged != NULL) {
        *ret_status = refuse_purged(purged, found, err);
        return NULL;
    }
    if (found != NULL && !share_root(last, found)) {
        *ret_status = refuse_elsewhere(last, found, err);
        return NULL;
    }
    if (found == NULL) {
        *ret_status = engine->reader != NULL
                          ? IE_OK
                          : ie_error_set(err, IE_ERR_NOT_FOUND,
                                         "There is no run to undo. With --root DIR the runs in "
                                         "that folder's own journal are undone.");
    }
    return found;
}
