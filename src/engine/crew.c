// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct job {
    const ie_config *config;
    const volatile int *cancel;
    size_t count, together;
    void (*each)(void *user, ie_worker *worker, size_t index);
    void *user;
    atomic_size_t next;
} job;

static void *run(void *argument)
{
    job *j = argument;
    ie_worker *worker = ie_worker_new(j->config, NULL, NULL, NULL);
    size_t first;
    while ((j->cancel == NULL || *j->cancel == 0) &&
           (first = atomic_fetch_add(&j->next, j->together)) < j->count) {
        size_t left = j->count - first, end = first + (left < j->together ? left : j->together);
        for (size_t i = first; i < end; i++) {
            j->each(j->user, worker, i);
        }
    }
    ie_worker_free(worker);
    return NULL;
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
    unsigned extra = ie_worker_count(config) - 1;
    pthread_t *threads = ie_alloc((extra + 1) * sizeof *threads);
    unsigned started = 0;
    while (started < extra && (started + 1) * together < count &&
           pthread_create(&threads[started], NULL, run, &j) == 0) {
        started++;
    }
    run(&j);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
}
