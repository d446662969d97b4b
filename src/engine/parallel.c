// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/worker.h"

typedef struct crew {
    const ie_parallel *parallel;
    atomic_size_t next;
    size_t end;
} crew;

static void *run_member(void *argument)
{
    crew *c = argument;
    const ie_parallel *p = c->parallel;
    size_t i;
    while ((p->cancel == NULL || *p->cancel == 0) && (i = atomic_fetch_add(&c->next, 1)) < c->end) {
        p->each(p->user, i);
    }
    return NULL;
}

void ie_parallel_run(const ie_parallel *parallel, size_t first, size_t end)
{
    crew c = {.parallel = parallel, .end = end};
    atomic_store(&c.next, first);
    size_t extra = ie_worker_count(parallel->config) - 1, started = 0;
    pthread_t *threads = ie_alloc((extra + 1) * sizeof *threads);
    while (started < extra && first + started + 1 < end &&
           pthread_create(&threads[started], NULL, run_member, &c) == 0) {
        started++;
    }
    run_member(&c);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
}
