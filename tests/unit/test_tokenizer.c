// SPDX-License-Identifier: GPL-3.0-or-later
/* Token ids against those of Hugging Face's CLIPTokenizer, and files that are no vocabulary. */
#include "core/tokenizer.h"

#include "test.h"
#include "utils/json.h"
#include "utils/memory.h"
#include "vision_help.h"

static void token_ids_equal_those_of_the_reference(void **state)
{
    const char *data = testdata();
    size_t size = 0;
    IE_AUTO_FREE char *merges = test_vocabulary(&size);
    if (data == NULL || merges == NULL) {
        printf("  no test data, or no CLIP vocabulary (scripts/setup vocabulary)\n");
        skip();
    }
    ie_tokenizer *tokenizer = NULL;
    assert_int_equal(ie_tokenizer_new(merges, size, "merges", &tokenizer, NULL), IE_OK);
    assert_int_equal(ie_tokenizer_end(tokenizer), 49407);
    IE_AUTO_JSON json_t *golden = test_json(data, "golden/golden_tokenizer.json");
    size_t index, checked = 0;
    json_t *entry;
    json_array_foreach(json_object_get(golden, "strings"), index, entry)
    {
        const json_t *text = json_object_get(entry, "text"), *ids = json_object_get(entry, "ids");
        int32_t ours[IE_TOKENS_MAX];
        size_t count =
            ie_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text), ours);
        bool equal = count == json_array_size(ids);
        for (size_t i = 0; equal && i < count; i++) {
            equal = ours[i] == json_integer_value(json_array_get(ids, i));
        }
        if (!equal) {
            printf("  \"%s\":", json_string_value(text));
            for (size_t i = 0; i < count; i++) {
                printf(" %d", ours[i]);
            }
            printf("\n");
        }
        checked += equal;
    }
    assert_int_equal(checked, 76);
    ie_tokenizer_free(tokenizer);
}

/* A vocabulary of three merges: ids are 512 and up. */
static const char small[] = "#version: 0.2\nc a\nca t</w>\nd o\n";

static void merges_apply_in_their_order(void **state)
{
    ie_tokenizer *tokenizer = NULL;
    int32_t ids[IE_TOKENS_MAX];
    assert_int_equal(ie_tokenizer_new(small, sizeof small - 1, "small", &tokenizer, NULL), IE_OK);
    assert_int_equal(ie_tokenizer_encode(tokenizer, "CAT do", 6, ids), 5);
    assert_int_equal(ids[0], 515);
    assert_int_equal(ids[1], 513);
    assert_int_equal(ids[2], 'd' - 33);
    assert_int_equal(ids[3], 256 + 'o' - 33);
    assert_int_equal(ids[4], 516);
    ie_tokenizer_free(tokenizer);
}

static void tokenizer_json_gives_the_same_as_merges(void **state)
{
    static const char json[] = "{\"model\":{\"vocab\":{\"<|endoftext|>\":516},"
                               "\"merges\":[\"c a\",[\"ca\",\"t</w>\"],\"d o\"]}}";
    ie_tokenizer *tokenizer = NULL;
    int32_t ids[IE_TOKENS_MAX];
    assert_int_equal(ie_tokenizer_new(json, sizeof json - 1, "json", &tokenizer, NULL), IE_OK);
    assert_int_equal(ie_tokenizer_encode(tokenizer, "cat", 3, ids), 3);
    assert_int_equal(ids[1], 513);
    ie_tokenizer_free(tokenizer);
}

static void long_texts_are_cut_and_still_end(void **state)
{
    ie_tokenizer *tokenizer = NULL;
    int32_t ids[IE_TOKENS_MAX];
    char text[30000];
    memset(text, 'z', sizeof text);
    assert_int_equal(ie_tokenizer_new(small, sizeof small - 1, "small", &tokenizer, NULL), IE_OK);
    assert_int_equal(ie_tokenizer_encode(tokenizer, text, sizeof text, ids), IE_TOKENS_MAX);
    assert_int_equal(ids[IE_TOKENS_MAX - 1], 516);
    assert_int_equal(ie_tokenizer_encode(tokenizer, "\xff\xfe", 2, ids),
                     6); /* bytes of no text: two letters of two bytes */
    assert_int_equal(ie_tokenizer_encode(tokenizer, "", 0, ids), 2);
    ie_tokenizer_free(tokenizer);
}

static void what_is_no_vocabulary_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "#version\n",
        "#version\nnothing\n",
        "#version\nca t\n",
        "#version\nc a\nc a\n",
        "{}",
        "{\"model\":{\"merges\":[\"c a\"],\"vocab\":{\"<|endoftext|>\":9}}}",
        "{\"model\":{\"merges\":[[\"c\"]]}}",
        "{\"model\":",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ie_tokenizer *tokenizer = NULL;
        ie_error err = {0};
        assert_int_equal(ie_tokenizer_new(bad[i], strlen(bad[i]), "x.txt", &tokenizer, &err),
                         IE_ERR_FORMAT);
        assert_non_null(strstr(err.text, "x.txt"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_ids_equal_those_of_the_reference),
        cmocka_unit_test(merges_apply_in_their_order),
        cmocka_unit_test(tokenizer_json_gives_the_same_as_merges),
        cmocka_unit_test(long_texts_are_cut_and_still_end),
        cmocka_unit_test(what_is_no_vocabulary_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
