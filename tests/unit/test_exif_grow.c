// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "storage/exif_grow.h"
#include "test.h"
#include "utils/memory.h"
#include "utils/text.h"

enum { TIFF_AT = 10 };

/* A segment with one directory: ImageWidth, an entry of Make far behind, and a next directory. */
static ie_exif_kept segment(bool big, size_t size)
{
    ie_exif_kept kept = {ie_alloc(size), size};
    static const uint8_t little[] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0,    0, 'I', 'I',
                                     42,   0,    8, 0, 0,   0,   2,   0,   0,    1, 3,   0,
                                     1,    0,    0, 0, 9,   0,   0,   0,   0x0f, 1, 2,   0,
                                     8,    0,    0, 0, 50,  0,   0,   0,   77,   0, 0,   0};
    static const uint8_t other[] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
                                    0,    42,   0, 0, 0,   8,   0,   2,   1, 0,    0,   3,
                                    0,    0,    0, 1, 0,   9,   0,   0,   1, 0x0f, 0,   2,
                                    0,    0,    0, 8, 0,   0,   0,   50,  0, 0,    0,   77};
    memset(kept.bytes, 0xa5, size);
    memcpy(kept.bytes, big ? other : little, sizeof little);
    return kept;
}

static uint32_t number(const ie_exif_kept *kept, size_t at, size_t bytes)
{
    bool big = kept->bytes[TIFF_AT] == 'M';
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | kept->bytes[TIFF_AT + at + (big ? i : bytes - 1 - i)];
    }
    return value;
}

static size_t find(const ie_exif_kept *kept, size_t directory, uint32_t tag)
{
    uint32_t last = 0;
    size_t found = 0;
    for (uint32_t i = 0; i < number(kept, directory, 2); i++) {
        size_t at = directory + 2 + (size_t)i * 12;
        assert_true(number(kept, at, 2) >= last); /* in order, as readers may expect */
        last = number(kept, at, 2);
        found = last == tag ? at : found;
    }
    return found;
}

static double angle(const ie_exif_kept *kept, size_t gps, uint32_t tag)
{
    size_t entry = find(kept, gps, tag), at = number(kept, entry + 8, 4);
    assert_int_equal(number(kept, entry + 4, 4), 3);
    double value = 0, unit = 1;
    for (size_t i = 0; i < 3; i++, unit /= 60) {
        value += unit * number(kept, at + i * 8, 4) / number(kept, at + i * 8 + 4, 4);
    }
    return value;
}

static const ie_tag_edit place = {.rating = 3,
                                  .has_place = true,
                                  .has_altitude = true,
                                  .latitude = -48.2082,
                                  .longitude = 16.999999999,
                                  .altitude_m = -12.34};

static void a_place_and_a_rating_go_behind_and_nothing_else_moves(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        ie_exif_kept was = segment(big, 101), kept = segment(big, 101);
        ie_exif_kept_grow(&kept, &place, NAN);
        assert_int_equal(kept.bytes[2] << 8 | kept.bytes[3], kept.size - 2);
        memcpy(was.bytes + TIFF_AT + 4, kept.bytes + TIFF_AT + 4, 4);
        memcpy(was.bytes + 2, kept.bytes + 2, 2);
        assert_memory_equal(was.bytes, kept.bytes, was.size);
        size_t first = number(&kept, 4, 4), next = first + 2 + number(&kept, first, 2) * 12;
        assert_int_equal(first % 2, 0);
        assert_int_equal(number(&kept, first, 2), 5);
        assert_int_equal(number(&kept, next, 4), 77);
        assert_int_equal(number(&kept, find(&kept, first, 0x0100) + 8, 2), 9);
        assert_int_equal(number(&kept, find(&kept, first, 0x010f) + 8, 4), 50);
        assert_int_equal(number(&kept, find(&kept, first, 0x4746) + 8, 2), 3);
        size_t gps = number(&kept, find(&kept, first, 0x8825) + 8, 4);
        assert_int_equal(gps % 2 + number(&kept, find(&kept, gps, 2) + 8, 4) % 2, 0);
        assert_true(fabs(angle(&kept, gps, 2) - 48.2082) < 1e-7);
        assert_true(fabs(angle(&kept, gps, 4) - 17) < 1e-7);
        assert_int_equal(kept.bytes[TIFF_AT + find(&kept, gps, 1) + 8], 'S');
        assert_int_equal(kept.bytes[TIFF_AT + find(&kept, gps, 3) + 8], 'E');
        assert_int_equal(kept.bytes[TIFF_AT + find(&kept, gps, 5) + 8], 1);
        assert_int_equal(number(&kept, number(&kept, find(&kept, gps, 6) + 8, 4), 4), 1234);
        /* The rating is there; the place is written once more. */
        ie_exif_kept_grow(&kept, &place, NAN);
        first = number(&kept, 4, 4);
        assert_int_equal(number(&kept, first, 2), 5);
        ie_exif_kept_free(&was);
        ie_exif_kept_free(&kept);
    }
}

/* The altitude that an image has, in centimetres; 0: none. */
static uint32_t centimetres(const ie_exif_kept *kept, uint8_t *ret_below)
{
    size_t first = number(kept, 4, 4), gps = number(kept, find(kept, first, 0x8825) + 8, 4);
    size_t entry = find(kept, gps, 6);
    *ret_below = entry != 0 ? kept->bytes[TIFF_AT + find(kept, gps, 5) + 8] : 0;
    return entry != 0 ? number(kept, number(kept, entry + 8, 4), 4) : 0;
}

static void an_altitude_without_a_place_stays_and_a_known_one_is_written(void **state)
{
    (void)state;
    ie_tag_edit flat = place;
    flat.has_altitude = false;
    uint8_t below = 0;
    for (int big = 0; big < 2; big++) {
        ie_exif_kept kept = segment(big, 101);
        ie_exif_kept_grow(&kept, &flat, NAN);
        assert_int_equal(centimetres(&kept, &below), 0);
        ie_exif_kept_grow(&kept, &flat, -7.891);
        assert_int_equal(centimetres(&kept, &below), 789);
        assert_int_equal(below, 1);
        ie_exif_kept_grow(&kept, &flat, 55); /* one that stands is not written anew */
        assert_int_equal(centimetres(&kept, &below), 789);
        assert_int_equal(below, 1);
        ie_exif_kept_grow(&kept, &place, 55);
        assert_int_equal(centimetres(&kept, &below), 1234);
        ie_exif_kept_free(&kept);
    }
}

static void what_has_no_room_or_is_broken_stays(void **state)
{
    (void)state;
    ie_exif_kept full = segment(true, 65500);
    ie_exif_kept_grow(&full, &place, NAN);
    assert_int_equal(full.size, 65500);
    ie_exif_kept_free(&full);
    static const struct {
        size_t at;
        uint8_t value;
    } breaks[] = {{14, 0xff}, {15, 0xff}, {18, 0xff}, {19, 0xff}, {18, 0}, {14, 96}, {14, 4}};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        ie_exif_kept kept = segment(false, 100);
        kept.bytes[breaks[i].at] = breaks[i].value;
        ie_exif_kept_grow(&kept, &place, NAN);
        assert_int_equal(kept.size, 100);
        ie_exif_kept_free(&kept);
    }
    ie_exif_kept none = {ie_alloc(12), 12};
    ie_exif_kept_grow(&none, &place, NAN);
    assert_int_equal(none.size, 12);
    ie_exif_kept_free(&none);
}

/* Under the sanitizers: no bytes lead outside. */
static void any_bytes_are_taken(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        size_t size = 20 + (size_t)(round % 90);
        ie_exif_kept kept = segment(round % 2 == 0, size < 48 ? 48 : size);
        for (int i = 0; i < 4; i++) {
            random = random * 1664525 + 1013904223;
            kept.bytes[12 + (random >> 8) % (kept.size - 12)] = (uint8_t)(random >> 24);
        }
        ie_exif_kept_grow(&kept, &place, NAN);
        ie_exif_kept_free(&kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_and_a_rating_go_behind_and_nothing_else_moves),
        cmocka_unit_test(an_altitude_without_a_place_stays_and_a_known_one_is_written),
        cmocka_unit_test(what_has_no_room_or_is_broken_stays),
        cmocka_unit_test(any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
