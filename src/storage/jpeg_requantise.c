// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_requantise.h"

#include <math.h>
#include <stdlib.h>

#include "utils/wide.h"

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
        if (to->side == 4) {
            put_half(worth, out, to->stride);
        } else if (to->side == 2) {
            put_quarter(worth, out, to->stride);
        } else {
            *out = sample((worth[0] + 4) >> 3);
        }
    }
    return true;
}

IE_WIDE static bool requantise_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                                   const ie_block_rows *out)
{
    return take_row(r, blocks, count, out, true);
}

IE_WIDE static bool show_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                             const ie_block_rows *out)
{
    return take_row(r, blocks, count, out, false);
}

bool ie_requantise_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                       const ie_block_rows *out)
{
    return requantise_row(r, blocks, count, out);
}

bool ie_show_row(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                 const ie_block_rows *out)
{
    return show_row(r, blocks, count, out);
}
