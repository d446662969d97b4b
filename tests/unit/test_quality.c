// SPDX-License-Identifier: GPL-3.0-or-later
/* What the quality analyzer says of pictures whose quality is known. */
#include <dirent.h>
#include <math.h>

#include "analyzers/sharpness.h"
#include "content_help.h"
#include "storage/jpeg_file.h"

static ie_pixels new_pixels(uint32_t width, uint32_t height)
{
    return (ie_pixels){.data = ie_alloc((size_t)width * height * 3),
                       .width = width,
                       .height = height,
                       .channels = 3,
                       .extent_w = width,
                       .extent_h = height};
}

static ie_pixels resized(const ie_pixels *in, uint32_t width, uint32_t height, ie_filter filter)
{
    ie_pixels out = new_pixels(width, height);
    assert_true(ie_pixels_resize(in, width, height, filter, out.data));
    return out;
}

/* The record of the pixels as a JPEG; free it. */
static ie_photo *judge(content_rig *rig, const ie_pixels *pixels, int quality)
{
    size_t size = 0;
    uint8_t *data = ie_jpeg_encode(pixels, quality, &size);
    assert_non_null(data);
    ie_photo *photo = rig_photo(rig, data, size, "a.jpg", 1, IE_HAVE_QUALITY);
    assert_int_equal(photo->fault_count, 0);
    free(data);
    return photo;
}

static ie_content content_of(content_rig *rig, const ie_pixels *pixels, int quality)
{
    ie_photo *photo = judge(rig, pixels, quality);
    ie_content content = *photo->content;
    ie_photo_free(photo);
    return content;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Rectangles of all sizes over each other: edges in the amounts that photos have, down to single
   pixels. */
static ie_pixels make_scene(uint32_t width, uint32_t height)
{
    ie_pixels scene = new_pixels(width, height);
    uint32_t random = 7;
    for (int i = 0; i < 6000; i++) {
        uint32_t side = 2 + (uint32_t)(width / 3.0 / (1.0 + i / 4.0));
        uint32_t left = next_random(&random) % width, top = next_random(&random) % height;
        uint8_t level = (uint8_t)(40 + next_random(&random) % 176);
        uint32_t right = left + side < width ? left + side : width;
        for (uint32_t y = top; y < top + side && y < height; y++) {
            memset(scene.data + ((size_t)y * width + left) * 3, level, (size_t)(right - left) * 3);
        }
    }
    return scene;
}

static void the_same_photo_is_as_sharp_with_24_megapixels_as_with_fewer(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {
        {4000, 2667}, {2828, 1886}, {2121, 1414}, {2000, 1333}, {1200, 800}};
    content_rig rig;
    rig_open(&rig, false);
    ie_pixels large = make_scene(6000, 4000);
    ie_content best = content_of(&rig, &large, 92);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ie_pixels small = resized(&large, sizes[i][0], sizes[i][1], IE_FILTER_LANCZOS);
        ie_content content = content_of(&rig, &small, 92);
        printf("  %ux%u: %.2f, %.1f; 6000x4000: %.2f, %.1f\n", sizes[i][0], sizes[i][1],
               content.sharpness, content.peak_sharpness, best.sharpness, best.peak_sharpness);
        assert_true(fabs(content.sharpness / best.sharpness - 1.0) <= 0.10);
        assert_true(fabs(content.peak_sharpness / best.peak_sharpness - 1.0) <= 0.15);
        free(small.data);
    }
    free(large.data);
    rig_close(&rig);
}

/* A blur of sigma sqrt(passes / 2) pixels. */
static ie_pixels blurred(const ie_pixels *in, int passes)
{
    ie_pixels out = new_pixels(in->width, in->height);
    size_t count = (size_t)in->width * in->height * 3, row = (size_t)in->width * 3;
    memcpy(out.data, in->data, count);
    uint8_t *from = ie_alloc(count);
    for (int pass = 0; pass < passes * 2; pass++) {
        size_t step = pass % 2 == 0 ? 3 : row;
        memcpy(from, out.data, count);
        for (size_t i = step; i + step < count; i++) {
            out.data[i] = (uint8_t)((from[i - step] + 2 * from[i] + from[i + step] + 2) / 4);
        }
    }
    free(from);
    return out;
}

/* Noise of about the sigma (the sum of four evenly spread numbers). */
static ie_pixels noised(const ie_pixels *in, double sigma)
{
    ie_pixels out = new_pixels(in->width, in->height);
    uint32_t random = 1;
    for (size_t i = 0; i < (size_t)in->width * in->height * 3; i++) {
        double sum = -2.0;
        for (int k = 0; k < 4; k++) {
            sum += (next_random(&random) & 0xffff) / 65536.0;
        }
        double value = in->data[i] + sum * sqrt(3.0) * sigma;
        out.data[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    return out;
}

enum { LOW_60, LOW_30, SMALL_75, SMALL_50, BLUR_1, BLUR_2, BLUR_3, NOISE_8, NOISE_16, COPIES };
static const char *const copy_names[COPIES] = {
    "quality 60", "quality 30", "3/4", "1/2", "blur 1", "blur 2", "blur 3", "noise 8", "noise 16"};

static ie_content copy_of(content_rig *rig, const ie_pixels *original, int kind)
{
    uint32_t w = original->width, h = original->height;
    static const int passes[] = {2, 8, 18};
    if (kind == LOW_60 || kind == LOW_30) {
        return content_of(rig, original, kind == LOW_60 ? 60 : 30);
    }
    ie_pixels copy = kind == SMALL_75   ? resized(original, w * 3 / 4, h * 3 / 4, IE_FILTER_LANCZOS)
                     : kind == SMALL_50 ? resized(original, w / 2, h / 2, IE_FILTER_LANCZOS)
                     : kind <= BLUR_3   ? blurred(original, passes[kind - BLUR_1])
                                        : noised(original, kind == NOISE_8 ? 8.0 : 16.0);
    ie_content content = content_of(rig, &copy, 92);
    free(copy.data);
    return content;
}

/* The pixels of a JPEG and what is said of the file itself; free(ret_pixels->data). */
static ie_content read_original(content_rig *rig, const char *path, ie_pixels *ret_pixels)
{
    size_t size = 0;
    uint8_t *data = rig_load(path, &size);
    assert_non_null(data);
    ie_photo *photo = rig_photo(rig, data, size, "a.jpg", 1, IE_HAVE_QUALITY);
    *ret_pixels = new_pixels(photo->width, photo->height);
    ie_decode_fault fault;
    ie_jpeg_rows rows;
    uint32_t width, height;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, 1u << 26, &fault);
    assert_true(jpeg != NULL &&
                ie_jpeg_start(jpeg, 1, IE_JPEG_RGB, &rows, &width, &height, &fault));
    assert_int_equal(rows, IE_JPEG_RGB);
    assert_true(ie_jpeg_read(jpeg, ret_pixels->data, height, &fault));
    ie_jpeg_close(jpeg);
    ie_content content = *photo->content;
    ie_photo_free(photo);
    free(data);
    return content;
}

static void originals_score_above_their_copies_and_only_blurred_ones_are_blurred(void **state)
{
    (void)state;
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    content_rig rig;
    rig_open(&rig, false);
    char path[4096];
    snprintf(path, sizeof path, "%s/photos/neardup", testdata());
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int originals = 0, sharp = 0, above[COPIES] = {0}, blurry[COPIES] = {0};
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strstr(entry->d_name, "_00_original.jpg") == NULL) {
            continue;
        }
        snprintf(path, sizeof path, "%s/photos/neardup/%s", testdata(), entry->d_name);
        ie_pixels pixels;
        ie_content original = read_original(&rig, path, &pixels);
        originals++;
        sharp += !original.blurred;
        for (int kind = 0; kind < COPIES; kind++) {
            ie_content copy = copy_of(&rig, &pixels, kind);
            above[kind] += original.quality > copy.quality;
            blurry[kind] += copy.blurred;
        }
        free(pixels.data);
    }
    closedir(dir);
    assert_int_equal(originals, 30);
    assert_int_equal(sharp, 30);
    for (int kind = 0; kind < COPIES; kind++) {
        printf("  %-10s the original is above %d of 30, %d are blurred\n", copy_names[kind],
               above[kind], blurry[kind]);
        assert_true(above[kind] >= 29);
        assert_true(kind >= BLUR_1 && kind <= BLUR_3 ? true : blurry[kind] == 0);
    }
    assert_true(blurry[BLUR_3] >= 27);
    rig_close(&rig);
}

/* A white field with one hundredth of detail in a corner: what a cup before a white wall is. */
static void little_detail_is_not_blur(void **state)
{
    (void)state;
    content_rig rig;
    rig_open(&rig, false);
    ie_pixels scene = make_scene(960, 640), wall = new_pixels(960, 640);
    memset(wall.data, 200, 960 * 640 * 3);
    for (uint32_t y = 0; y < 80; y++) {
        memcpy(wall.data + y * 960 * 3, scene.data + y * 960 * 3, 80 * 3);
    }
    ie_pixels soft = blurred(&wall, 32);
    ie_content all = content_of(&rig, &scene, 92), some = content_of(&rig, &wall, 92),
               none = content_of(&rig, &soft, 92);
    printf("  sharpness %.1f, %.1f, %.1f; peak %.1f, %.1f, %.1f\n", all.sharpness, some.sharpness,
           none.sharpness, all.peak_sharpness, some.peak_sharpness, none.peak_sharpness);
    assert_true(some.sharpness < all.sharpness / 20.0);
    assert_true(some.peak_sharpness > all.peak_sharpness / 4.0);
    assert_false(some.blurred);
    assert_true(none.blurred);
    free(scene.data);
    free(wall.data);
    free(soft.data);
    rig_close(&rig);
}

/* Blur by two pixels costs a picture its peaks, and noise does not bring them back. */
static void noise_does_not_pass_for_sharpness(void **state)
{
    (void)state;
    content_rig rig;
    rig_open(&rig, false);
    ie_pixels scene = make_scene(960, 640), soft = blurred(&scene, 18), grainy = noised(&soft, 6.0);
    ie_content sharp = content_of(&rig, &scene, 92), still = content_of(&rig, &grainy, 92);
    assert_true(still.peak_sharpness < sharp.peak_sharpness / 10.0);
    assert_true(still.blurred && !sharp.blurred);
    free(scene.data);
    free(soft.data);
    free(grainy.data);
    rig_close(&rig);
}

/* The numbers of a picture that is so small that it has one square, and of one without any
   detail. */
static void the_smallest_pictures_have_their_numbers(void **state)
{
    (void)state;
    ie_pixels gray = {
        .data = (uint8_t[]){0, 200, 0, 200, 0}, .width = 5, .height = 1, .channels = 1};
    double sharpness, peak;
    assert_true(ie_sharpness(&gray, &sharpness, &peak));
    assert_true(sharpness > 0.0 &&
                peak >= sharpness); /* its mean square is the variance and the mean's square */
    uint8_t flat[40 * 40];
    memset(flat, 77, sizeof flat);
    gray = (ie_pixels){.data = flat, .width = 40, .height = 40, .channels = 1};
    assert_true(ie_sharpness(&gray, &sharpness, &peak));
    assert_true(sharpness == 0.0 && peak == 0.0);
    flat[39 * 40 + 39] = 255; /* in the last square, which is 24 x 24 */
    assert_true(ie_sharpness(&gray, &sharpness, &peak));
    assert_true(fabs(peak * 24 * 24 - sharpness * 1600) < peak * 24 * 24 * 0.01);
}

static void clipped_shares_are_those_of_the_picture(void **state)
{
    (void)state;
    content_rig rig;
    rig_open(&rig, false);
    ie_pixels pixels = new_pixels(640, 480);
    memset(pixels.data, 128, 640 * 480 * 3);
    memset(pixels.data, 0, 640 * 48 * 3);                /* the upper tenth */
    memset(pixels.data + 640 * 384 * 3, 255, 640 * 96 * 3); /* the lower fifth */
    ie_content content = content_of(&rig, &pixels, 95);
    assert_true(fabs(content.clipped_shadows - 0.1) < 1e-9);
    assert_true(fabs(content.clipped_highlights - 0.2) < 1e-9);
    free(pixels.data);
    rig_close(&rig);
}

static void the_quality_that_a_jpeg_was_saved_with_is_found(void **state)
{
    (void)state;
    content_rig rig;
    rig_open(&rig, false);
    ie_pixels scene = make_scene(640, 480);
    static const int qualities[] = {10, 25, 50, 73, 75, 85, 90, 92, 95, 98, 100};
    for (size_t i = 0; i < sizeof qualities / sizeof *qualities; i++) {
        assert_int_equal(content_of(&rig, &scene, qualities[i]).jpeg_quality, qualities[i]);
    }
    free(scene.data);
    rig_close(&rig);
}

static void exact_mode_judges_blur_and_score_as_the_default_does(void **state)
{
    (void)state;
    content_rig reduced, exact;
    rig_open(&reduced, false);
    rig_open(&exact, true);
    ie_pixels sharp = make_scene(2400, 1600), tiny = resized(&sharp, 60, 40, IE_FILTER_BOX);
    ie_pixels soft = resized(&tiny, 2400, 1600, IE_FILTER_BICUBIC);
    ie_content a = content_of(&reduced, &sharp, 92), b = content_of(&exact, &sharp, 92);
    assert_true(!a.blurred && !b.blurred && b.sharpness > a.sharpness);
    assert_true(fabs(a.quality - b.quality) < 0.05);
    a = content_of(&reduced, &soft, 92);
    b = content_of(&exact, &soft, 92);
    assert_true(a.blurred && b.blurred);
    free(sharp.data);
    free(tiny.data);
    free(soft.data);
    rig_close(&reduced);
    rig_close(&exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_photo_is_as_sharp_with_24_megapixels_as_with_fewer),
        cmocka_unit_test(originals_score_above_their_copies_and_only_blurred_ones_are_blurred),
        cmocka_unit_test(little_detail_is_not_blur),
        cmocka_unit_test(noise_does_not_pass_for_sharpness),
        cmocka_unit_test(the_smallest_pictures_have_their_numbers),
        cmocka_unit_test(clipped_shares_are_those_of_the_picture),
        cmocka_unit_test(the_quality_that_a_jpeg_was_saved_with_is_found),
        cmocka_unit_test(exact_mode_judges_blur_and_score_as_the_default_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
