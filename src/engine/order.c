// SPDX-License-Identifier: GPL-3.0-or-later
/* Units are nodes, "waits for" are edges; Tarjan's algorithm (SIAM J. Comput. 1, 1972) gives the
   circles, and gives each after those it waits for, which is the order wanted. Without recursion:
   plans are long. */
#include "engine/order.h"

#include <stdlib.h>

#include "utils/memory.h"

#define NONE SIZE_MAX

/* A path that some action holds (its `from`, or its `survivor`), sorted by path. */
typedef struct named {
    const char *path;
    size_t action; /* index into `actions` */
} named;

typedef struct edge {
    size_t node, waits_for;
} edge;

typedef struct maker {
    const ie_plan *plan;
    size_t *actions, count; /* work, sorted by unit, then plan order */
    size_t *node_of;        /* for each of `actions` */
    size_t *first;          /* for each node, and one more: where its actions start */
    size_t nodes;
    named *froms, *survivors;
    size_t from_count, survivor_count;
    edge *edges; /* sorted by node */
    size_t edge_count, edge_room;
    size_t *edge_first;
    size_t *number, *low, *group_of; /* Tarjan's */
    bool *stacked;
} maker;

static const ie_action *action_at(const maker *m, size_t i)
{
    return &m->plan->actions[m->actions[i]];
}

static int by_path(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : x->action < y->action ? -1 : x->action > y->action;
}

static int by_unit(const void *a, const void *b, void *user)
{
    const ie_plan *plan = user;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    uint32_t unit_x = plan->actions[x].unit, unit_y = plan->actions[y].unit;
    return unit_x != unit_y ? (unit_x < unit_y ? -1 : 1) : x < y ? -1 : x > y;
}

static int by_node(const void *a, const void *b)
{
    const edge *x = a, *y = b;
    return x->node != y->node ? (x->node < y->node ? -1 : 1)
                              : x->waits_for < y->waits_for ? -1 : x->waits_for > y->waits_for;
}

/* First entry of that path, or `count`. */
static size_t find_path(const named *list, size_t count, const char *path)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(list[middle].path, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Does the action take the file away from its name? */
static bool leaves(const ie_action *action)
{
    return action->kind == IE_ACTION_MOVE ||
           (action->kind == IE_ACTION_QUARANTINE && action->link == IE_LINK_NONE) ||
           (action->kind == IE_ACTION_REPLACE && strcmp(action->from, action->to) != 0);
}

static void collect(maker *m)
{
    const ie_plan *plan = m->plan;
    m->actions = ie_alloc((plan->count + 1) * sizeof *m->actions);
    for (size_t i = 0; i < plan->count; i++) {
        if (ie_action_is_work(&plan->actions[i])) {
            m->actions[m->count++] = i;
        }
    }
    if (m->count > 1) {
        qsort_r(m->actions, m->count, sizeof *m->actions, by_unit, (void *)(uintptr_t)plan);
    }
    m->node_of = ie_alloc((m->count + 1) * sizeof *m->node_of);
    m->first = ie_alloc((m->count + 1) * sizeof *m->first);
    m->froms = ie_alloc((m->count + 1) * sizeof *m->froms);
    m->survivors = ie_alloc((m->count + 1) * sizeof *m->survivors);
    for (size_t i = 0; i < m->count; i++) {
        const ie_action *action = action_at(m, i);
        if (i == 0 || action->unit != action_at(m, i - 1)->unit) {
            m->first[m->nodes++] = i;
        }
        m->node_of[i] = m->nodes - 1;
        if (leaves(action)) {
            m->froms[m->from_count++] = (named){action->from, i};
        }
        if (action->kind == IE_ACTION_QUARANTINE && action->survivor != NULL) {
            m->survivors[m->survivor_count++] = (named){action->survivor, i};
        }
    }
    m->first[m->nodes] = m->count;
    qsort(m->froms, m->from_count, sizeof *m->froms, by_path);
    qsort(m->survivors, m->survivor_count, sizeof *m->survivors, by_path);
}

static void add_edges(maker *m, const named *list, size_t count, const char *path, size_t node)
{
    for (size_t i = find_path(list, count, path); i < count && strcmp(list[i].path, path) == 0;
         i++) {
        size_t other = m->node_of[list[i].action];
        if (other != node) {
            IE_GROW(m->edges, m->edge_count, m->edge_room);
            m->edges[m->edge_count++] = (edge){node, other};
        }
    }
}

/* The unit's node, or NONE when nothing is to be done in it. */
static size_t node_of_unit(const maker *m, uint32_t unit)
{
    size_t low = 0, high = m->nodes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (action_at(m, m->first[middle])->unit < unit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < m->nodes && action_at(m, m->first[low])->unit == unit ? low : NONE;
}

/* Who gives and who is given wait for each other: one group, so that neither is done without the
   other. */
static void bind_gift(maker *m, size_t i)
{
    const ie_action *action = action_at(m, i);
    size_t node = m->node_of[i];
    size_t other = action->gives > 0 && action->gives <= m->plan->count
                       ? node_of_unit(m, m->plan->actions[action->gives - 1].unit) : NONE;
    if (other != NONE && other != node) {
        IE_GROW(m->edges, m->edge_count, m->edge_room);
        m->edges[m->edge_count++] = (edge){node, other};
        IE_GROW(m->edges, m->edge_count, m->edge_room);
        m->edges[m->edge_count++] = (edge){other, node};
    }
}

static void connect(maker *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const ie_action *action = action_at(m, i);
        bind_gift(m, i);
        if (action->to != NULL) {
            add_edges(m, m->froms, m->from_count, action->to, m->node_of[i]);
        }
        if (action->kind != IE_ACTION_COPY) {
            add_edges(m, m->survivors, m->survivor_count, action->from, m->node_of[i]);
        }
    }
    if (m->edge_count > 1) {
        qsort(m->edges, m->edge_count, sizeof *m->edges, by_node);
    }
    m->edge_first = ie_alloc((m->nodes + 1) * sizeof *m->edge_first);
    size_t at = 0;
    for (size_t node = 0; node <= m->nodes; node++) {
        while (at < m->edge_count && m->edges[at].node < node) {
            at++;
        }
        m->edge_first[node] = at;
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

typedef struct tarjan {
    size_t *path, path_size;   /* nodes being visited */
    size_t *edge_at;           /* the next edge of each */
    size_t *stack, stack_size; /* nodes not yet in a group */
    size_t next_number;
} tarjan;

static void enter(maker *m, tarjan *t, size_t node)
{
    m->number[node] = m->low[node] = t->next_number++;
    m->stacked[node] = true;
    t->stack[t->stack_size++] = node;
    t->path[t->path_size++] = node;
    t->edge_at[node] = m->edge_first[node];
}

static void visit(maker *m, tarjan *t, size_t start, ie_order *order)
{
    enter(m, t, start);
    while (t->path_size > 0) {
        size_t node = t->path[t->path_size - 1];
        if (t->edge_at[node] < m->edge_first[node + 1]) {
            size_t other = m->edges[t->edge_at[node]++].waits_for;
            if (m->number[other] == NONE) {
                enter(m, t, other);
            } else if (m->stacked[other]) {
                m->low[node] = least(m->low[node], m->number[other]);
            }
            continue;
        }
        t->path_size--;
        if (t->path_size > 0) {
            size_t parent = t->path[t->path_size - 1];
            m->low[parent] = least(m->low[parent], m->low[node]);
        }
        if (m->low[node] == m->number[node]) {
            size_t other;
            do {
                other = t->stack[--t->stack_size];
                m->stacked[other] = false;
                m->group_of[other] = order->group_count;
            } while (other != node);
            order->group_count++;
        }
    }
}

static size_t *new_indices(size_t count)
{
    size_t *indices = ie_alloc((count + 1) * sizeof *indices);
    for (size_t i = 0; i < count; i++) {
        indices[i] = NONE;
    }
    return indices;
}

static void find_groups(maker *m, ie_order *order)
{
    m->number = new_indices(m->nodes);
    m->low = new_indices(m->nodes);
    m->group_of = new_indices(m->nodes);
    m->stacked = ie_alloc((m->nodes + 1) * sizeof *m->stacked);
    tarjan t = {new_indices(m->nodes), 0, new_indices(m->nodes), new_indices(m->nodes), 0, 0};
    for (size_t node = 0; node < m->nodes; node++) {
        if (m->number[node] == NONE) {
            visit(m, &t, node, order);
        }
    }
    free(t.path);
    free(t.edge_at);
    free(t.stack);
}

/* Duplicates first, while their survivor is still at its name; of these first those that undo can
   bring back alone. */
static int turn_of(const ie_action *action)
{
    return action->gives > 0 ? 0 : action->kind == IE_ACTION_QUARANTINE ? 1 : 2;
}

static void fill_groups(maker *m, ie_order *order)
{
    order->groups = ie_alloc((order->group_count + 1) * sizeof *order->groups);
    order->actions = ie_alloc((m->count + 1) * sizeof *order->actions);
    for (size_t i = 0; i < m->count; i++) {
        order->groups[m->group_of[m->node_of[i]]].count++;
    }
    for (size_t g = 1; g < order->group_count; g++) {
        order->groups[g].first = order->groups[g - 1].first + order->groups[g - 1].count;
    }
    size_t *filled = ie_alloc((order->group_count + 1) * sizeof *filled);
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < m->count; i++) {
            if (turn_of(action_at(m, i)) == turn) {
                size_t g = m->group_of[m->node_of[i]];
                order->actions[order->groups[g].first + filled[g]++] = m->actions[i];
            }
        }
    }
    free(filled);
}

static void find_waits(maker *m, ie_order *order)
{
    for (size_t i = 0; i < m->edge_count; i++) {
        size_t g = m->group_of[m->edges[i].node], other = m->group_of[m->edges[i].waits_for];
        if (other < g && order->groups[g].after < other + 1) {
            order->groups[g].after = other + 1;
        }
    }
    for (size_t i = 0; i < m->count; i++) {
        const ie_action *action = action_at(m, i);
        size_t g = m->group_of[m->node_of[i]];
        if (action->to == NULL) {
            continue;
        }
        for (size_t k = find_path(m->froms, m->from_count, action->to);
             k < m->from_count && strcmp(m->froms[k].path, action->to) == 0; k++) {
            order->groups[g].parks |=
                m->froms[k].action != i && m->group_of[m->node_of[m->froms[k].action]] == g;
        }
    }
}

void ie_order_make(const ie_plan *plan, ie_order *ret_order)
{
    maker m = {.plan = plan};
    *ret_order = (ie_order){0};
    collect(&m);
    connect(&m);
    find_groups(&m, ret_order);
    fill_groups(&m, ret_order);
    find_waits(&m, ret_order);
    free(m.actions);
    free(m.node_of);
    free(m.first);
    free(m.froms);
    free(m.survivors);
    free(m.edges);
    free(m.edge_first);
    free(m.number);
    free(m.low);
    free(m.group_of);
    free(m.stacked);
}

void ie_order_free(ie_order *order)
{
    free(order->actions);
    free(order->groups);
    *order = (ie_order){0};
}
