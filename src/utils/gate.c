// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/gate.h"

#include <pthread.h>
#include <stdlib.h>

#include "utils/memory.h"

struct ie_gate {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned places;
};

ie_gate *ie_gate_new(unsigned places)
{
    ie_gate *gate = ie_alloc(sizeof *gate);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->freed, NULL);
    gate->places = places;
    return gate;
}

void ie_gate_free(ie_gate *gate)
{
    if (gate != NULL) {
        pthread_mutex_destroy(&gate->lock);
        pthread_cond_destroy(&gate->freed);
        free(gate);
    }
}

bool ie_gate_try(ie_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    bool entered = gate->places > 0;
    gate->places -= entered;
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

void ie_gate_enter(ie_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->places == 0) {
        pthread_cond_wait(&gate->freed, &gate->lock);
    }
    gate->places--;
    pthread_mutex_unlock(&gate->lock);
}

void ie_gate_leave(ie_gate *gate, unsigned places)
{
    pthread_mutex_lock(&gate->lock);
    gate->places += places;
    /* Each of several who wait may find a place. */
    pthread_cond_broadcast(&gate->freed);
    pthread_mutex_unlock(&gate->lock);
}
