// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "core/hamming.h"
#include "utils/error.h"

/* A photo that is near more others than these is near by chance (a black frame, a form): the rest is not looked at. */
#define MAX_PARTNERS 4096

typedef struct search {
    const ie_compare *compare;
    ie_photo **photos;
    uint32_t *subjects; /* indices of the photos that are hashed, one of each content */
    size_t subject_count;
    const ie_hash_classes *classes;
    ie_pair *pairs;
    size_t count, room;
    uint32_t *partners; /* by photo */
} search;

static int by_content(const void *a, const void *b, void *photos)
{
    ie_photo *const *list = photos;
    const ie_photo *x = list[*(const uint32_t *)a], *y = list[*(const uint32_t *)b];
    bool known_x = (x->have & IE_HAVE_XXH3) != 0, known_y = (y->have & IE_HAVE_XXH3) != 0;
    if (known_x != known_y) {
        return known_x ? -1 : 1;
    }
    int order = known_x ? memcmp(x->xxh3.bytes, y->xxh3.bytes, sizeof x->xxh3.bytes) : 0;
    if (order == 0 && known_x && x->stamp.size != y->stamp.size) {
        order = x->stamp.size < y->stamp.size ? -1 : 1;
    }
    return order != 0 ? order : (*(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1);
}

static bool same_content(const ie_photo *a, const ie_photo *b)
{
    return (a->have & b->have & IE_HAVE_XXH3) != 0 && a->stamp.size == b->stamp.size &&
           ie_hash128_equal(a->xxh3, b->xxh3);
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The hashed pictures, of equal bytes the first. */
static void choose_subjects(search *s, size_t count)
{
    s->subjects = ie_alloc((count + 1) * sizeof *s->subjects);
    size_t all = 0;
    for (size_t i = 0; i < count; i++) {
        ie_kind kind = ie_format_kind(s->photos[i]->format);
        if ((s->photos[i]->have & IE_HAVE_HASHES) != 0 && (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW)) {
            s->subjects[all++] = (uint32_t)i;
        }
    }
    qsort_r(s->subjects, all, sizeof *s->subjects, by_content, s->photos);
    for (size_t i = 0; i < all; i++) {
        size_t kept = s->subject_count;
        if (kept == 0 || !same_content(s->photos[s->subjects[kept - 1]], s->photos[s->subjects[i]])) {
            s->subjects[s->subject_count++] = s->subjects[i];
        }
    }
    qsort(s->subjects, s->subject_count, sizeof *s->subjects, by_index);
}

/* Each subject is searched by its hashes in all turns, and by those of parts of it, which are what a crop looks like. */
#define PARTS (1 + IE_CUTS)
#define ENTRIES (IE_TURNS + PARTS)

static uint64_t part_hash(const ie_content *content, size_t part)
{
    return part == 0 ? content->inner : content->cuts[part - 1];
}

static uint64_t entry_hash(const ie_content *content, size_t entry)
{
    return entry < IE_TURNS ? content->turned[entry] : part_hash(content, entry - IE_TURNS);
}

/* How to lay what turned as `turn` says so that it lies as before. */
static unsigned inverse(unsigned turn)
{
    return turn == 5 ? 7 : turn == 7 ? 5 : turn;
}

/* How b must be laid to look like a, when a's entry e is near b's entry f; -1 for what another pair of entries says
   as well: of two turned pictures the one counts in which the first lies as it is. */
static int turn_of(size_t e, size_t f)
{
    if (f >= IE_TURNS) {
        return e < IE_TURNS ? (int)inverse((unsigned)e) : -1;
    }
    return e == 0 || e >= IE_TURNS ? (int)f : -1;
}

static bool is_near(const search *s, uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a ^ b) <= s->compare->config->dedupe.radius;
}

/* Would an earlier entry of the two find them in this turn as well? A pair that is found counts once. */
static bool is_found_before(const search *s, const ie_content *a, const ie_content *b, size_t e, size_t f, unsigned turn)
{
    if (e < IE_TURNS && f < IE_TURNS) {
        return false;
    }
    if (is_near(s, a->turned[0], b->turned[turn])) {
        return true;
    }
    for (size_t part = 0; part < PARTS; part++) {
        if (e == IE_TURNS + part) {
            return false;
        }
        if (is_near(s, part_hash(a, part), b->turned[turn])) {
            return true;
        }
        if (f == IE_TURNS + part) {
            return false;
        }
        if (is_near(s, a->turned[inverse(turn)], part_hash(b, part))) {
            return true;
        }
    }
    return false;
}

static void add_candidate(search *s, uint32_t p, uint32_t q)
{
    if (s->subjects[p / ENTRIES] > s->subjects[q / ENTRIES]) {
        uint32_t swap = p;
        p = q;
        q = swap;
    }
    uint32_t a = s->subjects[p / ENTRIES], b = s->subjects[q / ENTRIES];
    size_t e = p % ENTRIES, f = q % ENTRIES;
    int turn = turn_of(e, f);
    if (a == b || turn < 0 || s->photos[a]->unit == s->photos[b]->unit || s->partners[a] >= MAX_PARTNERS ||
        s->partners[b] >= MAX_PARTNERS ||
        is_found_before(s, &s->photos[a]->content, &s->photos[b]->content, e, f, (unsigned)turn)) {
        return;
    }
    s->partners[a]++;
    s->partners[b]++;
    IE_GROW(s->pairs, s->count, s->room);
    s->pairs[s->count++] = (ie_pair){.a = a, .b = b, .turn = (uint8_t)turn};
}

static bool take_classes(void *context, uint32_t a, uint32_t b, unsigned distance)
{
    search *s = context;
    const ie_hash_classes *c = s->classes;
    (void)distance;
    for (uint32_t i = c->starts[a]; i < c->starts[a + 1]; i++) {
        for (uint32_t k = c->starts[b]; k < c->starts[b + 1]; k++) {
            add_candidate(s, c->members[i], c->members[k]);
        }
    }
    return s->compare->cancel == NULL || *s->compare->cancel == 0;
}

static int compare_pairs(const void *a, const void *b)
{
    const ie_pair *x = a, *y = b;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    if (x->b != y->b) {
        return x->b < y->b ? -1 : 1;
    }
    return (x->turn > y->turn) - (x->turn < y->turn);
}

static ie_status find_candidates(search *s, ie_error *err)
{
    size_t count = s->subject_count * ENTRIES;
    uint64_t *hashes = ie_try_alloc(count + 1, sizeof *hashes);
    if (hashes == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT, "There is not enough memory to compare so many photos.");
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = entry_hash(&s->photos[s->subjects[i / ENTRIES]]->content, i % ENTRIES);
    }
    ie_hash_classes classes = {0};
    ie_status status = ie_hash_classes_init(&classes, hashes, count, err);
    free(hashes);
    if (status != IE_OK) {
        return status;
    }
    s->classes = &classes;
    for (uint32_t c = 0; c < classes.count; c++) {
        for (uint32_t i = classes.starts[c]; i < classes.starts[c + 1]; i++) {
            for (uint32_t k = i + 1; k < classes.starts[c + 1]; k++) {
                add_candidate(s, classes.members[i], classes.members[k]);
            }
        }
    }
    unsigned radius = (unsigned)s->compare->config->dedupe.radius;
    if (radius > 0) {
        status = ie_hamming_search(&classes, radius, take_classes, s, err);
    }
    ie_hash_classes_clear(&classes);
    if (s->count > 0) {
        qsort(s->pairs, s->count, sizeof *s->pairs, compare_pairs);
        size_t kept = 1;
        for (size_t i = 1; i < s->count; i++) {
            if (compare_pairs(&s->pairs[kept - 1], &s->pairs[i]) != 0) {
                s->pairs[kept++] = s->pairs[i];
            }
        }
        s->count = kept;
    }
    return status;
}

ie_status ie_candidates_find(const ie_compare *compare, ie_photo **photos, size_t count, ie_pair **ret_pairs,
                             size_t *ret_count, ie_error *err)
{
    if (count > UINT32_MAX / ENTRIES - 1) {
        return ie_error_set(err, IE_ERR_LIMIT, "These are too many photos to be compared with one another.");
    }
    search s = {.compare = compare, .photos = photos, .partners = ie_alloc((count + 1) * sizeof *s.partners)};
    choose_subjects(&s, count);
    ie_status status = find_candidates(&s, err);
    free(s.subjects);
    free(s.partners);
    *ret_pairs = s.pairs;
    *ret_count = s.count;
    return status;
}
