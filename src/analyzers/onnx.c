// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/onnx.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzers/onnx_runtime.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MAX_PORTS 16

struct ie_onnx {
    const ie_runtime *runtime;
    char *path;
    int threads;
    OrtSession *session;
    OrtMemoryInfo *memory;
    ie_port *inputs, *outputs;
    size_t input_count, output_count;
    char *device; /* NULL: the CPU */
    /* On another device one run at a time, and the lock also guards the change to the CPU, after which nothing
       changes any more. */
    pthread_mutex_t lock;
    atomic_bool on_device;
    _Atomic(char *) remark;
};

ie_status ie_onnx_check(const ie_config *config, ie_error *err)
{
    const ie_runtime *runtime;
    return ie_runtime_get(config, &runtime, err);
}

char **ie_onnx_describe(const ie_config *config, size_t *ret_count)
{
    const ie_runtime *runtime;
    *ret_count = 0;
    if (ie_runtime_get(config, &runtime, NULL) != IE_OK) {
        return NULL;
    }
    size_t count;
    char **devices = ie_runtime_devices(runtime, &count);
    char **lines = ie_alloc((count + 1) * sizeof *lines);
    lines[(*ret_count)++] = ie_asprintf("%s, API %u, %s", runtime->version, runtime->api, runtime->path);
    for (size_t i = 0; i < count; i++) {
        lines[(*ret_count)++] = devices[i];
    }
    free(devices);
    return lines;
}

/* ---- opening ---- */

static ie_status check(const ie_onnx *onnx, OrtStatus *take_status, ie_error *err)
{
    return ie_runtime_check(onnx->runtime, take_status, ie_shown(onnx->path), err);
}

static ie_status set_options(const ie_onnx *onnx, OrtSessionOptions *options, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    ie_status status = check(onnx, ort->SetSessionGraphOptimizationLevel(options, IE_ORT_ALL_OPTIMIZATIONS), err);
    if (status == IE_OK) {
        status = check(onnx, ort->SetIntraOpNumThreads(options, onnx->threads), err);
    }
    if (status == IE_OK) {
        status = check(onnx, ort->SetSessionLogSeverityLevel(options, IE_ORT_LOG_FATAL), err);
    }
    if (status == IE_OK) {
        /* Threads that wait by spinning take the cores from those that decode. */
        status = check(onnx, ort->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"), err);
    }
    return status;
}

static void remark(ie_onnx *onnx, const char *device, const char *why)
{
    char *text = ie_asprintf("The models run on the CPU instead of %s: %s.", device, why);
    free(atomic_exchange(&onnx->remark, text));
}

/* A session on the device that the configuration asks for, or on the CPU when config is NULL. */
static ie_status create(ie_onnx *onnx, const ie_config *config, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtSessionOptions *options = NULL;
    ie_status status = check(onnx, ort->CreateSessionOptions(&options), err);
    if (status == IE_OK) {
        status = set_options(onnx, options, err);
    }
    if (status == IE_OK && config != NULL) {
        IE_AUTO_FREE char *refused = NULL;
        ie_runtime_add_device(onnx->runtime, config, options, &onnx->device, &refused);
        if (refused != NULL) {
            remark(onnx, "another device", refused);
        }
    }
    if (status == IE_OK) {
        status = check(onnx, ort->CreateSession(onnx->runtime->env, onnx->path, options, &onnx->session), err);
    }
    if (options != NULL) {
        ort->ReleaseSessionOptions(options);
    }
    return status;
}

static void drop_session(ie_onnx *onnx)
{
    if (onnx->session != NULL) {
        onnx->runtime->ort.ReleaseSession(onnx->session);
        onnx->session = NULL;
    }
}

static ie_status create_somewhere(ie_onnx *onnx, const ie_config *config, ie_error *err)
{
    ie_error first = {0};
    ie_status status = create(onnx, config, &first);
    if (status != IE_OK && onnx->device != NULL) {
        remark(onnx, onnx->device, first.text);
        drop_session(onnx);
        free(onnx->device);
        onnx->device = NULL;
        status = create(onnx, NULL, &first);
    }
    return status == IE_OK ? IE_OK : ie_error_set(err, status, "%s", first.text);
}

static ie_status describe_type(const ie_onnx *onnx, OrtTypeInfo *info, ie_port *port, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    const OrtTensorInfo *tensor = NULL;
    ie_status status = check(onnx, ort->CastTypeInfoToTensorInfo(info, &tensor), err);
    if (status != IE_OK || tensor == NULL) {
        return status; /* no tensor: type stays 0, which nobody asks for */
    }
    status = check(onnx, ort->GetTensorElementType(tensor, &port->type), err);
    if (status == IE_OK) {
        status = check(onnx, ort->GetDimensionsCount(tensor, &port->rank), err);
    }
    if (status == IE_OK && port->rank > IE_TENSOR_RANK) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s: \"%s\" has %zu dimensions.", ie_shown(onnx->path),
                            ie_shown(port->name), port->rank);
    }
    return status == IE_OK ? check(onnx, ort->GetDimensions(tensor, port->shape, port->rank), err) : status;
}

static ie_status describe_port(const ie_onnx *onnx, bool input, size_t index, ie_port *port, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtAllocator *allocator;
    char *name = NULL;
    OrtTypeInfo *info = NULL;
    ie_status status = check(onnx, ort->GetAllocatorWithDefaultOptions(&allocator), err);
    if (status == IE_OK) {
        status = check(onnx, (input ? ort->SessionGetInputName : ort->SessionGetOutputName)(onnx->session, index,
                                                                                            allocator, &name), err);
    }
    if (status == IE_OK) {
        port->name = ie_strdup(name);
        status = check(onnx, ort->AllocatorFree(allocator, name), err);
    }
    if (status == IE_OK) {
        status = check(onnx, (input ? ort->SessionGetInputTypeInfo : ort->SessionGetOutputTypeInfo)(onnx->session,
                                                                                                    index, &info), err);
    }
    if (status == IE_OK) {
        status = describe_type(onnx, info, port, err);
        ort->ReleaseTypeInfo(info);
    }
    return status;
}

static ie_status describe_ports(ie_onnx *onnx, bool input, ie_port **ret_ports, size_t *ret_count, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    size_t count = 0;
    ie_status status =
        check(onnx, (input ? ort->SessionGetInputCount : ort->SessionGetOutputCount)(onnx->session, &count), err);
    if (status == IE_OK && (count == 0 || count > MAX_PORTS)) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s has %zu %s.", ie_shown(onnx->path), count,
                            input ? "inputs" : "outputs");
    }
    *ret_ports = ie_alloc(count * sizeof **ret_ports);
    *ret_count = count;
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = describe_port(onnx, input, i, &(*ret_ports)[i], err);
    }
    return status;
}

/* ORT reads whatever it is given; a folder or a pipe would be a long story in its words. */
static ie_status check_file(const char *path, ie_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "There is no model %s.", ie_shown(path));
    }
    return S_ISREG(st.st_mode) ? IE_OK
                               : ie_error_set(err, IE_ERR_FORMAT, "The model %s is not a file.", ie_shown(path));
}

ie_status ie_onnx_open(const ie_config *config, const char *path, int threads, ie_onnx **ret_onnx, ie_error *err)
{
    const ie_runtime *runtime;
    ie_status status = check_file(path, err);
    if (status == IE_OK) {
        status = ie_runtime_get(config, &runtime, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_onnx *onnx = ie_alloc(sizeof *onnx);
    onnx->runtime = runtime;
    onnx->path = ie_strdup(path);
    onnx->threads = threads;
    pthread_mutex_init(&onnx->lock, NULL);
    status = create_somewhere(onnx, config, err);
    if (status == IE_OK) {
        status = describe_ports(onnx, true, &onnx->inputs, &onnx->input_count, err);
    }
    if (status == IE_OK) {
        status = describe_ports(onnx, false, &onnx->outputs, &onnx->output_count, err);
    }
    if (status == IE_OK) {
        status = check(onnx, runtime->ort.CreateCpuMemoryInfo(IE_ORT_ARENA, 0, &onnx->memory), err);
    }
    atomic_store(&onnx->on_device, onnx->device != NULL);
    if (status == IE_OK) {
        *ret_onnx = onnx;
    } else {
        ie_onnx_close(onnx);
    }
    return status;
}

static void free_ports(ie_port *ports, size_t count)
{
    for (size_t i = 0; ports != NULL && i < count; i++) {
        free(ports[i].name);
    }
    free(ports);
}

void ie_onnx_close(ie_onnx *onnx)
{
    if (onnx == NULL) {
        return;
    }
    drop_session(onnx);
    free(onnx->device);
    if (onnx->memory != NULL) {
        onnx->runtime->ort.ReleaseMemoryInfo(onnx->memory);
    }
    free_ports(onnx->inputs, onnx->input_count);
    free_ports(onnx->outputs, onnx->output_count);
    free(atomic_exchange(&onnx->remark, NULL));
    pthread_mutex_destroy(&onnx->lock);
    free(onnx->path);
    free(onnx);
}

/* ---- asking ---- */

const ie_port *ie_onnx_inputs(const ie_onnx *onnx, size_t *ret_count)
{
    *ret_count = onnx->input_count;
    return onnx->inputs;
}

const ie_port *ie_onnx_outputs(const ie_onnx *onnx, size_t *ret_count)
{
    *ret_count = onnx->output_count;
    return onnx->outputs;
}

static const ie_port *find(const ie_port *ports, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ports[i].name, name) == 0) {
            return &ports[i];
        }
    }
    return NULL;
}

const ie_port *ie_onnx_input(const ie_onnx *onnx, const char *name)
{
    return find(onnx->inputs, onnx->input_count, name);
}

const ie_port *ie_onnx_output(const ie_onnx *onnx, const char *name)
{
    return find(onnx->outputs, onnx->output_count, name);
}

const char *ie_onnx_device(const ie_onnx *onnx)
{
    return atomic_load(&onnx->on_device) ? onnx->device : "CPU";
}

char *ie_onnx_take_remark(ie_onnx *onnx)
{
    return atomic_exchange(&onnx->remark, NULL);
}

size_t ie_tensor_count(const ie_tensor *tensor)
{
    size_t count = 1;
    for (size_t i = 0; i < tensor->rank; i++) {
        count *= (size_t)tensor->shape[i];
    }
    return count;
}

/* ---- running ---- */

static ie_status take_output(const ie_onnx *onnx, OrtValue *value, ie_tensor *ret_tensor, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtTensorInfo *info = NULL;
    int type = 0;
    size_t count = 0;
    void *data = NULL;
    ie_tensor out = {.type = IE_TENSOR_FLOAT};
    ie_status status = check(onnx, ort->GetTensorTypeAndShape(value, &info), err);
    if (status != IE_OK) {
        return status;
    }
    status = check(onnx, ort->GetTensorElementType(info, &type), err);
    if (status == IE_OK) {
        status = check(onnx, ort->GetDimensionsCount(info, &out.rank), err);
    }
    if (status == IE_OK && (type != IE_TENSOR_FLOAT || out.rank > IE_TENSOR_RANK)) {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s gives no floating-point numbers.", ie_shown(onnx->path));
    }
    if (status == IE_OK) {
        status = check(onnx, ort->GetDimensions(info, out.shape, out.rank), err);
    }
    if (status == IE_OK) {
        status = check(onnx, ort->GetTensorShapeElementCount(info, &count), err);
    }
    ort->ReleaseTensorTypeAndShapeInfo(info);
    if (status == IE_OK) {
        status = check(onnx, ort->GetTensorMutableData(value, &data), err);
    }
    if (status == IE_OK) {
        out.data = ie_try_alloc(count > 0 ? count : 1, sizeof(float));
        if (out.data == NULL) {
            return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory for the results of %s.",
                                ie_shown(onnx->path));
        }
        memcpy(out.data, data, count * sizeof(float));
        *ret_tensor = out;
    }
    return status;
}

static ie_status wrap_inputs(const ie_onnx *onnx, const ie_tensor *inputs, OrtValue **values, const char **names,
                             ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < onnx->input_count; i++) {
        const ie_tensor *in = &inputs[i];
        size_t size = in->type == IE_TENSOR_INT64 ? 8 : 4;
        names[i] = onnx->inputs[i].name;
        status = check(onnx,
                       onnx->runtime->ort.CreateTensorWithDataAsOrtValue(onnx->memory, in->data,
                                                                         ie_tensor_count(in) * size, in->shape,
                                                                         in->rank, (int)in->type, &values[i]),
                       err);
    }
    return status;
}

static ie_status run_once(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names,
                          size_t output_count, ie_tensor *ret_outputs, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtValue *values[MAX_PORTS] = {0}, *results[MAX_PORTS] = {0};
    const char *names[MAX_PORTS];
    ie_tensor outputs[MAX_PORTS] = {{0}};
    ie_status status = wrap_inputs(onnx, inputs, values, names, err);
    if (status == IE_OK) {
        status = check(onnx,
                       ort->Run(onnx->session, NULL, names, (const OrtValue *const *)values, onnx->input_count,
                                output_names, output_count, results),
                       err);
    }
    for (size_t i = 0; status == IE_OK && i < output_count; i++) {
        status = take_output(onnx, results[i], &outputs[i], err);
    }
    for (size_t i = 0; i < MAX_PORTS; i++) {
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

ie_status ie_onnx_run(ie_onnx *onnx, const ie_tensor *inputs, const char *const *output_names, size_t output_count,
                      ie_tensor *ret_outputs, ie_error *err)
{
    if (output_count > MAX_PORTS) {
        return ie_error_set(err, IE_ERR_INTERNAL, "Too many outputs are asked for.");
    }
    if (!atomic_load(&onnx->on_device)) {
        return run_once(onnx, inputs, output_names, output_count, ret_outputs, err);
    }
    pthread_mutex_lock(&onnx->lock);
    ie_error why = {0};
    ie_status status =
        onnx->session != NULL
            ? run_once(onnx, inputs, output_names, output_count, ret_outputs, &why)
            : ie_error_set(&why, IE_ERR_UNSUPPORTED, "%s runs neither there nor on the CPU.", ie_shown(onnx->path));
    if (status != IE_OK && onnx->session != NULL && atomic_load(&onnx->on_device)) {
        remark(onnx, onnx->device, why.text);
        drop_session(onnx);
        status = create(onnx, NULL, &why);
        if (status == IE_OK) {
            /* Its name stays until close: another thread may be reading it. */
            atomic_store(&onnx->on_device, false);
            status = run_once(onnx, inputs, output_names, output_count, ret_outputs, &why);
        }
    }
    pthread_mutex_unlock(&onnx->lock);
    return status == IE_OK ? IE_OK : ie_error_set(err, status, "%s", why.text);
}
