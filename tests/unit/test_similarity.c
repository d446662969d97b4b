// SPDX-License-Identifier: GPL-3.0-or-later
/* A conversion is compared with its original. The encoder is the test's own: it hands out what it is told to. */
#include "pictures.h"

#include <math.h>

#include "engine/derive.h"
#include "storage/ssim.h"

static const char *sabotage; /* the file that "encoding" gives */

ie_status ie_image_convert(const char *from_path, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_converted *ret_converted, ie_error *err)
{
    ie_image_facts facts = {0};
    assert_int_equal(ie_image_check_likeness(from_path, options->orientation, options->max_pixels, &facts,
                                             &ret_converted->likeness, err), IE_OK);
    ret_converted->width = facts.width;
    ret_converted->height = facts.height;
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
        ie_buffer_char(&bytes, (char)(flat ? 128 : pixel_at((i / 3 + shift) % width, i / 3 / width, i % 3)));
    }
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

static const char *png(uint32_t width, uint32_t height)
{
    ie_buffer bytes = {0};
    make_png(&bytes, width, height, 8, -1, 1);
    const char *path = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return path;
}

static ie_status derive(const char *result, uint8_t orientation, const char *limit, ie_error *err)
{
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, "convert.min_similarity", limit, "test", NULL), IE_OK);
    const ie_action action = {.from = png(60, 40), .from_format = IE_FORMAT_PNG, .format = IE_FORMAT_PNM,
                              .orientation = orientation};
    sabotage = result;
    ie_status status = ie_derive(config, &action, picture_file(NULL, 0), err);
    ie_config_free(config);
    return status;
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
        cmocka_unit_test(equal_pictures_give_one_and_flat_ones_the_formula_of_means),
        cmocka_unit_test(an_inverted_picture_scores_below_zero),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
