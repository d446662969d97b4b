// SPDX-License-Identifier: GPL-3.0-or-later
/* Colours through conversions: pictures of three flat colours whose files say in different ways
   what their numbers mean. What is expected was computed from the definitions of the spaces, apart
   from this program. */
#include <math.h>

#include "core/recoding.h"
#include "pictures.h"
#include "storage/color_profile.h"

enum { BAR = 32, WIDTH = 3 * BAR, HEIGHT = 48 };

static const uint8_t bars[3][3] = {{160, 110, 90}, {95, 140, 115}, {100, 110, 160}};

/* The bars' colours in sRGB, when their numbers mean: */
static const double in_srgb[3][3] = {{160, 110, 90}, {95, 140, 115}, {100, 110, 160}};
static const double in_adobe[3][3] = {
    {176.9, 110.5, 88.5}, {65, 141.3, 114.4}, {95.5, 110.5, 163.2}};
static const double in_p3[3][3] = {{168.8, 107.2, 86}, {80.5, 141.5, 113.1}, {97.6, 110.4, 164}};
static const double in_wide[3][3] = {
    {229.2, 169.2, 158.5}, {129.5, 202.5, 177.6}, {163.8, 173.9, 210.2}};
static const double in_linear[3][3] = {
    {207.5, 175.5, 160.3}, {164.3, 195.5, 179}, {168.1, 175.5, 207.5}};
static const double in_bt2020[3][3] = {
    {184.9, 101.7, 85.7}, {42.3, 144.6, 112.4}, {86.6, 110.6, 164.8}};
static const double in_gamma18[3][3] = {
    {175.6, 129.2, 109.2}, {114.3, 157.6, 134}, {119.3, 129.2, 175.6}};

static void add_rows(ie_buffer *out, bool filtered)
{
    for (int y = 0; y < HEIGHT; y++) {
        if (filtered) {
            ie_buffer_char(out, 0);
        }
        for (int x = 0; x < WIDTH; x++) {
            ie_buffer_add(out, bars[x / BAR], 3);
        }
    }
}

typedef struct chunk {
    const char *type;
    const void *data;
    size_t size;
} chunk;

static const char *png_with(const chunk *chunks, size_t count)
{
    const uint8_t header[13] = {0, 0, 0, WIDTH, 0, 0, 0, HEIGHT, 8, 2};
    ie_buffer rows = {0}, out = {0};
    add_rows(&rows, true);
    uLongf packed_size = compressBound((uLong)rows.size);
    Bytef *packed = malloc(packed_size);
    assert_int_equal(compress(packed, &packed_size, (const Bytef *)rows.data, (uLong)rows.size),
                     Z_OK);
    ie_buffer_add(&out, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(&out, "IHDR", header, 13);
    for (size_t i = 0; i < count; i++) {
        png_chunk(&out, chunks[i].type, chunks[i].data, chunks[i].size);
    }
    png_chunk(&out, "IDAT", packed, packed_size);
    png_chunk(&out, "IEND", NULL, 0);
    free(packed);
    ie_buffer_free(&rows);
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&out);
    return path;
}

/* gAMA and, but for gamma alone, cHRM (in 1/100000; white first). */
static const char *png_of(uint32_t gamma, const uint32_t *chromaticities)
{
    ie_buffer gama = {0}, chrm = {0};
    be32_add(&gama, gamma);
    for (int i = 0; chromaticities != NULL && i < 8; i++) {
        be32_add(&chrm, chromaticities[i]);
    }
    const chunk chunks[] = {{"gAMA", gama.data, 4}, {"cHRM", chrm.data, 32}};
    const char *path = png_with(chunks, chromaticities != NULL ? 2 : 1);
    ie_buffer_free(&gama);
    ie_buffer_free(&chrm);
    return path;
}

static const uint32_t adobe_chromaticities[8] = {31270, 32900, 64000, 33000,
                                                 21000, 71000, 15000, 6000};
static const uint32_t wide_chromaticities[8] = {34570, 35850, 73500, 26500,
                                                11500, 82600, 15700, 1800};

static ie_status convert(const char *from, ie_format format, ie_format to, unsigned recoding,
                         const char **ret_path, ie_error *err)
{
    const ie_convert_options options = {.to = to,
                                        .quality = 96,
                                        .orientation = 1,
                                        .max_pixels = PIXEL_LIMIT,
                                        .recoding = recoding | IE_RECODE_FULL_CHROMA};
    ie_converted converted = {0};
    *ret_path = picture_file(NULL, 0);
    ie_status status = ie_image_convert(from, format, *ret_path, &options, &converted, err);
    picture_put(*ret_path, &converted);
    ie_converted_clear(&converted);
    return status;
}

static const char *made(const char *from, ie_format format, ie_format to, unsigned recoding)
{
    const char *path = NULL;
    ie_error err = {0};
    if (convert(from, format, to, recoding, &path, &err) != IE_OK) {
        fail_msg("%s into %s: %s", ie_format_name(format), ie_format_name(to), err.text);
    }
    return path;
}

/* CIELAB, D65, of sRGB numbers (IEC 61966-2-1; CIE 15). */
static void to_lab(const double rgb[3], double lab[3])
{
    static const double m[3][3] = {
        {0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}};
    static const double white[3] = {0.9505, 1.0, 1.089};
    double light[3], f[3];
    for (int i = 0; i < 3; i++) {
        double v = rgb[i] / 255;
        light[i] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++) {
        double t = (m[i][0] * light[0] + m[i][1] * light[1] + m[i][2] * light[2]) / white[i];
        f[i] = t > 216 / 24389.0 ? cbrt(t) : (24389 / 27.0 * t + 16) / 116;
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

/* The largest Delta E (CIE 1976) of the bars in a picture of sRGB. */
static double distance(const ie_pixels *pixels, const double expected[3][3])
{
    double worst = 0;
    assert_int_equal(pixels->channels, 3);
    assert_true(pixels->width == WIDTH && pixels->height == HEIGHT);
    for (uint32_t b = 0; b < 3; b++) {
        double mean[3] = {0}, lab[3], wanted[3];
        for (uint32_t y = 12; y < 36; y++) {
            for (uint32_t x = b * BAR + 8; x < b * BAR + 24; x++) {
                for (uint32_t c = 0; c < 3; c++) {
                    mean[c] += pixels->data[(y * WIDTH + x) * 3 + c] / (24.0 * 16);
                }
            }
        }
        to_lab(mean, lab);
        to_lab(expected[b], wanted);
        worst = fmax(worst, sqrt(pow(lab[0] - wanted[0], 2) + pow(lab[1] - wanted[1], 2) +
                                 pow(lab[2] - wanted[2], 2)));
    }
    return worst;
}

/* What a viewer that knows profiles would show of the file. */
static double shown_off(const char *path, ie_format format, const double expected[3][3])
{
    ie_pixels pixels = decoded(made(path, format, IE_FORMAT_PNG, IE_RECODE_SRGB), IE_FORMAT_PNG);
    double off = distance(&pixels, expected);
    free(pixels.data);
    return off;
}

/* Delta E after two lossy codings at most; the spaces here are twice as far from sRGB and more */
#define BOUND 2.0

/* The same colours in each format, kept and in sRGB. */
static void stays_in_every_format(const char *from, ie_format format, const double expected[3][3])
{
    static const ie_format targets[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG,  IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF, IE_FORMAT_AVIF, IE_FORMAT_JXL};
    size_t tried = 0;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (!can_write(targets[i])) {
            continue;
        }
        tried++;
        for (unsigned srgb = 0; srgb < 2; srgb++) {
            const char *path = made(from, format, targets[i], srgb > 0 ? IE_RECODE_SRGB : 0u);
            double off = shown_off(path, targets[i], expected);
            if (off > BOUND) {
                fail_msg("%s into %s%s: Delta E %.1f", ie_format_name(format),
                         ie_format_name(targets[i]), srgb > 0 ? ", sRGB" : "", off);
            }
            if (srgb > 0) { /* also without a look at the profile */
                ie_pixels pixels = decoded(path, targets[i]);
                assert_true(distance(&pixels, expected) <= BOUND);
                free(pixels.data);
            }
        }
    }
    assert_true(tried >= 4); /* no libvips is without the first four */
}

static void the_spaces_differ_by_more_than_the_bound(void **state)
{
    (void)state;
    const char *plain = png_with(NULL, 0);
    assert_true(shown_off(plain, IE_FORMAT_PNG, in_srgb) < 0.1);
    assert_true(shown_off(plain, IE_FORMAT_PNG, in_adobe) > 2 * BOUND);
    assert_true(shown_off(plain, IE_FORMAT_PNG, in_p3) > 2 * BOUND);
    assert_true(shown_off(plain, IE_FORMAT_PNG, in_bt2020) > 2 * BOUND);
}

/* ---- PNG ----------------------------------------------------------------------------------- */

static void the_primaries_and_gamma_of_a_png_come_over(void **state)
{
    (void)state;
    stays_in_every_format(png_of(45470, adobe_chromaticities), IE_FORMAT_PNG, in_adobe);
    stays_in_every_format(png_of(100000, wide_chromaticities), IE_FORMAT_PNG, in_wide);
    stays_in_every_format(png_of(100000, NULL), IE_FORMAT_PNG, in_linear);
}

static void the_code_points_of_a_png_come_before_everything_else_in_it(void **state)
{
    (void)state;
    const chunk chunks[] = {
        {"cICP", "\14\15\0\1", 4}, {"sRGB", "\0", 1}, {"gAMA", "\0\1\x86\xa0", 4}};
    stays_in_every_format(png_with(chunks, 1), IE_FORMAT_PNG, in_p3);
    stays_in_every_format(png_with(chunks, 3), IE_FORMAT_PNG, in_p3);
    assert_true(shown_off(png_with(chunks + 1, 2), IE_FORMAT_PNG, in_srgb) <
                0.1); /* sRGB comes before gAMA */
}

static void code_points_that_say_nothing_leave_a_png_its_profile(void **state)
{
    (void)state;
    const ie_color_space adobe = {{{0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {0.3127, 0.3290}},
                                  .transfer = IE_TRANSFER_GAMMA,
                                  .gamma = 2.2};
    static const char *const codes[] = {"\2\2\0\1", "\14\2\0\1", "\2\15\0\1", "\14\15\0\1"};
    ie_profile profile = {0};
    ie_buffer iccp = {0};
    assert_true(ie_profile_make(&adobe, false, &profile));
    uLongf size = compressBound((uLong)profile.size);
    Bytef *packed = malloc(size);
    assert_int_equal(compress(packed, &size, profile.data, (uLong)profile.size), Z_OK);
    ie_buffer_add(&iccp, "x\0\0", 3); /* name, method */
    ie_buffer_add(&iccp, packed, size);
    for (size_t i = 0; i < 4; i++) {
        const chunk chunks[] = {{"cICP", codes[i], 4}, {"iCCP", iccp.data, iccp.size}};
        stays_in_every_format(png_with(chunks, 2), IE_FORMAT_PNG, i < 3 ? in_adobe : in_p3);
    }
    free(packed);
    free(profile.data);
    ie_buffer_free(&iccp);
}

static void numbers_of_video_are_refused(void **state)
{
    (void)state;
    const char *path = NULL;
    for (int narrow = 0; narrow < 2; narrow++) {
        const chunk chunks[] = {{"cICP", narrow ? "\1\15\0\0" : "\1\15\1\1", 4}};
        ie_error err = {0};
        assert_int_equal(
            convert(png_with(chunks, 1), IE_FORMAT_PNG, IE_FORMAT_JPEG, 0, &path, &err),
            IE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "video"));
    }
}

static void a_png_of_gamma_2_2_is_srgb_and_gets_no_profile(void **state)
{
    (void)state;
    const char *path = made(png_of(45455, NULL), IE_FORMAT_PNG, IE_FORMAT_JPEG, 0);
    ie_image_facts facts;
    assert_int_equal(ie_image_check(path, PIXEL_LIMIT, &facts, NULL), IE_OK);
    assert_false(facts.has_icc);
}

static void nonsense_for_primaries_makes_no_profile(void **state)
{
    (void)state;
    static const uint32_t none[8] = {0},
                          line[8] = {31270, 32900, 10000, 10000, 20000, 20000, 30000, 30000};
    static const uint32_t far[8] = {31270, 32900, 4000000000u, 33000, 21000, 71000, 15000, 6000};
    assert_true(shown_off(png_of(45455, none), IE_FORMAT_PNG, in_srgb) < 0.1);
    assert_true(shown_off(png_of(45455, line), IE_FORMAT_PNG, in_srgb) < 0.1);
    assert_true(shown_off(png_of(45455, far), IE_FORMAT_PNG, in_srgb) < 0.1);
    assert_true(shown_off(png_of(1, NULL), IE_FORMAT_PNG, in_srgb) < 0.1);
}

static void light_for_hdr_screens_is_refused(void **state)
{
    (void)state;
    const char *path = NULL;
    for (int hlg = 0; hlg < 2; hlg++) {
        const chunk chunks[] = {{"cICP", hlg ? "\11\22\0\1" : "\11\20\0\1", 4}};
        ie_error err = {0};
        assert_int_equal(
            convert(png_with(chunks, 1), IE_FORMAT_PNG, IE_FORMAT_TIFF, 0, &path, &err),
            IE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "HDR"));
    }
    if (testdata() == NULL) {
        skip();
    }
    static const char *const names[] = {"avif/libavif/colors_wcg_hdr_rec2020.avif",
                                        "avif/libavif/cosmos1650_yuv444_10bpc_p3pq.avif",
                                        "jxl/testdata/pq_gradient.jxl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        IE_AUTO_FREE char *from = ie_asprintf("%s/photos/%s", testdata(), names[i]);
        ie_error err = {0};
        assert_int_equal(
            convert(from, i < 2 ? IE_FORMAT_AVIF : IE_FORMAT_JXL, IE_FORMAT_PNG, 0, &path, &err),
            IE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "HDR"));
    }
}

/* ---- HEIF, TIFF, EXIF ---------------------------------------------------------------------- */

static void the_code_points_of_an_avif_come_over(void **state)
{
    (void)state;
    if (!can_write(IE_FORMAT_AVIF)) {
        skip();
    }
    static const struct {
        uint8_t primaries, transfer;
        const double (*expected)[3];
    } rows[] = {{12, 13, in_p3},  {9, 14, in_bt2020}, {1, 8, in_linear},
                {1, 13, in_srgb}, {1, 1, in_srgb},    {2, 2, in_srgb}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_buffer bytes = {0};
        picture_read(made(png_with(NULL, 0), IE_FORMAT_PNG, IE_FORMAT_AVIF, 0), &bytes);
        char *nclx = memmem(bytes.data, bytes.size, "colrnclx", 8);
        assert_non_null(nclx);
        nclx[9] = (char)rows[i].primaries;
        nclx[11] = (char)rows[i].transfer;
        stays_in_every_format(picture_file(bytes.data, bytes.size), IE_FORMAT_AVIF,
                              rows[i].expected);
        ie_buffer_free(&bytes);
    }
}

/* With Adobe RGB's primaries, or a table of the curve of gamma 1.8 in sRGB's. */
static const char *tiff_of(bool table)
{
    static const uint32_t xy[8] = {3127, 3290, 6400, 3300, 2100, 7100, 1500, 600};
    enum {
        FIRST = 8,
        COUNT = 11,
        AFTER = FIRST + 2 + COUNT * 12 + 4,
        XY = AFTER + 6,
        TABLE = XY + 64,
        ROWS = TABLE + 512
    };
    ie_buffer out = {0};
    ie_buffer_add(&out, "II*\0\10\0\0\0", 8);
    le_add(&out, COUNT, 2);
    tiff_entry(&out, 256, 3, 1, WIDTH);
    tiff_entry(&out, 257, 3, 1, HEIGHT);
    tiff_entry(&out, 258, 3, 3, AFTER);
    tiff_entry(&out, 259, 3, 1, 1);
    tiff_entry(&out, 262, 3, 1, 2);
    tiff_entry(&out, 273, 4, 1, ROWS);
    tiff_entry(&out, 277, 3, 1, 3);
    tiff_entry(&out, 278, 3, 1, HEIGHT);
    tiff_entry(&out, 279, 4, 1, WIDTH * HEIGHT * 3);
    if (table) {
        tiff_entry(&out, 301, 3, 256, TABLE);
        tiff_entry(&out, 305, 2, 1, 0);
    } else {
        tiff_entry(&out, 318, 5, 2, XY);
        tiff_entry(&out, 319, 5, 6, XY + 16);
    }
    le_add(&out, 0, 4);
    for (int i = 0; i < 3; i++) {
        le_add(&out, 8, 2);
    }
    for (int i = 0; i < 8; i++) {
        le_add(&out, xy[i], 4);
        le_add(&out, 10000, 4);
    }
    for (int i = 0; i < 256; i++) {
        le_add(&out, (uint32_t)lround(65535 * pow(i / 255.0, 1.8)), 2);
    }
    assert_int_equal(out.size, ROWS);
    add_rows(&out, false);
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&out);
    return path;
}

static void the_primaries_and_the_curve_of_a_tiff_come_over(void **state)
{
    (void)state;
    stays_in_every_format(tiff_of(false), IE_FORMAT_TIFF, in_adobe);
    stays_in_every_format(tiff_of(true), IE_FORMAT_TIFF, in_gamma18);
}

/* A JPEG whose EXIF says ColorSpace, and the interoperability index when it is not NULL. */
static const char *jpeg_saying(uint32_t color_space, const char *index)
{
    enum { EXIF = 26, IOP = EXIF + 30 };
    ie_buffer tiff = {0}, out = {0}, jpeg = {0};
    ie_buffer_add(&tiff, "II*\0\10\0\0\0", 8);
    le_add(&tiff, 1, 2);
    tiff_entry(&tiff, 0x8769, 4, 1, EXIF);
    le_add(&tiff, 0, 4);
    le_add(&tiff, 2, 2);
    tiff_entry(&tiff, 0xa001, 3, 1, color_space);
    tiff_entry(&tiff, 0xa005, 4, 1, index != NULL ? IOP : 0);
    le_add(&tiff, 0, 4);
    le_add(&tiff, 1, 2);
    le_add(&tiff, 1, 2);
    le_add(&tiff, 2, 2);
    le_add(&tiff, 4, 4);
    ie_buffer_add(&tiff, index != NULL ? index : "---", 4);
    le_add(&tiff, 0, 4);
    picture_read(made(png_with(NULL, 0), IE_FORMAT_PNG, IE_FORMAT_JPEG, 0), &jpeg);
    ie_buffer_add(&out, "\xff\xd8\xff\xe1", 4);
    ie_buffer_char(&out, 0);
    ie_buffer_char(&out, (char)(tiff.size + 8));
    ie_buffer_add(&out, "Exif\0\0", 6);
    ie_buffer_add(&out, tiff.data, tiff.size);
    ie_buffer_add(&out, jpeg.data + 2, jpeg.size - 2);
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&tiff);
    ie_buffer_free(&out);
    ie_buffer_free(&jpeg);
    return path;
}

static void adobe_rgb_that_only_exif_names_comes_over(void **state)
{
    (void)state;
    stays_in_every_format(jpeg_saying(2, NULL), IE_FORMAT_JPEG, in_adobe);
    stays_in_every_format(jpeg_saying(0xffff, "R03"), IE_FORMAT_JPEG, in_adobe);
    assert_true(shown_off(jpeg_saying(0xffff, NULL), IE_FORMAT_JPEG, in_srgb) < BOUND);
    assert_true(shown_off(jpeg_saying(1, "R98"), IE_FORMAT_JPEG, in_srgb) < BOUND);
}

/* ---- profiles ------------------------------------------------------------------------------ */

static void a_profile_stays_in_every_format_from_every_other(void **state)
{
    (void)state;
    const char *png = png_of(45470, adobe_chromaticities);
    static const ie_format sources[] = {IE_FORMAT_JPEG, IE_FORMAT_WEBP, IE_FORMAT_TIFF,
                                        IE_FORMAT_AVIF, IE_FORMAT_JXL};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (can_write(sources[i])) {
            stays_in_every_format(made(png, IE_FORMAT_PNG, sources[i], 0), sources[i], in_adobe);
        }
    }
}

static double side(const double a[2], const double b[2], const double p[2])
{
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/* Primaries around white, and a curve that a profile can have. */
static bool is_sane(const ie_color_space *s)
{
    double a = side(s->xy[0], s->xy[1], s->xy[3]), b = side(s->xy[1], s->xy[2], s->xy[3]),
           c = side(s->xy[2], s->xy[0], s->xy[3]);
    bool inside = (a > 0 && b > 0 && c > 0) || (a < 0 && b < 0 && c < 0);
    bool curve = s->transfer == IE_TRANSFER_TABLE
                     ? s->table_count >= 2 && s->table_count <= IE_COLOR_TABLE_MAX
                     : s->gamma > 0.1 && s->gamma < 10;
    return inside && fabs(a + b + c) > 0.01 && fabs(s->xy[0][0]) < 2 && fabs(s->xy[0][1]) < 2 &&
           curve;
}

/* 10,000 changes of each, in memory of their own size. */
static void no_bytes_of_a_file_lead_outside_it(void **state)
{
    (void)state;
    const char *const paths[] = {tiff_of(false), tiff_of(true), png_of(45470, adobe_chromaticities),
                                 made(png_with(NULL, 0), IE_FORMAT_PNG, IE_FORMAT_AVIF, 0)};
    const ie_format formats[] = {IE_FORMAT_TIFF, IE_FORMAT_TIFF, IE_FORMAT_PNG, IE_FORMAT_AVIF};
    static ie_color_space space;
    size_t found[IE_COLORS_UNTOLD + 1] = {0};
    for (size_t k = 0; k < 4; k++) {
        ie_buffer bytes = {0};
        uint32_t seed = 7;
        picture_read(paths[k], &bytes);
        for (int i = 0; i < 10000; i++) {
            seed = seed * 1664525 + 1013904223;
            size_t size = i % 2 == 0 ? bytes.size : (seed >> 8) % bytes.size;
            uint8_t *copy = malloc(size + 1);
            memcpy(copy, bytes.data, size);
            for (int c = 0; size > 0 && c < i % 5; c++) {
                seed = seed * 1664525 + 1013904223;
                copy[(seed >> 8) % (size < 700 ? size : 700)] = (uint8_t)(seed >> 4);
            }
            ie_colors colours = ie_color_space_find(copy, size, formats[k], NULL, false, &space);
            found[colours]++;
            assert_true(colours != IE_COLORS_OTHER || is_sane(&space));
            free(copy);
        }
        ie_buffer_free(&bytes);
    }
    assert_true(found[IE_COLORS_OTHER] > 0 && found[IE_COLORS_SRGB] > 0 &&
                found[IE_COLORS_PROFILE] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spaces_differ_by_more_than_the_bound),
        cmocka_unit_test(the_primaries_and_gamma_of_a_png_come_over),
        cmocka_unit_test(the_code_points_of_a_png_come_before_everything_else_in_it),
        cmocka_unit_test(code_points_that_say_nothing_leave_a_png_its_profile),
        cmocka_unit_test(numbers_of_video_are_refused),
        cmocka_unit_test(a_png_of_gamma_2_2_is_srgb_and_gets_no_profile),
        cmocka_unit_test(nonsense_for_primaries_makes_no_profile),
        cmocka_unit_test(light_for_hdr_screens_is_refused),
        cmocka_unit_test(the_code_points_of_an_avif_come_over),
        cmocka_unit_test(the_primaries_and_the_curve_of_a_tiff_come_over),
        cmocka_unit_test(adobe_rgb_that_only_exif_names_comes_over),
        cmocka_unit_test(a_profile_stays_in_every_format_from_every_other),
        cmocka_unit_test(no_bytes_of_a_file_lead_outside_it),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
