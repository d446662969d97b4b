// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ink.h"
#include "engine/ink_page.h"
#include "engine/shift.h"
#include "storage/source.h"
#include "storage/stamp.h"
#include "utils/error.h"

/* Pages of a batch; those of two are in memory at a time, each of a megabyte at most. */
#define BATCH 128

#define MUCH_SMALLER 0.4 /* of the samples */

typedef enum kind { NOT_READ, PAGE, NO_PAGE, UNREADABLE } kind;

typedef struct page {
    ie_pixels pixels; /* its grey view; data NULL while it is not in memory */
    kind is;
    uint32_t batch;
    bool needed; /* for the pairs that are compared next */
} page;

/* A pair that is read, and whose batches its pages are of. */
typedef struct doubt {
    uint32_t batch_a, batch_b;
    size_t pair;
} doubt;

typedef struct look {
    const ie_compare *compare;
    ie_photo **photos;
    ie_pair *pairs;
    page *pages; /* by photo */
    doubt *doubts;
    size_t first;   /* of the doubts that are compared now */
    uint32_t *list; /* photos to be read */
    pthread_mutex_t lock;
    ie_ink_room *rooms; /* as many as there are workers; the first `free_rooms` are nobody's */
    size_t free_rooms;
} look;

/* A photo may be looked at by several threads, so what decoding says goes to a stand-in. */
static ie_pixels copy_view(const ie_config *config, const ie_photo *photo, ie_bytes *bytes)
{
    const ie_source_options options = {.max_pixels = (uint64_t)config->limits.max_pixels,
                                       .max_file_bytes = (uint64_t)config->limits.max_file_bytes,
                                       .views = IE_VIEW_GRAY};
    ie_photo *other = ie_photo_new();
    other->path = other->real_path = photo->real_path;
    other->format = photo->format;
    other->orientation = photo->orientation;
    ie_scratch *scratch = ie_scratch_new();
    ie_source *source = ie_source_new(bytes, other, &options, scratch);
    const ie_pixels *gray = ie_source_gray(source);
    ie_pixels copy = {0};
    if (gray != NULL && gray->channels == 1) {
        size_t size = (size_t)gray->width * gray->height;
        copy = *gray;
        copy.data = ie_try_alloc(size, 1);
        if (copy.data != NULL) {
            memcpy(copy.data, gray->data, size);
        }
    }
    ie_source_free(source);
    ie_scratch_free(scratch);
    ie_photo_free(other);
    return copy;
}

/* Whether it is a page is asked once. */
static void read_one(void *user, ie_worker *worker, size_t index)
{
    look *l = user;
    page *p = &l->pages[l->list[index]];
    const ie_photo *photo = l->photos[l->list[index]];
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    kind was = p->is;
    (void)worker;
    p->is = UNREADABLE;
    if (was == UNREADABLE || ie_bytes_open(photo->real_path, &bytes, &err) != IE_OK) {
        return;
    }
    const ie_stamp now = ie_bytes_stamp(bytes);
    if (ie_stamp_still_file(&photo->stamp, &now)) {
        p->pixels = copy_view(l->compare->config, photo, bytes);
    }
    ie_bytes_close(bytes);
    if (p->pixels.data != NULL) {
        bool is_page = was == NOT_READ ? ie_ink_is_page(&p->pixels) : was == PAGE;
        p->is = is_page ? PAGE : NO_PAGE;
    }
}

static ie_ink_room take_room(look *l)
{
    pthread_mutex_lock(&l->lock);
    ie_ink_room room = l->rooms[--l->free_rooms];
    pthread_mutex_unlock(&l->lock);
    return room;
}

static void give_room(look *l, const ie_ink_room *room)
{
    pthread_mutex_lock(&l->lock);
    l->rooms[l->free_rooms++] = *room;
    pthread_mutex_unlock(&l->lock);
}

/* A photo that was brightened until much of it is white looks like a page, and a page so small that
   its lines run into one another does not. */
static bool are_pages(const page *a, const page *b)
{
    double size_a = (double)a->pixels.width * a->pixels.height,
           size_b = (double)b->pixels.width * b->pixels.height;
    bool a_is = a->is == PAGE || (b->is == PAGE && size_a < MUCH_SMALLER * size_b);
    bool b_is = b->is == PAGE || (a->is == PAGE && size_b < MUCH_SMALLER * size_a);
    return a_is && b_is;
}

static void compare_one(void *user, ie_worker *worker, size_t index)
{
    look *l = user;
    ie_pair *pair = &l->pairs[l->doubts[l->first + index].pair];
    const page *a = &l->pages[pair->a], *b = &l->pages[pair->b];
    (void)worker;
    bool other = a->pixels.data == NULL || b->pixels.data == NULL;
    if (!other && are_pages(a, b)) {
        ie_ink_room room = take_room(l);
        other = ie_ink_other(l->photos[pair->a]->sketch, &a->pixels, l->photos[pair->b]->sketch,
                             &b->pixels, pair->turn, &room) >= IE_INK_OTHER;
        give_room(l, &room);
    }
    if (other) {
        pair->verdict = IE_MATCH_SIMILAR_SCENE;
        pair->other_page = true;
    }
}

static bool is_doubtful(const look *l, const ie_pair *pair)
{
    return pair->verdict == IE_MATCH_SAME_PICTURE &&
           ie_ink_may_be_page(l->photos[pair->a]->sketch) &&
           ie_ink_may_be_page(l->photos[pair->b]->sketch);
}

static int by_batches(const void *x, const void *y)
{
    const doubt *a = x, *b = y;
    if (a->batch_a != b->batch_a) {
        return a->batch_a > b->batch_a ? 1 : -1;
    }
    if (a->batch_b != b->batch_b) {
        return a->batch_b > b->batch_b ? 1 : -1;
    }
    return (a->pair > b->pair) - (a->pair < b->pair);
}

/* Finds the doubtful pairs, those of the same batches beside one another. */
static size_t list_doubts(look *l, size_t count, size_t pair_count)
{
    size_t doubts = 0, room = 0;
    uint32_t wanted = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (is_doubtful(l, &l->pairs[i])) {
            IE_GROW(l->doubts, doubts, room);
            l->doubts[doubts++].pair = i;
            l->pages[l->pairs[i].a].needed = l->pages[l->pairs[i].b].needed = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        l->pages[i].batch = wanted / BATCH;
        wanted += l->pages[i].needed;
    }
    for (size_t i = 0; i < doubts; i++) {
        const ie_pair *pair = &l->pairs[l->doubts[i].pair];
        l->doubts[i].batch_a = l->pages[pair->a].batch;
        l->doubts[i].batch_b = l->pages[pair->b].batch;
    }
    if (doubts > 0) {
        qsort(l->doubts, doubts, sizeof *l->doubts, by_batches);
    }
    return doubts;
}

static size_t end_of_batches(const look *l, size_t first, size_t doubts)
{
    size_t end = first;
    while (end < doubts && l->doubts[end].batch_a == l->doubts[first].batch_a &&
           l->doubts[end].batch_b == l->doubts[first].batch_b) {
        end++;
    }
    return end;
}

/* Has the pages of these pairs in memory, and no others. */
static void read_pages(look *l, size_t count, size_t first, size_t end)
{
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        l->pages[i].needed = false;
    }
    for (size_t i = first; i < end; i++) {
        const ie_pair *pair = &l->pairs[l->doubts[i].pair];
        l->pages[pair->a].needed = l->pages[pair->b].needed = true;
    }
    for (size_t i = 0; i < count; i++) {
        page *p = &l->pages[i];
        if (!p->needed) {
            free(p->pixels.data);
            p->pixels.data = NULL;
        } else if (p->pixels.data == NULL) {
            l->list[wanted++] = (uint32_t)i;
        }
    }
    if (first == 0) {
        const ie_shift shift = {.stage = IE_STAGE_COMPARE, .count = wanted, .total = wanted};
        ie_shift_run(l->compare, &shift, read_one, l);
    } else { /* the bar stands where the pairs are */
        ie_crew_run(l->compare->config, l->compare->cancel, wanted, read_one, l);
    }
}

static void compare_all(look *l, size_t count, size_t doubts)
{
    const volatile int *cancel = l->compare->cancel;
    for (size_t first = 0, end; first < doubts && (cancel == NULL || *cancel == 0); first = end) {
        end = end_of_batches(l, first, doubts);
        read_pages(l, count, first, end);
        const ie_shift shift = {
            .stage = IE_STAGE_PAGES, .before = first, .count = end - first, .total = doubts};
        l->first = first;
        ie_shift_run(l->compare, &shift, compare_one, l);
    }
}

void ie_pages_tell_apart(const ie_compare *compare, ie_photo **photos, size_t count, ie_pair *pairs,
                         size_t pair_count)
{
    size_t workers = ie_worker_count(compare->config);
    look l = {.compare = compare,
              .photos = photos,
              .pairs = pairs,
              .pages = ie_alloc((count + 1) * sizeof *l.pages),
              .list = ie_alloc((count + 1) * sizeof *l.list),
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .rooms = ie_alloc((workers + 1) * sizeof *l.rooms),
              .free_rooms = workers};
    compare_all(&l, count, list_doubts(&l, count, pair_count));
    for (size_t i = 0; i < count; i++) {
        free(l.pages[i].pixels.data);
    }
    for (size_t i = 0; i < workers; i++) {
        ie_ink_room_clear(&l.rooms[i]);
    }
    free(l.pages);
    free(l.list);
    free(l.rooms);
    free(l.doubts);
}
