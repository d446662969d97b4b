// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_frame turns the rows of one decode into a source's views, so that a full colour frame never
 * exists: each row gives a row of luma and, as sums over squares, a part of the small RGB view.
 * Rows that are wanted smaller than they come (formats that cannot decode reduced) are averaged
 * over squares first. Belongs to one source and thread; buffers come from its scratch.
 */
#ifndef IE_STORAGE_FRAME_H
#define IE_STORAGE_FRAME_H

#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "storage/source.h"

/* Analysis view: a longer side above IE_GRAY_MAX is brought to IE_GRAY_SIDE. Between them it stays:
   1/4 of the usual 12 MP (4000 to 4096) is used as decoded. */
#define IE_GRAY_SIDE 1000
#define IE_GRAY_MAX 1024
#define IE_RGB_SIDE 256
/* What the luma view's shorter side has at least: at 1/8, whose samples are exact means; at 1/4;
   and at 1/2 or when halved. With less dHash would differ from the exact one by 2 bits in 2 to 5 of
   100 photos. */
#define IE_LUMA_SHORT_SIDE 300
#define IE_LUMA_SHORT_SIDE_FINER 350
#define IE_LUMA_SHORT_SIDE_HALF 400

typedef struct ie_frame {
    ie_scratch *scratch;
    unsigned views;
    bool exact;
    ie_jpeg_rows layout;
    uint32_t in_width, in_height; /* of the rows that come */
    uint32_t shrink;              /* squares averaged before all else; 1: none */
    uint32_t width, height;       /* after that: of luma */
    uint32_t block;               /* squares of the RGB view, in luma samples */
    uint32_t rows_in;             /* rows that came */
    uint32_t rows_done;           /* rows of luma */
    uint16_t *shrink_sums;        /* of the columns of the squares that are being filled */
    uint8_t *shrunk;
    uint16_t *block_sums;
    ie_pixels luma, gray, rgb, color;
} ie_frame;

/* How rows of in_width x in_height samples are taken, and what part of a sample the last row and
   column hold: extent is the picture's true size in samples. False without memory. */
bool ie_frame_begin(ie_frame *frame, ie_jpeg_rows layout, uint32_t in_width, uint32_t in_height,
                    double extent_w, double extent_h, uint32_t shrink);
void ie_frame_add(ie_frame *frame, const uint8_t *rows, uint32_t count);
/* Turns the views upright by EXIF orientation 1..8 and makes the analysis view. False without
   memory. */
bool ie_frame_end(ie_frame *frame, uint8_t orientation);
void ie_frame_clear(ie_frame *frame);

/* A buffer of the scratch, not zeroed, NULL without memory; given back it is kept for the next. */
void *ie_scratch_take(ie_scratch *scratch, size_t count, size_t size);
void ie_scratch_give(ie_scratch *scratch, void *memory); /* NULL is fine */
/* The scratch's own, with the tables of the photo before. */
ie_jpeg_dc *ie_scratch_jpeg_dc(ie_scratch *scratch);

#endif
