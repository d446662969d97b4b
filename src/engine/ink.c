// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink.h"

#include <math.h>
#include <string.h>

#include "engine/align.h"
#include "engine/ink_filter.h"
#include "engine/ink_fit.h"
#include "engine/laying.h"

#define WINDOW 9              /* samples a side */
#define LEVELS_COUNT_HALF 0.5 /* of a window's mean difference: light differs, too */
#define INK_FLOOR 100.0       /* levels squared */
#ifndef ENOUGH
#define ENOUGH IE_INK_OTHER
#endif
#define LANES 8
#define SMALLEST (2 * WINDOW) /* samples a side: nothing to be read */

/* Sums over the last WINDOW rows, by column, and these rows as far as they are not the pages'. */
typedef struct window {
    const ie_ink_plane *a, *b;
    const float *there;
    const ie_ink_filter *filter;
    float *seen, *rest; /* WINDOW rows in turn */
    double *sums[7];    /* there, a, a^2, seen, seen^2, rest, rest^2 */
} window;

enum { THERE, OF_A, OF_A_2, OF_SEEN, OF_SEEN_2, OF_REST, OF_REST_2, SUMS };

/* b's row through the filter, and what it leaves of a's; nothing of the outermost samples. */
static void see_row(const window *w, int y, float *seen, float *rest)
{
    int width = w->a->width;
    size_t at = (size_t)y * (size_t)width;
    const float *a = &w->a->v[at], *there = &w->there[at];
    if (y == 0 || y == w->a->height - 1) {
        memcpy(seen, a, (size_t)width * sizeof *seen);
    } else {
        ie_ink_filter_row(w->filter, w->b, y, seen);
        seen[0] = a[0];
        seen[width - 1] = a[width - 1];
    }
    for (int x = 0; x < width; x++) {
        rest[x] = there[x] * (a[x] - seen[x]);
    }
}

/* Adds a row to the sums (by 1), or takes it off (by -1). */
static void add_row(const window *w, int y, double by)
{
    int width = w->a->width;
    size_t at = (size_t)y * (size_t)width, in_turn = (size_t)(y % WINDOW) * (size_t)width;
    const float *a = &w->a->v[at], *there = &w->there[at];
    const float *seen = &w->seen[in_turn], *rest = &w->rest[in_turn];
    double *const *sums = w->sums;
    for (int x = 0; x < width; x++) {
        sums[THERE][x] += by * (double)there[x];
        sums[OF_A][x] += by * (double)a[x];
        sums[OF_A_2][x] += by * (double)(a[x] * a[x]);
    }
    for (int x = 0; x < width; x++) {
        sums[OF_SEEN][x] += by * (double)seen[x];
        sums[OF_SEEN_2][x] += by * (double)(seen[x] * seen[x]);
        sums[OF_REST][x] += by * (double)rest[x];
        sums[OF_REST_2][x] += by * (double)(rest[x] * rest[x]);
    }
}

static double mean_at(const window *w, int which, int x)
{
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
        sum += w->sums[which][x + i];
    }
    return sum / (WINDOW * WINDOW);
}

static double variance_at(const window *w, int of, int of_squares, int x)
{
    double mean = mean_at(w, of, x);
    return fmax(0, mean_at(w, of_squares, x) - mean * mean);
}

/* The most of the windows that end with the last row. */
static double most_of_row(const window *w)
{
    double most = 0;
    for (int x = 0; x + WINDOW <= w->a->width; x++) {
        double squares = mean_at(w, OF_REST_2, x);
        if (squares * squares <= INK_FLOOR) {
            continue; /* more than what counts of it */
        }
        double mean = mean_at(w, OF_REST, x);
        double rest = fmax(0, squares - mean * mean) + LEVELS_COUNT_HALF * mean * mean;
        double ink = fmax(variance_at(w, OF_A, OF_A_2, x), variance_at(w, OF_SEEN, OF_SEEN_2, x)) +
                     INK_FLOOR;
        if (rest * rest > ink && mean_at(w, THERE, x) > 0.999) {
            most = fmax(most, rest / sqrt(ink));
        }
    }
    return most;
}

/* The most of all windows, or of those up to where there is enough. */
static double unexplained(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                          const ie_ink_filter *filter)
{
    size_t width = (size_t)a->width;
    IE_AUTO_FREE float *rows = ie_try_alloc(2 * WINDOW * width, sizeof *rows);
    IE_AUTO_FREE double *sums = ie_try_alloc(SUMS * width, sizeof *sums);
    if (rows == NULL || sums == NULL) {
        return HUGE_VAL;
    }
    window w = {.a = a,
                .b = b,
                .there = there,
                .filter = filter,
                .seen = rows,
                .rest = rows + WINDOW * width};
    for (size_t i = 0; i < SUMS; i++) {
        w.sums[i] = sums + i * width;
    }
    memset(sums, 0, SUMS * width * sizeof *sums);
    double most = 0;
    for (int y = 0; y < a->height && most < ENOUGH; y++) {
        size_t in_turn = (size_t)(y % WINDOW) * width;
        if (y >= WINDOW) {
            add_row(&w, y - WINDOW, -1);
        }
        see_row(&w, y, &w.seen[in_turn], &w.rest[in_turn]);
        add_row(&w, y, 1);
        most = y >= WINDOW - 1 ? fmax(most, most_of_row(&w)) : 0;
    }
    return most;
}

/* The mean square of what the filter does not explain of `a`. */
static double misfit(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                     const ie_ink_filter *filter, float *row)
{
    double all = 0;
    for (int y = 1; y < a->height - 1; y++) {
        size_t at = (size_t)y * (size_t)a->width;
        float lanes[LANES] = {0};
        ie_ink_filter_row(filter, b, y, row);
        for (int x = 1; x < a->width - 1; x++) {
            row[x] = there[at + (size_t)x] * (a->v[at + (size_t)x] - row[x]);
        }
        row[0] = row[a->width - 1] = 0;
        for (int x = 0; x + LANES <= a->width; x += LANES) {
            for (int i = 0; i < LANES; i++) {
                lanes[i] += row[x + i] * row[x + i];
            }
        }
        for (int i = 0; i < LANES; i++) {
            all += (double)lanes[i];
        }
    }
    return all;
}

/* The one that is made of the other leaves less, whichever is the sharper. */
static double compare_laid(const ie_ink_plane *a, const ie_ink_plane *b, ie_ink_room *room)
{
    const float *there = room->there.v;
    ie_ink_filter to_a, to_b;
    if (!ie_ink_filter_find(a, b, there, room, &to_a) ||
        !ie_ink_filter_find(b, a, there, room, &to_b)) {
        return HUGE_VAL;
    }
    float *row = room->rows.v;
    return misfit(a, b, there, &to_a, row) <= misfit(b, a, there, &to_b, row)
               ? unexplained(a, b, there, &to_a)
               : unexplained(b, a, there, &to_b);
}

double ie_ink_other(const ie_sketch *a, const ie_pixels *page_a, const ie_sketch *b,
                    const ie_pixels *page_b, unsigned turn, ie_ink_room *room)
{
    size_t count = (size_t)page_a->width * page_a->height;
    if ((size_t)page_b->width * page_b->height < count) { /* the one of fewer gives the grid */
        return ie_ink_other(b, page_b, a, page_a, ie_turn_back(turn), room);
    }
    ie_plane sketch_a, sketch_b;
    ie_laying laying;
    ie_plane_fill(&sketch_a, a->gray, 0);
    ie_plane_fill(&sketch_b, b->gray, turn);
    if (page_a->width < SMALLEST || page_a->height < SMALLEST ||
        !ie_lay(&sketch_a, &sketch_b, &laying) || !ie_ink_plane_fill(&room->first, page_a, 0)) {
        return HUGE_VAL;
    }
    bool laid = ie_ink_lay(&room->first, page_b, turn, &laying, room) == IE_INK_LAID;
    return laid ? compare_laid(&room->first, &room->seen, room) : HUGE_VAL;
}
