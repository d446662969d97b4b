// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/worker.h"
#include "storage/sidecar.h"
#include "utils/error.h"
#include "utils/queue.h"
#include "utils/text.h"

/* Photos under way at most: enough to keep many workers busy behind one slow photo. */
#define WINDOW 512

/* Without a photo: the walk asks the commit to prepare. */
typedef struct item {
    ie_photo *photo;
    uint64_t size; /* when it was listed */
    uint64_t number; /* without gaps, unlike photo->sequence */
    bool cached;
} item;

typedef struct run {
    const ie_pipeline *pipeline;
    ie_scan *scan;
    ie_queue *work, *ready;
    sem_t window;          /* free places; taken by the walk, given back by the commit */
    atomic_bool stop;      /* set by the commit on error or cancel */
    atomic_ullong issued;  /* items handed out; final once walk_over */
    atomic_bool walk_over;
    atomic_uint workers_left;
    bool asked;     /* the walk's: the commit was asked to prepare */
    sem_t prepared; /* posted by the commit when it has */
    uint64_t changed_bytes; /* the commit's */
    uint64_t left_out, left_out_bytes; /* the walk's; read after it was joined */
    /* Remarks of the walk, spoken by the commit, so that callbacks never overlap. */
    pthread_mutex_t remarks_lock;
    char **remarks;
    size_t remark_count, remark_room, remarks_said;
    ie_error failure; /* of a worker, guarded by the same lock */
} run;

static bool cancelled(const ie_pipeline *pipeline)
{
    return pipeline->cancel != NULL && *pipeline->cancel != 0;
}

static unsigned wanted_of(const ie_pipeline *pipeline, const ie_photo *photo)
{
    ie_kind kind = ie_format_kind(photo->format);
    if (kind == IE_KIND_NONE) {
        return IE_HAVE_FORMAT;
    }
    unsigned wanted = pipeline->wanted | IE_HAVE_FORMAT;
    if (kind == IE_KIND_VIDEO) {
        return wanted & (IE_HAVE_FORMAT | IE_HAVE_METADATA);
    }
    for (uint32_t i = 0; pipeline->decode_formats != NULL && i < pipeline->decode_formats->count; i++) {
        if (ie_format_by_name(pipeline->decode_formats->items[i]) == photo->format) {
            wanted |= IE_HAVE_QUALITY;
        }
    }
    return wanted;
}

/* What was tried and failed counts as done: the same bytes would fail the same way again. */
static bool is_complete(const ie_pipeline *pipeline, const ie_photo *photo)
{
    if ((photo->have & IE_HAVE_FORMAT) == 0) {
        return false;
    }
    return (wanted_of(pipeline, photo) & ~(photo->have | photo->tried)) == 0;
}

static void wait_window(run *r)
{
    while (sem_wait(&r->window) != 0) {
    }
}

/* The commit prepares, because it is the one that calls back. */
static void prepare(run *r)
{
    if (r->asked || r->pipeline->prepare == NULL) {
        return;
    }
    r->asked = true;
    ie_queue_push(r->ready, ie_alloc(sizeof(item)), 1);
    while (sem_wait(&r->prepared) != 0) {
    }
}

static void issue(run *r, ie_photo *photo)
{
    const ie_pipeline *pipeline = r->pipeline;
    item *next = ie_alloc(sizeof *next);
    next->photo = photo;
    next->size = photo->stamp.size;
    wait_window(r);
    next->number = atomic_fetch_add(&r->issued, 1);
    bool found = pipeline->reader != NULL &&
                 ie_catalog_find(pipeline->reader, pipeline->versions, pipeline->version_count, photo);
    if (found && (photo->have & IE_HAVE_METADATA) != 0 && !ie_sidecars_unchanged(photo)) {
        photo->have &= ~(unsigned)IE_HAVE_METADATA;
        photo->tried &= ~(unsigned)IE_HAVE_METADATA;
        ie_photo_forget_faults(photo, "sidecar");
    }
    next->cached = found && is_complete(pipeline, photo);
    if (!next->cached) {
        prepare(r);
    }
    /* Both queues hold WINDOW items and one to prepare, and no more are under way, so neither push can block. */
    ie_queue_push(next->cached ? r->ready : r->work, next, 1);
}

/* Each remark is made once: all workers meet the same missing thing. */
static void add_remark(void *user, const char *text)
{
    run *r = user;
    pthread_mutex_lock(&r->remarks_lock);
    bool known = false;
    for (size_t i = 0; i < r->remark_count && !known; i++) {
        known = strcmp(r->remarks[i], text) == 0;
    }
    if (!known) {
        IE_GROW(r->remarks, r->remark_count, r->remark_room);
        r->remarks[r->remark_count++] = ie_strdup(text);
    }
    pthread_mutex_unlock(&r->remarks_lock);
}

static void on_problem(void *user, const char *path, const char *text)
{
    (void)path;
    add_remark(user, text);
}

static char *next_remark(run *r)
{
    pthread_mutex_lock(&r->remarks_lock);
    char *text = r->remarks_said < r->remark_count ? ie_strdup(r->remarks[r->remarks_said++]) : NULL;
    pthread_mutex_unlock(&r->remarks_lock);
    return text;
}

static void speak_remarks(run *r)
{
    for (char *text; (text = next_remark(r)) != NULL; free(text)) {
        if (r->pipeline->notice != NULL) {
            r->pipeline->notice(r->pipeline->user, text);
        }
    }
}

static void free_remarks(run *r)
{
    for (size_t i = 0; i < r->remark_count; i++) {
        free(r->remarks[i]);
    }
    free(r->remarks);
}

static void *walk(void *argument)
{
    run *r = argument;
    ie_photo *photo;
    while (!atomic_load(&r->stop) && (photo = ie_scan_next(r->scan)) != NULL) {
        const char *leave_out = r->pipeline->leave_out;
        if (leave_out != NULL && ie_path_below(photo->real_path, leave_out)) {
            r->left_out++;
            r->left_out_bytes += photo->stamp.size;
            ie_photo_free(photo);
        } else {
            issue(r, photo);
        }
    }
    atomic_store(&r->walk_over, true);
    ie_queue_close(r->work);
    return NULL;
}

static void heed_error(run *r, const ie_worker *worker)
{
    if (ie_worker_error(worker)->status != IE_OK) {
        pthread_mutex_lock(&r->remarks_lock);
        r->failure = *ie_worker_error(worker);
        pthread_mutex_unlock(&r->remarks_lock);
        atomic_store(&r->stop, true);
    }
}

static void *work(void *argument)
{
    run *r = argument;
    ie_worker *worker = ie_worker_new(r->pipeline->config, add_remark, r);
    item *next;
    while ((next = ie_queue_pop(r->work)) != NULL) {
        if (!atomic_load(&r->stop)) {
            ie_worker_analyze(worker, next->photo, r->pipeline->wanted, r->pipeline->decode_formats);
            heed_error(r, worker);
        }
        ie_queue_push(r->ready, next, 1);
    }
    ie_worker_free(worker);
    /* The last worker to leave ends the run: the work queue is closed only after the walk's last push. */
    if (atomic_fetch_sub(&r->workers_left, 1) == 1) {
        ie_queue_close(r->ready);
    }
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
    item *held[WINDOW]; /* by number modulo WINDOW */
    uint64_t next;      /* number that must come next */
    uint64_t bytes;
    int64_t reported_ms;
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

static ie_status commit_one(commit *c, item *done, ie_error *err)
{
    const ie_pipeline *pipeline = c->run->pipeline;
    ie_photo *photo = done->photo;
    bool opened = (photo->have & IE_HAVE_FORMAT) != 0;
    ie_photo_make_tags(photo, pipeline->config->tagging.min_confidence);
    if (!done->cached && opened && pipeline->writer != NULL) {
        ie_status status = ie_catalog_store(pipeline->writer, pipeline->versions, pipeline->version_count,
                                            photo, err);
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
    for (item *done; status == IE_OK && (done = c->held[c->next % WINDOW]) != NULL;) {
        c->held[c->next % WINDOW] = NULL;
        status = commit_one(c, done, err);
        free(done);
        sem_post(&c->run->window);
        if (status == IE_OK && cancelled(c->run->pipeline)) {
            status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; what was analyzed so far is kept.");
        }
    }
    return status;
}

static void discard(commit *c)
{
    for (size_t i = 0; i < WINDOW; i++) {
        if (c->held[i] != NULL) {
            ie_photo_free(c->held[i]->photo);
            free(c->held[i]);
        }
    }
}

static ie_status commit_all(run *r, ie_take_photo_fn take, void *user, ie_error *err)
{
    commit c = {.run = r, .take = take, .user = user};
    ie_status status = IE_OK;
    item *done;
    while ((done = ie_queue_pop(r->ready)) != NULL) {
        if (done->photo == NULL) {
            if (status == IE_OK) {
                r->pipeline->prepare(r->pipeline->prepare_user);
            }
            free(done);
            sem_post(&r->prepared);
            continue;
        }
        if (status != IE_OK) {
            ie_photo_free(done->photo);
            free(done);
            sem_post(&r->window);
            continue;
        }
        speak_remarks(r);
        c.held[done->number % WINDOW] = done;
        status = commit_ready(&c, err);
        if (status != IE_OK) {
            atomic_store(&r->stop, true);
        }
    }
    discard(&c);
    return status;
}

static void copy_result(const run *r, ie_pipeline_result *result)
{
    *result = (ie_pipeline_result){
        .scan = ie_scan_count(r->scan),
        .left_out = r->left_out,
        .left_out_bytes = r->left_out_bytes,
        .changed_bytes = r->changed_bytes,
        .root_count = ie_scan_root_count(r->scan),
    };
    result->roots = ie_alloc(result->root_count * sizeof *result->roots);
    for (uint32_t i = 0; i < result->root_count; i++) {
        result->roots[i] = ie_strdup(ie_scan_root(r->scan, i));
    }
}

void ie_pipeline_result_clear(ie_pipeline_result *result)
{
    for (uint32_t i = 0; i < result->root_count; i++) {
        free(result->roots[i]);
    }
    free(result->roots);
    *result = (ie_pipeline_result){0};
}

static ie_status run_threads(run *r, ie_take_photo_fn take, void *user, ie_error *err)
{
    unsigned count = ie_worker_count(r->pipeline->config);
    atomic_store(&r->workers_left, count);
    pthread_t walker;
    pthread_t *workers = ie_alloc(count * sizeof *workers);
    unsigned started = 0;
    while (started < count && pthread_create(&workers[started], NULL, work, r) == 0) {
        started++;
    }
    /* Fewer threads than asked for is slower, not wrong. */
    atomic_fetch_sub(&r->workers_left, count - started);
    ie_status status = IE_OK;
    if (started == 0 || pthread_create(&walker, NULL, walk, r) != 0) {
        ie_queue_close(r->work);
        status = ie_error_set(err, IE_ERR_IO, "No thread can be started; is there a limit on processes?");
    } else {
        status = commit_all(r, take, user, err);
        pthread_join(walker, NULL);
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i], NULL);
    }
    free(workers);
    return status == IE_OK && r->failure.status != IE_OK ? ie_error_set(err, r->failure.status, "%s", r->failure.text)
                                                         : status;
}

static ie_status commit_catalog(const ie_pipeline *pipeline, ie_status status, ie_error *err)
{
    if (pipeline->writer == NULL) {
        return status;
    }
    /* What was analyzed before a cancel or an error is kept; that first error is the one to tell. */
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
    pthread_mutex_init(&r.remarks_lock, NULL);
    ie_status status = ie_scan_open(pipeline->config, pipeline->input, on_problem, &r, &r.scan, err);
    if (status == IE_OK) {
        r.work = ie_queue_new(WINDOW, SIZE_MAX);
        r.ready = ie_queue_new(WINDOW + 1, SIZE_MAX);
        sem_init(&r.window, 0, WINDOW);
        sem_init(&r.prepared, 0, 0);
        status = run_threads(&r, take, user, err);
        status = commit_catalog(pipeline, status, err);
        if (status == IE_OK) {
            copy_result(&r, ret_result);
        }
        sem_destroy(&r.window);
        sem_destroy(&r.prepared);
        ie_queue_free(r.work);
        ie_queue_free(r.ready);
        ie_scan_close(r.scan);
    }
    speak_remarks(&r);
    free_remarks(&r);
    pthread_mutex_destroy(&r.remarks_lock);
    return status;
}
