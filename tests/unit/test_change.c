// SPDX-License-Identifier: GPL-3.0-or-later
/* What came and went between two pictures, and the tones that make one of the other. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "engine/change.h"
#include "engine/tone.h"

#define SIDE IE_SKETCH_SIDE
#define LEAST 30 /* what judge.c lets pass */

static float everywhere[SIDE * SIDE];

static void fill(ie_plane *p)
{
    p->side = SIDE;
    for (int i = 0; i < SIDE * SIDE; i++) {
        double x = i % SIDE, y = i / SIDE;
        p->v[i] = (float)(110 + 40 * sin(x / 7 + y / 11) + 25 * cos(y / 5 - x / 13));
        everywhere[i] = 1;
    }
}

static void add(ie_plane *p, int left, int top, int width, int height, float levels)
{
    for (int y = top; y < top + height; y++) {
        for (int x = left; x < left + width; x++) {
            p->v[y * SIDE + x] += levels;
        }
    }
}

static void who_walks_through_a_scene_comes_and_goes(void **state)
{
    (void)state;
    ie_plane a, b;
    fill(&a);
    fill(&b);
    assert_true(ie_change_of(&a, &b, everywhere) == 0);
    add(&a, 20, 25, 3, 8, -50);
    add(&b, 40, 27, 3, 8, -50);
    const double change = ie_change_of(&a, &b, everywhere),
                 there_and_back = ie_change_of(&b, &a, everywhere);
    assert_true(change > LEAST && fabs(change - 3 * 8 * 50) < 60);
    assert_true(fabs(change - there_and_back) < 0.01 * change);
}

static void a_mark_of_one_sign_and_a_logo_in_a_corner_are_no_change(void **state)
{
    (void)state;
    ie_plane a, b;
    fill(&a);
    fill(&b);
    assert_true(ie_change_of_any_kind(&a, &b, everywhere) == 0);
    add(&b, 12, 28, 40, 4, 45);
    assert_true(ie_change_of(&a, &b, everywhere) == 0);
    assert_true(ie_change_of_any_kind(&a, &b, everywhere) > LEAST);
    fill(&b);
    add(&b, 52, 4, 4, 6, 60);
    add(&b, 56, 4, 4, 6, -60);
    assert_true(ie_change_of(&a, &b, everywhere) == 0);
    assert_true(ie_change_of_any_kind(&a, &b, everywhere) > LEAST);
}

static int count_there(const float *there)
{
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        count += there[i] != 0;
    }
    return count;
}

static void a_mark_is_left_out_with_what_it_blurs_into_and_nothing_else(void **state)
{
    (void)state;
    ie_plane a, b;
    float there[SIDE * SIDE];
    fill(&a);
    fill(&b);
    add(&b, 12, 28, 40, 4, 45);
    memcpy(there, everywhere, sizeof there);
    ie_change_leave_out_mark(&a, &b, there);
    assert_int_equal(SIDE * SIDE - count_there(there), 44 * 8);
    assert_true(there[30 * SIDE + 30] == 0 && there[40 * SIDE + 30] == 1);
    /* Who walks by differs both ways. */
    add(&b, 20, 50, 4, 8, -45);
    memcpy(there, everywhere, sizeof there);
    ie_change_leave_out_mark(&a, &b, there);
    assert_int_equal(count_there(there), SIDE * SIDE);
}

static void a_pale_text_all_over_differs_one_way_and_leaves_do_not(void **state)
{
    (void)state;
    ie_plane a, b;
    fill(&a);
    fill(&b);
    assert_false(ie_change_is_one_way(&a, &b, everywhere)); /* nothing differs */
    for (int i = 0; i < SIDE * SIDE; i++) {
        b.v[i] += i % 5 == 0 ? 6 : i % 7 == 0 ? -1.5f : 0;
    }
    assert_true(ie_change_is_one_way(&a, &b, everywhere));
    assert_true(ie_change_is_one_way(&b, &a, everywhere));
    for (int i = 3; i < SIDE * SIDE; i += 25) {
        b.v[i] -= 8;
    }
    assert_false(ie_change_is_one_way(&a, &b, everywhere));
}

static void what_is_not_there_does_not_count(void **state)
{
    (void)state;
    ie_plane a, b;
    float there[SIDE * SIDE];
    fill(&a);
    fill(&b);
    add(&a, 20, 25, 3, 8, -50);
    add(&b, 40, 27, 3, 8, -50);
    for (int i = 0; i < SIDE * SIDE; i++) {
        there[i] = i % SIDE > 45 ? 1 : 0;
    }
    assert_true(ie_change_of(&a, &b, there) == 0);
}

static void a_gamma_is_found_and_taken_back(void **state)
{
    (void)state;
    ie_plane a, b;
    ie_tone tone;
    fill(&a);
    fill(&b);
    for (int i = 0; i < SIDE * SIDE; i++) {
        b.v[i] = 255 * powf(b.v[i] / 255, 1.8f);
    }
    add(&b, 20, 20, 6, 6, 60); /* a mark does not lead it astray */
    assert_true(ie_tone_fit(&a, &b, everywhere, &tone));
    assert_true(tone.bend > 3);
    for (int i = 1; i < tone.count; i++) {
        assert_true(tone.at[i] > tone.at[i - 1] && tone.level[i] >= tone.level[i - 1]);
    }
    add(&b, 20, 20, 6, 6, -60);
    ie_tone_apply(&tone, &b);
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_true(fabsf(a.v[i] - b.v[i]) < 4);
    }
}

static void a_picture_of_one_level_has_no_tone(void **state)
{
    (void)state;
    ie_plane a;
    ie_tone tone;
    fill(&a);
    ie_plane flat = {.side = SIDE};
    assert_false(ie_tone_fit(&a, &flat, everywhere, &tone));
    float nowhere[SIDE * SIDE] = {0};
    assert_false(ie_tone_fit(&a, &a, nowhere, &tone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_walks_through_a_scene_comes_and_goes),
        cmocka_unit_test(a_mark_of_one_sign_and_a_logo_in_a_corner_are_no_change),
        cmocka_unit_test(a_mark_is_left_out_with_what_it_blurs_into_and_nothing_else),
        cmocka_unit_test(a_pale_text_all_over_differs_one_way_and_leaves_do_not),
        cmocka_unit_test(what_is_not_there_does_not_count),
        cmocka_unit_test(a_gamma_is_found_and_taken_back),
        cmocka_unit_test(a_picture_of_one_level_has_no_tone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
