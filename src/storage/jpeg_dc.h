// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Small planes of a JPEG from its entropy-coded data alone: luma at 1/8 from the DC coefficients
 * and, on the same walk, luma at 1/4 and chroma at 1/8 of its own size. Luma is equal in each byte
 * to libjpeg-turbo's grey decodes at 1/8 and 1/4, chroma to what its 1x1 inverse DCT would give, in
 * half of their time: entropy decoding is what a reduced decode costs, and a look-up that skips
 * several AC coefficients at once, or gives one with its value, is what libjpeg does not have.
 *
 * It knows the usual JPEG only: Huffman, 8 bits, grey or YCbCr, luma at full resolution; sequential
 * in one scan, or progressive. All else, and all that is in any way wrong, is "not for us": the
 * caller then asks libjpeg-turbo, which decodes it or says what is wrong with it. So a yes to a
 * sequential file means that libjpeg-turbo would have accepted it to its end-of-image marker
 * without a complaint that costs picture data. A progressive file's AC scans are only stepped over
 * (that is 30 times faster; there is no 1/4 then): it is whole, but damage within them stays
 * unseen. A no means nothing.
 *
 * Invariants: no byte outside [bytes, bytes + size) is read; a sequential file allocates nothing, a
 * progressive one 2 bytes a sample of the planes, after the limit on pixels; the planes are written
 * only inside their width x height; time is bounded by the file's size (see jpeg_walk.h for the
 * scan's own). One ie_jpeg_dc belongs to one thread and keeps its tables from photo to photo.
 */
#ifndef IE_STORAGE_JPEG_DC_H
#define IE_STORAGE_JPEG_DC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ie_jpeg_dc ie_jpeg_dc;

typedef struct ie_jpeg_dc_facts {
    uint32_t width, height;             /* of the picture as stored */
    uint32_t plane_width, plane_height; /* 1/8 of it, rounded up */
    uint32_t quarter_width,
        quarter_height; /* 1/4 of it, rounded up; 0: there is none (progressive) */
    uint32_t chroma_width, chroma_height;   /* 0: there is none (grey, odd sampling) */
    uint32_t chroma_columns,
        chroma_rows; /* 1..4: samples of luma at 1/8 that a sample of chroma covers */
    uint16_t dc_quantiser;              /* of luma, for ie_jpeg_dc_bias() */
    bool gray, progressive;
} ie_jpeg_dc_facts;

ie_jpeg_dc *ie_jpeg_dc_new(void);
void ie_jpeg_dc_free(ie_jpeg_dc *dc); /* NULL is fine */

/* Reads the header. NULL: it is for us, the facts are filled, and `bytes` must stay for the read;
   else why it is not (static, for tests and figures). */
const char *ie_jpeg_dc_open(ie_jpeg_dc *dc, const uint8_t *bytes, size_t size, uint64_t max_pixels,
                            ie_jpeg_dc_facts *ret_facts);
/* Where the samples go, rows packed; NULL: not wanted. Luma always is; what has no size must not
   be. */
typedef struct ie_jpeg_planes {
    uint8_t *luma, *quarter, *chroma[2]; /* Cb, Cr: both or none */
} ie_jpeg_planes;

/* After an open that gave NULL. NULL: done; else why not, and the planes hold anything. */
const char *ie_jpeg_dc_read(ie_jpeg_dc *dc, const ie_jpeg_planes *planes);

/* All coefficients of a sequential file instead, quantised, a row of MCUs at a time: begin after an
   open that gave NULL, then as many rows as there are, then end, whose NULL is the yes (and says
   that no coded data is left over, which libjpeg warns of, too). A row of
   MCUs is, of component i, down[i] rows of across[i] blocks (whole MCUs, also beyond the picture),
   packed; it goes to rows[i], coefficients row by row. The components that are not there have 0. */
void ie_jpeg_dc_blocks(const ie_jpeg_dc *dc, uint32_t ret_across[3], uint32_t ret_down[3],
                       uint32_t *ret_rows);
/* By coefficient, row by row. */
void ie_jpeg_dc_quantisers(const ie_jpeg_dc *dc, int component, uint16_t ret_quantisers[64]);
/* `chroma_samples`: of chroma only what its DC coefficients show, a sample a block, goes to
   samples[0] and samples[1] (NULL else) instead, and its rows are not touched. */
const char *ie_jpeg_dc_begin_blocks(ie_jpeg_dc *dc, bool chroma_samples);
const char *ie_jpeg_dc_next_blocks(ie_jpeg_dc *dc, int16_t (*const rows[3])[64],
                                   uint8_t *const samples[2]);
const char *ie_jpeg_dc_end_blocks(ie_jpeg_dc *dc);

#endif
