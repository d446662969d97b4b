// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <math.h>

#include "utils/json.h"
#include "utils/json_view.h"

static ie_json_view member(ie_json_view object, const char *key)
{
    ie_json_view value;
    ie_json_view_members(object, &key, 1, &value);
    return value;
}

static ie_json_view view_of(const char *text)
{
    return ie_json_view_of(text, strlen(text));
}

/* What jansson sees in `value` the view must give, wherever it is. */
static void assert_same(ie_json_view view, json_t *value)
{
    ie_buffer text = {0};
    assert_non_null(view.at);
    const char *seen = ie_json_view_text(view, &text);
    if (json_is_string(value)) {
        assert_string_equal(seen, json_string_value(value));
    } else {
        assert_null(seen);
    }
    assert_int_equal(ie_json_view_true(view), json_is_true(value));
    assert_int_equal(ie_json_view_int(view, 77),
                     json_is_integer(value) ? json_integer_value(value) : 77);
    double real = ie_json_view_real(view);
    assert_true(json_is_number(value) ? real == json_number_value(value) : isnan(real));
    const char *key;
    json_t *below;
    json_object_foreach(value, key, below)
    {
        assert_same(member(view, key), below);
    }
    ie_json_view item = {0};
    size_t index;
    json_array_foreach(value, index, below)
    {
        assert_true(ie_json_view_next(view, &item));
        assert_same(item, below);
    }
    if (json_is_array(value)) {
        assert_false(ie_json_view_next(view, &item));
    }
    ie_buffer_free(&text);
}

static const char *const documents[] = {
    "{\"a\":1,\"b\":-2.5e3,\"c\":\"x\",\"d\":true,\"e\":false,\"f\":null,\"g\":{},\"h\":[],\"i\":"
    "\"\"}",
    " { \"a\" : [ 1 , [ ] , { \"b\" : \"}]\\\"\" } , 0.25 ] , \"c\" : \"\\\\\" }\n",
    "{\"text\":\"tab\\tline\\nquote\\\"slash\\/"
    "back\\\\\\b\\f\\r\",\"unicode\":\"\\u00e9\\u20ac\\ud83d\\ude00 \xc3\xa9\"}",
    "{\"keywords\":[\"a, "
    "b\",\"\\u00fc\"],\"rating\":3,\"gps\":{\"latitude\":-33.85678,\"longitude\":151.2,\"altitude_"
    "m\":0.0}}",
    "[9223372036854775807,-9223372036854775808,1e300,3.0]",
    "\"alone\"",
    "17",
};

static void a_view_sees_what_a_parser_sees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        json_t *value = NULL;
        assert_int_equal(ie_json_parse(documents[i], strlen(documents[i]), "it", &value, NULL),
                         IE_OK);
        assert_same(view_of(documents[i]), value);
        json_decref(value);
    }
}

static void what_is_not_there_or_of_another_kind_is_absent(void **state)
{
    (void)state;
    ie_json_view object = view_of("{\"a\":{\"b\":1},\"c\":[true],\"ab\":2}");
    assert_null(member(object, "b").at); /* one further down is not meant */
    assert_null(member(object, "").at);
    assert_null(member(member(object, "c"), "a").at);
    assert_null(member(member(object, "nothing"), "a").at);
    ie_json_view item = {0};
    assert_false(ie_json_view_next(object, &item));
    assert_int_equal(ie_json_view_int(member(object, "ab"), 0), 2);
}

/* Under the sanitizers: nothing beyond the text is read, wherever it ends. */
static void a_text_that_ends_early_or_is_no_json_gives_nothing_and_no_harm(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", "c", "text", "unicode", "keywords", "gps"};
    ie_json_view values[sizeof keys / sizeof *keys];
    ie_buffer text = {0};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        for (size_t size = 0, whole = strlen(documents[i]); size < whole; size++) {
            for (int change = -1; change < 256; change += 17) {
                char *cut = malloc(size + 1);
                memcpy(cut, documents[i], size);
                if (change >= 0 && size > 0) {
                    cut[size / 2] = (char)change;
                }
                char *exact = realloc(cut, size > 0 ? size : 1);
                ie_json_view view = ie_json_view_of(exact, size);
                ie_json_view_members(view, keys, sizeof keys / sizeof *keys, values);
                for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
                    ie_json_view_text(values[k], &text);
                    ie_json_view_real(values[k]);
                    for (ie_json_view item = {0}; ie_json_view_next(values[k], &item);) {
                        ie_json_view_text(item, &text);
                    }
                }
                free(exact);
            }
        }
    }
    ie_buffer_free(&text);
    static const char *const wrong[] = {"",        "{",        "\"",        "[", "{\"a", "{\"a\"",
                                        "{\"a\":", "{\"a\":}", "{\"a\" 1}", "]", "\"\\"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(member(view_of(wrong[i]), "a").at);
    }
}

static void a_text_with_a_broken_escape_is_none(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u0000\""};
    ie_buffer text = {0};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_null(ie_json_view_text(view_of(broken[i]), &text));
    }
    ie_buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_sees_what_a_parser_sees),
        cmocka_unit_test(what_is_not_there_or_of_another_kind_is_absent),
        cmocka_unit_test(a_text_that_ends_early_or_is_no_json_gives_nothing_and_no_harm),
        cmocka_unit_test(a_text_with_a_broken_escape_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
