// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nearest.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "utils/error.h"
#include "utils/half.h"
#include "utils/memory.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* in a block; blocks, so that growing neither copies nor leaves half the memory empty */
#define ROWS 4096
#define LARGE_PAGE ((size_t)2 << 20)
#define LANES 16
/* Rows lie whole in cache lines and need no code for rests: their dimension is rounded up, and
   zeros fill it. */
#define STRIDE 32

struct ie_nearest {
    size_t dimension, stride, count;
    uint16_t **blocks;
    size_t block_count, block_room;
};

ie_nearest *ie_nearest_new(size_t dimension)
{
    ie_nearest *nearest = ie_alloc(sizeof *nearest);
    nearest->dimension = dimension;
    nearest->stride = (dimension + STRIDE - 1) / STRIDE * STRIDE;
    return nearest;
}

void ie_nearest_free(ie_nearest *nearest)
{
    if (nearest == NULL) {
        return;
    }
    for (size_t i = 0; i < nearest->block_count; i++) {
        free(nearest->blocks[i]);
    }
    free(nearest->blocks);
    free(nearest);
}

size_t ie_nearest_count(const ie_nearest *nearest)
{
    return nearest->count;
}

/* Filling a million rows is half the kernel's work of handing out pages, unless they are large. */
static uint16_t *new_block(size_t stride)
{
    size_t bytes = ROWS * stride * sizeof(uint16_t);
    if (bytes < 2 * LARGE_PAGE) {
        return ie_try_alloc(ROWS, stride * sizeof(uint16_t));
    }
    void *block = NULL;
    if (posix_memalign(&block, LARGE_PAGE, (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE) !=
        0) {
        return NULL;
    }
    madvise(block, bytes, MADV_HUGEPAGE); /* a wish: without it everything is only slower */
    return block;
}

bool ie_nearest_add(ie_nearest *nearest, const uint16_t *values)
{
    if (nearest->count % ROWS == 0) {
        uint16_t *block = new_block(nearest->stride);
        if (block == NULL) {
            return false;
        }
        IE_GROW(nearest->blocks, nearest->block_count, nearest->block_room);
        nearest->blocks[nearest->block_count++] = block;
    }
    uint16_t *row =
        nearest->blocks[nearest->count / ROWS] + nearest->count % ROWS * nearest->stride;
    memcpy(row, values, nearest->dimension * sizeof *row);
    memset(row + nearest->dimension, 0, (nearest->stride - nearest->dimension) * sizeof *row);
    nearest->count++;
    return true;
}

/* ---- products ---- */

/* A number that is neither infinite nor NaN: its bits stand where a float has them, with another
   bias. */
static inline float plain_half(uint16_t half)
{
    uint32_t bits = (uint32_t)(half & 0x7fff) << 13 | (uint32_t)(half & 0x8000) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value * 0x1p112f;
}

static void scan_portable(const uint16_t *rows, size_t count, size_t stride, const float *query,
                          float *ret_products)
{
    for (size_t r = 0; r < count; r++, rows += stride) {
        float sums[LANES] = {0};
        for (size_t i = 0; i < stride; i += LANES) {
            for (size_t l = 0; l < LANES; l++) {
                sums[l] += plain_half(rows[i + l]) * query[i + l];
            }
        }
        float sum = 0;
        for (size_t l = 0; l < LANES; l++) {
            sum += sums[l];
        }
        ret_products[r] = sum;
    }
}

#ifdef HAVE_AVX2
__attribute__((target("avx2,f16c,fma"))) static void scan_avx2(const uint16_t *rows, size_t count,
                                                               size_t stride, const float *query,
                                                               float *ret_products)
{
    for (size_t r = 0; r < count; r++, rows += stride) {
        __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                          _mm256_setzero_ps()};
        for (size_t i = 0; i < stride; i += 32) {
            for (size_t l = 0; l < 4; l++) {
                __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)(rows + i + 8 * l));
                sums[l] = _mm256_fmadd_ps(_mm256_cvtph_ps(halves),
                                          _mm256_loadu_ps(query + i + 8 * l), sums[l]);
            }
        }
        float lanes[8], sum = 0;
        _mm256_storeu_ps(
            lanes, _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
        for (size_t l = 0; l < 8; l++) {
            sum += lanes[l];
        }
        ret_products[r] = sum;
    }
}

/* Asked of the processor itself, because clang's __builtin_cpu_supports does not know the name. */
static bool has_f16c(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

ie_nearest_scan *ie_nearest_scan_by(ie_nearest_path path)
{
    if (path == IE_NEAREST_PORTABLE) {
        return scan_portable;
    }
#ifdef HAVE_AVX2
    if (path == IE_NEAREST_AVX2 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma") && has_f16c()) {
        return scan_avx2;
    }
#endif
    return NULL;
}

static ie_nearest_scan *best_scan(void)
{
    ie_nearest_scan *scan = NULL;
    for (int path = IE_NEAREST_PATHS - 1; scan == NULL; path--) {
        scan = ie_nearest_scan_by((ie_nearest_path)path);
    }
    return scan;
}

static double exact_product(const ie_nearest *nearest, size_t row, const float *query)
{
    const uint16_t *values = nearest->blocks[row / ROWS] + row % ROWS * nearest->stride;
    double sum = 0;
    for (size_t i = 0; i < nearest->dimension; i++) {
        sum += (double)ie_half_to_float(values[i]) * query[i];
    }
    return sum;
}

/* ---- the best ---- */

/* The `rank`-th largest of the numbers (0: the largest), which get another order: Hoare's
   selection. */
static float select_largest(float *numbers, size_t count, size_t rank)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = numbers[low + (high - low) / 2];
        size_t i = low, j = high;
        while (i <= j) {
            while (numbers[i] > pivot) {
                i++;
            }
            while (numbers[j] < pivot) {
                j--;
            }
            if (i <= j) {
                float kept = numbers[i];
                numbers[i++] = numbers[j];
                numbers[j] = kept;
                if (j-- == 0) {
                    break;
                }
            }
        }
        if (j != SIZE_MAX && rank <= j) {
            high = j;
        } else if (rank >= i) {
            low = i;
        } else {
            break;
        }
    }
    return numbers[rank];
}

typedef struct order {
    ie_near_before_fn before;
    void *user;
} order;

static int compare(const void *a, const void *b, void *user)
{
    const ie_near *x = a, *y = b;
    const order *o = user;
    if (x->similarity != y->similarity) {
        return x->similarity > y->similarity ? -1 : 1;
    }
    if (x->row == y->row) {
        return 0;
    }
    bool first = o->before != NULL ? o->before(o->user, x->row, y->row) : x->row < y->row;
    return first ? -1 : 1;
}

/* The rows whose product is at least `least`, with their exact ones. */
static ie_status rank(const ie_nearest *nearest, const float *query, const float *products,
                      float least, order *by, ie_near **ret_near, size_t *ret_count, ie_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < nearest->count; i++) {
        count += products[i] >= least;
    }
    ie_near *near = ie_try_alloc(count + 1, sizeof *near);
    if (near == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory to search.");
    }
    count = 0;
    for (size_t i = 0; i < nearest->count; i++) {
        if (products[i] >= least) {
            near[count++] = (ie_near){i, exact_product(nearest, i, query)};
        }
    }
    qsort_r(near, count, sizeof *near, compare, by);
    *ret_near = near;
    *ret_count = count;
    return IE_OK;
}

ie_status ie_nearest_find(const ie_nearest *nearest, const float *query, size_t most,
                          ie_near_before_fn before, void *user, ie_near **ret_near,
                          size_t *ret_count, ie_error *err)
{
    size_t count = nearest->count;
    IE_AUTO_FREE float *padded = ie_alloc(nearest->stride * sizeof *padded);
    memcpy(padded, query, nearest->dimension * sizeof *padded);
    /* A number for each row, and once more to find the last of the best in. */
    IE_AUTO_FREE float *products = ie_try_alloc(count + 1, 2 * sizeof *products);
    if (products == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory to search.");
    }
    ie_nearest_scan *scan = best_scan();
    for (size_t b = 0; b < nearest->block_count; b++) {
        size_t rows = count - b * ROWS < ROWS ? count - b * ROWS : ROWS;
        scan(nearest->blocks[b], rows, nearest->stride, padded, products + b * ROWS);
    }
    float least = -INFINITY;
    if (most > 0 && most < count) {
        memcpy(products + count, products, count * sizeof *products);
        /* Rounding errors of a sum of n products of two vectors of length 1 are below n epsilon
           (Higham 2002, 3.1), for the last of the best and for the one compared with it. */
        least = select_largest(products + count, count, most - 1) -
                2 * (float)nearest->stride * FLT_EPSILON;
    }
    order by = {before, user};
    size_t found = 0;
    ie_status status = rank(nearest, padded, products, least, &by, ret_near, &found, err);
    if (status == IE_OK) {
        *ret_count = found < most ? found : most;
    }
    return status;
}
