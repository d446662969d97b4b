// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_requantise.h"

#include <math.h>
#include <stdlib.h>

/* Wider registers; each product and sum is rounded alike, so it gives the same. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define INLINE inline __attribute__((always_inline))

/* The transform's weights of 1, 3, 5, 7, times 2^13. */
enum { W1 = 29692, W3 = -10426, W5 = 6967, W7 = -5906 };

void ie_requantiser_set(ie_requantiser *r, const uint16_t from[64], const uint16_t to[64])
{
    for (int i = 0; i < 64; i++) {
        r->from[i] = from[i];
        r->shares[i] = 1.0f / (float)to[i];
    }
}

/* False: not for us. */
static INLINE bool requantise(const ie_requantiser *r, int16_t *restrict block,
                              int32_t *restrict worth)
{
    uint32_t beyond = 0, size = 0;
    for (int i = 0; i < 64; i++) {
        worth[i] = block[i] * r->from[i];
        beyond |= (uint32_t)(worth[i] + IE_REQUANTISE_MOST);
    }
    for (int i = 0; i < 64; i++) {
        float value = (float)worth[i] * r->shares[i];
        int32_t nearest = (int32_t)(value + copysignf(0.5f, value));
        block[i] = (int16_t)nearest;
        size |= (uint32_t)abs(nearest);
    }
    return beyond <= 2 * IE_REQUANTISE_MOST + 1 && size < 1024;
}

static INLINE uint8_t sample(int32_t value)
{
    value += 128;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static INLINE void put_row(const int32_t row[8], uint8_t *out)
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
    put_row(upper, out);
    put_row(lower, out + stride);
}

WIDE bool ie_requantise_luma(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                             uint8_t *quarter, size_t stride)
{
    int32_t worth[64];
    for (size_t i = 0; i < count; i++) {
        if (!requantise(r, blocks[i], worth)) {
            return false;
        }
        put_quarter(worth, quarter + 2 * i, stride);
    }
    return true;
}

WIDE bool ie_requantise_chroma(const ie_requantiser *r, int16_t (*blocks)[64], size_t count,
                               uint8_t *eighth)
{
    int32_t worth[64];
    for (size_t i = 0; i < count; i++) {
        if (!requantise(r, blocks[i], worth)) {
            return false;
        }
        eighth[i] = sample((worth[0] + 4) >> 3);
    }
    return true;
}
