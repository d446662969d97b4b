// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Search: a query becomes one vector, the stored vectors of the same model are ranked by it, and of
 * the ranked photos those are told that are still there and that the filters let pass, best first.
 * Only as many photos as that takes are looked up, so records are read for few; what is kept of
 * each photo is its vector and the number of its row. Embeddings of two models never meet. Shared
 * by the files of search; one thread.
 */
#ifndef IE_ENGINE_SEARCH_H
#define IE_ENGINE_SEARCH_H

#include "engine/engine.h"

/* What the terms sum up to. */
typedef struct ie_search_query {
    char *model;   /* identity: "NAME@CHECKSUM" */
    float *vector; /* of length 1 */
    size_t dimension;
    char **likes; /* real paths of the terms that are photos */
    size_t like_count, like_room;
} ie_search_query;

/* IE_ERR_USAGE: no term, or an empty one. IE_ERR_NOT_FOUND: a photo, the model or the runtime is
   not there. IE_ERR_FORMAT: a photo cannot be looked at; the terms cancel each other out. Free with
   clear(), after failures too. */
ie_status ie_search_query_make(ie_engine *engine, const ie_search_request *request,
                               ie_search_query *ret_query, ie_error *err) IE_MUST_CHECK;
void ie_search_query_clear(ie_search_query *query);

/* The request's filters, read. */
typedef struct ie_search_filter {
    bool has_after, has_before, has_place;
    int64_t after, before; /* as ie_datetime_order() */
    double latitude, longitude, kilometres;
    const char *camera; /* NULL: any */
    const char *const *objects;
    size_t object_count;
} ie_search_filter;

/* IE_ERR_USAGE names what cannot be read. The filter points into the request. */
ie_status ie_search_filter_read(const ie_search_request *request, ie_search_filter *ret_filter,
                                ie_error *err) IE_MUST_CHECK;
bool ie_search_filter_any(const ie_search_filter *filter);
/* Could the photo of this record, as the catalog has it, pass? False is sure; much cheaper than
   reading it. */
bool ie_search_filter_may_pass(const ie_search_filter *filter, const char *record);
bool ie_search_filter_passes(const ie_search_filter *filter, const ie_photo *photo);

/* What a contact sheet shows of a photo that was found. */
typedef struct ie_search_hit {
    char *path;
    double similarity;
    ie_format format;
    uint8_t orientation;
    uint64_t size;
    ie_datetime captured;
    char *picture; /* base64 */
    uint32_t width, height;
} ie_search_hit;

/* Writes request->page. Fills the hits' pictures. */
ie_status ie_search_page_write(ie_engine *engine, const ie_search_request *request,
                               ie_search_hit *hits, size_t count, ie_error *err) IE_MUST_CHECK;

#endif
