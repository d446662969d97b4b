// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/lettering.h"

#include <math.h>
#include <stdlib.h>

#include "engine/ink_fit.h"

#define SIDE IE_SKETCH_SIDE
#define COUNT (SIDE * SIDE)
#define LEVELS 256
#define AGREES 4  /* levels: what a lossy copy does to a sketch */
#define WRITTEN 9 /* levels */
#define MOST_AGREE 0.7
#define LEAST_WRITTEN 4
#define DIFFERS 32.0f /* levels */
#define ONE_LEVEL 10  /* to each side: what blurring and recompressing do to letters */
#define OF_THAT_LEVEL 0.22
#define LEAST_SAMPLES 60

bool ie_lettering_may_differ(const ie_sketch *a, const ie_sketch *b, unsigned turn)
{
    int agree = 0, written = 0;
    ie_plane plane;
    ie_plane_fill(&plane, b->gray, turn);
    for (int i = 0; i < COUNT; i++) {
        int off = abs(a->gray[i] - (int)plane.v[i]);
        agree += off <= AGREES;
        written += off >= WRITTEN;
    }
    return agree >= MOST_AGREE * COUNT && written >= LEAST_WRITTEN;
}

/* Of the samples of `a` that differ from those of `b`, how many have a level that `b` is far
   from. */
static void count_levels(const ie_ink_plane *a, const ie_ink_plane *b, uint32_t bins[LEVELS])
{
    size_t count = (size_t)a->width * (size_t)a->height;
    for (size_t i = 0; i < count; i++) {
        if (fabsf(a->v[i] - b->v[i]) > DIFFERS) {
            bins[(int)fminf(fmaxf(a->v[i], 0), LEVELS - 1)]++;
        }
    }
}

static uint32_t sum_around(const uint32_t bins[LEVELS], int level)
{
    uint32_t sum = 0;
    for (int i = level - ONE_LEVEL; i <= level + ONE_LEVEL; i++) {
        sum += i >= 0 && i < LEVELS ? bins[i] : 0;
    }
    return sum;
}

double ie_lettering_of_both(const ie_pixels *a, const ie_pixels *b, unsigned turn)
{
    size_t count = (size_t)a->width * a->height;
    if ((size_t)b->width * b->height < count) {
        return ie_lettering_of_both(b, a, turn == 5 ? 7 : turn == 7 ? 5 : turn);
    }
    const ie_laying as_it_lies = {.still = true};
    ie_ink_plane first = {0}, seen = {0};
    IE_AUTO_FREE float *there = ie_try_alloc(count, sizeof *there);
    uint32_t of_a[LEVELS] = {0}, of_b[LEVELS] = {0}, all = 0;
    double most = 0;
    if (there != NULL && ie_ink_plane_fill(&first, a, 0) &&
        ie_ink_lay(&first, b, turn, &as_it_lies, &seen, there)) {
        count_levels(&first, &seen, of_a);
        count_levels(&seen, &first, of_b);
    }
    for (int level = 0; level < LEVELS; level++) {
        all += of_a[level];
    }
    double letters = 0; /* their level is that which most samples have */
    for (int level = 0; level < LEVELS && all >= LEAST_SAMPLES; level++) {
        double in_a = sum_around(of_a, level), in_b = sum_around(of_b, level);
        if (in_a + in_b > letters) {
            letters = in_a + in_b;
            most = fmin(in_a, in_b) / letters;
        }
    }
    most = letters >= OF_THAT_LEVEL * all ? most : 0;
    ie_ink_plane_clear(&first);
    ie_ink_plane_clear(&seen);
    return most;
}
