// SPDX-License-Identifier: GPL-3.0-or-later
/* JPEGs turned upright without loss: by TurboJPEG here, and as apply would do it. */
#include "exif_help.h"

#include "engine/derive.h"
#include "storage/image_file.h"
#include "storage/jpeg_file.h"
#include "storage/jpeg_turn.h"

#define MAX_PIXELS 100000000

/* Smooth in part and busy in part, so that every coefficient is used. */
static file_bytes drawing(uint32_t width, uint32_t height, uint32_t channels)
{
    ie_pixels pixels = {.width = width, .height = height, .channels = (uint8_t)channels};
    pixels.data = ie_try_alloc((size_t)width * height, channels);
    assert_non_null(pixels.data);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (uint32_t c = 0; c < channels; c++) {
                pixels.data[((size_t)y * width + x) * channels + c] =
                    (uint8_t)(x * 3 + y * y / 7 + c * 90);
            }
        }
    }
    size_t size = 0;
    uint8_t *bytes = ie_jpeg_encode(&pixels, 90, &size);
    assert_non_null(bytes);
    free(pixels.data);
    return (file_bytes){bytes, size};
}

static ie_pixels luma_of(const uint8_t *bytes, size_t size)
{
    ie_decode_fault fault;
    ie_jpeg_rows rows;
    ie_pixels pixels = {.channels = 1};
    ie_jpeg *jpeg = ie_jpeg_open(bytes, size, MAX_PIXELS, &fault);
    assert_non_null(jpeg);
    assert_true(ie_jpeg_start(jpeg, 1, IE_JPEG_GRAY, &rows, &pixels.width, &pixels.height, &fault));
    pixels.data = ie_try_alloc(pixels.width, pixels.height);
    assert_non_null(pixels.data);
    assert_true(ie_jpeg_read(jpeg, pixels.data, pixels.height, &fault));
    ie_jpeg_close(jpeg);
    return pixels;
}

/* Where (x, y) of the upright picture is stored (EXIF 2.32, 4.6.4 A), of a picture stored as
   w x h. */
static uint8_t stored(const ie_pixels *p, int orientation, uint32_t w, uint32_t h, uint32_t x,
                      uint32_t y)
{
    uint32_t column = orientation >= 5 ? y : x, row = orientation >= 5 ? x : y;
    bool mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool flipped = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    column = mirrored ? w - 1 - column : column;
    row = flipped ? h - 1 - row : row;
    return p->data[(size_t)row * p->width + column];
}

/* The inverse transform is not the same to the last bit when its input is transposed: a level or
   two. */
static void check_turned(const file_bytes *from, int orientation, bool trim, uint32_t w, uint32_t h)
{
    uint8_t *turned = NULL;
    size_t size = 0;
    ie_error err = {0};
    if (ie_jpeg_turn_upright(from->data, from->size, (uint8_t)orientation, trim, MAX_PIXELS,
                             &turned, &size, &err) != IE_OK) {
        fail_msg("orientation %d: %s", orientation, err.text);
    }
    ie_pixels was = luma_of(from->data, from->size), is = luma_of(turned, size);
    assert_int_equal(is.width, orientation >= 5 ? h : w);
    assert_int_equal(is.height, orientation >= 5 ? w : h);
    for (uint32_t y = 0; y < is.height; y++) {
        for (uint32_t x = 0; x < is.width; x++) {
            int apart = is.data[(size_t)y * is.width + x] - stored(&was, orientation, w, h, x, y);
            if (apart < -3 || apart > 3) {
                fail_msg("orientation %d, at %u, %u: %d apart", orientation, x, y, apart);
            }
        }
    }
    free(was.data);
    free(is.data);
    free(turned);
}

static void every_orientation_is_turned_upright(void **state)
{
    (void)state;
    file_bytes colour = drawing(96, 64, 3), gray = drawing(40, 24, 1);
    for (int orientation = 2; orientation <= 8; orientation++) {
        check_turned(&colour, orientation, false, 96, 64);
        check_turned(&gray, orientation, false, 40, 24);
    }
    free(colour.data);
    free(gray.data);
}

static void turned_and_turned_back_gives_the_same_bytes(void **state)
{
    (void)state;
    static const uint8_t back[9] = {[2] = 2, [3] = 3, [4] = 4, [5] = 5, [6] = 8, [7] = 7, [8] = 6};
    file_bytes from = drawing(96, 64, 3);
    for (int orientation = 2; orientation <= 8; orientation++) {
        uint8_t *there = NULL, *again = NULL;
        size_t there_size = 0, again_size = 0;
        assert_int_equal(ie_jpeg_turn_upright(from.data, from.size, (uint8_t)orientation, false,
                                              MAX_PIXELS, &there, &there_size, NULL),
                         IE_OK);
        assert_false(there_size == from.size && memcmp(there, from.data, from.size) == 0);
        assert_int_equal(ie_jpeg_turn_upright(there, there_size, back[orientation], false,
                                              MAX_PIXELS, &again, &again_size, NULL),
                         IE_OK);
        assert_int_equal(again_size, from.size);
        assert_memory_equal(again, from.data, from.size);
        free(there);
        free(again);
    }
    free(from.data);
}

static void sides_that_fill_no_blocks_are_cut_only_when_asked(void **state)
{
    (void)state;
    file_bytes from = drawing(101, 67, 3); /* blocks of 16 x 16 */
    static const struct {
        int orientation;
        uint32_t width, height; /* as stored, after cutting */
    } cases[] = {{2, 96, 67},  {3, 96, 64}, {4, 101, 64}, {5, 101, 67},
                 {6, 101, 64}, {7, 96, 64}, {8, 96, 67}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *turned = NULL;
        size_t size = 0;
        ie_error err = {0};
        ie_status status = ie_jpeg_turn_upright(from.data, from.size, (uint8_t)cases[i].orientation,
                                                false, MAX_PIXELS, &turned, &size, &err);
        assert_int_equal(status, cases[i].orientation == 5 ? IE_OK : IE_ERR_UNSUPPORTED);
        assert_true(status == IE_OK || strstr(err.text, "--trim") != NULL);
        free(turned);
        check_turned(&from, cases[i].orientation, true, cases[i].width, cases[i].height);
    }
    free(from.data);
}

static void a_torn_file_is_not_turned(void **state)
{
    (void)state;
    file_bytes from = drawing(96, 64, 3);
    uint8_t *turned = NULL;
    size_t size = 0;
    for (size_t cut = 0; cut < from.size - 2; cut += 7) {
        assert_int_not_equal(
            ie_jpeg_turn_upright(from.data, cut, 6, true, MAX_PIXELS, &turned, &size, NULL), IE_OK);
        assert_null(turned);
    }
    assert_int_equal(
        ie_jpeg_turn_upright(from.data, from.size, 6, true, 96 * 64 - 1, &turned, &size, NULL),
        IE_ERR_LIMIT);
    assert_int_equal(
        ie_jpeg_turn_upright(from.data, from.size, 1, true, MAX_PIXELS, &turned, &size, NULL),
        IE_ERR_UNSUPPORTED);
    free(from.data);
}

static void changed_bytes_never_break_it(void **state)
{
    (void)state;
    file_bytes from = drawing(48, 32, 3);
    uint32_t random = 1;
    for (int i = 0; i < 3000; i++) {
        uint8_t *copy = ie_alloc(from.size), *turned = NULL;
        memcpy(copy, from.data, from.size);
        for (int k = 0; k < 3; k++) {
            random = random * 1664525 + 1013904223;
            copy[random % from.size] = (uint8_t)(random >> 24);
        }
        size_t size = 0;
        (void)!ie_jpeg_turn_upright(copy, from.size, (uint8_t)(2 + i % 7), true, 100000, &turned,
                                    &size, NULL);
        free(turned);
        free(copy);
    }
    free(from.data);
}

static ie_status derive(const char *from, const char *to, uint8_t orientation, ie_remake remake,
                        ie_error *err)
{
    ie_config *config = ie_config_new();
    ie_action action = {.kind = IE_ACTION_REPLACE,
                        .from = from,
                        .from_format = IE_FORMAT_JPEG,
                        .format = IE_FORMAT_JPEG,
                        .quality = 90,
                        .orientation = orientation,
                        .remake = remake};
    bytes_to(to, "", 0);
    ie_status status = ie_derive(config, &action, to, err);
    ie_config_free(config);
    return status;
}

static void a_turned_photo_keeps_its_metadata_and_lies_upright(void **state)
{
    (void)state;
    static const char *const names[] = {"orientation/exifr/f3t.jpg",
                                        "orientation/exifr/f5t.jpg",
                                        "orientation/sharp/Landscape_6.jpg",
                                        "orientation/sharp/Landscape_8.jpg",
                                        "orientation/libavif/paris_exif_orientation_5.jpg",
                                        "orientation/goexif/f6-exif.jpg",
                                        "meta-jpeg/elodie/with-null-coordinates.jpg"};
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new.jpg");
    int wholes = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        ie_photo *was = facts_of(from, IE_FORMAT_JPEG);
        assert_true(was->orientation > 1);
        ie_error err = {0};
        if (derive(from, path, was->orientation, IE_REMAKE_TRIM, &err) != IE_OK) {
            fail_msg("%s: %s", names[i], err.text);
        }
        ie_photo *is = facts_of(path, IE_FORMAT_JPEG);
        assert_int_equal(is->orientation, 1);
        assert_null(ie_exif_difference(was->metadata, is->metadata));
        /* As another decoder shows both, upright; what was trimmed no longer lies on the other. */
        ie_image_facts facts;
        ie_likeness a = {0}, b = {0};
        bool whole = (uint64_t)is->width * is->height == (uint64_t)was->width * was->height;
        double similarity = 0;
        assert_int_equal(
            ie_image_check_likeness(from, was->orientation, MAX_PIXELS, &facts, &a, NULL), IE_OK);
        assert_int_equal(ie_image_check_likeness(path, 1, MAX_PIXELS, &facts, &b, NULL), IE_OK);
        assert_true(ie_likeness_compare(&a, &b, &similarity));
        ie_likeness_clear(&a);
        ie_likeness_clear(&b);
        if (whole && similarity < 0.999) {
            fail_msg("%s: %f", names[i], similarity);
        }
        wholes += whole;
        ie_photo_free(was);
        ie_photo_free(is);
    }
    assert_true(wholes >= 4);
    tree_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_orientation_is_turned_upright),
        cmocka_unit_test(turned_and_turned_back_gives_the_same_bytes),
        cmocka_unit_test(sides_that_fill_no_blocks_are_cut_only_when_asked),
        cmocka_unit_test(a_torn_file_is_not_turned),
        cmocka_unit_test(changed_bytes_never_break_it),
        cmocka_unit_test(a_turned_photo_keeps_its_metadata_and_lies_upright),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
