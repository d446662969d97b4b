// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#include "engine/carry.h"
#include "engine/lock.h"

static void text_is(const scene *s, const char *name, const char *text)
{
    IE_AUTO_FREE char *found = tree_read(at(s, name));
    assert_non_null(found);
    assert_string_equal(found, text);
}

static void outcome_is(const ie_action *action, ie_outcome outcome, const char *part)
{
    assert_int_equal(action->outcome, outcome);
    if (part != NULL) {
        assert_non_null(action->problem);
        assert_non_null(strstr(action->problem, part));
    }
}

/* Pointers into the plan move when it grows: fetched again after all are added. */
static ie_action *nth(const scene *s, size_t i)
{
    return &s->plan->actions[i];
}

static void apply_is_ok(scene *s)
{
    if (tree_apply(s->plan, s->id, &s->err) != IE_OK) {
        fail_msg("apply: %s", s->err.text);
    }
}

static void a_plan_without_work_leaves_no_trace(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "text");
    tree_plan(s->plan, IE_ACTION_KEEP, s->root, "a", NULL, 0);
    apply_is_ok(s);
    assert_string_equal(s->id, "");
    assert_false(tree_has(s->root, ".imgengine"));
}

static void a_file_that_changed_since_the_plan_is_left_alone(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "text");
    tree_write(s->root, "b", "text");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "x", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b", "y", 1);
    tree_write(s->root, "a", "text, edited");
    unlink(at(s, "b"));
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_SKIPPED, "changed since");
    outcome_is(nth(s, 1), IE_OUTCOME_SKIPPED, "no longer there");
    text_is(s, "a", "text, edited");
}

static void nothing_is_overwritten_and_a_unit_stays_together(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.jpg", "photo");
    tree_write(s->root, "a.xmp", "sidecar");
    tree_write(s->root, "b.xmp", "in the way");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.jpg", "b.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.xmp", "b.xmp", 0);
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_SKIPPED, "it goes with");
    outcome_is(nth(s, 1), IE_OUTCOME_FAILED, "taken");
    text_is(s, "a.jpg", "photo");
    text_is(s, "b.xmp", "in the way");
    assert_false(tree_has(s->root, "b.jpg"));
}

/* The name is taken by another program after the check: the unit is rolled back. */
static int take_name(void *user, const ie_fs_event *event)
{
    if (event->op == IE_FS_RENAME && ie_ends_with_nocase(event->to, "/b.xmp")) {
        int fd = open(event->to, O_WRONLY | O_CREAT | O_EXCL, 0600);
        (void)!write(fd, "racer", 5);
        close(fd);
    }
    return 0;
}

static void a_name_taken_in_the_last_moment_takes_the_unit_back(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.jpg", "photo");
    tree_write(s->root, "a.xmp", "sidecar");
    IE_AUTO_FREE char *before = tree_state(s->root);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.jpg", "new/b.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.xmp", "b.xmp", 0);
    ie_fs_set_hook(&(ie_fs_hook){take_name, NULL, NULL});
    apply_is_ok(s);
    ie_fs_set_hook(NULL);
    outcome_is(nth(s, 1), IE_OUTCOME_FAILED, "taken");
    text_is(s, "b.xmp", "racer");
    text_is(s, "a.jpg", "photo");
    text_is(s, "a.xmp", "sidecar");
    ie_undo_counts counts = {0};
    (void)!tree_undo(s->root, s->id, &counts, NULL);
    unlink(at(s, "b.xmp"));
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

/* Another program edits one file and removes others after the check, when the batch is
   under way. */
static int meddle(void *user, const ie_fs_event *event)
{
    scene *s = user;
    if (event->op == IE_FS_MKDIR && ie_ends_with_nocase(event->path, "/new")) {
        tree_write(s->root, "edited.jpg", "photo, edited");
        unlink(at(s, "gone.jpg"));
        unlink(at(s, "gone dup.jpg"));
        unlink(at(s, "gone tag.jpg"));
    }
    return 0;
}

static void a_file_that_changes_or_goes_after_the_check_does_not_stop_the_run(void **state)
{
    scene *s = *state;
    tree_write(s->root, "edited.jpg", "photo");
    tree_write(s->root, "gone.jpg", "photo 2");
    tree_write(s->root, "gone.xmp", "sidecar");
    tree_write(s->root, "gone dup.jpg", "photo 3");
    tree_write(s->root, "gone tag.jpg", "photo 4");
    tree_write(s->root, "keep.jpg", "photo 3");
    tree_write(s->root, "last.jpg", "photo 5");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "edited.jpg", "new/1.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "gone.xmp", "new/2.xmp", 1);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "gone.jpg", "new/2.jpg", 1);
    ie_action *drop = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "gone dup.jpg", NULL, 2);
    tree_plan_survivor(s->plan, drop, at(s, "keep.jpg"));
    tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "gone tag.jpg", "new/4.jpg", 3);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "last.jpg", "new/5.jpg", 4);
    ie_fs_set_hook(&(ie_fs_hook){meddle, NULL, s});
    apply_is_ok(s);
    ie_fs_set_hook(NULL);
    outcome_is(nth(s, 0), IE_OUTCOME_SKIPPED, "changed since");
    outcome_is(nth(s, 1), IE_OUTCOME_SKIPPED, "it goes with");
    outcome_is(nth(s, 2), IE_OUTCOME_SKIPPED, "no longer there");
    outcome_is(nth(s, 3), IE_OUTCOME_SKIPPED, "no longer there");
    outcome_is(nth(s, 4), IE_OUTCOME_SKIPPED, "no longer there");
    outcome_is(nth(s, 5), IE_OUTCOME_DONE, NULL);
    text_is(s, "edited.jpg", "photo, edited");
    text_is(s, "gone.xmp", "sidecar");
    text_is(s, "new/5.jpg", "photo 5");
    assert_false(tree_has(s->root, "new/4.jpg"));
}

static void targets_outside_the_root_or_over_links_are_refused(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *outside = tree_new();
    tree_write(s->root, "a", "one");
    tree_write(s->root, "b", "two");
    tree_write(s->root, "c", "three");
    assert_int_equal(symlink(outside, at(s, "link")), 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "link/a", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b", "b2", 1)->to =
        ie_arena_printf(s->plan->arena, "%s/b", outside);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "c", ".imgengine/runs/c", 2);
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_FAILED, "symbolic link");
    outcome_is(nth(s, 1), IE_OUTCOME_FAILED, "does not lie below");
    outcome_is(nth(s, 2), IE_OUTCOME_FAILED, "does not lie below");
    IE_AUTO_FREE char *state_outside = tree_state(outside);
    assert_string_equal(state_outside, "");
    tree_remove(outside);
}

static void a_duplicate_goes_only_after_proof(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "same", "the same");
    tree_write(s->root, "differs", "the samE");
    assert_int_equal(link(at(s, "keep"), at(s, "hard")), 0);
    tree_write(s->root, "lonely", "the same");
    const char *names[] = {"same", "differs", "hard", "lonely"};
    for (uint32_t i = 0; i < 4; i++) {
        ie_action *action = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, names[i], NULL, i);
        tree_plan_survivor(s->plan, action, at(s, "keep"));
    }
    nth(s, 3)->survivor = at(s, "was never there");
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_DONE, NULL);
    outcome_is(nth(s, 1), IE_OUTCOME_SKIPPED, "byte for byte");
    outcome_is(nth(s, 2), IE_OUTCOME_SKIPPED, "same file");
    outcome_is(nth(s, 3), IE_OUTCOME_SKIPPED, "no longer there");
    assert_false(tree_has(s->root, "same"));
    text_is(s, "differs", "the samE");
    text_is(s, "hard", "the same");
    text_is(s, "lonely", "the same");
}

/* The survivor is written to between the comparison and the move. */
static int edit_survivor(void *user, const ie_fs_event *event)
{
    if (event->op == IE_FS_MKDIR && strstr(event->path, "/quarantine/") != NULL) {
        int fd = open(user, O_WRONLY | O_APPEND);
        (void)!write(fd, "!", 1);
        close(fd);
    }
    return 0;
}

static void name_survivor(scene *s, ie_action *action, ie_match verdict, const char *bytes)
{
    tree_plan_survivor(s->plan, action, at(s, "keep"));
    action->verdict = verdict;
    action->survivor_xxh3 = ie_hash128_of(bytes, strlen(bytes));
}

static void another_version_goes_only_while_the_survivor_is_what_was_looked_at(void **state)
{
    scene *s = *state;
    const char *names[] = {"smaller", "stale", "scene", "hard", "bytes"};
    tree_write(s->root, "keep", "the picture");
    for (uint32_t i = 0; i < 5; i++) {
        if (i == 3) {
            assert_int_equal(link(at(s, "keep"), at(s, "hard")), 0);
        } else {
            tree_write(s->root, names[i], "another version");
        }
        tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, names[i], NULL, i);
    }
    name_survivor(s, nth(s, 0), IE_MATCH_SAME_PICTURE, "the picture");
    name_survivor(s, nth(s, 1), IE_MATCH_SAME_PICTURE, "the picturE");
    name_survivor(s, nth(s, 2), IE_MATCH_SIMILAR_SCENE, "the picture");
    name_survivor(s, nth(s, 3), IE_MATCH_SAME_PIXELS, "the picture");
    name_survivor(s, nth(s, 4), IE_MATCH_SAME_BYTES, "the picture");
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_DONE, NULL);
    outcome_is(nth(s, 1), IE_OUTCOME_SKIPPED, "is not what was looked at");
    outcome_is(nth(s, 2), IE_OUTCOME_SKIPPED, "does not say that it is a duplicate");
    outcome_is(nth(s, 3), IE_OUTCOME_SKIPPED, "same file");
    outcome_is(nth(s, 4), IE_OUTCOME_SKIPPED, "byte for byte");
    assert_false(tree_has(s->root, "smaller"));
    text_is(s, "stale", "another version");
    ie_undo_counts counts;
    assert_int_equal(tree_undo(s->root, s->id, &counts, NULL), IE_OK);
    text_is(s, "smaller", "another version");
}

static void another_version_stays_when_the_survivor_changed_since_the_plan(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "the picture");
    tree_write(s->root, "smaller", "another version");
    tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "smaller", NULL, 0);
    name_survivor(s, nth(s, 0), IE_MATCH_SAME_PICTURE, "the picture");
    ie_fs_set_hook(&(ie_fs_hook){edit_survivor, NULL, at(s, "keep")});
    apply_is_ok(s);
    ie_fs_set_hook(NULL);
    outcome_is(nth(s, 0), IE_OUTCOME_SKIPPED, "changed since they were compared");
    text_is(s, "smaller", "another version");
}

static void two_that_name_each_other_as_survivor_do_not_both_go(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "the same");
    tree_write(s->root, "b", "the same");
    tree_plan_survivor(s->plan, tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "a", NULL, 0),
                       at(s, "b"));
    tree_plan_survivor(s->plan, tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "b", NULL, 1),
                       at(s, "a"));
    apply_is_ok(s);
    assert_true(tree_has(s->root, "a") || tree_has(s->root, "b"));
}

static void a_proof_that_no_longer_holds_is_no_proof(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "dup", "the same");
    ie_action *action = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "dup", NULL, 0);
    tree_plan_survivor(s->plan, action, at(s, "keep"));
    ie_fs_set_hook(&(ie_fs_hook){edit_survivor, NULL, at(s, "keep")});
    apply_is_ok(s);
    ie_fs_set_hook(NULL);
    outcome_is(nth(s, 0), IE_OUTCOME_SKIPPED, "changed since they were compared");
    text_is(s, "dup", "the same");
}

static void quarantine_keeps_inode_links_and_attributes(void **state)
{
    scene *s = *state;
    struct stat before, after;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "dup", "the same");
    assert_int_equal(link(at(s, "dup"), at(s, "second name")), 0);
    bool xattrs = setxattr(at(s, "dup"), "user.note", "kept", 4, 0) == 0;
    ie_action *action = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "dup", NULL, 0);
    tree_plan_survivor(s->plan, action, at(s, "keep"));
    stat(at(s, "dup"), &before);
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_DONE, NULL);
    ie_undo_counts counts = {0};
    assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
    assert_int_equal(counts.restored, 1);
    assert_int_equal(stat(at(s, "dup"), &after), 0);
    assert_true(before.st_ino == after.st_ino && after.st_nlink == 2);
    char note[8] = "";
    assert_true(!xattrs || getxattr(at(s, "dup"), "user.note", note, sizeof note) == 4);
}

static void cancelling_keeps_what_is_done_and_says_so(void **state)
{
    scene *s = *state;
    int cancel = 1;
    tree_write(s->root, "a", "text");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    const ie_apply_options options = {.cancel = &cancel};
    assert_int_equal(ie_apply_run(s->plan, &options, s->id, &s->err), IE_ERR_CANCELLED);
    assert_non_null(strstr(s->err.text, "this run changed nothing"));
    assert_int_equal(nth(s, 0)->outcome, IE_OUTCOME_PLANNED);
    text_is(s, "a", "text");
}

static void stop_now(void *user, const ie_progress *progress)
{
    (void)progress;
    *(int *)user = 1;
}

static void what_a_stopped_run_did_not_reach_is_counted_apart(void **state)
{
    scene *s = *state;
    int cancel = 0;
    const int files = 2 * IE_BATCH_ACTIONS;
    for (int i = 0; i < files; i++) {
        char from[16], to[16];
        snprintf(from, sizeof from, "a%d", i);
        snprintf(to, sizeof to, "b%d", i);
        tree_write(s->root, from, "text");
        tree_plan(s->plan, IE_ACTION_MOVE, s->root, from, to, (uint32_t)i);
    }
    const ie_apply_options options = {.cancel = &cancel, .progress = stop_now, .user = &cancel};
    assert_int_equal(ie_apply_run(s->plan, &options, s->id, &s->err), IE_ERR_CANCELLED);
    ie_summary sum = {0};
    ie_plan_tally(s->plan, &sum);
    assert_int_equal(sum.moved, IE_BATCH_ACTIONS);
    assert_int_equal(sum.unreached, IE_BATCH_ACTIONS);
    assert_non_null(strstr(s->err.text, "what was done can be undone"));
}

/* ---- locks -------------------------------------------------------------------------------- */

static pid_t hold_lock(const char *root, int seconds)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        ie_lock *lock = NULL;
        int made;
        const ie_lock_options options = {.create = true};
        if (ie_lock_take(root, &options, &lock, &made, NULL) != IE_OK) {
            _exit(1);
        }
        (void)!write(ready[1], "x", 1);
        nanosleep(&(struct timespec){.tv_sec = seconds, .tv_nsec = 200000000}, NULL);
        _exit(0);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void a_second_run_is_told_who_holds_the_root_or_waits(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "text");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    pid_t holder = hold_lock(s->root, 0);
    IE_AUTO_FREE char *who = ie_asprintf("process %ld", (long)holder);
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_ERR_BUSY);
    assert_non_null(strstr(s->err.text, who));
    text_is(s, "a", "text");
    const ie_apply_options options = {.wait = true};
    assert_int_equal(ie_apply_run(s->plan, &options, s->id, &s->err), IE_OK);
    text_is(s, "b", "text");
    waitpid(holder, NULL, 0);
}

static void the_lock_of_a_dead_process_is_no_lock(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "text");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    pid_t holder = hold_lock(s->root, 60);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    apply_is_ok(s);
    text_is(s, "b", "text");
}

/* ---- file systems ------------------------------------------------------------------------- */

static void a_move_to_another_file_system_is_a_verified_copy_and_keeps_the_original(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.jpg", "photo");
    mkdir(at(s, "disk"), 0755);
    if (mount("tmpfs", at(s, "disk"), "tmpfs", 0, "size=1m") != 0) {
        printf("needs the right to mount: not tested here\n");
        skip();
    }
    struct stat before, after;
    stat(at(s, "a.jpg"), &before);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.jpg", "disk/2023/a.jpg", 0);
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_DONE, NULL);
    text_is(s, "disk/2023/a.jpg", "photo");
    assert_false(tree_has(s->root, "a.jpg"));
    assert_int_equal(stat(at(s, "disk/2023/a.jpg"), &after), 0);
    assert_true(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec && after.st_mode == before.st_mode);

    /* The other way round the original could not be kept: refused, and nothing is lost. */
    tree_write(s->root, "disk/b.jpg", "other");
    ie_plan *back = ie_plan_new("test");
    tree_plan(back, IE_ACTION_MOVE, s->root, "disk/b.jpg", "b.jpg", 0);
    char id[40];
    assert_int_equal(tree_apply(back, id, &s->err), IE_OK);
    outcome_is(&back->actions[0], IE_OUTCOME_FAILED, "another file system");
    text_is(s, "disk/b.jpg", "other");
    ie_plan_free(back);

    ie_undo_counts counts = {0};
    assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
    assert_int_equal(counts.restored, 1);
    assert_int_equal(stat(at(s, "a.jpg"), &after), 0);
    assert_true(after.st_ino == before.st_ino);
    assert_false(tree_has(s->root, "disk/2023"));
    umount(at(s, "disk"));
}

/* Makes and mounts a small ext4 with a folder that folds case; false where that cannot be. */
static bool mount_folding(const scene *s)
{
    IE_AUTO_FREE char *command =
        ie_asprintf("cd '%s' && truncate -s 8M image && mkfs.ext4 -q -O casefold image && mkdir "
                    "disk && mount -o loop image disk "
                    "&& mkdir disk/fold && chattr +F disk/fold",
                    s->root);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void a_name_may_change_its_case_where_case_is_folded(void **state)
{
    scene *s = *state;
    if (!mount_folding(s)) {
        umount(at(s, "disk"));
        printf("no file system that folds case can be mounted here: not tested\n");
        skip();
    }
    IE_AUTO_FREE char *root = ie_path_join(s->root, "disk/fold");
    tree_write(root, "A.JPG", "photo");
    tree_write(root, "b.jpg", "other");
    IE_AUTO_FREE char *before = tree_state(root);
    tree_plan(s->plan, IE_ACTION_MOVE, root, "A.JPG", "a.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, root, "b.jpg", "a.JPG", 1);
    apply_is_ok(s);
    outcome_is(nth(s, 0), IE_OUTCOME_DONE, NULL);
    outcome_is(nth(s, 1), IE_OUTCOME_FAILED, "taken");
    IE_AUTO_FREE char *after = tree_state(root);
    assert_non_null(strstr(after, "/a.jpg"));
    assert_null(strstr(after, "/A.JPG"));
    ie_undo_counts counts = {0};
    assert_int_equal(tree_undo(root, s->id, &counts, &s->err), IE_OK);
    IE_AUTO_FREE char *restored = tree_state(root);
    assert_string_equal(restored, before);
    umount(at(s, "disk"));
}

/* ---- cost --------------------------------------------------------------------------------- */

static int count_syncs(void *user, const ie_fs_event *event)
{
    *(int *)user += event->op == IE_FS_SYNC || event->op == IE_FS_SYNC_DIRECTORY;
    return 0;
}

static void a_rename_costs_less_than_one_sync(void **state)
{
    scene *s = *state;
    for (uint32_t i = 0; i < 320; i++) {
        IE_AUTO_FREE char *from = ie_asprintf("%u.jpg", i), *to = ie_asprintf("2023/%u.jpg", i);
        tree_write(s->root, from, "photo");
        tree_plan(s->plan, IE_ACTION_MOVE, s->root, from, to, i);
    }
    int syncs = 0;
    ie_fs_set_hook(&(ie_fs_hook){count_syncs, NULL, &syncs});
    apply_is_ok(s);
    ie_fs_set_hook(NULL);
    printf("%d syncs for 320 renames\n", syncs);
    assert_true(syncs < 64);
    for (size_t i = 0; i < 320; i++) {
        outcome_is(nth(s, i), IE_OUTCOME_DONE, NULL);
    }
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_set, scene_clear)
    const struct CMUnitTest tests[] = {
        SCENE(a_plan_without_work_leaves_no_trace),
        SCENE(a_file_that_changed_since_the_plan_is_left_alone),
        SCENE(nothing_is_overwritten_and_a_unit_stays_together),
        SCENE(a_name_taken_in_the_last_moment_takes_the_unit_back),
        SCENE(a_file_that_changes_or_goes_after_the_check_does_not_stop_the_run),
        SCENE(targets_outside_the_root_or_over_links_are_refused),
        SCENE(a_duplicate_goes_only_after_proof),
        SCENE(two_that_name_each_other_as_survivor_do_not_both_go),
        SCENE(another_version_goes_only_while_the_survivor_is_what_was_looked_at),
        SCENE(another_version_stays_when_the_survivor_changed_since_the_plan),
        SCENE(a_proof_that_no_longer_holds_is_no_proof),
        SCENE(quarantine_keeps_inode_links_and_attributes),
        SCENE(cancelling_keeps_what_is_done_and_says_so),
        SCENE(what_a_stopped_run_did_not_reach_is_counted_apart),
        SCENE(a_second_run_is_told_who_holds_the_root_or_waits),
        SCENE(the_lock_of_a_dead_process_is_no_lock),
        SCENE(a_move_to_another_file_system_is_a_verified_copy_and_keeps_the_original),
        SCENE(a_name_may_change_its_case_where_case_is_folded),
        SCENE(a_rename_costs_less_than_one_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
