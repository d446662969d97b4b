// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One photo on its way through the pipeline, and chains of such: what one stage hands to the next
 * at once, in scan order, because a hand-over costs more than finding a known photo. A chain is
 * linked by its items, so what is popped from a queue is the first of them. An item belongs to one
 * thread at a time.
 */
#ifndef IE_ENGINE_ITEM_H
#define IE_ENGINE_ITEM_H

#include "engine/infer.h"
#include "utils/queue.h"

/* Without a photo: the walk asks the commit to prepare. */
typedef struct ie_item {
    ie_inference look; /* first: the infer stage hands back pointers to it. Its number has no gaps,
                          unlike photo->sequence */
    uint64_t size;     /* when it was listed */
    bool cached;
    struct ie_item *after; /* of its chain; NULL: the last */
} ie_item;

/* Zero-initialised is empty. */
typedef struct ie_chain {
    ie_item *first, **end;
    size_t count;
    uint64_t bytes;
} ie_chain;

void ie_chain_add(ie_chain *chain, ie_item *take_item);
/* Pushes what is in it, if anything, as one; it is empty then. The queue must be open. */
void ie_chain_push(ie_chain *chain, ie_queue *queue);

#endif
