// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/band.h"

#include <math.h>
#include <stdlib.h>

#define SIDE IE_SKETCH_SIDE
#define EDGES 4
#define THICKEST 9   /* lines, with those that it blurs into */
#define BLURRED 2    /* lines beside it, by softening and between samples */
#define FAR_OFF 20.0 /* levels */
#define MOST_OF_LINE 0.5
#define LITTLE_ELSEWHERE 0.12 /* of the other samples may be that far off */
#define ONE_COLOUR 10         /* levels to each side: what a lossy copy does to it */
#define LEVELS 256
#define PLAIN 0.2         /* of each line of a band: beside its text */
#define MOST_PLAIN 0.5    /* of one line: above or below the text */
#define LITTLE_PLAIN 0.15 /* of the picture beside it */
#define THINNEST 3        /* lines */
#define LEAST_TEXT 40.0   /* mean square of the slopes, levels; of text from 70 on */
#define SAME_TEXT 0.6     /* correlation of the slopes; of copies from 0.94 on, else up to 0.39 */

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

/* Where an edge of what is there begins; -1: nowhere. */
static int first_line(const float *there, int edge)
{
    for (int depth = 0; depth < SIDE / 4; depth++) {
        int all = 0;
        for (int i = 0; i < SIDE; i++) {
            all += there[sample_of(edge, depth, i)] != 0;
        }
        if (all >= SIDE / 2) {
            return depth;
        }
    }
    return -1;
}

/* The middle of the levels of one colour that most samples of the outermost lines have. */
static float level_of(const ie_plane *p, const float *there, int edge, int first)
{
    int bins[LEVELS] = {0}, sum = 0, most = 0, best = 0;
    for (int k = 0; k < THINNEST * SIDE; k++) {
        int at = sample_of(edge, first + k / SIDE, k % SIDE);
        float v = p->v[at] < 0 ? 0 : p->v[at] > LEVELS - 1 ? LEVELS - 1 : p->v[at];
        bins[(int)v] += there[at] != 0;
    }
    for (int end = 0; end < LEVELS; end++) {
        sum += bins[end] - (end >= 2 * ONE_COLOUR ? bins[end - 2 * ONE_COLOUR] : 0);
        if (sum > most) {
            most = sum;
            best = end;
        }
    }
    return (float)(best - ONE_COLOUR);
}

static double plain_share(const ie_plane *p, const float *there, int edge, int depth, float level)
{
    int all = 0, plain = 0;
    for (int i = 0; i < SIDE; i++) {
        int at = sample_of(edge, depth, i);
        all += there[at] != 0;
        plain += there[at] != 0 && fabsf(p->v[at] - level) <= (float)ONE_COLOUR;
    }
    return all > 0 ? (double)plain / all : 0;
}

/* How many lines from `first` on have one colour between other things, and those beyond do not; 0:
   there is no such band. */
static int plain_lines(const ie_plane *p, const float *there, int edge, int first)
{
    float level = level_of(p, there, edge, first);
    double share, most = 0;
    int lines = 0;
    while (lines <= THICKEST &&
           (share = plain_share(p, there, edge, first + lines, level)) >= PLAIN) {
        most = fmax(most, share);
        lines++;
    }
    bool ends = most >= MOST_PLAIN && lines >= THINNEST && lines <= THICKEST &&
                plain_share(p, there, edge, first + lines + BLURRED, level) <= LITTLE_PLAIN;
    return ends ? lines : 0;
}

/* By the slopes along the band: that both begin at the left says nothing. */
static bool texts_differ(const ie_plane *a, const ie_plane *b, const float *there, int edge,
                         int first, int lines)
{
    double aa = 0, bb = 0, ab = 0, n = 0;
    for (int k = 0; k < lines * SIDE; k++) {
        int along = k % SIDE, depth = first + k / SIDE;
        int at = sample_of(edge, depth, along), next = sample_of(edge, depth, (along + 1) % SIDE);
        if (along + 1 < SIDE && there[at] != 0 && there[next] != 0) {
            double v = (double)(a->v[next] - a->v[at]), w = (double)(b->v[next] - b->v[at]);
            aa += v * v;
            bb += w * w;
            ab += v * w;
            n++;
        }
    }
    return fmax(aa, bb) >= LEAST_TEXT * n && ab < SAME_TEXT * sqrt((aa + n) * (bb + n));
}

bool ie_band_tells_apart(const ie_plane *a, const ie_plane *b, const float *there)
{
    for (int edge = 0; edge < EDGES; edge++) {
        int first = first_line(there, edge);
        if (first < 0) {
            continue;
        }
        int of_a = plain_lines(a, there, edge, first), of_b = plain_lines(b, there, edge, first);
        if (of_a > 0 && of_b > 0 && abs(of_a - of_b) <= BLURRED &&
            texts_differ(a, b, there, edge, first, (of_a < of_b ? of_a : of_b) - 1)) {
            return true;
        }
    }
    return false;
}
