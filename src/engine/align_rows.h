// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sums over all samples that a fit (engine/align.h) is made of: where its time goes, so as wide
 * as the processor is. Every path adds in one order, so that they agree to the last bit and a
 * verdict does not depend on the machine. Pure, thread-safe.
 */
#ifndef IE_ENGINE_ALIGN_ROWS_H
#define IE_ENGINE_ALIGN_ROWS_H

#include "engine/align.h"

/* Within one row y is constant, so that the eight derivatives are six different rows of numbers
   (the slopes across and down, each also times x; the value; 1), three of them times 1 or y. */
#define IE_ALIGN_BASIS 6
#define IE_ALIGN_SUMS                                                                              \
    28 /* 21 products of them, 6 with the errors; one more to be a multiple of 4 */
#define IE_ALIGN_LANES 8 /* a row is added up as so many sums, each of every eighth sample */

typedef struct ie_align_sums {
    double plain[IE_ALIGN_SUMS], by_y[IE_ALIGN_SUMS], by_yy[IE_ALIGN_SUMS];
} ie_align_sums;

/* Of the basis rows k <= l; l == IE_ALIGN_BASIS: of k and the errors. */
static inline int ie_align_sum_index(int k, int l)
{
    return k * (2 * IE_ALIGN_BASIS + 3 - k) / 2 + l - k;
}

/* The outermost `skip` samples of `a` do not count, nor what comes from the outermost `inset` of
   `b`. */
typedef struct ie_align_job {
    const ie_plane *a, *b;
    const ie_warp *warp;
    float spread;
    int skip, inset;
} ie_align_job;

/* Where the first sample of a row of `n` lies, in samples. */
static inline void ie_align_row_start(const ie_warp *w, int n, int y, float *ret_x, float *ret_y)
{
    double ux = ie_unit_of(0, n), uy = ie_unit_of(y, n);
    *ret_x = (float)ie_index_of(w->p[0] + w->p[1] * ux + w->p[2] * uy, n);
    *ret_y = (float)ie_index_of(w->p[3] + w->p[4] * ux + w->p[5] * uy, n);
}

/* Of the lanes from `x` on: where they lie, -1..1, and whether they count, 1 or 0. */
static inline void ie_align_fill_terms(const ie_align_job *j, int x, float *ret_ux,
                                       float *ret_counts)
{
    int n = j->a->side;
    for (int k = 0; k < IE_ALIGN_LANES; k++) {
        ret_ux[k] = (2 * (float)(x + k) + 1) / (float)n - 1;
        ret_counts[k] = x + k >= j->skip && x + k < n - j->skip ? 1 : 0;
    }
}

typedef struct ie_align_rows {
    void (*add)(const ie_align_job *job, ie_align_sums *sums);
    /* ie_plane_through() */
    int (*through)(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen, float *ret_there);
} ie_align_rows;

typedef enum ie_align_path {
    IE_ALIGN_PORTABLE,
    IE_ALIGN_AVX2,
    IE_ALIGN_AVX512,
    IE_ALIGN_PATHS
} ie_align_path;

const ie_align_rows *
ie_align_rows_by(ie_align_path path); /* NULL when this processor or build cannot */
const ie_align_rows *ie_align_rows_best(void);
const ie_align_rows *ie_align_rows_avx2(void);
const ie_align_rows *ie_align_rows_avx512(void);

#endif
