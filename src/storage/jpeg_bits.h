// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The bits of unstuffed entropy-coded data, first one topmost, for storage/jpeg_walk and
 * storage/jpeg_quarter only. Loads 8 bytes at a time: jpeg_walk.h says why they are always there.
 */
#ifndef IE_STORAGE_JPEG_BITS_H
#define IE_STORAGE_JPEG_BITS_H

#include <stdint.h>
#include <string.h>

typedef struct ie_bits {
    uint64_t buffer;     /* the next bits */
    unsigned left;       /* how many of them */
    const uint8_t *next; /* not yet in `buffer` */
} ie_bits;

/* To 56 bits or more. The bits below `left` are those of the byte at `next` already, or zeros. */
static inline void ie_bits_refill(ie_bits *bits)
{
    uint64_t word;
    memcpy(&word, bits->next, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    bits->buffer |= word >> bits->left;
    bits->next += (63 - bits->left) >> 3;
    bits->left |= 56;
}

static inline void ie_bits_drop(ie_bits *bits, unsigned count)
{
    bits->buffer <<= count;
    bits->left -= count;
}

/* The value of `size` (0..15) bits that end `whole` (1..31) bits further on (T.81, F.2.2.1,
   EXTEND). */
static inline int32_t ie_bits_value(const ie_bits *bits, unsigned whole, unsigned size)
{
    int32_t ones = (int32_t)(1u << size) - 1;
    int32_t value = (int32_t)(bits->buffer >> (64 - whole)) & ones;
    return value <= ones >> 1 ? value - ones : value;
}

#endif
