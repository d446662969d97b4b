// SPDX-License-Identifier: GPL-3.0-or-later
/* `models`: what the manifest and the configuration know, what of it is here, and whether it
   works. */
#include "analyzers/analyzer.h"
#include "engine/engine.h"
#include "storage/model_files.h"
#include "storage/model_store.h"
#include "utils/error.h"

typedef struct listing {
    ie_engine *engine;
    const char *wanted; /* NULL: all */
    bool verify;
    ie_model_fn on_model;
    void *user;
    size_t count;
    ie_arena *arena;
} listing;

/* Opens it as its analyzer would for a photo. */
static ie_status try_model(const listing *l, const ie_model *model, ie_error *err)
{
    bool scenes = model->task == IE_TASK_SCENES;
    const ie_analyzer *analyzer = scenes ? &ie_scenes_analyzer : &ie_objects_analyzer;
    ie_config *config = ie_config_copy(l->engine->config);
    void *state = NULL;
    ie_status status = ie_config_set(config,
                                     scenes ? "analysis.ml_models.scene_detection"
                                            : "analysis.ml_models.object_detection",
                                     model->name, "models", err);
    if (status == IE_OK) {
        status = analyzer->open(config, l->engine->catalog_path, &state, err);
    }
    if (status == IE_OK) {
        analyzer->close(state);
    }
    ie_config_free(config);
    return status;
}

static ie_status tell(listing *l, const char *name, ie_error *err)
{
    const ie_config *config = l->engine->config;
    ie_model model;
    ie_status status = ie_model_find(config, name, l->arena, &model, err);
    if (status != IE_OK) {
        return status;
    }
    ie_error problem = {0};
    bool here = ie_model_check(&model, &problem) == IE_OK;
    bool ready = here && (!l->verify || (ie_model_verify(&model, &problem) == IE_OK &&
                                      try_model(l, &model, &problem) == IE_OK));
    IE_AUTO_FREE char *folder = ie_model_folder(&model);
    bool scenes = model.task == IE_TASK_SCENES;
    const char *used =
        scenes ? config->analysis.scene_detection : config->analysis.object_detection;
    ie_model_info info = {
        .name = model.name,
        .task = scenes ? "scenes" : "objects",
        .folder = folder,
        .repository = model.repository,
        .licence = model.licence,
        .used = strcmp(used, model.name) == 0,
        .here = here,
        .ready = ready,
        .problem = ready ? NULL : problem.text,
    };
    l->count++;
    status = l->on_model(l->user, &info);
    return status == IE_OK ? status : ie_error_set(err, status, "The output cannot be written.");
}

static bool is_built_in(const char *name)
{
    for (size_t i = 0; ie_model_at(i) != NULL; i++) {
        if (strcmp(ie_model_at(i)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name of the configuration that nobody knows, else it would just not be there. */
static ie_status tell_unknown(listing *l, const char *name, const char *task, ie_error *err)
{
    ie_model model;
    ie_error problem = {0};
    if (name[0] == 0 ||
        ie_model_find(l->engine->config, name, l->arena, &model, &problem) == IE_OK) {
        return IE_OK;
    }
    ie_model_info info = {.name = name, .task = task, .used = true, .problem = problem.text};
    l->count++;
    ie_status status = l->on_model(l->user, &info);
    return status == IE_OK ? status : ie_error_set(err, status, "The output cannot be written.");
}

static ie_status tell_all(listing *l, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && ie_model_at(i) != NULL; i++) {
        status = tell(l, ie_model_at(i)->name, err);
    }
    const ie_config_list *custom = &l->engine->config->analysis.custom_models;
    for (uint32_t i = 0; status == IE_OK && i < custom->count; i++) {
        const char *name = ie_model_entry_name(custom->items[i], l->arena);
        if (name != NULL && !is_built_in(name)) {
            status = tell(l, name, err);
        }
    }
    const ie_config *config = l->engine->config;
    if (status == IE_OK) {
        status = tell_unknown(l, config->analysis.scene_detection, "scenes", err);
    }
    return status == IE_OK ? tell_unknown(l, config->analysis.object_detection, "objects", err)
                           : status;
}

ie_status ie_engine_models(ie_engine *engine, const char *name, bool verify, ie_model_fn on_model,
                           void *user, ie_error *err)
{
    listing l = {.engine = engine,
                 .verify = verify,
                 .on_model = on_model,
                 .user = user,
                 .arena = ie_arena_new()};
    ie_status status = name != NULL ? tell(&l, name, err) : tell_all(&l, err);
    ie_arena_free(l.arena);
    return status;
}
