// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether a device computes what the CPU does. Lower precision, a driver's bug or a graph that a
 * provider rewrites can change a model's numbers without any error; so two made-up pictures go
 * through the model on both, and what comes out has to point the same way. The result is remembered
 * for this runtime, device, precision and model file.
 */
#include <math.h>
#include <string.h>

#include "analyzers/onnx_session.h"
#include "storage/device_proofs.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define LEAST_COSINE 0.999
#define PICTURES 2
#define FREE_SIDE 256      /* pixels, where the model lets choose */
#define FREE_TOKENS 8
#define TOKEN_BEGIN 49406  /* CLIP's; any ids that are in the vocabulary would do */
#define TOKEN_END 49407
#define MOST_NUMBERS ((size_t)16 << 20)

/* Light and dark in waves of several lengths, as photos have them, in the range of normalised
   pixels. */
static float wave(size_t picture, size_t index, size_t width, size_t height)
{
    double x = (double)(index % width) / (double)width,
           y = (double)(index / width % height) / (double)height;
    double channel = (double)(index / width / height) + 0.7 * (double)picture;
    return (float)(sin(9 * x + 4 * y + channel) + 0.6 * sin(31 * y - 17 * x + 2 * channel) +
                   0.3 * sin(111 * x * y + 67 * (x - y)));
}

static void fill(const ie_port *port, size_t picture, ie_tensor *tensor, size_t count)
{
    size_t last = (size_t)tensor->shape[tensor->rank - 1];
    size_t above = tensor->rank > 1 ? (size_t)tensor->shape[tensor->rank - 2] : 1;
    bool mask = strstr(port->name, "mask") != NULL;
    for (size_t i = 0; i < count; i++) {
        int64_t token = mask             ? 1
                        : i == 0         ? TOKEN_BEGIN
                        : i + 1 == count ? TOKEN_END
                                         : (int64_t)(320 + 40 * picture + i);
        if (tensor->type == IE_TENSOR_FLOAT) {
            ((float *)tensor->data)[i] = wave(picture, i, last, above);
        } else if (tensor->type == IE_TENSOR_INT64) {
            ((int64_t *)tensor->data)[i] = token;
        } else {
            ((int32_t *)tensor->data)[i] = (int32_t)token;
        }
    }
}

/* False: the model takes what cannot be made up here. */
static bool make_input(const ie_port *port, size_t picture, ie_tensor *ret_tensor)
{
    ie_tensor tensor = {.type = (ie_tensor_type)port->type, .rank = port->rank};
    size_t count = 1;
    bool known = port->type == IE_TENSOR_FLOAT || port->type == IE_TENSOR_INT32 ||
                 port->type == IE_TENSOR_INT64;
    for (size_t i = 0; known && i < port->rank; i++) {
        int64_t chosen = i == 0                      ? 1
                         : port->rank <= 2           ? FREE_TOKENS
                         : i == 1 && port->rank == 4 ? 3
                                                     : FREE_SIDE;
        tensor.shape[i] = port->shape[i] > 0 ? port->shape[i] : chosen;
        known = (uint64_t)tensor.shape[i] <= MOST_NUMBERS / count;
        count *= known ? (size_t)tensor.shape[i] : 1;
    }
    known = known && port->rank > 0;
    tensor.data = known ? ie_try_alloc(count, sizeof(int64_t)) : NULL;
    if (tensor.data == NULL) {
        return false;
    }
    fill(port, picture, &tensor, count);
    *ret_tensor = tensor;
    return true;
}

static void free_tensors(ie_tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(tensors[i].data);
        tensors[i].data = NULL;
    }
}

/* -1 for what cannot be compared, numbers that are none included. */
static double cosine_of(const ie_tensor *a, const ie_tensor *b)
{
    size_t count = ie_tensor_count(a);
    if (count != ie_tensor_count(b)) {
        return -1;
    }
    double product = 0, x = 0, y = 0;
    const float *p = a->data, *q = b->data;
    for (size_t i = 0; i < count; i++) {
        product += (double)p[i] * q[i];
        x += (double)p[i] * p[i];
        y += (double)q[i] * q[i];
    }
    double cosine = x == 0 && y == 0 ? 1 : product / sqrt(x * y);
    return isfinite(cosine) ? cosine : -1;
}

typedef struct comparison {
    ie_onnx *device, *cpu;
    const char *names[IE_PORTS_MAX];
    size_t count;
    bool device_failed; /* and not the CPU, too */
} comparison;

/* The lowest cosine of all outputs for one picture into *cosine, when it is lower. */
static ie_status compare(comparison *c, size_t picture, double *cosine, ie_error *err)
{
    ie_tensor inputs[IE_PORTS_MAX] = {{0}}, theirs[IE_PORTS_MAX] = {{0}},
              ours[IE_PORTS_MAX] = {{0}};
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < c->device->input_count; i++) {
        if (!make_input(&c->device->inputs[i], picture, &inputs[i])) {
            status =
                ie_error_set(err, IE_ERR_UNSUPPORTED, "it takes an input that cannot be made up");
        }
    }
    if (status == IE_OK) {
        status = ie_onnx_run_once(c->cpu, inputs, c->names, c->count, ours, err);
    }
    if (status == IE_OK) {
        status = ie_onnx_run_once(c->device, inputs, c->names, c->count, theirs, err);
        c->device_failed = status != IE_OK;
    }
    for (size_t i = 0; status == IE_OK && i < c->count; i++) {
        *cosine = fmin(*cosine, cosine_of(&theirs[i], &ours[i]));
    }
    free_tensors(inputs, c->device->input_count);
    free_tensors(theirs, c->count);
    free_tensors(ours, c->count);
    return status;
}

static void list_outputs(comparison *c)
{
    for (size_t i = 0; i < c->device->output_count; i++) {
        if (c->device->outputs[i].type == IE_TENSOR_FLOAT) {
            c->names[c->count++] = c->device->outputs[i].name;
        }
    }
}

/* The same model on the CPU, with the names and the memory of the other. */
static ie_status measure(ie_onnx *onnx, comparison *c, double *ret_cosine, ie_error *err)
{
    ie_onnx cpu = {.runtime = onnx->runtime,
                   .path = onnx->path,
                   .threads = onnx->threads,
                   .memory = onnx->memory,
                   .inputs = onnx->inputs,
                   .input_count = onnx->input_count};
    *c = (comparison){.device = onnx, .cpu = &cpu};
    list_outputs(c);
    ie_status status = ie_onnx_create(&cpu, NULL, err);
    double cosine = 1;
    for (size_t i = 0; status == IE_OK && i < PICTURES; i++) {
        status = compare(c, i, &cosine, err);
    }
    ie_onnx_drop_session(&cpu);
    *ret_cosine = cosine;
    return status;
}

ie_status ie_onnx_prove_device(ie_onnx *onnx, const ie_config *config, ie_error *err)
{
    char checksum[17];
    ie_status status = ie_model_checksum(onnx->path, checksum, err);
    if (status != IE_OK) {
        return status;
    }
    const char *precision =
        onnx->device_precision != NULL ? onnx->device_precision : onnx->file_precision;
    IE_AUTO_FREE char *key = ie_asprintf("%s|%s|%s|%s|%d", onnx->runtime->version, onnx->device,
                                         precision, checksum, PICTURES);
    double cosine = 0;
    comparison c;
    ie_error why = {0};
    if (!ie_device_proof_find(key, &cosine)) {
        status = measure(onnx, &c, &cosine, &why);
        if (status == IE_OK) {
            ie_device_proof_keep(key, cosine);
        } else if (c.device_failed) {
            return ie_onnx_leave_device(onnx, why.text, err);
        }
    }
    if (status == IE_OK && cosine >= LEAST_COSINE) {
        return IE_OK;
    }
    IE_AUTO_FREE char *reason =
        status != IE_OK ? ie_asprintf("it could not be compared with the CPU: %s", why.text)
                        : ie_asprintf("its numbers are not those of the CPU (cosine %.4f in %s, at "
                                      "least %.3f is asked for)",
                                      cosine, precision, LEAST_COSINE);
    if (config->analysis.device[0] == 0) {
        return ie_onnx_leave_device(onnx, reason, err);
    }
    ie_onnx_remark(onnx, ie_asprintf("%s is used as analysis.ml_models.device says, though %s.",
                                     onnx->device, reason));
    return IE_OK;
}
