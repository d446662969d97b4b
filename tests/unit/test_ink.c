// SPDX-License-Identifier: GPL-3.0-or-later
#include "sheet.h"

#include <math.h>

#include "engine/ink.h"
#include "engine/ink_apart.h"
#include "engine/ink_page.h"

static sheet resized(const sheet *from, uint32_t width, uint32_t height)
{
    uint8_t *data = ie_alloc((size_t)width * height);
    assert_true(ie_pixels_resize(&from->pixels, width, height, IE_FILTER_BICUBIC, data));
    return sheet_of(data, width, height);
}

static sheet noisy(const sheet *from)
{
    size_t count = (size_t)from->pixels.width * from->pixels.height;
    uint8_t *data = ie_alloc(count);
    uint32_t random = 99;
    for (size_t i = 0; i < count; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (uint8_t)(from->pixels.data[i] + (random >> 24) % 9 - 4);
    }
    return sheet_of(data, from->pixels.width, from->pixels.height);
}

/* Without so many samples at the left and the right, above and below. */
static sheet cut(const sheet *from, int x, int y)
{
    uint32_t width = from->pixels.width - (uint32_t)(2 * x),
             height = from->pixels.height - (uint32_t)(2 * y);
    uint8_t *data = ie_alloc((size_t)width * height);
    for (uint32_t row = 0; row < height; row++) {
        memcpy(data + (size_t)row * width,
               from->pixels.data + (size_t)(row + (uint32_t)y) * from->pixels.width + x, width);
    }
    return sheet_of(data, width, height);
}

/* A quarter of a turn to the right. */
static sheet turned(const sheet *from)
{
    uint32_t width = from->pixels.height, height = from->pixels.width;
    uint8_t *data = ie_alloc((size_t)width * height);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            data[(size_t)y * width + x] = from->pixels.data[(size_t)(width - 1 - x) * height + y];
        }
    }
    return sheet_of(data, width, height);
}

static double other_ink(const sheet *a, const sheet *b, unsigned turn)
{
    static ie_ink_room room; /* whatever an earlier pair left there changes nothing */
    return ie_ink_other(&a->sketch, &a->pixels, &b->sketch, &b->pixels, turn, &room);
}

static void copies_of_a_page_have_its_ink(void **state)
{
    (void)state;
    sheet page = write_page(-1), half = resized(&page, 300, 420), odd = resized(&page, 431, 603),
          dirty = noisy(&page);
    sheet *const copies[] = {&page, &half, &odd, &dirty};
    assert_true(ie_ink_may_be_page(&page.sketch) && ie_ink_is_page(&page.pixels) &&
                ie_ink_is_page(&dirty.pixels));
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            assert_true(other_ink(copies[i], copies[k], 0) < IE_INK_OTHER);
        }
    }
    free(page.pixels.data);
    free(half.pixels.data);
    free(odd.pixels.data);
    free(dirty.pixels.data);
}

static void one_other_digit_makes_another_page(void **state)
{
    (void)state;
    sheet page = write_page(-1), other = write_page(CHANGED), half = resized(&other, 300, 420),
          dirty = noisy(&other);
    assert_true(other_ink(&page, &other, 0) > 2 * IE_INK_OTHER);
    assert_true(other_ink(&other, &page, 0) > 2 * IE_INK_OTHER);
    assert_true(other_ink(&page, &half, 0) > IE_INK_OTHER);
    assert_true(other_ink(&half, &page, 0) > IE_INK_OTHER);
    assert_true(other_ink(&page, &dirty, 0) > 2 * IE_INK_OTHER);
    free(page.pixels.data);
    free(other.pixels.data);
    free(half.pixels.data);
    free(dirty.pixels.data);
}

static void a_page_that_was_cut_or_turned_is_laid_onto_the_other_to_be_read(void **state)
{
    (void)state;
    sheet page = write_page(-1), other = write_page(CHANGED);
    sheet less = cut(&page, 7, 10), less_other = cut(&other, 7, 10), lies = turned(&page),
          lies_other = turned(&other);
    assert_true(other_ink(&page, &less, 0) < IE_INK_OTHER);
    assert_true(other_ink(&less, &page, 0) < IE_INK_OTHER);
    assert_true(other_ink(&page, &less_other, 0) > IE_INK_OTHER);
    assert_true(other_ink(&page, &lies, 5) < IE_INK_OTHER ||
                other_ink(&page, &lies, 7) < IE_INK_OTHER);
    assert_true(other_ink(&page, &lies_other, 5) > IE_INK_OTHER);
    assert_true(other_ink(&page, &lies_other, 7) > IE_INK_OTHER);
    sheet *const all[] = {&page, &other, &less, &less_other, &lies, &lies_other};
    for (size_t i = 0; i < 6; i++) {
        free(all[i]->pixels.data);
    }
}

/* Most rows of the one are those of the other; one line is not. */
static void scans_that_lie_a_little_apart_are_laid_onto_each_other(void **state)
{
    (void)state;
    sheet page = write_page(-1), other = write_page(CHANGED);
    sheet less = cut(&page, 3, 2), less_other = cut(&other, 3, 2);
    sheet scan = noisy(&less), scan_other = noisy(&less_other);
    assert_true(other_ink(&page, &scan, 0) < IE_INK_OTHER);
    assert_true(other_ink(&scan, &page, 0) < IE_INK_OTHER);
    assert_true(other_ink(&page, &scan_other, 0) > IE_INK_OTHER);
    assert_true(other_ink(&scan_other, &page, 0) > IE_INK_OTHER);
    sheet *const all[] = {&page, &other, &less, &less_other, &scan, &scan_other};
    for (size_t i = 0; i < 6; i++) {
        free(all[i]->pixels.data);
    }
}

static void pages_of_other_lines_differ_clearly_and_copies_do_not(void **state)
{
    (void)state;
    sheet page = write_page(-1), half = resized(&page, 300, 420), dirty = noisy(&page);
    sheet small = resized(&half, SHEET_WIDTH, SHEET_HEIGHT);
    uint8_t *data = ie_alloc((size_t)SHEET_WIDTH * SHEET_HEIGHT);
    memcpy(data, page.pixels.data, (size_t)SHEET_WIDTH * SHEET_HEIGHT);
    bar(data, 300, 450, 60, 12);
    sheet other = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    sheet *const all[] = {&small, &dirty, &page, &other};
    ie_ink_room room = {0};
    ie_ink_plane first = {0}, second = {0}, there = {0};
    assert_true(ie_ink_plane_fill(&first, &page.pixels, 0));
    assert_true(ie_ink_plane_make(&there, SHEET_WIDTH, SHEET_HEIGHT));
    for (int i = 0; i < SHEET_WIDTH * SHEET_HEIGHT; i++) {
        there.v[i] = 1;
    }
    for (int i = 0; i < 4; i++) {
        ie_ink_levels levels = {.reach = 1};
        assert_true(ie_ink_plane_fill(&second, &all[i]->pixels, 0));
        assert_true(ie_ink_levels_of(&first, &second, &levels));
        assert_int_equal(ie_ink_differs_clearly(&first, &second, there.v, &levels, &room), i == 3);
        assert_int_equal(ie_ink_differs_clearly(&second, &first, there.v, &levels, &room), i == 3);
        free(all[i]->pixels.data);
    }
    free(half.pixels.data);
    ie_ink_plane_clear(&first);
    ie_ink_plane_clear(&second);
    ie_ink_plane_clear(&there);
    ie_ink_room_clear(&room);
}

static void what_is_small_or_blank_or_a_photo_is_no_page_and_is_not_read(void **state)
{
    (void)state;
    uint8_t *data = ie_alloc((size_t)SHEET_WIDTH * SHEET_HEIGHT), dot[4] = {0};
    for (int i = 0; i < SHEET_WIDTH * SHEET_HEIGHT; i++) {
        data[i] =
            (uint8_t)(128 + 60 * sin(i % SHEET_WIDTH / 41.0) + 50 * sin(i / SHEET_WIDTH / 17.0));
    }
    sheet photo = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT), small = sheet_of(dot, 2, 2);
    assert_false(ie_ink_may_be_page(&photo.sketch));
    assert_false(ie_ink_is_page(&photo.pixels));
    assert_false(ie_ink_is_page(&small.pixels));
    assert_true(isinf(other_ink(&small, &small, 0)));
    memset(data, 250, (size_t)SHEET_WIDTH * SHEET_HEIGHT);
    sheet blank = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    assert_true(isinf(other_ink(&blank, &blank, 0)));
    free(data);
}

/* A lamp at the side, the rules of a table, a dark page: still pages. */
static void pages_are_told_whatever_their_paper(void **state)
{
    (void)state;
    sheet page = write_page(-1);
    const uint32_t width = page.pixels.width, height = page.pixels.height;
    const size_t count = (size_t)width * height;
    uint8_t *data = ie_alloc(count);
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < count; i++) {
            const uint32_t x = (uint32_t)i % width, y = (uint32_t)i / width;
            const uint8_t v = page.pixels.data[i];
            const uint8_t kinds[] = {
                (uint8_t)(v * (width - x / 3) / width),             /* to two thirds */
                y % 40 == 20 && v > 215 ? 215 : v,                  /* ruled */
                (uint8_t)(255 - v), (uint8_t)(v - y / 60 % 2 * 14), /* every other row shaded */
            };
            data[i] = kinds[kind];
        }
        const sheet other = sheet_of(data, width, height);
        if (!ie_ink_may_be_page(&other.sketch) || !ie_ink_is_page(&other.pixels)) {
            fail_msg("no page: %d", kind);
        }
    }
    free(data);
    free(page.pixels.data);
}

/* What has the flat ground of a page, but something large before it, or anything at all. */
static void what_stands_before_a_plain_ground_is_no_page(void **state)
{
    (void)state;
    uint8_t *data = ie_alloc((size_t)SHEET_WIDTH * SHEET_HEIGHT);
    uint32_t random = 5;
    for (int i = 0; i < SHEET_WIDTH * SHEET_HEIGHT; i++) {
        const double x = i % SHEET_WIDTH - 300, y = i / SHEET_WIDTH - 420.0;
        const bool bird = x * x + y * y < 150.0 * 150;
        random = random * 1664525 + 1013904223;
        data[i] = (uint8_t)(bird ? 100 + 60 * sin(x / 9) * cos(y / 7) + (random >> 28)
                                 : 200 + i / SHEET_WIDTH / 100);
    }
    sheet bird = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    assert_true(ie_ink_may_be_page(&bird.sketch)); /* so it is looked at */
    assert_false(ie_ink_is_page(&bird.pixels));
    memset(data, 200, (size_t)SHEET_WIDTH * SHEET_HEIGHT);
    sheet nothing = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    assert_true(ie_ink_is_page(&nothing.pixels)); /* as harmless as a page: it is told apart */
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_a_page_have_its_ink),
        cmocka_unit_test(one_other_digit_makes_another_page),
        cmocka_unit_test(a_page_that_was_cut_or_turned_is_laid_onto_the_other_to_be_read),
        cmocka_unit_test(scans_that_lie_a_little_apart_are_laid_onto_each_other),
        cmocka_unit_test(pages_of_other_lines_differ_clearly_and_copies_do_not),
        cmocka_unit_test(pages_are_told_whatever_their_paper),
        cmocka_unit_test(what_stands_before_a_plain_ground_is_no_page),
        cmocka_unit_test(what_is_small_or_blank_or_a_photo_is_no_page_and_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
