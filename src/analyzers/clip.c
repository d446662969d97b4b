// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/clip.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzers/vision.h"
#include "core/tokenizer.h"
#include "storage/cache_file.h"
#include "storage/model_files.h"
#include "utils/error.h"
#include "utils/hash.h"
#include "utils/text.h"

#define MAX_VOCABULARY (16u << 20)
#define MAX_DIMENSION 4096

struct ie_clip {
    const ie_model *model;
    ie_onnx *vision, *text;
    const ie_port *image;
    const char *vision_output, *text_output;
    ie_tokenizer *tokenizer;
};

/* The output that is the embedding: by its usual names, else the only one of the shape [N, D]. */
static const char *embedding_output(const ie_onnx *onnx)
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
    ie_status status = ie_model_file(clip->model, IE_PART_VISION, &path, err);
    if (status == IE_OK) {
        status = ie_onnx_open(config, path, 1, &clip->vision, err);
    }
    if (status != IE_OK) {
        return status;
    }
    size_t count;
    clip->image = ie_onnx_inputs(clip->vision, &count);
    clip->vision_output = embedding_output(clip->vision);
    const ie_port *in = clip->image;
    bool good = count == 1 && in->type == IE_TENSOR_FLOAT && in->rank == 4 && in->shape[0] <= 1 &&
                (in->shape[2] <= 0 || in->shape[2] == clip->model->side) && clip->vision_output != NULL;
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT, "%s does not make embeddings of pictures of %u pixels.",
                               ie_shown(path), clip->model->side);
}

ie_status ie_clip_open(const ie_config *config, const ie_model *model, ie_clip **ret_clip, ie_error *err)
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
        ie_onnx_close(clip->text);
        ie_tokenizer_free(clip->tokenizer);
        free(clip);
    }
}

ie_onnx *ie_clip_vision(const ie_clip *clip)
{
    return clip->vision;
}

const ie_port *ie_clip_image(const ie_clip *clip)
{
    return clip->image;
}

/* To length 1; false for what has none. */
static bool normalise(float *v, size_t size)
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

static ie_status take_embedding(ie_tensor *take_tensor, float **ret_embedding, size_t *ret_size, ie_error *err)
{
    size_t size = take_tensor->rank == 2 && take_tensor->shape[0] == 1 ? (size_t)take_tensor->shape[1] : 0;
    if (size == 0 || size > MAX_DIMENSION || !normalise(take_tensor->data, size)) {
        free(take_tensor->data);
        return ie_error_set(err, IE_ERR_FORMAT, "The model gives no embedding.");
    }
    *ret_embedding = take_tensor->data;
    *ret_size = size;
    return IE_OK;
}

ie_status ie_clip_embed_image(ie_clip *clip, const ie_tensor *image, float **ret_embedding, size_t *ret_size,
                              ie_error *err)
{
    ie_tensor out = {0};
    ie_status status = ie_onnx_run(clip->vision, image, &clip->vision_output, 1, &out, err);
    return status == IE_OK ? take_embedding(&out, ret_embedding, ret_size, err) : status;
}

/* ---- texts ---- */

static ie_status check_text_inputs(const ie_clip *clip, const char *path, ie_error *err)
{
    size_t count;
    const ie_port *in = ie_onnx_inputs(clip->text, &count);
    bool good = count <= 2 && clip->text_output != NULL;
    for (size_t i = 0; i < count; i++) {
        good = good && (in[i].type == IE_TENSOR_INT64 || in[i].type == IE_TENSOR_INT32) && in[i].rank == 2 &&
               in[i].shape[0] <= 1 && (in[i].shape[1] <= 0 || in[i].shape[1] == IE_TOKENS_MAX);
    }
    return good ? IE_OK : ie_error_set(err, IE_ERR_FORMAT, "%s does not make embeddings of texts.", ie_shown(path));
}

static ie_status open_text(ie_clip *clip, const ie_config *config, ie_error *err)
{
    IE_AUTO_FREE char *path = NULL, *vocabulary = NULL, *bytes = NULL;
    size_t size = 0;
    ie_status status = ie_model_file(clip->model, IE_PART_TOKENIZER, &vocabulary, err);
    if (status == IE_OK) {
        status = ie_model_read(vocabulary, MAX_VOCABULARY, &bytes, &size, err);
    }
    if (status == IE_OK) {
        status = ie_tokenizer_new(bytes, size, vocabulary, &clip->tokenizer, err);
    }
    if (status == IE_OK) {
        status = ie_model_file(clip->model, IE_PART_TEXT, &path, err);
    }
    if (status == IE_OK) {
        status = ie_onnx_open(config, path, ie_vision_cores(config), &clip->text, err);
    }
    if (status == IE_OK) {
        clip->text_output = embedding_output(clip->text);
        status = check_text_inputs(clip, path, err);
    }
    return status;
}

/* Ids, and where the model takes one the attention mask; padded only when the length is fixed. */
static ie_status embed_text(ie_clip *clip, const char *text, float **ret_embedding, size_t *ret_size, ie_error *err)
{
    int32_t ids[IE_TOKENS_MAX], narrow[2][IE_TOKENS_MAX];
    int64_t wide[2][IE_TOKENS_MAX];
    size_t used = ie_tokenizer_encode(clip->tokenizer, text, strlen(text), ids), count;
    const ie_port *ports = ie_onnx_inputs(clip->text, &count);
    ie_tensor inputs[2];
    for (size_t i = 0; i < count; i++) {
        bool mask = strstr(ports[i].name, "mask") != NULL;
        size_t length = ports[i].shape[1] > 0 ? IE_TOKENS_MAX : used;
        for (size_t t = 0; t < length; t++) {
            int32_t id = t < used ? ids[t] : ie_tokenizer_end(clip->tokenizer);
            wide[i][t] = narrow[i][t] = mask ? t < used : id;
        }
        bool is_wide = ports[i].type == IE_TENSOR_INT64;
        inputs[i] = (ie_tensor){.type = is_wide ? IE_TENSOR_INT64 : IE_TENSOR_INT32, .rank = 2,
                                .shape = {1, (int64_t)length}, .data = is_wide ? (void *)wide[i] : narrow[i]};
    }
    ie_tensor out = {0};
    ie_status status = ie_onnx_run(clip->text, inputs, &clip->text_output, 1, &out, err);
    return status == IE_OK ? take_embedding(&out, ret_embedding, ret_size, err) : status;
}

static char *sentence(const char *template, const char *label)
{
    const char *place = strstr(template, "{}");
    return place == NULL ? ie_strdup(template)
                         : ie_asprintf("%.*s%s%s", (int)(place - template), template, label, place + 2);
}

/* The mean of the label's sentences, into one row of *rows, which the first call makes. */
static ie_status embed_label(ie_clip *clip, const ie_config_list *labels, size_t index,
                             const ie_config_list *templates, float **rows, size_t *size, ie_error *err)
{
    ie_status status = IE_OK;
    for (uint32_t t = 0; status == IE_OK && t < templates->count; t++) {
        IE_AUTO_FREE char *text = sentence(templates->items[t], labels->items[index]);
        IE_AUTO_FREE float *one = NULL;
        size_t got = 0;
        status = embed_text(clip, text, &one, &got, err);
        if (status == IE_OK && *rows == NULL) {
            *rows = ie_alloc(labels->count * got * sizeof **rows);
            *size = got;
        }
        if (status == IE_OK && got != *size) {
            status = ie_error_set(err, IE_ERR_FORMAT, "The text model's embeddings differ in size.");
        }
        for (size_t i = 0; status == IE_OK && i < got; i++) {
            (*rows)[index * got + i] += one[i];
        }
    }
    if (status == IE_OK && !normalise(*rows + index * *size, *size)) {
        status = ie_error_set(err, IE_ERR_FORMAT, "The sentences for \"%s\" cancel each other out.",
                              ie_shown(labels->items[index]));
    }
    return status;
}

static void add_file(ie_hasher *hasher, const char *path)
{
    struct stat st;
    if (path != NULL && stat(path, &st) == 0) {
        int64_t facts[3] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
        ie_hasher_add(hasher, path, strlen(path) + 1);
        ie_hasher_add(hasher, facts, sizeof facts);
    }
}

/* The cache's name for these labels, sentences and files. */
static ie_status cache_name(const ie_clip *clip, const ie_config_list *labels, const ie_config_list *templates,
                            char ret_name[64], ie_error *err)
{
    IE_AUTO_FREE char *text = NULL, *vocabulary = NULL;
    ie_status status = ie_model_file(clip->model, IE_PART_TEXT, &text, err);
    if (status == IE_OK) {
        status = ie_model_file(clip->model, IE_PART_TOKENIZER, &vocabulary, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_hasher *hasher = ie_hasher_new();
    add_file(hasher, text);
    add_file(hasher, vocabulary);
    const ie_config_list *lists[] = {labels, templates};
    for (int l = 0; l < 2; l++) {
        for (uint32_t i = 0; i < lists[l]->count; i++) {
            ie_hasher_add(hasher, lists[l]->items[i], strlen(lists[l]->items[i]) + 1);
        }
        ie_hasher_add(hasher, "", 1);
    }
    char hex[33];
    ie_hash128_hex(ie_hasher_value(hasher), hex);
    ie_hasher_free(hasher);
    snprintf(ret_name, 64, "texts-%s", hex);
    return IE_OK;
}

ie_status ie_clip_embed_labels(ie_clip *clip, const ie_config *config, const ie_config_list *labels,
                               const ie_config_list *templates, float **ret_embeddings, size_t *ret_size,
                               ie_error *err)
{
    char name[64];
    ie_status status = cache_name(clip, labels, templates, name, err);
    if (status != IE_OK) {
        return status;
    }
    size_t bytes = 0, row = labels->count * sizeof(float);
    void *kept = ie_cache_read(name, &bytes);
    if (kept != NULL && bytes > 0 && bytes % row == 0) {
        *ret_embeddings = kept;
        *ret_size = bytes / row;
        return IE_OK;
    }
    free(kept);
    float *rows = NULL;
    size_t size = 0;
    status = open_text(clip, config, err);
    for (uint32_t i = 0; status == IE_OK && i < labels->count; i++) {
        status = embed_label(clip, labels, i, templates, &rows, &size, err);
    }
    /* From here on only pictures are looked at. */
    ie_onnx_close(clip->text);
    ie_tokenizer_free(clip->tokenizer);
    clip->text = NULL;
    clip->tokenizer = NULL;
    if (status != IE_OK) {
        free(rows);
        return status;
    }
    ie_cache_write(name, rows, labels->count * size * sizeof *rows);
    *ret_embeddings = rows;
    *ret_size = size;
    return IE_OK;
}
