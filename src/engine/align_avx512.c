// SPDX-License-Identifier: GPL-3.0-or-later
/* The AVX-512 path of engine/align_rows.h, eight of each of two rows'  samples at a time, in the
   order of the portable one. Without FMA, which would round less often than that does. */
#include "engine/align_rows.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define SIDE IE_SKETCH_SIDE
#define BASIS IE_ALIGN_BASIS
#define LANES IE_ALIGN_LANES
/* Two rows at a time, the second in the upper halves, so that the lanes of each row are those of
   the other paths. */
#define AVX512 __attribute__((target("avx512f,avx512dq")))
#define WINDOW 16 /* neighbours that hold eight places of a row, unless it is turned by much */

typedef struct frame16 {
    const float *v;
    int side;
    __m128i shift; /* of the side */
    __m512 x0, y0, right, down, most, least, edge;
    __m512i last;
} frame16;

typedef struct sixteen {
    __m512 value, dx, dy;
    __mmask16 there;
} sixteen;

AVX512 static inline __m512 both(__m256 low, __m256 high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

AVX512 static inline __m512 twice(float low, float high)
{
    return both(_mm256_set1_ps(low), _mm256_set1_ps(high));
}

AVX512 static inline __m512 floats_at(const float *v)
{
    return both(_mm256_loadu_ps(v), _mm256_loadu_ps(v));
}

AVX512 static inline frame16 frame16_of(const ie_plane *p, const ie_warp *w, int inset)
{
    int n = p->side;
    float most = (float)(n - 1), least = (float)inset - 0.5f;
    return (frame16){.v = p->v,
                     .side = n,
                     .shift = _mm_cvtsi32_si128(__builtin_ctz((unsigned)n)),
                     .right = _mm512_set1_ps((float)w->p[1]),
                     .down = _mm512_set1_ps((float)w->p[4]),
                     .most = _mm512_set1_ps(most),
                     .least = _mm512_set1_ps(least),
                     .edge = _mm512_set1_ps(most - least),
                     .last = _mm512_set1_epi32(n - 1)};
}

AVX512 static inline void frame16_rows(frame16 *f, const ie_warp *w, int y)
{
    float x0[2], y0[2];
    for (int i = 0; i < 2; i++) {
        ie_align_row_start(w, f->side, y + i, &x0[i], &y0[i]);
    }
    f->x0 = twice(x0[0], x0[1]);
    f->y0 = twice(y0[0], y0[1]);
}

/* Two neighbours at each of sixteen places. */
AVX512 static void fetch_apart(const float *v, const int *first, __m512 to[2])
{
    float pairs[2][2 * LANES];
    for (int i = 0; i < 2 * LANES; i++) {
        pairs[0][i] = v[first[i]];
        pairs[1][i] = v[first[i] + 1];
    }
    to[0] = _mm512_loadu_ps(pairs[0]);
    to[1] = _mm512_loadu_ps(pairs[1]);
}

/* The same and those below. Places that lie close together are picked from a window each row. */
AVX512 static inline __attribute__((always_inline)) void
fetch_sixteen(const frame16 *f, __m512i first, __m512 above[2], __m512 below[2])
{
    int end = f->side * f->side - f->side - WINDOW;
    int low = _mm_cvtsi128_si32(_mm512_castsi512_si128(first)),
        high = _mm_cvtsi128_si32(_mm512_extracti32x4_epi32(first, 2));
    low = low < end ? low : end;
    high = high < end ? high : end;
    __m512i place =
        _mm512_sub_epi32(first, _mm512_mask_set1_epi32(_mm512_set1_epi32(low), 0xff00, high));
    if (_mm512_cmp_epu32_mask(place, _mm512_set1_epi32(WINDOW - 1), _MM_CMPINT_LT) != 0xffff) {
        int places[2 * LANES];
        _mm512_storeu_si512(places, first);
        fetch_apart(f->v, places, above);
        fetch_apart(f->v + f->side, places, below);
        return;
    }
    const float *v = f->v + low, *w = f->v + high;
    place = _mm512_mask_add_epi32(place, 0xff00, place, _mm512_set1_epi32(WINDOW));
    __m512i next = _mm512_add_epi32(place, _mm512_set1_epi32(1));
    __m512 a = _mm512_loadu_ps(v), b = _mm512_loadu_ps(w);
    __m512 c = _mm512_loadu_ps(v + f->side), d = _mm512_loadu_ps(w + f->side);
    above[0] = _mm512_permutex2var_ps(a, place, b);
    above[1] = _mm512_permutex2var_ps(a, next, b);
    below[0] = _mm512_permutex2var_ps(c, place, d);
    below[1] = _mm512_permutex2var_ps(c, next, d);
}

AVX512 static inline __attribute__((always_inline)) sixteen sample_sixteen(const frame16 *f, int x)
{
    const __m512 zero = _mm512_setzero_ps(),
                 index = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
    __m512 xs = _mm512_add_ps(_mm512_set1_ps((float)x), index);
    __m512 at_x = _mm512_add_ps(f->x0, _mm512_mul_ps(xs, f->right));
    __m512 at_y = _mm512_add_ps(f->y0, _mm512_mul_ps(xs, f->down));
    __mmask16 there = _mm512_cmp_ps_mask(at_x, f->least, _CMP_GE_OQ);
    there = _mm512_mask_cmp_ps_mask(there, at_y, f->least, _CMP_GE_OQ);
    there = _mm512_mask_cmp_ps_mask(there, at_x, f->edge, _CMP_LE_OQ);
    there = _mm512_mask_cmp_ps_mask(there, at_y, f->edge, _CMP_LE_OQ);
    at_x = _mm512_min_ps(_mm512_max_ps(at_x, zero), f->most);
    at_y = _mm512_min_ps(_mm512_max_ps(at_y, zero), f->most);
    __m512i ix = _mm512_cvttps_epi32(at_x), iy = _mm512_cvttps_epi32(at_y);
    const __m512i before = _mm512_sub_epi32(f->last, _mm512_set1_epi32(1));
    ix = _mm512_min_epi32(ix, before);
    iy = _mm512_min_epi32(iy, before);
    __m512 fx = _mm512_sub_ps(at_x, _mm512_cvtepi32_ps(ix));
    __m512 fy = _mm512_sub_ps(at_y, _mm512_cvtepi32_ps(iy));
    __m512 above[2], below[2];
    fetch_sixteen(f, _mm512_add_epi32(_mm512_sll_epi32(iy, f->shift), ix), above, below);
    __m512 upper = _mm512_sub_ps(above[1], above[0]), lower = _mm512_sub_ps(below[1], below[0]);
    __m512 top = _mm512_add_ps(above[0], _mm512_mul_ps(fx, upper));
    __m512 dy = _mm512_sub_ps(_mm512_add_ps(below[0], _mm512_mul_ps(fx, lower)), top);
    return (sixteen){.value = _mm512_add_ps(top, _mm512_mul_ps(fy, dy)),
                     .dx = _mm512_add_ps(upper, _mm512_mul_ps(fy, _mm512_sub_ps(lower, upper))),
                     .dy = dy,
                     .there = there};
}

AVX512 static inline void store_rows(float *to, int stride, __m512 rows)
{
    _mm256_storeu_ps(to, _mm512_castps512_ps256(rows));
    _mm256_storeu_ps(to + stride, _mm512_extractf32x8_ps(rows, 1));
}

AVX512 static int through_avx512(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen,
                                 float *ret_there)
{
    int n = b->side, count = 0;
    frame16 f = frame16_of(b, warp, 0);
    ret_seen->side = n;
    for (int y = 0; y < n; y += 2) {
        frame16_rows(&f, warp, y);
        for (int x = 0; x < n; x += LANES) {
            sixteen e = sample_sixteen(&f, x);
            store_rows(&ret_seen->v[y * n + x], n, _mm512_maskz_mov_ps(e.there, e.value));
            store_rows(&ret_there[y * n + x], n, _mm512_maskz_mov_ps(e.there, _mm512_set1_ps(1)));
            count += __builtin_popcount(e.there);
        }
    }
    return count;
}

typedef struct strip16 {
    __m512 basis[BASIS + 1][SIDE / LANES], weighted[BASIS][SIDE / LANES];
} strip16;

typedef struct terms16 {
    __m512 gain, offset, slope, spread, ux[SIDE / LANES];
    __mmask16 counts[SIDE / LANES];
} terms16;

AVX512 static inline terms16 terms16_of(const ie_align_job *j)
{
    int n = j->a->side;
    terms16 t = {.gain = _mm512_set1_ps((float)j->warp->p[6]),
                 .offset = _mm512_set1_ps((float)j->warp->p[7]),
                 .slope = _mm512_set1_ps((float)(j->warp->p[6] * n / 2.0)),
                 .spread = _mm512_set1_ps(j->spread * j->spread)};
    for (int i = 0; i < n / LANES; i++) {
        float ux[LANES], counts[LANES];
        ie_align_fill_terms(j, i * LANES, ux, counts);
        t.ux[i] = floats_at(ux);
        t.counts[i] = _mm512_cmp_ps_mask(floats_at(counts), _mm512_setzero_ps(), _CMP_NEQ_OQ);
    }
    return t;
}

/* In three passes: the divisions take long, and do not wait for one another when nothing else lies
   between them. */
AVX512 static inline void fill_strip16(const frame16 *f, const terms16 *t, const float *wanted,
                                       strip16 *to)
{
    const __m512 one = _mm512_set1_ps(1);
    int count = f->side / LANES;
    sixteen e[SIDE / LANES];
    for (int i = 0; i < count; i++) {
        e[i] = sample_sixteen(f, i * LANES);
    }
    for (int i = 0; i < count; i++) {
        __m512 shown = both(_mm256_loadu_ps(&wanted[i * LANES]),
                            _mm256_loadu_ps(&wanted[i * LANES + f->side]));
        __m512 seen = _mm512_add_ps(_mm512_mul_ps(t->gain, e[i].value), t->offset);
        __m512 error = _mm512_sub_ps(shown, seen);
        __m512 off = _mm512_div_ps(_mm512_mul_ps(error, error), t->spread);
        to->basis[BASIS][i] = error;
        to->weighted[BASIS - 1][i] =
            _mm512_div_ps(_mm512_maskz_mov_ps((__mmask16)(e[i].there & t->counts[i]), one),
                          _mm512_add_ps(one, off));
    }
    for (int i = 0; i < count; i++) {
        __m512 across = _mm512_mul_ps(t->slope, e[i].dx), along = _mm512_mul_ps(t->slope, e[i].dy);
        __m512 all[] = {across, _mm512_mul_ps(across, t->ux[i]), along,
                        _mm512_mul_ps(along, t->ux[i]), e[i].value};
        for (int k = 0; k < BASIS - 1; k++) {
            to->basis[k][i] = all[k];
            to->weighted[k][i] = _mm512_mul_ps(to->weighted[BASIS - 1][i], all[k]);
        }
    }
}

AVX512 static inline __attribute__((always_inline)) void
add_products16(const strip16 *s, int count, int from, int end, __m512 *to)
{
    __m512 sums[16];
    for (int i = 0; i < 16; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    for (int i = 0; i < count; i++) {
        int at = 0;
#pragma GCC unroll 6
        for (int k = from; k < end; k++) {
            __m512 weighted = s->weighted[k][i];
#pragma GCC unroll 8
            for (int l = k; l <= BASIS; l++) {
                __m512 product =
                    l == BASIS - 1 ? weighted : _mm512_mul_ps(weighted, s->basis[l][i]);
                sums[at] = _mm512_add_ps(sums[at], product);
                at++;
            }
        }
    }
    int all = ie_align_sum_index(end, end) - ie_align_sum_index(from, from);
#pragma GCC unroll 16
    for (int i = 0; i < all; i++) {
        to[i] = sums[i];
    }
}

/* The first row's four sums, then the second's. */
AVX512 static inline __m512d add_lanes16(const __m512 s[4])
{
    __m512 a = _mm512_add_ps(_mm512_shuffle_f32x4(s[0], s[1], 0x88),
                             _mm512_shuffle_f32x4(s[0], s[1], 0xdd));
    __m512 b = _mm512_add_ps(_mm512_shuffle_f32x4(s[2], s[3], 0x88),
                             _mm512_shuffle_f32x4(s[2], s[3], 0xdd));
    __m512 halves = _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd));
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(halves)),
            high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(halves, 1));
    return _mm512_add_pd(_mm512_unpacklo_pd(low, high), _mm512_unpackhi_pd(low, high));
}

AVX512 static inline void add_scaled(double *to, __m256d factor, __m256d sums)
{
    _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), _mm256_mul_pd(factor, sums)));
}

AVX512 static inline void add_four(ie_align_sums *to, int at, double uy, __m256d sums)
{
    add_scaled(&to->plain[at], _mm256_set1_pd(1), sums);
    add_scaled(&to->by_y[at], _mm256_set1_pd(uy), sums);
    add_scaled(&to->by_yy[at], _mm256_set1_pd(uy * uy), sums);
}

AVX512 static void add_avx512(const ie_align_job *j, ie_align_sums *to)
{
    int n = j->a->side;
    frame16 f = frame16_of(j->b, j->warp, j->inset);
    terms16 t = terms16_of(j);
    for (int y = j->skip; y < n - j->skip; y += 2) {
        strip16 s;
        __m512 sums[IE_ALIGN_SUMS];
        frame16_rows(&f, j->warp, y);
        fill_strip16(&f, &t, &j->a->v[y * n], &s);
        add_products16(&s, n / LANES, 0, 2, sums);
        add_products16(&s, n / LANES, 2, BASIS, sums + ie_align_sum_index(2, 2));
        sums[IE_ALIGN_SUMS - 1] = _mm512_setzero_ps();
        const double uy = ie_unit_of(y, n), below = ie_unit_of(y + 1, n);
        for (int i = 0; i < IE_ALIGN_SUMS; i += 4) {
            __m512d both_rows = add_lanes16(&sums[i]);
            add_four(to, i, uy, _mm512_castpd512_pd256(both_rows));
            add_four(to, i, below, _mm512_extractf64x4_pd(both_rows, 1));
        }
    }
}

const ie_align_rows *ie_align_rows_avx512(void)
{
    static const ie_align_rows rows = {add_avx512, through_avx512};
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &rows : NULL;
}
#else
const ie_align_rows *ie_align_rows_avx512(void)
{
    return NULL;
}
#endif
