// SPDX-License-Identifier: GPL-3.0-or-later
/* How one small picture is laid onto another, and what of it is left out. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "engine/band.h"
#include "engine/frame.h"
#include "engine/laying.h"

#define SIDE IE_SKETCH_SIDE

/* A made picture, from -1 to 1 both ways. */
static double picture(double x, double y)
{
    double value = 120;
    for (int k = 1; k <= 9; k++) {
        double angle = 1 + k * 2.4;
        value += 44.0 / sqrt(k) * sin(k * 2.1 * (x * cos(angle) + y * sin(angle)) + 3.1 + k * k);
    }
    return value < 20 ? 20 : value > 235 ? 235 : value;
}

/* Seen from so many samples further to the right, and turned. */
static void fill(ie_plane *p, double moved, double turned)
{
    p->side = SIDE;
    for (int i = 0; i < SIDE * SIDE; i++) {
        double x = ie_unit_of(i % SIDE, SIDE) + 2 * moved / SIDE, y = ie_unit_of(i / SIDE, SIDE);
        p->v[i] = (float)round(
            picture(x * cos(turned) - y * sin(turned), x * sin(turned) + y * cos(turned)));
    }
}

static void paint(ie_plane *p, int left, int top, int width, int height, float level)
{
    for (int i = 0; i < width * height; i++) {
        p->v[(top + i / width) * SIDE + left + i % width] = level;
    }
}

static void a_copy_lies_as_it_lies_whatever_is_painted_over_it(void **state)
{
    (void)state;
    static const struct {
        int left, top, width, height;
        float level;
    } marks[] = {{0, 58, SIDE, 6, 250}, {4, 26, 56, 6, 255}, {0, 0, 18, 14, 10}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        ie_plane a, b;
        ie_laying l;
        fill(&a, 0, 0);
        fill(&b, 0, 0);
        for (int k = 0; k < SIDE * SIDE; k++) { /* brightened until something is clipped */
            b.v[k] = fminf(255, 1.3f * b.v[k]);
        }
        paint(&b, marks[i].left, marks[i].top, marks[i].width, marks[i].height, marks[i].level);
        assert_true(ie_lay(&a, &b, &l));
        assert_true(l.still && l.warp.p[0] == 0 && l.warp.p[1] == 1 && l.warp.p[4] == 0);
        assert_true(l.gain > 0.6 && l.gain < 1);
    }
}

static void what_was_moved_or_turned_by_little_is_not_called_still(void **state)
{
    (void)state;
    ie_plane a, b;
    ie_laying l;
    fill(&a, 0, 0);
    fill(&b, 0.06, 0);
    assert_true(ie_lay(&a, &b, &l));
    assert_true(!l.still && fabs(l.warp.p[0] * SIDE / 2) > 0.04);
    fill(&b, 0, 0.004);
    assert_true(ie_lay(&a, &b, &l));
    assert_true(!l.still && fabs(atan2(l.warp.p[4], l.warp.p[1])) > 0.003);
}

static int left_out(const float *there)
{
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        count += there[i] == 0;
    }
    return count;
}

static void set_there(float *there)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        there[i] = 1;
    }
}

static void a_band_over_an_edge_is_left_out(void **state)
{
    (void)state;
    static const struct {
        int left, top, width, height, lines;
    } rows[] = {
        {0, 0, SIDE, 5, 7},  {0, 58, SIDE, 6, 8},
        {58, 0, 6, SIDE, 8}, {0, 30, SIDE, 6, 0}, /* not at an edge */
        {0, 0, 20, 5, 0},                         /* over a part of it */
        {0, 0, SIDE, 16, 0},                      /* too much of the picture */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_plane a, b;
        float there[SIDE * SIDE];
        fill(&a, 0, 0);
        fill(&b, 0, 0);
        set_there(there);
        paint(&b, rows[i].left, rows[i].top, rows[i].width, rows[i].height, 255);
        paint(&a, rows[i].left, rows[i].top, rows[i].width, rows[i].height, 90);
        assert_int_equal(ie_band_leave_out(&a, &b, 1, 0, there), rows[i].lines);
        assert_int_equal(left_out(there), rows[i].lines * SIDE);
    }
}

static void where_all_differs_there_is_no_band(void **state)
{
    (void)state;
    ie_plane a, b;
    float there[SIDE * SIDE];
    fill(&a, 0, 0);
    fill(&b, 12, 0);
    set_there(there);
    paint(&b, 0, 0, SIDE, 5, 255);
    assert_int_equal(ie_band_leave_out(&a, &b, 1, 0, there), 0);
    assert_int_equal(left_out(there), 0);
}

/* A band below, 6 lines of `level`, in which each letter of the text has other strokes. */
static void caption(ie_plane *p, const char *text, float level, float ink)
{
    paint(p, 0, 58, SIDE, 6, level);
    for (int i = 0; text[i] != 0; i++) {
        for (int bit = 0; bit < 5; bit++) {
            paint(p, 3 + 5 * i + bit, 60, 1, 2, (text[i] >> bit & 1) != 0 ? ink : level);
        }
    }
    ie_plane_soften(p);
}

static void two_captions_tell_apart_and_one_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *of_a, *of_b;
        float level, ink; /* of b */
        bool apart;
    } rows[] = {
        {"hamster", "hamster", 250, 20, false}, {"hamster", "hamster", 200, 60, false},
        {"hamster", "giraffe", 250, 20, true},  {"hamster", "giraffe", 20, 240, true},
        {"hamster", "", 250, 20, true},         {"", "", 30, 250, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_plane a, b;
        float there[SIDE * SIDE];
        fill(&a, 0, 0);
        fill(&b, 0, 0);
        set_there(there);
        caption(&a, rows[i].of_a, 250, 20);
        caption(&b, rows[i].of_b, rows[i].level, rows[i].ink);
        assert_int_equal(ie_band_tells_apart(&a, &b, there), rows[i].apart);
        assert_int_equal(ie_band_tells_apart(&b, &a, there), rows[i].apart);
        fill(&b, 0, 0);
        assert_false(ie_band_tells_apart(&a, &b, there)); /* one of them has a band of text */
    }
}

static void a_frame_of_one_colour_is_taken_off(void **state)
{
    (void)state;
    ie_plane p, before;
    ie_inset inset;
    fill(&p, 0, 0);
    before = p;
    assert_false(ie_frame_take_off(&p, &inset));
    paint(&p, 0, 0, SIDE, 3, 252);
    paint(&p, 0, 60, SIDE, 4, 255);
    paint(&p, 0, 0, 3, SIDE, 250);
    assert_false(ie_frame_take_off(&p, &inset)); /* the sky, not a frame */
    paint(&p, 61, 0, 3, SIDE, 250);
    assert_true(ie_frame_take_off(&p, &inset));
    assert_true(fabs(inset.middle[0]) < 1e-9 && fabs(inset.middle[1] + 1.0 / SIDE) < 1e-9);
    assert_true(fabs(inset.size[0] - 56.0 / SIDE) < 1e-9 &&
                fabs(inset.size[1] - 55.0 / SIDE) < 1e-9);
    /* What is around the middle lies further out by as much as it was stretched. */
    assert_true(fabsf(p.v[32 * SIDE + 32] - before.v[31 * SIDE + 32]) < 12);
    assert_true(fabsf(p.v[32 * SIDE] - before.v[31 * SIDE + 4]) < 12);
    assert_true(fabsf(p.v[32 * SIDE + 63] - before.v[31 * SIDE + 59]) < 12);
    fill(&p, 0, 0);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = i % SIDE, y = i / SIDE;
        p.v[i] = x < 14 || y < 14 || x > 49 || y > 49 ? 255 : p.v[i];
    }
    assert_false(ie_frame_take_off(&p, &inset)); /* a thing before a white wall */
}

/* Whichever of the two has the frame. */
static void a_map_without_frames_is_widened_to_the_wholes(void **state)
{
    (void)state;
    const ie_inset whole = {.size = {1, 1}}, in = {.middle = {0.1, -0.05}, .size = {0.8, 0.7}};
    const ie_warp inner = {{0.02, 0.9, 0.03, -0.01, -0.04, 1.1, 1, 0}};
    for (int of_b = 0; of_b < 2; of_b++) {
        ie_warp w = inner;
        ie_frame_widen(&w, of_b ? &whole : &in, of_b ? &in : &whole);
        for (int i = 0; i < 9; i++) {
            double x = i % 3 - 1, y = i / 3 - 1;
            double to_x = inner.p[0] + inner.p[1] * x + inner.p[2] * y;
            double to_y = inner.p[3] + inner.p[4] * x + inner.p[5] * y;
            if (of_b) {
                to_x = 0.1 + 0.8 * to_x;
                to_y = -0.05 + 0.7 * to_y;
            } else {
                x = 0.1 + 0.8 * x;
                y = -0.05 + 0.7 * y;
            }
            assert_true(fabs(w.p[0] + w.p[1] * x + w.p[2] * y - to_x) < 1e-9);
            assert_true(fabs(w.p[3] + w.p[4] * x + w.p[5] * y - to_y) < 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_lies_as_it_lies_whatever_is_painted_over_it),
        cmocka_unit_test(what_was_moved_or_turned_by_little_is_not_called_still),
        cmocka_unit_test(a_band_over_an_edge_is_left_out),
        cmocka_unit_test(where_all_differs_there_is_no_band),
        cmocka_unit_test(two_captions_tell_apart_and_one_does_not),
        cmocka_unit_test(a_frame_of_one_colour_is_taken_off),
        cmocka_unit_test(a_map_without_frames_is_widened_to_the_wholes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
