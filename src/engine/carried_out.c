// SPDX-License-Identifier: GPL-3.0-or-later
/* A plan that is applied once more: the journals of its folders tell whether all of it was done,
   and the disk whether it is so still. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/engine.h"
#include "engine/world.h"
#include "storage/journal.h"
#include "storage/stamp.h"
#include "utils/memory.h"

/* Is the first thing to be done still as the plan found it? Then no journal needs to be read. */
static bool looks_untouched(const ie_action *action)
{
    struct stat st;
    if (action->kind == IE_ACTION_COPY) {
        return lstat(action->to, &st) != 0;
    }
    if (lstat(action->from, &st) != 0) {
        return false;
    }
    ie_stamp now = ie_stamp_of(&st);
    return ie_stamp_still_file(&action->stamp, &now);
}

static const ie_action *first_work(const ie_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (ie_action_is_work(&plan->actions[i])) {
            return &plan->actions[i];
        }
    }
    return NULL;
}

/* As the run left it, by name, size and time: nothing is read for this. Any doubt means no. */
static bool still_stands(const ie_entry *entry)
{
    ie_world world;
    ie_world_look(entry, &world);
    if (world.blind != 0) {
        return false;
    }
    if (entry->kind == IE_ACTION_MOVE && !entry->makes) {
        return ie_world_moved(entry, &world) && !world.doubled && !world.park.there;
    }
    bool away = entry->quarantine == NULL ||
                (world.quarantine.there && !ie_same_inode(&world.quarantine, &world.from));
    return away && (!entry->makes || (entry->ready && world.to.there &&
                                      ie_stamp_fits(&entry->made, &world.to.st)));
}

/* Did the run have this very plan, and is all that it was to do here done, and so still? */
static bool did_root(const ie_plan *plan, const char *digest, uint32_t root, const char *id)
{
    ie_log *log = NULL;
    size_t work = 0;
    for (size_t i = 0; i < plan->count; i++) {
        work += plan->actions[i].root == root && ie_action_is_work(&plan->actions[i]);
    }
    if (work == 0) {
        return true;
    }
    if (ie_log_read(plan->roots[root], id, &log, NULL) != IE_OK) {
        return false;
    }
    bool all = strcmp(log->plan, digest) == 0 && log->count == work;
    for (size_t i = 0; all && i < log->count; i++) {
        all = log->entries[i].state == IE_ENTRY_DONE && still_stands(&log->entries[i]);
    }
    ie_log_free(log);
    return all;
}

bool ie_plan_carried_out(const ie_plan *plan, char ret_run_id[40])
{
    const ie_action *first = first_work(plan);
    ie_run_ids ids = {0};
    bool found = false;
    if (first == NULL || looks_untouched(first) ||
        ie_run_ids_read(plan->roots[first->root], &ids, NULL) != IE_OK) {
        return false;
    }
    char digest[33];
    ie_hash128_hex(ie_plan_digest(plan), digest);
    for (size_t i = 0; !found && i < ids.count; i++) {
        found = did_root(plan, digest, first->root, ids.ids[i]);
        for (uint32_t r = 0; found && r < plan->root_count; r++) {
            found = did_root(plan, digest, r, ids.ids[i]);
        }
        if (found) {
            snprintf(ret_run_id, 40, "%s", ids.ids[i]);
        }
    }
    ie_run_ids_free(&ids);
    return found;
}
