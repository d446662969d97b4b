// SPDX-License-Identifier: GPL-3.0-or-later
/* Every file of the test data that can be written gets tags in a copy, as apply would do it. */
#include "exif_help.h"

#include "engine/derive.h"
#include "utils/text.h"

typedef struct tally {
    ie_config *config;
    const char *path; /* the copy */
    unsigned written, refused;
    ie_texts reasons;
    unsigned counts[64];
} tally;

static const char *const words[] = {"Größe"};

static void count_reason(tally *t, ie_format format, const char *text)
{
    /* Offsets and numbers of tags make each of exiv2's complaints another. */
    const char *exiv2 = strstr(text, " (exiv2:");
    IE_AUTO_FREE char *reason =
        ie_asprintf("%s: %.*s", ie_format_name(format),
                    exiv2 != NULL ? (int)(exiv2 - text) : (int)strlen(text), text);
    size_t i = 0;
    while (i < t->reasons.count && strcmp(t->reasons.items[i], reason) != 0) {
        i++;
    }
    if (i == t->reasons.count) {
        assert_true(i < 64);
        ie_texts_add(&t->reasons, reason);
    }
    t->counts[i]++;
    t->refused++;
}

static void expect_tagged(const tally *t, const char *from, ie_format format,
                          const ie_photo *before)
{
    if (!ie_hash128_equal(picture_of(from, format), picture_of(t->path, format))) {
        fail_msg("%s: the picture changed", from);
    }
    ie_photo *after = facts_of(t->path, format);
    ie_metadata wanted = *before->metadata;
    wanted.title = "Ein Tïtel";
    wanted.caption = "Schnee ☃";
    wanted.rating = 4;
    const char *different = ie_exif_difference(&wanted, after->metadata);
    const ie_text_list keywords = {(const char **)words, 1, 0};
    if (different != NULL || !ie_exif_has_all(&after->metadata->keywords, &keywords)) {
        fail_msg("%s: %s is not as it should be", from,
                 different != NULL ? different : "a keyword");
    }
    assert_int_equal(after->orientation, before->orientation);
    ie_photo_free(after);
}

static void tag_one(void *user, const char *from)
{
    tally *t = user;
    ie_format format = format_of(from);
    if (!ie_exif_can_write(format)) {
        return;
    }
    ie_photo *before = facts_of(from, format);
    ie_tag_edit edit = {.add_keywords = {(const char **)words, 1, 0},
                        .title = "Ein Tïtel",
                        .caption = "Schnee ☃",
                        .rating = 4};
    ie_action action = {.kind = IE_ACTION_REPLACE,
                        .from = from,
                        .from_format = format,
                        .format = format,
                        .orientation = before->orientation,
                        .tags = &edit};
    bytes_to(t->path, "", 0);
    ie_error err = {0};
    ie_status status = ie_derive(t->config, &action, t->path, &err);
    if (status == IE_OK) {
        t->written++;
        expect_tagged(t, from, format, before);
    } else {
        /* One photo's trouble must not stop a run. */
        assert_true(status == IE_ERR_FORMAT || status == IE_ERR_UNSUPPORTED);
        assert_true(err.text[0] != 0);
        count_reason(t, format, err.text);
    }
    ie_photo_free(before);
}

static void all_sound_files_of_the_test_data_take_tags(void **state)
{
    (void)state;
    if (testdata() == NULL) {
        print_message("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    IE_AUTO_FREE char *photos = ie_path_join(testdata(), "photos");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "copy");
    tally t = {.config = ie_config_new(), .path = path};
    tree_walk(photos, true, tag_one, &t);
    print_message("%u files tagged, %u refused\n", t.written, t.refused);
    for (size_t i = 0; i < t.reasons.count; i++) {
        print_message("  %3u %s\n", t.counts[i], t.reasons.items[i]);
    }
    /* Damaged on purpose, BigTIFF, with offsets, or with what exiv2 would not give back: 69
       of 790. */
    assert_true(t.written > 700);
    assert_true(t.refused * 10 < t.written);
    ie_texts_free(&t.reasons);
    ie_config_free(t.config);
    tree_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sound_files_of_the_test_data_take_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
