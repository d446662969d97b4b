// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/meta_box.h"

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
