// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/similar.h"

#include <stdlib.h>
#include <string.h>

#include "engine/align.h"
#include "engine/candidates.h"
#include "engine/pages.h"
#include "engine/sameness.h"
#include "engine/shift.h"
#include "engine/structure.h"
#include "utils/error.h"

/* Sketches that differ by at most so much may be of equal pixels: one may come from a decode at a
   smaller scale, as other facts wanted it at that time. */
#define EQUAL_LEVELS 4

#define NOBODY UINT32_MAX

typedef struct search {
    const ie_compare *compare;
    ie_photo **photos;
    ie_pair *pairs;
    size_t count;
    bool *wanted;   /* by photo: has a pair */
    uint32_t *list; /* the wanted ones */
    size_t list_count;
    bool *flat;        /* by photo: without a sketch that tells anything */
    uint8_t *checks;   /* by photo: IE_SAMENESS_* */
    ie_sameness *same; /* by photo */
    uint32_t *head,
        *twin; /* by photo: the first of its coded picture, and the next one of it or NOBODY */
} search;

/* ---- many hands ----------------------------------------------------------------------------- */

typedef struct job {
    search *s;
    void (*each)(search *s, ie_worker *worker, size_t index);
} job;

static void run_one(void *user, ie_worker *worker, size_t index)
{
    const job *j = user;
    j->each(j->s, worker, index);
}

static void run_all(search *s, ie_stage stage, size_t count,
                    void (*each)(search *s, ie_worker *worker, size_t index))
{
    job j = {.s = s, .each = each};
    const ie_shift shift = {.stage = stage, .count = count, .total = count};
    ie_shift_run(s->compare, &shift, run_one, &j);
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

static void prepare_one(search *s, ie_worker *worker, size_t index)
{
    ie_photo *photo = s->photos[s->list[index]];
    unsigned facts = s->compare->facts | IE_HAVE_SKETCH | IE_HAVE_XXH3;
    if ((facts & ~photo->have) != 0) {
        ie_worker_analyze(worker, photo, facts, 0);
    }
    s->flat[s->list[index]] = !has_sketch(photo) || ie_structure_is_flat(photo->sketch);
}

static int by_bytes(const void *a, const void *b, void *photos)
{
    ie_photo *const *list = photos;
    const ie_photo *x = list[*(const uint32_t *)a], *y = list[*(const uint32_t *)b];
    int order = memcmp(x->xxh3.bytes, y->xxh3.bytes, sizeof x->xxh3.bytes);
    return order != 0 ? order : (has_sketch(y) > has_sketch(x)) - (has_sketch(y) < has_sketch(x));
}

/* Only one of equal bytes was looked at, but whichever of them stays stands for that picture. They
   live as long as one another. */
static void share_sketches(search *s, size_t count)
{
    s->list_count = 0;
    for (size_t i = 0; i < count; i++) {
        if ((s->photos[i]->have & IE_HAVE_XXH3) != 0) {
            s->list[s->list_count++] = (uint32_t)i;
        }
    }
    qsort_r(s->list, s->list_count, sizeof *s->list, by_bytes, s->photos);
    for (size_t i = 1; i < s->list_count; i++) {
        const ie_photo *known = s->photos[s->list[i - 1]];
        ie_photo *photo = s->photos[s->list[i]];
        if (has_sketch(known) && !has_sketch(photo) && photo->stamp.size == known->stamp.size &&
            ie_hash128_equal(photo->xxh3, known->xxh3)) {
            photo->sketch = known->sketch;
            photo->have |= IE_HAVE_SKETCH;
        }
    }
}

static bool has_clock(const ie_photo *photo)
{
    return photo->metadata->captured.year != 0 && photo->metadata->captured_source == IE_DATE_EXIF;
}

/* Of two clocks that are the cameras' own: do they say that these are two exposures? */
static bool clocks_differ(const ie_photo *a, const ie_photo *b)
{
    const ie_metadata *x = a->metadata, *y = b->metadata;
    bool finer = x->captured.subsec_digits > 0 && y->captured.subsec_digits > 0;
    return ie_datetime_order(&x->captured) != ie_datetime_order(&y->captured) ||
           (finer && x->captured.nanosecond != y->captured.nanosecond);
}

/* The same coded picture is one exposure, whatever date someone gave it since or took from it: any
   date of it counts. */
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

static bool same_two(const ie_pair *x, const ie_pair *y)
{
    return x->a == y->a && x->b == y->b;
}

static ie_match judge(const search *s, ie_pair *pair)
{
    bool other_exposure = other_time(s, s->head[pair->a], s->head[pair->b]);
    return ie_structure_look(s->photos[pair->a]->sketch, s->photos[pair->b]->sketch, pair->turn,
                             other_exposure, &pair->overlap);
}

/* All ways in which two pictures could lie. Once they are found to be one picture, in bytes, pixels
   or looks, no further way could tell more. */
static void judge_one(search *s, ie_worker *worker, size_t index)
{
    ie_pair *pair = &s->pairs[index], *end = &s->pairs[s->count];
    (void)worker;
    if ((index > 0 && same_two(pair, pair - 1)) || s->flat[pair->a] || s->flat[pair->b]) {
        return;
    }
    for (const ie_pair *first = pair; pair < end && same_two(pair, first); pair++) {
        if (pair->verdict == IE_MATCH_NONE) {
            pair->verdict = judge(s, pair);
        }
        if (ie_match_is_duplicate(pair->verdict)) {
            return;
        }
    }
}

/* ---- the same to the bit -------------------------------------------------------------------- */

static void upright_size(const ie_photo *photo, uint32_t ret_size[2])
{
    bool lies = photo->orientation >= 5 && photo->format != IE_FORMAT_HEIC &&
                photo->format != IE_FORMAT_AVIF;
    ret_size[0] = lies ? photo->height : photo->width;
    ret_size[1] = lies ? photo->width : photo->height;
}

/* Line by line, without a way out of one, which lets the compiler take many samples at once. */
static bool equal_sketches(const ie_sketch *a, const ie_sketch *b)
{
    enum { LINE = IE_SKETCH_SIDE };
    unsigned differ = 0;
    for (size_t y = 0; differ == 0 && y < sizeof a->gray; y += LINE) {
        for (size_t i = y; i < y + LINE; i++) {
            differ += abs(a->gray[i] - b->gray[i]) > EQUAL_LEVELS;
        }
    }
    for (size_t i = 0; differ == 0 && i < sizeof a->a; i++) {
        differ += abs(a->a[i] - b->a[i]) > EQUAL_LEVELS || abs(a->b[i] - b->b[i]) > EQUAL_LEVELS;
    }
    return differ == 0;
}

/* Only those that could be are decoded in full. */
static unsigned checks_of(const search *s, const ie_pair *pair)
{
    const ie_photo *a = s->photos[pair->a], *b = s->photos[pair->b];
    uint32_t size_a[2], size_b[2];
    upright_size(a, size_a);
    upright_size(b, size_b);
    if (pair->turn != 0 || !has_sketch(a) || !has_sketch(b) || size_a[0] != size_b[0] ||
        size_a[1] != size_b[1] || !equal_sketches(a->sketch, b->sketch)) {
        return 0;
    }
    bool coded_alike = a->format == b->format && a->orientation == b->orientation;
    return IE_SAMENESS_PIXELS | (coded_alike ? IE_SAMENESS_DATA : 0);
}

static void check_one(search *s, ie_worker *worker, size_t index)
{
    uint32_t at = s->list[index];
    (void)worker;
    s->same[at] = ie_sameness_of(s->compare->config, s->photos[at], s->checks[at]);
}

static void refine(const search *s, ie_pair *pair)
{
    const ie_sameness *a = &s->same[pair->a], *b = &s->same[pair->b];
    unsigned checks = checks_of(s, pair);
    if ((checks & IE_SAMENESS_DATA) != 0 && a->has_data && b->has_data &&
        ie_hash128_equal(a->data, b->data)) {
        pair->verdict = IE_MATCH_SAME_IMAGE_DATA;
        pair->overlap = 100;
    } else if (checks != 0 && a->has_pixels && b->has_pixels &&
               ie_hash128_equal(a->pixels, b->pixels)) {
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
    run_all(s, IE_STAGE_COMPARE, s->list_count, check_one);
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
    bool first_alone =
        pair->verdict == IE_MATCH_SAME_PIXELS || pair->verdict == IE_MATCH_SAME_PICTURE;
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
        if (last != NULL && same_two(last, pair)) {
            *last = pair->verdict < last->verdict ? *pair : *last;
        } else {
            s->pairs[kept++] = *pair;
        }
    }
    s->count = kept;
}

static void look_closer(search *s, size_t count)
{
    list_wanted(s, count);
    run_all(s, IE_STAGE_COMPARE, s->list_count, prepare_one);
    share_sketches(s, count);
    run_checks(s, count);
    find_twins(s, count);
    run_all(s, IE_STAGE_PAIRS, s->count, judge_one);
    ie_pages_tell_apart(s->compare, s->photos, count, s->pairs, s->count);
    keep_verdicts(s);
}

static ie_status run(const ie_compare *compare, ie_photo **photos, size_t count,
                     ie_pair **ret_pairs, size_t *ret_count, ie_error *err)
{
    search s = {
        .compare = compare,
        .photos = photos,
        .wanted = ie_alloc((count + 1) * sizeof *s.wanted),
        .list = ie_alloc((count + 1) * sizeof *s.list),
        .flat = ie_alloc((count + 1) * sizeof *s.flat),
        .checks = ie_alloc((count + 1) * sizeof *s.checks),
        .same = ie_alloc((count + 1) * sizeof *s.same),
        .head = ie_alloc((count + 1) * sizeof *s.head),
        .twin = ie_alloc((count + 1) * sizeof *s.twin),
    };
    ie_status status = ie_candidates_find(compare, photos, count, &s.pairs, &s.count, err);
    if (status == IE_OK) {
        look_closer(&s, count);
    }
    if (compare->cancel != NULL && *compare->cancel != 0) {
        status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; this run changed nothing.");
    }
    if (status == IE_OK) {
        *ret_pairs = s.pairs;
        *ret_count = s.count;
    } else {
        free(s.pairs);
    }
    free(s.wanted);
    free(s.list);
    free(s.flat);
    free(s.checks);
    free(s.same);
    free(s.head);
    free(s.twin);
    return status;
}

/* ---- the order ------------------------------------------------------------------------------ */

static int by_path(const void *a, const void *b, void *photos)
{
    ie_photo *const *list = photos;
    return strcmp(list[*(const uint32_t *)a]->real_path, list[*(const uint32_t *)b]->real_path);
}

static int by_photos(const void *a, const void *b)
{
    const ie_pair *x = a, *y = b;
    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

/* A look at two is not quite the same from either side, so their names say which comes first. */
ie_status ie_similar_run(const ie_compare *compare, ie_photo **photos, size_t count,
                         ie_pair **ret_pairs, size_t *ret_count, ie_error *err)
{
    IE_AUTO_FREE uint32_t *place = ie_alloc((count + 1) * sizeof *place);
    IE_AUTO_FREE ie_photo **sorted = ie_alloc((count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        place[i] = (uint32_t)i;
    }
    qsort_r(place, count, sizeof *place, by_path, photos);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = photos[place[i]];
    }
    ie_status status = run(compare, sorted, count, ret_pairs, ret_count, err);
    for (size_t i = 0; status == IE_OK && i < *ret_count; i++) {
        ie_pair *pair = &(*ret_pairs)[i];
        const uint32_t a = place[pair->a], b = place[pair->b];
        pair->turn = (uint8_t)(a < b ? pair->turn : ie_turn_back(pair->turn));
        pair->a = a < b ? a : b;
        pair->b = a < b ? b : a;
    }
    if (status == IE_OK && *ret_count > 0) {
        qsort(*ret_pairs, *ret_count, sizeof **ret_pairs, by_photos);
    }
    return status;
}
