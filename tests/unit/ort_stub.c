// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A library that looks like ONNX Runtime, for what no machine at hand does: a GPU whose memory is
 * too small, providers that refuse, old versions. Any file is a model to it: a detector [N,3,H,W] →
 * logits [N,1,80], pred_boxes [N,1,4] that sees in each picture the class that the picture's first
 * number says. A name with "vision" or "text" in it is a half of a CLIP: pixel_values [N,3,224,224]
 * or input_ids [N,length] → embedding [N,4]. The words of $ORT_STUB say what goes wrong: gpu there
 * is a GPU, of the WebGPU provider append, create, run   on it this call fails wrong       it sees
 * another class than there is openvino    OpenVINO's provider is compiled in oom=N       on it a
 * batch of more than N is too large fixed       texts have 77 tokens slow=N      each run takes so
 * many milliseconds api=N       the newest version of the API it has (23)
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzers/onnx_api.h"

#define CLASSES 80
#define NUMBERS 4 /* of an embedding */

enum { FLOAT = 1, INT64 = 7 };
enum kind { DETECTOR, VISION, TEXT };

struct OrtStatus {
    char text[120];
};
struct OrtSessionOptions {
    bool gpu;
};
struct OrtSession {
    bool gpu;
    enum kind kind;
};
struct OrtTensorInfo {
    int type; /* of ONNX */
    int64_t shape[4];
    size_t rank;
};
struct OrtValue {
    struct OrtTensorInfo info;
    float *data;
    bool owned;
};
struct OrtTypeInfo {
    struct OrtTensorInfo info;
};

static bool says(const char *word)
{
    const char *words = getenv("ORT_STUB");
    return words != NULL && strstr(words, word) != NULL;
}

static long number_of(const char *word, long fallback)
{
    const char *words = getenv("ORT_STUB"), *at = words != NULL ? strstr(words, word) : NULL;
    return at != NULL ? strtol(at + strlen(word), NULL, 10) : fallback;
}

static OrtStatus *fail(const char *text)
{
    OrtStatus *status = calloc(1, sizeof *status);
    snprintf(status->text, sizeof status->text, "%s", text);
    return status;
}

static const char *message(const OrtStatus *status)
{
    return status->text;
}

static OrtStatus *create_env(ie_ort_log_fn log, void *user, int severity, const char *id,
                             OrtEnv **out)
{
    static int env;
    *out = (OrtEnv *)(void *)&env;
    return NULL;
}

static OrtStatus *create_options(OrtSessionOptions **out)
{
    *out = calloc(1, sizeof **out);
    return NULL;
}

static OrtStatus *append(OrtSessionOptions *options, OrtEnv *env, const OrtEpDevice *const *devices,
                         size_t count, const char *const *keys, const char *const *values,
                         size_t option_count)
{
    options->gpu = true;
    return says("append") ? fail("/src/provider.cc:7 Get() [ONNXRuntimeError] : 1 : FAIL : the "
                                 "driver is too old")
                          : NULL;
}

static OrtStatus *append_openvino(OrtSessionOptions *options, const char *const *keys,
                                  const char *const *values, size_t count)
{
    options->gpu = true;
    return count == 2 && strcmp(values[0], "CPU") == 0 &&
                   strstr(values[1], "\"INFERENCE_NUM_THREADS\": \"1\"") != NULL
               ? NULL
               : fail("it was told other settings");
}

static OrtStatus *create_session(const OrtEnv *env, const char *path,
                                 const OrtSessionOptions *options, OrtSession **out)
{
    if (options->gpu && says("create")) {
        return fail("an operator is missing");
    }
    *out = calloc(1, sizeof **out);
    const char *name = strrchr(path, '/');
    (*out)->gpu = options->gpu;
    (*out)->kind = name == NULL                    ? DETECTOR
                   : strstr(name, "vision") != NULL ? VISION
                   : strstr(name, "text") != NULL   ? TEXT
                                                    : DETECTOR;
    return NULL;
}

static OrtStatus *set_number(OrtSessionOptions *options, int number)
{
    return NULL;
}

static OrtStatus *set_entry(OrtSessionOptions *options, const char *key, const char *value)
{
    return NULL;
}

static OrtStatus *one(const OrtSession *session, size_t *out)
{
    *out = 1;
    return NULL;
}

static OrtStatus *outputs_of(const OrtSession *session, size_t *out)
{
    *out = session->kind == DETECTOR ? 2 : 1;
    return NULL;
}

static OrtStatus *input_name(const OrtSession *session, size_t index, OrtAllocator *allocator,
                             char **out)
{
    *out = strdup(session->kind == TEXT ? "input_ids" : "pixel_values");
    return NULL;
}

static OrtStatus *output_name(const OrtSession *session, size_t index, OrtAllocator *allocator,
                              char **out)
{
    *out = strdup(session->kind != DETECTOR ? "embedding" : index == 0 ? "logits" : "pred_boxes");
    return NULL;
}

static OrtStatus *input_type(const OrtSession *session, size_t index, OrtTypeInfo **out)
{
    *out = calloc(1, sizeof **out);
    const int64_t side = session->kind == VISION ? 224 : -1;
    (*out)->info =
        session->kind == TEXT
            ? (OrtTensorInfo){.type = INT64, .shape = {-1, says("fixed") ? 77 : -1}, .rank = 2}
            : (OrtTensorInfo){.type = FLOAT, .shape = {-1, 3, side, side}, .rank = 4};
    return NULL;
}

static OrtStatus *output_type(const OrtSession *session, size_t index, OrtTypeInfo **out)
{
    *out = calloc(1, sizeof **out);
    (*out)->info =
        session->kind == DETECTOR
            ? (OrtTensorInfo){.type = FLOAT, .shape = {-1, 1, index == 0 ? CLASSES : 4}, .rank = 3}
            : (OrtTensorInfo){.type = FLOAT, .shape = {-1, NUMBERS}, .rank = 2};
    return NULL;
}

static OrtStatus *cast_type(const OrtTypeInfo *info, const OrtTensorInfo **out)
{
    *out = &info->info;
    return NULL;
}

static OrtStatus *element_type(const OrtTensorInfo *info, int *out)
{
    *out = info->type;
    return NULL;
}

static OrtStatus *rank(const OrtTensorInfo *info, size_t *out)
{
    *out = info->rank;
    return NULL;
}

static OrtStatus *shape(const OrtTensorInfo *info, int64_t *out, size_t count)
{
    memcpy(out, info->shape, count * sizeof *out);
    return NULL;
}

static OrtStatus *element_count(const OrtTensorInfo *info, size_t *out)
{
    *out = 1;
    for (size_t i = 0; i < info->rank; i++) {
        *out *= (size_t)info->shape[i];
    }
    return NULL;
}

static OrtStatus *tensor_info(const OrtValue *value, OrtTensorInfo **out)
{
    *out = calloc(1, sizeof **out);
    **out = value->info;
    return NULL;
}

static OrtStatus *wrap(const OrtMemoryInfo *info, void *data, size_t bytes,
                       const int64_t *dimensions, size_t count, int type, OrtValue **out)
{
    *out = calloc(1, sizeof **out);
    (*out)->info.rank = count;
    (*out)->info.type = type;
    memcpy((*out)->info.shape, dimensions, count * sizeof *dimensions);
    (*out)->data = data;
    return NULL;
}

static OrtStatus *tensor_data(OrtValue *value, void **out)
{
    *out = value->data;
    return NULL;
}

static OrtValue *make(int64_t pictures, int64_t width)
{
    OrtValue *value = calloc(1, sizeof *value);
    value->info = (OrtTensorInfo){.type = FLOAT, .shape = {pictures, 1, width}, .rank = 3};
    value->data = calloc((size_t)(pictures * width), sizeof *value->data);
    value->owned = true;
    return value;
}

/* $ORT_STUB_LOG: a file that gets a line for each run, with the number of its pictures or "text"
   and its length. */
static void note_run(const OrtSession *session, const OrtTensorInfo *input)
{
    const char *path = getenv("ORT_STUB_LOG");
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;
    const long ms = number_of("slow=", 0);
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
    if (file != NULL) {
        bool text = session->kind == TEXT;
        fprintf(file, "%s%d\n", text ? "text " : "", (int)input->shape[text ? 1 : 0]);
        fclose(file);
    }
}

/* A text turns away from the first axis with its first token; pictures lie on it. */
static OrtValue *embed(const OrtSession *session, const OrtValue *input)
{
    OrtValue *value = make(input->info.shape[0], NUMBERS);
    value->info =
        (OrtTensorInfo){.type = FLOAT, .shape = {input->info.shape[0], NUMBERS}, .rank = 2};
    for (int64_t i = 0; i < input->info.shape[0]; i++) {
        float *row = value->data + i * NUMBERS;
        row[0] = 1;
        if (session->kind == TEXT) {
            int64_t token;
            memcpy(&token,
                   (const char *)input->data +
                       (i * input->info.shape[1] + 1) * (int64_t)sizeof token,
                   sizeof token);
            row[1] = (float)token / 300;
        }
    }
    return value;
}

static OrtStatus *run(OrtSession *session, const OrtRunOptions *options,
                      const char *const *input_names, const OrtValue *const *inputs,
                      size_t input_count, const char *const *output_names, size_t output_count,
                      OrtValue **outputs)
{
    note_run(session, &inputs[0]->info);
    if (session->kind != DETECTOR) {
        outputs[0] = embed(session, inputs[0]);
        return NULL;
    }
    int64_t pictures = inputs[0]->info.shape[0],
            numbers = 3 * inputs[0]->info.shape[2] * inputs[0]->info.shape[3];
    if (session->gpu && says("run")) {
        return fail("the device was lost");
    }
    if (session->gpu && pictures > number_of("oom=", pictures)) {
        return fail("Failed to allocate memory for requested buffer of size 1073741824");
    }
    outputs[0] = make(pictures, CLASSES);
    outputs[1] = make(pictures, 4);
    for (int64_t p = 0; p < pictures; p++) {
        for (int c = 0; c < CLASSES; c++) {
            int seen = (int)inputs[0]->data[p * numbers] + (session->gpu && says("wrong") ? 1 : 0);
            outputs[0]->data[p * CLASSES + c] = c == seen ? 4.0f : -9.0f;
        }
        const float box[4] = {0.5f, 0.5f, 1.0f, 1.0f};
        memcpy(outputs[1]->data + p * 4, box, sizeof box);
    }
    return NULL;
}

static OrtStatus *memory_info(int allocator, int memory, OrtMemoryInfo **out)
{
    *out = calloc(1, 1);
    return NULL;
}

static OrtStatus *default_allocator(OrtAllocator **out)
{
    *out = NULL;
    return NULL;
}

static OrtStatus *free_memory(OrtAllocator *allocator, void *memory)
{
    free(memory);
    return NULL;
}

static void release(void *thing)
{
    free(thing);
}

static void release_value(OrtValue *value)
{
    if (value->owned) {
        free(value->data);
    }
    free(value);
}

static OrtStatus *providers(char ***out, int *count)
{
    static char name[] = "OpenVINOExecutionProvider", *list[] = {name};
    *out = list;
    *count = says("openvino") ? 1 : 0;
    return NULL;
}

static OrtStatus *release_providers(char **list, int count)
{
    return NULL;
}

static OrtStatus *ep_devices(const OrtEnv *env, const OrtEpDevice *const **out, size_t *count)
{
    static int device;
    static const OrtEpDevice *const list[] = {(const OrtEpDevice *)(const void *)&device};
    *out = list;
    *count = says("gpu") ? 1 : 0;
    return NULL;
}

static const char *ep_name(const OrtEpDevice *device)
{
    return "WebGpuExecutionProvider";
}

static const OrtHardwareDevice *hardware(const OrtEpDevice *device)
{
    return (const OrtHardwareDevice *)(const void *)device;
}

static int hardware_type(const OrtHardwareDevice *device)
{
    return IE_ORT_HARDWARE_GPU;
}

static const char *hardware_vendor(const OrtHardwareDevice *device)
{
    return "Stub";
}

static uint32_t hardware_vendor_id(const OrtHardwareDevice *device)
{
    return 0x10de;
}

static const OrtKeyValuePairs *hardware_facts(const OrtHardwareDevice *device)
{
    return NULL;
}

static OrtStatus *register_library(OrtEnv *env, const char *name, const char *path)
{
    return says("register")
               ? fail("/src/library.cc:7 Load() [ONNXRuntimeError] : 1 : FAIL : no libvulkan.so.1")
               : NULL;
}

static const struct {
    int slot;
    ie_ort_fn function;
} functions[] = {
    {2, (ie_ort_fn)message},
    {4, (ie_ort_fn)create_env},
    {7, (ie_ort_fn)create_session},
    {9, (ie_ort_fn)run},
    {10, (ie_ort_fn)create_options},
    {22, (ie_ort_fn)set_number},
    {23, (ie_ort_fn)set_number},
    {24, (ie_ort_fn)set_number},
    {30, (ie_ort_fn)one},
    {31, (ie_ort_fn)outputs_of},
    {33, (ie_ort_fn)input_type},
    {34, (ie_ort_fn)output_type},
    {36, (ie_ort_fn)input_name},
    {37, (ie_ort_fn)output_name},
    {49, (ie_ort_fn)wrap},
    {51, (ie_ort_fn)tensor_data},
    {55, (ie_ort_fn)cast_type},
    {60, (ie_ort_fn)element_type},
    {61, (ie_ort_fn)rank},
    {62, (ie_ort_fn)shape},
    {64, (ie_ort_fn)element_count},
    {65, (ie_ort_fn)tensor_info},
    {69, (ie_ort_fn)memory_info},
    {76, (ie_ort_fn)free_memory},
    {78, (ie_ort_fn)default_allocator},
    {93, (ie_ort_fn)release},
    {94, (ie_ort_fn)release},
    {95, (ie_ort_fn)release},
    {96, (ie_ort_fn)release_value},
    {98, (ie_ort_fn)release},
    {99, (ie_ort_fn)release},
    {100, (ie_ort_fn)release},
    {125, (ie_ort_fn)providers},
    {126, (ie_ort_fn)release_providers},
    {130, (ie_ort_fn)set_entry},
    {275, (ie_ort_fn)append_openvino},
    {301, (ie_ort_fn)register_library},
    {303, (ie_ort_fn)ep_devices},
    {304, (ie_ort_fn)append},
    {307, (ie_ort_fn)hardware_type},
    {308, (ie_ort_fn)hardware_vendor_id},
    {309, (ie_ort_fn)hardware_vendor},
    {311, (ie_ort_fn)hardware_facts},
    {312, (ie_ort_fn)ep_name},
    {316, (ie_ort_fn)hardware},
};

static const ie_ort_fn *get_api(uint32_t version)
{
    static ie_ort_fn table[400];
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        table[functions[i].slot] = functions[i].function;
    }
    return version <= number_of("api=", 23) ? table : NULL;
}

static const char *version_text(void)
{
    return "1.99.0-stub";
}

__attribute__((visibility("default"))) const OrtApiBase *OrtGetApiBase(void);

const OrtApiBase *OrtGetApiBase(void)
{
    static const OrtApiBase base = {get_api, version_text};
    return &base;
}
