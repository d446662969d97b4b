// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/compare.h"

#include <errno.h>

#include "engine/crew.h"
#include "storage/stamp.h"
#include "utils/error.h"

/* Head and tail for the quick hash: where files of equal size differ if they differ at all. */
#define PIECE_BYTES (IE_COMPARE_SMALL / 2)

/* Bytes to be read for which a thread is started. */
#define WORTH_A_THREAD 262144

/* As many equal files are looked at by one thread, lest a large group be one thread's alone. */
#define EQUALS 32

/* What is sorted by stands here: photos lie far apart in memory. */
typedef struct candidate {
    ie_photo *photo;
    uint64_t size, sequence; /* the photo's */
    ie_hash128 hash;    /* of head and tail, then of all */
    bool usable, known; /* known: the whole hashes of all files of its size are */
} candidate;

typedef struct job {
    const ie_compare *compare;
    candidate *items;
    size_t count;
    size_t *starts; /* of the groups of equals, and behind the last one */
    void (*each)(struct job *job, ie_worker *worker, candidate *item);
} job;

static bool cancelled(const ie_compare *compare)
{
    return compare->cancel != NULL && *compare->cancel != 0;
}

static void run_one(void *user, ie_worker *worker, size_t index)
{
    job *j = user;
    j->each(j, worker, &j->items[index]);
}

/* One thread takes so many files that it has something to do; what is known takes no time. */
static void run_parallel(job *j)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < j->count; i++) {
        bool hashed = (j->items[i].photo->have & IE_HAVE_XXH3) != 0;
        bytes += hashed ? 0 : 4096 + j->items[i].size;
    }
    uint64_t each = bytes / (j->count > 0 ? j->count : 1), most = WORTH_A_THREAD / (each + 1) + 1;
    ie_crew_share(j->compare->config, j->compare->cancel, j->count,
                  most < j->count ? (size_t)most : j->count, run_one, j);
    if (j->compare->progress != NULL) {
        ie_progress progress = {.stage = IE_STAGE_COMPARE, .done = j->count, .total = j->count};
        j->compare->progress(j->compare->user, &progress);
    }
}

static ie_bytes *open_unchanged(ie_photo *photo)
{
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_bytes_open(photo->real_path, &bytes, &err) != IE_OK) {
        ie_photo_fault(photo, "compare", "unreadable", "%s", err.text);
        return NULL;
    }
    ie_stamp now = ie_bytes_stamp(bytes);
    if (!ie_stamp_still_file(&photo->stamp, &now)) {
        ie_photo_fault(photo, "compare", "changed",
                       "%s changed while it was looked at; it is left alone.",
                       ie_shown(photo->path));
        ie_bytes_close(bytes);
        return NULL;
    }
    return bytes;
}

static void hash_ends(job *j, ie_worker *worker, candidate *item)
{
    (void)j;
    (void)worker;
    bool hashed =
        (item->photo->have & IE_HAVE_XXH3) != 0 && item->photo->stamp.size <= IE_COMPARE_SMALL;
    if (item->known || hashed) {
        item->hash = item->photo->xxh3;
        item->usable = true;
        return;
    }
    ie_bytes *bytes = open_unchanged(item->photo);
    if (bytes == NULL) {
        return;
    }
    uint64_t size = ie_bytes_size(bytes);
    size_t head = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
    size_t tail = size - head < PIECE_BYTES ? (size_t)(size - head) : PIECE_BYTES;
    ie_hasher *hasher = ie_hasher_new();
    const uint8_t *start = ie_bytes_only(bytes, 0, head);
    const uint8_t *end = tail > 0 ? ie_bytes_only(bytes, size - tail, tail) : start;
    if (start != NULL && end != NULL) {
        ie_hasher_add(hasher, start, head);
        ie_hasher_add(hasher, end, tail);
        item->hash = ie_hasher_value(hasher);
        item->usable = true;
        if (size <= IE_COMPARE_SMALL) { /* that was all of it */
            item->photo->xxh3 = item->hash;
            item->photo->have |= IE_HAVE_XXH3;
        }
    } else {
        ie_photo_fault(item->photo, "compare", "unreadable", "%s cannot be read: %s",
                       ie_shown(item->photo->path), strerror(ie_bytes_errno(bytes)));
    }
    ie_hasher_free(hasher);
    ie_bytes_close(bytes);
}

static void hash_whole(job *j, ie_worker *worker, candidate *item)
{
    (void)worker;
    (void)j;
    ie_photo *photo = item->photo;
    item->usable = (photo->have & IE_HAVE_XXH3) != 0;
    if (item->usable) {
        item->hash = photo->xxh3;
        return;
    }
    ie_bytes *bytes = open_unchanged(photo);
    if (bytes == NULL) {
        return;
    }
    if (ie_bytes_xxh3(bytes, &photo->xxh3)) {
        photo->have |= IE_HAVE_XXH3;
        item->hash = photo->xxh3;
        item->usable = true;
    } else {
        ie_photo_fault(photo, "compare", "unreadable", "%s cannot be read: %s",
                       ie_shown(photo->path), strerror(ie_bytes_errno(bytes)));
    }
    ie_bytes_close(bytes);
}

static int by_size(const candidate *a, const candidate *b)
{
    return a->size < b->size ? -1 : a->size > b->size;
}

static int by_hash(const candidate *a, const candidate *b)
{
    int order = by_size(a, b);
    return order != 0 ? order : memcmp(a->hash.bytes, b->hash.bytes, sizeof a->hash.bytes);
}

typedef int (*candidate_order)(const candidate *a, const candidate *b);

static int compare_void(const void *a, const void *b, void *order)
{
    candidate_order *function = order;
    int result = (*function)(a, b);
    if (result != 0) {
        return result;
    }
    uint64_t x = ((const candidate *)a)->sequence, y = ((const candidate *)b)->sequence;
    return x < y ? -1 : x > y;
}

/* Spread over 64 bits, and equal where `order` says so. */
static uint64_t spread(const candidate *item, candidate_order order)
{
    uint64_t bits = item->size * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 by the golden ratio */
    if (order == by_hash) {
        memcpy(&bits, item->hash.bytes, sizeof bits);
    }
    return bits;
}

/* Drops what is not usable, and most of what has no equal, so that there is little to sort: counts
   by a few bits of what must be equal. */
static size_t keep_likely(candidate *items, size_t count, candidate_order order)
{
    unsigned bits = 8;
    while (bits < 32 && (size_t)1 << bits < 4 * count) {
        bits++;
    }
    uint8_t *met = ie_alloc((size_t)1 << bits);
    for (size_t i = 0; i < count; i++) {
        uint8_t *place = &met[spread(&items[i], order) >> (64 - bits)];
        *place += items[i].usable && *place < 2;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].usable && met[spread(&items[i], order) >> (64 - bits)] > 1) {
            items[kept++] = items[i];
        }
    }
    free(met);
    return kept;
}

static bool in_order(const candidate *items, size_t count, candidate_order *order)
{
    size_t i = 1;
    while (i < count && compare_void(&items[i - 1], &items[i], order) < 0) {
        i++;
    }
    return i >= count;
}

/* Sorts and keeps only the usable candidates that have an equal by `order`; returns the new
   count. */
static size_t keep_groups(candidate *items, size_t count, candidate_order order)
{
    size_t usable = keep_likely(items, count, order);
    if (!in_order(items, usable, &order)) {
        qsort_r(items, usable, sizeof *items, compare_void, &order);
    }
    size_t kept = 0;
    for (size_t first = 0; first < usable;) {
        size_t last = first + 1;
        while (last < usable && order(&items[first], &items[last]) == 0) {
            last++;
        }
        if (last - first > 1) {
            memmove(items + kept, items + first, (last - first) * sizeof *items);
            kept += last - first;
        }
        first = last;
    }
    return kept;
}

/* Sorted by size. Where the catalog knows every whole hash, no file needs to be opened. */
static void mark_known(candidate *items, size_t count)
{
    for (size_t first = 0, last; first < count; first = last) {
        bool known = true;
        for (last = first; last < count && by_size(&items[first], &items[last]) == 0; last++) {
            known = known && (items[last].photo->have & IE_HAVE_XXH3) != 0;
        }
        for (size_t i = first; i < last; i++) {
            items[i].known = known;
        }
    }
}

static size_t step(job *j, void (*each)(job *, ie_worker *, candidate *), candidate_order order)
{
    for (size_t i = 0; i < j->count; i++) {
        j->items[i].usable = false;
    }
    j->each = each;
    run_parallel(j);
    return keep_groups(j->items, j->count, order);
}

/* Files of equal bytes, as many as one thread reads together. */
static void analyze_equals(void *user, ie_worker *worker, size_t index)
{
    const job *j = user;
    ie_photo *photos[EQUALS];
    size_t count = 0;
    const candidate *first = &j->items[j->starts[index]], *end = &j->items[j->starts[index + 1]];
    for (const candidate *item = first; item < end; item++) {
        ie_kind kind = ie_format_kind(item->photo->format);
        if ((kind == IE_KIND_PHOTO || kind == IE_KIND_RAW) &&
            (j->compare->facts & ~item->photo->have) != 0) {
            photos[count++] = item->photo;
        }
    }
    ie_worker_analyze_equals(worker, photos, count, j->compare->facts);
}

static void analyze_groups(job *j)
{
    j->starts = ie_alloc((j->count + 1) * sizeof *j->starts);
    size_t groups = 0;
    for (size_t i = 0; i < j->count; i++) {
        if (i == 0 || by_hash(&j->items[i - 1], &j->items[i]) != 0 ||
            i - j->starts[groups - 1] == EQUALS) {
            j->starts[groups++] = i;
        }
    }
    j->starts[groups] = j->count;
    ie_crew_run(j->compare->config, j->compare->cancel, groups, analyze_equals, j);
    free(j->starts);
}

ie_status ie_compare_run(const ie_compare *compare, ie_photo **photos, size_t count, ie_error *err)
{
    job j = {.compare = compare, .items = ie_alloc(count * sizeof *j.items)};
    for (size_t i = 0; i < count; i++) {
        /* What was not opened has no equal, and empty files are nobody's picture. */
        if ((photos[i]->have & IE_HAVE_FORMAT) != 0 && photos[i]->format != IE_FORMAT_UNKNOWN &&
            photos[i]->stamp.size > 0) {
            j.items[j.count++] = (candidate){.photo = photos[i],
                                             .size = photos[i]->stamp.size,
                                             .sequence = photos[i]->sequence,
                                             .usable = true};
        }
    }
    j.count = keep_groups(j.items, j.count, by_size);
    mark_known(j.items, j.count);
    j.count = step(&j, hash_ends, by_hash);
    j.count = step(&j, hash_whole, by_hash);
    if (compare->facts != 0) {
        analyze_groups(&j);
    }
    free(j.items);
    if (cancelled(compare)) {
        return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; this run changed nothing.");
    }
    return IE_OK;
}
