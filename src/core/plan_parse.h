// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the files that read a plan (plan_parse*.c) share. Every byte of a plan is taken for hostile;
 * what is wrong with a line is the rest of the sentence "Line 7 of the plan …". Texts go into the
 * plan's arena.
 */
#ifndef IE_CORE_PLAN_PARSE_H
#define IE_CORE_PLAN_PARSE_H

#include "core/plan.h"

/* False: it is there, and no text. Absent: NULL. */
bool ie_plan_read_text(ie_plan *plan, const json_t *object, const char *key, const char **ret_text);
/* False: no integer from min to max; `absent` when there is none, which is judged, too. */
bool ie_plan_read_number(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t absent, int64_t *ret_value);
/* What a copy is stripped of; what is wrong, or NULL. */
const char *ie_plan_read_strip(const json_t *object, ie_action *action);
/* The action's tag edit; NULL `object`: none. What is wrong, or NULL. */
const char *ie_plan_read_tags(ie_plan *plan, const json_t *object, ie_action *action);

#endif
