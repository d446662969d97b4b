// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/frame.h"

#include <math.h>

#define SIDE IE_SKETCH_SIDE
#define EDGES 4
#define WIDEST 8       /* lines */
#define OFF_LEVEL 8.0f /* levels: what a lossy copy does to one colour */

/* Is all of a line, `depth` lines from an edge (0 left, 1 right, 2 upper, 3 lower), of this level?
 */
static bool is_plain(const ie_plane *p, int edge, int depth, float level)
{
    int line = edge % 2 == 0 ? depth : SIDE - 1 - depth;
    bool plain = true;
    for (int i = 0; plain && i < SIDE; i++) {
        plain = fabsf(p->v[edge < 2 ? i * SIDE + line : line * SIDE + i] - level) <= OFF_LEVEL;
    }
    return plain;
}

/* Where a sample of the stretched picture lies between the lines `first` and `last`. */
static float between(int i, int first, int last)
{
    float at = (float)first - 0.5f + ((float)i + 0.5f) * (float)(last - first + 1) / (float)SIDE;
    return at < (float)first ? (float)first : at > (float)last ? (float)last : at;
}

static void stretch(ie_plane *p, int left, int right, int top, int bottom)
{
    const ie_plane from = *p;
    for (int i = 0; i < SIDE * SIDE; i++) {
        float x = between(i % SIDE, left, right), y = between(i / SIDE, top, bottom);
        int ix = (int)x < right ? (int)x : right - 1, iy = (int)y < bottom ? (int)y : bottom - 1;
        float fx = x - (float)ix, fy = y - (float)iy;
        const float *v = &from.v[iy * SIDE + ix];
        float upper = v[0] + fx * (v[1] - v[0]), lower = v[SIDE] + fx * (v[SIDE + 1] - v[SIDE]);
        p->v[i] = upper + fy * (lower - upper);
    }
}

bool ie_frame_take_off(ie_plane *plane, ie_inset *ret_inset)
{
    int width[EDGES];
    *ret_inset = (ie_inset){.size = {1, 1}};
    float level = plane->v[0];
    for (int edge = 0; edge < EDGES; edge++) {
        width[edge] = 0;
        while (width[edge] <= WIDEST && is_plain(plane, edge, width[edge], level)) {
            width[edge]++;
        }
        if (width[edge] == 0 || width[edge] > WIDEST) {
            return false;
        }
    }
    /* The next line is partly frame. */
    stretch(plane, width[0] + 1, SIDE - 2 - width[1], width[2] + 1, SIDE - 2 - width[3]);
    for (int axis = 0; axis < 2; axis++) {
        int before = width[2 * axis] + 1, after = width[2 * axis + 1] + 1;
        ret_inset->middle[axis] = (double)(before - after) / SIDE;
        ret_inset->size[axis] = (double)(SIDE - before - after) / SIDE;
    }
    return true;
}

void ie_frame_widen(ie_warp *warp, const ie_inset *a, const ie_inset *b)
{
    for (int axis = 0; axis < 2; axis++) {
        double *p = &warp->p[3 * axis], of_x = p[1] / a->size[0], of_y = p[2] / a->size[1];
        p[0] = b->middle[axis] + b->size[axis] * (p[0] - of_x * a->middle[0] - of_y * a->middle[1]);
        p[1] = b->size[axis] * of_x;
        p[2] = b->size[axis] * of_y;
    }
}
