// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One block of a sequential JPEG at 1/4 of its size: four samples, equal in each bit to those of
 * libjpeg's reduced inverse DCT (jidctred.c, jpeg_idct_2x2), for storage/jpeg_walk only. That
 * transform looks at the 25 coefficients whose row and column are each one of 0, 1, 3, 5, 7, so
 * they are never stored: as a coefficient is decoded, what it adds to its column's even part (row
 * 0) or odd part (the others) is summed up. With p for a dequantised coefficient and the
 * transform's weights in 13 bits of fraction,
 *
 *   even[c] = p[0][c] 2^15      odd[c] = sum over r of p[r][c] K[r]      K = {1: 3.6245, 3:
 * -1.2728, 5: 0.8504, 7: -0.7210} upper[c], lower[c] = (even[c] +- odd[c] + 2^12) >> 13 left, right
 * = 128 + ((row[0] 2^15 +- sum over c of row[c] K[c] + 2^19) >> 20), cut to 0..255
 *
 * Sums of products have no rounding, so it does not matter in which order they are made.
 *
 * A dequantised coefficient that takes more than 16 bits, or an even or odd part above
 * IE_QUARTER_MOST, is "not for us": up to there all of the above fits 32 bits and, where libjpeg's
 * vector code has 16, those; beyond it implementations differ. Pictures stay far below: 8 bits a
 * sample give at most 1,400 and 50 million.
 */
#ifndef IE_STORAGE_JPEG_QUARTER_H
#define IE_STORAGE_JPEG_QUARTER_H

#include <stddef.h>

#include "storage/jpeg_bits.h"
#include "storage/jpeg_huffman.h"

#define IE_QUARTER_MOST 100000000u

/* Where a coefficient lies, row by row, by its place in zigzag order (T.81, figure A.6). */
extern const uint8_t ie_jpeg_natural[64];

/* AC look-up: what the next IE_VALUE_BITS bits hold, see jpeg_quarter.c. */
#define IE_VALUE_BITS 13

typedef struct ie_value_table {
    ie_canonical canonical;
    uint32_t fast[1 << IE_VALUE_BITS];
} ie_value_table;

/* As ie_ac_table_set(). */
bool ie_value_table_set(ie_value_table *table, const ie_huffman *huffman);

/* What a coefficient at a zigzag position is worth. */
typedef struct ie_quarter_weight {
    int32_t weight; /* quantiser times the transform's; 0 where it does not look */
    int16_t most;   /* the largest quantised value that is for us */
    uint8_t sum;    /* which it adds to */
} ie_quarter_weight;

typedef struct ie_quarter_scale {
    ie_quarter_weight weights[64];
    bool coarse; /* a value from the look-up can be beyond `most` */
} ie_quarter_scale;

/* `quantisers` in zigzag order. */
void ie_quarter_scale_set(ie_quarter_scale *scale, const uint16_t quantisers[64]);

/* Decodes the AC coefficients into `block`, rows by rows, which holds zeros for them. False: not
   for us. */
bool ie_values_block(ie_bits *bits, const ie_value_table *table, int16_t block[64]);

/* Decodes the AC coefficients and writes out[0], out[1], out[stride], out[stride + 1]. False: not
   for us. */
bool ie_quarter_block(ie_bits *bits, const ie_value_table *table, const ie_quarter_scale *scale,
                      int32_t dc, uint8_t *out, size_t stride);

#endif
