// SPDX-License-Identifier: GPL-3.0-or-later
/* CLIP's other half: texts. */
#include "analyzers/clip.h"

#include <string.h>

#include "analyzers/vision.h"
#include "core/tokenizer.h"
#include "storage/embeddings.h"
#include "storage/model_files.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/hash.h"
#include "utils/text.h"

#define MAX_VOCABULARY (16u << 20)

struct ie_clip_text {
    ie_onnx *onnx;
    const char *output;
    ie_tokenizer *tokenizer;
};

static ie_status check_text_inputs(const ie_clip_text *text, const char *path, ie_error *err)
{
    size_t count;
    const ie_port *in = ie_onnx_inputs(text->onnx, &count);
    bool good = count <= 2 && text->output != NULL;
    for (size_t i = 0; i < count; i++) {
        good = good && (in[i].type == IE_TENSOR_INT64 || in[i].type == IE_TENSOR_INT32) &&
               in[i].rank == 2 && in[i].shape[0] <= 1 &&
               (in[i].shape[1] <= 0 || in[i].shape[1] == IE_TOKENS_MAX);
    }
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT, "%s does not make embeddings of texts.",
                               ie_shown(path));
}

static ie_status open_parts(ie_clip_text *text, const ie_config *config, const ie_model *model,
                            ie_error *err)
{
    IE_AUTO_FREE char *path = NULL, *vocabulary = NULL, *bytes = NULL;
    size_t size = 0;
    ie_status status = ie_model_file(model, IE_PART_TOKENIZER, &vocabulary, err);
    if (status == IE_OK) {
        status = ie_model_read(vocabulary, MAX_VOCABULARY, &bytes, &size, err);
    }
    if (status == IE_OK) {
        status = ie_tokenizer_new(bytes, size, vocabulary, &text->tokenizer, err);
    }
    if (status == IE_OK) {
        status = ie_vision_file(model, IE_PART_TEXT, &path, err);
    }
    if (status == IE_OK) {
        status = ie_onnx_open(config, path, ie_vision_cores(config), &text->onnx, err);
    }
    if (status == IE_OK) {
        text->output = ie_clip_output(text->onnx);
        status = check_text_inputs(text, path, err);
    }
    return status;
}

ie_status ie_clip_text_open(const ie_config *config, const ie_model *model, ie_clip_text **ret_text,
                            ie_error *err)
{
    ie_clip_text *text = ie_alloc(sizeof *text);
    ie_status status = open_parts(text, config, model, err);
    if (status == IE_OK) {
        *ret_text = text;
    } else {
        ie_clip_text_close(text);
    }
    return status;
}

void ie_clip_text_close(ie_clip_text *text)
{
    if (text != NULL) {
        ie_onnx_close(text->onnx);
        ie_tokenizer_free(text->tokenizer);
        free(text);
    }
}

/* Ids, and where the model takes one the attention mask; padded only when the length is fixed. */
ie_status ie_clip_embed_text(ie_clip_text *text, const char *sentence, float **ret_embedding,
                             size_t *ret_size, ie_error *err)
{
    int32_t ids[IE_TOKENS_MAX], narrow[2][IE_TOKENS_MAX];
    int64_t wide[2][IE_TOKENS_MAX];
    size_t used = ie_tokenizer_encode(text->tokenizer, sentence, strlen(sentence), ids), count;
    const ie_port *ports = ie_onnx_inputs(text->onnx, &count);
    ie_tensor inputs[2];
    for (size_t i = 0; i < count; i++) {
        bool mask = strstr(ports[i].name, "mask") != NULL;
        size_t length = ports[i].shape[1] > 0 ? IE_TOKENS_MAX : used;
        for (size_t t = 0; t < length; t++) {
            int32_t id = t < used ? ids[t] : ie_tokenizer_end(text->tokenizer);
            wide[i][t] = narrow[i][t] = mask ? t < used : id;
        }
        bool is_wide = ports[i].type == IE_TENSOR_INT64;
        inputs[i] = (ie_tensor){.type = is_wide ? IE_TENSOR_INT64 : IE_TENSOR_INT32,
                                .rank = 2,
                                .shape = {1, (int64_t)length},
                                .data = is_wide ? (void *)wide[i] : narrow[i]};
    }
    ie_tensor out = {0};
    ie_status status = ie_onnx_run(text->onnx, inputs, &text->output, 1, &out, err);
    return status == IE_OK ? ie_clip_take_rows(&out, 1, ret_embedding, ret_size, err) : status;
}

/* ---- labels ---- */

static char *fill_in(const char *template, const char *label)
{
    const char *place = strstr(template, "{}");
    return place == NULL
               ? ie_strdup(template)
               : ie_asprintf("%.*s%s%s", (int)(place - template), template, label, place + 2);
}

/* The mean of the label's sentences, into one row of *rows, which the first call makes. */
static ie_status embed_label(ie_clip_text *text, const ie_config_list *labels, size_t index,
                             const ie_config_list *templates, float **rows, size_t *size,
                             ie_error *err)
{
    ie_status status = IE_OK;
    for (uint32_t t = 0; status == IE_OK && t < templates->count; t++) {
        IE_AUTO_FREE char *sentence = fill_in(templates->items[t], labels->items[index]);
        IE_AUTO_FREE float *one = NULL;
        size_t got = 0;
        status = ie_clip_embed_text(text, sentence, &one, &got, err);
        if (status == IE_OK && *rows == NULL) {
            *rows = ie_alloc(labels->count * got * sizeof **rows);
            *size = got;
        }
        if (status == IE_OK && got != *size) {
            status =
                ie_error_set(err, IE_ERR_FORMAT, "The text model's embeddings differ in size.");
        }
        for (size_t i = 0; status == IE_OK && i < got; i++) {
            (*rows)[index * got + i] += one[i];
        }
    }
    if (status == IE_OK && !ie_clip_normalise(*rows + index * *size, *size)) {
        status = ie_error_set(err, IE_ERR_FORMAT, "The sentences for \"%s\" cancel each other out.",
                              ie_shown(labels->items[index]));
    }
    return status;
}

/* What the embeddings of these labels depend on, as 32 hex digits. */
static ie_status list_checksum(const ie_model *model, const ie_config_list *labels,
                               const ie_config_list *templates, char ret_hex[33], ie_error *err)
{
    static const ie_model_part parts[] = {IE_PART_TEXT, IE_PART_TOKENIZER};
    ie_hasher *hasher = ie_hasher_new();
    ie_status status = IE_OK;
    for (int i = 0; status == IE_OK && i < 2; i++) {
        IE_AUTO_FREE char *path = NULL;
        char hex[17] = "";
        status = ie_model_file(model, parts[i], &path, err);
        if (status == IE_OK) {
            status = ie_model_checksum(path, hex, err);
        }
        ie_hasher_add(hasher, hex, sizeof hex);
    }
    const ie_config_list *lists[] = {labels, templates};
    for (int l = 0; l < 2; l++) {
        for (uint32_t i = 0; i < lists[l]->count; i++) {
            ie_hasher_add(hasher, lists[l]->items[i], strlen(lists[l]->items[i]) + 1);
        }
        ie_hasher_add(hasher, "", 1);
    }
    ie_hash128_hex(ie_hasher_value(hasher), ret_hex);
    ie_hasher_free(hasher);
    return status;
}

static ie_status compute(const ie_config *config, const ie_model *model,
                         const ie_config_list *labels, const ie_config_list *templates,
                         float **ret_rows, size_t *ret_size, ie_error *err)
{
    ie_clip_text *text = NULL;
    float *rows = NULL;
    size_t size = 0;
    ie_status status = ie_clip_text_open(config, model, &text, err);
    for (uint32_t i = 0; status == IE_OK && i < labels->count; i++) {
        status = embed_label(text, labels, i, templates, &rows, &size, err);
    }
    ie_clip_text_close(text);
    if (status == IE_OK) {
        *ret_rows = rows;
        *ret_size = size;
    } else {
        free(rows);
    }
    return status;
}

/* The catalog is a convenience here: without it everything is only slower. */
static float *kept_rows(const char *path, const char *model, const char *list, size_t count,
                        size_t *ret_size)
{
    ie_catalog *catalog = NULL;
    float *rows = NULL;
    if (path != NULL && ie_catalog_open(path, false, &catalog, NULL) == IE_OK) {
        rows = ie_catalog_texts(catalog, model, list, count, ret_size);
        ie_catalog_close(catalog);
    }
    return rows;
}

static void keep_rows(const char *path, const char *model, const char *list, const float *rows,
                      size_t count, size_t size)
{
    ie_catalog *catalog = NULL;
    if (path != NULL && ie_catalog_open(path, true, &catalog, NULL) == IE_OK) {
        ie_status ignored = ie_catalog_keep_texts(catalog, model, list, rows, count, size, NULL);
        (void)ignored;
        ie_catalog_close(catalog);
    }
}

ie_status ie_clip_embed_labels(const ie_clip *clip, const ie_config *config, const char *catalog,
                               const ie_config_list *labels, const ie_config_list *templates,
                               float **ret_embeddings, size_t *ret_size, ie_error *err)
{
    char list[33];
    const ie_model *model = ie_clip_model(clip);
    ie_status status = list_checksum(model, labels, templates, list, err);
    if (status != IE_OK) {
        return status;
    }
    float *kept = kept_rows(catalog, ie_clip_identity(clip), list, labels->count, ret_size);
    if (kept != NULL) {
        *ret_embeddings = kept;
        return IE_OK;
    }
    status = compute(config, model, labels, templates, ret_embeddings, ret_size, err);
    if (status == IE_OK) {
        keep_rows(catalog, ie_clip_identity(clip), list, *ret_embeddings, labels->count, *ret_size);
    }
    return status;
}
