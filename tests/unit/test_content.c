// SPDX-License-Identifier: GPL-3.0-or-later
/* Sources, resampling, colours: faults of broken files, odd sizes, determinism, threads. */
#include <dirent.h>
#include <math.h>

#include <jpeglib.h>

#include "content_help.h"
#include "storage/jpeg_file.h"
#include "storage/raw_preview.h"
#include "utils/text.h"

/* A textured picture as a JPEG; free it. */
static uint8_t *make_jpeg(uint32_t width, uint32_t height, bool progressive,
                          unsigned long *ret_size)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    uint8_t *out = NULL;
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    *ret_size = 0;
    jpeg_mem_dest(&codec, &out, ret_size);
    codec.image_width = width;
    codec.image_height = height;
    codec.input_components = 3;
    codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, 90, TRUE);
    if (progressive) {
        jpeg_simple_progression(&codec);
    }
    jpeg_start_compress(&codec, TRUE);
    uint8_t *row = ie_alloc((size_t)width * 3);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            row[x * 3] = (uint8_t)(128 + 100 * sin(x / 17.0) * cos(y / 23.0));
            row[x * 3 + 1] = (uint8_t)(x * 255 / width);
            row[x * 3 + 2] = (uint8_t)((x * 31 + y * 57) % 61 + y * 128 / height);
        }
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    free(row);
    return out;
}

static void assert_fault(const ie_photo *photo, const char *code)
{
    assert_int_equal(photo->have & RIG_ALL, 0);
    assert_int_equal(photo->fault_count, 1);
    assert_string_equal(photo->faults[0].stage, "decode");
    assert_string_equal(photo->faults[0].code, code);
    assert_true(photo->faults[0].text[0] != 0);
}

static ie_photo *analyze_jpeg(content_rig *rig, const uint8_t *data, size_t size)
{
    return rig_photo(rig, data, size, "a.jpg", 1, RIG_ALL);
}

static void a_jpeg_cut_short_is_a_truncated_fault(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    for (int progressive = 0; progressive < 2; progressive++) {
        unsigned long size;
        uint8_t *data = make_jpeg(700, 500, progressive, &size);
        const size_t cuts[] = {size / 4, size / 2, size - 40, size - 2};
        for (int i = 0; i < 4; i++) {
            ie_photo *photo = analyze_jpeg(&rig, data, cuts[i]);
            assert_fault(photo, "truncated");
            ie_photo_free(photo);
        }
        ie_photo *photo = analyze_jpeg(&rig, data, size);
        assert_int_equal(photo->have & RIG_ALL, RIG_ALL);
        assert_int_equal(photo->fault_count, 0);
        ie_photo_free(photo);
        free(data);
    }
    rig_close(&rig);
}

static void a_jpeg_with_bad_codes_is_a_corrupt_fault(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    unsigned long size;
    uint8_t *data = make_jpeg(700, 500, false, &size);
    memset(data + size / 2, 0xfe, 200);
    ie_photo *photo = analyze_jpeg(&rig, data, size);
    assert_fault(photo, "corrupt");
    ie_photo_free(photo);
    free(data);
    rig_close(&rig);
}

/* Finds the frame header's height and width. */
static uint8_t *size_field(uint8_t *data, size_t size)
{
    for (size_t i = 2; i + 9 < size;) {
        if (data[i + 1] >= 0xc0 && data[i + 1] <= 0xc2) {
            return data + i + 5;
        }
        i += 2 + (size_t)(data[i + 2] << 8 | data[i + 3]);
    }
    return NULL;
}

static void a_header_that_claims_too_many_pixels_is_refused_before_decoding(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    unsigned long size;
    uint8_t *data = make_jpeg(64, 64, true, &size);
    uint8_t *field = size_field(data, size);
    assert_non_null(field);
    memcpy(field, "\xff\xdc\xff\xdc", 4); /* 65,500 x 65,500, the most libjpeg takes */
    ie_photo *photo = analyze_jpeg(&rig, data, size);
    assert_fault(photo, "too_large");
    ie_photo_free(photo);
    memcpy(field, "\x20\x00\x20\x00", 4); /* within the limit, but not with so few bytes */
    photo = analyze_jpeg(&rig, data, size);
    assert_fault(photo, "truncated");
    ie_photo_free(photo);
    memcpy(field, "\x00\x00\x00\x40", 4);
    photo = analyze_jpeg(&rig, data, size);
    assert_fault(photo, "corrupt");
    ie_photo_free(photo);
    free(data);
    rig_close(&rig);
}

static void odd_sizes_give_values(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1},    {1, 40},   {40, 1},
                                        {3, 5000}, {5000, 2}, {2403, 2401}};
    for (int exact = 0; exact < 2; exact++) {
        content_rig rig;
        rig_open(&rig, exact);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (uint8_t orientation = 1; orientation <= 8; orientation++) {
                unsigned long size;
                uint8_t *data = make_jpeg(sizes[i][0], sizes[i][1], false, &size);
                ie_photo *photo = rig_photo(&rig, data, size, "a.jpg", orientation, RIG_ALL);
                assert_int_equal(photo->have & RIG_ALL, RIG_ALL);
                assert_int_equal(photo->width, sizes[i][0]);
                assert_int_equal(photo->height, sizes[i][1]);
                assert_true(photo->content->quality >= 0.0 && photo->content->quality <= 1.0);
                assert_true(photo->content->color_count >= 1);
                ie_photo_free(photo);
                free(data);
                if (exact && i == 5) {
                    break; /* one large one is enough */
                }
            }
        }
        rig_close(&rig);
    }
}

static void a_turned_and_tagged_copy_has_the_same_hashes(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    content_rig rig;
    rig_open(&rig, false);
    uint64_t first = 0;
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        char path[4096];
        size_t size = 0;
        snprintf(path, sizeof path, "%s/photos/orientation/sharp/Landscape_%u.jpg", testdata(),
                 orientation);
        uint8_t *data = rig_load(path, &size);
        assert_non_null(data);
        ie_photo *photo = rig_photo(&rig, data, size, path, orientation, IE_HAVE_HASHES);
        first = orientation == 1 ? photo->content->phash : first;
        assert_true(__builtin_popcountll(first ^ photo->content->phash) <= 8);
        ie_photo_free(photo);
        free(data);
    }
    rig_close(&rig);
}

static void videos_and_unknown_files_are_passed_over_silently(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    ie_photo *photo = rig_photo(&rig,
                                "\0\0\0\x18"
                                "ftypmp42\0\0\0\0mp42isom",
                                24, "a.mp4", 1, RIG_ALL);
    assert_int_equal(ie_format_kind(photo->format), IE_KIND_VIDEO);
    assert_int_equal(photo->have, 0);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    photo = rig_photo(&rig, "hello", 5, "a.txt", 1, RIG_ALL);
    assert_int_equal(photo->have | photo->fault_count, 0);
    ie_photo_free(photo);
    rig_close(&rig);
}

static void the_largest_preview_of_a_raw_is_found(void **state)
{
    unsigned long small_size, large_size;
    uint8_t *small = make_jpeg(32, 32, false, &small_size);
    uint8_t *large = make_jpeg(640, 400, false, &large_size);
    /* A little-endian TIFF: one directory with JPEGInterchangeFormat, and a second JPEG in its
       chain. */
    size_t total = 256 + small_size + large_size;
    uint8_t *file = ie_alloc(total);
    const uint8_t head[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,  1, 2, 4,
                            0,   1,   0,  0, 0, 0, 1, 0, 0, 40, 0, 0, 0};
    memcpy(file, head, sizeof head);
    const uint8_t second[] = {1, 0, 1, 2, 4, 0, 1, 0, 0, 0};
    memcpy(file + 40, second, sizeof second);
    uint32_t offset = 256 + (uint32_t)small_size;
    memcpy(file + 50, &offset, 4);
    memcpy(file + 54, "\x08\0\0\0", 4); /* back to the first: no endless walk */
    memcpy(file + 256, small, small_size);
    memcpy(file + offset, large, large_size);
    ie_bytes *bytes = ie_bytes_wrap(file, total);
    ie_preview preview;
    assert_true(ie_raw_find_preview(bytes, 1u << 20, &preview));
    assert_int_equal(preview.offset, offset);
    assert_int_equal(preview.width, 640);
    ie_bytes_close(bytes);
    bytes = ie_bytes_wrap(file, 200);
    assert_false(ie_raw_find_preview(bytes, 1u << 20, &preview));
    ie_bytes_close(bytes);
    free(file);
    free(small);
    free(large);
}

static void resizing_to_the_same_size_copies_and_constants_stay(void **state)
{
    uint8_t samples[35], out[64];
    for (int i = 0; i < 35; i++) {
        samples[i] = (uint8_t)(i * 7);
    }
    ie_pixels pixels = {
        .data = samples, .width = 7, .height = 5, .channels = 1, .extent_w = 7, .extent_h = 5};
    assert_true(ie_pixels_resize(&pixels, 7, 5, IE_FILTER_LANCZOS, out));
    assert_memory_equal(out, samples, 35);
    memset(samples, 77, sizeof samples);
    for (ie_filter filter = IE_FILTER_BOX; filter <= IE_FILTER_LANCZOS; filter++) {
        assert_true(ie_pixels_resize(&pixels, 8, 8, filter, out));
        for (int i = 0; i < 64; i++) {
            assert_int_equal(out[i], 77);
        }
    }
}

static void colors_are_the_same_each_time_and_few_when_flat(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    unsigned long size;
    uint8_t *data = make_jpeg(900, 700, false, &size);
    ie_photo *a = analyze_jpeg(&rig, data, size);
    ie_photo *b = analyze_jpeg(&rig, data, size);
    assert_int_equal(a->content->color_count, 5);
    assert_memory_equal(a->content->colors, b->content->colors, sizeof a->content->colors);
    float sum = 0.0f;
    for (uint32_t i = 0; i < a->content->color_count; i++) {
        sum += a->content->colors[i].share;
        assert_true(i == 0 || a->content->colors[i].share <= a->content->colors[i - 1].share);
    }
    assert_true(fabsf(sum - 1.0f) < 1e-4f);
    ie_photo_free(a);
    ie_photo_free(b);
    free(data);
    rig_close(&rig);
}

/* Encodes packed RGB. */
static uint8_t *encode(const ie_pixels *pixels, int quality, unsigned long *ret_size)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    uint8_t *out = NULL;
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    *ret_size = 0;
    jpeg_mem_dest(&codec, &out, ret_size);
    codec.image_width = pixels->width;
    codec.image_height = pixels->height;
    codec.input_components = 3;
    codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    jpeg_start_compress(&codec, TRUE);
    while (codec.next_scanline < codec.image_height) {
        JSAMPROW rows[1] = {pixels->data + (size_t)codec.next_scanline * pixels->width * 3};
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    return out;
}

/* A golden photo's pixels, resized by Pillow's bicubic; free(data). */
static ie_pixels load_photo(const char *name, uint32_t width, uint32_t height)
{
    char path[4096];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/golden/images/%s", testdata(), name);
    uint8_t *data = rig_load(path, &size);
    assert_non_null(data);
    ie_decode_fault fault;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, 1u << 24, &fault);
    assert_non_null(jpeg);
    ie_jpeg_rows layout;
    ie_pixels in = {.channels = 3};
    assert_true(ie_jpeg_start(jpeg, 1, IE_JPEG_RGB, &layout, &in.width, &in.height, &fault));
    in.data = ie_alloc((size_t)in.width * in.height * 3);
    in.extent_w = in.width;
    in.extent_h = in.height;
    assert_true(ie_jpeg_read(jpeg, in.data, in.height, &fault));
    ie_jpeg_close(jpeg);
    free(data);
    ie_pixels out = {
        .width = width, .height = height, .channels = 3, .extent_w = width, .extent_h = height};
    out.data = ie_alloc((size_t)width * height * 3);
    assert_true(ie_pixels_resize(&in, width, height, IE_FILTER_BICUBIC, out.data));
    free(in.data);
    return out;
}

static int distance(uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a ^ b);
}

static void a_reduced_decode_gives_nearly_the_full_decodes_hashes(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    static const char *const names[] = {"photo_china.jpg", "photo_cheetah.jpg", "photo_flower.jpg",
                                        "photo_zidane.jpg"};
    static const uint32_t sizes[][2] = {{4000, 3000}, {1633, 1225}, {1225, 2048}, {641, 620}};
    content_rig full, reduced, lone;
    rig_open(&full, true);
    rig_open(&reduced, false);
    rig_open(&lone, false);
    lone.views = IE_VIEW_LUMA;
    for (int i = 0; i < 4; i++) {
        ie_pixels pixels = load_photo(names[i], sizes[i][0], sizes[i][1]);
        unsigned long size;
        uint8_t *data = encode(&pixels, 92, &size);
        uint8_t orientation = (uint8_t)(1 + i * 2 % 8 + (i == 3));
        ie_photo *a = rig_photo(&full, data, size, "a.jpg", orientation, IE_HAVE_HASHES);
        ie_photo *others[2] = {rig_photo(&reduced, data, size, "a.jpg", orientation, RIG_ALL),
                               rig_photo(&lone, data, size, "a.jpg", orientation, IE_HAVE_HASHES)};
        for (int k = 0; k < 2; k++) {
            const ie_content *x = a->content, *y = others[k]->content;
            printf("  %-18s %4ux%-4u %s: p %d a %d d %d w %d\n", names[i], sizes[i][0], sizes[i][1],
                   k == 0 ? "all   " : "hashes", distance(x->phash, y->phash),
                   distance(x->ahash, y->ahash), distance(x->dhash, y->dhash),
                   distance(x->whash, y->whash));
            assert_true(distance(x->phash, y->phash) <= 2 && distance(x->ahash, y->ahash) <= 2);
            assert_true(distance(x->dhash, y->dhash) <= 2 && distance(x->whash, y->whash) <= 2);
            ie_photo_free(others[k]);
        }
        ie_photo_free(a);
        free(data);
        free(pixels.data);
    }
    rig_close(&full);
    rig_close(&reduced);
    rig_close(&lone);
}

static double score_of(content_rig *rig, const ie_pixels *pixels, int quality)
{
    unsigned long size;
    uint8_t *data = encode(pixels, quality, &size);
    ie_photo *photo = rig_photo(rig, data, size, "a.jpg", 1, IE_HAVE_QUALITY);
    double score = photo->content->quality;
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    free(data);
    return score;
}

static void an_original_scores_above_its_worsened_copies(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    static const char *const names[] = {"photo_china.jpg", "photo_cheetah.jpg", "photo_bus.jpg",
                                        "photo_zidane.jpg"};
    content_rig rig;
    rig_open(&rig, false);
    for (int i = 0; i < 4; i++) {
        ie_pixels original = load_photo(names[i], 480, 400), half = load_photo(names[i], 240, 200),
                  blurred = original;
        double best = score_of(&rig, &original, 90);
        assert_true(best > score_of(&rig, &original, 50));
        assert_true(best > score_of(&rig, &half, 90));
        blurred.data = ie_alloc(480 * 400 * 3);
        assert_true(ie_pixels_resize(&half, 480, 400, IE_FILTER_BILINEAR, blurred.data));
        assert_true(best > score_of(&rig, &blurred, 90));
        uint32_t random = 1;
        for (size_t k = 0; k < 480 * 400 * 3; k++) {
            random = random * 1664525u + 1013904223u;
            int v = original.data[k] + (int)(random >> 26) - 32;
            original.data[k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
        assert_true(best > score_of(&rig, &original, 90));
        free(original.data);
        free(half.data);
        free(blurred.data);
    }
    rig_close(&rig);
}

/* Every byte is hostile: no file of the corpus may crash, and each gives facts or one fault of
   decoding. */
static void run_folder(content_rig *rig, const char *folder, int depth, int *files, int *whole)
{
    DIR *directory = opendir(folder);
    const struct dirent *item;
    while (directory != NULL && (item = readdir(directory)) != NULL) {
        if (item->d_name[0] == '.') {
            continue;
        }
        IE_AUTO_FREE char *path = ie_path_join(folder, item->d_name);
        size_t size = 0;
        if (item->d_type == DT_DIR && depth < 6) {
            run_folder(rig, path, depth + 1, files, whole);
            continue;
        }
        uint8_t *data = rig_load(path, &size);
        if (data == NULL) {
            continue;
        }
        ie_photo *photo = rig_photo(rig, data, size, path, (uint8_t)(1 + *files % 8), RIG_ALL);
        bool all = (photo->have & RIG_ALL) == RIG_ALL;
        bool picture = ie_format_kind(photo->format) == IE_KIND_PHOTO ||
                       ie_format_kind(photo->format) == IE_KIND_RAW;
        assert_int_equal(photo->fault_count, picture && !all ? 1 : 0);
        ++*files;
        *whole += all;
        ie_photo_free(photo);
        free(data);
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

static void hostile_files_give_a_fault_or_values(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    static const char *const folders[] = {"malformed", "raw",  "jpeg-variants",
                                          "png",       "tiff", "gif"};
    content_rig rig;
    rig_open(&rig, false);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char folder[4096];
        int files = 0, whole = 0;
        snprintf(folder, sizeof folder, "%s/photos/%s", testdata(), folders[i]);
        run_folder(&rig, folder, 0, &files, &whole);
        printf("  %-14s %3d files, %3d decoded\n", folders[i], files, whole);
        assert_true(files > 0);
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jpeg_cut_short_is_a_truncated_fault),
        cmocka_unit_test(a_jpeg_with_bad_codes_is_a_corrupt_fault),
        cmocka_unit_test(a_header_that_claims_too_many_pixels_is_refused_before_decoding),
        cmocka_unit_test(odd_sizes_give_values),
        cmocka_unit_test(a_turned_and_tagged_copy_has_the_same_hashes),
        cmocka_unit_test(videos_and_unknown_files_are_passed_over_silently),
        cmocka_unit_test(the_largest_preview_of_a_raw_is_found),
        cmocka_unit_test(resizing_to_the_same_size_copies_and_constants_stay),
        cmocka_unit_test(colors_are_the_same_each_time_and_few_when_flat),
        cmocka_unit_test(a_reduced_decode_gives_nearly_the_full_decodes_hashes),
        cmocka_unit_test(an_original_scores_above_its_worsened_copies),
        cmocka_unit_test(hostile_files_give_a_fault_or_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
