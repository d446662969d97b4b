// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/shift.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef struct hands {
    const ie_compare *compare;
    const ie_shift *shift;
    void (*each)(void *user, ie_worker *worker, size_t index);
    void *user;
    atomic_size_t done;
    pthread_t speaker;
    int64_t told_ms;
} hands;

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void tell(hands *h, size_t done)
{
    int64_t now = now_ms();
    if (h->compare->progress != NULL && (now - h->told_ms >= 50 || done == h->shift->count)) {
        const ie_progress progress = {
            .stage = h->shift->stage, .done = h->shift->before + done, .total = h->shift->total};
        h->told_ms = now;
        h->compare->progress(h->compare->user, &progress);
    }
}

static void run_one(void *user, ie_worker *worker, size_t index)
{
    hands *h = user;
    h->each(h->user, worker, index);
    size_t done = atomic_fetch_add(&h->done, 1) + 1;
    if (pthread_equal(h->speaker, pthread_self())) {
        tell(h, done);
    }
}

void ie_shift_run(const ie_compare *compare, const ie_shift *shift,
                  void (*each)(void *user, ie_worker *worker, size_t index), void *user)
{
    hands h = {
        .compare = compare, .shift = shift, .each = each, .user = user, .speaker = pthread_self()};
    if (shift->count > 0) {
        ie_crew_run(compare->config, compare->cancel, shift->count, run_one, &h);
        tell(&h, atomic_load(&h.done));
    }
}
