// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recoding.h"
#include "engine/foresee.h"
#include "pictures.h"

static const char *ppm_file(uint32_t width, uint32_t height)
{
    ie_buffer bytes = {0};
    make_ppm(&bytes, width, height);
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

static const char *png_file(int bits, int alpha, uint32_t frames)
{
    ie_buffer bytes = {0};
    make_png(&bytes, 40, 24, bits, alpha, frames);
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

static void lossless_formats_keep_every_pixel(void **state)
{
    const char *source = ppm_file(33, 17);
    ie_pixels was = decoded(source, IE_FORMAT_PNM);
    static const ie_format formats[] = {IE_FORMAT_PNG, IE_FORMAT_TIFF};
    for (size_t i = 0; i < 2; i++) {
        ie_pixels is = decoded(converted(source, IE_FORMAT_PNM, formats[i], 90, 1), formats[i]);
        assert_true(difference(&was, &is) == 0);
        free(is.data);
    }
    free(was.data);
}

static size_t tiff_size(const char *source, unsigned recoding, const ie_pixels *want)
{
    ie_convert_options options = {.to = IE_FORMAT_TIFF,
                                  .orientation = 1,
                                  .max_pixels = PIXEL_LIMIT,
                                  .recoding = recoding};
    const char *path = picture_file(NULL, 0);
    ie_converted converted = {0};
    ie_buffer bytes = {0};
    assert_int_equal(ie_image_convert(source, IE_FORMAT_PNM, path, &options, &converted, NULL),
                     IE_OK);
    ie_converted_clear(&converted);
    ie_pixels is = decoded(path, IE_FORMAT_TIFF);
    assert_true(difference(want, &is) == 0);
    free(is.data);
    picture_read(path, &bytes);
    size_t size = bytes.size;
    ie_buffer_free(&bytes);
    return size;
}

static void tiffs_are_packed_when_asked_for(void **state)
{
    (void)state;
    const char *source = ppm_file(400, 300);
    ie_pixels was = decoded(source, IE_FORMAT_PNM);
    size_t plain = tiff_size(source, 0, &was), packed = tiff_size(source, IE_RECODE_PACK, &was);
    assert_true(plain > 400 * 300 * 3 && packed < plain);
    free(was.data);
}

/* Where the pixel of the upright picture lies in the stored one (EXIF 2.32, table 6). */
static void stored_place(int orientation, uint32_t w, uint32_t h, uint32_t x, uint32_t y,
                         uint32_t *sx, uint32_t *sy)
{
    bool swap = orientation >= 5;
    uint32_t u = swap ? y : x, v = swap ? x : y;
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    *sx = mirror_x ? w - 1 - u : u;
    *sy = mirror_y ? h - 1 - v : v;
}

static void every_orientation_is_turned_into_pixels(void **state)
{
    const uint32_t w = 31, h = 18;
    const char *source = ppm_file(w, h);
    for (int orientation = 1; orientation <= 8; orientation++) {
        ie_pixels is =
            decoded(converted(source, IE_FORMAT_PNM, IE_FORMAT_PNG, 90, (uint8_t)orientation),
                    IE_FORMAT_PNG);
        assert_int_equal(is.width, orientation >= 5 ? h : w);
        for (uint32_t i = 0; i < is.width * is.height; i++) {
            uint32_t x = 0, y = 0;
            stored_place(orientation, w, h, i % is.width, i / is.width, &x, &y);
            for (uint32_t c = 0; c < 3; c++) {
                assert_int_equal(is.data[i * 3 + c], pixel_at(x, y, c));
            }
        }
        free(is.data);
    }
}

static void a_file_cut_short_does_not_decode(void **state)
{
    const char *source = ppm_file(200, 150);
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG, IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF};
    for (size_t i = 0; i < 4; i++) {
        ie_buffer bytes = {0};
        ie_error err = {0};
        ie_pixels pixels = {0};
        picture_read(converted(source, IE_FORMAT_PNM, formats[i], 90, 1), &bytes);
        assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size * 2 / 3,
                                         formats[i], 0, PIXEL_LIMIT, &pixels, NULL, &err),
                         IE_ERR_FORMAT);
        assert_null(pixels.data);
        assert_true(strlen(err.text) > 10);
        const char *path = NULL, *cut = picture_file(bytes.data, bytes.size * 2 / 3);
        assert_int_not_equal(convert_status(cut, formats[i], IE_FORMAT_PNG, 90, 1, &path, NULL),
                             IE_OK);
        ie_image_facts facts;
        assert_int_not_equal(ie_image_check(cut, PIXEL_LIMIT, &facts, NULL), IE_OK);
        ie_buffer_free(&bytes);
    }
}

static void transparent_pixels_are_refused_for_jpeg_and_opaque_alpha_is_dropped(void **state)
{
    const char *path = NULL;
    ie_error err = {0};
    assert_int_equal(
        convert_status(png_file(8, 200, 1), IE_FORMAT_PNG, IE_FORMAT_JPEG, 90, 1, &path, &err),
        IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "transparent"));
    ie_image_facts facts;
    assert_int_equal(
        ie_image_check(converted(png_file(8, 255, 1), IE_FORMAT_PNG, IE_FORMAT_JPEG, 90, 1),
                       PIXEL_LIMIT, &facts, NULL),
        IE_OK);
    assert_false(facts.has_alpha);
    assert_int_equal(
        ie_image_check(converted(png_file(8, 0, 1), IE_FORMAT_PNG, IE_FORMAT_WEBP, 90, 1),
                       PIXEL_LIMIT, &facts, NULL),
        IE_OK);
    assert_true(facts.has_alpha);
}

static void transparency_is_told_from_a_channel_that_hides_nothing(void **state)
{
    static const int alphas[] = {254, 255, -1};
    for (size_t i = 0; i < 3; i++) {
        ie_buffer bytes = {0};
        bool transparent = i != 0;
        make_png(&bytes, 9, 9, 8, alphas[i], 1);
        assert_int_equal(ie_image_transparent((const uint8_t *)bytes.data, bytes.size, PIXEL_LIMIT,
                                              &transparent, NULL),
                         IE_OK);
        assert_int_equal(transparent, i == 0);
        ie_buffer_free(&bytes);
    }
}

static void sixteen_bits_are_kept_or_refused_and_decode_to_the_upper_eight(void **state)
{
    const char *deep = png_file(16, -1, 1), *path = NULL;
    ie_image_facts facts;
    assert_int_equal(convert_status(deep, IE_FORMAT_PNG, IE_FORMAT_JPEG, 90, 1, &path, NULL),
                     IE_ERR_UNSUPPORTED);
    assert_int_equal(convert_status(deep, IE_FORMAT_PNG, IE_FORMAT_WEBP, 90, 1, &path, NULL),
                     IE_ERR_UNSUPPORTED);
    assert_int_equal(ie_image_check(converted(deep, IE_FORMAT_PNG, IE_FORMAT_TIFF, 90, 1),
                                    PIXEL_LIMIT, &facts, NULL),
                     IE_OK);
    assert_int_equal(facts.bits, 16);
    ie_pixels pixels = decoded(deep, IE_FORMAT_PNG);
    for (uint32_t i = 0; i < 40 * 24 * 3; i++) {
        assert_int_equal(pixels.data[i], pixel_at(i / 3 % 40, i / 3 / 40, i % 3));
    }
    free(pixels.data);
}

static void an_animation_is_seen_and_not_cut_to_one_frame(void **state)
{
    ie_buffer bytes = {0};
    ie_image_facts facts;
    const char *path = NULL;
    make_png(&bytes, 8, 8, 8, -1, 7);
    assert_int_equal(ie_image_probe((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_PNG,
                                    PIXEL_LIMIT, &facts, NULL),
                     IE_OK);
    assert_int_equal(facts.frames, 7);
    assert_int_equal(convert_status(picture_file(bytes.data, bytes.size), IE_FORMAT_PNG,
                                    IE_FORMAT_TIFF, 90, 1, &path, NULL),
                     IE_ERR_UNSUPPORTED);
    ie_buffer_free(&bytes);
}

static void too_many_pixels_are_refused_before_decoding(void **state)
{
    ie_buffer bytes = {0};
    ie_pixels pixels = {0};
    make_png(&bytes, 100, 100, 8, -1, 1);
    /* The header claims 60,000 x 60,000; what follows is far too short for that. */
    uint8_t claimed[13] = {0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0};
    ie_buffer bomb = {0};
    ie_buffer_add(&bomb, bytes.data, 8);
    png_chunk(&bomb, "IHDR", claimed, 13);
    ie_buffer_add(&bomb, bytes.data + 33, bytes.size - 33);
    assert_int_equal(ie_image_decode((const uint8_t *)bomb.data, bomb.size, IE_FORMAT_PNG, 0,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_ERR_LIMIT);
    assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_PNG, 0,
                                     9999, &pixels, NULL, NULL),
                     IE_ERR_LIMIT);
    ie_buffer_free(&bytes);
    ie_buffer_free(&bomb);
}

/* Horizontal and vertical sampling of the first component, from the frame header. */
static int sampling(const char *path)
{
    ie_buffer b = {0};
    picture_read(path, &b);
    int result = 0;
    for (size_t at = 2; at + 12 < b.size && result == 0;) {
        const uint8_t *p = (const uint8_t *)b.data + at;
        if (p[1] >= 0xc0 && p[1] <= 0xc2) {
            result = p[11];
        }
        at += 2u + ((size_t)p[2] << 8 | p[3]);
    }
    ie_buffer_free(&b);
    return result;
}

static void chroma_sampling_follows_a_jpeg_and_the_quality_otherwise(void **state)
{
    const char *source = ppm_file(64, 64);
    const char *half = converted(source, IE_FORMAT_PNM, IE_FORMAT_JPEG, 85, 1);
    const char *full = converted(source, IE_FORMAT_PNM, IE_FORMAT_JPEG, 90, 1);
    assert_int_equal(sampling(half), 0x22);
    assert_int_equal(sampling(full), 0x11);
    assert_int_equal(sampling(converted(half, IE_FORMAT_JPEG, IE_FORMAT_JPEG, 95, 1)), 0x22);
    assert_int_equal(sampling(converted(full, IE_FORMAT_JPEG, IE_FORMAT_JPEG, 60, 1)), 0x11);
}

static void a_reduced_decode_is_never_smaller_than_asked_and_knows_its_extent(void **state)
{
    ie_buffer bytes = {0};
    picture_read(converted(ppm_file(801, 603), IE_FORMAT_PNM, IE_FORMAT_JPEG, 90, 1), &bytes);
    ie_pixels pixels = {0};
    assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_JPEG, 100,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_OK);
    assert_in_range(pixels.width, 100, 101);
    assert_true(pixels.extent_w > 99.9 && pixels.extent_w <= pixels.width &&
                pixels.extent_w <= 801 / 8.0);
    assert_true(pixels.extent_h > 74.9 && pixels.extent_h <= pixels.height &&
                pixels.extent_h <= 603 / 8.0);
    free(pixels.data);
    assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_JPEG, 500,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_OK);
    assert_int_equal(pixels.width, 801);
    free(pixels.data);
    ie_buffer_free(&bytes);
    /* A side so short that it would shrink to nothing. */
    picture_read(converted(ppm_file(3, 900), IE_FORMAT_PNM, IE_FORMAT_JPEG, 90, 1), &bytes);
    assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_JPEG, 10,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_OK);
    assert_true(pixels.width >= 1 && pixels.height >= 10);
    free(pixels.data);
    ie_buffer_free(&bytes);
}

static void damage_anywhere_neither_crashes_nor_prints(void **state)
{
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG, IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF, IE_FORMAT_PNM};
    const char *source = ppm_file(48, 32), *log = picture_file(NULL, 0);
    int saved = dup(2), to = open(log, O_WRONLY | O_CLOEXEC);
    dup2(to, 2);
    uint32_t random = 12345;
    for (size_t f = 0; f < 5; f++) {
        ie_buffer bytes = {0};
        picture_read(formats[f] == IE_FORMAT_PNM
                         ? source
                         : converted(source, IE_FORMAT_PNM, formats[f], 80, 1),
                     &bytes);
        for (int i = 0; i < 60; i++) {
            uint8_t *copy = malloc(bytes.size);
            memcpy(copy, bytes.data, bytes.size);
            for (int k = 0; k < 3; k++) {
                random = random * 1664525u + 1013904223u;
                copy[(random >> 8) % bytes.size] = (uint8_t)random;
            }
            ie_pixels pixels = {0};
            if (ie_image_decode(copy, bytes.size, formats[f], 0, 1000000, &pixels, NULL, NULL) ==
                IE_OK) {
                assert_non_null(pixels.data);
            }
            free(pixels.data);
            free(copy);
        }
        ie_buffer_free(&bytes);
    }
    dup2(saved, 2);
    close(saved);
    close(to);
    ie_buffer printed = {0};
    picture_read(log, &printed);
    assert_int_equal(printed.size, 0);
    ie_buffer_free(&printed);
}

static void formats_that_nobody_named_are_not_opened(void **state)
{
    static const char svg[] =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>";
    ie_pixels pixels = {0};
    assert_int_equal(ie_image_decode((const uint8_t *)svg, sizeof svg - 1, IE_FORMAT_UNKNOWN, 0,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_ERR_UNSUPPORTED);
    /* Nor under a wrong name. */
    assert_int_equal(ie_image_decode((const uint8_t *)svg, sizeof svg - 1, IE_FORMAT_BMP, 0,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_ERR_FORMAT);
    assert_true(ie_image_can_read(IE_FORMAT_JPEG) && ie_image_can_write(IE_FORMAT_PNG));
    assert_false(ie_image_can_read(IE_FORMAT_NEF) || ie_image_can_write(IE_FORMAT_GIF));
}

/* 24 and 32 bits, 8 with a palette, 1 bit; bottom up unless height is negative. */
static void make_bmp(ie_buffer *out, int32_t height, uint32_t bits, uint32_t compression)
{
    const uint32_t w = 13, h = (uint32_t)abs(height);
    uint32_t palette = bits <= 8 ? 1u << bits : 0, masks = compression == 3 ? 16 : 0;
    uint32_t fields[10] = {40 + masks, w, (uint32_t)height, 1 | bits << 16, compression, 0, 0, 0,
                           palette,    0};
    uint32_t start[3] = {0, 0, 54 + masks + palette * 4};
    ie_buffer_add(out, "BM", 2);
    ie_buffer_add(out, start, 12); /* this machine is little-endian, like the format */
    ie_buffer_add(out, fields, 40);
    static const uint32_t wanted[4] = {0xff, 0xff00, 0xff0000, 0xff000000};
    ie_buffer_add(out, wanted, masks);
    for (uint32_t i = 0; i < palette; i++) {
        uint8_t entry[4] = {(uint8_t)(i * 3), (uint8_t)(i * 2), (uint8_t)i, 0};
        ie_buffer_add(out, entry, 4);
    }
    for (uint32_t row = 0; row < h; row++) {
        uint32_t y = height < 0 ? row : h - 1 - row;
        uint8_t line[64] = {0};
        for (uint32_t x = 0; x < w; x++) {
            uint8_t p[3] = {pixel_at(x, y, 0), pixel_at(x, y, 1), pixel_at(x, y, 2)};
            if (bits == 24) {
                memcpy(line + x * 3, (uint8_t[]){p[2], p[1], p[0]}, 3);
            } else if (bits == 32) {
                memcpy(line + x * 4, (uint8_t[]){p[0], p[1], p[2], 255}, 4);
            } else if (bits == 8) {
                line[x] = p[0];
            } else {
                line[x / 8] = (uint8_t)(line[x / 8] | (p[0] & 1) << (7 - x % 8));
            }
        }
        ie_buffer_add(out, line, (w * bits + 31) / 32 * 4);
    }
}

static void bitmaps_of_every_plain_kind_decode(void **state)
{
    static const struct {
        int32_t height;
        uint32_t bits, compression;
    } kinds[] = {{9, 24, 0}, {-9, 24, 0}, {9, 32, 3}, {9, 8, 0}, {-9, 1, 0}};
    for (size_t k = 0; k < 5; k++) {
        ie_buffer bytes = {0};
        ie_pixels pixels = {0};
        ie_image_facts facts;
        make_bmp(&bytes, kinds[k].height, kinds[k].bits, kinds[k].compression);
        const uint8_t *data = (const uint8_t *)bytes.data;
        assert_int_equal(
            ie_image_decode(data, bytes.size, IE_FORMAT_BMP, 0, PIXEL_LIMIT, &pixels, &facts, NULL),
            IE_OK);
        assert_int_equal(pixels.width * pixels.height * pixels.channels, 13 * 9 * 3);
        assert_int_equal(facts.has_alpha, kinds[k].bits == 32);
        for (uint32_t i = 0; i < 13 * 9 * 3; i++) {
            uint32_t x = i / 3 % 13, y = i / 39, c = i % 3, red = pixel_at(x, y, 0);
            uint32_t index = kinds[k].bits == 1 ? red & 1 : red;
            uint8_t wanted = kinds[k].bits > 8 ? pixel_at(x, y, c) : (uint8_t)(index * (c + 1));
            assert_int_equal(pixels.data[i], wanted);
        }
        free(pixels.data);
        assert_int_equal(ie_image_decode(data, bytes.size - 1, IE_FORMAT_BMP, 0, PIXEL_LIMIT,
                                         &pixels, NULL, NULL),
                         IE_ERR_FORMAT);
        assert_int_equal(
            ie_image_decode(data, bytes.size, IE_FORMAT_BMP, 0, 13 * 9 - 1, &pixels, NULL, NULL),
            IE_ERR_LIMIT);
        ie_buffer_free(&bytes);
    }
}

static void damaged_bitmaps_neither_crash_nor_read_beyond(void **state)
{
    uint32_t random = 7;
    for (int i = 0; i < 3000; i++) {
        static const uint32_t bits[] = {24, 32, 8, 1};
        ie_buffer bytes = {0};
        make_bmp(&bytes, 9, bits[i % 4], i % 4 == 1 ? 3 : 0);
        size_t size = bytes.size - (size_t)(i % 5) * 17;
        uint8_t *copy = malloc(size);
        memcpy(copy, bytes.data, size);
        for (int k = 0; k < 3; k++) {
            random = random * 1664525u + 1013904223u;
            copy[2 + (random >> 8) % (size - 2 < 80 ? size - 2 : 80)] = (uint8_t)(random >> 3);
        }
        ie_pixels pixels = {0};
        if (ie_image_decode(copy, size, IE_FORMAT_BMP, 0, 100000, &pixels, NULL, NULL) == IE_OK) {
            assert_true(pixels.width * pixels.height <= 100000);
        }
        free(pixels.data);
        free(copy);
        ie_buffer_free(&bytes);
    }
}

static void a_heic_is_not_turned_twice(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        print_message("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    /* irot in the container: stored 512 x 256, shown 256 x 512; whatever the caller's orientation
       says. */
    char *path =
        ie_asprintf("%s/photos/orientation/libavif/abc_color_irot_alpha_NOirot.avif", folder);
    ie_pixels was = decoded(path, IE_FORMAT_AVIF);
    ie_pixels is = decoded(converted(path, IE_FORMAT_AVIF, IE_FORMAT_PNG, 90, 6), IE_FORMAT_PNG);
    assert_int_equal(was.width, 256);
    assert_true(difference(&was, &is) == 0);
    free(was.data);
    free(is.data);
    free(path);
}

static void sample_photos_of_all_orientations_come_out_alike(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        print_message("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    ie_pixels first = {0};
    for (int i = 1; i <= 8; i++) {
        char *path = ie_asprintf("%s/photos/orientation/sharp/Landscape_%d.jpg", folder, i);
        ie_pixels is =
            decoded(converted(path, IE_FORMAT_JPEG, IE_FORMAT_PNG, 90, (uint8_t)i), IE_FORMAT_PNG);
        free(path);
        if (i == 1) {
            first = is;
            continue;
        }
        /* The scenes differ by their number and by compression; a wrong turn gives more than 50. */
        assert_true(difference(&first, &is) < 20);
        free(is.data);
    }
    free(first.data);
}

/* Neither a version with transparent parts goes for one without, nor a whole one for one with. */
static void what_only_one_shows_of_two_is_a_loss(void **state)
{
    (void)state;
    static const struct {
        int goes, stays; /* alpha of the last pixel; -1: no channel */
        const char *loss;
    } rows[] = {{0, -1, "transparent"}, {128, 255, "transparent"}, {-1, 0, "whole"},
                {255, 0, "whole"},      {255, -1, NULL},           {-1, 255, NULL},
                {0, 0, NULL},           {-1, -1, NULL}};
    ie_config *config = ie_config_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_photo *photos[2];
        for (int k = 0; k < 2; k++) {
            int alpha = k == 0 ? rows[i].goes : rows[i].stays;
            photos[k] = ie_photo_new();
            photos[k]->path = photos[k]->real_path = png_file(8, alpha, 1);
            photos[k]->format = IE_FORMAT_PNG;
            photos[k]->has_alpha = alpha >= 0;
        }
        const char *loss = ie_foresee_loses(config, photos[0], photos[1]);
        assert_int_equal(loss == NULL, rows[i].loss == NULL);
        assert_true(loss == NULL || strstr(loss, rows[i].loss) != NULL);
        ie_photo_free(photos[0]);
        ie_photo_free(photos[1]);
    }
    ie_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_formats_keep_every_pixel),
        cmocka_unit_test(tiffs_are_packed_when_asked_for),
        cmocka_unit_test(every_orientation_is_turned_into_pixels),
        cmocka_unit_test(a_file_cut_short_does_not_decode),
        cmocka_unit_test(transparent_pixels_are_refused_for_jpeg_and_opaque_alpha_is_dropped),
        cmocka_unit_test(transparency_is_told_from_a_channel_that_hides_nothing),
        cmocka_unit_test(what_only_one_shows_of_two_is_a_loss),
        cmocka_unit_test(sixteen_bits_are_kept_or_refused_and_decode_to_the_upper_eight),
        cmocka_unit_test(an_animation_is_seen_and_not_cut_to_one_frame),
        cmocka_unit_test(too_many_pixels_are_refused_before_decoding),
        cmocka_unit_test(chroma_sampling_follows_a_jpeg_and_the_quality_otherwise),
        cmocka_unit_test(a_reduced_decode_is_never_smaller_than_asked_and_knows_its_extent),
        cmocka_unit_test(damage_anywhere_neither_crashes_nor_prints),
        cmocka_unit_test(formats_that_nobody_named_are_not_opened),
        cmocka_unit_test(bitmaps_of_every_plain_kind_decode),
        cmocka_unit_test(damaged_bitmaps_neither_crash_nor_read_beyond),
        cmocka_unit_test(a_heic_is_not_turned_twice),
        cmocka_unit_test(sample_photos_of_all_orientations_come_out_alike),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
