// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/item.h"

void ie_chain_add(ie_chain *chain, ie_item *take_item)
{
    if (chain->count == 0) {
        chain->end = &chain->first;
    }
    *chain->end = take_item;
    chain->end = &take_item->after;
    chain->count++;
    chain->bytes += take_item->size;
}

void ie_chain_push(ie_chain *chain, ie_queue *queue)
{
    if (chain->count > 0) {
        ie_queue_push(queue, chain->first, 1);
        *chain = (ie_chain){0};
    }
}
