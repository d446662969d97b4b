// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/clip.h"

#include <math.h>
#include <string.h>

#include "analyzers/vision.h"
#include "core/embedding.h"
#include "storage/model_files.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/text.h"

struct ie_clip {
    const ie_model *model;
    ie_onnx *vision;
    const ie_port *image;
    const char *output;
    char version[17];
    char *identity;
};

const char *ie_clip_output(const ie_onnx *onnx)
{
    static const char *const names[] = {"image_embeds", "text_embeds", "embedding"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (ie_onnx_output(onnx, names[i]) != NULL) {
            return names[i];
        }
    }
    size_t count;
    const ie_port *outputs = ie_onnx_outputs(onnx, &count);
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (outputs[i].type == IE_TENSOR_FLOAT && outputs[i].rank == 2) {
            found = found == NULL ? outputs[i].name : "";
        }
    }
    return found != NULL && found[0] != 0 ? found : NULL;
}

static ie_status open_vision(ie_clip *clip, const ie_config *config, ie_error *err)
{
    IE_AUTO_FREE char *path = NULL;
    ie_status status = ie_vision_file(clip->model, IE_PART_VISION, &path, err);
    if (status == IE_OK) {
        status = ie_onnx_open(config, path, ie_vision_cores(config), &clip->vision, err);
    }
    if (status == IE_OK && ie_onnx_batch(clip->vision) == 1 && ie_onnx_on_cpu(clip->vision)) {
        /* One photo at a time: then every worker runs it in its own thread. */
        ie_onnx_close(clip->vision);
        clip->vision = NULL;
        status = ie_onnx_open(config, path, 1, &clip->vision, err);
    }
    if (status == IE_OK) {
        status = ie_model_checksum(path, clip->version, err);
    }
    if (status != IE_OK) {
        return status;
    }
    size_t count;
    clip->image = ie_onnx_inputs(clip->vision, &count);
    clip->output = ie_clip_output(clip->vision);
    clip->identity = ie_asprintf("%s@%s", clip->model->name, clip->version);
    const ie_port *in = clip->image;
    bool good = count == 1 && in->type == IE_TENSOR_FLOAT && in->rank == 4 && in->shape[0] <= 1 &&
                (in->shape[2] <= 0 || in->shape[2] == clip->model->side) && clip->output != NULL;
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT,
                               "%s does not make embeddings of pictures of %u pixels.",
                               ie_shown(path), clip->model->side);
}

ie_status ie_clip_open(const ie_config *config, const ie_model *model, ie_clip **ret_clip,
                       ie_error *err)
{
    ie_clip *clip = ie_alloc(sizeof *clip);
    clip->model = model;
    ie_status status = open_vision(clip, config, err);
    if (status == IE_OK) {
        *ret_clip = clip;
    } else {
        ie_clip_close(clip);
    }
    return status;
}

void ie_clip_close(ie_clip *clip)
{
    if (clip != NULL) {
        ie_onnx_close(clip->vision);
        free(clip->identity);
        free(clip);
    }
}

const ie_model *ie_clip_model(const ie_clip *clip)
{
    return clip->model;
}

ie_onnx *ie_clip_vision(const ie_clip *clip)
{
    return clip->vision;
}

const ie_port *ie_clip_image(const ie_clip *clip)
{
    return clip->image;
}

const char *ie_clip_version(const ie_clip *clip)
{
    return clip->version;
}

const char *ie_clip_identity(const ie_clip *clip)
{
    return clip->identity;
}

bool ie_clip_normalise(float *v, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += (double)v[i] * v[i];
    }
    double length = sqrt(sum);
    if (!isfinite(length) || length == 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        v[i] = (float)(v[i] / length);
    }
    return true;
}

ie_status ie_clip_take_rows(ie_tensor *take_tensor, size_t count, float **ret_rows,
                            size_t *ret_size, ie_error *err)
{
    bool fits = take_tensor->rank == 2 && take_tensor->shape[0] == (int64_t)count &&
                take_tensor->shape[1] > 0 && take_tensor->shape[1] <= IE_EMBEDDING_MAX;
    size_t size = fits ? (size_t)take_tensor->shape[1] : 0;
    float *rows = take_tensor->data;
    for (size_t i = 0; fits && i < count; i++) {
        fits = ie_clip_normalise(rows + i * size, size);
    }
    if (!fits) {
        free(rows);
        return ie_error_set(err, IE_ERR_FORMAT, "The model gives no embedding.");
    }
    *ret_rows = rows;
    *ret_size = size;
    return IE_OK;
}

ie_status ie_clip_embed_images(ie_clip *clip, const ie_tensor *images, float **ret_embeddings,
                               size_t *ret_size, ie_error *err)
{
    ie_tensor out = {0};
    ie_status status = ie_onnx_run(clip->vision, images, &clip->output, 1, &out, err);
    return status == IE_OK
               ? ie_clip_take_rows(&out, (size_t)images->shape[0], ret_embeddings, ret_size, err)
               : status;
}
