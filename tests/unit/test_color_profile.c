// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/color_profile.h"

#include <math.h>

#include "test.h"

static void a_made_profile_is_the_same_at_any_time(void **state)
{
    (void)state;
    const ie_color_space space = {{{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_GAMMA,
                                  .gamma = 2.2};
    ie_profile a = {0}, b = {0}, curve = {0};
    assert_true(ie_profile_make(&space, false, &a) && ie_profile_make(&space, false, &b));
    assert_int_equal(a.data[24] << 8 | a.data[25], 2026);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_true(ie_profile_difference_from_srgb(a.data, a.size) > 5);
    assert_true(ie_profile_with_srgb_curve(a.data, a.size, &curve));
    assert_true(ie_profile_difference(a.data, a.size, curve.data, curve.size) > 0.5);
    free(a.data);
    free(b.data);
    free(curve.data);
}

static void a_profile_of_grey_and_one_of_three_colours_show_the_same_greys(void **state)
{
    (void)state;
    const ie_color_space space = {{{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_GAMMA,
                                  .gamma = 1.0};
    ie_profile rgb = {0}, gray = {0}, wanted = {0}, three = {0}, again = {0};
    assert_true(ie_profile_make(&space, false, &rgb) && ie_profile_make(&space, true, &wanted));
    assert_true(ie_profile_reshape(rgb.data, rgb.size, true, &gray) &&
                ie_profile_reshape(gray.data, gray.size, false, &three));
    assert_true(ie_profile_reshape(three.data, three.size, true, &again));
    assert_int_equal(ie_profile_kind_of(gray.data, gray.size), IE_PROFILE_GRAY);
    assert_int_equal(ie_profile_kind_of(three.data, three.size), IE_PROFILE_RGB);
    assert_true(ie_profile_difference(gray.data, gray.size, wanted.data, wanted.size) < 0.1);
    assert_true(ie_profile_difference(again.data, again.size, wanted.data, wanted.size) < 0.1);
    assert_true(ie_profile_difference_from_srgb(gray.data, gray.size) > 10);
    ie_profile *const all[] = {&rgb, &gray, &wanted, &three, &again};
    for (size_t i = 0; i < 5; i++) {
        free(all[i]->data);
    }
}

static void a_broken_profile_is_no_profile(void **state)
{
    (void)state;
    uint8_t junk[400];
    ie_profile shaped = {0};
    memset(junk, 0x5a, sizeof junk);
    for (size_t size = 0; size < sizeof junk; size += 57) {
        assert_int_equal(ie_profile_kind_of(junk, size), IE_PROFILE_BROKEN);
        assert_true(isinf(ie_profile_difference_from_srgb(junk, size)));
        assert_false(ie_profile_reshape(junk, size, true, &shaped) ||
                     ie_profile_with_srgb_curve(junk, size, &shaped));
    }
}

/* Where a tag's content stands in a profile (ICC.1:2010, 7.3). */
static uint8_t *tag_of(ie_profile *profile, const char *name)
{
    for (uint8_t *row = profile->data + 132; row + 12 <= profile->data + profile->size; row += 12) {
        if (memcmp(row, name, 4) == 0) {
            return profile->data + (row[4] << 24 | row[5] << 16 | row[6] << 8 | row[7]);
        }
    }
    return NULL;
}

static void a_colour_that_is_black_at_its_brightest_has_no_place(void **state)
{
    (void)state;
    static const char *const names[] = {"rXYZ", "gXYZ", "bXYZ"};
    const ie_color_space space = {{{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_GAMMA,
                                  .gamma = 2.2};
    for (size_t i = 0; i < 3; i++) {
        ie_profile profile = {0}, made = {0};
        assert_true(ie_profile_make(&space, false, &profile));
        assert_true(ie_profile_with_srgb_curve(profile.data, profile.size, &made));
        free(made.data);
        uint8_t *xyz = tag_of(&profile, names[i]);
        assert_non_null(xyz);
        memset(xyz + 8, 0, 12);
        assert_false(ie_profile_with_srgb_curve(profile.data, profile.size, &made));
        free(profile.data);
    }
}

static void a_profile_without_one_of_its_curves_is_broken(void **state)
{
    (void)state;
    const ie_color_space space = {{{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_GAMMA,
                                  .gamma = 2.2};
    ie_profile profile = {0};
    assert_true(ie_profile_make(&space, false, &profile));
    assert_int_equal(ie_profile_kind_of(profile.data, profile.size), IE_PROFILE_RGB);
    uint8_t *row = profile.data + 132;
    while (memcmp(row, "rTRC", 4) != 0) {
        row += 12;
        assert_true(row + 12 < profile.data + profile.size);
    }
    memcpy(row, "xTRC", 4);
    assert_int_equal(ie_profile_kind_of(profile.data, profile.size), IE_PROFILE_BROKEN);
    free(profile.data);
}

static void be32_put(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* D2B1 in place of the copyright: two matrices after each other, of 9e19 throughout. Black stays
   black, all else is beyond every number, and what CIELAB makes of that is none. */
static void differences_that_are_no_numbers_do_not_count_as_none(void **state)
{
    (void)state;
    enum { MATRIX = 12 + 12 * 4, SIZE = 16 + 2 * 8 + 2 * MATRIX };
    const ie_color_space space = {{{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_SRGB,
                                  .gamma = 1};
    ie_profile profile = {0};
    assert_true(ie_profile_make(&space, false, &profile));
    assert_true(ie_profile_difference_from_srgb(profile.data, profile.size) < 0.1);
    const size_t at = (profile.size + 3) / 4 * 4;
    uint8_t *bytes = calloc(1, at + SIZE), *row = bytes + 132, *tag = bytes + at;
    memcpy(bytes, profile.data, profile.size);
    be32_put(bytes, (uint32_t)(at + SIZE));
    while (memcmp(row, "cprt", 4) != 0) {
        row += 12;
        assert_true(row + 12 < bytes + at);
    }
    memcpy(row, "D2B1", 4);
    be32_put(row + 4, (uint32_t)at);
    be32_put(row + 8, SIZE);
    memcpy(tag, "mpet\0\0\0\0\0\3\0\3\0\0\0\2", 16);
    for (uint32_t m = 0; m < 2; m++) {
        uint32_t from = 32 + m * MATRIX;
        be32_put(tag + 16 + m * 8, from);
        be32_put(tag + 20 + m * 8, MATRIX);
        memcpy(tag + from, "matf\0\0\0\0\0\3\0\3", 12);
        for (uint32_t i = 0; i < 9; i++) {
            be32_put(tag + from + 12 + i * 4, 0x609c2007); /* 9e19 */
        }
    }
    assert_int_equal(ie_profile_kind_of(bytes, at + SIZE), IE_PROFILE_RGB);
    assert_true(isinf(ie_profile_difference_from_srgb(bytes, at + SIZE)));
    free(bytes);
    free(profile.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_profile_is_the_same_at_any_time),
        cmocka_unit_test(a_profile_of_grey_and_one_of_three_colours_show_the_same_greys),
        cmocka_unit_test(a_broken_profile_is_no_profile),
        cmocka_unit_test(a_profile_without_one_of_its_curves_is_broken),
        cmocka_unit_test(a_colour_that_is_black_at_its_brightest_has_no_place),
        cmocka_unit_test(differences_that_are_no_numbers_do_not_count_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
