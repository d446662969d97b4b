// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Preprocessing: a picture becomes what a model takes, planes of floats (CHW). Resized as Pillow
 * does, scaled and normalised in the steps and precisions of transformers' CLIPImageProcessorPil
 * and DetrImageProcessorPil, so that from a full decode every bit is theirs. An ie_resampler
 * belongs to one thread.
 */
#ifndef IE_ANALYZERS_TENSOR_H
#define IE_ANALYZERS_TENSOR_H

#include "core/model.h"
#include "storage/resample.h"

/* The size of the tensor for a picture of width x height: DetrImageProcessor's
   get_size_with_aspect_ratio for IE_SCALE_FIT, else a square. width and height at least 1. */
void ie_tensor_size(const ie_model *model, uint32_t width, uint32_t height, uint32_t *ret_width,
                    uint32_t *ret_height);

/* Fills 3 * width * height floats with the sizes of ie_tensor_size(), but for IE_SCALE_FIT any size
   may be asked for. `width`, `height` of the upright photo (its pixels may be a reduced decode):
   they decide how a crop is cut. False without memory. */
bool ie_tensor_fill(ie_resampler *resampler, const ie_model *model, const ie_pixels *color,
                    uint32_t photo_width, uint32_t photo_height, uint32_t width, uint32_t height,
                    float *out) IE_MUST_CHECK;

#endif
