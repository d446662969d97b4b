// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/engine.h"

/* A few times what it takes to start threads and to wake them. */
#define WORTH_THREADS_S 0.01

typedef struct job {
    const ie_config *config;
    const volatile int *cancel;
    size_t count, together;
    void (*each)(void *user, ie_worker *worker, size_t index);
    void *user;
    atomic_size_t next;
} job;

/* Takes the next ones; false when there are none. */
static bool take(job *j, ie_worker *worker)
{
    size_t first;
    if ((j->cancel != NULL && *j->cancel != 0) ||
        (first = atomic_fetch_add(&j->next, j->together)) >= j->count) {
        return false;
    }
    size_t left = j->count - first, end = first + (left < j->together ? left : j->together);
    for (size_t i = first; i < end; i++) {
        j->each(j->user, worker, i);
    }
    return true;
}

static void *run(void *argument)
{
    job *j = argument;
    ie_worker *worker = ie_worker_new(j->config, NULL, NULL, NULL);
    while (take(j, worker)) {
    }
    ie_worker_free(worker);
    return NULL;
}

/* Whether what is left takes longer than threads are worth, as the first ones tell. */
static bool is_long(job *j, ie_worker *worker)
{
    if (j->together == 1) {
        return true; /* one alone may take a second */
    }
    double began = ie_seconds_now();
    take(j, worker);
    double left = (double)j->count / (double)j->together - 1;
    return (ie_seconds_now() - began) * left > WORTH_THREADS_S;
}

void ie_crew_run(const ie_config *config, const volatile int *cancel, size_t count,
                 void (*each)(void *user, ie_worker *worker, size_t index), void *user)
{
    ie_crew_share(config, cancel, count, 1, each, user);
}

void ie_crew_share(const ie_config *config, const volatile int *cancel, size_t count,
                   size_t together, void (*each)(void *user, ie_worker *worker, size_t index),
                   void *user)
{
    job j = {.config = config,
             .cancel = cancel,
             .count = count,
             .together = together,
             .each = each,
             .user = user};
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    unsigned extra = ie_worker_count(config) - 1;
    pthread_t *threads = ie_alloc((extra + 1) * sizeof *threads);
    extra = extra > 0 && together < count && is_long(&j, worker) ? extra : 0;
    unsigned started = 0;
    while (started < extra && (started + 1) * together < count &&
           pthread_create(&threads[started], NULL, run, &j) == 0) {
        started++;
    }
    while (take(&j, worker)) {
    }
    ie_worker_free(worker);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
}
