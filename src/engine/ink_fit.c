// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_fit.h"

#include <math.h>
#include <string.h>

#include "engine/ink_apart.h"

#define MAP 8 /* six of places, gain and offset */
#define ROUNDS 6
#define SPREAD 24.0     /* levels: what differs by more counts less */
#define LEAST_SLOPE 0.5 /* levels: where there is less nothing tells where it lies */
#define MIN_SCALE 0.77  /* of a copy, as in engine/judge.c */
#define MAX_SCALE 1.30
#define LEAST_STRETCH 0.9
#define MOST_STRETCH 1.1
#define LEAST_SHOWN 0.5
#define INSET 2      /* samples: so far the filter's neighbours are shown, too */
#define ROW_STEP 2   /* every other row tells enough to lay them */
#define SETTLED 0.02 /* samples at the far end */

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

/* Narrows *from..*to, both included, to where least <= first + by * x <= most. */
static void narrow(double first, double by, double least, double most, double *from, double *to)
{
    if (fabs(by) < 1e-9) {
        *to = first >= least && first <= most ? *to : -1;
        return;
    }
    double one = (least - first) / by, other = (most - first) / by;
    *from = fmax(*from, ceil(fmin(one, other)));
    *to = fmin(*to, floor(fmax(one, other)));
}

/* One row of what `b` shows through the map; where it shows nothing, 0. */
static void look_along(const ie_ink_plane *b, const map *m, int y, ie_ink_plane *seen, float *there)
{
    int width = seen->width;
    size_t row = (size_t)y * (size_t)width;
    double first_x = m->p[0] + m->p[2] * y, first_y = m->p[3] + m->p[5] * y;
    double from = 0, to = width - 1;
    memset(&seen->v[row], 0, (size_t)width * sizeof *seen->v);
    memset(&there[row], 0, (size_t)width * sizeof *there);
    narrow(first_x, m->p[1], INSET, b->width - INSET - 1.01, &from, &to);
    narrow(first_y, m->p[4], INSET, b->height - INSET - 1.01, &from, &to);
    for (int x = (int)from; x <= (int)to && from <= to; x++) {
        double to_x = first_x + m->p[1] * x, to_y = first_y + m->p[4] * x;
        int at_x = (int)to_x, at_y = (int)to_y;
        float fx = (float)(to_x - at_x), fy = (float)(to_y - at_y);
        const float *v = &b->v[(size_t)at_y * (size_t)b->width + (size_t)at_x];
        float upper = v[0] + fx * (v[1] - v[0]);
        float lower = v[b->width] + fx * (v[b->width + 1] - v[b->width]);
        seen->v[row + (size_t)x] = upper + fy * (lower - upper);
        there[row + (size_t)x] = 1;
    }
}

static void look_through(const ie_ink_plane *b, const map *m, ie_ink_plane *seen, float *there)
{
    for (int y = 0; y < seen->height; y++) {
        look_along(b, m, y, seen, there);
    }
}

/* All of the square, not its half, for that is what the compiler takes many at once of. */
static void add_equations(const double d[MAP], double weight, double error, double e[MAP * MAP],
                          double r[MAP])
{
    for (int k = 0; k < MAP; k++) {
        double by = weight * d[k];
        for (int l = 0; l < MAP; l++) {
            e[k * MAP + l] += by * d[l];
        }
        r[k] += by * error;
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
            if (fabs(gx) + fabs(gy) < LEAST_SLOPE) {
                continue;
            }
            double error = (double)a->v[at] - (m->p[6] * (double)v[0] + m->p[7]);
            double weight = 1 / (1 + error * error / (SPREAD * SPREAD));
            const double d[MAP] = {gx, gx * x, gx * y, gy, gy * x, gy * y, (double)v[0], 1};
            add_equations(d, weight, error, e, r);
        }
    }
    for (int k = 0; k < MAP; k++) {
        e[k * MAP + k] = e[k * MAP + k] * (1 + 1e-6) + 1e-3;
    }
    if (!ie_ink_solve(e, r, MAP)) {
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

/* Of half the size, a sample the mean of four, and softer. */
static bool halve(const ie_ink_plane *from, ie_ink_plane *to)
{
    int width = from->width / 2, height = from->height / 2;
    if (!ie_ink_plane_make(to, width, height)) {
        return false;
    }
    for (int y = 0; y < height; y++) {
        const float *up = &from->v[(size_t)(2 * y) * (size_t)from->width], *down = up + from->width;
        for (int x = 0; x < width; x++) {
            to->v[(size_t)y * (size_t)width + (size_t)x] =
                (up[2 * x] + up[2 * x + 1] + down[2 * x] + down[2 * x + 1]) / 4;
        }
    }
    return ie_ink_plane_soften(to);
}

/* The same map between samples that are `times` as far apart. */
static void scale_map(map *m, double times)
{
    for (int k = 0; k < 6; k += 3) {
        double middle = m->p[k] + (m->p[k + 1] + m->p[k + 2]) * (times - 1) / 2;
        m->p[k] = (middle - (times - 1) / 2) / times;
    }
}

static bool fit_coarsely(const ie_ink_plane *a, const ie_ink_plane *b, map *m, ie_ink_room *room)
{
    if (!halve(a, &room->half_a) || !halve(b, &room->half_b) ||
        !ie_ink_plane_make(&room->half_seen, room->half_a.width, room->half_a.height) ||
        !ie_ink_plane_make(&room->half_there, room->half_a.width, room->half_a.height)) {
        return false;
    }
    scale_map(m, 2);
    fit(&room->half_a, &room->half_b, m, &room->half_seen, room->half_there.v);
    scale_map(m, 0.5);
    return true;
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

/* How far the fit may walk from the map of the sketches, which is right to a sample of theirs. */
static bool is_of_its_size(const map *m)
{
    double across = hypot(m->p[1], m->p[4]), down = hypot(m->p[2], m->p[5]);
    return across >= LEAST_STRETCH && across <= MOST_STRETCH && down >= LEAST_STRETCH &&
           down <= MOST_STRETCH;
}

/* A copy that was cut still shows most of the page. */
static bool shows_enough(const float *there, size_t count)
{
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        shown += there[i] != 0;
    }
    return (double)shown >= LEAST_SHOWN * (double)count;
}

static bool make_seen(const ie_ink_plane *a, ie_ink_room *room)
{
    return ie_ink_plane_make(&room->seen, a->width, a->height) &&
           ie_ink_plane_make(&room->there, a->width, a->height);
}

static ie_ink_lain lay_moved(const ie_ink_plane *a, const ie_pixels *b, unsigned turn,
                             const ie_warp *warp, ie_ink_room *room)
{
    size_t count = (size_t)a->width * (size_t)a->height;
    double scale_x = hypot(warp->p[1], warp->p[4]), scale_y = hypot(warp->p[2], warp->p[5]);
    if (!(scale_x >= MIN_SCALE && scale_x <= MAX_SCALE && scale_y >= MIN_SCALE &&
          scale_y <= MAX_SCALE) ||
        !fill_resized(&room->whole, b, turn, (int)lround(a->width / scale_x),
                      (int)lround(a->height / scale_y)) ||
        !make_seen(a, room)) {
        return IE_INK_NOT_LAID;
    }
    map m = map_of(warp, a, &room->whole);
    if (!fit_coarsely(a, &room->whole, &m, room) || !is_of_its_size(&m)) {
        return IE_INK_NOT_LAID;
    }
    look_through(&room->whole, &m, &room->seen, room->there.v);
    const ie_ink_levels levels = {.gain = (float)m.p[6], .offset = (float)m.p[7], .reach = 2};
    if (ie_ink_differs_clearly(a, &room->seen, room->there.v, &levels, room)) {
        return IE_INK_CLEARLY_OTHER;
    }
    fit(a, &room->whole, &m, &room->seen, room->there.v);
    look_through(&room->whole, &m, &room->seen, room->there.v);
    return is_of_its_size(&m) && shows_enough(room->there.v, count) ? IE_INK_LAID : IE_INK_NOT_LAID;
}

ie_ink_lain ie_ink_lay(const ie_ink_plane *a, const ie_pixels *b, unsigned turn,
                       const ie_laying *laying, ie_ink_room *room)
{
    if (!laying->still) {
        return lay_moved(a, b, turn, &laying->warp, room);
    }
    if (!fill_resized(&room->seen, b, turn, a->width, a->height) || !make_seen(a, room)) {
        return IE_INK_NOT_LAID;
    }
    size_t count = (size_t)a->width * (size_t)a->height;
    for (size_t i = 0; i < count; i++) {
        room->there.v[i] = 1;
    }
    ie_ink_levels levels = {.reach = 1};
    bool clearly = ie_ink_levels_of(a, &room->seen, &levels) &&
                   ie_ink_differs_clearly(a, &room->seen, room->there.v, &levels, room);
    return clearly ? IE_INK_CLEARLY_OTHER : IE_INK_LAID;
}
