// SPDX-License-Identifier: GPL-3.0-or-later
/* `info`: what this build and this machine can do, asked of the libraries and not of a list. */
#include <inttypes.h>
#include <unistd.h>

#include "analyzers/analyzer.h"
#include "analyzers/onnx.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "storage/exif_file.h"
#include "storage/image_file.h"
#include "storage/raw_develop.h"
#include "utils/text.h"

typedef struct model_lines {
    ie_info_fn on_info;
    void *user;
} model_lines;

static void codecs(ie_info_fn on_info, void *user)
{
    for (ie_format format = IE_FORMAT_UNKNOWN + 1; format < IE_FORMAT_COUNT; format++) {
        ie_kind kind = ie_format_kind(format);
        const char *can;
        if (kind == IE_KIND_RAW) {
            can = ie_raw_can_develop() ? "metadata, embedded preview, develop"
                                       : "metadata, embedded preview";
        } else if (kind == IE_KIND_VIDEO) {
            can = "metadata";
        } else if (kind == IE_KIND_PHOTO) {
            bool read = ie_image_can_read(format), write = ie_image_can_write(format);
            can = read && write ? "read, write"
                  : read        ? "read"
                  : write       ? "write"
                                : "recognised only";
        } else {
            continue;
        }
        on_info(user, "codecs", ie_format_name(format), can);
    }
}

static void number(ie_info_fn on_info, void *user, const char *section, const char *name,
                   uint64_t value)
{
    IE_AUTO_FREE char *text = ie_asprintf("%" PRIu64, value);
    on_info(user, section, name, text);
}

static void machine(const ie_engine *engine, ie_info_fn on_info, void *user)
{
    char model[256] = "unknown";
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (ie_starts_with(line, "model name") && colon != NULL && strlen(colon) > 2) {
            colon[strcspn(colon, "\n")] = 0;
            snprintf(model, sizeof model, "%s", colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    on_info(user, "machine", "cpu", model);
    number(on_info, user, "machine", "cores online", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    number(on_info, user, "machine", "worker threads", ie_worker_count(engine->config));
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    IE_AUTO_FREE char *text = ie_asprintf("%.1f GB", (double)memory / 1e9);
    on_info(user, "machine", "memory", text);
}

static ie_status catalog(ie_engine *engine, ie_info_fn on_info, void *user)
{
    on_info(user, "catalog", "file", engine->catalog_path != NULL ? engine->catalog_path : "none");
    if (engine->catalog_path == NULL) {
        return IE_OK;
    }
    if (access(engine->catalog_path, F_OK) != 0) {
        on_info(user, "catalog", "state", "not made yet");
        return IE_OK;
    }
    ie_error problem = {0};
    if (ie_engine_catalog(engine, &problem) != IE_OK) {
        on_info(user, "catalog", "problem", problem.text);
        return IE_OK;
    }
    number(on_info, user, "catalog", "files known", ie_catalog_photo_count(engine->reader));
    return IE_OK;
}

static ie_status on_model(void *user, const ie_model_info *model)
{
    const model_lines *lines = user;
    if (model->used || model->ready) {
        lines->on_info(lines->user, "models", model->name,
                       model->ready ? model->folder : model->problem);
    }
    return IE_OK;
}

/* The runtime with its devices, and the models that are here or asked for. */
static void models(ie_engine *engine, ie_info_fn on_info, void *user)
{
    ie_error missing = {0};
    size_t count = 0;
    char **lines = ie_onnx_describe(engine->config, &count);
    if (lines == NULL && ie_onnx_check(engine->config, &missing) != IE_OK) {
        on_info(user, "models", "runtime", missing.text);
    }
    for (size_t i = 0; i < count; i++) {
        on_info(user, "models", i == 0 ? "runtime" : "device", lines[i]);
        free(lines[i]);
    }
    free(lines);
    model_lines telling = {on_info, user};
    if (ie_engine_models(engine, NULL, false, on_model, &telling, &missing) != IE_OK) {
        on_info(user, "models", "problem", missing.text);
    }
}

ie_status ie_engine_info(ie_engine *engine, ie_info_fn on_info, void *user, ie_error *err)
{
    (void)err;
    on_info(user, "program", "version", IE_VERSION);
    on_info(user, "libraries", "images", ie_image_library());
    on_info(user, "libraries", "RAW development", ie_raw_library());
    on_info(user, "libraries", "metadata writing", ie_exif_library());
    on_info(user, "libraries", "catalog", ie_catalog_library());
    machine(engine, on_info, user);
    ie_status status = catalog(engine, on_info, user);
    const char *limits[] = {"limits.max_pixels", "limits.max_file_bytes"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        IE_AUTO_FREE char *value = ie_config_text(engine->config, limits[i]);
        on_info(user, "limits", limits[i], value);
    }
    models(engine, on_info, user);
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        on_info(user, "analyzers", ie_analyzers[i]->name, ie_analyzers[i]->help);
    }
    codecs(on_info, user);
    return status;
}
