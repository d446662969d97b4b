// SPDX-License-Identifier: GPL-3.0-or-later
/* convert.rules: how they are read, and which photo becomes what by them. */
#include "core/convert_rule.h"

#include "collection.h"

#define CONVERT ie_convert_processor.propose

static void a_rule_says_what_becomes_what(void **state)
{
    (void)state;
    ie_convert_rule rule;
    assert_int_equal(IE_OK, ie_convert_rule_parse("PNG/Photo=webp|jpeg", &rule, NULL));
    assert_true(rule.formats == UINT64_C(1) << IE_FORMAT_PNG);
    assert_int_equal(IE_PICTURE_PHOTO, rule.kind);
    assert_int_equal(2, rule.to_count);
    assert_int_equal(IE_FORMAT_WEBP, rule.to[0]);
    assert_int_equal(IE_FORMAT_JPEG, rule.to[1]);
    assert_int_equal(IE_OK, ie_convert_rule_parse("raw=auto", &rule, NULL));
    assert_true((rule.formats >> IE_FORMAT_CR3 & 1) != 0 && (rule.formats >> IE_FORMAT_TIFF & 1) == 0);
    assert_int_equal(IE_OK, ie_convert_rule_parse("any=keep", &rule, NULL));
    assert_true(rule.keep && (rule.formats >> IE_FORMAT_JPEG & 1) != 0 && (rule.formats >> IE_FORMAT_MP4 & 1) == 0);
}

static void a_wrong_word_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"hiec=jpeg", "there are jpeg, png"},      {"heif=jpeg", "are called \"heic\""},
        {"mp4=jpeg", "There is no format"},        {"png/foto=jpeg", "photo, drawing, transparent and opaque"},
        {"tiff/photo=jpeg", "of png only"},        {"png=jpg", "jpeg, png, webp, tiff, avif, jxl, auto and keep"},
        {"png=", "Nothing is converted"},          {"png", "is no rule"},
        {"=jpeg", "is no rule"},                   {"png=jpeg|keep", "both keeps and converts"},
        {"png=jpeg|", "Nothing is converted"},     {"png=png|png|png|png|png|png|png|png|png", "at most 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_error err = {0};
        assert_int_equal(IE_ERR_USAGE, ie_convert_rules_check(cases[i][0], &err));
        if (strstr(err.text, cases[i][1]) == NULL) {
            fail_msg("%s: %s", cases[i][0], err.text);
        }
    }
}

static void the_first_rule_that_fits_decides_and_is_named(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "convert.rules", "png/drawing=keep,png/photo=jpeg,tiff=jpeg|png,heic=webp");
    add(&c, "/p/a.png", IE_FORMAT_PNG, 1)->stamp.size = 400 * 300 * 2;
    add(&c, "/p/b.png", IE_FORMAT_PNG, 2)->stamp.size = 400 * 300 / 2;
    add(&c, "/p/c.tif", IE_FORMAT_TIFF, 3)->bits = 16;
    add(&c, "/p/d.heic", IE_FORMAT_HEIC, 4);
    add(&c, "/p/e.webp", IE_FORMAT_WEBP, 5); /* in convert.from, which rules stand in place of */
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect(&c, 0, IE_ACTION_REPLACE, "/p/a.jpg");
    expect_reason(&c, 0, "rule png/photo=jpeg: 2.00 bytes a pixel");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "left as it is (rule png/drawing=keep)");
    expect(&c, 2, IE_ACTION_REPLACE, "/p/c.png");
    expect_reason(&c, 2, "rule tiff=jpeg|png; has more than 8 bits a channel, which JPEG cannot hold");
    expect(&c, 3, IE_ACTION_REPLACE, "/p/d.webp");
    expect(&c, 4, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void a_camera_or_bytes_make_a_png_a_photo(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    photo->format = IE_FORMAT_PNG;
    photo->width = photo->height = 100;
    photo->bits = 8;
    photo->stamp.size = 9999;
    assert_false(ie_picture_is_photo(photo));
    photo->metadata.model = "X100";
    assert_true(ie_picture_is_photo(photo));
    photo->metadata.model = NULL;
    photo->stamp.size = 10000;
    assert_true(ie_picture_is_photo(photo));
    photo->bits = 16;
    assert_false(ie_picture_is_photo(photo));
    photo->bits = 8;
    photo->width = photo->height = 63;
    assert_false(ie_picture_is_photo(photo));
    ie_photo_free(photo);
}

static void a_raw_stays_beside_what_is_made_of_it(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "convert.rules", "raw=jpeg");
    add(&c, "/p/a.cr2", IE_FORMAT_CR2, 1);
    add(&c, "/p/b.nef", IE_FORMAT_NEF, 2);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 3);
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect(&c, 0, IE_ACTION_COPY, "/p/a.jpg");
    expect_reason(&c, 0, "embedded preview");
    expect_reason(&c, 0, "the original stays");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "a JPEG of the same name stands beside the RAW");
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    set(&c, "convert.raw", "develop");
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect_reason(&c, 0, "developed from the sensor's data");
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_says_what_becomes_what),
        cmocka_unit_test(a_wrong_word_is_refused_with_the_known_ones),
        cmocka_unit_test(the_first_rule_that_fits_decides_and_is_named),
        cmocka_unit_test(a_camera_or_bytes_make_a_png_a_photo),
        cmocka_unit_test(a_raw_stays_beside_what_is_made_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
