// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The main colours: k-means (Lloyd) in CIELAB (CIE 15, D65, 2 degrees) on a subsample of the small
 * RGB view. Deterministic: the first centre is the colour nearest the mean, each next the sample
 * farthest from all centres (Gonzalez 1985); seeding ends when nothing is visibly farther, so flat
 * pictures have fewer.
 */
#include <math.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "utils/memory.h"

#define MAX_SAMPLES 4096
#define MAX_COLORS 8
#define MAX_ROUNDS 12
/* Colours nearer than this (CIE 1976 difference) are one: about three times what an eye
   just sees. */
#define MIN_DISTANCE 7.0f
#define CBRT_STEPS 4096

typedef struct lab {
    float l, a, b;
} lab;

typedef struct palette {
    uint32_t wanted;
    float linear[256];              /* sRGB (IEC 61966-2-1) decoded */
    float cube_root[CBRT_STEPS + 1]; /* CIE's f(t) for t in 0..1 */
    uint8_t rgb[MAX_SAMPLES][3];
    lab samples[MAX_SAMPLES];
    float nearest[MAX_SAMPLES];     /* squared distance to the nearest centre while seeding */
    uint8_t member[MAX_SAMPLES];
} palette;

static float cie_f(double t)
{
    return (float)(t > 216.0 / 24389.0 ? cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0);
}

static ie_status colors_open(const ie_config *config, const char *catalog, void **ret_state,
                             ie_error *err)
{
    palette *state = ie_alloc(sizeof *state);
    int64_t wanted = config->analysis.colors;
    state->wanted = wanted < 1 ? 1 : wanted > MAX_COLORS ? MAX_COLORS : (uint32_t)wanted;
    for (int i = 0; i < 256; i++) {
        double v = i / 255.0;
        state->linear[i] = (float)(v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    for (int i = 0; i <= CBRT_STEPS; i++) {
        state->cube_root[i] = cie_f((double)i / CBRT_STEPS);
    }
    *ret_state = state;
    return IE_OK;
}

static float f_of(const palette *p, float t)
{
    float at = t * CBRT_STEPS;
    int i = (int)at;
    return i >= CBRT_STEPS
               ? p->cube_root[CBRT_STEPS]
               : p->cube_root[i] + (at - (float)i) * (p->cube_root[i + 1] - p->cube_root[i]);
}

static lab to_lab(const palette *p, const uint8_t rgb[3])
{
    float r = p->linear[rgb[0]], g = p->linear[rgb[1]], b = p->linear[rgb[2]];
    float x = f_of(p, (0.4124564f * r + 0.3575761f * g + 0.1804375f * b) / 0.95047f);
    float y = f_of(p, 0.2126729f * r + 0.7151522f * g + 0.0721750f * b);
    float z = f_of(p, (0.0193339f * r + 0.1191920f * g + 0.9503041f * b) / 1.08883f);
    return (lab){116.0f * y - 16.0f, 500.0f * (x - y), 200.0f * (y - z)};
}

static float distance(lab a, lab b)
{
    float dl = a.l - b.l, da = a.a - b.a, db = a.b - b.b;
    return dl * dl + da * da + db * db;
}

/* A regular grid of at most MAX_SAMPLES of the view's pixels. */
static uint32_t take_samples(palette *p, const ie_pixels *view)
{
    uint32_t step = 1;
    while ((uint64_t)((view->width + step - 1) / step) * ((view->height + step - 1) / step) >
           MAX_SAMPLES) {
        step++;
    }
    uint32_t count = 0;
    for (uint32_t y = step / 2 < view->height ? step / 2 : 0; y < view->height; y += step) {
        for (uint32_t x = step / 2 < view->width ? step / 2 : 0; x < view->width; x += step) {
            memcpy(p->rgb[count], view->data + ((size_t)y * view->width + x) * 3, 3);
            p->samples[count] = to_lab(p, p->rgb[count]);
            count++;
        }
    }
    return count;
}

static lab mean_of(const palette *p, uint32_t count)
{
    double l = 0.0, a = 0.0, b = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        l += p->samples[i].l;
        a += p->samples[i].a;
        b += p->samples[i].b;
    }
    return (lab){(float)(l / count), (float)(a / count), (float)(b / count)};
}

static uint32_t seed(palette *p, uint32_t count, lab *centres)
{
    lab mean = mean_of(p, count);
    uint32_t chosen = 0;
    for (uint32_t i = 1; i < count; i++) {
        if (distance(p->samples[i], mean) < distance(p->samples[chosen], mean)) {
            chosen = i;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        p->nearest[i] = INFINITY;
    }
    uint32_t k = 0;
    do {
        centres[k++] = p->samples[chosen];
        uint32_t farthest = 0;
        for (uint32_t i = 0; i < count; i++) {
            p->nearest[i] = fminf(p->nearest[i], distance(p->samples[i], centres[k - 1]));
            farthest = p->nearest[i] > p->nearest[farthest] ? i : farthest;
        }
        chosen = farthest;
    } while (k < p->wanted && p->nearest[chosen] > MIN_DISTANCE * MIN_DISTANCE);
    return k;
}

/* Puts each sample to its nearest centre; true when any changed. */
static bool assign(palette *p, uint32_t count, const lab *centres, uint32_t k)
{
    bool changed = false;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t best = 0;
        float least = distance(p->samples[i], centres[0]);
        for (uint32_t c = 1; c < k; c++) {
            float d = distance(p->samples[i], centres[c]);
            best = d < least ? (uint8_t)c : best;
            least = d < least ? d : least;
        }
        changed = changed || best != p->member[i];
        p->member[i] = best;
    }
    return changed;
}

static void move_centres(const palette *p, uint32_t count, lab *centres, uint32_t k)
{
    double sums[MAX_COLORS][4] = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        double *sum = sums[p->member[i]];
        sum[0] += p->samples[i].l;
        sum[1] += p->samples[i].a;
        sum[2] += p->samples[i].b;
        sum[3] += 1.0;
    }
    for (uint32_t c = 0; c < k; c++) {
        if (sums[c][3] > 0.0) {
            centres[c] = (lab){(float)(sums[c][0] / sums[c][3]), (float)(sums[c][1] / sums[c][3]),
                               (float)(sums[c][2] / sums[c][3])};
        }
    }
}

static int by_share(const void *a, const void *b)
{
    ie_color x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    if (x.share != y.share) {
        return x.share < y.share ? 1 : -1;
    }
    return (x.r << 16 | x.g << 8 | x.b) - (y.r << 16 | y.g << 8 | y.b);
}

/* A colour is the mean of its members' sRGB values; centres without members vanish. */
static void report(const palette *p, uint32_t count, uint32_t k, ie_content *content)
{
    uint64_t sums[MAX_COLORS][4] = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t *sum = sums[p->member[i]];
        for (int c = 0; c < 3; c++) {
            sum[c] += p->rgb[i][c];
        }
        sum[3]++;
    }
    content->color_count = 0;
    for (uint32_t c = 0; c < k; c++) {
        uint64_t n = sums[c][3];
        if (n > 0) {
            content->colors[content->color_count++] = (ie_color){
                .r = (uint8_t)((sums[c][0] + n / 2) / n),
                .g = (uint8_t)((sums[c][1] + n / 2) / n),
                .b = (uint8_t)((sums[c][2] + n / 2) / n),
                .share = (float)((double)n / count),
            };
        }
    }
    qsort(content->colors, content->color_count, sizeof *content->colors, by_share);
}

static void colors_run(void *state, ie_photo *photo, ie_source *source)
{
    palette *p = state;
    const ie_pixels *view = ie_source_rgb(source);
    if (view == NULL) {
        return;
    }
    lab centres[MAX_COLORS];
    uint32_t samples = take_samples(p, view);
    uint32_t k = seed(p, samples, centres);
    memset(p->member, 0, samples);
    assign(p, samples, centres, k);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        move_centres(p, samples, centres, k);
        if (!assign(p, samples, centres, k)) {
            break;
        }
    }
    report(p, samples, k, ie_photo_own_content(photo));
    photo->have |= IE_HAVE_COLORS;
}

static bool colors_enabled(const ie_config *config)
{
    return config->analysis.content;
}

const ie_analyzer ie_colors_analyzer = {
    .name = "colors",
    .help = "the main colours and their shares",
    .version = 2,
    .gives = IE_HAVE_COLORS,
    /* Grey is not looked at, but at what scale a photo is decoded must not depend on what else is
       looked for this time: colours are stored for good. */
    .views = IE_VIEW_GRAY | IE_VIEW_RGB,
    .enabled = colors_enabled,
    .open = colors_open,
    .run = colors_run,
    .close = free,
};
