// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The stage where networks look at prepared photos, several at a time. Batches are formed in scan
 * order and of what is near in it, whatever order the workers end in: so the same photos share a
 * batch for any number of threads. A batch that does not fill up runs when the photos have gone on
 * by twice its size. Belongs to one thread.
 */
#ifndef IE_ENGINE_INFER_H
#define IE_ENGINE_INFER_H

#include "engine/worker.h"

/* Photos under way at most, in the whole pipeline. */
#define IE_UNDER_WAY 1024

typedef struct ie_infer ie_infer;

/* One photo on its way through the stage; the caller's memory. */
typedef struct ie_inference {
    uint64_t number; /* in scan order, without gaps, from 0 */
    ie_photo *photo;
    ie_prepared prepared[IE_MAX_ANALYZERS];
    unsigned left; /* the stage's: how many analyzers have yet to look */
} ie_inference;

/* `done` gets each photo once, when everything has looked at it. */
typedef void (*ie_infer_done_fn)(void *user, ie_inference *inference);
/* Asked before each batch: shall it be left out, because the run ends? */
typedef bool (*ie_infer_stop_fn)(void *user);

/* `worker` is the stage's own and stays the caller's. */
ie_infer *ie_infer_new(ie_worker *worker, const ie_config *config, ie_infer_done_fn done,
                       ie_infer_stop_fn stop, void *user);
/* Every photo passes here, those with nothing prepared, too, in any order, fewer than IE_UNDER_WAY
   apart. */
void ie_infer_add(ie_infer *infer, ie_inference *inference);
/* Runs what waits. Photos before a gap only; what lies behind one is done without having been
   looked at. */
void ie_infer_end(ie_infer *infer);
void ie_infer_free(ie_infer *infer);

/* Does any of these facts come from such an analyzer? */
bool ie_infer_needed(unsigned wanted);
/* How many photos may be under way so that batches fill up and prepared pictures take bounded
   memory. */
unsigned ie_infer_window(const ie_config *config, unsigned wanted);

#endif
