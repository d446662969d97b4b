// SPDX-License-Identifier: GPL-3.0-or-later
/* A machine without the libraries that are loaded at first use: this program has a loader of its
   own, which finds none. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzers/analyzer.h"
#include "core/config.h"
#include "storage/config_file.h"
#include "storage/database.h"
#include "storage/exif_tags.h"
#include "storage/image_file.h"
#include "storage/jpeg_turn.h"
#include "storage/xml.h"
#include "test.h"
#include "utils/error.h"
#include "utils/late.h"

bool ie_late_load(const char *library, const char *const *names, size_t count, void *slots)
{
    memset(slots, 0, count * sizeof(void *));
    return false;
}

static const uint8_t bytes[64] = "P5 2 2 255\n0123";

static void a_catalog_without_sqlite_is_an_error_that_says_how_to_go_on(void **state)
{
    ie_db *db = NULL;
    ie_error err = {0};
    assert_int_equal(ie_db_open("/tmp/imgengine-no-such.db", true, &db, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "SQLite"));
    assert_non_null(strstr(err.text, "--catalog ''"));
    assert_null(db);
}

static void a_settings_file_without_libyaml_is_an_error_that_names_both(void **state)
{
    char path[] = "/tmp/imgengine-yaml.XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "scan:\n", 6), 6);
    close(fd);
    ie_config *config = ie_config_new();
    ie_error err = {0};
    assert_int_equal(ie_config_file_read(path, config, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "libyaml"));
    assert_non_null(strstr(err.text, path));
    ie_config_free(config);
    unlink(path);
}

static void pictures_tags_and_turning_are_refused_without_a_crash(void **state)
{
    ie_image_facts facts;
    ie_error err = {0};
    assert_int_equal(ie_image_probe(bytes, sizeof bytes, IE_FORMAT_PNM, 1000, &facts, &err),
                     IE_ERR_UNSUPPORTED);
    ie_error missing = {0};
    assert_int_equal(ie_image_ready(&missing), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(missing.text, "install it"));
    ie_tags *tags = NULL;
    assert_int_equal(ie_tags_open_memory(bytes, sizeof bytes, &tags, &err), IE_ERR_UNSUPPORTED);
    ie_jpeg_turn turn;
    assert_int_equal(ie_jpeg_turn_look(bytes, sizeof bytes, 6, 1000, &turn, &err),
                     IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "TurboJPEG"));
}

static void xml_is_unsound_where_nobody_reads_it(void **state)
{
    ie_xml xml = {0};
    assert_false(ie_xml_parse(&xml, "<a/>", 4));
    ie_error err = {0};
    assert_int_equal(ie_xml_ready(&err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "libexpat"));
    ie_config *config = ie_config_new();
    void *state_of_reader = NULL;
    err = (ie_error){0};
    assert_int_equal(ie_metadata_analyzer.open(config, NULL, &state_of_reader, &err),
                     IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Install"));
    ie_config_free(config);
    assert_non_null(strstr(ie_xml_library(), "expat"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_without_sqlite_is_an_error_that_says_how_to_go_on),
        cmocka_unit_test(a_settings_file_without_libyaml_is_an_error_that_names_both),
        cmocka_unit_test(pictures_tags_and_turning_are_refused_without_a_crash),
        cmocka_unit_test(xml_is_unsound_where_nobody_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
