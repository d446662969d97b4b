// SPDX-License-Identifier: GPL-3.0-or-later
/* What the DC decoder says yes to is what libjpeg-turbo accepts, with the same samples at 1/8 and
   1/4 and the same coefficients; all else it leaves alone. */
#include "test.h"

#include <ftw.h>

#include "jpeg_blocks.h"
#include "jpeg_make.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "storage/jpeg_walk.h"
#include "storage/source.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 28)
/* Of the files that libjpeg-turbo decodes; the rest are CMYK, RGB, sequential in several scans,
   arithmetic, DNL. */
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

static turbo ask_turbo(const uint8_t *data, size_t size, unsigned denominator)
{
    turbo it = {0};
    ie_decode_fault fault;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, MAX_PIXELS, &fault);
    if (jpeg == NULL) {
        return it;
    }
    if (ie_jpeg_start(jpeg, denominator, IE_JPEG_GRAY, &it.rows, &it.width, &it.height, &fault)) {
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
static bool is_right(const turbo *it, bool progressive, uint32_t width, uint32_t height,
                     const uint8_t *plane)
{
    if (!it->accepted) {
        return progressive;
    }
    return it->rows == IE_JPEG_GRAY && it->width == width && it->height == height &&
           memcmp(plane, it->samples, (size_t)width * height) == 0;
}

/* Each plane in memory of its very size. */
typedef struct decoded {
    const char *reason;
    ie_jpeg_dc_facts facts;
    ie_jpeg_planes planes;
} decoded;

/* With all planes that there are, or luma alone. */
static decoded decode(const uint8_t *data, size_t size, bool all)
{
    decoded it = {0};
    it.reason = ie_jpeg_dc_open(decoder, data, size, MAX_PIXELS, &it.facts);
    if (it.reason != NULL) {
        return it;
    }
    it.planes.luma = ie_try_alloc(it.facts.plane_width, it.facts.plane_height);
    assert_non_null(it.planes.luma);
    if (all && it.facts.quarter_width > 0) {
        it.planes.quarter = ie_try_alloc(it.facts.quarter_width, it.facts.quarter_height);
        assert_non_null(it.planes.quarter);
    }
    for (int i = 0; all && it.facts.chroma_width > 0 && i < 2; i++) {
        it.planes.chroma[i] = ie_try_alloc(it.facts.chroma_width, it.facts.chroma_height);
        assert_non_null(it.planes.chroma[i]);
    }
    it.reason = ie_jpeg_dc_read(decoder, &it.planes);
    return it;
}

static void decoded_clear(decoded *it)
{
    free(it->planes.luma);
    free(it->planes.quarter);
    free(it->planes.chroma[0]);
    free(it->planes.chroma[1]);
}

/* Chroma has no grey decode to be compared with: the oracle is libjpeg's own DC coefficients. */
static bool chroma_is_right(const uint8_t *data, size_t size, const decoded *ours)
{
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    codec.err = jpeg_std_error(&errors);
    errors.emit_message = jpeg_say_nothing;
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, data, size);
    jpeg_read_header(&codec, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&codec);
    bool right = true;
    for (int c = 1; c < 3; c++) {
        jpeg_component_info *it = &codec.comp_info[c];
        const uint8_t *plane = ours->planes.chroma[c - 1];
        for (uint32_t y = 0; y < ours->facts.chroma_height; y++) {
            JBLOCKARRAY row =
                codec.mem->access_virt_barray((j_common_ptr)&codec, arrays[c], y, 1, FALSE);
            for (uint32_t x = 0; x < ours->facts.chroma_width; x++) {
                uint8_t sample;
                right = right &&
                        ie_dc_sample(row[0][x][0], it->quant_table->quantval[0], &sample) &&
                        sample == plane[(size_t)y * ours->facts.chroma_width + x];
            }
        }
        right = right && it->width_in_blocks == ours->facts.chroma_width &&
                it->height_in_blocks == ours->facts.chroma_height;
    }
    jpeg_destroy_decompress(&codec);
    return right;
}

static void assert_equal(const char *name, const uint8_t *data, size_t size, const decoded *ours)
{
    const ie_jpeg_dc_facts *facts = &ours->facts;
    turbo it = ask_turbo(data, size, 8);
    bool right = is_right(&it, facts->progressive, facts->plane_width, facts->plane_height,
                          ours->planes.luma);
    free(it.samples);
    if (right && ours->planes.quarter != NULL) {
        it = ask_turbo(data, size, 4);
        right =
            is_right(&it, false, facts->quarter_width, facts->quarter_height, ours->planes.quarter);
        free(it.samples);
    }
    if (right && it.accepted && ours->planes.chroma[0] != NULL) {
        right = chroma_is_right(data, size, ours);
    }
    if (!right) {
        printf("  %s: libjpeg-turbo %s\n", name,
               it.accepted ? "gives other samples" : "does not accept it");
    }
    assert_true(right);
}

/* The decoder's reason, NULL for a yes; its planes are then compared. The file lies in memory of
   its very size, so that the sanitizers see a read beyond it. */
static const char *decode_and_compare(const char *name, const uint8_t *bytes, size_t size)
{
    uint8_t *data = malloc(size == 0 ? 1 : size);
    assert_non_null(data);
    memcpy(data, bytes, size);
    decoded all = decode(data, size, true), luma = decode(data, size, false);
    if (all.reason == NULL) {
        assert_equal(name, data, size, &all);
        assert_null(luma.reason);
    }
    if (luma.reason == NULL) {
        assert_equal(name, data, size, &luma);
    }
    const char *reason = all.reason;
    jpeg_blocks_verdict blocks = jpeg_blocks_compare(decoder, data, size, MAX_PIXELS);
    if (blocks == BLOCKS_WRONG ||
        (reason == NULL && !all.facts.progressive && blocks == BLOCKS_NOT_FOR_US)) {
        printf("  %s: libjpeg gives other coefficients\n", name);
        fail();
    }
    decoded_clear(&all);
    decoded_clear(&luma);
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
        const char *reason = decode_and_compare(path, data, size);
        if (reason == NULL) {
            tally.yes++;
        } else {
            turbo it = ask_turbo(data, size, 8);
            free(it.samples);
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
    const char *reason = decode_and_compare(name, data, size);
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
    const char *reason = decode_and_compare(name, data, size);
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
        assert_null(decode_and_compare("whole", data, size));
        for (size_t i = 0; i < 200; i++) {
            assert_non_null(decode_and_compare("truncated", data, size * i / 200));
        }
        for (size_t cut = 1; cut < 20; cut++) {
            assert_non_null(decode_and_compare("truncated", data, size - cut));
        }
        free(data);
    }
}

/* Without its last scans a progressive picture is whole but coarse, and libjpeg-turbo
   smooths it. */
static void a_progression_that_ends_early_is_left_alone(void **state)
{
    jpeg_shape shape = {
        .width = 100, .height = 80, .components = 3, .progressive = true, .seed = 3};
    size_t size, scans = 0;
    uint8_t *data = jpeg_make(&shape, &size);
    assert_null(decode_and_compare("whole", data, size));
    for (size_t i = 2; i + 2 < size; i++) {
        if (data[i] == 0xff && data[i + 1] == 0xda && ++scans > 1) {
            uint8_t kept[2] = {data[i], data[i + 1]};
            data[i + 1] = 0xd9;
            const char *reason = decode_and_compare("cut", data, i + 2);
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
    assert_null(decode_and_compare("trailing bytes", data, size + 100));
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
            taken += decode_and_compare("damaged", damaged, size) == NULL;
        }
        free(damaged);
        free(data);
    }
    /* Where the damage is to values only, libjpeg-turbo sees none either. */
    printf("  %d of 3000 damaged files decode\n", taken);
    assert_true(taken > 100 && taken < 2900);
}

/* ---- in a source ---- */

typedef struct views {
    ie_source *source;
    ie_bytes *bytes;
    ie_photo *photo;
    const ie_pixels *luma, *gray, *rgb, *color;
} views;

static views look(const uint8_t *data, size_t size, unsigned wanted, uint8_t orientation,
                  ie_scratch *scratch)
{
    views it = {.photo = ie_photo_new(), .bytes = ie_bytes_wrap(data, size)};
    it.photo->format = IE_FORMAT_JPEG;
    it.photo->orientation = orientation;
    ie_source_options options = {
        .max_pixels = MAX_PIXELS, .max_file_bytes = 1u << 30, .views = wanted, .color_side = 224};
    it.source = ie_source_new(it.bytes, it.photo, &options, scratch);
    it.luma = (wanted & IE_VIEW_LUMA) != 0 ? ie_source_luma(it.source) : NULL;
    it.gray = (wanted & IE_VIEW_GRAY) != 0 ? ie_source_gray(it.source) : NULL;
    it.rgb = (wanted & IE_VIEW_RGB) != 0 ? ie_source_rgb(it.source) : NULL;
    it.color = (wanted & IE_VIEW_COLOR) != 0 ? ie_source_color(it.source) : NULL;
    return it;
}

static void views_clear(views *it)
{
    ie_source_free(it->source);
    ie_bytes_close(it->bytes);
    ie_photo_free(it->photo);
}

static uint8_t *make_photo(bool progressive, int components, size_t *ret_size)
{
    jpeg_shape shape = {.width = 4003,
                        .height = 2405,
                        .components = components,
                        .h = {components == 3 ? 2 : 1, 1, 1},
                        .v = {components == 3 ? 2 : 1, 1, 1},
                        .quality = 90,
                        .progressive = progressive,
                        .seed = 9};
    return jpeg_make(&shape, ret_size);
}

static void assert_pixels_equal(const ie_pixels *a, const ie_pixels *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    assert_memory_equal(a->data, b->data, (size_t)a->width * a->height * a->channels);
    assert_true(a->bias == b->bias && a->extent_w == b->extent_w && a->extent_h == b->extent_h);
    assert_true(a->origin_x == b->origin_x && a->origin_y == b->origin_y &&
                a->softness == b->softness);
}

static void the_hashes_get_the_same_view_whatever_else_is_looked_at(void **state)
{
    static const unsigned others[] = {IE_VIEW_RGB, IE_VIEW_ALL, IE_VIEW_COLOR,
                                      IE_VIEW_ALL | IE_VIEW_COLOR};
    ie_scratch *scratch = ie_scratch_new();
    size_t size;
    uint8_t *data = make_photo(false, 3, &size);
    turbo it = ask_turbo(data, size, 8);
    for (uint8_t orientation = 1; orientation <= 8; orientation += 5) {
        views alone = look(data, size, IE_VIEW_LUMA, orientation, scratch);
        assert_int_equal(alone.luma->width, orientation == 1 ? 501 : 301);
        if (orientation == 1) {
            assert_memory_equal(alone.luma->data, it.samples, 501 * 301);
        }
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            views more = look(data, size, IE_VIEW_LUMA | others[i], orientation, scratch);
            assert_pixels_equal(more.luma, alone.luma);
            views_clear(&more);
        }
        views_clear(&alone);
    }
    free(it.samples);
    free(data);
    ie_scratch_free(scratch);
}

/* The mean difference of the samples. */
static double difference(const ie_pixels *a, const ie_pixels *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_true(a->extent_w == b->extent_w && a->origin_x == b->origin_x &&
                a->origin_y == b->origin_y);
    size_t count = (size_t)a->width * a->height * a->channels;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += abs(a->data[i] - b->data[i]);
    }
    return sum / (double)count;
}

/* The same after both were made small: interpolated chroma is no sharper than 1/16. */
static double coarse_difference(const ie_pixels *a, const ie_pixels *b)
{
    uint8_t small[2][32 * 32 * 3];
    assert_true(ie_pixels_resize(a, 32, 32, IE_FILTER_BOX, small[0]) &&
                ie_pixels_resize(b, 32, 32, IE_FILTER_BOX, small[1]));
    ie_pixels x = {.data = small[0], .width = 32, .height = 32, .channels = 3}, y = x;
    y.data = small[1];
    return difference(&x, &y);
}

/* A progressive file is libjpeg-turbo's as soon as 1/4 is wanted, and has the coefficients of the
   sequential one. */
static void grey_and_colours_are_those_of_libjpeg_turbo(void **state)
{
    ie_scratch *scratch = ie_scratch_new();
    for (int components = 1; components <= 3; components += 2) {
        size_t sizes[2];
        uint8_t *data[2] = {make_photo(false, components, &sizes[0]),
                            make_photo(true, components, &sizes[1])};
        for (uint8_t orientation = 1; orientation <= 8; orientation++) {
            views ours = look(data[0], sizes[0], IE_VIEW_ALL | IE_VIEW_COLOR, orientation, scratch);
            views theirs =
                look(data[1], sizes[1], IE_VIEW_ALL | IE_VIEW_COLOR, orientation, scratch);
            assert_int_equal(ours.gray->width, orientation < 5 ? 1001 : 602);
            assert_pixels_equal(ours.gray, theirs.gray);
            assert_int_equal(ours.rgb->width, orientation < 5 ? 251 : 151);
            double rgb = difference(ours.rgb, theirs.rgb),
                   color = coarse_difference(ours.color, theirs.color);
            if (orientation == 1) {
                printf("  %d components: RGB differs by %.2f, the colour frame by %.2f levels\n",
                       components, rgb, color);
            }
            assert_true(components == 3 ? rgb < 0.5 && color < 3.0 : rgb < 0.5 && color == 0.0);
            views_clear(&ours);
            views_clear(&theirs);
        }
        free(data[0]);
        free(data[1]);
    }
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
        cmocka_unit_test(the_hashes_get_the_same_view_whatever_else_is_looked_at),
        cmocka_unit_test(grey_and_colours_are_those_of_libjpeg_turbo),
    };
    return cmocka_run_group_tests(tests, open_decoder, close_decoder);
}
