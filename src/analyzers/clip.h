// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A CLIP model: pictures and texts to embeddings of one space, each of length 1 whether or not the model gives them
 * so. Names, types and sizes are read from the model. Read-only once open; threads may share it.
 */
#ifndef IE_ANALYZERS_CLIP_H
#define IE_ANALYZERS_CLIP_H

#include "analyzers/onnx.h"
#include "core/model.h"

typedef struct ie_clip ie_clip;

/* `model` and its texts must stay. The text model is opened only to embed labels, which is done before threads
   share the thing. */
ie_status ie_clip_open(const ie_config *config, const ie_model *model, ie_clip **ret_clip, ie_error *err) IE_MUST_CHECK;
void ie_clip_close(ie_clip *clip); /* NULL is fine */
ie_onnx *ie_clip_vision(const ie_clip *clip);
const ie_port *ie_clip_image(const ie_clip *clip);

/* `image` [1,3,H,W]. The embedding, *ret_size numbers: free() it. */
ie_status ie_clip_embed_image(ie_clip *clip, const ie_tensor *image, float **ret_embedding, size_t *ret_size,
                              ie_error *err) IE_MUST_CHECK;

/* One embedding a label, that of the mean of its sentences (Radford et al. 2021, 3.1.4): each template with the
   label at its {}. count * *ret_size numbers: free() them. Kept in the user's cache folder, because texts cost as much
   as photos. */
ie_status ie_clip_embed_labels(ie_clip *clip, const ie_config *config, const ie_config_list *labels,
                               const ie_config_list *templates, float **ret_embeddings, size_t *ret_size,
                               ie_error *err) IE_MUST_CHECK;

#endif
