// SPDX-License-Identifier: GPL-3.0-or-later
/* The manifest, entries of the configuration, finding files, tags from what was seen. */
#include "core/model.h"

#include "analyzers/onnx_file.h"
#include "analyzers/vision.h"
#include "core/photo.h"
#include "storage/config_file.h"
#include "storage/model_files.h"
#include "test.h"
#include "tree.h"
#include "utils/text.h"

static ie_config *config_with(const char *entry)
{
    ie_config *config = ie_config_new();
    ie_buffer list = {0};
    ie_error err = {0};
    ie_config_list_append(&list, entry);
    if (ie_config_set(config, "analysis.ml_models.custom_models", list.data, "test", &err) !=
        IE_OK) {
        fail_msg("%s", err.text);
    }
    ie_buffer_free(&list);
    return config;
}

static void every_built_in_model_is_complete(void **state)
{
    for (size_t i = 0; ie_model_at(i) != NULL; i++) {
        const ie_model *m = ie_model_at(i);
        assert_non_null(m->name);
        assert_non_null(m->licence);
        assert_non_null(m->files[IE_PART_VISION]);
        assert_true(m->side > 0);
        assert_true((m->task == IE_TASK_SCENES) == (m->layout == IE_LAYOUT_CLIP));
        assert_true(m->task != IE_TASK_SCENES ||
                    (m->files[IE_PART_TOKENIZER] != NULL && m->logit_scale > 0));
        assert_true(m->task != IE_TASK_OBJECTS || m->labels != NULL);
    }
}

static void an_entry_with_a_built_in_name_changes_what_it_says(void **state)
{
    ie_config *config = config_with("name=fastestdet;path=/a\\;b/c");
    ie_arena *arena = ie_arena_new();
    ie_model model;
    assert_int_equal(ie_model_find(config, "fastestdet", arena, &model, NULL), IE_OK);
    assert_string_equal(model.path, "/a;b/c");
    assert_int_equal(model.layout, IE_LAYOUT_GRID);
    assert_int_equal(model.side, 352);
    assert_true(model.bgr);
    ie_arena_free(arena);
    ie_config_free(config);
}

static void a_new_entry_takes_its_layouts_defaults(void **state)
{
    ie_config *config = config_with("name=mine;layout=detr;side=224;longest=320;labels=coco80");
    ie_arena *arena = ie_arena_new();
    ie_model model;
    assert_int_equal(ie_model_find(config, "mine", arena, &model, NULL), IE_OK);
    assert_int_equal(model.task, IE_TASK_OBJECTS);
    assert_int_equal(model.norm, IE_NORM_IMAGENET);
    assert_int_equal(model.longest, 320);
    assert_null(model.repository);
    assert_string_equal(model.labels, "coco80");
    ie_arena_free(arena);
    ie_config_free(config);
}

static void wrong_entries_are_refused_when_they_are_set(void **state)
{
    static const char *const bad[] = {"path=/x",
                                      "name=mine",
                                      "name=mine;layout=round",
                                      "name=fastestdet;side=0",
                                      "name=fastestdet;colour=red",
                                      "fastestdet",
                                      "name=mine;layout=detr;bgr=perhaps"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ie_error err = {0};
        assert_int_equal(ie_model_check_entry(bad[i], &err), IE_ERR_USAGE);
        assert_true(err.text[0] != 0);
    }
}

static void write_text(const char *folder, const char *name, const char *text)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = 0;
        mkdir(path, 0700);
        *p = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void yaml_entries_may_be_mappings(void **state)
{
    char *folder = tree_new();
    write_text(folder, "c.yaml",
               "analysis:\n  ml_models:\n    custom_models:\n      - name: fastestdet\n        "
               "path: '/models; of mine'\n"
               "      - {name: other, layout: grid, labels: a.names}\n      - "
               "name=third;layout=sigmoid\n");
    IE_AUTO_FREE char *path = ie_path_join(folder, "c.yaml");
    ie_config *config = ie_config_new();
    ie_error err = {0};
    if (ie_config_file_read(path, config, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(config->analysis.custom_models.count, 3);
    ie_arena *arena = ie_arena_new();
    ie_model model;
    assert_int_equal(ie_model_find(config, "fastestdet", arena, &model, NULL), IE_OK);
    assert_string_equal(model.path, "/models; of mine");
    assert_int_equal(ie_model_find(config, "other", arena, &model, NULL), IE_OK);
    assert_string_equal(model.labels, "a.names");
    assert_int_equal(ie_model_find(config, "third", arena, &model, NULL), IE_OK);
    write_text(folder, "c.yaml",
               "analysis:\n  ml_models:\n    custom_models:\n      - {name: {a: b}}\n");
    assert_int_equal(ie_config_file_read(path, config, &err), IE_ERR_USAGE);
    ie_arena_free(arena);
    ie_config_free(config);
    tree_remove(folder);
    free(folder);
}

static void files_are_found_in_the_data_folder_and_in_the_hub_cache(void **state)
{
    char *folder = tree_new();
    setenv("XDG_DATA_HOME", folder, 1);
    setenv("HF_HUB_CACHE", folder, 1);
    const ie_model *detr = NULL;
    for (size_t i = 0; detr == NULL; i++) {
        detr = strcmp(ie_model_at(i)->name, "facebook/detr-resnet-50") == 0 ? ie_model_at(i) : NULL;
    }
    ie_error err = {0};
    assert_int_equal(ie_model_check(detr, &err), IE_ERR_NOT_FOUND);
    write_text(folder, "models--Xenova--detr-resnet-50/refs/main", "abc123\n");
    write_text(folder, "models--Xenova--detr-resnet-50/snapshots/abc123/onnx/model.onnx", "x");
    assert_int_equal(ie_model_check(detr, &err), IE_OK);
    write_text(folder, "imgengine/models/facebook/detr-resnet-50/model.onnx", "x");
    char *path = NULL;
    assert_int_equal(ie_model_file(detr, IE_PART_VISION, &path, &err), IE_OK);
    assert_non_null(strstr(path, "imgengine/models/facebook/detr-resnet-50/model.onnx"));
    free(path);
    tree_remove(folder);
    free(folder);
}

/* ModelProto.graph.initializer[0]: of the type, and four bytes of it. */
static void write_network(const char *folder, const char *name, char type)
{
    const char bytes[] = {0x3a, 10, 0x2a, 8, 0x10, type, 0x4a, 4, 'a', 'b', 'c', 'd', 0};
    write_text(folder, name, bytes);
}

static void a_built_in_model_takes_a_file_of_fewer_bits_only_when_an_entry_names_it(void **state)
{
    char *folder = tree_new();
    setenv("XDG_DATA_HOME", folder, 1);
    ie_arena *arena = ie_arena_new();
    ie_config *config = ie_config_new();
    ie_model model;
    ie_error err = {0};
    char *path = NULL;
    assert_int_equal(ie_model_find(config, "fastestdet", arena, &model, NULL), IE_OK);
    write_network(folder, "imgengine/models/fastestdet/FastestDet.onnx", 1);
    assert_int_equal(ie_vision_file(&model, IE_PART_VISION, &path, &err), IE_OK);
    free(path);
    write_network(folder, "imgengine/models/fastestdet/FastestDet.onnx", 3);
    write_network(folder, "imgengine/models/fastestdet/small.onnx", 16);
    assert_int_equal(ie_vision_file(&model, IE_PART_VISION, &path, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "is of int8"));
    model.files[IE_PART_VISION] = "small.onnx";
    assert_int_equal(ie_vision_file(&model, IE_PART_VISION, &path, &err), IE_OK);
    assert_non_null(strstr(path, "small.onnx"));
    assert_string_equal(ie_onnx_file_precision(path), "bf16");
    free(path);
    ie_config_free(config);
    ie_arena_free(arena);
    tree_remove(folder);
    free(folder);
}

static void labels_come_from_a_file_beside_the_model(void **state)
{
    char *folder = tree_new();
    write_text(folder, "m.names", "one\r\ntwo\n\nthree");
    ie_model model = {.name = "m", .path = folder, .labels = "m.names", .files = {"m.onnx"}};
    ie_arena *arena = ie_arena_new();
    const char *const *labels;
    size_t count;
    assert_int_equal(ie_model_labels(&model, arena, &labels, &count, NULL), IE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(labels[0], "one");
    assert_string_equal(labels[2], "three");
    model.labels = "none.names";
    assert_int_not_equal(ie_model_labels(&model, arena, &labels, &count, NULL), IE_OK);
    model.labels = "coco91";
    assert_int_equal(ie_model_labels(&model, arena, &labels, &count, NULL), IE_OK);
    assert_int_equal(count, 91);
    assert_string_equal(labels[18], "dog");
    model.labels = "coco80";
    assert_int_equal(ie_model_labels(&model, arena, &labels, &count, NULL), IE_OK);
    assert_int_equal(count, 80);
    assert_string_equal(labels[79], "toothbrush");
    ie_arena_free(arena);
    tree_remove(folder);
    free(folder);
}

static void tags_hold_each_label_once_best_first(void **state)
{
    ie_photo *photo = ie_photo_new();
    ie_label scenes[] = {{.label = "beach", .confidence = 0.7, .source = "clip"},
                         {.label = "dog", .confidence = 0.3, .source = "clip"}};
    ie_label objects[] = {{.label = "dog", .confidence = 0.9, .source = "detr"},
                          {.label = "dog", .confidence = 0.8, .source = "detr"},
                          {.label = "kite", .confidence = 0.2, .source = "detr"}};
    *ie_photo_own_vision(photo) =
        (ie_vision){.scenes = scenes,
                    .scene_count = 2,
                    .objects = objects,
                    .object_count = 3,
                    .objects_model = {.name = "facebook/detr", .version = "0123456789abcdef"}};
    ie_photo_make_tags(photo, 0.25);
    assert_int_equal(photo->vision->tag_count, 2);
    assert_string_equal(photo->vision->tags[0].label, "dog");
    assert_string_equal(photo->vision->tags[0].source, "detr");
    assert_string_equal(photo->vision->tags[0].model->name, "facebook/detr");
    assert_string_equal(photo->vision->tags[0].model->version, "0123456789abcdef");
    assert_string_equal(photo->vision->tags[1].label, "beach");
    assert_null(photo->vision->tags[1].model); /* one that said nothing of itself */
    ie_vision *vision = ie_photo_own_vision(photo);
    vision->scene_count = vision->object_count = 0;
    ie_photo_make_tags(photo, 0);
    assert_int_equal(photo->vision->tag_count, 0);
    ie_photo_free(photo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_model_is_complete),
        cmocka_unit_test(an_entry_with_a_built_in_name_changes_what_it_says),
        cmocka_unit_test(a_new_entry_takes_its_layouts_defaults),
        cmocka_unit_test(wrong_entries_are_refused_when_they_are_set),
        cmocka_unit_test(yaml_entries_may_be_mappings),
        cmocka_unit_test(files_are_found_in_the_data_folder_and_in_the_hub_cache),
        cmocka_unit_test(a_built_in_model_takes_a_file_of_fewer_bits_only_when_an_entry_names_it),
        cmocka_unit_test(labels_come_from_a_file_beside_the_model),
        cmocka_unit_test(tags_hold_each_label_once_best_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
