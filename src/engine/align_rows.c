// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/align_rows.h"

#define SIDE IE_SKETCH_SIDE
#define BASIS IE_ALIGN_BASIS
#define LANES IE_ALIGN_LANES

/* One row of a plane through a map: bilinear, with slopes in levels a sample. */
typedef struct row {
    float value[SIDE], dx[SIDE], dy[SIDE];
    float there[SIDE]; /* 1, or 0 outside, where the rest is that of the nearest edge */
} row;

static float between(float value, float most)
{
    return value > 0 ? (value < most ? value : most) : 0; /* 0 for NaN */
}

/* What lies within `inset` samples of an edge of `p` counts as outside. */
static void sample_row(const ie_plane *p, const ie_warp *w, int y, int inset, row *to)
{
    int n = p->side;
    float x0, y0, right = (float)w->p[1], down = (float)w->p[4];
    ie_align_row_start(w, n, y, &x0, &y0);
    float most = (float)(n - 1), least = (float)inset - 0.5f, edge = most - least;
    float fx[SIDE], fy[SIDE], corner[4][SIDE];
    int first[SIDE];
    /* Three plain loops, of which all but the fetching are done for several samples at a time. */
    for (int x = 0; x < n; x++) {
        float at_x = x0 + (float)x * right, at_y = y0 + (float)x * down;
        to->there[x] = at_x >= least && at_y >= least && at_x <= edge && at_y <= edge ? 1 : 0;
        at_x = between(at_x, most);
        at_y = between(at_y, most);
        int ix = (int)at_x, iy = (int)at_y;
        ix -= ix == n - 1;
        iy -= iy == n - 1;
        fx[x] = at_x - (float)ix;
        fy[x] = at_y - (float)iy;
        first[x] = iy * n + ix;
    }
    for (int x = 0; x < n; x++) {
        const float *v = &p->v[first[x]];
        corner[0][x] = v[0];
        corner[1][x] = v[1];
        corner[2][x] = v[n];
        corner[3][x] = v[n + 1];
    }
    for (int x = 0; x < n; x++) {
        float upper = corner[1][x] - corner[0][x], lower = corner[3][x] - corner[2][x];
        float top = corner[0][x] + fx[x] * upper, bottom = corner[2][x] + fx[x] * lower;
        to->value[x] = top + fy[x] * (bottom - top);
        to->dx[x] = upper + fy[x] * (lower - upper);
        to->dy[x] = bottom - top;
    }
}

static int through_portable(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen,
                            float *ret_there)
{
    int n = b->side, count = 0;
    ret_seen->side = n;
    for (int y = 0; y < n; y++) {
        row r;
        sample_row(b, warp, y, 0, &r);
        for (int x = 0; x < n; x++) {
            ret_seen->v[y * n + x] = r.there[x] != 0 ? r.value[x] : 0;
            ret_there[y * n + x] = r.there[x];
            count += r.there[x] != 0;
        }
    }
    return count;
}

/* `count` is a multiple of LANES. The order of adding is fixed, so every processor gives the same
   sum. */
static double dot(const float *a, const float *b, int count)
{
    float sums[LANES] = {0};
    for (int i = 0; i < count; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            sums[k] += a[i + k] * b[i + k];
        }
    }
    return (double)((sums[0] + sums[4]) + (sums[1] + sums[5])) +
           (double)((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* Adds what one row says. */
static void add_row(const ie_align_job *j, const row *r, int y, ie_align_sums *to)
{
    int n = j->a->side;
    const float *wanted = &j->a->v[y * n];
    float basis[BASIS + 1][SIDE], weighted[BASIS][SIDE];
    float gain = (float)j->warp->p[6], offset = (float)j->warp->p[7],
          slope = (float)(j->warp->p[6] * n / 2.0);
    double uy = ie_unit_of(y, n);
    for (int x = 0; x < n; x++) {
        float ux = (2 * (float)x + 1) / (float)n - 1;
        float error = wanted[x] - (gain * r->value[x] + offset);
        float weight = r->there[x] / (1 + error * error / (j->spread * j->spread));
        const float terms[BASIS] = {slope * r->dx[x],      slope * r->dx[x] * ux, slope * r->dy[x],
                                    slope * r->dy[x] * ux, r->value[x],           1};
        basis[BASIS][x] = error;
        for (int k = 0; k < BASIS; k++) {
            basis[k][x] = terms[k];
            weighted[k][x] = weight * terms[k];
        }
    }
    for (int k = 0; k < BASIS; k++) {
        for (int l = k; l <= BASIS; l++) {
            double product = dot(weighted[k], basis[l], n);
            int at = ie_align_sum_index(k, l);
            to->plain[at] += product;
            to->by_y[at] += uy * product;
            to->by_yy[at] += uy * uy * product;
        }
    }
}

static void add_portable(const ie_align_job *j, ie_align_sums *to)
{
    int n = j->a->side;
    for (int y = j->skip; y < n - j->skip; y++) {
        row r;
        sample_row(j->b, j->warp, y, j->inset, &r);
        for (int x = 0; x < j->skip; x++) {
            r.there[x] = r.there[n - 1 - x] = 0;
        }
        add_row(j, &r, y, to);
    }
}

const ie_align_rows *ie_align_rows_by(ie_align_path path)
{
    static const ie_align_rows portable = {add_portable, through_portable};
    switch (path) {
    case IE_ALIGN_PORTABLE:
        return &portable;
    case IE_ALIGN_AVX2:
        return ie_align_rows_avx2();
    case IE_ALIGN_AVX512:
        return ie_align_rows_avx512();
    default:
        return NULL;
    }
}

const ie_align_rows *ie_align_rows_best(void)
{
    const ie_align_rows *rows = NULL;
    for (int path = IE_ALIGN_PATHS - 1; rows == NULL; path--) {
        rows = ie_align_rows_by((ie_align_path)path);
    }
    return rows;
}
