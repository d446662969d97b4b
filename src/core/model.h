// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_model: what must be known of a neural network before it can be used: its task, the layout of
 * what it takes and gives, preprocessing, labels, and the names of its files. The manifest is the
 * built-in table of model.c, and above it the entries of analysis.ml_models.custom_models: one with
 * a built-in's name changes just what it says. Nothing is read here; storage/model_files finds the
 * files. Pure, thread-safe.
 */
#ifndef IE_CORE_MODEL_H
#define IE_CORE_MODEL_H

#include "core/config.h"
#include "utils/memory.h"

typedef enum ie_model_task { IE_TASK_SCENES, IE_TASK_OBJECTS } ie_model_task;

typedef enum ie_model_layout {
    IE_LAYOUT_CLIP, /* image → embedding, token ids → embedding */
    IE_LAYOUT_DETR, /* logits with a last class "no object" (softmax), pred_boxes; maybe pixel_mask
                     */
    IE_LAYOUT_SIGMOID, /* logits (sigmoid), pred_boxes: RT-DETR, D-FINE */
    IE_LAYOUT_GRID     /* FastestDet: one map of objectness, box and classes */
} ie_model_layout;

typedef enum ie_model_scaling {
    IE_SCALE_CROP,    /* shorter side to `side`, bicubic, middle square cut out: CLIP */
    IE_SCALE_FIT,     /* shorter side to `side`, longer at most `longest`, bilinear: DETR */
    IE_SCALE_STRETCH  /* to a square of `side`, bilinear */
} ie_model_scaling;

typedef enum ie_model_norm {
    IE_NORM_CLIP,
    IE_NORM_IMAGENET,
    IE_NORM_UNIT
} ie_model_norm; /* UNIT: 0..1 */

typedef enum ie_model_part {
    IE_PART_VISION,
    IE_PART_TEXT,
    IE_PART_TOKENIZER,
    IE_PARTS
} ie_model_part;

typedef struct ie_model {
    const char *name;       /* "facebook/detr-resnet-50": what the configuration calls it */
    const char *repository; /* of the Hugging Face hub; NULL: none */
    const char *revision;   /* branch, tag or commit; NULL: main */
    const char *licence;
    const char *path;       /* the user's file, or folder with the files; NULL: looked for */
    const char *labels;     /* "coco91", "coco80", or a file with one label a line */
    const char *files[IE_PARTS]; /* in the repository; NULL: has none */
    uint64_t sizes[IE_PARTS];    /* bytes; 0: not known */
    const char *sha256[IE_PARTS]; /* lower-case hex; NULL: not known */
    ie_model_task task;
    ie_model_layout layout;
    ie_model_scaling scaling;
    ie_model_norm norm;
    uint32_t side, longest; /* pixels */
    bool bgr;
    bool heavy; /* runs one at a time with all cores, because a run takes seconds and much memory */
    double logit_scale;  /* CLIP: what cosines are multiplied with before softmax */
} ie_model;

/* The built-in entries; NULL past the end. */
const ie_model *ie_model_at(size_t index);

/* The entry of that name with the configuration's changes; its new texts lie in the arena.
   IE_ERR_USAGE tells the name that is meant, or those there are. */
ie_status ie_model_find(const ie_config *config, const char *name, ie_arena *arena,
                        ie_model *ret_model, ie_error *err) IE_MUST_CHECK;

/* Is this an entry of custom_models: "name=…;key=value;…", with \; for a ; in a value? */
ie_status ie_model_check_entry(const char *entry, ie_error *err) IE_MUST_CHECK;

/* Can the name, the repository and the names of the files be parts of paths below a folder: neither
   absolute nor with parts that are empty or begin with a dot? An absolute file is the user's own
   and not asked about. */
bool ie_model_safe(const ie_model *model);

/* The entry as YAML, in the form of custom_models; free() it. */
char *ie_model_yaml(const ie_model *model);

/* The name that an entry gives, in the arena; NULL when it is no entry. */
const char *ie_model_entry_name(const char *entry, ie_arena *arena);

/* COCO's 91 category names by id, "N/A" where an id is not used; and the 80 that are, in order. */
const char *ie_coco_label(bool gaps, size_t index); /* NULL past the end */

#endif
