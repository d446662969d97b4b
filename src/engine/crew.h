// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The same small job for each of many photos, on as many threads as the configuration asks for,
 * each with a worker of its own. Which thread gets which one is not said, so a job writes to its
 * own only.
 */
#ifndef IE_ENGINE_CREW_H
#define IE_ENGINE_CREW_H

#include "engine/worker.h"

/* Calls each(user, worker, i) for i in 0..count - 1; ends early, without a word, when *cancel (may
   be NULL) is set. The calling thread takes part, so one worker means no thread at all. */
void ie_crew_run(const ie_config *config, const volatile int *cancel, size_t count,
                 void (*each)(void *user, ie_worker *worker, size_t index), void *user);

/* The same, but each thread takes so many neighbours at a time, and none is started that would find
   nothing left, or where the first ones were done so soon that all will be before threads have
   woken up. */
void ie_crew_share(const ie_config *config, const volatile int *cancel, size_t count,
                   size_t together, void (*each)(void *user, ie_worker *worker, size_t index),
                   void *user);

#endif
