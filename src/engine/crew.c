// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct job {
    const ie_config *config;
    const volatile int *cancel;
    size_t count;
    void (*each)(void *user, ie_worker *worker, size_t index);
    void *user;
    atomic_size_t next;
} job;

static void *run(void *argument)
{
    job *j = argument;
    ie_worker *worker = ie_worker_new(j->config, NULL, NULL, NULL);
    size_t i;
    while ((j->cancel == NULL || *j->cancel == 0) &&
           (i = atomic_fetch_add(&j->next, 1)) < j->count) {
        j->each(j->user, worker, i);
    }
    ie_worker_free(worker);
    return NULL;
}

void ie_crew_run(const ie_config *config, const volatile int *cancel, size_t count,
                     void (*each)(void *user, ie_worker *worker, size_t index), void *user)
{
    job j = {.config = config, .cancel = cancel, .count = count, .each = each, .user = user};
    unsigned extra = ie_worker_count(config) - 1;
    pthread_t *threads = ie_alloc((extra + 1) * sizeof *threads);
    unsigned started = 0;
    while (started < extra && started + 1 < count &&
           pthread_create(&threads[started], NULL, run, &j) == 0) {
        started++;
    }
    run(&j);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
}
