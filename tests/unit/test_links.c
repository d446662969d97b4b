// SPDX-License-Identifier: GPL-3.0-or-later
/* Duplicates whose names go to links: carried out, undone, written down, purged. */
#include "engine/purge.h"
#include "scene.h"

static int scene_with_duplicates(void **state)
{
    scene_set(state);
    const scene *s = *state;
    tree_write(s->root, "keep", "the same");
    tree_write(s->root, "sub/one", "the same");
    tree_write(s->root, "two", "the same");
    return 0;
}

static void plan_links(scene *s, ie_link link)
{
    static const char *const names[] = {"sub/one", "two"};
    for (uint32_t i = 0; i < 2; i++) {
        ie_action *action =
            tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, names[i], NULL, i + 1);
        tree_plan_survivor(s->plan, action, at(s, "keep"));
        action->verdict = IE_MATCH_SAME_BYTES;
        action->link = link;
    }
}

static void links_are(const scene *s, ie_link link)
{
    struct stat keep, st;
    char target[400] = {0};
    assert_int_equal(lstat(at(s, "keep"), &keep), 0);
    for (int i = 0; i < 2; i++) {
        const char *path = at(s, i == 0 ? "sub/one" : "two");
        assert_int_equal(lstat(path, &st), 0);
        if (link == IE_LINK_HARD) {
            assert_int_equal(st.st_ino, keep.st_ino);
            assert_int_equal(st.st_nlink, 3);
        } else {
            assert_true(S_ISLNK(st.st_mode));
            memset(target, 0, sizeof target);
            assert_true(readlink(path, target, sizeof target - 1) > 0);
            /* relative, so that it survives when the whole folder moves */
            assert_string_equal(target, i == 0 ? "../keep" : "keep");
        }
    }
}

static const ie_link links[] = {IE_LINK_HARD, IE_LINK_SYMBOLIC};

static void a_link_takes_the_name_and_undo_brings_back_the_file(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *before = tree_state(s->root);
    for (size_t i = 0; i < 2; i++) {
        ie_undo_counts counts;
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
        plan_links(s, links[i]);
        assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
        assert_int_equal(s->plan->actions[0].outcome, IE_OUTCOME_DONE);
        assert_int_equal(s->plan->actions[1].outcome, IE_OUTCOME_DONE);
        links_are(s, links[i]);
        assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
        assert_int_equal(counts.restored, 2);
        assert_int_equal(counts.refused, 0);
        IE_AUTO_FREE char *after = tree_state(s->root);
        assert_string_equal(after, before);
    }
}

static void what_took_the_place_of_a_link_is_not_removed(void **state)
{
    scene *s = *state;
    ie_undo_counts counts;
    plan_links(s, IE_LINK_SYMBOLIC);
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
    assert_int_equal(unlink(at(s, "two")), 0);
    assert_int_equal(symlink("/nowhere", at(s, "two")), 0);
    assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
    assert_int_equal(counts.restored, 1);
    assert_int_equal(counts.refused, 1);
    char target[100] = {0};
    assert_true(readlink(at(s, "two"), target, sizeof target - 1) > 0);
    assert_string_equal(target, "/nowhere");
}

static void an_edit_through_a_hard_link_is_not_undone(void **state)
{
    scene *s = *state;
    ie_undo_counts counts;
    plan_links(s, IE_LINK_HARD);
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
    int fd = open(at(s, "two"), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "!", 1), 1);
    close(fd);
    assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
    assert_int_equal(counts.refused, 2);
    IE_AUTO_FREE char *text = tree_read(at(s, "keep"));
    assert_string_equal(text, "the same!");
}

static void other_bytes_are_never_linked(void **state)
{
    scene *s = *state;
    tree_write(s->root, "two", "the samE");
    IE_AUTO_FREE char *before = tree_state(s->root);
    plan_links(s, IE_LINK_HARD);
    s->plan->actions[0].kind = IE_ACTION_KEEP;
    s->plan->actions[0].link = IE_LINK_NONE;
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
    assert_int_equal(s->plan->actions[1].outcome, IE_OUTCOME_SKIPPED);
    assert_non_null(strstr(s->plan->actions[1].problem, "byte for byte"));
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

/* Does the disk of the scene share blocks? */
static bool disk_clones(const scene *s)
{
    int from = open(at(s, "keep"), O_RDONLY), to = open(at(s, "probe"), O_RDWR | O_CREAT, 0600);
    bool clones = ie_fs_clone(from, to, at(s, "probe")) == 0;
    close(from);
    close(to);
    unlink(at(s, "probe"));
    return clones;
}

static void a_reflink_takes_the_name_and_undo_brings_back_the_file(void **state)
{
    scene *s = *state;
    if (!disk_clones(s)) {
        print_message("this file system knows no reflinks: not tested\n");
        skip();
    }
    struct stat was, is;
    ie_undo_counts counts;
    IE_AUTO_FREE char *before = tree_state(s->root);
    assert_int_equal(lstat(at(s, "two"), &was), 0);
    plan_links(s, IE_LINK_REF);
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
    assert_int_equal(s->plan->actions[1].outcome, IE_OUTCOME_DONE);
    assert_int_equal(lstat(at(s, "two"), &is), 0);
    assert_true(S_ISREG(is.st_mode) && is.st_nlink == 1 && is.st_ino != was.st_ino);
    assert_true(is.st_mode == was.st_mode && is.st_mtim.tv_sec == was.st_mtim.tv_sec &&
                is.st_mtim.tv_nsec == was.st_mtim.tv_nsec);
    IE_AUTO_FREE char *text = tree_read(at(s, "two"));
    assert_string_equal(text, "the same");
    assert_int_equal(tree_undo(s->root, s->id, &counts, &s->err), IE_OK);
    assert_int_equal(counts.restored, 2);
    assert_int_equal(lstat(at(s, "two"), &is), 0);
    assert_true(is.st_ino == was.st_ino);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static ie_link refused_link;

/* As a file system that knows no such link answers; links of other kinds, which renames may fall
   back on, are made. */
static int refuse_links(void *user, const ie_fs_event *event)
{
    (void)user;
    bool temp = strstr(event->to != NULL ? event->to : event->path, ".new") != NULL;
    bool meant = (refused_link == IE_LINK_HARD && event->op == IE_FS_LINK) ||
                 (refused_link == IE_LINK_REF && event->op == IE_FS_WRITE) ||
                 (refused_link == IE_LINK_SYMBOLIC && event->op == IE_FS_CREATE);
    return temp && meant ? refused_link == IE_LINK_REF ? EOPNOTSUPP : EPERM : 0;
}

static void
a_link_that_the_disk_does_not_know_stops_the_run_and_leaves_nothing_to_undo(void **state)
{
    static const char *const words[] = {
        [IE_LINK_HARD] = "knows no hard links, or permits none here",
        [IE_LINK_REF] = "knows no reflinks",
        [IE_LINK_SYMBOLIC] = "knows no symbolic links, or permits none here"};
    static const ie_link kinds[] = {IE_LINK_HARD, IE_LINK_REF, IE_LINK_SYMBOLIC};
    scene *s = *state;
    IE_AUTO_FREE char *before = tree_state(s->root);
    for (size_t i = 0; i < 3; i++) {
        ie_undo_counts counts;
        const ie_fs_hook hook = {.before = refuse_links};
        refused_link = kinds[i];
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
        plan_links(s, kinds[i]);
        ie_fs_set_hook(&hook);
        ie_status status = tree_apply(s->plan, s->id, &s->err);
        ie_fs_set_hook(NULL);
        assert_int_equal(status, IE_ERR_CHANGED);
        assert_non_null(strstr(s->err.text, words[kinds[i]]));
        assert_int_equal(s->plan->actions[0].outcome, IE_OUTCOME_FAILED);
        IE_AUTO_FREE char *after = tree_state(s->root);
        assert_string_equal(after, before);
        assert_int_equal(tree_undo(s->root, NULL, &counts, &s->err), IE_ERR_NOT_FOUND);
    }
}

static void purge_frees_what_a_link_stands_for(void **state)
{
    scene *s = *state;
    plan_links(s, IE_LINK_HARD);
    assert_int_equal(tree_apply(s->plan, s->id, &s->err), IE_OK);
    const ie_purge_request request = {.apply = true};
    const ie_apply_options options = {0};
    ie_purge_counts counts = {0};
    assert_int_equal(ie_purge_root(s->root, &request, &options, NULL, NULL, NULL, &counts, &s->err),
                     IE_OK);
    assert_int_equal(counts.files, 2);
    links_are(s, IE_LINK_HARD);
}

static void a_plan_with_links_reads_back_and_others_have_none(void **state)
{
    scene *s = *state;
    plan_links(s, IE_LINK_SYMBOLIC);
    size_t size;
    IE_AUTO_FREE char *text = ie_plan_text(s->plan, &size);
    ie_plan *again = NULL;
    assert_int_equal(ie_plan_parse(text, size, &again, &s->err), IE_OK);
    assert_int_equal(again->actions[1].link, IE_LINK_SYMBOLIC);
    ie_plan_free(again);
    s->plan->actions[1].verdict = IE_MATCH_SAME_PIXELS;
    IE_AUTO_FREE char *wrong = ie_plan_text(s->plan, &size);
    assert_int_equal(ie_plan_parse(wrong, size, &again, &s->err), IE_ERR_FORMAT);
    assert_non_null(strstr(s->err.text, "a link that no duplicate of the same bytes takes"));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_with_duplicates, scene_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_link_takes_the_name_and_undo_brings_back_the_file),
        SCENE(what_took_the_place_of_a_link_is_not_removed),
        SCENE(an_edit_through_a_hard_link_is_not_undone),
        SCENE(other_bytes_are_never_linked),
        SCENE(a_reflink_takes_the_name_and_undo_brings_back_the_file),
        SCENE(a_link_that_the_disk_does_not_know_stops_the_run_and_leaves_nothing_to_undo),
        SCENE(purge_frees_what_a_link_stands_for),
        SCENE(a_plan_with_links_reads_back_and_others_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
