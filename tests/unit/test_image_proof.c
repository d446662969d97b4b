// SPDX-License-Identifier: GPL-3.0-or-later
/* The proof of a new picture: it decodes to its end, and shows what its original shows. */
#include "pictures.h"

#include <math.h>

#include "core/recoding.h"
#include "jpeg_make.h"
#include "storage/ycc.h"

/* What may have gone wrong with a picture. */
typedef enum wrong {
    NOTHING,
    SHIFTED,
    SHIFTED_DOWN,
    MIRRORED,
    UPSIDE_DOWN,
    ANOTHER,
    GRAY,
    PALE,
    OTHER_HUE,
    CB_IS_CR,
    RED_IS_BLUE,
    HALF_GRAY,
    WRONGS
} wrong;

static const char *const names[] = {"nothing",     "8 to the right",  "8 down",       "mirrored",
                                    "upside down", "another picture", "grey",         "pale",
                                    "another hue", "Cb for Cr",       "red for blue", "grey below"};

/* Waves with some texture and grain, in colours that go their own way: what encoders take for a
   photo. */
static void pixel_of(double x, double y, uint32_t *seed, uint8_t pixel[3])
{
    *seed = *seed * 1664525u + 1013904223u;
    uint32_t cell =
        ((uint32_t)(x / 4) * 2654435761u ^ (uint32_t)(y / 4) * 2246822519u) * 3266489917u;
    double texture = (double)(cell >> 24) / 8 - 16;
    double light = 112 + 60 * sin(x * 0.011) * cos(y * 0.017) + 20 * sin((x + 2 * y) * 0.15) +
                   texture + (*seed >> 29);
    double cb = 128 + 20 * sin(x * 0.007 + 1) + 10, cr = 128 + 24 * cos(y * 0.009 - x * 0.004);
    ie_ycc_means(light, cb, cr, pixel);
}

static void spoil(uint8_t pixel[3], wrong kind, bool below)
{
    uint8_t cb8, cr8;
    ie_chroma_of(pixel, &cb8, &cr8);
    double light = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2], cb = cb8 - 128,
           cr = cr8 - 128;
    const double turned = 0.5; /* radians */
    if (kind == GRAY || (kind == HALF_GRAY && below)) {
        ie_ycc_means(light, 128, 128, pixel);
    } else if (kind == PALE) {
        ie_ycc_means(light, 128 + 0.6 * cb, 128 + 0.6 * cr, pixel);
    } else if (kind == OTHER_HUE) {
        ie_ycc_means(light, 128 + cb * cos(turned) - cr * sin(turned),
                     128 + cb * sin(turned) + cr * cos(turned), pixel);
    } else if (kind == CB_IS_CR) {
        ie_ycc_means(light, 128 + cr, 128 + cb, pixel);
    } else if (kind == RED_IS_BLUE) {
        uint8_t kept = pixel[0];
        pixel[0] = pixel[2];
        pixel[2] = kept;
    }
}

static const char *photo(uint32_t width, uint32_t height, wrong kind)
{
    ie_buffer ppm = {0};
    uint32_t seed = 7;
    ie_buffer_printf(&ppm, "P6\n%u %u\n255\n", width, height);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint8_t pixel[3];
            double from_x = kind == SHIFTED    ? x + 8.0
                            : kind == MIRRORED ? width - 1.0 - x
                            : kind == ANOTHER  ? x * 1.3 + 500.0
                                               : x;
            double from_y = kind == SHIFTED_DOWN  ? y + 8.0
                            : kind == UPSIDE_DOWN ? height - 1.0 - y
                                                  : y;
            pixel_of(from_x, from_y, &seed, pixel);
            spoil(pixel, kind, y > height * 3 / 4);
            ie_buffer_add(&ppm, (const char *)pixel, 3);
        }
    }
    const char *path = picture_file(ppm.data, ppm.size);
    ie_buffer_free(&ppm);
    return path;
}

static const char *large_photo(uint32_t width, uint32_t height)
{
    return photo(width, height, NOTHING);
}

static ie_likeness likeness_in(const char *path)
{
    ie_image_facts facts;
    ie_likeness likeness = {0};
    assert_int_equal(ie_image_check_likeness(path, 1, PIXEL_LIMIT, &facts, &likeness, NULL), IE_OK);
    return likeness;
}

/* The new file of another, and if it is wanted, the likeness of that one. */
static const char *converted_file(const char *from, ie_format from_format, ie_format to,
                                  int quality, unsigned recoding, ie_likeness *ret_original)
{
    const ie_convert_options options = {to, quality, 1, PIXEL_LIMIT, recoding};
    const char *path = picture_file(NULL, 0);
    ie_converted converted = {0};
    ie_error err = {0};
    if (ie_image_convert(from, from_format, path, &options, &converted, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    picture_put(path, &converted);
    if (ret_original != NULL) {
        *ret_original = converted.likeness;
        converted.likeness = (ie_likeness){0};
    }
    ie_converted_clear(&converted);
    return path;
}

/* Of a PNM. */
static const char *encoded(const char *from, ie_format to, int quality, unsigned recoding,
                           ie_likeness *ret_original)
{
    return converted_file(from, IE_FORMAT_PNM, to, quality, recoding, ret_original);
}

static double similarity_of(const ie_likeness *original, const char *path)
{
    ie_likeness likeness = likeness_in(path);
    double similarity = 0;
    assert_true(ie_likeness_compare(original, &likeness, &similarity));
    ie_likeness_clear(&likeness);
    return similarity;
}

static void assert_wrong_ones_are_refused(uint32_t width, uint32_t height, ie_format format,
                                          unsigned recoding)
{
    static const double limit = 0.98; /* convert.min_similarity */
    ie_likeness original = {0};
    const char *good = encoded(photo(width, height, NOTHING), format, 92, recoding, &original);
    double similarity = similarity_of(&original, good);
    if (similarity < limit) {
        fail_msg("%s of %u x %u: %.3f", ie_format_name(format), width, height, similarity);
    }
    for (int kind = NOTHING + 1; kind < WRONGS; kind++) {
        const char *bad = encoded(photo(width, height, (wrong)kind), format, 92, recoding, NULL);
        similarity = similarity_of(&original, bad);
        if (similarity >= limit) {
            fail_msg("%s of %u x %u, %s: %.3f", ie_format_name(format), width, height, names[kind],
                     similarity);
        }
        unlink(bad);
    }
    ie_likeness_clear(&original);
}

static void a_file_that_shows_something_else_is_refused_in_each_format(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG,  IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF, IE_FORMAT_AVIF, IE_FORMAT_JXL};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (i < 4 || ie_image_can_write(formats[i])) {
            assert_wrong_ones_are_refused(i < 4 ? 330 : 184, i < 4 ? 222 : 136, formats[i],
                                          0); /* the others take their time */
        }
    }
}

/* Looked at reduced, in ways of their own. */
static void a_large_file_that_shows_something_else_is_refused(void **state)
{
    (void)state;
    assert_wrong_ones_are_refused(2100, 96, IE_FORMAT_JPEG, 0);
    assert_wrong_ones_are_refused(4000, 96, IE_FORMAT_JPEG, 0);
    assert_wrong_ones_are_refused(4011, 93, IE_FORMAT_JPEG, IE_RECODE_FULL_CHROMA);
    assert_wrong_ones_are_refused(4011, 93, IE_FORMAT_JPEG, IE_RECODE_PROGRESSIVE);
    assert_wrong_ones_are_refused(4000, 96, IE_FORMAT_WEBP, 0);
}

enum { CUT, ZEROED, OTHER_BYTES, END_AND_START, TEARS };

/* Neither JPEG nor WebP has sums over its data: holes of a sixteenth must show. */
static void assert_torn_is_refused(const char *path, const ie_likeness *original, ie_format format)
{
    enum { PLACES = 13 };
    ie_buffer bytes = {0};
    picture_read(path, &bytes);
    uint8_t *copy = ie_alloc(bytes.size);
    for (size_t i = 0; i < TEARS * PLACES; i++) {
        size_t kind = i / PLACES, at = bytes.size * (i % PLACES + 1) / (PLACES + 1);
        size_t left = bytes.size - at, hole = left < bytes.size / 16 ? left : bytes.size / 16;
        memcpy(copy, bytes.data, bytes.size);
        if (kind == ZEROED) {
            memset(copy + at, 0, hole);
        } else if (kind != CUT) {
            for (size_t k = 0; k < hole; k++) {
                copy[at + k] = kind == OTHER_BYTES ? (uint8_t)(copy[at + k] ^ (k * 37 + 1))
                                                   : (uint8_t) "\xff\xd9\xff\xd8"[k % 4];
            }
        }
        const char *torn = picture_file(copy, kind == CUT ? at : bytes.size);
        ie_image_facts facts;
        ie_likeness likeness = {0};
        double similarity = 0;
        bool decodes =
            ie_image_check_likeness(torn, 1, PIXEL_LIMIT, &facts, &likeness, NULL) == IE_OK;
        assert_true(!decodes || ie_likeness_compare(original, &likeness, &similarity));
        ie_likeness_clear(&likeness);
        unlink(torn);
        if (decodes && (similarity >= 0.98 || kind == CUT)) {
            fail_msg("%s, tear %zu at %zu of %zu: %.3f", ie_format_name(format), kind, at,
                     bytes.size, similarity);
        }
    }
    free(copy);
    ie_buffer_free(&bytes);
}

/* By coefficients where it is large. */
static void a_jpeg_of_a_jpeg_that_shows_something_else_is_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{330, 222}, {2111, 93}, {4000, 96}, {4011, 93}};
    for (size_t i = 0; i < 8; i++) {
        const uint32_t *size = sizes[i / 2];
        const unsigned recoding = i % 2 == 0 ? 0 : IE_RECODE_PROGRESSIVE;
        ie_likeness original = {0};
        for (int kind = NOTHING; kind < WRONGS; kind++) {
            const char *jpeg =
                encoded(photo(size[0], size[1], (wrong)kind), IE_FORMAT_JPEG, 95, 0, NULL);
            const char *again = converted_file(jpeg, IE_FORMAT_JPEG, IE_FORMAT_JPEG, 90, recoding,
                                               kind == NOTHING ? &original : NULL);
            double similarity = similarity_of(&original, again);
            if ((similarity >= 0.98) != (kind == NOTHING)) {
                fail_msg("%u x %u, %s: %.3f", size[0], size[1], names[kind], similarity);
            }
            if (kind == NOTHING) {
                const char *coarse =
                    converted_file(jpeg, IE_FORMAT_JPEG, IE_FORMAT_JPEG, 10, recoding, NULL);
                assert_true(similarity_of(&original, coarse) < 0.98);
                if (recoding == 0) { /* a hole in a progressive file's last scans hardly shows */
                    assert_torn_is_refused(again, &original, IE_FORMAT_JPEG);
                }
            }
            unlink(again);
        }
        ie_likeness_clear(&original);
    }
}

/* Rows go straight from the decoder to the encoder, a PNG's from our own. */
static void a_jpeg_of_a_png_or_tiff_that_shows_something_else_is_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{330, 222}, {2111, 93}, {4000, 96}};
    static const ie_format formats[] = {IE_FORMAT_PNG, IE_FORMAT_TIFF};
    for (size_t i = 0; i < 6; i++) {
        const uint32_t *size = sizes[i / 2];
        const ie_format from = formats[i % 2];
        ie_likeness original = {0};
        for (int kind = NOTHING; kind < WRONGS; kind++) {
            const char *source = encoded(photo(size[0], size[1], (wrong)kind), from, 90, 0, NULL);
            const char *to = converted_file(source, from, IE_FORMAT_JPEG, 92, 0,
                                            kind == NOTHING ? &original : NULL);
            double similarity = similarity_of(&original, to);
            if ((similarity >= 0.98) != (kind == NOTHING)) {
                fail_msg("%s of %u x %u, %s: %.3f", ie_format_name(from), size[0], size[1],
                         names[kind], similarity);
            }
            if (kind == NOTHING) {
                const char *coarse = converted_file(source, from, IE_FORMAT_JPEG, 10, 0, NULL);
                assert_true(similarity_of(&original, coarse) < 0.98);
                assert_torn_is_refused(to, &original, IE_FORMAT_JPEG);
            }
            unlink(source);
            unlink(to);
        }
        ie_likeness_clear(&original);
    }
}

static void what_lost_its_detail_is_refused_however_large_it_is(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{330, 222}, {2100, 160}, {4000, 160}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ie_likeness original = {0};
        const char *from = photo(sizes[i][0], sizes[i][1], NOTHING);
        const char *to = encoded(from, IE_FORMAT_JPEG, 92, 0, &original);
        double fine = similarity_of(&original, to);
        double coarse = similarity_of(&original, encoded(from, IE_FORMAT_JPEG, 10, 0, NULL));
        if (fine < 0.98 || coarse >= 0.98) {
            fail_msg("%u x %u: %.3f and %.3f", sizes[i][0], sizes[i][1], fine, coarse);
        }
        ie_likeness_clear(&original);
    }
}

/* A turned picture's squares begin at its own corner, however many pixels are over at the edge. */
static void a_turned_picture_is_like_the_upright_one(void **state)
{
    (void)state;
    const char *from = photo(331, 219, NOTHING);
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        ie_converted converted = {0};
        const ie_convert_options options = {IE_FORMAT_PNG, 90, orientation, PIXEL_LIMIT, 0};
        const char *to = picture_file(NULL, 0);
        assert_int_equal(ie_image_convert(from, IE_FORMAT_PNM, to, &options, &converted, NULL),
                         IE_OK);
        picture_put(to, &converted);
        assert_true(similarity_of(&converted.likeness, to) > 0.9999);
        ie_converted_clear(&converted);
    }
}

static void torn_files_are_refused_wherever_they_are_torn(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_WEBP, IE_FORMAT_PNG};
    static const uint32_t sizes[][2] = {{330, 222}, {2100, 93}, {4000, 92}, {4011, 93}};
    for (size_t i = 0; i < 12; i++) {
        const uint32_t *size = sizes[i / 3];
        ie_likeness original = {0};
        const char *to =
            encoded(photo(size[0], size[1], NOTHING), formats[i % 3], 90, 0, &original);
        double similarity = similarity_of(&original, to);
        if (similarity < 0.98) {
            fail_msg("%s of %u x %u: %.3f", ie_format_name(formats[i % 3]), size[0], size[1],
                     similarity);
        }
        assert_torn_is_refused(to, &original, formats[i % 3]);
        ie_likeness_clear(&original);
    }
}

static void each_format_that_can_be_written_is(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG,  IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF, IE_FORMAT_AVIF, IE_FORMAT_JXL};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        ie_image_facts facts;
        assert_true(i >= 4 || ie_image_can_write(formats[i])); /* no libvips is without those */
        if (ie_image_can_write(formats[i])) {
            const char *to = converted(large_photo(64, 48), IE_FORMAT_PNM, formats[i], 90, 1);
            assert_int_equal(ie_image_check(to, PIXEL_LIMIT, &facts, NULL), IE_OK);
            assert_int_equal(facts.width, 64);
        } else {
            print_message("this libvips does not write %s\n", ie_format_name(formats[i]));
        }
    }
}

/* ---- what goes along besides pixels ------------------------------------------------------- */

/* Each of the formats that hold 16 bits and transparency, from a PNG. */
static void what_a_new_file_is_to_have_is_what_it_has(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG,  IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF, IE_FORMAT_AVIF, IE_FORMAT_JXL};
    for (int i = 0; i < 6 * 6; i++) {
        const ie_format to = formats[i / 6];
        const int bits = i % 2 == 0 ? 8 : 16, alpha = i % 6 / 2 == 0   ? -1
                                                      : i % 6 / 2 == 1 ? 255
                                                                       : 0;
        bool deep = to != IE_FORMAT_JPEG && to != IE_FORMAT_WEBP;
        if (!ie_image_can_write(to) || (bits == 16 && !deep) ||
            (alpha == 0 && to == IE_FORMAT_JPEG)) {
            continue;
        }
        ie_buffer bytes = {0};
        make_png(&bytes, 60, 40, bits, alpha, 1);
        const ie_convert_options options = {to, 90, 1, PIXEL_LIMIT, 0};
        const char *path = picture_file(NULL, 0);
        ie_converted made = {0};
        ie_image_facts after;
        ie_error err = {0};
        assert_int_equal(ie_image_convert(picture_file(bytes.data, bytes.size), IE_FORMAT_PNG, path,
                                          &options, &made, NULL),
                         IE_OK);
        picture_put(path, &made);
        assert_int_equal(made.bits, bits);
        assert_true(made.has_alpha == (alpha >= 0 && to != IE_FORMAT_JPEG) &&
                    made.transparent == (alpha == 0));
        assert_int_equal(ie_image_check(path, PIXEL_LIMIT, &after, NULL), IE_OK);
        if (ie_converted_check(&made, &after, to, &err) != IE_OK) {
            fail_msg("%s of %d bits and alpha %d: %s", ie_format_name(to), bits, alpha, err.text);
        }
        ie_converted_clear(&made);
        ie_buffer_free(&bytes);
    }
}

/* A gradient of `channels` in a TIFF (6.0, section 8: baseline, one strip). */
static const char *tiff_of(uint32_t photometric, uint32_t channels, uint32_t bits)
{
    enum {
        WIDTH = 60,
        HEIGHT = 40,
        ENTRIES = 9,
        BITS_AT = 8 + 2 + 12 * ENTRIES + 4,
        DATA = BITS_AT + 8
    };
    const uint32_t size = WIDTH * HEIGHT * channels * bits / 8;
    const uint32_t entries[ENTRIES][3] = {
        {256, 1, WIDTH},    {257, 1, HEIGHT},      {258, channels, BITS_AT},
        {259, 1, 1},        {262, 1, photometric}, {273, 1, DATA},
        {277, 1, channels}, {278, 1, HEIGHT},      {279, 1, size}};
    ie_buffer out = {0};
    ie_buffer_add(&out, "II*\0\10\0\0\0", 8);
    le_add(&out, ENTRIES, 2);
    for (int i = 0; i < ENTRIES; i++) {
        le_add(&out, entries[i][0], 2);
        le_add(&out, entries[i][0] == 258 ? 3 : 4, 2);
        le_add(&out, entries[i][1], 4);
        le_add(&out, entries[i][2], 4);
    }
    le_add(&out, 0, 4);
    for (int i = 0; i < 4; i++) {
        le_add(&out, bits, 2);
    }
    for (uint32_t i = 0; i < WIDTH * HEIGHT * channels; i++) {
        uint32_t x = i / channels % WIDTH, y = i / channels / WIDTH,
                 value = i % channels == 0 ? 70 + x + y : 20 + y / 4;
        le_add(&out, bits == 16 ? value << 8 | 0x9a : value, (int)bits / 8);
    }
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&out);
    return path;
}

/* CIELab of 8 bits lies in four bytes, of which the last is no alpha. */
static void lab_and_cmyk_become_rgb_of_as_many_bits(void **state)
{
    (void)state;
    enum { CMYK = 5, CIELAB = 8 };
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t bits = i % 2 == 0 ? 8 : 16, photometric = i / 2 == 0 ? CMYK : CIELAB;
        const char *from = tiff_of(photometric, photometric == CMYK ? 4 : 3, bits),
                   *path = picture_file(NULL, 0);
        const ie_convert_options options = {IE_FORMAT_PNG, 90, 1, PIXEL_LIMIT, 0};
        ie_converted made = {0};
        ie_image_facts after;
        ie_error err = {0};
        if (ie_image_convert(from, IE_FORMAT_TIFF, path, &options, &made, &err) != IE_OK) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(ie_image_check(path, PIXEL_LIMIT, &after, NULL), IE_OK);
        assert_int_equal(made.bits, bits);
        if (ie_converted_check(&made, &after, IE_FORMAT_PNG, &err) != IE_OK) {
            fail_msg("%u of %u bits: %s", photometric, bits, err.text);
        }
        assert_false(after.has_alpha || after.cmyk);
        assert_true(similarity_of(&made.likeness, path) > 0.99);
        ie_converted_clear(&made);
    }
}

/* ---- JPEGs of other components ------------------------------------------------------------ */

static const char *jpeg_of(int components)
{
    const jpeg_shape shape = {.width = 90,
                              .height = 61,
                              .components = components,
                              .h = {1, 1, 1},
                              .v = {1, 1, 1},
                              .seed = 4};
    size_t size = 0;
    uint8_t *bytes = jpeg_make(&shape, &size);
    const char *path = picture_file(bytes, size);
    free(bytes);
    return path;
}

/* Two have no meaning that a reader knows, four are CMYK: neither has the chroma that a likeness of
   samples is made of. */
static void a_jpeg_of_two_or_four_components_is_not_passed_on_by_its_samples(void **state)
{
    (void)state;
    for (int components = 1; components <= 4; components++) {
        const ie_convert_options options = {IE_FORMAT_JPEG, 90, 1, PIXEL_LIMIT, 0};
        ie_converted converted = {0};
        ie_error err = {0};
        ie_status status = ie_image_convert(jpeg_of(components), IE_FORMAT_JPEG,
                                            picture_file(NULL, 0), &options, &converted, &err);
        bool by_samples = converted.bytes != NULL;
        ie_converted_clear(&converted);
        if (status != (components == 2 ? IE_ERR_UNSUPPORTED : IE_OK)) {
            fail_msg("%d components: %d, %s", components, status, err.text);
        }
        assert_true(by_samples == (components == 1 || components == 3));
    }
}

static void squares_of_no_size_make_no_likeness(void **state)
{
    (void)state;
    static const uint32_t good[IE_PARTS] = {1, 2, 2}, bad[IE_PARTS] = {1, 2, 0};
    for (int i = 0; i < 3; i++) {
        ie_likeness_maker maker = {0};
        bool begun = ie_likeness_begin_planes(&maker, 64, 48, i == 1 ? bad : good,
                                              i == 2 ? bad : good, false);
        assert_true(begun == (i == 0));
        ie_likeness_maker_clear(&maker);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_that_can_be_written_is),
        cmocka_unit_test(a_file_that_shows_something_else_is_refused_in_each_format),
        cmocka_unit_test(a_large_file_that_shows_something_else_is_refused),
        cmocka_unit_test(a_jpeg_of_a_jpeg_that_shows_something_else_is_refused),
        cmocka_unit_test(a_jpeg_of_a_png_or_tiff_that_shows_something_else_is_refused),
        cmocka_unit_test(what_lost_its_detail_is_refused_however_large_it_is),
        cmocka_unit_test(a_turned_picture_is_like_the_upright_one),
        cmocka_unit_test(torn_files_are_refused_wherever_they_are_torn),
        cmocka_unit_test(what_a_new_file_is_to_have_is_what_it_has),
        cmocka_unit_test(lab_and_cmyk_become_rgb_of_as_many_bits),
        cmocka_unit_test(a_jpeg_of_two_or_four_components_is_not_passed_on_by_its_samples),
        cmocka_unit_test(squares_of_no_size_make_no_likeness),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
