// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#include "analyzers/analyzer.h"
#include "engine/advice.h"
#include "utils/error.h"
#include "utils/text.h"

const char *ie_version(void)
{
    return IE_VERSION;
}

double ie_seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool begins_with_any(const char *key, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        if (ie_starts_with(key, *prefixes)) {
            return true;
        }
    }
    return false;
}

/* A change of a setting that an analyzer's results depend on makes stored ones stale. */
static uint64_t settings_hash(const ie_config *config, const char *const *prefixes, bool dates)
{
    ie_hasher *hasher = ie_hasher_new();
    if (dates) {
        /* A date taken from the file's time is local time: in another zone it is another one. */
        tzset();
        IE_AUTO_FREE char *zone = ie_asprintf("%s/%s/%ld", tzname[0], tzname[1], timezone);
        ie_hasher_add(hasher, zone, strlen(zone) + 1);
    }
    for (size_t i = 0; i < ie_option_count(); i++) {
        const char *key = ie_option_at(i)->key;
        if (begins_with_any(key, prefixes)) {
            IE_AUTO_FREE char *value = ie_config_text(config, key);
            ie_hasher_add(hasher, key, strlen(key) + 1);
            ie_hasher_add(hasher, value, strlen(value) + 1);
        }
    }
    ie_hash128 hash = ie_hasher_value(hasher);
    ie_hasher_free(hasher);
    uint64_t settings;
    memcpy(&settings, hash.bytes, sizeof settings);
    return settings;
}

/* Raised when ie_format_sniff() learns or changes a format. */
#define FORMAT_VERSION 1

static void list_versions(ie_engine *engine)
{
    static const char *const content[] = {"analysis.content.", "limits.", NULL};
    static const char *const metadata[] = {"analysis.metadata.", NULL};
    ie_fact_version *v = engine->versions;
    size_t n = 0;
    v[n++] = (ie_fact_version){"format", IE_HAVE_FORMAT, FORMAT_VERSION, 0, 0};
    v[n++] = (ie_fact_version){"xxh3", IE_HAVE_XXH3, 1, 0, 0};
    const char *const *hashed = NULL;
    uint64_t settings = 0;
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        const ie_analyzer *a = ie_analyzers[i];
        const char *const *prefixes = a->settings != NULL ? a->settings
                                      : a->views != 0     ? content
                                                          : metadata;
        if (prefixes != hashed) {
            settings = settings_hash(engine->config, prefixes, prefixes == metadata);
            hashed = prefixes;
        }
        v[n++] = (ie_fact_version){a->name, a->gives, a->version, settings, 0};
    }
    engine->version_count = n;
}

void ie_engine_know_files(ie_engine *engine, unsigned wanted)
{
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        const ie_analyzer *a = ie_analyzers[i];
        for (size_t v = 0;
             a->files != NULL && (wanted & a->gives) != 0 && v < engine->version_count; v++) {
            if (engine->versions[v].have == a->gives) {
                engine->versions[v].files = a->files(engine->config);
            }
        }
    }
}

ie_status ie_engine_open(const ie_config *config, const ie_engine_options *options,
                         ie_engine **ret_engine, ie_error *err)
{
    (void)err;
    ie_engine *engine = ie_alloc(sizeof *engine);
    engine->config = ie_config_copy(config);
    if (options->catalog == NULL) {
        engine->catalog_path = ie_catalog_default_path();
    } else if (options->catalog[0] != 0) {
        engine->catalog_path = ie_strdup(options->catalog);
    }
    engine->progress = options->progress;
    engine->notice = options->notice;
    engine->problem = options->problem != NULL ? options->problem : options->notice;
    engine->user = options->user;
    engine->cancel = options->cancel;
    engine->ask = options->ask;
    if (engine->catalog_path != NULL) {
        list_versions(engine);
    }
    *ret_engine = engine;
    return IE_OK;
}

void ie_engine_close(ie_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    ie_catalog_close(engine->reader);
    ie_catalog_close(engine->writer);
    ie_config_free(engine->config);
    free(engine->catalog_path);
    free(engine);
}

ie_status ie_engine_catalog(ie_engine *engine, ie_error *err)
{
    if (engine->catalog_path == NULL || engine->writer != NULL) {
        return IE_OK;
    }
    ie_status status = ie_catalog_open(engine->catalog_path, true, &engine->writer, err);
    if (status == IE_OK) {
        status = ie_catalog_open(engine->catalog_path, false, &engine->reader, err);
    }
    return status;
}

void ie_engine_notice(ie_engine *engine, const char *format, ...)
{
    if (engine->notice == NULL) {
        return;
    }
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    engine->notice(engine->user, text);
}

void ie_engine_problem(ie_engine *engine, const char *text)
{
    if (engine->problem != NULL) {
        engine->problem(engine->user, text);
    }
}

ie_status ie_engine_pipeline(ie_engine *engine, const ie_input *input, unsigned wanted,
                             ie_pipeline *ret_pipeline, ie_error *err)
{
    ie_status status = ie_engine_catalog(engine, err);
    if (status != IE_OK) {
        return status;
    }
    *ret_pipeline = (ie_pipeline){
        .config = engine->config,
        .input = input,
        .wanted = wanted,
        .reader = engine->reader,
        .writer = engine->writer,
        .catalog_path = engine->catalog_path,
        .versions = engine->versions,
        .version_count = engine->version_count,
        .progress = engine->progress,
        .notice = engine->notice,
        .problem = engine->problem,
        .user = engine->user,
        .cancel = engine->cancel,
        .prepare = (engine->to_fetch & wanted) != 0 ? ie_engine_fetch_missing : NULL,
        .prepare_user = engine,
    };
    return IE_OK;
}

static const ie_analyzer *analyzer_named(const char *name)
{
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if (strcmp(ie_analyzers[i]->name, name) == 0) {
            return ie_analyzers[i];
        }
    }
    return NULL;
}

static ie_status unknown_analyzer(const char *name, ie_error *err)
{
    ie_buffer known = {0};
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        ie_buffer_printf(&known, "%s%s", i > 0 ? ", " : "", ie_analyzers[i]->name);
    }
    ie_status status =
        ie_error_set(err, IE_ERR_USAGE, "There is no analyzer \"%s\"; there are: %s.",
                     ie_shown(name), known.data);
    ie_buffer_free(&known);
    return status;
}

static ie_status named_facts(const char *only, unsigned *ret_wanted, ie_error *err)
{
    IE_AUTO_FREE char *names = ie_strdup(only);
    char *rest = names;
    *ret_wanted = 0;
    for (char *name; (name = strsep(&rest, ",")) != NULL;) {
        const ie_analyzer *analyzer = analyzer_named(name);
        if (analyzer == NULL) {
            return unknown_analyzer(name, err);
        }
        *ret_wanted |= analyzer->gives;
    }
    return IE_OK;
}

/* Takes away what cannot be had here, and says so in one line; or stops, when the configuration
   requires it. */
static ie_status leave_out_missing(ie_engine *engine, unsigned *wanted, ie_error *err)
{
    ie_buffer names = {0}, reasons = {0};
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && ie_analyzers[i] != NULL; i++) {
        const ie_analyzer *analyzer = ie_analyzers[i];
        ie_error missing = {0};
        if ((*wanted & analyzer->gives) == 0 || analyzer->check == NULL ||
            analyzer->check(engine->config, &missing) == IE_OK) {
            continue;
        }
        if (missing.status == IE_ERR_NOT_FOUND &&
            ie_engine_may_fetch(engine, *wanted, missing.text)) {
            engine->to_fetch |= analyzer->gives;
            continue;
        }
        if (engine->config->analysis.require_ml) {
            status = ie_error_set(err, missing.status, "%s", missing.text);
        }
        *wanted &= ~analyzer->gives;
        ie_buffer_printf(&names, "%s%s", names.size > 0 ? " and " : "", analyzer->name);
        if (reasons.data == NULL || strstr(reasons.data, missing.text) == NULL) {
            while (reasons.size > 0 && reasons.data[reasons.size - 1] == '.') {
                reasons.data[--reasons.size] = 0;
            }
            ie_buffer_printf(&reasons, "%s %s", reasons.size > 0 ? ";" : "", missing.text);
        }
    }
    if (status == IE_OK && names.size > 0) {
        ie_engine_notice(engine, "Going on without %s:%s", names.data, reasons.data);
    }
    ie_buffer_free(&names);
    ie_buffer_free(&reasons);
    return status;
}

ie_status ie_engine_wanted(ie_engine *engine, const char *only, unsigned *ret_wanted, ie_error *err)
{
    unsigned wanted = 0;
    ie_status status = only != NULL ? named_facts(only, &wanted, err) : IE_OK;
    for (size_t i = 0; only == NULL && ie_analyzers[i] != NULL; i++) {
        if (ie_analyzers[i]->enabled(engine->config)) {
            wanted |= ie_analyzers[i]->gives | (ie_analyzers[i]->views != 0 ? IE_HAVE_XXH3 : 0);
        }
    }
    if (status == IE_OK) {
        status = leave_out_missing(engine, &wanted, err);
    }
    if (status == IE_OK) {
        ie_engine_know_files(engine, wanted & ~engine->to_fetch);
        *ret_wanted = wanted;
    }
    return status;
}

void ie_summary_count(ie_summary *summary, const ie_photo *photo, bool cached)
{
    ie_kind kind = ie_format_kind(photo->format);
    if (photo->fault_count > 0) {
        summary->faulty++;
    }
    switch (kind) {
    case IE_KIND_PHOTO:
    case IE_KIND_RAW:
        summary->photos++;
        break;
    case IE_KIND_VIDEO:
        summary->videos++;
        break;
    case IE_KIND_SIDECAR:
        summary->sidecars++;
        return;
    case IE_KIND_NONE:
        if ((photo->have & IE_HAVE_FORMAT) != 0 && photo->fault_count == 0 &&
            ie_format_claimed(photo->path) != IE_FORMAT_UNKNOWN) {
            summary->misnamed++;
        }
        return;
    }
    if (cached) {
        summary->cached++;
    } else if ((photo->have & IE_HAVE_FORMAT) != 0) {
        summary->fresh++;
    }
}

void ie_summary_scan(ie_summary *summary, const ie_pipeline_result *result)
{
    summary->found = result->scan.files - result->left_out;
    summary->found_bytes = result->scan.bytes - result->left_out_bytes + result->changed_bytes;
    summary->unreadable = result->scan.unreadable;
}

ie_status ie_summary_check(const ie_summary *s, ie_error *err)
{
    uint64_t sum = s->other + s->kept + s->copied + s->moved + s->replaced + s->quarantined +
                   s->skipped + s->failed + s->unreached + s->made + s->pictures;
    if (sum == s->found + s->extra && s->accounted_bytes == s->found_bytes) {
        return IE_OK;
    }
    return ie_error_set(
        err, IE_ERR_INTERNAL,
        "The numbers do not add up: %" PRIu64 " files (%" PRIu64 " bytes) found, %" PRIu64
        " (%" PRIu64 " bytes) accounted for. This is a bug; every change made is in the journal.",
        s->found, s->found_bytes, sum, s->accounted_bytes);
}

typedef struct analysis {
    ie_photo_fn on_photo;
    void *user;
    ie_summary *summary;
} analysis;

static ie_status take_record(void *user, ie_photo *take_photo, bool cached, ie_error *err)
{
    analysis *a = user;
    ie_kind kind = ie_format_kind(take_photo->format);
    bool unopened = (take_photo->have & IE_HAVE_FORMAT) == 0;
    ie_summary_count(a->summary, take_photo, cached);
    a->summary->accounted_bytes += take_photo->stamp.size;
    ie_status status = IE_OK;
    if (kind != IE_KIND_NONE || unopened || take_photo->fault_count > 0) {
        a->summary->kept++;
        status = a->on_photo != NULL ? a->on_photo(a->user, take_photo) : IE_OK;
        if (status != IE_OK) {
            ie_error_set(err, status, "The output cannot be written.");
        }
    } else {
        a->summary->other++;
    }
    ie_photo_free(take_photo);
    return status;
}

ie_status ie_engine_analyze(ie_engine *engine, const ie_input *input, const char *only,
                            ie_photo_fn on_photo, void *user, ie_summary *ret_summary,
                            ie_error *err)
{
    double start = ie_seconds_now();
    unsigned wanted = 0;
    ie_pipeline pipeline;
    ie_status status = ie_engine_wanted(engine, only, &wanted, err);
    if (status == IE_OK) {
        status = ie_engine_pipeline(engine, input, wanted, &pipeline, err);
    }
    if (status != IE_OK) {
        return status;
    }
    pipeline.prints_only = true;
    ie_summary summary = {0};
    analysis a = {on_photo, user, &summary};
    ie_pipeline_result result = {0};
    status = ie_pipeline_run(&pipeline, take_record, &a, &result, err);
    if (status == IE_OK) {
        ie_summary_scan(&summary, &result);
        ie_advise_of_filters(engine, &summary, result.scan.excluded);
        status = ie_summary_check(&summary, err);
    }
    ie_pipeline_result_clear(&result);
    summary.seconds = ie_seconds_now() - start;
    *ret_summary = summary;
    return status;
}
