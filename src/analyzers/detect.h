// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a detector's tensors to detections, for the layouts of core/model.h. Pure.
 */
#ifndef IE_ANALYZERS_DETECT_H
#define IE_ANALYZERS_DETECT_H

#include "analyzers/onnx.h"
#include "core/model.h"

#define IE_DETECTIONS_MAX 100

typedef struct ie_detection {
    uint32_t kind; /* class number */
    double score;  /* 0..1 */
    double left, top, right, bottom; /* of the picture's width and height; may lie outside 0..1 */
} ie_detection;

/* The names of the outputs that the layout needs, in the order ie_detect() takes them; returns how
   many. NULL stands for the model's first output. */
size_t ie_detect_outputs(ie_model_layout layout, const char *ret_names[2]);

/* Detections above the threshold, best first, at most IE_DETECTIONS_MAX. IE_ERR_FORMAT: shapes that
   do not fit. DETR: transformers' post_process_object_detection. GRID: FastestDet's demo (score =
   objectness^0.6 * class^0.4), boxes of one class that overlap by more than 0.45 taken as one. */
ie_status ie_detect(ie_model_layout layout, const ie_tensor *outputs, double threshold,
                    ie_detection ret_found[IE_DETECTIONS_MAX], size_t *ret_count,
                    ie_error *err) IE_MUST_CHECK;

#endif
