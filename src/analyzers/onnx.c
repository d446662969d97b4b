// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>
#include <sys/stat.h>

#include "analyzers/onnx_file.h"
#include "analyzers/onnx_session.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

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
    lines[(*ret_count)++] =
        ie_asprintf("%s, API %u, %s", runtime->version, runtime->api, runtime->path);
    for (size_t i = 0; i < count; i++) {
        lines[(*ret_count)++] = devices[i];
    }
    free(devices);
    return lines;
}

/* ---- opening ---- */

ie_status ie_onnx_result(const ie_onnx *onnx, OrtStatus *take_status, ie_error *err)
{
    return ie_runtime_check(onnx->runtime, take_status, ie_shown(onnx->path), err);
}

static ie_status set_options(const ie_onnx *onnx, OrtSessionOptions *options, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    ie_status status = ie_onnx_result(
        onnx, ort->SetSessionGraphOptimizationLevel(options, IE_ORT_ALL_OPTIMIZATIONS), err);
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->SetIntraOpNumThreads(options, onnx->threads), err);
    }
    if (status == IE_OK) {
        status =
            ie_onnx_result(onnx, ort->SetSessionLogSeverityLevel(options, IE_ORT_LOG_FATAL), err);
    }
    if (status == IE_OK) {
        /* Threads that wait by spinning take the cores from those that decode. */
        status = ie_onnx_result(
            onnx, ort->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"), err);
    }
    return status;
}

void ie_onnx_remark(ie_onnx *onnx, char *take_text)
{
    pthread_mutex_lock(&onnx->remark_lock);
    char *before = onnx->remark;
    onnx->remark = before == NULL ? take_text : ie_asprintf("%s %s", before, take_text);
    pthread_mutex_unlock(&onnx->remark_lock);
    if (before != NULL) {
        free(before);
        free(take_text);
    }
}

void ie_onnx_remark_cpu(ie_onnx *onnx, const char *device, const char *why)
{
    size_t length = strlen(why);
    while (length > 0 && (why[length - 1] == '.' || why[length - 1] == ' ')) {
        length--;
    }
    ie_onnx_remark(onnx, ie_asprintf("The models run on the CPU instead of %s: %.*s.", device,
                                     (int)length, why));
}

char *ie_onnx_take_remark(ie_onnx *onnx)
{
    pthread_mutex_lock(&onnx->remark_lock);
    char *text = onnx->remark;
    onnx->remark = NULL;
    pthread_mutex_unlock(&onnx->remark_lock);
    return text;
}

/* A session on the device that the configuration asks for, or on the CPU when config is NULL. */
ie_status ie_onnx_create(ie_onnx *onnx, const ie_config *config, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtSessionOptions *options = NULL;
    ie_status status = ie_onnx_result(onnx, ort->CreateSessionOptions(&options), err);
    if (status == IE_OK) {
        status = set_options(onnx, options, err);
    }
    if (status == IE_OK && config != NULL) {
        ie_device_choice choice;
        ie_runtime_add_device(onnx->runtime, config, onnx->threads, options, &choice);
        onnx->device = choice.name;
        onnx->device_precision = choice.precision;
        onnx->shares_cpu = choice.shares_cpu;
        if (choice.refused != NULL) {
            ie_onnx_remark_cpu(onnx, "another device", choice.refused);
            free(choice.refused);
        }
    }
    if (status == IE_OK) {
        status = ie_onnx_result(
            onnx, ort->CreateSession(onnx->runtime->env, onnx->path, options, &onnx->session), err);
    }
    if (options != NULL) {
        ort->ReleaseSessionOptions(options);
    }
    return status;
}

void ie_onnx_drop_session(ie_onnx *onnx)
{
    if (onnx->session != NULL) {
        onnx->runtime->ort.ReleaseSession(onnx->session);
        onnx->session = NULL;
    }
}

ie_status ie_onnx_leave_device(ie_onnx *onnx, const char *why, ie_error *err)
{
    ie_onnx_remark_cpu(onnx, onnx->device, why);
    ie_onnx_drop_session(onnx);
    free(onnx->device);
    onnx->device = NULL;
    onnx->device_precision = NULL;
    return ie_onnx_create(onnx, NULL, err);
}

static ie_status create_somewhere(ie_onnx *onnx, const ie_config *config, ie_error *err)
{
    ie_error first = {0};
    ie_status status = ie_onnx_create(onnx, config, &first);
    if (status != IE_OK && onnx->device != NULL) {
        return ie_onnx_leave_device(onnx, first.text, err);
    }
    return status == IE_OK ? IE_OK : ie_error_set(err, status, "%s", first.text);
}

static ie_status describe_type(const ie_onnx *onnx, OrtTypeInfo *info, ie_port *port, ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    const OrtTensorInfo *tensor = NULL;
    ie_status status = ie_onnx_result(onnx, ort->CastTypeInfoToTensorInfo(info, &tensor), err);
    if (status != IE_OK || tensor == NULL) {
        return status; /* no tensor: type stays 0, which nobody asks for */
    }
    status = ie_onnx_result(onnx, ort->GetTensorElementType(tensor, &port->type), err);
    if (status == IE_OK) {
        status = ie_onnx_result(onnx, ort->GetDimensionsCount(tensor, &port->rank), err);
    }
    if (status == IE_OK && port->rank > IE_TENSOR_RANK) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s: \"%s\" has %zu dimensions.",
                            ie_shown(onnx->path), ie_shown(port->name), port->rank);
    }
    return status == IE_OK
               ? ie_onnx_result(onnx, ort->GetDimensions(tensor, port->shape, port->rank), err)
               : status;
}

static ie_status describe_port(const ie_onnx *onnx, bool input, size_t index, ie_port *port,
                               ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    OrtAllocator *allocator;
    char *name = NULL;
    OrtTypeInfo *info = NULL;
    ie_status status = ie_onnx_result(onnx, ort->GetAllocatorWithDefaultOptions(&allocator), err);
    if (status == IE_OK) {
        status = ie_onnx_result(onnx,
                                (input ? ort->SessionGetInputName : ort->SessionGetOutputName)(
                                    onnx->session, index, allocator, &name),
                                err);
    }
    if (status == IE_OK) {
        port->name = ie_strdup(name);
        status = ie_onnx_result(onnx, ort->AllocatorFree(allocator, name), err);
    }
    if (status == IE_OK) {
        status =
            ie_onnx_result(onnx,
                           (input ? ort->SessionGetInputTypeInfo
                                  : ort->SessionGetOutputTypeInfo)(onnx->session, index, &info),
                           err);
    }
    if (status == IE_OK) {
        status = describe_type(onnx, info, port, err);
        ort->ReleaseTypeInfo(info);
    }
    return status;
}

static ie_status describe_ports(ie_onnx *onnx, bool input, ie_port **ret_ports, size_t *ret_count,
                                ie_error *err)
{
    const ie_ort_calls *ort = &onnx->runtime->ort;
    size_t count = 0;
    ie_status status = ie_onnx_result(
        onnx,
        (input ? ort->SessionGetInputCount : ort->SessionGetOutputCount)(onnx->session, &count),
        err);
    if (status == IE_OK && (count == 0 || count > IE_PORTS_MAX)) {
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
    return S_ISREG(st.st_mode)
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT, "The model %s is not a file.", ie_shown(path));
}

static bool has_free_batch(const ie_onnx *onnx)
{
    bool is_free = true;
    for (size_t i = 0; i < onnx->input_count + onnx->output_count; i++) {
        const ie_port *port =
            i < onnx->input_count ? &onnx->inputs[i] : &onnx->outputs[i - onnx->input_count];
        is_free = is_free && port->rank > 0 && port->shape[0] < 0;
    }
    return is_free;
}

ie_status ie_onnx_open(const ie_config *config, const char *path, int threads, ie_onnx **ret_onnx,
                       ie_error *err)
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
    pthread_mutex_init(&onnx->remark_lock, NULL);
    onnx->file_precision = ie_onnx_file_precision(path);
    status = create_somewhere(onnx, config, err);
    if (status == IE_OK) {
        status = describe_ports(onnx, true, &onnx->inputs, &onnx->input_count, err);
    }
    if (status == IE_OK) {
        status = describe_ports(onnx, false, &onnx->outputs, &onnx->output_count, err);
    }
    if (status == IE_OK) {
        status = ie_onnx_result(
            onnx, runtime->ort.CreateCpuMemoryInfo(IE_ORT_ARENA, 0, &onnx->memory), err);
    }
    if (status == IE_OK && onnx->device != NULL) {
        status = ie_onnx_prove_device(onnx, config, err);
    }
    atomic_store(&onnx->on_device, onnx->device != NULL);
    atomic_store(&onnx->batch, status == IE_OK && has_free_batch(onnx)
                                   ? (size_t)config->analysis.ml_batch_size
                                   : 1);
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
    ie_onnx_drop_session(onnx);
    free(onnx->device);
    if (onnx->memory != NULL) {
        onnx->runtime->ort.ReleaseMemoryInfo(onnx->memory);
    }
    free_ports(onnx->inputs, onnx->input_count);
    free_ports(onnx->outputs, onnx->output_count);
    free(onnx->remark);
    pthread_mutex_destroy(&onnx->remark_lock);
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

bool ie_onnx_on_cpu(const ie_onnx *onnx)
{
    return !atomic_load(&onnx->on_device);
}

bool ie_onnx_on_gpu(const ie_onnx *onnx)
{
    return atomic_load(&onnx->on_device) && !onnx->shares_cpu;
}

const char *ie_onnx_precision(const ie_onnx *onnx)
{
    bool own = atomic_load(&onnx->on_device) && onnx->device_precision != NULL;
    return own ? onnx->device_precision : onnx->file_precision;
}

size_t ie_onnx_batch(const ie_onnx *onnx)
{
    return atomic_load(&onnx->batch);
}

void ie_onnx_halve_batch(ie_onnx *onnx, size_t count)
{
    size_t half = count > 1 ? count / 2 : 1;
    if (half < atomic_load(&onnx->batch)) {
        atomic_store(&onnx->batch, half);
        ie_onnx_remark(
            onnx, ie_asprintf(
                      "There is not enough memory on %s for %zu photos at once; going on with %zu.",
                      ie_onnx_device(onnx), count, half));
    }
}

size_t ie_tensor_count(const ie_tensor *tensor)
{
    size_t count = 1;
    for (size_t i = 0; i < tensor->rank; i++) {
        count *= (size_t)tensor->shape[i];
    }
    return count;
}
