// SPDX-License-Identifier: GPL-3.0-or-later
/* A conversion is compared with its original. The encoder is the test's own: it hands out what it
   is told to. */
#include "pictures.h"

#include <math.h>

#include "engine/derive.h"
#include "storage/color_profile.h"
#include "storage/ssim.h"

static const char *original, *sabotage; /* the file that is converted, and what "encoding" gives */
static bool transparent;                /* the source's alpha hides something */

ie_status ie_image_convert_bytes(ie_bytes *bytes_of_original, ie_format from, const char *temp_path,
                                 const ie_convert_options *options, ie_converted *ret_converted,
                                 ie_error *err)
{
    ie_image_facts facts = {0};
    assert_int_equal(ie_image_check_likeness(original, options->orientation, options->max_pixels,
                                             &facts, &ret_converted->likeness, err),
                     IE_OK);
    ret_converted->width = facts.width;
    ret_converted->height = facts.height;
    ret_converted->bits = facts.bits;
    ret_converted->has_alpha = facts.has_alpha;
    ret_converted->transparent = transparent;
    ret_converted->has_icc = facts.has_icc;
    ret_converted->icc = facts.icc;
    ie_buffer bytes = {0};
    picture_read(sabotage, &bytes);
    int fd = open(temp_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0 && write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
    close(fd);
    ie_buffer_free(&bytes);
    return IE_OK;
}

/* A PNM of the picture, its rows beginning at `shift`, or one grey. */
static const char *pnm(uint32_t width, uint32_t height, uint32_t shift, bool flat)
{
    ie_buffer bytes = {0};
    ie_buffer_printf(&bytes, "P6 %u %u 255\n", width, height);
    for (uint32_t i = 0; i < width * height * 3; i++) {
        ie_buffer_char(
            &bytes, (char)(flat ? 128 : pixel_at((i / 3 + shift) % width, i / 3 / width, i % 3)));
    }
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

static const char *png(int bits, int alpha)
{
    ie_buffer bytes = {0};
    make_png(&bytes, 60, 40, bits, alpha, 1);
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

/* A PNG with a profile whose primaries are sRGB's or P3's. */
static const char *png_of(bool wide)
{
    enum { BEFORE_DATA = 8 + 25 };
    ie_color_space space = {.xy = {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}}};
    if (wide) {
        memcpy(space.xy, (const double[2][2]){{0.68, 0.32}, {0.265, 0.69}}, 2 * sizeof space.xy[0]);
    }
    ie_profile profile = {0};
    ie_buffer plain = {0}, chunk = {0}, bytes = {0};
    assert_true(ie_profile_make(&space, false, &profile));
    uLongf size = compressBound((uLong)profile.size);
    Bytef *packed = malloc(size);
    assert_int_equal(compress(packed, &size, profile.data, (uLong)profile.size), Z_OK);
    ie_buffer_add(&chunk, "icc\0", 5);
    ie_buffer_add(&chunk, packed, size);
    make_png(&plain, 60, 40, 8, -1, 1);
    ie_buffer_add(&bytes, plain.data, BEFORE_DATA);
    png_chunk(&bytes, "iCCP", chunk.data, chunk.size);
    ie_buffer_add(&bytes, plain.data + BEFORE_DATA, plain.size - BEFORE_DATA);
    const char *path = picture_file(bytes.data, bytes.size);
    free(packed);
    free(profile.data);
    ie_buffer_free(&plain);
    ie_buffer_free(&chunk);
    ie_buffer_free(&bytes);
    return path;
}

static ie_status derive_from(const char *from, ie_format to, const char *result,
                             uint8_t orientation, const char *limit, ie_error *err)
{
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, "convert.min_similarity", limit, "test", NULL), IE_OK);
    const ie_action action = {.from = from,
                              .from_format = IE_FORMAT_PNG,
                              .format = to,
                              .orientation = orientation,
                              .remake = to == IE_FORMAT_PNG ? IE_REMAKE_ENCODE : IE_REMAKE_NONE};
    original = from;
    sabotage = result;
    ie_status status = ie_derive(config, &action, picture_file(NULL, 0), err);
    ie_config_free(config);
    return status;
}

static ie_status derive(const char *result, uint8_t orientation, const char *limit, ie_error *err)
{
    return derive_from(png(8, -1), IE_FORMAT_PNM, result, orientation, limit, err);
}

static void the_same_picture_passes(void **state)
{
    assert_int_equal(derive(pnm(60, 40, 0, false), 1, "0.999", NULL), IE_OK);
}

static void another_picture_of_the_same_size_is_refused(void **state)
{
    ie_error err = {0};
    assert_int_equal(derive(pnm(60, 40, 0, true), 1, "0.98", &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "too unlike"));
}

static void a_shifted_picture_is_refused(void **state)
{
    ie_error err = {0};
    assert_int_equal(derive(pnm(60, 40, 7, false), 1, "0.98", &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "too unlike"));
}

static void the_limit_is_the_users(void **state)
{
    assert_int_equal(derive(pnm(60, 40, 7, false), 1, "0", NULL), IE_OK);
}

static void another_size_is_refused(void **state)
{
    ie_error err = {0};
    assert_int_equal(derive(pnm(60, 41, 0, false), 1, "0", &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "60 x 41"));
}

static void a_picture_that_was_not_turned_is_refused(void **state)
{
    ie_error err = {0};
    assert_int_equal(derive(pnm(60, 40, 0, false), 3, "0.98", &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "too unlike"));
}

static void what_does_not_decode_is_refused(void **state)
{
    assert_int_equal(derive(picture_file("P6 60 40 255\nshort", 18), 1, "0", NULL), IE_ERR_FORMAT);
}

/* Both have the same likeness: the wrong file differs in nothing else, or is a pixel apart. */
static void assert_refused_for(const char *from, const char *result, const char *words)
{
    ie_error err = {0};
    assert_int_equal(derive_from(from, IE_FORMAT_PNG, from, 1, "0.98", &err), IE_OK);
    assert_int_equal(derive_from(from, IE_FORMAT_PNG, result, 1, "0.98", &err), IE_ERR_FORMAT);
    if (strstr(err.text, words) == NULL) {
        fail_msg("%s", err.text);
    }
}

static void lost_bits_are_refused(void **state)
{
    assert_refused_for(png(16, -1), png(8, -1), "8 bits a channel instead of 16");
    assert_refused_for(png(8, -1), png(16, -1), "16 bits a channel instead of 8");
}

static void lost_transparency_is_refused_and_an_alpha_that_hides_nothing_may_go(void **state)
{
    transparent = true;
    assert_refused_for(png(8, 0), png(8, -1), "without its transparency");
    transparent = false;
    assert_int_equal(derive_from(png(8, 255), IE_FORMAT_PNG, png(8, -1), 1, "0.98", NULL), IE_OK);
    assert_refused_for(png(8, -1), png(8, 255), "with transparency, which it has not");
}

static void a_lost_or_another_colour_profile_is_refused(void **state)
{
    assert_refused_for(png_of(true), png(8, -1), "without its colour profile");
    assert_refused_for(png_of(true), png_of(false), "with another colour profile");
    assert_refused_for(png(8, -1), png_of(true), "with a colour profile that is not its own");
}

/* ---- the formula --------------------------------------------------------------------------- */

static void equal_pictures_give_one_and_flat_ones_the_formula_of_means(void **state)
{
    uint8_t a[20 * 20], b[20 * 20];
    double ssim = 0;
    memset(a, 100, sizeof a);
    memset(b, 120, sizeof b);
    assert_true(ie_ssim(a, a, 20, 20, &ssim));
    assert_true(fabs(ssim - 1) < 1e-6);
    assert_true(ie_ssim(a, b, 20, 20, &ssim));
    const double c1 = 0.01 * 255 * 0.01 * 255;
    assert_true(fabs(ssim - (2.0 * 100 * 120 + c1) / (100.0 * 100 + 120.0 * 120 + c1)) < 1e-3);
    assert_true(ie_ssim(a, b, 5, 80, &ssim));
    assert_true(fabs(ssim - (2.0 * 100 * 120 + c1) / (100.0 * 100 + 120.0 * 120 + c1)) < 1e-3);
}

static void an_inverted_picture_scores_below_zero(void **state)
{
    uint8_t a[32 * 32], b[32 * 32];
    double ssim = 0;
    for (int i = 0; i < 32 * 32; i++) {
        a[i] = (i + i / 32) % 2 == 0 ? 60 : 200;
        b[i] = (uint8_t)(260 - a[i]);
    }
    assert_true(ie_ssim(a, b, 32, 32, &ssim));
    assert_true(ssim < -0.9);
}

/* Chroma's squares are 8 samples of the likeness' luma wide: a block of coarser chroma must show
   more samples, up to all it has. */
static void blocks_show_as_much_as_a_likeness_needs(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, columns, rows;
        unsigned luma, chroma; /* 0: not that way */
    } rows[] = {{4000, 3000, 2, 2, 2, 1}, {3000, 2250, 2, 2, 4, 1}, {2000, 1500, 4, 1, 4, 2},
                {1024, 768, 1, 1, 8, 1},  {1024, 768, 2, 2, 8, 2},  {1024, 768, 1, 4, 8, 4},
                {1024, 768, 0, 0, 8, 1},  {1024, 768, 16, 1, 0, 0}, {4000, 3000, 4, 4, 2, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned sides[2] = {0, 0};
        const bool fits = ie_likeness_sides(rows[i].width, rows[i].height, rows[i].columns,
                                            rows[i].rows, sides);
        assert_true(fits == (rows[i].luma > 0));
        assert_true(!fits || (sides[0] == rows[i].luma && sides[1] == rows[i].chroma));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_picture_passes),
        cmocka_unit_test(another_picture_of_the_same_size_is_refused),
        cmocka_unit_test(a_shifted_picture_is_refused),
        cmocka_unit_test(the_limit_is_the_users),
        cmocka_unit_test(another_size_is_refused),
        cmocka_unit_test(a_picture_that_was_not_turned_is_refused),
        cmocka_unit_test(what_does_not_decode_is_refused),
        cmocka_unit_test(lost_bits_are_refused),
        cmocka_unit_test(lost_transparency_is_refused_and_an_alpha_that_hides_nothing_may_go),
        cmocka_unit_test(a_lost_or_another_colour_profile_is_refused),
        cmocka_unit_test(equal_pictures_give_one_and_flat_ones_the_formula_of_means),
        cmocka_unit_test(an_inverted_picture_scores_below_zero),
        cmocka_unit_test(blocks_show_as_much_as_a_likeness_needs),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
