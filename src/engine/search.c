// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/nearest.h"
#include "engine/volume.h"
#include "storage/embeddings.h"
#include "utils/error.h"
#include "utils/text.h"

/* How many are ranked at first beyond those asked for, because some will be gone or filtered. */
#define MORE 1024
/* Vectors whose records may be gone since they were read, in a row. */
#define AHEAD 1000

typedef struct searching {
    ie_engine *engine;
    const ie_search_request *request;
    ie_search_filter filter;
    ie_search_query query;
    ie_nearest *nearest;
    int64_t *rows; /* of the catalog, by row of `nearest` */
    size_t row_count, row_room;
    uint8_t *excluded; /* by row, a bit each: what the filters surely reject; NULL until many are */
    size_t next_row;   /* where the one is looked for that comes next */
    char **roots; /* real paths to search in, in order, none below another */
    size_t root_count;
    ie_match_fn on_match;
    void *user;
    ie_search_hit *hits; /* for the page */
    size_t hit_count, hit_room;
    ie_search_counts counts;
} searching;

static bool cancelled(const searching *s)
{
    return s->engine->cancel != NULL && *s->engine->cancel != 0;
}

/* ---- where ---------------------------------------------------------------------------------- */

/* As the paths below them are ordered. */
static int by_path_below(const void *a, const void *b)
{
    IE_AUTO_FREE char *x = ie_asprintf("%s/", *(char *const *)a),
                      *y = ie_asprintf("%s/", *(char *const *)b);
    return strcmp(x, y);
}

static ie_status list_roots(searching *s, ie_error *err)
{
    const ie_search_request *request = s->request;
    ie_status status = IE_OK;
    s->roots = ie_alloc((request->path_count + 1) * sizeof *s->roots);
    for (size_t i = 0; status == IE_OK && i < request->path_count; i++) {
        char *real = realpath(request->paths[i], NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "%s cannot be searched", ie_shown(request->paths[i]));
        }
        s->roots[s->root_count++] = real;
        status = ie_volume_check(s->engine, real, err);
    }
    qsort(s->roots, s->root_count, sizeof *s->roots, by_path_below);
    size_t kept = 0;
    for (size_t i = 0; i < s->root_count; i++) {
        if (kept > 0 && ie_path_below(s->roots[i], s->roots[kept - 1])) {
            free(s->roots[i]);
        } else {
            s->roots[kept++] = s->roots[i];
        }
    }
    s->root_count = kept;
    return status;
}

/* ---- the vectors ---------------------------------------------------------------------------- */

static bool is_finite(const uint16_t *values, size_t dimension)
{
    uint16_t carried =
        0; /* by an exponent of ones; without a branch, so that many are looked at at once */
    for (size_t i = 0; i < dimension; i++) {
        carried |= (uint16_t)((values[i] & 0x7c00) + 0x0400);
    }
    return (carried & 0x8000) == 0;
}

static ie_status take_row(void *user, int64_t row, const uint16_t *values, size_t dimension)
{
    searching *s = user;
    if (dimension != s->query.dimension || !is_finite(values, dimension)) {
        return IE_OK;
    }
    if (!ie_nearest_add(s->nearest, values)) {
        return IE_ERR_LIMIT;
    }
    IE_GROW(s->rows, s->row_count, s->row_room);
    s->rows[s->row_count++] = row;
    return s->row_count % 1024 == 0 && cancelled(s) ? IE_ERR_CANCELLED : IE_OK;
}

static ie_status load_below(searching *s, const char *root, ie_error *err)
{
    ie_catalog *reader = s->engine->reader;
    uint64_t photos = 0;
    ie_status status = ie_catalog_count_photos(reader, root, &photos, err);
    if (status == IE_OK) {
        s->counts.without += photos;
        status = ie_catalog_embeddings(reader, s->query.model, root, take_row, s, err);
    }
    if (status == IE_ERR_LIMIT) {
        ie_error_set(
            err, status,
            "There is not enough memory to search so many photos; name a folder to search in.");
    } else if (status == IE_ERR_CANCELLED) {
        ie_error_set(err, status, "Interrupted.");
    }
    return status;
}

static ie_status load(searching *s, ie_error *err)
{
    s->nearest = ie_nearest_new(s->query.dimension);
    ie_status status = s->root_count == 0 ? load_below(s, NULL, err) : IE_OK;
    for (size_t i = 0; status == IE_OK && i < s->root_count; i++) {
        status = load_below(s, s->roots[i], err);
    }
    s->counts.searched = s->row_count;
    s->counts.without -= s->counts.without < s->row_count ? s->counts.without : s->row_count;
    return status;
}

/* ---- the best ------------------------------------------------------------------------------- */

static bool is_asked_for(const searching *s, const char *path)
{
    for (size_t i = 0; i < s->query.like_count; i++) {
        if (strcmp(s->query.likes[i], path) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the file that was looked at still there? Else it is counted. */
static bool is_there(searching *s, const ie_photo *photo)
{
    struct stat st;
    if (stat(photo->real_path, &st) != 0) {
        s->counts.missing++;
        return false;
    }
    int64_t mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    bool same = photo->stamp.size == (uint64_t)st.st_size && photo->stamp.mtime_ns == mtime;
    s->counts.changed += !same;
    return same;
}

static void keep_hit(searching *s, const ie_photo *photo, double similarity)
{
    IE_GROW(s->hits, s->hit_count, s->hit_room);
    s->hits[s->hit_count++] = (ie_search_hit){
        .path = ie_strdup(photo->real_path),
        .similarity = similarity,
        .format = photo->format,
        .orientation = photo->orientation,
        .size = photo->stamp.size,
        .captured = photo->metadata->captured,
    };
}

/* Records come in the order that vectors did; one that is not found near its place is new. */
static ie_status note_record(void *user, int64_t row, const char *path, const char *record,
                             size_t size)
{
    searching *s = user;
    (void)size;
    for (size_t i = s->next_row; i < s->row_count && i < s->next_row + AHEAD; i++) {
        if (s->rows[i] == row) {
            s->next_row = i + 1;
            bool out = !ie_search_filter_may_pass(&s->filter, record) && !is_asked_for(s, path);
            s->excluded[i / 8] |= (uint8_t)(out << i % 8);
            break;
        }
    }
    return s->next_row % 1024 == 0 && cancelled(s) ? IE_ERR_CANCELLED : IE_OK;
}

/* When the filters let few pass, going through all records at once is cheaper than reading one
   after the other. */
static ie_status exclude(searching *s, ie_error *err)
{
    s->excluded = ie_alloc(s->row_count / 8 + 1);
    s->next_row = 0;
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < (s->root_count > 0 ? s->root_count : 1); i++) {
        status = ie_catalog_embedding_records(s->engine->reader, s->query.model,
                                              s->root_count > 0 ? s->roots[i] : NULL, note_record,
                                              s, err);
    }
    return status == IE_ERR_CANCELLED ? ie_error_set(err, status, "Interrupted.") : status;
}

/* Tells of one candidate, unless it is passed over. */
static ie_status consider(searching *s, const ie_near *near, ie_error *err)
{
    if (s->excluded != NULL && (s->excluded[near->row / 8] >> near->row % 8 & 1) != 0) {
        s->counts.filtered++;
        return IE_OK;
    }
    IE_AUTO_FREE char *path = ie_catalog_embedding_path(s->engine->reader, s->rows[near->row]);
    if (path == NULL || is_asked_for(s, path)) {
        return IE_OK;
    }
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = path;
    ie_status status = IE_OK;
    if (!ie_catalog_recall(s->engine->reader, photo)) {
        s->counts.changed++;
    } else if (!ie_search_filter_passes(&s->filter, photo)) {
        s->counts.filtered++;
    } else if (is_there(s, photo)) {
        s->counts.found++;
        if (s->request->page != NULL) {
            keep_hit(s, photo, near->similarity);
        }
        status = s->on_match != NULL ? s->on_match(s->user, photo, near->similarity) : IE_OK;
        if (status != IE_OK) {
            ie_error_set(err, status, "The output cannot be written.");
        }
    }
    ie_photo_free(photo);
    return status;
}

/* Ranks more and more, until enough were found. */
static ie_status take_best(searching *s, ie_error *err)
{
    size_t count = ie_nearest_count(s->nearest), seen = 0, wanted = s->request->most;
    size_t most = wanted < SIZE_MAX - MORE ? wanted + MORE : wanted;
    ie_status status = IE_OK;
    for (bool all = false; status == IE_OK && !all && s->counts.found < wanted; most *= 4) {
        all = most >= count;
        ie_near *near = NULL;
        size_t got = 0;
        status = ie_nearest_find(s->nearest, s->query.vector, all ? count : most, NULL, NULL, &near,
                                 &got, err);
        for (; status == IE_OK && seen < got && s->counts.found < wanted; seen++) {
            status = cancelled(s) ? ie_error_set(err, IE_ERR_CANCELLED, "Interrupted.")
                                  : consider(s, &near[seen], err);
        }
        free(near);
        if (status == IE_OK && !all && s->counts.found < wanted && s->excluded == NULL &&
            ie_search_filter_any(&s->filter)) {
            status = exclude(s, err);
        }
    }
    return status;
}

/* ---- together ------------------------------------------------------------------------------- */

typedef struct others {
    const char *model;
    uint64_t photos;
    char *name; /* of the one with most of them */
} others;

static ie_status count_other(void *user, const char *model, size_t dimension, uint64_t photos)
{
    others *o = user;
    (void)dimension;
    if (strcmp(model, o->model) != 0) {
        o->photos += photos;
        o->name = o->name == NULL ? ie_strdup(model) : o->name;
    }
    return IE_OK;
}

static ie_status nothing_known(searching *s, ie_error *err)
{
    others o = {.model = s->query.model};
    ie_status status = ie_catalog_embedding_models(s->engine->reader, count_other, &o, err);
    if (status == IE_OK && o.name != NULL) {
        status =
            ie_error_set(err, IE_ERR_NOT_FOUND,
                         "No photo here was looked at by the model %s, but %llu by another (%s), "
                         "and two are never mixed; imgengine analyze --ml FOLDER looks at them.",
                         ie_shown(s->query.model), (unsigned long long)o.photos, ie_shown(o.name));
    } else if (status == IE_OK) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND,
                              "There is nothing to search in: no photo here was looked at by the "
                              "model %s yet; imgengine analyze --ml FOLDER does that.",
                              ie_shown(s->query.model));
    }
    free(o.name);
    return status;
}

/* What can be told without reading much. */
static ie_status check(searching *s, ie_error *err)
{
    const ie_search_request *request = s->request;
    ie_status status = request->most > 0
                           ? ie_search_filter_read(request, &s->filter, err)
                           : ie_error_set(err, IE_ERR_USAGE, "A search finds at least one photo.");
    if (status == IE_OK && request->page != NULL && access(request->page, F_OK) == 0) {
        status = ie_error_set(err, IE_ERR_EXISTS,
                              "%s exists already and is not overwritten; choose another name.",
                              ie_shown(request->page));
    }
    if (status == IE_OK && s->engine->catalog_path == NULL) {
        status = ie_error_set(
            err, IE_ERR_USAGE,
            "A search looks in the catalog, and --catalog \"\" says that there is none.");
    }
    return status;
}

static ie_status run(searching *s, ie_error *err)
{
    ie_status status = check(s, err);
    if (status == IE_OK) {
        status = ie_engine_catalog(s->engine, err);
    }
    if (status == IE_OK) {
        status = list_roots(s, err);
    }
    if (status == IE_OK) {
        status = ie_search_query_make(s->engine, s->request, &s->query, err);
    }
    if (status == IE_OK) {
        snprintf(s->counts.model, sizeof s->counts.model, "%s", s->query.model);
        status = load(s, err);
    }
    if (status == IE_OK && s->row_count == 0) {
        status = nothing_known(s, err);
    }
    if (status == IE_OK) {
        status = take_best(s, err);
    }
    if (status == IE_OK && s->request->page != NULL) {
        status = ie_search_page_write(s->engine, s->request, s->hits, s->hit_count, err);
    }
    return status;
}

static void clear(searching *s)
{
    ie_search_query_clear(&s->query);
    ie_nearest_free(s->nearest);
    free(s->rows);
    free(s->excluded);
    for (size_t i = 0; i < s->root_count; i++) {
        free(s->roots[i]);
    }
    free(s->roots);
    for (size_t i = 0; i < s->hit_count; i++) {
        free(s->hits[i].path);
        free(s->hits[i].picture);
    }
    free(s->hits);
}

ie_status ie_engine_search(ie_engine *engine, const ie_search_request *request,
                           ie_match_fn on_match, void *user, ie_search_counts *ret_counts,
                           ie_error *err)
{
    double start = ie_seconds_now();
    searching s = {.engine = engine, .request = request, .on_match = on_match, .user = user};
    ie_status status = run(&s, err);
    clear(&s);
    if (status == IE_OK) {
        s.counts.seconds = ie_seconds_now() - start;
        *ret_counts = s.counts;
    }
    return status;
}
