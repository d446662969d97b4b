// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/item.h"
#include "engine/lister.h"
#include "engine/recall.h"
#include "engine/remarks.h"
#include "utils/error.h"
#include "utils/gate.h"
#include "utils/text.h"

/* Photos under way at most where no network looks at them: enough to keep many workers busy behind
   one slow photo. */
#define WINDOW 512
/* Photos are handed over this many at a time at most. Fewer than WINDOW. Of those to be decoded, so
   many bytes, lest one worker get much to do and the others nothing. */
#define BATCH 64
#define BATCH_BYTES 262144
/* After so many photos the walk looks at the catalog anew. */
#define HOLD 256

typedef struct run {
    const ie_pipeline *pipeline;
    ie_scan *scan;
    ie_queue *work, *prepared, *ready; /* prepared: NULL when there is no infer stage */
    ie_gate *window;       /* places, taken by the walk, given back by the commit */
    atomic_bool stop;      /* set by the commit on error or cancel */
    atomic_ullong issued;  /* items handed out; final once walk_over */
    atomic_bool walk_over;
    atomic_uint workers_left;
    ie_chain known, due;  /* the walk's: not yet handed over */
    size_t due_most;   /* photos */
    uint64_t due_bytes;
    bool asked;        /* the walk's: the commit was asked to prepare */
    ie_gate *fetched;  /* left by the commit when it has */
    uint64_t changed_bytes; /* the commit's */
    uint64_t left_out, left_out_bytes; /* the walk's; read after it was joined */
    ie_remarks remarks, problems; /* spoken by the commit, so that callbacks never overlap */
    ie_error failure;   /* of a worker, guarded by the remarks' lock */
} run;

static bool cancelled(const ie_pipeline *pipeline)
{
    return pipeline->cancel != NULL && *pipeline->cancel != 0;
}

static ie_queue *after_work(const run *r)
{
    return r->prepared != NULL ? r->prepared : r->ready;
}

/* The infer stage takes one at a time. */
static void add_known(run *r, ie_item *known)
{
    if (r->prepared != NULL) {
        ie_queue_push(r->prepared, known, 1);
        return;
    }
    ie_chain_add(&r->known, known);
    if (r->known.count == BATCH) {
        ie_chain_push(&r->known, r->ready);
    }
}

/* Each queue holds what may be under way and one to prepare, so no push can block. */
static void add_due(run *r, ie_item *due)
{
    ie_chain_add(&r->due, due);
    if (r->due.count >= r->due_most || r->due.bytes >= r->due_bytes) {
        ie_chain_push(&r->due, r->work);
    }
}

/* Many workers each need something to do out of one window. */
static void plan_batches(run *r, unsigned workers)
{
    const ie_pipeline *pipeline = r->pipeline;
    bool decodes =
        (pipeline->wanted & ~(unsigned)IE_HAVE_FORMAT) != 0 || pipeline->shape_formats != 0;
    size_t share = WINDOW / 4 / workers;
    r->due_most = r->prepared != NULL || share < 1 ? 1 : share < BATCH ? share : BATCH;
    r->due_bytes = decodes ? BATCH_BYTES : UINT64_MAX;
}

/* What waits for its batch holds places, too. */
static void wait_window(run *r)
{
    if (!ie_gate_try(r->window)) {
        ie_chain_push(&r->known, r->ready);
        ie_chain_push(&r->due, r->work);
        ie_gate_enter(r->window);
    }
}

/* The commit prepares, because it is the one that calls back. */
static void prepare(run *r)
{
    if (r->asked || r->pipeline->prepare == NULL) {
        return;
    }
    r->asked = true;
    ie_chain_push(&r->known, r->ready);
    ie_queue_push(r->ready, ie_alloc(sizeof(ie_item)), 1);
    ie_gate_enter(r->fetched);
}

static void issue(run *r, ie_photo *photo)
{
    ie_item *next = ie_alloc(sizeof *next);
    next->look.photo = photo;
    next->size = photo->stamp.size;
    wait_window(r);
    next->look.number = atomic_fetch_add(&r->issued, 1);
    if (r->pipeline->reader != NULL && next->look.number % HOLD == 0) {
        ie_catalog_hold(r->pipeline->reader);
    }
    next->cached = ie_recall(r->pipeline, photo);
    if (next->cached) {
        add_known(r, next);
    } else {
        prepare(r);
        add_due(r, next);
    }
}

static void on_problem(void *user, const char *path, const char *text)
{
    (void)path;
    run *r = user;
    ie_remark_add(&r->problems, text);
}

static void speak_remarks(run *r)
{
    ie_remarks_speak(&r->problems, r->pipeline->problem, r->pipeline->user);
    ie_remarks_speak(&r->remarks, r->pipeline->notice, r->pipeline->user);
}

static void *walk(void *argument)
{
    run *r = argument;
    ie_photo *photo;
    ie_lister *lister = ie_lister_start(r->scan);
    while (!atomic_load(&r->stop) && (photo = ie_lister_next(lister)) != NULL) {
        const char *leave_out = r->pipeline->leave_out;
        if (leave_out != NULL && ie_path_below(photo->real_path, leave_out)) {
            r->left_out++;
            r->left_out_bytes += photo->stamp.size;
            ie_photo_free(photo);
        } else {
            issue(r, photo);
        }
    }
    ie_lister_stop(lister);
    ie_chain_push(&r->known, r->ready);
    ie_chain_push(&r->due, r->work);
    if (r->pipeline->reader != NULL) {
        ie_catalog_let_go(r->pipeline->reader);
    }
    atomic_store(&r->walk_over, true);
    ie_queue_close(r->work);
    return NULL;
}

static void heed_error(run *r, const ie_worker *worker)
{
    if (ie_worker_error(worker)->status != IE_OK) {
        pthread_mutex_lock(&r->remarks.lock);
        r->failure = *ie_worker_error(worker);
        pthread_mutex_unlock(&r->remarks.lock);
        atomic_store(&r->stop, true);
    }
}

static void *work(void *argument)
{
    run *r = argument;
    const ie_pipeline *pipeline = r->pipeline;
    ie_worker *worker =
        ie_worker_new(pipeline->config, pipeline->catalog_path, ie_remark_add, &r->remarks);
    ie_item *first;
    while ((first = ie_queue_pop(r->work)) != NULL) {
        for (ie_item *next = first; next != NULL && !atomic_load(&r->stop); next = next->after) {
            unsigned wanted =
                pipeline->wanted | (next->size <= pipeline->hash_upto ? IE_HAVE_XXH3 : 0);
            ie_worker_prepare(worker, next->look.photo, wanted, pipeline->shape_formats,
                              next->look.prepared);
            heed_error(r, worker);
        }
        ie_queue_push(after_work(r), first, 1);
    }
    ie_worker_free(worker);
    /* The last worker to leave ends the run: the work queue is closed only after the walk's last
       push. */
    if (atomic_fetch_sub(&r->workers_left, 1) == 1) {
        ie_queue_close(after_work(r));
    }
    return NULL;
}

static void on_looked_at(void *user, ie_inference *inference)
{
    run *r = user;
    ie_queue_push(r->ready, (ie_item *)inference, 1);
}

static bool ends_early(void *user)
{
    run *r = user;
    return atomic_load(&r->stop) || cancelled(r->pipeline);
}

static void *infer(void *argument)
{
    run *r = argument;
    const ie_pipeline *pipeline = r->pipeline;
    ie_worker *worker =
        ie_worker_new(pipeline->config, pipeline->catalog_path, ie_remark_add, &r->remarks);
    ie_infer *stage = ie_infer_new(worker, pipeline->config, on_looked_at, ends_early, r);
    ie_item *next;
    while ((next = ie_queue_pop(r->prepared)) != NULL) {
        ie_infer_add(stage, &next->look);
        heed_error(r, worker);
    }
    ie_infer_end(stage);
    heed_error(r, worker);
    ie_infer_free(stage);
    ie_worker_free(worker);
    ie_queue_close(r->ready);
    return NULL;
}

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

typedef struct commit {
    run *run;
    ie_take_photo_fn take;
    void *user;
    ie_item *held[IE_UNDER_WAY]; /* by number modulo that */
    uint64_t next;      /* number that must come next */
    uint64_t bytes;
    int64_t reported_ms;
    unsigned freed; /* places not yet given back */
} commit;

static void report(commit *c, const char *path)
{
    const ie_pipeline *pipeline = c->run->pipeline;
    int64_t now = now_ms();
    if (pipeline->progress == NULL || now - c->reported_ms < 50) {
        return;
    }
    c->reported_ms = now;
    bool known = atomic_load(&c->run->walk_over);
    ie_progress progress = {
        .stage = IE_STAGE_ANALYZE,
        .done = c->next,
        .total = known ? atomic_load(&c->run->issued) : 0,
        .bytes_done = c->bytes,
        .path = path,
    };
    pipeline->progress(pipeline->user, &progress);
}

static ie_status commit_one(commit *c, ie_item *done, ie_error *err)
{
    const ie_pipeline *pipeline = c->run->pipeline;
    ie_photo *photo = done->look.photo;
    bool opened = (photo->have & IE_HAVE_FORMAT) != 0;
    ie_photo_make_tags(photo, pipeline->config->tagging.min_confidence);
    if (!done->cached && opened && pipeline->writer != NULL) {
        ie_status status = ie_catalog_store(pipeline->writer, pipeline->versions,
                                            pipeline->version_count, photo, err);
        if (status != IE_OK) {
            ie_photo_free(photo);
            return status;
        }
    }
    ie_embedding_free(photo->embedding);
    photo->embedding = NULL;
    c->next++;
    c->bytes += photo->stamp.size;
    c->run->changed_bytes += photo->stamp.size - done->size;
    report(c, photo->path);
    return c->take(c->user, photo, done->cached, err);
}

/* Commits everything that is next in order. */
static ie_status commit_ready(commit *c, ie_error *err)
{
    ie_status status = IE_OK;
    for (ie_item *done; status == IE_OK && (done = c->held[c->next % IE_UNDER_WAY]) != NULL;) {
        if (cancelled(c->run->pipeline)) {
            return ie_error_set(err, IE_ERR_CANCELLED,
                                "Interrupted; this run changed nothing, and "
                                "what was analyzed so far is kept.");
        }
        c->held[c->next % IE_UNDER_WAY] = NULL;
        status = commit_one(c, done, err);
        free(done);
        c->freed++;
    }
    return status;
}

/* Together, lest the walk be woken for each. */
static void give_back(commit *c)
{
    if (c->freed > 0) {
        ie_gate_leave(c->run->window, c->freed);
        c->freed = 0;
    }
}

/* What waits for its turn will not have it. Its places come free at once: the walk may wait for
   one, and what fills them would wait for the walk. */
static void discard(commit *c)
{
    for (size_t i = 0; i < IE_UNDER_WAY; i++) {
        if (c->held[i] != NULL) {
            ie_photo_free(c->held[i]->look.photo);
            free(c->held[i]);
            c->held[i] = NULL;
            c->freed++;
        }
    }
}

/* After the first error what still comes is dropped. */
static ie_status commit_or_drop(commit *c, ie_item *done, ie_status status, ie_error *err)
{
    if (status != IE_OK) {
        ie_photo_free(done->look.photo);
        free(done);
        c->freed++;
        return status;
    }
    c->held[done->look.number % IE_UNDER_WAY] = done;
    status = commit_ready(c, err);
    if (status != IE_OK) {
        atomic_store(&c->run->stop, true);
        discard(c);
    }
    return status;
}

static ie_status commit_all(run *r, ie_take_photo_fn take, void *user, ie_error *err)
{
    commit c = {.run = r, .take = take, .user = user};
    ie_status status = IE_OK;
    ie_item *done;
    while ((done = ie_queue_pop(r->ready)) != NULL) {
        if (done->look.photo == NULL) {
            if (status == IE_OK) {
                r->pipeline->prepare(r->pipeline->prepare_user);
            }
            free(done);
            ie_gate_leave(r->fetched, 1);
            continue;
        }
        speak_remarks(r);
        for (ie_item *next; done != NULL; done = next) {
            next = done->after;
            status = commit_or_drop(&c, done, status, err);
        }
        give_back(&c);
    }
    discard(&c);
    return status;
}

void ie_pipeline_tell(const ie_scan *scan, ie_pipeline_result *ret_result)
{
    ie_pipeline_result result = {.scan = ie_scan_count(scan),
                                 .root_count = ie_scan_root_count(scan)};
    result.roots = ie_alloc(result.root_count * sizeof *result.roots);
    for (uint32_t i = 0; i < result.root_count; i++) {
        result.roots[i] = ie_strdup(ie_scan_root(scan, i));
    }
    *ret_result = result;
}

static void copy_result(const run *r, ie_pipeline_result *result)
{
    ie_pipeline_tell(r->scan, result);
    result->left_out = r->left_out;
    result->left_out_bytes = r->left_out_bytes;
    result->changed_bytes = r->changed_bytes;
}

void ie_pipeline_result_clear(ie_pipeline_result *result)
{
    for (uint32_t i = 0; i < result->root_count; i++) {
        free(result->roots[i]);
    }
    free(result->roots);
    *result = (ie_pipeline_result){0};
}

/* As many workers as can be had: fewer than asked for is slower, not wrong. */
static unsigned start_workers(run *r, pthread_t *workers, unsigned count)
{
    unsigned started = 0;
    atomic_store(&r->workers_left, count);
    while (started < count && pthread_create(&workers[started], NULL, work, r) == 0) {
        started++;
    }
    atomic_fetch_sub(&r->workers_left, count - started);
    return started;
}

static ie_status run_threads(run *r, ie_take_photo_fn take, void *user, ie_error *err)
{
    unsigned count = ie_worker_count(r->pipeline->config);
    pthread_t walker, inferrer;
    pthread_t *workers = ie_alloc(count * sizeof *workers);
    bool infers = r->prepared != NULL && pthread_create(&inferrer, NULL, infer, r) == 0;
    unsigned started = infers || r->prepared == NULL ? start_workers(r, workers, count) : 0;
    ie_status status = IE_OK;
    if (started == 0 || pthread_create(&walker, NULL, walk, r) != 0) {
        ie_queue_close(r->work);
        if (infers && started == 0) {
            ie_queue_close(r->prepared);
        }
        status = ie_error_set(err, IE_ERR_IO,
                              "No thread can be started; is there a limit on processes?");
    } else {
        status = commit_all(r, take, user, err);
        pthread_join(walker, NULL);
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i], NULL);
    }
    if (infers) {
        pthread_join(inferrer, NULL);
    }
    free(workers);
    return status == IE_OK && r->failure.status != IE_OK
               ? ie_error_set(err, r->failure.status, "%s", r->failure.text)
               : status;
}

static ie_status commit_catalog(const ie_pipeline *pipeline, ie_status status, ie_error *err)
{
    if (pipeline->writer == NULL) {
        return status;
    }
    /* What was analyzed before a cancel or an error is kept; that first error is the one
       to tell. */
    ie_error late = {0};
    ie_status stored = ie_catalog_commit(pipeline->writer, &late);
    if (status == IE_OK && stored != IE_OK) {
        return ie_error_set(err, stored, "%s", late.text);
    }
    return status;
}

ie_status ie_pipeline_run(const ie_pipeline *pipeline, ie_take_photo_fn take, void *user,
                          ie_pipeline_result *ret_result, ie_error *err)
{
    run r = {.pipeline = pipeline};
    ie_remarks_init(&r.remarks);
    ie_remarks_init(&r.problems);
    ie_status status =
        ie_scan_open(pipeline->config, pipeline->input, on_problem, &r, &r.scan, err);
    if (status == IE_OK) {
        bool infers = ie_infer_needed(pipeline->wanted);
        r.work = ie_queue_new(IE_UNDER_WAY, SIZE_MAX);
        r.prepared = infers ? ie_queue_new(IE_UNDER_WAY, SIZE_MAX) : NULL;
        r.ready = ie_queue_new(IE_UNDER_WAY + 1, SIZE_MAX);
        r.window =
            ie_gate_new(infers ? ie_infer_window(pipeline->config, pipeline->wanted) : WINDOW);
        r.fetched = ie_gate_new(0);
        plan_batches(&r, ie_worker_count(pipeline->config));
        status = run_threads(&r, take, user, err);
        status = commit_catalog(pipeline, status, err);
        if (status == IE_OK) {
            copy_result(&r, ret_result);
        }
        ie_gate_free(r.window);
        ie_gate_free(r.fetched);
        ie_queue_free(r.work);
        ie_queue_free(r.prepared);
        ie_queue_free(r.ready);
        ie_scan_close(r.scan);
    }
    speak_remarks(&r);
    ie_remarks_clear(&r.remarks);
    ie_remarks_clear(&r.problems);
    return status;
}
