// SPDX-License-Identifier: GPL-3.0-or-later
/* What models need from elsewhere: fetched when asked for, or when the first photo of a run needs
   it. */
#include "analyzers/analyzer.h"
#include "analyzers/onnx.h"
#include "engine/engine.h"
#include "storage/model_store.h"
#include "storage/runtime_store.h"
#include "utils/error.h"

/* ---- one model, one runtime ---- */

typedef struct bytes_told {
    ie_engine *engine;
    double told_s;
} bytes_told;

static void on_bytes(void *user, const char *file, uint64_t done, uint64_t total)
{
    bytes_told *b = user;
    double now = ie_seconds_now();
    if (b->engine->progress == NULL || (now - b->told_s < 0.05 && done != total)) {
        return;
    }
    b->told_s = now;
    const ie_progress progress = {
        .stage = IE_STAGE_FETCH, .bytes_done = done, .bytes_total = total, .path = file};
    b->engine->progress(b->engine->user, &progress);
}

static bool is_offline(const ie_engine *engine)
{
    return strcmp(engine->config->analysis.download, "never") == 0;
}

ie_status ie_engine_model_pull(ie_engine *engine, const char *name, size_t *ret_fetched,
                               ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    ie_model model;
    bytes_told told = {.engine = engine};
    const ie_pull pull = {.offline = is_offline(engine),
                          .progress = on_bytes,
                          .user = &told,
                          .cancel = engine->cancel};
    ie_status status = ie_model_find(engine->config, name, arena, &model, err);
    if (status == IE_OK) {
        status = ie_model_pull(&model, &pull, ret_fetched, err);
    }
    ie_arena_free(arena);
    return status;
}

ie_status ie_engine_model_remove(ie_engine *engine, const char *name, uint64_t *ret_bytes,
                                 ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    ie_model model;
    ie_status status = ie_model_find(engine->config, name, arena, &model, err);
    if (status == IE_OK) {
        status = ie_model_remove(&model, ret_bytes, err);
    }
    ie_arena_free(arena);
    return status;
}

char *ie_engine_model_yaml(ie_engine *engine, const char *name, ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    ie_model model;
    char *yaml = ie_model_find(engine->config, name, arena, &model, err) == IE_OK
                     ? ie_model_yaml(&model)
                     : NULL;
    ie_arena_free(arena);
    return yaml;
}

ie_status ie_engine_runtime_fetch(ie_engine *engine, const char *name, bool again, char **ret_text,
                                  ie_error *err)
{
    const ie_runtime_kind *kind = NULL;
    ie_status status = ie_runtime_kind_find(name, &kind, err);
    if (status != IE_OK) {
        return status;
    }
    IE_AUTO_FREE char *here = ie_runtime_library(kind);
    if (here != NULL && !again) {
        *ret_text = ie_asprintf("%s: is here already, %s", kind->name, ie_shown(here));
        return IE_OK;
    }
    if (is_offline(engine)) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "The runtime %s is not here, and fetching it is switched off "
                            "(--offline, analysis.ml_models.download).",
                            kind->name);
    }
    IE_AUTO_FREE char *version = NULL;
    ie_engine_notice(engine, "Fetching %s, with pip.", kind->text);
    status = ie_runtime_fetch(kind, engine->cancel, &version, err);
    if (status == IE_OK) {
        IE_AUTO_FREE char *library = ie_runtime_library(kind);
        *ret_text = ie_asprintf("%s: fetched %s, %s", kind->name, version,
                                library != NULL ? ie_shown(library) : "?");
    }
    return status;
}

ie_status ie_engine_runtime_remove(ie_engine *engine, const char *name, ie_error *err)
{
    const ie_runtime_kind *kind = NULL;
    ie_status status = ie_runtime_kind_find(name, &kind, err);
    (void)engine;
    return status == IE_OK ? ie_runtime_remove(kind, err) : status;
}

/* ---- by itself ---- */

/* The models that these facts need. */
static size_t models_for(const ie_engine *engine, unsigned wanted, const char *names[2])
{
    size_t count = 0;
    if ((wanted & IE_HAVE_SCENES) != 0) {
        names[count++] = engine->config->analysis.scene_detection;
    }
    if ((wanted & IE_HAVE_OBJECTS) != 0) {
        names[count++] = engine->config->analysis.object_detection;
    }
    return count;
}

bool ie_engine_may_fetch(ie_engine *engine, unsigned missing, const char *reason)
{
    const char *download = engine->config->analysis.download;
    if (strcmp(download, "ask") == 0 && engine->ask != NULL && !engine->asked) {
        engine->asked = true;
        const char *names[2];
        ie_buffer question = {0};
        size_t count = models_for(engine, missing, names);
        ie_buffer_printf(&question, "%s\nFetch what is missing for", reason);
        for (size_t i = 0; i < count; i++) {
            ie_buffer_printf(&question, "%s %s", i > 0 ? " and" : "", names[i]);
        }
        ie_buffer_text(&question, " now, when the first photo needs it?");
        engine->agreed = engine->ask(engine->user, question.data);
        ie_buffer_free(&question);
    }
    return strcmp(download, "auto") == 0 || engine->agreed;
}

void ie_engine_fetch_missing(void *user)
{
    ie_engine *engine = user;
    ie_error err = {0};
    if (ie_onnx_check(engine->config, &err) == IE_ERR_NOT_FOUND &&
        engine->config->analysis.runtime[0] == 0) {
        IE_AUTO_FREE char *text = NULL;
        if (ie_engine_runtime_fetch(engine, "cpu", false, &text, &err) != IE_OK) {
            ie_engine_notice(engine, "%s", err.text);
        }
    }
    const char *names[2];
    size_t count = models_for(engine, engine->to_fetch, names);
    for (size_t i = 0; i < count; i++) {
        size_t fetched = 0;
        if (ie_engine_model_pull(engine, names[i], &fetched, &err) != IE_OK) {
            ie_engine_notice(engine, "%s", err.text);
        } else if (fetched > 0) {
            ie_engine_notice(engine, "Fetched the model %s.", names[i]);
        }
    }
    ie_engine_know_files(engine, engine->to_fetch); /* the walk waits for the end of this */
    engine->to_fetch = 0;
}
