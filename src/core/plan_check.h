// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What only a whole plan can tell of itself: no two actions have one source or one target, and no
 * file stays for another's sake that goes itself. A plan made by processors holds to it; one read
 * from a file must be asked. Pure.
 */
#ifndef IE_CORE_PLAN_CHECK_H
#define IE_CORE_PLAN_CHECK_H

#include "core/plan.h"

/* IE_ERR_FORMAT names the action's line in the plan's text. */
ie_status ie_plan_check(const ie_plan *plan, ie_error *err) IE_MUST_CHECK;

#endif
