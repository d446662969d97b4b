// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "utils/memory.h"

typedef struct slot {
    void *item;
    size_t bytes;
} slot;

struct ie_queue {
    pthread_mutex_t lock;
    pthread_cond_t not_full, not_empty;
    size_t max_items, max_bytes;
    size_t first, count, bytes;
    bool closed;
    slot slots[];
};

ie_queue *ie_queue_new(size_t max_items, size_t max_bytes)
{
    ie_queue *queue = ie_alloc(sizeof *queue + max_items * sizeof(slot));
    queue->max_items = max_items;
    queue->max_bytes = max_bytes;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    return queue;
}

void ie_queue_free(ie_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->not_full);
    pthread_cond_destroy(&queue->not_empty);
    free(queue);
}

static bool is_full(const ie_queue *queue, size_t bytes)
{
    if (queue->count == queue->max_items) {
        return true;
    }
    return queue->count > 0 && queue->bytes + bytes > queue->max_bytes;
}

bool ie_queue_push(ie_queue *queue, void *item, size_t bytes)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && is_full(queue, bytes)) {
        pthread_cond_wait(&queue->not_full, &queue->lock);
    }
    bool open = !queue->closed;
    if (open) {
        queue->slots[(queue->first + queue->count) % queue->max_items] = (slot){item, bytes};
        queue->count++;
        queue->bytes += bytes;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

void *ie_queue_pop(ie_queue *queue)
{
    void *item = NULL;
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == 0) {
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    }
    if (queue->count > 0) {
        slot taken = queue->slots[queue->first];
        queue->first = (queue->first + 1) % queue->max_items;
        queue->count--;
        queue->bytes -= taken.bytes;
        item = taken.item;
        /* Waiting pushers may differ in size: wake them all. */
        pthread_cond_broadcast(&queue->not_full);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void ie_queue_close(ie_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_full);
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}
