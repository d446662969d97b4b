// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ink_fit.h"
#include "engine/laying.h"

#define SIDE IE_SKETCH_SIDE
#define LEVELS 256
#define WINDOW 9          /* samples a side */
#define ABOUT_ONE_LEVEL 6 /* to each side: what noise and a lamp at the side do to paper */
#define SKETCH_ONE_LEVEL 8
#define SKETCH_PAPER 0.33
#define FLAT_VARIANCE 6.0f  /* levels squared */
#define INK_VARIANCE 150.0f /* of the edge of a letter from 500 on */
#define PAPER 0.42          /* of the windows; of pages from 0.44 on */
#define MOST_BETWEEN 0.15   /* neither flat nor ink; of pages to 0.12, of photos from 0.16 on */
#define MUCH_PAPER 0.62
#define NOISY_BETWEEN 0.25     /* of a scan */
#define LEVELS_COUNT_HALF 0.5f /* of a window's mean difference: light differs, too */
#define INK_FLOOR 100.0f       /* levels squared */
#define SMALLEST (2 * WINDOW)  /* samples a side: nothing to be read */

/* The largest share of so many samples that lies within `reach` of one level. */
static double most_at_one_level(const uint32_t bins[LEVELS], int reach, double count)
{
    uint32_t most = 0, sum = 0;
    for (int end = 0; end < LEVELS; end++) {
        sum += bins[end];
        sum -= end > 2 * reach ? bins[end - 2 * reach - 1] : 0;
        most = sum > most ? sum : most;
    }
    return count > 0 ? most / count : 0;
}

bool ie_ink_may_be_page(const ie_sketch *sketch)
{
    uint32_t bins[LEVELS] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        bins[sketch->gray[i]]++;
    }
    return most_at_one_level(bins, SKETCH_ONE_LEVEL, SIDE * SIDE) >= SKETCH_PAPER;
}

/* Means over windows, for all places where one lies wholly within: to[y * width + x], whose window
   begins there. `column` holds `width` sums. */
static void mean_windows(const float *v, int width, int height, double *column, float *to)
{
    memset(column, 0, (size_t)width * sizeof *column);
    for (int y = 0; y < height; y++) {
        double sum = 0;
        const float *now = &v[(size_t)y * (size_t)width];
        for (int x = 0; x < width; x++) {
            column[x] += (double)now[x];
            column[x] -= y >= WINDOW ? (double)now[x - WINDOW * width] : 0;
        }
        for (int x = 0; x < width && y >= WINDOW - 1; x++) {
            sum += column[x];
            sum -= x >= WINDOW ? column[x - WINDOW] : 0;
            if (x >= WINDOW - 1) {
                size_t at = (size_t)(y - WINDOW + 1) * (size_t)width + (size_t)(x - WINDOW + 1);
                to[at] = (float)(sum / (WINDOW * WINDOW));
            }
        }
    }
}

/* Variances of windows, laid out as mean_windows() does; `squares` and `column` are room. */
static void window_variances(const float *v, int width, int height, float *squares, double *column,
                             float *mean, float *to)
{
    size_t count = (size_t)width * (size_t)height;
    for (size_t i = 0; i < count; i++) {
        squares[i] = v[i] * v[i];
    }
    mean_windows(v, width, height, column, mean);
    mean_windows(squares, width, height, column, to);
    for (int y = 0; y + WINDOW <= height; y++) {
        for (int x = 0; x + WINDOW <= width; x++) {
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            float variance = to[at] - mean[at] * mean[at];
            to[at] = variance > 0 ? variance : 0;
        }
    }
}

bool ie_ink_is_page(const ie_pixels *gray)
{
    int width = (int)gray->width, height = (int)gray->height;
    size_t count = (size_t)gray->width * gray->height;
    if (gray->width < SMALLEST || gray->height < SMALLEST) {
        return false;
    }
    ie_ink_plane plane = {0};
    IE_AUTO_FREE float *squares = ie_try_alloc(count, sizeof *squares);
    IE_AUTO_FREE float *mean = ie_try_alloc(count, sizeof *mean);
    IE_AUTO_FREE float *variance = ie_try_alloc(count, sizeof *variance);
    IE_AUTO_FREE double *column = ie_try_alloc(gray->width, sizeof *column);
    bool ready = squares != NULL && mean != NULL && variance != NULL && column != NULL &&
                 ie_ink_plane_fill(&plane, gray, 0);
    uint32_t bins[LEVELS] = {0}, between = 0;
    double windows = (double)(width - WINDOW + 1) * (height - WINDOW + 1);
    if (ready) {
        window_variances(plane.v, width, height, squares, column, mean, variance);
    }
    for (int y = 0; ready && y + WINDOW <= height; y++) {
        for (int x = 0; x + WINDOW <= width; x++) {
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            float level = mean[at] > 0 ? mean[at] : 0;
            bins[level < LEVELS - 1 ? (int)level : LEVELS - 1] += variance[at] < FLAT_VARIANCE;
            between += variance[at] >= FLAT_VARIANCE && variance[at] < INK_VARIANCE;
        }
    }
    ie_ink_plane_clear(&plane);
    double paper = most_at_one_level(bins, ABOUT_ONE_LEVEL, windows);
    return ready && paper >= PAPER &&
           between <= (paper >= MUCH_PAPER ? NOISY_BETWEEN : MOST_BETWEEN) * windows;
}

/* Of one window each, laid out as mean_windows() does. */
typedef struct room {
    float *rest, *squares, *mean, *of_rest, *of_a, *of_b, *there;
    double *column;
} room;

static bool room_make(room *r, size_t count, size_t width)
{
    float **parts[] = {&r->rest, &r->squares, &r->mean, &r->of_rest, &r->of_a, &r->of_b, &r->there};
    bool ready = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] = ie_try_alloc(count, sizeof **parts[i]);
        ready = ready && *parts[i] != NULL;
    }
    r->column = ie_try_alloc(width, sizeof *r->column);
    return ready && r->column != NULL;
}

static void room_clear(room *r)
{
    free(r->rest);
    free(r->squares);
    free(r->mean);
    free(r->of_rest);
    free(r->of_a);
    free(r->of_b);
    free(r->there);
    free(r->column);
}

/* The mean square of what `seen` does not explain of `a`. */
static double misfit(const ie_ink_plane *a, const ie_ink_plane *seen, const float *there)
{
    double all = 0, n = 0;
    size_t count = (size_t)a->width * (size_t)a->height;
    for (size_t i = 0; i < count; i++) {
        float rest = there[i] * (a->v[i] - seen->v[i]);
        all += (double)(rest * rest);
        n += (double)there[i];
    }
    return n > 0 ? all / n : HUGE_VAL;
}

/* The most of all windows. */
static double unexplained(const ie_ink_plane *a, const ie_ink_plane *seen, const float *there,
                          room *r)
{
    int w = a->width, h = a->height;
    size_t count = (size_t)w * (size_t)h;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        r->rest[i] = there[i] * (a->v[i] - seen->v[i]);
    }
    mean_windows(there, w, h, r->column, r->there);
    window_variances(a->v, w, h, r->squares, r->column, r->mean, r->of_a);
    window_variances(seen->v, w, h, r->squares, r->column, r->mean, r->of_b);
    window_variances(r->rest, w, h, r->squares, r->column, r->mean, r->of_rest);
    for (int y = 0; y + WINDOW <= h; y++) {
        for (int x = 0; x + WINDOW <= w; x++) {
            size_t at = (size_t)y * (size_t)w + (size_t)x;
            float rest = r->of_rest[at] + LEVELS_COUNT_HALF * r->mean[at] * r->mean[at];
            float ink = fmaxf(r->of_a[at], r->of_b[at]) + INK_FLOOR;
            if (rest * rest > ink && r->there[at] > 0.999f) {
                most = fmax(most, (double)(rest / sqrtf(ink)));
            }
        }
    }
    return most;
}

/* The one that is made of the other leaves less, whichever is the sharper. */
static double compare_laid(const ie_ink_plane *a, const ie_ink_plane *b, const float *there)
{
    ie_ink_plane of_b = {0}, of_a = {0};
    room r = {0};
    double most = HUGE_VAL;
    if (room_make(&r, (size_t)a->width * (size_t)a->height, (size_t)a->width) &&
        ie_ink_filter(a, b, there, &of_b) && ie_ink_filter(b, a, there, &of_a)) {
        most = misfit(a, &of_b, there) <= misfit(b, &of_a, there)
                   ? unexplained(a, &of_b, there, &r)
                   : unexplained(b, &of_a, there, &r);
    }
    ie_ink_plane_clear(&of_b);
    ie_ink_plane_clear(&of_a);
    room_clear(&r);
    return most;
}

static unsigned inverse(unsigned turn)
{
    return turn == 5 ? 7 : turn == 7 ? 5 : turn;
}

double ie_ink_other(const ie_sketch *a, const ie_pixels *page_a, const ie_sketch *b,
                    const ie_pixels *page_b, unsigned turn)
{
    size_t count = (size_t)page_a->width * page_a->height;
    if ((size_t)page_b->width * page_b->height < count) { /* the one of fewer gives the grid */
        return ie_ink_other(b, page_b, a, page_a, inverse(turn));
    }
    ie_plane sketch_a, sketch_b;
    ie_laying laying;
    ie_ink_plane first = {0}, seen = {0};
    double most = HUGE_VAL;
    ie_plane_fill(&sketch_a, a->gray, 0);
    ie_plane_fill(&sketch_b, b->gray, turn);
    IE_AUTO_FREE float *there = ie_try_alloc(count, sizeof *there);
    if (there != NULL && page_a->width >= SMALLEST && page_a->height >= SMALLEST &&
        ie_lay(&sketch_a, &sketch_b, &laying) && ie_ink_plane_fill(&first, page_a, 0) &&
        ie_ink_lay(&first, page_b, turn, &laying, &seen, there)) {
        most = compare_laid(&first, &seen, there);
    }
    ie_ink_plane_clear(&first);
    ie_ink_plane_clear(&seen);
    return most;
}
