// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/vision.h"

#include <sched.h>
#include <stdlib.h>

#include "storage/model_files.h"
#include "utils/error.h"

#define CELL 32 /* DETR's backbone sees squares of so many pixels */

const char *const ie_vision_settings[] = {
    "analysis.ml_models.scene_detection", "analysis.ml_models.object_detection", "analysis.ml_models.custom_models",
    "analysis.scenes.",                   "analysis.objects.",                   "analysis.content.exact",
    "limits.",                            NULL,
};

int ie_vision_cores(const ie_config *config)
{
    cpu_set_t cpus;
    int cores = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    int64_t wanted = config->processing.max_workers;
    return wanted > 0 && wanted < cores ? (int)wanted : cores;
}

int ie_vision_threads(const ie_config *config, const ie_model *model)
{
    return model->heavy ? ie_vision_cores(config) : 1;
}

void ie_vision_size(const ie_photo *photo, uint32_t *ret_width, uint32_t *ret_height)
{
    bool turned = photo->orientation >= 5 && photo->orientation <= 8 && photo->format != IE_FORMAT_HEIC &&
                  photo->format != IE_FORMAT_AVIF;
    *ret_width = turned ? photo->height : photo->width;
    *ret_height = turned ? photo->width : photo->height;
}

static uint32_t rounded(uint32_t size)
{
    uint32_t cells = (size + CELL / 2) / CELL;
    return (cells > 0 ? cells : 1) * CELL;
}

bool ie_vision_tensor(const ie_model *model, const ie_port *input, ie_resampler *resampler, ie_source *source,
                      ie_photo *photo, bool round, const char *stage, ie_tensor *ret_tensor)
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
    if (data == NULL || !ie_tensor_fill(resampler, model, color, photo_width, photo_height, width, height, data)) {
        free(data);
        ie_photo_fault(photo, stage, "memory", "there is not enough memory to prepare it for the model");
        return false;
    }
    *ret_tensor = (ie_tensor){.type = IE_TENSOR_FLOAT, .rank = 4, .shape = {1, 3, height, width}, .data = data};
    return true;
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
