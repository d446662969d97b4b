// SPDX-License-Identifier: GPL-3.0-or-later
/* Which device a model runs on: the best that is there and allowed, else the CPU. */
#include <stdio.h>
#include <string.h>

#include "analyzers/onnx_runtime.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define VENDOR_INTEL 0x8086
#define CUDA "CUDAExecutionProvider"
#define OPENVINO "OpenVINOExecutionProvider"

/* What is preferred among plugin providers' devices, best first. On the CPU itself only OpenVINO
   gains. */
static const struct {
    const char *provider;
    enum { DISCRETE_GPU, ANY_GPU, NO_GPU } kind;
} preferences[] = {
    {"cuda", ANY_GPU},    {"webgpu", DISCRETE_GPU}, {"openvino", ANY_GPU},
    {"openvino", NO_GPU}, {"webgpu", ANY_GPU},
};

static bool is_gpu(const ie_runtime *runtime, const OrtEpDevice *device)
{
    return runtime->ort.HardwareDevice_Type(runtime->ort.EpDevice_Device(device)) ==
           IE_ORT_HARDWARE_GPU;
}

/* Where the runtime does not say so, Intel's are taken as part of the processor. */
static bool is_discrete(const ie_runtime *runtime, const OrtEpDevice *device)
{
    const OrtHardwareDevice *hardware = runtime->ort.EpDevice_Device(device);
    const OrtKeyValuePairs *facts = runtime->ort.HardwareDevice_Metadata(hardware);
    const char *says = facts != NULL ? runtime->ort.GetKeyValue(facts, "Discrete") : NULL;
    return says != NULL ? strcmp(says, "1") == 0
                        : runtime->ort.HardwareDevice_VendorId(hardware) != VENDOR_INTEL;
}

/* Has the processor instructions for bfloat16? Then OpenVINO uses them by default. */
static bool cpu_has_bf16(void)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[8192];
    bool found = false;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (ie_starts_with(line, "flags")) {
            found = strstr(line, " amx_bf16") != NULL || strstr(line, " avx512_bf16") != NULL;
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* What the provider is documented to compute a model of 32-bit weights in, unless told otherwise;
   NULL: in what the file has. The API does not tell. */
static const char *default_precision(const char *provider, bool gpu)
{
    if (strcasestr(provider, "openvino") != NULL) {
        return gpu ? "fp16" : cpu_has_bf16() ? "bf16" : NULL;
    }
    return strcasestr(provider, "cuda") != NULL ? "tf32" : NULL;
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
    return ie_asprintf("%s on %s %s", runtime->ort.EpDevice_EpName(device),
                       runtime->ort.HardwareDevice_Vendor(hardware),
                       kind >= 0 && kind < 3 ? kinds[kind] : "device");
}

static bool is_cpu(const ie_runtime *runtime, const OrtEpDevice *device)
{
    return runtime->ort.HardwareDevice_Type(runtime->ort.EpDevice_Device(device)) ==
           IE_ORT_HARDWARE_CPU;
}

static bool gains_most(const ie_runtime *runtime, const OrtEpDevice *device)
{
    return is_gpu(runtime, device) && is_discrete(runtime, device);
}

static const OrtEpDevice *pick(const ie_runtime *runtime, const char *wanted, bool gpu_allowed)
{
    size_t count;
    const OrtEpDevice *const *devices = list_devices(runtime, &count);
    for (size_t p = 0; p < sizeof preferences / sizeof *preferences; p++) {
        bool named = wanted[0] == 0 || strcasestr(wanted, preferences[p].provider) != NULL;
        for (size_t i = 0; named && i < count; i++) {
            const char *name = runtime->ort.EpDevice_EpName(devices[i]);
            bool gpu = is_gpu(runtime, devices[i]), wants_gpu = preferences[p].kind != NO_GPU;
            bool fits = gpu == wants_gpu && (gpu_allowed || !gpu) &&
                        (preferences[p].kind != DISCRETE_GPU || is_discrete(runtime, devices[i]));
            if (fits && strcasestr(name, preferences[p].provider) != NULL) {
                return devices[i];
            }
        }
    }
    return NULL;
}

/* ---- providers that are compiled into the runtime ---- */

static bool is_built_in(const ie_runtime *runtime, const char *provider)
{
    char **providers = NULL;
    int count = 0;
    bool found = false;
    OrtStatus *status = runtime->ort.GetAvailableProviders(&providers, &count);
    for (int i = 0; status == NULL && i < count; i++) {
        found = found || strcmp(providers[i], provider) == 0;
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
    static const char *const keys[] = {"device_id", "cudnn_conv_algo_search"}, *const values[] = {
                                                                                   "0",
                                                                                   "HEURISTIC"};
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

/* Unlike the plugin, which lists Intel's hardware only, it takes any processor; but it computes in
   32 bits unless told. */
static OrtStatus *append_openvino(const ie_runtime *runtime, OrtSessionOptions *options,
                                  int threads)
{
    IE_AUTO_FREE char *settings = ie_asprintf(
        "{\"CPU\": {\"INFERENCE_PRECISION_HINT\": \"%s\", \"INFERENCE_NUM_THREADS\": \"%d\", "
        "\"NUM_STREAMS\": \"1\"}}",
        cpu_has_bf16() ? "bf16" : "f32", threads);
    const char *const keys[] = {"device_type", "load_config"}, *const values[] = {"CPU", settings};
    return runtime->ort.SessionOptionsAppendExecutionProvider_OpenVINO_V2(options, keys, values, 2);
}

/* ---- the choice ---- */

/* A device that was appended, or a reason more or less why there is none. */
static bool settle(const ie_runtime *runtime, OrtStatus *take_status, char *take_name,
                   const char *precision, ie_device_choice *choice)
{
    free(choice->refused);
    choice->refused = NULL;
    if (take_status == NULL) {
        choice->name = take_name;
        choice->precision = precision;
        return true;
    }
    ie_error why = {0};
    ie_runtime_check(runtime, take_status, take_name, &why);
    free(take_name);
    choice->refused = ie_strdup(why.text);
    return false;
}

static bool add_plugin(const ie_runtime *runtime, const OrtEpDevice *device,
                       OrtSessionOptions *options, ie_device_choice *choice)
{
    OrtStatus *status = runtime->ort.SessionOptionsAppendExecutionProvider_V2(
        options, runtime->env, &device, 1, NULL, NULL, 0);
    choice->shares_cpu = is_cpu(runtime, device);
    return settle(runtime, status, name_of(runtime, device),
                  default_precision(runtime->ort.EpDevice_EpName(device), is_gpu(runtime, device)),
                  choice);
}

void ie_runtime_add_device(const ie_runtime *runtime, const ie_config *config, int threads,
                           OrtSessionOptions *options, ie_device_choice *ret_choice)
{
    const char *wanted = config->analysis.device;
    bool gpu_allowed = strcmp(config->analysis.use_gpu, "false") != 0;
    *ret_choice = (ie_device_choice){.name = NULL};
    if (ie_equal_nocase(wanted, "cpu")) {
        return;
    }
    /* What was compiled in may still refuse to work. */
    bool cuda = gpu_allowed && (wanted[0] == 0 || strcasestr(wanted, "cuda") != NULL) &&
                is_built_in(runtime, CUDA);
    bool openvino = (wanted[0] == 0 || strcasestr(wanted, "openvino") != NULL) &&
                    is_built_in(runtime, OPENVINO);
    const OrtEpDevice *device = pick(runtime, wanted, gpu_allowed);
    if (cuda &&
        settle(runtime, append_cuda(runtime, options), ie_strdup(CUDA), "tf32", ret_choice)) {
        return;
    }
    if (device != NULL && (!openvino || gains_most(runtime, device)) &&
        add_plugin(runtime, device, options, ret_choice)) {
        return;
    }
    ret_choice->shares_cpu = true;
    if (openvino &&
        settle(runtime, append_openvino(runtime, options, threads),
               ie_strdup(OPENVINO " on the CPU"), cpu_has_bf16() ? "bf16" : NULL, ret_choice)) {
        return;
    }
    if (ret_choice->refused == NULL &&
        (wanted[0] != 0 || strcmp(config->analysis.use_gpu, "true") == 0)) {
        ret_choice->refused =
            ie_asprintf("there is no %s that ONNX Runtime %s could use here",
                        wanted[0] != 0 ? ie_shown(wanted) : "GPU", runtime->version);
    }
}

/* ---- for people ---- */

/* With what it computes in, where that is not what the file has. */
static char *described(const ie_runtime *runtime, const OrtEpDevice *device)
{
    IE_AUTO_FREE char *name = name_of(runtime, device);
    const char *precision =
        default_precision(runtime->ort.EpDevice_EpName(device), is_gpu(runtime, device));
    return precision != NULL ? ie_asprintf("%s, in %s", name, precision) : ie_strdup(name);
}

/* Is there a device of the provider that lies in this library? */
static bool has_device(const ie_runtime *runtime, const char *provider,
                       const OrtEpDevice *const *devices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasestr(runtime->ort.EpDevice_EpName(devices[i]), provider) != NULL) {
            return true;
        }
    }
    return false;
}

char **ie_runtime_devices(const ie_runtime *runtime, size_t *ret_count)
{
    size_t count;
    const OrtEpDevice *const *devices = list_devices(runtime, &count);
    char **names = ie_alloc((count + 2 + IE_PLUGINS) * sizeof *names);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        names[(*ret_count)++] = described(runtime, devices[i]);
    }
    if (is_built_in(runtime, CUDA)) {
        names[(*ret_count)++] = ie_strdup(CUDA " (compiled in)");
    }
    if (is_built_in(runtime, OPENVINO)) {
        names[(*ret_count)++] =
            ie_asprintf(OPENVINO " on the CPU%s (compiled in)", cpu_has_bf16() ? ", in bf16" : "");
    }
    for (size_t i = 0; i < IE_PLUGINS; i++) {
        const ie_plugin *plugin = &runtime->plugins[i];
        if (plugin->refused != NULL) {
            names[(*ret_count)++] = ie_strdup(plugin->refused);
        } else if (plugin->path != NULL && !has_device(runtime, plugin->provider, devices, count)) {
            names[(*ret_count)++] = ie_asprintf("none for %s", plugin->path);
        }
    }
    return names;
}
