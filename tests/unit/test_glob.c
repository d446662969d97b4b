// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <time.h>

#include "utils/glob.h"

static bool matches(const char *pattern, const char *path)
{
    ie_glob *glob = ie_glob_new(pattern);
    assert_non_null(glob);
    bool result = ie_glob_matches(glob, path, false);
    ie_glob_free(glob);
    return result;
}

static void a_star_does_not_cross_a_slash(void **state)
{
    (void)state;
    assert_true(matches("a/*.jpg", "a/b.jpg"));
    assert_false(matches("a/*.jpg", "a/b/c.jpg"));
    assert_true(matches("a/*/c.jpg", "a/b/c.jpg"));
    assert_true(matches("*", "anything"));
    assert_true(matches("a*b*c", "aXbYbZc"));
    assert_false(matches("a*b*c", "aXbYbZ"));
    assert_false(matches("x/?", "x//"));
}

static void two_stars_cross_slashes_and_may_be_no_folder(void **state)
{
    (void)state;
    assert_true(matches("**/c.jpg", "c.jpg"));
    assert_true(matches("**/c.jpg", "a/b/c.jpg"));
    assert_false(matches("**/c.jpg", "a/bc.jpg"));
    assert_true(matches("a/**/c", "a/c"));
    assert_true(matches("a/**/c", "a/b/b/c"));
    assert_false(matches("a/**/c", "a/bc"));
    assert_true(matches("a/**", "a/b/c"));
    assert_false(matches("a/**", "b/a/c"));
    assert_true(matches("/a/**.jpg", "a/b/c.jpg"));
}

static void without_a_slash_the_base_name_counts(void **state)
{
    (void)state;
    assert_true(matches("*.jpg", "a/b/c.jpg"));
    assert_true(matches("c.jpg", "a/c.jpg"));
    assert_false(matches("/c.jpg", "a/c.jpg"));
    assert_true(matches("/c.jpg", "c.jpg"));
    assert_false(matches("*.jpg", "a.JPG"));
}

static void classes_ranges_and_escapes_work(void **state)
{
    (void)state;
    assert_true(matches("IMG_[0-9][0-9].jpg", "IMG_42.jpg"));
    assert_false(matches("IMG_[0-9].jpg", "IMG_x.jpg"));
    assert_true(matches("[!a-c]x", "dx"));
    assert_false(matches("[^a-c]x", "bx"));
    assert_true(matches("[]]", "]"));
    assert_true(matches("[a", "[a"));
    assert_true(matches("\\*", "*"));
    assert_false(matches("\\*", "x"));
    assert_false(matches("a[/]b", "a/b"));
    assert_true(matches("[ä-ü]", "ö"));
}

static void a_question_mark_is_one_character_of_utf8_or_one_odd_byte(void **state)
{
    (void)state;
    assert_true(matches("?.jpg", "é.jpg"));
    assert_true(matches("?.jpg", "\xe9.jpg"));
    assert_false(matches("?.jpg", "ab.jpg"));
    assert_false(matches("\xe9", "é"));
}

static void a_slash_at_the_end_means_folders(void **state)
{
    (void)state;
    ie_glob *glob = ie_glob_new("cache/");
    assert_true(ie_glob_matches(glob, "a/cache", true));
    assert_false(ie_glob_matches(glob, "a/cache", false));
    ie_glob_free(glob);
    glob = ie_glob_new("a/cache/");
    assert_true(ie_glob_matches(glob, "a/cache", true));
    assert_false(ie_glob_matches(glob, "b/a/cache", true));
    ie_glob_free(glob);
}

static void empty_and_overlong_patterns_are_refused(void **state)
{
    (void)state;
    char pattern[IE_GLOB_MAX + 2];
    memset(pattern, '*', sizeof pattern);
    pattern[IE_GLOB_MAX + 1] = 0;
    assert_null(ie_glob_new(pattern));
    assert_null(ie_glob_new(""));
    memset(pattern, '[', IE_GLOB_MAX);
    pattern[IE_GLOB_MAX] = 0;
    ie_glob *glob = ie_glob_new(pattern);
    assert_true(ie_glob_matches(glob, pattern, false));
    ie_glob_free(glob);
}

static void hostile_patterns_take_linear_time(void **state)
{
    (void)state;
    char pattern[IE_GLOB_MAX + 1] = "", path[4001];
    for (int i = 0; i < 300; i += 3) {
        memcpy(pattern + i, i % 2 ? "*a?" : "**a", 4);
    }
    memcpy(pattern + 300, "b", 2);
    memset(path, 'a', 4000);
    path[4000] = 0;
    clock_t start = clock();
    assert_false(matches(pattern, path));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_does_not_cross_a_slash),
        cmocka_unit_test(two_stars_cross_slashes_and_may_be_no_folder),
        cmocka_unit_test(without_a_slash_the_base_name_counts),
        cmocka_unit_test(classes_ranges_and_escapes_work),
        cmocka_unit_test(a_question_mark_is_one_character_of_utf8_or_one_odd_byte),
        cmocka_unit_test(a_slash_at_the_end_means_folders),
        cmocka_unit_test(empty_and_overlong_patterns_are_refused),
        cmocka_unit_test(hostile_patterns_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
