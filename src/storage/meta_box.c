// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/meta_box.h"

#include <stdlib.h>

#include "utils/memory.h"

#define MAX_BOXES 1024

bool ie_box_next(const ie_span *parent, uint64_t *at, ie_box *ret_box)
{
    const uint8_t *p = ie_span_at(parent, *at, 8);
    if (p == NULL) {
        return false;
    }
    uint64_t size = ie_be32(p), head = 8;
    uint32_t type = ie_be32(p + 4);
    if (size == 1) {
        p = ie_span_at(parent, *at, 16);
        size = p != NULL ? ie_be64(p + 8) : 0;
        head = 16;
    } else if (size == 0) { /* to the end */
        size = parent->size - *at;
    }
    if (size < head) {
        return false;
    }
    *ret_box = (ie_box){
        .type = type,
        .body = ie_span_part(parent, *at + head, size - head),
        .cut = size > parent->size - *at,
    };
    *at = ret_box->cut ? parent->size : *at + size;
    return true;
}

ie_span ie_box_find(const ie_span *parent, uint32_t type)
{
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < MAX_BOXES && ie_box_next(parent, &at, &box); i++) {
        if (box.type == type) {
            return box.body;
        }
    }
    return (ie_span){0};
}

bool ie_box_number(const ie_span *span, uint64_t *at, unsigned size, uint64_t *ret_value)
{
    *ret_value = 0;
    if (size == 0) {
        return true;
    }
    const uint8_t *p = ie_span_at(span, *at, size);
    if (p == NULL) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        *ret_value = *ret_value << 8 | p[i];
    }
    *at += size;
    return true;
}

typedef struct properties {
    ie_box *boxes;
    size_t count, left; /* `left`: how many may still be taken */
    ie_box_take *take;
    void *context;
} properties;

static size_t read_properties(const ie_span *ipco, ie_box boxes[IE_BOX_MAX_PROPERTIES])
{
    size_t count = 0;
    uint64_t at = 0;
    while (count < IE_BOX_MAX_PROPERTIES && ie_box_next(ipco, &at, &boxes[count])) {
        count++;
    }
    return count;
}

/* Of one item: `count` numbers at `at`, from 1. False: enough. */
static bool take_associations(properties *p, const ie_span *ipma, uint64_t at, uint64_t count,
                              unsigned size)
{
    uint64_t number;
    for (uint64_t i = 0; i < count && ie_box_number(ipma, &at, size, &number); i++) {
        number &= size == 2 ? 0x7fff : 0x7f;
        if (p->left == 0) {
            return false;
        }
        p->left--;
        if (number >= 1 && number <= p->count && !p->take(&p->boxes[number - 1], p->context)) {
            return false;
        }
    }
    return true;
}

bool ie_box_properties(const ie_span *iprp, uint64_t item, ie_box_take *take, void *context)
{
    ie_span ipco = ie_box_find(iprp, IE_BOX('i', 'p', 'c', 'o')),
            ipma = ie_box_find(iprp, IE_BOX('i', 'p', 'm', 'a'));
    const uint8_t *head = ie_span_at(&ipma, 0, 8);
    if (head == NULL) {
        return true;
    }
    const unsigned id_size = head[0] == 0 ? 2 : 4, size = head[3] & 1 ? 2 : 1;
    const uint64_t entries = ie_be32(head + 4);
    properties p = {.left = IE_BOX_MAX_ASSOCIATIONS, .take = take, .context = context};
    uint64_t at = 8, id, count;
    bool whole = true, more = true;
    p.boxes = ie_alloc(IE_BOX_MAX_PROPERTIES * sizeof *p.boxes);
    p.count = read_properties(&ipco, p.boxes);
    for (uint64_t i = 0; whole && more && i < entries; i++) {
        whole = ie_box_number(&ipma, &at, id_size, &id) && ie_box_number(&ipma, &at, 1, &count);
        more = !whole || id != item || take_associations(&p, &ipma, at, count, size);
        at += whole ? count * size : 0;
    }
    free(p.boxes);
    return whole;
}
