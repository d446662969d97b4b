// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Neural networks by ONNX Runtime, which is loaded at run time: without it everything else works.
 * The files onnx*.c are the one place that knows it. An ie_onnx is one model, ready to run; several
 * threads may run it at once. On the CPU they do; on another device one at a time. When a device
 * fails, or its numbers are not those of the CPU (tried once for each model, runtime and device),
 * the CPU takes over, with the same labels, and a remark says so. When memory does not suffice for
 * a batch, the next ones are half as large.
 */
#ifndef IE_ANALYZERS_ONNX_H
#define IE_ANALYZERS_ONNX_H

#include "core/config.h"

#define IE_TENSOR_RANK 6

/* Numbers are those of ONNX (TensorProto.DataType). */
typedef enum ie_tensor_type {
    IE_TENSOR_FLOAT = 1,
    IE_TENSOR_INT32 = 6,
    IE_TENSOR_INT64 = 7
} ie_tensor_type;

typedef struct ie_tensor {
    ie_tensor_type type;
    size_t rank;
    int64_t shape[IE_TENSOR_RANK];
    void *data;
} ie_tensor;

/* What a model takes or gives. */
typedef struct ie_port {
    char *name;
    int type; /* an ie_tensor_type, or another number of ONNX's */
    size_t rank;
    int64_t shape[IE_TENSOR_RANK]; /* -1: free */
} ie_port;

typedef struct ie_onnx ie_onnx;

/* Is there a runtime? IE_ERR_NOT_FOUND says what is missing and the command that gets it. */
ie_status ie_onnx_check(const ie_config *config, ie_error *err) IE_MUST_CHECK;
/* For `info`: path, version, devices. Each text free()d by the caller; the list too. NULL, 0
   without a runtime. */
char **ie_onnx_describe(const ie_config *config, size_t *ret_count);

/* Loads a model; `threads` of its own for one run. IE_ERR_FORMAT: the file is no model that it can
   run. */
ie_status ie_onnx_open(const ie_config *config, const char *path, int threads, ie_onnx **ret_onnx,
                       ie_error *err) IE_MUST_CHECK;
void ie_onnx_close(ie_onnx *onnx); /* NULL is fine */

const ie_port *ie_onnx_inputs(const ie_onnx *onnx, size_t *ret_count);
const ie_port *ie_onnx_outputs(const ie_onnx *onnx, size_t *ret_count);
/* The port of that name, NULL when there is none. */
const ie_port *ie_onnx_input(const ie_onnx *onnx, const char *name);
const ie_port *ie_onnx_output(const ie_onnx *onnx, const char *name);

/* Runs it: inputs in the model's order, as many as it has. ret_outputs: the float tensors of the
   named outputs, in memory of their own: free() their data. All or nothing. IE_ERR_LIMIT: there was
   not enough memory for it; when it was a batch of several (the first input's first number),
   ie_onnx_batch() is now half as much. */
ie_status ie_onnx_run(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                      size_t output_count, ie_tensor *ret_outputs, ie_error *err) IE_MUST_CHECK;

/* How many photos one run may take, at least 1: analysis.ml_models.batch_size where the model's
   first dimension is free, and less after memory did not suffice. */
size_t ie_onnx_batch(const ie_onnx *onnx);
/* A batch of `count` was too large for memory. */
void ie_onnx_halve_batch(ie_onnx *onnx, size_t count);

bool ie_onnx_on_cpu(const ie_onnx *onnx); /* no other device, and none that shares the CPU */
bool ie_onnx_on_gpu(const ie_onnx *onnx); /* or on another device that does not share the CPU */
/* "CPU", or provider and device. */
const char *ie_onnx_device(const ie_onnx *onnx);
/* What it is computed in: "fp32", "bf16", "fp16", "int8", … */
const char *ie_onnx_precision(const ie_onnx *onnx);
/* What a person should hear, once: a device that was to be used is not, or batches got smaller.
   free() it; NULL: nothing (more). */
char *ie_onnx_take_remark(ie_onnx *onnx);

size_t ie_tensor_count(const ie_tensor *tensor); /* elements */

#endif
