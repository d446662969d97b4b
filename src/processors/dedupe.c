// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Exact duplicates. Units whose leaders have equal bytes are ranked; the first ones stay, and another one
 * goes only when each of its files has an equal in one unit that stays. Equal bytes have equal pixels, so
 * the rules often find no difference; the reasons say so rather than invent one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "processors/members.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_FILES 1000  /* of a unit; more are no camera's doing, and are left alone */
#define MAX_SURVIVORS 8 /* units tried as the one that stays, so that a large group stays cheap */

typedef enum verdict {
    GOES,
    STAYS,           /* one of the copies wanted */
    STAYS_PROTECTED,
    STAYS_AS_LINK,   /* another name of a file that stays: dropping it saves nothing */
} verdict;

typedef struct candidate {
    const ie_photo *photo; /* the leader */
    size_t index, unit, files;
    uint32_t preference; /* place in dedupe.prefer; its count when in none */
    bool protected;
    verdict verdict;
} candidate;

typedef struct dedupe {
    const ie_proposal *proposal;
    const ie_config *config;
    ie_members members;
} dedupe;

/* ---- ranking -------------------------------------------------------------------------------- */

typedef enum criterion {
    BY_PROTECTION, BY_PREFERENCE, BY_QUALITY, BY_RESOLUTION, BY_DATE, BY_FILES, BY_PATH
} criterion;

static int order_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static uint64_t pixels(const ie_photo *photo)
{
    return (uint64_t)photo->width * photo->height;
}

/* Without a date comes last either way, so that the order is total. */
static int order_dates(const ie_photo *a, const ie_photo *b, bool newest)
{
    const ie_datetime *x = &a->metadata.captured, *y = &b->metadata.captured;
    if (x->year == 0 || y->year == 0) {
        return (x->year == 0) - (y->year == 0);
    }
    int64_t s = ie_datetime_order(x), t = ie_datetime_order(y);
    int order = s != t ? (s < t ? -1 : 1) : order_u64(x->nanosecond, y->nanosecond);
    return newest ? -order : order;
}

static double quality_of(const ie_photo *photo)
{
    bool known = (photo->have & IE_HAVE_QUALITY) != 0 && isfinite(photo->content.quality);
    return known ? photo->content.quality : -1;
}

static int order_quality(const ie_photo *a, const ie_photo *b)
{
    double x = quality_of(a), y = quality_of(b);
    return x > y ? -1 : x < y;
}

/* Negative when a is the better by the rule; sizes need no look, they are equal. */
static int order_rule(int64_t rule, const ie_photo *a, const ie_photo *b, criterion *ret_by)
{
    int order = 0;
    switch ((ie_keep_rule)rule) {
    case IE_KEEP_QUALITY:
        *ret_by = BY_QUALITY;
        order = order_quality(a, b);
        if (order == 0) {
            *ret_by = BY_RESOLUTION;
            order = order_u64(pixels(b), pixels(a));
        }
        if (order == 0) {
            *ret_by = BY_DATE;
            order = order_dates(a, b, false);
        }
        break;
    case IE_KEEP_OLDEST:
        *ret_by = BY_DATE;
        order = order_dates(a, b, false);
        break;
    case IE_KEEP_NEWEST:
        *ret_by = BY_DATE;
        order = order_dates(a, b, true);
        break;
    case IE_KEEP_LARGEST:
        *ret_by = BY_RESOLUTION;
        order = order_u64(pixels(b), pixels(a));
        break;
    case IE_KEEP_SMALLEST:
        *ret_by = BY_RESOLUTION;
        order = order_u64(pixels(a), pixels(b));
        break;
    }
    return order;
}

static int order_candidates(int64_t rule, const candidate *a, const candidate *b, criterion *ret_by)
{
    if (a->protected != b->protected) {
        *ret_by = BY_PROTECTION;
        return a->protected ? -1 : 1;
    }
    if (a->preference != b->preference) {
        *ret_by = BY_PREFERENCE;
        return a->preference < b->preference ? -1 : 1;
    }
    int order = order_rule(rule, a->photo, b->photo, ret_by);
    if (order != 0) {
        return order;
    }
    if (a->files != b->files) {
        *ret_by = BY_FILES;
        return a->files > b->files ? -1 : 1;
    }
    *ret_by = BY_PATH;
    return strcmp(a->photo->real_path, b->photo->real_path);
}

static int compare_candidates(const void *a, const void *b, void *rule)
{
    criterion by;
    return order_candidates(*(const int64_t *)rule, a, b, &by);
}

/* ---- reasons -------------------------------------------------------------------------------- */

/* Short where both lie in one root, else as the user wrote it. */
static const char *name_for(const dedupe *d, const ie_photo *photo, const ie_photo *beside)
{
    const ie_proposal *p = d->proposal;
    if (photo->root == beside->root && p->roots != NULL) {
        const char *root = p->roots[photo->root];
        size_t length = strlen(root);
        if (ie_path_below(photo->real_path, root) && photo->real_path[length] == '/') {
            return ie_shown(photo->real_path + length + 1);
        }
    }
    return ie_shown(photo->path != NULL ? photo->path : photo->real_path);
}

/* Why `better` stays rather than `other`, as the end of a sentence about it. */
static char *advantage(const dedupe *d, const candidate *better, const candidate *other)
{
    int64_t rule = d->config->dedupe.keep;
    criterion by;
    order_candidates(rule, better, other, &by);
    switch (by) {
    case BY_PROTECTION:
        return ie_strdup("in a protected folder");
    case BY_PREFERENCE:
        return ie_asprintf("in the preferred folder %s",
                           ie_shown(d->config->dedupe.prefer.items[better->preference]));
    case BY_QUALITY:
        return quality_of(other->photo) < 0
                   ? ie_strdup("its quality is known")
                   : ie_asprintf("higher quality (%.2f against %.2f)", quality_of(better->photo),
                                 quality_of(other->photo));
    case BY_RESOLUTION:
        return ie_asprintf("%s pixels", rule == IE_KEEP_SMALLEST ? "fewer" : "more");
    case BY_DATE:
        return ie_strdup(rule == IE_KEEP_NEWEST ? "later date" : "earlier date");
    case BY_FILES:
        return ie_strdup("has files beside it that the other lacks");
    case BY_PATH:
        break;
    }
    switch ((ie_keep_rule)rule) {
    case IE_KEEP_QUALITY:
        return ie_strdup("equal quality, first by path");
    case IE_KEEP_LARGEST:
    case IE_KEEP_SMALLEST:
        return ie_strdup("same size, first by path");
    default:
        return ie_strdup("same date, first by path");
    }
}

static ie_action *action_of(const dedupe *d, const candidate *c)
{
    return &d->proposal->plan->actions[c->index];
}

/* ---- dropping ------------------------------------------------------------------------------- */

static bool equal_members(const ie_photo *a, const ie_photo *b)
{
    if ((a->have & b->have & IE_HAVE_XXH3) == 0 || a->format != b->format ||
        a->stamp.size != b->stamp.size || !ie_hash128_equal(a->xxh3, b->xxh3)) {
        return false;
    }
    if (a->stamp.inode == b->stamp.inode && a->stamp.device == b->stamp.device) {
        return false; /* one file under two names is no copy */
    }
    return a->format != IE_FORMAT_SIDECAR ||
           ie_equal_nocase(ie_path_extension(a->real_path), ie_path_extension(b->real_path));
}

static const ie_photo *equal_in(const dedupe *d, size_t unit, const ie_photo *photo)
{
    const ie_members *m = &d->members;
    for (size_t i = m->start[unit]; i < m->start[unit + 1]; i++) {
        const ie_photo *other = d->proposal->photos[m->member[i]];
        if (equal_members(photo, other)) {
            return other;
        }
    }
    return NULL;
}

/* The first file of the unit that has no equal in the survivor's; NULL when it may go. */
static const ie_photo *lone_member(const dedupe *d, const candidate *c, const candidate *survivor)
{
    const ie_members *m = &d->members;
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        if (equal_in(d, survivor->unit, photo) == NULL) {
            return photo;
        }
    }
    return NULL;
}

static void drop(const dedupe *d, const candidate *c, const candidate *survivor)
{
    const ie_members *m = &d->members;
    bool copies = d->proposal->output != NULL;
    IE_AUTO_FREE char *why = advantage(d, survivor, c);
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        const ie_photo *equal = equal_in(d, survivor->unit, photo);
        ie_action *action = &d->proposal->plan->actions[m->member[i]];
        action->kind = copies ? IE_ACTION_SKIP : IE_ACTION_QUARANTINE;
        action->survivor = ie_arena_strdup(d->proposal->plan->arena, equal->real_path);
        action->survivor_stamp = equal->stamp;
        ie_action_reason(d->proposal->plan, action, "duplicate of %s%s: same bytes; that one: %s",
                         name_for(d, equal, photo), copies ? ", not copied" : "", why);
    }
}

static bool same_inode(const candidate *a, const candidate *b)
{
    return a->photo->stamp.inode == b->photo->stamp.inode &&
           a->photo->stamp.device == b->photo->stamp.device;
}

static bool drop_or_keep(const dedupe *d, const candidate *c, candidate *const *stays, size_t count)
{
    const ie_photo *lone = NULL;
    for (size_t i = 0; i < count; i++) {
        const ie_photo *missing = lone_member(d, c, stays[i]);
        if (missing == NULL) {
            drop(d, c, stays[i]);
            return true;
        }
        lone = lone == NULL ? missing : lone;
    }
    ie_action_reason(d->proposal->plan, action_of(d, c), "kept: same bytes as %s, but %s has no copy there",
                     name_for(d, stays[0]->photo, c->photo), ie_shown(ie_path_base(lone->real_path)));
    return false;
}

/* ---- groups --------------------------------------------------------------------------------- */

static int compare_inodes(const void *a, const void *b)
{
    const candidate *const *x = a, *const *y = b;
    int order = order_u64((*x)->photo->stamp.device, (*y)->photo->stamp.device);
    if (order == 0) {
        order = order_u64((*x)->photo->stamp.inode, (*y)->photo->stamp.inode);
    }
    return order != 0 ? order : (*x < *y ? -1 : *x > *y); /* pointers are in rank order */
}

/* The first `copies` distinct files by rank stay, everything protected, and all other names of those. */
static void judge(candidate *ranked, size_t count, uint64_t copies)
{
    candidate **by_inode = ie_alloc(count * sizeof *by_inode);
    bool *is_link = ie_alloc(count * sizeof *is_link);
    for (size_t i = 0; i < count; i++) {
        by_inode[i] = &ranked[i];
    }
    qsort(by_inode, count, sizeof *by_inode, compare_inodes);
    for (size_t i = 1; i < count; i++) {
        is_link[by_inode[i] - ranked] = same_inode(by_inode[i - 1], by_inode[i]);
    }
    for (size_t i = 0; i < count; i++) {
        bool wanted = !is_link[i] && copies > 0;
        ranked[i].verdict = ranked[i].protected ? STAYS_PROTECTED : wanted ? STAYS : GOES;
        copies -= wanted;
    }
    /* Within an inode the names are in rank order, and a protected one ranks first. */
    for (size_t i = 1; i < count; i++) {
        if (is_link[by_inode[i] - ranked] && by_inode[i]->verdict == GOES && by_inode[i - 1]->verdict != GOES) {
            by_inode[i]->verdict = STAYS_AS_LINK;
        }
    }
    free(is_link);
    free(by_inode);
}

static void explain(const dedupe *d, const candidate *c, const candidate *first_gone, size_t number, size_t gone)
{
    ie_plan *plan = d->proposal->plan;
    const char *s = gone == 1 ? "" : "s";
    if (c->verdict == STAYS_AS_LINK) {
        ie_action_reason(plan, action_of(d, c),
                         "kept: another name of a file that stays (hard link), dropping it saves nothing");
    } else if (c->verdict == STAYS_PROTECTED) {
        ie_action_reason(plan, action_of(d, c), "kept: in a protected folder; %zu duplicate%s", gone, s);
    } else if (number > 1) {
        ie_action_reason(plan, action_of(d, c), "kept: copy %zu of %lld wanted; %zu duplicate%s", number,
                         (long long)d->config->dedupe.min_copies, gone, s);
    } else {
        IE_AUTO_FREE char *why = advantage(d, c, first_gone);
        ie_action_reason(plan, action_of(d, c), "kept: %s; %zu duplicate%s", why, gone, s);
    }
}

static void propose_group(const dedupe *d, candidate *group, size_t count)
{
    int64_t rule = d->config->dedupe.keep;
    qsort_r(group, count, sizeof *group, compare_candidates, &rule);
    int64_t copies = d->config->dedupe.min_copies;
    judge(group, count, copies > 1 ? (uint64_t)copies : 1);
    candidate *stays[MAX_SURVIVORS];
    size_t stay_count = 0, gone = 0, number = 0;
    for (size_t i = 0; i < count && stay_count < MAX_SURVIVORS; i++) {
        if (group[i].verdict == STAYS || group[i].verdict == STAYS_PROTECTED) {
            stays[stay_count++] = &group[i];
        }
    }
    const candidate *first_gone = NULL;
    for (size_t i = 0; i < count; i++) {
        if (group[i].verdict == GOES && drop_or_keep(d, &group[i], stays, stay_count)) {
            first_gone = first_gone == NULL ? &group[i] : first_gone;
            gone++;
        }
    }
    for (size_t i = 0; gone > 0 && i < count; i++) {
        if (group[i].verdict != GOES) {
            number += group[i].verdict != STAYS_AS_LINK;
            explain(d, &group[i], first_gone, number, gone);
        }
    }
}

static int compare_bytes(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    int order = order_u64(x->photo->stamp.size, y->photo->stamp.size);
    if (order == 0) {
        order = memcmp(x->photo->xxh3.bytes, y->photo->xxh3.bytes, sizeof x->photo->xxh3.bytes);
    }
    return order != 0 ? order : (x->index < y->index ? -1 : x->index > y->index);
}

static bool same_bytes(const candidate *a, const candidate *b)
{
    return a->photo->stamp.size == b->photo->stamp.size && ie_hash128_equal(a->photo->xxh3, b->photo->xxh3);
}

static uint32_t place_in(const ie_config_list *folders, const char *path)
{
    uint32_t i = 0;
    while (i < folders->count && !ie_path_below(path, folders->items[i])) {
        i++;
    }
    return i;
}

/* A unit is protected when any of its files is. */
static bool is_protected(const dedupe *d, size_t unit)
{
    const ie_members *m = &d->members;
    const ie_config_list *folders = &d->config->dedupe.protect;
    for (size_t i = m->start[unit]; folders->count > 0 && i < m->start[unit + 1]; i++) {
        if (place_in(folders, d->proposal->photos[m->member[i]]->real_path) < folders->count) {
            return true;
        }
    }
    return false;
}

static size_t collect(const dedupe *d, candidate *candidates)
{
    const ie_members *m = &d->members;
    size_t count = 0;
    for (size_t u = 0; u < m->units; u++) {
        if (m->start[u] == m->start[u + 1]) {
            continue;
        }
        const ie_photo *photo = d->proposal->photos[m->leader[u]];
        ie_kind kind = ie_format_kind(photo->format);
        bool is_picture = kind == IE_KIND_PHOTO || kind == IE_KIND_RAW || kind == IE_KIND_VIDEO;
        if (!is_picture || m->start[u + 1] - m->start[u] > MAX_FILES ||
            (photo->have & IE_HAVE_XXH3) == 0 || photo->stamp.size == 0 ||
            d->proposal->plan->actions[m->leader[u]].kind != IE_ACTION_KEEP) {
            continue;
        }
        candidates[count++] = (candidate){
            .photo = photo,
            .index = m->leader[u],
            .unit = u,
            .files = m->start[u + 1] - m->start[u],
            .preference = place_in(&d->config->dedupe.prefer, photo->real_path),
            .protected = is_protected(d, u),
        };
    }
    return count;
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    dedupe d = {.proposal = proposal, .config = proposal->config};
    ie_status status = ie_members_init(&d.members, proposal, err);
    if (status != IE_OK) {
        return status;
    }
    candidate *candidates = ie_alloc((d.members.units + 1) * sizeof *candidates);
    size_t count = collect(&d, candidates);
    qsort(candidates, count, sizeof *candidates, compare_bytes);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && same_bytes(&candidates[i], &candidates[end])) {
            end++;
        }
        if (end - i > 1) {
            propose_group(&d, &candidates[i], end - i);
        }
        i = end;
    }
    free(candidates);
    ie_members_clear(&d.members);
    return IE_OK;
}

const ie_processor ie_dedupe_processor = {
    .name = "dedupe",
    .needs = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_XXH3,
    .propose = propose,
};
