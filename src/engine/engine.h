// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The engine: the only place that knows the order scan → analyze → compare → propose → apply. This
 * header is shared by the files of src/engine that implement imgengine.h; nobody else includes it.
 */
#ifndef IE_ENGINE_ENGINE_H
#define IE_ENGINE_ENGINE_H

#include "core/config.h"
#include "core/plan.h"
#include "engine/pipeline.h"

#define IE_MAX_FACTS 16

struct ie_engine {
    ie_config *config;
    char *catalog_path; /* NULL: none wanted */
    void (*progress)(void *user, const ie_progress *progress);
    void (*notice)(void *user, const char *text);
    void (*problem)(void *user, const char *text);
    void *user;
    const volatile int *cancel;
    bool (*ask)(void *user, const char *question);
    bool asked, agreed; /* may what is missing be fetched? Asked once */
    /* IE_HAVE_* facts whose models are fetched when the first photo needs them */
    unsigned to_fetch;
    ie_catalog *reader, *writer; /* opened together, when first needed */
    ie_fact_version versions[IE_MAX_FACTS];
    size_t version_count;
};

/* Opens the catalog if one is wanted and not open yet. */
ie_status ie_engine_catalog(ie_engine *engine, ie_error *err) IE_MUST_CHECK;
void ie_engine_notice(ie_engine *engine, const char *format, ...) IE_PRINTF(2, 3);
void ie_engine_problem(ie_engine *engine, const char *text);

/* verify.c: what the file's bytes are, for the catalog, which is open for writing. */
ie_status ie_engine_note_bytes(ie_engine *engine, const char *path, ie_format format,
                               const ie_stamp *stamp, ie_hash128 xxh3, ie_error *err) IE_MUST_CHECK;

/* A pipeline with the engine's settings and catalog filled in. */
ie_status ie_engine_pipeline(ie_engine *engine, const ie_input *input, unsigned wanted,
                             ie_pipeline *ret_pipeline, ie_error *err) IE_MUST_CHECK;

/* IE_HAVE_* facts of the analyzers that are named in `only` (comma list), or that the configuration
   enables. */
ie_status ie_engine_wanted(ie_engine *engine, const char *only, unsigned *ret_wanted,
                           ie_error *err) IE_MUST_CHECK;

/* Looks at the models that give these facts, so that what others of the same name gave is stale.
   While no pipeline reads the versions. */
void ie_engine_know_files(ie_engine *engine, unsigned wanted);

/* May the models for these facts be fetched: by analysis.ml_models.download, or because the user
   says so now? */
bool ie_engine_may_fetch(ie_engine *engine, unsigned missing, const char *reason);
/* Fetches what to_fetch names; what cannot be had is told by a notice. `user` is the engine. */
void ie_engine_fetch_missing(void *user);

/* Counts one record into the summary (kinds, faults); not into kept, copied and so on. */
void ie_summary_count(ie_summary *summary, const ie_photo *photo, bool cached);
/* Adds the scan's own numbers. */
void ie_summary_scan(ie_summary *summary, const ie_pipeline_result *result);
/* found == other + kept + … ; IE_ERR_INTERNAL names both sides when not. */
ie_status ie_summary_check(const ie_summary *summary, ie_error *err) IE_MUST_CHECK;

double ie_seconds_now(void); /* monotonic */

#endif
