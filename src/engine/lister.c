// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/lister.h"

#include <pthread.h>
#include <stdlib.h>

#include "utils/queue.h"

/* Handed over together, because a hand-over costs more than listing a file. */
#define BATCH 64
#define BATCHES_AHEAD 8

typedef struct batch {
    size_t count, taken;
    ie_photo *photos[BATCH];
} batch;

struct ie_lister {
    ie_scan *scan;
    bool threaded;
    pthread_t thread;
    ie_queue *listed;
    batch *current; /* of the one who takes; NULL: none */
};

static void batch_free(batch *b)
{
    for (; b != NULL && b->taken < b->count; b->taken++) {
        ie_photo_free(b->photos[b->taken]);
    }
    free(b);
}

static batch *fill(ie_scan *scan)
{
    batch *b = ie_alloc(sizeof *b);
    while (b->count < BATCH && (b->photos[b->count] = ie_scan_next(scan)) != NULL) {
        b->count++;
    }
    return b;
}

static void *list(void *argument)
{
    ie_lister *lister = argument;
    for (bool more = true; more;) {
        batch *b = fill(lister->scan);
        more = b->count == BATCH;
        if (b->count == 0 || !ie_queue_push(lister->listed, b, 1)) {
            batch_free(b);
            break;
        }
    }
    ie_queue_close(lister->listed);
    return NULL;
}

ie_lister *ie_lister_start(ie_scan *scan)
{
    ie_lister *lister = ie_alloc(sizeof *lister);
    lister->scan = scan;
    lister->listed = ie_queue_new(BATCHES_AHEAD, SIZE_MAX);
    lister->threaded = pthread_create(&lister->thread, NULL, list, lister) == 0;
    return lister;
}

ie_photo *ie_lister_next(ie_lister *lister)
{
    if (!lister->threaded) {
        return ie_scan_next(lister->scan);
    }
    batch *b = lister->current;
    if (b == NULL || b->taken == b->count) {
        free(b);
        b = lister->current = ie_queue_pop(lister->listed);
    }
    return b != NULL ? b->photos[b->taken++] : NULL;
}

void ie_lister_stop(ie_lister *lister)
{
    ie_queue_close(lister->listed);
    if (lister->threaded) {
        pthread_join(lister->thread, NULL);
    }
    batch_free(lister->current);
    for (batch *b; (b = ie_queue_pop(lister->listed)) != NULL;) {
        batch_free(b);
    }
    ie_queue_free(lister->listed);
    free(lister);
}
