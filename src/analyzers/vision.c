// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/vision.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/onnx_file.h"
#include "storage/model_files.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/hash.h"

#define CELL 32 /* DETR's backbone sees squares of so many pixels */

const char *const ie_vision_settings[] = {
    "analysis.ml_models.scene_detection",
    "analysis.ml_models.object_detection",
    "analysis.ml_models.custom_models",
    "analysis.scenes.",
    "analysis.objects.",
    "analysis.content.exact",
    "limits.",
    NULL,
};

int ie_vision_cores(const ie_config *config)
{
    cpu_set_t cpus;
    int cores = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    int64_t wanted = config->processing.max_workers;
    return wanted > 0 && wanted < cores ? (int)wanted : cores;
}

void ie_vision_size(const ie_photo *photo, uint32_t *ret_width, uint32_t *ret_height)
{
    bool turned = photo->orientation >= 5 && photo->orientation <= 8 &&
                  photo->format != IE_FORMAT_HEIC && photo->format != IE_FORMAT_AVIF;
    *ret_width = turned ? photo->height : photo->width;
    *ret_height = turned ? photo->width : photo->height;
}

static uint32_t rounded(uint32_t size)
{
    uint32_t cells = (size + CELL / 2) / CELL;
    return (cells > 0 ? cells : 1) * CELL;
}

bool ie_vision_prepare(const ie_model *model, const ie_port *input, ie_resampler *resampler,
                       ie_source *source, ie_photo *photo, bool round, const char *stage,
                       ie_prepared *ret_prepared)
{
    const ie_pixels *color = ie_source_color(source);
    if (color == NULL) {
        return false;
    }
    uint32_t photo_width, photo_height, width, height;
    ie_vision_size(photo, &photo_width, &photo_height);
    ie_tensor_size(model, photo_width, photo_height, &width, &height);
    if (model->scaling == IE_SCALE_FIT && round) {
        width = rounded(width);
        height = rounded(height);
    }
    if (model->scaling == IE_SCALE_FIT && input->shape[2] > 0 && input->shape[3] > 0) {
        height = (uint32_t)input->shape[2];
        width = (uint32_t)input->shape[3];
    }
    float *data = ie_try_alloc((size_t)width * height, 3 * sizeof *data);
    if (data == NULL ||
        !ie_tensor_fill(resampler, model, color, photo_width, photo_height, width, height, data)) {
        free(data);
        ie_photo_fault(photo, stage, "memory",
                       "there is not enough memory to prepare it for the model");
        return false;
    }
    *ret_prepared = (ie_prepared){.data = data, .width = width, .height = height};
    return true;
}

uint32_t ie_vision_needs(const ie_config *config, const char *name, size_t *ret_bytes)
{
    ie_arena *arena = ie_arena_new();
    ie_model model = {.side = 0};
    if (ie_model_find(config, name, arena, &model, NULL) != IE_OK) {
        model.side = 0;
    }
    if (ret_bytes != NULL) {
        size_t longer =
            model.scaling == IE_SCALE_FIT && model.longest > 0 ? model.longest : model.side;
        *ret_bytes = model.side * longer * 3 * sizeof(float);
    }
    ie_arena_free(arena);
    return model.side;
}

/* One after the other in one tensor. A single one is not copied. */
static bool stack(const ie_prepared *prepared, size_t count, ie_tensor *ret_images,
                  float **ret_owned)
{
    uint32_t width = prepared[0].width, height = prepared[0].height;
    size_t numbers = (size_t)width * height * 3;
    float *data = prepared[0].data;
    *ret_owned = NULL;
    if (count > 1) {
        data = *ret_owned = ie_try_alloc(count * numbers, sizeof *data);
    }
    for (size_t i = 0; data != NULL && count > 1 && i < count; i++) {
        memcpy(data + i * numbers, prepared[i].data, numbers * sizeof *data);
    }
    *ret_images = (ie_tensor){.type = IE_TENSOR_FLOAT,
                              .rank = 4,
                              .shape = {(int64_t)count, 3, height, width},
                              .data = data};
    return data != NULL;
}

void ie_vision_each(ie_onnx *onnx, ie_photo **photos, const ie_prepared *prepared, size_t count,
                    const char *stage, ie_vision_look_fn look, void *user)
{
    for (size_t first = 0; first < count;) {
        size_t most = ie_onnx_batch(onnx), now = count - first < most ? count - first : most;
        ie_tensor images;
        float *owned;
        ie_error err = {0};
        ie_status status = IE_ERR_LIMIT;
        if (stack(prepared + first, now, &images, &owned)) {
            status = look(user, &images, first, &err);
        } else {
            ie_onnx_halve_batch(onnx, now);
            ie_error_set(&err, IE_ERR_LIMIT, "there is not enough memory for the model's input");
        }
        free(owned);
        if (status == IE_ERR_LIMIT && now > 1) {
            continue; /* with half as many, as the model now says */
        }
        for (size_t i = first; status != IE_OK && i < first + now; i++) {
            ie_photo_fault(photos[i], stage, "model", "%s", err.text);
        }
        first += now;
    }
}

ie_label_model ie_vision_model(const ie_photo *photo, const char *name, const char *version,
                               const ie_onnx *onnx)
{
    return (ie_label_model){.name = ie_arena_strdup(photo->arena, name),
                            .version = ie_arena_strdup(photo->arena, version),
                            .precision = ie_arena_strdup(photo->arena, ie_onnx_precision(onnx))};
}

static bool is_chosen_by_default(const ie_model *model, ie_model_part part)
{
    for (size_t i = 0; model->path == NULL && ie_model_at(i) != NULL; i++) {
        const ie_model *known = ie_model_at(i);
        if (strcmp(known->name, model->name) == 0 && known->files[part] != NULL) {
            return strcmp(known->files[part], model->files[part]) == 0;
        }
    }
    return false;
}

ie_status ie_vision_file(const ie_model *model, ie_model_part part, char **ret_path, ie_error *err)
{
    char *path = NULL;
    ie_status status = ie_model_file(model, part, &path, err);
    if (status != IE_OK) {
        return status;
    }
    const char *precision =
        is_chosen_by_default(model, part) ? ie_onnx_file_precision(path) : "fp32";
    if (strcmp(precision, "fp32") != 0) {
        status = ie_error_set(err, IE_ERR_FORMAT,
                              "%s is of %s, and not compared with the 32 bits of %s: to use it, "
                              "name it in an entry of analysis.ml_models.custom_models.",
                              ie_shown(path), precision, ie_shown(model->name));
        free(path);
        return status;
    }
    *ret_path = path;
    return IE_OK;
}

static bool add_file(ie_hasher *hasher, const ie_model *model, ie_model_part part)
{
    IE_AUTO_FREE char *path = NULL;
    char checksum[17];
    if (model->files[part] == NULL) {
        return true;
    }
    bool good = ie_model_file(model, part, &path, NULL) == IE_OK &&
                ie_model_checksum(path, checksum, NULL) == IE_OK;
    ie_hasher_add(hasher, good ? checksum : "", good ? sizeof checksum : 0);
    return good;
}

uint64_t ie_vision_files(const ie_config *config, const char *name)
{
    ie_arena *arena = ie_arena_new();
    ie_hasher *hasher = ie_hasher_new();
    ie_model model;
    bool good = ie_model_find(config, name, arena, &model, NULL) == IE_OK;
    for (int part = 0; good && part < IE_PARTS; part++) {
        good = add_file(hasher, &model, (ie_model_part)part);
    }
    const char *const *labels;
    size_t count = 0;
    if (good && model.task == IE_TASK_OBJECTS) {
        good = ie_model_labels(&model, arena, &labels, &count, NULL) == IE_OK;
    }
    for (size_t i = 0; i < count; i++) {
        ie_hasher_add(hasher, labels[i], strlen(labels[i]) + 1);
    }
    ie_hash128 hash = ie_hasher_value(hasher);
    ie_hasher_free(hasher);
    ie_arena_free(arena);
    uint64_t files;
    memcpy(&files, hash.bytes, sizeof files);
    return good ? files : 0;
}

ie_status ie_vision_check(const ie_config *config, const char *name, ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    ie_model model;
    ie_status status = ie_model_find(config, name, arena, &model, err);
    if (status == IE_OK) {
        status = ie_onnx_check(config, err);
    }
    if (status == IE_OK) {
        status = ie_model_check(&model, err);
    }
    ie_arena_free(arena);
    return status;
}
