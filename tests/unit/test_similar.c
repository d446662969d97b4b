// SPDX-License-Identifier: GPL-3.0-or-later
/* dedupe.similar from files to plan, and its evaluation, on three groups of the real photos. */
#include "test.h"

#include "tree.h"

#include "core/plan.h"
#include "engine/worker.h"
#include "storage/bytes.h"
#include "utils/text.h"

static const char *const kinds[] = {
    "00_original",       "01_exact_copy",   "02_meta_stripped", "04_recompressed_q60",
    "05_resized_50",     "06_cropped_3pct", "07_exif_rotated",  "08_pixel_rotated_90",
    "09_brightness_110", "13_grayscale",    "14_watermarked",
};
static const char *const groups[] = {"g01_dog_bicycle", "g08_innsbruck", "g09_switzerland"};
enum { KINDS = sizeof kinds / sizeof *kinds, FILES = 3 * KINDS };

static void name_files(char *ret_paths[FILES])
{
    for (int i = 0; i < FILES; i++) {
        ret_paths[i] = ie_asprintf("%s/photos/neardup/%s_%s.jpg", testdata(), groups[i / KINDS],
                                   kinds[i % KINDS]);
    }
}

static void free_names(char *paths[FILES])
{
    for (int i = 0; i < FILES; i++) {
        free(paths[i]);
    }
}

static ie_plan *plan_with(const char *key, const char *value, const ie_input *input)
{
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, key, value, "test", NULL), IE_OK);
    ie_engine_options options = {.catalog = ""};
    ie_engine *engine = NULL;
    ie_error err = {0};
    assert_int_equal(ie_engine_open(config, &options, &engine, &err), IE_OK);
    ie_request request = {.command = "dedupe", .dedupe = true, .similar = true};
    ie_plan *plan = NULL;
    ie_summary summary;
    if (ie_engine_plan(engine, input, &request, &plan, &summary, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    ie_engine_close(engine);
    ie_config_free(config);
    return plan;
}

static ie_plan *plan_of(const char *workers, char *paths[FILES])
{
    name_files(paths);
    ie_input input = {.paths = (const char *const *)paths, .count = FILES};
    ie_plan *plan = plan_with("processing.max_workers", workers, &input);
    free_names(paths);
    return plan;
}

static const ie_action *action_named(const ie_plan *plan, const char *part)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (strstr(plan->actions[i].from, part) != NULL) {
            return &plan->actions[i];
        }
    }
    fail_msg("%s is not in the plan", part);
    return NULL;
}

static void versions_of_a_picture_are_found_and_pictures_are_not_mixed(void **state)
{
    (void)state;
    char *paths[FILES];
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    ie_plan *plan = plan_of("1", paths);
    IE_AUTO_FREE char *labels = ie_asprintf("%s/photos/expected/groups.json", testdata());
    ie_evaluation e;
    ie_error err = {0};
    if (ie_plan_evaluate(plan, labels, NULL, NULL, &e, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(e.labelled, FILES);
    assert_int_equal(e.expected, 3 * KINDS * (KINDS - 1) / 2);
    assert_true(e.recall >= 0.97);
    assert_int_equal(e.wrong, 0);
    ie_plan_free(plan);
}

static void verdicts_are_not_mixed(void **state)
{
    (void)state;
    char *paths[FILES];
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    ie_plan *plan = plan_of("4", paths), *alone = plan_of("1", paths);
    assert_int_equal(action_named(plan, "g08_innsbruck_01_exact")->verdict, IE_MATCH_SAME_BYTES);
    assert_int_equal(action_named(plan, "g08_innsbruck_02_meta")->verdict,
                     IE_MATCH_SAME_IMAGE_DATA);
    assert_int_equal(action_named(plan, "g08_innsbruck_07_exif")->verdict, IE_MATCH_SAME_PICTURE);
    assert_int_equal(action_named(plan, "g08_innsbruck_04_rec")->verdict, IE_MATCH_SAME_PICTURE);
    size_t size, size_alone;
    IE_AUTO_FREE char *text = ie_plan_text(plan, &size),
                      *text_alone = ie_plan_text(alone, &size_alone);
    assert_string_equal(text, text_alone); /* the same for any number of threads */
    ie_plan_free(plan);
    ie_plan_free(alone);
}

typedef struct witness {
    uint64_t done, total, calls;
    bool fell, stop;
    volatile int cancel;
} witness;

static void watch(void *user, const ie_progress *progress)
{
    witness *w = user;
    if (progress->stage == IE_STAGE_PAIRS) {
        w->fell = w->fell || progress->done < w->done;
        w->done = progress->done;
        w->total = progress->total;
        w->calls++;
        w->cancel = w->stop;
    }
}

static ie_status compare_watched(witness *w, ie_error *err)
{
    char *paths[FILES];
    name_files(paths);
    ie_config *config = ie_config_new();
    ie_engine_options options = {.catalog = "", .progress = watch, .user = w, .cancel = &w->cancel};
    ie_engine *engine = NULL;
    assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
    ie_input input = {.paths = (const char *const *)paths, .count = FILES};
    ie_request request = {.command = "dedupe", .dedupe = true, .similar = true};
    ie_plan *plan = NULL;
    ie_summary summary;
    ie_status status = ie_engine_plan(engine, &input, &request, &plan, &summary, err);
    ie_plan_free(plan);
    ie_engine_close(engine);
    ie_config_free(config);
    free_names(paths);
    return status;
}

static void the_comparing_of_pairs_tells_how_far_it_is_and_can_be_interrupted(void **state)
{
    (void)state;
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    witness whole = {0}, stopped = {.stop = true};
    ie_error err = {0};
    assert_int_equal(compare_watched(&whole, &err), IE_OK);
    assert_true(whole.total > 100);
    assert_int_equal(whole.done, whole.total);
    assert_false(whole.fell);
    assert_int_equal(compare_watched(&stopped, &err), IE_ERR_CANCELLED);
    assert_true(stopped.done < whole.total);
}

/* What is merged into the one that stays may be written beside it: two actions with one path. */
static void a_sidecar_to_be_made_does_not_hide_its_photo_from_the_evaluation(void **state)
{
    (void)state;
    char *root = tree_new();
    tree_write(root, "a.jpg", "a");
    tree_write(root, "b.jpg", "b");
    tree_write(root, "labels.json", "{\"groups\": [{\"files\": [\"a.jpg\", \"b.jpg\"]}]}");
    IE_AUTO_FREE char *survivor = ie_path_join(root, "a.jpg"),
                      *labels = ie_path_join(root, "labels.json");
    for (int first = 0; first < 2; first++) {
        ie_plan *plan = ie_plan_new("dedupe");
        for (int turn = 0; turn < 2; turn++) {
            ie_action *a = tree_plan(plan, IE_ACTION_KEEP, root, "a.jpg", NULL, 0);
            if (turn == first) {
                a->kind = IE_ACTION_COPY;
                a->format = IE_FORMAT_SIDECAR;
            }
        }
        ie_action *b = tree_plan(plan, IE_ACTION_QUARANTINE, root, "b.jpg", NULL, 1);
        tree_plan_survivor(plan, b, survivor);
        b->verdict = IE_MATCH_SAME_PICTURE;
        ie_evaluation e;
        assert_int_equal(ie_plan_evaluate(plan, labels, NULL, NULL, &e, NULL), IE_OK);
        assert_int_equal(e.labelled, 2);
        assert_int_equal(e.expected, 1);
        assert_int_equal(e.right, 1);
        ie_plan_free(plan);
    }
    tree_remove(root);
    free(root);
}

/* Only the first of equal files is looked at, and another one of them may be what stays. */
static void whichever_of_equal_files_stays_is_known_to_be_in_colour(void **state)
{
    static const char *const names[] = {"a.jpg", "best/m.jpg", "best/z.jpg", "n.jpg"};
    static const char *const from[] = {"00_original", "13_grayscale", "01_exact_copy",
                                       "03_meta_edited"};
    (void)state;
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    char *root = tree_new();
    IE_AUTO_FREE char *best = ie_path_join(root, "best");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/photos/neardup/g05_giraffe_zebra_%s.jpg",
                                              testdata(), from[i]);
        IE_AUTO_FREE char *copy = ie_path_join(root, names[i]);
        tree_write(root, names[i], "");
        ie_bytes *bytes = NULL;
        assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
        const uint8_t *all = ie_bytes_load(bytes, 1 << 20);
        FILE *file = fopen(copy, "wb");
        assert_true(all != NULL && file != NULL);
        assert_int_equal(fwrite(all, 1, ie_bytes_size(bytes), file), ie_bytes_size(bytes));
        fclose(file);
        ie_bytes_close(bytes);
    }
    ie_input input = {.paths = (const char *const[]){root}, .count = 1};
    ie_plan *plan = plan_with("dedupe.prefer", best, &input);
    assert_null(action_named(plan, "best/z.jpg")->survivor);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const ie_action *action = action_named(plan, names[i]);
        if (i != 2) {
            assert_int_equal(action->kind, IE_ACTION_QUARANTINE);
            assert_true(ie_ends_with_nocase(action->survivor, "best/z.jpg"));
        }
    }
    assert_non_null(
        strstr(action_named(plan, "best/m.jpg")->reason, "in grey; that one: in colour"));
    ie_plan_free(plan);
    tree_remove(root);
    free(root);
}

/* The header of a photo may be fine where the rest of it is not. */
static void what_its_header_says_does_not_hide_that_a_photo_does_not_decode(void **state)
{
    static const struct {
        const char *name, *code;
        ie_format format;
    } rows[] = {
        {"photos/heif/elodie/photo.heic", "corrupt", IE_FORMAT_HEIC},
        {"photos/malformed/image/Bad_shortfile.bmp", "truncated", IE_FORMAT_BMP},
    };
    (void)state;
    if (testdata() == NULL) {
        print_message("no test data\n");
        skip();
    }
    ie_config *config = ie_config_new();
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *path = ie_path_join(testdata(), rows[i].name);
        for (int round = 0; round < 2; round++) {
            ie_photo *photo = ie_photo_new();
            photo->path = photo->real_path = path;
            ie_worker_analyze(worker, photo, IE_HAVE_FORMAT | IE_HAVE_HASHES,
                              round == 0 ? 0 : UINT64_C(1) << rows[i].format);
            assert_int_equal(photo->format, rows[i].format);
            assert_int_equal(photo->have & IE_HAVE_HASHES, 0);
            assert_int_equal(photo->fault_count, 1);
            assert_string_equal(photo->faults[0].stage, "decode");
            assert_string_equal(photo->faults[0].code, rows[i].code);
            ie_photo_free(photo);
        }
    }
    ie_worker_free(worker);
    ie_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_of_a_picture_are_found_and_pictures_are_not_mixed),
        cmocka_unit_test(verdicts_are_not_mixed),
        cmocka_unit_test(the_comparing_of_pairs_tells_how_far_it_is_and_can_be_interrupted),
        cmocka_unit_test(a_sidecar_to_be_made_does_not_hide_its_photo_from_the_evaluation),
        cmocka_unit_test(what_its_header_says_does_not_hide_that_a_photo_does_not_decode),
        cmocka_unit_test(whichever_of_equal_files_stays_is_known_to_be_in_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
