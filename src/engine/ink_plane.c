// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/ink_plane.h"

#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"

bool ie_ink_plane_make(ie_ink_plane *plane, int width, int height)
{
    size_t count = (size_t)width * (size_t)height;
    if (count > plane->room) {
        ie_ink_plane_clear(plane);
        plane->v = ie_try_alloc(count, sizeof *plane->v);
        plane->room = plane->v != NULL ? count : 0;
    }
    plane->width = width;
    plane->height = height;
    return plane->v != NULL;
}

void ie_ink_plane_clear(ie_ink_plane *plane)
{
    free(plane->v);
    *plane = (ie_ink_plane){0};
}

/* By 1 2 1 across: reads its neighbours as they were. */
static void soften_row(float *restrict v, int width, float *restrict row)
{
    memcpy(row, v, (size_t)width * sizeof *row);
    for (int x = 1; x < width - 1; x++) {
        v[x] = (row[x - 1] + 2 * row[x] + row[x + 1]) / 4;
    }
    v[0] = (row[0] + 2 * row[0] + row[width > 1 ? 1 : 0]) / 4;
    if (width > 1) {
        v[width - 1] = (row[width - 2] + 2 * row[width - 1] + row[width - 1]) / 4;
    }
}

/* `above` is the row above as it was, and becomes this one as it was. */
static void soften_down(float *restrict v, const float *restrict below, int width,
                        float *restrict above)
{
    for (int x = 0; x < width; x++) {
        float now = v[x];
        v[x] = (above[x] + 2 * now + below[x]) / 4;
        above[x] = now;
    }
}

bool ie_ink_plane_soften(ie_ink_plane *plane)
{
    size_t width = (size_t)plane->width;
    IE_AUTO_FREE float *row = ie_try_alloc(width, sizeof *row);
    if (row == NULL) {
        return false;
    }
    for (int y = 0; y < plane->height; y++) {
        soften_row(&plane->v[(size_t)y * width], plane->width, row);
    }
    memcpy(row, plane->v, width * sizeof *row);
    for (int y = 0; y + 1 < plane->height; y++) {
        float *now = &plane->v[(size_t)y * width];
        soften_down(now, now + width, plane->width, row);
    }
    float *last = &plane->v[(size_t)(plane->height - 1) * width];
    for (int x = 0; x < plane->width; x++) {
        last[x] = (row[x] + 3 * last[x]) / 4;
    }
    return true;
}

static void fill_as_it_lies(ie_ink_plane *plane, const ie_pixels *gray)
{
    size_t count = (size_t)gray->width * gray->height;
    for (size_t i = 0; i < count; i++) {
        plane->v[i] = gray->data[i];
    }
}

static void fill_turned(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn)
{
    bool across = turn % 4 == 1 || turn % 4 == 2, down = turn % 4 >= 2;
    int width = plane->width, height = plane->height;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int from_x = across ? width - 1 - x : x, from_y = down ? height - 1 - y : y;
            int row = turn >= 4 ? from_x : from_y, column = turn >= 4 ? from_y : from_x;
            plane->v[(size_t)y * (size_t)width + (size_t)x] =
                gray->data[(size_t)row * gray->width + (size_t)column];
        }
    }
}

bool ie_ink_plane_fill(ie_ink_plane *plane, const ie_pixels *gray, unsigned turn)
{
    int width = (int)(turn >= 4 ? gray->height : gray->width);
    int height = (int)(turn >= 4 ? gray->width : gray->height);
    if (!ie_ink_plane_make(plane, width, height)) {
        return false;
    }
    if (turn == 0) {
        fill_as_it_lies(plane, gray);
    } else {
        fill_turned(plane, gray, turn);
    }
    return ie_ink_plane_soften(plane);
}

bool ie_ink_solve(double *m, double *r, int n)
{
    for (int k = 0; k < n; k++) {
        if (!(m[k * n + k] > 1e-9)) {
            return false;
        }
        for (int i = k + 1; i < n; i++) {
            double factor = m[i * n + k] / m[k * n + k];
            for (int j = k; j < n; j++) {
                m[i * n + j] -= factor * m[k * n + j];
            }
            r[i] -= factor * r[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++) {
            r[k] -= m[k * n + j] * r[j];
        }
        r[k] /= m[k * n + k];
    }
    return true;
}

void ie_ink_room_clear(ie_ink_room *room)
{
    ie_ink_plane *const planes[] = {&room->first,     &room->whole,      &room->seen,
                                    &room->there,     &room->half_a,     &room->half_b,
                                    &room->half_seen, &room->half_there, &room->rows};
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++) {
        ie_ink_plane_clear(planes[i]);
    }
}
