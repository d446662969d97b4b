// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A CLIP model: pictures and texts to embeddings of one space, each of length 1 whether or not the
 * model gives them so. Names, types and sizes are read from the model. The half that reads texts is
 * opened only to embed some. Once open, threads may share the half that looks at pictures.
 */
#ifndef IE_ANALYZERS_CLIP_H
#define IE_ANALYZERS_CLIP_H

#include "analyzers/onnx.h"
#include "core/model.h"

typedef struct ie_clip ie_clip;

/* `model` and its texts must stay. IE_ERR_FORMAT: the file is none that makes embeddings of
   pictures. */
ie_status ie_clip_open(const ie_config *config, const ie_model *model, ie_clip **ret_clip,
                       ie_error *err) IE_MUST_CHECK;
void ie_clip_close(ie_clip *clip); /* NULL is fine */
const ie_model *ie_clip_model(const ie_clip *clip);
ie_onnx *ie_clip_vision(const ie_clip *clip);
const ie_port *ie_clip_image(const ie_clip *clip);
const char *ie_clip_version(const ie_clip *clip);  /* checksum of the file that looks at pictures */
const char *
ie_clip_identity(const ie_clip *clip); /* "NAME@VERSION": what its embeddings are stored under */

/* `images` [N,3,H,W]. N embeddings of *ret_size numbers each: free() them. */
ie_status ie_clip_embed_images(ie_clip *clip, const ie_tensor *images, float **ret_embeddings,
                               size_t *ret_size, ie_error *err) IE_MUST_CHECK;

/* The half that reads texts. Belongs to one thread. */
typedef struct ie_clip_text ie_clip_text;
ie_status ie_clip_text_open(const ie_config *config, const ie_model *model, ie_clip_text **ret_text,
                            ie_error *err) IE_MUST_CHECK;
void ie_clip_text_close(ie_clip_text *text); /* NULL is fine */
/* The embedding of a sentence, *ret_size numbers: free() it. */
ie_status ie_clip_embed_text(ie_clip_text *text, const char *sentence, float **ret_embedding,
                             size_t *ret_size, ie_error *err) IE_MUST_CHECK;

/* One embedding a label, that of the mean of its sentences (Radford et al. 2021, 3.1.4): each
   template with the label at its {}. count * *ret_size numbers: free() them. Kept in the catalog of
   this path (NULL: none), because texts cost as much as photos. */
ie_status ie_clip_embed_labels(const ie_clip *clip, const ie_config *config, const char *catalog,
                               const ie_config_list *labels, const ie_config_list *templates,
                               float **ret_embeddings, size_t *ret_size,
                               ie_error *err) IE_MUST_CHECK;

/* ---- for clip*.c ---- */

/* The output that is the embedding: by its usual names, else the only one of the shape [N, D].
   NULL: none. */
const char *ie_clip_output(const ie_onnx *onnx);
/* To length 1; false for what has none. */
bool ie_clip_normalise(float *v, size_t size);
/* The rows of a model's output, `count` of them, each to length 1. Takes the tensor's data. */
ie_status ie_clip_take_rows(ie_tensor *take_tensor, size_t count, float **ret_rows,
                            size_t *ret_size, ie_error *err);

#endif
