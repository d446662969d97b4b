// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * In which order a plan is carried out. Actions of one unit form a group; a group waits for the one
 * that frees a name it wants, and a file that others name as their survivor stays until those are
 * proven. Units that wait for each other in a circle (a → b, b → a) become one group, whose files
 * are moved aside first; so do a survivor and the duplicates that give it what only they say
 * (ie_action.gives). Groups are done in order; each is carried out completely or not at all. Pure.
 */
#ifndef IE_ENGINE_ORDER_H
#define IE_ENGINE_ORDER_H

#include "core/plan.h"

typedef struct ie_group {
    size_t first, count; /* into ie_order.actions */
    size_t after;        /* groups [0, after) hold all that it waits for */
    bool parks;          /* a name it wants is held by one of its own files */
} ie_group;

typedef struct ie_order {
    size_t *actions; /* indices into plan->actions: those that are work */
    ie_group *groups;
    size_t group_count;
} ie_order;

void ie_order_make(const ie_plan *plan, ie_order *ret_order);
void ie_order_free(ie_order *order);

#endif
