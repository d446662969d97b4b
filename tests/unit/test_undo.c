// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/known.h"
#include "tree.h"

typedef struct scene {
    char *root, *output;
    ie_plan *plan;
    char id[40];
    ie_error err;
    ie_undo_counts counts;
    ie_buffer lines;
} scene;

static int scene_set(void **state)
{
    scene *s = ie_alloc(sizeof *s);
    s->root = tree_new();
    s->output = tree_new();
    s->plan = ie_plan_new("test");
    *state = s;
    return 0;
}

static int scene_clear(void **state)
{
    scene *s = *state;
    ie_plan_free(s->plan);
    tree_remove(s->root);
    tree_remove(s->output);
    free(s->root);
    free(s->output);
    ie_buffer_free(&s->lines);
    free(s);
    return 0;
}

static char *at(const scene *s, const char *root, const char *name)
{
    return ie_arena_printf(s->plan->arena, "%s/%s", root, name);
}

static void add_copy(scene *s, const char *from, const char *to, uint32_t unit)
{
    ie_action *action = tree_plan_add(s->plan, s->output, at(s, s->root, from), unit);
    action->kind = IE_ACTION_COPY;
    action->to = at(s, s->output, to);
}

static void apply_is_ok(scene *s)
{
    if (tree_apply(s->plan, s->id, &s->err) != IE_OK) {
        fail_msg("apply: %s", s->err.text);
    }
    for (size_t i = 0; i < s->plan->count; i++) {
        assert_int_equal(s->plan->actions[i].outcome, IE_OUTCOME_DONE);
    }
}

static void keep_line(void *user, const char *line)
{
    ie_buffer *lines = user;
    ie_buffer_printf(lines, "%s\n", line);
}

static ie_status undo(scene *s, const char *root, ie_undo_request request)
{
    const ie_apply_options options = {0};
    s->counts = (ie_undo_counts){0};
    ie_buffer_clear(&s->lines);
    return ie_undo_run(root, &request, &options, keep_line, &s->lines, &s->counts, &s->err);
}

typedef struct heard {
    unsigned files, batches, there;
} heard;

static void count_file_that_goes(void *user, const char *path)
{
    heard *h = user;
    h->files += path != NULL;
    h->batches += path == NULL;
    h->there += path != NULL && access(path, F_OK) == 0;
}

/* An undo that is killed in a batch has said of all its files that their bytes go. */
static void what_is_to_go_is_told_before_anything_goes(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    tree_write(s->root, "b", "photo 2");
    add_copy(s, "a", "a", 0);
    add_copy(s, "b", "b", 1);
    apply_is_ok(s);
    heard h = {0};
    const ie_apply_options options = {.undoes = count_file_that_goes, .undone_user = &h};
    const ie_undo_request dry = {.run_id = s->id, .dry_run = true}, real = {.run_id = s->id};
    assert_int_equal(ie_undo_run(s->output, &dry, &options, NULL, NULL, &s->counts, &s->err),
                     IE_OK);
    assert_int_equal(h.files, 0);
    assert_int_equal(ie_undo_run(s->output, &real, &options, NULL, NULL, &s->counts, &s->err),
                     IE_OK);
    assert_int_equal(h.files, 2);
    assert_int_equal(h.there, 2);
    assert_int_equal(h.batches, 1);
}

static void a_copy_that_was_edited_stays(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    add_copy(s, "a", "2023/a", 0);
    apply_is_ok(s);
    tree_write(s->output, "2023/a", "phot0");
    assert_int_equal(undo(s, s->output, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.refused, 1);
    assert_non_null(strstr(s->lines.data, "changed since"));
    assert_true(tree_has(s->output, "2023/a"));
}

static void a_copy_whose_source_is_gone_or_changed_stays(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    tree_write(s->root, "b", "photo");
    add_copy(s, "a", "a", 0);
    add_copy(s, "b", "b", 1);
    apply_is_ok(s);
    unlink(at(s, s->root, "a"));
    tree_write(s->root, "b", "phot0"); /* size and time as before */
    assert_int_equal(undo(s, s->output, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.refused, 2);
    assert_non_null(strstr(s->lines.data, "may be the last copy"));
    assert_true(tree_has(s->output, "a") && tree_has(s->output, "b"));
    /* Once the source is back, undo goes on. */
    tree_write(s->root, "b", "photo");
    assert_int_equal(undo(s, s->output, (ie_undo_request){0}), IE_OK);
    assert_int_equal(s->counts.removed, 1);
    assert_false(tree_has(s->output, "b"));
}

static void a_copy_that_the_source_now_links_to_stays(void **state)
{
    scene *s = *state;
    tree_write(s->root, "sub/a", "photo");
    tree_write(s->root, "hard/b", "photo 2");
    add_copy(s, "sub/a", "a", 0);
    add_copy(s, "hard/b", "b", 1);
    apply_is_ok(s);
    /* The originals were given up: one folder is a link to the copies, the other holds a
       hard link. */
    unlink(at(s, s->root, "sub/a"));
    assert_int_equal(rmdir(at(s, s->root, "sub")), 0);
    assert_int_equal(symlink(s->output, at(s, s->root, "sub")), 0);
    unlink(at(s, s->root, "hard/b"));
    assert_int_equal(link(at(s, s->output, "b"), at(s, s->root, "hard/b")), 0);
    assert_int_equal(undo(s, s->output, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.refused, 1);
    assert_int_equal(s->counts.removed, 1);
    assert_non_null(strstr(s->lines.data, "leads to the copy itself"));
    assert_true(tree_has(s->output, "a") && tree_has(s->root, "hard/b"));
    unlink(at(s, s->root, "sub"));
}

static void a_name_taken_meanwhile_is_not_overwritten_and_the_unit_stays(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.jpg", "photo");
    tree_write(s->root, "a.xmp", "sidecar");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.jpg", "b.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.xmp", "b.xmp", 0);
    apply_is_ok(s);
    tree_write(s->root, "a.xmp", "new");
    IE_AUTO_FREE char *before = tree_state(s->root);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.refused, 2);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void what_a_damaged_line_said_counts_as_refused(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    tree_write(s->root, "b", "photo 2");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "x", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b", "y", 1);
    apply_is_ok(s);
    IE_AUTO_FREE char *path = ie_journal_path(s->root, s->id);
    IE_AUTO_FREE char *text = tree_read(path);
    const char *line = strstr(text, "\"intent\"");
    assert_non_null(line);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "X", 1, line - text + 1), 1);
    close(fd);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.restored, 1);
    assert_true(s->counts.refused > 0);
    assert_non_null(strstr(s->lines.data, "damaged"));
    assert_true(tree_has(s->root, "x") && tree_has(s->root, "b"));
}

static void undo_after_undo_does_nothing(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    IE_AUTO_FREE char *before = tree_state(s->root);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "2023/b", 0);
    apply_is_ok(s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
        assert_int_equal(s->counts.restored, i == 0);
        IE_AUTO_FREE char *after = tree_state(s->root);
        assert_string_equal(after, before);
    }
    assert_int_equal(undo(s, s->root, (ie_undo_request){0}), IE_ERR_NOT_FOUND);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = "20200101T000000-0000"}),
                     IE_ERR_NOT_FOUND);
}

static void undo_works_where_the_disk_is_mounted_now(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "dup", "the same");
    tree_write(s->root, "a", "photo");
    IE_AUTO_FREE char *before = tree_state(s->root);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    tree_plan_survivor(s->plan, tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "dup", NULL, 1),
                       at(s, s->root, "keep"));
    apply_is_ok(s);
    IE_AUTO_FREE char *moved = ie_asprintf("%s-moved", s->root);
    assert_int_equal(rename(s->root, moved), 0);
    assert_int_equal(undo(s, moved, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.restored, 2);
    IE_AUTO_FREE char *after = tree_state(moved);
    assert_string_equal(after, before);
    tree_remove(moved);
}

static void a_glob_undoes_the_units_it_matches(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.jpg", "photo");
    tree_write(s->root, "a.xmp", "sidecar");
    tree_write(s->root, "b.jpg", "other");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.jpg", "1.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.xmp", "1.xmp", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b.jpg", "2.jpg", 1);
    apply_is_ok(s);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id, .path_glob = "*.xmp"}),
                     IE_OK);
    assert_int_equal(s->counts.restored, 2);
    assert_int_equal(s->counts.untouched, 1);
    assert_true(tree_has(s->root, "a.jpg") && tree_has(s->root, "a.xmp") &&
                tree_has(s->root, "2.jpg"));
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.restored, 1);
    assert_true(tree_has(s->root, "b.jpg"));
}

static void a_dry_run_tells_what_undo_then_does(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "first");
    tree_write(s->root, "b", "second one");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b", "c", 1);
    apply_is_ok(s);
    IE_AUTO_FREE char *before = tree_state(s->root);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id, .dry_run = true}), IE_OK);
    assert_int_equal(s->counts.restored, 2);
    assert_int_equal(s->counts.refused, 0);
    assert_non_null(strstr(s->lines.data, "would be"));
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_int_equal(s->counts.restored, 2);
}

static void runs_are_undone_in_reverse_and_a_folder_that_was_made_goes(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *made = ie_path_join(s->output, "x/y");
    tree_write(s->root, "a", "photo");
    tree_write(s->root, "b", "other");
    for (int i = 0; i < 2; i++) {
        ie_plan *plan = ie_plan_new("test");
        ie_action *action = tree_plan_add(plan, made, at(s, s->root, i == 0 ? "a" : "b"), 0);
        action->kind = IE_ACTION_COPY;
        action->to = at(s, made, i == 0 ? "2023/a" : "2023/b");
        assert_int_equal(tree_apply(plan, s->id, &s->err), IE_OK);
        ie_plan_free(plan);
    }
    assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
    assert_false(tree_has(made, "2023/b"));
    assert_true(tree_has(made, "2023/a"));
    assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
    assert_false(tree_has(s->output, "x"));
}

static void a_root_with_other_things_in_it_stays(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *made = ie_path_join(s->output, "x");
    tree_write(s->root, "a", "photo");
    ie_action *action = tree_plan_add(s->plan, made, at(s, s->root, "a"), 0);
    action->kind = IE_ACTION_COPY;
    action->to = at(s, made, "2023/a");
    apply_is_ok(s);
    tree_write(made, "2023/mine", "mine");
    assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
    assert_false(tree_has(made, "2023/a"));
    assert_true(tree_has(made, "2023/mine"));
}

/* ---- making the root ---------------------------------------------------------------------- */

static void copy_into(scene *s, const char *root, const char *from, const char *to)
{
    ie_action *action = tree_plan_add(s->plan, root, at(s, s->root, from), 0);
    action->kind = IE_ACTION_COPY;
    action->to = at(s, root, to);
}

static void an_empty_folder_of_the_users_own_stays_whatever_its_mode(void **state)
{
    scene *s = *state;
    static const mode_t modes[] = {0755, 01755, 01700, 01777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        IE_AUTO_FREE char *name = ie_asprintf("own %zu", i), *own = ie_path_join(s->output, name);
        tree_write(s->root, name, "photo");
        assert_int_equal(mkdir(own, 0700), 0);
        assert_int_equal(chmod(own, modes[i]), 0);
        copy_into(s, own, name, "a");
        apply_is_ok(s);
        assert_true(tree_has(own, "a"));
        assert_int_equal(undo(s, own, (ie_undo_request){0}), IE_OK);
        struct stat st;
        assert_int_equal(lstat(own, &st), 0);
        assert_int_equal(st.st_mode & 07777, modes[i]);
        assert_false(tree_has(own, "a"));
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
    }
}

/* Where the folder "x" is built and taken apart. */
static char *aside_of_x(const scene *s)
{
    char hex[33];
    ie_hash128_hex(ie_hash128_of("x", 1), hex);
    IE_AUTO_FREE char *name = ie_asprintf(".imgengine-%.16s.root", hex);
    return ie_path_join(s->output, name);
}

static void what_a_killed_run_left_aside_goes_but_nothing_of_the_users(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *made = ie_path_join(s->output, "x/y"), *aside = aside_of_x(s);
    tree_write(s->root, "a", "photo");
    assert_int_equal(mkdir(aside, 0755), 0);
    tree_write(aside, "y/.imgengine/volume", "half written");
    copy_into(s, made, "a", "a");
    apply_is_ok(s);
    assert_false(ie_fs_exists(aside));
    assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
    IE_AUTO_FREE char *left = tree_state(s->output);
    assert_string_equal(left, "");

    assert_int_equal(mkdir(aside, 0755), 0);
    tree_write(aside, "y/mine", "my own"); /* came in while undo had the folder aside */
    apply_is_ok(s);
    assert_false(ie_fs_exists(aside));
    assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
    IE_AUTO_FREE char *mine = ie_path_join(made, "mine"), *text = tree_read(mine);
    assert_string_equal(text, "my own");
    assert_false(tree_has(made, "a"));
}

static void of_two_that_make_a_folder_at_once_both_get_it(void **state)
{
    scene *s = *state;
    for (int i = 0; i < 20; i++) {
        IE_AUTO_FREE char *name = ie_asprintf("new %d/folder", i),
                          *made = ie_path_join(s->output, name);
        pid_t children[2];
        for (int k = 0; k < 2; k++) {
            IE_AUTO_FREE char *from = ie_asprintf("%d.%d", i, k);
            tree_write(s->root, from, "photo");
            children[k] = fork();
            if (children[k] == 0) {
                copy_into(s, made, from, from);
                const ie_apply_options options = {.wait = true};
                _exit(ie_apply_run(s->plan, &options, s->id, NULL) == IE_OK ? 0 : 1);
            }
        }
        for (int k = 0; k < 2; k++) {
            int result;
            assert_int_equal(waitpid(children[k], &result, 0), children[k]);
            assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
        }
        for (int k = 0; k < 2; k++) {
            assert_int_equal(undo(s, made, (ie_undo_request){0}), IE_OK);
        }
    }
    IE_AUTO_FREE char *left = tree_state(s->output);
    assert_string_equal(left, "");
}

/* ---- listing ------------------------------------------------------------------------------ */

static ie_status keep_run(void *user, const ie_run_info *run)
{
    ie_buffer_printf(user, "%s %" PRIu64 " actions %" PRIu64 " undone %" PRIu64 " held\n",
                     run->state, run->actions, run->undone, run->held_bytes);
    return IE_OK;
}

static void runs_tell_their_state(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "dup", "the same");
    tree_write(s->root, "a", "photo");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    tree_plan_survivor(s->plan, tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "dup", NULL, 1),
                       at(s, s->root, "keep"));
    assert_int_equal(ie_journal_runs(s->root, keep_run, &s->lines, &s->err), IE_OK);
    assert_int_equal(s->lines.size, 0);
    apply_is_ok(s);
    IE_AUTO_FREE char *before = tree_state(s->root);
    ie_buffer told = {0};
    assert_int_equal(ie_journal_runs(s->root, keep_run, &told, &s->err), IE_OK);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.path_glob = "a"}), IE_OK);
    assert_int_equal(ie_journal_runs(s->root, keep_run, &told, &s->err), IE_OK);
    assert_int_equal(undo(s, s->root, (ie_undo_request){0}), IE_OK);
    assert_int_equal(ie_journal_runs(s->root, keep_run, &told, &s->err), IE_OK);
    assert_string_equal(told.data, "done 2 actions 0 undone 8 held\n"
                                   "partly undone 2 actions 1 undone 8 held\n"
                                   "undone 2 actions 2 undone 0 held\n");
    ie_buffer_free(&told);
}

static void state_is(scene *s, const char *expected)
{
    ie_buffer told = {0};
    assert_int_equal(ie_journal_runs(s->root, keep_run, &told, &s->err), IE_OK);
    assert_string_equal(told.data, expected);
    ie_buffer_free(&told);
}

static void a_run_that_came_to_nothing_is_undone_when_undo_was_called(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    apply_is_ok(s);
    IE_AUTO_FREE char *path = ie_journal_path(s->root, s->id);
    assert_int_equal(unlink(path), 0);
    const ie_journal_head head = {.id = s->id, .command = "test"};
    ie_journal *journal;
    assert_int_equal(ie_journal_create(s->root, &head, &journal, &s->err), IE_OK);
    ie_journal_end(journal, "interrupted");
    assert_int_equal(ie_journal_flush(journal, true, &s->err), IE_OK);
    ie_journal_close(journal);
    state_is(s, "interrupted 0 actions 0 undone 0 held\n");
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    state_is(s, "undone 0 actions 0 undone 0 held\n");
}

/* The run's journal with another end, as if it had been written so. */
static void end_with(scene *s, const char *root, const char *state)
{
    ie_log *log;
    ie_journal *journal;
    IE_AUTO_FREE char *path = ie_journal_path(root, s->id);
    IE_AUTO_FREE char *text = tree_read(path);
    size_t size = strlen(text) - 1;
    while (text[size - 1] != '\n') {
        size--;
    }
    assert_int_equal(truncate(path, (off_t)size), 0);
    assert_int_equal(ie_log_read(root, s->id, &log, &s->err), IE_OK);
    assert_int_equal(ie_journal_resume(root, s->id, log->good_size, &journal, &s->err), IE_OK);
    ie_log_free(log);
    ie_journal_end(journal, state);
    assert_int_equal(ie_journal_flush(journal, true, &s->err), IE_OK);
    ie_journal_close(journal);
}

static void a_run_that_an_error_stopped_is_told_as_failed_and_can_be_undone(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    IE_AUTO_FREE char *before = tree_state(s->root);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    apply_is_ok(s);
    end_with(s, s->root, "error");
    state_is(s, "failed 1 actions 0 undone 0 held\n");
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    state_is(s, "undone 1 actions 1 undone 0 held\n");
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static const char *state_in(scene *s, ie_known_run *run, ie_run_info *info)
{
    ie_engine engine = {0};
    run->id = s->id;
    ie_known_run_info(&engine, run, info);
    return info->state;
}

static void
of_several_roots_the_worst_is_told_and_one_where_nothing_was_done_does_not_count(void **state)
{
    scene *s = *state;
    char *roots[2] = {s->root, s->output};
    ie_known_run run = {.roots = roots, .root_count = 2};
    ie_run_info info;
    tree_write(s->root, "a", "photo");
    tree_write(s->output, "a", "photo");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "b", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->output, "a", "b", 1);
    apply_is_ok(s);
    assert_string_equal(state_in(s, &run, &info), "done");
    end_with(s, s->output, "error");
    assert_string_equal(state_in(s, &run, &info), "failed");
    assert_int_equal(info.actions, 2);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_string_equal(state_in(s, &run, &info), "partly undone");
    assert_int_equal(undo(s, s->output, (ie_undo_request){.run_id = s->id}), IE_OK);
    assert_string_equal(state_in(s, &run, &info), "undone");
    /* Nothing was done in this one, for the error came at once. */
    IE_AUTO_FREE char *path = ie_journal_path(s->output, s->id);
    assert_int_equal(unlink(path), 0);
    const ie_journal_head head = {.id = s->id, .command = "test"};
    ie_journal *journal;
    assert_int_equal(ie_journal_create(s->output, &head, &journal, &s->err), IE_OK);
    ie_journal_end(journal, "error");
    assert_int_equal(ie_journal_flush(journal, true, &s->err), IE_OK);
    ie_journal_close(journal);
    assert_string_equal(state_in(s, &run, &info), "undone");
}

static void an_undo_that_was_killed_before_its_end_is_not_told_as_undone(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "photo");
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a", "x/b", 0);
    apply_is_ok(s);
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    state_is(s, "undone 1 actions 1 undone 0 held\n");
    IE_AUTO_FREE char *path = ie_journal_path(s->root, s->id);
    IE_AUTO_FREE char *text = tree_read(path);
    size_t size = strlen(text) - 1;
    while (text[size - 1] != '\n') {
        size--;
    }
    assert_int_equal(truncate(path, (off_t)size), 0);
    assert_int_equal(mkdir(at(s, s->root, "x"), 0777), 0);
    state_is(s, "partly undone 1 actions 1 undone 0 held\n");
    assert_int_equal(undo(s, s->root, (ie_undo_request){.run_id = s->id}), IE_OK);
    state_is(s, "undone 1 actions 1 undone 0 held\n");
    assert_false(tree_has(s->root, "x"));
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_set, scene_clear)
    const struct CMUnitTest tests[] = {
        SCENE(what_is_to_go_is_told_before_anything_goes),
        SCENE(a_copy_that_was_edited_stays),
        SCENE(a_copy_whose_source_is_gone_or_changed_stays),
        SCENE(a_copy_that_the_source_now_links_to_stays),
        SCENE(a_name_taken_meanwhile_is_not_overwritten_and_the_unit_stays),
        SCENE(what_a_damaged_line_said_counts_as_refused),
        SCENE(undo_after_undo_does_nothing),
        SCENE(undo_works_where_the_disk_is_mounted_now),
        SCENE(a_glob_undoes_the_units_it_matches),
        SCENE(a_dry_run_tells_what_undo_then_does),
        SCENE(runs_are_undone_in_reverse_and_a_folder_that_was_made_goes),
        SCENE(a_root_with_other_things_in_it_stays),
        SCENE(an_empty_folder_of_the_users_own_stays_whatever_its_mode),
        SCENE(what_a_killed_run_left_aside_goes_but_nothing_of_the_users),
        SCENE(of_two_that_make_a_folder_at_once_both_get_it),
        SCENE(runs_tell_their_state),
        SCENE(a_run_that_came_to_nothing_is_undone_when_undo_was_called),
        SCENE(an_undo_that_was_killed_before_its_end_is_not_told_as_undone),
        SCENE(a_run_that_an_error_stopped_is_told_as_failed_and_can_be_undone),
        SCENE(of_several_roots_the_worst_is_told_and_one_where_nothing_was_done_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
