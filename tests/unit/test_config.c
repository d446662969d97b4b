// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include "core/config.h"
#include "core/options.h"
#include "utils/memory.h"

static ie_config *fresh(void **state)
{
    ie_config_free(*state);
    *state = ie_config_new();
    return *state;
}

static int drop(void **state)
{
    ie_config_free(*state);
    return 0;
}

static void assert_value(const ie_config *config, const char *key, const char *expected)
{
    IE_AUTO_FREE char *text = ie_config_text(config, key);
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void defaults_are_what_the_table_says(void **state)
{
    ie_config *config = fresh(state);
    assert_true(config->scan.recursive);
    assert_false(config->scan.hidden);
    assert_int_equal(config->dedupe.keep.count, 1);
    assert_string_equal(config->dedupe.keep.items[0], "quality");
    assert_false(config->dedupe.similar);
    assert_int_equal(config->tagging.rating, -1);
    assert_int_equal(config->limits.max_file_bytes, 2147483648);
    assert_int_equal(config->convert.from.count, 6);
    assert_string_equal(config->convert.from.items[5], "jp2");
    for (size_t i = 0; i < ie_option_count(); i++) {
        assert_value(config, ie_option_at(i)->key, ie_option_at(i)->fallback);
        assert_string_equal(ie_config_origin(config, ie_option_at(i)->key), "default");
    }
}

/* Settings that take only certain words. */
static const char *special_value(const char *key)
{
    static const char *const values[][2] = {
        {"convert.from", "png"}, {"convert.rules", "png=webp"},
        {"dedupe.keep", "oldest"}, {"convert.strip", "gps"},
        {"rename.fields", "x={name}"},
        {"analysis.ml_models.custom_models", "name=fastestdet"},
        {"analysis.scenes.templates", "my {}"},
        {"analysis.scenes.thresholds", "food=0.4"},
        {"analysis.metadata.date_order", "name"},
        {"analysis.metadata.name_pattern", "(x)(y)(z)"},
        {"analysis.metadata.prefer", "rating=sidecar"},
        {"tagging.gps", "1,2"},
        {"analysis.ml_models.device", "webgpu"},
        {"rename.fields", "a={camera}"},
        {"tagging.clock_offset", "+01:00:30"},
        {"tagging.max_gap", "2h"},
        {"rename.day_begins", "04:00"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(values[i][0], key) == 0) {
            return values[i][1];
        }
    }
    return NULL;
}

/* A row whose offset is another row's would read back what that one wrote. */
static void every_setting_has_a_place_of_its_own(void **state)
{
    ie_config *config = fresh(state);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        const char *value = option->type == IE_TYPE_BOOL
                                ? (option->fallback[0] == 't' ? "false" : "true")
                            : special_value(option->key) != NULL ? special_value(option->key)
                            : option->type == IE_TYPE_INT || option->type == IE_TYPE_REAL ? "1"
                                                                                          : "x";
        IE_AUTO_FREE char *last = NULL;
        if (option->type == IE_TYPE_CHOICE) {
            last = ie_strdup(strrchr(option->choices, '|') + 1);
            value = last;
        }
        assert_int_equal(ie_config_set(config, option->key, value, "--set", NULL), IE_OK);
        assert_value(config, option->key, value);
        for (size_t j = i + 1; j < ie_option_count(); j++) {
            assert_value(config, ie_option_at(j)->key, ie_option_at(j)->fallback);
        }
    }
}

static void every_row_of_the_table_is_whole(void **state)
{
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        assert_non_null(strchr(option->key, '.'));
        assert_true(strlen(option->help) > 5 && option->help[strlen(option->help) - 1] != '.');
        assert_int_equal(option->flag != NULL, option->commands != 0);
        assert_true(option->choices != NULL || option->type != IE_TYPE_CHOICE);
        for (size_t j = 0; j < i; j++) {
            const ie_option *other = ie_option_at(j);
            IE_AUTO_FREE char *env = ie_option_env_name(option);
            IE_AUTO_FREE char *other_env = ie_option_env_name(other);
            assert_string_not_equal(env, other_env);
            if (option->flag != NULL && other->flag != NULL) {
                assert_string_not_equal(option->flag, other->flag);
            }
        }
    }
    assert_null(ie_option_at(ie_option_count()));
    assert_null(ie_option_find("scan"));
}

static void keep_rules_are_named_as_in_the_table(void **state)
{
    ie_config *config = fresh(state);
    for (int rule = 0; rule < IE_KEEP_RULES; rule++) {
        const char *name = ie_keep_rule_name((ie_keep_rule)rule);
        assert_int_equal(ie_keep_rule_by_name(name), rule);
        assert_true(ie_choice_index(ie_option_find("dedupe.keep")->choices, name) >= 0);
        assert_int_equal(ie_config_set(config, "dedupe.keep", name, "--keep", NULL), IE_OK);
        assert_non_null(
            strstr(ie_option_find("dedupe.keep")->help, rule == IE_KEEP_OLDEST ? "oldest" : name));
    }
    assert_int_equal(ie_keep_rule_by_name("best"), -1);
    assert_int_equal(ie_config_set(config, "dedupe.keep", "raw, resolution,older", "--keep", NULL),
                     IE_OK);
    assert_int_equal(config->dedupe.keep.count, 3);
    assert_int_equal(ie_config_set(config, "dedupe.keep", "", "--keep", NULL), IE_ERR_USAGE);
}

static void booleans_take_the_usual_words(void **state)
{
    ie_config *config = fresh(state);
    const char *yes[] = {"true", "yes", "on", "TRUE"}, *no[] = {"false", "no", "off", "No"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ie_config_set(config, "scan.hidden", yes[i], "--set", NULL), IE_OK);
        assert_true(config->scan.hidden);
        assert_int_equal(ie_config_set(config, "scan.hidden", no[i], "--set", NULL), IE_OK);
        assert_false(config->scan.hidden);
    }
    assert_int_equal(ie_config_set(config, "scan.hidden", "maybe", "--set", NULL), IE_ERR_USAGE);
    assert_int_equal(ie_config_set(config, "scan.hidden", "", "--set", NULL), IE_ERR_USAGE);
}

static void a_value_out_of_range_says_what_is_allowed(void **state)
{
    ie_config *config = fresh(state);
    static const char *const rows[][3] = {
        {"convert.quality", "101",
         "--set: convert.quality must be a whole number from 1 to 100, not \"101\"."},
        {"convert.quality", "9.5",
         "--set: convert.quality must be a whole number from 1 to 100, not \"9.5\"."},
        {"tagging.min_confidence", "2",
         "--set: tagging.min_confidence must be a number from 0 to 1, not \"2\"."},
        {"dedupe.keep", "best",
         "--set: dedupe.keep: There is no rule \"best\"; there are protect, raw, "
         "original-metadata, resolution, quality, "
         "jpeg-quality, rating, metadata, unedited, edited, older, newest, oldest, largest, "
         "smallest, path."},
        {"dedupe.keep", "oldest,path,newest",
         "--set: dedupe.keep: newest and oldest contradict each other; name one."},
        {"analysis.ml_models.device", "npu9",
         "--set: analysis.ml_models.device: \"npu9\" is no device for models; there are cpu, cuda, "
         "webgpu and openvino, "
         "and an empty text chooses."},
        {"scan.hidden", "2", "--set: scan.hidden must be true or false, not \"2\"."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *before = ie_config_text(config, rows[i][0]);
        ie_error err;
        assert_int_equal(ie_config_set(config, rows[i][0], rows[i][1], "--set", &err),
                         IE_ERR_USAGE);
        assert_string_equal(err.text, rows[i][2]);
        assert_value(config, rows[i][0], before);
        assert_string_equal(ie_config_origin(config, rows[i][0]), "default");
    }
}

static void an_option_is_named_once(void **state)
{
    ie_config *config = fresh(state);
    ie_error err;
    assert_int_equal(ie_config_set(config, "rename.template", ".", "--template", &err),
                     IE_ERR_USAGE);
    assert_int_equal(strncmp(err.text, "--template: Position 1 ", 23), 0);
    assert_int_equal(ie_config_set(config, "convert.quality", "101", "--quality", &err),
                     IE_ERR_USAGE);
    assert_string_equal(err.text, "--quality must be a whole number from 1 to 100, not \"101\".");
    assert_int_equal(ie_config_set(config, "convert.quality", "101", "c.yaml:3", &err),
                     IE_ERR_USAGE);
    assert_string_equal(err.text, "c.yaml:3: convert.quality must be a whole number from 1 to 100, "
                                  "not \"101\".");
}

static void templates_and_formats_are_checked_when_set(void **state)
{
    ie_config *config = fresh(state);
    static const char *const rows[][3] = {
        {"rename.template", "{dat}",
         "--set: rename.template: Position 2 of the template \"{dat}\": there is no field \"dat\"; "
         "the nearest is \"date\"."},
        {"convert.to", "gif",
         "--set: convert.to must be one of auto, jpeg, png, webp, tiff, avif, jxl, not \"gif\"."},
        {"convert.from", "sidecar",
         "--set: convert.from: There is no format \"sidecar\"; there are jpeg, png, webp, gif, "
         "tiff, bmp, ico, "
         "pnm, psd, jp2, jxl, heic, avif, cr2, cr3, crw, nef, arw, raf, orf, rw2, pef, dng, srw, "
         "and raw for all RAW "
         "files."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_error err;
        assert_int_equal(ie_config_set(config, rows[i][0], rows[i][1], "--set", &err),
                         IE_ERR_USAGE);
        assert_string_equal(err.text, rows[i][2]);
        assert_value(config, rows[i][0], ie_option_find(rows[i][0])->fallback);
    }
}

static void an_unknown_key_names_the_nearest(void **state)
{
    ie_config *config = fresh(state);
    ie_error err;
    assert_int_equal(ie_config_set(config, "dedupe.kepe", "newest", "--set", &err), IE_ERR_USAGE);
    assert_string_equal(
        err.text, "--set: there is no setting \"dedupe.kepe\"; the nearest is \"dedupe.keep\".");
    assert_string_equal(ie_option_nearest("keep"), "dedupe.keep");
    assert_string_equal(ie_option_nearest("max_worker"), "processing.max_workers");
    assert_null(ie_config_text(config, "dedupe.kepe"));
    assert_null(ie_config_origin(config, "dedupe.kepe"));
}

static void lists_are_split_at_commas_unless_escaped(void **state)
{
    ie_config *config = fresh(state);
    const char *text = " a b , c\\,d,,\\*.jpg,\\ e\\ ,\\\\,";
    assert_int_equal(ie_config_set(config, "scan.include", text, "--include", NULL), IE_OK);
    const char *expected[] = {"a b", "c,d", "\\*.jpg", " e ", "\\"};
    assert_int_equal(config->scan.include.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(config->scan.include.items[i], expected[i]);
    }
    assert_string_equal(ie_config_origin(config, "scan.include"), "--include");
}

static void text_form_reads_back_the_same(void **state)
{
    ie_config *config = fresh(state), *back = ie_config_new();
    ie_buffer list = {0};
    const char *items[] = {"a,b", "\\", "\\,", " ", "  x  y  ", "\\\\x,", "\xff\xfe", "IMG_*.jpg"};
    for (size_t i = 0; i < 8; i++) {
        ie_config_list_append(&list, items[i]);
    }
    const char *rows[][2] = {
        {"scan.exclude", list.data},
        {"tagging.caption", " a, \"b\"\\\n\xff "},
        {"tagging.min_confidence", "0.1"},
        {"analysis.content.blur_threshold", "0.000012345678901234567"},
        {"limits.max_file_bytes", "999999999999999"},
        {"analysis.ml_models.use_gpu", "TRUE"},
    };
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(ie_config_set(config, rows[i][0], rows[i][1], "--set", NULL), IE_OK);
        IE_AUTO_FREE char *text = ie_config_text(config, rows[i][0]);
        assert_int_equal(ie_config_set(back, rows[i][0], text, "--set", NULL), IE_OK);
        assert_value(back, rows[i][0], text);
    }
    assert_int_equal(back->scan.exclude.count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(back->scan.exclude.items[i], items[i]);
    }
    assert_string_equal(back->tagging.caption, " a, \"b\"\\\n\xff ");
    assert_true(back->analysis.blur_threshold == config->analysis.blur_threshold);
    assert_string_equal(back->analysis.use_gpu, "true");
    ie_buffer_free(&list);
    ie_config_free(back);
}

static void a_copy_is_independent_and_keeps_origins(void **state)
{
    ie_config *config = fresh(state);
    assert_int_equal(ie_config_set(config, "scan.exclude", "a\\,b,c", "--exclude", NULL), IE_OK);
    ie_config *copy = ie_config_copy(config);
    assert_int_equal(ie_config_set(config, "scan.exclude", "z", "--set", NULL), IE_OK);
    assert_int_equal(copy->scan.exclude.count, 2);
    assert_string_equal(copy->scan.exclude.items[0], "a,b");
    assert_string_equal(ie_config_origin(copy, "scan.exclude"), "--exclude");
    assert_string_equal(ie_config_origin(copy, "scan.include"), "default");
    ie_config_free(copy);
}

static void a_numbered_choice_leaves_its_neighbours_alone(void **state)
{
    ie_config *config = fresh(state);
    ie_error err;
    assert_int_equal(ie_config_set(config, "tagging.quality_rating", "true", "test", &err), IE_OK);
    assert_int_equal(ie_config_set(config, "tagging.iptc", "never", "test", &err), IE_OK);
    assert_true(config->tagging.quality_rating);
    assert_value(config, "tagging.iptc", "never");
}

static void the_committed_default_file_is_the_printed_one(void **state)
{
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    ie_config_print_default(out);
    fclose(out);
    FILE *file = fopen(IE_SOURCE_ROOT "/config/default.yaml", "rb");
    assert_non_null(file);
    char *committed = ie_alloc(size + 2);
    assert_int_equal(fread(committed, 1, size + 1, file), size);
    fclose(file);
    assert_string_equal(committed, printed);
    free(committed);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(defaults_are_what_the_table_says, drop),
        cmocka_unit_test_teardown(every_setting_has_a_place_of_its_own, drop),
        cmocka_unit_test(every_row_of_the_table_is_whole),
        cmocka_unit_test_teardown(keep_rules_are_named_as_in_the_table, drop),
        cmocka_unit_test_teardown(booleans_take_the_usual_words, drop),
        cmocka_unit_test_teardown(a_value_out_of_range_says_what_is_allowed, drop),
        cmocka_unit_test_teardown(an_option_is_named_once, drop),
        cmocka_unit_test_teardown(templates_and_formats_are_checked_when_set, drop),
        cmocka_unit_test_teardown(an_unknown_key_names_the_nearest, drop),
        cmocka_unit_test_teardown(lists_are_split_at_commas_unless_escaped, drop),
        cmocka_unit_test_teardown(text_form_reads_back_the_same, drop),
        cmocka_unit_test_teardown(a_copy_is_independent_and_keeps_origins, drop),
        cmocka_unit_test_teardown(a_numbered_choice_leaves_its_neighbours_alone, drop),
        cmocka_unit_test(the_committed_default_file_is_the_printed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
