// SPDX-License-Identifier: GPL-3.0-or-later
/* From files to a plan: what each step needs is analyzed, units are formed, processors propose. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/convert_check.h"
#include "core/convert_rule.h"
#include "core/unit.h"
#include "engine/advice.h"
#include "engine/apart.h"
#include "engine/apply.h"
#include "engine/by_size.h"
#include "engine/compare.h"
#include "engine/earlier.h"
#include "engine/engine.h"
#include "engine/foresee.h"
#include "engine/live.h"
#include "engine/outlook.h"
#include "engine/request.h"
#include "engine/same.h"
#include "engine/similar.h"
#include "engine/volume.h"
#include "engine/whereabouts.h"
#include "processors/beside.h"
#include "processors/processor.h"
#include "storage/gpx_file.h"
#include "storage/place_file.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/text.h"

typedef struct collection {
    ie_photo **photos;
    bool *known; /* by photo: taken from the catalog */
    size_t count, room, known_room;
    ie_summary *summary;
    ie_track track;
    ie_pair *pairs; /* that look alike; with dedupe.similar */
    size_t pair_count;
    ie_places places;
    size_t tracked[IE_TRACKED];
} collection;

static ie_status take_photo(void *user, ie_photo *take_photo, bool cached, ie_error *err)
{
    collection *c = user;
    (void)err;
    ie_summary_count(c->summary, take_photo, cached);
    IE_GROW(c->photos, c->count, c->room);
    IE_GROW(c->known, c->count, c->known_room);
    c->known[c->count] = cached;
    c->photos[c->count++] = take_photo;
    return IE_OK;
}

static void collection_free(collection *c)
{
    for (size_t i = 0; i < c->count; i++) {
        ie_photo_free(c->photos[i]);
    }
    free(c->photos);
    free(c->known);
    free(c->pairs);
    ie_track_clear(&c->track);
    ie_places_clear(&c->places);
}

static ie_status read_places(const ie_config *config, collection *c, ie_error *err)
{
    const char *gpx = config->tagging.gpx, *list = config->tagging.gps_from;
    ie_status status = gpx[0] != 0 ? ie_gpx_read(gpx, &c->track, err) : IE_OK;
    return status == IE_OK && list[0] != 0 && strcmp(list, "sidecar") != 0
               ? ie_places_read(list, &c->places, err)
               : status;
}

/* What the keep rules look at; wanted only of files that have an equal. Equal bytes are of equal
   quality: there is no need to decode them. */
static unsigned keep_facts(const ie_config *config)
{
    return IE_HAVE_METADATA | (config->dedupe.similar ? IE_HAVE_QUALITY : 0);
}

static ie_status wanted_facts(ie_engine *engine, const ie_request *request, unsigned *ret_wanted,
                              ie_error *err)
{
    unsigned wanted = IE_HAVE_FORMAT;
    if (request->rename || request->tag) {
        wanted |= IE_HAVE_METADATA;
    }
    if (request->convert) {
        wanted |= IE_HAVE_METADATA; /* how a picture lies; a camera's name */
    }
    unsigned named_by = 0;
    ie_status status = request->rename ? ie_rename_needs(engine->config, &named_by, err) : IE_OK;
    if (status != IE_OK) {
        return status;
    }
    wanted |= named_by;
    if (request->tag &&
        (engine->config->tagging.quality_rating || engine->config->tagging.quality_score)) {
        wanted |= IE_HAVE_QUALITY;
    }
    if (request->dedupe && engine->config->dedupe.similar) {
        wanted |= IE_HAVE_METADATA | IE_HAVE_HASHES; /* a picture lies as its metadata says */
    }
    bool process = strcmp(request->command, "process") == 0;
    bool tags =
        request->tag && engine->config->tagging.embed_tags && engine->config->analysis.ml_analysis;
    if (process || tags) {
        unsigned all = 0;
        status = ie_engine_wanted(engine, NULL, &all, err);
        if (status != IE_OK) {
            return status;
        }
        wanted |= process ? all : all & (IE_HAVE_SCENES | IE_HAVE_OBJECTS);
    }
    *ret_wanted = wanted;
    return IE_OK;
}

static ie_status check_output(const char *output, const ie_pipeline_result *result, ie_error *err)
{
    struct stat st;
    if (lstat(output, &st) == 0 && !S_ISDIR(st.st_mode)) {
        return ie_error_set(err, IE_ERR_USAGE, "The output %s is not a folder.", ie_shown(output));
    }
    for (uint32_t i = 0; i < result->root_count; i++) {
        if (ie_path_below(result->roots[i], output)) {
            return ie_error_set(
                err, IE_ERR_USAGE,
                "The output folder %s holds the photos themselves (%s). Name another "
                "folder, or change the photos where they are with --in-place.",
                ie_shown(output), ie_shown(result->roots[i]));
        }
    }
    return IE_OK;
}

static bool path_taken(void *user, const char *path, const char *except)
{
    (void)user;
    struct stat st, other;
    if (lstat(path, &st) != 0) {
        return errno != ENOENT && errno != ENOTDIR;
    }
    /* On a case-folding file system the photo itself answers to its new name. */
    return except == NULL || lstat(except, &other) != 0 || st.st_ino != other.st_ino ||
           st.st_dev != other.st_dev;
}

/* Apply walks into no symbolic link, so in place it would refuse what was reached over one. */
static bool over_a_link(const ie_photo *photo)
{
    struct stat st;
    IE_AUTO_FREE char *folder = ie_path_directory(photo->real_path);
    IE_AUTO_FREE char *real = realpath(folder, NULL);
    return real == NULL || strcmp(real, folder) != 0 ||
           (lstat(photo->real_path, &st) == 0 && S_ISLNK(st.st_mode));
}

/* What journals tell the processors. */
typedef struct memory {
    ie_same *same;
    ie_earlier *earlier;
} memory;

static bool is_there(void *user, const ie_photo *photo, const char *path)
{
    return ie_same_is_there(((const memory *)user)->same, photo, path);
}

static const char *made_of(void *user, const ie_photo *photo, bool *ret_plain)
{
    return ie_same_made(((const memory *)user)->same, photo, ret_plain);
}

static const char *former_path(void *user, const ie_photo *photo)
{
    return ie_earlier_path(((const memory *)user)->earlier, photo->real_path);
}

/* One action for each file, which the processors amend. */
static ie_plan *new_plan(const ie_engine *engine, const ie_request *request, const char *output,
                         const ie_pipeline_result *result, const collection *c)
{
    ie_plan *plan = ie_plan_new(request->command);
    plan->copies = output != NULL;
    if (output != NULL) {
        ie_plan_root(plan, output);
    } else {
        for (uint32_t i = 0; i < result->root_count; i++) {
            ie_plan_root(plan, result->roots[i]);
        }
    }
    for (size_t i = 0; i < c->count; i++) {
        ie_action *action = ie_plan_add(plan, c->photos[i]);
        action->root = output != NULL ? 0 : ie_plan_root(plan, result->roots[c->photos[i]->root]);
        if (output == NULL && engine->config->scan.follow_symlinks && over_a_link(c->photos[i])) {
            action->kind = IE_ACTION_SKIP;
            ie_action_reason(plan, action,
                             "reached over a symbolic link, changed only where it really is");
        }
    }
    return plan;
}

static ie_status run_steps(const ie_request *request, ie_proposal *proposal, ie_error *err)
{
    const struct {
        bool wanted;
        ie_status (*propose)(ie_proposal *proposal, ie_error *err);
    } steps[] = {
        {request->dedupe, ie_dedupe_processor.propose},
        {request->convert, ie_convert_processor.propose},
        {request->tag, ie_tag_processor.propose},
        {request->rename, ie_rename_processor.propose},
        {!request->rename, ie_place_propose},
        {request->convert, ie_beside_propose},
        {true, ie_writing_propose},
        {request->dedupe, ie_merge_settle},
    };
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].wanted) {
            status = steps[i].propose(proposal, err);
        }
    }
    if (status == IE_OK && request->convert) {
        ie_strip_propose(proposal);
    }
    return status;
}

static ie_status propose(ie_engine *engine, const ie_request *request, const char *output,
                         const ie_pipeline_result *result, collection *c, ie_plan **ret_plan,
                         ie_error *err)
{
    ie_plan *plan = new_plan(engine, request, output, result, c);
    memory journals = {ie_same_new(engine->config, output, request->dedupe), ie_earlier_new()};
    ie_proposal proposal = {
        .config = engine->config,
        .output = output,
        .roots = (const char *const *)result->roots,
        .photos = c->photos,
        .count = c->count,
        .pairs = c->pairs,
        .pair_count = c->pair_count,
        .plan = plan,
        .taken = path_taken,
        .same = is_there,
        .look = ie_outlook_take,
        .foresee = ie_foresee,
        .made = made_of,
        .former = former_path,
        .stripped = ie_foresee_stripped,
        .shares = ie_foresee_shares,
        .loses = ie_foresee_loses,
        .user = &journals,
        .track = c->track.count > 0 ? &c->track : NULL,
        .places = c->places.count > 0 ? &c->places : NULL,
        .library = ie_request_makes_library(request),
        .untag = request->untag,
        .tracked = c->tracked,
    };
    ie_status status = run_steps(request, &proposal, err);
    ie_same_free(journals.same);
    ie_earlier_free(journals.earlier);
    if (status == IE_OK) {
        ie_plan_settle(&proposal);
        *ret_plan = plan;
    } else {
        ie_plan_free(plan);
    }
    return status;
}

/* The facts found while comparing are worth keeping, too. */
static ie_status store_compared(ie_engine *engine, const collection *c, const unsigned *before,
                                ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; engine->writer != NULL && status == IE_OK && i < c->count; i++) {
        if (c->photos[i]->have != before[i] && c->photos[i]->format != IE_FORMAT_SIDECAR) {
            status = ie_catalog_store(engine->writer, engine->versions, engine->version_count,
                                      c->photos[i], err);
        }
    }
    return status == IE_OK && engine->writer != NULL ? ie_catalog_commit(engine->writer, err)
                                                     : status;
}

static ie_status compare(ie_engine *engine, const ie_request *request, collection *c, ie_error *err)
{
    if (!request->dedupe) {
        return IE_OK;
    }
    ie_compare comparison = {
        .config = engine->config,
        .progress = engine->progress,
        .user = engine->user,
        .cancel = engine->cancel,
        .facts = keep_facts(engine->config),
    };
    unsigned *before = ie_alloc(c->count * sizeof *before);
    uint64_t bytes = 0;
    for (size_t i = 0; i < c->count; i++) {
        before[i] = c->photos[i]->have;
        bytes += c->photos[i]->stamp.size;
    }
    ie_status status = ie_compare_run(&comparison, c->photos, c->count, err);
    if (status == IE_OK && engine->config->dedupe.similar) {
        status = ie_similar_run(&comparison, c->photos, c->count, &c->pairs, &c->pair_count, err);
    }
    if (status == IE_OK) {
        status = ie_apart_filter(engine, c->photos, c->pairs, &c->pair_count, err);
    }
    for (size_t i = 0; i < c->count; i++) {
        c->summary->found_bytes += c->photos[i]->stamp.size; /* some files changed meanwhile */
    }
    c->summary->found_bytes -= bytes;
    if (status == IE_OK) {
        status = store_compared(engine, c, before, err);
    }
    free(before);
    return status;
}

static void recount_kinds(const collection *c, ie_summary *summary)
{
    summary->sidecars = 0;
    summary->faulty = 0;
    for (size_t i = 0; i < c->count; i++) {
        summary->lone +=
            c->photos[i]->format == IE_FORMAT_UNKNOWN && ie_sidecar_name(c->photos[i]->path);
        summary->sidecars += c->photos[i]->format == IE_FORMAT_SIDECAR;
        summary->faulty += c->photos[i]->fault_count > 0;
    }
}

/* Before the long work: arguments that are roots, and the output. */
static ie_status check_online(ie_engine *engine, const ie_input *input, const char *output,
                              ie_error *err)
{
    ie_status status =
        output != NULL ? ie_volume_check_output(engine, output, IE_ANEW_TELL, err) : IE_OK;
    for (size_t i = 0; status == IE_OK && !input->from_list && i < input->count; i++) {
        IE_AUTO_FREE char *real = realpath(input->paths[i], NULL);
        status = real != NULL ? ie_volume_check_place(engine, real, IE_ANEW_SILENT, err) : IE_OK;
    }
    return status;
}

/* The pipeline that tells what this request needs of each photo. */
static ie_status set_up(ie_engine *engine, const ie_input *input, const ie_request *request,
                        const char *output, ie_pipeline *ret_pipeline, ie_error *err)
{
    unsigned wanted = 0;
    ie_status status = wanted_facts(engine, request, &wanted, err);
    if (status == IE_OK) {
        status = ie_engine_pipeline(engine, input, wanted, ret_pipeline, err);
    }
    if (status == IE_OK) {
        status = check_online(engine, input, output, err);
    }
    if (status == IE_OK) {
        ret_pipeline->leave_out = output;
        ret_pipeline->hash_upto = request->dedupe ? IE_COMPARE_SMALL : 0;
        ret_pipeline->shape_formats = request->convert ? ie_convert_formats(engine->config) : 0;
    }
    return status;
}

static ie_status collect(ie_engine *engine, const ie_request *request, const ie_pipeline *pipeline,
                         collection *c, ie_pipeline_result *result, ie_error *err)
{
    const char *output = pipeline->leave_out;
    bool equals_alone = request->dedupe && pipeline->wanted == IE_HAVE_FORMAT && output == NULL &&
                        !request->rename && !request->convert && !request->tag;
    ie_status status =
        (equals_alone ? ie_by_size_run : ie_pipeline_run)(pipeline, take_photo, c, result, err);
    if (status == IE_OK) {
        ie_summary_scan(c->summary, result);
        ie_advise_of_filters(engine, c->summary, result->scan.excluded);
        status = output != NULL ? check_output(output, result, err) : IE_OK;
    }
    for (uint32_t i = 0; status == IE_OK && i < result->root_count; i++) {
        status = ie_volume_check_place(engine, result->roots[i],
                                       output != NULL ? IE_ANEW_SILENT : IE_ANEW_TELL, err);
    }
    if (status == IE_OK) {
        ie_live_read(c->photos, c->count);
        ie_units_form(c->photos, c->count);
        status = compare(engine, request, c, err);
    }
    return status;
}

static ie_status tell_of_plan(ie_engine *engine, const ie_request *request, const collection *c,
                              const ie_plan *plan, ie_error *err)
{
    recount_kinds(c, c->summary);
    ie_advise_of_faults(engine, c->photos, c->known, c->count, request->verbose);
    ie_advise_of_idleness(engine, request);
    ie_advise_of_track(engine, c->tracked);
    ie_advise_of_places(engine, &c->places, c->photos, c->count);
    ie_plan_summarize(plan, c->summary);
    return ie_summary_check(c->summary, err);
}

static ie_status scan_and_propose(ie_engine *engine, const ie_input *input,
                                  const ie_request *request, const char *output, ie_plan **ret_plan,
                                  ie_summary *summary, ie_error *err)
{
    ie_pipeline pipeline;
    collection c = {.summary = summary};
    ie_pipeline_result result = {0};
    ie_plan *plan = NULL;
    ie_status status = set_up(engine, input, request, output, &pipeline, err);
    if (status == IE_OK && request->tag && !request->untag) {
        status = read_places(engine->config, &c, err);
    }
    if (status == IE_OK) {
        status = collect(engine, request, &pipeline, &c, &result, err);
    }
    if (status == IE_OK) {
        status = propose(engine, request, output, &result, &c, &plan, err);
    }
    if (status == IE_OK) {
        status = tell_of_plan(engine, request, &c, plan, err);
    }
    if (status == IE_OK) {
        *ret_plan = plan;
    } else {
        ie_plan_free(plan);
    }
    collection_free(&c);
    ie_pipeline_result_clear(&result);
    return status;
}

/* A plan made from what a killed run left half done would find files where they will not be. */
static ie_status recover(ie_engine *engine, const ie_input *input, const char *output, bool wait,
                         ie_error *err)
{
    ie_apply_options options = {.config = engine->config, .wait = wait, .cancel = engine->cancel};
    ie_status status = output != NULL ? ie_apply_recover(output, &options, err) : IE_OK;
    for (size_t i = 0; output == NULL && status == IE_OK && i < input->count; i++) {
        IE_AUTO_FREE char *real = realpath(input->paths[i], NULL);
        struct stat st;
        if (real == NULL || stat(real, &st) != 0) {
            continue; /* the scan will tell */
        }
        IE_AUTO_FREE char *root = S_ISDIR(st.st_mode) ? ie_strdup(real) : ie_path_directory(real);
        status = ie_apply_recover(root, &options, err);
    }
    return status;
}

ie_status ie_engine_plan(ie_engine *engine, const ie_input *input, const ie_request *request,
                         ie_plan **ret_plan, ie_summary *ret_summary, ie_error *err)
{
    double start = ie_seconds_now();
    IE_AUTO_FREE char *output = NULL;
    ie_summary summary = {0};
    ie_status status = IE_OK;
    engine->config->dedupe.similar = engine->config->dedupe.similar || request->similar;
    status = ie_request_check(engine, request, &output, err);
    if (status == IE_OK && request->apply) {
        status = recover(engine, input, output, request->wait, err);
    }
    if (status == IE_OK) {
        status = scan_and_propose(engine, input, request, output, ret_plan, &summary, err);
    }
    if (status == IE_OK && request->convert) {
        ie_advise_of_colours(engine, *ret_plan);
        ie_advise_of_unconverted(engine, *ret_plan);
        if (ie_request_makes_library(request)) {
            ie_advise_of_originals(engine, *ret_plan);
        }
    }
    if (status == IE_OK) {
        summary.seconds = ie_seconds_now() - start;
        *ret_summary = summary;
    }
    return status;
}
