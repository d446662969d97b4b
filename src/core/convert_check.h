// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Do the settings of a conversion mean anything together? Only what was asked for on the command
 * line is judged: a file of settings is for many runs, and what does not matter in one of them is
 * no mistake. Pure, thread-safe.
 */
#ifndef IE_CORE_CONVERT_CHECK_H
#define IE_CORE_CONVERT_CHECK_H

#include "core/config.h"

/* `copies`: into an output folder. IE_ERR_USAGE for what contradicts itself; what merely has no
   effect is told, a sentence each. */
ie_status ie_convert_check(const ie_config *config, bool copies,
                           void (*tell)(void *user, const char *text), void *user,
                           ie_error *err) IE_MUST_CHECK;

/* Was the setting asked for on the command line? */
bool ie_convert_asked(const ie_config *config, const char *key);

#endif
