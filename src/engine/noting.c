// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/noting.h"

#include <stdlib.h>
#include <string.h>

#include "utils/error.h"
#include "utils/memory.h"

void ie_noting_add(ie_noting *noting, const ie_action *action, const ie_stamp *stamp,
                   ie_hash128 xxh3)
{
    IE_GROW(noting->written, noting->count, noting->room);
    noting->written[noting->count++] = (ie_written){action, *stamp, xxh3};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_move(const ie_action *action)
{
    return action->outcome == IE_OUTCOME_DONE && action->kind == IE_ACTION_MOVE;
}

static bool goes_away(const ie_action *action)
{
    return action->outcome == IE_OUTCOME_DONE &&
           (action->kind == IE_ACTION_QUARANTINE || action->kind == IE_ACTION_REPLACE);
}

char *ie_noting_away(const char *run_id, const char *from)
{
    return ie_asprintf("%s %s", run_id, from);
}

/* Sorted; free() the array. */
static const char **names_taken(const ie_plan *plan, size_t *ret_count)
{
    size_t count = 0;
    const char **names = ie_alloc((plan->count + 1) * sizeof *names);
    for (size_t i = 0; i < plan->count; i++) {
        if (is_move(&plan->actions[i])) {
            names[count++] = plan->actions[i].to;
        }
    }
    qsort(names, count, sizeof *names, by_name);
    *ret_count = count;
    return names;
}

/* Where a row waits whose name another file took: no path, those are absolute. */
static char *aside(size_t index)
{
    return ie_asprintf("moving %zu", index);
}

static ie_status move_rows(ie_catalog *writer, const ie_plan *plan, ie_error *err)
{
    size_t count;
    ie_status status = IE_OK;
    IE_AUTO_FREE const char **taken = names_taken(plan, &count);
    IE_AUTO_FREE bool *waits = ie_alloc(plan->count + 1);
    for (size_t i = 0; status == IE_OK && i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        waits[i] =
            is_move(action) && bsearch(&action->from, taken, count, sizeof *taken, by_name) != NULL;
        if (waits[i]) {
            IE_AUTO_FREE char *name = aside(i);
            status = ie_catalog_moved(writer, action->from, name, err);
        }
    }
    for (size_t i = 0; status == IE_OK && i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        if (is_move(action)) {
            IE_AUTO_FREE char *name = waits[i] ? aside(i) : NULL;
            status = ie_catalog_moved(writer, waits[i] ? name : action->from, action->to, err);
        }
    }
    return status;
}

static ie_status store(const ie_noting *noting, ie_engine *engine, const ie_plan *plan,
                       const char *run_id, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < plan->count; i++) {
        if (goes_away(&plan->actions[i])) {
            IE_AUTO_FREE char *name = ie_noting_away(run_id, plan->actions[i].from);
            status = ie_catalog_moved(engine->writer, plan->actions[i].from, name, err);
        }
    }
    if (status == IE_OK) {
        status = move_rows(engine->writer, plan, err);
    }
    for (size_t i = 0; status == IE_OK && i < noting->count; i++) {
        const ie_written *written = &noting->written[i];
        ie_format format = written->action->format == IE_FORMAT_SIDECAR ? IE_FORMAT_UNKNOWN
                                                                        : written->action->format;
        status = ie_engine_note_bytes(engine, written->action->to, format, &written->stamp,
                                      written->xxh3, err);
    }
    return status == IE_OK ? ie_catalog_commit(engine->writer, err) : status;
}

void ie_noting_store(const ie_noting *noting, ie_engine *engine, const ie_plan *plan,
                     const char *run_id)
{
    ie_error problem = {0};
    if (engine->writer != NULL && store(noting, engine, plan, run_id, &problem) != IE_OK) {
        ie_engine_notice(engine, "The catalog could not be brought up to date: %s", problem.text);
    }
}
