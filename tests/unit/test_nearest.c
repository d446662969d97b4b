// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <string.h>

#include "core/nearest.h"
#include "test.h"
#include "utils/half.h"
#include "utils/memory.h"

static uint64_t state;

static float random_number(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (float)((double)(state >> 11) / 9007199254740992.0 * 2 - 1);
}

static void random_vector(float *vector, size_t dimension)
{
    double sum = 0;
    for (size_t i = 0; i < dimension; i++) {
        vector[i] = random_number();
        sum += (double)vector[i] * vector[i];
    }
    for (size_t i = 0; i < dimension; i++) {
        vector[i] = (float)(vector[i] / sqrt(sum));
    }
}

/* A table of `count` random rows, every tenth like the one before it; the halves as they were put
   in. */
static ie_nearest *make_table(size_t count, size_t dimension, uint16_t **ret_halves)
{
    ie_nearest *nearest = ie_nearest_new(dimension);
    uint16_t *halves = ie_alloc((count * dimension + 1) * sizeof *halves);
    float *vector = ie_alloc(dimension * sizeof *vector);
    for (size_t r = 0; r < count; r++) {
        random_vector(vector, dimension);
        for (size_t i = 0; i < dimension; i++) {
            halves[r * dimension + i] =
                r % 10 == 9 ? halves[(r - 1) * dimension + i] : ie_half_from_float(vector[i]);
        }
        assert_true(ie_nearest_add(nearest, halves + r * dimension));
    }
    free(vector);
    *ret_halves = halves;
    return nearest;
}

static double plain_product(const uint16_t *row, const float *query, size_t dimension)
{
    double sum = 0;
    for (size_t i = 0; i < dimension; i++) {
        sum += (double)ie_half_to_float(row[i]) * query[i];
    }
    return sum;
}

/* How many rows come before this one, by the plain way. */
static size_t plain_rank(const uint16_t *halves, size_t count, size_t dimension, const float *query,
                         size_t row)
{
    double own = plain_product(halves + row * dimension, query, dimension);
    size_t rank = 0;
    for (size_t r = 0; r < count; r++) {
        double other = plain_product(halves + r * dimension, query, dimension);
        rank += other > own || (other == own && r < row);
    }
    return rank;
}

static void the_nearest_are_those_of_a_plain_search(void **unused)
{
    static const size_t sizes[][3] = {{1, 1, 1},       {10, 3, 20},     {4095, 33, 10},
                                      {4096, 512, 20}, {9000, 512, 50}, {300, 640, 300},
                                      {50, 4096, 7}};
    state = 7;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t count = sizes[s][0], dimension = sizes[s][1], most = sizes[s][2];
        uint16_t *halves;
        ie_nearest *nearest = make_table(count, dimension, &halves);
        float *query = ie_alloc(dimension * sizeof *query);
        random_vector(query, dimension);
        ie_near *near;
        size_t found;
        assert_int_equal(ie_nearest_find(nearest, query, most, NULL, NULL, &near, &found, NULL),
                         IE_OK);
        assert_int_equal(found, most < count ? most : count);
        for (size_t i = 0; i < found; i++) {
            assert_int_equal(plain_rank(halves, count, dimension, query, near[i].row), i);
            assert_true(near[i].similarity ==
                        plain_product(halves + near[i].row * dimension, query, dimension));
        }
        free(near);
        free(query);
        free(halves);
        ie_nearest_free(nearest);
    }
}

static bool later_first(void *user, size_t a, size_t b)
{
    return a > b;
}

static void equally_near_rows_stand_as_they_are_told_to(void **unused)
{
    enum { DIMENSION = 64, COUNT = 5000 };
    uint16_t row[DIMENSION];
    float query[DIMENSION];
    for (size_t i = 0; i < DIMENSION; i++) {
        query[i] = 0.125f;
        row[i] = ie_half_from_float(0.125f);
    }
    ie_nearest *nearest = ie_nearest_new(DIMENSION);
    for (size_t r = 0; r < COUNT; r++) {
        assert_true(ie_nearest_add(nearest, row));
    }
    ie_near *near;
    size_t found;
    assert_int_equal(ie_nearest_find(nearest, query, 3, NULL, NULL, &near, &found, NULL), IE_OK);
    assert_int_equal(near[0].row, 0);
    assert_int_equal(near[2].row, 2);
    free(near);
    assert_int_equal(ie_nearest_find(nearest, query, 3, later_first, NULL, &near, &found, NULL),
                     IE_OK);
    assert_int_equal(near[0].row, COUNT - 1);
    assert_int_equal(near[2].row, COUNT - 3);
    assert_true(near[0].similarity == 1.0);
    free(near);
    ie_nearest_free(nearest);
}

static void an_empty_table_and_none_wanted_give_nothing(void **unused)
{
    ie_nearest *nearest = ie_nearest_new(4);
    const float query[4] = {1, 0, 0, 0};
    ie_near *near;
    size_t found = 9;
    assert_int_equal(ie_nearest_find(nearest, query, 5, NULL, NULL, &near, &found, NULL), IE_OK);
    assert_int_equal(found, 0);
    free(near);
    const uint16_t row[4] = {0x3c00, 0, 0, 0};
    assert_true(ie_nearest_add(nearest, row));
    assert_int_equal(ie_nearest_find(nearest, query, 0, NULL, NULL, &near, &found, NULL), IE_OK);
    assert_int_equal(found, 0);
    free(near);
    ie_nearest_free(nearest);
}

static void every_way_of_adding_agrees_with_a_plain_one(void **unused)
{
    enum { DIMENSION = 512, COUNT = 100 };
    state = 3;
    uint16_t *halves;
    ie_nearest *nearest = make_table(COUNT, DIMENSION, &halves);
    halves[5] = 0x0001; /* below the normal numbers */
    halves[6] = 0x83ff;
    float query[DIMENSION], products[COUNT];
    random_vector(query, DIMENSION);
    size_t ways = 0;
    for (int path = 0; path < IE_NEAREST_PATHS; path++) {
        ie_nearest_scan *scan = ie_nearest_scan_by((ie_nearest_path)path);
        if (scan != NULL) {
            scan(halves, COUNT, DIMENSION, query, products);
            for (size_t r = 0; r < COUNT; r++) {
                double plain = plain_product(halves + r * DIMENSION, query, DIMENSION);
                assert_true(fabs((double)products[r] - plain) < 1e-5);
            }
            ways++;
        }
    }
    assert_true(ways >= 1);
    free(halves);
    ie_nearest_free(nearest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_are_those_of_a_plain_search),
        cmocka_unit_test(equally_near_rows_stand_as_they_are_told_to),
        cmocka_unit_test(an_empty_table_and_none_wanted_give_nothing),
        cmocka_unit_test(every_way_of_adding_agrees_with_a_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
