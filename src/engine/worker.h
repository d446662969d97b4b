// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One worker's way with one photo: open, tell the format, run the analyzers that are wanted. A worker
 * belongs to one thread and keeps the analyzers' states and the frame buffers.
 */
#ifndef IE_ENGINE_WORKER_H
#define IE_ENGINE_WORKER_H

#include "analyzers/analyzer.h"

typedef struct ie_worker ie_worker;

/* The analyzers among `wanted` facts are opened lazily, when the first photo needs them. */
ie_worker *ie_worker_new(const ie_config *config);
void ie_worker_free(ie_worker *worker);

/* Fills the `wanted` facts that the photo does not have yet; what fails becomes a fault of the photo.
   Formats in decode_formats (names; may be NULL) get IE_HAVE_QUALITY too. */
void ie_worker_analyze(ie_worker *worker, ie_photo *photo, unsigned wanted,
                       const ie_config_list *decode_formats);

/* How many threads the configuration asks for: processing.max_workers, 0 = one a core this process may use. */
unsigned ie_worker_count(const ie_config *config);

#endif
