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

static int by_from(const void *a, const void *b)
{
    return strcmp((*(const ie_entry *const *)a)->from, (*(const ie_entry *const *)b)->from);
}

/* Of the log's entries those that are done, sorted; free() the list. */
static const ie_entry **entries_done(const ie_log *log, size_t *ret_count)
{
    const ie_entry **list = ie_alloc((log->count + 1) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (log->entries[i].state == IE_ENTRY_DONE) {
            list[count++] = &log->entries[i];
        }
    }
    if (count > 1) {
        qsort(list, count, sizeof *list, by_from);
    }
    *ret_count = count;
    return list;
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

static bool is_of(const ie_entry *entry, const ie_action *action)
{
    const char *to = entry->kind == IE_ACTION_QUARANTINE ? NULL : entry->to;
    bool same_target = action->to == NULL || to == NULL ? action->to == to
                                                        : strcmp(action->to, to) == 0;
    return entry->kind == action->kind && same_target &&
           ie_stamp_still_file(&entry->stamp, &action->stamp);
}

/* The run did this to the file, as it was when the plan was made, and so it is still. */
static bool was_done(const ie_entry *const *list, size_t count, const ie_action *action)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(list[middle]->from, action->from) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < count && strcmp(list[low]->from, action->from) == 0; low++) {
        if (is_of(list[low], action)) {
            return still_stands(list[low]);
        }
    }
    return false;
}

/* Was all that the plan has for this root done by the run? */
static bool did_root(const ie_plan *plan, uint32_t root, const char *id)
{
    ie_log *log = NULL;
    bool any = false, all = true;
    for (size_t i = 0; !any && i < plan->count; i++) {
        any = plan->actions[i].root == root && ie_action_is_work(&plan->actions[i]);
    }
    if (!any) {
        return true;
    }
    if (ie_log_read(plan->roots[root], id, &log, NULL) != IE_OK) {
        return false;
    }
    size_t count;
    IE_AUTO_FREE const ie_entry **list = entries_done(log, &count);
    for (size_t i = 0; all && i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        all = action->root != root || !ie_action_is_work(action) || was_done(list, count, action);
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
    for (size_t i = 0; !found && i < ids.count; i++) {
        found = did_root(plan, first->root, ids.ids[i]);
        for (uint32_t r = 0; found && r < plan->root_count; r++) {
            found = did_root(plan, r, ids.ids[i]);
        }
        if (found) {
            snprintf(ret_run_id, 40, "%s", ids.ids[i]);
        }
    }
    ie_run_ids_free(&ids);
    return found;
}
