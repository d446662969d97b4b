// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The likeness of a picture: what a conversion is proven by. Luma as means over squares of 1, 2 or
 * 4 pixels, the larger the picture, and the two chroma of JFIF as means over squares of 8 x 8
 * samples of that luma. It is made of rows as they come from a decoder, so that no picture need lie
 * in memory. JPEGs and WebPs give it without becoming RGB: a JPEG's 1/4 decode has the same
 * squares. Two likenesses of one picture are of one size. A maker belongs to one thread.
 */
#ifndef IE_STORAGE_LIKENESS_H
#define IE_STORAGE_LIKENESS_H

#include <stddef.h>

#include "storage/jpeg_file.h"

#define IE_LIKENESS_CELL 8 /* samples of luma that a sample of chroma stands for, across and down */

typedef struct ie_likeness {
    uint32_t width, height;               /* of luma */
    uint32_t chroma_width, chroma_height; /* 0: the picture is grey */
    uint8_t *luma, *chroma[2];            /* Cb, Cr, 128 being neutral */
} ie_likeness;

void ie_likeness_clear(ie_likeness *likeness);

/* By how much pictures of this size are reduced: 1, 2 or 4. 4 where a JPEG's walk (jpeg_dc.h) is
   worth its while and fine detail still shows; else so that the longer side stays about a thousand.
 */
uint32_t ie_likeness_shrink(uint32_t width, uint32_t height);

/* How alike two pictures are, at most 1: the lesser of the SSIM of luma (storage/ssim.h) and the
   likeness of colours. That is (2 ab + C) / (aa + bb + C), SSIM's form about neutral, for a and b
   the chroma of 8 x 8 samples, 4 apart, C as SSIM's C2; its mean. So hue and saturation count by
   their size, and a tint of a level or two hardly does. False without memory. */
bool ie_likeness_compare(const ie_likeness *a, const ie_likeness *b,
                         double *ret_similarity) IE_MUST_CHECK;

/* Means over rectangles of rows of samples. */
typedef struct ie_means {
    uint32_t in_width, in_height, channels, across, down;
    uint32_t left_out, above_out; /* columns and rows that the first rectangles lack */
    uint32_t width, height; /* of what comes out */
    uint32_t rows_in;
    uint16_t *sums; /* of the columns of the rectangles that are being filled; NULL where they are
                       single samples */
    uint8_t *row;
} ie_means;

enum { IE_LUMA, IE_CB, IE_CR, IE_PARTS };

/* Zero it before; clear it, also after the end. */
typedef struct ie_likeness_maker {
    ie_likeness result;
    ie_jpeg_rows layout;
    uint8_t orientation;
    ie_means first;            /* rows to those of luma's size */
    ie_means cells;            /* these to chroma's */
    ie_means parts[IE_PARTS];  /* planes, each to its own */
    uint32_t luma_rows, chroma_rows[2];
} ie_likeness_maker;

/* For rows of all the picture as stored, reduced by `done` already (1: not; else what
   ie_likeness_shrink() says, of a picture that lies upright). The likeness is turned upright by
   EXIF orientation 1..8: its squares begin where they would if the picture had been turned before.
 */
bool ie_likeness_begin(ie_likeness_maker *maker, ie_jpeg_rows layout, uint32_t width,
                       uint32_t height, uint32_t done, uint8_t orientation);
void ie_likeness_add(ie_likeness_maker *maker, const uint8_t *row);
/* For planes of an upright picture, whose samples are `across` x `down` pixels each: IE_LUMA's and,
   unless grey, both chromas'. False also when the squares do not fit these, or one of them is 0. */
bool ie_likeness_begin_planes(ie_likeness_maker *maker, uint32_t width, uint32_t height,
                              const uint32_t across[IE_PARTS], const uint32_t down[IE_PARTS],
                              bool gray);
/* How many samples, across and down, a JPEG's block of luma (sides[0]) and one of chroma, of which
   a sample covers `columns` x `rows` of luma's, must show for the likeness of such a picture.
   False: no block shows so much. */
bool ie_likeness_sides(uint32_t width, uint32_t height, uint32_t columns, uint32_t rows,
                       unsigned ret_sides[2]);
void ie_likeness_add_part(ie_likeness_maker *maker, int part, const uint8_t *row);
/* False: not all rows came, or no memory. */
bool ie_likeness_end(ie_likeness_maker *maker, ie_likeness *ret_likeness);
void ie_likeness_maker_clear(ie_likeness_maker *maker);

#endif
