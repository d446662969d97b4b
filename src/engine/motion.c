// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/motion.h"

#include <math.h>

#define SIDE IE_SKETCH_SIDE
#define WINDOW 9
#define STEP 4
#define LEAST_WINDOWS 3 /* fewer may be chance */
#define CLIPPED 246.0 /* what is this bright in one of them may have lost its shape */
#define MIN_VARIANCE 12.0  /* grey levels squared: below it a window is sky */
/* mean square slope in the direction that has least, levels squared a sample */
#define MIN_SLOPE 1.0
#define MIN_SHIFT 0.25      /* samples; copies that were scaled and cropped stay below 0.2 */
#define MIN_EXPLAINED 0.5  /* how much of the difference the shift must explain */

typedef struct window {
    double n, a, b, aa, bb;     /* sums of both */
    double xx, xy, yy, xe, ye, ee; /* of slopes and errors */
} window;

/* False when a sample of it, or a neighbour, is not there. */
static bool add_levels(window *w, const ie_plane *a, const ie_plane *b, const float *there,
                       int first)
{
    for (int i = 0; i < WINDOW * WINDOW; i++) {
        int at = first + i / WINDOW * SIDE + i % WINDOW;
        if (there[at] * there[at - 1] * there[at + 1] * there[at - SIDE] * there[at + SIDE] == 0) {
            return false;
        }
        double x = (double)a->v[at], y = (double)b->v[at];
        if (x > CLIPPED || y > CLIPPED) {
            return false;
        }
        w->a += x;
        w->b += y;
        w->aa += x * x;
        w->bb += y * y;
    }
    w->n = WINDOW * WINDOW;
    return true;
}

static double slope(const ie_plane *a, const ie_plane *b, double gain, int at, int stride)
{
    double of_a = (double)(a->v[at + stride] - a->v[at - stride]),
           of_b = (double)(b->v[at + stride] - b->v[at - stride]);
    return (of_a + gain * of_b) / 4;
}

static void add_slopes(window *w, const ie_plane *a, const ie_plane *b, double gain, int first)
{
    double mean_a = w->a / w->n, mean_b = w->b / w->n;
    for (int i = 0; i < WINDOW * WINDOW; i++) {
        int at = first + i / WINDOW * SIDE + i % WINDOW;
        double x = slope(a, b, gain, at, 1), y = slope(a, b, gain, at, SIDE);
        double error = ((double)a->v[at] - mean_a) - gain * ((double)b->v[at] - mean_b);
        w->xx += x * x;
        w->xy += x * y;
        w->yy += y * y;
        w->xe += x * error;
        w->ye += y * error;
        w->ee += error * error;
    }
}

/* 1: it moved; 0: it did not; -1: it has too little to tell. */
static int look(const ie_plane *a, const ie_plane *b, const float *there, int first)
{
    window w = {0};
    if (!add_levels(&w, a, b, there, first)) {
        return -1;
    }
    double variance_a = w.aa / w.n - w.a / w.n * (w.a / w.n),
           variance_b = w.bb / w.n - w.b / w.n * (w.b / w.n);
    if (!(variance_a > MIN_VARIANCE) || !(variance_b > MIN_VARIANCE)) {
        return -1;
    }
    add_slopes(&w, a, b, sqrt(variance_a / variance_b), first);
    double determinant = w.xx * w.yy - w.xy * w.xy, half = (w.xx + w.yy) / 2;
    double least = half - sqrt(fmax(0, half * half - determinant));
    if (!(least > w.n * MIN_SLOPE)) {
        return -1;
    }
    double x = (w.yy * w.xe - w.xy * w.ye) / determinant,
           y = (w.xx * w.ye - w.xy * w.xe) / determinant;
    return hypot(x, y) > MIN_SHIFT && x * w.xe + y * w.ye > MIN_EXPLAINED * w.ee;
}

double ie_motion_share(const ie_plane *a, const ie_plane *b, const float *there)
{
    int seen = 0, moved = 0;
    for (int y = 1; y + WINDOW < SIDE; y += STEP) {
        for (int x = 1; x + WINDOW < SIDE; x += STEP) {
            int result = look(a, b, there, y * SIDE + x);
            seen += result >= 0;
            moved += result > 0;
        }
    }
    return moved >= LEAST_WINDOWS ? (double)moved / seen : 0;
}
