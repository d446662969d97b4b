// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Perceptual hashes of 64 bits as Python's imagehash 4.3.2 defines them: phash, average_hash, dhash
 * and whash (haar, remove_max_haar_ll) with their defaults, row-major, the first bit the most
 * significant. In exact mode all bits are equal except where imagehash's own floating-point noise
 * decides a tie.
 */
#include <math.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "core/phash.h"
#include "utils/memory.h"

/* Below this shorter side wHash is computed Pillow's way; above, the resize to a power of two only
   costs. */
#define WHASH_EXACT_SIDE 256

/* How much of each side the inner hash covers. */
#define INNER 0.9

/* What the cuts leave off, of a side: in the middle of what is cut from photos, 4 to 10 percent. */
#define STRIP 0.07
#define CORNER 0.08
#define CUT_SIDE 64 /* they are taken from so small a picture: large ones take long to make small */

typedef struct hash_state {
    ie_resampler *resampler;
    bool exact;
    double cosines[8][32];
} hash_state;

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double median64(const double values[64])
{
    double sorted[64];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, 64, sizeof *sorted, compare);
    return (sorted[31] + sorted[32]) / 2.0;
}

static uint64_t bits_above(const double values[64], double limit)
{
    uint64_t hash = 0;
    for (int i = 0; i < 64; i++) {
        hash = hash << 1 | (values[i] > limit);
    }
    return hash;
}

static uint64_t average_hash(const uint8_t pixels[64])
{
    double values[64], sum = 0.0;
    for (int i = 0; i < 64; i++) {
        values[i] = pixels[i];
        sum += values[i];
    }
    return bits_above(values, sum / 64.0);
}

static uint64_t difference_hash(const uint8_t pixels[72])
{
    uint64_t hash = 0;
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
            hash = hash << 1 | (pixels[y * 9 + x + 1] > pixels[y * 9 + x]);
        }
    }
    return hash;
}

/* DCT-II, unnormalised (scipy.fftpack: y[k] = 2 sum x[n] cos(pi k (2n + 1) / 2N)), down and then
   across; the 8x8 lowest frequencies with DC against their median. */
static void dct_hashes(const hash_state *hasher, const uint8_t pixels[1024],
                       uint64_t ret_turned[IE_TURNS])
{
    double down[8][32], values[64];
    for (int k = 0; k < 8; k++) {
        for (int x = 0; x < 32; x++) {
            down[k][x] = 0.0;
        }
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++) {
                down[k][x] += pixels[y * 32 + x] * hasher->cosines[k][y];
            }
        }
    }
    for (int k = 0; k < 8; k++) {
        for (int l = 0; l < 8; l++) {
            double sum = 0.0;
            for (int x = 0; x < 32; x++) {
                sum += down[k][x] * hasher->cosines[l][x];
            }
            /* Symmetric pictures have true zeros, which rounding must not give a sign. */
            values[k * 8 + l] = fabs(sum) < 1e-6 ? 0.0 : sum;
        }
    }
    ie_phash_turned(values, ret_turned);
}

/* The 8x8 Haar approximation band is a constant times the block means, and taking the topmost
   approximation out subtracts one constant from all: so the bits are the block sums against their
   median. */
static bool haar_hash_exact(hash_state *hasher, const ie_pixels *luma, uint64_t *ret_hash)
{
    uint32_t shorter = luma->width < luma->height ? luma->width : luma->height;
    uint32_t side = 8;
    while (side <= shorter / 2) {
        side *= 2;
    }
    IE_AUTO_FREE uint8_t *square = ie_try_alloc(side, side);
    if (square == NULL ||
        !ie_resampler_resize(hasher->resampler, luma, side, side, IE_FILTER_LANCZOS, square)) {
        return false;
    }
    uint64_t sums[64] = {0};
    uint32_t block = side / 8;
    for (uint32_t y = 0; y < side; y++) {
        for (uint32_t x = 0; x < side; x++) {
            sums[y / block * 8 + x / block] += square[(size_t)y * side + x];
        }
    }
    double values[64];
    for (int i = 0; i < 64; i++) {
        values[i] = (double)sums[i];
    }
    *ret_hash = bits_above(values, median64(values));
    return true;
}

/* Sum of row[from .. to) where the first and last sample may count in part. */
static double part_sum(const uint8_t *row, uint32_t size, double from, double to)
{
    uint32_t first = (uint32_t)from;
    uint32_t last = (uint32_t)to;
    uint32_t sum = 0;
    for (uint32_t x = first; x < last; x++) {
        sum += row[x];
    }
    return sum - (from - first) * row[first] + (last < size ? (to - last) * row[last] : 0.0);
}

/* The same from block means of the luma as it is: what remains of the resize to a power of two
   after summing blocks is next to nothing when the blocks are large. */
static uint64_t haar_hash_blocks(const ie_pixels *luma)
{
    double values[64] = {0};
    for (int block_y = 0; block_y < 8; block_y++) {
        double top = luma->origin_y + block_y * luma->extent_h / 8.0;
        double bottom = luma->origin_y + (block_y + 1) * luma->extent_h / 8.0;
        for (uint32_t y = (uint32_t)top; y < luma->height && y < bottom; y++) {
            double share = fmin(y + 1.0, bottom) - fmax(y, top);
            const uint8_t *row = luma->data + (size_t)y * luma->width;
            for (int block_x = 0; block_x < 8; block_x++) {
                double left = luma->origin_x + block_x * luma->extent_w / 8.0;
                double right = luma->origin_x + (block_x + 1) * luma->extent_w / 8.0;
                values[block_y * 8 + block_x] += share * part_sum(row, luma->width, left, right);
            }
        }
    }
    return bits_above(values, median64(values));
}

static ie_pixels middle_of(const ie_pixels *luma)
{
    ie_pixels middle = *luma;
    middle.origin_x += luma->extent_w * (1.0 - INNER) / 2.0;
    middle.origin_y += luma->extent_h * (1.0 - INNER) / 2.0;
    middle.extent_w *= INNER;
    middle.extent_h *= INNER;
    return middle;
}

/* Left, upper, right and lower strip, each 0 or 1. */
static const uint8_t cut_edges[IE_CUTS][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0},
                                              {0, 0, 0, 1}, {1, 1, 0, 0}, {0, 1, 1, 0},
                                              {0, 0, 1, 1}, {1, 0, 0, 1}};

static bool compute_cuts(hash_state *hasher, const ie_pixels *luma, uint64_t ret_cuts[IE_CUTS])
{
    uint8_t small[CUT_SIDE * CUT_SIDE], p32[1024];
    uint64_t turned[IE_TURNS];
    if (!ie_resampler_resize(hasher->resampler, luma, CUT_SIDE, CUT_SIDE, IE_FILTER_LANCZOS,
                             small)) {
        return false;
    }
    for (int i = 0; i < IE_CUTS; i++) {
        const uint8_t *edge = cut_edges[i];
        double strip = CUT_SIDE * (edge[0] + edge[1] + edge[2] + edge[3] > 1 ? CORNER : STRIP);
        ie_pixels part = {.data = small, .width = CUT_SIDE, .height = CUT_SIDE, .channels = 1};
        part.origin_x = edge[0] * strip;
        part.origin_y = edge[1] * strip;
        part.extent_w = CUT_SIDE - (edge[0] + edge[2]) * strip;
        part.extent_h = CUT_SIDE - (edge[1] + edge[3]) * strip;
        if (!ie_resampler_resize(hasher->resampler, &part, 32, 32, IE_FILTER_LANCZOS, p32)) {
            return false;
        }
        dct_hashes(hasher, p32, turned);
        ret_cuts[i] = turned[0];
    }
    return true;
}

static bool compute(hash_state *hasher, const ie_pixels *luma, ie_content *content)
{
    uint8_t p32[1024], p8[64], p9[72];
    uint32_t shorter = luma->width < luma->height ? luma->width : luma->height;
    if (!ie_resampler_resize(hasher->resampler, luma, 32, 32, IE_FILTER_LANCZOS, p32) ||
        !ie_resampler_resize(hasher->resampler, luma, 8, 8, IE_FILTER_LANCZOS, p8) ||
        !ie_resampler_resize(hasher->resampler, luma, 9, 8, IE_FILTER_LANCZOS, p9)) {
        return false;
    }
    if (!hasher->exact && shorter >= WHASH_EXACT_SIDE) {
        content->whash = haar_hash_blocks(luma);
    } else if (!haar_hash_exact(hasher, luma, &content->whash)) {
        return false;
    }
    uint64_t inner[IE_TURNS];
    dct_hashes(hasher, p32, content->turned);
    content->phash = content->turned[0];
    ie_pixels middle = middle_of(luma);
    if (!ie_resampler_resize(hasher->resampler, &middle, 32, 32, IE_FILTER_LANCZOS, p32)) {
        return false;
    }
    dct_hashes(hasher, p32, inner);
    content->inner = inner[0];
    if (!compute_cuts(hasher, luma, content->cuts)) {
        return false;
    }
    content->ahash = average_hash(p8);
    content->dhash = difference_hash(p9);
    return true;
}

static ie_status hashes_open(const ie_config *config, const char *catalog, void **ret_state,
                             ie_error *err)
{
    hash_state *state = ie_alloc(sizeof *state);
    state->resampler = ie_resampler_new();
    state->exact = config->analysis.exact;
    for (int k = 0; k < 8; k++) {
        for (int n = 0; n < 32; n++) {
            state->cosines[k][n] = 2.0 * cos(M_PI * k * (2 * n + 1) / 64.0);
        }
    }
    *ret_state = state;
    return IE_OK;
}

static void hashes_run(void *state, ie_photo *photo, ie_source *source)
{
    const ie_pixels *luma = ie_source_luma(source);
    if (luma == NULL) {
        return;
    }
    if (compute(state, luma, ie_photo_own_content(photo))) {
        photo->have |= IE_HAVE_HASHES;
    } else {
        ie_photo_fault(photo, "hashes", "memory", "not enough memory for the hashes");
    }
}

static void hashes_close(void *state)
{
    hash_state *hashes = state;
    if (hashes != NULL) {
        ie_resampler_free(hashes->resampler);
        free(hashes);
    }
}

static bool hashes_enabled(const ie_config *config)
{
    return config->analysis.content;
}

const ie_analyzer ie_hashes_analyzer = {
    .name = "hashes",
    .help = "perceptual hashes (pHash, aHash, dHash, wHash) for finding similar pictures",
    .version = 5,
    .gives = IE_HAVE_HASHES,
    .views = IE_VIEW_LUMA,
    .enabled = hashes_enabled,
    .open = hashes_open,
    .run = hashes_run,
    .close = hashes_close,
};
