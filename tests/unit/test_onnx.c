// SPDX-License-Identifier: GPL-3.0-or-later
/* The runtime: slots, loading, the tiny models' ports and numbers, files that are no model. */
#include "analyzers/onnx.h"

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "analyzers/onnx_api.h"
#include "utils/text.h"
#include "vision_help.h"

/* ort-api.tsv lists every slot of the 1.23 header: slot, name, first version. */
static void slots_are_those_of_the_header(void **state)
{
    size_t size = 0;
    IE_AUTO_FREE char *path = ie_asprintf("%s/ort-api.tsv", testdata() != NULL ? testdata() : "");
    IE_AUTO_FREE char *table = test_read(path, &size);
    if (table == NULL) {
        printf("  no test data\n");
        skip();
    }
#define CHECK(slot, since, result, name, parameters)                                               \
    {                                                                                              \
        IE_AUTO_FREE char *row = ie_asprintf("%s%d\t%s\t", (slot) == 0 ? "" : "\n", slot, #name);  \
        const char *found = strstr(table, row);                                                    \
        assert_non_null(found);                                                                    \
        int minor = 0;                                                                             \
        sscanf(found + strlen(row), "1.%d", &minor);                                               \
        assert_true(minor <= (since));                                                             \
    }
    IE_ORT_CALLS(CHECK)
#undef CHECK
}

static ie_config *open_config(void)
{
    if (test_runtime() == NULL) {
        printf("  no ONNX Runtime (imgengine models runtime)\n");
        skip();
    }
    ie_config *config = ie_config_new();
    assert_int_equal(
        ie_config_set(config, "analysis.ml_models.runtime", test_runtime(), "test", NULL), IE_OK);
    assert_int_equal(ie_config_set(config, "analysis.ml_models.device", "cpu", "test", NULL),
                     IE_OK);
    return config;
}

static void a_model_tells_what_it_takes_and_gives(void **state)
{
    ie_config *config = open_config();
    if (testdata() == NULL) {
        printf("  no test data\n");
        ie_config_free(config);
        skip();
    }
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/detr_tiny.onnx", testdata());
    ie_onnx *onnx = NULL;
    assert_int_equal(ie_onnx_open(config, path, 1, &onnx, NULL), IE_OK);
    const ie_port *pixels = ie_onnx_input(onnx, "pixel_values"),
                  *mask = ie_onnx_input(onnx, "pixel_mask");
    assert_non_null(pixels);
    assert_non_null(mask);
    assert_int_equal(pixels->type, IE_TENSOR_FLOAT);
    assert_int_equal(pixels->rank, 4);
    assert_int_equal(pixels->shape[0], -1);
    assert_int_equal(pixels->shape[1], 3);
    assert_int_equal(mask->type, IE_TENSOR_INT64);
    assert_non_null(ie_onnx_output(onnx, "logits"));
    assert_null(ie_onnx_output(onnx, "nothing"));
    assert_string_equal(ie_onnx_device(onnx), "CPU");
    assert_null(ie_onnx_take_remark(onnx));
    ie_onnx_close(onnx);
    ie_config_free(config);
}

static void a_device_that_is_not_there_falls_back_with_a_remark(void **state)
{
    ie_config *config = open_config();
    if (testdata() == NULL) {
        printf("  no test data\n");
        ie_config_free(config);
        skip();
    }
    assert_int_equal(ie_config_set(config, "analysis.ml_models.device", "cuda", "test", NULL),
                     IE_OK);
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/clip_tiny_vision.onnx", testdata());
    ie_onnx *onnx = NULL;
    assert_int_equal(ie_onnx_open(config, path, 1, &onnx, NULL), IE_OK);
    if (strcmp(ie_onnx_device(onnx), "CPU") == 0) {
        IE_AUTO_FREE char *remark = ie_onnx_take_remark(onnx);
        assert_non_null(remark);
        assert_non_null(strstr(remark, "run on the CPU"));
        assert_null(ie_onnx_take_remark(onnx));
    }
    ie_onnx_close(onnx);
    ie_config_free(config);
}

static void what_is_no_model_is_refused(void **state)
{
    ie_config *config = open_config();
    char path[] = "/tmp/ie-onnx-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "this is no model", 16), 16);
    close(fd);
    ie_onnx *onnx = NULL;
    ie_error err = {0};
    assert_int_equal(ie_onnx_open(config, path, 1, &onnx, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, path));
    assert_null(strchr(err.text, '\n'));
    assert_int_equal(ie_onnx_open(config, "/tmp", 1, &onnx, &err), IE_ERR_FORMAT);
    assert_int_equal(ie_onnx_open(config, "/nowhere/model.onnx", 1, &onnx, &err), IE_ERR_NOT_FOUND);
    unlink(path);
    ie_config_free(config);
}

/* A whole model with its tail cut off, and with bytes turned over, is refused or runs, and nothing
   else. */
static void damaged_models_do_no_harm(void **state)
{
    ie_config *config = open_config();
    IE_AUTO_FREE char *from =
        ie_asprintf("%s/golden/clip_tiny_vision.onnx", testdata() != NULL ? testdata() : "");
    size_t size = 0;
    IE_AUTO_FREE char *bytes = test_read(from, &size);
    if (bytes == NULL) {
        printf("  no test data\n");
        ie_config_free(config);
        skip();
    }
    for (int i = 0; i < 6; i++) {
        char path[] = "/tmp/ie-onnx-XXXXXX";
        int fd = mkstemp(path);
        size_t part = i < 3 ? size / 4 * (size_t)(i + 1) : size;
        bytes[size / 7 * (size_t)i] ^= i >= 3 ? 0x55 : 0;
        assert_int_equal(write(fd, bytes, part), part);
        close(fd);
        ie_onnx *onnx = NULL;
        ie_status status = ie_onnx_open(config, path, 1, &onnx, NULL);
        assert_true(status == IE_OK || status == IE_ERR_FORMAT);
        assert_true(i >= 3 || status == IE_ERR_FORMAT);
        if (status == IE_OK) {
            ie_onnx_close(onnx);
        }
        unlink(path);
    }
    ie_config_free(config);
}

static void a_library_that_is_no_runtime_is_refused(void **state)
{
    ie_config *config = ie_config_new();
    ie_error err = {0};
    const char *key = "analysis.ml_models.runtime";
    assert_int_equal(ie_config_set(config, key, "/nowhere/libonnxruntime.so", "test", NULL), IE_OK);
    assert_int_equal(ie_onnx_check(config, &err), IE_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/libonnxruntime.so"));
    assert_int_equal(ie_config_set(config, key, "libm.so.6", "test", NULL), IE_OK);
    assert_int_equal(ie_onnx_check(config, &err), IE_ERR_UNSUPPORTED);
    ie_config_free(config);
}

static void without_a_runtime_the_error_says_how_to_get_it(void **state)
{
    ie_config *config = ie_config_new();
    IE_AUTO_FREE char *before =
        getenv("XDG_DATA_HOME") != NULL ? ie_strdup(getenv("XDG_DATA_HOME")) : NULL;
    setenv("XDG_DATA_HOME", "/nowhere", 1);
    ie_error err = {0};
    ie_status status = ie_onnx_check(config, &err);
    if (before != NULL) {
        setenv("XDG_DATA_HOME", before, 1);
    } else {
        unsetenv("XDG_DATA_HOME");
    }
    ie_config_free(config);
    if (status == IE_OK) {
        printf("  the system has a runtime of its own\n");
        skip();
    }
    assert_int_equal(status, IE_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "imgengine models runtime"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_runtime_the_error_says_how_to_get_it),
        cmocka_unit_test(a_library_that_is_no_runtime_is_refused),
        cmocka_unit_test(slots_are_those_of_the_header),
        cmocka_unit_test(a_model_tells_what_it_takes_and_gives),
        cmocka_unit_test(a_device_that_is_not_there_falls_back_with_a_remark),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(damaged_models_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
