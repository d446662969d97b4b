// SPDX-License-Identifier: GPL-3.0-or-later
#include "sheet.h"

#include <math.h>

#include "engine/ink.h"
#include "engine/ink_apart.h"

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
    assert_true(ie_ink_may_be_page(&page.sketch) && ie_ink_is_page(&page.pixels, &page.sketch) &&
                ie_ink_is_page(&dirty.pixels, &dirty.sketch));
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
    assert_false(ie_ink_is_page(&photo.pixels, &photo.sketch));
    assert_false(ie_ink_is_page(&small.pixels, &small.sketch));
    assert_true(isinf(other_ink(&small, &small, 0)));
    memset(data, 250, (size_t)SHEET_WIDTH * SHEET_HEIGHT);
    sheet blank = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    assert_true(isinf(other_ink(&blank, &blank, 0)));
    free(data);
}

/* The rules of a table are neither paper nor ink. On a picture in colour so much of it is more. */
static void a_page_with_pale_rules_is_one_unless_it_is_colourful(void **state)
{
    (void)state;
    sheet page = write_page(-1);
    uint32_t width = page.pixels.width, height = page.pixels.height;
    uint8_t *data = ie_alloc((size_t)width * height);
    int pages = 0, pages_in_colour = 0;
    for (uint32_t step = 120; step >= 12; step -= 4) { /* more and more of them */
        memcpy(data, page.pixels.data, (size_t)width * height);
        for (uint32_t y = step / 2; y < height; y += step) {
            for (uint32_t x = 0; x < width; x++) {
                uint8_t *v = &data[(size_t)y * width + x];
                *v = *v > 215 ? 215 : *v;
            }
        }
        sheet ruled = sheet_of(data, width, height);
        pages += ie_ink_is_page(&ruled.pixels, &ruled.sketch);
        memset(ruled.sketch.a, 40, sizeof ruled.sketch.a);
        pages_in_colour += ie_ink_is_page(&ruled.pixels, &ruled.sketch);
    }
    assert_true(pages > pages_in_colour && pages_in_colour >= 1);
    free(data);
    free(page.pixels.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_a_page_have_its_ink),
        cmocka_unit_test(one_other_digit_makes_another_page),
        cmocka_unit_test(a_page_that_was_cut_or_turned_is_laid_onto_the_other_to_be_read),
        cmocka_unit_test(scans_that_lie_a_little_apart_are_laid_onto_each_other),
        cmocka_unit_test(pages_of_other_lines_differ_clearly_and_copies_do_not),
        cmocka_unit_test(a_page_with_pale_rules_is_one_unless_it_is_colourful),
        cmocka_unit_test(what_is_small_or_blank_or_a_photo_is_no_page_and_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
