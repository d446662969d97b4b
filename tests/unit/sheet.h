// SPDX-License-Identifier: GPL-3.0-or-later
/* Made pages for tests of what is read on them: lines of digits. */
#ifndef TESTS_SHEET_H
#define TESTS_SHEET_H

#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/photo.h"
#include "storage/resample.h"

#define SHEET_WIDTH 600
#define SHEET_HEIGHT 840
#define ACROSS 30 /* digits */
#define DOWN 24

/* A page in memory with what is known of it. */
typedef struct sheet {
    ie_pixels pixels;
    ie_sketch sketch;
} sheet;

static inline void bar(uint8_t *data, int x, int y, int width, int height)
{
    for (int i = 0; i < width * height; i++) {
        data[(y + i / width) * SHEET_WIDTH + x + i % width] = 30;
    }
}

/* Of seven bars; 9 by 15 samples. */
static inline void digit(uint8_t *data, int x, int y, int value)
{
    static const uint8_t lit[10] = {0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b, 0x25, 0x7f, 0x6f};
    static const int bars[7][4] = {{0, 0, 9, 2}, {0, 0, 2, 8}, {7, 0, 2, 8}, {0, 7, 9, 2},
                                   {0, 7, 2, 8}, {7, 7, 2, 8}, {0, 13, 9, 2}};
    for (int i = 0; i < 7; i++) {
        if ((lit[value] >> i & 1) != 0) {
            bar(data, x + bars[i][0], y + bars[i][1], bars[i][2], bars[i][3]);
        }
    }
}

static inline sheet sheet_of(uint8_t *data, uint32_t width, uint32_t height)
{
    sheet s = {.pixels = {.data = data,
                          .width = width,
                          .height = height,
                          .channels = 1,
                          .extent_w = width,
                          .extent_h = height}};
    assert_true(ie_pixels_resize(&s.pixels, IE_SKETCH_SIDE, IE_SKETCH_SIDE, IE_FILTER_LANCZOS,
                                 s.sketch.gray));
    return s;
}

/* Lines of digits; the one at `other` (negative: none) is an 8 for a 6. */
static inline sheet write_page(int other)
{
    uint8_t *data = ie_alloc((size_t)SHEET_WIDTH * SHEET_HEIGHT);
    uint32_t random = 7;
    memset(data, 250, (size_t)SHEET_WIDTH * SHEET_HEIGHT);
    for (int i = 0; i < ACROSS * DOWN; i++) {
        random = random * 1664525 + 1013904223;
        int value = i == ACROSS * DOWN / 2 + 11 ? 6 : (int)(random >> 16) % 10;
        bool space = (random >> 24) % 4 == 0 && i != ACROSS * DOWN / 2 + 11;
        if (!space) {
            digit(data, 60 + i % ACROSS * 16, 70 + i / ACROSS * 30, i == other ? 8 : value);
        }
    }
    return sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
}

#define CHANGED (ACROSS * DOWN / 2 + 11)

#endif
