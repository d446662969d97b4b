// SPDX-License-Identifier: GPL-3.0-or-later
/* What chance makes for test_random: a sequence and its dice (one seed, always the same throws), a
   library of a few files with names that are hard and contents that are often equal, and a plan for
   what lies there now that the product itself could have made (no target twice, a duplicate only
   with a survivor that stays). */
#ifndef IE_TEST_RANDOM_PLANS_H
#define IE_TEST_RANDOM_PLANS_H

#include "library.h"

#define MAX_FILES 14
#define MAX_RUNS 8

typedef struct sequence {
    uint64_t seed, random;
    char *root;
    char *contents[MAX_FILES]; /* of the files at first; equal ones are duplicates */
    size_t count;
    char *before[MAX_RUNS]; /* the state before each run that changed something */
    size_t runs;
    struct {
        unsigned plans, copies, purges, kills, losses, faults, undos, struck, tampered;
    } did;
} sequence;

static inline uint64_t draw(sequence *s, uint64_t below)
{
    /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = s->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

#define FAIL(s, ...)                                                                        \
    do {                                                                                    \
        print_message("SEED=%" PRIu64 " SEQUENCES=1 replays this\n", (s)->seed);            \
        fail_msg(__VA_ARGS__);                                                              \
    } while (0)

static inline char *random_name(sequence *s)
{
    static const char *const folders[] = {"", "", "a/", "b/", "a/c/", "new/", "new/er/"};
    static const char *const names[] = {"1.jpg",   "2.jpg",           "3.jpg",    "One.JPG",
                                        "one.jpg", "caf\xc3\xa9.jpg", "\xff.png", "two words.jpg",
                                        "x.xmp",   "Cafe\xcc\x81.jpg"};
    return ie_asprintf("%s%s", folders[draw(s, 7)], names[draw(s, 10)]);
}

static inline void fill(sequence *s)
{
    size_t wanted = 3 + draw(s, MAX_FILES - 3);
    for (size_t i = 0; i < wanted; i++) {
        IE_AUTO_FREE char *name = random_name(s);
        if (tree_has(s->root, name)) {
            continue;
        }
        bool copy = s->count > 0 && draw(s, 3) == 0;
        char *content =
            copy ? ie_strdup(s->contents[draw(s, s->count)]) : ie_asprintf("picture %zu", i);
        tree_write(s->root, name, content);
        s->contents[s->count++] = content;
        /* No two files have the same time, so that a swap of duplicates is seen. */
        IE_AUTO_FREE char *path = ie_path_join(s->root, name);
        const struct timespec times[2] = {
            {.tv_sec = 1}, {.tv_sec = 1000000 + (long)i, .tv_nsec = (long)draw(s, 1000000000)}};
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    }
}

/* ---- plans -------------------------------------------------------------------------------- */

typedef struct paths {
    char *items[4 * MAX_FILES];
    size_t count;
} paths;

static inline void add_file(void *user, const char *path)
{
    paths *p = user;
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && p->count < 4 * MAX_FILES) {
        p->items[p->count++] = ie_strdup(path);
    }
}

static inline bool is_target(const ie_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->actions[i].to != NULL && strcmp(plan->actions[i].to, path) == 0) {
            return true;
        }
    }
    return false;
}

/* Another file of the same bytes that is not to go itself. */
static const char *survivor_of(const paths *files, const ie_plan *plan, size_t index)
{
    IE_AUTO_FREE char *text = tree_read(files->items[index]);
    for (size_t i = 0; i < index; i++) {
        IE_AUTO_FREE char *other = tree_read(files->items[i]);
        ie_action_kind kind = plan->actions[i].kind;
        if (strcmp(text, other) == 0 && (kind == IE_ACTION_KEEP || kind == IE_ACTION_MOVE)) {
            return files->items[i];
        }
    }
    return NULL;
}

static inline void wish_for(sequence *s, ie_plan *plan, const paths *files, size_t index)
{
    bool joins = index > 0 && draw(s, 5) == 0;
    uint32_t unit = joins ? plan->actions[index - 1].unit : (uint32_t)index + 1;
    ie_action *action = tree_plan_add(plan, s->root, files->items[index], unit);
    IE_AUTO_FREE char *name = random_name(s);
    IE_AUTO_FREE char *target = ie_path_join(s->root, name);
    const char *survivor = survivor_of(files, plan, index);
    uint64_t dice = draw(s, 10);
    if (survivor != NULL && dice < 5) {
        action->kind = IE_ACTION_QUARANTINE;
        tree_plan_survivor(plan, action, survivor);
    } else if (dice < 6 && !is_target(plan, target) && strcmp(target, action->from) != 0) {
        action->kind = IE_ACTION_MOVE;
        action->to = ie_arena_strdup(plan->arena, target);
    } else if (dice < 8) {
        bool in_place = dice == 7 || is_target(plan, target);
        if (!in_place || !is_target(plan, action->from)) {
            action->kind = IE_ACTION_REPLACE;
            action->to = in_place ? action->from : ie_arena_strdup(plan->arena, target);
            ie_action_tags(plan, action)->title = "made anew";
        }
    }
}

static inline ie_plan *random_plan(sequence *s)
{
    paths files = {.count = 0};
    ie_plan *plan = ie_plan_new("random");
    tree_walk(s->root, false, add_file, &files);
    for (size_t i = 0; i < files.count; i++) {
        wish_for(s, plan, &files, i);
    }
    for (size_t i = 0; i < files.count; i++) {
        free(files.items[i]);
    }
    return plan;
}

#endif
