// SPDX-License-Identifier: GPL-3.0-or-later
/* Which photos form which unit, as an index over a proposal's photos. Built by counting,
   in O(n). */
#ifndef IE_PROCESSORS_MEMBERS_H
#define IE_PROCESSORS_MEMBERS_H

#include "processors/processor.h"

typedef struct ie_members {
    size_t units;
    /* units + 1: unit u's members are member[start[u]] .. member[start[u + 1] - 1] */
    size_t *start;
    size_t *member; /* indices of photos, in scan order within a unit */
    size_t *leader; /* units: index of the photo that names the unit */
} ie_members;

/* IE_ERR_INTERNAL when a unit number is not below the number of photos. */
ie_status ie_members_init(ie_members *members, const ie_proposal *proposal,
                          ie_error *err) IE_MUST_CHECK;
void ie_members_clear(ie_members *members);

#endif
