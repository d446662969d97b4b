// SPDX-License-Identifier: GPL-3.0-or-later
/* A library in a folder of its own and a plan for it that a test fills by hand: set up and torn
   down for each test. */
#ifndef IE_TEST_SCENE_H
#define IE_TEST_SCENE_H

#include "tree.h"

typedef struct scene {
    char *root;
    ie_plan *plan;
    char id[40];
    ie_error err;
} scene;

static inline int scene_set(void **state)
{
    scene *s = ie_alloc(sizeof *s);
    s->root = tree_new();
    s->plan = ie_plan_new("test");
    *state = s;
    return 0;
}

static inline int scene_clear(void **state)
{
    scene *s = *state;
    ie_plan_free(s->plan);
    tree_remove(s->root);
    free(s->root);
    free(s);
    return 0;
}

/* A path below the library; lives as long as the plan. */
static inline char *at(const scene *s, const char *name)
{
    return ie_arena_printf(s->plan->arena, "%s/%s", s->root, name);
}

#endif
