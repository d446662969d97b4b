// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/sharpness.h"

#include <math.h>
#include <string.h>

#include "utils/memory.h"

/* Samples are held in sixteenths of a grey level. The smoothed Laplacian is below 4,500 then, and the sum of so many
   of its squares fits 31 bits. */
#define SIXTEENTHS 16
#define CHUNK 64

typedef struct smoother {
    const ie_pixels *gray;
    int16_t weight;    /* k in 1/65536 */
    int16_t *column;   /* a row smoothed downwards, with a reflected sample at both ends */
    int16_t *rows[3];  /* smoothed both ways, likewise; row y is rows[y % 3] */
} smoother;

/* The neighbour before index 0 or after the last, by BORDER_REFLECT_101. */
static uint32_t reflected(int64_t index, uint32_t size)
{
    if (size == 1) {
        return 0;
    }
    return (uint32_t)(index < 0 ? -index : index >= size ? 2 * (int64_t)size - 2 - index : index);
}

static void reflect_ends(int16_t *row, uint32_t width)
{
    row[-1] = row[reflected(-1, width)];
    row[width] = row[reflected(width, width)];
}

static inline int16_t weighted(int16_t second, int16_t weight)
{
    return (int16_t)((int32_t)second * weight >> 16);
}

static void smooth_row(smoother *s, uint32_t y)
{
    uint32_t width = s->gray->width, height = s->gray->height;
    const uint8_t *mid = s->gray->data + (size_t)y * width;
    const uint8_t *up = s->gray->data + (size_t)reflected((int64_t)y - 1, height) * width;
    const uint8_t *down = s->gray->data + (size_t)reflected((int64_t)y + 1, height) * width;
    int16_t *restrict column = s->column;
    int16_t *restrict out = s->rows[y % 3];
    for (uint32_t x = 0; x < width; x++) {
        int16_t second = (int16_t)((up[x] + down[x] - 2 * mid[x]) * SIXTEENTHS);
        column[x] = (int16_t)(mid[x] * SIXTEENTHS + weighted(second, s->weight));
    }
    reflect_ends(column, width);
    for (uint32_t x = 0; x < width; x++) {
        int16_t second = (int16_t)(column[(ptrdiff_t)x - 1] + column[x + 1] - 2 * column[x]);
        out[x] = (int16_t)(column[x] + weighted(second, s->weight));
    }
    reflect_ends(out, width);
}

static void add_row(const smoother *s, uint32_t y, int64_t *sum, uint64_t *squares)
{
    uint32_t width = s->gray->width, height = s->gray->height;
    const int16_t *mid = s->rows[y % 3];
    const int16_t *up = s->rows[reflected((int64_t)y - 1, height) % 3];
    const int16_t *down = s->rows[reflected((int64_t)y + 1, height) % 3];
    for (uint32_t from = 0; from < width; from += CHUNK) {
        uint32_t to = width - from < CHUNK ? width : from + CHUNK;
        int32_t part = 0, part_squares = 0;
        for (uint32_t x = from; x < to; x++) {
            int16_t v = (int16_t)(up[x] + down[x] + mid[(ptrdiff_t)x - 1] + mid[x + 1] - 4 * mid[x]);
            part += v;
            part_squares += (int32_t)v * v;
        }
        *sum += part;
        *squares += (uint64_t)part_squares;
    }
}

bool ie_sharpness(const ie_pixels *gray, double *ret_sharpness)
{
    size_t stride = (size_t)gray->width + 2;
    IE_AUTO_FREE int16_t *memory = ie_try_alloc(stride * 4, sizeof *memory);
    if (memory == NULL) {
        return false;
    }
    double k = 0.25 + (1.0 - gray->softness * gray->softness) / 40.0;
    smoother s = {.gray = gray, .weight = (int16_t)lrint(k * 65536.0), .column = memory + 1};
    for (int i = 0; i < 3; i++) {
        s.rows[i] = memory + stride * (size_t)(i + 1) + 1;
    }
    int64_t sum = 0;
    uint64_t squares = 0;
    smooth_row(&s, 0);
    for (uint32_t y = 0; y < gray->height; y++) {
        if (y + 1 < gray->height) {
            smooth_row(&s, y + 1);
        }
        add_row(&s, y, &sum, &squares);
    }
    double count = (double)gray->width * gray->height;
    double mean = (double)sum / count / SIXTEENTHS;
    *ret_sharpness = (double)squares / count / (SIXTEENTHS * SIXTEENTHS) - mean * mean;
    return true;
}
