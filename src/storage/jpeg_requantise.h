// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Coefficients of a JPEG taken from one quantiser to another, and the small picture that they show.
 * Decoding to samples and transforming those again gives the same but for the rounding of samples
 * to 8 bits, so that is left out: c becomes the whole number nearest to c from / to, halves away
 * from 0. Samples are those of libjpeg's reduced inverse transforms: 2x2 a block as
 * storage/jpeg_quarter.h has it (luma), 1x1 from DC (chroma). Pure, thread-safe.
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

#define IE_REQUANTISE_MOST 2047 /* up to there the transform fits 32 bits */

typedef struct ie_requantiser {
    int32_t from[64];
    float shares[64]; /* of the new quantisers: 1 / to */
} ie_requantiser;

/* Both in the order of the coefficients, `to` without zeros. */
void ie_requantiser_set(ie_requantiser *r, const uint16_t from[64], const uint16_t to[64]);

/* A row of blocks, in place. `quarter` gets two rows of two samples a block, `stride` apart. False:
   not for us, and the row holds anything. */
bool ie_requantise_luma(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                        uint8_t *quarter, size_t stride);
/* `eighth` gets a sample a block. */
bool ie_requantise_chroma(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                          uint8_t *eighth);

#endif
