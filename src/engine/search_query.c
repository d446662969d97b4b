// SPDX-License-Identifier: GPL-3.0-or-later
/* From texts and photos to one vector of their sum. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzers/clip.h"
#include "analyzers/vision.h"
#include "engine/search.h"
#include "engine/worker.h"
#include "storage/embeddings.h"
#include "storage/model_files.h"
#include "storage/model_identity.h"
#include "utils/error.h"
#include "utils/half.h"
#include "utils/text.h"

typedef struct making {
    ie_engine *engine;
    ie_model model;
    ie_search_query *query;
    double *sum; /* of query->dimension numbers; NULL before the first term */
    bool ready;  /* model and runtime were looked for */
    ie_clip_text *text;
    ie_worker *worker;
    char *remark; /* why the worker cannot */
} making;

/* ---- the model ---- */

typedef struct naming {
    const char *name;
    char *found;
} naming;

static ie_status take_identity(void *user, const char *model, size_t dimension, uint64_t photos)
{
    naming *n = user;
    size_t length = strlen(n->name);
    (void)dimension, (void)photos;
    if (n->found == NULL && strncmp(model, n->name, length) == 0 && model[length] == '@') {
        n->found = ie_strdup(model);
    }
    return IE_OK;
}

/* Whose embeddings are searched: those of the file that is here. Without one only stored embeddings
   can be compared with each other, and then those of most photos are taken. */
static ie_status identify(making *m, ie_error *err)
{
    IE_AUTO_FREE char *path = NULL;
    char version[17];
    ie_status status = IE_OK;
    free(m->query->model);
    m->query->model = NULL;
    if (ie_model_file(&m->model, IE_PART_VISION, &path, NULL) == IE_OK) {
        status = ie_model_checksum(path, version, err);
        m->query->model = status == IE_OK ? ie_asprintf("%s@%s", m->model.name, version) : NULL;
        return status;
    }
    naming n = {.name = m->model.name};
    status = ie_catalog_embedding_models(m->engine->reader, take_identity, &n, err);
    m->query->model = n.found;
    return status;
}

/* What computes embeddings, fetched when that is allowed. */
static ie_status need_model(making *m, ie_error *err)
{
    ie_engine *engine = m->engine;
    if (m->ready) {
        return IE_OK;
    }
    ie_error missing = {0};
    ie_status status = ie_vision_check(engine->config, m->model.name, &missing);
    if (status == IE_ERR_NOT_FOUND && ie_engine_may_fetch(engine, IE_HAVE_SCENES, missing.text)) {
        engine->to_fetch |= IE_HAVE_SCENES;
        ie_engine_fetch_missing(engine);
        status = ie_vision_check(engine->config, m->model.name, &missing);
    }
    if (status != IE_OK) {
        return ie_error_set(err, status, "%s", missing.text);
    }
    m->ready = true;
    char *before = m->query->model;
    m->query->model = NULL;
    status = identify(m, err);
    if (status == IE_OK && m->sum != NULL && strcmp(before, m->query->model) != 0) {
        status =
            ie_error_set(err, IE_ERR_CHANGED,
                         "The model %s is not the one that the catalog's photos were looked at "
                         "with; run imgengine analyze --ml again.",
                         ie_shown(m->model.name));
    }
    free(before);
    return status;
}

/* ---- terms ---- */

static ie_status add(making *m, const float *values, size_t dimension, double weight, ie_error *err)
{
    if (m->sum == NULL) {
        m->sum = ie_alloc(dimension * sizeof *m->sum);
        m->query->dimension = dimension;
    }
    if (dimension != m->query->dimension) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The model's pictures and texts have embeddings of different sizes.");
    }
    for (size_t i = 0; i < dimension; i++) {
        m->sum[i] += weight * values[i];
    }
    return IE_OK;
}

static ie_status add_text(making *m, const ie_search_term *term, ie_error *err)
{
    if (term->text[strspn(term->text, " \t\r\n")] == 0) {
        return ie_error_set(err, IE_ERR_USAGE, "A text to look for is empty.");
    }
    IE_AUTO_FREE float *values = NULL;
    size_t dimension = 0;
    ie_status status = need_model(m, err);
    if (status == IE_OK && m->text == NULL) {
        status = ie_clip_text_open(m->engine->config, &m->model, &m->text, err);
    }
    if (status == IE_OK) {
        status = ie_clip_embed_text(m->text, term->text, &values, &dimension, err);
    }
    return status == IE_OK ? add(m, values, dimension, term->weight, err) : status;
}

static ie_status add_embedding(making *m, const ie_embedding *embedding, double weight,
                               ie_error *err)
{
    float *values = ie_alloc(embedding->dimension * sizeof *values);
    for (size_t i = 0; i < embedding->dimension; i++) {
        values[i] = ie_half_to_float(embedding->values[i]);
    }
    ie_status status = add(m, values, embedding->dimension, weight, err);
    free(values);
    return status;
}

/* That of the catalog, if the file is still the one it was computed of. */
static ie_embedding *stored(const making *m, const char *path, const struct stat *st)
{
    ie_catalog *reader = m->engine->reader;
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = path;
    int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    bool same = m->query->model != NULL && ie_catalog_recall(reader, photo) &&
                photo->stamp.size == (uint64_t)st->st_size && photo->stamp.mtime_ns == mtime;
    ie_photo_free(photo);
    return same ? ie_catalog_embedding(reader, m->query->model, path) : NULL;
}

static void on_remark(void *user, const char *text)
{
    making *m = user;
    free(m->remark);
    m->remark = ie_strdup(text);
}

static ie_status look_at(making *m, const char *path, ie_embedding **ret_embedding, ie_error *err)
{
    ie_status status = need_model(m, err);
    if (status != IE_OK) {
        return status;
    }
    if (m->worker == NULL) {
        m->worker = ie_worker_new(m->engine->config, m->engine->catalog_path, on_remark, m);
    }
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = path;
    ie_worker_analyze(m->worker, photo, IE_HAVE_SCENES, 0);
    ie_kind kind = ie_format_kind(photo->format);
    if (ie_worker_error(m->worker)->status != IE_OK) {
        status = ie_error_set(err, ie_worker_error(m->worker)->status, "%s",
                              ie_worker_error(m->worker)->text);
    } else if (photo->embedding != NULL) {
        *ret_embedding = photo->embedding;
        photo->embedding = NULL;
    } else if (photo->fault_count == 0 && kind != IE_KIND_PHOTO && kind != IE_KIND_RAW) {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s is no photo.", ie_shown(path));
    } else {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s cannot be looked at: %s", ie_shown(path),
                              photo->fault_count > 0 ? photo->faults[0].text
                              : m->remark != NULL    ? m->remark
                                                     : "the model gives no embedding.");
    }
    ie_photo_free(photo);
    return status;
}

static ie_status add_photo(making *m, const ie_search_term *term, ie_error *err)
{
    struct stat st;
    char *path = term->text[0] != 0 ? realpath(term->text, NULL) : NULL;
    if (path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(path);
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "There is no photo \"%s\" to look for others like it.",
                            ie_shown(term->text));
    }
    ie_search_query *query = m->query;
    IE_GROW(query->likes, query->like_count, query->like_room);
    query->likes[query->like_count++] = path;
    ie_embedding *embedding = stored(m, path, &st);
    ie_status status = embedding != NULL ? IE_OK : look_at(m, path, &embedding, err);
    if (status == IE_OK) {
        status = add_embedding(m, embedding, term->weight, err);
    }
    ie_embedding_free(embedding);
    return status;
}

/* ---- together ---- */

static ie_status finish(making *m, ie_error *err)
{
    ie_search_query *query = m->query;
    query->vector = ie_alloc(query->dimension * sizeof *query->vector);
    double most = 0;
    for (size_t i = 0; i < query->dimension; i++) {
        query->vector[i] = (float)m->sum[i];
        most = m->sum[i] > most ? m->sum[i] : -m->sum[i] > most ? -m->sum[i] : most;
    }
    /* What is left of equal terms is rounding. */
    bool good = most > 1e-6 && ie_clip_normalise(query->vector, query->dimension);
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_USAGE, "The parts of this query cancel each other out.");
}

ie_status ie_search_query_make(ie_engine *engine, const ie_search_request *request,
                               ie_search_query *ret_query, ie_error *err)
{
    making m = {.engine = engine, .query = ret_query};
    ie_arena *arena = ie_arena_new();
    *ret_query = (ie_search_query){0};
    if (request->term_count == 0) {
        ie_arena_free(arena);
        return ie_error_set(err, IE_ERR_USAGE, "There is nothing to look for.");
    }
    ie_status status = ie_model_find(engine->config, engine->config->analysis.scene_detection,
                                     arena, &m.model, err);
    if (status == IE_OK && m.model.task != IE_TASK_SCENES) {
        status =
            ie_error_set(err, IE_ERR_USAGE,
                         "The model %s (analysis.ml_models.scene_detection) makes no embeddings.",
                         ie_shown(m.model.name));
    }
    if (status == IE_OK) {
        status = identify(&m, err);
    }
    for (size_t i = 0; status == IE_OK && i < request->term_count; i++) {
        const ie_search_term *term = &request->terms[i];
        status = term->photo ? add_photo(&m, term, err) : add_text(&m, term, err);
    }
    if (status == IE_OK) {
        status = finish(&m, err);
    }
    ie_worker_free(m.worker);
    ie_clip_text_close(m.text);
    ie_arena_free(arena);
    free(m.sum);
    free(m.remark);
    return status;
}

void ie_search_query_clear(ie_search_query *query)
{
    for (size_t i = 0; i < query->like_count; i++) {
        free(query->likes[i]);
    }
    free(query->likes);
    free(query->vector);
    free(query->model);
    *query = (ie_search_query){0};
}
