// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/members.h"

#include <stdlib.h>

#include "core/unit.h"
#include "utils/error.h"

static void find_leaders(ie_members *members, const ie_proposal *proposal)
{
    ie_photo **photos = ie_alloc((proposal->count + 1) * sizeof *photos);
    for (size_t i = 0; i < proposal->count; i++) {
        photos[i] = proposal->photos[members->member[i]];
    }
    for (size_t u = 0; u < members->units; u++) {
        size_t start = members->start[u], count = members->start[u + 1] - start;
        if (count > 0) {
            members->leader[u] = members->member[start + ie_unit_leader(photos + start, count)];
        }
    }
    free(photos);
}

ie_status ie_members_init(ie_members *members, const ie_proposal *proposal, ie_error *err)
{
    size_t count = proposal->count, units = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t unit = proposal->photos[i]->unit;
        if (unit >= count) {
            return ie_error_set(err, IE_ERR_INTERNAL,
                                "Unit %u of %s is out of range; this is a bug.", unit,
                                ie_shown(proposal->photos[i]->path));
        }
        units = unit + (size_t)1 > units ? unit + (size_t)1 : units;
    }
    *members = (ie_members){
        .units = units,
        .start = ie_alloc((units + 2) * sizeof(size_t)),
        .member = ie_alloc((count + 1) * sizeof(size_t)),
        .leader = ie_alloc((units + 1) * sizeof(size_t)),
    };
    /* start[u + 1] first counts unit u - 1, then says where unit u goes on, at last where
       it ends. */
    size_t *next = members->start + 1;
    for (size_t i = 0; i < count; i++) {
        next[proposal->photos[i]->unit + 1]++;
    }
    for (size_t u = 0; u < units; u++) {
        next[u + 1] += next[u];
    }
    for (size_t i = 0; i < count; i++) {
        members->member[next[proposal->photos[i]->unit]++] = i;
    }
    find_leaders(members, proposal);
    return IE_OK;
}

void ie_members_clear(ie_members *members)
{
    free(members->start);
    free(members->member);
    free(members->leader);
    *members = (ie_members){0};
}
