// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/derive.h"
#include "engine/purge.h"
#include "storage/journal.h"
#include "tree.h"

typedef struct heard {
    ie_buffer lines;
    uint64_t runs;
} heard;

static void on_line(void *user, const char *line)
{
    heard *h = user;
    ie_buffer_printf(&h->lines, "%s\n", line);
}

static ie_status on_run(void *user, const ie_purge_run *run)
{
    heard *h = user;
    h->runs++;
    return run->files + run->kept > 0 ? IE_OK : IE_ERR_INTERNAL;
}

static ie_purge_counts purge(const char *root, const ie_purge_request *request, heard *h)
{
    const ie_apply_options options = {0};
    ie_purge_counts counts = {0};
    ie_error err = {0};
    ie_status status = ie_purge_root(root, request, &options, on_run, on_line, h, &counts, &err);
    if (status != IE_OK) {
        fail_msg("purge: %s", err.text);
    }
    return counts;
}

/* Three duplicates of one picture, one of them with a sidecar, go into quarantine; returns
   the run. */
static char *dedupe(const char *root)
{
    static char id[40];
    ie_error err = {0};
    tree_write(root, "keep.jpg", "the picture");
    tree_write(root, "one.jpg", "the picture");
    tree_write(root, "two.jpg", "the picture");
    tree_write(root, "keep.xmp", "its words");
    tree_write(root, "two.xmp", "its words");
    ie_plan *plan = ie_plan_new("dedupe");
    IE_AUTO_FREE char *keep = ie_path_join(root, "keep.jpg"),
                      *words = ie_path_join(root, "keep.xmp");
    ie_action *action = tree_plan(plan, IE_ACTION_QUARANTINE, root, "one.jpg", NULL, 1);
    tree_plan_survivor(plan, action, keep);
    action = tree_plan(plan, IE_ACTION_QUARANTINE, root, "two.jpg", NULL, 2);
    tree_plan_survivor(plan, action, keep);
    action = tree_plan(plan, IE_ACTION_QUARANTINE, root, "two.xmp", NULL, 2);
    tree_plan_survivor(plan, action, words);
    if (tree_apply(plan, id, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    ie_plan_free(plan);
    assert_false(tree_has(root, "one.jpg"));
    return id;
}

/* Instead of the real one: what is made anew of a file says so. */
ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path,
                    ie_error *err)
{
    IE_AUTO_FREE char *text = tree_read(action->from), *made = ie_asprintf("%s, made anew", text);
    int fd = open(temp_path, O_WRONLY | O_TRUNC);
    bool good = fd >= 0 && write(fd, made, strlen(made)) == (ssize_t)strlen(made);
    close(fd);
    return good ? IE_OK : ie_error_set(err, IE_ERR_IO, "it cannot be written");
}

static void make_anew(const char *root, const char *from, const char *to)
{
    char id[40];
    ie_plan *plan = ie_plan_new("tag");
    ie_action_tags(plan, tree_plan(plan, IE_ACTION_REPLACE, root, from, to, 1))->title = "new";
    assert_int_equal(tree_apply(plan, id, NULL), IE_OK);
    ie_plan_free(plan);
}

/* One duplicate put away, with or without proof in the journal, as an earlier version wrote it. */
static char *dedupe_one(const char *root, const char *stays, const char *goes, bool proof)
{
    static char id[40];
    ie_plan *plan = ie_plan_new("dedupe");
    IE_AUTO_FREE char *keep = ie_path_join(root, stays);
    tree_plan_survivor(plan, tree_plan(plan, IE_ACTION_QUARANTINE, root, goes, NULL, 1), keep);
    assert_int_equal(tree_apply(plan, id, NULL), IE_OK);
    ie_plan_free(plan);
    IE_AUTO_FREE char *path = ie_journal_path(root, id), *text = tree_read(path);
    char *line = strstr(text, "\"t\":\"proof\"");
    assert_non_null(line);
    if (!proof) {
        char *end = strchr(line, '\n') + 1;
        while (line[-1] != '\n') {
            line--;
        }
        memmove(line, end, strlen(end) + 1);
        int fd = open(path, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
    }
    return id;
}

static char *quarantined(const char *root, const char *id, const char *name)
{
    ie_log *log;
    char *path = NULL;
    assert_int_equal(ie_log_read(root, id, &log, NULL), IE_OK);
    for (size_t i = 0; i < log->count; i++) {
        if (strcmp(ie_path_base(log->entries[i].from), name) == 0) {
            path = ie_strdup(log->entries[i].quarantine);
        }
    }
    ie_log_free(log);
    assert_non_null(path);
    return path;
}

static uint64_t held(const char *root)
{
    IE_AUTO_FREE char *folder = ie_path_join(root, ".imgengine/quarantine");
    char *state = tree_state(folder);
    uint64_t count = 0;
    for (const char *p = state; (p = strstr(p, "links")) != NULL; p++) {
        count++;
    }
    free(state);
    return count;
}

static void without_apply_nothing_is_freed(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    dedupe(root);
    ie_purge_counts counts = purge(root, &(ie_purge_request){0}, &h);
    assert_int_equal(counts.files, 3);
    assert_int_equal(counts.bytes, 2 * strlen("the picture") + strlen("its words"));
    assert_int_equal(counts.runs, 1);
    assert_int_equal(h.runs, 1);
    assert_int_equal(held(root), 3);
    tree_remove(root);
}

static ie_status take_info(void *user, const ie_run_info *info)
{
    ie_run_info *copy = user;
    *copy = *info;
    assert_string_equal(info->state, "purged");
    return IE_OK;
}

static void undo_tells_what_purge_freed(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    const char *id = dedupe(root);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 3);
    assert_int_equal(held(root), 0);
    ie_run_info info = {0};
    assert_int_equal(ie_journal_run(root, id, take_info, &info, NULL), IE_OK);
    assert_int_equal(info.purged, 3);
    assert_int_equal(info.held_bytes, 0);

    const ie_apply_options options = {0};
    const ie_undo_request request = {.run_id = id};
    ie_undo_counts undone = {0};
    assert_int_equal(ie_undo_run(root, &request, &options, on_line, &h, &undone, NULL), IE_OK);
    assert_int_equal(undone.refused, 3);
    assert_int_equal(undone.restored, 0);
    assert_non_null(strstr(h.lines.data, "purge freed"));
    /* The newest run that can be undone is not this one. */
    assert_int_equal(tree_undo(root, NULL, &undone, NULL), IE_ERR_NOT_FOUND);
    ie_buffer_free(&h.lines);
    tree_remove(root);
}

static void purged_files_are_counted_once(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    dedupe(root);
    purge(root, &(ie_purge_request){.apply = true}, &h);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 0);
    assert_int_equal(h.runs, 1);
    tree_remove(root);
}

static void a_file_changed_in_quarantine_is_kept_with_its_unit(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    const char *id = dedupe(root);
    IE_AUTO_FREE char *path = quarantined(root, id, "two.xmp");
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "!", 1), 1);
    close(fd);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 1);
    assert_int_equal(counts.kept, 2);
    assert_int_equal(held(root), 2);
    assert_non_null(strstr(h.lines.data, "two.xmp"));
    assert_non_null(strstr(h.lines.data, "not the file that was put there"));
    ie_buffer_free(&h.lines);
    tree_remove(root);
}

static void a_stranger_in_quarantine_is_never_touched(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    const char *id = dedupe(root);
    IE_AUTO_FREE char *name = ie_asprintf(".imgengine/quarantine/%s/stranger.jpg", id);
    tree_write(root, name, "not ours");
    tree_write(root, ".imgengine/quarantine/other/stranger.jpg", "not ours");
    purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_true(tree_has(root, name));
    assert_int_equal(held(root), 2);
    tree_remove(root);
}

static void a_duplicate_whose_survivor_is_gone_is_kept(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    dedupe(root);
    IE_AUTO_FREE char *keep = ie_path_join(root, "keep.jpg");
    assert_int_equal(unlink(keep), 0);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 0);
    assert_int_equal(counts.kept, 3);
    assert_int_equal(held(root), 3);
    assert_non_null(strstr(h.lines.data, "last copy"));
    ie_buffer_free(&h.lines);
    tree_remove(root);
}

static void another_file_of_the_survivors_name_is_no_survivor(void **state)
{
    for (int proof = 0; proof < 2; proof++) {
        IE_AUTO_FREE char *root = tree_new();
        heard h = {0};
        tree_write(root, "keep.jpg", "the picture");
        tree_write(root, "one.jpg", "the picture");
        dedupe_one(root, "keep.jpg", "one.jpg", proof != 0);
        tree_write(root, "keep.jpg", "the pictorX"); /* of the same size and time */
        ie_purge_counts counts =
            purge(root, &(ie_purge_request){.apply = true, .edited = true}, &h);
        assert_int_equal(counts.files, 0);
        assert_int_equal(counts.kept, 1);
        assert_non_null(strstr(h.lines.data, "other bytes"));
        tree_write(root, "keep.jpg", "the picture");
        counts = purge(root, &(ie_purge_request){.apply = true}, &h);
        assert_int_equal(counts.files, 1);
        ie_buffer_free(&h.lines);
        tree_remove(root);
    }
}

static void a_stranger_that_a_later_run_put_away_leads_nowhere(void **state)
{
    for (int proof = 0; proof < 2; proof++) {
        IE_AUTO_FREE char *root = tree_new();
        heard h = {0};
        tree_write(root, "keep.jpg", "the picture");
        tree_write(root, "one.jpg", "the picture");
        dedupe_one(root, "keep.jpg", "one.jpg", proof != 0);
        tree_write(root, "keep.jpg", "the stranger");
        tree_write(root, "other.jpg", "the stranger");
        dedupe_one(root, "other.jpg", "keep.jpg", proof != 0);
        ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
        assert_int_equal(counts.files, 1);
        assert_int_equal(counts.kept, 1);
        assert_non_null(strstr(h.lines.data, "one.jpg: kept"));
        ie_buffer_free(&h.lines);
        tree_remove(root);
    }
}

static void a_survivor_that_later_runs_made_anew_and_put_away_is_found(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    tree_write(root, "keep.jpg", "the picture");
    tree_write(root, "one.jpg", "the picture");
    tree_write(root, "last.jpg", "the picture, made anew");
    dedupe_one(root, "keep.jpg", "one.jpg", true);
    make_anew(root, "keep.jpg", "keep.jpg");
    make_anew(root, "last.jpg", "last.jpg");
    IE_AUTO_FREE char *anew = ie_path_join(root, "keep.jpg"), *text = tree_read(anew);
    assert_string_equal(text, "the picture, made anew");
    tree_write(root, "same.jpg", "the picture, made anew");
    dedupe_one(root, "same.jpg", "keep.jpg", true);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 4);
    assert_int_equal(counts.kept, 0);
    assert_true(tree_has(root, "same.jpg"));
    tree_remove(root);
}

static void an_original_whose_new_file_was_edited_goes_only_when_that_is_said(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    tree_write(root, "one.jpg", "the picture");
    make_anew(root, "one.jpg", "two.jpg");
    tree_write(root, "two.jpg", "edited by hand");
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 0);
    assert_int_equal(counts.kept, 1);
    assert_non_null(strstr(h.lines.data, "--edited"));
    counts = purge(root, &(ie_purge_request){.apply = true, .edited = true}, &h);
    assert_int_equal(counts.files, 1);
    ie_buffer_free(&h.lines);
    tree_remove(root);
}

static void a_survivor_that_was_renamed_by_a_later_run_is_found(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    char id[40];
    dedupe(root);
    static const char *const names[] = {"keep.jpg", "new/name.jpg", "newer.jpg"};
    for (size_t i = 0; i < 2; i++) {
        ie_plan *plan = ie_plan_new("rename");
        tree_plan(plan, IE_ACTION_MOVE, root, names[i], names[i + 1], 1);
        assert_int_equal(tree_apply(plan, id, NULL), IE_OK);
        ie_plan_free(plan);
    }
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 3);
    assert_int_equal(counts.kept, 0);
    tree_remove(root);
}

static void a_survivor_that_the_same_run_renamed_is_found(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    char id[40];
    tree_write(root, "keep.jpg", "the picture");
    tree_write(root, "one.jpg", "the picture");
    ie_plan *plan = ie_plan_new("process");
    IE_AUTO_FREE char *keep = ie_path_join(root, "keep.jpg");
    ie_action *action = tree_plan(plan, IE_ACTION_QUARANTINE, root, "one.jpg", NULL, 1);
    tree_plan_survivor(plan, action, keep);
    tree_plan(plan, IE_ACTION_MOVE, root, "keep.jpg", "new/name.jpg", 2);
    assert_int_equal(tree_apply(plan, id, NULL), IE_OK);
    ie_plan_free(plan);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 1);
    assert_int_equal(counts.kept, 0);
    tree_remove(root);
}

static void young_runs_and_other_runs_are_left_alone(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    dedupe(root);
    ie_purge_counts counts =
        purge(root, &(ie_purge_request){.apply = true, .older_than_s = 3600}, &h);
    assert_int_equal(counts.files, 0);
    const ie_apply_options options = {0};
    const ie_purge_request request = {.apply = true, .run_id = "20200101T000000-0000"};
    assert_int_equal(ie_purge_root(root, &request, &options, NULL, NULL, NULL, &counts, NULL),
                     IE_ERR_NOT_FOUND);
    assert_int_equal(held(root), 3);
    tree_remove(root);
}

static void what_was_undone_is_not_in_quarantine(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    heard h = {0};
    ie_undo_counts undone = {0};
    dedupe(root);
    assert_int_equal(tree_undo(root, NULL, &undone, NULL), IE_OK);
    ie_purge_counts counts = purge(root, &(ie_purge_request){.apply = true}, &h);
    assert_int_equal(counts.files, 0);
    assert_true(tree_has(root, "two.xmp"));
    tree_remove(root);
}

typedef struct blow {
    long at, count;
    int kind;
} blow;

static int strike(void *user, const ie_fs_event *event)
{
    blow *b = user;
    (void)event;
    if (++b->count != b->at) {
        return 0;
    }
    if (b->kind == 0) {
        _exit(137);
    }
    return b->kind;
}

/* The survivors and their words are there whatever happens, and nothing but quarantine shrinks. */
static void killed_or_failing_anywhere_purge_can_be_called_again(void **state)
{
    static const int kinds[] = {0, ENOSPC, EIO, EACCES};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool struck = true;
        for (long n = 1; struck; n++) {
            IE_AUTO_FREE char *root = tree_new();
            heard h = {0};
            dedupe(root);
            IE_AUTO_FREE char *before = tree_state(root);
            pid_t child = fork();
            if (child == 0) {
                blow b = {n, 0, kinds[k]};
                const ie_apply_options options = {0};
                const ie_purge_request request = {.apply = true};
                ie_purge_counts counts = {0};
                ie_error err = {0};
                ie_fs_set_hook(&(ie_fs_hook){strike, NULL, &b});
                ie_status status =
                    ie_purge_root(root, &request, &options, NULL, NULL, NULL, &counts, &err);
                bool told = status == IE_OK || strlen(err.text) > 10;
                _exit(!told ? 1 : b.count >= n ? 137 : 0);
            }
            int result;
            assert_int_equal(waitpid(child, &result, 0), child);
            assert_true(WIFEXITED(result) && WEXITSTATUS(result) != 1);
            struck = WEXITSTATUS(result) == 137;
            purge(root, &(ie_purge_request){.apply = true}, &h);
            assert_int_equal(held(root), 0);
            IE_AUTO_FREE char *after = tree_state(root);
            assert_string_equal(before, after);
            tree_remove(root);
        }
    }
}

/* Half way through, undo may still restore what is left. */
static void killed_anywhere_in_purge_undo_restores_what_is_left(void **state)
{
    bool struck = true;
    for (long n = 1; struck; n++) {
        IE_AUTO_FREE char *root = tree_new();
        heard h = {0};
        dedupe(root);
        pid_t child = fork();
        if (child == 0) {
            blow b = {n, 0, 0};
            ie_fs_set_hook(&(ie_fs_hook){strike, NULL, &b});
            purge(root, &(ie_purge_request){.apply = true}, &h);
            _exit(0);
        }
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        struck = WEXITSTATUS(result) == 137;
        uint64_t left = held(root);
        ie_undo_counts undone = {0};
        ie_status status = tree_undo(root, NULL, &undone, NULL);
        assert_true(status == IE_OK || (left == 0 && status == IE_ERR_NOT_FOUND));
        assert_int_equal(undone.restored + held(root), left);
        assert_true(left != 1 || tree_has(root, "one.jpg") || held(root) == 1);
        tree_remove(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_apply_nothing_is_freed),
        cmocka_unit_test(undo_tells_what_purge_freed),
        cmocka_unit_test(purged_files_are_counted_once),
        cmocka_unit_test(a_file_changed_in_quarantine_is_kept_with_its_unit),
        cmocka_unit_test(a_stranger_in_quarantine_is_never_touched),
        cmocka_unit_test(a_duplicate_whose_survivor_is_gone_is_kept),
        cmocka_unit_test(another_file_of_the_survivors_name_is_no_survivor),
        cmocka_unit_test(a_stranger_that_a_later_run_put_away_leads_nowhere),
        cmocka_unit_test(a_survivor_that_later_runs_made_anew_and_put_away_is_found),
        cmocka_unit_test(an_original_whose_new_file_was_edited_goes_only_when_that_is_said),
        cmocka_unit_test(a_survivor_that_was_renamed_by_a_later_run_is_found),
        cmocka_unit_test(a_survivor_that_the_same_run_renamed_is_found),
        cmocka_unit_test(young_runs_and_other_runs_are_left_alone),
        cmocka_unit_test(what_was_undone_is_not_in_quarantine),
        cmocka_unit_test(killed_or_failing_anywhere_purge_can_be_called_again),
        cmocka_unit_test(killed_anywhere_in_purge_undo_restores_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
