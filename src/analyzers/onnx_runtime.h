// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ONNX Runtime as a loaded library: found, opened once a process, its functions and its one
 * environment. It is never unloaded, because it keeps threads and global state; the list of loaded
 * ones is guarded by a mutex. For onnx*.c only. Thread-safe.
 */
#ifndef IE_ANALYZERS_ONNX_RUNTIME_H
#define IE_ANALYZERS_ONNX_RUNTIME_H

#include "analyzers/onnx_api.h"
#include "core/config.h"

/* A provider that comes as a library of its own, from a pip package. */
typedef struct ie_plugin {
    const char *provider; /* part of its name */
    char *path;           /* where it lies; NULL: not here */
    char *refused;        /* why it cannot be used; NULL: it can */
} ie_plugin;

#define IE_PLUGINS 2

typedef struct ie_runtime {
    char *path;
    ie_ort_calls ort;
    uint32_t api; /* version that was got, IE_ORT_OLDEST..IE_ORT_NEWEST */
    const char *version; /* "1.31.1" */
    OrtEnv *env;
    ie_plugin plugins[IE_PLUGINS];
    struct ie_runtime *next;
} ie_runtime;

/* The runtime of analysis.ml_models.runtime; when that is empty of the data folder, then of the
   system. Stays for the process's life. IE_ERR_NOT_FOUND says what to do; IE_ERR_UNSUPPORTED: a
   library, but too old or none. */
ie_status ie_runtime_get(const ie_config *config, const ie_runtime **ret_runtime,
                         ie_error *err) IE_MUST_CHECK;

/* An ORT status as an error; takes it. IE_OK for NULL; IE_ERR_LIMIT when memory did not suffice. */
ie_status ie_runtime_check(const ie_runtime *runtime, OrtStatus *take_status, const char *what,
                           ie_error *err);

/* What a session's options were given. */
typedef struct ie_device_choice {
    char *name;            /* which device; NULL: none, hence the CPU */
    const char *precision; /* what it computes in, where that is not what the file has, else NULL */
    bool shares_cpu;       /* it is the CPU in disguise: batches gain nothing there */
    char *refused; /* why a device that was there or asked for is not used; NULL: nothing to tell */
} ie_device_choice;

/* Adds the best device that the configuration allows to the options. `threads`: of a run, where the
   device shares the CPU. A provider that refuses is no error: the CPU is left. Texts of the choice
   are free()d by the caller. */
void ie_runtime_add_device(const ie_runtime *runtime, const ie_config *config, int threads,
                           OrtSessionOptions *options, ie_device_choice *ret_choice);

/* For `info`: one line for each device that could be used; free() each and the array. */
char **ie_runtime_devices(const ie_runtime *runtime, size_t *ret_count);

#endif
