// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Exact duplicates. Units whose leaders have equal bytes are ranked; the first ones stay, and
 * another one goes only when each of its files has an equal in one unit that stays. Equal bytes
 * have equal pixels, so the rules often find no difference; the reasons say so rather than invent
 * one.
 */
#include "processors/dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "utils/error.h"
#include "utils/text.h"

#define MAX_FILES 1000  /* of a unit; more are no camera's doing, and are left alone */
#define MAX_SURVIVORS 8 /* units tried as the one that stays, so that a large group stays cheap */

static int order_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_candidates(const void *a, const void *b, void *keep)
{
    ie_criterion by;
    return ie_keep_order(keep, &((const ie_candidate *)a)->rival, &((const ie_candidate *)b)->rival,
                         &by);
}

const char *ie_dedupe_name(const ie_dedupe *d, const ie_photo *photo, const ie_photo *beside)
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

ie_action *ie_dedupe_action(const ie_dedupe *d, const ie_candidate *c)
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

const ie_photo *ie_dedupe_equal(const ie_dedupe *d, size_t unit, const ie_photo *photo)
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
static const ie_photo *lone_member(const ie_dedupe *d, const ie_candidate *c,
                                   const ie_candidate *survivor)
{
    const ie_members *m = &d->members;
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        if (ie_dedupe_equal(d, survivor->unit, photo) == NULL) {
            return photo;
        }
    }
    return NULL;
}

/* What takes the name of one that goes. */
static ie_link link_of(const ie_dedupe *d)
{
    static const ie_link links[] = {
        [IE_DEDUPE_QUARANTINE] = IE_LINK_NONE, [IE_DEDUPE_HARDLINK] = IE_LINK_HARD,
        [IE_DEDUPE_REFLINK] = IE_LINK_REF,     [IE_DEDUPE_SYMLINK] = IE_LINK_SYMBOLIC,
        [IE_DEDUPE_REPORT] = IE_LINK_NONE,
    };
    return d->proposal->output != NULL ? IE_LINK_NONE : links[d->config->dedupe.action];
}

ie_action_kind ie_dedupe_kind(const ie_dedupe *d)
{
    bool reports = d->config->dedupe.action == IE_DEDUPE_REPORT;
    return reports                       ? IE_ACTION_KEEP
           : d->proposal->output != NULL ? IE_ACTION_SKIP
                                         : IE_ACTION_QUARANTINE;
}

bool ie_dedupe_links(const ie_dedupe *d)
{
    return link_of(d) != IE_LINK_NONE;
}

/* Why no link of the wished kind can lead from the one to the other; the end of a sentence, or
   NULL. */
static const char *link_refusal(const ie_dedupe *d, const ie_candidate *c,
                                const ie_candidate *survivor)
{
    ie_link link = link_of(d);
    bool one_file = link == IE_LINK_HARD || link == IE_LINK_SYMBOLIC;
    if (one_file && survivor->rival.is_protected) {
        return "that one lies in a protected folder, into which no link shall lead";
    }
    bool same_disk = c->rival.photo->stamp.device == survivor->rival.photo->stamp.device;
    if ((link == IE_LINK_HARD || link == IE_LINK_REF) && !same_disk) {
        return "that one lies on another file system, to which only a symbolic link could lead";
    }
    return NULL;
}

/* A reflink made by an earlier run, or by whoever copied the file: nothing is left to be saved. */
static bool shares_already(const ie_dedupe *d, const ie_candidate *c, const ie_candidate *survivor)
{
    const ie_members *m = &d->members;
    bool shares = link_of(d) == IE_LINK_REF && d->proposal->shares != NULL;
    for (size_t i = m->start[c->unit]; shares && i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        shares = d->proposal->shares(photo, ie_dedupe_equal(d, survivor->unit, photo));
    }
    return shares;
}

static void drop(const ie_dedupe *d, const ie_candidate *c, const ie_candidate *survivor)
{
    const ie_members *m = &d->members;
    ie_action_kind kind = ie_dedupe_kind(d);
    IE_AUTO_FREE char *why = ie_keep_advantage(&d->keep, &survivor->rival, &c->rival);
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        const ie_photo *equal = ie_dedupe_equal(d, survivor->unit, photo);
        ie_action *action = &d->proposal->plan->actions[m->member[i]];
        action->kind = kind;
        action->link = link_of(d);
        action->survivor = ie_arena_strdup(d->proposal->plan->arena, equal->real_path);
        action->survivor_stamp = equal->stamp;
        action->verdict = IE_MATCH_SAME_BYTES;
        ie_action_reason(d->proposal->plan, action, "duplicate of %s%s: same bytes; that one: %s",
                         ie_dedupe_name(d, equal, photo),
                         kind == IE_ACTION_SKIP ? ", not copied" : "", why);
    }
}

static bool same_inode(const ie_candidate *a, const ie_candidate *b)
{
    return a->rival.photo->stamp.inode == b->rival.photo->stamp.inode &&
           a->rival.photo->stamp.device == b->rival.photo->stamp.device;
}

static bool drop_or_keep(const ie_dedupe *d, const ie_candidate *c, ie_candidate *const *stays,
                         size_t count)
{
    const ie_photo *lone = NULL;
    for (size_t i = 0; i < count; i++) {
        const ie_photo *missing = lone_member(d, c, stays[i]);
        if (missing != NULL) {
            lone = lone == NULL ? missing : lone;
            continue;
        }
        const char *refusal = link_refusal(d, c, stays[i]);
        if (refusal == NULL && shares_already(d, c, stays[i])) {
            ie_action_reason(d->proposal->plan, ie_dedupe_action(d, c),
                             "kept: shares its blocks on the disk with %s already",
                             ie_dedupe_name(d, stays[i]->rival.photo, c->rival.photo));
            return false;
        }
        if (refusal == NULL) {
            drop(d, c, stays[i]);
            return true;
        }
        ie_action_reason(d->proposal->plan, ie_dedupe_action(d, c),
                         "kept: same bytes as %s, but %s",
                         ie_dedupe_name(d, stays[i]->rival.photo, c->rival.photo), refusal);
        return false;
    }
    ie_action_reason(d->proposal->plan, ie_dedupe_action(d, c),
                     "kept: same bytes as %s, but %s has no copy there",
                     ie_dedupe_name(d, stays[0]->rival.photo, c->rival.photo),
                     ie_shown(ie_path_base(lone->real_path)));
    return false;
}

/* ---- groups --------------------------------------------------------------------------------- */

static int compare_inodes(const void *a, const void *b)
{
    const ie_candidate *const *x = a, *const *y = b;
    int order = order_u64((*x)->rival.photo->stamp.device, (*y)->rival.photo->stamp.device);
    if (order == 0) {
        order = order_u64((*x)->rival.photo->stamp.inode, (*y)->rival.photo->stamp.inode);
    }
    return order != 0 ? order : (*x < *y ? -1 : *x > *y); /* pointers are in rank order */
}

/* The first `copies` distinct files by rank stay, everything protected, and all other names of
   those. */
static void judge(ie_candidate *ranked, size_t count, uint64_t copies)
{
    ie_candidate **by_inode = ie_alloc(count * sizeof *by_inode);
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
        ranked[i].verdict = ranked[i].rival.is_protected ? IE_STAYS_PROTECTED
                            : wanted                     ? IE_STAYS
                                                         : IE_GOES;
        copies -= wanted;
    }
    /* Within an inode the names are in rank order, and a protected one ranks first. */
    for (size_t i = 1; i < count; i++) {
        if (is_link[by_inode[i] - ranked] && by_inode[i]->verdict == IE_GOES &&
            by_inode[i - 1]->verdict != IE_GOES) {
            by_inode[i]->verdict = IE_STAYS_AS_LINK;
        }
    }
    free(is_link);
    free(by_inode);
}

static void explain(const ie_dedupe *d, const ie_candidate *c, const ie_candidate *first_gone,
                    size_t number, size_t gone)
{
    ie_plan *plan = d->proposal->plan;
    const char *s = gone == 1 ? "" : "s";
    if (c->verdict == IE_STAYS_AS_LINK) {
        ie_action_reason(
            plan, ie_dedupe_action(d, c),
            "kept: another name of a file that stays (hard link), dropping it saves nothing");
    } else if (c->verdict == IE_STAYS_PROTECTED) {
        ie_action_reason(plan, ie_dedupe_action(d, c),
                         "kept: in a protected folder; %zu duplicate%s", gone, s);
    } else if (number > 1) {
        ie_action_reason(plan, ie_dedupe_action(d, c),
                         "kept: copy %zu of %lld wanted; %zu duplicate%s", number,
                         (long long)d->config->dedupe.min_copies, gone, s);
    } else {
        IE_AUTO_FREE char *why = ie_keep_advantage(&d->keep, &c->rival, &first_gone->rival);
        ie_action_reason(plan, ie_dedupe_action(d, c), "kept: %s; %zu duplicate%s", why, gone, s);
    }
}

static void propose_group(const ie_dedupe *d, ie_candidate *group, size_t count)
{
    ie_keep keep = d->keep;
    qsort_r(group, count, sizeof *group, compare_candidates, &keep);
    int64_t copies = d->config->dedupe.min_copies;
    judge(group, count, copies > 1 ? (uint64_t)copies : 1);
    ie_candidate *stays[MAX_SURVIVORS];
    size_t stay_count = 0, gone = 0, number = 0;
    for (size_t i = 0; i < count && stay_count < MAX_SURVIVORS; i++) {
        if (group[i].verdict == IE_STAYS || group[i].verdict == IE_STAYS_PROTECTED) {
            stays[stay_count++] = &group[i];
        }
    }
    const ie_candidate *first_gone = NULL;
    for (size_t i = 0; i < count; i++) {
        if (group[i].verdict == IE_GOES && drop_or_keep(d, &group[i], stays, stay_count)) {
            first_gone = first_gone == NULL ? &group[i] : first_gone;
            gone++;
        }
    }
    for (size_t i = 0; gone > 0 && i < count; i++) {
        if (group[i].verdict != IE_GOES) {
            number += group[i].verdict != IE_STAYS_AS_LINK;
            explain(d, &group[i], first_gone, number, gone);
        }
    }
}

static int compare_bytes(const void *a, const void *b)
{
    const ie_candidate *x = a, *y = b;
    int order = order_u64(x->size, y->size);
    order = order != 0 ? order : order_u64(x->head, y->head);
    if (order == 0) {
        order = memcmp(x->rival.photo->xxh3.bytes, y->rival.photo->xxh3.bytes,
                       sizeof x->rival.photo->xxh3.bytes);
    }
    return order != 0 ? order : (x->index < y->index ? -1 : x->index > y->index);
}

bool ie_dedupe_same_bytes(const ie_candidate *a, const ie_candidate *b)
{
    return a->size == b->size && a->head == b->head &&
           ie_hash128_equal(a->rival.photo->xxh3, b->rival.photo->xxh3);
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
static bool is_protected(const ie_dedupe *d, size_t unit)
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

/* In the order of the bytes. */
static uint64_t head_of(ie_hash128 hash)
{
    uint64_t head = 0;
    for (int i = 0; i < 8; i++) {
        head = head << 8 | hash.bytes[i];
    }
    return head;
}

static size_t collect(const ie_dedupe *d, ie_candidate *candidates)
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
        candidates[count++] = (ie_candidate){
            .rival = {.photo = photo,
                      .files = m->start[u + 1] - m->start[u],
                      .preference = place_in(&d->config->dedupe.prefer, photo->real_path),
                      .is_protected = is_protected(d, u)},
            .index = m->leader[u],
            .unit = u,
            .size = photo->stamp.size,
            .head = head_of(photo->xxh3),
        };
    }
    return count;
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    ie_dedupe d = {
        .proposal = proposal,
        .config = proposal->config,
        .keep = ie_keep_of_equals(proposal->config),
    };
    ie_status status = ie_members_init(&d.members, proposal, err);
    if (status != IE_OK) {
        return status;
    }
    ie_candidate *candidates = ie_alloc((d.members.units + 1) * sizeof *candidates);
    size_t count = collect(&d, candidates);
    qsort(candidates, count, sizeof *candidates, compare_bytes);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && ie_dedupe_same_bytes(&candidates[i], &candidates[end])) {
            end++;
        }
        if (end - i > 1) {
            propose_group(&d, &candidates[i], end - i);
        }
        i = end;
    }
    ie_near_propose(&d, candidates, count);
    free(candidates);
    ie_members_clear(&d.members);
    return IE_OK;
}

const ie_processor ie_dedupe_processor = {
    .name = "dedupe",
    .needs = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_XXH3,
    .propose = propose,
};
