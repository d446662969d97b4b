// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model.h"

#include <string.h>

#include "utils/error.h"
#include "utils/text.h"

static const ie_model models[] = {
    {.name = "openai/clip-vit-base-patch32", .repository = "Xenova/clip-vit-base-patch32", .licence = "MIT",
     .files = {"onnx/vision_model.onnx", "onnx/text_model.onnx", "merges.txt"}, .task = IE_TASK_SCENES,
     .layout = IE_LAYOUT_CLIP, .scaling = IE_SCALE_CROP, .norm = IE_NORM_CLIP, .side = 224, .logit_scale = 100.0},
    {.name = "immich-app/ViT-B-32__openai", .repository = "immich-app/ViT-B-32__openai", .licence = "MIT",
     .files = {"visual/model.onnx", "textual/model.onnx", "textual/tokenizer.json"}, .task = IE_TASK_SCENES,
     .layout = IE_LAYOUT_CLIP, .scaling = IE_SCALE_CROP, .norm = IE_NORM_CLIP, .side = 224, .logit_scale = 100.0},
    {.name = "facebook/detr-resnet-50", .repository = "Xenova/detr-resnet-50", .licence = "Apache-2.0",
     .files = {"onnx/model.onnx"}, .task = IE_TASK_OBJECTS, .layout = IE_LAYOUT_DETR, .scaling = IE_SCALE_FIT,
     .norm = IE_NORM_IMAGENET, .side = 800, .longest = 1333, .labels = "coco91", .heavy = true},
    {.name = "ustc-community/dfine-small-coco", .repository = "onnx-community/dfine_s_coco-ONNX",
     .licence = "Apache-2.0", .files = {"onnx/model.onnx"}, .task = IE_TASK_OBJECTS, .layout = IE_LAYOUT_SIGMOID,
     .scaling = IE_SCALE_STRETCH, .norm = IE_NORM_UNIT, .side = 640, .labels = "coco80", .heavy = true},
    {.name = "fastestdet", .licence = "BSD-3-Clause", .files = {"FastestDet.onnx"}, .task = IE_TASK_OBJECTS,
     .layout = IE_LAYOUT_GRID, .scaling = IE_SCALE_STRETCH, .norm = IE_NORM_UNIT, .side = 352, .bgr = true,
     .labels = "coco80"},
};

enum { MODELS = sizeof models / sizeof *models };

const ie_model *ie_model_at(size_t index)
{
    return index < MODELS ? &models[index] : NULL;
}

/* ---- entries of the configuration ---- */

/* What a key of an entry means: a word of a list, a number, or a text. */
typedef struct key {
    const char *name;
    enum { TEXT, WORD, NUMBER, REAL, SWITCH } kind;
    size_t offset;
    const char *words; /* WORD: in the order of the enumeration */
} key;

static const key keys[] = {
    {"name", TEXT, offsetof(ie_model, name), NULL},
    {"path", TEXT, offsetof(ie_model, path), NULL},
    {"repository", TEXT, offsetof(ie_model, repository), NULL},
    {"licence", TEXT, offsetof(ie_model, licence), NULL},
    {"labels", TEXT, offsetof(ie_model, labels), NULL},
    {"vision", TEXT, offsetof(ie_model, files[IE_PART_VISION]), NULL},
    {"text", TEXT, offsetof(ie_model, files[IE_PART_TEXT]), NULL},
    {"tokenizer", TEXT, offsetof(ie_model, files[IE_PART_TOKENIZER]), NULL},
    {"task", WORD, offsetof(ie_model, task), "scenes|objects"},
    {"layout", WORD, offsetof(ie_model, layout), "clip|detr|sigmoid|grid"},
    {"scaling", WORD, offsetof(ie_model, scaling), "crop|fit|stretch"},
    {"norm", WORD, offsetof(ie_model, norm), "clip|imagenet|unit"},
    {"side", NUMBER, offsetof(ie_model, side), NULL},
    {"longest", NUMBER, offsetof(ie_model, longest), NULL},
    {"logit_scale", REAL, offsetof(ie_model, logit_scale), NULL},
    {"bgr", SWITCH, offsetof(ie_model, bgr), NULL},
    {"heavy", SWITCH, offsetof(ie_model, heavy), NULL},
};

static const key *find_key(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static int word_index(const char *words, const char *word)
{
    int index = 0;
    for (const char *p = words;; index++) {
        size_t length = strcspn(p, "|");
        if (strlen(word) == length && strncmp(p, word, length) == 0) {
            return index;
        }
        if (p[length] == 0) {
            return -1;
        }
        p += length + 1;
    }
}

static ie_status set_key(const char *name, const char *value, ie_arena *arena, ie_model *model, ie_error *err)
{
    const key *k = find_key(name);
    if (k == NULL) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "A custom model has no \"%s\"; there are name, path, repository, licence, labels, "
                            "vision, text, tokenizer, task, layout, scaling, norm, side, longest, logit_scale, bgr "
                            "and heavy.",
                            ie_shown(name));
    }
    char *at = (char *)model + k->offset;
    int64_t number = 0;
    double real = 0;
    bool good = true;
    if (k->kind == TEXT) {
        const char *copy = ie_arena_strdup(arena, value);
        memcpy(at, &copy, sizeof copy);
    } else if (k->kind == WORD) {
        int word = word_index(k->words, value);
        unsigned chosen = (unsigned)word;
        good = word >= 0;
        memcpy(at, &chosen, sizeof chosen);
    } else if (k->kind == NUMBER) {
        good = ie_parse_int(value, 1, 8192, &number);
        uint32_t size = (uint32_t)number;
        memcpy(at, &size, sizeof size);
    } else if (k->kind == REAL) {
        good = ie_parse_real(value, &real);
        memcpy(at, &real, sizeof real);
    } else {
        bool on = strcmp(value, "true") == 0;
        good = on || strcmp(value, "false") == 0;
        memcpy(at, &on, sizeof on);
    }
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_USAGE, "\"%s\" is no %s of a custom model.", ie_shown(value), name);
}

/* The text up to an unescaped ';', without its backslashes; *text stands behind it then. free() it. */
static char *next_field(const char **text)
{
    ie_buffer field = {0};
    const char *p = *text;
    for (; *p != 0 && *p != ';'; p++) {
        if (*p == '\\' && p[1] != 0) {
            p++;
        }
        ie_buffer_char(&field, *p);
    }
    *text = *p == ';' ? p + 1 : p;
    return ie_buffer_take(&field);
}

static ie_status read_entry(const char *entry, ie_arena *arena, ie_model *model, ie_error *err)
{
    ie_status status = IE_OK;
    while (*entry != 0 && status == IE_OK) {
        IE_AUTO_FREE char *field = next_field(&entry);
        char *value = strchr(field, '=');
        if (value == NULL) {
            return ie_error_set(err, IE_ERR_USAGE, "A custom model is written name=NAME;key=value;…, not \"%s\".",
                                ie_shown(field));
        }
        *value++ = 0;
        status = set_key(field, value, arena, model, err);
    }
    return status;
}

/* What an entry leaves unsaid follows from its layout. */
static ie_model layout_defaults(ie_model_layout layout)
{
    for (size_t i = 0; i < MODELS; i++) {
        if (models[i].layout == layout) {
            ie_model model = models[i];
            model.repository = model.licence = model.path = NULL;
            return model;
        }
    }
    return models[0];
}

static const ie_model *built_in(const char *name)
{
    for (size_t i = 0; i < MODELS; i++) {
        if (name != NULL && strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

/* An entry over what it changes or, when its name is new, over the defaults of its layout. */
static ie_status resolve(const char *entry, ie_arena *arena, ie_model *ret_model, ie_error *err)
{
    ie_model said = {.layout = (ie_model_layout)-1};
    ie_status status = read_entry(entry, arena, &said, err);
    if (status != IE_OK) {
        return status;
    }
    if (said.name == NULL || said.name[0] == 0) {
        return ie_error_set(err, IE_ERR_USAGE, "A custom model needs a name.");
    }
    const ie_model *known = built_in(said.name);
    if (known == NULL && said.layout == (ie_model_layout)-1) {
        return ie_error_set(err, IE_ERR_USAGE, "The custom model %s needs a layout: clip, detr, sigmoid or grid.",
                            ie_shown(said.name));
    }
    ie_model model = known != NULL ? *known : layout_defaults(said.layout);
    status = read_entry(entry, arena, &model, err);
    if (status == IE_OK) {
        *ret_model = model;
    }
    return status;
}

ie_status ie_model_check_entry(const char *entry, ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    ie_model model;
    ie_status status = resolve(entry, arena, &model, err);
    ie_arena_free(arena);
    return status;
}

const char *ie_model_entry_name(const char *entry, ie_arena *arena)
{
    ie_model model = {.name = NULL};
    return resolve(entry, arena, &model, NULL) == IE_OK ? model.name : NULL;
}

static ie_status unknown(const ie_config *config, const char *name, ie_error *err)
{
    ie_buffer names = {0};
    for (size_t i = 0; i < MODELS; i++) {
        ie_buffer_printf(&names, "%s%s", i > 0 ? ", " : "", models[i].name);
    }
    ie_status status =
        ie_error_set(err, IE_ERR_NOT_FOUND, "There is no model \"%s\"; there are %s%s.", ie_shown(name), names.data,
                     config->analysis.custom_models.count > 0 ? " and those of custom_models" : "");
    ie_buffer_free(&names);
    return status;
}

ie_status ie_model_find(const ie_config *config, const char *name, ie_arena *arena, ie_model *ret_model,
                        ie_error *err)
{
    const ie_config_list *custom = &config->analysis.custom_models;
    for (uint32_t i = 0; i < custom->count; i++) {
        ie_model model;
        ie_status status = resolve(custom->items[i], arena, &model, err);
        if (status != IE_OK) {
            return status;
        }
        if (strcmp(model.name, name) == 0) {
            *ret_model = model;
            return IE_OK;
        }
    }
    const ie_model *known = built_in(name);
    if (known == NULL) {
        return unknown(config, name, err);
    }
    *ret_model = *known;
    return IE_OK;
}
