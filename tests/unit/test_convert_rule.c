// SPDX-License-Identifier: GPL-3.0-or-later
/* convert.rules: how they are read, and which photo becomes what by them. */
#include "core/convert_check.h"
#include "core/convert_rule.h"

#include "collection.h"
#include "processors/beside.h"

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
    assert_true((rule.formats >> IE_FORMAT_CR3 & 1) != 0 &&
                (rule.formats >> IE_FORMAT_TIFF & 1) == 0);
    assert_int_equal(IE_OK, ie_convert_rule_parse("any=keep", &rule, NULL));
    assert_true(rule.keep && (rule.formats >> IE_FORMAT_JPEG & 1) != 0 &&
                (rule.formats >> IE_FORMAT_MP4 & 1) == 0);
}

static void a_wrong_word_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"hiec=jpeg", "there are jpeg, png"},
        {"mov=jpeg", "There is no format"},
        {"mp4=jpeg", "There is no format"},
        {"png/foto=jpeg", "photo, drawing, transparent and opaque"},
        {"tiff/photo=jpeg", "of png only"},
        {"png=gif", "jpeg, png, webp, tiff, avif, jxl, auto and keep"},
        {"png=", "Nothing is converted"},
        {"png", "is no rule"},
        {"=jpeg", "is no rule"},
        {"png=jpeg|keep", "both keeps and converts"},
        {"png=jpeg|", "Nothing is converted"},
        {"png=png|png|png|png|png|png|png|png|png", "at most 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_error err = {0};
        assert_int_equal(IE_ERR_USAGE, ie_convert_rules_check(cases[i][0], &err));
        if (strstr(err.text, cases[i][1]) == NULL) {
            fail_msg("%s: %s", cases[i][0], err.text);
        }
    }
}

static void formats_go_by_the_names_of_their_files_too(void **state)
{
    (void)state;
    static const char *const words[][2] = {{"jpg", "jpeg"},  {"JPG", "jpeg"}, {"tif", "tiff"},
                                           {"heif", "heic"}, {"HIF", "heic"}, {"nrw", "nef"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_string_equal(ie_format_name(ie_format_by_word(words[i][0])), words[i][1]);
    }
    assert_int_equal(ie_format_by_word(""), IE_FORMAT_UNKNOWN);
    assert_int_equal(ie_format_by_word("jp"), IE_FORMAT_UNKNOWN);
    ie_convert_rule rule;
    assert_int_equal(ie_convert_rule_parse("heif=jpg|tif", &rule, NULL), IE_OK);
    assert_true(rule.formats == UINT64_C(1) << IE_FORMAT_HEIC && rule.to_count == 2);
    assert_true(rule.to[0] == IE_FORMAT_JPEG && rule.to[1] == IE_FORMAT_TIFF);
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, "convert.to", "jpg", "test", NULL), IE_OK);
    assert_string_equal(config->convert.to, "jpeg");
    assert_int_equal(ie_config_set(config, "convert.from", "heif,tif", "test", NULL), IE_OK);
    assert_true(ie_convert_formats(config) ==
                (UINT64_C(1) << IE_FORMAT_HEIC | UINT64_C(1) << IE_FORMAT_TIFF));
    assert_int_equal(ie_config_set(config, "convert.to", "gif", "test", NULL), IE_ERR_USAGE);
    ie_config_free(config);
}

static void take_text(void *user, const char *text)
{
    ie_buffer_printf(user, "%s\n", text);
}

/* What is said about settings ("key=value ..."), each as if given on the command line. */
static char *doubts(const char *settings, bool copies)
{
    ie_config *config = ie_config_new();
    ie_config_list list = ie_config_list_parse(settings);
    ie_buffer said = {0};
    ie_error err = {0};
    for (uint32_t i = 0; i < list.count; i++) {
        char *equals = strchr(list.items[i], ':');
        *equals = 0;
        assert_int_equal(ie_config_set(config, list.items[i], equals + 1, "--flag", NULL), IE_OK);
    }
    if (ie_convert_check(config, copies, take_text, &said, &err) != IE_OK) {
        assert_int_equal(err.status, IE_ERR_USAGE);
        ie_buffer_printf(&said, "error: %s", err.text);
    }
    ie_config_list_free(&list);
    ie_config_free(config);
    return ie_buffer_take(&said);
}

static void options_that_contradict_or_do_nothing_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *said; /* "": nothing is */
        bool copies;
    } rows[] = {
        {"convert.rules:heic=jpeg,convert.from:tiff", "error: --from contradicts", false},
        {"convert.rules:heic=jpeg,convert.to:png", "error: --to contradicts", false},
        {"convert.trim:true", "error: --trim", false},
        {"convert.trim:true,convert.upright:true", "", false},
        {"convert.to:png,convert.quality:80", "--quality has no effect", false},
        {"convert.to:tiff,convert.quality:80", "--quality has no effect", false},
        {"convert.rules:heic=png|webp,convert.quality:80", "", false},
        {"convert.quality:80", "", false},
        {"convert.to:webp,convert.progressive:true", "--progressive has no effect", false},
        {"convert.to:webp,convert.chroma:4:4:4", "--chroma has no effect", false},
        {"convert.to:avif,convert.chroma:4:4:4", "", false},
        {"convert.raw:develop", "--raw has no effect", false},
        {"convert.raw:develop,convert.from:nef", "", false},
        {"convert.raw:develop,convert.rules:raw=jpeg", "", false},
        {"convert.recompress:true", "--recompress has no effect", false},
        {"convert.recompress:true,convert.from:jpeg", "", false},
        {"convert.keep_original:true", "--keep-original has no effect", true},
        {"convert.keep_original:true", "", false},
        {"convert.keep_original:true,convert.strip:gps", "error: --keep-original", false},
        {"convert.strip:gps", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *said = doubts(rows[i].settings, rows[i].copies);
        if (rows[i].said[0] == 0 ? said[0] != 0
                                 : strncmp(said, rows[i].said, strlen(rows[i].said)) != 0) {
            fail_msg("%s: %s", rows[i].settings, said);
        }
    }
}

static void settings_of_a_file_are_for_many_runs_and_not_judged(void **state)
{
    (void)state;
    ie_config *config = ie_config_new();
    assert_int_equal(
        ie_config_set(config, "convert.trim", "true", "/etc/imgengine/config.yaml", NULL), IE_OK);
    assert_int_equal(
        ie_config_set(config, "convert.from", "tiff", "/etc/imgengine/config.yaml", NULL), IE_OK);
    assert_int_equal(ie_config_set(config, "convert.rules", "heic=png", "--rules", NULL), IE_OK);
    ie_buffer said = {0};
    assert_int_equal(ie_convert_check(config, false, take_text, &said, NULL), IE_OK);
    assert_int_equal(said.size, 0);
    ie_config_free(config);
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
    expect_reason(&c, 2,
                  "rule tiff=jpeg|png; has more than 8 bits a channel, which JPEG cannot hold");
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
    ie_photo_own_metadata(photo)->model = "X100";
    assert_true(ie_picture_is_photo(photo));
    ie_photo_own_metadata(photo)->model = NULL;
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
    ie_summary sum = {0};
    ie_plan_summarize(c.plan, &sum);
    assert_int_equal(sum.of_copied.converted, 1);
    assert_int_equal(sum.of_copied.unconverted, 0);
    assert_int_equal(sum.of_kept.unconverted, 1);
    set(&c, "convert.raw", "develop");
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect_reason(&c, 0, "developed from the sensor's data");
    collection_end(&c);
}

static void a_library_gets_the_raw_itself_beside_what_is_made_of_it(void **state)
{
    (void)state;
    collection c = collection_new();
    const char *const disk[] = {"/o/b.jpg", "/o/c.jpg=c.cr2", "/o/c.cr2=c.cr2",
                                "/o/d.jpg", "/o/d.cr2=d.cr2"};
    memcpy(c.disk, disk, sizeof disk);
    c.disk_count = 5;
    c.output = "/o";
    c.library = true;
    set(&c, "convert.rules", "raw=jpeg");
    for (unsigned i = 0; i < 4; i++) {
        const char *const paths[] = {"/p/a.cr2", "/p/b.cr2", "/p/c.cr2", "/p/d.cr2"};
        add(&c, paths[i], IE_FORMAT_CR2, i);
    }
    PROPOSE(&c, CONVERT, ie_place_propose, ie_beside_propose);
    expect(&c, 0, IE_ACTION_COPY, "/o/a.cr2");
    expect(&c, 1, IE_ACTION_COPY, "/o/b.cr2");
    expect_reason(&c, 1, "not converted: the name b.jpg is taken");
    expect(&c, 2, IE_ACTION_SKIP, NULL);
    expect(&c, 3, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 3, "not converted: the name d.jpg is taken"); /* a stranger has it */
    assert_int_equal(c.plan->count, 5);
    expect(&c, 4, IE_ACTION_COPY, "/o/a.jpg");
    expect_reason(&c, 4, "the RAW itself is copied");
    set(&c, "convert.strip", "gps"); /* no RAW can be stripped */
    PROPOSE(&c, CONVERT, ie_place_propose, ie_beside_propose);
    expect(&c, 0, IE_ACTION_COPY, "/o/a.jpg");
    expect_reason(&c, 0, "the RAW itself is not copied");
    assert_int_equal(c.plan->count, 4);
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_says_what_becomes_what),
        cmocka_unit_test(a_wrong_word_is_refused_with_the_known_ones),
        cmocka_unit_test(formats_go_by_the_names_of_their_files_too),
        cmocka_unit_test(options_that_contradict_or_do_nothing_are_told),
        cmocka_unit_test(settings_of_a_file_are_for_many_runs_and_not_judged),
        cmocka_unit_test(the_first_rule_that_fits_decides_and_is_named),
        cmocka_unit_test(a_camera_or_bytes_make_a_png_a_photo),
        cmocka_unit_test(a_raw_stays_beside_what_is_made_of_it),
        cmocka_unit_test(a_library_gets_the_raw_itself_beside_what_is_made_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
