// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a run came to: a summary table for people whose numbers add up, the same as a JSON object,
 * and the report, one JSON document with summary, remarks, faults and actions.
 */
#ifndef IE_CLI_REPORT_H
#define IE_CLI_REPORT_H

#include <stdio.h>

#include "cli/session.h"
#include "imgengine.h"
#include "utils/json.h"

typedef enum ie_tense {
    IE_TENSE_READ,
    IE_TENSE_PLANNED,
    IE_TENSE_DONE,
    IE_TENSE_UNDO_PLANNED,
    IE_TENSE_UNDONE
} ie_tense;

/* {"schema":"imgengine.summary/1","command":…,"found":…, …} */
json_t *ie_summary_json(const char *command, const ie_summary *summary);
/* `tense` decides what is said of files: only read, planned, done, or taken back. */
void ie_summary_print(const ie_summary *summary, ie_tense tense, FILE *out);
/* IE_EXIT_FAULTS when something about single photos went wrong, else IE_EXIT_DONE. */
int ie_summary_exit(const ie_summary *summary);

/* Writes {"schema":"imgengine.report/1", …} to `path`. `plan` may be NULL; `take_faults` too. */
ie_status ie_report_write(const char *path, const ie_session *session, const ie_summary *summary,
                          const ie_plan *plan, json_t *take_faults, ie_error *err) IE_MUST_CHECK;

#endif
