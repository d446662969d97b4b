// SPDX-License-Identifier: GPL-3.0-or-later
/* Broken files are told from fine ones, with words that say what is missing. */
#include "content_help.h"

#include "jpeg_make.h"

typedef struct broken {
    const char *file; /* below the test data */
    size_t missing;   /* bytes at its end; in_half: half of it */
    size_t flipped;   /* a byte that is changed; 0: none */
    const char *code, *words;
} broken;

#define IN_HALF SIZE_MAX
#define GOLDEN "golden/images/"

static const broken rows[] = {
    {GOLDEN "photo_rocket.jpg", 1, 0, "truncated", "Premature end"},
    {GOLDEN "photo_rocket.jpg", 2, 0, "truncated", "Premature end"},
    {GOLDEN "photo_rocket.jpg", IN_HALF, 0, "truncated", "Premature end"},
    {GOLDEN "jpeg_progressive.jpg", 2, 0, "truncated", "Premature end"},
    {GOLDEN "photo_chelsea.png", 1, 0, "truncated", "before its IEND chunk"},
    {GOLDEN "photo_chelsea.png", 12, 0, "truncated", "before its IEND chunk"},
    {GOLDEN "photo_chelsea.png", 20, 0, "truncated", "within the IDAT chunk"},
    {GOLDEN "photo_chelsea.png", IN_HALF, 0, "truncated", "within the IDAT chunk"},
    {GOLDEN "photo_chelsea.png", 0, 100000, "corrupt", "checksum (CRC) of the IDAT chunk"},
    {GOLDEN "astronaut.tif", IN_HALF, 0, "truncated", "before its directory"},
    {GOLDEN "photo_coffee_lossless.webp", 1, 0, "truncated", "1 bytes early"},
    {GOLDEN "alpha_lossy.webp", IN_HALF, 0, "truncated", "bytes early"},
    {GOLDEN "astronaut.heic", 1, 0, "truncated", "within the mdat box"},
    {GOLDEN "astronaut.heic", IN_HALF, 0, "truncated", "within the mdat box"},
    {GOLDEN "astronaut.avif", 3, 0, "truncated", "within the mdat box"},
    {"photos/jxl/conformance/sunset_logo.jxl", 1, 0, "corrupt", "cut short or damaged"},
    {"photos/jxl/conformance/sunset_logo.jxl", IN_HALF, 0, "corrupt", "cut short or damaged"},
    {GOLDEN "anim_first.gif", 1, 0, "truncated", "before its trailer"},
    {GOLDEN "anim_first.gif", IN_HALF, 0, "truncated", "before its trailer"},
    {GOLDEN "rgb.bmp", 1, 0, "truncated", "1 bytes early"},
};

static void assert_whole(content_rig *rig, const uint8_t *data, size_t size, const char *name)
{
    ie_photo *photo = rig_photo(rig, data, size, name, 1, RIG_ALL);
    assert_int_equal(photo->fault_count, 0);
    assert_int_equal(photo->have & RIG_ALL, RIG_ALL);
    ie_photo_free(photo);
}

static void assert_broken(content_rig *rig, const uint8_t *data, size_t size, const broken *row)
{
    ie_photo *photo = rig_photo(rig, data, size, row->file, 1, RIG_ALL);
    assert_int_equal(photo->have & RIG_ALL, 0);
    assert_int_equal(photo->fault_count, 1);
    const ie_fault *fault = &photo->faults[0];
    if (strcmp(fault->code, row->code) != 0 || strstr(fault->text, row->words) == NULL) {
        printf("  %s less %zu: %s: %s\n", row->file, row->missing, fault->code, fault->text);
    }
    assert_string_equal(fault->stage, "decode");
    assert_string_equal(fault->code, row->code);
    assert_non_null(strstr(fault->text, row->words));
    ie_photo_free(photo);
}

static void each_format_says_what_is_missing(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    content_rig rig;
    rig_open(&rig, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[4096];
        size_t size = 0;
        snprintf(path, sizeof path, "%s/%s", testdata(), rows[i].file);
        uint8_t *data = rig_load(path, &size);
        assert_non_null(data);
        assert_whole(&rig, data, size, path);
        if (rows[i].flipped > 0) {
            data[rows[i].flipped] ^= 0x55;
        }
        assert_broken(&rig, data, rows[i].missing == IN_HALF ? size / 2 : size - rows[i].missing,
                      &rows[i]);
        free(data);
    }
    rig_close(&rig);
}

/* Of a size at which all views come from the walk of its coefficients. */
static void a_large_jpeg_without_its_end_is_truncated_in_the_decoders_words(void **state)
{
    content_rig rig;
    rig_open(&rig, false);
    jpeg_shape shape = {
        .width = 4000, .height = 2400, .components = 3, .h = {2, 1, 1}, .v = {2, 1, 1}, .seed = 3};
    size_t size;
    uint8_t *data = jpeg_make(&shape, &size);
    assert_whole(&rig, data, size, "a.jpg");
    static const size_t missing[] = {1, 2, 3, 40, 5000};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        const broken row = {"a.jpg", missing[i], 0, "truncated", "Premature end of JPEG file"};
        assert_broken(&rig, data, size - missing[i], &row);
    }
    const broken bad = {"a.jpg", 0, 0, "corrupt", "Corrupt JPEG data"};
    memcpy(data + size / 2, "\xff\xd9", 2); /* an end in the middle */
    assert_broken(&rig, data, size, &bad);
    free(data);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_says_what_is_missing),
        cmocka_unit_test(a_large_jpeg_without_its_end_is_truncated_in_the_decoders_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
