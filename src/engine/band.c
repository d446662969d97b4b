// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/band.h"

#include <math.h>

#define SIDE IE_SKETCH_SIDE
#define EDGES 4
#define THICKEST 9   /* lines, with those that it blurs into */
#define BLURRED 2    /* lines beside it, by softening and between samples */
#define FAR_OFF 20.0 /* levels */
#define MOST_OF_LINE 0.5
#define LITTLE_ELSEWHERE 0.12 /* of the other samples may be that far off */

/* The sample `along` of the line that is `depth` lines from an edge: 0 left, 1 right, 2 upper, 3
   lower. */
static int sample_of(int edge, int depth, int along)
{
    int line = edge % 2 == 0 ? depth : SIDE - 1 - depth;
    return edge < 2 ? along * SIDE + line : line * SIDE + along;
}

/* Of the samples that are there; `off` says which are far off. Negative: the line is not there. */
static double share_of(const bool *off, const float *there, int edge, int depth)
{
    int all = 0, count = 0;
    for (int i = 0; i < SIDE; i++) {
        int at = sample_of(edge, depth, i);
        all += there[at] != 0;
        count += there[at] != 0 && off[at];
    }
    return all >= SIDE / 4 ? (double)count / all : -1;
}

/* Up to which depth a band reaches from this edge; 0: there is none. */
static int reach_of(const bool *off, const float *there, int edge)
{
    int first = 0, depth;
    while (first < SIDE / 4 && share_of(off, there, edge, first) < 0) {
        first++;
    }
    for (depth = first; depth < first + THICKEST; depth++) {
        if (share_of(off, there, edge, depth) < MOST_OF_LINE) {
            break;
        }
    }
    return depth > first && depth < first + THICKEST ? depth + BLURRED : 0;
}

/* Of what lies deeper than `reach`, the share that is far off. */
static double rest_of(const bool *off, const float *there, int edge, int reach)
{
    int all = 0, count = 0;
    for (int depth = reach; depth < SIDE; depth++) {
        for (int i = 0; i < SIDE; i++) {
            int at = sample_of(edge, depth, i);
            all += there[at] != 0;
            count += there[at] != 0 && off[at];
        }
    }
    return all > 0 ? (double)count / all : 1;
}

int ie_band_leave_out(const ie_plane *a, const ie_plane *b, double gain, double offset,
                      float *there)
{
    bool off[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        off[i] = fabs((double)a->v[i] - gain * (double)b->v[i] - offset) > FAR_OFF;
    }
    for (int edge = 0; edge < EDGES; edge++) {
        int reach = reach_of(off, there, edge);
        if (reach == 0 || rest_of(off, there, edge, reach) > LITTLE_ELSEWHERE) {
            continue;
        }
        for (int depth = 0; depth < reach; depth++) {
            for (int i = 0; i < SIDE; i++) {
                there[sample_of(edge, depth, i)] = 0;
            }
        }
        return reach;
    }
    return 0;
}
