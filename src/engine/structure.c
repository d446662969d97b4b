// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/structure.h"

#include <math.h>
#include <string.h>

#include "core/sketch.h"
#include "engine/align.h"
#include "engine/band.h"
#include "engine/change.h"
#include "engine/frame.h"
#include "engine/grain.h"
#include "engine/laying.h"
#include "engine/motion.h"
#include "engine/thing.h"
#include "engine/tone.h"

#define SIDE IE_SKETCH_SIDE
#define BLOCK 8        /* blocks of so many samples a side */
#define BLOCKS (SIDE / BLOCK)

typedef struct sums {
    double n, a, b, aa, bb, ab;
} sums;

static void sums_add(sums *s, double a, double b)
{
    s->n++;
    s->a += a;
    s->b += b;
    s->aa += a * a;
    s->bb += b * b;
    s->ab += a * b;
}

static double variance(double n, double sum, double squares)
{
    double v = n > 0 ? squares / n - sum / n * (sum / n) : 0;
    return v > 0 ? v : 0;
}

/* Pearson's correlation; `floor` is variance that noise alone would have. */
static double correlation(const sums *s, double floor)
{
    if (s->n < 2) {
        return 0;
    }
    double both = s->ab / s->n - s->a / s->n * (s->b / s->n);
    return both /
           sqrt((variance(s->n, s->a, s->aa) + floor) * (variance(s->n, s->b, s->bb) + floor));
}

static void add_five(const float *const from[5], float *to, int n)
{
    for (int i = 0; i < n; i++) {
        to[i] = from[0][i] + from[1][i] + from[2][i] + from[3][i] + from[4][i];
    }
}

/* What is left when the mean of the 5 x 5 samples around is taken off; the outermost stand for what
   lies beyond them. */
static void keep_detail(const ie_plane *from, ie_plane *to)
{
    int n = from->side;
    ie_plane across;
    to->side = n;
    for (int y = 0; y < n; y++) {
        const float *v = &from->v[y * n];
        float wide[SIDE + 4];
        wide[0] = wide[1] = v[0];
        memcpy(wide + 2, v, (size_t)n * sizeof *v);
        wide[n + 2] = wide[n + 3] = v[n - 1];
        const float *const five[] = {wide, wide + 1, wide + 2, wide + 3, wide + 4};
        add_five(five, &across.v[y * n], n);
    }
    for (int y = 0; y < n; y++) {
        const float *five[5];
        for (int d = 0; d < 5; d++) {
            int at = y + d - 2;
            five[d] = &across.v[(at < 0 ? 0 : at >= n ? n - 1 : at) * n];
        }
        add_five(five, &to->v[y * n], n);
    }
    for (int i = 0; i < n * n; i++) {
        to->v[i] = from->v[i] - to->v[i] / 25;
    }
}

#define TEXTURE_VARIANCE 12.0 /* grey levels squared: below it a block is sky */
#define BLOCK_MATCH 0.7
#define CLIPPED 246.0f /* brightened until nothing is left to compare */
/* of the detail of all the picture; half of what ie_structure_judge() wants of the overlap */
#define FLAT_VARIANCE 0.5

static void compare_blocks(const ie_plane *a, const ie_plane *b, const float *there, ie_likeness *l)
{
    sums whole = {0};
    int textured = 0, matched = 0, seen = 0;
    for (int by = 0; by < BLOCKS; by++) {
        for (int bx = 0; bx < BLOCKS; bx++) {
            sums block = {0};
            for (int i = 0; i < BLOCK * BLOCK; i++) {
                int at = (by * BLOCK + i / BLOCK) * SIDE + bx * BLOCK + i % BLOCK;
                if (there[at] == 0) {
                    continue;
                }
                sums_add(&whole, (double)a->v[at], (double)b->v[at]);
                if (a->v[at] < CLIPPED && b->v[at] < CLIPPED) {
                    sums_add(&block, (double)a->v[at], (double)b->v[at]);
                }
            }
            if (block.n < BLOCK * BLOCK / 2) {
                continue;
            }
            seen++;
            double va = variance(block.n, block.a, block.aa),
                   vb = variance(block.n, block.b, block.bb);
            if (va > TEXTURE_VARIANCE || vb > TEXTURE_VARIANCE) {
                textured++;
                matched += correlation(&block, 1.0) >= BLOCK_MATCH;
            }
        }
    }
    l->match = correlation(&whole, 1.0);
    l->textured = seen > 0 ? (double)textured / seen : 0;
    l->blocks = textured > 0 ? (double)matched / textured : 0;
}

bool ie_structure_is_flat(const ie_sketch *sketch)
{
    ie_plane plane, fine;
    double squares = 0;
    ie_plane_fill(&plane, sketch->gray, 0);
    ie_plane_soften(&plane);
    keep_detail(&plane, &fine);
    for (int i = 0; i < SIDE * SIDE; i++) {
        squares += (double)(fine.v[i] * fine.v[i]);
    }
    return squares / (SIDE * SIDE) < FLAT_VARIANCE;
}

/* Where all 5 x 5 samples around are there, too: 1, else 0. */
static void find_inside(const float *there, uint8_t *ret_inside)
{
    uint8_t across[SIDE * SIDE];
    for (int y = 0; y < SIDE; y++) {
        for (int x = 2; x < SIDE - 2; x++) {
            const float *t = &there[y * SIDE + x];
            across[y * SIDE + x] =
                (t[-2] != 0) & (t[-1] != 0) & (t[0] != 0) & (t[1] != 0) & (t[2] != 0);
        }
    }
    memset(ret_inside, 0, SIDE * SIDE);
    for (int y = 2; y < SIDE - 2; y++) {
        for (int x = 2; x < SIDE - 2; x++) {
            const uint8_t *row = &across[y * SIDE + x];
            ret_inside[y * SIDE + x] =
                row[-2 * SIDE] & row[-SIDE] & row[0] & row[SIDE] & row[2 * SIDE];
        }
    }
}

static void compare_detail(const ie_plane *a, const ie_plane *b, const float *there, ie_likeness *l)
{
    ie_plane fine_a, fine_b;
    float whole[SIDE * SIDE];
    uint8_t inside[SIDE * SIDE];
    sums s = {0};
    find_inside(there, inside);
    keep_detail(a, &fine_a);
    keep_detail(b, &fine_b);
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (inside[i] != 0) {
            sums_add(&s, (double)fine_a.v[i], (double)fine_b.v[i]);
        }
        whole[i] = inside[i] != 0 && a->v[i] < CLIPPED && b->v[i] < CLIPPED;
    }
    double va = variance(s.n, s.a, s.aa), vb = variance(s.n, s.b, s.bb);
    l->detail = correlation(&s, 0.5);
    l->fineness = sqrt(va < vb ? va : vb);
    ie_grain grain = ie_grain_of(&fine_a, &fine_b, whole);
    l->usual = grain.median;
    l->lesser = grain.lower;
}

#define LEAST_GRADIENT 1.5 /* levels: less of it is rounding */

/* Both as dHash has them (9 x 8 means, each against its right neighbour), so far as both show the
   cells; scaled to 64 bits. */
static unsigned compare_gradients(const ie_plane *a, const ie_plane *b, const float *there)
{
    double mean_a[8][9] = {0}, mean_b[8][9] = {0};
    int count[8][9] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        int y = i / SIDE * 8 / SIDE, x = i % SIDE * 9 / SIDE;
        if (there[i] != 0) {
            mean_a[y][x] += (double)a->v[i];
            mean_b[y][x] += (double)b->v[i];
            count[y][x]++;
        }
    }
    unsigned bits = 0, differ = 0;
    for (int i = 0; i < 64; i++) {
        int y = i / 8, x = i % 8, n = count[y][x], m = count[y][x + 1];
        if (n > 8 && m > 8) {
            double of_a = mean_a[y][x + 1] / m - mean_a[y][x] / n,
                   of_b = mean_b[y][x + 1] / m - mean_b[y][x] / n;
            bits++;
            differ += (of_a > 0) != (of_b > 0) && fmax(fabs(of_a), fabs(of_b)) > LEAST_GRADIENT;
        }
    }
    return bits > 0 ? (differ * 64 + bits / 2) / bits : 64;
}

static bool has_hues(const ie_sketch *sketch)
{
    return ie_sketch_colored(sketch) && !ie_sketch_sepia(sketch);
}

static void compare_colors(const ie_sketch *a, const ie_sketch *b, unsigned turn, const ie_warp *w,
                           ie_likeness *l)
{
    enum { N = IE_SKETCH_CHROMA };
    sums first = {0}, second = {0};
    double colour_a = 0, colour_b = 0;
    for (int i = 0; i < N * N; i++) {
        double ux = ie_unit_of(i % N, N), uy = ie_unit_of(i / N, N);
        int x = (int)lround(ie_index_of(w->p[0] + w->p[1] * ux + w->p[2] * uy, N));
        int y = (int)lround(ie_index_of(w->p[3] + w->p[4] * ux + w->p[5] * uy, N));
        if (x < 0 || y < 0 || x >= N || y >= N) {
            continue;
        }
        int at = ie_turned_index(N, turn, x, y);
        sums_add(&first, a->a[i], b->a[at]);
        sums_add(&second, a->b[i], b->b[at]);
        colour_a += hypot(a->a[i], a->b[i]);
        colour_b += hypot(b->a[at], b->b[at]);
    }
    double n = first.n > 0 ? first.n : 1;
    double of_a = variance(n, first.a, first.aa) + variance(n, second.a, second.aa);
    double of_b = variance(n, first.b, first.bb) + variance(n, second.b, second.bb);
    double both =
        first.ab / n - first.a / n * (first.b / n) + second.ab / n - second.a / n * (second.b / n);
    bool tells = colour_a / n >= 3 && colour_b / n >= 3 && has_hues(a) && has_hues(b);
    l->chroma = sqrt(fmax(0, of_a + of_b - 2 * both));
    l->chroma_match = tells ? both / sqrt((of_a + 8) * (of_b + 8)) : NAN;
}

static void describe(const ie_warp *w, ie_likeness *l)
{
    const double *p = w->p;
    l->shift = hypot(p[0], p[3]) / 2;
    l->scale_x = hypot(p[1], p[4]);
    l->scale_y = hypot(p[2], p[5]);
    l->angle = atan2(p[4], p[1]);
    /* By the middle of each edge: so a turn of some degrees shows nothing beyond. */
    double edges[4] = {-1 - (p[0] - p[1]), p[0] + p[1] - 1, -1 - (p[3] - p[5]), p[3] + p[5] - 1};
    double most = edges[0], least = edges[0];
    for (int i = 1; i < 4; i++) {
        most = fmax(most, edges[i]);
        least = fmin(least, edges[i]);
    }
    l->beyond = fmax(0, fmin(most, -least)) / 2;
    l->shear = l->scale_x > 0 && l->scale_y > 0
                   ? (p[1] * p[2] + p[4] * p[5]) / (l->scale_x * l->scale_y)
                   : 1;
}

/* In levels of one line: a tone that few bright samples tell may make more of them. */
static bool one_has_a_thing(const ie_plane *a, const ie_plane *seen, const ie_laying *laying,
                            const float *there)
{
    const double *p = laying->warp.p;
    ie_plane levels = *seen;
    for (int i = 0; i < SIDE * SIDE; i++) {
        levels.v[i] = (float)(p[6] * (double)seen->v[i] + p[7]);
    }
    return ie_thing_tells_apart(a, &levels, there, laying->retoned);
}

/* What came and went, with levels of one tone. Of one exposure, what was painted over is taken out
   of `there` where all else lies as it lay; of two, who came is as dark as a mark. */
static void compare_changes(const ie_plane *a, const ie_plane *seen, const ie_laying *laying,
                            bool other_exposure, float *there, ie_likeness *l)
{
    ie_plane toned = *seen;
    ie_tone tone;
    if (!other_exposure) {
        (void)ie_band_leave_out(a, seen, laying->warp.p[6], laying->warp.p[7], there);
        l->other_thing = one_has_a_thing(a, seen, laying, there);
    }
    if (!ie_tone_fit(a, seen, there, &tone)) {
        return;
    }
    ie_tone_apply(&tone, &toned);
    if (other_exposure) {
        l->changed = ie_change_of_any_kind(a, &toned, there);
        return;
    }
    l->changed = ie_change_of(a, &toned, there);
    if (l->changed == 0 && laying->still) {
        l->painted = ie_change_is_one_way(a, &toned, there);
        ie_change_leave_out_mark(a, &toned, there);
    }
}

/* What has been measured so far. */
typedef enum extent { PLACES, BLOCK_BY_BLOCK, DETAIL } extent;

/* With the rest as good as it can be, or as bad. */
static ie_likeness with_rest(const ie_likeness *so_far, extent measured, bool good)
{
    ie_likeness l = *so_far;
    if (measured < BLOCK_BY_BLOCK) {
        l.match = l.blocks = l.textured = good ? 1 : 0;
        l.changed = good ? 0 : HUGE_VAL;
        l.painted = good;
        l.other_thing = !good;
    }
    if (measured < DETAIL) {
        l.detail = l.usual = l.lesser = good ? 1 : -1;
        l.fineness = good ? 255 : 0;
    }
    l.gradient = good ? 0 : 64;
    l.moved = good ? 0 : 1;
    l.chroma = good ? 0 : 255;
    l.chroma_match = good ? 1 : -1;
    return l;
}

/* No outcome of what is still to be measured would change the verdict. */
static bool is_settled(const ie_likeness *l, extent measured, bool other_exposure)
{
    const ie_likeness good = with_rest(l, measured, true), bad = with_rest(l, measured, false);
    return ie_structure_judge(&good, other_exposure) == ie_structure_judge(&bad, other_exposure);
}

/* How the verdict is sought. */
typedef struct aim {
    bool other_exposure;
    bool in_full; /* all is measured */
    bool settled;
    ie_match verdict;
} aim;

static bool reached(aim *of, const ie_likeness *l, extent measured)
{
    if (!of->in_full && is_settled(l, measured, of->other_exposure)) {
        const ie_likeness good = with_rest(l, measured, true);
        of->verdict = ie_structure_judge(&good, of->other_exposure);
        of->settled = true;
    }
    return of->settled;
}

/* All but the colours. Both as they were filled. */
static ie_likeness measure_planes(const ie_plane *a, const ie_plane *b, ie_warp *ret_warp, aim *to)
{
    ie_plane first = *a, second = *b, seen;
    float there[SIDE * SIDE];
    ie_laying laying;
    ie_likeness l = {0};
    if (!ie_lay(&first, &second, &laying)) {
        return l;
    }
    const ie_warp w = *ret_warp = laying.warp;
    l.gain = laying.gain;
    l.retoned = laying.retoned;
    /* Between samples lies their mean, which blurs; blurred alike they differ less by where the
       grid lies. */
    ie_plane_soften(&first);
    ie_plane_soften(&second);
    l.overlap = (double)ie_plane_through(&second, &w, &seen, there) / (SIDE * SIDE);
    l.other_text = ie_band_tells_apart(&first, &seen, there);
    ie_laying_trim(&w, there);
    describe(&w, &l);
    if (reached(to, &l, PLACES)) {
        return l;
    }
    compare_changes(&first, &seen, &laying, to->other_exposure, there, &l);
    compare_blocks(&first, &seen, there, &l);
    if (reached(to, &l, BLOCK_BY_BLOCK)) {
        return l;
    }
    compare_detail(&first, &seen, there, &l);
    if (reached(to, &l, DETAIL)) {
        return l;
    }
    l.gradient = compare_gradients(&first, &seen, there);
    l.moved = ie_motion_share(&first, &seen, there);
    return l;
}

static ie_likeness measure(const ie_sketch *a, const ie_sketch *b, unsigned turn, aim *to)
{
    ie_plane first, second;
    ie_warp w = {{0, 1, 0, 0, 0, 1, 1, 0}}, w_inner = w;
    ie_plane_fill(&first, a->gray, 0);
    ie_plane_fill(&second, b->gray, turn);
    ie_plane inner_first = first, inner_second = second;
    /* Nobody frames the next shot. */
    ie_inset in_first, in_second;
    bool framed = !to->other_exposure && ie_frame_take_off(&inner_first, &in_first) !=
                                             ie_frame_take_off(&inner_second, &in_second);
    aim in_full = {.other_exposure = to->other_exposure, .in_full = true};
    ie_likeness l = measure_planes(&first, &second, &w, framed ? &in_full : to);
    if (framed && ie_structure_judge(&l, false) != IE_MATCH_SAME_PICTURE) {
        ie_likeness inner = measure_planes(&inner_first, &inner_second, &w_inner, &in_full);
        if (ie_structure_judge(&inner, false) == IE_MATCH_SAME_PICTURE) {
            l = inner;
            w = w_inner; /* colours are of the wholes */
            ie_frame_widen(&w, &in_first, &in_second);
        }
    }
    if (l.overlap > 0 && !to->settled) {
        compare_colors(a, b, turn, &w, &l);
    }
    return l;
}

ie_likeness ie_structure_compare(const ie_sketch *a, const ie_sketch *b, unsigned turn,
                                 bool other_exposure)
{
    aim to = {.other_exposure = other_exposure, .in_full = true};
    return measure(a, b, turn, &to);
}

ie_match ie_structure_look(const ie_sketch *a, const ie_sketch *b, unsigned turn,
                           bool other_exposure, uint8_t *ret_overlap)
{
    aim to = {.other_exposure = other_exposure};
    ie_likeness l = measure(a, b, turn, &to);
    *ret_overlap = (uint8_t)(100 * l.overlap * fmin(1, l.scale_x * l.scale_y));
    return to.settled ? to.verdict : ie_structure_judge(&l, other_exposure);
}
