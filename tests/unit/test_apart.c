// SPDX-License-Identifier: GPL-3.0-or-later
/* What the user keeps apart, from files to the pairs of a plan. */
#include "test.h"

#include "tree.h"

#include "engine/apart.h"
#include "storage/bytes.h"

static ie_engine *engine_in(const char *root, const volatile int *cancel, ie_config **ret_config)
{
    IE_AUTO_FREE char *catalog = ie_asprintf("%s/catalog.db", root);
    ie_engine_options options = {.catalog = catalog, .cancel = cancel};
    ie_engine *engine = NULL;
    ie_error err = {0};
    *ret_config = ie_config_new();
    if (ie_engine_open(*ret_config, &options, &engine, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    return engine;
}

static void count_pair(void *user, const char *a, const char *b)
{
    (void)a;
    (void)b;
    (*(size_t *)user)++;
}

static size_t remembered(ie_engine *engine)
{
    size_t count = 0;
    assert_int_equal(ie_engine_list_apart(engine, count_pair, &count, NULL), IE_OK);
    return count;
}

static void of_several_with_two_alike_none_is_remembered(void **state)
{
    (void)state;
    static const char *const names[] = {"a.gif", "b.gif", "c.gif", "a2.gif"};
    static const char *const texts[] = {"GIF89a one", "GIF89a two", "GIF89a three", "GIF89a one"};
    char *root = tree_new(), *paths[4];
    ie_config *config;
    ie_engine *engine = engine_in(root, NULL, &config);
    for (size_t i = 0; i < 4; i++) {
        tree_write(root, names[i], texts[i]);
        paths[i] = ie_path_join(root, names[i]);
    }
    ie_error err = {0};
    assert_int_equal(ie_engine_keep_apart(engine, (const char *const *)paths, 4, true, NULL, &err),
                     IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "same bytes"));
    assert_int_equal(remembered(engine), 0);
    assert_int_equal(ie_engine_keep_apart(engine, (const char *const *)paths, 3, true, NULL, &err),
                     IE_OK);
    assert_int_equal(remembered(engine), 3);
    assert_int_equal(ie_engine_keep_apart(engine, (const char *const *)paths, 4, false, NULL, &err),
                     IE_ERR_USAGE);
    assert_int_equal(remembered(engine), 3);
    assert_int_equal(ie_engine_keep_apart(engine, (const char *const *)paths, 2, false, NULL, &err),
                     IE_OK);
    assert_int_equal(remembered(engine), 2);
    ie_engine_close(engine);
    ie_config_free(config);
    for (size_t i = 0; i < 4; i++) {
        free(paths[i]);
    }
    tree_remove(root);
    free(root);
}

/* As a plan has it before the coded pictures were read. */
static ie_photo *photo_at(const char *path)
{
    ie_photo *photo = ie_photo_new();
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = IE_FORMAT_JPEG;
    photo->stamp = ie_bytes_stamp(bytes);
    assert_true(ie_bytes_xxh3(bytes, &photo->xxh3));
    photo->have |= IE_HAVE_XXH3;
    ie_bytes_close(bytes);
    return photo;
}

static void a_cancelled_plan_does_not_forget_what_is_kept_apart(void **state)
{
    (void)state;
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    volatile int cancel = 0;
    char *root = tree_new(), *paths[2];
    ie_photo *photos[2];
    ie_config *config;
    ie_engine *engine = engine_in(root, &cancel, &config);
    for (int i = 0; i < 2; i++) {
        paths[i] = ie_asprintf("%s/photos/neardup/g01_dog_bicycle_%s.jpg", testdata(),
                               i == 0 ? "00_original" : "04_recompressed_q60");
    }
    assert_int_equal(ie_engine_keep_apart(engine, (const char *const *)paths, 2, true, NULL, NULL),
                     IE_OK);
    for (int stopped = 1; stopped >= 0; stopped--) {
        ie_pair pair = {.a = 0, .b = 1, .verdict = IE_MATCH_SAME_PICTURE};
        size_t count = 1;
        cancel = stopped;
        photos[0] = photo_at(paths[0]);
        photos[1] = photo_at(paths[1]);
        ie_status status = ie_apart_filter(engine, photos, &pair, &count, NULL);
        assert_int_equal(status, stopped ? IE_ERR_CANCELLED : IE_OK);
        assert_int_equal(count, stopped ? 1 : 0);
        ie_photo_free(photos[0]);
        ie_photo_free(photos[1]);
    }
    ie_engine_close(engine);
    ie_config_free(config);
    free(paths[0]);
    free(paths[1]);
    tree_remove(root);
    free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_several_with_two_alike_none_is_remembered),
        cmocka_unit_test(a_cancelled_plan_does_not_forget_what_is_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
