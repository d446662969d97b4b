// SPDX-License-Identifier: GPL-3.0-or-later
/* Boxes of ISO base media files (ISO/IEC 14496-12): size, type, body; nested. */
#ifndef IE_STORAGE_META_BOX_H
#define IE_STORAGE_META_BOX_H

#include "storage/span.h"

#define IE_BOX(a, b, c, d)                                                                         \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

typedef struct ie_box {
    uint32_t type;
    ie_span body; /* as far as the parent has it */
    bool cut;     /* the box says that it is longer than its parent */
} ie_box;

/* The box at *at, which then stands behind it; false at the end, or where there is no box. */
bool ie_box_next(const ie_span *parent, uint64_t *at, ie_box *ret_box);
/* The body of the first box of that type; size 0 when there is none. */
ie_span ie_box_find(const ie_span *parent, uint32_t type);
/* A big-endian number of 0 to 8 bytes at *at, which then stands behind it; 0 for no bytes. False
   when the span is shorter. */
bool ie_box_number(const ie_span *span, uint64_t *at, unsigned size, uint64_t *ret_value);

enum { IE_BOX_MAX_PROPERTIES = 1024, IE_BOX_MAX_ASSOCIATIONS = 4096 };

/* False: that was enough. */
typedef bool ie_box_take(const ie_box *property, void *context);

/* The properties of one item of a HEIF file, in its order (ISO/IEC 23008-12, 9.3): of the body of
   iprp. Each property box is read once, and no more than IE_BOX_MAX_ASSOCIATIONS are taken,
   whatever the file says. False: the table is cut short. */
bool ie_box_properties(const ie_span *iprp, uint64_t item, ie_box_take *take, void *context);

#endif
