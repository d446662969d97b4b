// SPDX-License-Identifier: GPL-3.0-or-later
/* The sums that a fit is made of are the same to the bit on every path, whatever map it is at. */
#include "test.h"

#include <math.h>

#include "engine/align_rows.h"

#define SIDE IE_SKETCH_SIDE

static uint32_t state = 1;

static double chance(double low, double high)
{
    state = state * 1664525u + 1013904223u;
    return low + (high - low) * (double)(state >> 8) / (1 << 24);
}

/* Patches of noise, smoothed; with some that no sketch has. */
static void fill(ie_plane *plane, int side)
{
    plane->side = side;
    for (int i = 0; i < side * side; i++) {
        plane->v[i] = (float)floor(chance(0, 256));
    }
    ie_plane_soften(plane);
    plane->v[side + 3] = 0;
    plane->v[side * side - 2] = 255;
}

static ie_warp near_one(double off)
{
    ie_warp w = {{0, 1, 0, 0, 0, 1, 1, 0}};
    for (int i = 0; i < 6; i++) {
        w.p[i] += chance(-off, off);
    }
    w.p[6] = chance(0.5, 2);
    w.p[7] = chance(-40, 40);
    return w;
}

static ie_warp wild(int i)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e30, -1e30, 0, -1, 1e-30};
    ie_warp w = near_one(0.3);
    w.p[i % IE_WARP_PARAMETERS] = odd[i / IE_WARP_PARAMETERS % 8];
    return w;
}

static bool equal(const double *a, const double *b)
{
    for (int i = 0; i < IE_ALIGN_SUMS; i++) {
        if (!(a[i] == b[i]) && !(isnan(a[i]) && isnan(b[i]))) {
            return false;
        }
    }
    return true;
}

static void compare_paths(const ie_align_rows *one, const ie_align_rows *other, int side,
                          const ie_warp *w)
{
    ie_plane a, b, seen[2];
    float there[2][SIDE * SIDE];
    fill(&a, side);
    fill(&b, side);
    ie_align_job job = {.a = &a,
                        .b = &b,
                        .warp = w,
                        .spread = (float)chance(5, 40),
                        .skip = side == SIDE ? 2 : 1,
                        .inset = side == SIDE ? 2 : 0};
    ie_align_sums first = {0}, second = {0};
    one->add(&job, &first);
    other->add(&job, &second);
    assert_true(equal(first.plain, second.plain));
    assert_true(equal(first.by_y, second.by_y));
    assert_true(equal(first.by_yy, second.by_yy));
    assert_int_equal(one->through(&b, w, &seen[0], there[0]),
                     other->through(&b, w, &seen[1], there[1]));
    assert_int_equal(seen[1].side, side);
    for (int i = 0; i < side * side; i++) {
        assert_true(there[0][i] == there[1][i]);
        assert_true(seen[0].v[i] == seen[1].v[i] || isnan(seen[0].v[i]));
    }
}

static void every_path_gives_the_same_sums(void **unused)
{
    (void)unused;
    const ie_align_rows *portable = ie_align_rows_by(IE_ALIGN_PORTABLE);
    assert_non_null(portable);
    for (int path = IE_ALIGN_PORTABLE + 1; path < IE_ALIGN_PATHS; path++) {
        const ie_align_rows *rows = ie_align_rows_by((ie_align_path)path);
        if (rows == NULL) {
            print_message("path %d: not on this processor\n", path);
            continue;
        }
        for (int i = 0; i < 600; i++) {
            ie_warp w = i % 3 == 0 ? near_one(0.002) : i % 3 == 1 ? near_one(0.25) : wild(i / 3);
            compare_paths(portable, rows, SIDE >> (i % 3 + i / 3) % 3, &w);
        }
    }
}

static void a_map_that_shows_nothing_of_the_other_has_no_sums(void **unused)
{
    (void)unused;
    ie_plane a, b;
    fill(&a, SIDE);
    fill(&b, SIDE);
    const ie_warp away = {{5, 1, 0, 0, 0, 1, 1, 0}};
    ie_align_job job = {.a = &a, .b = &b, .warp = &away, .spread = 5, .skip = 2, .inset = 2};
    ie_align_sums sums = {0};
    ie_align_rows_best()->add(&job, &sums);
    for (int i = 0; i < IE_ALIGN_SUMS; i++) {
        assert_true(sums.plain[i] == 0);
    }
}

/* By the definition: the weight of each sample times two of its derivatives. */
static void the_sums_are_what_they_are_said_to_be(void **unused)
{
    (void)unused;
    ie_plane a, b;
    fill(&a, SIDE);
    fill(&b, SIDE);
    const ie_warp still = {{0, 1, 0, 0, 0, 1, 1.5, -3}};
    ie_align_job job = {.a = &a, .b = &b, .warp = &still, .spread = 20, .skip = 2, .inset = 2};
    ie_align_sums sums = {0};
    ie_align_rows_best()->add(&job, &sums);
    double slopes = 0, values = 0, errors = 0;
    for (int y = 2; y < SIDE - 2; y++) {
        for (int x = 2; x < SIDE - 2; x++) {
            double value = (double)b.v[y * SIDE + x],
                   slope = 1.5 * SIDE / 2 * ((double)b.v[y * SIDE + x + 1] - value),
                   error = (double)a.v[y * SIDE + x] - (1.5 * value - 3),
                   weight = 1 / (1 + error * error / 400), uy = ie_unit_of(y, SIDE);
            slopes += weight * slope * slope;
            values += weight * value * uy;
            errors += weight * error * value;
        }
    }
    assert_true(fabs(sums.plain[ie_align_sum_index(0, 0)] / slopes - 1) < 1e-3);
    assert_true(fabs(sums.by_y[ie_align_sum_index(4, 5)] - values) < 1e-3 * fabs(values) + 1);
    assert_true(fabs(sums.plain[ie_align_sum_index(4, IE_ALIGN_BASIS)] / errors - 1) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_gives_the_same_sums),
        cmocka_unit_test(a_map_that_shows_nothing_of_the_other_has_no_sums),
        cmocka_unit_test(the_sums_are_what_they_are_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
