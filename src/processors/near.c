// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The same picture in other bytes. A node is all candidates of equal bytes; edges are the pairs
 * that the engine found. From the best node down: what stays takes away those of its own neighbours
 * that are worse, never a neighbour's neighbour, so that there are no chains.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "processors/dedupe.h"
#include "processors/kinship.h"
#include "processors/merge.h"
#include "utils/error.h"
#include "utils/text.h"

#define NOBODY SIZE_MAX

typedef struct node {
    size_t first, end;        /* of the candidates */
    const ie_candidate *head; /* the best that stayed; NULL: none did */
    size_t rank;              /* 0: the best of all */
    size_t edge, edges; /* the first of its own, and how many, the best neighbour first */
    double quality, best;     /* its score, and the highest of it and of those that match it */
    int saved_at;
    size_t copies;            /* of it that stay, it and further ones, once it is settled */
    size_t mark; /* 1 + index of the last node that was settled and shows the same scene as another
                    picture */
    size_t taken;             /* how many files it took away */
    const ie_candidate *loser; /* the first of them */
    bool gone, wanted;        /* wanted: as a further copy */
} node;

/* There may be millions. */
typedef struct edge {
    uint32_t to; /* node */
    uint8_t verdict, turn, overlap; /* verdict: ie_match */
    bool other_page;
} edge;

typedef struct near {
    const ie_dedupe *d;
    ie_keep keep;
    ie_candidate *candidates;
    node *nodes;
    size_t node_count;
    edge *edges;
} near;

static bool stays(const near *n, const ie_candidate *c)
{
    const ie_action *action = ie_dedupe_action(n->d, c);
    return action->kind == IE_ACTION_KEEP &&
           action->survivor == NULL; /* with one: it is only reported */
}

static size_t staying(const near *n, const node *of)
{
    size_t count = 0;
    for (size_t i = of->first; i < of->end; i++) {
        count += stays(n, &n->candidates[i]);
    }
    return count;
}

/* ---- the graph ------------------------------------------------------------------------------ */

static void make_nodes(near *n, size_t count, size_t *node_of)
{
    for (size_t i = 0; i < count; i++) {
        const ie_candidate *c = &n->candidates[i];
        const ie_photo *photo = c->rival.photo;
        if (i == 0 || !ie_dedupe_same_bytes(&n->candidates[i - 1], c)) {
            n->nodes[n->node_count++] = (node){.first = i, .quality = -1};
        }
        node *last = &n->nodes[n->node_count - 1];
        last->end = i + 1;
        /* Of equal bytes it may be known of one copy only. */
        last->quality = last->best = fmax(last->quality, ie_keep_quality(photo));
        last->saved_at = last->saved_at > 0 ? last->saved_at : ie_keep_saved_at(photo);
        node_of[c->index] = n->node_count - 1;
    }
}

/* Compared with the best that match it, not with each: a total order has no room for "about as
   good". */
static void rate_nodes(near *n, const size_t *node_of)
{
    const ie_proposal *p = n->d->proposal;
    for (size_t i = 0; i < p->pair_count; i++) {
        const ie_pair *pair = &p->pairs[i];
        if (node_of[pair->a] == NOBODY || node_of[pair->b] == NOBODY ||
            !ie_match_is_duplicate(pair->verdict)) {
            continue;
        }
        node *a = &n->nodes[node_of[pair->a]], *b = &n->nodes[node_of[pair->b]];
        a->best = fmax(a->best, b->quality);
        b->best = fmax(b->best, a->quality);
        if (pair->verdict == IE_MATCH_SAME_PIXELS && a->saved_at > 0 && b->saved_at > 0) {
            /* What is lossless now was made from what was not. */
            a->saved_at = b->saved_at = a->saved_at < b->saved_at ? a->saved_at : b->saved_at;
        }
    }
}

static void choose_heads(near *n)
{
    ie_criterion by;
    for (size_t k = 0; k < n->node_count; k++) {
        node *of = &n->nodes[k];
        for (size_t i = of->first; i < of->end; i++) {
            ie_candidate *c = &n->candidates[i];
            c->rival.poorer = of->quality < of->best - IE_KEEP_CHANCE;
            c->rival.saved_at = of->saved_at;
            if (stays(n, c) && (of->head == NULL ||
                                ie_keep_order(&n->keep, &c->rival, &of->head->rival, &by) < 0)) {
                of->head = c;
            }
        }
    }
}

static int by_head(const void *a, const void *b, void *user)
{
    const near *n = user;
    const ie_candidate *x = n->nodes[*(const size_t *)a].head,
                       *y = n->nodes[*(const size_t *)b].head;
    ie_criterion by;
    if (x == NULL || y == NULL) {
        return (x == NULL) - (y == NULL);
    }
    return ie_keep_order(&n->keep, &x->rival, &y->rival, &by);
}

static int by_rank(const void *a, const void *b, void *user)
{
    const near *n = user;
    size_t s = n->nodes[((const edge *)a)->to].rank, t = n->nodes[((const edge *)b)->to].rank;
    return (s > t) - (s < t);
}

/* The nodes of a pair that are still to be settled. */
static bool ends_of(const near *n, const size_t *node_of, const ie_pair *pair, size_t ret_ends[2])
{
    size_t a = ret_ends[0] = node_of[pair->a], b = ret_ends[1] = node_of[pair->b];
    return a != NOBODY && b != NOBODY && a != b && n->nodes[a].head != NULL &&
           n->nodes[b].head != NULL;
}

/* Counted first, so that each node's lie together without being sorted as one. */
static void make_edges(near *n, const size_t *node_of)
{
    const ie_proposal *p = n->d->proposal;
    size_t ends[2], count = 0;
    for (size_t i = 0; i < p->pair_count; i++) {
        if (ends_of(n, node_of, &p->pairs[i], ends)) {
            n->nodes[ends[0]].edges++;
            n->nodes[ends[1]].edges++;
        }
    }
    for (size_t k = 0; k < n->node_count; k++) {
        n->nodes[k].edge = count;
        count += n->nodes[k].edges;
        n->nodes[k].edges = 0;
    }
    n->edges = ie_alloc((count + 1) * sizeof *n->edges);
    for (size_t i = 0; i < p->pair_count; i++) {
        const ie_pair *pair = &p->pairs[i];
        for (int k = 0; ends_of(n, node_of, pair, ends) && k < 2; k++) {
            node *from = &n->nodes[ends[k]];
            n->edges[from->edge + from->edges++] = (edge){.to = (uint32_t)ends[1 - k],
                                                          .verdict = pair->verdict,
                                                          .turn = pair->turn,
                                                          .overlap = pair->overlap,
                                                          .other_page = pair->other_page};
        }
    }
    for (size_t k = 0; k < n->node_count; k++) {
        qsort_r(&n->edges[n->nodes[k].edge], n->nodes[k].edges, sizeof *n->edges, by_rank, n);
    }
}

/* ---- reasons -------------------------------------------------------------------------------- */

static const char *brief(const edge *e)
{
    return ie_kinship_brief(e->verdict, e->turn);
}

static void explain(const near *n, const node *winner)
{
    const ie_dedupe *d = n->d;
    IE_AUTO_FREE char *why =
        ie_keep_advantage(&n->keep, &winner->head->rival, &winner->loser->rival);
    ie_action_reason(d->proposal->plan, ie_dedupe_action(d, winner->head),
                     "kept: %s; %zu other version%s of this picture", why, winner->taken,
                     winner->taken == 1 ? "" : "s");
}

/* ---- dropping ------------------------------------------------------------------------------- */

/* The first file of the candidate's unit, its leader aside, that the winner's unit does not hold,
   too. */
static const ie_photo *lone_companion(const near *n, const ie_candidate *c,
                                      const ie_candidate *winner)
{
    const ie_members *m = &n->d->members;
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = n->d->proposal->photos[m->member[i]];
        if (m->member[i] != c->index && ie_dedupe_equal(n->d, winner->unit, photo) == NULL) {
            return photo;
        }
    }
    return NULL;
}

static void aim(const near *n, ie_action *action, const ie_photo *survivor, ie_match verdict)
{
    action->survivor = ie_arena_strdup(n->d->proposal->plan->arena, survivor->real_path);
    action->survivor_stamp = survivor->stamp;
    action->verdict = verdict;
    if (verdict > IE_MATCH_SAME_BYTES) {
        action->survivor_xxh3 = survivor->xxh3;
    }
}

/* What it alone says goes to the winner, and its reason tells. */
static void hand_over(const near *n, const ie_candidate *c, const ie_candidate *winner)
{
    const ie_dedupe *d = n->d;
    ie_action *action = ie_dedupe_action(d, c), *kept = ie_dedupe_action(d, winner);
    IE_AUTO_FREE char *what = d->config->dedupe.merge ? ie_merge_give(d->proposal, c->rival.photo,
                                                                      winner->rival.photo, kept)
                                                      : NULL;
    if (what == NULL) {
        return;
    }
    if (winner->rival.is_protected) {
        kept->tags = NULL;
        kept->refused = "it lies in a protected folder";
    }
    const ie_members *m = &d->members;
    for (size_t i = m->start[c->unit];
         action->kind == IE_ACTION_QUARANTINE && i < m->start[c->unit + 1]; i++) {
        d->proposal->plan->actions[m->member[i]].gives = winner->index + 1;
    }
    ie_action_reason(d->proposal->plan, action, IE_MERGE_WORDS "%s", what);
}

static void drop(const near *n, const ie_candidate *c, const node *winner, const edge *e)
{
    const ie_dedupe *d = n->d;
    const ie_members *m = &d->members;
    ie_action_kind kind = ie_dedupe_kind(d);
    IE_AUTO_FREE char *why = ie_keep_advantage(&n->keep, &winner->head->rival, &c->rival);
    const char *words = ie_kinship(d->proposal->plan->arena, e->verdict, e->turn, e->overlap,
                                   winner->head->rival.photo, c->rival.photo);
    for (size_t i = m->start[c->unit]; i < m->start[c->unit + 1]; i++) {
        const ie_photo *photo = d->proposal->photos[m->member[i]];
        bool leads = m->member[i] == c->index;
        const ie_photo *survivor = leads ? winner->head->rival.photo
                                         : ie_dedupe_equal(d, winner->head->unit, photo);
        ie_action *action = &d->proposal->plan->actions[m->member[i]];
        action->kind = kind;
        action->reason = NULL; /* it was kept for reasons that do not hold any more */
        aim(n, action, survivor, leads ? e->verdict : IE_MATCH_SAME_BYTES);
        ie_action_reason(d->proposal->plan, action, "duplicate of %s%s: %s; that one: %s",
                         ie_dedupe_name(d, survivor, photo),
                         kind == IE_ACTION_SKIP ? ", not copied" : "",
                         leads ? words : "same bytes", why);
    }
    if (kind != IE_ACTION_KEEP) {
        hand_over(n, c, winner->head);
    }
}

/* Those that went as equals of a file that goes itself now: what stays for them is the winner. */
static bool can_follow(const near *n, const node *loser, const node *winner)
{
    for (size_t i = loser->first; i < loser->end; i++) {
        const ie_candidate *c = &n->candidates[i];
        if (lone_companion(n, c, winner->head) != NULL || (stays(n, c) && c->rival.is_protected)) {
            return false;
        }
    }
    return true;
}

static void refuse(const near *n, const node *loser, const node *winner, const edge *e)
{
    const ie_dedupe *d = n->d;
    const ie_candidate *c = loser->head;
    const ie_photo *lone = lone_companion(n, c, winner->head);
    const char *name = ie_dedupe_name(d, winner->head->rival.photo, c->rival.photo);
    if (c->rival.is_protected || lone == NULL) {
        ie_action_reason(d->proposal->plan, ie_dedupe_action(d, c),
                         "kept: %s as %s, but in a protected folder, "
                         "or its copies cannot go with it",
                         brief(e), name);
    } else {
        ie_action_reason(d->proposal->plan, ie_dedupe_action(d, c),
                         "kept: %s as %s, but %s has no copy there", brief(e), name,
                         ie_shown(ie_path_base(lone->real_path)));
    }
}

/* What of the picture only the one that would go has; NULL: nothing. */
static const char *loss_of(const near *n, const ie_photo *goes, const ie_photo *stays,
                           unsigned verdict)
{
    const ie_proposal *p = n->d->proposal;
    if (verdict == IE_MATCH_SAME_PICTURE && ie_keep_colored(goes) && !ie_keep_colored(stays)) {
        return "in colour, which that one is not";
    }
    if (ie_keep_deeper(goes, stays)) {
        return "with more bits a channel";
    }
    return p->loses != NULL ? p->loses(p->config, goes, stays) : NULL;
}

static void take_away(const near *n, node *winner, node *loser, const edge *e)
{
    const ie_photo *less = winner->head->rival.photo, *more = loser->head->rival.photo;
    if (ie_dedupe_links(n->d)) {
        ie_action *action = ie_dedupe_action(n->d, loser->head);
        if (action->unlinked) {
            return; /* said already, of a better one */
        }
        action->unlinked = true;
        ie_action_reason(n->d->proposal->plan, action,
                         "kept: %s as %s, but links stand for the same bytes only",
                         brief(e), ie_dedupe_name(n->d, less, more));
        return;
    }
    if (!can_follow(n, loser, winner)) {
        refuse(n, loser, winner, e);
        return;
    }
    const char *loss = loss_of(n, more, less, e->verdict);
    if (loss != NULL) {
        ie_action *action = ie_dedupe_action(n->d, loser->head);
        const char *why = ie_arena_printf(n->d->proposal->plan->arena, "kept: %s as %s, but %s",
                                          brief(e), ie_dedupe_name(n->d, less, more), loss);
        if (action->reason == NULL ||
            strstr(action->reason, why) == NULL) { /* each round comes by here */
            ie_action_reason(n->d->proposal->plan, action, "%s", why);
        }
        return;
    }
    winner->loser = winner->loser == NULL ? loser->head : winner->loser;
    for (size_t i = loser->first; i < loser->end; i++) {
        drop(n, &n->candidates[i], winner, e);
        winner->taken++;
    }
    loser->gone = true;
}

/* So many percent more of a picture must another one show to be the one that a version
   belongs to. */
#define CLOSER 2

/* Two shots of one scene may both look like a small copy of the one: it goes to that which shows as
   much as it does. */
static bool belongs_elsewhere(const near *n, const node *winner, const node *other, const edge *e)
{
    size_t own = (size_t)(winner - n->nodes) + 1;
    for (size_t i = other->edge; i < other->edge + other->edges; i++) {
        const edge *f = &n->edges[i];
        const node *rival = &n->nodes[f->to];
        if (!rival->gone && rival->rank < other->rank && rival->mark == own &&
            ie_match_is_duplicate(f->verdict) && f->overlap >= e->overlap + CLOSER) {
            return true;
        }
    }
    return false;
}

static void mark_scene(const near *n, const node *winner)
{
    for (size_t i = winner->edge; i < winner->edge + winner->edges; i++) {
        if (n->edges[i].verdict == IE_MATCH_SIMILAR_SCENE) {
            n->nodes[n->edges[i].to].mark = (size_t)(winner - n->nodes) + 1;
        }
    }
}

static size_t copies_wanted(const near *n)
{
    int64_t wanted = n->d->config->dedupe.min_copies;
    return wanted > 1 ? (size_t)wanted : 1;
}

static void settle_node(const near *n, node *winner)
{
    winner->copies = staying(n, winner);
    mark_scene(n, winner);
    for (size_t i = winner->edge; i < winner->edge + winner->edges; i++) {
        const edge *e = &n->edges[i];
        node *other = &n->nodes[e->to];
        if (!ie_match_is_duplicate(e->verdict) || other->gone || other->wanted ||
            other->rank < winner->rank || belongs_elsewhere(n, winner, other, e)) {
            continue;
        }
        if (winner->copies < copies_wanted(n)) {
            winner->copies += staying(n, other);
            other->wanted = true;
        } else {
            take_away(n, winner, other, e);
        }
    }
}

/* The one that a version belonged to may have gone itself: then another one that stays and matches
   takes it. */
static void settle_left(const near *n, node *left)
{
    for (size_t i = left->edge;
         !left->gone && !left->wanted && left->taken == 0 && i < left->edge + left->edges; i++) {
        const edge *e = &n->edges[i];
        node *winner = &n->nodes[e->to];
        if (ie_match_is_duplicate(e->verdict) && !winner->gone && winner->rank < left->rank &&
            winner->copies >= copies_wanted(n)) {
            take_away(n, winner, left, e);
        }
    }
}

/* Said of the worse of the two, once. */
static void report_scene(const near *n, const node *of)
{
    for (size_t i = of->edge; i < of->edge + of->edges; i++) {
        const node *other = &n->nodes[n->edges[i].to];
        if (n->edges[i].verdict == IE_MATCH_SIMILAR_SCENE && !other->gone &&
            other->rank < of->rank) {
            ie_action_reason(n->d->proposal->plan, ie_dedupe_action(n->d, of->head),
                             "kept: similar scene as %s, another %s",
                             ie_dedupe_name(n->d, other->head->rival.photo, of->head->rival.photo),
                             n->edges[i].other_page ? "page: its text differs" : "picture");
            return;
        }
    }
}

void ie_near_propose(const ie_dedupe *d, ie_candidate *candidates, size_t count)
{
    if (d->proposal->pair_count == 0) {
        return;
    }
    near n = {.d = d, .keep = ie_keep_of_similar(d->config), .candidates = candidates};
    size_t *node_of = ie_alloc((d->proposal->count + 1) * sizeof *node_of);
    n.nodes = ie_alloc((count + 1) * sizeof *n.nodes);
    for (size_t i = 0; i < d->proposal->count; i++) {
        node_of[i] = NOBODY;
    }
    make_nodes(&n, count, node_of);
    rate_nodes(&n, node_of);
    choose_heads(&n);
    size_t *order = ie_alloc((n.node_count + 1) * sizeof *order);
    for (size_t i = 0; i < n.node_count; i++) {
        order[i] = i;
    }
    qsort_r(order, n.node_count, sizeof *order, by_head, &n);
    for (size_t i = 0; i < n.node_count; i++) {
        n.nodes[order[i]].rank = i;
    }
    make_edges(&n, node_of);
    for (size_t i = 0; i < n.node_count; i++) {
        if (!n.nodes[order[i]].gone) {
            settle_node(&n, &n.nodes[order[i]]);
        }
    }
    for (size_t i = 0; i < n.node_count; i++) {
        settle_left(&n, &n.nodes[order[i]]);
    }
    for (size_t i = 0; i < n.node_count; i++) {
        if (n.nodes[order[i]].taken > 0) {
            explain(&n, &n.nodes[order[i]]);
        }
    }
    for (size_t i = 0; i < n.node_count; i++) {
        if (!n.nodes[order[i]].gone) {
            report_scene(&n, &n.nodes[order[i]]);
        }
    }
    free(order);
    free(n.edges);
    free(n.nodes);
    free(node_of);
}
