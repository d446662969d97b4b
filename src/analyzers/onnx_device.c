// SPDX-License-Identifier: GPL-3.0-or-later
/* Which device a model runs on: the best that is there and allowed, else the CPU. */
#include <ctype.h>
#include <string.h>

#include "analyzers/onnx_runtime.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

/* What is preferred among plugin providers' devices, best first. On the CPU itself only OpenVINO gains. */
static const struct {
    const char *provider;
    bool gpu;
} preferences[] = {
    {"cuda", true}, {"webgpu", true}, {"openvino", true}, {"openvino", false},
};

static bool is_gpu(const ie_runtime *runtime, const OrtEpDevice *device)
{
    return runtime->ort.HardwareDevice_Type(runtime->ort.EpDevice_Device(device)) == IE_ORT_HARDWARE_GPU;
}

static const OrtEpDevice *const *list_devices(const ie_runtime *runtime, size_t *ret_count)
{
    const OrtEpDevice *const *devices = NULL;
    *ret_count = 0;
    if (runtime->ort.GetEpDevices != NULL) {
        OrtStatus *status = runtime->ort.GetEpDevices(runtime->env, &devices, ret_count);
        if (status != NULL) {
            runtime->ort.ReleaseStatus(status);
            *ret_count = 0;
        }
    }
    return devices;
}

static char *name_of(const ie_runtime *runtime, const OrtEpDevice *device)
{
    const OrtHardwareDevice *hardware = runtime->ort.EpDevice_Device(device);
    static const char *const kinds[] = {"CPU", "GPU", "NPU"};
    int kind = runtime->ort.HardwareDevice_Type(hardware);
    return ie_asprintf("%s on %s %s", runtime->ort.EpDevice_EpName(device), runtime->ort.HardwareDevice_Vendor(hardware),
                       kind >= 0 && kind < 3 ? kinds[kind] : "device");
}

static const OrtEpDevice *pick(const ie_runtime *runtime, const char *wanted, bool gpu_allowed)
{
    size_t count;
    const OrtEpDevice *const *devices = list_devices(runtime, &count);
    for (size_t p = 0; p < sizeof preferences / sizeof *preferences; p++) {
        bool named = wanted[0] == 0 || strcasestr(wanted, preferences[p].provider) != NULL;
        for (size_t i = 0; named && i < count; i++) {
            const char *name = runtime->ort.EpDevice_EpName(devices[i]);
            if (strcasestr(name, preferences[p].provider) != NULL &&
                is_gpu(runtime, devices[i]) == preferences[p].gpu && (gpu_allowed || !preferences[p].gpu)) {
                return devices[i];
            }
        }
    }
    return NULL;
}

static bool has_cuda(const ie_runtime *runtime)
{
    char **providers = NULL;
    int count = 0;
    bool found = false;
    OrtStatus *status = runtime->ort.GetAvailableProviders(&providers, &count);
    for (int i = 0; status == NULL && i < count; i++) {
        found = found || strcmp(providers[i], "CUDAExecutionProvider") == 0;
    }
    if (status == NULL) {
        status = runtime->ort.ReleaseAvailableProviders(providers, count);
    }
    if (status != NULL) {
        runtime->ort.ReleaseStatus(status);
    }
    return found;
}

static OrtStatus *append_cuda(const ie_runtime *runtime, OrtSessionOptions *options)
{
    static const char *const keys[] = {"device_id", "cudnn_conv_algo_search"}, *const values[] = {"0", "HEURISTIC"};
    OrtCudaOptions *cuda = NULL;
    OrtStatus *status = runtime->ort.CreateCUDAProviderOptions(&cuda);
    if (status == NULL) {
        status = runtime->ort.UpdateCUDAProviderOptions(cuda, keys, values, 2);
    }
    if (status == NULL) {
        status = runtime->ort.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
    }
    if (cuda != NULL) {
        runtime->ort.ReleaseCUDAProviderOptions(cuda);
    }
    return status;
}

static void settle(const ie_runtime *runtime, OrtStatus *take_status, char *take_name, char **ret_name,
                   char **ret_refused)
{
    if (take_status == NULL) {
        *ret_name = take_name;
        return;
    }
    ie_error why = {0};
    ie_runtime_check(runtime, take_status, take_name, &why);
    free(take_name);
    *ret_refused = ie_strdup(why.text);
}

void ie_runtime_add_device(const ie_runtime *runtime, const ie_config *config, int threads,
                           OrtSessionOptions *options, char **ret_name, const char **ret_precision,
                           char **ret_refused)
{
    const char *wanted = config->analysis.device;
    bool gpu_allowed = strcmp(config->analysis.use_gpu, "false") != 0;
    *ret_name = *ret_refused = NULL;
    *ret_precision = NULL;
    if (ie_equal_nocase(wanted, "cpu")) {
        return;
    }
    /* GetAvailableProviders lists what was compiled in, which may still refuse to work. */
    bool cuda_wanted = gpu_allowed && (wanted[0] == 0 || strcasestr(wanted, "cuda") != NULL);
    if (cuda_wanted && has_cuda(runtime)) {
        settle(runtime, append_cuda(runtime, options), ie_strdup("CUDAExecutionProvider"), ret_name, ret_refused);
        if (*ret_name != NULL) {
            return;
        }
    }
    const OrtEpDevice *device = pick(runtime, wanted, gpu_allowed);
    if (device != NULL) {
        OrtStatus *status =
            runtime->ort.SessionOptionsAppendExecutionProvider_V2(options, runtime->env, &device, 1, NULL, NULL, 0);
        free(*ret_refused);
        *ret_refused = NULL;
        settle(runtime, status, name_of(runtime, device), ret_name, ret_refused);
    } else if (*ret_refused == NULL && (wanted[0] != 0 || strcmp(config->analysis.use_gpu, "true") == 0)) {
        *ret_refused = ie_asprintf("there is no %s that ONNX Runtime %s could use here",
                                   wanted[0] != 0 ? ie_shown(wanted) : "GPU", runtime->version);
    }
}

char **ie_runtime_devices(const ie_runtime *runtime, size_t *ret_count)
{
    size_t count;
    const OrtEpDevice *const *devices = list_devices(runtime, &count);
    char **names = ie_alloc((count + 3) * sizeof *names);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        names[(*ret_count)++] = name_of(runtime, devices[i]);
    }
    if (has_cuda(runtime)) {
        names[(*ret_count)++] = ie_strdup("CUDAExecutionProvider (compiled in)");
    }
    for (size_t i = 0; i < 2; i++) {
        if (runtime->refused[i] != NULL) {
            names[(*ret_count)++] = ie_strdup(runtime->refused[i]);
        }
    }
    return names;
}
