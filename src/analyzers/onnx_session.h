// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What an ie_onnx is, for the files that open, ask and run it. On a device other than the CPU one
 * run happens at a time; its lock also guards the change to the CPU, after which nothing changes
 * any more but the batch and the remark.
 */
#ifndef IE_ANALYZERS_ONNX_SESSION_H
#define IE_ANALYZERS_ONNX_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "analyzers/onnx.h"
#include "analyzers/onnx_runtime.h"

#define IE_PORTS_MAX 16

struct ie_onnx {
    const ie_runtime *runtime;
    char *path;
    int threads;
    OrtSession *session;
    OrtMemoryInfo *memory;
    ie_port *inputs, *outputs;
    size_t input_count, output_count;
    char *device; /* NULL: the CPU */
    bool shares_cpu;
    pthread_mutex_t lock;
    atomic_bool on_device;
    atomic_size_t batch;
    const char *file_precision, *device_precision; /* the latter NULL: that of the file */
    pthread_mutex_t remark_lock;
    char *remark;
};

/* An ORT status as an error that names the model; takes it. */
ie_status ie_onnx_result(const ie_onnx *onnx, OrtStatus *take_status, ie_error *err);
/* A session on the device that the configuration asks for, or on the CPU when config is NULL. */
ie_status ie_onnx_create(ie_onnx *onnx, const ie_config *config, ie_error *err);
void ie_onnx_drop_session(ie_onnx *onnx);
/* As ie_onnx_run(), but whatever fails is left to the caller. */
ie_status ie_onnx_run_once(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                           size_t output_count, ie_tensor *ret_outputs, ie_error *err);
/* Leaves the device for the CPU, before anyone else uses the model, with the reason as a remark. */
ie_status ie_onnx_leave_device(ie_onnx *onnx, const char *why, ie_error *err);
/* Before a device is used by default it shows that its numbers are those of the CPU:
   ie_onnx_leave_device() when they are not. A device that analysis.ml_models.device names stays,
   with a remark. */
ie_status ie_onnx_prove_device(ie_onnx *onnx, const ie_config *config, ie_error *err);
/* Leaves a remark for a person; several become one. Takes the text. */
void ie_onnx_remark(ie_onnx *onnx, char *take_text);
/* Leaves a remark: the CPU instead of the device, and why. */
void ie_onnx_remark_cpu(ie_onnx *onnx, const char *device, const char *why);

#endif
