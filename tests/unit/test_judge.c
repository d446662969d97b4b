// SPDX-License-Identifier: GPL-3.0-or-later
/* From numbers to a verdict. */
#include "test.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "engine/structure.h"

/* Of a photo and its copy, framed alike. */
static ie_likeness copy(void)
{
    return (ie_likeness){.overlap = 1,
                         .scale_x = 1,
                         .scale_y = 1,
                         .gain = 1,
                         .match = 0.99,
                         .detail = 0.98,
                         .fineness = 5,
                         .blocks = 1,
                         .usual = 0.99,
                         .lesser = 0.98,
                         .textured = 0.8,
                         .chroma_match = NAN};
}

static void little_texture_is_enough_where_all_of_it_agrees(void **state)
{
    (void)state;
    ie_likeness l = copy();
    l.match = 0.999;
    l.textured = 0.06;
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
    static const struct {
        size_t at;
        double value;
    } worse[] = {
        {offsetof(ie_likeness, match), 0.98},    {offsetof(ie_likeness, detail), 0.95},
        {offsetof(ie_likeness, blocks), 0.9},    {offsetof(ie_likeness, fineness), 1.5},
        {offsetof(ie_likeness, moved), 0.01},    {offsetof(ie_likeness, changed), 5},
        {offsetof(ie_likeness, textured), 0.03},
    };
    for (size_t i = 0; i < sizeof worse / sizeof *worse; i++) {
        ie_likeness other = l;
        memcpy((char *)&other + worse[i].at, &worse[i].value, sizeof worse[i].value);
        assert_int_equal(ie_structure_judge(&other, false), IE_MATCH_NONE);
    }
}

static void what_is_painted_over_all_of_it_is_not_leaves_in_the_wind(void **state)
{
    (void)state;
    ie_likeness l = copy();
    l.detail = 0.93;
    l.usual = 0.95;
    l.lesser = 0.90;
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SIMILAR_SCENE);
    l.painted = true;
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
}

static void other_text_in_bands_of_both_makes_two_pictures(void **state)
{
    (void)state;
    ie_likeness l = copy();
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
    l.other_text = true;
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SIMILAR_SCENE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_texture_is_enough_where_all_of_it_agrees),
        cmocka_unit_test(what_is_painted_over_all_of_it_is_not_leaves_in_the_wind),
        cmocka_unit_test(other_text_in_bands_of_both_makes_two_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
