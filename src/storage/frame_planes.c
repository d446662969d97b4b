// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/frame_planes.h"

#include <string.h>

#include "storage/ycc.h"

/* Interpolated chroma has so many bits of fraction across and down. */
#define FRACTION_BITS 6

typedef struct maker {
    ie_frame *frame;
    uint32_t color_side;
    ie_jpeg_dc_facts facts;
    ie_pixels eighth, quarter; /* of luma; data NULL: not there */
    ie_pixels chroma[2];
} maker;

static bool take(maker *m, ie_pixels *ret_plane, uint32_t width, uint32_t height, uint32_t channels)
{
    uint8_t *data = ie_scratch_take(m->frame->scratch, (size_t)width * channels, height);
    *ret_plane = (ie_pixels){.data = data, .width = width, .height = height, .channels = channels,
                             .extent_w = width, .extent_h = height, .softness = 1.0};
    return data != NULL;
}

static bool take_luma(maker *m, unsigned denominator)
{
    const ie_jpeg_dc_facts *facts = &m->facts;
    if (!take(m, &m->eighth, facts->plane_width, facts->plane_height, 1) ||
        (denominator == 4 &&
         !take(m, &m->quarter, facts->quarter_width, facts->quarter_height, 1))) {
        return false;
    }
    m->eighth.extent_w = facts->width / 8.0;
    m->eighth.extent_h = facts->height / 8.0;
    m->eighth.bias = ie_jpeg_dc_bias(facts->dc_quantiser);
    m->quarter.extent_w = facts->width / 4.0;
    m->quarter.extent_h = facts->height / 4.0;
    return true;
}

/* Are there the planes that the views are made of? */
static bool is_enough(const maker *m, unsigned denominator)
{
    const ie_jpeg_dc_facts *facts = &m->facts;
    unsigned views = m->frame->views;
    if (denominator == 4 && facts->quarter_width == 0) {
        return false;
    }
    if ((views & (IE_VIEW_RGB | IE_VIEW_COLOR)) == 0 || facts->gray) {
        return true;
    }
    uint32_t shorter =
        facts->chroma_width < facts->chroma_height ? facts->chroma_width : facts->chroma_height;
    return facts->chroma_width > 0 &&
           ((views & IE_VIEW_COLOR) == 0 || shorter >= m->color_side / 3);
}

static bool read_planes(maker *m, ie_jpeg_dc *dc, unsigned denominator)
{
    const ie_jpeg_dc_facts *facts = &m->facts;
    bool colors = (m->frame->views & (IE_VIEW_RGB | IE_VIEW_COLOR)) != 0 && !facts->gray;
    if (!is_enough(m, denominator) || !take_luma(m, denominator)) {
        return false;
    }
    for (int i = 0; colors && i < 2; i++) {
        if (!take(m, &m->chroma[i], facts->chroma_width, facts->chroma_height, 1)) {
            return false;
        }
    }
    ie_jpeg_planes planes = {.luma = m->eighth.data,
                             .quarter = m->quarter.data,
                             .chroma = {m->chroma[0].data, m->chroma[1].data}};
    return ie_jpeg_dc_read(dc, &planes) == NULL;
}

/* ---- the small RGB view ---- */

/* Adds row y of the luma's grid, in which a sample of `plane` is `columns` x `rows`. */
static void add_row(const ie_pixels *plane, uint32_t columns, uint32_t rows, uint32_t y,
                    uint32_t width, uint16_t *restrict sums)
{
    const uint8_t *row = plane->data + (size_t)(y / rows) * plane->width;
    if (columns == 1) {
        for (uint32_t x = 0; x < width; x++) {
            sums[x] = (uint16_t)(sums[x] + row[x]);
        }
        return;
    }
    for (uint32_t x = 0, within = 0; x < width; x++) {
        sums[x] = (uint16_t)(sums[x] + *row);
        within = within + 1 == columns ? 0 : within + 1;
        row += within == 0;
    }
}

static double mean_of(const uint16_t *sums, uint32_t columns, uint32_t rows)
{
    uint32_t sum = 0;
    for (uint32_t x = 0; x < columns; x++) {
        sum += sums[x];
    }
    return (double)sum / (columns * rows);
}

/* One row of squares, whose columns' sums are those of Y, Cb and Cr one after the other. */
static void put_squares(const maker *m, const ie_pixels *luma, const uint16_t *sums, uint32_t block,
                        uint32_t rows, uint8_t *out)
{
    uint32_t width = luma->width;
    for (uint32_t x = 0; x < width; x += block, out += 3) {
        uint32_t columns = width - x < block ? width - x : block;
        double y = mean_of(sums + x, columns, rows);
        if (m->facts.gray) {
            memset(out, ie_clipped(y), 3);
        } else {
            ie_ycc_means(y, mean_of(sums + width + x, columns, rows),
                         mean_of(sums + 2 * (size_t)width + x, columns, rows), out);
        }
    }
}

/* Means of squares, as ie_frame_add() makes them. No square is higher than the 257 rows that 16
   bits have room for: a JPEG's sides are up to 65,500. */
static bool make_rgb(maker *m)
{
    const ie_pixels *eighth = &m->eighth;
    uint32_t longer = eighth->width > eighth->height ? eighth->width : eighth->height;
    bool fine = longer < IE_RGB_SIDE && m->quarter.data != NULL;
    const ie_pixels *luma = fine ? &m->quarter : eighth;
    uint32_t columns = m->facts.chroma_columns * (fine ? 2 : 1),
             rows = m->facts.chroma_rows * (fine ? 2 : 1);
    longer = luma->width > luma->height ? luma->width : luma->height;
    uint32_t block = (longer + IE_RGB_SIDE - 1) / IE_RGB_SIDE, width = luma->width;
    ie_pixels *rgb = &m->frame->rgb;
    uint16_t *sums = ie_scratch_take(m->frame->scratch, width * (size_t)3, sizeof *sums);
    if (sums == NULL ||
        !take(m, rgb, (width + block - 1) / block, (luma->height + block - 1) / block, 3)) {
        ie_scratch_give(m->frame->scratch, sums);
        return false;
    }
    rgb->softness = 0.0;
    rgb->extent_w = luma->extent_w / block;
    rgb->extent_h = luma->extent_h / block;
    for (uint32_t top = 0, at = 0; top < luma->height; top += block, at++) {
        uint32_t count = luma->height - top < block ? luma->height - top : block;
        memset(sums, 0, width * (size_t)3 * sizeof *sums);
        for (uint32_t y = top; y < top + count; y++) {
            add_row(luma, 1, 1, y, width, sums);
            for (uint32_t c = 0; !m->facts.gray && c < 2; c++) {
                add_row(&m->chroma[c], columns, rows, y, width, sums + (c + 1) * (size_t)width);
            }
        }
        put_squares(m, luma, sums, block, count, rgb->data + (size_t)at * rgb->width * 3);
    }
    ie_scratch_give(m->frame->scratch, sums);
    return true;
}

/* ---- the colour frame ---- */

/* Between which samples of a plane, `step` times as coarse, the middle of sample `at` lies, and how
   near to the second one in FRACTION_BITS. */
static void place_of(uint32_t at, uint32_t step, uint32_t size, uint32_t *ret_first,
                     uint32_t *ret_second, int32_t *ret_share)
{
    uint32_t twice =
        2 * at + 1 +
        step; /* twice the distance, in fine samples, from the middle of the one before the first */
    uint32_t first = twice / (2 * step);
    *ret_share = (int32_t)((twice % (2 * step) << FRACTION_BITS) / (2 * step));
    *ret_second = first < size ? first : size - 1;
    *ret_first = first > 0 ? first - 1 : 0;
}

/* A row of one chroma at the luma's size, less 128, bilinear; `column` has room for a row of its
   own size. */
static void stretch(const ie_pixels *chroma, uint32_t columns, uint32_t rows, uint32_t y,
                    uint32_t width, int16_t *restrict column, int16_t *restrict out)
{
    uint32_t first, second;
    int32_t share;
    place_of(y, rows, chroma->height, &first, &second, &share);
    const uint8_t *upper = chroma->data + (size_t)first * chroma->width;
    const uint8_t *lower = chroma->data + (size_t)second * chroma->width;
    for (uint32_t x = 0; x < chroma->width; x++) {
        column[x] =
            (int16_t)((upper[x] - 128) * (1 << FRACTION_BITS) + (lower[x] - upper[x]) * share);
    }
    const int32_t half = 1 << (2 * FRACTION_BITS - 1);
    for (uint32_t r = 0; r < columns;
         r++) { /* every so many samples lie the same way: dividing for each is dear */
        place_of(r, columns, UINT32_MAX, &first, &second, &share);
        for (uint32_t x = r, at = second; x < width; x += columns, at++) {
            int32_t left = column[at > 0 ? at - 1 : 0],
                    right = column[at < chroma->width ? at : chroma->width - 1];
            int32_t value = left * (1 << FRACTION_BITS) + (right - left) * share;
            out[x] = (int16_t)((value + half) >> (2 * FRACTION_BITS));
        }
    }
}

static bool make_color(maker *m)
{
    bool fine = m->quarter.data != NULL;
    const ie_pixels *luma = fine ? &m->quarter : &m->eighth;
    uint32_t columns = m->facts.chroma_columns * (fine ? 2 : 1),
             rows = m->facts.chroma_rows * (fine ? 2 : 1);
    uint32_t width = luma->width;
    ie_pixels *color = &m->frame->color;
    int16_t *lines = ie_scratch_take(m->frame->scratch, width * (size_t)3, sizeof *lines);
    if (lines == NULL || !take(m, color, width, luma->height, 3)) {
        ie_scratch_give(m->frame->scratch, lines);
        return false;
    }
    color->softness = 0.0;
    color->extent_w = luma->extent_w;
    color->extent_h = luma->extent_h;
    for (uint32_t y = 0; y < luma->height; y++) {
        const uint8_t *row = luma->data + (size_t)y * width;
        uint8_t *out = color->data + (size_t)y * width * 3;
        if (m->facts.gray) {
            for (uint32_t x = 0; x < width; x++) {
                memset(out + (size_t)x * 3, row[x], 3);
            }
            continue;
        }
        int16_t *cb = lines + width, *cr = cb + width;
        stretch(&m->chroma[0], columns, rows, y, width, lines, cb);
        stretch(&m->chroma[1], columns, rows, y, width, lines, cr);
        for (uint32_t x = 0; x < width; x++) {
            ie_ycc_sample(row[x], cb[x], cr[x], out + (size_t)x * 3);
        }
    }
    ie_scratch_give(m->frame->scratch, lines);
    return true;
}

/* ---- all of them ---- */

/* Luma for the hashes and the grey view, which may be one. */
static void hand_over(maker *m)
{
    ie_frame *frame = m->frame;
    uint32_t shorter = m->eighth.width < m->eighth.height ? m->eighth.width : m->eighth.height;
    bool coarse = m->quarter.data == NULL || shorter >= IE_LUMA_SHORT_SIDE;
    if (!coarse) {
        frame->luma = m->quarter;
        m->quarter.data = NULL;
        return;
    }
    frame->luma = m->eighth;
    m->eighth.data = NULL;
    if (m->quarter.data != NULL && (frame->views & IE_VIEW_GRAY) != 0) {
        frame->gray = m->quarter;
        m->quarter.data = NULL;
    }
}

bool ie_frame_read_planes(ie_frame *frame, const uint8_t *data, size_t size, uint64_t max_pixels,
                          uint32_t color_side, unsigned denominator)
{
    maker m = {.frame = frame, .color_side = color_side};
    ie_jpeg_dc *dc = ie_scratch_jpeg_dc(frame->scratch);
    bool good = ie_jpeg_dc_open(dc, data, size, max_pixels, &m.facts) == NULL &&
                read_planes(&m, dc, denominator) &&
                ((frame->views & IE_VIEW_RGB) == 0 || make_rgb(&m)) &&
                ((frame->views & IE_VIEW_COLOR) == 0 || make_color(&m));
    if (good) {
        hand_over(&m);
    } else {
        ie_frame_clear(frame);
    }
    ie_scratch_give(frame->scratch, m.eighth.data);
    ie_scratch_give(frame->scratch, m.quarter.data);
    ie_scratch_give(frame->scratch, m.chroma[0].data);
    ie_scratch_give(frame->scratch, m.chroma[1].data);
    return good;
}
