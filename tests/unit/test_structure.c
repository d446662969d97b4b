// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <math.h>

#include "engine/structure.h"

/* A made picture, in -1..1 both ways: soft waves and edges of many sizes, so that every block has
   something. */
static double picture(double x, double y, unsigned seed)
{
    double value = 128, s = seed;
    for (int k = 1; k <= 9; k++) {
        double angle = s + k * 2.4, phase = 3.1 * s + k * k;
        value += 44.0 / sqrt(k) * sin(k * 2.1 * (x * cos(angle) + y * sin(angle)) + phase);
    }
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

typedef struct view {
    double scale, shift, gain, noise;
    unsigned turn, seed;
    double moved; /* how far something in the middle of it is from its place */
    double tilt;  /* radians */
} view;

static ie_sketch draw(view v)
{
    ie_sketch sketch = {0};
    uint32_t random = 12345;
    for (int i = 0; i < IE_SKETCH_SIDE * IE_SKETCH_SIDE; i++) {
        double x = (2.0 * (i % IE_SKETCH_SIDE) + 1) / IE_SKETCH_SIDE - 1;
        double y = (2.0 * (i / IE_SKETCH_SIDE) + 1) / IE_SKETCH_SIDE - 1;
        double across = v.turn % 4 == 1 || v.turn % 4 == 2 ? -x : x,
               down = v.turn % 4 >= 2 ? -y : y;
        double u = v.turn >= 4 ? down : across, w = v.turn >= 4 ? across : down;
        double level = u * cos(v.tilt) - w * sin(v.tilt);
        w = u * sin(v.tilt) + w * cos(v.tilt);
        u = level;
        double away = v.moved * exp(-(u * u + w * w) / 0.1);
        u += away;
        random = random * 1664525 + 1013904223;
        double noise = v.noise * ((double)(random >> 16) / 65536 - 0.5);
        double value =
            128 + v.gain * (picture(u * v.scale + v.shift, w * v.scale, v.seed) - 128) + noise;
        sketch.gray[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    return sketch;
}

static void a_copy_agrees_in_all_there_is(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 1, 0, 0});
    ie_likeness l = ie_structure_compare(&a, &a, 0, true);
    assert_int_equal(ie_structure_judge(&l, true), IE_MATCH_SAME_PICTURE);
    assert_true(l.match > 0.99 && l.blocks == 1 && l.detail > 0.9 && l.overlap == 1 &&
                l.gradient == 0);
    assert_true(isnan(l.chroma_match));
}

static void noise_and_contrast_change_nothing(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 1, 0, 0}), b = draw((view){1, 0, 0.8, 4, 0, 1, 0, 0});
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
    assert_true(l.match > 0.98 && l.blocks > 0.95);
    assert_true(l.gain > 1.15 && l.gain < 1.35);
}

static void a_crop_is_laid_where_it_came_from(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 2, 0, 0}),
              b = draw((view){0.9, 0.04, 1, 2, 0, 2, 0, 0});
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_true(fabs(l.scale_x - 1 / 0.9) < 0.02 && fabs(l.scale_y - 1 / 0.9) < 0.02);
    assert_true(l.match > 0.97 && l.blocks > 0.9 && l.overlap > 0.75 && l.overlap < 0.9);
    ie_likeness back = ie_structure_compare(&b, &a, 0, false);
    assert_true(fabs(back.scale_x - 0.9) < 0.02 && back.match > 0.97);
}

static void every_turn_is_undone(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 3, 0, 0});
    for (unsigned turn = 0; turn < IE_TURNS; turn++) {
        unsigned inverse = turn == 5 ? 7 : turn == 7 ? 5 : turn;
        ie_sketch b = draw((view){1, 0, 1, 0, turn, 3, 0, 0});
        for (unsigned tried = 0; tried < IE_TURNS; tried++) {
            ie_likeness l = ie_structure_compare(&a, &b, tried, false);
            bool good = l.match > 0.98 && l.blocks > 0.95 && l.overlap > 0.9;
            if (good != (tried == inverse)) {
                fail_msg("turn %u, laid %u: match %.3f, blocks %.3f", turn, tried, l.match,
                         l.blocks);
            }
        }
    }
}

static void another_picture_does_not_agree(void **state)
{
    (void)state;
    for (unsigned seed = 10; seed < 40; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){1, 0, 1, 0, 0, seed + 100, 0, 0});
        ie_likeness l = ie_structure_compare(&a, &b, 0, false);
        assert_int_not_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
        assert_true(l.match < 0.9 || l.blocks < 0.6 || l.overlap < 0.5 || l.scale_x > 1.5 ||
                    l.scale_x < 0.6);
    }
}

static void a_flat_picture_has_no_texture(void **state)
{
    (void)state;
    ie_sketch a = {0}, b;
    memset(a.gray, 200, sizeof a.gray);
    b = a;
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_NONE);
    assert_true(l.textured == 0 && l.fineness == 0 && l.blocks == 0);
}

static void colours_are_compared_where_both_have_them(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 4, 0, 0}), b;
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        a.a[i] = (int8_t)(i % 16 * 4 - 30);
        a.b[i] = (int8_t)(i / 16 * 4 - 30);
    }
    b = a;
    assert_true(ie_structure_compare(&a, &b, 0, false).chroma < 1);
    assert_true(ie_structure_compare(&a, &b, 0, false).chroma_match > 0.95);
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        b.a[i] = (int8_t)-a.a[i];
        b.b[i] = (int8_t)-a.b[i];
    }
    assert_true(ie_structure_compare(&a, &b, 0, false).chroma > 20);
    assert_true(ie_structure_compare(&a, &b, 0, false).chroma_match < 0);
}

static void what_is_flat_is_told_before_comparing(void **state)
{
    (void)state;
    ie_sketch full = draw((view){1, 0, 1, 0, 0, 1, 0, 0}),
              faint = draw((view){1, 0, 0.02, 0, 0, 1, 0, 0});
    assert_false(ie_structure_is_flat(&full));
    assert_true(ie_structure_is_flat(&faint));
    ie_likeness l = ie_structure_compare(&faint, &faint, 0, false);
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_NONE);
}

static void pictures_with_nothing_in_common_are_given_up_early(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 1, 0, 0}), b = draw((view){1, 0, 1, 0, 0, 5, 0, 0});
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_true(l.overlap == 0);
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_NONE);
}

/* Grey levels of a block of samples, as something painted over has. */
static void paint(ie_sketch *sketch, int left, int top, int width, int height, uint8_t level)
{
    for (int y = top; y < top + height; y++) {
        memset(&sketch->gray[y * IE_SKETCH_SIDE + left], level, (size_t)width);
    }
}

static void what_moves_makes_it_another_shot(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){1, 0, 1.05, 3, 0, seed, 0.06, 0});
        ie_likeness l = ie_structure_compare(&a, &b, 0, false);
        if (l.moved <= 0.03 || ie_structure_judge(&l, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("picture %u: moved %.3f, match %.3f, blocks %.3f", seed, l.moved, l.match,
                     l.blocks);
        }
    }
}

static void a_mark_does_not_move(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){1, 0, 0.9, 2, 0, seed, 0, 0});
        paint(&b, 50, 3, 10, 6, 60);
        ie_likeness l = ie_structure_compare(&a, &b, 0, false);
        if (l.moved > 0.02 || ie_structure_judge(&l, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("picture %u: moved %.3f, match %.3f, blocks %.3f", seed, l.moved, l.match,
                     l.blocks);
        }
    }
}

static void who_comes_into_a_still_scene_makes_it_another_shot_and_a_mark_does_not(void **state)
{
    (void)state;
    static const struct {
        int left, top, width, height;
        uint8_t level;
        bool mark;
    } rows[] = {{40, 28, 3, 8, 20, false}, {40, 28, 3, 8, 250, false}, {20, 40, 9, 4, 15, false},
                {0, 58, 64, 6, 15, true},  {53, 54, 8, 8, 250, true},  {20, 3, 24, 2, 15, true}};
    for (unsigned seed = 1; seed < 9; seed++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            ie_sketch a = draw((view){.scale = 1, .gain = 0.8, .seed = seed}),
                      b = draw((view){.scale = 1, .gain = 0.8, .noise = 2, .seed = seed});
            uint8_t overlap;
            ie_likeness copy = ie_structure_compare(&a, &b, 0, true);
            paint(&b, rows[i].left, rows[i].top, rows[i].width, rows[i].height, rows[i].level);
            ie_likeness marked = ie_structure_compare(&a, &b, 0, false),
                        shot = ie_structure_compare(&a, &b, 0, true),
                        back = ie_structure_compare(&b, &a, 0, true);
            if (ie_structure_judge(&copy, true) != IE_MATCH_SAME_PICTURE ||
                (rows[i].mark && ie_structure_judge(&marked, false) != IE_MATCH_SAME_PICTURE) ||
                ie_structure_judge(&shot, true) == IE_MATCH_SAME_PICTURE ||
                ie_structure_judge(&back, true) == IE_MATCH_SAME_PICTURE ||
                ie_structure_look(&a, &b, 0, true, &overlap) == IE_MATCH_SAME_PICTURE) {
                fail_msg(
                    "picture %u, row %zu: changed %.1f, %.1f and %.1f, match %.3f, blocks %.3f",
                    seed, i, copy.changed, marked.changed, shot.changed, marked.match,
                    marked.blocks);
            }
        }
    }
}

/* As opaque as things are: 255 is solid. */
static void blend(ie_sketch *sketch, int left, int top, int width, int height, int level, int solid)
{
    for (int i = 0; i < width * height; i++) {
        uint8_t *at = &sketch->gray[(top + i / width) * IE_SKETCH_SIDE + left + i % width];
        *at = (uint8_t)((level * solid + *at * (255 - solid)) / 255);
    }
}

static void
a_thing_that_one_of_them_lacks_makes_another_picture_and_a_pale_mark_does_not(void **state)
{
    (void)state;
    static const struct {
        int left, top, width, height, level, solid;
        bool same;
    } rows[] = {{30, 28, 6, 7, 255, 255, false}, {30, 28, 6, 7, 0, 255, false},
                {4, 30, 9, 9, 0, 255, false},    {40, 50, 12, 9, 255, 255, false},
                {30, 28, 6, 7, 255, 40, true},   {12, 28, 40, 6, 255, 40, true},
                {53, 53, 8, 8, 255, 130, true},  {3, 3, 8, 8, 0, 130, true},
                {10, 58, 40, 2, 255, 120, true}};
    for (unsigned seed = 1; seed < 9; seed++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            ie_sketch a = draw((view){.scale = 1, .gain = 0.5, .seed = seed}),
                      b = draw((view){.scale = 1, .gain = 0.52, .noise = 2, .seed = seed});
            blend(&b, rows[i].left, rows[i].top, rows[i].width, rows[i].height, rows[i].level,
                  rows[i].solid);
            ie_likeness l = ie_structure_compare(&a, &b, 0, false),
                        back = ie_structure_compare(&b, &a, 0, false);
            bool same = ie_structure_judge(&l, false) == IE_MATCH_SAME_PICTURE,
                 same_back = ie_structure_judge(&back, false) == IE_MATCH_SAME_PICTURE;
            if (same != rows[i].same || same_back != rows[i].same) {
                fail_msg("picture %u, row %zu: thing %d, changed %.1f, match %.3f, blocks %.3f",
                         seed, i, l.other_thing, l.changed, l.match, l.blocks);
            }
        }
    }
}

static void a_frame_around_it_makes_no_other_picture(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){64.0 / 60, 0, 1, 1, 0, seed, 0, 0});
        paint(&b, 0, 0, IE_SKETCH_SIDE, 2, 255);
        paint(&b, 0, 62, IE_SKETCH_SIDE, 2, 255);
        paint(&b, 0, 0, 2, IE_SKETCH_SIDE, 255);
        paint(&b, 62, 0, 2, IE_SKETCH_SIDE, 255);
        for (int turned = 0; turned < 2; turned++) {
            ie_likeness l = turned ? ie_structure_compare(&b, &a, 0, false)
                                   : ie_structure_compare(&a, &b, 0, false);
            if (ie_structure_judge(&l, false) != IE_MATCH_SAME_PICTURE) {
                fail_msg("picture %u: moved %.3f, match %.3f, blocks %.3f, scale %.3f", seed,
                         l.moved, l.match, l.blocks, l.scale_x);
            }
        }
    }
}

static void a_wide_frame_makes_no_other_picture_and_a_band_of_text_neither(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){64.0 / 50, 0, 1, 1, 0, seed, 0, 0}),
                  c = draw((view){1, 0, 1, 1, 0, seed, 0, 0});
        paint(&b, 0, 0, IE_SKETCH_SIDE, 7, 250);
        paint(&b, 0, 57, IE_SKETCH_SIDE, 7, 250);
        paint(&b, 0, 0, 7, IE_SKETCH_SIDE, 250);
        paint(&b, 57, 0, 7, IE_SKETCH_SIDE, 250);
        paint(&c, 0, 58, IE_SKETCH_SIDE, 6, 250);
        for (int x = 3; x < 50; x += 3) {
            paint(&c, x, 60, 1, 2, 20);
        }
        ie_likeness framed = ie_structure_compare(&a, &b, 0, false),
                    back = ie_structure_compare(&b, &a, 0, false),
                    banded = ie_structure_compare(&a, &c, 0, false);
        if (ie_structure_judge(&framed, false) != IE_MATCH_SAME_PICTURE ||
            ie_structure_judge(&back, false) != IE_MATCH_SAME_PICTURE ||
            ie_structure_judge(&banded, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("picture %u: framed %.3f, banded %.3f, changed %.1f", seed, framed.match,
                     banded.match, banded.changed);
        }
        assert_true(banded.match > 0.98); /* the band does not count */
    }
}

static void one_picture_with_other_captions_is_two_pictures(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}), b;
        paint(&a, 0, 58, IE_SKETCH_SIDE, 6, 250);
        b = a;
        for (int x = 3; x < 50; x += 6) {
            paint(&a, x, 60, 3, 2, 20);
            paint(&b, x + 2 * (x % 4), 60, 2, 2, 20);
        }
        ie_likeness l = ie_structure_compare(&a, &b, 0, false),
                    same = ie_structure_compare(&a, &a, 0, false);
        assert_int_equal(ie_structure_judge(&same, false), IE_MATCH_SAME_PICTURE);
        if (!l.other_text || ie_structure_judge(&l, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("picture %u: match %.3f", seed, l.match);
        }
    }
}

/* Waves of colour in the place of the picture where the middle of the sample lies. */
static void tint(ie_sketch *sketch, double scale)
{
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        double x = scale * ((2.0 * (i % IE_SKETCH_CHROMA) + 1) / IE_SKETCH_CHROMA - 1),
               y = scale * ((2.0 * (i / IE_SKETCH_CHROMA) + 1) / IE_SKETCH_CHROMA - 1);
        bool inside = fabs(x) < 1 && fabs(y) < 1;
        sketch->a[i] = (int8_t)(inside ? 40 * sin(9 * x) : 0);
        sketch->b[i] = (int8_t)(inside ? 40 * sin(9 * y) : 0);
    }
}

static void the_colours_within_a_frame_are_compared_where_they_lie(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        const double stretched = 64.0 / 50;
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  b = draw((view){stretched, 0, 1, 1, 0, seed, 0, 0});
        paint(&b, 0, 0, IE_SKETCH_SIDE, 7, 250);
        paint(&b, 0, 57, IE_SKETCH_SIDE, 7, 250);
        paint(&b, 0, 0, 7, IE_SKETCH_SIDE, 250);
        paint(&b, 57, 0, 7, IE_SKETCH_SIDE, 250);
        tint(&a, 1);
        tint(&b, stretched);
        ie_likeness l = ie_structure_compare(&a, &b, 0, false),
                    back = ie_structure_compare(&b, &a, 0, false);
        if (ie_structure_judge(&l, false) != IE_MATCH_SAME_PICTURE || !(l.chroma_match > 0.9) ||
            !(back.chroma_match > 0.9)) {
            fail_msg("picture %u: chroma %.1f, match %.3f, back %.1f, %.3f", seed, l.chroma,
                     l.chroma_match, back.chroma, back.chroma_match);
        }
    }
}

/* Which of two cells of sky is darker is chance. */
static void slopes_of_less_than_rounding_do_not_count(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 3, 0, 0}), b = a;
    for (int y = 0; y < 40; y++) {
        for (int x = 0; x < IE_SKETCH_SIDE; x++) {
            int at = y * IE_SKETCH_SIDE + x;
            a.gray[at] = (uint8_t)(200 + x / 7 % 2);
            b.gray[at] = (uint8_t)(201 - x / 7 % 2);
        }
    }
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_true(l.gradient <= 4);
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
}

static void one_tint_for_all_is_no_other_colour(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 4, 0, 0}), b;
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        a.a[i] = (int8_t)(i % 16 * 5 - 40);
        a.b[i] = (int8_t)(i / 16 * 5 - 40);
    }
    b = a;
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        int gray = 0; /* a sepia print: less tinted where it is dark */
        for (int k = 0; k < 16; k++) {
            gray += b.gray[(i / 16 * 4 + k / 4) * IE_SKETCH_SIDE + i % 16 * 4 + k % 4] / 16;
        }
        b.a[i] = (int8_t)(gray / 12);
        b.b[i] = (int8_t)(gray / 8);
    }
    ie_likeness l = ie_structure_compare(&a, &b, 0, false);
    assert_true(isnan(l.chroma_match));
    assert_int_equal(ie_structure_judge(&l, false), IE_MATCH_SAME_PICTURE);
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        b.a[i] = (int8_t)(a.a[i] + 25);
        b.b[i] = a.b[i];
    }
    assert_true(ie_structure_compare(&a, &b, 0, false).chroma < 1);
}

static void a_camera_that_was_moved_makes_it_another_shot(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  moved = draw((view){1, 0.04, 1, 2, 0, seed, 0, 0});
        ie_sketch cut =
            draw((view){0.96, 0.04, 1, 2, 0, seed, 0, 0}); /* at one edge: up to where it ended */
        ie_likeness shot = ie_structure_compare(&a, &moved, 0, false),
                    crop = ie_structure_compare(&a, &cut, 0, false);
        if (fabs(shot.beyond - 0.02) > 0.004 ||
            ie_structure_judge(&shot, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("shot %u: beyond %.4f", seed, shot.beyond);
        }
        if (crop.beyond > 0.003 || ie_structure_judge(&crop, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("crop %u: beyond %.4f", seed, crop.beyond);
        }
    }
}

static void a_camera_that_was_tilted_makes_it_another_shot(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0});
        ie_sketch tilted =
            draw((view){.scale = 0.92, .gain = 1, .noise = 2, .seed = seed, .tilt = 0.015});
        ie_sketch crop = draw((view){.scale = 0.92, .gain = 1, .noise = 2, .seed = seed});
        ie_sketch straight =
            draw((view){.scale = 0.92, .gain = 1, .noise = 2, .seed = seed, .tilt = 0.05});
        ie_likeness shot = ie_structure_compare(&a, &tilted, 0, false),
                    copy = ie_structure_compare(&a, &crop, 0, false);
        if (shot.moved > 0.02 || shot.beyond > 0.004 ||
            ie_structure_judge(&shot, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("shot %u: angle %.4f, moved %.3f, beyond %.4f", seed, shot.angle, shot.moved,
                     shot.beyond);
        }
        if (ie_structure_judge(&copy, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("crop %u: angle %.4f", seed, copy.angle);
        }
        copy = ie_structure_compare(&a, &straight, 0, false);
        if (ie_structure_judge(&copy, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("straightened %u: angle %.4f", seed, copy.angle);
        }
    }
}

/* What the camera's automatic exposure and a program's levels have in common: no line explains
   them. */
static void a_burst_with_other_exposure_is_not_one_picture(void **state)
{
    (void)state;
    ie_sketch a = draw((view){1, 0, 1, 0, 0, 1, 0, 0});
    ie_likeness copy = ie_structure_compare(&a, &a, 0, false);
    copy.retoned = true;
    copy.moved = 0.028;
    assert_int_equal(ie_structure_judge(&copy, false), IE_MATCH_SAME_PICTURE);
    copy.moved = 0.045;
    assert_int_equal(ie_structure_judge(&copy, false), IE_MATCH_SIMILAR_SCENE);
    copy.overlap = 0.8; /* nor a crop */
    copy.scale_x = copy.scale_y = 1.1;
    assert_int_equal(ie_structure_judge(&copy, false), IE_MATCH_SIMILAR_SCENE);
}

/* Fine structure all over it, `share` of which is not that of other `leaves`. */
static void cover(ie_sketch *sketch, unsigned leaves, double share)
{
    uint32_t same = 7, other = leaves;
    for (int i = 0; i < IE_SKETCH_SIDE * IE_SKETCH_SIDE; i++) {
        same = same * 1664525 + 1013904223;
        other = other * 1664525 + 1013904223;
        double grain = (1 - share) * ((double)(same >> 16) / 65536 - 0.5) +
                       share * ((double)(other >> 16) / 65536 - 0.5);
        double value = sketch->gray[i] * 0.6 + 50 + 90 * grain;
        sketch->gray[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static void leaves_in_the_wind_make_it_another_shot_and_noise_does_not(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  copy = draw((view){1, 0, 1, 6, 0, seed, 0, 0}), shot = a;
        cover(&a, 1, 0.3);
        cover(&copy, 1, 0.3);
        cover(&shot, 2, 0.3);
        ie_likeness same = ie_structure_compare(&a, &copy, 0, false),
                    other = ie_structure_compare(&a, &shot, 0, false);
        if (ie_structure_judge(&same, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("copy %u: usual %.3f, lesser %.3f", seed, same.usual, same.lesser);
        }
        if (other.moved > 0.02 || other.detail < 0.7 || other.changed > 30 ||
            ie_structure_judge(&other, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("shot %u: usual %.3f, lesser %.3f, moved %.3f, detail %.3f, changed %.0f",
                     seed, other.usual, other.lesser, other.moved, other.detail, other.changed);
        }
    }
}

/* Levels that were edited by more than brightness and contrast. */
static void bend(ie_sketch *sketch)
{
    for (int i = 0; i < IE_SKETCH_SIDE * IE_SKETCH_SIDE; i++) {
        sketch->gray[i] = (uint8_t)(255 * pow(sketch->gray[i] / 255.0, 1.6));
    }
}

static void leaves_in_the_wind_are_seen_through_edited_levels(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 9; seed++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, seed, 0, 0}),
                  copy = draw((view){1, 0, 1, 6, 0, seed, 0, 0}), shot = a;
        cover(&a, 1, 0.35);
        cover(&copy, 1, 0.35);
        cover(&shot, 2, 0.35);
        bend(&copy);
        bend(&shot);
        ie_likeness same = ie_structure_compare(&a, &copy, 0, false),
                    other = ie_structure_compare(&a, &shot, 0, false);
        if (!same.retoned || ie_structure_judge(&same, false) != IE_MATCH_SAME_PICTURE) {
            fail_msg("copy %u: usual %.3f, lesser %.3f, moved %.3f", seed, same.usual, same.lesser,
                     same.moved);
        }
        if (!other.retoned || other.moved > 0.03 || other.detail < 0.7 || other.changed > 30 ||
            ie_structure_judge(&other, false) != IE_MATCH_SIMILAR_SCENE) {
            fail_msg("shot %u: usual %.3f, lesser %.3f, moved %.3f, detail %.3f, changed %.0f",
                     seed, other.usual, other.lesser, other.moved, other.detail, other.changed);
        }
    }
}

static void a_crop_is_one_from_either_side(void **state)
{
    (void)state;
    const struct {
        double part;
        ie_match verdict;
    } cases[] = {{0.87, IE_MATCH_SAME_PICTURE}, {0.81, IE_MATCH_NONE}};
    for (size_t i = 0; i < 2; i++) {
        ie_sketch a = draw((view){1, 0, 1, 0, 0, 2, 0, 0}),
                  b = draw((view){cases[i].part, 0, 1, 1, 0, 2, 0, 0});
        ie_likeness there = ie_structure_compare(&a, &b, 0, false),
                    back = ie_structure_compare(&b, &a, 0, false);
        assert_int_equal(ie_structure_judge(&there, false), cases[i].verdict);
        assert_int_equal(ie_structure_judge(&back, false), cases[i].verdict);
    }
}

/* Pictures that are alike in all degrees: by places, by blocks, by detail, by what moves. */
static void a_look_that_ends_early_says_what_all_measures_say(void **state)
{
    (void)state;
    const view views[] = {{1, 0, 1, 0, 0, 2, 0, 0},    {0.87, 0, 1, 1, 0, 2, 0, 0},
                          {0.6, 0, 1, 1, 0, 2, 0, 0},  {1, 0.1, 0.8, 10, 0, 2, 0, 0},
                          {1, 0, 1.2, 0, 0, 3, 0, 0},  {0.97, 0.02, 1, 0, 4, 2, 0, 0},
                          {1, 0, 1, 0, 20, 2, 0, 0},   {0.95, 0, 0.6, 40, 2, 3, 0, 0}};
    enum { COUNT = sizeof views / sizeof *views };
    unsigned seen[IE_MATCH_SIMILAR_SCENE + 1] = {0};
    for (int i = 0; i < COUNT * COUNT * 2; i++) {
        ie_sketch a = draw(views[i / 2 / COUNT]), b = draw(views[i / 2 % COUNT]);
        bool other = i % 2 == 1;
        uint8_t overlap;
        if (i % 3 == 0) {
            cover(&b, (unsigned)i, 0.35);
        } else if (i % 5 == 0) {
            paint(&b, 40, 28, 3, 8, 20);
        }
        ie_likeness l = ie_structure_compare(&a, &b, 0, other);
        ie_match verdict = ie_structure_judge(&l, other);
        assert_int_equal(ie_structure_look(&a, &b, 0, other, &overlap), verdict);
        assert_int_equal(overlap, (uint8_t)(100 * l.overlap * fmin(1, l.scale_x * l.scale_y)));
        seen[verdict]++;
    }
    assert_true(seen[IE_MATCH_NONE] > 5 && seen[IE_MATCH_SAME_PICTURE] > 5 &&
                seen[IE_MATCH_SIMILAR_SCENE] > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_agrees_in_all_there_is),
        cmocka_unit_test(noise_and_contrast_change_nothing),
        cmocka_unit_test(a_crop_is_laid_where_it_came_from),
        cmocka_unit_test(every_turn_is_undone),
        cmocka_unit_test(another_picture_does_not_agree),
        cmocka_unit_test(a_flat_picture_has_no_texture),
        cmocka_unit_test(colours_are_compared_where_both_have_them),
        cmocka_unit_test(what_is_flat_is_told_before_comparing),
        cmocka_unit_test(pictures_with_nothing_in_common_are_given_up_early),
        cmocka_unit_test(what_moves_makes_it_another_shot),
        cmocka_unit_test(a_mark_does_not_move),
        cmocka_unit_test(who_comes_into_a_still_scene_makes_it_another_shot_and_a_mark_does_not),
        cmocka_unit_test(
            a_thing_that_one_of_them_lacks_makes_another_picture_and_a_pale_mark_does_not),
        cmocka_unit_test(a_frame_around_it_makes_no_other_picture),
        cmocka_unit_test(a_wide_frame_makes_no_other_picture_and_a_band_of_text_neither),
        cmocka_unit_test(one_picture_with_other_captions_is_two_pictures),
        cmocka_unit_test(the_colours_within_a_frame_are_compared_where_they_lie),
        cmocka_unit_test(slopes_of_less_than_rounding_do_not_count),
        cmocka_unit_test(one_tint_for_all_is_no_other_colour),
        cmocka_unit_test(a_camera_that_was_moved_makes_it_another_shot),
        cmocka_unit_test(leaves_in_the_wind_make_it_another_shot_and_noise_does_not),
        cmocka_unit_test(a_camera_that_was_tilted_makes_it_another_shot),
        cmocka_unit_test(a_burst_with_other_exposure_is_not_one_picture),
        cmocka_unit_test(leaves_in_the_wind_are_seen_through_edited_levels),
        cmocka_unit_test(a_crop_is_one_from_either_side),
        cmocka_unit_test(a_look_that_ends_early_says_what_all_measures_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
