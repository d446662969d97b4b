// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Coefficients of a JPEG: the small picture that they show, and themselves taken from one quantiser
 * to another. Decoding to samples and transforming those again gives the same but for the rounding
 * of samples to 8 bits, so that is left out: c becomes the whole number nearest to c from / to,
 * halves either way. Samples are to the bit those of libjpeg's reduced inverse transforms
 * (jidctred.c), 4 x 4, 2 x 2 or 1 a block, and of its accurate one (jidctint.c), 8 x 8. With AVX2
 * where the processor has it, the same bits. Pure, thread-safe.
 *
 * Pictures of 8 bits have dequantised coefficients of at most 1,024 and half a quantiser. Where one
 * is beyond IE_REQUANTISE_MOST, or comes out beyond the 10 bits that baseline codes, the row is not
 * for us: samples would be cut to 0..255, so it must go by them.
 */
#ifndef IE_STORAGE_JPEG_REQUANTISE_H
#define IE_STORAGE_JPEG_REQUANTISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IE_REQUANTISE_MOST 1400 /* up to there the transforms fit 32 bits */

typedef struct ie_requantiser {
    int32_t from[64];
    float shares[64]; /* of the new quantisers: 1 / to */
} ie_requantiser;

/* Both in the order of the coefficients; `to` without zeros, or NULL for one that only shows. */
void ie_requantiser_set(ie_requantiser *r, const uint16_t from[64], const uint16_t to[64]);

/* Where a row of blocks shows its picture: `side` (8, 4, 2 or 1) rows, `stride` apart, of `side`
   samples a block. */
typedef struct ie_block_rows {
    uint8_t *rows;
    size_t stride;
    unsigned side;
} ie_block_rows;

/* A row of `count` blocks, in place. False: not for us, and the row holds anything. */
bool ie_requantise_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                       const ie_block_rows *out);
/* The same without AVX2, for tests. */
bool ie_requantise_row_plain(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                             const ie_block_rows *out);
/* What it shows only. */
bool ie_show_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                 const ie_block_rows *out);

#endif
