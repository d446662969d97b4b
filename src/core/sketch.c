// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sketch.h"

#include <math.h>

#define TONED 3.0 /* chroma that brightness does not explain, standard deviation */
#define CELLS (IE_SKETCH_CHROMA * IE_SKETCH_CHROMA)
/* Of a sepia print, chroma that brightness does not explain: all, and across its tint. Then the
   mean tint: yellow by brightness, red by yellow. */
#define SEPIA_REST 6.5
#define SEPIA_ACROSS 1.5
#define SEPIA_LEAST 0.08
#define SEPIA_MOST 0.20
#define SEPIA_RED 0.68

/* Brightness of each cell of the chroma, 0..1. */
static void fill_brightness(const ie_sketch *sketch, double *ret_gray)
{
    enum { N = IE_SKETCH_CHROMA, SIDE = IE_SKETCH_SIDE, CELL = SIDE / N };
    for (int i = 0; i < CELLS; i++) {
        double gray = 0;
        for (int k = 0; k < CELL * CELL; k++) {
            gray += sketch->gray[(i / N * CELL + k / CELL) * SIDE + i % N * CELL + k % CELL];
        }
        ret_gray[i] = gray / (CELL * CELL * 255.0);
    }
}

/* Takes off each of `values` what its line over `over` explains. */
static void take_off_line(double *values, const double *over)
{
    double n = CELLS, a = 0, b = 0, aa = 0, ab = 0;
    for (int i = 0; i < CELLS; i++) {
        a += over[i];
        b += values[i];
        aa += over[i] * over[i];
        ab += over[i] * values[i];
    }
    double spread = aa / n - a / n * (a / n);
    double slope = spread > 1e-9 ? (ab / n - a / n * (b / n)) / spread : 0;
    for (int i = 0; i < CELLS; i++) {
        values[i] -= b / n + slope * (over[i] - a / n);
    }
}

static double product(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < CELLS; i++) {
        sum += a[i] * b[i];
    }
    return sum / CELLS;
}

bool ie_sketch_colored(const ie_sketch *sketch)
{
    double gray[CELLS], a[CELLS], b[CELLS];
    fill_brightness(sketch, gray);
    for (int i = 0; i < CELLS; i++) {
        a[i] = sketch->a[i];
        b[i] = sketch->b[i];
    }
    take_off_line(a, gray);
    take_off_line(b, gray);
    return product(a, a) + product(b, b) >= TONED * TONED;
}

bool ie_sketch_sepia(const ie_sketch *sketch)
{
    double gray[CELLS], square[CELLS], a[CELLS], b[CELLS];
    double red = 0, yellow = 0, bright = 0;
    fill_brightness(sketch, gray);
    for (int i = 0; i < CELLS; i++) {
        square[i] = gray[i] * gray[i];
        a[i] = sketch->a[i];
        b[i] = sketch->b[i];
        red += a[i] / CELLS;
        yellow += b[i] / CELLS;
        bright += 255 * gray[i] / CELLS;
    }
    take_off_line(square, gray); /* so that both together are a parabola */
    take_off_line(a, gray);
    take_off_line(b, gray);
    take_off_line(a, square);
    take_off_line(b, square);
    double aa = product(a, a), bb = product(b, b), ab = product(a, b);
    double across = (aa + bb) / 2 - sqrt((aa - bb) * (aa - bb) / 4 + ab * ab);
    return yellow >= SEPIA_LEAST * bright && yellow <= SEPIA_MOST * bright && red >= 0 &&
           red <= SEPIA_RED * yellow && aa + bb <= SEPIA_REST * SEPIA_REST &&
           across <= SEPIA_ACROSS * SEPIA_ACROSS;
}
