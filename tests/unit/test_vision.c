// SPDX-License-Identifier: GPL-3.0-or-later
/* The analyzers with real models: the golden tiny CLIP and DETR, and FastestDet's true weights on
   real photos. */
#include <math.h>
#include <unistd.h>

#include "analyzers/analyzer.h"
#include "analyzers/onnx.h"
#include "analyzers/tensor.h"
#include "engine/worker.h"
#include "tree.h"
#include "utils/text.h"
#include "utils/half.h"
#include "vision_help.h"

static bool is_ready(void)
{
    if (testdata() == NULL || test_runtime() == NULL) {
        printf("  no test data, or no ONNX Runtime (imgengine models runtime)\n");
        return false;
    }
    return true;
}

static void set(ie_config *config, const char *key, const char *value)
{
    ie_error err = {0};
    if (ie_config_set(config, key, value, "test", &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
}

/* A configuration with one custom model: its entry is printf'd with the test data's folder. */
static ie_config *config_with(const char *entry)
{
    ie_config *config = ie_config_new();
    IE_AUTO_FREE char *text = ie_asprintf(entry, testdata());
    ie_buffer list = {0};
    ie_config_list_append(&list, text);
    set(config, "analysis.ml_models.runtime", test_runtime());
    set(config, "analysis.ml_models.device", "cpu");
    set(config, "analysis.ml_models.custom_models", list.data);
    set(config, "analysis.ml_models.object_detection", "tiny");
    set(config, "analysis.ml_models.scene_detection", "tiny");
    set(config, "analysis.ml_analysis", "true");
    ie_buffer_free(&list);
    return config;
}

static void print_remark(void *user, const char *text)
{
    printf("  %s\n", text);
    ++*(int *)user;
}

static void keep_remark(void *user, const char *text)
{
    snprintf(user, 500, "%s", text);
}

static ie_photo *analyze(ie_worker *worker, const char *path, unsigned wanted)
{
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    ie_worker_analyze(worker, photo, wanted, 0);
    return photo;
}

static double number(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

static const char detr_entry[] =
    "name=tiny;layout=detr;path=%s/golden/detr_tiny.onnx;labels=coco91;side=224;longest=320";

static void tiny_detr_detects_what_the_reference_does(void **state)
{
    if (!is_ready()) {
        skip();
    }
    int remarks = 0;
    ie_config *config = config_with(detr_entry);
    set(config, "analysis.content.exact", "true");
    ie_worker *worker = ie_worker_new(config, NULL, print_remark, &remarks);
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_models.json");
    const json_t *single = json_object_get(json_object_get(golden, "detr"), "single");
    const json_t *post = json_object_get(single, "post"), *boxes = json_object_get(post, "boxes");
    const json_t *scores = json_object_get(post, "scores");
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/photo_china.jpg", testdata());
    ie_photo *photo = analyze(worker, path, IE_HAVE_OBJECTS);
    assert_int_equal(remarks + (int)photo->fault_count, 0);
    assert_true((photo->have & IE_HAVE_OBJECTS) != 0);
    assert_int_equal(photo->vision->object_count, json_array_size(scores));
    /* Ours come best first and within the picture; theirs in the order of the queries. */
    for (size_t i = 0; i < json_array_size(scores); i++) {
        bool found = false;
        for (uint32_t k = 0; k < photo->vision->object_count && !found; k++) {
            const ie_label *o = &photo->vision->objects[k];
            const json_t *box = json_array_get(boxes, i);
            found = fabs(o->confidence - number(scores, i)) < 2e-4;
            for (size_t side = 0; found && side < 4; side++) {
                double most = side % 2 == 0 ? 640 : 427;
                double theirs = fmin(fmax(number(box, side), 0), most);
                found = fabs(o->box[side] - theirs) < 0.1;
            }
            found = found && strcmp(o->label, "skateboard") != 0;
        }
        assert_true(found);
    }
    ie_photo_free(photo);
    ie_worker_free(worker);
    ie_config_free(config);
}

static float *load_floats(const char *name, size_t count)
{
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/tensors/%s", testdata(), name);
    size_t size = 0;
    char *bytes = test_read(path, &size);
    assert_non_null(bytes);
    assert_int_equal(size, count * sizeof(float));
    return (float *)(void *)bytes;
}

static void tiny_detr_gives_the_logits_of_the_reference(void **state)
{
    if (!is_ready()) {
        skip();
    }
    ie_config *config = config_with(detr_entry);
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/detr_tiny.onnx", testdata());
    ie_onnx *onnx = NULL;
    assert_int_equal(ie_onnx_open(config, path, 1, &onnx, NULL), IE_OK);
    float *pixels = load_floats("detr_pixel_values_china.f32", 3 * 214 * 320);
    float *logits = load_floats("detr_logits_china.f32", 20 * 92);
    int64_t mask[64 * 64];
    for (size_t i = 0; i < 64 * 64; i++) {
        mask[i] = 1;
    }
    const ie_port *port = ie_onnx_input(onnx, "pixel_mask");
    int64_t mask_height = port->shape[1] > 0 ? port->shape[1] : 64,
            mask_width = port->shape[2] > 0 ? port->shape[2] : 64;
    assert_true(mask_height * mask_width <= 64 * 64);
    ie_tensor inputs[2];
    size_t count;
    const ie_port *ports = ie_onnx_inputs(onnx, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        inputs[i] = &ports[i] == port
                        ? (ie_tensor){IE_TENSOR_INT64, 3, {1, mask_height, mask_width}, mask}
                        : (ie_tensor){IE_TENSOR_FLOAT, 4, {1, 3, 214, 320}, pixels};
    }
    const char *const names[] = {"logits", "pred_boxes"};
    ie_tensor out[2] = {{0}};
    assert_int_equal(ie_onnx_run(onnx, inputs, names, 2, out, NULL), IE_OK);
    assert_int_equal(ie_tensor_count(&out[0]), 20 * 92);
    double most = 0;
    for (size_t i = 0; i < 20 * 92; i++) {
        most = fmax(most, fabs((double)((float *)out[0].data)[i] - logits[i]));
    }
    assert_true(most < 5e-4);
    /* A wrong shape is an error that names the model, and no crash. */
    ie_error err = {0};
    inputs[0].shape[1] = 1;
    inputs[1].shape[1] = 1;
    ie_tensor none[2] = {{0}};
    assert_int_not_equal(ie_onnx_run(onnx, inputs, names, 2, none, &err), IE_OK);
    assert_non_null(strstr(err.text, "detr_tiny.onnx"));
    free(out[0].data);
    free(out[1].data);
    free(pixels);
    free(logits);
    ie_onnx_close(onnx);
    ie_config_free(config);
}

/* The texts of the golden values as scenes, each alone as its template. */
static ie_config *clip_config(const json_t *golden)
{
    IE_AUTO_FREE char *entry =
        ie_asprintf("name=tiny;layout=clip;path=%%s/golden;vision=clip_tiny_vision.onnx;"
                    "text=clip_tiny_text.onnx;tokenizer=%s;logit_scale=%.15g",
                    getenv("IMGENGINE_TEST_MERGES"), ie_json_get_real(golden, "logit_scale_exp"));
    ie_config *config = config_with(entry);
    ie_buffer labels = {0};
    size_t index;
    json_t *text;
    json_array_foreach(json_object_get(golden, "texts"), index, text)
    {
        ie_config_list_append(&labels, json_string_value(text));
    }
    set(config, "analysis.scenes.labels", labels.data);
    set(config, "analysis.scenes.templates", "{}");
    set(config, "analysis.scenes.min_confidence", "0");
    set(config, "analysis.scenes.most", "100");
    ie_buffer_free(&labels);
    return config;
}

static double confidence_of(const ie_photo *photo, const char *label)
{
    for (uint32_t i = 0; i < photo->vision->scene_count; i++) {
        if (strcmp(photo->vision->scenes[i].label, label) == 0) {
            return photo->vision->scenes[i].confidence;
        }
    }
    return NAN;
}

/* Largest difference of the probabilities to the golden ones, over all images. */
static double scene_difference(ie_config *config, const json_t *clip)
{
    int remarks = 0;
    ie_worker *worker = ie_worker_new(config, NULL, print_remark, &remarks);
    double most = 0;
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(clip, "images"), index, name)
    {
        const json_t *row = json_array_get(json_object_get(clip, "probs"), index);
        IE_AUTO_FREE char *path =
            ie_asprintf("%s/golden/images/%s", testdata(), json_string_value(name));
        ie_photo *photo = analyze(worker, path, IE_HAVE_SCENES);
        assert_true((photo->have & IE_HAVE_SCENES) != 0);
        assert_int_equal(photo->vision->scene_count, json_array_size(row));
        for (size_t t = 0; t < json_array_size(row); t++) {
            const char *text = json_string_value(json_array_get(json_object_get(clip, "texts"), t));
            most = fmax(most, fabs(confidence_of(photo, text) - number(row, t)));
        }
        ie_photo_free(photo);
    }
    printf("  probabilities differ by %.6f at most\n", most);
    assert_int_equal(remarks, 0);
    ie_worker_free(worker);
    return most;
}

static void tiny_clip_tells_scenes_as_the_reference_does(void **state)
{
    if (!is_ready() || getenv("IMGENGINE_TEST_MERGES") == NULL) {
        printf("  CLIP's vocabulary is needed, too (scripts/setup vocabulary)\n");
        skip();
    }
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_models.json");
    const json_t *clip = json_object_get(golden, "clip");
    ie_config *config = clip_config(clip);
    set(config, "analysis.content.exact", "true");
    assert_true(scene_difference(config, clip) < 1e-3);
    set(config, "analysis.content.exact", "false");
    double reduced = scene_difference(config, clip);
    printf("  from the default decode probabilities differ by %.4f at most\n", reduced);
    assert_true(reduced < 0.05);
    ie_config_free(config);
}

static double cosine(const ie_embedding *a, const ie_embedding *b)
{
    double dot = 0, aa = 0, bb = 0;
    assert_int_equal(a->dimension, b->dimension);
    for (size_t i = 0; i < a->dimension; i++) {
        double x = ie_half_to_float(a->values[i]), y = ie_half_to_float(b->values[i]);
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    return dot / sqrt(aa * bb);
}

/* Pictures from a reduced decode look the same to the model. */
static void embeddings_from_a_reduced_decode_are_near_the_exact_ones(void **state)
{
    if (!is_ready() || getenv("IMGENGINE_TEST_MERGES") == NULL) {
        skip();
    }
    int remarks = 0;
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_models.json");
    ie_config *reduced = clip_config(json_object_get(golden, "clip"));
    ie_config *exact = ie_config_copy(reduced);
    set(exact, "analysis.content.exact", "true");
    ie_worker *workers[] = {ie_worker_new(reduced, NULL, print_remark, &remarks),
                            ie_worker_new(exact, NULL, print_remark, &remarks)};
    IE_AUTO_JSON json_t *expected = test_json(testdata(), "photos/expected/ml.json");
    const char *name;
    json_t *entry;
    double least = 1;
    int count = 0;
    json_object_foreach(json_object_get(expected, "files"), name, entry)
    {
        IE_AUTO_FREE char *path = ie_asprintf("%s/photos/%s", testdata(), name);
        ie_photo *a = analyze(workers[0], path, IE_HAVE_SCENES),
                 *b = analyze(workers[1], path, IE_HAVE_SCENES);
        assert_non_null(a->embedding);
        assert_non_null(b->embedding);
        assert_string_equal(a->embedding->model, b->embedding->model);
        least = fmin(least, cosine(a->embedding, b->embedding));
        count +=
            memcmp(a->embedding->values, b->embedding->values, a->embedding->dimension * 2) != 0;
        ie_photo_free(a);
        ie_photo_free(b);
    }
    printf("  cosine at least %.5f, %d photos differ\n", least, count);
    assert_true(least >= 0.995 && count > 0);
    ie_worker_free(workers[0]);
    ie_worker_free(workers[1]);
    ie_config_free(exact);
    ie_config_free(reduced);
}

static int contains(const ie_photo *photo, const char *label)
{
    for (uint32_t i = 0; i < photo->vision->object_count; i++) {
        if (strcmp(photo->vision->objects[i].label, label) == 0) {
            return 1;
        }
    }
    return 0;
}

static void fastestdet_finds_what_people_see(void **state)
{
    if (!is_ready()) {
        skip();
    }
    static const char *const kinds[] = {"person", "dog", "cat", "car"};
    int remarks = 0, wanted = 0, found = 0, of_kind[4] = {0}, found_of_kind[4] = {0};
    ie_config *config = config_with("name=fastestdet;path=%s/models");
    set(config, "analysis.ml_models.object_detection", "fastestdet");
    ie_worker *worker = ie_worker_new(config, NULL, print_remark, &remarks);
    IE_AUTO_JSON json_t *expected = test_json(testdata(), "photos/expected/ml.json");
    const char *name;
    json_t *entry;
    json_object_foreach(json_object_get(expected, "files"), name, entry)
    {
        IE_AUTO_FREE char *path = ie_asprintf("%s/photos/%s", testdata(), name);
        ie_photo *photo = analyze(worker, path, IE_HAVE_METADATA | IE_HAVE_OBJECTS);
        size_t index;
        json_t *object;
        json_array_foreach(json_object_get(entry, "objects"), index, object)
        {
            int hit = contains(photo, json_string_value(object));
            wanted++;
            found += hit;
            for (int k = 0; k < 4; k++) {
                bool same = strcmp(json_string_value(object), kinds[k]) == 0;
                of_kind[k] += same;
                found_of_kind[k] += same && hit;
            }
        }
        ie_photo_free(photo);
    }
    printf("  photos with objects that were found: all %d of %d", found, wanted);
    for (int k = 0; k < 4; k++) {
        printf(", %s %d of %d", kinds[k], found_of_kind[k], of_kind[k]);
        assert_true(of_kind[k] > 0 && found_of_kind[k] * 2 > of_kind[k]);
    }
    printf("\n");
    assert_int_equal(remarks, 0);
    assert_true(of_kind[0] >= 20 && found_of_kind[0] * 100 >= of_kind[0] * 80);
    assert_true(found * 100 >= wanted * 80);
    ie_worker_free(worker);
    ie_config_free(config);
}

static void a_model_that_is_not_here_names_the_command_that_gets_it(void **state)
{
    if (!is_ready()) {
        skip();
    }
    ie_config *config = config_with("name=tiny;layout=detr;path=%s/nowhere");
    ie_error err = {0};
    assert_int_equal(ie_objects_analyzer.check(config, &err), IE_ERR_NOT_FOUND);
    set(config, "analysis.ml_models.object_detection", "facebook/detr-resnet-50");
    setenv("HF_HUB_CACHE", "/nowhere", 1);
    assert_int_equal(ie_objects_analyzer.check(config, &err), IE_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "imgengine models pull facebook/detr-resnet-50"));
    set(config, "analysis.ml_models.object_detection", "no/such-model");
    assert_int_equal(ie_objects_analyzer.check(config, &err), IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "fastestdet"));
    ie_config_free(config);
}

/* Found but of no use: one remark, no fault, everything else is there. With require it stops. */
static void a_model_of_another_kind_is_left_out(void **state)
{
    if (!is_ready()) {
        skip();
    }
    int remarks = 0;
    ie_config *config = config_with("name=tiny;layout=detr;path=%s/golden/clip_tiny_text.onnx");
    IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/photo_china.jpg", testdata());
    ie_worker *worker = ie_worker_new(config, NULL, print_remark, &remarks);
    ie_photo *photo = analyze(worker, path, IE_HAVE_OBJECTS | IE_HAVE_HASHES);
    assert_int_equal(remarks, 1);
    assert_int_equal(photo->fault_count, 0);
    assert_true((photo->have & IE_HAVE_OBJECTS) == 0 && (photo->have & IE_HAVE_HASHES) != 0);
    assert_int_equal(ie_worker_error(worker)->status, IE_OK);
    ie_photo_free(photo);
    ie_worker_free(worker);
    set(config, "analysis.ml_models.require", "true");
    worker = ie_worker_new(config, NULL, print_remark, &remarks);
    photo = analyze(worker, path, IE_HAVE_OBJECTS);
    assert_int_not_equal(ie_worker_error(worker)->status, IE_OK);
    ie_photo_free(photo);
    ie_worker_free(worker);
    ie_config_free(config);
}

/* Whatever is wrong with what the configuration names, it is one line and everything else
   goes on. */
static void a_vocabulary_that_is_missing_and_a_model_that_is_a_folder_are_told_once(void **state)
{
    if (!is_ready()) {
        skip();
    }
    static const struct {
        const char *entry, *says;
    } cases[] = {
        {"name=tiny;layout=clip;path=%s/"
         "golden;vision=clip_tiny_vision.onnx;text=clip_tiny_text.onnx;"
         "tokenizer=no-such.txt",
         "no-such.txt"},
        {"name=tiny;layout=clip;path=%s;vision=golden;text=golden;tokenizer=golden", "golden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int remarks = 0;
        ie_config *config = config_with(cases[i].entry);
        ie_worker *worker = ie_worker_new(config, NULL, print_remark, &remarks);
        IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/photo_china.jpg", testdata());
        ie_photo *photo = analyze(worker, path, IE_HAVE_SCENES | IE_HAVE_HASHES);
        ie_error err = {0};
        assert_int_equal(remarks, 1);
        assert_int_equal(photo->fault_count, 0);
        assert_true((photo->have & IE_HAVE_SCENES) == 0 && (photo->have & IE_HAVE_HASHES) != 0);
        assert_int_equal(ie_scenes_analyzer.check(config, &err), IE_ERR_NOT_FOUND);
        assert_non_null(strstr(err.text, cases[i].says));
        ie_photo_free(photo);
        ie_worker_free(worker);
        ie_config_free(config);
    }
}

/* Its file is one that the runtime opens, but what it takes or gives is not what its entry
   promises. */
static void a_model_of_other_shapes_than_its_entry_says_is_one_line_or_one_fault(void **state)
{
    if (!is_ready()) {
        skip();
    }
    static const struct {
        const char *entry, *says;
        bool loads; /* only its results show it */
    } cases[] = {
        {"name=tiny;layout=clip;path=%s/"
         "golden;vision=detr_tiny.onnx;text=clip_tiny_text.onnx;tokenizer=README.md",
         "does not make embeddings of pictures", false},
        {"name=tiny;layout=clip;side=192;path=%s/"
         "models;vision=FastestDet.onnx;text=FastestDet.onnx;tokenizer=coco.names",
         "does not make embeddings of pictures of 192 pixels", false},
        {"name=tiny;layout=grid;path=%s/golden/detr_tiny.onnx;labels=coco80", "", true},
        {"name=tiny;layout=sigmoid;path=%s/models/FastestDet.onnx;labels=coco80;side=352", "",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char remark[500] = "";
        ie_config *config = config_with(cases[i].entry);
        unsigned wanted = i < 2 ? IE_HAVE_SCENES : IE_HAVE_OBJECTS;
        ie_worker *worker = ie_worker_new(config, NULL, keep_remark, remark);
        IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/photo_china.jpg", testdata());
        ie_photo *photo = analyze(worker, path, wanted | IE_HAVE_HASHES);
        printf("  %s%s\n", remark, photo->fault_count > 0 ? photo->faults[0].text : "");
        assert_true((photo->have & wanted) == 0 && (photo->have & IE_HAVE_HASHES) != 0);
        assert_true((remark[0] != 0) != (photo->fault_count == 1));
        assert_true(cases[i].loads || strstr(remark, cases[i].says) != NULL);
        ie_photo_free(photo);
        ie_worker_free(worker);
        ie_config_free(config);
    }
}

/* Cut off, as by a full disk, and changed in the middle. */
static void a_corrupt_model_is_one_line_and_everything_else_goes_on(void **state)
{
    if (!is_ready()) {
        skip();
    }
    IE_AUTO_FREE char *from = ie_asprintf("%s/models/FastestDet.onnx", testdata());
    size_t size = 0;
    IE_AUTO_FREE char *bytes = test_read(from, &size);
    for (int i = 0; i < 3; i++) {
        char remark[500] = "", file[] = "/tmp/ie-corrupt-XXXXXX";
        int fd = mkstemp(file);
        memset(bytes + size / 3, 0xff, i == 1 ? 4096 : 0);
        size_t part = i == 0 ? size / 2 : i == 1 ? size : 0;
        assert_int_equal(write(fd, bytes, part), part);
        close(fd);
        IE_AUTO_FREE char *entry = ie_asprintf("name=tiny;layout=grid;path=%s;labels=coco80", file);
        ie_config *config = config_with(entry);
        ie_worker *worker = ie_worker_new(config, NULL, keep_remark, remark);
        IE_AUTO_FREE char *path = ie_asprintf("%s/golden/images/photo_china.jpg", testdata());
        ie_photo *photo = analyze(worker, path, IE_HAVE_OBJECTS | IE_HAVE_HASHES);
        assert_true((photo->have & IE_HAVE_HASHES) != 0);
        if (i != 1) { /* 4 kB of other weights may still be a model */
            assert_non_null(strstr(remark, file));
            assert_null(strchr(remark, '\n'));
            assert_true((photo->have & IE_HAVE_OBJECTS) == 0 && photo->fault_count == 0);
        }
        ie_photo_free(photo);
        ie_worker_free(worker);
        ie_config_free(config);
        unlink(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny_detr_gives_the_logits_of_the_reference),
        cmocka_unit_test(tiny_detr_detects_what_the_reference_does),
        cmocka_unit_test(tiny_clip_tells_scenes_as_the_reference_does),
        cmocka_unit_test(embeddings_from_a_reduced_decode_are_near_the_exact_ones),
        cmocka_unit_test(fastestdet_finds_what_people_see),
        cmocka_unit_test(a_model_that_is_not_here_names_the_command_that_gets_it),
        cmocka_unit_test(a_vocabulary_that_is_missing_and_a_model_that_is_a_folder_are_told_once),
        cmocka_unit_test(a_model_of_another_kind_is_left_out),
        cmocka_unit_test(a_model_of_other_shapes_than_its_entry_says_is_one_line_or_one_fault),
        cmocka_unit_test(a_corrupt_model_is_one_line_and_everything_else_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
