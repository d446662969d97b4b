// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures as tensors, against transformers' CLIPImageProcessorPil and DetrImageProcessorPil. */
#include <math.h>

#include "analyzers/tensor.h"
#include "content_help.h"
#include "utils/text.h"
#include "vision_help.h"

static const ie_model *model_named(const char *name)
{
    size_t i = 0;
    while (strcmp(ie_model_at(i)->name, name) != 0) {
        i++;
    }
    return ie_model_at(i);
}

typedef struct picture {
    uint8_t *data;
    ie_bytes *bytes;
    ie_photo *photo;
    ie_source *source;
    ie_scratch *scratch;
    uint32_t width, height; /* upright */
} picture;

static picture open_picture(const char *path, uint8_t orientation, bool exact, uint32_t side)
{
    picture p = {.scratch = ie_scratch_new(), .photo = ie_photo_new()};
    size_t size = 0;
    p.data = rig_load(path, &size);
    assert_non_null(p.data);
    p.bytes = ie_bytes_wrap(p.data, size);
    p.photo->format = ie_format_sniff(p.data, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, path);
    p.photo->orientation = orientation;
    ie_source_options options = {.max_pixels = 200000000,
                                 .max_file_bytes = 1u << 30,
                                 .exact = exact,
                                 .views = IE_VIEW_COLOR,
                                 .color_side = side};
    p.source = ie_source_new(p.bytes, p.photo, &options, p.scratch);
    assert_non_null(ie_source_color(p.source));
    bool heif = p.photo->format == IE_FORMAT_HEIC || p.photo->format == IE_FORMAT_AVIF;
    bool turned = orientation >= 5 && !heif;
    p.width = turned ? p.photo->height : p.photo->width;
    p.height = turned ? p.photo->width : p.photo->height;
    return p;
}

static void close_picture(picture *p)
{
    ie_source_free(p->source);
    ie_bytes_close(p->bytes);
    ie_photo_free(p->photo);
    ie_scratch_free(p->scratch);
    free(p->data);
}

static float *tensor_of(const picture *p, const ie_model *model, size_t *ret_count)
{
    uint32_t width, height;
    ie_tensor_size(model, p->width, p->height, &width, &height);
    *ret_count = (size_t)width * height * 3;
    float *out = ie_alloc(*ret_count * sizeof *out);
    ie_resampler *resampler = ie_resampler_new();
    assert_true(ie_tensor_fill(resampler, model, ie_source_color(p->source), p->width, p->height,
                               width, height, out));
    ie_resampler_free(resampler);
    return out;
}

static bool is_golden(const float *values, size_t count, const json_t *golden)
{
    char hex[65];
    ie_digest *digest = ie_digest_new(IE_DIGEST_SHA256);
    ie_digest_add(digest, values, count * sizeof *values);
    ie_digest_end(digest, hex);
    return strcmp(hex, ie_json_get_text(golden, "sha256_float32_le")) == 0;
}

static double patch_difference(const float *values, const json_t *golden, const char *key,
                               size_t width, size_t at)
{
    double most = 0;
    const json_t *rows = json_object_get(golden, key);
    for (size_t y = 0; y < json_array_size(rows); y++) {
        const json_t *row = json_array_get(rows, y);
        for (size_t x = 0; x < json_array_size(row); x++) {
            double theirs = json_number_value(json_array_get(row, x));
            most = fmax(most, fabs(values[(at + y) * width + at + x] - theirs));
        }
    }
    return most;
}

/* HEIF and AVIF decode with other rounding in other versions of libheif; 16-bit grey differs on
   purpose (>> 8). */
static bool may_differ(const char *name)
{
    return ie_ends_with_nocase(name, ".avif") || ie_ends_with_nocase(name, ".heic") ||
           strncmp(name, "gray16.", 7) == 0;
}

static void tensors_from_a_full_decode_equal_the_reference_in_every_bit(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_preprocess.json");
    IE_AUTO_JSON json_t *images = test_json(testdata(), "golden/golden_images.json");
    const ie_model *clip = model_named("openai/clip-vit-base-patch32"),
                   *detr = model_named("facebook/detr-resnet-50");
    const char *name;
    json_t *values;
    int equal[2] = {0}, differ = 0;
    json_object_foreach(json_object_get(golden, "images"), name, values)
    {
        const json_t *facts = json_object_get(json_object_get(images, "images"), name);
        IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/%s", testdata(), name);
        picture p = open_picture(path, (uint8_t)ie_json_get_int(facts, "orientation", 1), true, 0);
        const ie_model *models[] = {clip, detr};
        const char *keys[] = {"clip", "detr"};
        for (int m = 0; m < 2; m++) {
            size_t count;
            const json_t *theirs = json_object_get(values, keys[m]);
            float *ours = tensor_of(&p, models[m], &count);
            bool same = is_golden(ours, count, theirs);
            equal[m] += same;
            if (!same && !may_differ(name)) {
                printf("  %s of %s: patch differs by %.4f\n", keys[m], name,
                       m == 0 ? patch_difference(ours, theirs, "patch_r_y100_x100", 224, 100)
                              : NAN);
                differ++;
            }
            free(ours);
        }
        close_picture(&p);
    }
    printf("  equal in every bit: CLIP %d, DETR %d of 56\n", equal[0], equal[1]);
    assert_int_equal(differ, 0);
    assert_true(equal[0] >= 50 && equal[1] >= 50);
}

/* Blending with white only makes lighter, and the hidden parts white. */
static void a_transparent_picture_lies_over_white_where_that_is_asked_for(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/alpha_chicky_rgba.png", testdata());
    picture dropped = open_picture(path, 1, true, 0), white = open_picture(path, 1, true, 0);
    ie_source_options options = {.max_pixels = 200000000, .max_file_bytes = 1u << 30, .exact = true,
                                 .views = IE_VIEW_COLOR, .over_white = true};
    ie_source_free(white.source);
    white.source = ie_source_new(white.bytes, white.photo, &options, white.scratch);
    const ie_pixels *a = ie_source_color(dropped.source), *b = ie_source_color(white.source);
    assert_non_null(b);
    assert_true(a->width == b->width && a->height == b->height);
    size_t lighter = 0, samples = (size_t)a->width * a->height * 3;
    for (size_t i = 0; i < samples; i++) {
        assert_true(b->data[i] >= a->data[i]);
        lighter += b->data[i] > a->data[i];
    }
    printf("  %zu of %zu samples are lighter\n", lighter, samples);
    assert_true(lighter > 1000 && lighter < samples);
    close_picture(&dropped);
    close_picture(&white);
}

static void detr_sizes_are_those_of_the_reference(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_preprocess.json");
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(golden, "detr_sizes"), index, row)
    {
        uint32_t n[4], width, height;
        for (size_t i = 0; i < 4; i++) {
            n[i] = (uint32_t)json_integer_value(json_array_get(row, i));
        }
        ie_tensor_size(model_named("facebook/detr-resnet-50"), n[0], n[1], &width, &height);
        assert_int_equal(width, n[2]);
        assert_int_equal(height, n[3]);
    }
    assert_true(index >= 15);
}

/* From the shared decode at reduced scale the tensor stays near that of the full one. */
static void a_reduced_decode_gives_nearly_the_same_tensor(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    static const char *const names[] = {"jpeg-variants/gray_jpeg_L.jpg", "golden:photo_bus.jpg",
                                        "golden:photo_china.jpg"};
    const ie_model *clip = model_named("openai/clip-vit-base-patch32");
    int checked = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool from_golden = strncmp(names[i], "golden:", 7) == 0;
        IE_AUTO_FREE char *path = from_golden
                                      ? ie_asprintf("%s/golden/images/%s", testdata(), names[i] + 7)
                                      : ie_asprintf("%s/photos/%s", testdata(), names[i]);
        FILE *there = fopen(path, "rb");
        if (there == NULL) {
            continue;
        }
        fclose(there);
        picture full = open_picture(path, 6, true, 0), reduced = open_picture(path, 6, false, 224);
        size_t count;
        float *a = tensor_of(&full, clip, &count), *b = tensor_of(&reduced, clip, &count);
        double dot = 0, aa = 0, bb = 0;
        for (size_t k = 0; k < count; k++) {
            dot += (double)a[k] * b[k];
            aa += (double)a[k] * a[k];
            bb += (double)b[k] * b[k];
        }
        assert_true(dot / sqrt(aa * bb) > 0.995);
        checked++;
        free(a);
        free(b);
        close_picture(&full);
        close_picture(&reduced);
    }
    assert_true(checked >= 2);
}

static void extreme_shapes_make_tensors_too(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 3}, {20000, 1}, {1, 20000}, {30000, 2}};
    ie_resampler *resampler = ie_resampler_new();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t w = sizes[i][0], h = sizes[i][1];
        uint8_t *data = ie_alloc((size_t)w * h * 3);
        ie_pixels pixels = {data, w, h, 3, w, h, 0, 0, 0, 0};
        for (size_t m = 0; ie_model_at(m) != NULL; m++) {
            uint32_t width, height;
            ie_tensor_size(ie_model_at(m), w, h, &width, &height);
            assert_true(width > 0 && height > 0 && (uint64_t)width * height <= 1400 * 1400);
            float *out = ie_alloc((size_t)width * height * 3 * sizeof *out);
            assert_true(
                ie_tensor_fill(resampler, ie_model_at(m), &pixels, w, h, width, height, out));
            free(out);
        }
        free(data);
    }
    ie_resampler_free(resampler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_from_a_full_decode_equal_the_reference_in_every_bit),
        cmocka_unit_test(a_transparent_picture_lies_over_white_where_that_is_asked_for),
        cmocka_unit_test(detr_sizes_are_those_of_the_reference),
        cmocka_unit_test(a_reduced_decode_gives_nearly_the_same_tensor),
        cmocka_unit_test(extreme_shapes_make_tensors_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
