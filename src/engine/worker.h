// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One worker's way with one photo: open, tell the format, run the analyzers that are wanted. A
 * worker belongs to one thread and keeps the analyzers' states and the frame buffers.
 */
#ifndef IE_ENGINE_WORKER_H
#define IE_ENGINE_WORKER_H

#include "analyzers/analyzer.h"

typedef struct ie_worker ie_worker;

/* Hears what a person should know that concerns no single photo; called on the worker's thread. */
typedef void (*ie_remark_fn)(void *user, const char *text);

/* The analyzers among `wanted` facts are opened lazily, when the first photo needs them. `catalog`:
   path of the one that keeps what they compute once for all photos; NULL: none. `remark` may be
   NULL. */
ie_worker *ie_worker_new(const ie_config *config, const char *catalog, ie_remark_fn remark,
                         void *user);
void ie_worker_free(ie_worker *worker);
/* Why the run must stop: a model that the configuration requires cannot be used. IE_OK: it need
   not. */
const ie_error *ie_worker_error(const ie_worker *worker);

/* Fills the `wanted` facts that the photo does not have yet; what fails becomes a fault of the
   photo. Of formats in shape_formats (a bit each) the header is read, too: bits, alpha, frames. */
void ie_worker_analyze(ie_worker *worker, ie_photo *photo, unsigned wanted,
                       uint64_t shape_formats);

/* The same for photos whose files held equal bytes under their stamps; these are read once for all
   of them, from the first that is still so and can be read. */
void ie_worker_analyze_equals(ie_worker *worker, ie_photo *const *photos, size_t count,
                              unsigned wanted);

/* The same in two steps: what is best looked at several photos at a time is only prepared, and its
   facts are still missing. ret_prepared: by the analyzers' index, data NULL where there is nothing
   left to do. */
void ie_worker_prepare(ie_worker *worker, ie_photo *photo, unsigned wanted, uint64_t shape_formats,
                       ie_prepared ret_prepared[IE_MAX_ANALYZERS]);
/* How many photos the analyzer takes at once, at least 1. */
size_t ie_worker_batch(ie_worker *worker, size_t index);
/* Looks at `count` pictures of one size that any worker prepared for this analyzer. They stay the
   caller's. */
void ie_worker_infer(ie_worker *worker, size_t index, ie_photo **photos,
                     const ie_prepared *prepared, size_t count);

/* How many threads the configuration asks for: processing.max_workers, 0 = one a core this process
   may use. */
unsigned ie_worker_count(const ie_config *config);

#endif
