// SPDX-License-Identifier: GPL-3.0-or-later
/* Running a model: tensors in, tensors out, and what happens when a device cannot. */
#include <string.h>

#include "analyzers/onnx_session.h"
#include "utils/error.h"
#include "utils/memory.h"

static ie_status take_output(const ie_onnx *onnx, OrtValue *value, ie_tensor *ret_tensor,
                             ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtTensorInfo *info = NULL;
    int type = 0;
    size_t count = 0;
    void *data = NULL;
    ie_tensor out = {.type = IE_TENSOR_FLOAT};
    ie_status status = ie_onnx_result(onnx, ort->GetTensorTypeAndShape(value, &info), err);
    if (status != IE_OK) {
        return status;
    }
    status = ie_onnx_result(onnx, ort->GetTensorElementType(info, &type), err);
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->GetDimensionsCount(info, &out.rank), err);
    }
    if (status == IE_OK && (type != IE_TENSOR_FLOAT || out.rank > IE_TENSOR_RANK)) {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s gives no floating-point numbers.",
                              ie_shown(onnx->path));
    }
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->GetDimensions(info, out.shape, out.rank), err);
    }
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->GetTensorShapeElementCount(info, &count), err);
    }
    ort->ReleaseTensorTypeAndShapeInfo(info);
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->GetTensorMutableData(value, &data), err);
    }
    if (status == IE_OK) {
        out.data = ie_try_alloc(count > 0 ? count : 1, sizeof(float));
        if (out.data == NULL) {
            return ie_error_set(err, IE_ERR_LIMIT,
                                "There is not enough memory for the results of %s.",
                                ie_shown(onnx->path));
        }
        memcpy(out.data, data, count * sizeof(float));
        *ret_tensor = out;
    }
    return status;
}

static ie_status wrap_inputs(const ie_onnx *onnx, const ie_tensor *inputs, OrtValue **values,
                             const char **names, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < onnx->input_count; i++) {
        const ie_tensor *in = &inputs[i];
        size_t size = in->type == IE_TENSOR_INT64 ? 8 : 4;
        names[i] = onnx->inputs[i].name;
        status = ie_onnx_result(onnx,
                                onnx->runtime->ort.CreateTensorWithDataAsOrtValue(
                                    onnx->memory, in->data, ie_tensor_count(in) * size, in->shape,
                                    in->rank, (int)in->type, &values[i]),
                                err);
    }
    return status;
}

ie_status ie_onnx_run_once(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                           size_t output_count, ie_tensor *ret_outputs, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtValue *values[IE_PORTS_MAX] = {0}, *results[IE_PORTS_MAX] = {0};
    const char *names[IE_PORTS_MAX];
    ie_tensor outputs[IE_PORTS_MAX] = {{0}};
    ie_status status = wrap_inputs(onnx, inputs, values, names, err);
    if (status == IE_OK) {
        status =
            ie_onnx_result(onnx,
                           ort->Run(onnx->session, NULL, names, (const OrtValue *const *)values,
                                    onnx->input_count, output_names, output_count, results),
                           err);
    }
    for (size_t i = 0; status == IE_OK && i < output_count; i++) {
        status = take_output(onnx, results[i], &outputs[i], err);
    }
    for (size_t i = 0; i < IE_PORTS_MAX; i++) {
        if (values[i] != NULL) {
            ort->ReleaseValue(values[i]);
        }
        if (results[i] != NULL) {
            ort->ReleaseValue(results[i]);
        }
        if (status == IE_OK && i < output_count) {
            ret_outputs[i] = outputs[i];
        } else {
            free(outputs[i].data);
        }
    }
    return status;
}

/* The device has failed: the CPU takes over. Called with the lock held. */
static ie_status run_on_cpu(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                            size_t output_count, ie_tensor *ret_outputs, ie_error *err)
{
    ie_onnx_remark_cpu(onnx, onnx->device, err->text);
    ie_onnx_drop_session(onnx);
    ie_status status = ie_onnx_create(onnx, NULL, err);
    if (status == IE_OK) {
        /* Its name stays until close: another thread may be reading it. */
        atomic_store(&onnx->on_device, false);
        status = ie_onnx_run_once(onnx, inputs, output_names, output_count, ret_outputs, err);
    }
    return status;
}

static ie_status run_on_device(ie_onnx *onnx, const ie_tensor *inputs,
                               const char *const *output_names, size_t output_count,
                               ie_tensor *ret_outputs, ie_error *err)
{
    if (onnx->session == NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "%s runs neither there nor on the CPU.",
                            ie_shown(onnx->path));
    }
    ie_status status = ie_onnx_run_once(onnx, inputs, output_names, output_count, ret_outputs, err);
    bool smaller_may_do = status == IE_ERR_LIMIT && inputs[0].shape[0] > 1;
    if (status != IE_OK && !smaller_may_do && atomic_load(&onnx->on_device)) {
        status = run_on_cpu(onnx, inputs, output_names, output_count, ret_outputs, err);
    }
    return status;
}

ie_status ie_onnx_run(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                      size_t output_count, ie_tensor *ret_outputs, ie_error *err)
{
    if (output_count > IE_PORTS_MAX) {
        return ie_error_set(err, IE_ERR_INTERNAL, "Too many outputs are asked for.");
    }
    ie_error why = {0};
    ie_status status;
    if (atomic_load(&onnx->on_device)) {
        pthread_mutex_lock(&onnx->lock);
        status = run_on_device(onnx, inputs, output_names, output_count, ret_outputs, &why);
        pthread_mutex_unlock(&onnx->lock);
    } else {
        status = ie_onnx_run_once(onnx, inputs, output_names, output_count, ret_outputs, &why);
    }
    if (status == IE_ERR_LIMIT && inputs[0].shape[0] > 1) {
        ie_onnx_halve_batch(onnx, (size_t)inputs[0].shape[0]);
    }
    return status == IE_OK ? IE_OK : ie_error_set(err, status, "%s", why.text);
}
