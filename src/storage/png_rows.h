// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The rows of a usual PNG: 8 bits, grey or RGB, not interlaced, neither a palette nor transparent.
 * libdeflate unpacks it in one piece, in two fifths of zlib's time, and filters are undone as rows
 * are asked for (W3C PNG 3rd edition, 9). All of it is checked: each chunk's CRC, the Adler-32 of
 * the packed picture and its length, the filters. All else, and all that is in any way wrong, is
 * "not for us": libvips then decodes it or says that it does not decode.
 *
 * Every byte is hostile: sizes are compared before arithmetic, nothing is allocated for a picture
 * that its packed bytes cannot hold, and at most IE_PNG_MOST_BYTES of samples. One ie_png belongs
 * to one thread.
 */
#ifndef IE_STORAGE_PNG_ROWS_H
#define IE_STORAGE_PNG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IE_PNG_MOST_BYTES (256u << 20)

typedef struct ie_png ie_png;

typedef struct ie_png_facts {
    uint32_t width, height;
    uint8_t channels; /* 1 or 3 */
    bool has_icc;     /* an iCCP chunk */
    double per_mm[2]; /* pixels, across and down; 0: not said */
} ie_png_facts;

/* Reads what stands before the picture, which the first of a file's bytes may be enough for. False:
   not for us. */
bool ie_png_look(const uint8_t *bytes, size_t size, uint64_t max_pixels, ie_png_facts *ret_facts);
/* Checks and unpacks all of it; the bytes are not needed after. NULL: not for us. */
ie_png *ie_png_open(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                    ie_png_facts *ret_facts);
/* The next row, packed, valid until close. NULL: it is damaged, or there are no more. */
const uint8_t *ie_png_row(ie_png *png);
void ie_png_close(ie_png *png); /* NULL is fine */

#endif
