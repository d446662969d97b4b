// SPDX-License-Identifier: GPL-3.0-or-later
/* dedupe --keep-apart, --forget-apart and --list-apart: what the user says is no duplicate. They
   make no plan. */
#ifndef IE_CLI_APART_H
#define IE_CLI_APART_H

#include "cli/options.h"

bool ie_wants_apart(const ie_options *options);
int ie_run_apart(const ie_options *options); /* the exit code */

#endif
