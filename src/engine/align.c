// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/align.h"

#include <math.h>
#include <string.h>

#include "engine/align_rows.h"

#define SIDE IE_SKETCH_SIDE
#define LEVELS 3 /* sides 16, 32, 64 */
#define PARAMETERS IE_WARP_PARAMETERS
#define ROUNDS 20
#define LEAST_SPREAD 5.0 /* grey levels: by then only what agrees counts */
#define FRAMED 2         /* samples of the finest size that the edge of a frame blurs */

/* How alike two pictures must be at the coarsest size, where copies and shots of one scene are
   above 0.75. */
#define MIN_COARSE_MATCH 0.55

unsigned ie_turn_back(unsigned turn)
{
    return turn == 5 ? 7 : turn == 7 ? 5 : turn;
}

int ie_turned_index(int side, unsigned turn, int x, int y)
{
    bool across = turn % 4 == 1 || turn % 4 == 2, down = turn % 4 >= 2;
    int from_x = across ? side - 1 - x : x, from_y = down ? side - 1 - y : y;
    return turn >= 4 ? from_x * side + from_y : from_y * side + from_x;
}

/* ---- planes --------------------------------------------------------------------------------- */

void ie_plane_fill(ie_plane *to, const uint8_t *gray, unsigned turn)
{
    to->side = SIDE;
    int first = ie_turned_index(SIDE, turn, 0, 0);
    int right = ie_turned_index(SIDE, turn, 1, 0) - first,
        down = ie_turned_index(SIDE, turn, 0, 1) - first;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            to->v[y * SIDE + x] = gray[first + x * right + y * down];
        }
    }
}

static void halve(const ie_plane *from, ie_plane *to)
{
    int n = from->side;
    to->side = n / 2;
    for (int y = 0; y < n / 2; y++) {
        for (int x = 0; x < n / 2; x++) {
            const float *v = &from->v[2 * y * n + 2 * x];
            to->v[y * (n / 2) + x] = (v[0] + v[1] + v[n] + v[n + 1]) / 4;
        }
    }
}

void ie_plane_soften(ie_plane *p)
{
    int n = p->side;
    float across[SIDE * SIDE];
    for (int y = 0; y < n; y++) {
        const float *v = &p->v[y * n];
        float *to = &across[y * n];
        to[0] = (3 * v[0] + v[1]) / 4;
        for (int x = 1; x < n - 1; x++) {
            to[x] = (v[x - 1] + 2 * v[x] + v[x + 1]) / 4;
        }
        to[n - 1] = (v[n - 2] + 3 * v[n - 1]) / 4;
    }
    for (int y = 0; y < n; y++) {
        const float *up = &across[(y > 0 ? y - 1 : 0) * n], *here = &across[y * n];
        const float *down = &across[(y < n - 1 ? y + 1 : n - 1) * n];
        for (int x = 0; x < n; x++) {
            p->v[y * n + x] = (up[x] + 2 * here[x] + down[x]) / 4;
        }
    }
}

int ie_plane_through(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen, float *ret_there)
{
    return ie_align_rows_best()->through(b, warp, ret_seen, ret_there);
}

/* ---- the fit -------------------------------------------------------------------------------- */

/* Solves m x = r in place by Gauss' elimination; false when it has no good answer. */
static bool solve(double m[PARAMETERS][PARAMETERS], double r[PARAMETERS])
{
    for (int k = 0; k < PARAMETERS; k++) {
        int pivot = k;
        for (int i = k + 1; i < PARAMETERS; i++) {
            pivot = fabs(m[i][k]) > fabs(m[pivot][k]) ? i : pivot;
        }
        if (!(fabs(m[pivot][k]) > 1e-9)) {
            return false;
        }
        for (int j = 0; j < PARAMETERS && pivot != k; j++) {
            double swap = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = swap;
        }
        double swap = r[k];
        r[k] = r[pivot];
        r[pivot] = swap;
        for (int i = k + 1; i < PARAMETERS; i++) {
            double factor = m[i][k] / m[k][k];
            for (int j = k; j < PARAMETERS; j++) {
                m[i][j] -= factor * m[k][j];
            }
            r[i] -= factor * r[k];
        }
    }
    for (int k = PARAMETERS - 1; k >= 0; k--) {
        for (int j = k + 1; j < PARAMETERS; j++) {
            r[k] -= m[k][j] * r[j];
        }
        r[k] /= m[k][k];
    }
    return true;
}

typedef struct equations {
    double m[PARAMETERS][PARAMETERS], r[PARAMETERS];
} equations;

/* Each of the eight derivatives is a row of the basis, times 1 or y. */
static void write_equations(const ie_align_sums *sums, equations *to)
{
    static const struct {
        int basis, times_y;
    } parts[PARAMETERS] = {{0, 0}, {1, 0}, {0, 1}, {2, 0}, {3, 0}, {2, 1}, {4, 0}, {5, 0}};
    const double *by[] = {sums->plain, sums->by_y, sums->by_yy};
    for (int k = 0; k < PARAMETERS; k++) {
        for (int l = 0; l < PARAMETERS; l++) {
            int s = parts[k].basis, t = parts[l].basis;
            to->m[k][l] = by[parts[k].times_y + parts[l].times_y]
                            [s < t ? ie_align_sum_index(s, t) : ie_align_sum_index(t, s)];
        }
        to->r[k] = by[parts[k].times_y][ie_align_sum_index(parts[k].basis, IE_ALIGN_BASIS)];
    }
}

/* One step of the fit. Returns how far the map moved, or -1. The outermost samples of both do not
   count: a frame around one of the two would pull at them, at the finest size by what it was
   softened with, too. */
static double step(const ie_plane *a, const ie_plane *b, ie_warp *w, double spread)
{
    int n = a->side;
    ie_align_job job = {.a = a,
                        .b = b,
                        .warp = w,
                        .spread = (float)spread,
                        .skip = n == SIDE ? FRAMED : 1,
                        .inset = n == SIDE ? FRAMED : 0};
    ie_align_sums sums = {0};
    equations e;
    ie_align_rows_best()->add(&job, &sums);
    write_equations(&sums, &e);
    for (int k = 0; k < PARAMETERS; k++) {
        e.m[k][k] *= 1.0 + 1e-4;
        e.m[k][k] += 1e-6;
    }
    if (!solve(e.m, e.r)) {
        return -1;
    }
    double moved = 0;
    for (int k = 0; k < PARAMETERS; k++) {
        w->p[k] += e.r[k];
        moved = k < 6 && fabs(e.r[k]) > moved ? fabs(e.r[k]) : moved;
    }
    return moved;
}

static void fit(const ie_plane *a, const ie_plane *b, ie_warp *w)
{
    double spread = 40;
    for (int round = 0; round < ROUNDS; round++) {
        double moved = step(a, b, w, spread);
        if (moved < 0.02 / a->side) {
            break;
        }
        spread = spread > (a->side == SIDE ? LEAST_SPREAD : 12) ? spread * 0.8 : spread;
    }
}

/* Pearson's correlation of what both show. */
static double match_through(const ie_plane *a, const ie_plane *b, const ie_warp *w)
{
    ie_plane seen;
    float there[SIDE * SIDE];
    int count = ie_plane_through(b, w, &seen, there);
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < a->side * a->side; i++) {
        double x = (double)(there[i] * a->v[i]), y = (double)seen.v[i];
        sa += x;
        sb += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    double n = count > 0 ? count : 1;
    return (ab / n - sa / n * (sb / n)) /
           sqrt((aa / n - sa / n * (sa / n) + 1) * (bb / n - sb / n * (sb / n) + 1));
}

/* How much of what both show agrees: the sum of the weights that a fit would give, over all samples
   of `a`. */
static double agreement(const ie_plane *a, const ie_plane *b, const ie_warp *w)
{
    ie_plane seen;
    float there[SIDE * SIDE];
    (void)ie_plane_through(b, w, &seen, there);
    int count = a->side * a->side;
    double weights[SIDE * SIDE], sum = 0;
    for (int i = 0; i < count; i++) { /* several at a time */
        double error = (double)a->v[i] - (w->p[6] * (double)seen.v[i] + w->p[7]);
        weights[i] = 1 / (1 + error * error / (LEAST_SPREAD * LEAST_SPREAD));
    }
    for (int i = 0; i < count; i++) {
        sum += there[i] != 0 ? weights[i] : 0;
    }
    return sum;
}

/* Most copies lie where the other lies; a band of text at an edge leads the coarse sizes astray. */
static void better_of_still(const ie_plane *a, const ie_plane *b, ie_warp *w)
{
    ie_warp still = {{0, 1, 0, 0, 0, 1, 1, 0}};
    fit(a, b, &still);
    if (agreement(a, b, &still) > agreement(a, b, w)) {
        *w = still;
    }
}

bool ie_align(const ie_plane *a, const ie_plane *b, ie_warp *ret_warp)
{
    ie_plane small_a[LEVELS], small_b[LEVELS];
    small_a[LEVELS - 1] = *a;
    small_b[LEVELS - 1] = *b;
    for (int level = LEVELS - 2; level >= 0; level--) {
        halve(&small_a[level + 1], &small_a[level]);
        halve(&small_b[level + 1], &small_b[level]);
    }
    *ret_warp = (ie_warp){{0, 1, 0, 0, 0, 1, 1, 0}};
    for (int level = 0; level < LEVELS; level++) {
        ie_plane_soften(&small_a[level]);
        ie_plane_soften(&small_b[level]);
        fit(&small_a[level], &small_b[level], ret_warp);
        if (level == 0 &&
            !(match_through(&small_a[0], &small_b[0], ret_warp) >= MIN_COARSE_MATCH)) {
            return false;
        }
    }
    better_of_still(&small_a[LEVELS - 1], &small_b[LEVELS - 1], ret_warp);
    return true;
}

void ie_align_again(const ie_plane *a, const ie_plane *b, ie_warp *warp)
{
    ie_plane soft_a = *a, soft_b = *b;
    ie_plane_soften(&soft_a);
    ie_plane_soften(&soft_b);
    warp->p[6] = 1;
    warp->p[7] = 0;
    fit(&soft_a, &soft_b, warp);
    better_of_still(&soft_a, &soft_b, warp);
}
