// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The rows of a usual TIFF: one picture of 8 bits, grey or RGB, in strips, not packed or by Deflate
 * or LZW. By libtiff, without libvips around it, whose start takes as long as a small photo. They
 * are read piece by piece, so that a file of tens of megabytes never lies in memory. All else, and
 * all that libtiff calls an error, is "not for us": libvips then decodes it or says that it does
 * not decode. One ie_tiff belongs to one thread.
 */
#ifndef IE_STORAGE_TIFF_ROWS_H
#define IE_STORAGE_TIFF_ROWS_H

#include "storage/bytes.h"
#include "utils/hash.h"

typedef struct ie_tiff ie_tiff;

typedef struct ie_tiff_facts {
    uint32_t width, height;
    uint8_t channels; /* 1 or 3 */
    double per_mm[2]; /* pixels, across and down; 0: not said */
    bool has_icc;
    ie_hash128 icc; /* of its profile */
} ie_tiff_facts;

/* NULL: not for us. `bytes` must stay until close. */
ie_tiff *ie_tiff_open(ie_bytes *bytes, uint64_t max_pixels, ie_tiff_facts *ret_facts);
/* The next row, packed, valid until the next call. NULL: it cannot be read, or there are no more.
 */
const uint8_t *ie_tiff_row(ie_tiff *tiff);
void ie_tiff_close(ie_tiff *tiff); /* NULL is fine */

#endif
