// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The pipeline: walk (1 thread) → analyze (N) → infer (1, only where networks look at photos) →
 * commit (the calling thread, the only catalog writer). The walk asks the catalog, so that an
 * unchanged file is never opened. Hand-offs are bounded queues, and only so many photos are under
 * way at a time, so memory does not depend on the collection's size; the commit restores scan
 * order, so the output is the same for any number of threads. A photo belongs to one stage at a
 * time: photos need no lock.
 */
#ifndef IE_ENGINE_PIPELINE_H
#define IE_ENGINE_PIPELINE_H

#include "core/config.h"
#include "core/photo.h"
#include "storage/catalog.h"
#include "storage/scan.h"

typedef struct ie_pipeline {
    const ie_config *config;
    const ie_input *input;
    unsigned wanted;          /* IE_HAVE_* facts for every photo */
    uint64_t shape_formats; /* a bit an ie_format: what their headers say of the picture is wanted,
                               too (convert) */
    uint64_t hash_upto; /* files of at most so many bytes get XXH3, too, because they are read whole
                           anyway */
    const char *leave_out;    /* absolute folder not to look into (the output), or NULL */
    ie_catalog *reader, *writer; /* NULL: none. The reader is used on the walk's thread only */
    bool prints_only; /* known photos are printed and no more: see ie_catalog_find_text() */
    const char *catalog_path;    /* of these, for what analyzers keep there; NULL: none */
    const ie_fact_version *versions;
    size_t version_count;
    void (*progress)(void *user, const ie_progress *progress);
    void (*notice)(void *user, const char *text);
    void (*problem)(void *user, const char *text); /* what cannot be read */
    void *user;
    const volatile int *cancel;
    /* Called once, on the calling thread, before the first photo that is not known already is
       looked at; may be NULL. */
    void (*prepare)(void *user);
    void *prepare_user;
} ie_pipeline;

typedef struct ie_pipeline_result {
    ie_scan_counts scan;
    uint64_t left_out, left_out_bytes;
    uint64_t changed_bytes; /* by which files were larger (modulo 2^64: smaller) when opened than
                               when listed */
    char **roots; /* absolute; free with ie_pipeline_result_clear() */
    uint32_t root_count;
} ie_pipeline_result;

/* Called in scan order on the calling thread; the photo is the callee's from then on. */
typedef ie_status (*ie_take_photo_fn)(void *user, ie_photo *take_photo, bool cached, ie_error *err);

/* IE_ERR_CANCELLED when *cancel was set; what was committed until then is stored. */
ie_status ie_pipeline_run(const ie_pipeline *pipeline, ie_take_photo_fn take, void *user,
                          ie_pipeline_result *ret_result, ie_error *err) IE_MUST_CHECK;
/* What the scan alone tells, once it is at its end; the rest is 0. */
void ie_pipeline_tell(const ie_scan *scan, ie_pipeline_result *ret_result);
void ie_pipeline_result_clear(ie_pipeline_result *result);

#endif
