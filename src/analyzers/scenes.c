// SPDX-License-Identifier: GPL-3.0-or-later
/* Scenes, by comparing a photo's CLIP embedding with those of the scenes' names (zero-shot, Radford
   et al. 2021). */
#include <math.h>
#include <string.h>

#include "analyzers/clip.h"
#include "analyzers/shared.h"
#include "analyzers/vision.h"
#include "utils/error.h"
#include "utils/text.h"

/* The shorter side that is decoded, for each that the model takes, so that resizing it comes near
   to that of the whole: 12 megapixels can then be had from the DC coefficients alone.
   tests/bench/ml/reduced.py tells what it costs. */
#define OVERSAMPLING 1.5

/* Shared by all workers. Nothing changes after it was made. */
typedef struct classifier {
    ie_arena *arena;
    ie_model model;
    ie_clip *clip;
    char **labels;
    double *thresholds;
    size_t label_count;
    float *embeddings; /* label_count rows of `size` */
    size_t size;
    size_t most;
} classifier;

typedef struct worker_state {
    classifier *classifier;
    ie_resampler *resampler;
} worker_state;

static ie_shared classifiers = {PTHREAD_MUTEX_INITIALIZER, NULL};

static const char *const session_settings[] = {"analysis.ml_models.", "analysis.scenes.",
                                               "processing.max_workers", NULL};

static void classifier_free(void *thing)
{
    classifier *c = thing;
    ie_clip_close(c->clip);
    for (size_t i = 0; i < c->label_count; i++) {
        free(c->labels[i]);
    }
    free(c->labels);
    free(c->thresholds);
    free(c->embeddings);
    ie_arena_free(c->arena);
    free(c);
}

static double threshold_of(const ie_config *config, const char *label)
{
    const ie_config_list *own = &config->analysis.scenes.thresholds;
    double value = config->analysis.scenes.min_confidence;
    for (uint32_t i = 0; i < own->count; i++) {
        const char *equal = strrchr(own->items[i], '=');
        size_t length = equal != NULL ? (size_t)(equal - own->items[i]) : 0;
        if (strlen(label) == length && strncmp(own->items[i], label, length) == 0) {
            (void)ie_parse_real(equal + 1, &value); /* checked when it was set */
        }
    }
    return value;
}

static void copy_labels(classifier *c, const ie_config *config)
{
    const ie_config_list *labels = &config->analysis.scenes.labels;
    c->labels = ie_alloc((labels->count + 1) * sizeof *c->labels);
    c->thresholds = ie_alloc((labels->count + 1) * sizeof *c->thresholds);
    c->label_count = labels->count;
    c->most = (size_t)config->analysis.scenes.most;
    for (uint32_t i = 0; i < labels->count; i++) {
        c->labels[i] = ie_strdup(labels->items[i]);
        c->thresholds[i] = threshold_of(config, labels->items[i]);
    }
}

static ie_status classifier_make(const ie_config *config, const char *catalog, void **ret_thing,
                                 ie_error *err)
{
    const ie_config_list *labels = &config->analysis.scenes.labels;
    classifier *c = ie_alloc(sizeof *c);
    c->arena = ie_arena_new();
    ie_status status =
        ie_model_find(config, config->analysis.scene_detection, c->arena, &c->model, err);
    if (status == IE_OK && (c->model.task != IE_TASK_SCENES || labels->count == 0)) {
        status = ie_error_set(err, IE_ERR_USAGE,
                              labels->count == 0 ? "analysis.scenes.labels is empty."
                                                 : "The model %s is none for scenes.",
                              ie_shown(c->model.name));
    }
    if (status == IE_OK) {
        status = ie_clip_open(config, &c->model, &c->clip, err);
    }
    if (status == IE_OK) {
        copy_labels(c, config);
        status =
            ie_clip_embed_labels(c->clip, config, catalog, labels,
                                 &config->analysis.scenes.templates, &c->embeddings, &c->size, err);
    }
    if (status == IE_OK) {
        *ret_thing = c;
    } else {
        classifier_free(c);
    }
    return status;
}

static ie_status scenes_open(const ie_config *config, const char *catalog, void **ret_state,
                             ie_error *err)
{
    void *thing = NULL;
    ie_status status = ie_shared_take(&classifiers, config, session_settings, catalog,
                                      classifier_make, &thing, err);
    if (status == IE_OK) {
        worker_state *state = ie_alloc(sizeof *state);
        state->classifier = thing;
        state->resampler = ie_resampler_new();
        *ret_state = state;
    }
    return status;
}

static void scenes_close(void *thing)
{
    worker_state *state = thing;
    ie_resampler_free(state->resampler);
    ie_shared_give(&classifiers, state->classifier, classifier_free);
    free(state);
}

static char *scenes_remark(void *thing)
{
    worker_state *state = thing;
    return ie_onnx_take_remark(ie_clip_vision(state->classifier->clip));
}

/* Softmax of the scaled cosines. */
static double *probabilities(const classifier *c, const float *embedding)
{
    double *p = ie_alloc(c->label_count * sizeof *p);
    double top = -INFINITY, sum = 0;
    for (size_t l = 0; l < c->label_count; l++) {
        const float *row = c->embeddings + l * c->size;
        for (size_t i = 0; i < c->size; i++) {
            p[l] += (double)row[i] * embedding[i];
        }
        p[l] *= c->model.logit_scale;
        top = fmax(top, p[l]);
    }
    for (size_t l = 0; l < c->label_count; l++) {
        p[l] = exp(p[l] - top);
        sum += p[l];
    }
    for (size_t l = 0; l < c->label_count; l++) {
        p[l] /= sum;
    }
    return p;
}

/* Best first; equal ones in the order of the configuration. */
static void set_scenes(const classifier *c, ie_photo *photo, const double *p)
{
    size_t room = c->most < c->label_count ? c->most : c->label_count;
    ie_label *scenes = ie_arena_alloc(photo->arena, (room + 1) * sizeof *scenes);
    const char *source = ie_arena_strdup(photo->arena, ie_path_base(c->model.name));
    uint32_t count = 0;
    for (size_t l = 0; l < c->label_count; l++) {
        if (p[l] < c->thresholds[l]) {
            continue;
        }
        uint32_t at = count;
        while (at > 0 && scenes[at - 1].confidence < p[l]) {
            at--;
        }
        if (at < room) {
            count += count < room;
            memmove(&scenes[at + 1], &scenes[at], (count - 1 - at) * sizeof *scenes);
            scenes[at] = (ie_label){.label = c->labels[l], .confidence = p[l], .source = source};
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        scenes[i].label = ie_arena_strdup(photo->arena, scenes[i].label);
    }
    ie_vision *vision = ie_photo_own_vision(photo);
    vision->scenes = scenes;
    vision->scene_count = count;
    vision->scenes_model =
        ie_vision_model(photo, c->model.name, ie_clip_version(c->clip), ie_clip_vision(c->clip));
    photo->have |= IE_HAVE_SCENES;
}

static bool scenes_prepare(void *thing, ie_photo *photo, ie_source *source,
                           ie_prepared *ret_prepared)
{
    worker_state *state = thing;
    const classifier *c = state->classifier;
    return ie_vision_prepare(&c->model, ie_clip_image(c->clip), state->resampler, source, photo,
                             false, "scenes", ret_prepared);
}

/* On the CPU several workers at once are as good as a batch of one with all cores, and better than
   one. */
static size_t scenes_batch(void *thing)
{
    const worker_state *state = thing;
    const ie_onnx *onnx = ie_clip_vision(state->classifier->clip);
    size_t batch = ie_onnx_batch(onnx);
    return batch == 1 && ie_onnx_on_cpu(onnx) ? 0 : batch;
}

typedef struct looking {
    classifier *classifier;
    ie_photo **photos;
} looking;

static ie_status look_at(void *user, const ie_tensor *images, size_t first, ie_error *err)
{
    const looking *l = user;
    classifier *c = l->classifier;
    IE_AUTO_FREE float *embeddings = NULL;
    size_t size = 0;
    ie_status status = ie_clip_embed_images(c->clip, images, &embeddings, &size, err);
    if (status == IE_OK && size != c->size) {
        status = ie_error_set(err, IE_ERR_FORMAT,
                              "the model's pictures and texts have embeddings of different sizes");
    }
    for (size_t i = 0; status == IE_OK && i < (size_t)images->shape[0]; i++) {
        ie_photo *photo = l->photos[first + i];
        const float *embedding = embeddings + i * size;
        IE_AUTO_FREE double *p = probabilities(c, embedding);
        set_scenes(c, photo, p);
        ie_embedding_free(photo->embedding);
        photo->embedding = ie_embedding_new(ie_clip_identity(c->clip), embedding, size);
    }
    return status;
}

static void scenes_infer(void *thing, ie_photo **photos, const ie_prepared *prepared, size_t count)
{
    const worker_state *state = thing;
    looking l = {state->classifier, photos};
    ie_vision_each(ie_clip_vision(state->classifier->clip), photos, prepared, count, "scenes",
                   look_at, &l);
}

static bool scenes_enabled(const ie_config *config)
{
    return config->analysis.ml_analysis && config->analysis.scene_detection[0] != 0;
}

static ie_status scenes_check(const ie_config *config, ie_error *err)
{
    return ie_vision_check(config, config->analysis.scene_detection, err);
}

static uint64_t scenes_files(const ie_config *config)
{
    return ie_vision_files(config, config->analysis.scene_detection);
}

static uint32_t scenes_side(const ie_config *config)
{
    return (uint32_t)(ie_vision_needs(config, config->analysis.scene_detection, NULL) *
                      OVERSAMPLING);
}

static size_t scenes_bytes(const ie_config *config)
{
    size_t bytes;
    ie_vision_needs(config, config->analysis.scene_detection, &bytes);
    return bytes;
}

const ie_analyzer ie_scenes_analyzer = {
    .name = "scenes",
    .help = "what kind of picture it is (needs a model)",
    .version = 2,
    .gives = IE_HAVE_SCENES,
    .views = IE_VIEW_COLOR,
    .settings = ie_vision_settings,
    .enabled = scenes_enabled,
    .check = scenes_check,
    .files = scenes_files,
    .color_side = scenes_side,
    .open = scenes_open,
    .prepared_bytes = scenes_bytes,
    .prepare = scenes_prepare,
    .batch = scenes_batch,
    .infer = scenes_infer,
    .remark = scenes_remark,
    .close = scenes_close,
};
