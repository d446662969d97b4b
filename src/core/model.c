// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model.h"

#include <string.h>

#include "utils/error.h"
#include "utils/text.h"

static const ie_model models[] = {
    {.name = "openai/clip-vit-base-patch32",
     .repository = "Xenova/clip-vit-base-patch32",
     .licence = "MIT",
     .files = {"onnx/vision_model.onnx", "onnx/text_model.onnx", "merges.txt"},
     .task = IE_TASK_SCENES,
     .layout = IE_LAYOUT_CLIP,
     .scaling = IE_SCALE_CROP,
     .norm = IE_NORM_CLIP,
     .side = 224,
     .logit_scale = 100.0},
    {.name = "immich-app/ViT-B-32__openai",
     .repository = "immich-app/ViT-B-32__openai",
     .licence = "MIT",
     .files = {"visual/model.onnx", "textual/model.onnx", "textual/tokenizer.json"},
     .task = IE_TASK_SCENES,
     .layout = IE_LAYOUT_CLIP,
     .scaling = IE_SCALE_CROP,
     .norm = IE_NORM_CLIP,
     .side = 224,
     .logit_scale = 100.0},
    {.name = "facebook/detr-resnet-50",
     .repository = "Xenova/detr-resnet-50",
     .licence = "Apache-2.0",
     .files = {"onnx/model.onnx"},
     .task = IE_TASK_OBJECTS,
     .layout = IE_LAYOUT_DETR,
     .scaling = IE_SCALE_FIT,
     .norm = IE_NORM_IMAGENET,
     .side = 800,
     .longest = 1333,
     .labels = "coco91",
     .heavy = true},
    {.name = "ustc-community/dfine-small-coco",
     .repository = "onnx-community/dfine_s_coco-ONNX",
     .licence = "Apache-2.0",
     .files = {"onnx/model.onnx"},
     .task = IE_TASK_OBJECTS,
     .layout = IE_LAYOUT_SIGMOID,
     .scaling = IE_SCALE_STRETCH,
     .norm = IE_NORM_UNIT,
     .side = 640,
     .labels = "coco80",
     .heavy = true},
    {.name = "fastestdet",
     .licence = "BSD-3-Clause",
     .files = {"FastestDet.onnx"},
     .task = IE_TASK_OBJECTS,
     .layout = IE_LAYOUT_GRID,
     .scaling = IE_SCALE_STRETCH,
     .norm = IE_NORM_UNIT,
     .side = 352,
     .bgr = true,
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
    enum { TEXT, HASH, WORD, NUMBER, BYTES, REAL, SWITCH } kind;
    size_t offset;
    const char *words; /* WORD: in the order of the enumeration */
} key;

static const key keys[] = {
    {"name", TEXT, offsetof(ie_model, name), NULL},
    {"path", TEXT, offsetof(ie_model, path), NULL},
    {"repository", TEXT, offsetof(ie_model, repository), NULL},
    {"revision", TEXT, offsetof(ie_model, revision), NULL},
    {"licence", TEXT, offsetof(ie_model, licence), NULL},
    {"labels", TEXT, offsetof(ie_model, labels), NULL},
    {"vision", TEXT, offsetof(ie_model, files[IE_PART_VISION]), NULL},
    {"vision_size", BYTES, offsetof(ie_model, sizes[IE_PART_VISION]), NULL},
    {"vision_sha256", HASH, offsetof(ie_model, sha256[IE_PART_VISION]), NULL},
    {"text", TEXT, offsetof(ie_model, files[IE_PART_TEXT]), NULL},
    {"text_size", BYTES, offsetof(ie_model, sizes[IE_PART_TEXT]), NULL},
    {"text_sha256", HASH, offsetof(ie_model, sha256[IE_PART_TEXT]), NULL},
    {"tokenizer", TEXT, offsetof(ie_model, files[IE_PART_TOKENIZER]), NULL},
    {"tokenizer_size", BYTES, offsetof(ie_model, sizes[IE_PART_TOKENIZER]), NULL},
    {"tokenizer_sha256", HASH, offsetof(ie_model, sha256[IE_PART_TOKENIZER]), NULL},
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

static ie_status unknown_key(const char *name, ie_error *err)
{
    ie_buffer names = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ie_buffer_printf(&names, "%s%s", i > 0 ? ", " : "", keys[i].name);
    }
    ie_status status =
        ie_error_set(err, IE_ERR_USAGE, "A custom model has no \"%s\"; there are %s.",
                     ie_shown(name), names.data);
    ie_buffer_free(&names);
    return status;
}

static bool is_sha256(const char *value)
{
    return strlen(value) == 64 && strspn(value, "0123456789abcdefABCDEF") == 64;
}

static ie_status set_key(const char *name, const char *value, ie_arena *arena, ie_model *model,
                         ie_error *err)
{
    const key *k = find_key(name);
    if (k == NULL) {
        return unknown_key(name, err);
    }
    char *at = (char *)model + k->offset;
    int64_t number = 0;
    double real = 0;
    bool good = true;
    if (k->kind == TEXT || k->kind == HASH) {
        good = k->kind == TEXT || is_sha256(value);
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
    } else if (k->kind == BYTES) {
        good = ie_parse_int(value, 1, INT64_MAX, &number);
        uint64_t size = (uint64_t)number;
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
                : ie_error_set(err, IE_ERR_USAGE, "\"%s\" is no %s of a custom model.",
                               ie_shown(value), name);
}

/* The text up to an unescaped ';', without its backslashes; *text stands behind it then.
   free() it. */
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
            return ie_error_set(err, IE_ERR_USAGE,
                                "A custom model is written name=NAME;key=value;…, not \"%s\".",
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
            model.repository = model.revision = model.licence = model.path = NULL;
            memset(model.sizes, 0, sizeof model.sizes);
            memset(model.sha256, 0, sizeof model.sha256);
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
        return ie_error_set(err, IE_ERR_USAGE,
                            "The custom model %s needs a layout: clip, detr, sigmoid or grid.",
                            ie_shown(said.name));
    }
    ie_model model = known != NULL ? *known : layout_defaults(said.layout);
    status = read_entry(entry, arena, &model, err);
    if (status == IE_OK) {
        *ret_model = model;
    }
    return status;
}

/* ---- what is asked of an entry ---- */

static bool safe_parts(const char *path)
{
    for (const char *p = path;; p++) {
        if (*p == '.' || *p == '/' || *p == 0) {
            return false;
        }
        p += strcspn(p, "/");
        if (*p == 0) {
            return true;
        }
    }
}

bool ie_model_safe(const ie_model *model)
{
    bool safe =
        safe_parts(model->name) && (model->repository == NULL || safe_parts(model->repository));
    for (int i = 0; safe && i < IE_PARTS; i++) {
        safe = model->files[i] == NULL || model->files[i][0] == '/' || safe_parts(model->files[i]);
    }
    return safe;
}

static void add_word(ie_buffer *text, const char *words, unsigned index)
{
    for (; index > 0 && *words != 0; index--) {
        words += strcspn(words, "|");
        words += *words == '|';
    }
    ie_buffer_add(text, words, strcspn(words, "|"));
}

/* The value as text; empty: not said. */
static void add_value(ie_buffer *text, const ie_model *model, const key *k)
{
    const char *at = (const char *)model + k->offset;
    const char *value = NULL;
    uint64_t bytes = 0;
    uint32_t number = 0;
    double real = 0;
    bool on = false;
    if (k->kind == TEXT || k->kind == HASH) {
        memcpy(&value, at, sizeof value);
        ie_buffer_text(text, value != NULL ? value : "");
    } else if (k->kind == WORD || k->kind == NUMBER) {
        memcpy(&number, at, sizeof number);
        if (k->kind == WORD) {
            add_word(text, k->words, number);
        } else if (number > 0) {
            ie_buffer_printf(text, "%u", number);
        }
    } else if (k->kind == BYTES) {
        memcpy(&bytes, at, sizeof bytes);
        if (bytes > 0) {
            ie_buffer_printf(text, "%llu", (unsigned long long)bytes);
        }
    } else if (k->kind == REAL) {
        memcpy(&real, at, sizeof real);
        if (real > 0) {
            ie_buffer_printf(text, "%g", real);
        }
    } else {
        memcpy(&on, at, sizeof on);
        ie_buffer_text(text, on ? "true" : "");
    }
}

char *ie_model_yaml(const ie_model *model)
{
    ie_buffer yaml = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ie_buffer value = {0};
        add_value(&value, model, &keys[i]);
        if (value.size > 0) {
            bool quoted = strpbrk(value.data, ":#'\"\\{}[],&*!|>%@` ") != NULL;
            ie_buffer_printf(&yaml, "%s%s: ", yaml.size == 0 ? "- " : "  ", keys[i].name);
            if (quoted) {
                ie_buffer_char(&yaml, '\'');
            }
            for (const char *p = value.data; *p != 0; p++) {
                ie_buffer_text(&yaml, *p == '\'' ? "''" : (char[]){*p, 0});
            }
            ie_buffer_text(&yaml, quoted ? "'\n" : "\n");
        }
        ie_buffer_free(&value);
    }
    return ie_buffer_take(&yaml);
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

/* How far a name is from one that is known: typing slips, or less than all of it. */
static size_t distance_of(const char *name, const char *known)
{
    IE_AUTO_FREE char *wanted = ie_strndup(name, 100); /* edit distance is quadratic */
    size_t whole = ie_edit_distance(wanted, known),
           of_base = ie_edit_distance(wanted, ie_path_base(known));
    bool part = wanted[0] != 0 && strcasestr(known, wanted) != NULL;
    return part ? 1 : whole < of_base ? whole : of_base;
}

static ie_status unknown(const ie_config *config, const char *name, ie_arena *arena, ie_error *err)
{
    ie_buffer names = {0};
    const char *nearest = NULL;
    size_t least = strlen(name) / 3 + 1;
    uint32_t own = config->analysis.custom_models.count;
    for (size_t i = 0; i < MODELS + own; i++) {
        const char *known =
            i < MODELS
                ? models[i].name
                : ie_model_entry_name(config->analysis.custom_models.items[i - MODELS], arena);
        if (known == NULL || (i >= MODELS && built_in(known) != NULL)) {
            continue;
        }
        ie_buffer_printf(&names, "%s%s", i > 0 ? ", " : "", ie_shown(known));
        size_t distance = distance_of(name, known);
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    ie_status status =
        nearest != NULL
            ? ie_error_set(err, IE_ERR_USAGE, "There is no model \"%s\"; did you mean %s?",
                           ie_shown(name), ie_shown(nearest))
            : ie_error_set(err, IE_ERR_USAGE, "There is no model \"%s\"; there are %s.",
                           ie_shown(name), names.data);
    ie_buffer_free(&names);
    return status;
}

ie_status ie_model_find(const ie_config *config, const char *name, ie_arena *arena,
                        ie_model *ret_model, ie_error *err)
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
        return unknown(config, name, arena, err);
    }
    *ret_model = *known;
    return IE_OK;
}
