// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/ssim.h"

#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/wide.h"

#define STEP 4
#define C1 (0.01 * 255 * 0.01 * 255)
#define C2 (0.03 * 255 * 0.03 * 255)
#define NEUTRAL 128

/* Of a block of at most STEP x STEP samples. */
typedef struct sums {
    uint32_t a, b, squares, products, count; /* squares: aa + bb */
} sums;

/* Each column's over `rows` rows. */
IE_WIDE static void sum_columns(const uint8_t *restrict a, const uint8_t *restrict b, size_t width,
                                uint32_t rows, uint16_t *restrict ret_a, uint16_t *restrict ret_b,
                                uint32_t *restrict ret_squares, uint32_t *restrict ret_products)
{
    memset(ret_a, 0, width * sizeof *ret_a);
    memset(ret_b, 0, width * sizeof *ret_b);
    memset(ret_squares, 0, width * sizeof *ret_squares);
    memset(ret_products, 0, width * sizeof *ret_products);
    for (uint32_t y = 0; y < rows; y++, a += width, b += width) {
        for (size_t x = 0; x < width; x++) {
            const uint32_t p = a[x], q = b[x];
            ret_a[x] = (uint16_t)(ret_a[x] + p);
            ret_b[x] = (uint16_t)(ret_b[x] + q);
            ret_squares[x] += p * p + q * q;
            ret_products[x] += p * q;
        }
    }
}

typedef struct columns {
    uint16_t *a, *b;
    uint32_t *squares, *products;
} columns;

static void sum_blocks(const columns *c, uint32_t width, uint32_t rows, sums *out)
{
    for (uint32_t x = 0; x < width; x += STEP, out++) {
        uint32_t end = width - x < STEP ? width : x + STEP;
        *out = (sums){.count = (end - x) * rows};
        for (uint32_t i = x; i < end; i++) {
            out->a += c->a[i];
            out->b += c->b[i];
            out->squares += c->squares[i];
            out->products += c->products[i];
        }
    }
}

static double similarity(const sums *s)
{
    const double n = s->count, a = s->a / n, b = s->b / n;
    const double variances = s->squares / n - a * a - b * b, covariance = s->products / n - a * b;
    return (2 * a * b + C1) * (2 * covariance + C2) / ((a * a + b * b + C1) * (variances + C2));
}

static void add(sums *to, const sums *s)
{
    to->a += s->a;
    to->b += s->b;
    to->squares += s->squares;
    to->products += s->products;
    to->count += s->count;
}

/* Windows of two blocks by two; where there is one row or column of blocks, of that alone. */
static double score_row(const sums *upper, const sums *lower, uint32_t blocks)
{
    double sum = 0;
    for (uint32_t x = 0; x + 1 < blocks || x == 0; x++) {
        sums window = upper[x];
        if (lower != NULL) {
            add(&window, &lower[x]);
        }
        if (blocks > 1) {
            add(&window, &upper[x + 1]);
            if (lower != NULL) {
                add(&window, &lower[x + 1]);
            }
        }
        sum += similarity(&window);
    }
    return sum;
}

static double score(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height,
                    const columns *c, sums *rows)
{
    const uint32_t across = (width + STEP - 1) / STEP, down = (height + STEP - 1) / STEP;
    sums *upper = rows, *lower = rows + across;
    double sum = 0;
    for (uint32_t y = 0; y < down; y++) {
        uint32_t left = height - y * STEP, now = left < STEP ? left : STEP;
        size_t first = (size_t)y * STEP * width;
        sum_columns(a + first, b + first, width, now, c->a, c->b, c->squares, c->products);
        sum_blocks(c, width, now, lower);
        if (y > 0 || down == 1) {
            sum += down == 1 ? score_row(lower, NULL, across) : score_row(upper, lower, across);
        }
        sums *kept = upper;
        upper = lower;
        lower = kept;
    }
    return sum / ((double)(across > 1 ? across - 1 : 1) * (down > 1 ? down - 1 : 1));
}

bool ie_ssim(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim)
{
    columns c = {ie_try_alloc(width, sizeof *c.a), ie_try_alloc(width, sizeof *c.b),
                 ie_try_alloc(width, sizeof *c.squares), ie_try_alloc(width, sizeof *c.products)};
    sums *rows = ie_try_alloc((width + STEP - 1) / STEP * (size_t)2, sizeof *rows);
    bool good =
        c.a != NULL && c.b != NULL && c.squares != NULL && c.products != NULL && rows != NULL;
    if (good) {
        *ret_ssim = score(a, b, width, height, &c, rows);
    }
    free(c.a);
    free(c.b);
    free(c.squares);
    free(c.products);
    free(rows);
    return good;
}

/* ---- colours ------------------------------------------------------------------------------ */

static double one_window(const uint8_t *const a[2], const uint8_t *const b[2], size_t width,
                         uint32_t left, uint32_t top, uint32_t right, uint32_t bottom)
{
    int64_t products = 0, squares = 0;
    for (uint32_t y = top; y < bottom; y++) {
        for (uint32_t x = left; x < right; x++) {
            for (int part = 0; part < 2; part++) {
                int p = a[part][y * width + x] - NEUTRAL, q = b[part][y * width + x] - NEUTRAL;
                products += p * q;
                squares += p * p + q * q;
            }
        }
    }
    const double n = (double)(right - left) * (bottom - top);
    return (2 * (double)products / n + C2) / ((double)squares / n + C2);
}

double ie_chroma_similarity(const uint8_t *const a[2], const uint8_t *const b[2], uint32_t width,
                            uint32_t height)
{
    double sum = 0, windows = 0;
    for (uint32_t top = 0; top == 0 || top + STEP < height; top += STEP) {
        for (uint32_t left = 0; left == 0 || left + STEP < width; left += STEP) {
            uint32_t right = width - left < 2 * STEP ? width : left + 2 * STEP;
            uint32_t bottom = height - top < 2 * STEP ? height : top + 2 * STEP;
            sum += one_window(a, b, width, left, top, right, bottom);
            windows++;
        }
    }
    return sum / windows;
}
