// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One worker's way with one photo: open, tell the format, run the analyzers that are wanted. A worker
 * belongs to one thread and keeps the analyzers' states and the frame buffers.
 */
#ifndef IE_ENGINE_WORKER_H
#define IE_ENGINE_WORKER_H

#include "analyzers/analyzer.h"

typedef struct ie_worker ie_worker;

/* Hears what a person should know that concerns no single photo; called on the worker's thread. */
typedef void (*ie_remark_fn)(void *user, const char *text);

/* The analyzers among `wanted` facts are opened lazily, when the first photo needs them. `remark` may be NULL. */
ie_worker *ie_worker_new(const ie_config *config, ie_remark_fn remark, void *user);
void ie_worker_free(ie_worker *worker);
/* Why the run must stop: a model that the configuration requires cannot be used. IE_OK: it need not. */
const ie_error *ie_worker_error(const ie_worker *worker);

/* Fills the `wanted` facts that the photo does not have yet; what fails becomes a fault of the photo.
   Formats in decode_formats (names; may be NULL) get IE_HAVE_QUALITY too. */
void ie_worker_analyze(ie_worker *worker, ie_photo *photo, unsigned wanted,
                       const ie_config_list *decode_formats);

/* How many threads the configuration asks for: processing.max_workers, 0 = one a core this process may use. */
unsigned ie_worker_count(const ie_config *config);

#endif
