// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Progress on standard error: a bar of one line on a terminal, redrawn at most ten times a second
 * and erased before anything else is printed; or one JSON object a line; or nothing. The engine
 * calls back one call at a time, so a bar needs no lock.
 */
#ifndef IE_CLI_PROGRESS_H
#define IE_CLI_PROGRESS_H

#include "imgengine.h"

typedef struct ie_bar ie_bar;

/* `mode` is auto (a bar when standard error is a terminal), bar, json or none; NULL is auto. */
ie_status ie_bar_new(const char *mode, bool quiet, ie_bar **ret_bar, ie_error *err) IE_MUST_CHECK;
void ie_bar_free(ie_bar *bar); /* erases it; NULL is fine */
void ie_bar_update(ie_bar *bar, const ie_progress *progress);
/* Takes the bar off the screen so that something can be printed; the next update draws it again. */
void ie_bar_erase(ie_bar *bar);
const char *ie_stage_name(ie_stage stage); /* "scan" … */

#endif
