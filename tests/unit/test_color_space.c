// SPDX-License-Identifier: GPL-3.0-or-later
/* What files say of their colours other than by a profile: made files, nothing but the part that
   says it. */
#include "storage/color_space.h"

#include <math.h>

#include "pictures.h"
#include "storage/meta_box.h"

enum { ICC = 1, GAMMA_1 = 2 };

static void assert_red(const ie_color_space *space, double x, double y)
{
    assert_true(fabs(space->xy[0][0] - x) < 1e-6 && fabs(space->xy[0][1] - y) < 1e-6);
}

/* ---- PNG ----------------------------------------------------------------------------------- */

static ie_colors of_cicp(const uint8_t code[4], unsigned beside, ie_color_space *ret_space)
{
    ie_buffer png = {0};
    ie_buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(&png, "cICP", code, 4);
    if ((beside & GAMMA_1) != 0) {
        png_chunk(&png, "gAMA", "\0\1\x86\xa0", 4);
    }
    png_chunk(&png, "IDAT", NULL, 0);
    ie_colors found = ie_color_space_find((const uint8_t *)png.data, png.size, IE_FORMAT_PNG, NULL,
                                          (beside & ICC) != 0, ret_space);
    ie_buffer_free(&png);
    return found;
}

static void what_a_code_point_leaves_unsaid_a_profile_says(void **state)
{
    (void)state;
    ie_color_space space;
    static const struct {
        uint8_t code[4];
        unsigned beside;
        ie_colors colours;
    } rows[] = {
        {{2, 2, 0, 1}, ICC, IE_COLORS_PROFILE},
        {{12, 2, 0, 1}, ICC, IE_COLORS_PROFILE},
        {{2, 13, 0, 1}, ICC, IE_COLORS_PROFILE},
        {{2, 8, 0, 1}, ICC | GAMMA_1, IE_COLORS_PROFILE},
        {{1, 13, 0, 1}, ICC, IE_COLORS_SRGB},
        {{12, 13, 0, 1}, ICC, IE_COLORS_OTHER},
        {{9, 16, 0, 1}, ICC, IE_COLORS_HDR},
        {{2, 2, 0, 1}, 0, IE_COLORS_PROFILE},
        {{2, 13, 0, 1}, 0, IE_COLORS_SRGB},
        {{12, 2, 0, 1}, 0, IE_COLORS_OTHER},
        {{2, 2, 0, 1}, GAMMA_1, IE_COLORS_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_colors found = of_cicp(rows[i].code, rows[i].beside, &space);
        if (found != rows[i].colours) {
            fail_msg("row %zu: %d", i, (int)found);
        }
    }
    assert_true(space.transfer == IE_TRANSFER_GAMMA &&
                fabs(space.gamma - 1) < 1e-9); /* of the last: gAMA */
    assert_red(&space, 0.64, 0.33);
}

static void colour_differences_and_video_range_are_told_by_no_profile(void **state)
{
    (void)state;
    ie_color_space space;
    static const uint8_t codes[][4] = {{1, 13, 1, 1}, {1, 13, 6, 1}, {1, 13, 0, 0}, {2, 2, 0, 0}};
    for (unsigned beside = 0; beside < 4; beside++) {
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            assert_int_equal(of_cicp(codes[i], beside, &space), IE_COLORS_UNTOLD);
        }
    }
}

static void the_curves_of_video_are_taken_for_that_of_srgb(void **state)
{
    (void)state;
    ie_color_space space;
    static const uint8_t curves[] = {1, 6, 11, 12, 13, 14, 15};
    for (size_t i = 0; i < sizeof curves; i++) {
        assert_int_equal(of_cicp((const uint8_t[4]){1, curves[i], 0, 1}, 0, &space),
                         IE_COLORS_SRGB);
        assert_int_equal(of_cicp((const uint8_t[4]){9, curves[i], 0, 1}, 0, &space),
                         IE_COLORS_OTHER);
        assert_int_equal(space.transfer, IE_TRANSFER_SRGB);
        assert_red(&space, 0.708, 0.292);
    }
    assert_int_equal(of_cicp((const uint8_t[4]){1, 7, 0, 1}, 0, &space), IE_COLORS_OTHER);
    assert_int_equal(of_cicp((const uint8_t[4]){1, 18, 0, 1}, 0, &space), IE_COLORS_HDR);
}

/* ---- TIFF and EXIF ------------------------------------------------------------------------- */

/* White, red, green, blue in 1/10000, a curve of 4 steps when told, EXIF's ColorSpace when
   not 0. */
static void make_tiff(ie_buffer *out, const uint32_t xy[8], bool table, uint32_t color_space)
{
    const uint32_t count = 4 + (table ? 1 : 0), exif = 10 + count * 12 + 4, at = exif + 2 + 12 + 4;
    ie_buffer_add(out, "II*\0\10\0\0\0", 8);
    le_add(out, count, 2);
    tiff_entry(out, 258, 3, 1, 2);
    if (table) {
        tiff_entry(out, 301, 3, 4, at + 64);
    }
    tiff_entry(out, 318, 5, 2, at);
    tiff_entry(out, 319, 5, 6, at + 16);
    tiff_entry(out, 0x8769, 4, 1, exif);
    le_add(out, 0, 4);
    le_add(out, 1, 2);
    tiff_entry(out, 0xa001, 3, 1, color_space);
    le_add(out, 0, 4);
    assert_int_equal(out->size, at);
    for (int i = 0; i < 8; i++) {
        le_add(out, xy[i], 4);
        le_add(out, 10000, 4);
    }
    for (uint32_t i = 0; i < 4; i++) {
        le_add(out, i * i * 7281, 2);
    }
}

static ie_colors of_tiff(const uint32_t xy[8], bool table, ie_color_space *ret_space)
{
    ie_buffer tiff = {0};
    make_tiff(&tiff, xy, table, 0);
    ie_colors found = ie_color_space_find((const uint8_t *)tiff.data, tiff.size, IE_FORMAT_TIFF,
                                          NULL, false, ret_space);
    ie_buffer_free(&tiff);
    return found;
}

static ie_colors of_exif(const uint32_t xy[8], uint32_t color_space, ie_color_space *ret_space)
{
    ie_buffer tiff = {0};
    make_tiff(&tiff, xy, false, color_space);
    ie_meta meta = {.exif_count = 1};
    meta.exif[0].span = ie_span_memory(tiff.data, tiff.size);
    meta.exif[0].kind = IE_EXIF_MAIN;
    ie_colors found = ie_color_space_of_exif(&meta, ret_space);
    ie_buffer_free(&tiff);
    return found;
}

static const uint32_t adobe[8] = {3127, 3290, 6400, 3300, 2100, 7100, 1500, 600};

static void primaries_that_are_no_triangle_around_white_are_not_believed(void **state)
{
    (void)state;
    ie_color_space space;
    static const uint32_t nonsense[][8] = {
        {3127, 3290, 50000, 30000, 2100, 7100, 1500, 600}, /* red far outside */
        {9000, 500, 6400, 3300, 2100, 7100, 1500, 600},    /* white outside, beyond red and blue */
        {3127, 7000, 6400, 3300, 2100, 7100, 1500, 600},   /* beyond red and green */
        {1100, 3290, 6400, 3300, 2100, 7100, 1500, 600},   /* beyond green and blue */
        {3127, 3290, 1000, 1000, 2000, 2000, 3000, 3000},  /* a line */
        {0, 0, 0, 0, 0, 0, 0, 0},
    };
    assert_int_equal(of_tiff(adobe, true, &space), IE_COLORS_OTHER);
    assert_true(fabs(space.xy[1][0] - 0.21) < 1e-6);
    assert_int_equal(of_tiff(adobe, false, &space), IE_COLORS_OTHER);
    assert_int_equal(of_exif(adobe, 0xffff, &space), IE_COLORS_OTHER);
    assert_true(fabs(space.xy[1][0] - 0.21) < 1e-6);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        assert_int_equal(of_tiff(nonsense[i], true, &space),
                         IE_COLORS_OTHER); /* the curve is believed */
        assert_int_equal(space.transfer, IE_TRANSFER_TABLE);
        assert_red(&space, 0.64, 0.33);
        assert_true(fabs(space.xy[1][0] - 0.30) < 1e-6 && fabs(space.xy[3][0] - 0.3127) < 1e-6);
        assert_int_equal(of_tiff(nonsense[i], false, &space), IE_COLORS_PROFILE);
        assert_int_equal(of_exif(nonsense[i], 0xffff, &space), IE_COLORS_PROFILE);
    }
}

/* ---- HEIF and AVIF ------------------------------------------------------------------------- */

static size_t open_box(ie_buffer *out, const char *type)
{
    be32_add(out, 0);
    ie_buffer_add(out, type, 4);
    return out->size - 8;
}

static void close_box(ie_buffer *out, size_t start)
{
    for (size_t i = 0; i < 4; i++) {
        out->data[start + i] = (char)((out->size - start) >> (24 - 8 * i));
    }
}

static void full_head(ie_buffer *out, uint8_t flags)
{
    ie_buffer_add(out, "\0\0\0", 3);
    ie_buffer_char(out, (char)flags);
}

/* The body of iprp: `count` properties of 4 bytes that tell their number, or one nclx; `looks`
   associations of item 1, which go through them from 1, in `entries` entries of 250 behind one of
   item 2. */
static void add_properties(ie_buffer *out, uint32_t count, const uint8_t *nclx, uint32_t entries)
{
    size_t ipco = open_box(out, "ipco");
    for (uint32_t i = 1; i <= count; i++) {
        size_t box = open_box(out, nclx != NULL ? "colr" : "abcd");
        if (nclx != NULL) {
            ie_buffer_add(out, "nclx", 4);
            ie_buffer_add(out, nclx, 7);
        } else {
            be32_add(out, i);
        }
        close_box(out, box);
    }
    close_box(out, ipco);
    size_t ipma = open_box(out, "ipma");
    full_head(out, 1);
    be32_add(out, entries + 1);
    ie_buffer_add(out, "\0\2\1\0\1", 5);
    uint32_t next = 0;
    for (uint32_t e = 0; e < entries; e++) {
        ie_buffer_add(out, "\0\1\xfa", 3);
        for (int i = 0; i < 250; i++) {
            ie_buffer_char(out, (char)((next + 1) >> 8 | 0x80)); /* essential */
            ie_buffer_char(out, (char)(next + 1));
            next = (next + 1) % count;
        }
    }
    close_box(out, ipma);
}

static ie_colors of_nclx(uint8_t primaries, uint8_t transfer, const ie_meta *meta,
                         ie_color_space *ret_space)
{
    const uint8_t nclx[7] = {0, primaries, 0, transfer, 0, 1, 0x80};
    ie_buffer file = {0};
    size_t box = open_box(&file, "meta");
    full_head(&file, 0);
    size_t pitm = open_box(&file, "pitm");
    full_head(&file, 0);
    ie_buffer_add(&file, "\0\1", 2);
    close_box(&file, pitm);
    size_t iprp = open_box(&file, "iprp");
    add_properties(&file, 1, nclx, 1);
    close_box(&file, iprp);
    close_box(&file, box);
    ie_colors found = ie_color_space_find((const uint8_t *)file.data, file.size, IE_FORMAT_AVIF,
                                          meta, false, ret_space);
    ie_buffer_free(&file);
    return found;
}

static void exif_counts_in_an_avif_whose_code_points_say_nothing(void **state)
{
    (void)state;
    ie_color_space space;
    ie_buffer tiff = {0};
    make_tiff(&tiff, adobe, false, 2);
    ie_meta meta = {.exif_count = 1};
    meta.exif[0].span = ie_span_memory(tiff.data, tiff.size);
    meta.exif[0].kind = IE_EXIF_MAIN;
    assert_int_equal(of_nclx(2, 2, &meta, &space), IE_COLORS_OTHER);
    assert_true(fabs(space.xy[1][0] - 0.21) < 1e-6 && fabs(space.gamma - 563 / 256.0) < 1e-9);
    assert_int_equal(of_nclx(2, 2, NULL, &space), IE_COLORS_PROFILE);
    assert_int_equal(of_nclx(1, 13, &meta, &space), IE_COLORS_SRGB);
    assert_int_equal(of_nclx(1, 1, &meta, &space), IE_COLORS_SRGB);
    assert_int_equal(of_nclx(12, 13, &meta, &space), IE_COLORS_OTHER);
    assert_red(&space, 0.68, 0.32);
    assert_int_equal(of_nclx(9, 16, &meta, &space), IE_COLORS_HDR);
    ie_buffer_free(&tiff);
}

typedef struct tally {
    uint32_t taken, enough, sum;
} tally;

static bool count_property(const ie_box *property, void *context)
{
    tally *t = context;
    const uint8_t *p = ie_span_at(&property->body, 0, 4);
    assert_non_null(p);
    t->sum += ie_be32(p);
    return ++t->taken != t->enough;
}

static tally properties_of(uint32_t count, uint32_t entries, uint64_t item, uint32_t enough,
                           bool whole)
{
    tally t = {.enough = enough};
    ie_buffer bytes = {0};
    add_properties(&bytes, count, NULL, entries);
    ie_span iprp = ie_span_memory(
        bytes.data, bytes.size - (whole ? 0 : 1 + 250 * 2 + 1)); /* within the last entry's head */
    assert_int_equal(ie_box_properties(&iprp, item, count_property, &t), whole);
    ie_buffer_free(&bytes);
    return t;
}

static void each_property_of_a_picture_is_taken_in_its_order(void **state)
{
    (void)state;
    tally one = properties_of(1000, 4, 1, 0, true), two = properties_of(1000, 4, 2, 0, true),
          none = properties_of(1000, 4, 3, 0, true);
    assert_true(one.taken == 1000 && one.sum == 500500);
    assert_true(two.taken == 1 && two.sum == 1);
    assert_int_equal(none.taken, 0);
    assert_int_equal(properties_of(1000, 4, 1, 7, true).sum, 28);
    assert_int_equal(properties_of(1000, 4, 3, 0, false).taken, 0); /* the damage is seen */
}

/* A table of 50 MB was 10 ^ 10 steps once. */
static void the_work_for_the_properties_of_a_picture_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(properties_of(1024, 100000, 1, 0, true).taken, IE_BOX_MAX_ASSOCIATIONS);
    assert_int_equal(properties_of(8192, 8, 1, 0, true).taken,
                     IE_BOX_MAX_PROPERTIES); /* 2000 looks, at 1 to 2000 */
}

/* ---- JPEG XL -------------------------------------------------------------------------------- */

/* 16 x 16 of one colour, by cjxl 0.7 with -x color_space=RGB_D65_SRG_Rel_Lin and without. */
static void a_jxl_of_eight_bits_that_comes_out_linear_is_refused(void **state)
{
    (void)state;
    static const uint8_t linear[] = {0xff, 0x0a, 0x43, 0x40, 0x40, 0xd1, 0x22, 0x08, 0x02, 0x01,
                                     0x00, 0x68, 0x00, 0x4b, 0x18, 0x8b, 0x15, 0x00, 0xd4, 0x17,
                                     0xe3, 0xc5, 0x18, 0x2f, 0xde, 0x05, 0x22, 0x00, 0x08, 0x24,
                                     0x0c, 0x00, 0x20, 0x1c, 0x04, 0x1a, 0xc1, 0x98, 0x07};
    static const uint8_t plain[] = {
        0xff, 0x0a, 0x43, 0x40, 0x42, 0x71, 0x21, 0x00, 0x12, 0x88, 0x02, 0x00, 0xe0, 0x00,
        0x5d, 0xe5, 0x12, 0x00, 0x00, 0x15, 0x2a, 0xa3, 0x8c, 0x1b, 0xbc, 0x9c, 0xeb, 0xf9,
        0xf2, 0x43, 0x87, 0xc5, 0xb4, 0x8d, 0xeb, 0x0c, 0x6d, 0xb5, 0x6d, 0x61, 0x49, 0xa2,
        0xc8, 0x38, 0x36, 0x49, 0x27, 0x70, 0x48, 0x12, 0x6b, 0x20, 0xee, 0x26, 0xc9, 0x01,
        0x01, 0x01, 0x20, 0xe6, 0x69, 0x1c, 0xb1, 0xf5, 0x60, 0x48, 0x05, 0x95, 0x24, 0x00};
    const char *path = NULL;
    ie_error err = {0};
    if (!ie_image_can_read(IE_FORMAT_JXL)) {
        print_message("skipped: JPEG XL cannot be read here\n");
        skip();
    }
    assert_int_equal(convert_status(picture_file(linear, sizeof linear), IE_FORMAT_JXL,
                                    IE_FORMAT_PNG, 90, 1, &path, &err),
                     IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "coarse steps"));
    assert_int_equal(convert_status(picture_file(plain, sizeof plain), IE_FORMAT_JXL, IE_FORMAT_PNG,
                                    90, 1, &path, &err),
                     IE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_code_point_leaves_unsaid_a_profile_says),
        cmocka_unit_test(colour_differences_and_video_range_are_told_by_no_profile),
        cmocka_unit_test(the_curves_of_video_are_taken_for_that_of_srgb),
        cmocka_unit_test(primaries_that_are_no_triangle_around_white_are_not_believed),
        cmocka_unit_test(exif_counts_in_an_avif_whose_code_points_say_nothing),
        cmocka_unit_test(each_property_of_a_picture_is_taken_in_its_order),
        cmocka_unit_test(the_work_for_the_properties_of_a_picture_is_bounded),
        cmocka_unit_test(a_jxl_of_eight_bits_that_comes_out_linear_is_refused),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
