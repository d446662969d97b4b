// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 9 /* of the filter */
#define UNKNOWNS (TAPS + 1)
#define MAP 8 /* six of places, gain and offset */
#define ROUNDS 6
#define SOFTER 4       /* times, at first: strokes are thinner than the sketches are exact */
#define SPREAD 24.0    /* levels: what differs by more counts less */
#define INK_SLOPE 8.0f /* levels: where there is less a filter has nothing to do */
#define LEAST_INK 50   /* samples */
#define MIN_SCALE 0.77 /* of a copy, as in engine/judge.c */
#define MAX_SCALE 1.30
#define INSET 2 /* samples: so far the filter's neighbours are shown, too */
#define FILTER_STEP 3
#define ROW_STEP 2   /* every other row tells enough to lay them */
#define SETTLED 0.02 /* samples at the far end */

static bool plane_make(ie_ink_plane *plane, int width, int height)
{
    *plane = (ie_ink_plane){.width = width, .height = height};
    plane->v = ie_try_alloc((size_t)width * (size_t)height, sizeof *plane->v);
    return plane->v != NULL;
}

void ie_ink_plane_clear(ie_ink_plane *plane)
{
    free(plane->v);
    plane->v = NULL;
}

static void soften_line(float *v, int count, int stride)
{
    float before = v[0];
    for (int i = 0; i < count; i++) {
        float now = v[i * stride], after = v[(i + 1 < count ? i + 1 : i) * stride];
        v[i * stride] = (before + 2 * now + after) / 4;
        before = now;
    }
}

static void soften(ie_ink_plane *plane)
{
    for (int y = 0; y < plane->height; y++) {
        soften_line(&plane->v[(size_t)y * (size_t)plane->width], plane->width, 1);
    }
    for (int x = 0; x < plane->width; x++) {
        soften_line(&plane->v[x], plane->height, plane->width);
    }
}

bool ie_ink_plane_fill(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn)
{
    bool across = turn % 4 == 1 || turn % 4 == 2, down = turn % 4 >= 2;
    int width = (int)(turn >= 4 ? gray->height : gray->width);
    int height = (int)(turn >= 4 ? gray->width : gray->height);
    if (!plane_make(plane, width, height)) {
        return false;
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int from_x = across ? width - 1 - x : x, from_y = down ? height - 1 - y : y;
            int row = turn >= 4 ? from_x : from_y, column = turn >= 4 ? from_y : from_x;
            plane->v[(size_t)y * (size_t)width + (size_t)x] =
                gray->data[(size_t)row * gray->width + (size_t)column];
        }
    }
    soften(plane);
    return true;
}

/* Solves m x = r, both of `n` unknowns and positive, in place; false when it has no good answer. */
static bool solve(double *m, double *r, int n)
{
    for (int k = 0; k < n; k++) {
        if (!(m[k * n + k] > 1e-9)) {
            return false;
        }
        for (int i = k + 1; i < n; i++) {
            double factor = m[i * n + k] / m[k * n + k];
            for (int j = k; j < n; j++) {
                m[i * n + j] -= factor * m[k * n + j];
            }
            r[i] -= factor * r[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++) {
            r[k] -= m[k * n + j] * r[j];
        }
        r[k] /= m[k * n + k];
    }
    return true;
}

/* ---- the map -------------------------------------------------------------------------------- */

/* In samples: at (x, y) of `a` lies what `b` has at (p0 + p1 x + p2 y, p3 + p4 x + p5 y). */
typedef struct map {
    double p[MAP];
} map;

static map map_of(const ie_warp *w, const ie_ink_plane *a, const ie_ink_plane *b)
{
    map m = {.p = {[6] = 1}};
    const double to[2] = {b->width / 2.0, b->height / 2.0};
    for (int axis = 0; axis < 2; axis++) {
        const double *from = &w->p[3 * axis];
        double by_x = from[1] * 2 / a->width, by_y = from[2] * 2 / a->height;
        double first = from[0] + from[1] * (1.0 / a->width - 1) + from[2] * (1.0 / a->height - 1);
        m.p[3 * axis] = to[axis] * (first + 1) - 0.5;
        m.p[3 * axis + 1] = to[axis] * by_x;
        m.p[3 * axis + 2] = to[axis] * by_y;
    }
    return m;
}

/* What `b` has at that place; false beyond its outermost samples. */
static bool sample(const ie_ink_plane *b, double x, double y, float *ret_v)
{
    if (!(x >= 0 && y >= 0 && x < b->width - 1 && y < b->height - 1)) {
        return false;
    }
    int column = (int)x, row = (int)y;
    float fx = (float)(x - column), fy = (float)(y - row);
    const float *v = &b->v[(size_t)row * (size_t)b->width + (size_t)column];
    float upper = v[0] + fx * (v[1] - v[0]);
    float lower = v[b->width] + fx * (v[b->width + 1] - v[b->width]);
    *ret_v = upper + fy * (lower - upper);
    return true;
}

static void look_through(const ie_ink_plane *b, const map *m, ie_ink_plane *seen, float *there)
{
    for (int y = 0; y < seen->height; y++) {
        for (int x = 0; x < seen->width; x++) {
            size_t at = (size_t)y * (size_t)seen->width + (size_t)x;
            double to_x = m->p[0] + m->p[1] * x + m->p[2] * y;
            double to_y = m->p[3] + m->p[4] * x + m->p[5] * y;
            seen->v[at] = 0;
            bool shown = sample(b, to_x, to_y, &seen->v[at]) && to_x >= INSET && to_y >= INSET &&
                         to_x < b->width - INSET - 1 && to_y < b->height - INSET - 1;
            there[at] = shown ? 1 : 0;
        }
    }
}

/* One step of the fit of `m`; `seen` and `there` are b through it. False: it is as good as it
   gets. */
static bool step(const ie_ink_plane *a, const ie_ink_plane *seen, const float *there, map *m)
{
    int w = a->width;
    double e[MAP * MAP] = {0}, r[MAP] = {0};
    for (int y = 1; y < a->height - 1; y += ROW_STEP) {
        for (int x = 1; x < w - 1; x++) {
            size_t at = (size_t)y * (size_t)w + (size_t)x;
            const float *v = &seen->v[at], *t = &there[at];
            if (t[0] * t[-1] * t[1] * t[-w] * t[w] == 0) {
                continue;
            }
            double gx = (double)(v[1] - v[-1]) / 2, gy = (double)(v[w] - v[-w]) / 2;
            double error = (double)a->v[at] - (m->p[6] * (double)v[0] + m->p[7]);
            double weight = 1 / (1 + error * error / (SPREAD * SPREAD));
            const double d[MAP] = {gx, gx * x, gx * y, gy, gy * x, gy * y, (double)v[0], 1};
            for (int k = 0; k < MAP; k++) {
                for (int l = k; l < MAP; l++) {
                    e[k * MAP + l] += weight * d[k] * d[l];
                }
                r[k] += weight * d[k] * error;
            }
        }
    }
    for (int k = 0; k < MAP; k++) {
        for (int l = 0; l < k; l++) {
            e[k * MAP + l] = e[l * MAP + k];
        }
        e[k * MAP + k] = e[k * MAP + k] * (1 + 1e-6) + 1e-3;
    }
    if (!solve(e, r, MAP)) {
        return false;
    }
    double moved = 0;
    for (int k = 0; k < MAP; k++) {
        m->p[k] += r[k];
    }
    for (int k = 0; k < 6; k += 3) {
        double far = fabs(r[k]) + fabs(r[k + 1]) * a->width + fabs(r[k + 2]) * a->height;
        moved = fmax(moved, far);
    }
    return moved > SETTLED;
}

static void fit(const ie_ink_plane *a, const ie_ink_plane *b, map *m, ie_ink_plane *seen,
                float *there)
{
    for (int round = 0; round < ROUNDS; round++) {
        look_through(b, m, seen, there);
        if (!step(a, seen, there, m)) {
            return;
        }
    }
}

static bool copy_softer(const ie_ink_plane *from, ie_ink_plane *to)
{
    if (!plane_make(to, from->width, from->height)) {
        return false;
    }
    memcpy(to->v, from->v, (size_t)from->width * (size_t)from->height * sizeof *to->v);
    for (int i = 0; i < SOFTER; i++) {
        soften(to);
    }
    return true;
}

static bool fit_from_coarse(const ie_ink_plane *a, const ie_ink_plane *b, map *m,
                            ie_ink_plane *seen, float *there)
{
    ie_ink_plane soft_a = {0}, soft_b = {0};
    bool ready = copy_softer(a, &soft_a) && copy_softer(b, &soft_b);
    if (ready) {
        fit(&soft_a, &soft_b, m, seen, there);
        fit(a, b, m, seen, there);
        look_through(b, m, seen, there);
    }
    ie_ink_plane_clear(&soft_a);
    ie_ink_plane_clear(&soft_b);
    return ready;
}

/* Of the size at which its samples are as far apart as a's, turned. */
static bool fill_resized(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn, int width,
                         int height)
{
    uint32_t w = (uint32_t)(turn >= 4 ? height : width), h = (uint32_t)(turn >= 4 ? width : height);
    if (w == gray->width && h == gray->height) {
        return ie_ink_plane_fill(plane, gray, turn);
    }
    IE_AUTO_FREE uint8_t *data = ie_try_alloc((size_t)w * h, 1);
    const ie_pixels resized = {.data = data, .width = w, .height = h, .channels = 1};
    return data != NULL && ie_pixels_resize(gray, w, h, IE_FILTER_LANCZOS, data) &&
           ie_ink_plane_fill(plane, &resized, turn);
}

bool ie_ink_lay(const ie_ink_plane *a, const ie_pixels *b, unsigned turn, const ie_laying *laying,
                ie_ink_plane *ret_seen, float *ret_there)
{
    const double *p = laying->warp.p;
    size_t count = (size_t)a->width * (size_t)a->height;
    if (laying->still) {
        for (size_t i = 0; i < count; i++) {
            ret_there[i] = 1;
        }
        return fill_resized(ret_seen, b, turn, a->width, a->height);
    }
    double scale_x = hypot(p[1], p[4]), scale_y = hypot(p[2], p[5]);
    if (!(scale_x >= MIN_SCALE && scale_x <= MAX_SCALE && scale_y >= MIN_SCALE &&
          scale_y <= MAX_SCALE)) {
        return false;
    }
    ie_ink_plane whole = {0};
    bool laid = fill_resized(&whole, b, turn, (int)lround(a->width / scale_x),
                             (int)lround(a->height / scale_y)) &&
                plane_make(ret_seen, a->width, a->height);
    if (laid) {
        map m = map_of(&laying->warp, a, &whole);
        laid = fit_from_coarse(a, &whole, &m, ret_seen, ret_there);
    }
    ie_ink_plane_clear(&whole);
    return laid;
}

/* ---- the filter ----------------------------------------------------------------------------- */

/* Fills d[] with a sample and its eight neighbours, and 1; false where it is flat or not there. */
static bool neighbours(const ie_ink_plane *b, const float *there, size_t at, double *d)
{
    float least = b->v[at], most = b->v[at];
    bool all_there = true;
    for (int k = 0; k < TAPS; k++) {
        size_t near =
            at + (size_t)(k % 3) - 1 + (size_t)(k / 3) * (size_t)b->width - (size_t)b->width;
        float v = b->v[near];
        least = v < least ? v : least;
        most = v > most ? v : most;
        all_there = all_there && there[near] != 0;
        d[k] = (double)v;
    }
    d[TAPS] = 1;
    return all_there && most - least > INK_SLOPE;
}

static bool find_filter(const ie_ink_plane *a, const ie_ink_plane *b, const float *there, double *r)
{
    double e[UNKNOWNS * UNKNOWNS] = {0}, d[UNKNOWNS];
    int ink = 0;
    for (int y = 1; y < a->height - 1; y += FILTER_STEP) {
        for (int x = 1; x < a->width - 1; x++) {
            size_t at = (size_t)y * (size_t)a->width + (size_t)x;
            if (!neighbours(b, there, at, d)) {
                continue;
            }
            ink++;
            for (int k = 0; k < UNKNOWNS; k++) {
                for (int l = 0; l <= k; l++) {
                    e[k * UNKNOWNS + l] += d[k] * d[l];
                }
                r[k] += d[k] * (double)a->v[at];
            }
        }
    }
    for (int k = 0; k < UNKNOWNS; k++) {
        for (int l = k + 1; l < UNKNOWNS; l++) {
            e[k * UNKNOWNS + l] = e[l * UNKNOWNS + k];
        }
        e[k * UNKNOWNS + k] += 0.1;
    }
    return ink >= LEAST_INK && solve(e, r, UNKNOWNS);
}

/* Rows above and below are read, too. */
static void filter_row(const float *from, int width, const double *r, float *to)
{
    const float *up = from - width, *down = from + width;
    float c[UNKNOWNS];
    for (int k = 0; k < UNKNOWNS; k++) {
        c[k] = (float)r[k];
    }
    for (int x = 1; x < width - 1; x++) {
        to[x] = c[0] * up[x - 1] + c[1] * up[x] + c[2] * up[x + 1] + c[3] * from[x - 1] +
                c[4] * from[x] + c[5] * from[x + 1] + c[6] * down[x - 1] + c[7] * down[x] +
                c[8] * down[x + 1] + c[TAPS];
    }
}

bool ie_ink_filter(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                   ie_ink_plane *ret_seen)
{
    double r[UNKNOWNS] = {0};
    if (!plane_make(ret_seen, a->width, a->height) || !find_filter(a, b, there, r)) {
        return false;
    }
    memcpy(ret_seen->v, a->v, (size_t)a->width * (size_t)a->height * sizeof *a->v);
    for (int y = 1; y < a->height - 1; y++) { /* the outermost are not compared */
        size_t first = (size_t)y * (size_t)a->width;
        filter_row(&b->v[first], a->width, r, &ret_seen->v[first]);
    }
    return true;
}
