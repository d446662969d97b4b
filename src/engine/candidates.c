// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "core/hamming.h"
#include "engine/align.h"
#include "utils/error.h"

/* A photo that is near more others than these is near by chance (a black frame, a form): the rest
   is not looked at. */
#define MAX_PARTNERS 4096

typedef struct search {
    const ie_compare *compare;
    ie_photo **photos;
    uint32_t *subjects; /* indices of the photos that are hashed, one of each content */
    size_t subject_count;
    const ie_hash_classes *classes; /* of entries: subject * ENTRIES + entry */
    uint32_t *ends;                 /* by class: behind the members that may still get partners */
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
        if ((s->photos[i]->have & IE_HAVE_HASHES) != 0 &&
            (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW)) {
            s->subjects[all++] = (uint32_t)i;
        }
    }
    qsort_r(s->subjects, all, sizeof *s->subjects, by_content, s->photos);
    for (size_t i = 0; i < all; i++) {
        size_t kept = s->subject_count;
        if (kept == 0 ||
            !same_content(s->photos[s->subjects[kept - 1]], s->photos[s->subjects[i]])) {
            s->subjects[s->subject_count++] = s->subjects[i];
        }
    }
    qsort(s->subjects, s->subject_count, sizeof *s->subjects, by_index);
}

/* Each subject is searched by its hashes in all turns, and by those of parts of it, which are what
   a crop looks like. */
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

/* How b must be laid to look like a, when a's entry e is near b's entry f; -1 for what another pair
   of entries says as well: of two turned pictures the one counts in which the first lies as it is.
 */
static int turn_of(size_t e, size_t f)
{
    if (f >= IE_TURNS) {
        return e < IE_TURNS ? (int)ie_turn_back((unsigned)e) : -1;
    }
    return e == 0 || e >= IE_TURNS ? (int)f : -1;
}

static bool is_near(const search *s, uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a ^ b) <= s->compare->config->dedupe.radius;
}

/* The first of a photo's entries that has this hash stands for all of them. */
static size_t first_entry(const ie_content *content, size_t entry)
{
    uint64_t hash = entry_hash(content, entry);
    size_t first = 0;
    while (entry_hash(content, first) != hash) {
        first++;
    }
    return first;
}

/* A picture that looks alike in all turns and all parts: there is nothing in it. */
static bool is_blank(const ie_content *content)
{
    bool blank = true;
    for (size_t e = 1; blank && e < ENTRIES; e++) {
        blank = entry_hash(content, e) == entry_hash(content, 0);
    }
    return blank;
}

/* Are two photos found by other entries as well? They count once, by the first that tell how one
   must be laid. */
static bool is_first_find(const search *s, const ie_content *a, const ie_content *b, size_t e,
                          size_t f)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        for (size_t k = 0; k < ENTRIES; k++) {
            if (turn_of(i, k) >= 0 && is_near(s, entry_hash(a, i), entry_hash(b, k))) {
                return first_entry(a, i) == e && first_entry(b, k) == f;
            }
        }
    }
    return false;
}

static bool is_near_turned(const search *s, const ie_content *a, const ie_content *b, unsigned turn)
{
    bool near = is_near(s, a->turned[0], b->turned[turn]);
    for (size_t part = 0; !near && part < PARTS; part++) {
        near = is_near(s, part_hash(a, part), b->turned[turn]) ||
               is_near(s, a->turned[ie_turn_back(turn)], part_hash(b, part));
    }
    return near;
}

static bool is_full(const search *s, uint32_t entry)
{
    return s->partners[s->subjects[entry / ENTRIES]] >= MAX_PARTNERS;
}

static void add_candidates(search *s, uint32_t p, uint32_t q)
{
    if (s->subjects[p / ENTRIES] > s->subjects[q / ENTRIES]) {
        uint32_t swap = p;
        p = q;
        q = swap;
    }
    uint32_t a = s->subjects[p / ENTRIES], b = s->subjects[q / ENTRIES];
    const ie_content *x = s->photos[a]->content, *y = s->photos[b]->content;
    if (a == b || s->photos[a]->unit == s->photos[b]->unit ||
        !is_first_find(s, x, y, p % ENTRIES, q % ENTRIES)) {
        return;
    }
    unsigned turns =
        is_blank(x) && is_blank(y) ? 1 : IE_TURNS; /* more would tell nothing, yet count */
    for (unsigned turn = 0; turn < IE_TURNS; turn++) {
        if (is_near_turned(s, x, y, turn)) {
            s->partners[a]++;
            s->partners[b]++;
            if (turn < turns) {
                IE_GROW(s->pairs, s->count, s->room);
                s->pairs[s->count++] = (ie_pair){.a = a, .b = b, .turn = (uint8_t)turn};
            }
        }
    }
}

static bool is_cancelled(const search *s)
{
    return s->compare->cancel != NULL && *s->compare->cancel != 0;
}

/* Lets go of those members that have all the partners they may have, so that a class of thousands
   is not gone through for each of its neighbours. */
static void keep_open(search *s, uint32_t class)
{
    uint32_t *members = s->classes->members, end = s->classes->starts[class];
    for (uint32_t i = end; i < s->ends[class]; i++) {
        if (!is_full(s, members[i])) {
            members[end++] = members[i];
        }
    }
    s->ends[class] = end;
}

/* A member of one class with those from `first` on of another, or of its own. */
static void pair_member(search *s, uint32_t member, uint32_t class, uint32_t first)
{
    const uint32_t *members = s->classes->members;
    for (uint32_t k = first; k < s->ends[class] && !is_full(s, member); k++) {
        if (!is_full(s, members[k])) {
            add_candidates(s, member, members[k]);
        }
    }
}

static bool take_classes(void *context, uint32_t a, uint32_t b, unsigned distance)
{
    search *s = context;
    (void)distance;
    keep_open(s, a);
    keep_open(s, b);
    for (uint32_t i = s->classes->starts[a]; i < s->ends[a] && !is_cancelled(s); i++) {
        pair_member(s, s->classes->members[i], b, s->classes->starts[b]);
    }
    return !is_cancelled(s);
}

/* Those of equal hashes. */
static void take_members(search *s)
{
    for (uint32_t c = 0; c < s->classes->count; c++) {
        for (uint32_t i = s->classes->starts[c]; i < s->ends[c] && !is_cancelled(s); i++) {
            pair_member(s, s->classes->members[i], c, i + 1);
        }
    }
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

/* Of equal hashes of one photo the first entry only. */
static size_t list_entries(const search *s, uint64_t *ret_hashes, uint32_t *ret_entries)
{
    size_t count = 0;
    for (size_t i = 0; i < s->subject_count; i++) {
        const ie_content *content = s->photos[s->subjects[i]]->content;
        for (size_t e = 0; e < ENTRIES; e++) {
            if (first_entry(content, e) == e) {
                ret_hashes[count] = entry_hash(content, e);
                ret_entries[count++] = (uint32_t)(i * ENTRIES + e);
            }
        }
    }
    return count;
}

static ie_status make_classes(const search *s, ie_hash_classes *ret_classes, ie_error *err)
{
    size_t room = s->subject_count * ENTRIES + 1;
    IE_AUTO_FREE uint64_t *hashes = ie_try_alloc(room, sizeof *hashes);
    IE_AUTO_FREE uint32_t *entries = ie_try_alloc(room, sizeof *entries);
    if (hashes == NULL || entries == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "There is not enough memory to compare so many photos.");
    }
    size_t count = list_entries(s, hashes, entries);
    ie_status status = ie_hash_classes_init(ret_classes, hashes, count, err);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        ret_classes->members[i] = entries[ret_classes->members[i]];
    }
    return status;
}

static ie_status search_classes(search *s, ie_error *err)
{
    unsigned radius = (unsigned)s->compare->config->dedupe.radius;
    IE_AUTO_FREE uint32_t *ends = ie_try_alloc((size_t)s->classes->count + 1, sizeof *ends);
    if (ends == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "There is not enough memory to compare so many photos.");
    }
    memcpy(ends, s->classes->starts + 1, s->classes->count * sizeof *ends);
    s->ends = ends;
    take_members(s);
    if (is_cancelled(s)) {
        return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; this run changed nothing.");
    }
    return radius > 0 ? ie_hamming_search(s->classes, radius, take_classes, s, err) : IE_OK;
}

static ie_status find_candidates(search *s, ie_error *err)
{
    ie_hash_classes classes = {0};
    ie_status status = make_classes(s, &classes, err);
    if (status != IE_OK) {
        return status;
    }
    s->classes = &classes;
    status = search_classes(s, err);
    ie_hash_classes_clear(&classes);
    if (s->count > 0) {
        qsort(s->pairs, s->count, sizeof *s->pairs, compare_pairs);
    }
    return status;
}

ie_status ie_candidates_find(const ie_compare *compare, ie_photo **photos, size_t count,
                             ie_pair **ret_pairs, size_t *ret_count, ie_error *err)
{
    if (count > UINT32_MAX / ENTRIES - 1) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "These are too many photos to be compared with one another.");
    }
    search s = {.compare = compare,
                .photos = photos,
                .partners = ie_alloc((count + 1) * sizeof *s.partners)};
    choose_subjects(&s, count);
    ie_status status = find_candidates(&s, err);
    free(s.subjects);
    free(s.partners);
    *ret_pairs = s.pairs;
    *ret_count = s.count;
    return status;
}
