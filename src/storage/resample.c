// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/resample.h"

#include <math.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/wide.h"

#define WEIGHT_BITS 22
#define LOW_BITS 12
#define CACHED_AXES 16
/* A dot product of so many taps fits 32 bits: 1024 * 255 * 4095 < 2^31. */
#define DOT_TAPS 1024
/* Up to so many taps a row is too short for a wide dot product. */
#define FEW_TAPS 40
#define LANES 8
/* The weights of one axis, whole and as high * 2^12 + low, because products of 16-bit numbers are
   what every x86-64 and ARM does eight at a time. */
typedef struct axis {
    uint32_t in, out;
    double from, extent;
    ie_filter filter;
    uint32_t taps;            /* room for each sample's weights */
    uint32_t *first, *count;  /* per output sample */
    int16_t *high, *low;      /* out * taps */
    int32_t *whole;
} axis;

typedef int32_t four __attribute__((vector_size(16)));

struct ie_resampler {
    axis axes[CACHED_AXES];
    unsigned next; /* the slot that is replaced next */
    int16_t *row;
    size_t row_room;
    int32_t *sums;
    size_t sum_room;
    uint8_t *between;
    size_t between_room;
};

static void axis_clear(axis *a)
{
    free(a->first);
    free(a->count);
    free(a->high);
    free(a->low);
    free(a->whole);
    *a = (axis){0};
}

ie_resampler *ie_resampler_new(void)
{
    return ie_alloc(sizeof(ie_resampler));
}

void ie_resampler_free(ie_resampler *resampler)
{
    if (resampler == NULL) {
        return;
    }
    for (unsigned i = 0; i < CACHED_AXES; i++) {
        axis_clear(&resampler->axes[i]);
    }
    free(resampler->row);
    free(resampler->sums);
    free(resampler->between);
    free(resampler);
}

static double sinc(double x)
{
    if (x == 0.0) {
        return 1.0;
    }
    x *= M_PI;
    return sin(x) / x;
}

static double filter_at(ie_filter filter, double x)
{
    switch (filter) {
    case IE_FILTER_BOX:
        return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case IE_FILTER_BILINEAR:
        x = fabs(x);
        return x < 1.0 ? 1.0 - x : 0.0;
    case IE_FILTER_BICUBIC: /* Keys 1981 with a = -0.5 */
        x = fabs(x);
        if (x < 1.0) {
            return ((-0.5 + 2.0) * x - (-0.5 + 3.0)) * x * x + 1.0;
        }
        return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5 : 0.0;
    case IE_FILTER_LANCZOS:
        break;
    }
    return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

/* Weights of one output sample, normalised in double and then rounded, as Pillow does. */
static void weigh(axis *a, uint32_t sample, double *weights)
{
    static const double radius[] = {0.5, 1.0, 2.0, 3.0};
    double scale = a->extent / a->out;
    double stretch = scale < 1.0 ? 1.0 : scale;
    double support = radius[a->filter] * stretch;
    double centre = a->from + (sample + 0.5) * scale;
    double low = centre - support + 0.5;
    double high = centre + support + 0.5;
    int64_t first = low < 0.0 ? 0 : (int64_t)low;
    int64_t last = high > (double)a->in ? (int64_t)a->in : (int64_t)high;
    int64_t count = last > first ? last - first : 0;
    count = count > a->taps ? a->taps : count;
    double total = 0.0;
    for (int64_t i = 0; i < count; i++) {
        weights[i] = filter_at(a->filter, ((double)(i + first) - centre + 0.5) * (1.0 / stretch));
        total += weights[i];
    }
    for (int64_t i = 0; i < count; i++) {
        double w = total != 0.0 ? weights[i] / total : weights[i];
        int32_t fixed =
            (int32_t)(w < 0.0 ? -0.5 + w * (1 << WEIGHT_BITS) : 0.5 + w * (1 << WEIGHT_BITS));
        a->whole[(size_t)sample * a->taps + (size_t)i] = fixed;
        a->high[(size_t)sample * a->taps + (size_t)i] = (int16_t)(fixed >> LOW_BITS);
        a->low[(size_t)sample * a->taps + (size_t)i] = (int16_t)(fixed & ((1 << LOW_BITS) - 1));
    }
    a->first[sample] = (uint32_t)first;
    a->count[sample] = (uint32_t)count;
}

static bool axis_fill(axis *a)
{
    static const double radius[] = {0.5, 1.0, 2.0, 3.0};
    double scale = a->extent / a->out;
    double support = radius[a->filter] * (scale < 1.0 ? 1.0 : scale);
    double taps = ceil(support) * 2.0 + 1.0;
    a->taps = taps > a->in ? a->in : (uint32_t)taps;
    a->first = ie_try_alloc(a->out, sizeof *a->first);
    a->count = ie_try_alloc(a->out, sizeof *a->count);
    a->high = ie_try_alloc(a->out, a->taps * sizeof *a->high);
    a->low = ie_try_alloc(a->out, a->taps * sizeof *a->low);
    a->whole = ie_try_alloc(a->out, a->taps * sizeof *a->whole);
    IE_AUTO_FREE double *weights = ie_try_alloc(a->taps, sizeof *weights);
    if (a->first == NULL || a->count == NULL || a->high == NULL || a->low == NULL ||
        a->whole == NULL || weights == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < a->out; i++) {
        weigh(a, i, weights);
    }
    return true;
}

/* The weights of an axis, from the cache or made; NULL without memory. */
static const axis *axis_get(ie_resampler *resampler, axis wanted)
{
    for (unsigned i = 0; i < CACHED_AXES; i++) {
        const axis *a = &resampler->axes[i];
        if (a->in == wanted.in && a->out == wanted.out && a->filter == wanted.filter &&
            a->from == wanted.from && a->extent == wanted.extent) {
            return a;
        }
    }
    axis *slot = &resampler->axes[resampler->next];
    resampler->next = (resampler->next + 1) % CACHED_AXES;
    axis_clear(slot);
    *slot = wanted;
    if (!axis_fill(slot)) {
        axis_clear(slot);
        return NULL;
    }
    return slot;
}

static bool reserve(void *memory_pointer, size_t *room, size_t count, size_t size)
{
    void *memory;
    memcpy(&memory, memory_pointer, sizeof memory);
    if (count <= *room) {
        return true;
    }
    free(memory);
    memory = ie_try_alloc(count, size);
    *room = memory != NULL ? count : 0;
    memcpy(memory_pointer, &memory, sizeof memory);
    return memory != NULL;
}

static uint8_t clip8(int32_t sum)
{
    sum >>= WEIGHT_BITS;
    return sum < 0 ? 0 : sum > 255 ? 255 : (uint8_t)sum;
}

/* The true sum fits 32 bits; the parts may wrap on the way, so they are added without sign. */
static int32_t weighted(const int16_t *restrict row, const int16_t *restrict high,
                        const int16_t *restrict low, uint32_t count, int32_t start)
{
    uint32_t sum = (uint32_t)start;
    for (uint32_t from = 0; from < count; from += DOT_TAPS) {
        uint32_t end = count - from < DOT_TAPS ? count : from + DOT_TAPS;
        int32_t high_sum = 0, low_sum = 0;
        for (uint32_t i = from; i < end; i++) {
            high_sum += (int32_t)row[i] * high[i];
            low_sum += (int32_t)row[i] * low[i];
        }
        sum += ((uint32_t)high_sum << LOW_BITS) + (uint32_t)low_sum;
    }
    return (int32_t)sum;
}

/* Few taps: eight rows side by side, so that the arithmetic is wide however short the sums are. */
IE_WIDE static void across_eight(const axis *a, const ie_pixels *in, uint32_t y, uint32_t rows,
                                 int32_t start, int16_t *restrict tile, uint8_t *restrict out)
{
    for (uint32_t r = 0; r < LANES; r++) {
        const uint8_t *from = in->data + (size_t)(y + (r < rows ? r : rows - 1)) * in->width;
        for (uint32_t x = 0; x < in->width; x++) {
            tile[(size_t)x * LANES + r] = from[x];
        }
    }
    for (uint32_t x = 0; x < a->out; x++) {
        const int32_t *weights = a->whole + (size_t)x * a->taps;
        const int16_t *at = tile + (size_t)a->first[x] * LANES;
        int32_t sums[LANES];
        for (int r = 0; r < LANES; r++) {
            sums[r] = start;
        }
        for (uint32_t i = 0; i < a->count[x]; i++, at += LANES) {
            for (int r = 0; r < LANES; r++) {
                sums[r] += at[r] * weights[i];
            }
        }
        for (uint32_t r = 0; r < rows; r++) {
            out[(size_t)(y + r) * a->out + x] = clip8(sums[r]);
        }
    }
}

/* Colour: the three samples of a pixel, and one that does not count, side by side. `row` has room
   for the one behind its end. */
IE_WIDE static void across_color(const axis *a, const uint8_t *restrict from, int32_t start,
                                 int32_t *restrict row, uint8_t *restrict out)
{
    for (size_t i = 0; i < (size_t)a->in * 3; i++) {
        row[i] = from[i];
    }
    row[(size_t)a->in * 3] = 0;
    for (uint32_t x = 0; x < a->out; x++, out += 3) {
        const int32_t *weights = a->whole + (size_t)x * a->taps,
                      *at = row + (size_t)a->first[x] * 3;
        four sums = {start, start, start, start};
        for (uint32_t i = 0; i < a->count[x]; i++, at += 3) {
            four samples;
            memcpy(&samples, at, sizeof samples);
            sums += samples * weights[i];
        }
        for (int c = 0; c < 3; c++) {
            out[c] = clip8(sums[c]);
        }
    }
}

static void pass_across(const axis *a, const ie_pixels *in, int32_t start, int16_t *row,
                        int32_t *wide, uint8_t *out)
{
    size_t bytes = (size_t)in->width * in->channels;
    if (in->channels == 3) {
        for (uint32_t y = 0; y < in->height; y++) {
            across_color(a, in->data + y * bytes, start, wide, out + (size_t)y * a->out * 3);
        }
        return;
    }
    if (a->taps <= FEW_TAPS) {
        for (uint32_t y = 0; y < in->height; y += LANES) {
            across_eight(a, in, y, in->height - y < LANES ? in->height - y : LANES, start, row,
                         out);
        }
        return;
    }
    for (uint32_t y = 0; y < in->height; y++) {
        const uint8_t *from = in->data + y * bytes;
        for (uint32_t x = 0; x < in->width; x++) {
            row[x] = from[x];
        }
        uint8_t *to = out + (size_t)y * a->out;
        for (uint32_t x = 0; x < a->out; x++) {
            const int16_t *high = a->high + (size_t)x * a->taps;
            const int16_t *low = a->low + (size_t)x * a->taps;
            to[x] = clip8(weighted(row + a->first[x], high, low, a->count[x], start));
        }
    }
}

IE_WIDE static void pass_down(const axis *a, const uint8_t *in, size_t row_bytes, int32_t start,
                              int32_t *sums, uint8_t *out)
{
    for (uint32_t y = 0; y < a->out; y++) {
        for (size_t x = 0; x < row_bytes; x++) {
            sums[x] = start;
        }
        for (uint32_t i = 0; i < a->count[y]; i++) {
            size_t at = (size_t)y * a->taps + i;
            int32_t weight = a->whole[at];
            const uint8_t *from = in + (size_t)(a->first[y] + i) * row_bytes;
            for (size_t x = 0; x < row_bytes; x++) {
                sums[x] += from[x] * weight;
            }
        }
        for (size_t x = 0; x < row_bytes; x++) {
            out[(size_t)y * row_bytes + x] = clip8(sums[x]);
        }
    }
}

bool ie_resampler_resize(ie_resampler *resampler, const ie_pixels *in, uint32_t width,
                         uint32_t height, ie_filter filter, uint8_t *out)
{
    const int32_t half = 1 << (WEIGHT_BITS - 1);
    int32_t start = half - (int32_t)lrint(in->bias * (1 << WEIGHT_BITS));
    size_t row_bytes = (size_t)width * in->channels;
    const uint8_t *rows = in->data;
    const axis *across = NULL;
    if (width != in->width || in->origin_x != 0.0 || in->extent_w != in->width) {
        axis wanted = {.in = in->width,
                       .out = width,
                       .from = in->origin_x,
                       .extent = in->extent_w,
                       .filter = filter};
        across = axis_get(resampler, wanted);
        if (across == NULL ||
            !reserve(&resampler->row, &resampler->row_room, (size_t)in->width * LANES,
                     sizeof *resampler->row) ||
            !reserve(&resampler->sums, &resampler->sum_room, (size_t)in->width * 3 + 1,
                     sizeof *resampler->sums) ||
            !reserve(&resampler->between, &resampler->between_room, row_bytes * in->height, 1)) {
            return false;
        }
        pass_across(across, in, start, resampler->row, resampler->sums, resampler->between);
        rows = resampler->between;
        start = half;
    }
    if (height == in->height && in->origin_y == 0.0 && in->extent_h == in->height) {
        memcpy(out, rows, row_bytes * height);
        return true;
    }
    axis wanted = {.in = in->height,
                   .out = height,
                   .from = in->origin_y,
                   .extent = in->extent_h,
                   .filter = filter};
    const axis *down = axis_get(resampler, wanted);
    if (down == NULL ||
        !reserve(&resampler->sums, &resampler->sum_room, row_bytes, sizeof *resampler->sums)) {
        return false;
    }
    pass_down(down, rows, row_bytes, start, resampler->sums, out);
    return true;
}

bool ie_pixels_resize(const ie_pixels *in, uint32_t width, uint32_t height, ie_filter filter,
                      uint8_t *out)
{
    ie_resampler *resampler = ie_resampler_new();
    bool good = ie_resampler_resize(resampler, in, width, height, filter, out);
    ie_resampler_free(resampler);
    return good;
}
