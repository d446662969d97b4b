// SPDX-License-Identifier: GPL-3.0-or-later
/* What the DC decoder says yes to is what libjpeg-turbo accepts, with the same samples; all else it
 * leaves alone. */
#include "test.h"

#include <ftw.h>

#include "jpeg_make.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "storage/source.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 28)
/* Of the files that libjpeg-turbo decodes; the rest are CMYK, RGB, sequential in several scans,
 * arithmetic, DNL. */
#define MIN_SHARE 0.97

static ie_jpeg_dc *decoder;

static int open_decoder(void **state)
{
    decoder = ie_jpeg_dc_new();
    return 0;
}

static int close_decoder(void **state)
{
    ie_jpeg_dc_free(decoder);
    return 0;
}

typedef struct turbo {
    bool accepted;
    ie_jpeg_rows rows;
    uint32_t width, height;
    uint8_t *samples;
} turbo;

static turbo ask_turbo(const uint8_t *data, size_t size)
{
    turbo it = {0};
    ie_decode_fault fault;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, MAX_PIXELS, &fault);
    if (jpeg == NULL) {
        return it;
    }
    if (ie_jpeg_start(jpeg, 8, IE_JPEG_GRAY, &it.rows, &it.width, &it.height, &fault)) {
        it.samples = ie_try_alloc((size_t)it.width * 3, it.height);
        assert_non_null(it.samples);
        it.accepted =
            ie_jpeg_read(jpeg, it.samples, it.height, &fault) && ie_jpeg_finish(jpeg, &fault);
    }
    ie_jpeg_close(jpeg);
    return it;
}

/* A yes is right when libjpeg-turbo gives the same samples. It may see damage in the AC scans of a
   progressive file, which the decoder does not look at. */
static bool is_right(const turbo *it, const ie_jpeg_dc_facts *facts, const uint8_t *plane)
{
    if (!it->accepted) {
        return facts->progressive;
    }
    return it->rows == IE_JPEG_GRAY && it->width == facts->plane_width &&
           it->height == facts->plane_height &&
           memcmp(plane, it->samples, (size_t)it->width * it->height) == 0;
}

/* The decoder's reason, NULL for a yes; its plane is then compared. The file lies in memory of its
   very size, so that the sanitizers see a read beyond it. */
static const char *decode_and_compare(const char *name, const uint8_t *bytes, size_t size,
                                      turbo *ret_turbo)
{
    uint8_t *data = malloc(size == 0 ? 1 : size);
    assert_non_null(data);
    memcpy(data, bytes, size);
    ie_jpeg_dc_facts facts;
    uint8_t *plane = NULL;
    const char *reason = ie_jpeg_dc_open(decoder, data, size, MAX_PIXELS, &facts);
    if (reason == NULL) {
        plane = ie_try_alloc(facts.plane_width, facts.plane_height);
        assert_non_null(plane);
        reason = ie_jpeg_dc_read(decoder, plane);
    }
    turbo it = {0};
    if (reason == NULL || ret_turbo != NULL) {
        it = ask_turbo(data, size);
    }
    if (reason == NULL) {
        bool right = is_right(&it, &facts, plane);
        if (!right) {
            printf("  %s: libjpeg-turbo %s\n", name,
                   it.accepted ? "gives other samples" : "does not accept it");
        }
        assert_true(right);
    }
    if (ret_turbo != NULL) {
        *ret_turbo = it;
    }
    free(it.samples);
    free(plane);
    free(data);
    return reason;
}

/* ---- real files ---- */

static struct {
    int yes, broken, other;
    struct {
        const char *text;
        int count;
    } reasons[32];
} tally;

static void count_reason(const char *reason)
{
    for (int i = 0; i < 32; i++) {
        if (tally.reasons[i].text == NULL || strcmp(tally.reasons[i].text, reason) == 0) {
            tally.reasons[i].text = reason;
            tally.reasons[i].count++;
            return;
        }
    }
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    if (type != FTW_F || status->st_size < 4 || status->st_size > 64 << 20) {
        return 0;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    size_t size = (size_t)status->st_size;
    uint8_t *data = ie_alloc(size);
    size = fread(data, 1, size, file);
    fclose(file);
    if (size >= 4 && data[0] == 0xff && data[1] == 0xd8) {
        turbo it;
        const char *reason = decode_and_compare(path, data, size, &it);
        if (reason == NULL) {
            tally.yes++;
        } else {
            tally.broken += !it.accepted;
            tally.other += it.accepted;
            count_reason(reason);
        }
    }
    free(data);
    return 0;
}

static void real_files_give_the_samples_of_libjpeg_turbo(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    char path[4096];
    const char *const folders[] = {"golden/images", "photos"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", testdata(), folders[i]);
        assert_int_equal(nftw(path, visit, 16, FTW_PHYS), 0);
    }
    printf("  %d yes; left to libjpeg-turbo: %d, and %d that it refuses too\n", tally.yes,
           tally.other, tally.broken);
    for (int i = 0; i < 32 && tally.reasons[i].text != NULL; i++) {
        printf("  %4d %s\n", tally.reasons[i].count, tally.reasons[i].text);
    }
    assert_true(tally.yes >= 300);
    assert_true(tally.yes >= MIN_SHARE * (tally.yes + tally.other));
}

/* ---- made files ---- */

typedef struct sampling {
    const char *name;
    uint8_t h[3], v[3];
} sampling;

static const sampling samplings[] = {
    {"4:4:4", {1, 1, 1}, {1, 1, 1}},   {"4:2:2", {2, 1, 1}, {1, 1, 1}},
    {"4:2:0", {2, 1, 1}, {2, 1, 1}},   {"4:4:0", {1, 1, 1}, {2, 1, 1}},
    {"4:1:1", {4, 1, 1}, {1, 1, 1}},   {"4:1:0", {4, 1, 1}, {2, 1, 1}},
    {"2x2 all", {2, 2, 1}, {2, 1, 2}}, {"4x1, 2x1, 1x1", {4, 2, 1}, {1, 1, 1}},
    {"1x4", {1, 1, 1}, {4, 1, 1}},
};

static void check_made(const jpeg_shape *shape, const char *name)
{
    size_t size;
    uint8_t *data = jpeg_make(shape, &size);
    const char *reason = decode_and_compare(name, data, size, NULL);
    if (reason != NULL) {
        printf("  %s %ux%u quality %d: %s\n", name, shape->width, shape->height, shape->quality,
               reason);
    }
    assert_null(reason);
    free(data);
}

static void every_sampling_size_and_restart_interval_is_decoded(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1},    {8, 8},     {9, 7},    {33, 17},
                                        {65, 130}, {1030, 64}, {250, 251}};
    static const int qualities[] = {5, 50, 92, 100};
    static const uint32_t restarts[] = {0, 1, 7};
    uint32_t seed = 1;
    for (size_t s = 0; s < sizeof samplings / sizeof *samplings; s++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (int k = 0; k < 12; k++) {
                jpeg_shape shape = {
                    .width = sizes[i][0], .height = sizes[i][1], .components = 3, .seed = seed++};
                memcpy(shape.h, samplings[s].h, sizeof shape.h);
                memcpy(shape.v, samplings[s].v, sizeof shape.v);
                shape.quality = qualities[k % 4];
                shape.restart = restarts[k / 4];
                shape.optimized = (seed & 1) != 0;
                check_made(&shape, samplings[s].name);
                shape.progressive = true;
                check_made(&shape, samplings[s].name);
            }
        }
    }
}

static void grey_is_decoded_whatever_sampling_it_names(void **state)
{
    for (uint8_t h = 1; h <= 4; h++) {
        for (uint32_t restart = 0; restart < 6; restart++) {
            jpeg_shape shape = {.width = 97,
                                .height = 41u + h,
                                .components = 1,
                                .h = {h},
                                .v = {(uint8_t)(5 - h)},
                                .quality = 90,
                                .restart = restart,
                                .seed = h};
            check_made(&shape, "grey");
            shape.progressive = true;
            check_made(&shape, "progressive grey");
        }
    }
}

static void assert_left(const jpeg_shape *shape, const char *name)
{
    size_t size;
    uint8_t *data = jpeg_make(shape, &size);
    const char *reason = decode_and_compare(name, data, size, NULL);
    free(data);
    printf("  %s: %s\n", name, reason != NULL ? reason : "taken");
    assert_non_null(reason);
}

static void what_is_not_the_usual_jpeg_is_left_alone(void **state)
{
    jpeg_shape plain = {
        .width = 64, .height = 64, .components = 3, .h = {2, 1, 1}, .v = {2, 1, 1}, .seed = 5};
    jpeg_shape rgb = plain, cmyk = plain, coarse = plain, arithmetic = plain;
    rgb.rgb = true;
    assert_left(&rgb, "RGB");
    cmyk.components = 4;
    assert_left(&cmyk, "CMYK");
    coarse = (jpeg_shape){
        .width = 64, .height = 64, .components = 3, .h = {1, 2, 1}, .v = {1, 2, 1}, .seed = 5};
    assert_left(&coarse, "luma of lower resolution than chroma");
    arithmetic.arithmetic = true;
    assert_left(&arithmetic, "arithmetic");
}

static void more_pixels_than_allowed_are_left_alone(void **state)
{
    jpeg_shape shape = {.width = 100, .height = 100, .components = 3, .seed = 1};
    size_t size;
    uint8_t *data = jpeg_make(&shape, &size);
    ie_jpeg_dc_facts facts;
    assert_string_equal(ie_jpeg_dc_open(decoder, data, size, 9999, &facts), "too many pixels");
    assert_null(ie_jpeg_dc_open(decoder, data, size, 10000, &facts));
    free(data);
}

/* ---- damage ---- */

static uint8_t *make_small(uint32_t index, size_t *ret_size)
{
    const sampling *of = &samplings[index % (sizeof samplings / sizeof *samplings)];
    jpeg_shape shape = {.width = 50 + index,
                        .height = 70,
                        .components = index % 4 == 3 ? 1 : 3,
                        .quality = 30 + (int)index * 6,
                        .restart = index % 3 * 2,
                        .seed = index + 1};
    memcpy(shape.h, of->h, sizeof shape.h);
    memcpy(shape.v, of->v, sizeof shape.v);
    shape.progressive = index % 5 == 4;
    return jpeg_make(&shape, ret_size);
}

static void a_truncated_file_is_left_alone(void **state)
{
    for (uint32_t index = 0; index < 10; index++) {
        size_t size;
        uint8_t *data = make_small(index, &size);
        assert_null(decode_and_compare("whole", data, size, NULL));
        for (size_t i = 0; i < 200; i++) {
            assert_non_null(decode_and_compare("truncated", data, size * i / 200, NULL));
        }
        for (size_t cut = 1; cut < 20; cut++) {
            assert_non_null(decode_and_compare("truncated", data, size - cut, NULL));
        }
        free(data);
    }
}

/* Without its last scans a progressive picture is whole but coarse, and libjpeg-turbo smooths it.
 */
static void a_progression_that_ends_early_is_left_alone(void **state)
{
    jpeg_shape shape = {
        .width = 100, .height = 80, .components = 3, .progressive = true, .seed = 3};
    size_t size, scans = 0;
    uint8_t *data = jpeg_make(&shape, &size);
    assert_null(decode_and_compare("whole", data, size, NULL));
    for (size_t i = 2; i + 2 < size; i++) {
        if (data[i] == 0xff && data[i + 1] == 0xda && ++scans > 1) {
            uint8_t kept[2] = {data[i], data[i + 1]};
            data[i + 1] = 0xd9;
            const char *reason = decode_and_compare("cut", data, i + 2, NULL);
            assert_true(reason != NULL && strcmp(reason, "unfinished progression") == 0);
            memcpy(data + i, kept, 2);
        }
    }
    assert_true(scans > 5);
    free(data);
}

static void bytes_after_the_end_do_not_matter(void **state)
{
    size_t size;
    uint8_t *data = make_small(1, &size);
    data = realloc(data, size + 100);
    memset(data + size, 0xff, 100);
    assert_null(decode_and_compare("trailing bytes", data, size + 100, NULL));
    free(data);
}

static void damage_never_gives_other_samples_than_libjpeg_turbo(void **state)
{
    uint32_t random = 12345;
    int taken = 0;
    for (uint32_t index = 0; index < 10; index++) {
        size_t size;
        uint8_t *data = make_small(index, &size);
        uint8_t *damaged = ie_alloc(size);
        for (int i = 0; i < 300; i++) {
            memcpy(damaged, data, size);
            int changes = 1 + (int)(jpeg_random(&random) % 4);
            for (int k = 0; k < changes; k++) {
                damaged[jpeg_random(&random) % size] = (uint8_t)(jpeg_random(&random) >> 13);
            }
            taken += decode_and_compare("damaged", damaged, size, NULL) == NULL;
        }
        free(damaged);
        free(data);
    }
    /* Where the damage is to values only, libjpeg-turbo sees none either. */
    printf("  %d of 3000 damaged files decode\n", taken);
    assert_true(taken > 100 && taken < 2900);
}

/* ---- in a source ---- */

/* The luma view with these views announced: alone it comes from the DC coefficients, with colour
 * from libjpeg-turbo. */
static ie_pixels luma_of(const uint8_t *data, size_t size, unsigned views, ie_scratch *scratch,
                         uint8_t *ret_samples)
{
    ie_photo *photo = ie_photo_new();
    photo->format = IE_FORMAT_JPEG;
    photo->orientation = 6;
    ie_bytes *bytes = ie_bytes_wrap(data, size);
    ie_source_options options = {
        .max_pixels = MAX_PIXELS, .max_file_bytes = 1u << 30, .views = views};
    ie_source *source = ie_source_new(bytes, photo, &options, scratch);
    const ie_pixels *luma = ie_source_luma(source);
    assert_non_null(luma);
    ie_pixels view = *luma;
    assert_true((size_t)view.width * view.height <= 1u << 20);
    memcpy(ret_samples, view.data, (size_t)view.width * view.height);
    view.data = ret_samples;
    ie_source_free(source);
    ie_bytes_close(bytes);
    ie_photo_free(photo);
    return view;
}

static void the_hashes_get_the_same_view_whoever_decodes(void **state)
{
    ie_scratch *scratch = ie_scratch_new();
    uint8_t *samples[2] = {ie_alloc(1u << 20), ie_alloc(1u << 20)};
    for (int progressive = 0; progressive < 2; progressive++) {
        jpeg_shape shape = {.width = 2500,
                            .height = 2404,
                            .components = 3,
                            .h = {2, 1, 1},
                            .v = {2, 1, 1},
                            .quality = 90,
                            .progressive = progressive != 0,
                            .seed = 9};
        size_t size;
        uint8_t *data = jpeg_make(&shape, &size);
        ie_pixels ours = luma_of(data, size, IE_VIEW_LUMA, scratch, samples[0]);
        ie_pixels theirs = luma_of(data, size, IE_VIEW_LUMA | IE_VIEW_RGB, scratch, samples[1]);
        assert_int_equal(ours.width, 301);
        assert_int_equal(ours.width, theirs.width);
        assert_int_equal(ours.height, theirs.height);
        assert_memory_equal(ours.data, theirs.data, (size_t)ours.width * ours.height);
        assert_true(ours.bias == theirs.bias && ours.extent_w == theirs.extent_w &&
                    ours.extent_h == theirs.extent_h);
        assert_true(ours.origin_x == theirs.origin_x && ours.origin_y == theirs.origin_y);
        free(data);
    }
    free(samples[0]);
    free(samples[1]);
    ie_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_files_give_the_samples_of_libjpeg_turbo),
        cmocka_unit_test(every_sampling_size_and_restart_interval_is_decoded),
        cmocka_unit_test(grey_is_decoded_whatever_sampling_it_names),
        cmocka_unit_test(what_is_not_the_usual_jpeg_is_left_alone),
        cmocka_unit_test(more_pixels_than_allowed_are_left_alone),
        cmocka_unit_test(a_truncated_file_is_left_alone),
        cmocka_unit_test(a_progression_that_ends_early_is_left_alone),
        cmocka_unit_test(bytes_after_the_end_do_not_matter),
        cmocka_unit_test(damage_never_gives_other_samples_than_libjpeg_turbo),
        cmocka_unit_test(the_hashes_get_the_same_view_whoever_decodes),
    };
    return cmocka_run_group_tests(tests, open_decoder, close_decoder);
}
