// SPDX-License-Identifier: GPL-3.0-or-later
/* Carrying a plan out and telling of it: what the planning commands and `apply` share. */
#ifndef IE_CLI_CMD_PLAN_H
#define IE_CLI_CMD_PLAN_H

#include "cli/session.h"
#include "imgengine.h"

/* Applies the plan; prints what failed, the summary and how to undo it; writes --report. `planned`
   is what planning counted (NULL for a saved plan): kinds of files and faults, which applying does
   not look at. ret_code gets the exit code of a finished run. */
ie_status ie_plan_carry_out(ie_session *session, ie_plan *plan, const ie_summary *planned,
                            int *ret_code, ie_error *err) IE_MUST_CHECK;
/* dedupe --report FILE.html is a page for a person; any other report is JSON, and tells how the run
   went. */
bool ie_wants_page(const ie_options *options);
/* NDJSON: each action, then the summary. */
void ie_plan_print_json(const ie_session *session, const ie_plan *plan, const ie_summary *summary);

#endif
