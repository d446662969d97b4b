// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/grain.h"

#include <math.h>
#include <stdlib.h>

#define SIDE IE_SKETCH_SIDE
#define WINDOW 8
#define STEP 3
#define WINDOWS ((SIDE - WINDOW) / STEP + 1)
#define LEAST_WINDOWS 20 /* with fewer there is no telling what most of them do */
#define MIN_VARIANCE 6.0 /* levels squared: below it there is nothing but noise */
#define NOISE 0.3        /* levels squared that rounding alone has */

/* -2: there is too little in it, or it is not wholly there. */
static double agreement(const ie_plane *a, const ie_plane *b, const float *there, int first)
{
    double n = WINDOW * WINDOW, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < WINDOW * WINDOW; i++) {
        int at = first + i / WINDOW * SIDE + i % WINDOW;
        if (there[at] == 0) {
            return -2;
        }
        double x = (double)a->v[at], y = (double)b->v[at];
        sa += x;
        sb += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    double of_a = aa / n - sa / n * (sa / n), of_b = bb / n - sb / n * (sb / n);
    if (!(of_a > MIN_VARIANCE) && !(of_b > MIN_VARIANCE)) {
        return -2;
    }
    return (ab / n - sa / n * (sb / n)) / sqrt((of_a + NOISE) * (of_b + NOISE));
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

ie_grain ie_grain_of(const ie_plane *fine_a, const ie_plane *fine_b, const float *there)
{
    double values[WINDOWS * WINDOWS];
    size_t count = 0;
    for (int y = 0; y + WINDOW <= SIDE; y += STEP) {
        for (int x = 0; x + WINDOW <= SIDE; x += STEP) {
            double value = agreement(fine_a, fine_b, there, y * SIDE + x);
            if (value > -2) {
                values[count++] = value;
            }
        }
    }
    if (count < LEAST_WINDOWS) {
        return (ie_grain){.median = 1, .lower = 1};
    }
    qsort(values, count, sizeof *values, by_value);
    return (ie_grain){.median = values[count / 2], .lower = values[count / 4]};
}
