// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The marker segments of a Huffman JPEG (ITU-T T.81, annex B), for storage/jpeg_dc only: what
 * decoding its DC coefficients needs. Grey or three components, sequential or progressive, 8 bits;
 * anything else, and anything that libjpeg would complain of, gives a reason (static text) instead
 * of NULL. Nothing is allocated; no byte outside the file is read.
 */
#ifndef IE_STORAGE_JPEG_HEADER_H
#define IE_STORAGE_JPEG_HEADER_H

#include "storage/jpeg_walk.h"

typedef struct ie_jpeg_component {
    uint8_t id, h, v, quantiser;
} ie_jpeg_component;

typedef struct ie_jpeg_scan {
    int count;                           /* of components */
    uint8_t components[3], dc[3], ac[3]; /* which, ascending, and their tables */
    uint8_t first, last;                 /* coefficients */
    uint8_t high, low;                   /* bit positions: before and after */
} ie_jpeg_scan;

typedef struct ie_jpeg_header {
    ie_huffman dc[4], ac[4];
    uint16_t quantisers[4][64]; /* in zigzag order; the first 0: not defined */
    uint16_t width, height;
    uint32_t restart_interval;
    bool progressive;
    int count; /* of components; 0: no frame yet */
    ie_jpeg_component components[3];
    bool jfif, adobe;
    uint8_t adobe_transform;
    int scans;               /* met so far */
    ie_jpeg_scan scan;       /* the last one */
    const uint8_t *at, *end; /* its data, and the file's end */
} ie_jpeg_header;

/* From the start of the file to the first scan's data. */
const char *ie_jpeg_header_read(ie_jpeg_header *head, const uint8_t *bytes, size_t size);
/* From the marker at `at` to the next scan's data, or to the end of the image. */
const char *ie_jpeg_header_next(ie_jpeg_header *head, const uint8_t *at, bool *ret_ended);
/* Is luma stored as YCbCr or grey, by libjpeg's rules, and at full resolution? */
const char *ie_jpeg_header_check(const ie_jpeg_header *head);

#endif
