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

/* Of the blocks of a row, STEP x STEP samples each or less at the edges: sums of a and b, of
   aa + bb, of ab. Whole numbers of 32 bits: a window's four blocks come to 8.4 million at most. */
typedef struct blocks {
    int32_t *a, *b, *squares, *products;
} blocks;

/* Whole blocks of STEP rows from block `from` to `count`. */
static void sum_whole(const uint8_t *a, const uint8_t *b, size_t width, size_t from, size_t count,
                      const blocks *out)
{
    for (size_t i = from; i < count; i++) {
        int32_t p = 0, q = 0, both = 0, product = 0;
        for (size_t y = 0; y < STEP; y++) {
            for (size_t x = 0; x < STEP; x++) {
                const int32_t m = a[y * width + i * STEP + x], n = b[y * width + i * STEP + x];
                p += m;
                q += n;
                both += m * m + n * n;
                product += m * n;
            }
        }
        out->a[i] = p;
        out->b[i] = q;
        out->squares[i] = both;
        out->products[i] = product;
    }
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Sums of neighbours, two by two, of two vectors, in order. */
__attribute__((target("avx2"), always_inline)) static inline __m256i pairs(__m256i low,
                                                                           __m256i high)
{
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xd8);
}

/* Eight blocks at once, as far as there are so many. Gives how many were done. */
__attribute__((target("avx2"))) static size_t
sum_eights(const uint8_t *a, const uint8_t *b, size_t width, size_t count, const blocks *out)
{
    const __m256i ones = _mm256_set1_epi16(1);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256i sums[2][4];
        for (size_t half = 0; half < 2; half++) {
            __m256i p = _mm256_setzero_si256(), q = p, both = p, product = p;
            for (size_t y = 0; y < STEP; y++) {
                const size_t at = y * width + (i + 4 * half) * STEP;
                const __m256i m =
                    _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(a + at)));
                const __m256i n =
                    _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(b + at)));
                p = _mm256_add_epi16(p, m);
                q = _mm256_add_epi16(q, n);
                both = _mm256_add_epi32(
                    both, _mm256_add_epi32(_mm256_madd_epi16(m, m), _mm256_madd_epi16(n, n)));
                product = _mm256_add_epi32(product, _mm256_madd_epi16(m, n));
            }
            sums[half][0] = _mm256_madd_epi16(p, ones);
            sums[half][1] = _mm256_madd_epi16(q, ones);
            sums[half][2] = both;
            sums[half][3] = product;
        }
        int32_t *const to[4] = {out->a + i, out->b + i, out->squares + i, out->products + i};
        for (size_t k = 0; k < 4; k++) {
            _mm256_storeu_si256((__m256i *)(void *)to[k], pairs(sums[0][k], sums[1][k]));
        }
    }
    return i;
}

static size_t sum_most(const uint8_t *a, const uint8_t *b, size_t width, size_t count,
                       const blocks *out)
{
    return __builtin_cpu_supports("avx2") ? sum_eights(a, b, width, count, out) : 0;
}
#else
static size_t sum_most(const uint8_t *a, const uint8_t *b, size_t width, size_t count,
                       const blocks *out)
{
    (void)a, (void)b, (void)width, (void)count, (void)out;
    return 0;
}
#endif

static void sum_part(const uint8_t *a, const uint8_t *b, size_t width, size_t from, uint32_t rows,
                     size_t at, const blocks *out)
{
    const size_t end = width - from < STEP ? width : from + STEP;
    out->a[at] = out->b[at] = out->squares[at] = out->products[at] = 0;
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = from; x < end; x++) {
            const int32_t p = a[y * width + x], q = b[y * width + x];
            out->a[at] += p;
            out->b[at] += q;
            out->squares[at] += p * p + q * q;
            out->products[at] += p * q;
        }
    }
}

static void sum_blocks(const uint8_t *a, const uint8_t *b, size_t width, uint32_t rows,
                       const blocks *out)
{
    const size_t whole = rows == STEP ? width / STEP : 0;
    sum_whole(a, b, width, sum_most(a, b, width, whole, out), whole, out);
    for (size_t i = whole; i * STEP < width; i++) {
        sum_part(a, b, width, i * STEP, rows, i, out);
    }
}

static inline __attribute__((always_inline)) double
similarity(int32_t sum_a, int32_t sum_b, int32_t squares, int32_t products, double part)
{
    const double a = sum_a * part, b = sum_b * part;
    const double variances = squares * part - a * a - b * b, covariance = products * part - a * b;
    return (2 * a * b + C1) * (2 * covariance + C2) / ((a * a + b * b + C1) * (variances + C2));
}

/* Windows of two blocks by two, of `samples` each. */
IE_WIDE static void score_windows(const blocks *restrict upper, const blocks *restrict lower,
                                  size_t count, double samples, double *restrict out)
{
    const double part = 1 / samples;
    for (size_t i = 0; i < count; i++) {
        out[i] = similarity(upper->a[i] + upper->a[i + 1] + lower->a[i] + lower->a[i + 1],
                            upper->b[i] + upper->b[i + 1] + lower->b[i] + lower->b[i + 1],
                            upper->squares[i] + upper->squares[i + 1] + lower->squares[i] +
                                lower->squares[i + 1],
                            upper->products[i] + upper->products[i + 1] + lower->products[i] +
                                lower->products[i + 1],
                            part);
    }
}

/* What two rows of blocks, `high` samples together, score; where there is one row or column of
   blocks, windows are of that alone, and the others hold nothing. */
static double score_rows(const blocks *upper, const blocks *lower, uint32_t width, uint32_t high,
                         double *scores)
{
    const size_t across = (width + STEP - 1) / STEP, windows = across > 1 ? across - 1 : 1;
    const uint32_t last = width - (uint32_t)(windows - 1) * STEP; /* the last window's columns */
    score_windows(upper, lower, windows - 1, 2.0 * STEP * high, scores);
    const blocks end_of_upper = {upper->a + windows - 1, upper->b + windows - 1,
                                 upper->squares + windows - 1, upper->products + windows - 1};
    const blocks end_of_lower = {lower->a + windows - 1, lower->b + windows - 1,
                                 lower->squares + windows - 1, lower->products + windows - 1};
    score_windows(&end_of_upper, &end_of_lower, 1, (double)last * high, scores + windows - 1);
    double sum = 0;
    for (size_t i = 0; i < windows; i++) {
        sum += scores[i];
    }
    return sum;
}

static double score(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height,
                    blocks rows[2], double *scores)
{
    const uint32_t across = (width + STEP - 1) / STEP, down = (height + STEP - 1) / STEP;
    double sum = 0;
    for (uint32_t y = 0; y < down; y++) {
        const uint32_t left = height - y * STEP, now = left < STEP ? left : STEP;
        const size_t first = (size_t)y * STEP * width;
        sum_blocks(a + first, b + first, width, now, &rows[y % 2]);
        if (y > 0 || down == 1) {
            sum += score_rows(&rows[0], &rows[1], width, down == 1 ? now : STEP + now, scores);
        }
    }
    return sum / ((double)(across > 1 ? across - 1 : 1) * (down > 1 ? down - 1 : 1));
}

bool ie_ssim(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim)
{
    /* One more than there are: beside a single column lies nothing. */
    const size_t room = width / STEP + 2;
    int32_t *sums = ie_try_alloc(8 * room, sizeof *sums);
    double *scores = ie_try_alloc(room, sizeof *scores);
    const bool good = sums != NULL && scores != NULL;
    if (good) {
        blocks rows[2];
        memset(sums, 0, 8 * room * sizeof *sums);
        for (size_t i = 0; i < 2; i++) {
            int32_t *at = sums + 4 * i * room;
            rows[i] = (blocks){at, at + room, at + 2 * room, at + 3 * room};
        }
        *ret_ssim = score(a, b, width, height, rows, scores);
    }
    free(sums);
    free(scores);
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
