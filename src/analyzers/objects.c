// SPDX-License-Identifier: GPL-3.0-or-later
/* Objects with boxes, by a detector of the manifest. */
#include <math.h>
#include <string.h>

#include "analyzers/detect.h"
#include "analyzers/shared.h"
#include "analyzers/vision.h"
#include "storage/model_files.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/text.h"

/* Shared by all workers. Nothing changes after it was made. */
typedef struct detector {
    ie_arena *arena;
    ie_model model;
    const char *const *labels;
    size_t label_count;
    ie_onnx *onnx;
    const ie_port *image, *mask; /* mask: NULL when the model takes none */
    const char *outputs[2];
    size_t output_count;
    char version[17];     /* checksum of its file */
    pthread_mutex_t turn; /* heavy models run one at a time */
} detector;

typedef struct worker_state {
    detector *detector;
    ie_resampler *resampler;
    double threshold;
    bool exact;
} worker_state;

static ie_shared detectors = {PTHREAD_MUTEX_INITIALIZER, NULL};

static const char *const session_settings[] = {"analysis.ml_models.", "processing.max_workers",
                                               NULL};

static void detector_free(void *thing)
{
    detector *d = thing;
    ie_onnx_close(d->onnx);
    pthread_mutex_destroy(&d->turn);
    ie_arena_free(d->arena);
    free(d);
}

/* An image, and maybe a mask of which pixels count: all do, because nothing is padded. */
static ie_status check_inputs(detector *d, ie_error *err)
{
    size_t count;
    const ie_port *inputs = ie_onnx_inputs(d->onnx, &count);
    for (size_t i = 0; i < count; i++) {
        const ie_port *in = &inputs[i];
        bool one = in->rank > 0 && in->shape[0] <= 1;
        if (in->type == IE_TENSOR_FLOAT && in->rank == 4 && d->image == NULL && one &&
            (in->shape[1] == 3 || in->shape[1] == -1)) {
            d->image = in;
        } else if (in->type == IE_TENSOR_INT64 && in->rank == 3 && d->mask == NULL && one) {
            d->mask = in;
        } else {
            return ie_error_set(err, IE_ERR_FORMAT,
                                "The model %s takes \"%s\", which no detector known here does.",
                                d->model.name, ie_shown(in->name));
        }
    }
    return d->image != NULL
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT, "The model %s takes no image.", d->model.name);
}

static ie_status check_outputs(detector *d, ie_error *err)
{
    d->output_count = ie_detect_outputs(d->model.layout, d->outputs);
    for (size_t i = 0; i < d->output_count; i++) {
        size_t count;
        if (d->outputs[i] == NULL) {
            d->outputs[i] = ie_onnx_outputs(d->onnx, &count)[0].name;
        } else if (ie_onnx_output(d->onnx, d->outputs[i]) == NULL) {
            return ie_error_set(err, IE_ERR_FORMAT, "The model %s gives no \"%s\".", d->model.name,
                                d->outputs[i]);
        }
    }
    return IE_OK;
}

static ie_status detector_make(const ie_config *config, const char *catalog, void **ret_thing,
                               ie_error *err)
{
    detector *d = ie_alloc(sizeof *d);
    d->arena = ie_arena_new();
    pthread_mutex_init(&d->turn, NULL);
    IE_AUTO_FREE char *path = NULL;
    ie_status status =
        ie_model_find(config, config->analysis.object_detection, d->arena, &d->model, err);
    if (status == IE_OK && d->model.task != IE_TASK_OBJECTS) {
        status = ie_error_set(err, IE_ERR_USAGE, "The model %s is none for objects.",
                              ie_shown(d->model.name));
    }
    if (status == IE_OK) {
        /* The configuration's built-in names outlive the arena; the user's own do not. */
        d->model.name = ie_arena_strdup(d->arena, d->model.name);
        status = ie_model_labels(&d->model, d->arena, &d->labels, &d->label_count, err);
    }
    if (status == IE_OK) {
        status = ie_vision_file(&d->model, IE_PART_VISION, &path, err);
    }
    if (status == IE_OK) {
        status =
            ie_onnx_open(config, path, d->model.heavy ? ie_vision_cores(config) : 1, &d->onnx, err);
    }
    if (status == IE_OK) {
        status = ie_model_checksum(path, d->version, err);
    }
    if (status == IE_OK) {
        status = check_inputs(d, err);
    }
    if (status == IE_OK) {
        status = check_outputs(d, err);
    }
    if (status == IE_OK) {
        *ret_thing = d;
    } else {
        detector_free(d);
    }
    return status;
}

static ie_status objects_open(const ie_config *config, const char *catalog, void **ret_state,
                              ie_error *err)
{
    void *thing = NULL;
    ie_status status =
        ie_shared_take(&detectors, config, session_settings, catalog, detector_make, &thing, err);
    if (status == IE_OK) {
        worker_state *state = ie_alloc(sizeof *state);
        state->detector = thing;
        state->resampler = ie_resampler_new();
        state->threshold = config->analysis.object_confidence;
        state->exact = config->analysis.exact;
        *ret_state = state;
    }
    return status;
}

static void objects_close(void *thing)
{
    worker_state *state = thing;
    ie_resampler_free(state->resampler);
    ie_shared_give(&detectors, state->detector, detector_free);
    free(state);
}

static char *objects_remark(void *thing)
{
    worker_state *state = thing;
    return ie_onnx_take_remark(state->detector->onnx);
}

/* [N,H,W], the size of the images or the model's own. */
static bool make_mask(const ie_port *port, const ie_tensor *image, ie_tensor *ret_mask)
{
    int64_t height = port->shape[1] > 0 ? port->shape[1] : image->shape[2];
    int64_t width = port->shape[2] > 0 ? port->shape[2] : image->shape[3];
    if (height > 65536 || width > 65536) {
        return false;
    }
    size_t numbers = (size_t)(height * width * image->shape[0]);
    int64_t *ones = ie_try_alloc(numbers, sizeof *ones);
    for (size_t i = 0; ones != NULL && i < numbers; i++) {
        ones[i] = 1;
    }
    *ret_mask = (ie_tensor){.type = IE_TENSOR_INT64,
                            .rank = 3,
                            .shape = {image->shape[0], height, width},
                            .data = ones};
    return ones != NULL;
}

static ie_status run_model(detector *d, const ie_tensor *image, ie_tensor outputs[2], ie_error *err)
{
    ie_tensor mask = {.data = NULL}, inputs[2];
    if (d->mask != NULL && !make_mask(d->mask, image, &mask)) {
        return ie_error_set(err, IE_ERR_LIMIT, "there is not enough memory for the model's mask");
    }
    size_t count;
    const ie_port *ports = ie_onnx_inputs(d->onnx, &count);
    for (size_t i = 0; i < count; i++) {
        inputs[i] = &ports[i] == d->mask ? mask : *image;
    }
    if (d->model.heavy) {
        pthread_mutex_lock(&d->turn);
    }
    ie_status status = ie_onnx_run(d->onnx, inputs, d->outputs, d->output_count, outputs, err);
    if (d->model.heavy) {
        pthread_mutex_unlock(&d->turn);
    }
    free(mask.data);
    return status;
}

static double within(double share, uint32_t size)
{
    return fmin(fmax(share, 0.0), 1.0) * size;
}

static void set_objects(const detector *d, ie_photo *photo, const ie_detection *found, size_t count)
{
    uint32_t width, height;
    ie_vision_size(photo, &width, &height);
    const char *source = ie_arena_strdup(photo->arena, ie_path_base(d->model.name));
    ie_label *objects = ie_arena_alloc(photo->arena, (count + 1) * sizeof *objects);
    uint32_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *label = found[i].kind < d->label_count ? d->labels[found[i].kind] : NULL;
        if (label == NULL || strcmp(label, "N/A") == 0) {
            continue;
        }
        objects[used++] = (ie_label){
            .label = ie_arena_strdup(photo->arena, label),
            .confidence = found[i].score,
            .source = source,
            .box = {within(found[i].left, width), within(found[i].top, height),
                    within(found[i].right, width), within(found[i].bottom, height)},
        };
    }
    ie_vision *vision = ie_photo_own_vision(photo);
    vision->objects = objects;
    vision->object_count = used;
    vision->objects_model = ie_vision_model(photo, d->model.name, d->version, d->onnx);
    photo->have |= IE_HAVE_OBJECTS;
}

static bool objects_prepare(void *thing, ie_photo *photo, ie_source *source,
                            ie_prepared *ret_prepared)
{
    worker_state *state = thing;
    const detector *d = state->detector;
    return ie_vision_prepare(&d->model, d->image, state->resampler, source, photo, !state->exact,
                             "objects", ret_prepared);
}

/* A heavy model gains nothing from batches on a CPU, and its memory grows with them. */
static size_t objects_batch(void *thing)
{
    const worker_state *state = thing;
    const detector *d = state->detector;
    if (ie_onnx_on_cpu(d->onnx)) {
        return d->model.heavy ? 1 : 0;
    }
    return ie_onnx_on_gpu(d->onnx) ? ie_onnx_batch(d->onnx) : 1;
}

/* The part of a batch's output that is of its i-th image. False when it has no such part. */
static bool slice(const ie_tensor *whole, size_t index, size_t count, ie_tensor *ret_part)
{
    *ret_part = *whole;
    if (whole->data == NULL) {
        return true;
    }
    if (whole->rank < 1 || whole->shape[0] != (int64_t)count) {
        return false;
    }
    ret_part->shape[0] = 1;
    ret_part->data = (float *)whole->data + index * ie_tensor_count(ret_part);
    return true;
}

typedef struct looking {
    worker_state *state;
    ie_photo **photos;
} looking;

static ie_status look_at(void *user, const ie_tensor *images, size_t first, ie_error *err)
{
    const looking *l = user;
    detector *d = l->state->detector;
    ie_tensor outputs[2] = {{0}};
    size_t images_count = (size_t)images->shape[0];
    ie_status status = run_model(d, images, outputs, err);
    for (size_t i = 0; status == IE_OK && i < images_count; i++) {
        ie_detection found[IE_DETECTIONS_MAX];
        size_t count = 0;
        ie_tensor parts[2];
        if (!slice(&outputs[0], i, images_count, &parts[0]) ||
            !slice(&outputs[1], i, images_count, &parts[1])) {
            status =
                ie_error_set(err, IE_ERR_FORMAT, "the model's results are not one for each photo");
        } else {
            status = ie_detect(d->model.layout, parts, l->state->threshold, found, &count, err);
        }
        if (status == IE_OK) {
            set_objects(d, l->photos[first + i], found, count);
        }
    }
    free(outputs[0].data);
    free(outputs[1].data);
    return status;
}

static void objects_infer(void *thing, ie_photo **photos, const ie_prepared *prepared, size_t count)
{
    worker_state *state = thing;
    looking l = {state, photos};
    ie_vision_each(state->detector->onnx, photos, prepared, count, "objects", look_at, &l);
}

static bool objects_enabled(const ie_config *config)
{
    return config->analysis.ml_analysis && config->analysis.object_detection[0] != 0;
}

static ie_status objects_check(const ie_config *config, ie_error *err)
{
    return ie_vision_check(config, config->analysis.object_detection, err);
}

static uint64_t objects_files(const ie_config *config)
{
    return ie_vision_files(config, config->analysis.object_detection);
}

static uint32_t objects_side(const ie_config *config)
{
    return ie_vision_needs(config, config->analysis.object_detection, NULL);
}

static size_t objects_bytes(const ie_config *config)
{
    size_t bytes;
    ie_vision_needs(config, config->analysis.object_detection, &bytes);
    return bytes;
}

const ie_analyzer ie_objects_analyzer = {
    .name = "objects",
    .help = "what can be seen, with boxes (needs a model)",
    .version = 2,
    .gives = IE_HAVE_OBJECTS,
    .views = IE_VIEW_COLOR,
    .settings = ie_vision_settings,
    .enabled = objects_enabled,
    .check = objects_check,
    .files = objects_files,
    .color_side = objects_side,
    .open = objects_open,
    .prepared_bytes = objects_bytes,
    .prepare = objects_prepare,
    .batch = objects_batch,
    .infer = objects_infer,
    .remark = objects_remark,
    .close = objects_close,
};
