// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "core/unit.h"
#include "processors/naming.h"
#include "utils/text.h"

static const char *below_root(const ie_proposal *proposal, const ie_photo *photo)
{
    const char *root = proposal->roots != NULL ? proposal->roots[photo->root] : NULL;
    if (root == NULL || !ie_path_below(photo->real_path, root) ||
        strcmp(photo->real_path, root) == 0) {
        return ie_path_base(photo->real_path);
    }
    const char *rest = photo->real_path + strlen(root);
    return *rest == '/' ? rest + 1 : rest;
}

static char *present_stem(const ie_naming *naming, size_t unit, uint32_t number, char **ret_row)
{
    (void)number;
    (void)ret_row;
    const ie_proposal *proposal = naming->proposal;
    const ie_photo *leader = proposal->photos[naming->members->leader[unit]];
    char *stem = proposal->output != NULL
                     ? ie_path_join(proposal->output, below_root(proposal, leader))
                     : ie_strdup(leader->real_path);
    stem[strlen(stem) - strlen(ie_unit_suffix(leader->real_path, leader->real_path))] = 0;
    return stem;
}

/* In place, and each file by itself: nothing then needs another name. */
static bool all_stay(const ie_proposal *proposal)
{
    bool stay = proposal->output == NULL;
    for (size_t i = 0; stay && i < proposal->count; i++) {
        const ie_action *action = &proposal->plan->actions[i];
        stay = action->format == action->from_format && action->unit == i;
    }
    return stay;
}

ie_status ie_place_propose(ie_proposal *proposal, ie_error *err)
{
    ie_members members;
    if (all_stay(proposal)) {
        return IE_OK;
    }
    ie_status status = ie_members_init(&members, proposal, err);
    if (status == IE_OK) {
        ie_naming naming = {
            .proposal = proposal,
            .members = &members,
            .stem = present_stem,
        };
        status = ie_naming_run(&naming, err);
        ie_members_clear(&members);
    }
    return status;
}
