// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "storage/config_file.h"
#include "utils/memory.h"

/* A folder with one file, and a configuration to read it into. */
typedef struct fixture {
    char folder[64];
    char *file;
    ie_config *config;
    ie_error err;
} fixture;

static int setup(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/ie-config-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->file = ie_path_join(f->folder, "c.yaml");
    f->config = ie_config_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    unlink(f->file);
    rmdir(f->folder);
    ie_config_free(f->config);
    free(f->file);
    free(f);
    return 0;
}

static ie_status read_text(fixture *f, const char *text)
{
    FILE *file = fopen(f->file, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return ie_config_file_read(f->file, f->config, &f->err);
}

static void assert_refused(fixture *f, const char *text, const char *line_and_sentence)
{
    assert_int_equal(read_text(f, text), IE_ERR_USAGE);
    IE_AUTO_FREE char *expected = ie_asprintf("%s:%s", f->file, line_and_sentence);
    assert_string_equal(f->err.text, expected);
}

static void nested_mappings_make_dotted_keys(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        read_text(f, "# mine\nscan:\n  hidden: yes\n  exclude: [\"a,b\", ' c ', d]\n"
                     "analysis:\n  content:\n    colors: 3\n  ml_models:\n    use_gpu: true\n"
                     "convert.quality: 80\nconvert:\n  from: heic, webp\nrename:\n  # nothing\n"),
        IE_OK);
    assert_true(f->config->scan.hidden);
    assert_int_equal(f->config->scan.exclude.count, 3);
    assert_string_equal(f->config->scan.exclude.items[0], "a,b");
    assert_string_equal(f->config->scan.exclude.items[1], " c ");
    assert_int_equal(f->config->analysis.colors, 3);
    assert_string_equal(f->config->analysis.use_gpu, "true");
    assert_int_equal(f->config->convert.quality, 80);
    assert_int_equal(f->config->convert.from.count, 2);
    IE_AUTO_FREE char *origin = ie_asprintf("%s:7", f->file);
    assert_string_equal(ie_config_origin(f->config, "analysis.content.colors"), origin);
}

static void an_unknown_key_names_its_line_and_the_nearest(void **state)
{
    assert_refused(*state, "dedupe:\n  keep: newest\n  kep: oldest\n",
                   "3: there is no setting \"dedupe.kep\"; the nearest is \"dedupe.keep\".");
    assert_refused(*state, "dedup: {keep: [1, 2]}\n",
                   "1: there is no section \"dedup\"; the nearest is \"dedupe\".");
    assert_refused(*state, "convrt:\n",
                   "1: there is no section \"convrt\"; the nearest is \"convert\".");
    assert_refused(*state, "keep: newest\n",
                   "1: there is no setting \"keep\"; the nearest is \"dedupe.keep\".");
}

static void a_bad_value_names_its_line(void **state)
{
    assert_refused(*state, "convert:\n  quality: high\n",
                   "2: convert.quality must be a whole number from 1 to 100, not \"high\".");
    assert_refused(*state, "convert:\n  quality:\n",
                   "2: convert.quality must be a whole number from 1 to 100, not \"\".");
    assert_refused(*state, "convert:\n  quality: [1]\n",
                   "2: convert.quality is one value, not a list.");
    assert_refused(*state, "scan: true\n",
                   "1: scan is a section with settings in it, not a value.");
    assert_refused(*state, "scan: [a]\n", "1: scan is a section, not a list.");
    assert_refused(*state, "scan:\n  exclude: [[a]]\n",
                   "2: the items of scan.exclude must be plain texts.");
    assert_refused(*state, "scan:\n  hidden: {}\n",
                   "2: scan.hidden takes a value; no settings stand below it.");
    assert_refused(*state, "tagging:\n  title: \"a\\0b\"\n",
                   "2: the value of tagging.title has a NUL character in it.");
    assert_refused(*state, "? [a]\n: b\n", "1: the name of a setting must be plain text.");
}

static void duplicate_keys_are_refused(void **state)
{
    assert_refused(*state, "scan:\n  hidden: true\n  hidden: false\n",
                   "3: scan.hidden stands in this file twice; remove one.");
    assert_refused(*state, "scan:\n  hidden: true\nscan.hidden: false\n",
                   "3: scan.hidden stands in this file twice; remove one.");
    assert_refused(*state, "scan:\n  hidden: true\nscan:\n  recursive: false\n",
                   "3: scan stands in this file twice; remove one.");
}

static void anchors_tags_and_second_documents_are_refused(void **state)
{
    const char *anchors =
        "YAML anchors (&) and aliases (*) are not understood here; write the value out plainly.";
    IE_AUTO_FREE char *anchor = ie_asprintf("2: %s", anchors);
    assert_refused(*state, "tagging:\n  title: &a x\n", anchor);
    assert_refused(*state, "tagging:\n  title: *a\n", anchor);
    assert_refused(*state, "tagging:\n  title: !!str x\n",
                   "2: YAML tags (!) are not understood here; write the value out plainly.");
    assert_refused(*state, "scan:\n  hidden: true\n---\nscan:\n  hidden: false\n",
                   "3: only one YAML document may stand in a configuration file.");
    assert_refused(*state, "- a\n",
                   "1: a configuration is made of lines like \"scan:\" and \"hidden: true\".");
}

static void broken_yaml_and_bytes_are_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(read_text(f, "scan:\n  hidden: \"true\n"), IE_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "this is not valid YAML"));
    assert_int_equal(read_text(f, "scan:\n  hidden: \xff\n"), IE_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "this is not valid YAML"));
    assert_int_equal(read_text(f, "scan:\n\thidden: true\n"), IE_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "2: a tab indents this line; YAML wants blanks."));
    assert_int_equal(read_text(f, "scan: @x\n"), IE_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "this is not valid YAML"));
    char *deep = ie_alloc(200001);
    memset(deep, '[', 200000);
    assert_int_equal(read_text(f, deep), IE_ERR_USAGE);
    free(deep);
    char *large = ie_alloc(300001);
    memset(large, '#', 300000);
    assert_int_equal(read_text(f, large), IE_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "256 KiB"));
    free(large);
}

static void an_empty_file_changes_nothing(void **state)
{
    fixture *f = *state;
    assert_int_equal(read_text(f, ""), IE_OK);
    assert_int_equal(read_text(f, "# only a comment\n"), IE_OK);
    assert_int_equal(read_text(f, "---\n"), IE_OK);
    assert_string_equal(ie_config_origin(f->config, "scan.hidden"), "default");
}

static void a_missing_file_is_not_found_and_a_folder_is_an_error(void **state)
{
    fixture *f = *state;
    assert_int_equal(ie_config_file_read("/nonexistent/c.yaml", f->config, &f->err),
                     IE_ERR_NOT_FOUND);
    assert_int_equal(ie_config_file_read(f->folder, f->config, &f->err), IE_ERR_IO);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    fixture *f = *state;
    ie_config *odd = ie_config_new();
    const char *rows[][2] = {
        {"scan.exclude", "a\\,b,\\ c,\\\\,#d,\xc3\xa4"},
        {"tagging.title", "- \"x\": \\ y\t\x01\n\xc2\x85 # \xf0\x9f\x93\xb7"},
        {"tagging.min_confidence", "0.3"},
        {"dedupe.keep", "largest"},
        {"scan.hidden", "on"},
        {"tagging.rating", "5"},
    };
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(ie_config_set(odd, rows[i][0], rows[i][1], "--set", NULL), IE_OK);
    }
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);
    ie_config_print(odd, out);
    fclose(out);
    assert_int_equal(read_text(f, yaml), IE_OK);
    for (size_t i = 0; i < ie_option_count(); i++) {
        IE_AUTO_FREE char *expected = ie_config_text(odd, ie_option_at(i)->key);
        IE_AUTO_FREE char *got = ie_config_text(f->config, ie_option_at(i)->key);
        assert_string_equal(got, expected);
    }
    free(yaml);
    ie_config_free(odd);
}

static void the_default_file_sets_every_default(void **state)
{
    fixture *f = *state;
    assert_int_equal(ie_config_file_read(IE_SOURCE_ROOT "/config/default.yaml", f->config, &f->err),
                     IE_OK);
    for (size_t i = 0; i < ie_option_count(); i++) {
        IE_AUTO_FREE char *got = ie_config_text(f->config, ie_option_at(i)->key);
        assert_string_equal(got, ie_option_at(i)->fallback);
        assert_string_not_equal(ie_config_origin(f->config, ie_option_at(i)->key), "default");
    }
}

static void later_sources_win(void **state)
{
    fixture *f = *state;
    IE_AUTO_FREE char *below = ie_path_join(f->folder, "imgengine");
    IE_AUTO_FREE char *own = ie_path_join(below, "config.yaml");
    assert_int_equal(mkdir(below, 0700), 0);
    FILE *file = fopen(own, "wb");
    fputs("scan: {hidden: true, recursive: false}\nconvert: {quality: 50}\n", file);
    fclose(file);
    file = fopen(f->file, "wb");
    fputs("convert: {quality: 60}\ndedupe: {min_copies: 2}\n", file);
    fclose(file);
    setenv("XDG_CONFIG_HOME", f->folder, 1);
    setenv("IMGENGINE_DEDUPE_MIN_COPIES", "3", 1);
    setenv("IMGENGINE_SCAN_EXCLUDE", "a\\,b,c", 1);
    ie_status status = ie_config_load(f->config, f->file, &f->err);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("IMGENGINE_DEDUPE_MIN_COPIES");
    unsetenv("IMGENGINE_SCAN_EXCLUDE");
    unlink(own);
    rmdir(below);
    assert_int_equal(status, IE_OK);
    assert_true(f->config->scan.hidden);
    assert_int_equal(f->config->convert.quality, 60);
    assert_int_equal(f->config->dedupe.min_copies, 3);
    assert_int_equal(f->config->scan.exclude.count, 2);
    assert_string_equal(ie_config_origin(f->config, "dedupe.min_copies"),
                        "IMGENGINE_DEDUPE_MIN_COPIES");
}

static void an_unknown_variable_is_an_error_that_names_the_nearest(void **state)
{
    fixture *f = *state;
    setenv("XDG_CONFIG_HOME", f->folder, 1);
    setenv("IMGENGINE_TESTDATA", "/tmp", 0);
    assert_int_equal(ie_config_load(f->config, NULL, &f->err), IE_OK);
    setenv("IMGENGINE_DEDUPE_KEPE", "newest", 1);
    ie_status status = ie_config_load(f->config, NULL, &f->err);
    unsetenv("IMGENGINE_DEDUPE_KEPE");
    assert_int_equal(status, IE_ERR_USAGE);
    assert_string_equal(f->err.text,
                        "The environment variable IMGENGINE_DEDUPE_KEPE belongs to no setting; "
                        "the nearest is IMGENGINE_DEDUPE_KEEP.");
    assert_int_equal(ie_config_load(f->config, "/nonexistent.yaml", &f->err), IE_ERR_NOT_FOUND);
    unsetenv("XDG_CONFIG_HOME");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void rules_of_conversion_may_be_a_mapping(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        IE_OK, read_text(f, "convert:\n  rules:\n    png/photo: [webp, jpeg]\n    heic: jpeg\n"));
    IE_AUTO_FREE char *rules = ie_config_text(f->config, "convert.rules");
    assert_string_equal("png/photo=webp|jpeg,heic=jpeg", rules);
    assert_int_equal(IE_ERR_USAGE, read_text(f, "convert:\n  rules: {heic: {a: b}}\n"));
    assert_int_equal(IE_ERR_USAGE, read_text(f, "convert:\n  rules: {heic: gif}\n"));
    assert_non_null(strstr(f->err.text, "there are jpeg, png"));
    assert_int_equal(IE_ERR_USAGE, read_text(f, "convert:\n  rules: {[a]: jpeg}\n"));
    assert_int_equal(IE_ERR_USAGE, read_text(f, "convert:\n  rules: {heic: [jpeg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nested_mappings_make_dotted_keys),
        TEST(an_unknown_key_names_its_line_and_the_nearest),
        TEST(a_bad_value_names_its_line),
        TEST(rules_of_conversion_may_be_a_mapping),
        TEST(duplicate_keys_are_refused),
        TEST(anchors_tags_and_second_documents_are_refused),
        TEST(broken_yaml_and_bytes_are_refused),
        TEST(an_empty_file_changes_nothing),
        TEST(a_missing_file_is_not_found_and_a_folder_is_an_error),
        TEST(what_is_printed_reads_back_the_same),
        TEST(the_default_file_sets_every_default),
        TEST(later_sources_win),
        TEST(an_unknown_variable_is_an_error_that_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
