// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/thing.h"

#include <math.h>

#include "engine/change.h"

#define SIDE IE_SKETCH_SIDE
#define COUNT (SIDE * SIDE)
#define CORNER 16   /* samples: how far from it a logo reaches */
#define THINNEST 4  /* samples: a line of text is thinner */
#define WIDEST 28   /* samples: a third of the side, softened */
#define LONGEST 3.0 /* of the longer side to the shorter */
#define MOST_LEVELS                                                                                \
    50.0f /* at least; of pale text over the middle 40 at most, but for one in a hundred */
#define MEAN_LEVELS 24.0
#define SHARE 0.6 /* of all that differs: of letters and leaves each is one patch of many */

typedef struct patch {
    int left, right, top, bottom, count;
    double sum;
    float most;
} patch;

/* Takes the patch that `first` belongs to, whichever way it differs, out of `signs`. */
static patch take_patch(int8_t *signs, const float *rest, int first)
{
    uint16_t list[COUNT];
    patch p = {.left = SIDE, .right = -1, .top = SIDE, .bottom = -1, .count = 1};
    list[0] = (uint16_t)first;
    signs[first] = 0;
    for (int k = 0; k < p.count; k++) {
        int x = list[k] % SIDE, y = list[k] / SIDE;
        float size = fabsf(rest[list[k]]);
        p.sum += (double)size;
        p.most = size > p.most ? size : p.most;
        p.left = x < p.left ? x : p.left;
        p.right = x > p.right ? x : p.right;
        p.top = y < p.top ? y : p.top;
        p.bottom = y > p.bottom ? y : p.bottom;
        for (int i = 0; i < 9; i++) {
            int at_x = x + i % 3 - 1, at_y = y + i / 3 - 1, at = at_y * SIDE + at_x;
            if (at_x >= 0 && at_y >= 0 && at_x < SIDE && at_y < SIDE && signs[at] != 0) {
                signs[at] = 0;
                list[p.count++] = (uint16_t)at;
            }
        }
    }
    return p;
}

static bool is_thing(const patch *p)
{
    int width = p->right - p->left + 1, height = p->bottom - p->top + 1;
    bool in_corner = (p->right < CORNER || p->left >= SIDE - CORNER) &&
                     (p->bottom < CORNER || p->top >= SIDE - CORNER);
    int longer = width > height ? width : height, shorter = width > height ? height : width;
    return !in_corner && shorter >= THINNEST && longer <= WIDEST && longer <= LONGEST * shorter &&
           p->most >= MOST_LEVELS && p->sum >= MEAN_LEVELS * p->count;
}

bool ie_thing_tells_apart(const ie_plane *a, const ie_plane *b, const float *there, bool edited)
{
    float rest[COUNT];
    int8_t signs[COUNT];
    double all = 0, of_thing = 0;
    ie_change_find(a, b, there, edited, rest, signs);
    for (int i = 0; i < COUNT; i++) {
        if (signs[i] != 0) {
            const patch p = take_patch(signs, rest, i);
            all += p.sum;
            of_thing += is_thing(&p) ? p.sum : 0;
        }
    }
    return of_thing > 0 && of_thing >= SHARE * all;
}
