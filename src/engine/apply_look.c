// SPDX-License-Identifier: GPL-3.0-or-later
/* What apply's own checks would say of a saved plan now, for a dry run: group by group, in apply's
   order. */
#include <errno.h>
#include <sys/stat.h>

#include "engine/carry.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

static int by_from(const void *a, const void *b)
{
    return strcmp((*(const ie_action *const *)a)->from, (*(const ie_action *const *)b)->from);
}

static void collect_leavers(ie_run *run, const ie_order *order)
{
    run->leavers = ie_alloc((run->plan->count + 1) * sizeof *run->leavers);
    for (size_t g = 0; g < order->group_count; g++) {
        for (size_t i = 0; i < order->groups[g].count; i++) {
            ie_action *action = &run->plan->actions[order->actions[order->groups[g].first + i]];
            action->outcome = IE_OUTCOME_PLANNED; /* whatever an earlier look said */
            action->problem = NULL;
            if (action->kind != IE_ACTION_COPY && action->link == IE_LINK_NONE) {
                run->leavers[run->leaver_count++] = action;
            }
        }
    }
    qsort(run->leavers, run->leaver_count, sizeof *run->leavers, by_from);
}

bool ie_run_frees(const ie_run *run, const char *path)
{
    const ie_action wanted = {.from = path}, *key = &wanted;
    const ie_action **found = run->leaver_count > 0 ? bsearch(&key, run->leavers, run->leaver_count,
                                                              sizeof *run->leavers, by_from)
                                                    : NULL;
    return found != NULL && (*found)->outcome == IE_OUTCOME_PLANNED;
}

/* The bytes are compared by apply alone, at the moment when the duplicate goes. */
static bool look_at_survivor(const ie_step *step, size_t index, ie_trouble *trouble)
{
    const ie_action *action = step->action;
    struct stat st;
    if (action->kind != IE_ACTION_QUARANTINE || action->survivor == NULL) {
        return true;
    }
    if (lstat(action->survivor, &st) != 0) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_SKIPPED,
                              "%s, which would stay, is no longer there",
                              ie_shown(action->survivor));
    }
    return ie_stamp_fits(&action->survivor_stamp, &st) ||
           ie_trouble_set(trouble, index, IE_OUTCOME_SKIPPED,
                          "%s, which would stay, changed since the plan was made",
                          ie_shown(action->survivor));
}

static void look_at_group(ie_run *run, const ie_order *order, const ie_group *group)
{
    ie_trouble trouble = {0};
    ie_party party = {.count = group->count,
                      .parks = group->parks,
                      .steps = ie_alloc(group->count * sizeof *party.steps)};
    for (size_t i = 0; i < group->count; i++) {
        ie_action *action = &run->plan->actions[order->actions[group->first + i]];
        party.steps[i] = (ie_step){.action = action, .root = &run->roots[action->root]};
    }
    run->arena = ie_arena_new();
    run->folder_count = 0;
    bool good = ie_party_look(run, &party, &trouble);
    for (size_t i = 0; good && i < party.count; i++) {
        good = look_at_survivor(&party.steps[i], i, &trouble);
    }
    if (!good) {
        ie_party_blame(run, &party, &trouble);
    }
    ie_arena_free(run->arena);
    free(party.steps);
}

ie_status ie_plan_used_roots(const ie_plan *plan, const ie_order *order, bool *used,
                             uint64_t *ret_total, ie_error *err)
{
    for (size_t g = 0; g < order->group_count; g++) {
        for (size_t i = 0; i < order->groups[g].count; i++) {
            const ie_action *action = &plan->actions[order->actions[order->groups[g].first + i]];
            if (action->root >= plan->root_count) {
                return ie_error_set(err, IE_ERR_FORMAT, "The plan names no root for %s.",
                                    ie_shown(action->from));
            }
            used[action->root] = true;
            (*ret_total)++;
        }
    }
    return IE_OK;
}

ie_status ie_apply_look(ie_plan *plan, const volatile int *cancel, ie_error *err)
{
    ie_order order;
    ie_order_make(plan, &order);
    ie_run run = {.plan = plan, .roots = ie_alloc((plan->root_count + 1) * sizeof *run.roots)};
    for (uint32_t r = 0; r < plan->root_count; r++) {
        run.roots[r].path = plan->roots[r];
    }
    uint64_t total = 0;
    IE_AUTO_FREE bool *used = ie_alloc(plan->root_count + 1);
    ie_status status = ie_plan_used_roots(plan, &order, used, &total, err);
    collect_leavers(&run, &order);
    for (size_t g = 0; status == IE_OK && g < order.group_count; g++) {
        if (cancel != NULL && *cancel != 0) {
            status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; nothing was changed.");
        } else {
            look_at_group(&run, &order, &order.groups[g]);
        }
    }
    free(run.leavers);
    free(run.folders);
    free(run.roots);
    ie_order_free(&order);
    return status;
}
