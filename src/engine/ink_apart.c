// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_apart.h"

#include <math.h>
#include <string.h>

#define BLOCK 8           /* samples a side */
#define LEVELS_STEP 4     /* rows */
#define LEAST_SPREAD 4.0  /* levels: else there is no ink */
#define MOST_GAIN 1.25    /* more is an edit of levels that a line may not describe */
#define LEAST_OUT 16.0f   /* levels beyond all that the other has nearby */
#define OUT_OF_RANGE 0.3f /* and of what lies between its least and most there: it is sharper */
#define INK_FLOOR 100.0   /* levels squared, as in engine/ink.c */
#define CLEARLY 4.0       /* mean square by root of the variance of ink; copies reach 1.05 */

static void spread_of(const ie_ink_plane *plane, double *ret_mean, double *ret_spread)
{
    double sum = 0, squares = 0, count = 0;
    for (int y = 0; y < plane->height; y += LEVELS_STEP) {
        const float *row = &plane->v[(size_t)y * (size_t)plane->width];
        for (int x = 0; x < plane->width; x++) {
            sum += (double)row[x];
            squares += (double)(row[x] * row[x]);
        }
        count += plane->width;
    }
    *ret_mean = sum / count;
    *ret_spread = sqrt(fmax(0, squares / count - *ret_mean * *ret_mean));
}

bool ie_ink_levels_of(const ie_ink_plane *a, const ie_ink_plane *b, ie_ink_levels *ret_levels)
{
    double mean_a, mean_b, spread_a, spread_b;
    spread_of(a, &mean_a, &spread_a);
    spread_of(b, &mean_b, &spread_b);
    if (spread_a < LEAST_SPREAD || spread_b < LEAST_SPREAD) {
        return false;
    }
    double gain = spread_a / spread_b;
    ret_levels->gain = (float)gain;
    ret_levels->offset = (float)(mean_a - gain * mean_b);
    return true;
}

/* The rows that one row of a plane is compared with. */
typedef struct rows {
    float *least, *most; /* of the other, near each sample */
    float *low, *high;   /* of a few of its rows alone */
    float *sums;         /* of squares, by column of the strip */
    int width;
} rows;

static void widen(float *restrict least, float *restrict most, const float *restrict low,
                  const float *restrict high, int from, int to)
{
    for (int x = from; x < to; x++) {
        least[x] = low[x] < least[x] ? low[x] : least[x];
        most[x] = high[x] > most[x] ? high[x] : most[x];
    }
}

static void find_range(const ie_ink_plane *other, int y, int reach, const rows *r)
{
    size_t width = (size_t)r->width;
    const float *first = &other->v[(size_t)(y - reach) * width];
    memcpy(r->low, first, width * sizeof *r->low);
    memcpy(r->high, first, width * sizeof *r->high);
    for (int k = 1; k <= 2 * reach; k++) {
        const float *next = first + (size_t)k * width;
        widen(r->low, r->high, next, next, 0, r->width);
    }
    memcpy(r->least, r->low, width * sizeof *r->least);
    memcpy(r->most, r->high, width * sizeof *r->most);
    for (int k = -reach; k <= reach; k++) {
        widen(r->least, r->most, r->low + k, r->high + k, reach, r->width - reach);
    }
}

/* Adds the squares of what `row` has beyond the range, in levels of gain * range + offset. */
static void add_outside(const float *restrict row, const float *restrict there, float gain,
                        float offset, int reach, const rows *r)
{
    const float *restrict least = r->least, *restrict most = r->most;
    float *restrict sums = r->sums;
    for (int x = reach; x < r->width - reach; x++) {
        float low = gain * least[x] + offset, high = gain * most[x] + offset;
        float slack = LEAST_OUT + OUT_OF_RANGE * (high - low);
        float under = low - slack - row[x], over = row[x] - high - slack;
        under = under > 0 ? under : 0;
        over = over > 0 ? over : 0;
        float out = (under + over) * there[x]; /* one of them is 0 */
        sums[x] += out * out;
    }
}

/* How many samples of a row are far enough from those of the other that lie on them to be beyond
   all that is near these. Of most rows of two pages none is. */
static int count_far(const float *restrict a, const float *restrict b, const float *restrict there,
                     const ie_ink_levels *levels, int width)
{
    float gain = levels->gain, offset = levels->offset, least = LEAST_OUT * fminf(1, gain);
    int far = 0;
    for (int x = 0; x < width; x++) {
        float rest = fabsf(a[x] - (gain * b[x] + offset)) * there[x];
        far += rest > least;
    }
    return far;
}

static double variance_at(const ie_ink_plane *plane, int x, int y)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < BLOCK * BLOCK; i++) {
        int row = y + i / BLOCK, column = x + i % BLOCK;
        double v = (double)plane->v[(size_t)row * (size_t)plane->width + (size_t)column];
        sum += v;
        squares += v * v;
    }
    return squares / (BLOCK * BLOCK) - sum * sum / (BLOCK * BLOCK) / (BLOCK * BLOCK);
}

/* Is one block of the strip that begins at row `y` clearly another's? */
static bool strip_differs(const ie_ink_plane *a, const ie_ink_plane *b, int y, double gain,
                          const float *sums)
{
    for (int x = 0; x + BLOCK <= a->width; x += BLOCK) {
        double sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += (double)sums[x + i];
        }
        double out = sum / (BLOCK * BLOCK);
        if (out * out >= CLEARLY * CLEARLY * INK_FLOOR) {
            double ink = fmax(variance_at(a, x, y), variance_at(b, x, y) * gain * gain) + INK_FLOOR;
            if (out * out >= CLEARLY * CLEARLY * ink) {
                return true;
            }
        }
    }
    return false;
}

static bool make_rows(ie_ink_room *room, int width, rows *ret_rows)
{
    enum { LINES = 5 };
    if (!ie_ink_plane_make(&room->rows, width, LINES)) {
        return false;
    }
    float *v = room->rows.v;
    size_t w = (size_t)width;
    *ret_rows = (rows){.least = v,
                       .most = v + w,
                       .low = v + 2 * w,
                       .high = v + 3 * w,
                       .sums = v + 4 * w,
                       .width = width};
    return true;
}

bool ie_ink_differs_clearly(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                            const ie_ink_levels *levels, ie_ink_room *room)
{
    float gain = levels->gain;
    int reach = levels->reach;
    rows r;
    if (!(gain <= (float)MOST_GAIN && gain >= 1 / (float)MOST_GAIN) ||
        !make_rows(room, a->width, &r)) {
        return false;
    }
    for (int y = BLOCK; y + 2 * BLOCK <= a->height; y += BLOCK) {
        memset(r.sums, 0, (size_t)r.width * sizeof *r.sums);
        for (int row = y; row < y + BLOCK; row++) {
            size_t at = (size_t)row * (size_t)r.width;
            if (count_far(&a->v[at], &b->v[at], &there[at], levels, r.width) == 0) {
                continue;
            }
            find_range(b, row, reach, &r);
            add_outside(&a->v[at], &there[at], gain, levels->offset, reach, &r);
            find_range(a, row, reach, &r);
            add_outside(&b->v[at], &there[at], 1 / gain, -levels->offset / gain, reach, &r);
        }
        if (strip_differs(a, b, y, (double)gain, r.sums)) {
            return true;
        }
    }
    return false;
}
