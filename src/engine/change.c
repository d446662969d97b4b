// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/change.h"

#include <math.h>
#include <string.h>

#define SIDE IE_SKETCH_SIDE
#define COUNT (SIDE * SIDE)
/* the mean of so many samples to each side is what light and tone may explain */
#define REACH 7
#define CLIPPED 232.0f /* from here on one of the colours may be */
#define NEVER_CLIPPED HUGE_VALF
#define LEAST_SAMPLES 2  /* of a spot */
#define EDGE 14          /* samples from an edge: where marks lie */
/* of all that differs: so much may lie elsewhere than a mark along an edge */
#define BESIDE_MARK 0.05
#define BALANCE 0.2      /* of the lesser to the greater */
#define ONE_WAY 0.05     /* of all: so much of a mark may differ the other way */
#define PALE_BALANCE 0.08 /* of a pale text 0.03, of leaves in the wind from 0.6 on */
#define PALE_LEAST 20.0   /* grey levels times samples */
#define MOST_MARKED 0.35  /* of the samples */
#define HALO 5            /* samples a side: how far what is painted over blurs */
#define LEAST_LEVELS 2.0f
#define NOISE_TIMES 5.0f
#define NOISE_LEAST 0.3f
#define SLOPE_TIMES 0.3f /* samples that the two may lie beside each other */
#define BINS 1024        /* of 1/16 level */

/* Sums over all to the upper left, so that the sum of any window takes four of them. */
typedef struct sums {
    double v[SIDE + 1][SIDE + 1];
} sums;

static void sums_fill(sums *s, const float *v)
{
    memset(s, 0, sizeof *s);
    for (int y = 0; y < SIDE; y++) {
        double row = 0;
        for (int x = 0; x < SIDE; x++) {
            row += (double)v[y * SIDE + x];
            s->v[y + 1][x + 1] = s->v[y][x + 1] + row;
        }
    }
}

static int at_least(int value, int least)
{
    return value < least ? least : value;
}

static int at_most(int value, int most)
{
    return value > most ? most : value;
}

static double sum_around(const sums *s, int x, int y)
{
    int left = at_least(x - REACH, 0), top = at_least(y - REACH, 0);
    int right = at_most(x + REACH + 1, SIDE), bottom = at_most(y + REACH + 1, SIDE);
    return s->v[bottom][right] - s->v[top][right] - s->v[bottom][left] + s->v[top][left];
}

/* What differs beyond what differs around it, there where `counts` is 1; 0 where nothing is
   there. */
static void differ(const ie_plane *a, const ie_plane *b, const float *there, const float *counts,
                   float *ret_rest)
{
    sums of_rest, of_counts;
    for (int i = 0; i < COUNT; i++) {
        ret_rest[i] = counts[i] * (a->v[i] - b->v[i]);
    }
    sums_fill(&of_rest, ret_rest);
    sums_fill(&of_counts, counts);
    for (int i = 0; i < COUNT; i++) {
        double n = sum_around(&of_counts, i % SIDE, i / SIDE);
        double mean = n > 0 ? sum_around(&of_rest, i % SIDE, i / SIDE) / n : 0;
        ret_rest[i] = there[i] * (a->v[i] - b->v[i] - (float)mean);
    }
}

/* The standard deviation that would have this median of sizes. */
static float noise_of(const float *rest, const float *there)
{
    int bins[BINS] = {0}, all = 0, seen = 0, bin = 0;
    for (int i = 0; i < COUNT; i++) {
        if (there[i] != 0) {
            float size = 16 * fabsf(rest[i]);
            bins[size < BINS - 1 ? (int)size : BINS - 1]++;
            all++;
        }
    }
    while (bin < BINS - 1 && (seen += bins[bin]) * 2 < all) {
        bin++;
    }
    return 1.4826f * ((float)bin + 0.5f) / 16 + NOISE_LEAST;
}

/* Levels a sample, by Sobel; what lies outside is as the outermost. */
static void slopes(const ie_plane *p, float *ret_slope)
{
    for (int i = 0; i < COUNT; i++) {
        int x = i % SIDE, y = i / SIDE;
        const float *up = &p->v[at_least(y - 1, 0) * SIDE], *here = &p->v[y * SIDE];
        const float *down = &p->v[at_most(y + 1, SIDE - 1) * SIDE];
        int left = at_least(x - 1, 0), right = at_most(x + 1, SIDE - 1);
        float across =
            up[right] - up[left] + 2 * (here[right] - here[left]) + down[right] - down[left];
        float along = down[left] - up[left] + 2 * (down[x] - up[x]) + down[right] - up[right];
        ret_slope[i] = hypotf(across, along) / 8;
    }
}

static float most_around(const float *v, int x, int y)
{
    float most = 0;
    for (int j = at_least(y - 1, 0); j <= at_most(y + 1, SIDE - 1); j++) {
        for (int i = at_least(x - 1, 0); i <= at_most(x + 1, SIDE - 1); i++) {
            most = v[j * SIDE + i] > most ? v[j * SIDE + i] : most;
        }
    }
    return most;
}

/* 1 or -1 where there is more than noise, edges a little beside each other and clipping explain. */
static void mark(const ie_plane *a, const ie_plane *b, const float *there, const float *rest,
                 float clipped, int8_t *ret_signs)
{
    float slope[COUNT], bright[COUNT], noise = noise_of(rest, there);
    slopes(b, slope);
    for (int i = 0; i < COUNT; i++) {
        bright[i] = a->v[i] > b->v[i] ? a->v[i] : b->v[i];
    }
    for (int i = 0; i < COUNT; i++) {
        int x = i % SIDE, y = i / SIDE;
        float limit = NOISE_TIMES * noise + SLOPE_TIMES * most_around(slope, x, y) + LEAST_LEVELS;
        bool counts =
            there[i] != 0 && fabsf(rest[i]) > limit && most_around(bright, x, y) <= clipped;
        ret_signs[i] = counts ? (rest[i] > 0 ? 1 : -1) : 0;
    }
}

enum { EDGES = 4 };

/* What came and went: all, and by edge that which does not lie along it. */
typedef struct spots {
    double all[2], off[EDGES][2];
} spots;

typedef struct box {
    int left, right, top, bottom;
} box;

static void add_spot(spots *to, const box *b, int8_t sign, double sum)
{
    const bool along[EDGES] = {b->right <= EDGE, b->left >= SIDE - 1 - EDGE, b->bottom <= EDGE,
                               b->top >= SIDE - 1 - EDGE};
    to->all[sign > 0] += sum;
    for (int e = 0; e < EDGES; e++) {
        to->off[e][sign > 0] += along[e] ? 0 : sum;
    }
}

/* Takes the spot of one sign that `first` belongs to out of `signs`; one of a single sample is
   none. */
static void take_spot(int8_t *signs, const float *rest, int first, spots *to)
{
    uint16_t list[COUNT];
    int count = 1;
    int8_t sign = signs[first];
    double sum = 0;
    box around = {.left = SIDE, .right = -1, .top = SIDE, .bottom = -1};
    list[0] = (uint16_t)first;
    signs[first] = 0;
    for (int k = 0; k < count; k++) {
        int x = list[k] % SIDE, y = list[k] / SIDE;
        sum += (double)fabsf(rest[list[k]]);
        around.left = at_most(around.left, x);
        around.right = at_least(around.right, x);
        around.top = at_most(around.top, y);
        around.bottom = at_least(around.bottom, y);
        for (int j = at_least(y - 1, 0); j <= at_most(y + 1, SIDE - 1); j++) {
            for (int i = at_least(x - 1, 0); i <= at_most(x + 1, SIDE - 1); i++) {
                if (signs[j * SIDE + i] == sign) {
                    signs[j * SIDE + i] = 0;
                    list[count++] = (uint16_t)(j * SIDE + i);
                }
            }
        }
    }
    if (count >= LEAST_SAMPLES) {
        add_spot(to, &around, sign, sum);
    }
}

static void find_spots(const ie_plane *a, const ie_plane *b, const float *there, float clipped,
                       float *ret_rest, int8_t *ret_signs)
{
    float counts[COUNT];
    differ(a, b, there, there, ret_rest);
    mark(a, b, there, ret_rest, clipped, ret_signs);
    for (int i = 0; i < COUNT; i++) {
        counts[i] = ret_signs[i] == 0 ? there[i] : 0;
    }
    /* Else what is beside a mark would differ the other way. */
    differ(a, b, there, counts, ret_rest);
    mark(a, b, there, ret_rest, clipped, ret_signs);
}

bool ie_change_is_one_way(const ie_plane *a, const ie_plane *b, const float *there)
{
    double sums_of[2] = {0};
    for (int i = 0; i < COUNT; i++) {
        float rest = a->v[i] - b->v[i], size = fabsf(rest) - LEAST_LEVELS;
        sums_of[rest > 0] += there[i] != 0 && size > 0 ? (double)size : 0;
    }
    double lesser = fmin(sums_of[0], sums_of[1]), all = sums_of[0] + sums_of[1];
    return lesser <= PALE_BALANCE * (all - lesser) && all >= PALE_LEAST;
}

void ie_change_leave_out_mark(const ie_plane *a, const ie_plane *b, float *there)
{
    float rest[COUNT];
    int8_t signs[COUNT];
    double sums_of[2] = {0};
    bool covered[COUNT] = {false};
    int all = 0, lost = 0;
    find_spots(a, b, there, CLIPPED, rest, signs);
    for (int i = 0; i < COUNT; i++) {
        int x = i % SIDE, y = i / SIDE;
        sums_of[signs[i] > 0] += signs[i] != 0 ? (double)fabsf(rest[i]) : 0;
        for (int k = 0; signs[i] != 0 && k < HALO * HALO; k++) {
            int at_x = x + k % HALO - HALO / 2, at_y = y + k / HALO - HALO / 2;
            if (at_x >= 0 && at_y >= 0 && at_x < SIDE && at_y < SIDE) {
                covered[at_y * SIDE + at_x] = true;
            }
        }
    }
    for (int i = 0; i < COUNT; i++) {
        all += there[i] != 0;
        lost += there[i] != 0 && covered[i];
    }
    if (fmin(sums_of[0], sums_of[1]) > ONE_WAY * (sums_of[0] + sums_of[1]) ||
        lost > MOST_MARKED * all) {
        return;
    }
    for (int i = 0; i < COUNT; i++) {
        there[i] = covered[i] ? 0 : there[i];
    }
}

void ie_change_find(const ie_plane *a, const ie_plane *b, const float *there, bool edited,
                    float *ret_rest, int8_t *ret_signs)
{
    find_spots(a, b, there, edited ? CLIPPED : NEVER_CLIPPED, ret_rest, ret_signs);
}

static spots all_spots(const ie_plane *a, const ie_plane *b, const float *there, float clipped)
{
    float rest[COUNT];
    int8_t signs[COUNT];
    spots s = {0};
    find_spots(a, b, there, clipped, rest, signs);
    for (int i = 0; i < COUNT; i++) {
        if (signs[i] != 0) {
            take_spot(signs, rest, i, &s);
        }
    }
    return s;
}

double ie_change_of_any_kind(const ie_plane *a, const ie_plane *b, const float *there)
{
    const spots s = all_spots(a, b, there, NEVER_CLIPPED);
    return s.all[0] + s.all[1];
}

double ie_change_of(const ie_plane *a, const ie_plane *b, const float *there)
{
    const spots s = all_spots(a, b, there, CLIPPED);
    double lesser = fmin(s.all[0], s.all[1]), all = s.all[0] + s.all[1];
    bool one_mark = false;
    for (int e = 0; e < EDGES; e++) {
        one_mark = one_mark || s.off[e][0] + s.off[e][1] <= BESIDE_MARK * all;
    }
    return one_mark || lesser < BALANCE * (all - lesser) ? 0 : lesser;
}
