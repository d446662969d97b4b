// SPDX-License-Identifier: GPL-3.0-or-later
/* The AVX2 path of engine/align_rows.h, eight samples at a time, in the order of the portable one.
   Without FMA, which would round less often than that does. */
#include "engine/align_rows.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define SIDE IE_SKETCH_SIDE
#define BASIS IE_ALIGN_BASIS
#define LANES IE_ALIGN_LANES
#define AVX2 __attribute__((target("avx2")))

/* What is the same for a whole row or plane. */
typedef struct frame {
    const float *v;
    int side;
    __m128i shift; /* of the side */
    __m256 x0, y0, right, down, most, least, edge;
    __m256i last;
} frame;

typedef struct eight {
    __m256 value, dx, dy, there; /* there: all bits or none */
} eight;

AVX2 static inline frame frame_of(const ie_plane *p, const ie_warp *w, int inset)
{
    int n = p->side;
    float most = (float)(n - 1), least = (float)inset - 0.5f;
    return (frame){.v = p->v,
                   .side = n,
                   .shift = _mm_cvtsi32_si128(__builtin_ctz((unsigned)n)),
                   .right = _mm256_set1_ps((float)w->p[1]),
                   .down = _mm256_set1_ps((float)w->p[4]),
                   .most = _mm256_set1_ps(most),
                   .least = _mm256_set1_ps(least),
                   .edge = _mm256_set1_ps(most - least),
                   .last = _mm256_set1_epi32(n - 1)};
}

AVX2 static inline void frame_row(frame *f, const ie_warp *w, int y)
{
    float x0, y0;
    ie_align_row_start(w, f->side, y, &x0, &y0);
    f->x0 = _mm256_set1_ps(x0);
    f->y0 = _mm256_set1_ps(y0);
}

/* Two neighbours at each of eight places, `to` first and second ones. */
AVX2 static inline void fetch(const float *v, const int *first, __m256 to[2])
{
    __m128 pairs[4];
    for (int i = 0; i < 4; i++) {
        pairs[i] =
            _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)&v[first[2 * i]]));
        pairs[i] = _mm_loadh_pi(pairs[i], (const __m64 *)(const void *)&v[first[2 * i + 1]]);
    }
    __m256 a = _mm256_set_m128(pairs[2], pairs[0]), b = _mm256_set_m128(pairs[3], pairs[1]);
    to[0] = _mm256_shuffle_ps(a, b, 0x88);
    to[1] = _mm256_shuffle_ps(a, b, 0xdd);
}

/* The eight samples from `x` on; sample_row() in its order. */
AVX2 static inline eight sample_eight(const frame *f, int x)
{
    const __m256 zero = _mm256_setzero_ps(), index = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 xs = _mm256_add_ps(_mm256_set1_ps((float)x), index);
    __m256 at_x = _mm256_add_ps(f->x0, _mm256_mul_ps(xs, f->right));
    __m256 at_y = _mm256_add_ps(f->y0, _mm256_mul_ps(xs, f->down));
    __m256 low = _mm256_and_ps(_mm256_cmp_ps(at_x, f->least, _CMP_GE_OQ),
                               _mm256_cmp_ps(at_y, f->least, _CMP_GE_OQ));
    __m256 high = _mm256_and_ps(_mm256_cmp_ps(at_x, f->edge, _CMP_LE_OQ),
                                _mm256_cmp_ps(at_y, f->edge, _CMP_LE_OQ));
    /* The second operand is what comes out for NaN. */
    at_x = _mm256_min_ps(_mm256_max_ps(at_x, zero), f->most);
    at_y = _mm256_min_ps(_mm256_max_ps(at_y, zero), f->most);
    __m256i ix = _mm256_cvttps_epi32(at_x), iy = _mm256_cvttps_epi32(at_y);
    ix = _mm256_add_epi32(ix, _mm256_cmpeq_epi32(ix, f->last));
    iy = _mm256_add_epi32(iy, _mm256_cmpeq_epi32(iy, f->last));
    __m256 fx = _mm256_sub_ps(at_x, _mm256_cvtepi32_ps(ix));
    __m256 fy = _mm256_sub_ps(at_y, _mm256_cvtepi32_ps(iy));
    int first[LANES];
    __m256 above[2], below[2];
    _mm256_storeu_si256((__m256i *)(void *)first,
                        _mm256_add_epi32(_mm256_sll_epi32(iy, f->shift), ix));
    fetch(f->v, first, above);
    fetch(f->v + f->side, first, below);
    __m256 upper = _mm256_sub_ps(above[1], above[0]), lower = _mm256_sub_ps(below[1], below[0]);
    __m256 top = _mm256_add_ps(above[0], _mm256_mul_ps(fx, upper));
    __m256 dy = _mm256_sub_ps(_mm256_add_ps(below[0], _mm256_mul_ps(fx, lower)), top);
    return (eight){.value = _mm256_add_ps(top, _mm256_mul_ps(fy, dy)),
                   .dx = _mm256_add_ps(upper, _mm256_mul_ps(fy, _mm256_sub_ps(lower, upper))),
                   .dy = dy,
                   .there = _mm256_and_ps(low, high)};
}

AVX2 static int through_avx2(const ie_plane *b, const ie_warp *warp, ie_plane *ret_seen,
                             float *ret_there)
{
    int n = b->side, count = 0;
    frame f = frame_of(b, warp, 0);
    ret_seen->side = n;
    for (int y = 0; y < n; y++) {
        frame_row(&f, warp, y);
        for (int x = 0; x < n; x += LANES) {
            eight e = sample_eight(&f, x);
            _mm256_storeu_ps(&ret_seen->v[y * n + x], _mm256_and_ps(e.value, e.there));
            _mm256_storeu_ps(&ret_there[y * n + x], _mm256_and_ps(e.there, _mm256_set1_ps(1)));
            count += __builtin_popcount((unsigned)_mm256_movemask_ps(e.there));
        }
    }
    return count;
}

/* One row, eight samples at a time: what is multiplied with what. */
typedef struct strip {
    __m256 basis[BASIS + 1][SIDE / LANES], weighted[BASIS][SIDE / LANES];
} strip;

/* The same for all rows. */
typedef struct terms {
    __m256 gain, offset, slope, spread, ux[SIDE / LANES], counts[SIDE / LANES];
} terms;

AVX2 static inline terms terms_of(const ie_align_job *j)
{
    int n = j->a->side;
    terms t = {.gain = _mm256_set1_ps((float)j->warp->p[6]),
               .offset = _mm256_set1_ps((float)j->warp->p[7]),
               .slope = _mm256_set1_ps((float)(j->warp->p[6] * n / 2.0)),
               .spread = _mm256_set1_ps(j->spread * j->spread)};
    for (int i = 0; i < n / LANES; i++) {
        float ux[LANES], counts[LANES];
        ie_align_fill_terms(j, i * LANES, ux, counts);
        t.ux[i] = _mm256_loadu_ps(ux);
        t.counts[i] = _mm256_loadu_ps(counts);
    }
    return t;
}

/* In three passes: the divisions take long, and do not wait for one another when nothing else lies
   between them. */
AVX2 static inline void fill_strip(const frame *f, const terms *t, const float *wanted, strip *to)
{
    const __m256 one = _mm256_set1_ps(1);
    int count = f->side / LANES;
    eight e[SIDE / LANES];
    for (int i = 0; i < count; i++) {
        e[i] = sample_eight(f, i * LANES);
    }
    for (int i = 0; i < count; i++) {
        __m256 seen = _mm256_add_ps(_mm256_mul_ps(t->gain, e[i].value), t->offset);
        __m256 error = _mm256_sub_ps(_mm256_loadu_ps(&wanted[i * LANES]), seen);
        __m256 off = _mm256_div_ps(_mm256_mul_ps(error, error), t->spread);
        to->basis[BASIS][i] = error;
        to->weighted[BASIS - 1][i] =
            _mm256_div_ps(_mm256_and_ps(e[i].there, t->counts[i]), _mm256_add_ps(one, off));
    }
    for (int i = 0; i < count; i++) {
        __m256 across = _mm256_mul_ps(t->slope, e[i].dx), along = _mm256_mul_ps(t->slope, e[i].dy);
        __m256 all[] = {across, _mm256_mul_ps(across, t->ux[i]), along,
                        _mm256_mul_ps(along, t->ux[i]), e[i].value};
        for (int k = 0; k < BASIS - 1; k++) {
            to->basis[k][i] = all[k];
            to->weighted[k][i] = _mm256_mul_ps(to->weighted[BASIS - 1][i], all[k]);
        }
    }
}

/* What the lanes of four sums come to, in the order of dot(). */
AVX2 static inline __m256d add_lanes(const __m256 sums[4])
{
    __m128 halves[4];
    for (int i = 0; i < 4; i++) {
        halves[i] = _mm_add_ps(_mm256_castps256_ps128(sums[i]), _mm256_extractf128_ps(sums[i], 1));
    }
    __m256d a = _mm256_cvtps_pd(_mm_hadd_ps(halves[0], halves[1])),
            b = _mm256_cvtps_pd(_mm_hadd_ps(halves[2], halves[3]));
    return _mm256_permute4x64_pd(_mm256_hadd_pd(a, b), 0xd8);
}

/* The sums of the basis rows from `from` on, below `end`, with those from themselves on; `to`
   behind one another. */
AVX2 static inline __attribute__((always_inline)) void add_products(const strip *s, int count,
                                                                    int from, int end, __m256 *to)
{
    __m256 sums[16];
    for (int i = 0; i < 16; i++) {
        sums[i] = _mm256_setzero_ps();
    }
    for (int i = 0; i < count; i++) {
        int at = 0;
#pragma GCC unroll 6
        for (int k = from; k < end; k++) {
            __m256 weighted = s->weighted[k][i];
#pragma GCC unroll 8
            for (int l = k; l <= BASIS; l++) {
                __m256 product =
                    l == BASIS - 1 ? weighted : _mm256_mul_ps(weighted, s->basis[l][i]);
                sums[at] = _mm256_add_ps(sums[at], product);
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

AVX2 static inline void add_scaled(double *to, __m256d factor, __m256d sums)
{
    _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), _mm256_mul_pd(factor, sums)));
}

AVX2 static inline void add_four(ie_align_sums *to, int at, double uy, __m256d sums)
{
    add_scaled(&to->plain[at], _mm256_set1_pd(1), sums);
    add_scaled(&to->by_y[at], _mm256_set1_pd(uy), sums);
    add_scaled(&to->by_yy[at], _mm256_set1_pd(uy * uy), sums);
}

AVX2 static void add_avx2(const ie_align_job *j, ie_align_sums *to)
{
    int n = j->a->side;
    frame f = frame_of(j->b, j->warp, j->inset);
    terms t = terms_of(j);
    for (int y = j->skip; y < n - j->skip; y++) {
        strip s;
        __m256 sums[IE_ALIGN_SUMS];
        frame_row(&f, j->warp, y);
        fill_strip(&f, &t, &j->a->v[y * n], &s);
        add_products(&s, n / LANES, 0, 2, sums);
        add_products(&s, n / LANES, 2, BASIS, sums + ie_align_sum_index(2, 2));
        sums[IE_ALIGN_SUMS - 1] = _mm256_setzero_ps();
        const double uy = ie_unit_of(y, n);
        for (int i = 0; i < IE_ALIGN_SUMS; i += 4) {
            add_four(to, i, uy, add_lanes(&sums[i]));
        }
    }
}

const ie_align_rows *ie_align_rows_avx2(void)
{
    static const ie_align_rows rows = {add_avx2, through_avx2};
    return __builtin_cpu_supports("avx2") ? &rows : NULL;
}
#else
const ie_align_rows *ie_align_rows_avx2(void)
{
    return NULL;
}
#endif
