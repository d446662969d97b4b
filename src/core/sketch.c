// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sketch.h"

#define TONED 3.0 /* chroma that brightness does not explain, standard deviation */

/* What is left of a chroma when its line over the brightness is taken off: variance. */
static double free_variance(const ie_sketch *sketch, const int8_t *chroma)
{
    enum { N = IE_SKETCH_CHROMA, SIDE = IE_SKETCH_SIDE, CELL = SIDE / N };
    double n = N * N, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < N * N; i++) {
        double gray = 0;
        for (int k = 0; k < CELL * CELL; k++) {
            gray += sketch->gray[(i / N * CELL + k / CELL) * SIDE + i % N * CELL + k % CELL];
        }
        gray /= CELL * CELL;
        a += gray;
        b += chroma[i];
        aa += gray * gray;
        bb += (double)chroma[i] * chroma[i];
        ab += gray * chroma[i];
    }
    double both = ab / n - a / n * (b / n), of_gray = aa / n - a / n * (a / n);
    double rest = bb / n - b / n * (b / n) - (of_gray > 0 ? both * both / of_gray : 0);
    return rest > 0 ? rest : 0;
}

bool ie_sketch_colored(const ie_sketch *sketch)
{
    return free_variance(sketch, sketch->a) + free_variance(sketch, sketch->b) >= TONED * TONED;
}
