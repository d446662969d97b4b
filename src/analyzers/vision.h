// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the analyzers that use neural networks have in common: their settings, the picture as a tensor, how many
 * threads a run may have. The cores are shared thus: a light model runs in the worker's own thread, so many at once
 * as there are workers; a heavy one runs one at a time with all cores, while other workers decode. So what models
 * need at once is bounded: one heavy run, or one light run a worker.
 */
#ifndef IE_ANALYZERS_VISION_H
#define IE_ANALYZERS_VISION_H

#include "analyzers/analyzer.h"
#include "analyzers/onnx.h"
#include "analyzers/tensor.h"

/* Keys of the settings that the results depend on, ends with NULL. */
extern const char *const ie_vision_settings[];

/* The cores that this run may use. */
int ie_vision_cores(const ie_config *config);
/* How many of them one run of the model gets. */
int ie_vision_threads(const ie_config *config, const ie_model *model);

/* The photo's upright size. */
void ie_vision_size(const ie_photo *photo, uint32_t *ret_width, uint32_t *ret_height);

/* The tensor of the model's image input, [1,3,H,W]; free() its data. `input` says sizes that are fixed; `round` to
   multiples of 32 what may be chosen. False, with the fault in the photo, when it cannot be made. */
bool ie_vision_tensor(const ie_model *model, const ie_port *input, ie_resampler *resampler, ie_source *source,
                      ie_photo *photo, bool round, const char *stage, ie_tensor *ret_tensor);

/* Is there a runtime, and are all files of the model of this name there? */
ie_status ie_vision_check(const ie_config *config, const char *name, ie_error *err);

#endif
