// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/sharpness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"

/* Samples are held in sixteenths of a grey level. The smoothed Laplacian is below 4,500 then, so
   that 200 of its squares fit 32 bits. */
#define SIXTEENTHS 16
#define SIDE 16   /* of the squares of the map */
#define SHARE 100 /* one of so many of them counts */

typedef struct smoother {
    const ie_pixels *gray;
    int16_t weight;    /* k in 1/65536 */
    int16_t *column;   /* a row smoothed downwards, with a reflected sample at both ends */
    int16_t *rows[3];  /* smoothed both ways, likewise; row y is rows[y % 3] */
    int64_t sum;       /* of the Laplacian */
    uint64_t squares;  /* of it */
    uint32_t *columns; /* the same in the row of the map that is being filled, a column each */
    double *map;       /* mean squares */
    uint32_t across, down;
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

static void add_row(smoother *s, uint32_t y)
{
    uint32_t width = s->gray->width, height = s->gray->height;
    const int16_t *mid = s->rows[y % 3];
    const int16_t *up = s->rows[reflected((int64_t)y - 1, height) % 3];
    const int16_t *down = s->rows[reflected((int64_t)y + 1, height) % 3];
    uint32_t *restrict columns = s->columns;
    int32_t sum = 0; /* a view is 1,024 samples wide at most */
    for (uint32_t x = 0; x < width; x++) {
        int16_t v = (int16_t)(up[x] + down[x] + mid[(ptrdiff_t)x - 1] + mid[x + 1] - 4 * mid[x]);
        sum += v;
        columns[x] += (uint32_t)((int32_t)v * v);
    }
    s->sum += sum;
}

/* How many squares a side is cut into, and where each ends: the last one has what is left. */
static uint32_t squares_of(uint32_t size)
{
    return size < SIDE ? 1 : size / SIDE;
}

static uint32_t end_of(uint32_t index, uint32_t count, uint32_t size)
{
    return index + 1 < count ? (index + 1) * SIDE : size;
}

/* Ends row j of the map, whose squares are `rows` high. */
static void end_squares(smoother *s, uint32_t j, uint32_t rows)
{
    uint32_t x = 0;
    for (uint32_t i = 0; i < s->across; i++) {
        uint32_t left = x, right = end_of(i, s->across, s->gray->width);
        uint64_t sum = 0;
        for (; x < right; x++) {
            sum += s->columns[x];
        }
        s->squares += sum;
        s->map[(size_t)j * s->across + i] = (double)sum / ((double)(right - left) * rows);
    }
    memset(s->columns, 0, s->gray->width * sizeof *s->columns);
}

static void walk_rows(smoother *s)
{
    uint32_t height = s->gray->height, y = 0;
    smooth_row(s, 0);
    for (uint32_t j = 0; j < s->down; j++) {
        uint32_t top = y, bottom = end_of(j, s->down, height);
        for (; y < bottom; y++) {
            if (y + 1 < height) {
                smooth_row(s, y + 1);
            }
            add_row(s, y);
        }
        end_squares(s, j, bottom - top);
    }
}

static int highest_first(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first < second) - (first > second);
}

static double peak_of(double *map, size_t count)
{
    qsort(map, count, sizeof *map, highest_first);
    size_t taken = count < SHARE ? 1 : count / SHARE;
    double sum = 0.0;
    for (size_t i = 0; i < taken; i++) {
        sum += map[i];
    }
    return sum / (double)taken;
}

bool ie_sharpness(const ie_pixels *gray, double *ret_sharpness, double *ret_peak)
{
    size_t stride = (size_t)gray->width + 2;
    double k = 0.25 + (1.0 - gray->softness * gray->softness) / 40.0;
    smoother s = {.gray = gray,
                  .weight = (int16_t)lrint(k * 65536.0),
                  .across = squares_of(gray->width),
                  .down = squares_of(gray->height)};
    IE_AUTO_FREE int16_t *memory = ie_try_alloc(stride * 4, sizeof *memory);
    IE_AUTO_FREE uint32_t *columns = ie_try_alloc(gray->width, sizeof *columns);
    IE_AUTO_FREE double *map = ie_try_alloc((size_t)s.across * s.down, sizeof *map);
    if (memory == NULL || columns == NULL || map == NULL) {
        return false;
    }
    s.column = memory + 1;
    for (int i = 0; i < 3; i++) {
        s.rows[i] = memory + stride * (size_t)(i + 1) + 1;
    }
    s.columns = columns;
    s.map = map;
    memset(columns, 0, gray->width * sizeof *columns);
    walk_rows(&s);
    double count = (double)gray->width * gray->height, scale = SIXTEENTHS * SIXTEENTHS;
    double mean = (double)s.sum / count / SIXTEENTHS;
    *ret_sharpness = (double)s.squares / count / scale - mean * mean;
    *ret_peak = peak_of(map, (size_t)s.across * s.down) / scale;
    return true;
}
