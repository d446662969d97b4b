// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_page.h"

#include <string.h>

#include "engine/ink_plane.h"
#include "utils/memory.h"

#define SIDE IE_SKETCH_SIDE
#define LEVELS 256
#define WINDOW 9              /* samples a side */
#define SMALLEST (2 * WINDOW) /* samples a side: nothing to be read */
#define SKETCH_ONE_LEVEL 8    /* to each side */
#define SKETCH_PAPER 0.33     /* at one level */
#define SKETCH_STEP 3         /* levels from cell to cell, on paper */
#define SKETCH_SMOOTH 0.25    /* of the cells */
#define FLAT_VARIANCE 6.0f    /* levels squared */
#define INK_VARIANCE 150.0f   /* of the edge of a letter from 500 on */
#define MOST_FILLED 0.0065 /* to each side, of the longer side: no stroke is wider than both */

/* Shares of all windows, or of what they say; measured on 217 photos and 84 pages, with those that
   come nearest: */
#define FLAT 0.25          /* pages from 0.30 on */
#define BETWEEN 0.15       /* pages whose letters go to 0.13, but for: */
#define BETWEEN_LIGHT 0.26 /* shaded rows; */
#define BETWEEN_RULED 0.4  /* a spreadsheet's grid; and where that is all: */
#define BETWEEN_NONE 0.025 /* slides to 0.023; photos from 0.027 on */
#define SOME_INK 0.01
#define GOES 0.45     /* pages from 0.45 on; photos with as little between to 0.41 */
#define GOES_MOST 0.6 /* photos with so much between to 0.49 */
#define GOES_ALL 0.9  /* photos to 0.66 */
#define DRAWN 0.98    /* screens and charts 1.00; photos with as little between to 0.93 */
#define DRAWN_LEVELS 3

static uint32_t within(const uint32_t bins[LEVELS], int level, int reach)
{
    uint32_t sum = 0;
    for (int i = level - reach; i <= level + reach; i++) {
        sum += i >= 0 && i < LEVELS ? bins[i] : 0;
    }
    return sum;
}

static int fullest(const uint32_t bins[LEVELS], int reach)
{
    int best = 0;
    for (int i = 1; i < LEVELS; i++) {
        best = within(bins, i, reach) > within(bins, best, reach) ? i : best;
    }
    return best;
}

bool ie_ink_may_be_page(const ie_sketch *sketch)
{
    uint32_t bins[LEVELS] = {0};
    int smooth = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        bins[sketch->gray[i]]++;
    }
    for (int y = 0; y + 1 < SIDE; y++) {
        for (int x = 0; x + 1 < SIDE; x++) {
            const uint8_t *v = &sketch->gray[y * SIDE + x];
            smooth += abs(v[0] - v[1]) <= SKETCH_STEP && abs(v[0] - v[SIDE]) <= SKETCH_STEP;
        }
    }
    const int level = fullest(bins, SKETCH_ONE_LEVEL);
    return within(bins, level, SKETCH_ONE_LEVEL) >= SKETCH_PAPER * SIDE * SIDE ||
           smooth >= SKETCH_SMOOTH * (SIDE - 1) * (SIDE - 1);
}

/* ---- windows -------------------------------------------------------------------------------- */

/* What is worked on; all of the picture's size. */
typedef struct desk {
    int width, height;
    uint8_t *gray; /* with room for what filling needs above and below */
    ie_ink_plane plane;
    float *squares, *mean, *variance;
    double *column;
} desk;

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

typedef struct shares {
    double flat, between;
    double drawn; /* of what is flat, at the fullest levels */
} shares;

/* Softened first, so that noise and the grid say less. False without memory. */
static bool find_shares(desk *d, const uint8_t *gray, shares *ret)
{
    const ie_pixels pixels = {.data = (uint8_t *)gray,
                              .width = (uint32_t)d->width,
                              .height = (uint32_t)d->height,
                              .channels = 1};
    if (!ie_ink_plane_fill(&d->plane, &pixels, 0)) {
        return false;
    }
    const size_t count = (size_t)d->width * (size_t)d->height;
    for (size_t i = 0; i < count; i++) {
        d->squares[i] = d->plane.v[i] * d->plane.v[i];
    }
    mean_windows(d->plane.v, d->width, d->height, d->column, d->mean);
    mean_windows(d->squares, d->width, d->height, d->column, d->variance);
    uint32_t bins[LEVELS] = {0}, flat = 0, between = 0;
    for (int y = 0; y + WINDOW <= d->height; y++) {
        for (int x = 0; x + WINDOW <= d->width; x++) {
            const size_t at = (size_t)y * (size_t)d->width + (size_t)x;
            const float level = d->mean[at], variance = d->variance[at] - level * level;
            if (variance < FLAT_VARIANCE) {
                flat++;
                bins[level < 0 ? 0 : level < LEVELS - 1 ? (int)(level + 0.5f) : LEVELS - 1]++;
            }
            between += variance >= FLAT_VARIANCE && variance < INK_VARIANCE;
        }
    }
    const double windows = (double)(d->width - WINDOW + 1) * (d->height - WINDOW + 1);
    uint32_t drawn = 0;
    for (int i = 0; i < DRAWN_LEVELS; i++) {
        const int level = fullest(bins, 1);
        drawn += within(bins, level, 1);
        for (int k = level > 0 ? level - 1 : 0; k <= level + 1 && k < LEVELS; k++) {
            bins[k] = 0;
        }
    }
    *ret = (shares){.flat = flat / windows,
                    .between = between / windows,
                    .drawn = flat > 0 ? (double)drawn / flat : 0};
    return true;
}

/* ---- filling -------------------------------------------------------------------------------- */

static void raise_to(uint8_t *v, const uint8_t *other, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        v[i] = v[i] > other[i] ? v[i] : other[i];
    }
}

/* v[i] becomes the highest of v[i], v[i + apart], …, v[i + (wide - 1) * apart]; there are `count`
   runs of `apart` samples. By doubling. */
static void raise_all(uint8_t *v, size_t apart, size_t count, size_t wide)
{
    size_t done = 1;
    for (; 2 * done <= wide; done *= 2) {
        raise_to(v, v + done * apart, (count - done) * apart);
    }
    raise_to(v, v + (wide - done) * apart, (count - (wide - done)) * apart);
}

/* Each sample becomes the highest within `reach` across and down; beyond the edges lies what lies
   at them. */
static void spread(desk *d, int reach)
{
    const size_t width = (size_t)d->width, height = (size_t)d->height, r = (size_t)reach;
    uint8_t *row = d->gray + (height + 2 * r) * width;
    for (size_t y = 0; y < height; y++) {
        uint8_t *v = d->gray + y * width;
        memset(row, v[0], r);
        memcpy(row + r, v, width);
        memset(row + r + width, v[width - 1], r);
        raise_all(row, 1, width + 2 * r, 2 * r + 1);
        memcpy(v, row, width);
    }
    memmove(d->gray + r * width, d->gray, height * width);
    for (size_t y = 0; y < r; y++) {
        memcpy(d->gray + y * width, d->gray + r * width, width);
        memcpy(d->gray + (height + r + y) * width, d->gray + (height + r - 1) * width, width);
    }
    raise_all(d->gray, width, height + 2 * r, 2 * r + 1);
}

static void invert(uint8_t *v, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        v[i] = (uint8_t)~v[i];
    }
}

/* How much of what is not flat is flat once dark spots are filled up, or light ones: the more of
   both. */
static double goes(desk *d, const uint8_t *gray, double flat)
{
    const size_t count = (size_t)d->width * (size_t)d->height;
    const int longer = d->width > d->height ? d->width : d->height;
    const int reach = (int)(MOST_FILLED * longer + 0.5) > 0 ? (int)(MOST_FILLED * longer + 0.5) : 1;
    double most = 0;
    for (int light = 0; light < 2; light++) {
        shares filled;
        memcpy(d->gray, gray, count);
        for (int i = 0; i < 2; i++) { /* the lowest is the highest of what is inverted */
            if (i == 1 || light == 1) {
                invert(d->gray, count);
            }
            spread(d, reach);
        }
        if (!find_shares(d, d->gray, &filled)) {
            return 0;
        }
        const double gone = flat < 1 ? (filled.flat - flat) / (1 - flat) : 0;
        most = gone > most ? gone : most;
    }
    return most;
}

static bool says_page(desk *d, const uint8_t *gray)
{
    shares s;
    if (!find_shares(d, gray, &s) || s.flat < FLAT || s.between > BETWEEN_RULED) {
        return false;
    }
    if ((s.between <= BETWEEN_NONE && s.flat <= 1 - SOME_INK) ||
        (s.between <= BETWEEN && s.drawn >= DRAWN)) {
        return true;
    }
    return goes(d, gray, s.flat) >= (s.between <= BETWEEN         ? GOES
                                     : s.between <= BETWEEN_LIGHT ? GOES_MOST
                                                                  : GOES_ALL);
}

bool ie_ink_is_page(const ie_pixels *gray)
{
    if (gray->width < SMALLEST || gray->height < SMALLEST) {
        return false;
    }
    const size_t width = gray->width, height = gray->height, count = width * height;
    const size_t longer = width > height ? width : height;
    const size_t around = 2 * (size_t)(MOST_FILLED * (double)longer + 1);
    desk d = {.width = (int)width,
              .height = (int)height,
              .gray = ie_try_alloc(width, height + around + 1 + around),
              .squares = ie_try_alloc(count, sizeof *d.squares),
              .mean = ie_try_alloc(count, sizeof *d.mean),
              .variance = ie_try_alloc(count, sizeof *d.variance),
              .column = ie_try_alloc(width, sizeof *d.column)};
    const bool page = d.gray != NULL && d.squares != NULL && d.mean != NULL && d.variance != NULL &&
                      d.column != NULL && says_page(&d, gray->data);
    ie_ink_plane_clear(&d.plane);
    free(d.gray);
    free(d.squares);
    free(d.mean);
    free(d.variance);
    free(d.column);
    return page;
}
