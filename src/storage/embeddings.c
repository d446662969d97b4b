// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/embeddings.h"

#include <stdlib.h>
#include <string.h>

#include "storage/catalog_db.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

/* The vector in these columns; NULL when it is not what the dimension promises. */
static const uint16_t *vector_at(ie_db *db, ie_db_sql sql, int dimension_column,
                                 size_t *ret_dimension)
{
    int64_t dimension = ie_db_int(db, sql, dimension_column);
    size_t size;
    const void *values = ie_db_blob(db, sql, dimension_column + 1, &size);
    if (values == NULL || dimension < 1 || dimension > IE_EMBEDDING_MAX ||
        size != (size_t)dimension * 2) {
        return NULL;
    }
    *ret_dimension = (size_t)dimension;
    return values;
}

ie_status ie_catalog_embedding_models(ie_catalog *catalog, ie_catalog_model_fn on_model, void *user,
                                      ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_status status = IE_OK;
    while (status == IE_OK && ie_db_next(db, IE_SQL_EMBEDDING_MODELS)) {
        size_t size;
        const char *model = ie_db_text(db, IE_SQL_EMBEDDING_MODELS, 0, &size);
        status = on_model(user, model != NULL ? model : "",
                          (size_t)ie_db_int(db, IE_SQL_EMBEDDING_MODELS, 1),
                          (uint64_t)ie_db_int(db, IE_SQL_EMBEDDING_MODELS, 2));
    }
    ie_status ended = ie_db_end(db, IE_SQL_EMBEDDING_MODELS, err);
    return status != IE_OK ? status : ended;
}

/* The vectors of the paths from `first` up to `behind`. */
static ie_status list_range(ie_db *db, const char *model, const char *first, const char *behind,
                            ie_catalog_embedding_fn on_embedding, void *user, ie_error *err)
{
    ie_db_bind_text(db, IE_SQL_EMBEDDINGS, 1, model);
    ie_db_bind_path(db, IE_SQL_EMBEDDINGS, 2, first);
    ie_db_bind_path(db, IE_SQL_EMBEDDINGS, 3, behind);
    ie_status status = IE_OK;
    while (status == IE_OK && ie_db_next(db, IE_SQL_EMBEDDINGS)) {
        size_t dimension;
        const uint16_t *values = vector_at(db, IE_SQL_EMBEDDINGS, 1, &dimension);
        if (values != NULL) {
            status = on_embedding(user, ie_db_int(db, IE_SQL_EMBEDDINGS, 0), values, dimension);
        }
    }
    ie_status ended = ie_db_end(db, IE_SQL_EMBEDDINGS, err);
    return status != IE_OK ? status : ended;
}

ie_status ie_catalog_embeddings(ie_catalog *catalog, const char *model, const char *path,
                                ie_catalog_embedding_fn on_embedding, void *user, ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_path_range range[2];
    ie_status status = IE_OK;
    size_t count = ie_path_ranges(path, range);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = list_range(db, model, range[i].first, range[i].behind, on_embedding, user, err);
    }
    ie_path_ranges_clear(range, count);
    return status;
}

static ie_status list_records(ie_db *db, const char *model, const ie_path_range *range,
                              ie_catalog_record_fn on_record, void *user, ie_error *err)
{
    ie_db_bind_text(db, IE_SQL_EMBEDDING_RECORDS, 1, model);
    ie_db_bind_path(db, IE_SQL_EMBEDDING_RECORDS, 2, range->first);
    ie_db_bind_path(db, IE_SQL_EMBEDDING_RECORDS, 3, range->behind);
    ie_status status = IE_OK;
    while (status == IE_OK && ie_db_next(db, IE_SQL_EMBEDDING_RECORDS)) {
        size_t path_size, size;
        const char *path = ie_db_text(db, IE_SQL_EMBEDDING_RECORDS, 1, &path_size);
        const char *record = ie_db_text(db, IE_SQL_EMBEDDING_RECORDS, 2, &size);
        if (path != NULL && record != NULL) {
            status =
                on_record(user, ie_db_int(db, IE_SQL_EMBEDDING_RECORDS, 0), path, record, size);
        }
    }
    ie_status ended = ie_db_end(db, IE_SQL_EMBEDDING_RECORDS, err);
    return status != IE_OK ? status : ended;
}

ie_status ie_catalog_embedding_records(ie_catalog *catalog, const char *model, const char *path,
                                       ie_catalog_record_fn on_record, void *user, ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_path_range range[2];
    ie_status status = IE_OK;
    size_t count = ie_path_ranges(path, range);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = list_records(db, model, &range[i], on_record, user, err);
    }
    ie_path_ranges_clear(range, count);
    return status;
}

char *ie_catalog_embedding_path(ie_catalog *catalog, int64_t row)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_db_bind_int(db, IE_SQL_EMBEDDING_PATH, 1, row);
    size_t size;
    const char *text = ie_db_next(db, IE_SQL_EMBEDDING_PATH)
                           ? ie_db_text(db, IE_SQL_EMBEDDING_PATH, 0, &size)
                           : NULL;
    char *path = text != NULL ? ie_strdup(text) : NULL;
    ie_db_end(db, IE_SQL_EMBEDDING_PATH, NULL);
    return path;
}

ie_embedding *ie_catalog_embedding(ie_catalog *catalog, const char *model, const char *path)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_db_bind_path(db, IE_SQL_EMBEDDING, 1, path);
    ie_db_bind_text(db, IE_SQL_EMBEDDING, 2, model);
    ie_embedding *embedding = NULL;
    size_t dimension;
    const uint16_t *values =
        ie_db_next(db, IE_SQL_EMBEDDING) ? vector_at(db, IE_SQL_EMBEDDING, 0, &dimension) : NULL;
    if (values != NULL) {
        embedding = ie_alloc(sizeof *embedding + dimension * sizeof *embedding->values);
        embedding->model = ie_strdup(model);
        embedding->dimension = dimension;
        memcpy(embedding->values, values, dimension * sizeof *values);
    }
    ie_db_end(db, IE_SQL_EMBEDDING, NULL);
    return embedding;
}

float *ie_catalog_texts(ie_catalog *catalog, const char *model, const char *list, size_t count,
                        size_t *ret_dimension)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_db_bind_text(db, IE_SQL_TEXTS, 1, model);
    ie_db_bind_text(db, IE_SQL_TEXTS, 2, list);
    float *rows = NULL;
    if (ie_db_next(db, IE_SQL_TEXTS)) {
        int64_t dimension = ie_db_int(db, IE_SQL_TEXTS, 0);
        size_t size;
        const void *bytes = ie_db_blob(db, IE_SQL_TEXTS, 1, &size);
        if (bytes != NULL && dimension > 0 && dimension <= IE_EMBEDDING_MAX &&
            size == count * (size_t)dimension * sizeof *rows) {
            rows = ie_alloc(size);
            memcpy(rows, bytes, size);
            *ret_dimension = (size_t)dimension;
        }
    }
    ie_db_end(db, IE_SQL_TEXTS, NULL);
    return rows;
}

ie_status ie_catalog_keep_texts(ie_catalog *catalog, const char *model, const char *list,
                                const float *rows, size_t count, size_t dimension, ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_status status = ie_db_begin(db, err);
    if (status != IE_OK) {
        return status;
    }
    ie_db_bind_text(db, IE_SQL_PUT_TEXTS, 1, model);
    ie_db_bind_text(db, IE_SQL_PUT_TEXTS, 2, list);
    ie_db_bind_int(db, IE_SQL_PUT_TEXTS, 3, (int64_t)dimension);
    ie_db_bind_blob(db, IE_SQL_PUT_TEXTS, 4, rows, count * dimension * sizeof *rows);
    status = ie_db_run(db, IE_SQL_PUT_TEXTS, err);
    if (status == IE_OK) {
        status = ie_db_run(db, IE_SQL_TRIM_TEXTS, err);
    }
    return ie_db_finish(db, status, err);
}
