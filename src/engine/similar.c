// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/similar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hamming.h"
#include "engine/crew.h"
#include "engine/sameness.h"
#include "engine/structure.h"
#include "utils/error.h"

/* A photo that is near more others than these is near by chance (a black frame, a form): the rest is not looked at. */
#define MAX_PARTNERS 4096

/* Sketches that differ by at most so much may be of equal pixels: one may come from a decode at a smaller scale, as other
   facts wanted it at that time. */
#define EQUAL_LEVELS 4

#define NOBODY UINT32_MAX

typedef struct search {
    const ie_compare *compare;
    ie_photo **photos;
    uint32_t *subjects; /* indices of the photos that are hashed, one of each content */
    size_t subject_count;
    const ie_hash_classes *classes;
    ie_pair *pairs;
    size_t count, room;
    uint32_t *partners; /* by photo */
    bool *wanted;       /* by photo: has a pair */
    uint32_t *list;     /* the wanted ones */
    size_t list_count;
    bool *flat;         /* by photo: without a sketch that tells anything */
    uint8_t *checks;    /* by photo: IE_SAMENESS_* */
    ie_sameness *same;  /* by photo */
    uint32_t *head, *twin; /* by photo: the first of its coded picture, and the next one of it or NOBODY */
} search;

/* ---- candidates ----------------------------------------------------------------------------- */

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

/* Each subject is searched by its hashes in all turns, and by that of its middle, which is what a crop looks like. */
#define ENTRIES (IE_TURNS + 1)
#define INNER IE_TURNS

static uint64_t entry_hash(const ie_content *content, size_t entry)
{
    return entry == INNER ? content->inner : content->turned[entry];
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
    if (e == INNER && f == INNER) {
        return -1;
    }
    if (f == INNER) {
        return (int)inverse((unsigned)e);
    }
    return e == 0 || e == INNER ? (int)f : -1;
}

static void add_candidate(search *s, uint32_t p, uint32_t q)
{
    uint32_t a = s->subjects[p / ENTRIES], b = s->subjects[q / ENTRIES];
    int turn = a < b ? turn_of(p % ENTRIES, q % ENTRIES) : turn_of(q % ENTRIES, p % ENTRIES);
    if (a == b || turn < 0 || s->photos[a]->unit == s->photos[b]->unit || s->partners[a] >= MAX_PARTNERS ||
        s->partners[b] >= MAX_PARTNERS) {
        return;
    }
    s->partners[a]++;
    s->partners[b]++;
    IE_GROW(s->pairs, s->count, s->room);
    s->pairs[s->count++] = (ie_pair){.a = a < b ? a : b, .b = a < b ? b : a, .turn = (uint8_t)turn};
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

/* ---- the second look ------------------------------------------------------------------------ */

static void list_wanted(search *s, size_t count)
{
    s->list_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->wanted[s->pairs[i].a] = s->wanted[s->pairs[i].b] = true;
    }
    for (size_t i = 0; i < count; i++) {
        if (s->wanted[i]) {
            s->list[s->list_count++] = (uint32_t)i;
        }
    }
}

static bool has_sketch(const ie_photo *photo)
{
    return (photo->have & IE_HAVE_SKETCH) != 0 && photo->sketch != NULL;
}

static void prepare_one(void *user, ie_worker *worker, size_t index)
{
    search *s = user;
    ie_photo *photo = s->photos[s->list[index]];
    unsigned facts = s->compare->facts | IE_HAVE_SKETCH | IE_HAVE_XXH3;
    if ((facts & ~photo->have) != 0) {
        ie_worker_analyze(worker, photo, facts, 0);
    }
    s->flat[s->list[index]] = !has_sketch(photo) || ie_structure_is_flat(photo->sketch);
}

static bool has_clock(const ie_photo *photo)
{
    return photo->metadata.captured.year != 0 && photo->metadata.captured_source == IE_DATE_EXIF;
}

/* Of two clocks that are the cameras' own: do they say that these are two exposures? */
static bool clocks_differ(const ie_photo *a, const ie_photo *b)
{
    const ie_metadata *x = &a->metadata, *y = &b->metadata;
    bool finer = x->captured.subsec_digits > 0 && y->captured.subsec_digits > 0;
    return ie_datetime_order(&x->captured) != ie_datetime_order(&y->captured) ||
           (finer && x->captured.nanosecond != y->captured.nanosecond);
}

/* The same coded picture is one exposure, whatever date someone gave it since or took from it: any date of it counts. */
static bool other_time(const search *s, uint32_t a, uint32_t b)
{
    bool differ = false;
    for (uint32_t i = a; i != NOBODY; i = s->twin[i]) {
        for (uint32_t k = b; k != NOBODY; k = s->twin[k]) {
            if (!has_clock(s->photos[i]) || !has_clock(s->photos[k])) {
                continue;
            }
            if (!clocks_differ(s->photos[i], s->photos[k])) {
                return false;
            }
            differ = true;
        }
    }
    return differ;
}

static ie_match judge(const search *s, ie_pair *pair)
{
    ie_likeness l = ie_structure_compare(s->photos[pair->a]->sketch, s->photos[pair->b]->sketch, pair->turn);
    /* The first may show a part of the second only. */
    pair->overlap = (uint8_t)(100 * l.overlap * fmin(1, l.scale_x * l.scale_y));
    return ie_structure_judge(&l, other_time(s, s->head[pair->a], s->head[pair->b]));
}

static void judge_one(void *user, ie_worker *worker, size_t index)
{
    search *s = user;
    ie_pair *pair = &s->pairs[index];
    (void)worker;
    if (pair->verdict == IE_MATCH_NONE && !s->flat[pair->a] && !s->flat[pair->b]) {
        pair->verdict = judge(s, pair);
    }
}

/* ---- the same to the bit -------------------------------------------------------------------- */

static void upright_size(const ie_photo *photo, uint32_t ret_size[2])
{
    bool lies = photo->orientation >= 5 && photo->format != IE_FORMAT_HEIC && photo->format != IE_FORMAT_AVIF;
    ret_size[0] = lies ? photo->height : photo->width;
    ret_size[1] = lies ? photo->width : photo->height;
}

static bool equal_sketches(const ie_sketch *a, const ie_sketch *b)
{
    for (size_t i = 0; i < sizeof a->gray; i++) {
        if (abs(a->gray[i] - b->gray[i]) > EQUAL_LEVELS) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof a->a; i++) {
        if (abs(a->a[i] - b->a[i]) > EQUAL_LEVELS || abs(a->b[i] - b->b[i]) > EQUAL_LEVELS) {
            return false;
        }
    }
    return true;
}

/* Only those that could be are decoded in full. */
static unsigned checks_of(const search *s, const ie_pair *pair)
{
    const ie_photo *a = s->photos[pair->a], *b = s->photos[pair->b];
    uint32_t size_a[2], size_b[2];
    upright_size(a, size_a);
    upright_size(b, size_b);
    if (pair->turn != 0 || !has_sketch(a) || !has_sketch(b) || size_a[0] != size_b[0] || size_a[1] != size_b[1] ||
        !equal_sketches(a->sketch, b->sketch)) {
        return 0;
    }
    bool coded_alike = a->format == b->format && a->orientation == b->orientation;
    return IE_SAMENESS_PIXELS | (coded_alike ? IE_SAMENESS_DATA : 0);
}

static void check_one(void *user, ie_worker *worker, size_t index)
{
    search *s = user;
    uint32_t at = s->list[index];
    (void)worker;
    s->same[at] = ie_sameness_of(s->compare->config, s->photos[at], s->checks[at]);
}

static void refine(const search *s, ie_pair *pair)
{
    const ie_sameness *a = &s->same[pair->a], *b = &s->same[pair->b];
    unsigned checks = checks_of(s, pair);
    if ((checks & IE_SAMENESS_DATA) != 0 && a->has_data && b->has_data && ie_hash128_equal(a->data, b->data)) {
        pair->verdict = IE_MATCH_SAME_IMAGE_DATA;
        pair->overlap = 100;
    } else if (checks != 0 && a->has_pixels && b->has_pixels && ie_hash128_equal(a->pixels, b->pixels)) {
        pair->verdict = IE_MATCH_SAME_PIXELS;
        pair->overlap = 100;
    }
}

static void run_checks(search *s, size_t count)
{
    s->list_count = 0;
    for (size_t i = 0; i < count; i++) {
        s->checks[i] = 0;
    }
    for (size_t i = 0; i < s->count; i++) {
        unsigned checks = checks_of(s, &s->pairs[i]);
        s->checks[s->pairs[i].a] |= (uint8_t)checks;
        s->checks[s->pairs[i].b] |= (uint8_t)checks;
    }
    for (size_t i = 0; i < count; i++) {
        if (s->checks[i] != 0) {
            s->list[s->list_count++] = (uint32_t)i;
        }
    }
    ie_crew_run(s->compare->config, s->compare->cancel, s->list_count, check_one, s);
    for (size_t i = 0; i < s->count; i++) {
        refine(s, &s->pairs[i]);
    }
}

static int by_data(const void *a, const void *b, void *same)
{
    const ie_sameness *list = same;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = memcmp(list[x].data.bytes, list[y].data.bytes, sizeof list[x].data.bytes);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Chains the photos of one coded picture. */
static void find_twins(search *s, size_t count)
{
    s->list_count = 0;
    for (size_t i = 0; i < count; i++) {
        s->head[i] = (uint32_t)i;
        s->twin[i] = NOBODY;
        if (s->same[i].has_data) {
            s->list[s->list_count++] = (uint32_t)i;
        }
    }
    qsort_r(s->list, s->list_count, sizeof *s->list, by_data, s->same);
    for (size_t i = 1; i < s->list_count; i++) {
        uint32_t before = s->list[i - 1], now = s->list[i];
        if (ie_hash128_equal(s->same[before].data, s->same[now].data)) {
            s->head[now] = s->head[before];
            s->twin[before] = now;
        }
    }
}

/* Only its first picture was compared: whoever has more of them loses those with it. */
static ie_match of_one_picture(const search *s, const ie_pair *pair)
{
    bool several = s->photos[pair->a]->animated || s->photos[pair->b]->animated;
    bool first_alone = pair->verdict == IE_MATCH_SAME_PIXELS || pair->verdict == IE_MATCH_SAME_PICTURE;
    return several && first_alone ? IE_MATCH_SIMILAR_SCENE : pair->verdict;
}

/* Of several ways in which two pictures are alike the strongest stays, of equal ones the first. */
static void keep_verdicts(search *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        ie_pair *pair = &s->pairs[i];
        pair->verdict = of_one_picture(s, pair);
        if (pair->verdict == IE_MATCH_NONE) {
            continue;
        }
        ie_pair *last = kept > 0 ? &s->pairs[kept - 1] : NULL;
        if (last != NULL && last->a == pair->a && last->b == pair->b) {
            *last = pair->verdict < last->verdict ? *pair : *last;
        } else {
            s->pairs[kept++] = *pair;
        }
    }
    s->count = kept;
}

static void progress(const search *s, uint64_t done, uint64_t total)
{
    if (s->compare->progress != NULL) {
        ie_progress now = {.stage = IE_STAGE_COMPARE, .done = done, .total = total};
        s->compare->progress(s->compare->user, &now);
    }
}

static void look_closer(search *s, size_t count)
{
    const ie_config *config = s->compare->config;
    const volatile int *cancel = s->compare->cancel;
    list_wanted(s, count);
    ie_crew_run(config, cancel, s->list_count, prepare_one, s);
    progress(s, s->list_count, s->list_count);
    run_checks(s, count);
    find_twins(s, count);
    ie_crew_run(config, cancel, s->count, judge_one, s);
    keep_verdicts(s);
}

ie_status ie_similar_run(const ie_compare *compare, ie_photo **photos, size_t count, ie_pair **ret_pairs,
                         size_t *ret_count, ie_error *err)
{
    if (count > UINT32_MAX / ENTRIES - 1) {
        return ie_error_set(err, IE_ERR_LIMIT, "These are too many photos to be compared with one another.");
    }
    search s = {
        .compare = compare,
        .photos = photos,
        .partners = ie_alloc((count + 1) * sizeof *s.partners),
        .wanted = ie_alloc((count + 1) * sizeof *s.wanted),
        .list = ie_alloc((count + 1) * sizeof *s.list),
        .flat = ie_alloc((count + 1) * sizeof *s.flat),
        .checks = ie_alloc((count + 1) * sizeof *s.checks),
        .same = ie_alloc((count + 1) * sizeof *s.same),
        .head = ie_alloc((count + 1) * sizeof *s.head),
        .twin = ie_alloc((count + 1) * sizeof *s.twin),
    };
    choose_subjects(&s, count);
    ie_status status = find_candidates(&s, err);
    if (status == IE_OK) {
        look_closer(&s, count);
    }
    if (compare->cancel != NULL && *compare->cancel != 0) {
        status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; nothing was changed.");
    }
    if (status == IE_OK) {
        *ret_pairs = s.pairs;
        *ret_count = s.count;
    } else {
        free(s.pairs);
    }
    free(s.subjects);
    free(s.partners);
    free(s.wanted);
    free(s.list);
    free(s.flat);
    free(s.checks);
    free(s.same);
    free(s.head);
    free(s.twin);
    return status;
}
