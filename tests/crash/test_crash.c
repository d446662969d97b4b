// SPDX-License-Identifier: GPL-3.0-or-later
/* Stops the program at every change it makes to the disk, and makes every change fail in every way;
   whatever happens, no picture may be lost, the same command again must finish, and undo must bring
   everything back. */
#include "checks.h"

/* Runs in a child that is killed at its n-th change. True when it came to its end. */
static bool survives(void (*work)(const char *root, const char *output), const char *root,
                     const char *output, long n)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        blow b = {n, 0, 0};
        arm(&b);
        work(root, output);
        _exit(0);
    }
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFEXITED(state));
    assert_true(WEXITSTATUS(state) == 0 || WEXITSTATUS(state) == 137);
    return WEXITSTATUS(state) == 0;
}

/* ---- killed ------------------------------------------------------------------------------- */

static void killed_anywhere_the_same_command_finishes_and_undo_restores(void **state)
{
    char *original;
    IE_AUTO_FREE char *result = unbroken_result(&original);
    long n = 1;
    for (bool alive = false; !alive; n++) {
        assert_true(n < 5000);
        IE_AUTO_FREE char *root = tree_new();
        library_fill(root);
        alive = survives(work_in_place, root, NULL, n);
        nothing_is_lost(root, n);
        apply_again(root);
        same_state(root, result, "the same command again", n);
        no_leftovers(root);
        undo_everything(root);
        same_state(root, original, "undo after all", n);
        tree_remove(root);
    }
    printf("killed at each of %ld changes\n", n - 2);
    free(original);
}

static void killed_anywhere_undo_alone_restores(void **state)
{
    char *original;
    IE_AUTO_FREE char *result = unbroken_result(&original);
    for (long n = 1, alive = 0; !alive; n++) {
        IE_AUTO_FREE char *root = tree_new();
        library_fill(root);
        alive = survives(work_in_place, root, NULL, n);
        if (tree_has(root, ".imgengine/runs")) {
            undo_everything(root);
        }
        same_state(root, original, "undo at once", n);
        no_leftovers(root);
        tree_remove(root);
    }
    free(original);
}

static void killed_anywhere_in_undo_it_can_be_called_again(void **state)
{
    char *original;
    IE_AUTO_FREE char *result = unbroken_result(&original);
    for (long n = 1, alive = 0; !alive; n++) {
        IE_AUTO_FREE char *root = tree_new();
        library_fill(root);
        apply_again(root);
        alive = survives(work_undo, root, NULL, n);
        nothing_is_lost(root, n);
        undo_everything(root);
        same_state(root, original, "undo again", n);
        no_leftovers(root);
        tree_remove(root);
    }
    free(original);
}

static void find_anything(void *user, const char *path)
{
    fail_msg("%s is still there after undo (stop %ld)", path, *(const long *)user);
}

static void nothing_is_in(const char *above, long n)
{
    tree_walk(above, true, find_anything, &n);
}

/* Not even the folders that were made for them, or are half made. */
static void killed_anywhere_copies_are_undone_without_a_trace(void **state)
{
    for (long n = 1, alive = 0; !alive; n++) {
        IE_AUTO_FREE char *root = tree_new();
        IE_AUTO_FREE char *above = tree_new();
        IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
        library_fill(root);
        alive = survives(work_copies, root, output, n);
        undo_everything(output);
        nothing_is_in(above, n);
        tree_remove(above);
        tree_remove(root);
    }
}

static void killed_anywhere_in_undo_of_copies_nothing_is_left_in_the_end(void **state)
{
    for (long n = 1, alive = 0; !alive; n++) {
        IE_AUTO_FREE char *root = tree_new();
        IE_AUTO_FREE char *above = tree_new();
        IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
        library_fill(root);
        work_copies(root, output);
        alive = survives(work_undo, output, NULL, n);
        undo_everything(output);
        nothing_is_in(above, n);
        tree_remove(above);
        tree_remove(root);
    }
}

static void killed_anywhere_copies_are_finished_and_undone(void **state)
{
    IE_AUTO_FREE char *expected = NULL;
    for (long n = 0, alive = 0; !alive; n++) {
        IE_AUTO_FREE char *root = tree_new();
        IE_AUTO_FREE char *above = tree_new();
        IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
        library_fill(root);
        IE_AUTO_FREE char *original = tree_state(root);
        alive = n > 0 && survives(work_copies, root, output, n);
        work_copies(root, output);
        same_state(root, original, "the source", n);
        if (n == 0) {
            expected = tree_state(output);
        }
        same_state(output, expected, "the copies", n);
        no_leftovers(output);
        undo_everything(output);
        same_state(root, original, "the source after undo", n);
        nothing_is_in(above, n);
        tree_remove(above);
        tree_remove(root);
    }
}

/* ---- failing ------------------------------------------------------------------------------ */

static const struct {
    int kind;
    const char *name;
} failures[] = {
    {ENOSPC, "disk full"}, {EIO, "I/O error"}, {EACCES, "permission denied"}, {EROFS, "read-only"},
    {EMFILE, "too many open files"}, {EINTR, "interrupted call"}, {IE_FS_SHORT, "short write"},
};

static void failing_anywhere_leaves_everything_consistent(void **state)
{
    char *original;
    IE_AUTO_FREE char *result = unbroken_result(&original);
    for (size_t f = 0; f < sizeof failures / sizeof *failures; f++) {
        bool harmless = failures[f].kind == EINTR || failures[f].kind == IE_FS_SHORT;
        bool struck = true;
        for (long n = 1; struck; n++) {
            IE_AUTO_FREE char *root = tree_new();
            library_fill(root);
            ie_plan *plan = library_plan(root);
            blow b = {n, 0, failures[f].kind};
            char id[40];
            ie_error err = {0};
            arm(&b);
            ie_status status = tree_apply(plan, id, &err);
            ie_fs_set_hook(NULL);
            struck = b.count >= n;
            assert_true(status == IE_OK || strlen(err.text) > 10);
            assert_true(status == IE_OK || !harmless);
            ie_plan_free(plan);
            nothing_is_lost(root, n);
            if (harmless) {
                same_state(root, result, failures[f].name, n);
            }
            apply_again(root);
            same_state(root, result, failures[f].name, n);
            no_leftovers(root);
            undo_everything(root);
            same_state(root, original, failures[f].name, n);
            tree_remove(root);
        }
    }
    free(original);
}

static void failing_anywhere_undo_can_be_called_again(void **state)
{
    char *original;
    IE_AUTO_FREE char *result = unbroken_result(&original);
    for (size_t f = 0; f < 3; f++) {
        bool struck = true;
        for (long n = 1; struck; n++) {
            IE_AUTO_FREE char *root = tree_new();
            library_fill(root);
            apply_again(root);
            blow b = {n, 0, failures[f].kind};
            ie_undo_counts counts;
            ie_error err = {0};
            arm(&b);
            ie_status status = tree_undo(root, NULL, &counts, &err);
            ie_fs_set_hook(NULL);
            struck = b.count >= n;
            assert_true(status == IE_OK || strlen(err.text) > 10);
            nothing_is_lost(root, n);
            undo_everything(root);
            same_state(root, original, failures[f].name, n);
            no_leftovers(root);
            tree_remove(root);
        }
    }
    free(original);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere_the_same_command_finishes_and_undo_restores),
        cmocka_unit_test(killed_anywhere_undo_alone_restores),
        cmocka_unit_test(killed_anywhere_in_undo_it_can_be_called_again),
        cmocka_unit_test(killed_anywhere_copies_are_finished_and_undone),
        cmocka_unit_test(killed_anywhere_copies_are_undone_without_a_trace),
        cmocka_unit_test(killed_anywhere_in_undo_of_copies_nothing_is_left_in_the_end),
        cmocka_unit_test(failing_anywhere_leaves_everything_consistent),
        cmocka_unit_test(failing_anywhere_undo_can_be_called_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
