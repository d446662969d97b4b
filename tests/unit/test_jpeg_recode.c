// SPDX-License-Identifier: GPL-3.0-or-later
/* JPEGs encoded anew by their coefficients: each becomes the nearest of the new quantiser, what is
   shown on the way is the picture, and whatever is unusual or wrong is left to libjpeg. */
#include "test.h"

#include "jpeg_make.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "storage/jpeg_requantise.h"
#include "storage/jpeg_walk.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 28)

/* What came by see(), one component after the other or not. */
typedef struct seen {
    uint8_t *rows[3];
    size_t width[3], count[3];
} seen;

static void see(void *user, int part, const uint8_t *rows, uint32_t count, size_t stride)
{
    seen *it = user;
    it->width[part] = stride;
    it->rows[part] = ie_realloc(it->rows[part], (it->count[part] + count) * stride);
    memcpy(it->rows[part] + it->count[part] * stride, rows, count * stride);
    it->count[part] += count;
}

static void seen_clear(seen *it)
{
    for (int i = 0; i < 3; i++) {
        free(it->rows[i]);
    }
    *it = (seen){0};
}

/* A block of luma shows `side` samples across; 0: by samples. NULL, and the fault's code, where it
   is refused. */
static uint8_t *recode(const uint8_t *bytes, size_t size, int quality, bool progressive,
                       unsigned side, seen *to, size_t *ret_size, const char **ret_code)
{
    ie_decode_fault fault = {0};
    uint8_t *out = NULL;
    ie_jpeg *jpeg = ie_jpeg_open(bytes, size, MAX_PIXELS, &fault);
    assert_non_null(jpeg);
    const ie_jpeg_recoding how = {quality, progressive, side > 0, {side, 1}, see, to};
    bool good = ie_jpeg_recode(jpeg, bytes, size, &how, &out, ret_size, &fault);
    assert_true(good == (out != NULL));
    *ret_code = fault.code;
    ie_jpeg_close(jpeg);
    return out;
}

/* ---- the same picture --------------------------------------------------------------------- */

typedef struct coded {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jvirt_barray_ptr *arrays;
} coded;

static void read_coded(coded *it, const uint8_t *bytes, size_t size)
{
    it->codec.err = jpeg_std_error(&it->errors);
    jpeg_create_decompress(&it->codec);
    jpeg_mem_src(&it->codec, bytes, size);
    jpeg_read_header(&it->codec, TRUE);
    it->arrays = jpeg_read_coefficients(&it->codec);
    assert_int_equal(it->errors.num_warnings, 0);
}

static const JCOEF *block_of(coded *it, int part, JDIMENSION x, JDIMENSION y)
{
    return it->codec.mem->access_virt_barray((j_common_ptr)&it->codec, it->arrays[part], y, 1,
                                             FALSE)[0][x];
}

/* Whole numbers: half of the new quantiser is the most that a coefficient may be off. */
static void assert_nearest(coded *before, coded *after, int part)
{
    const jpeg_component_info *a = &before->codec.comp_info[part];
    const jpeg_component_info *b = &after->codec.comp_info[part];
    assert_int_equal(a->width_in_blocks, b->width_in_blocks);
    assert_int_equal(a->height_in_blocks, b->height_in_blocks);
    assert_int_equal(a->h_samp_factor, b->h_samp_factor);
    for (JDIMENSION y = 0; y < a->height_in_blocks; y++) {
        for (JDIMENSION x = 0; x < a->width_in_blocks; x++) {
            const JCOEF *from = block_of(before, part, x, y), *to = block_of(after, part, x, y);
            for (int k = 0; k < DCTSIZE2; k++) {
                int was = from[k] * a->quant_table->quantval[k];
                int is = to[k] * b->quant_table->quantval[k];
                assert_true(2 * abs(was - is) <= b->quant_table->quantval[k]);
            }
        }
    }
}

static void assert_seen_luma(const seen *it, const uint8_t *bytes, size_t size, unsigned shrink)
{
    ie_decode_fault fault;
    ie_jpeg_rows layout;
    uint32_t width, height;
    ie_jpeg *jpeg = ie_jpeg_open(bytes, size, MAX_PIXELS, &fault);
    assert_true(ie_jpeg_start(jpeg, shrink, IE_JPEG_GRAY, &layout, &width, &height, &fault));
    uint8_t *row = ie_alloc(width);
    assert_true(it->width[0] >= width && it->count[0] >= height);
    for (uint32_t y = 0; y < height; y++) {
        assert_true(ie_jpeg_read(jpeg, row, 1, &fault));
        assert_memory_equal(row, it->rows[0] + y * it->width[0], width);
    }
    free(row);
    ie_jpeg_close(jpeg);
}

static void assert_seen_chroma(const seen *it, coded *of, int part)
{
    const jpeg_component_info *info = &of->codec.comp_info[part];
    assert_int_equal(it->count[part], info->height_in_blocks);
    for (JDIMENSION y = 0; y < info->height_in_blocks; y++) {
        for (JDIMENSION x = 0; x < info->width_in_blocks; x++) {
            uint8_t sample;
            assert_true(
                ie_dc_sample(block_of(of, part, x, y)[0], info->quant_table->quantval[0], &sample));
            assert_int_equal(sample, it->rows[part][y * it->width[part] + x]);
        }
    }
}

static void check_shape(const jpeg_shape *shape, int quality, unsigned side)
{
    size_t size, new_size;
    const char *code;
    seen rows = {0};
    coded before, after;
    uint8_t *bytes = jpeg_make(shape, &size);
    uint8_t *out = recode(bytes, size, quality, false, side, &rows, &new_size, &code);
    assert_non_null(out);
    read_coded(&before, bytes, size);
    read_coded(&after, out, new_size);
    assert_int_equal(after.codec.image_width, shape->width);
    assert_int_equal(after.codec.image_height, shape->height);
    for (int i = 0; i < shape->components; i++) {
        assert_nearest(&before, &after, i);
    }
    assert_seen_luma(&rows, bytes, size, 8 / side);
    for (int i = 1; i < shape->components; i++) {
        assert_seen_chroma(&rows, &before, i);
    }
    jpeg_destroy_decompress(&before.codec);
    jpeg_destroy_decompress(&after.codec);
    seen_clear(&rows);
    free(out);
    free(bytes);
}

static void each_coefficient_is_the_nearest_and_what_is_shown_is_the_picture(void **state)
{
    (void)state;
    static const uint8_t samplings[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}, {1, 4}};
    static const uint32_t sizes[][2] = {{8, 8}, {9, 7}, {33, 17}, {65, 130}, {250, 251}};
    static const int qualities[][2] = {{30, 92}, {92, 92}, {98, 75}, {92, 20}, {75, 100}};
    uint32_t seed = 1;
    for (size_t i = 0; i < 6 * 5 * 5; i++) {
        const uint8_t *sampling = samplings[i / 25];
        jpeg_shape shape = {.width = sizes[i / 5 % 5][0],
                            .height = sizes[i / 5 % 5][1],
                            .components = 3,
                            .h = {sampling[0]},
                            .v = {sampling[1]},
                            .quality = qualities[i % 5][0],
                            .restart = i % 3 == 0 ? 5 : 0,
                            .optimized = i % 2 == 0,
                            .seed = seed++};
        const unsigned side = 2u << i % 3;
        check_shape(&shape, qualities[i % 5][1], side);
        if (i < 25) {
            shape.components = 1;
            check_shape(&shape, qualities[i % 5][1], side);
        }
    }
}

/* ---- left to libjpeg ---------------------------------------------------------------------- */

static void assert_left(const uint8_t *bytes, size_t size, bool progressive)
{
    size_t new_size;
    const char *code = NULL;
    seen rows = {0};
    assert_null(recode(bytes, size, 90, progressive, 2, &rows, &new_size, &code));
    assert_string_equal(code, "unsupported");
    seen_clear(&rows);
}

static void what_is_progressive_goes_by_samples(void **state)
{
    (void)state;
    jpeg_shape shape = {.width = 65, .height = 40, .components = 3, .seed = 1};
    size_t size;
    uint8_t *bytes = jpeg_make(&shape, &size);
    assert_left(bytes, size, true);
    free(bytes);
    shape.progressive = true;
    bytes = jpeg_make(&shape, &size);
    assert_left(bytes, size, false);
    free(bytes);
}

/* Not a row is written of a file that is not whole: libjpeg then says what is wrong with it. */
static void a_torn_file_is_left_wherever_it_is_torn(void **state)
{
    (void)state;
    const jpeg_shape shape = {
        .width = 200, .height = 160, .components = 3, .h = {2}, .v = {2}, .seed = 3};
    size_t size, new_size;
    const char *code;
    uint8_t *bytes = jpeg_make(&shape, &size);
    for (size_t cut = 1; cut < 40; cut++) {
        size_t left = size - cut * (size - 700) / 40;
        assert_left(bytes, left, false);
        seen rows = {0};
        assert_null(recode(bytes, left, 90, false, 0, &rows, &new_size, &code));
        assert_string_not_equal(code, "unsupported");
        seen_clear(&rows);
    }
    assert_left(bytes, size - 2, false); /* but for the marker of its end */
    free(bytes);
}

/* libjpeg warns of coded data that is left over, and so a picture is not whole. */
static void a_frame_of_fewer_rows_or_columns_than_are_coded_is_left(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const jpeg_shape shape = {.width = 200,
                                  .height = 160,
                                  .components = 3,
                                  .h = {2},
                                  .v = {2},
                                  .restart = i < 2 ? 0 : 26,
                                  .seed = 3};
        size_t size, new_size, at = 0;
        const char *code;
        seen rows = {0};
        uint8_t *bytes = jpeg_make(&shape, &size);
        while (bytes[at] != 0xff || bytes[at + 1] != 0xc0) {
            at++;
        }
        bytes[at + (i % 2 == 0 ? 6 : 8)] -= 16; /* height, or width */
        assert_left(bytes, size, false);
        assert_null(recode(bytes, size, 90, false, 0, &rows, &new_size, &code));
        assert_string_not_equal(code, "unsupported");
        seen_clear(&rows);
        free(bytes);
    }
}

static void coefficients_that_no_picture_has_go_by_samples(void **state)
{
    (void)state;
    const jpeg_shape shape = {
        .width = 64, .height = 64, .components = 1, .quality = 100, .seed = 4};
    size_t size, new_size, at = 0;
    const char *code;
    uint8_t *bytes = jpeg_make(&shape, &size);
    while (bytes[at] != 0xff || bytes[at + 1] != 0xdb) {
        at++;
    }
    memset(bytes + at + 5, 255, 64); /* its quantisers, which were 1 */
    assert_left(bytes, size, false);
    seen rows = {0};
    uint8_t *out = recode(bytes, size, 90, false, 0, &rows, &new_size, &code);
    assert_non_null(out);
    free(out);
    seen_clear(&rows);
    free(bytes);
}

static void the_largest_coefficients_fit_and_larger_ones_do_not(void **state)
{
    (void)state;
    uint16_t one[64], two[64], most[64];
    int16_t block[1][64];
    uint8_t samples[64];
    ie_requantiser same, halved, hostile;
    for (int k = 0; k < 64; k++) {
        one[k] = 1;
        two[k] = 2;
        most[k] = UINT16_MAX;
    }
    ie_requantiser_set(&same, one, one);
    ie_requantiser_set(&halved, one, two);
    ie_requantiser_set(&hostile, most, one);
    for (unsigned side = 1; side <= 8; side *= 2) {
        const ie_block_rows out = {samples, side, side};
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int k = 0; k < 64; k++) {
                block[0][k] = (int16_t)(sign * IE_REQUANTISE_MOST);
            }
            /* Eight of them in a column sum up to what has no room between two passes. */
            assert_true(ie_requantise_row(&halved, block, 1, &out) == (side < 8));
            for (int k = 0; k < 64; k++) {
                assert_int_equal(block[0][k], sign * IE_REQUANTISE_MOST / 2);
            }
            assert_true(side == 8 || samples[0] == (sign > 0 ? 255 : 0));
            for (int k = 0; k < 64; k++) {
                memset(block, 0, sizeof block);
                block[0][k] = (int16_t)(sign * 1023);
                assert_true(ie_requantise_row(&same, block, 1, &out));
                block[0][k] = (int16_t)(sign * 1024);
                assert_false(ie_requantise_row(&same, block, 1, &out));
                block[0][k] = (int16_t)(sign * (IE_REQUANTISE_MOST + 1));
                assert_false(ie_show_row(&halved, block, 1, &out));
                block[0][k] = sign > 0 ? INT16_MAX : INT16_MIN;
                assert_false(ie_requantise_row(&hostile, block, 1, &out));
            }
        }
    }
}

/* With what the processor has, and without: the same to the bit. */
static void vectors_change_nothing(void **state)
{
    (void)state;
    uint16_t from[64], to[64];
    uint32_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        int16_t block[1][64], plain[1][64];
        uint8_t samples[64] = {0}, plain_samples[64] = {0};
        ie_requantiser r;
        const unsigned side = 1u << round % 4;
        const int most = 1 << (round / 4 % 11); /* coefficients that fit, and such as do not */
        for (int k = 0; k < 64; k++) {
            seed = seed * 1664525u + 1013904223u;
            from[k] = (uint16_t)(1 + (seed >> 24) % 16);
            to[k] = (uint16_t)(1 + (seed >> 8) % 255);
            block[0][k] = (int16_t)((int)((seed >> 12) % (2 * (uint32_t)most)) - most);
            block[0][k] = (int16_t)(block[0][k] / (1 + k % 9));
        }
        memcpy(plain, block, sizeof plain);
        ie_requantiser_set(&r, from, to);
        const ie_block_rows out = {samples, side, side}, plain_out = {plain_samples, side, side};
        const bool good = ie_requantise_row(&r, block, 1, &out);
        assert_true(good == ie_requantise_row_plain(&r, plain, 1, &plain_out));
        if (good) {
            assert_memory_equal(block, plain, sizeof block);
            assert_memory_equal(samples, plain_samples, sizeof samples);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coefficient_is_the_nearest_and_what_is_shown_is_the_picture),
        cmocka_unit_test(what_is_progressive_goes_by_samples),
        cmocka_unit_test(a_torn_file_is_left_wherever_it_is_torn),
        cmocka_unit_test(a_frame_of_fewer_rows_or_columns_than_are_coded_is_left),
        cmocka_unit_test(coefficients_that_no_picture_has_go_by_samples),
        cmocka_unit_test(the_largest_coefficients_fit_and_larger_ones_do_not),
        cmocka_unit_test(vectors_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
