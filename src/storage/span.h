// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_span: a stretch of bytes of a file (or of memory) whose every access is checked. The one way
 * in which the metadata readers look at bytes: nothing outside the span can be reached, and nothing
 * that is not asked for is read. Belongs to the thread of its ie_bytes.
 */
#ifndef IE_STORAGE_SPAN_H
#define IE_STORAGE_SPAN_H

#include "storage/bytes.h"

typedef struct ie_span {
    ie_bytes *bytes;
    uint64_t offset, size; /* in `bytes`; size 0: nothing */
    const uint8_t *data;   /* when all of it is in memory already, else NULL */
} ie_span;

/* `size` bytes at `at`; NULL when the span is shorter, size is 0, or reading fails. */
static inline const uint8_t *ie_span_at(const ie_span *span, uint64_t at, uint64_t size)
{
    if (size == 0 || at > span->size || size > span->size - at) {
        return NULL;
    }
    return span->data != NULL ? span->data + at
                              : ie_bytes_at(span->bytes, span->offset + at, (size_t)size);
}

/* The part [at, at + size) as far as the span has it: shorter, or of size 0, where it does not. */
static inline ie_span ie_span_part(const ie_span *span, uint64_t at, uint64_t size)
{
    if (at >= span->size) {
        return (ie_span){0};
    }
    uint64_t left = span->size - at;
    return (ie_span){
        .bytes = span->bytes,
        .offset = span->offset + at,
        .size = size < left ? size : left,
        .data = span->data != NULL ? span->data + at : NULL,
    };
}

static inline ie_span ie_span_memory(const void *memory, size_t size)
{
    return (ie_span){.size = size, .data = memory};
}

static inline uint16_t ie_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint16_t ie_le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t ie_be32(const uint8_t *p)
{
    return (uint32_t)ie_be16(p) << 16 | ie_be16(p + 2);
}

static inline uint32_t ie_le32(const uint8_t *p)
{
    return (uint32_t)ie_le16(p + 2) << 16 | ie_le16(p);
}

static inline uint64_t ie_be64(const uint8_t *p)
{
    return (uint64_t)ie_be32(p) << 32 | ie_be32(p + 4);
}

static inline uint64_t ie_le64(const uint8_t *p)
{
    return (uint64_t)ie_le32(p + 4) << 32 | ie_le32(p);
}

#endif
