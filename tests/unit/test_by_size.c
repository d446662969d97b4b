// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/by_size.h"
#include "tree.h"

static const char small[] = "P5 2 2 255\n0123", other[] = "P5 2 2 255\n3210";

static char *folder;

/* Names in the order of the scan; b and d have one size, and c's is its own. */
static int make_files(void **state)
{
    folder = tree_new();
    tree_write(folder, "a", "P5 2 2 255\n0123 without a name that says so");
    tree_write(folder, "b.pgm", small);
    tree_write(folder, "c.pgm", "P5 2 2 255\n0123 of a size of its own");
    tree_write(folder, "c.pgm.xmp", "<no sidecar at all/>");
    tree_write(folder, "d.pgm", other);
    tree_write(folder, "e.txt", "of its own size, too, and no photo");
    tree_write(folder, "f/g.pgm", small);
    return 0;
}

static int remove_files(void **state)
{
    tree_remove(folder);
    free(folder);
    return 0;
}

typedef struct taken {
    ie_photo *photos[16];
    bool cached[16];
    size_t count;
    ie_status fail; /* what the taker answers to the second photo */
} taken;

static ie_status take(void *user, ie_photo *take_photo, bool cached, ie_error *err)
{
    taken *t = user;
    t->cached[t->count] = cached;
    t->photos[t->count++] = take_photo;
    return t->count == 2 && t->fail != IE_OK ? ie_error_set(err, t->fail, "as the test wants")
                                             : IE_OK;
}

static void taken_clear(taken *t)
{
    for (size_t i = 0; i < t->count; i++) {
        ie_photo_free(t->photos[i]);
    }
    *t = (taken){0};
}

static ie_status run(int workers, const volatile int *cancel, const char *leave_out, taken *t,
                     ie_pipeline_result *result, ie_error *err)
{
    ie_config *config = ie_config_new();
    config->processing.max_workers = workers;
    const char *path = folder;
    ie_input input = {.paths = &path, .count = 1};
    ie_pipeline pipeline = {.config = config,
                            .input = &input,
                            .wanted = IE_HAVE_FORMAT,
                            .hash_upto = 1000,
                            .cancel = cancel,
                            .leave_out = leave_out};
    ie_status status = ie_by_size_run(&pipeline, take, t, result, err);
    ie_config_free(config);
    return status;
}

static bool opened(const taken *t, size_t index)
{
    return (t->photos[index]->have & IE_HAVE_FORMAT) != 0;
}

static void what_has_a_size_of_its_own_is_not_opened(void **state)
{
    for (int workers = 1; workers <= 4; workers += 3) {
        taken t = {0};
        ie_pipeline_result result = {0};
        assert_int_equal(run(workers, NULL, NULL, &t, &result, NULL), IE_OK);
        assert_int_equal(t.count, 7);
        assert_int_equal(result.scan.files, 7);
        assert_int_equal(result.root_count, 1);
        static const char *const names[] = {"a",     "b.pgm", "c.pgm", "c.pgm.xmp",
                                            "d.pgm", "e.txt", "g.pgm"};
        static const bool looked_at[] = {true, true, false, false, true, true, true};
        for (size_t i = 0; i < t.count; i++) {
            assert_string_equal(ie_path_base(t.photos[i]->path), names[i]);
            assert_int_equal(opened(&t, i), looked_at[i]);
            assert_false(t.cached[i]);
        }
        ie_pipeline_result_clear(&result);
        taken_clear(&t);
    }
}

static void a_closed_file_is_what_its_name_says_and_an_open_one_what_its_bytes_say(void **state)
{
    taken t = {0};
    ie_pipeline_result result = {0};
    assert_int_equal(run(2, NULL, NULL, &t, &result, NULL), IE_OK);
    static const ie_format formats[] = {IE_FORMAT_PNM,     IE_FORMAT_PNM, IE_FORMAT_PNM,
                                        IE_FORMAT_UNKNOWN, IE_FORMAT_PNM, IE_FORMAT_UNKNOWN,
                                        IE_FORMAT_PNM};
    for (size_t i = 0; i < t.count; i++) {
        assert_int_equal(t.photos[i]->format, formats[i]);
    }
    ie_pipeline_result_clear(&result);
    taken_clear(&t);
}

static void files_of_one_size_are_hashed_at_the_same_look(void **state)
{
    taken t = {0};
    ie_pipeline_result result = {0};
    assert_int_equal(run(2, NULL, NULL, &t, &result, NULL), IE_OK);
    assert_true((t.photos[1]->have & t.photos[4]->have & t.photos[6]->have & IE_HAVE_XXH3) != 0);
    assert_true(ie_hash128_equal(t.photos[1]->xxh3, ie_hash128_of(small, sizeof small - 1)));
    assert_true(ie_hash128_equal(t.photos[1]->xxh3, t.photos[6]->xxh3));
    assert_false(ie_hash128_equal(t.photos[1]->xxh3, t.photos[4]->xxh3));
    ie_pipeline_result_clear(&result);
    taken_clear(&t);
}

static void what_is_left_out_makes_no_equal_size(void **state)
{
    taken t = {0};
    ie_pipeline_result result = {0};
    IE_AUTO_FREE char *below = ie_path_join(folder, "f");
    assert_int_equal(run(1, NULL, below, &t, &result, NULL), IE_OK);
    assert_int_equal(t.count, 6);
    assert_int_equal(result.left_out, 1);
    assert_int_equal(result.left_out_bytes, sizeof small - 1);
    ie_pipeline_result_clear(&result);
    taken_clear(&t);
}

static void a_cancel_and_a_taker_that_fails_end_it_with_nothing_lost(void **state)
{
    taken t = {0};
    ie_pipeline_result result = {0};
    ie_error err = {0};
    volatile int cancel = 1;
    assert_int_equal(run(2, &cancel, NULL, &t, &result, &err), IE_ERR_CANCELLED);
    assert_int_equal(t.count, 0);
    t.fail = IE_ERR_IO;
    assert_int_equal(run(2, NULL, NULL, &t, &result, &err), IE_ERR_IO);
    assert_string_equal(err.text, "as the test wants");
    assert_int_equal(t.count, 2); /* the others were freed, which the sanitizer checks */
    taken_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_a_size_of_its_own_is_not_opened),
        cmocka_unit_test(a_closed_file_is_what_its_name_says_and_an_open_one_what_its_bytes_say),
        cmocka_unit_test(files_of_one_size_are_hashed_at_the_same_look),
        cmocka_unit_test(what_is_left_out_makes_no_equal_size),
        cmocka_unit_test(a_cancel_and_a_taker_that_fails_end_it_with_nothing_lost),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
