// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/infer.h"

#include <stdlib.h>

#include "utils/memory.h"

/* What prepared pictures may take together, as far as batches allow. */
#define PREPARED_BYTES ((size_t)256 << 20)

/* What waits for one analyzer, in scan order; of several sizes perhaps. */
typedef struct waiting {
    ie_inference **items;
    size_t count, room;
} waiting;

struct ie_infer {
    ie_worker *worker;
    ie_infer_done_fn done;
    ie_infer_stop_fn stop;
    void *user;
    uint64_t next; /* number that comes next */
    uint64_t span; /* how far photos go on before a batch runs as it is */
    ie_inference *held[IE_UNDER_WAY]; /* by number modulo that: what came too early */
    waiting waiting[IE_MAX_ANALYZERS];
};

static uint64_t span_of(const ie_config *config)
{
    return 2 * (uint64_t)config->analysis.ml_batch_size;
}

bool ie_infer_needed(unsigned wanted)
{
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if (ie_analyzers[i]->infer != NULL && (wanted & ie_analyzers[i]->gives) != 0) {
            return true;
        }
    }
    return false;
}

unsigned ie_infer_window(const ie_config *config, unsigned wanted)
{
    size_t bytes = 1;
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if (ie_analyzers[i]->infer != NULL && (wanted & ie_analyzers[i]->gives) != 0) {
            bytes += ie_analyzers[i]->prepared_bytes(config);
        }
    }
    uint64_t window = PREPARED_BYTES / bytes, least = 2 * span_of(config);
    least = least > 2 * ie_worker_count(config) ? least : 2 * ie_worker_count(config);
    window = window > IE_UNDER_WAY / 2 ? IE_UNDER_WAY / 2 : window;
    window = window < least ? least : window;
    return (unsigned)(window > IE_UNDER_WAY ? IE_UNDER_WAY : window);
}

ie_infer *ie_infer_new(ie_worker *worker, const ie_config *config, ie_infer_done_fn done,
                       ie_infer_stop_fn stop, void *user)
{
    ie_infer *infer = ie_alloc(sizeof *infer);
    *infer = (ie_infer){
        .worker = worker, .done = done, .stop = stop, .user = user, .span = span_of(config)};
    return infer;
}

void ie_infer_free(ie_infer *infer)
{
    if (infer != NULL) {
        for (size_t i = 0; i < IE_MAX_ANALYZERS; i++) {
            free(infer->waiting[i].items);
        }
        free(infer);
    }
}

static void looked_at(ie_infer *infer, ie_inference *item, size_t index)
{
    free(item->prepared[index].data);
    item->prepared[index].data = NULL;
    if (--item->left == 0) {
        infer->done(infer->user, item);
    }
}

static bool same_size(const ie_inference *a, const ie_inference *b, size_t index)
{
    return a->prepared[index].width == b->prepared[index].width &&
           a->prepared[index].height == b->prepared[index].height;
}

/* How many of the waiting have the size of the one at `from`, counted up to `most`. */
static size_t count_alike(const waiting *w, size_t from, size_t index, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count && count < most; i++) {
        count += same_size(w->items[i], w->items[from], index);
    }
    return count;
}

/* One batch: the first `most` of the size of the one at `from`. */
static void run_batch(ie_infer *infer, size_t index, size_t from, size_t most)
{
    waiting *w = &infer->waiting[index];
    size_t count = count_alike(w, from, index, most), taken = 0, kept = 0;
    ie_inference *model = w->items[from];
    ie_inference **items = ie_alloc(count * sizeof *items);
    ie_photo **photos = ie_alloc(count * sizeof *photos);
    ie_prepared *prepared = ie_alloc(count * sizeof *prepared);
    for (size_t i = 0; i < w->count; i++) {
        ie_inference *item = w->items[i];
        if (taken < count && same_size(item, model, index)) {
            photos[taken] = item->photo;
            prepared[taken] = item->prepared[index];
            items[taken++] = item;
        } else {
            w->items[kept++] = item;
        }
    }
    w->count = kept;
    if (!infer->stop(infer->user)) {
        ie_worker_infer(infer->worker, index, photos, prepared, count);
    }
    for (size_t i = 0; i < count; i++) {
        looked_at(infer, items[i], index);
    }
    free(items);
    free(photos);
    free(prepared);
}

/* Batches that are full, and those whose first photo has waited for long. */
static void run_due(ie_infer *infer, size_t index)
{
    waiting *w = &infer->waiting[index];
    if (w->count == 0) {
        return;
    }
    size_t most = ie_worker_batch(infer->worker, index);
    if (count_alike(w, w->count - 1, index, most) == most) {
        run_batch(infer, index, w->count - 1, most);
    }
    while (w->count > 0 && infer->next - w->items[0]->number >= infer->span) {
        run_batch(infer, index, 0, most);
    }
}

static void take(ie_infer *infer, ie_inference *item)
{
    infer->next = item->number + 1;
    item->left = 1; /* ours, until everything is in its place */
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        waiting *w = &infer->waiting[i];
        if (item->prepared[i].data != NULL) {
            item->left++;
            IE_GROW(w->items, w->count, w->room);
            w->items[w->count++] = item;
        }
        run_due(infer, i);
    }
    if (--item->left == 0) {
        infer->done(infer->user, item);
    }
}

void ie_infer_add(ie_infer *infer, ie_inference *inference)
{
    infer->held[inference->number % IE_UNDER_WAY] = inference;
    for (ie_inference *item; (item = infer->held[infer->next % IE_UNDER_WAY]) != NULL;) {
        infer->held[infer->next % IE_UNDER_WAY] = NULL;
        take(infer, item);
    }
}

void ie_infer_end(ie_infer *infer)
{
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        while (infer->waiting[i].count > 0) {
            run_batch(infer, i, 0, ie_worker_batch(infer->worker, i));
        }
    }
    for (size_t h = 0; h < IE_UNDER_WAY; h++) {
        ie_inference *item = infer->held[h];
        for (size_t i = 0; item != NULL && ie_analyzers[i] != NULL; i++) {
            free(item->prepared[i].data);
            item->prepared[i].data = NULL;
        }
        if (item != NULL) {
            infer->held[h] = NULL;
            infer->done(infer->user, item);
        }
    }
}
