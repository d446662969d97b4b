// SPDX-License-Identifier: GPL-3.0-or-later
/* The proof of a new picture that is large enough to be looked at reduced (the short side at 1/8 is 300 at least). */
#include "pictures.h"

#include <math.h>

/* Waves with some grain: what both encoders take for a photo. */
static const char *large_photo(uint32_t width, uint32_t height)
{
    ie_buffer ppm = {0};
    uint32_t seed = 7;
    ie_buffer_printf(&ppm, "P6\n%u %u\n255\n", width, height);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            seed = seed * 1664525u + 1013904223u;
            int value = 128 + (int)(60 * sin(x * 0.011) * cos(y * 0.017)) + (int)(30 * sin((x + 2 * y) * 0.15)) + (int)(seed >> 28);
            const char pixel[3] = {(char)value, (char)(value / 2 + 40), (char)(255 - value)};
            ie_buffer_add(&ppm, pixel, 3);
        }
    }
    const char *path = picture_file(ppm.data, ppm.size);
    ie_buffer_free(&ppm);
    return path;
}

static void assert_torn_is_refused(const char *path, ie_format format)
{
    ie_buffer bytes = {0};
    picture_read(path, &bytes);
    for (int kind = 0; kind < 3; kind++) {
        size_t size = kind == 0 ? bytes.size * 6 / 10 : bytes.size;
        uint8_t *copy = ie_alloc(size);
        memcpy(copy, bytes.data, size);
        if (kind > 0) { /* an end or a hole amid the coded data */
            memcpy(copy + size / 2, kind == 1 ? "\xff\xd9\xff\xd8" : "\xff\x01\0\0", 4);
        }
        ie_image_facts facts;
        ie_likeness likeness = {0};
        bool refused = ie_image_check_likeness(picture_file(copy, size), 1, PIXEL_LIMIT, &facts, &likeness, NULL) == IE_ERR_FORMAT;
        free(likeness.gray);
        free(copy);
        if (!refused && (kind == 0 || format == IE_FORMAT_JPEG)) {
            fail_msg("%s, %d", ie_format_name(format), kind);
        }
    }
    ie_buffer_free(&bytes);
}

static void large_pictures_are_proven_reduced_and_torn_ones_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, small_width, small_height;
    } sizes[] = {{2440, 2408, 305, 301}, {2411, 2405, 302, 301}};
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_WEBP, IE_FORMAT_PNG};
    for (size_t i = 0; i < 6; i++) {
        const char *from = large_photo(sizes[i / 3].width, sizes[i / 3].height), *to = picture_file(NULL, 0);
        const ie_convert_options options = {formats[i % 3], 90, 1, PIXEL_LIMIT, 0};
        ie_converted converted = {0};
        ie_error err = {0};
        if (ie_image_convert(from, IE_FORMAT_PNM, to, &options, &converted, &err) != IE_OK) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(converted.likeness.width, sizes[i / 3].small_width);
        assert_int_equal(converted.likeness.height, sizes[i / 3].small_height);
        ie_image_facts facts;
        ie_likeness likeness = {0};
        double similarity = 0;
        assert_int_equal(ie_image_check_likeness(to, 1, PIXEL_LIMIT, &facts, &likeness, NULL), IE_OK);
        assert_true(ie_likeness_compare(&converted.likeness, &likeness, &similarity));
        assert_true(facts.width == sizes[i / 3].width && similarity > 0.99);
        free(likeness.gray);
        ie_converted_clear(&converted);
        assert_torn_is_refused(to, formats[i % 3]);
    }
}

static void each_format_that_can_be_written_is(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG, IE_FORMAT_WEBP, IE_FORMAT_TIFF, IE_FORMAT_AVIF, IE_FORMAT_JXL};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        ie_image_facts facts;
        if (ie_image_can_write(formats[i])) {
            const char *to = converted(large_photo(64, 48), IE_FORMAT_PNM, formats[i], 90, 1);
            assert_int_equal(ie_image_check(to, PIXEL_LIMIT, &facts, NULL), IE_OK);
            assert_int_equal(facts.width, 64);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_that_can_be_written_is),
        cmocka_unit_test(large_pictures_are_proven_reduced_and_torn_ones_refused),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
