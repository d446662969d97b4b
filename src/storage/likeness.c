// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/likeness.h"

#include <stdlib.h>
#include <string.h>

#include "storage/frame.h"
#include "storage/ssim.h"
#include "storage/ycc.h"
#include "utils/memory.h"
#include "utils/wide.h"

#define NEUTRAL 128
#define MOST_ACROSS 256 /* samples of a rectangle one below the other that 16 bits can sum */

void ie_likeness_clear(ie_likeness *likeness)
{
    free(likeness->luma);
    free(likeness->chroma[0]);
    free(likeness->chroma[1]);
    *likeness = (ie_likeness){0};
}

uint32_t ie_likeness_shrink(uint32_t width, uint32_t height)
{
    uint32_t longer = width > height ? width : height, shorter = width > height ? height : width;
    if (shorter / 8 >= IE_LUMA_SHORT_SIDE || longer / 4 >= IE_GRAY_SIDE) {
        return shorter >= 4 ? 4 : 1;
    }
    return longer / 2 >= IE_GRAY_SIDE && shorter >= 2 ? 2 : 1;
}

/* ---- means -------------------------------------------------------------------------------- */

static uint32_t divided_up(uint32_t value, uint32_t divisor)
{
    return value / divisor + (value % divisor != 0);
}

/* Which of the picture as stored comes first when it lies upright (CIPA DC-008, 4.6.4 A). */
static bool from_right(uint8_t orientation)
{
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

static bool from_below(uint8_t orientation)
{
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

static bool means_begin(ie_means *m, uint32_t width, uint32_t height, uint32_t channels,
                        uint32_t across, uint32_t down, uint8_t orientation)
{
    *m = (ie_means){.in_width = width,
                    .in_height = height,
                    .channels = channels,
                    .across = across,
                    .down = down,
                    .width = divided_up(width, across),
                    .height = divided_up(height, down)};
    m->left_out = from_right(orientation) ? m->width * across - width : 0;
    m->above_out = from_below(orientation) ? m->height * down - height : 0;
    if (across == 1 && down == 1) {
        return true;
    }
    m->sums = ie_try_alloc((size_t)width * channels, sizeof *m->sums);
    m->row = ie_try_alloc((size_t)m->width * channels, 1);
    return m->sums != NULL && m->row != NULL && down <= MOST_ACROSS;
}

static void means_clear(ie_means *m)
{
    free(m->sums);
    free(m->row);
    *m = (ie_means){0};
}

IE_WIDE static void add_columns(const uint8_t *restrict row, size_t samples,
                                uint16_t *restrict sums, bool first)
{
    if (first) {
        for (size_t i = 0; i < samples; i++) {
            sums[i] = row[i];
        }
        return;
    }
    for (size_t i = 0; i < samples; i++) {
        sums[i] = (uint16_t)(sums[i] + row[i]);
    }
}

static uint8_t mean_of(const uint16_t *sums, uint32_t columns, uint32_t channels, uint32_t count)
{
    uint32_t sum = count / 2;
    for (uint32_t i = 0; i < columns; i++) {
        sum += sums[i * channels];
    }
    return (uint8_t)(sum / count);
}

/* Whole rectangles of a channel; apart, so that the compiler knows the commonest sizes. */
static inline __attribute__((always_inline)) void whole_means(const uint16_t *restrict sums,
                                                              uint32_t count, uint32_t channels,
                                                              uint32_t across, unsigned shift,
                                                              uint8_t *restrict out)
{
    for (uint32_t x = 0; x < count; x++) {
        for (uint32_t c = 0; c < channels; c++) {
            uint32_t sum = (1u << shift) >> 1;
            for (uint32_t i = 0; i < across; i++) {
                sum += sums[(x * across + i) * channels + c];
            }
            out[x * channels + c] = (uint8_t)(sum >> shift);
        }
    }
}

IE_WIDE static void put_means(ie_means *m, uint32_t rows)
{
    uint32_t full = m->in_width / m->across, area = m->across * rows, channels = m->channels, x = 0;
    if ((area & (area - 1)) == 0 && m->left_out == 0) {
        unsigned shift = (unsigned)__builtin_ctz(area);
        if (m->across == 4 && channels == 1) {
            whole_means(m->sums, full, 1, 4, shift, m->row);
        } else if (m->across == 4 && channels == 3) {
            whole_means(m->sums, full, 3, 4, shift, m->row);
        } else {
            whole_means(m->sums, full, channels, m->across, shift, m->row);
        }
        x = full;
    }
    for (; x < m->width; x++) {
        uint32_t begin = x == 0 ? 0 : x * m->across - m->left_out,
                 end = (x + 1) * m->across - m->left_out;
        uint32_t columns = (end < m->in_width ? end : m->in_width) - begin;
        for (uint32_t c = 0; c < channels; c++) {
            m->row[x * channels + c] =
                mean_of(m->sums + (size_t)begin * channels + c, columns, channels, columns * rows);
        }
    }
}

/* The row that this one completes, or NULL. */
static const uint8_t *means_add(ie_means *m, const uint8_t *row)
{
    if (m->sums == NULL) {
        m->rows_in++;
        return row;
    }
    uint32_t at = m->rows_in++ + m->above_out, within = at % m->down;
    bool first = within == 0 || m->rows_in == 1;
    add_columns(row, (size_t)m->in_width * m->channels, m->sums, first);
    if (within + 1 < m->down && m->rows_in < m->in_height) {
        return NULL;
    }
    put_means(m, within + 1 < m->rows_in ? within + 1 : m->rows_in);
    return m->row;
}

/* ---- making ------------------------------------------------------------------------------- */

static bool take_planes(ie_likeness_maker *maker, uint32_t width, uint32_t height, bool gray)
{
    uint32_t shrink = ie_likeness_shrink(width, height);
    ie_likeness *l = &maker->result;
    l->width = divided_up(width, shrink);
    l->height = divided_up(height, shrink);
    l->luma = ie_try_alloc(l->width, l->height);
    if (gray) {
        return l->luma != NULL;
    }
    l->chroma_width = divided_up(l->width, IE_LIKENESS_CELL);
    l->chroma_height = divided_up(l->height, IE_LIKENESS_CELL);
    l->chroma[0] = ie_try_alloc(l->chroma_width, l->chroma_height);
    l->chroma[1] = ie_try_alloc(l->chroma_width, l->chroma_height);
    return l->luma != NULL && l->chroma[0] != NULL && l->chroma[1] != NULL;
}

bool ie_likeness_begin(ie_likeness_maker *maker, ie_jpeg_rows layout, uint32_t width,
                       uint32_t height, uint32_t done, uint8_t orientation)
{
    const bool gray = layout == IE_JPEG_GRAY;
    const uint32_t shrink = ie_likeness_shrink(width, height), left = done == shrink ? 1 : shrink;
    maker->layout = layout;
    maker->orientation = orientation;
    if ((done != 1 && done != shrink) || !take_planes(maker, width, height, gray) ||
        !means_begin(&maker->first, divided_up(width, done), divided_up(height, done), gray ? 1 : 3,
                     left, left, orientation)) {
        return false;
    }
    const ie_likeness *l = &maker->result;
    return gray || means_begin(&maker->cells, l->width, l->height, 3, IE_LIKENESS_CELL,
                               IE_LIKENESS_CELL, orientation);
}

bool ie_likeness_begin_planes(ie_likeness_maker *maker, uint32_t width, uint32_t height,
                              const uint32_t across[IE_PARTS], const uint32_t down[IE_PARTS],
                              bool gray)
{
    const uint32_t shrink = ie_likeness_shrink(width, height);
    bool good = take_planes(maker, width, height, gray);
    for (int i = 0; good && i < (gray ? 1 : IE_PARTS); i++) {
        uint32_t target = i == IE_LUMA ? shrink : shrink * IE_LIKENESS_CELL;
        good = across[i] > 0 && down[i] > 0 && target % across[i] == 0 && target % down[i] == 0 &&
               means_begin(&maker->parts[i], divided_up(width, across[i]),
                           divided_up(height, down[i]), 1, target / across[i], target / down[i], 1);
    }
    return good;
}

bool ie_likeness_sides(uint32_t width, uint32_t height, uint32_t columns, uint32_t rows,
                       unsigned ret_sides[2])
{
    const uint32_t shrink = ie_likeness_shrink(width, height);
    const uint32_t more = columns > rows ? columns : rows;
    unsigned side = 1;
    while (side < 8 && more * 8 / side > shrink * IE_LIKENESS_CELL) {
        side *= 2;
    }
    ret_sides[0] = 8 / shrink;
    ret_sides[1] = side;
    return more * 8 / side <= shrink * IE_LIKENESS_CELL;
}

/* Weights of ITU-R BT.601, as Pillow's convert("L") has them in 16 bits. */
static void put_luma(ie_likeness_maker *maker, const uint8_t *restrict row)
{
    const uint32_t width = maker->result.width;
    uint8_t *restrict out = maker->result.luma + (size_t)maker->luma_rows++ * width;
    if (maker->layout == IE_JPEG_GRAY) {
        memcpy(out, row, width);
    } else if (maker->layout == IE_JPEG_YCC) {
        for (size_t x = 0; x < width; x++) {
            out[x] = row[3 * x];
        }
    } else {
        for (size_t x = 0; x < width; x++) {
            out[x] = (uint8_t)((row[3 * x] * 19595u + row[3 * x + 1] * 38470u +
                                row[3 * x + 2] * 7471u + 0x8000u) >>
                               16);
        }
    }
}

static void put_chroma(ie_likeness_maker *maker, const uint8_t *row)
{
    const uint32_t width = maker->result.chroma_width;
    uint8_t *cb = maker->result.chroma[0] + (size_t)maker->chroma_rows[0]++ * width;
    uint8_t *cr = maker->result.chroma[1] + (size_t)maker->chroma_rows[1]++ * width;
    for (uint32_t x = 0; x < width; x++, row += 3) {
        if (maker->layout == IE_JPEG_YCC) {
            cb[x] = row[1];
            cr[x] = row[2];
        } else {
            ie_chroma_of(row, &cb[x], &cr[x]);
        }
    }
}

void ie_likeness_add(ie_likeness_maker *maker, const uint8_t *row)
{
    if (maker->first.rows_in == maker->first.in_height ||
        (row = means_add(&maker->first, row)) == NULL) {
        return;
    }
    put_luma(maker, row);
    if (maker->layout != IE_JPEG_GRAY && (row = means_add(&maker->cells, row)) != NULL) {
        put_chroma(maker, row);
    }
}

void ie_likeness_add_part(ie_likeness_maker *maker, int part, const uint8_t *row)
{
    ie_means *means = &maker->parts[part];
    if (means->rows_in == means->in_height || (row = means_add(means, row)) == NULL) {
        return;
    }
    ie_likeness *l = &maker->result;
    if (part == IE_LUMA) {
        memcpy(l->luma + (size_t)maker->luma_rows++ * l->width, row, l->width);
    } else {
        memcpy(l->chroma[part - 1] + (size_t)maker->chroma_rows[part - 1]++ * l->chroma_width, row,
               l->chroma_width);
    }
}

static bool turn_plane(uint8_t **plane, uint32_t width, uint32_t height, uint8_t orientation)
{
    const bool swapped = orientation >= 5;
    uint8_t *out = ie_try_alloc(width, height);
    if (out == NULL) {
        return false;
    }
    const uint32_t out_width = swapped ? height : width, out_height = swapped ? width : height;
    for (uint32_t y = 0; y < out_height; y++) {
        for (uint32_t x = 0; x < out_width; x++) {
            uint32_t from_x = swapped ? y : x, from_y = swapped ? x : y;
            from_x = from_right(orientation) ? width - 1 - from_x : from_x;
            from_y = from_below(orientation) ? height - 1 - from_y : from_y;
            out[(size_t)y * out_width + x] = (*plane)[(size_t)from_y * width + from_x];
        }
    }
    free(*plane);
    *plane = out;
    return true;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static bool turn(ie_likeness *l, uint8_t orientation)
{
    if (orientation < 2 || orientation > 8) {
        return true;
    }
    if (!turn_plane(&l->luma, l->width, l->height, orientation)) {
        return false;
    }
    for (int i = 0; i < 2 && l->chroma_width > 0; i++) {
        if (!turn_plane(&l->chroma[i], l->chroma_width, l->chroma_height, orientation)) {
            return false;
        }
    }
    if (orientation >= 5) {
        swap(&l->width, &l->height);
        swap(&l->chroma_width, &l->chroma_height);
    }
    return true;
}

bool ie_likeness_end(ie_likeness_maker *maker, ie_likeness *ret_likeness)
{
    ie_likeness *l = &maker->result;
    bool good = l->luma != NULL && maker->luma_rows == l->height &&
                maker->chroma_rows[0] == l->chroma_height &&
                maker->chroma_rows[1] == l->chroma_height && turn(l, maker->orientation);
    if (good) {
        *ret_likeness = *l;
        *l = (ie_likeness){0};
    }
    ie_likeness_maker_clear(maker);
    return good;
}

void ie_likeness_maker_clear(ie_likeness_maker *maker)
{
    ie_likeness_clear(&maker->result);
    means_clear(&maker->first);
    means_clear(&maker->cells);
    for (int i = 0; i < IE_PARTS; i++) {
        means_clear(&maker->parts[i]);
    }
    *maker = (ie_likeness_maker){0};
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* Without chroma: neutral. */
static uint8_t *chroma_or_neutral(const ie_likeness *l, int part, size_t count)
{
    uint8_t *out = ie_try_alloc(count, 1);
    if (out != NULL && l->chroma_width > 0) {
        memcpy(out, l->chroma[part], count);
    } else if (out != NULL) {
        memset(out, NEUTRAL, count);
    }
    return out;
}

static bool compare_colours(const ie_likeness *a, const ie_likeness *b, double *ret_similarity)
{
    const ie_likeness *sized = a->chroma_width > 0 ? a : b;
    const size_t count = (size_t)sized->chroma_width * sized->chroma_height;
    uint8_t *planes[4] = {chroma_or_neutral(a, 0, count), chroma_or_neutral(a, 1, count),
                          chroma_or_neutral(b, 0, count), chroma_or_neutral(b, 1, count)};
    bool good = planes[0] != NULL && planes[1] != NULL && planes[2] != NULL && planes[3] != NULL;
    if (good) {
        *ret_similarity =
            ie_chroma_similarity((const uint8_t *const *)planes, (const uint8_t *const *)planes + 2,
                                 sized->chroma_width, sized->chroma_height);
    }
    for (int i = 0; i < 4; i++) {
        free(planes[i]);
    }
    return good;
}

static bool of_one_size(const ie_likeness *a, const ie_likeness *b)
{
    return a->width == b->width && a->height == b->height;
}

bool ie_likeness_compare(const ie_likeness *a, const ie_likeness *b, double *ret_similarity)
{
    double colours = 1, light = 0;
    if (!of_one_size(a, b)) {
        *ret_similarity = 0;
        return true;
    }
    if (!ie_ssim(a->luma, b->luma, a->width, a->height, &light) ||
        ((a->chroma_width > 0 || b->chroma_width > 0) && !compare_colours(a, b, &colours))) {
        return false;
    }
    *ret_similarity = light < colours ? light : colours;
    return true;
}
