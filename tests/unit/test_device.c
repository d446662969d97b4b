// SPDX-License-Identifier: GPL-3.0-or-later
/* What happens when a device does not do what was hoped: by a library that behaves so
   (ort_stub.c). */
#include <unistd.h>

#include "analyzers/onnx.h"
#include "core/model.h"
#include "engine/worker.h"
#include "tree.h"

#define PHOTOS 8

typedef struct fixture {
    char *folder, *model;
    int runtimes;
    char remarks[2000];
} fixture;

static int set_up(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    f->folder = tree_new();
    f->model = ie_path_join(f->folder, "model.onnx");
    FILE *file = fopen(f->model, "w");
    setenv("XDG_DATA_HOME", f->folder, 1);
    *state = f;
    return file == NULL || fclose(file) != 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    unsetenv("ORT_STUB");
    unsetenv("XDG_DATA_HOME");
    tree_remove(f->folder);
    free(f->folder);
    free(f->model);
    free(f);
    return 0;
}

/* Each has a path of its own, so that it is loaded anew, as the environment now says it is. */
static ie_config *config_for(fixture *f, const char *stub)
{
    setenv("ORT_STUB", stub, 1);
    IE_AUTO_FREE char *runtime = ie_asprintf("%s/libort%d.so", f->folder, f->runtimes++);
    IE_AUTO_FREE char *entry =
        ie_asprintf("name=stub;layout=sigmoid;path=%s;side=32;labels=coco80", f->model);
    assert_int_equal(symlink(IE_ORT_STUB, runtime), 0);
    ie_config *config = ie_config_new();
    static const char *const keys[] = {"runtime", "custom_models", "object_detection",
                                       "batch_size"};
    const char *const values[] = {runtime, entry, "stub", "8"};
    for (size_t i = 0; i < 4; i++) {
        IE_AUTO_FREE char *key = ie_asprintf("analysis.ml_models.%s", keys[i]);
        assert_int_equal(ie_config_set(config, key, values[i], "test", NULL), IE_OK);
    }
    return config;
}

static size_t objects_index(void)
{
    size_t index = 0;
    while (ie_analyzers[index] != &ie_objects_analyzer) {
        index++;
    }
    return index;
}

static void on_remark(void *user, const char *text)
{
    fixture *f = user;
    size_t used = strlen(f->remarks);
    snprintf(f->remarks + used, sizeof f->remarks - used, "%s\n", text);
}

/* Looks at photos whose first number is their index, which the model takes for the class. */
static void look_at_photos(fixture *f, const ie_config *config, size_t *ret_batch_before,
                           size_t *ret_batch_after)
{
    ie_worker *worker = ie_worker_new(config, NULL, on_remark, f);
    ie_photo *photos[PHOTOS];
    ie_prepared prepared[PHOTOS];
    for (int i = 0; i < PHOTOS; i++) {
        photos[i] = ie_photo_new();
        photos[i]->width = photos[i]->height = 100;
        prepared[i] = (ie_prepared){ie_alloc(3 * 32 * 32 * sizeof(float)), 32, 32};
        prepared[i].data[0] = (float)i;
    }
    *ret_batch_before = ie_worker_batch(worker, objects_index());
    ie_worker_infer(worker, objects_index(), photos, prepared, PHOTOS);
    *ret_batch_after = ie_worker_batch(worker, objects_index());
    for (int i = 0; i < PHOTOS; i++) {
        assert_int_equal(photos[i]->fault_count, 0);
        assert_int_equal(photos[i]->vision->object_count, 1);
        assert_string_equal(photos[i]->vision->objects[0].label, ie_coco_label(false, (size_t)i));
        assert_true((photos[i]->tried & IE_HAVE_OBJECTS) != 0);
        ie_photo_free(photos[i]);
        free(prepared[i].data);
    }
    ie_worker_free(worker);
}

static void on_a_gpu_photos_are_looked_at_in_batches(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu");
    size_t before, after;
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 8);
    assert_int_equal(after, 8);
    assert_string_equal(f->remarks, "");
    ie_config_free(config);
}

static void a_gpu_without_memory_for_a_batch_gets_half_of_it(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu oom=2");
    size_t before, after;
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 8);
    assert_int_equal(after, 2);
    assert_non_null(strstr(f->remarks, "not enough memory on WebGpuExecutionProvider"));
    assert_non_null(strstr(f->remarks, "for 8 photos at once; going on with 4"));
    assert_non_null(strstr(f->remarks, "for 4 photos at once; going on with 2"));
    assert_null(strstr(f->remarks, "CPU"));
    ie_config_free(config);
}

static void a_gpu_without_memory_for_one_photo_gives_way_to_the_cpu(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu oom=0");
    size_t before, after;
    look_at_photos(f, config, &before, &after);
    assert_non_null(strstr(f->remarks, "on the CPU instead of WebGpuExecutionProvider"));
    ie_config_free(config);
}

static void whatever_fails_on_a_gpu_the_cpu_takes_over_with_one_line(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *stub, *reason;
    } cases[] = {{"gpu append", "the driver is too old"},
                 {"gpu create", "an operator is missing"},
                 {"gpu run", "the device was lost"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f->remarks[0] = 0;
        ie_config *config = config_for(f, cases[i].stub);
        size_t before, after;
        look_at_photos(f, config, &before, &after);
        assert_int_equal(after, 1); /* heavy, on the CPU */
        assert_non_null(strstr(f->remarks, "on the CPU instead of"));
        assert_non_null(strstr(f->remarks, cases[i].reason));
        assert_null(strstr(f->remarks, "ONNXRuntimeError")); /* nor where in its source */
        assert_int_equal(strcspn(f->remarks, "\n") + 1, strlen(f->remarks));
        ie_config_free(config);
    }
}

/* Whatever a provider is fast at: it must give the CPU's numbers, and this is found out once. */
static void a_device_whose_numbers_are_not_those_of_the_cpu_is_not_used(void **state)
{
    fixture *f = *state;
    size_t before, after;
    ie_config *config = config_for(f, "gpu wrong");
    look_at_photos(f, config, &before, &after); /* and asserts the labels */
    assert_int_equal(before, 1);
    assert_non_null(strstr(f->remarks, "on the CPU instead of WebGpuExecutionProvider"));
    assert_non_null(strstr(f->remarks, "not those of the CPU (cosine 0.97"));
    assert_int_equal(strcspn(f->remarks, "\n") + 1, strlen(f->remarks));
    ie_config_free(config);
    f->remarks[0] = 0;
    config = config_for(f, "gpu"); /* it would be right now, but nobody asks again */
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 1);
    assert_non_null(strstr(f->remarks, "not those of the CPU"));
    IE_AUTO_FREE char *known = ie_path_join(f->folder, "imgengine/devices");
    assert_int_equal(unlink(known), 0);
    ie_config_free(config);
    f->remarks[0] = 0;
    config = config_for(f, "gpu");
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 8);
    assert_string_equal(f->remarks, "");
    assert_int_equal(access(known, R_OK), 0);
    ie_config_free(config);
}

static void a_device_that_was_asked_for_by_name_is_used_with_a_warning(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu wrong");
    assert_int_equal(ie_config_set(config, "analysis.ml_models.device", "webgpu", "test", NULL),
                     IE_OK);
    ie_onnx *onnx = NULL;
    assert_int_equal(ie_onnx_open(config, f->model, 1, &onnx, NULL), IE_OK);
    assert_true(ie_onnx_on_gpu(onnx));
    IE_AUTO_FREE char *remark = ie_onnx_take_remark(onnx);
    assert_non_null(
        strstr(remark, "is used as analysis.ml_models.device says, though its numbers"));
    ie_onnx_close(onnx);
    ie_config_free(config);
}

static void openvino_that_is_compiled_in_is_used_after_a_gpu_and_one_photo_at_a_time(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "openvino");
    ie_onnx *onnx = NULL;
    assert_int_equal(ie_onnx_open(config, f->model, 1, &onnx, NULL), IE_OK);
    assert_string_equal(ie_onnx_device(onnx), "OpenVINOExecutionProvider on the CPU");
    assert_false(ie_onnx_on_cpu(onnx) || ie_onnx_on_gpu(onnx));
    assert_null(ie_onnx_take_remark(onnx));
    ie_onnx_close(onnx);
    size_t before, after;
    assert_int_equal(ie_config_set(config, "processing.max_workers", "1", "test", NULL), IE_OK);
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 1);
    assert_string_equal(f->remarks, "");
    ie_config_free(config);
    config = config_for(f, "openvino gpu");
    assert_int_equal(ie_onnx_open(config, f->model, 1, &onnx, NULL), IE_OK);
    assert_true(ie_onnx_on_gpu(onnx));
    ie_onnx_close(onnx);
    ie_config_free(config);
}

static void a_gpu_that_is_not_allowed_is_not_used(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu run");
    assert_int_equal(ie_config_set(config, "analysis.ml_models.use_gpu", "false", "test", NULL),
                     IE_OK);
    size_t before, after;
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 1);
    assert_string_equal(f->remarks, "");
    ie_config_free(config);
}

/* As on a machine without a GPU: the library of a provider lies beside the runtime and finds
   nothing, or refuses. */
static void
a_provider_without_a_device_leaves_the_cpu_and_one_line_where_a_gpu_is_asked_for(void **state)
{
    fixture *f = *state;
    static const char *const stubs[] = {"", "register"};
    static const char *const says[] = {"none for ", "no libvulkan.so.1"};
    IE_AUTO_FREE char *library = ie_path_join(f->folder, "libonnxruntime_providers_webgpu.so");
    FILE *file = fopen(library, "w");
    assert_true(file != NULL && fclose(file) == 0);
    for (int i = 0; i < 2; i++) {
        ie_config *config = config_for(f, stubs[i]);
        size_t before, after, lines;
        look_at_photos(f, config, &before, &after);
        assert_int_equal(before, 1);
        assert_string_equal(f->remarks, "");
        char **described = ie_onnx_describe(config, &lines);
        assert_int_equal(lines, 2);
        assert_non_null(strstr(described[1], says[i]));
        assert_non_null(strstr(described[1], library));
        assert_int_equal(ie_config_set(config, "analysis.ml_models.use_gpu", "true", "test", NULL),
                         IE_OK);
        look_at_photos(f, config, &before, &after);
        assert_string_equal(
            f->remarks,
            "The models run on the CPU instead of another device: there is no GPU that ONNX "
            "Runtime 1.99.0-stub could use here.\n");
        f->remarks[0] = 0;
        for (size_t l = 0; l < lines; l++) {
            free(described[l]);
        }
        free(described);
        ie_config_free(config);
    }
}

static void a_runtime_without_plugin_calls_runs_on_the_cpu(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "gpu api=17");
    size_t before, after;
    look_at_photos(f, config, &before, &after);
    assert_int_equal(before, 1);
    assert_string_equal(f->remarks, "");
    ie_config_free(config);
}

static void a_runtime_that_is_too_old_is_named_with_what_is_needed(void **state)
{
    fixture *f = *state;
    ie_config *config = config_for(f, "api=16");
    ie_error err = {0};
    assert_int_equal(ie_onnx_check(config, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "1.17 or newer is needed"));
    assert_non_null(strstr(err.text, "libort"));
    ie_config_free(config);
}

int main(void)
{
#define ON_STUB(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_STUB(on_a_gpu_photos_are_looked_at_in_batches),
        ON_STUB(a_gpu_without_memory_for_a_batch_gets_half_of_it),
        ON_STUB(a_gpu_without_memory_for_one_photo_gives_way_to_the_cpu),
        ON_STUB(whatever_fails_on_a_gpu_the_cpu_takes_over_with_one_line),
        ON_STUB(a_device_whose_numbers_are_not_those_of_the_cpu_is_not_used),
        ON_STUB(a_device_that_was_asked_for_by_name_is_used_with_a_warning),
        ON_STUB(openvino_that_is_compiled_in_is_used_after_a_gpu_and_one_photo_at_a_time),
        ON_STUB(a_gpu_that_is_not_allowed_is_not_used),
        ON_STUB(a_provider_without_a_device_leaves_the_cpu_and_one_line_where_a_gpu_is_asked_for),
        ON_STUB(a_runtime_without_plugin_calls_runs_on_the_cpu),
        ON_STUB(a_runtime_that_is_too_old_is_named_with_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
