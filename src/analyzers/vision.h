// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the analyzers that use neural networks have in common: their settings, the picture as a
 * tensor, batches, how many threads a run may have. The cores are shared thus: a light model that
 * takes one photo at a time runs in the worker's own thread, as many at once as there are workers;
 * any other runs on the one thread of the inference stage with all cores, while workers decode, and
 * the system's scheduler divides the cores between the two: when the stage is behind, the workers
 * wait for it, because few photos may be under way.
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

/* The photo's upright size. */
void ie_vision_size(const ie_photo *photo, uint32_t *ret_width, uint32_t *ret_height);

/* What the model's image input, [N,3,H,W], takes of one photo. `input` says sizes that are fixed;
   `round` to multiples of 32 what may be chosen. False, with the fault in the photo, when it cannot
   be made. */
bool ie_vision_prepare(const ie_model *model, const ie_port *input, ie_resampler *resampler,
                       ie_source *source, ie_photo *photo, bool round, const char *stage,
                       ie_prepared *ret_prepared);
/* The side in pixels that the model of this name takes, and the most bytes (may be NULL) of a
   prepared picture; 0 when there is no such model. */
uint32_t ie_vision_needs(const ie_config *config, const char *name, size_t *ret_bytes);

/* Looks at `count` prepared pictures of one size, as many at a time as the model likes and memory
   allows: `look` gets their tensor and which of them it begins with. What it returns is the fault
   of each of its photos. */
typedef ie_status (*ie_vision_look_fn)(void *user, const ie_tensor *images, size_t first,
                                       ie_error *err);
void ie_vision_each(ie_onnx *onnx, ie_photo **photos, const ie_prepared *prepared, size_t count,
                    const char *stage, ie_vision_look_fn look, void *user);

/* Who gave the results, with texts in the photo's arena. */
ie_label_model ie_vision_model(const ie_photo *photo, const char *name, const char *version,
                               const ie_onnx *onnx);

/* Hash of the files of the model of this name, its own labels included; 0 when they are not all
   there. */
uint64_t ie_vision_files(const ie_config *config, const char *name);

/* The file of a network; free() it. A built-in entry stands for a file of 32 bits: one of another
   precision in its place is IE_ERR_FORMAT, because nobody compared the two, until an entry of the
   configuration names it. Else as ie_model_file(). */
ie_status ie_vision_file(const ie_model *model, ie_model_part part, char **ret_path,
                         ie_error *err) IE_MUST_CHECK;

/* Is there a runtime, and are all files of the model of this name there? */
ie_status ie_vision_check(const ie_config *config, const char *name, ie_error *err);

#endif
