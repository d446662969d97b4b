// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/onnx_runtime.h"

#include <dlfcn.h>
#include <glob.h>
#include <pthread.h>
#include <string.h>

#include "storage/data_folder.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

/* The runtimes of this process, guarded by the lock. There is more than one only when
   configurations differ. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ie_runtime *loaded;

static void say_nothing(void *user, int severity, const char *category, const char *id,
                        const char *where, const char *text)
{
    (void)user, (void)severity, (void)category, (void)id, (void)where, (void)text;
}

/* Each library has its own words for it. */
static bool tells_of_memory(const char *text)
{
    static const char *const words[] = {"out of memory",
                                        "out_of_memory",
                                        "out_of_device_memory",
                                        "out_of_host_memory",
                                        "out_of_resources",
                                        "alloc_failed",
                                        "bad_alloc",
                                        "failed to allocate",
                                        "not enough memory",
                                        "max size of memory object"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Behind "FILE:LINE FUNCTION [ONNXRuntimeError] : CODE : NAME : Load model from FILE failed:",
   which says nothing new to a person. */
static const char *without_origin(const char *text)
{
    const char *loading = strstr(text, "Load model from "),
               *failed = loading != NULL ? strstr(loading, " failed:") : NULL;
    if (failed != NULL && failed[strlen(" failed:")] != 0) {
        return failed + strlen(" failed:");
    }
    const char *origin = strstr(text, "[ONNXRuntimeError]");
    for (int colons = 0; origin != NULL && colons < 3; colons++) {
        origin = strstr(origin, " : ");
        origin = origin != NULL ? origin + 3 : NULL;
    }
    return origin != NULL && *origin != 0 ? origin : text;
}

ie_status ie_runtime_check(const ie_runtime *runtime, OrtStatus *take_status, const char *what,
                           ie_error *err)
{
    if (take_status == NULL) {
        return IE_OK;
    }
    /* ORT's messages have lines; an error is one. */
    IE_AUTO_FREE char *text =
        ie_strndup(without_origin(runtime->ort.GetErrorMessage(take_status)), 400);
    for (char *p = text; *p != 0; p++) {
        *p = *p == '\n' || *p == '\r' ? ' ' : *p;
    }
    runtime->ort.ReleaseStatus(take_status);
    return ie_error_set(err, tells_of_memory(text) ? IE_ERR_LIMIT : IE_ERR_FORMAT, "%s: %s", what,
                        text);
}

static void take_calls(ie_runtime *runtime, const ie_ort_fn *table)
{
#define TAKE(slot, since, result, name, parameters)                                                \
    runtime->ort.name = runtime->api >= (since) ? (result(*) parameters)table[slot] : NULL;
    IE_ORT_CALLS(TAKE)
#undef TAKE
}

/* The library of this name beside the runtime, as pip unpacks it, or in the data folder; free() it.
   NULL: neither. */
static char *find_plugin(const ie_runtime *runtime, const char *name)
{
    IE_AUTO_FREE char *home = ie_data_folder("runtime");
    IE_AUTO_FREE char *beside = ie_path_directory(runtime->path);
    const char *const folders[] = {beside, home};
    char *found = NULL;
    for (size_t f = 0; f < 2 && found == NULL; f++) {
        const char *folder = folders[f] != NULL ? folders[f] : "";
        IE_AUTO_FREE char *flat = ie_path_join(folder, name),
                          *deep = ie_asprintf("%s/*/%s", folder, name);
        glob_t hits = {0};
        if (glob(flat, 0, NULL, &hits) == 0 || glob(deep, 0, NULL, &hits) == 0) {
            found = ie_strdup(hits.gl_pathv[0]);
        }
        globfree(&hits);
    }
    return found;
}

/* A library that refuses has no devices, which is all. */
static void register_plugins(ie_runtime *runtime)
{
    static const char *const providers[IE_PLUGINS][2] = {
        {"openvino", "libonnxruntime_providers_openvino_plugin.so"},
        {"webgpu", "libonnxruntime_providers_webgpu.so"},
    };
    if (runtime->ort.RegisterExecutionProviderLibrary == NULL) {
        return;
    }
    for (size_t i = 0; i < IE_PLUGINS; i++) {
        ie_plugin *plugin = &runtime->plugins[i];
        *plugin =
            (ie_plugin){.provider = providers[i][0], .path = find_plugin(runtime, providers[i][1])};
        ie_error why = {0};
        if (plugin->path != NULL &&
            ie_runtime_check(runtime,
                             runtime->ort.RegisterExecutionProviderLibrary(
                                 runtime->env, providers[i][1], plugin->path),
                             plugin->path, &why) != IE_OK) {
            plugin->refused = ie_strdup(why.text);
        }
    }
}

static ie_status load(const char *path, ie_runtime **ret_runtime, ie_error *err)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "ONNX Runtime cannot be loaded: %s.", dlerror());
    }
    const OrtApiBase *(*get_base)(void) = NULL;
    void *symbol = dlsym(library, "OrtGetApiBase");
    memcpy(&get_base, &symbol, sizeof get_base);
    if (get_base == NULL) {
        dlclose(library);
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "%s is no ONNX Runtime.", ie_shown(path));
    }
    const OrtApiBase *base = get_base();
    const ie_ort_fn *table = NULL;
    uint32_t api = IE_ORT_NEWEST;
    /* It says on standard error what it has not got; so ask for what its version number
       promises. */
    unsigned minor = 0;
    if (sscanf(base->GetVersionString(), "1.%u", &minor) == 1 && minor < api) {
        api = minor;
    }
    while (api >= IE_ORT_OLDEST && (table = base->GetApi(api)) == NULL) {
        api--;
    }
    if (table == NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "%s is ONNX Runtime %s; 1.%d or newer is needed.", ie_shown(path),
                            base->GetVersionString(), IE_ORT_OLDEST);
    }
    ie_runtime *runtime = ie_alloc(sizeof *runtime);
    *runtime =
        (ie_runtime){.path = ie_strdup(path), .api = api, .version = base->GetVersionString()};
    take_calls(runtime, table);
    OrtStatus *status = runtime->ort.CreateEnvWithCustomLogger(say_nothing, NULL, IE_ORT_LOG_FATAL,
                                                               "imgengine", &runtime->env);
    if (status != NULL) {
        ie_runtime_check(runtime, status, "ONNX Runtime does not start", err);
        free(runtime->path);
        free(runtime);
        return IE_ERR_FORMAT;
    }
    register_plugins(runtime);
    *ret_runtime = runtime;
    return IE_OK;
}

/* The newest library of the data folder; free() it. NULL: none. */
static char *in_data_folder(void)
{
    static const char *const patterns[] = {
        "libonnxruntime.so*", "onnxruntime/capi/libonnxruntime.so.*", "*/lib/libonnxruntime.so.*"};
    IE_AUTO_FREE char *folder = ie_data_folder("runtime");
    char *found = NULL;
    for (size_t i = 0; folder != NULL && found == NULL && i < sizeof patterns / sizeof *patterns;
         i++) {
        IE_AUTO_FREE char *pattern = ie_path_join(folder, patterns[i]);
        glob_t hits = {0};
        if (glob(pattern, 0, NULL, &hits) == 0) {
            found = ie_strdup(hits.gl_pathv[hits.gl_pathc - 1]);
        }
        globfree(&hits);
    }
    return found;
}

static ie_status find_and_load(const char *wanted, ie_runtime **ret_runtime, ie_error *err)
{
    if (wanted[0] != 0) {
        return load(wanted, ret_runtime, err);
    }
    IE_AUTO_FREE char *own = in_data_folder();
    if (own != NULL) {
        return load(own, ret_runtime, err);
    }
    ie_error tried = {0};
    for (int i = 0; i < 2; i++) {
        ie_status status =
            load(i == 0 ? "libonnxruntime.so.1" : "libonnxruntime.so", ret_runtime, &tried);
        if (status != IE_ERR_NOT_FOUND) {
            return status == IE_OK ? status : ie_error_set(err, status, "%s", tried.text);
        }
    }
    return ie_error_set(
        err, IE_ERR_NOT_FOUND,
        "ONNX Runtime, which runs the models, is not installed; get it with: "
        "imgengine models runtime, or name its library in analysis.ml_models.runtime.");
}

ie_status ie_runtime_get(const ie_config *config, const ie_runtime **ret_runtime, ie_error *err)
{
    const char *wanted = config->analysis.runtime;
    ie_status status = IE_OK;
    pthread_mutex_lock(&lock);
    ie_runtime *runtime = loaded;
    while (runtime != NULL && wanted[0] != 0 && strcmp(runtime->path, wanted) != 0) {
        runtime = runtime->next;
    }
    if (runtime == NULL) {
        status = find_and_load(wanted, &runtime, err);
        if (status == IE_OK) {
            runtime->next = loaded;
            loaded = runtime;
        }
    }
    pthread_mutex_unlock(&lock);
    if (status == IE_OK) {
        *ret_runtime = runtime;
    }
    return status;
}
