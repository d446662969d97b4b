// SPDX-License-Identifier: GPL-3.0-or-later
/* The turned hashes against hashing pictures that were turned. */
#include "test.h"

#include <math.h>

#include "core/phash.h"

#define SIDE 32

typedef uint8_t picture[SIDE][SIDE];

static uint32_t random_state;

static uint32_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* DCT-II straight from its definition. */
static void transform(picture in, double coefficients[64])
{
    for (int k = 0; k < 8; k++) {
        for (int l = 0; l < 8; l++) {
            double sum = 0.0;
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    sum += in[y][x] * cos(M_PI * k * (2 * y + 1) / 64.0) *
                           cos(M_PI * l * (2 * x + 1) / 64.0);
                }
            }
            coefficients[k * 8 + l] = fabs(sum) < 1e-6 ? 0.0 : 4.0 * sum;
        }
    }
}

/* The pixel of the picture turned by an EXIF orientation; the table is CIPA DC-008's, pixel by
   pixel. */
static uint8_t turned_pixel(picture in, int orientation, int y, int x)
{
    int last = SIDE - 1;
    switch (orientation) {
    case 1:
        return in[y][x];
    case 2:
        return in[y][last - x];
    case 3:
        return in[last - y][last - x];
    case 4:
        return in[last - y][x];
    case 5:
        return in[x][y];
    case 6:
        return in[last - x][y];
    case 7:
        return in[last - x][last - y];
    default:
        return in[x][last - y];
    }
}

static uint64_t hash_turned(picture in, int orientation)
{
    picture out;
    double coefficients[64];
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            out[y][x] = turned_pixel(in, orientation, y, x);
        }
    }
    transform(out, coefficients);
    return ie_phash_of(coefficients);
}

static void check(picture in)
{
    double coefficients[64];
    uint64_t hashes[8];
    transform(in, coefficients);
    ie_phash_turned(coefficients, hashes);
    for (int orientation = 1; orientation <= 8; orientation++) {
        assert_true(hashes[orientation - 1] == hash_turned(in, orientation));
    }
}

static void noise_turned_has_the_turned_hashes(void **state)
{
    random_state = 7;
    for (int round = 0; round < 20; round++) {
        picture in;
        for (int i = 0; i < SIDE * SIDE; i++) {
            in[i / SIDE][i % SIDE] = (uint8_t)(random_bits() >> 24);
        }
        check(in);
    }
}

static void a_smooth_picture_turned_has_the_turned_hashes(void **state)
{
    for (int round = 1; round <= 20; round++) {
        picture in;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                double value = 120.0 + 60.0 * sin(0.13 * x * round / 7.0 + 0.4) +
                               50.0 * cos(0.09 * y * round + 0.01 * x * x);
                in[y][x] = (uint8_t)(value < 0.0 ? 0.0 : value > 255.0 ? 255.0 : value);
            }
        }
        check(in);
    }
}

static void the_eight_hashes_differ_and_have_half_their_bits_set(void **state)
{
    random_state = 11;
    double coefficients[64];
    uint64_t hashes[8];
    for (int i = 0; i < 64; i++) {
        coefficients[i] = (double)random_bits() - 2147483648.0;
    }
    ie_phash_turned(coefficients, hashes);
    for (int a = 0; a < 8; a++) {
        assert_int_equal(__builtin_popcountll(hashes[a]), 32);
        for (int b = 0; b < a; b++) {
            assert_true(hashes[a] != hashes[b]);
        }
    }
}

static void a_flat_picture_has_the_same_hash_whichever_way(void **state)
{
    double coefficients[64] = {1000.0};
    uint64_t hashes[8];
    ie_phash_turned(coefficients, hashes);
    for (int i = 0; i < 8; i++) {
        assert_true(hashes[i] == UINT64_C(0x8000000000000000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_turned_has_the_turned_hashes),
        cmocka_unit_test(a_smooth_picture_turned_has_the_turned_hashes),
        cmocka_unit_test(the_eight_hashes_differ_and_have_half_their_bits_set),
        cmocka_unit_test(a_flat_picture_has_the_same_hash_whichever_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
