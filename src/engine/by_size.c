// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/by_size.h"

#include <stdlib.h>

#include "core/unit.h"
#include "engine/crew.h"
#include "engine/recall.h"
#include "utils/error.h"
#include "utils/text.h"

#define SLICE 4096  /* files between two words of progress */
#define TOGETHER 32 /* files that one thread takes at a time: neighbours lie in one folder */
#define HOLD 256    /* after so many photos the catalog is looked at anew */

typedef struct file {
    ie_photo *photo; /* NULL: handed over */
    uint64_t size;   /* when it was listed */
    bool due, cached;
} file;

typedef struct listing {
    const ie_pipeline *pipeline;
    ie_scan *scan;
    file *files;
    size_t count, room;
    size_t *due;             /* those to be opened, in the scan's order */
    size_t due_count, first; /* first: of the slice that is being opened */
    uint64_t left_out, left_out_bytes;
} listing;

static bool cancelled(const listing *l)
{
    return l->pipeline->cancel != NULL && *l->pipeline->cancel != 0;
}

static ie_status interrupted(ie_error *err)
{
    return ie_error_set(err, IE_ERR_CANCELLED,
                        "Interrupted; this run changed nothing, and "
                        "what was analyzed so far is kept.");
}

static void report(const listing *l, uint64_t done, uint64_t total, const ie_photo *photo)
{
    if (l->pipeline->progress != NULL) {
        ie_progress progress = {
            .stage = IE_STAGE_ANALYZE, .done = done, .total = total, .path = photo->path};
        l->pipeline->progress(l->pipeline->user, &progress);
    }
}

static void on_problem(void *user, const char *path, const char *text)
{
    (void)path;
    const ie_pipeline *pipeline = user;
    if (pipeline->problem != NULL) {
        pipeline->problem(pipeline->user, text);
    }
}

static ie_status list(listing *l, ie_error *err)
{
    const char *leave_out = l->pipeline->leave_out;
    ie_scan_keep_all(l->scan);
    for (ie_photo *photo; (photo = ie_scan_next(l->scan)) != NULL;) {
        if (leave_out != NULL && ie_path_below(photo->real_path, leave_out)) {
            l->left_out++;
            l->left_out_bytes += photo->stamp.size;
            ie_photo_free(photo);
            continue;
        }
        IE_GROW(l->files, l->count, l->room);
        l->files[l->count++] = (file){.photo = photo, .size = photo->stamp.size};
        if (l->count % SLICE == 0) {
            report(l, l->count, 0, photo);
        }
        if (cancelled(l)) {
            return interrupted(err);
        }
    }
    return IE_OK;
}

/* By a hash table of the first file of each size, for sizes are many and few are met twice. */
static void mark_equal_sizes(listing *l)
{
    unsigned bits = 1;
    while ((size_t)1 << bits < 2 * l->count) {
        bits++;
    }
    size_t mask = ((size_t)1 << bits) - 1;
    file **first = ie_alloc((mask + 1) * sizeof *first);
    for (size_t i = 0; i < l->count; i++) {
        file *f = &l->files[i];
        /* A seed that nobody can choose sizes for. */
        size_t place = (size_t)ie_hash64_seeded(&f->size, sizeof f->size, (uintptr_t)first) & mask;
        while (first[place] != NULL && first[place]->size != f->size) {
            place = (place + 1) & mask;
        }
        if (first[place] == NULL) {
            first[place] = f;
        } else {
            first[place]->due = f->due = true;
        }
    }
    free(first);
}

/* What has the name of a sidecar is one or it is nothing. */
static void mark_nameless(listing *l)
{
    l->due = ie_alloc(l->count * sizeof *l->due);
    for (size_t i = 0; i < l->count; i++) {
        file *f = &l->files[i];
        ie_format claimed = f->due ? IE_FORMAT_UNKNOWN : ie_format_claimed(f->photo->real_path);
        f->due = f->due || (claimed == IE_FORMAT_UNKNOWN && !ie_sidecar_name(f->photo->real_path));
        if (f->due) {
            l->due[l->due_count++] = i;
        } else {
            f->photo->format = claimed;
        }
    }
}

/* Leaves those in `due` that the catalog does not know. */
static void recall(listing *l)
{
    ie_catalog *reader = l->pipeline->reader;
    size_t left = 0;
    for (size_t i = 0; reader != NULL && i < l->due_count && !cancelled(l); i++) {
        file *f = &l->files[l->due[i]];
        if (i % HOLD == 0) {
            ie_catalog_hold(reader);
        }
        f->cached = ie_recall(l->pipeline, f->photo);
        if (!f->cached) {
            l->due[left++] = l->due[i];
        }
    }
    if (reader != NULL) {
        ie_catalog_let_go(reader);
        l->due_count = left;
    }
}

static void look(void *user, ie_worker *worker, size_t index)
{
    const listing *l = user;
    const file *f = &l->files[l->due[l->first + index]];
    unsigned wanted = IE_HAVE_FORMAT | (f->size <= l->pipeline->hash_upto ? IE_HAVE_XXH3 : 0);
    ie_worker_analyze(worker, f->photo, wanted, 0);
}

static ie_status open_due(listing *l, ie_error *err)
{
    while (l->first < l->due_count && !cancelled(l)) {
        size_t left = l->due_count - l->first, count = left < SLICE ? left : SLICE;
        report(l, l->first, l->due_count, l->files[l->due[l->first]].photo);
        ie_crew_share(l->pipeline->config, l->pipeline->cancel, count, TOGETHER, look, l);
        l->first += count;
    }
    return cancelled(l) ? interrupted(err) : IE_OK;
}

static ie_status store(const listing *l, const file *f, ie_error *err)
{
    const ie_pipeline *pipeline = l->pipeline;
    bool opened = (f->photo->have & IE_HAVE_FORMAT) != 0;
    return pipeline->writer != NULL && !f->cached && opened
               ? ie_catalog_store(pipeline->writer, pipeline->versions, pipeline->version_count,
                                  f->photo, err)
               : IE_OK;
}

/* What was looked at is stored even when nobody takes it any more. */
static ie_status hand_over(listing *l, ie_status status, ie_take_photo_fn take, void *user,
                           ie_error *err)
{
    ie_error late = {0};
    ie_status stored = IE_OK;
    for (size_t i = 0; i < l->count && stored == IE_OK; i++) {
        file *f = &l->files[i];
        stored = store(l, f, &late);
        if (status == IE_OK && stored == IE_OK) {
            ie_photo *photo = f->photo;
            f->photo = NULL;
            status = take(user, photo, f->cached, err);
        }
    }
    if (stored == IE_OK && l->pipeline->writer != NULL) {
        stored = ie_catalog_commit(l->pipeline->writer, &late);
    }
    return status == IE_OK && stored != IE_OK ? ie_error_set(err, stored, "%s", late.text) : status;
}

static void listing_clear(listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        ie_photo_free(l->files[i].photo);
    }
    free(l->files);
    free(l->due);
    ie_scan_close(l->scan);
}

static uint64_t changed_bytes(const listing *l)
{
    uint64_t changed = 0;
    for (size_t i = 0; i < l->due_count; i++) {
        const file *f = &l->files[l->due[i]];
        changed += f->photo->stamp.size - f->size;
    }
    return changed;
}

ie_status ie_by_size_run(const ie_pipeline *pipeline, ie_take_photo_fn take, void *user,
                         ie_pipeline_result *ret_result, ie_error *err)
{
    listing l = {.pipeline = pipeline};
    ie_status status = ie_scan_open(pipeline->config, pipeline->input, on_problem,
                                    (void *)(uintptr_t)pipeline, &l.scan, err);
    if (status != IE_OK) {
        return status;
    }
    status = list(&l, err);
    if (status == IE_OK) {
        mark_equal_sizes(&l);
        mark_nameless(&l);
        recall(&l);
        status = open_due(&l, err);
    }
    uint64_t changed = changed_bytes(&l);
    status = hand_over(&l, status, take, user, err);
    if (status == IE_OK) {
        ie_pipeline_tell(l.scan, ret_result);
        ret_result->left_out = l.left_out;
        ret_result->left_out_bytes = l.left_out_bytes;
        ret_result->changed_bytes = changed;
    }
    listing_clear(&l);
    return status;
}
