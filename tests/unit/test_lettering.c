// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "engine/lettering.h"

#define WIDTH 640
#define HEIGHT 480

typedef struct shown {
    ie_pixels pixels;
    ie_sketch sketch;
} shown;

static shown shown_of(uint8_t *data, uint32_t width, uint32_t height)
{
    shown s = {.pixels = {.data = data,
                          .width = width,
                          .height = height,
                          .channels = 1,
                          .extent_w = width,
                          .extent_h = height}};
    assert_true(ie_pixels_resize(&s.pixels, IE_SKETCH_SIDE, IE_SKETCH_SIDE, IE_FILTER_LANCZOS,
                                 s.sketch.gray));
    return s;
}

/* Waves of many levels, and at the lower edge bars of one level where `text` has a bit; 0:
   nothing is written. */
static shown write_on(uint32_t text, uint8_t level)
{
    uint8_t *data = ie_alloc((size_t)WIDTH * HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int x = i % WIDTH, y = i / WIDTH;
        bool letter = y >= 420 && y < 460 && x >= 64 && x < 576 && x % 16 < 11 &&
                      (text >> (x - 64) / 16 & 1) != 0;
        data[i] =
            letter ? level : (uint8_t)(110 + 50 * sin(x / 23.0 + y / 31.0) + 40 * sin(y / 11.0));
    }
    return shown_of(data, WIDTH, HEIGHT);
}

static shown half_of(const shown *from)
{
    uint8_t *data = ie_alloc((size_t)WIDTH / 2 * (HEIGHT / 2));
    assert_true(ie_pixels_resize(&from->pixels, WIDTH / 2, HEIGHT / 2, IE_FILTER_BICUBIC, data));
    return shown_of(data, WIDTH / 2, HEIGHT / 2);
}

static double both(const shown *a, const shown *b)
{
    return ie_lettering_of_both(&a->sketch, &a->pixels, &b->sketch, &b->pixels, 0);
}

static void two_captions_are_told_from_one(void **state)
{
    (void)state;
    static const uint8_t levels[] = {255, 0, 230};
    for (size_t i = 0; i < sizeof levels; i++) {
        shown bare = write_on(0, levels[i]), one = write_on(0x5b36d2e5, levels[i]),
              two = write_on(0xa6c94d1b, levels[i]), half = half_of(&two);
        assert_true(ie_lettering_may_differ(&one.sketch, &two.sketch, 0));
        assert_true(both(&one, &two) >= IE_LETTERING_BOTH);
        assert_true(both(&one, &half) >= IE_LETTERING_BOTH);
        assert_true(both(&half, &one) >= IE_LETTERING_BOTH);
        assert_true(both(&bare, &one) < IE_LETTERING_BOTH);
        assert_true(both(&two, &bare) < IE_LETTERING_BOTH);
        assert_true(both(&half, &two) < IE_LETTERING_BOTH);
        free(bare.pixels.data);
        free(one.pixels.data);
        free(two.pixels.data);
        free(half.pixels.data);
    }
}

static void where_nothing_is_written_nothing_is_read(void **state)
{
    (void)state;
    shown bare = write_on(0, 0), half = half_of(&bare), written = write_on(0x5b36d2e5, 255);
    assert_false(ie_lettering_may_differ(&bare.sketch, &half.sketch, 0));
    assert_true(ie_lettering_may_differ(&bare.sketch, &written.sketch, 0));
    assert_false(ie_lettering_may_differ(&bare.sketch, &written.sketch, 1));
    free(bare.pixels.data);
    free(half.pixels.data);
    free(written.pixels.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_captions_are_told_from_one),
        cmocka_unit_test(where_nothing_is_written_nothing_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
