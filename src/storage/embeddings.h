// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The embeddings in the catalog. Those of photos are stored by ie_catalog_store() in the photo's
 * own transaction, follow a renamed file and go with a changed or forgotten one; one for each photo
 * and model. Those of texts are what photos are compared with: computed once for a list and a
 * model, because they cost as much as photos do. Embeddings of two models never come out of one
 * call.
 */
#ifndef IE_STORAGE_EMBEDDINGS_H
#define IE_STORAGE_EMBEDDINGS_H

#include "core/embedding.h"
#include "storage/catalog.h"

/* What photos are stored of: one call for each model identity, the one with most photos first. */
typedef ie_status (*ie_catalog_model_fn)(void *user, const char *model, size_t dimension,
                                         uint64_t photos);
ie_status ie_catalog_embedding_models(ie_catalog *catalog, ie_catalog_model_fn on_model, void *user,
                                      ie_error *err) IE_MUST_CHECK;

/* The embeddings by one model of the file at `path` or the files below that folder (NULL: of all),
   in the order of the paths' bytes. `row` names the file until something is stored; `values`
   (binary16, of any bits) are valid during the call only. The files may have changed since. What
   on_embedding returns stops it. */
typedef ie_status (*ie_catalog_embedding_fn)(void *user, int64_t row, const uint16_t *values,
                                             size_t dimension);
ie_status ie_catalog_embeddings(ie_catalog *catalog, const char *model, const char *path,
                                ie_catalog_embedding_fn on_embedding, void *user,
                                ie_error *err) IE_MUST_CHECK;
/* Of the same photos in the same order what is stored of them: their records as text, valid during
   the call only. */
typedef ie_status (*ie_catalog_record_fn)(void *user, int64_t row, const char *path,
                                          const char *record, size_t size);
ie_status ie_catalog_embedding_records(ie_catalog *catalog, const char *model, const char *path,
                                       ie_catalog_record_fn on_record, void *user,
                                       ie_error *err) IE_MUST_CHECK;
/* The path of a row, free() it; NULL when it is gone. */
char *ie_catalog_embedding_path(ie_catalog *catalog, int64_t row);
/* The one of this file; ie_embedding_free() it. NULL: none by this model. */
ie_embedding *ie_catalog_embedding(ie_catalog *catalog, const char *model, const char *path);

/* The rows kept for a list of texts, `list` being its checksum; count * *ret_dimension numbers:
   free() them. NULL: none. */
float *ie_catalog_texts(ie_catalog *catalog, const char *model, const char *list, size_t count,
                        size_t *ret_dimension);
/* Keeps them in a short transaction of its own; the oldest lists go when there are many. */
ie_status ie_catalog_keep_texts(ie_catalog *catalog, const char *model, const char *list,
                                const float *rows, size_t count, size_t dimension,
                                ie_error *err) IE_MUST_CHECK;

#endif
