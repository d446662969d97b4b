// SPDX-License-Identifier: GPL-3.0-or-later
/* The library that the crash tests work on, and a command on it: the plan is made from what each
   file holds, so that making it again after a crash plans just what is left to do. */
#ifndef IE_TEST_LIBRARY_H
#define IE_TEST_LIBRARY_H

#include "../unit/tree.h"
#include "engine/derive.h"

/* One kind of picture: its bytes, the name it begins under, and what the command wants with it. */
typedef struct wish {
    const char *text, *name, *target;
    ie_action_kind kind;
    uint32_t unit;
} wish;

/* A folder that a second disk is mounted on, as far as the program can see: see __wrap_statx. */
#define OTHER_DISK "other disk"

static const wish in_place_wishes[] = {
    /* a circle of names */
    {"picture A", "a.jpg", "b.jpg", IE_ACTION_MOVE, 1},
    {"picture B", "b.jpg", "c.jpg", IE_ACTION_MOVE, 2},
    {"picture C, longer", "c.jpg", "a.jpg", IE_ACTION_MOVE, 3},
    /* a chain, against the order of the plan */
    {"picture D", "d.jpg", "e.jpg", IE_ACTION_MOVE, 4},
    {"picture E", "e.jpg", "f.jpg", IE_ACTION_MOVE, 5},
    /* a unit, into new folders */
    {"raw G", "g.raw", "2023/07/g.raw", IE_ACTION_MOVE, 6},
    {"sidecar of G", "g.xmp", "2023/07/g.xmp", IE_ACTION_MOVE, 6},
    /* a duplicate, whose survivor moves */
    {"picture K", "keep.jpg", "2023/keep.jpg", IE_ACTION_MOVE, 7},
    {"picture K", "sub/copy of keep.jpg", NULL, IE_ACTION_QUARANTINE, 8},
    /* a duplicate that gives its survivor a title: both or neither */
    {"picture M", "m.jpg", "m.jpg", IE_ACTION_REPLACE, 16},
    {"picture M", "sub/copy of m.jpg", NULL, IE_ACTION_QUARANTINE, 17},
    /* duplicates whose names go to hard links of one file, and one whose name goes to a symbolic
       link */
    {"picture L", "l.jpg", NULL, IE_ACTION_KEEP, 18},
    {"picture L", "sub/copy of l.jpg", NULL, IE_ACTION_QUARANTINE, 19},
    {"picture L", "sub/copy of l too.jpg", NULL, IE_ACTION_QUARANTINE, 20},
    {"picture N", "n.jpg", NULL, IE_ACTION_KEEP, 21},
    {"picture N", "sub/copy of n.jpg", NULL, IE_ACTION_QUARANTINE, 22},
    /* re-tagged in place, and converted, the latter with its sidecar */
    {"picture T", "tag.jpg", "tag.jpg", IE_ACTION_REPLACE, 9},
    {"picture V", "v.png", "v.jpg", IE_ACTION_REPLACE, 10},
    {"sidecar of V", "v.xmp", "2023/v.xmp", IE_ACTION_MOVE, 10},
    /* a target that is taken: the unit stays */
    {"picture X", "x.jpg", "taken.jpg", IE_ACTION_MOVE, 11},
    {"sidecar of X", "x.xmp", "taken.xmp", IE_ACTION_MOVE, 11},
    {"picture Y", "taken.jpg", NULL, IE_ACTION_KEEP, 12},
    /* a unit, to another disk */
    {"picture P", "p.jpg", OTHER_DISK "/p.jpg", IE_ACTION_MOVE, 13},
    {"sidecar of P", "p.xmp", OTHER_DISK "/p.xmp", IE_ACTION_MOVE, 13},
    {"picture Q", OTHER_DISK "/q.jpg", NULL, IE_ACTION_KEEP, 14},
    /* cannot be converted: in place it stays, a copy is made as it is */
    {"picture U", "u.png", "u.jpg", IE_ACTION_REPLACE, 15},
    {"sidecar of U", "u.png.xmp", "u.jpg.xmp", IE_ACTION_MOVE, 15},
};
#define WISHES (sizeof in_place_wishes / sizeof *in_place_wishes)

/* Then a copy takes the name, and the original goes into quarantine. */
static inline bool wish_crosses(const wish *w)
{
    return w->target != NULL && ie_path_below(w->target, OTHER_DISK);
}

#ifdef IE_TEST_WRAPS
int __real_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
    int result = __real_statx(dir, path, flags, mask, ret);
    if (result == 0 && strstr(path, "/" OTHER_DISK) != NULL) {
        ret->stx_mnt_id += 1000000;
    }
    return result;
}
#endif

/* Stands in for the encoder and the tag writer: the old bytes and a mark. Of one kind of picture it
   only gets half way. */
ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path,
                    ie_error *err)
{
    IE_AUTO_FREE char *text = tree_read(action->from);
    IE_AUTO_FREE char *made = ie_asprintf("%s, made anew", text);
    int fd = open(temp_path, O_WRONLY);
    if (text == NULL || fd < 0 || write(fd, made, strlen(made)) < 0) {
        return ie_error_set(err, IE_ERR_IO, "%s: the test's encoder failed", action->from);
    }
    close(fd);
    return strcmp(text, "picture U") == 0
               ? ie_error_set(err, IE_ERR_FORMAT, "the test's encoder gave up")
               : IE_OK;
}

/* What the planner would ask for: another format for a PNG, else tags. */
static inline void library_derive(ie_plan *plan, ie_action *action)
{
    if (strcmp(ie_path_extension(action->from), "png") == 0 &&
        strstr(action->from, "u.png") != NULL) {
        action->from_format = IE_FORMAT_PNG;
    } else {
        ie_action_tags(plan, action)->title = "made anew";
    }
}

static inline void library_fill(const char *root)
{
    for (size_t i = 0; i < WISHES; i++) {
        tree_write(root, in_place_wishes[i].name, in_place_wishes[i].text);
    }
}

typedef struct planning {
    ie_plan *plan;
    const char *root, *survivor, *given; /* of pictures K and M */
} planning;

static void find_survivor(void *user, const char *path)
{
    planning *p = user;
    IE_AUTO_FREE char *text = tree_read(path);
    const char *base = ie_path_base(path);
    if (text != NULL && strcmp(text, "picture K") == 0 && strcmp(base, "keep.jpg") == 0) {
        p->survivor = ie_arena_strdup(p->plan->arena, path);
    }
    if (text != NULL && strcmp(text, "picture M") == 0 && strcmp(base, "m.jpg") == 0) {
        p->given = ie_arena_strdup(p->plan->arena, path);
    }
}

static inline void connect_gift(ie_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        for (size_t k = 0; plan->actions[i].unit == 17 && k < plan->count; k++) {
            plan->actions[i].gives = plan->actions[k].unit == 16 ? k + 1 : plan->actions[i].gives;
        }
    }
}

/* The survivor of a wish for a link; NULL: none is wished. free() it. */
static inline char *link_target(const char *root, const wish *w, ie_link *ret_link)
{
    *ret_link = w->unit == 19 || w->unit == 20 ? IE_LINK_HARD
                : w->unit == 22                ? IE_LINK_SYMBOLIC
                                               : IE_LINK_NONE;
    return *ret_link == IE_LINK_NONE
               ? NULL
               : ie_path_join(root, *ret_link == IE_LINK_HARD ? "l.jpg" : "n.jpg");
}

/* Is it the link already? */
static inline bool is_linked(const char *path, const char *target)
{
    struct stat a, b;
    return target != NULL && lstat(path, &a) == 0 && lstat(target, &b) == 0 && a.st_ino == b.st_ino;
}

static void plan_file(void *user, const char *path)
{
    planning *p = user;
    struct stat st;
    IE_AUTO_FREE char *text = lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? tree_read(path) : NULL;
    for (size_t i = 0; text != NULL && i < WISHES; i++) {
        const wish *w = &in_place_wishes[i];
        if (strcmp(text, w->text) != 0 ||
            (w->kind == IE_ACTION_QUARANTINE) != (strstr(path, "copy of") != NULL) ||
            (w->kind == IE_ACTION_QUARANTINE &&
             strcmp(ie_path_base(path), ie_path_base(w->name)) != 0)) {
            continue;
        }
        ie_link link;
        IE_AUTO_FREE char *linked = link_target(p->root, w, &link);
        if (is_linked(path, linked)) {
            return;
        }
        IE_AUTO_FREE char *target = w->target != NULL ? ie_path_join(p->root, w->target) : NULL;
        bool there = w->kind == IE_ACTION_MOVE && strcmp(target, path) == 0;
        ie_action *action = tree_plan_add(p->plan, p->root, path, w->unit);
        action->kind = there ? IE_ACTION_KEEP : w->kind;
        action->to = there ? NULL : ie_arena_strdup(p->plan->arena, target);
        if (w->kind == IE_ACTION_QUARANTINE) {
            const char *survivor = linked != NULL ? linked : w->unit == 17 ? p->given : p->survivor;
            assert_non_null(survivor);
            tree_plan_survivor(p->plan, action, survivor);
            action->verdict = IE_MATCH_SAME_BYTES;
            action->link = link;
        } else if (w->kind == IE_ACTION_REPLACE) {
            library_derive(p->plan, action);
        }
        return;
    }
}

static inline ie_plan *library_plan(const char *root)
{
    planning p = {ie_plan_new("test"), root, NULL, NULL};
    tree_walk(root, false, find_survivor, &p);
    tree_walk(root, false, plan_file, &p);
    connect_gift(p.plan);
    return p.plan;
}

/* Copies of everything into a folder that need not exist. */
static inline ie_plan *library_copy_plan(const char *root, const char *output)
{
    ie_plan *plan = ie_plan_new("test");
    plan->copies = true;
    for (size_t i = 0; i < WISHES; i++) {
        const wish *w = &in_place_wishes[i];
        if (w->kind == IE_ACTION_QUARANTINE) {
            continue;
        }
        IE_AUTO_FREE char *from = ie_path_join(root, w->name);
        IE_AUTO_FREE char *other_name = ie_asprintf("%s too", w->name);
        IE_AUTO_FREE char *to = ie_path_join(output, w->target != NULL ? w->target : other_name);
        if (ie_fs_exists(to)) {
            continue; /* the planner sees that it is there already */
        }
        ie_action *action = tree_plan_add(plan, output, from, w->unit);
        action->kind = IE_ACTION_COPY;
        action->to = ie_arena_strdup(plan->arena, to);
        if (w->kind == IE_ACTION_REPLACE) {
            library_derive(plan, action);
        }
    }
    return plan;
}

#endif
