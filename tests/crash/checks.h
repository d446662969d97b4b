// SPDX-License-Identifier: GPL-3.0-or-later
/* What must hold after a stop, for the tests that stop the program: nothing lost, the same command
   finishes, undo restores. And the commands that are stopped. */
#ifndef IE_TEST_CHECKS_H
#define IE_TEST_CHECKS_H

#include "library.h"

/* ---- the seam ----------------------------------------------------------------------------- */

typedef struct blow {
    long at, count; /* the n-th change; how many there were */
    int kind;       /* 0: kill the process; else what before() gives */
} blow;

static inline int blow_strikes(void *user, const ie_fs_event *event)
{
    blow *b = user;
    if (++b->count != b->at) {
        return 0;
    }
    if (b->kind == 0) {
        _exit(137);
    }
    bool fits = b->kind != IE_FS_SHORT || event->op == IE_FS_WRITE;
    return fits ? b->kind : 0;
}

static inline void arm(blow *b)
{
    ie_fs_set_hook(&(ie_fs_hook){blow_strikes, NULL, b});
}

/* ---- what must hold ----------------------------------------------------------------------- */

typedef struct census {
    const char *text;
    int count; /* in LINKS: a rename by link and unlink, cut short, leaves two names for one file */
} census;

#define LINKS 60

static inline void count_text(void *user, const char *path)
{
    census *c = user;
    struct stat st;
    IE_AUTO_FREE char *text = lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? tree_read(path) : NULL;
    c->count += text != NULL && strcmp(text, c->text) == 0 ? LINKS / (int)st.st_nlink : 0;
}

/* Each original is in exactly one place: at a name, or in quarantine, or parked. */
static inline void nothing_is_lost(const char *root, long n)
{
    for (size_t i = 0; i < WISHES; i++) {
        census c = {in_place_wishes[i].text, 0};
        int expected = 0;
        for (size_t k = 0; k < WISHES; k++) {
            expected += strcmp(in_place_wishes[k].text, c.text) == 0;
        }
        tree_walk(root, true, count_text, &c);
        bool good = c.count == expected * LINKS ||
                    (wish_crosses(&in_place_wishes[i]) && c.count > expected * LINKS);
        if (!good) {
            fail_msg("after stop %ld: \"%s\" is there %d/%d times, not %d", n, c.text, c.count,
                     LINKS, expected);
        }
    }
}

static inline void apply_again(const char *root)
{
    char id[40];
    ie_error err = {0};
    const ie_apply_options options = {0};
    if (ie_apply_recover(root, &options, &err) != IE_OK) {
        fail_msg("recovery: %s", err.text);
    }
    ie_plan *plan = library_plan(root);
    ie_status status = tree_apply(plan, id, &err);
    if (status != IE_OK) {
        fail_msg("applying again: %s", err.text);
    }
    ie_plan_free(plan);
}

static inline void undo_everything(const char *root)
{
    ie_error err = {0};
    for (int i = 0; i < 10; i++) {
        ie_undo_counts counts = {0};
        ie_status status = tree_undo(root, NULL, &counts, &err);
        if (status == IE_ERR_NOT_FOUND) {
            return;
        }
        if (status != IE_OK || counts.refused != 0) {
            fail_msg("undo in %s: status %d, %" PRIu64 " refused: %s", root, status, counts.refused,
                     err.text);
        }
    }
    fail_msg("undo never ends");
}

static inline void same_state(const char *root, const char *expected, const char *when, long n)
{
    IE_AUTO_FREE char *state = tree_state(root);
    if (strcmp(state, expected) != 0) {
        fail_msg("%s (stop %ld):\n%s\ninstead of\n%s", when, n, state, expected);
    }
}

static inline void find_leftover(void *user, const char *path)
{
    (void)user;
    const char *base = ie_path_base(path);
    if (strncmp(base, ".imgengine-", 11) == 0 || strstr(path, "/.imgengine/tmp/") != NULL) {
        fail_msg("%s is left over", path);
    }
}

static inline void no_leftovers(const char *root)
{
    tree_walk(root, true, find_leftover, NULL);
}

static inline char *unbroken_result(char **ret_original)
{
    IE_AUTO_FREE char *root = tree_new();
    library_fill(root);
    *ret_original = tree_state(root);
    apply_again(root);
    char *result = tree_state(root);
    undo_everything(root);
    same_state(root, *ret_original, "undo of an unbroken run", 0);
    tree_remove(root);
    return result;
}

/* ---- the commands, for a child that may not come to its end ------------------------------- */

static inline void work_in_place(const char *root, const char *output)
{
    char id[40];
    ie_plan *plan = library_plan(root);
    if (tree_apply(plan, id, NULL) != IE_OK) {
        _exit(1);
    }
    ie_plan_free(plan);
}

static inline void work_undo(const char *root, const char *output)
{
    ie_undo_counts counts;
    if (tree_undo(root, NULL, &counts, NULL) != IE_OK) {
        _exit(1);
    }
}

static inline void work_copies(const char *root, const char *output)
{
    char id[40];
    ie_error err = {0};
    const ie_apply_options options = {0};
    ie_status status = ie_apply_recover(output, &options, &err);
    ie_plan *plan = library_copy_plan(root, output);
    if (status != IE_OK || tree_apply(plan, id, &err) != IE_OK) {
        fprintf(stderr, "copying: %s\n", err.text);
        _exit(1);
    }
    ie_plan_free(plan);
}

#endif
