// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A bounded queue of pointers between threads, bounded by items and by bytes, so that memory does
 * not grow with the collection. Any number of threads push and pop. A push waits while the queue is
 * full; one item is always let in, however large. close() ends it: pushes are refused, pops drain
 * what is there and then give NULL. One mutex guards everything; it is held for a few instructions
 * only.
 */
#ifndef IE_UTILS_QUEUE_H
#define IE_UTILS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ie_queue ie_queue;

ie_queue *ie_queue_new(size_t max_items, size_t max_bytes);
void ie_queue_free(
    ie_queue *queue); /* no thread may use it any more; items left inside are not freed */
/* False when the queue was closed; the item then still belongs to the caller. */
bool ie_queue_push(ie_queue *queue, void *item, size_t bytes);
/* The oldest item, now the caller's; NULL when closed and empty. */
void *ie_queue_pop(ie_queue *queue);
void ie_queue_close(ie_queue *queue);

#endif
