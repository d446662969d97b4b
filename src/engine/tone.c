// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/tone.h"

#include <math.h>
#include <string.h>

#define SIDE IE_SKETCH_SIDE
#define LEVELS 256
#define LEAST 24 /* samples a knot */

/* Samples in the order of their level in `seen`, by counting. */
static int sort_samples(const ie_plane *seen, const float *there, uint16_t *ret_order)
{
    int start[LEVELS + 1] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        start[(int)seen->v[i] + 1] += there[i] != 0;
    }
    for (int v = 0; v < LEVELS; v++) {
        start[v + 1] += start[v];
    }
    int count = start[LEVELS];
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (there[i] != 0) {
            ret_order[start[(int)seen->v[i]]++] = (uint16_t)i;
        }
    }
    return count;
}

/* values[count / 2] if they were sorted, by dividing (Hoare 1961), which takes a third of the time
   that sorting does. */
static float median(float *values, int count)
{
    int low = 0, high = count - 1, wanted = count / 2;
    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        int i = low, k = high;
        while (i <= k) {
            while (values[i] < pivot) {
                i++;
            }
            while (values[k] > pivot) {
                k--;
            }
            if (i <= k) {
                float swap = values[i];
                values[i++] = values[k];
                values[k--] = swap;
            }
        }
        if (wanted <= k) {
            high = k;
        } else if (wanted >= i) {
            low = i;
        } else {
            break;
        }
    }
    return values[wanted];
}

/* Pool adjacent violators (Ayer et al. 1955), all knots of one weight. */
static void make_rise(float *level, int count)
{
    float mean[IE_TONE_KNOTS];
    int width[IE_TONE_KNOTS], blocks = 0;
    for (int i = 0; i < count; i++) {
        mean[blocks] = level[i];
        width[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
            int both = width[blocks - 2] + width[blocks - 1];
            mean[blocks - 2] = (mean[blocks - 2] * (float)width[blocks - 2] +
                                mean[blocks - 1] * (float)width[blocks - 1]) /
                               (float)both;
            width[blocks - 2] = both;
            blocks--;
        }
    }
    for (int b = 0, i = 0; b < blocks; b++) {
        for (int k = 0; k < width[b]; k++) {
            level[i++] = mean[b];
        }
    }
}

static float bend_of(const ie_tone *t)
{
    double n = t->count, x = 0, y = 0, xx = 0, xy = 0, most = 0;
    for (int i = 0; i < t->count; i++) {
        x += (double)t->at[i];
        y += (double)t->level[i];
        xx += (double)(t->at[i] * t->at[i]);
        xy += (double)(t->at[i] * t->level[i]);
    }
    double gain = (xy - x * y / n) / (xx - x * x / n + 1e-6), offset = (y - gain * x) / n;
    for (int i = 0; i < t->count; i++) {
        most = fmax(most, fabs((double)t->level[i] - gain * (double)t->at[i] - offset));
    }
    return (float)most;
}

bool ie_tone_fit(const ie_plane *a, const ie_plane *seen, const float *there, ie_tone *ret_tone)
{
    uint16_t order[SIDE * SIDE];
    float x[SIDE * SIDE], y[SIDE * SIDE];
    int count = sort_samples(seen, there, order);
    int knots = count / LEAST < IE_TONE_KNOTS ? count / LEAST : IE_TONE_KNOTS;
    ie_tone t = {0};
    for (int k = 0; k < knots; k++) {
        int first = count * k / knots, n = count * (k + 1) / knots - first;
        for (int i = 0; i < n; i++) {
            x[i] = seen->v[order[first + i]];
            y[i] = a->v[order[first + i]];
        }
        float at = median(x, n), level = median(y, n);
        if (t.count > 0 && at < t.at[t.count - 1] + 1) {
            continue; /* much of the picture has this level */
        }
        t.at[t.count] = at;
        t.level[t.count++] = level;
    }
    if (t.count < 3) {
        return false;
    }
    make_rise(t.level, t.count);
    t.bend = bend_of(&t);
    *ret_tone = t;
    return true;
}

void ie_tone_apply(const ie_tone *t, ie_plane *plane)
{
    for (int i = 0; i < plane->side * plane->side; i++) {
        float v = plane->v[i];
        int k = 1;
        while (k < t->count - 1 && v > t->at[k]) {
            k++;
        }
        float slope = (t->level[k] - t->level[k - 1]) / (t->at[k] - t->at[k - 1]);
        float out = t->level[k - 1] + slope * (v - t->at[k - 1]);
        plane->v[i] = out < 0 ? 0 : out > 255 ? 255 : out;
    }
}
