// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The part of ONNX Runtime's C API that is used here, declared by slot. The API is a table of
 * functions whose order is an append-only promise: a slot never moves, and API version N has all
 * functions up to N. So a runtime that is loaded by dlopen needs no header of its own version, and
 * newer functions are there when the version says so. Names, slots and parameters are those of
 * onnxruntime_c_api.h. Included by onnx*.c and their test only.
 */
#ifndef IE_ANALYZERS_ONNX_API_H
#define IE_ANALYZERS_ONNX_API_H

#include <stddef.h>
#include <stdint.h>

#define IE_ORT_NEWEST 23 /* versions that are asked for, from the newest known down */
#define IE_ORT_OLDEST 17

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorInfo OrtTensorInfo; /* OrtTensorTypeAndShapeInfo */
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtCudaOptions OrtCudaOptions; /* OrtCUDAProviderOptionsV2 */
typedef struct OrtEpDevice OrtEpDevice;
typedef struct OrtHardwareDevice OrtHardwareDevice;
typedef struct OrtKeyValuePairs OrtKeyValuePairs;

typedef void (*ie_ort_log_fn)(void *user, int severity, const char *category, const char *id,
                              const char *where, const char *text);
typedef void (*ie_ort_fn)(void); /* an entry of the table, before it has its type */

typedef struct OrtApiBase {
    const ie_ort_fn *(*GetApi)(uint32_t version); /* NULL: not that version */
    const char *(*GetVersionString)(void);
} OrtApiBase;

enum { IE_ORT_LOG_FATAL = 4, IE_ORT_ALL_OPTIMIZATIONS = 99, IE_ORT_ARENA = 1 };
enum { IE_ORT_HARDWARE_CPU = 0, IE_ORT_HARDWARE_GPU = 1 };

/* X(slot, first version, result, name, parameters) */
#define IE_ORT_CALLS(X)                                                                            \
    X(1, 17, int, GetErrorCode, (const OrtStatus *status))                                         \
    X(2, 17, const char *, GetErrorMessage, (const OrtStatus *status))                             \
    X(4, 17, OrtStatus *, CreateEnvWithCustomLogger,                                               \
      (ie_ort_log_fn log, void *user, int severity, const char *id, OrtEnv **out))                 \
    X(7, 17, OrtStatus *, CreateSession,                                                           \
      (const OrtEnv *env, const char *path, const OrtSessionOptions *options, OrtSession **out))   \
    X(9, 17, OrtStatus *, Run,                                                                     \
      (OrtSession *session, const OrtRunOptions *options, const char *const *input_names,         \
       const OrtValue *const *inputs, size_t input_count, const char *const *output_names,         \
       size_t output_count, OrtValue **outputs))                                                   \
    X(10, 17, OrtStatus *, CreateSessionOptions, (OrtSessionOptions **out))                       \
    X(22, 17, OrtStatus *, SetSessionLogSeverityLevel, (OrtSessionOptions *options, int level))   \
    X(23, 17, OrtStatus *, SetSessionGraphOptimizationLevel,                                       \
      (OrtSessionOptions *options, int level))                                                    \
    X(24, 17, OrtStatus *, SetIntraOpNumThreads, (OrtSessionOptions *options, int count))         \
    X(30, 17, OrtStatus *, SessionGetInputCount, (const OrtSession *session, size_t *out))         \
    X(31, 17, OrtStatus *, SessionGetOutputCount, (const OrtSession *session, size_t *out))        \
    X(33, 17, OrtStatus *, SessionGetInputTypeInfo,                                                \
      (const OrtSession *session, size_t index, OrtTypeInfo **out))                                \
    X(34, 17, OrtStatus *, SessionGetOutputTypeInfo,                                               \
      (const OrtSession *session, size_t index, OrtTypeInfo **out))                                \
    X(36, 17, OrtStatus *, SessionGetInputName,                                                    \
      (const OrtSession *session, size_t index, OrtAllocator *allocator, char **out))              \
    X(37, 17, OrtStatus *, SessionGetOutputName,                                                   \
      (const OrtSession *session, size_t index, OrtAllocator *allocator, char **out))              \
    X(49, 17, OrtStatus *, CreateTensorWithDataAsOrtValue,                                         \
      (const OrtMemoryInfo *info, void *data, size_t bytes, const int64_t *shape, size_t rank,     \
       int type, OrtValue **out))                                                                  \
    X(51, 17, OrtStatus *, GetTensorMutableData, (OrtValue *value, void **out))                   \
    X(55, 17, OrtStatus *, CastTypeInfoToTensorInfo,                                               \
      (const OrtTypeInfo *info, const OrtTensorInfo **out))                                        \
    X(60, 17, OrtStatus *, GetTensorElementType, (const OrtTensorInfo *info, int *out))            \
    X(61, 17, OrtStatus *, GetDimensionsCount, (const OrtTensorInfo *info, size_t *out))           \
    X(62, 17, OrtStatus *, GetDimensions, (const OrtTensorInfo *info, int64_t *out, size_t rank))  \
    X(64, 17, OrtStatus *, GetTensorShapeElementCount, (const OrtTensorInfo *info, size_t *out))   \
    X(65, 17, OrtStatus *, GetTensorTypeAndShape, (const OrtValue *value, OrtTensorInfo **out))    \
    X(69, 17, OrtStatus *, CreateCpuMemoryInfo, (int allocator, int memory, OrtMemoryInfo **out))  \
    X(76, 17, OrtStatus *, AllocatorFree, (OrtAllocator *allocator, void *memory))                \
    X(78, 17, OrtStatus *, GetAllocatorWithDefaultOptions, (OrtAllocator **out))                  \
    X(93, 17, void, ReleaseStatus, (OrtStatus *status))                                           \
    X(94, 17, void, ReleaseMemoryInfo, (OrtMemoryInfo *info))                                     \
    X(95, 17, void, ReleaseSession, (OrtSession *session))                                        \
    X(96, 17, void, ReleaseValue, (OrtValue *value))                                              \
    X(98, 17, void, ReleaseTypeInfo, (OrtTypeInfo *info))                                         \
    X(99, 17, void, ReleaseTensorTypeAndShapeInfo, (OrtTensorInfo *info))                         \
    X(100, 17, void, ReleaseSessionOptions, (OrtSessionOptions *options))                         \
    X(125, 17, OrtStatus *, GetAvailableProviders, (char ***out, int *count))                      \
    X(126, 17, OrtStatus *, ReleaseAvailableProviders, (char **providers, int count))              \
    X(130, 17, OrtStatus *, AddSessionConfigEntry,                                                 \
      (OrtSessionOptions *options, const char *key, const char *value))                           \
    X(204, 17, OrtStatus *, SessionOptionsAppendExecutionProvider_CUDA_V2,                         \
      (OrtSessionOptions *options, const OrtCudaOptions *cuda))                                   \
    X(205, 17, OrtStatus *, CreateCUDAProviderOptions, (OrtCudaOptions **out))                    \
    X(206, 17, OrtStatus *, UpdateCUDAProviderOptions,                                             \
      (OrtCudaOptions *cuda, const char *const *keys, const char *const *values, size_t count))   \
    X(208, 17, void, ReleaseCUDAProviderOptions, (OrtCudaOptions *cuda))                          \
    X(275, 17, OrtStatus *, SessionOptionsAppendExecutionProvider_OpenVINO_V2,                     \
      (OrtSessionOptions *options, const char *const *keys, const char *const *values,            \
       size_t count))                                                                              \
    X(297, 22, const char *, GetKeyValue, (const OrtKeyValuePairs *pairs, const char *key))        \
    X(301, 22, OrtStatus *, RegisterExecutionProviderLibrary,                                      \
      (OrtEnv *env, const char *name, const char *path))                                          \
    X(303, 22, OrtStatus *, GetEpDevices,                                                          \
      (const OrtEnv *env, const OrtEpDevice *const **out, size_t *count))                          \
    X(304, 22, OrtStatus *, SessionOptionsAppendExecutionProvider_V2,                              \
      (OrtSessionOptions *options, OrtEnv * env, const OrtEpDevice *const *devices, size_t count, \
       const char *const *keys, const char *const *values, size_t option_count))                   \
    X(307, 22, int, HardwareDevice_Type, (const OrtHardwareDevice *device))                        \
    X(308, 22, uint32_t, HardwareDevice_VendorId, (const OrtHardwareDevice *device))               \
    X(309, 22, const char *, HardwareDevice_Vendor, (const OrtHardwareDevice *device))             \
    X(311, 22, const OrtKeyValuePairs *, HardwareDevice_Metadata,                                  \
      (const OrtHardwareDevice *device))                                                           \
    X(312, 22, const char *, EpDevice_EpName, (const OrtEpDevice *device))                         \
    X(316, 22, const OrtHardwareDevice *, EpDevice_Device, (const OrtEpDevice *device))

/* The functions with their types; NULL where the runtime's version has not got them. */
typedef struct ie_ort_calls {
#define IE_ORT_MEMBER(slot, since, result, name, parameters) result(*name) parameters;
    IE_ORT_CALLS(IE_ORT_MEMBER)
#undef IE_ORT_MEMBER
} ie_ort_calls;

#endif
