// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/laying.h"

#include <math.h>

#include "engine/band.h"
#include "engine/tone.h"

#define SIDE IE_SKETCH_SIDE
#define MARGIN 3  /* samples: what a frame around the other picture blurs */
#define BENT 3.0f /* levels: what a line does not explain */
/* A simpler map may explain by so much less. Copies stay below 1.08 with the true one; a picture
   that was moved by a fifth of a sample is above 1.2 with that. */
#define ABOUT_AS_GOOD 1.08f
#define ROUNDING 0.1f /* levels that the sketches themselves have */
#define MOST 0.6      /* of the samples: a mark and its surroundings are the rest */
#define BINS 4096
#define BINS_A_LEVEL 128
/* what is this dark or bright in the other may have lost its shape */
#define DARK 12.0f
#define BRIGHT 240.0f
#define LEAST_SLOPE 1.5f /* levels a sample: where nothing changes every map fits */
#define LEAST_SAMPLES 100

static const ie_warp as_it_lies = {{0, 1, 0, 0, 0, 1, 1, 0}};

void ie_laying_trim(const ie_warp *w, float *there)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = i % SIDE, y = i / SIDE;
        double ux = ie_unit_of(x, SIDE), uy = ie_unit_of(y, SIDE);
        double at_x = ie_index_of(w->p[0] + w->p[1] * ux + w->p[2] * uy, SIDE);
        double at_y = ie_index_of(w->p[3] + w->p[4] * ux + w->p[5] * uy, SIDE);
        bool inside = x >= MARGIN && y >= MARGIN && x < SIDE - MARGIN && y < SIDE - MARGIN &&
                      at_x > MARGIN - 1 && at_y > MARGIN - 1 && at_x < SIDE - MARGIN &&
                      at_y < SIDE - MARGIN;
        there[i] = inside ? there[i] : 0;
    }
}

/* Levels a sample; `at` is not at an edge. */
static float slope_at(const ie_plane *a, int at)
{
    return (fabsf(a->v[at + 1] - a->v[at - 1]) + fabsf(a->v[at + SIDE] - a->v[at - SIDE])) / 2;
}

/* By how many levels most samples differ at most once the tones are made alike; negative: there is
   too little to tell. Both softened. */
static float misfit(const ie_plane *a, const ie_plane *b, const ie_warp *w)
{
    ie_plane seen;
    float there[SIDE * SIDE];
    ie_tone tone;
    int bins[BINS] = {0}, all = 0, bin = 0;
    ie_plane_through(b, w, &seen, there);
    ie_laying_trim(w, there);
    (void)ie_band_leave_out(a, &seen, w->p[6], w->p[7], there);
    if (!ie_tone_fit(a, &seen, there, &tone)) {
        return -1;
    }
    ie_tone_apply(&tone, &seen);
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (there[i] != 0 && a->v[i] > DARK && a->v[i] < BRIGHT && slope_at(a, i) > LEAST_SLOPE) {
            float size = BINS_A_LEVEL * fabsf(a->v[i] - seen.v[i]);
            bins[size < BINS - 1 ? (int)size : BINS - 1]++;
            all++;
        }
    }
    for (int sum = bins[0]; sum < all * MOST && bin < BINS - 1; sum += bins[bin]) {
        bin++;
    }
    return all >= LEAST_SAMPLES ? (float)bin / BINS_A_LEVEL + ROUNDING : -1;
}

/* Takes the map of what lies as it lies, where that explains about as much, and returns true. */
static bool simplify(const ie_plane *a, const ie_plane *b, ie_warp *w)
{
    ie_plane soft_a = *a, soft_b = *b;
    ie_plane_soften(&soft_a);
    ie_plane_soften(&soft_b);
    ie_warp simple = as_it_lies;
    simple.p[6] = w->p[6];
    simple.p[7] = w->p[7];
    float best = misfit(&soft_a, &soft_b, w), still = misfit(&soft_a, &soft_b, &simple);
    if (still < 0 || best < 0 || !(still <= ABOUT_AS_GOOD * best)) {
        return false;
    }
    *w = simple;
    return true;
}

/* Where brightness and contrast alone do not explain the levels of `b`, gives it those of `a` and
   returns true. */
static bool match_tones(const ie_plane *a, ie_plane *b, const ie_warp *w)
{
    ie_plane seen;
    float there[SIDE * SIDE];
    ie_tone tone;
    ie_plane_through(b, w, &seen, there);
    ie_laying_trim(w, there);
    (void)ie_band_leave_out(a, &seen, w->p[6], w->p[7], there);
    if (!ie_tone_fit(a, &seen, there, &tone) || !(tone.bend > BENT)) {
        return false;
    }
    ie_tone_apply(&tone, b);
    return true;
}

bool ie_lay(const ie_plane *a, ie_plane *b, ie_laying *ret_laying)
{
    ie_warp w;
    if (!ie_align(a, b, &w)) {
        return false;
    }
    double gain = w.p[6];
    bool still = simplify(a, b, &w), retoned = match_tones(a, b, &w);
    if (retoned && !still) {
        ie_align_again(a, b, &w);
        still = simplify(a, b, &w);
    } else if (retoned) {
        w = as_it_lies;
    }
    *ret_laying = (ie_laying){.warp = w, .gain = gain, .still = still, .retoned = retoned};
    return true;
}
