// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hamming.h"

#include <stdlib.h>
#include <string.h>

#include "core/hamming_scan.h"
#include "utils/error.h"
#include "utils/memory.h"

#define MAX_CHUNKS 12
/* An index over a chunk of w bits has 2^w places. */
#define MIN_PLACES 65536

/* ---- classes ---- */

#define DIGIT_BITS 11
#define DIGITS 6
/* Evenly spread values hardly share their upper 20 bits: once sorted by these two digits the rest
   is nearly done. */
#define UPPER_DIGIT 4
/* Shorter runs are sorted by insertion. */
#define LONG_RUN 256

typedef struct hash_list {
    uint64_t *values;
    uint32_t *members;
} hash_list;

static bool take_list(hash_list *list, size_t count)
{
    list->values = ie_try_alloc(count, sizeof *list->values);
    list->members = ie_try_alloc(count, sizeof *list->members);
    return list->values != NULL && list->members != NULL;
}

static void free_list(hash_list *list)
{
    free(list->values);
    free(list->members);
}

static void swap_lists(hash_list *a, hash_list *b)
{
    hash_list kept = *a;
    *a = *b;
    *b = kept;
}

/* One pass of a radix sort; stable. False when all have the same digit, and nothing was moved. */
static bool sort_by_digit(const hash_list *from, const hash_list *to, size_t count, int digit)
{
    uint32_t places[1 << DIGIT_BITS] = {0};
    int shift = digit * DIGIT_BITS;
    uint64_t mask = (1u << DIGIT_BITS) - 1;
    for (size_t i = 0; i < count; i++) {
        places[from->values[i] >> shift & mask]++;
    }
    if (places[from->values[0] >> shift & mask] == count) {
        return false;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i <= mask; i++) {
        uint32_t here = places[i];
        places[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t place = places[from->values[i] >> shift & mask]++;
        to->values[place] = from->values[i];
        to->members[place] = from->members[i];
    }
    return true;
}

/* Sorts by digits first .. last - 1; the result is in *list, which may have changed places with
   *other. */
static void sort_by_digits(hash_list *list, hash_list *other, size_t count, int first, int last)
{
    for (int digit = first; digit < last; digit++) {
        if (sort_by_digit(list, other, count, digit)) {
            swap_lists(list, other);
        }
    }
}

static void sort_by_insertion(const hash_list *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t value = list->values[i];
        uint32_t member = list->members[i];
        size_t at = i;
        for (; at > 0 && list->values[at - 1] > value; at--) {
            list->values[at] = list->values[at - 1];
            list->members[at] = list->members[at - 1];
        }
        list->values[at] = value;
        list->members[at] = member;
    }
}

/* A run whose upper digits are equal. */
static void sort_run(hash_list run, hash_list room, size_t count)
{
    if (count < LONG_RUN) {
        sort_by_insertion(&run, count);
        return;
    }
    const hash_list place = run;
    sort_by_digits(&run, &room, count, 0, UPPER_DIGIT);
    if (run.values != place.values) {
        memcpy(place.values, run.values, count * sizeof *run.values);
        memcpy(place.members, run.members, count * sizeof *run.members);
    }
}

static void sort_list(hash_list *list, hash_list *other, size_t count)
{
    if (count < LONG_RUN) {
        sort_by_insertion(list, count);
        return;
    }
    sort_by_digits(list, other, count, UPPER_DIGIT, DIGITS);
    for (size_t i = 0, end; i < count; i = end) {
        uint64_t upper = list->values[i] >> UPPER_DIGIT * DIGIT_BITS;
        for (end = i + 1; end < count && list->values[end] >> UPPER_DIGIT * DIGIT_BITS == upper;
             end++) {
        }
        if (end - i > 1) {
            sort_run((hash_list){list->values + i, list->members + i},
                     (hash_list){other->values + i, other->members + i}, end - i);
        }
    }
}

static void mark_classes(ie_hash_classes *classes, uint32_t count)
{
    classes->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (classes->count == 0 || classes->values[i] != classes->values[classes->count - 1]) {
            classes->starts[classes->count] = i;
            classes->values[classes->count++] = classes->values[i];
        }
    }
    classes->starts[classes->count] = count;
}

ie_status ie_hash_classes_init(ie_hash_classes *ret_classes, const uint64_t *hashes, size_t count,
                               ie_error *err)
{
    if (count >= UINT32_MAX) {
        return ie_error_set(err, IE_ERR_LIMIT, "%zu hashes are more than can be compared.", count);
    }
    hash_list list = {0}, other = {0};
    uint32_t *starts = ie_try_alloc(count + 1, sizeof *starts);
    bool good = starts != NULL && take_list(&list, count + 1) && take_list(&other, count + 1);
    if (!good) {
        free(starts);
        free_list(&list);
        free_list(&other);
        return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory to compare %zu hashes.",
                            count);
    }
    for (size_t i = 0; i < count; i++) {
        list.values[i] = hashes[i];
        list.members[i] = (uint32_t)i;
    }
    sort_list(&list, &other, count);
    free_list(&other);
    *ret_classes =
        (ie_hash_classes){.values = list.values, .members = list.members, .starts = starts};
    mark_classes(ret_classes, (uint32_t)count);
    return IE_OK;
}

void ie_hash_classes_clear(ie_hash_classes *classes)
{
    free(classes->values);
    free(classes->starts);
    free(classes->members);
    *classes = (ie_hash_classes){0};
}

/* ---- plan ---- */

typedef struct chunk {
    int shift, bits;
    int threshold; /* -1: this chunk need not be looked at */
} chunk;

typedef struct plan {
    int count; /* of chunks; 1: all with all */
    chunk chunks[MAX_CHUNKS];
} plan;

/* The upper chunks first: values come sorted by them. Thresholds add up to radius - count + 1. */
static plan plan_chunks(int count, int radius)
{
    plan it = {.count = count};
    int rest = 64;
    for (int k = 0; k < count; k++) {
        int bits = rest / (count - k);
        rest -= bits;
        it.chunks[k] = (chunk){rest, bits, (radius + 1) / count - 1 + (k < (radius + 1) % count)};
    }
    return it;
}

/* How many ways there are to change at most `threshold` of `bits` bits. */
static double count_masks(int bits, int threshold)
{
    double ways = 1.0, sum = threshold < 0 ? 0.0 : 1.0;
    for (int t = 1; t <= threshold; t++) {
        ways = ways * (bits - t + 1) / t;
        sum += ways;
    }
    return sum;
}

/* Nanoseconds, for evenly spread hashes and roughly: a comparison in a short run, a visit to a pair
   of buckets, and sorting one value in by a chunk. */
#define COMPARISON 0.3
#define VISIT 4.0
#define PLACEMENT 12.0

static double estimate(const plan *it, double count)
{
    if (it->count == 1) {
        return count * count / 2.0 * COMPARISON / 2.0; /* in long runs */
    }
    double cost = 0.0;
    for (int k = 0; k < it->count; k++) {
        const chunk *of = &it->chunks[k];
        if (of->threshold >= 0) {
            double places = (double)(UINT64_C(1) << of->bits);
            double used = places < count ? places : count;
            double masks = count_masks(of->bits, of->threshold) / 2.0;
            cost += count * PLACEMENT + used * masks * VISIT +
                    count * count / places * masks * COMPARISON + places;
        }
    }
    return cost;
}

static plan choose_plan(uint32_t count, int radius)
{
    plan best = plan_chunks(1, radius);
    double least = estimate(&best, count);
    for (int chunks = 3; chunks <= MAX_CHUNKS; chunks++) {
        plan it = plan_chunks(chunks, radius);
        double cost = estimate(&it, count);
        uint64_t places = UINT64_C(1) << it.chunks[chunks - 1].bits;
        if (cost < least && (places <= MIN_PLACES || places <= (uint64_t)count * 4)) {
            best = it;
            least = cost;
        }
    }
    return best;
}

/* ---- search ---- */

typedef struct search {
    ie_hamming_job job;
    ie_hamming_scan *scan;
    plan plan;
    int at;         /* the chunk that is looked at */
    uint32_t count; /* of values */
    const uint64_t *values;
    uint64_t *sorted;  /* by the chunk */
    uint32_t *members; /* their places among values */
    uint32_t *places;  /* where in `sorted` each of the chunk's values begins */
    uint32_t *masks;
    size_t mask_count;
    ie_hamming_found *found;
    void *context;
    bool stopped;
} search;

static uint32_t key_of(const chunk *of, uint64_t value)
{
    return (uint32_t)(value >> of->shift & ((UINT64_C(1) << of->bits) - 1));
}

static void on_hit(void *context, uint32_t i, uint32_t j)
{
    search *it = context;
    uint64_t bits = it->job.values[i] ^ it->job.values[j];
    for (int k = 0; k < it->at; k++) {
        const chunk *of = &it->plan.chunks[k];
        if (__builtin_popcount(key_of(of, bits)) <= of->threshold) {
            return; /* that chunk found it */
        }
    }
    bool sorted = it->job.values != it->values;
    uint32_t a = sorted ? it->members[i] : i;
    uint32_t b = sorted ? it->members[j] : j;
    it->stopped = it->stopped || !it->found(it->context, a < b ? a : b, a < b ? b : a,
                                            (unsigned)__builtin_popcountll(bits));
}

/* All numbers of `bits` bits with at most `threshold` set, fewer first. */
static void list_masks(search *it, const chunk *of)
{
    it->mask_count = 0;
    it->masks[it->mask_count++] = 0;
    uint64_t limit = UINT64_C(1) << of->bits;
    for (int t = 1; t <= of->threshold; t++) {
        uint64_t mask = (UINT64_C(1) << t) - 1;
        while (mask < limit) {
            it->masks[it->mask_count++] = (uint32_t)mask;
            /* The next with as many bits (Gosper). */
            uint64_t lowest = mask & -mask, carried = mask + lowest;
            mask = ((carried ^ mask) >> 2) / lowest | carried;
        }
    }
}

/* Where each of the chunk's buckets begins; the values come in its order already when it is the
   uppermost. */
static void sort_by_chunk(search *it, const chunk *of)
{
    uint32_t places = UINT32_C(1) << of->bits;
    memset(it->places, 0, ((size_t)places + 2) * sizeof *it->places);
    for (uint32_t i = 0; i < it->count; i++) {
        it->places[key_of(of, it->values[i]) + 2]++;
    }
    for (uint32_t i = 0; i < places; i++) {
        it->places[i + 2] += it->places[i + 1];
    }
    /* Shifted by one, so that filling leaves each at its beginning. */
    if (it->at == 0) {
        memmove(it->places, it->places + 1, ((size_t)places + 1) * sizeof *it->places);
        return;
    }
    for (uint32_t i = 0; i < it->count; i++) {
        uint32_t place = it->places[key_of(of, it->values[i]) + 1]++;
        it->sorted[place] = it->values[i];
        it->members[place] = i;
    }
}

static void search_chunk(search *it, const chunk *of)
{
    sort_by_chunk(it, of);
    list_masks(it, of);
    it->job.values = it->at == 0 ? it->values : it->sorted;
    it->job.places = it->places;
    it->job.masks = it->masks;
    it->job.mask_count = it->mask_count;
    uint32_t places = UINT32_C(1) << of->bits;
    for (uint32_t key = 0; key < places && !it->stopped; key++) {
        if (it->places[key] < it->places[key + 1]) {
            it->scan(&it->job, key);
        }
    }
}

static bool take_memory(search *it)
{
    size_t places = 0, masks = 0;
    for (int k = 0; k < it->plan.count; k++) {
        const chunk *of = &it->plan.chunks[k];
        size_t these = (size_t)count_masks(of->bits, of->threshold);
        places = (size_t)1 << of->bits > places ? (size_t)1 << of->bits : places;
        masks = these > masks ? these : masks;
    }
    it->sorted = ie_try_alloc(it->count, sizeof *it->sorted);
    it->members = ie_try_alloc(it->count, sizeof *it->members);
    it->places = ie_try_alloc(places + 2, sizeof *it->places);
    it->masks = ie_try_alloc(masks, sizeof *it->masks);
    return it->sorted != NULL && it->members != NULL && it->places != NULL && it->masks != NULL;
}

static bool search_chunks(search *it)
{
    bool good = take_memory(it);
    for (int k = 0; good && k < it->plan.count; k++) {
        it->at = k;
        if (it->plan.chunks[k].threshold >= 0) {
            search_chunk(it, &it->plan.chunks[k]);
        }
    }
    free(it->sorted);
    free(it->members);
    free(it->places);
    free(it->masks);
    return good;
}

ie_status ie_hamming_search_by(const ie_hash_classes *classes, unsigned radius,
                               ie_hamming_scan *scan, unsigned chunks, ie_hamming_found *found,
                               void *context, ie_error *err)
{
    if (radius > IE_HAMMING_MAX_RADIUS || chunks == 2 || chunks > MAX_CHUNKS) {
        return ie_error_set(err, IE_ERR_USAGE, "Hashes are compared within 0 to %d bits, not %u.",
                            IE_HAMMING_MAX_RADIUS, radius);
    }
    if (radius == 0 || classes->count < 2) {
        return IE_OK;
    }
    search it = {.scan = scan,
                 .count = classes->count,
                 .values = classes->values,
                 .found = found,
                 .context = context};
    const uint32_t all[2] = {0, classes->count}, itself[1] = {0};
    it.job = (ie_hamming_job){classes->values, all, itself, 1, radius, on_hit, &it};
    it.plan =
        chunks == 0 ? choose_plan(it.count, (int)radius) : plan_chunks((int)chunks, (int)radius);
    if (it.plan.count == 1) {
        scan(&it.job, 0);
    } else if (!search_chunks(&it)) {
        return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory to compare %u hashes.",
                            it.count);
    }
    return it.stopped ? ie_error_set(err, IE_ERR_CANCELLED, "The search was ended.") : IE_OK;
}

ie_status ie_hamming_search(const ie_hash_classes *classes, unsigned radius,
                            ie_hamming_found *found, void *context, ie_error *err)
{
    ie_hamming_scan *scan = NULL;
    for (int path = IE_HAMMING_PATHS - 1; scan == NULL; path--) {
        scan = ie_hamming_scan_by((ie_hamming_path)path);
    }
    return ie_hamming_search_by(classes, radius, scan, 0, found, context, err);
}
