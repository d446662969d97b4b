// SPDX-License-Identifier: GPL-3.0-or-later
/* The stage that forms batches: everything that comes in goes out once, whatever order it
   came in. */
#include "engine/infer.h"

#include "analyzers/onnx.h"
#include "utils/text.h"
#include "vision_help.h"

#define PHOTOS 8

typedef struct fixture {
    ie_config *config;
    ie_worker *worker;
    ie_infer *infer;
    ie_inference items[PHOTOS];
    unsigned done[PHOTOS];
    uint64_t order[PHOTOS];
    size_t count;
    bool stops;
} fixture;

static void on_done(void *user, ie_inference *inference)
{
    fixture *f = user;
    f->done[inference - f->items]++;
    assert_true(f->count < PHOTOS);
    f->order[f->count++] = inference->number;
    for (size_t i = 0; i < IE_MAX_ANALYZERS; i++) {
        assert_null(inference->prepared[i].data);
    }
}

static bool stops(void *user)
{
    const fixture *f = user;
    return f->stops;
}

static void set(ie_config *config, const char *key, const char *value)
{
    assert_int_equal(ie_config_set(config, key, value, "test", NULL), IE_OK);
}

static int set_up(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    f->config = ie_config_new();
    set(f->config, "analysis.ml_models.batch_size", "3");
    for (size_t i = 0; i < PHOTOS; i++) {
        f->items[i].number = i;
        f->items[i].photo = ie_photo_new();
    }
    *state = f;
    return 0;
}

static void begin(fixture *f)
{
    f->worker = ie_worker_new(f->config, NULL, NULL, NULL);
    f->infer = ie_infer_new(f->worker, f->config, on_done, stops, f);
}

static int tear_down(void **state)
{
    fixture *f = *state;
    ie_infer_free(f->infer);
    ie_worker_free(f->worker);
    for (size_t i = 0; i < PHOTOS; i++) {
        ie_photo_free(f->items[i].photo);
    }
    ie_config_free(f->config);
    free(f);
    return 0;
}

/* With the golden tiny CLIP, all photos prepared. False, with a printed line: it is not here. */
static bool begin_with_model(fixture *f)
{
    const char *merges = getenv("IMGENGINE_TEST_MERGES");
    if (testdata() == NULL || test_runtime() == NULL || merges == NULL || merges[0] == 0) {
        printf("  no test data, ONNX Runtime or vocabulary (scripts/setup)\n");
        return false;
    }
    IE_AUTO_FREE char *entry =
        ie_asprintf("name=tiny;layout=clip;path=%s/golden;vision=clip_tiny_vision.onnx;"
                    "text=clip_tiny_text.onnx;tokenizer=%s",
                    testdata(), merges);
    ie_buffer list = {0};
    ie_config_list_append(&list, entry);
    set(f->config, "analysis.ml_models.runtime", test_runtime());
    set(f->config, "analysis.ml_models.device", "cpu");
    set(f->config, "analysis.ml_models.custom_models", list.data);
    set(f->config, "analysis.ml_models.scene_detection", "tiny");
    set(f->config, "analysis.scenes.labels", "cat,dog");
    ie_buffer_free(&list);
    begin(f);
    static const char *const names[] = {"photo_china.jpg", "photo_bus.jpg", "grad_rgb.png",
                                        "jpeg_q10.jpg"};
    for (size_t i = 0; i < PHOTOS; i++) {
        ie_photo *photo = f->items[i].photo;
        photo->path = photo->real_path =
            ie_arena_printf(photo->arena, "%s/golden/images/%s", testdata(), names[i % 4]);
        ie_worker_prepare(f->worker, photo, IE_HAVE_SCENES, 0, f->items[i].prepared);
        assert_null(photo->embedding);
    }
    return true;
}

static void photos_with_nothing_to_look_at_leave_in_scan_order(void **state)
{
    fixture *f = *state;
    begin(f);
    static const size_t order[PHOTOS] = {3, 0, 7, 1, 2, 6, 4, 5},
                        gone[PHOTOS] = {0, 1, 1, 2, 4, 4, 5, 8};
    for (size_t i = 0; i < PHOTOS; i++) {
        ie_infer_add(f->infer, &f->items[order[i]]);
        assert_int_equal(f->count, gone[i]);
    }
    ie_infer_end(f->infer);
    for (size_t i = 0; i < PHOTOS; i++) {
        assert_int_equal(f->order[i], i);
    }
}

static void each_photo_of_a_batch_gets_the_embedding_of_a_look_of_its_own(void **state)
{
    fixture *f = *state;
    if (!begin_with_model(f)) {
        skip();
    }
    static const size_t order[PHOTOS] = {5, 0, 2, 1, 7, 3, 6, 4};
    for (size_t i = 0; i < PHOTOS; i++) {
        ie_infer_add(f->infer, &f->items[order[i]]);
    }
    assert_int_equal(f->count, 6); /* two batches of three; two photos wait for a third */
    ie_infer_end(f->infer);
    for (size_t i = 0; i < PHOTOS; i++) {
        const ie_photo *photo = f->items[i].photo;
        assert_int_equal(f->done[i], 1);
        assert_non_null(photo->embedding);
        ie_photo *alone = ie_photo_new();
        alone->path = alone->real_path = photo->path;
        ie_worker_analyze(f->worker, alone, IE_HAVE_SCENES, 0);
        assert_int_equal(alone->embedding->dimension, photo->embedding->dimension);
        for (size_t d = 0; d < alone->embedding->dimension; d++) {
            assert_in_range(abs(alone->embedding->values[d] - photo->embedding->values[d]), 0,
                            4); /* last bits */
        }
        ie_photo_free(alone);
    }
}

static void a_run_that_ends_lets_all_go_and_looks_at_none(void **state)
{
    fixture *f = *state;
    if (!begin_with_model(f)) {
        skip();
    }
    for (size_t i = 0; i < PHOTOS; i++) {
        f->stops = i >= 3;
        ie_infer_add(f->infer, &f->items[i]);
    }
    ie_infer_end(f->infer);
    for (size_t i = 0; i < PHOTOS; i++) {
        assert_int_equal(f->done[i], 1);
        assert_int_equal(f->items[i].photo->embedding != NULL, i < 3);
    }
}

static void what_lies_behind_a_gap_goes_without_a_look(void **state)
{
    fixture *f = *state;
    if (!begin_with_model(f)) {
        skip();
    }
    for (size_t i = 0; i < PHOTOS; i++) {
        if (i != 4) {
            ie_infer_add(f->infer, &f->items[i]);
        }
    }
    ie_infer_end(f->infer);
    for (size_t i = 0; i < PHOTOS; i++) {
        assert_int_equal(f->done[i], i != 4);
        assert_int_equal(f->items[i].photo->embedding != NULL, i < 4);
    }
    for (size_t a = 0; a < IE_MAX_ANALYZERS; a++) {
        free(f->items[4].prepared[a].data);
    }
}

static void the_window_lets_batches_fill_up_and_prepared_pictures_take_bounded_memory(void **state)
{
    fixture *f = *state;
    assert_false(ie_infer_needed(IE_HAVE_HASHES));
    assert_true(ie_infer_needed(IE_HAVE_HASHES | IE_HAVE_SCENES));
    set(f->config, "processing.max_workers", "2");
    unsigned window = ie_infer_window(f->config, IE_HAVE_SCENES);
    assert_true(window >= 2 * 2 * 3 && (size_t)window * 224 * 224 * 3 * sizeof(float) <= (size_t)256
                                                                                             << 20);
    set(f->config, "analysis.ml_models.batch_size", "256");
    assert_int_equal(ie_infer_window(f->config, IE_HAVE_SCENES), IE_UNDER_WAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(photos_with_nothing_to_look_at_leave_in_scan_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            each_photo_of_a_batch_gets_the_embedding_of_a_look_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_ends_lets_all_go_and_looks_at_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_lies_behind_a_gap_goes_without_a_look, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            the_window_lets_batches_fill_up_and_prepared_pictures_take_bounded_memory, set_up,
            tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
