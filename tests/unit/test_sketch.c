// SPDX-License-Identifier: GPL-3.0-or-later
/* What the colours of a sketch tell. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "core/sketch.h"

#define N IE_SKETCH_CHROMA
#define SIDE IE_SKETCH_SIDE

typedef struct rgb {
    double r, g, b;
} rgb;

static double at_most_white(double value)
{
    return value > 255 ? 255 : value;
}

/* As Microsoft's matrix has it, which clips highlights. */
static rgb sepia_of(rgb c)
{
    return (rgb){at_most_white(.393 * c.r + .769 * c.g + .189 * c.b),
                 at_most_white(.349 * c.r + .686 * c.g + .168 * c.b),
                 at_most_white(.272 * c.r + .534 * c.g + .131 * c.b)};
}

static rgb plain(rgb c)
{
    return c;
}

static rgb tinted(rgb c)
{
    double gray = .299 * c.r + .587 * c.g + .114 * c.b;
    return (rgb){gray, 0.9 * gray, 0.7 * gray};
}

static double level(double value)
{
    return value < 0 ? 0 : at_most_white(value);
}

/* A bright picture in many colours, as `print` makes it. Cells have two halves, most of them one
   that is brighter. */
static ie_sketch draw(rgb (*print)(rgb))
{
    ie_sketch sketch = {0};
    for (int i = 0; i < N * N; i++) {
        double x = i % N, y = i / N, a = 0, b = 0, gray = 0;
        for (int half = 0; half < 2; half++) {
            double light = 160 + 60 * half * sin(x + y);
            rgb c = print((rgb){level(light + 60 * sin(x / 3)),
                                level(light + 10 + 80 * cos(y / 4 + x / 5)),
                                level(light - 10 + 80 * sin(x / 4 - y / 3))});
            a += (c.r - c.g) / 4;
            b += (c.r + c.g - 2 * c.b) / 8;
            gray += (.299 * c.r + .587 * c.g + .114 * c.b) / 2;
        }
        sketch.a[i] = (int8_t)lround(a);
        sketch.b[i] = (int8_t)lround(b);
        for (int k = 0; k < 16; k++) {
            sketch.gray[(i / N * 4 + k / 4) * SIDE + i % N * 4 + k % 4] = (uint8_t)lround(gray);
        }
    }
    return sketch;
}

static void a_clipped_sepia_print_is_told_from_colours(void **state)
{
    (void)state;
    ie_sketch colours = draw(plain), sepia = draw(sepia_of), tint = draw(tinted);
    assert_true(ie_sketch_colored(&colours) && !ie_sketch_sepia(&colours));
    /* Clipping makes of its one tint several, so that the one question alone does not tell. */
    assert_true(ie_sketch_colored(&sepia) && ie_sketch_sepia(&sepia));
    assert_false(ie_sketch_colored(&tint));
}

static void what_is_blue_or_red_all_over_is_no_sepia_print(void **state)
{
    (void)state;
    ie_sketch sepia = draw(sepia_of), other = sepia;
    for (int i = 0; i < N * N; i++) {
        other.a[i] = (int8_t)-sepia.a[i];
        other.b[i] = (int8_t)-sepia.b[i];
    }
    assert_false(ie_sketch_sepia(&other));
    for (int i = 0; i < N * N; i++) {
        other.a[i] = sepia.b[i];
        other.b[i] = sepia.a[i];
    }
    assert_false(ie_sketch_sepia(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clipped_sepia_print_is_told_from_colours),
        cmocka_unit_test(what_is_blue_or_red_all_over_is_no_sepia_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
