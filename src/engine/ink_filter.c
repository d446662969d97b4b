// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_filter.h"

#include <string.h>

#define TAPS IE_INK_TAPS
#define UNKNOWNS (TAPS + 1)
#define INK_SLOPE 8.0f /* levels: where there is less a filter has nothing to do */
#define LEAST_INK 50   /* samples */
#define FILTER_STEP 3  /* rows */

/* Adds `next` to the least and the most of each column, and to how many of them are there. */
static void take_row(const float *v, const float *there, int width, float *least, float *most,
                     float *shown)
{
    for (int x = 0; x < width; x++) {
        least[x] = v[x] < least[x] ? v[x] : least[x];
        most[x] = v[x] > most[x] ? v[x] : most[x];
        shown[x] = there[x] < shown[x] ? there[x] : shown[x];
    }
}

static float least_of(const float *v)
{
    float two = v[-1] < v[0] ? v[-1] : v[0];
    return v[1] < two ? v[1] : two;
}

static float most_of(const float *v)
{
    float two = v[-1] > v[0] ? v[-1] : v[0];
    return v[1] > two ? v[1] : two;
}

/* All of the square, not its half, for that is what the compiler takes many at once of. */
static void add_equations(const float *v, int width, double wanted, double e[UNKNOWNS * UNKNOWNS],
                          double r[UNKNOWNS])
{
    const float *up = v - width, *down = v + width;
    const double d[UNKNOWNS] = {
        (double)up[-1], (double)up[0],    (double)up[1],   (double)v[-1],   (double)v[0],
        (double)v[1],   (double)down[-1], (double)down[0], (double)down[1], 1};
    for (int k = 0; k < UNKNOWNS; k++) {
        for (int l = 0; l < UNKNOWNS; l++) {
            e[k * UNKNOWNS + l] += d[k] * d[l];
        }
        r[k] += d[k] * wanted;
    }
}

bool ie_ink_filter_find(const ie_ink_plane *a, const ie_ink_plane *b, const float *there,
                        ie_ink_room *room, ie_ink_filter *ret_filter)
{
    enum { LINES = 3 };
    double e[UNKNOWNS * UNKNOWNS] = {0}, r[UNKNOWNS] = {0};
    int ink = 0, width = a->width;
    if (!ie_ink_plane_make(&room->rows, width, LINES)) {
        return false;
    }
    float *least = room->rows.v, *most = least + width, *shown = most + width;
    for (int y = 1; y < a->height - 1; y += FILTER_STEP) {
        size_t above = (size_t)(y - 1) * (size_t)width;
        memcpy(least, &b->v[above], (size_t)width * sizeof *least);
        memcpy(most, &b->v[above], (size_t)width * sizeof *most);
        memcpy(shown, &there[above], (size_t)width * sizeof *shown);
        for (int k = 1; k <= 2; k++) {
            size_t at = above + (size_t)k * (size_t)width;
            take_row(&b->v[at], &there[at], width, least, most, shown);
        }
        size_t now = above + (size_t)width;
        for (int x = 1; x < width - 1; x++) {
            if (most_of(&most[x]) - least_of(&least[x]) > INK_SLOPE && least_of(&shown[x]) != 0) {
                size_t at = now + (size_t)x;
                ink++;
                add_equations(&b->v[at], width, (double)a->v[at], e, r);
            }
        }
    }
    for (int k = 0; k < UNKNOWNS; k++) {
        e[k * UNKNOWNS + k] += 0.1;
    }
    bool found = ink >= LEAST_INK && ie_ink_solve(e, r, UNKNOWNS);
    for (int k = 0; k < UNKNOWNS; k++) {
        ret_filter->v[k] = (float)r[k];
    }
    return found;
}

void ie_ink_filter_row(const ie_ink_filter *filter, const ie_ink_plane *b, int y, float *to)
{
    int width = b->width;
    const float *from = &b->v[(size_t)y * (size_t)width];
    const float *up = from - width, *down = from + width, *c = filter->v;
    to[0] = to[width - 1] = 0;
    for (int x = 1; x < width - 1; x++) {
        to[x] = c[0] * up[x - 1] + c[1] * up[x] + c[2] * up[x + 1] + c[3] * from[x - 1] +
                c[4] * from[x] + c[5] * from[x + 1] + c[6] * down[x - 1] + c[7] * down[x] +
                c[8] * down[x + 1] + c[TAPS];
    }
}
