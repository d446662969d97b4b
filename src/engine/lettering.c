// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/lettering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/align.h"

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

/* Where the sketches differ, and beside it. */
static void find_written(const ie_sketch *a, const ie_sketch *b, unsigned turn, bool *ret_written)
{
    ie_plane plane;
    ie_plane_fill(&plane, b->gray, turn);
    memset(ret_written, 0, COUNT * sizeof *ret_written);
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < 9 && abs(a->gray[i] - (int)plane.v[i]) >= WRITTEN; k++) {
            int x = i % SIDE + k % 3 - 1, y = i / SIDE + k / 3 - 1;
            if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) {
                ret_written[y * SIDE + x] = true;
            }
        }
    }
}

/* How a picture is read that lies as a turn says, at places of another. */
typedef struct reader {
    const ie_pixels *from;
    double first_x, first_y;               /* at its upper left corner */
    double x_by_x, x_by_y, y_by_x, y_by_y; /* samples for one of the other */
} reader;

static reader reader_of(const ie_pixels *from, unsigned turn, const ie_pixels *at)
{
    bool across = turn % 4 == 1 || turn % 4 == 2, down = turn % 4 >= 2;
    double by_x = (across ? -1.0 : 1.0) * (turn >= 4 ? from->height : from->width) / at->width;
    double by_y = (down ? -1.0 : 1.0) * (turn >= 4 ? from->width : from->height) / at->height;
    double first_x = across ? (turn >= 4 ? from->height : from->width) : 0;
    double first_y = down ? (turn >= 4 ? from->width : from->height) : 0;
    reader r = {
        .from = from, .first_x = first_x, .first_y = first_y, .x_by_x = by_x, .y_by_y = by_y};
    if (turn >= 4) {
        r = (reader){
            .from = from, .first_x = first_y, .first_y = first_x, .x_by_y = by_y, .y_by_x = by_x};
    }
    return r;
}

/* Bilinear; x and y from edge to edge. */
static float read_at(const ie_pixels *p, double x, double y)
{
    x = fmin(fmax(x - 0.5, 0), p->width - 1.001);
    y = fmin(fmax(y - 0.5, 0), p->height - 1.001);
    size_t column = (size_t)x, row = (size_t)y;
    float fx = (float)(x - (double)column), fy = (float)(y - (double)row);
    const uint8_t *v = &p->data[row * p->width + column];
    float upper = v[0] + fx * (float)(v[1] - v[0]);
    float lower = v[p->width] + fx * (float)(v[p->width + 1] - v[p->width]);
    return upper + fy * (lower - upper);
}

/* The mean about the middle of the other's sample (x, y). */
static float read_sample(const reader *r, uint32_t x, uint32_t y)
{
    float sum = 0;
    for (int k = 0; k < 4; k++) {
        double u = x + (k % 2 == 0 ? 0.25 : 0.75), v = y + (k < 2 ? 0.25 : 0.75);
        sum += read_at(r->from, r->first_x + u * r->x_by_x + v * r->x_by_y,
                       r->first_y + u * r->y_by_x + v * r->y_by_y);
    }
    return sum / 4;
}

/* Of the samples that differ where something is written, how many have which level in each. */
static uint32_t count_levels(const ie_pixels *a, const ie_pixels *b, unsigned turn,
                             const bool *written, uint32_t of_a[LEVELS], uint32_t of_b[LEVELS])
{
    const reader of_first = reader_of(a, 0, a), of_second = reader_of(b, turn, a);
    uint32_t all = 0;
    for (uint32_t y = 0; y < a->height; y++) {
        for (uint32_t x = 0; x < a->width; x++) {
            size_t cell = (size_t)((uint64_t)y * SIDE / a->height) * SIDE +
                          (size_t)((uint64_t)x * SIDE / a->width);
            if (!written[cell]) {
                continue;
            }
            float first = read_sample(&of_first, x, y), second = read_sample(&of_second, x, y);
            if (fabsf(first - second) > DIFFERS) {
                of_a[(int)first]++;
                of_b[(int)second]++;
                all++;
            }
        }
    }
    return all;
}

static uint32_t sum_around(const uint32_t bins[LEVELS], int level)
{
    uint32_t sum = 0;
    for (int i = level - ONE_LEVEL; i <= level + ONE_LEVEL; i++) {
        sum += i >= 0 && i < LEVELS ? bins[i] : 0;
    }
    return sum;
}

double ie_lettering_of_both(const ie_sketch *a, const ie_pixels *view_a, const ie_sketch *b,
                            const ie_pixels *view_b, unsigned turn)
{
    if ((size_t)view_b->width * view_b->height < (size_t)view_a->width * view_a->height) {
        return ie_lettering_of_both(b, view_b, a, view_a, turn == 5 ? 7 : turn == 7 ? 5 : turn);
    }
    bool written[COUNT];
    uint32_t of_a[LEVELS] = {0}, of_b[LEVELS] = {0}, all = 0;
    double letters = 0, most = 0; /* their level is that which most samples have */
    find_written(a, b, turn, written);
    if (view_a->width > 1 && view_a->height > 1 && view_b->width > 1 && view_b->height > 1) {
        all = count_levels(view_a, view_b, turn, written, of_a, of_b);
    }
    for (int level = 0; level < LEVELS && all >= LEAST_SAMPLES; level++) {
        double in_a = sum_around(of_a, level), in_b = sum_around(of_b, level);
        if (in_a + in_b > letters) {
            letters = in_a + in_b;
            most = fmin(in_a, in_b) / letters;
        }
    }
    return letters >= OF_THAT_LEVEL * all ? most : 0;
}
