// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Purge: frees what runs put into quarantine, and nothing else ever does. It works from the
 * journal: only files that a journal entry put into ROOT/.imgengine/quarantine/RUN/, that look as
 * they did then, and of which the picture is left elsewhere, by its bytes (survivor.h). The entries
 * of a group are freed together or not at all, so that undo never finds half a unit. A `purged`
 * line is durable before the first file goes; cut short, the same call again finishes.
 */
#ifndef IE_ENGINE_PURGE_H
#define IE_ENGINE_PURGE_H

#include "engine/apply.h"

/* One root. request->root is not looked at. Adds to *counts. on_run is called for each run that
   holds anything. */
ie_status ie_purge_root(const char *root, const ie_purge_request *request,
                        const ie_apply_options *options, ie_purge_fn on_run, ie_line_fn on_line,
                        void *user, ie_purge_counts *counts, ie_error *err) IE_MUST_CHECK;

#endif
