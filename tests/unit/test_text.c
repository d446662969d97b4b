// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

static void base64_gives_back_what_it_took(void **state)
{
    const char bytes[] = "IMG_\xff\x01.jpg";
    for (size_t size = 0; size <= sizeof bytes - 1; size++) {
        IE_AUTO_FREE char *text = ie_base64(bytes, size);
        size_t back_size = 99;
        IE_AUTO_FREE char *back = ie_base64_decode(text, &back_size);
        assert_non_null(back);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, bytes, size);
    }
    size_t size;
    assert_null(ie_base64_decode("abc", &size));
    assert_null(ie_base64_decode("ab!=", &size));
}

static void only_valid_utf8_is_valid(void **state)
{
    assert_true(ie_utf8_valid("a\xc3\xa4\xf0\x9f\x93\xb7"));
    assert_false(ie_utf8_valid("\xc0\xaf"));         /* overlong */
    assert_false(ie_utf8_valid("\xed\xa0\x80"));     /* surrogate */
    assert_false(ie_utf8_valid("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(ie_utf8_valid("\xe2\x82"));         /* cut */
}

static void shown_paths_hide_control_bytes(void **state)
{
    assert_string_equal(ie_shown("a\nb\xff\xc3\xa4"), "a\\x0ab\\xff\xc3\xa4");
    char small[10];
    assert_string_equal(ie_show_path("abcdefghijklmnop", small, sizeof small), "abcdef…");
}

static void paths_come_apart(void **state)
{
    assert_string_equal(ie_path_extension("/a.b/c"), "");
    assert_string_equal(ie_path_extension("/a.b/.hidden"), "");
    assert_string_equal(ie_path_extension("x.tar.gz"), "gz");
    assert_true(ie_path_below("/a/b", "/a"));
    assert_false(ie_path_below("/ab", "/a"));
    assert_true(ie_path_below("/ab", "/"));
    static const char *const rows[][3] = {
        {"/a/x", "/a", "x"},           {"/a/b/x", "/a", "b/x"},        {"/a/x", "/a/b", "../x"},
        {"/a/b/x", "/a/bc", "../b/x"}, {"/a/bc/x", "/a/b", "../bc/x"}, {"/x", "/a/b", "../../x"},
        {"/a/b", "/", "a/b"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        IE_AUTO_FREE char *relative = ie_path_relative(rows[r][0], rows[r][1]);
        assert_string_equal(relative, rows[r][2]);
    }
}

static void numbers_are_read_strictly(void **state)
{
    int64_t i;
    double r;
    assert_true(ie_parse_int("-5", -10, 10, &i));
    assert_int_equal(i, -5);
    assert_false(ie_parse_int("5x", 0, 10, &i));
    assert_false(ie_parse_int(" 5", 0, 10, &i));
    assert_false(ie_parse_int("11", 0, 10, &i));
    assert_true(ie_parse_real("0.25", &r));
    assert_false(ie_parse_real("nan", &r));
}

static void a_slip_of_the_keys_is_one_edit(void **state)
{
    assert_int_equal(ie_edit_distance("", ""), 0);
    assert_int_equal(ie_edit_distance("--josn", "--json"), 1);
    assert_int_equal(ie_edit_distance("--josn", "--jobs"), 2);
    assert_int_equal(ie_edit_distance("", "tag"), 3);
    assert_int_equal(ie_edit_distance("kitten", "sitting"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_gives_back_what_it_took),
        cmocka_unit_test(only_valid_utf8_is_valid),
        cmocka_unit_test(shown_paths_hide_control_bytes),
        cmocka_unit_test(paths_come_apart),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(a_slip_of_the_keys_is_one_edit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
