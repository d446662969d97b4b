// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/ssim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"

#define SIDE 11
#define SIGMA 1.5
#define C1 (0.01 * 255 * 0.01 * 255)
#define C2 (0.03 * 255 * 0.03 * 255)

/* The sums are most of the work, and wider registers halve it; without fused operations all give the same. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define PART static inline __attribute__((always_inline))

/* Weighted sums of a, b, a*a, b*b and a*b. */
enum { A, B, AA, BB, AB, SUMS };

PART double similarity(const double m[SUMS])
{
    double variance_a = m[AA] - m[A] * m[A], variance_b = m[BB] - m[B] * m[B];
    double covariance = m[AB] - m[A] * m[B];
    return (2 * m[A] * m[B] + C1) * (2 * covariance + C2) /
           ((m[A] * m[A] + m[B] * m[B] + C1) * (variance_a + variance_b + C2));
}

static double one_window(const uint8_t *a, const uint8_t *b, size_t count)
{
    double m[SUMS] = {0};
    for (size_t i = 0; i < count; i++) {
        const double x = a[i], y = b[i];
        m[A] += x;
        m[B] += y;
        m[AA] += x * x;
        m[BB] += y * y;
        m[AB] += x * y;
    }
    for (int s = 0; s < SUMS; s++) {
        m[s] /= (double)count;
    }
    return similarity(m);
}

static void weights_of(float weights[SIDE])
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++) {
        double x = i - SIDE / 2;
        sum += exp(-x * x / (2 * SIGMA * SIGMA));
    }
    for (int i = 0; i < SIDE; i++) {
        double x = i - SIDE / 2;
        weights[i] = (float)(exp(-x * x / (2 * SIGMA * SIGMA)) / sum);
    }
}

/* One row's sums along the row, for each window that begins in it; five planes of `stride`. */
PART void sum_row(const uint8_t *a, const uint8_t *b, uint32_t windows, size_t stride, const float weights[SIDE],
                    float *out)
{
    memset(out, 0, SUMS * stride * sizeof *out);
    for (int k = 0; k < SIDE; k++) {
        const float w = weights[k];
        for (uint32_t x = 0; x < windows; x++) {
            const float p = a[x + (uint32_t)k], q = b[x + (uint32_t)k];
            out[A * stride + x] += w * p;
            out[B * stride + x] += w * q;
            out[AA * stride + x] += w * p * p;
            out[BB * stride + x] += w * q * q;
            out[AB * stride + x] += w * p * q;
        }
    }
}

/* The sum over a row of windows; `rows` is a ring of SIDE rows of which `first` is the uppermost, `sums` is a row's room. */
PART double score_row(const float *rows, uint32_t first, uint32_t windows, size_t stride, const float weights[SIDE],
                        float *restrict sums)
{
    memset(sums, 0, SUMS * stride * sizeof *sums);
    for (uint32_t k = 0; k < SIDE; k++) {
        const float *restrict row = rows + (first + k) % SIDE * SUMS * stride, w = weights[k];
        for (size_t x = 0; x < SUMS * stride; x++) {
            sums[x] += w * row[x];
        }
    }
    double sum = 0;
    for (uint32_t x = 0; x < windows; x++) {
        double m[SUMS];
        for (size_t s = 0; s < SUMS; s++) {
            m[s] = (double)sums[s * stride + x];
        }
        sum += similarity(m);
    }
    return sum;
}

WIDE static bool compute(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim)
{
    if (width < SIDE || height < SIDE) {
        *ret_ssim = one_window(a, b, (size_t)width * height);
        return true;
    }
    const uint32_t windows = width - SIDE + 1, rows_of_windows = height - SIDE + 1;
    const size_t stride = windows;
    float *rows = ie_try_alloc((SIDE + 1) * SUMS * stride, sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    float weights[SIDE];
    weights_of(weights);
    double sum = 0;
    for (uint32_t y = 0; y < height; y++) {
        sum_row(a + (size_t)y * width, b + (size_t)y * width, windows, stride, weights,
                rows + y % SIDE * SUMS * stride);
        if (y + 1 >= SIDE) {
            sum += score_row(rows, (y + 1) % SIDE, windows, stride, weights, rows + SIDE * SUMS * stride);
        }
    }
    free(rows);
    *ret_ssim = sum / ((double)windows * rows_of_windows);
    return true;
}

bool ie_ssim(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim)
{
    return compute(a, b, width, height, ret_ssim);
}
