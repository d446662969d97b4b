// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Makes the new bytes of a COPY or REPLACE in a temporary file: copied, or re-encoded with its
 * metadata carried over, then tagged; then proven good before anything is published: it decodes,
 * has the same geometry (turned where orientation was applied), and for tag-only changes the
 * picture is untouched. The source is opened read-only. The temporary file exists, is empty, and
 * lies where apply put it.
 */
#ifndef IE_ENGINE_DERIVE_H
#define IE_ENGINE_DERIVE_H

#include "core/config.h"
#include "core/plan.h"

/* Fills temp_path for the action. IE_ERR_UNSUPPORTED and IE_ERR_FORMAT concern this file only (a
   fault); other errors stop the run. The caller copies mode and times, syncs, publishes. */
ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path,
                    ie_error *err) IE_MUST_CHECK;

#endif
