// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_requantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE inline __attribute__((always_inline))

void ie_requantiser_set(ie_requantiser *r, const uint16_t from[64], const uint16_t to[64])
{
    for (int i = 0; i < 64; i++) {
        r->from[i] = from[i];
        r->shares[i] = to != NULL ? 1.0f / (float)to[i] : 0;
    }
}

/* False: not for us. */
static INLINE bool dequantise(const ie_requantiser *r, const int16_t *restrict block,
                              int32_t *restrict worth)
{
    uint32_t beyond = 0;
    for (int i = 0; i < 64; i++) {
        worth[i] = block[i] * r->from[i];
        beyond |=
            (uint32_t)(IE_REQUANTISE_MOST - worth[i]) | ((uint32_t)worth[i] + IE_REQUANTISE_MOST);
    }
    return beyond >> 31 == 0;
}

static INLINE bool quantise(const ie_requantiser *r, const int32_t *restrict worth,
                            int16_t *restrict block)
{
    uint32_t size = 0;
    for (int i = 0; i < 64; i++) {
        float value = (float)worth[i] * r->shares[i];
        int32_t nearest = (int32_t)(value + copysignf(0.5f, value));
        block[i] = (int16_t)nearest;
        size |= (uint32_t)abs(nearest);
    }
    return size < 1024;
}

static INLINE uint8_t sample(int32_t value)
{
    value += 128;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* ---- 2 x 2: jpeg_idct_2x2 ------------------------------------------------------------------ */

/* Of 1, 3, 5, 7, times 2^13. */
enum { W1 = 29692, W3 = -10426, W5 = 6967, W7 = -5906 };

static INLINE void put_two(const int32_t row[8], uint8_t *out)
{
    int32_t even = row[0] * (1 << 15) + (1 << 19);
    int32_t odd = row[1] * W1 + row[3] * W3 + row[5] * W5 + row[7] * W7;
    out[0] = sample((even + odd) >> 20);
    out[1] = sample((even - odd) >> 20);
}

static INLINE void put_quarter(const int32_t *restrict worth, uint8_t *restrict out, size_t stride)
{
    int32_t upper[8], lower[8];
    for (int c = 0; c < 8; c++) {
        int32_t even = worth[c] * (1 << 15) + (1 << 12);
        int32_t odd =
            worth[8 + c] * W1 + worth[24 + c] * W3 + worth[40 + c] * W5 + worth[56 + c] * W7;
        upper[c] = (even + odd) >> 13;
        lower[c] = (even - odd) >> 13;
    }
    put_two(upper, out);
    put_two(lower, out + stride);
}

/* ---- 4 x 4: jpeg_idct_4x4 ------------------------------------------------------------------ */

/* Its weights times 2^13: of 2 and 6, and of 1, 3, 5, 7 for the inner and the outer samples. */
enum { E2 = 15137, E6 = -6270 };
enum { I1 = 8697, I3 = -17799, I5 = 11893, I7 = -1730 };
enum { O1 = 20995, O3 = 7373, O5 = -4926, O7 = -4176 };

static INLINE void put_four(const int32_t row[8], uint8_t *out)
{
    int32_t dc = row[0] * (1 << 14) + (1 << 18), even = row[2] * E2 + row[6] * E6;
    int32_t inner = row[1] * I1 + row[3] * I3 + row[5] * I5 + row[7] * I7;
    int32_t outer = row[1] * O1 + row[3] * O3 + row[5] * O5 + row[7] * O7;
    out[0] = sample((dc + even + outer) >> 19);
    out[1] = sample((dc - even + inner) >> 19);
    out[2] = sample((dc - even - inner) >> 19);
    out[3] = sample((dc + even - outer) >> 19);
}

static INLINE void put_half(const int32_t *restrict worth, uint8_t *restrict out, size_t stride)
{
    int32_t rows[4][8];
    for (int c = 0; c < 8; c++) {
        const int32_t *at = worth + c;
        int32_t dc = at[0] * (1 << 14) + (1 << 11), even = at[16] * E2 + at[48] * E6;
        int32_t inner = at[8] * I1 + at[24] * I3 + at[40] * I5 + at[56] * I7;
        int32_t outer = at[8] * O1 + at[24] * O3 + at[40] * O5 + at[56] * O7;
        rows[0][c] = (dc + even + outer) >> 12;
        rows[1][c] = (dc - even + inner) >> 12;
        rows[2][c] = (dc - even - inner) >> 12;
        rows[3][c] = (dc + even - outer) >> 12;
    }
    for (int y = 0; y < 4; y++) {
        put_four(rows[y], out + (size_t)y * stride);
    }
}

/* ---- 8 x 8: jpeg_idct_islow ---------------------------------------------------------------- */

/* Its weights times 2^13, by the first digits of their names there. */
enum { F0298 = 2446, F0390 = 3196, F0541 = 4433, F0765 = 6270, F0899 = 7373, F1175 = 9633 };
enum { F1501 = 12299, F1847 = 15137, F1961 = 16069, F2053 = 16819, F2562 = 20995, F3072 = 25172 };
/* Beyond that, libjpeg-turbo's vector code, which has 16 bits between the passes, differs. */
#define FULL_MOST 16383

/* One column, or row: eight values `step` apart. */
static INLINE void transform(const int32_t *in, size_t step, int32_t *out, int shift)
{
    const int32_t even = (in[2 * step] + in[6 * step]) * F0541, rounding = 1 << (shift - 1);
    const int32_t e2 = even - in[6 * step] * F1847, e3 = even + in[2 * step] * F0765;
    const int32_t e0 = (in[0] + in[4 * step]) * (1 << 13) + rounding;
    const int32_t e1 = (in[0] - in[4 * step]) * (1 << 13) + rounding;
    const int32_t evens[4] = {e0 + e3, e1 + e2, e1 - e2, e0 - e3};
    const int32_t o7 = in[7 * step], o5 = in[5 * step], o3 = in[3 * step], o1 = in[step];
    const int32_t z5 = (o7 + o3 + o5 + o1) * F1175;
    const int32_t z1 = (o7 + o1) * -F0899, z2 = (o5 + o3) * -F2562;
    const int32_t z3 = (o7 + o3) * -F1961 + z5, z4 = (o5 + o1) * -F0390 + z5;
    const int32_t odds[4] = {o1 * F1501 + z1 + z4, o3 * F3072 + z2 + z3, o5 * F2053 + z2 + z4,
                             o7 * F0298 + z1 + z3};
    for (size_t i = 0; i < 4; i++) {
        out[i * step] = (evens[i] + odds[i]) >> shift;
        out[(7 - i) * step] = (evens[i] - odds[i]) >> shift;
    }
}

/* False: not for us. */
static INLINE bool put_full(const int32_t *restrict worth, uint8_t *restrict out, size_t stride)
{
    int32_t columns[64], row[8];
    uint32_t beyond = 0;
    for (size_t c = 0; c < 8; c++) {
        transform(worth + c, 8, columns + c, 11);
    }
    for (size_t i = 0; i < 64; i++) {
        beyond |= (uint32_t)(FULL_MOST - columns[i]) | (uint32_t)(columns[i] + FULL_MOST);
    }
    if (beyond >> 31 != 0) {
        return false;
    }
    for (size_t y = 0; y < 8; y++) {
        transform(columns + 8 * y, 1, row, 18);
        for (size_t x = 0; x < 8; x++) {
            out[y * stride + x] = sample(row[x]);
        }
    }
    return true;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static INLINE bool take_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                            const ie_block_rows *to, bool requantise)
{
    int32_t worth[64];
    for (size_t i = 0; i < count; i++) {
        if (!dequantise(r, blocks[i], worth) || (requantise && !quantise(r, worth, blocks[i]))) {
            return false;
        }
        uint8_t *out = to->rows + i * to->side;
        if (to->side == 8) {
            if (!put_full(worth, out, to->stride)) {
                return false;
            }
        } else if (to->side == 4) {
            put_half(worth, out, to->stride);
        } else if (to->side == 2) {
            put_quarter(worth, out, to->stride);
        } else {
            *out = sample((worth[0] + 4) >> 3);
        }
    }
    return true;
}

static bool requantise_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                           const ie_block_rows *out)
{
    return take_row(r, blocks, count, out, true);
}

static bool show_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                     const ie_block_rows *out)
{
    return take_row(r, blocks, count, out, false);
}

/* ---- the same with vectors ----------------------------------------------------------------- */

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

AVX2 __m256i times(__m256i value, int32_t weight)
{
    return _mm256_mullo_epi32(value, _mm256_set1_epi32(weight));
}

AVX2 __m256i plus(__m256i a, __m256i b)
{
    return _mm256_add_epi32(a, b);
}

AVX2 __m256i minus(__m256i a, __m256i b)
{
    return _mm256_sub_epi32(a, b);
}

/* All eight within -most..most. */
AVX2 bool within(const __m256i values[8], int32_t most)
{
    __m256i beyond = _mm256_setzero_si256();
    const __m256i limit = _mm256_set1_epi32(most);
    for (int i = 0; i < 8; i++) {
        beyond = _mm256_or_si256(beyond, _mm256_cmpgt_epi32(_mm256_abs_epi32(values[i]), limit));
    }
    return _mm256_testz_si256(beyond, beyond) != 0;
}

AVX2 bool dequantise_eight(const ie_requantiser *r, const int16_t *block, __m256i worth[8])
{
    for (int i = 0; i < 8; i++) {
        const __m256i from = _mm256_loadu_si256((const __m256i *)(const void *)(r->from + 8 * i));
        const __m128i row = _mm_loadu_si128((const __m128i *)(const void *)(block + 8 * i));
        worth[i] = _mm256_mullo_epi32(_mm256_cvtepi16_epi32(row), from);
    }
    return within(worth, IE_REQUANTISE_MOST);
}

AVX2 bool quantise_eight(const ie_requantiser *r, const __m256i worth[8], int16_t *block)
{
    const __m256 sign = _mm256_set1_ps(-0.0f), half = _mm256_set1_ps(0.5f);
    __m256i nearest[8];
    for (int i = 0; i < 8; i++) {
        const __m256 value =
            _mm256_mul_ps(_mm256_cvtepi32_ps(worth[i]), _mm256_loadu_ps(r->shares + 8 * i));
        const __m256 away = _mm256_or_ps(_mm256_and_ps(value, sign), half);
        nearest[i] = _mm256_cvttps_epi32(_mm256_add_ps(value, away));
    }
    for (int i = 0; i < 8; i += 2) {
        const __m256i both = _mm256_packs_epi32(nearest[i], nearest[i + 1]);
        _mm256_storeu_si256((__m256i *)(void *)(block + 8 * i),
                            _mm256_permute4x64_epi64(both, 0xd8));
    }
    return within(nearest, 1023);
}

/* jpeg_idct_2x2: see put_quarter(). */
AVX2 void put_quarter_eight(const __m256i worth[8], uint8_t *out, size_t stride)
{
    const __m256i even = plus(_mm256_slli_epi32(worth[0], 15), _mm256_set1_epi32(1 << 12));
    const __m256i odd = plus(plus(times(worth[1], W1), times(worth[3], W3)),
                             plus(times(worth[5], W5), times(worth[7], W7)));
    const __m256i upper = _mm256_srai_epi32(plus(even, odd), 13);
    const __m256i lower = _mm256_srai_epi32(minus(even, odd), 13);
    const __m256i weights = _mm256_setr_epi32(0, W1, 0, W3, 0, W5, 0, W7);
    const __m256i pairs =
        _mm256_hadd_epi32(_mm256_mullo_epi32(upper, weights), _mm256_mullo_epi32(lower, weights));
    const __m256i fours = _mm256_hadd_epi32(pairs, pairs);
    const __m128i odds =
        _mm_add_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1));
    /* Of the upper row and the lower. */
    const __m128i first =
        _mm_unpacklo_epi32(_mm256_castsi256_si128(upper), _mm256_castsi256_si128(lower));
    const __m128i evens = _mm_add_epi32(_mm_slli_epi32(first, 15), _mm_set1_epi32(1 << 19));
    const __m128i left = _mm_srai_epi32(_mm_add_epi32(evens, odds), 20);
    const __m128i right = _mm_srai_epi32(_mm_sub_epi32(evens, odds), 20);
    const __m128i samples =
        _mm_adds_epi16(_mm_packs_epi32(_mm_unpacklo_epi32(left, right), left), _mm_set1_epi16(128));
    const uint32_t four = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(samples, samples));
    memcpy(out, &four, 2);
    memcpy(out + stride, (const uint8_t *)&four + 2, 2);
}

/* jpeg_idct_4x4: see put_half(). */
AVX2 void put_half_eight(const __m256i worth[8], uint8_t *out, size_t stride)
{
    const __m256i dc = plus(_mm256_slli_epi32(worth[0], 14), _mm256_set1_epi32(1 << 11));
    const __m256i even = plus(times(worth[2], E2), times(worth[6], E6));
    const __m256i inner = plus(plus(times(worth[1], I1), times(worth[3], I3)),
                               plus(times(worth[5], I5), times(worth[7], I7)));
    const __m256i outer = plus(plus(times(worth[1], O1), times(worth[3], O3)),
                               plus(times(worth[5], O5), times(worth[7], O7)));
    const __m256i r0 = _mm256_srai_epi32(plus(plus(dc, even), outer), 12);
    const __m256i r1 = _mm256_srai_epi32(plus(minus(dc, even), inner), 12);
    const __m256i r2 = _mm256_srai_epi32(minus(minus(dc, even), inner), 12);
    const __m256i r3 = _mm256_srai_epi32(minus(plus(dc, even), outer), 12);
    /* Columns 0 and 4, 1 and 5, 2 and 6, 3 and 7 of the four rows. */
    const __m256i low01 = _mm256_unpacklo_epi32(r0, r1), high01 = _mm256_unpackhi_epi32(r0, r1);
    const __m256i low23 = _mm256_unpacklo_epi32(r2, r3), high23 = _mm256_unpackhi_epi32(r2, r3);
    const __m256i c04 = _mm256_unpacklo_epi64(low01, low23);
    const __m256i c15 = _mm256_unpackhi_epi64(low01, low23);
    const __m256i c26 = _mm256_unpacklo_epi64(high01, high23);
    const __m256i c37 = _mm256_unpackhi_epi64(high01, high23);
    const __m256i evens =
        _mm256_mullo_epi32(c26, _mm256_setr_epi32(E2, E2, E2, E2, E6, E6, E6, E6));
    const __m256i inners =
        plus(_mm256_mullo_epi32(c15, _mm256_setr_epi32(I1, I1, I1, I1, I5, I5, I5, I5)),
             _mm256_mullo_epi32(c37, _mm256_setr_epi32(I3, I3, I3, I3, I7, I7, I7, I7)));
    const __m256i outers =
        plus(_mm256_mullo_epi32(c15, _mm256_setr_epi32(O1, O1, O1, O1, O5, O5, O5, O5)),
             _mm256_mullo_epi32(c37, _mm256_setr_epi32(O3, O3, O3, O3, O7, O7, O7, O7)));
    const __m128i d =
        _mm_add_epi32(_mm_slli_epi32(_mm256_castsi256_si128(c04), 14), _mm_set1_epi32(1 << 18));
    const __m128i e =
        _mm_add_epi32(_mm256_castsi256_si128(evens), _mm256_extracti128_si256(evens, 1));
    const __m128i n =
        _mm_add_epi32(_mm256_castsi256_si128(inners), _mm256_extracti128_si256(inners, 1));
    const __m128i o =
        _mm_add_epi32(_mm256_castsi256_si128(outers), _mm256_extracti128_si256(outers, 1));
    const __m128i upper = _mm_add_epi32(d, e), lower = _mm_sub_epi32(d, e);
    const __m128i first = _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(upper, o), 19),
                                          _mm_srai_epi32(_mm_add_epi32(lower, n), 19));
    const __m128i second = _mm_packs_epi32(_mm_srai_epi32(_mm_sub_epi32(lower, n), 19),
                                           _mm_srai_epi32(_mm_sub_epi32(upper, o), 19));
    const __m128i middle = _mm_set1_epi16(128);
    const __m128i turned = _mm_shuffle_epi8(
        _mm_packus_epi16(_mm_adds_epi16(first, middle), _mm_adds_epi16(second, middle)),
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const uint32_t rows[4] = {
        (uint32_t)_mm_cvtsi128_si32(turned), (uint32_t)_mm_extract_epi32(turned, 1),
        (uint32_t)_mm_extract_epi32(turned, 2), (uint32_t)_mm_extract_epi32(turned, 3)};
    for (size_t y = 0; y < 4; y++) {
        memcpy(out + y * stride, &rows[y], sizeof rows[y]);
    }
}

/* transform() of eight columns. */
AVX2 void transform_eight(const __m256i in[8], __m256i out[8], int shift)
{
    const __m256i even = times(plus(in[2], in[6]), F0541);
    const __m256i e2 = minus(even, times(in[6], F1847)), e3 = plus(even, times(in[2], F0765));
    const __m256i rounding = _mm256_set1_epi32(1 << (shift - 1));
    const __m256i e0 = plus(_mm256_slli_epi32(plus(in[0], in[4]), 13), rounding);
    const __m256i e1 = plus(_mm256_slli_epi32(minus(in[0], in[4]), 13), rounding);
    const __m256i evens[4] = {plus(e0, e3), plus(e1, e2), minus(e1, e2), minus(e0, e3)};
    const __m256i z5 = times(plus(plus(in[7], in[3]), plus(in[5], in[1])), F1175);
    const __m256i z1 = times(plus(in[7], in[1]), -F0899), z2 = times(plus(in[5], in[3]), -F2562);
    const __m256i z3 = plus(times(plus(in[7], in[3]), -F1961), z5);
    const __m256i z4 = plus(times(plus(in[5], in[1]), -F0390), z5);
    const __m256i odds[4] = {
        plus(times(in[1], F1501), plus(z1, z4)), plus(times(in[3], F3072), plus(z2, z3)),
        plus(times(in[5], F2053), plus(z2, z4)), plus(times(in[7], F0298), plus(z1, z3))};
    for (int i = 0; i < 4; i++) {
        out[i] = _mm256_srai_epi32(plus(evens[i], odds[i]), shift);
        out[7 - i] = _mm256_srai_epi32(minus(evens[i], odds[i]), shift);
    }
}

AVX2 void transpose_eight(__m256i m[8])
{
    __m256i two[8], four[8];
    for (int i = 0; i < 8; i += 2) {
        two[i] = _mm256_unpacklo_epi32(m[i], m[i + 1]);
        two[i + 1] = _mm256_unpackhi_epi32(m[i], m[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        four[i] = _mm256_unpacklo_epi64(two[i], two[i + 2]);
        four[i + 1] = _mm256_unpackhi_epi64(two[i], two[i + 2]);
        four[i + 2] = _mm256_unpacklo_epi64(two[i + 1], two[i + 3]);
        four[i + 3] = _mm256_unpackhi_epi64(two[i + 1], two[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        m[i] = _mm256_permute2x128_si256(four[i], four[i + 4], 0x20);
        m[i + 4] = _mm256_permute2x128_si256(four[i], four[i + 4], 0x31);
    }
}

/* Four columns of samples, cut to 0..255, as rows: 0 to 3 in the lower half, 4 to 7 above. */
AVX2 __m256i rows_of_four(const __m256i columns[4])
{
    const __m256i middle = _mm256_set1_epi16(128);
    const __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(columns[0], columns[1]), middle);
    const __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(columns[2], columns[3]), middle);
    const __m256i turn = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    return _mm256_shuffle_epi8(_mm256_packus_epi16(first, second), turn);
}

/* jpeg_idct_islow: see put_full(). */
AVX2 bool put_full_eight(const __m256i worth[8], uint8_t *out, size_t stride)
{
    __m256i m[8];
    transform_eight(worth, m, 11);
    if (!within(m, FULL_MOST)) {
        return false;
    }
    transpose_eight(m);
    __m256i columns[8];
    transform_eight(m, columns, 18);
    const __m256i left = rows_of_four(columns), right = rows_of_four(columns + 4);
    const __m256i rows[2] = {_mm256_unpacklo_epi32(left, right),
                             _mm256_unpackhi_epi32(left, right)};
    for (size_t i = 0; i < 2; i++) {
        const __m128i upper = _mm256_castsi256_si128(rows[i]);
        const __m128i lower = _mm256_extracti128_si256(rows[i], 1);
        uint8_t *to = out + 2 * i * stride;
        _mm_storel_epi64((__m128i *)(void *)to, upper);
        _mm_storel_epi64((__m128i *)(void *)(to + stride), _mm_unpackhi_epi64(upper, upper));
        _mm_storel_epi64((__m128i *)(void *)(to + 4 * stride), lower);
        _mm_storel_epi64((__m128i *)(void *)(to + 5 * stride), _mm_unpackhi_epi64(lower, lower));
    }
    return true;
}

AVX2 bool take_row_eight(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                         const ie_block_rows *to, unsigned side, bool requantise)
{
    __m256i worth[8];
    for (size_t i = 0; i < count; i++) {
        if (!dequantise_eight(r, blocks[i], worth) ||
            (requantise && !quantise_eight(r, worth, blocks[i]))) {
            return false;
        }
        uint8_t *out = to->rows + i * side;
        if (side == 8 && !put_full_eight(worth, out, to->stride)) {
            return false;
        }
        if (side == 4) {
            put_half_eight(worth, out, to->stride);
        } else if (side == 2) {
            put_quarter_eight(worth, out, to->stride);
        } else if (side == 1) {
            *out = sample((_mm_cvtsi128_si32(_mm256_castsi256_si128(worth[0])) + 4) >> 3);
        }
    }
    return true;
}

#define SIDES(name, requantise)                                                                    \
    __attribute__((target("avx2"))) static bool name(                                              \
        const ie_requantiser *r, int16_t(*blocks)[64], size_t count, const ie_block_rows *to)      \
    {                                                                                              \
        return to->side == 8   ? take_row_eight(r, blocks, count, to, 8, requantise)               \
               : to->side == 4 ? take_row_eight(r, blocks, count, to, 4, requantise)               \
               : to->side == 2 ? take_row_eight(r, blocks, count, to, 2, requantise)               \
                               : take_row_eight(r, blocks, count, to, 1, requantise);              \
    }
SIDES(requantise_row_eight, true)
SIDES(show_row_eight, false)

static bool has_vectors(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}
#else
#define requantise_row_eight requantise_row
#define show_row_eight show_row

static bool has_vectors(void)
{
    return false;
}
#endif

bool ie_requantise_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                       const ie_block_rows *out)
{
    return has_vectors() ? requantise_row_eight(r, blocks, count, out)
                         : requantise_row(r, blocks, count, out);
}

bool ie_show_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                 const ie_block_rows *out)
{
    return has_vectors() ? show_row_eight(r, blocks, count, out) : show_row(r, blocks, count, out);
}

bool ie_requantise_row_plain(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                             const ie_block_rows *out)
{
    return requantise_row(r, blocks, count, out);
}
