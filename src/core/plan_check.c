// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan_check.h"

#include <stdlib.h>
#include <string.h>

#include "utils/error.h"

/* A photo, the picture that is made of it beside it, and the sidecar that is made for it have one
   source. */
static int part_of(const ie_action *action)
{
    return ie_action_makes_sidecar(action) ? 2 : ie_action_makes_picture(action);
}

static int compare_from(const void *a, const void *b)
{
    const ie_action *const *x = a, *const *y = b;
    int order = strcmp((*x)->from, (*y)->from);
    return order != 0 ? order : part_of(*x) - part_of(*y);
}

static int compare_to(const void *a, const void *b)
{
    const ie_action *const *x = a, *const *y = b;
    return strcmp((*x)->to, (*y)->to);
}

static bool survivor_goes(const ie_action *const *by_from, size_t count, const ie_action *action)
{
    if (action->kind != IE_ACTION_QUARANTINE) {
        return false;
    }
    const ie_action key = {.from = action->survivor}, *wanted = &key;
    const ie_action *const *found = bsearch(&wanted, by_from, count, sizeof wanted, compare_from);
    return found != NULL && (*found)->kind == IE_ACTION_QUARANTINE;
}

/* A survivor that is given something is on the line that says so. */
static bool gives_elsewhere(const ie_plan *plan, const ie_action *action)
{
    return action->gives > 0 &&
           (action->kind != IE_ACTION_QUARANTINE || action->gives > plan->count ||
            strcmp(plan->actions[action->gives - 1].from, action->survivor) != 0);
}

/* Action i stands on line i + 2. */
static ie_status refuse(const ie_plan *plan, const ie_action *action, const char *wrong,
                        ie_error *err)
{
    return ie_error_set(err, IE_ERR_FORMAT, "Line %zu of the plan %s: %s; make the plan anew.",
                        (size_t)(action - plan->actions) + 2, wrong, ie_shown(action->from));
}

ie_status ie_plan_check(const ie_plan *plan, ie_error *err)
{
    IE_AUTO_FREE const ie_action **list = ie_alloc((plan->count + 1) * sizeof *list);
    size_t targets = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->actions[i].to != NULL) {
            list[targets++] = &plan->actions[i];
        }
    }
    qsort(list, targets, sizeof *list, compare_to);
    for (size_t i = 1; i < targets; i++) {
        if (strcmp(list[i - 1]->to, list[i]->to) == 0) {
            return refuse(plan, list[i], "has the target of another line", err);
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        list[i] = &plan->actions[i];
    }
    qsort(list, plan->count, sizeof *list, compare_from);
    for (size_t i = 1; i < plan->count; i++) {
        if (compare_from(&list[i - 1], &list[i]) == 0) {
            return refuse(plan, list[i], "has the source of another line", err);
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (survivor_goes(list, plan->count, &plan->actions[i])) {
            return refuse(plan, &plan->actions[i], "names a survivor that goes itself", err);
        }
        if (gives_elsewhere(plan, &plan->actions[i])) {
            return refuse(plan, &plan->actions[i], "gives to a line that is not its survivor's",
                          err);
        }
    }
    return IE_OK;
}
