// SPDX-License-Identifier: GPL-3.0-or-later
/* Where A.JPG and a.jpg are one name, and composed and decomposed letters, too: nothing is
   overwritten there either. */
#include "fold_model.h"
#include "library.h"

#define COMPOSED "caf\xc3\xa9.jpg"
#define DECOMPOSED "cafe\xcc\x81.jpg"

typedef struct scene {
    char *root;
    ie_plan *plan;
    char id[40];
} scene;

static int scene_set(void **state)
{
    scene *s = ie_alloc(sizeof *s);
    s->root = tree_new();
    s->plan = ie_plan_new("test");
    fold_on = true;
    fold_hits = 0;
    *state = s;
    return 0;
}

static int scene_clear(void **state)
{
    scene *s = *state;
    fold_on = false;
    ie_plan_free(s->plan);
    tree_remove(s->root);
    free(s->root);
    free(s);
    return 0;
}

static ie_action *nth(const scene *s, size_t index)
{
    return &s->plan->actions[index];
}

static void apply(scene *s)
{
    ie_error err = {0};
    if (tree_apply(s->plan, s->id, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(fold_hits > 0);
}

static void undone_is(const char *root, const char *before)
{
    ie_undo_counts counts = {0};
    ie_error err = {0};
    assert_int_equal(tree_undo(root, NULL, &counts, &err), IE_OK);
    assert_int_equal(counts.refused, 0);
    IE_AUTO_FREE char *after = tree_state(root);
    assert_string_equal(after, before);
}

static void text_is(const char *root, const char *name, const char *expected)
{
    IE_AUTO_FREE char *path = ie_path_join(root, name), *text = tree_read(path);
    assert_non_null(text);
    assert_string_equal(text, expected);
}

/* Does the folder list exactly these bytes? */
static bool listed(const char *root, const char *name)
{
    IE_AUTO_FREE char *state = tree_state(root), *line = ie_asprintf("/%s mode", name);
    return strstr(state, line) != NULL;
}

static void the_model_finds_a_name_in_any_spelling(void **state)
{
    scene *s = *state;
    tree_write(s->root, "A.JPG", "photo");
    tree_write(s->root, DECOMPOSED, "coffee");
    text_is(s->root, "a.jpg", "photo");
    text_is(s->root, COMPOSED, "coffee");
    assert_false(tree_has(s->root, "b.jpg"));
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    IE_AUTO_FREE char *path = ie_path_join(s->root, "a.JPG");
    int fd;
    assert_int_equal(ie_place_open(s->root, path, &place), 0);
    assert_int_equal(ie_fs_create(&place, 0600, &fd), EEXIST);
    assert_int_equal(ie_fs_mkdir(&place, 0700), EEXIST);
}

static void a_name_may_change_its_spelling_and_no_other_may_take_it(void **state)
{
    static const char *const names[][3] = {{"A.JPG", "a.jpg", "a.JPG"},
                                           {DECOMPOSED, COMPOSED, "CAF\xc3\x89.JPG"},
                                           {COMPOSED, DECOMPOSED, "Cafe\xcc\x81.jpg"}};
    scene *s = *state;
    for (size_t i = 0; i < 3; i++) {
        IE_AUTO_FREE char *root = ie_asprintf("%s/%zu", s->root, i);
        tree_write(s->root, root + strlen(s->root) + 1, "");
        unlink(root);
        mkdir(root, 0700);
        tree_write(root, names[i][0], "photo");
        tree_write(root, "b.jpg", "other");
        IE_AUTO_FREE char *before = tree_state(root);
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
        tree_plan(s->plan, IE_ACTION_MOVE, root, names[i][0], names[i][1], 0);
        tree_plan(s->plan, IE_ACTION_MOVE, root, "b.jpg", names[i][2], 1);
        apply(s);
        assert_int_equal(nth(s, 0)->outcome, IE_OUTCOME_DONE);
        assert_int_equal(nth(s, 1)->outcome, IE_OUTCOME_FAILED);
        assert_true(listed(root, names[i][1]));
        assert_false(listed(root, names[i][0]));
        text_is(root, names[i][1], "photo");
        text_is(root, "b.jpg", "other");
        undone_is(root, before);
    }
}

static void of_copies_to_one_name_in_two_spellings_one_is_made(void **state)
{
    scene *s = *state;
    IE_AUTO_FREE char *out = ie_path_join(s->root, "out");
    tree_write(s->root, "in/1.jpg", "one");
    tree_write(s->root, "in/2.jpg", "two");
    tree_write(s->root, "in/3.jpg", "three");
    IE_AUTO_FREE char *before = tree_state(s->root);
    s->plan->copies = true;
    static const char *const targets[] = {"2023/" COMPOSED, "2023/" DECOMPOSED,
                                          "2023/CAF\xc3\x89.jpg"};
    for (uint32_t i = 0; i < 3; i++) {
        IE_AUTO_FREE char *from = ie_asprintf("%s/in/%u.jpg", s->root, i + 1);
        ie_action *action = tree_plan_add(s->plan, out, from, i + 1);
        IE_AUTO_FREE char *to = ie_path_join(out, targets[i]);
        action->kind = IE_ACTION_COPY;
        action->to = ie_arena_strdup(s->plan->arena, to);
    }
    apply(s);
    size_t done = 0;
    for (size_t i = 0; i < 3; i++) {
        done += nth(s, i)->outcome == IE_OUTCOME_DONE;
        assert_true(nth(s, i)->outcome == IE_OUTCOME_DONE ||
                    strstr(nth(s, i)->problem, "taken") != NULL);
    }
    assert_int_equal(done, 1);
    text_is(out, "2023/" COMPOSED, "one");
    ie_undo_counts counts = {0};
    assert_int_equal(tree_undo(out, NULL, &counts, NULL), IE_OK);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void a_new_version_takes_no_name_in_another_spelling(void **state)
{
    scene *s = *state;
    tree_write(s->root, "photo.heic", "photo");
    tree_write(s->root, "Photo.JPG", "other");
    IE_AUTO_FREE char *before = tree_state(s->root);
    ie_action *action =
        tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "photo.heic", "photo.jpg", 1);
    ie_action_tags(s->plan, action)->title = "made anew";
    apply(s);
    assert_int_equal(nth(s, 0)->outcome, IE_OUTCOME_FAILED);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void undo_takes_no_name_in_another_spelling(void **state)
{
    static const char *const names[][2] = {{"A.JPG", "a.jpg"}, {DECOMPOSED, COMPOSED}};
    scene *s = *state;
    for (size_t i = 0; i < 2; i++) {
        ie_undo_counts counts = {0};
        tree_write(s->root, names[i][0], "photo");
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
        tree_plan(s->plan, IE_ACTION_MOVE, s->root, names[i][0], i == 0 ? "x.jpg" : "y.jpg", 0);
        ie_error err = {0};
        assert_int_equal(tree_apply(s->plan, s->id, &err), IE_OK);
        tree_write(s->root, names[i][1], "somebody else's");
        IE_AUTO_FREE char *before = tree_state(s->root);
        assert_int_equal(tree_undo(s->root, s->id, &counts, &err), IE_OK);
        assert_int_equal(counts.refused, 1);
        IE_AUTO_FREE char *after = tree_state(s->root);
        assert_string_equal(after, before);
    }
    assert_true(fold_hits > 0);
}

/* ---- a second process --------------------------------------------------------------------- */

/* Makes the target between the last look and the rename, in a process of its own, under the
   spelling `taken`. */
typedef struct rival {
    const char *root, *taken;
    unsigned struck;
} rival;

static int take_name(void *user, const ie_fs_event *event)
{
    rival *r = user;
    if (event->op != IE_FS_RENAME || strstr(event->to, "/target") == NULL ||
        tree_has(r->root, r->taken)) {
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        tree_write(r->root, r->taken, "the rival's");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    r->struck += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return 0;
}

static void a_second_process_that_takes_the_name_first_keeps_it(void **state)
{
    static const char *const taken[] = {"target.jpg", "TARGET.jpg"};
    static const ie_action_kind kinds[] = {IE_ACTION_MOVE, IE_ACTION_COPY, IE_ACTION_REPLACE};
    scene *s = *state;
    for (size_t i = 0; i < 6; i++) {
        IE_AUTO_FREE char *root = tree_new();
        tree_write(root, "a.jpg", "photo");
        ie_plan_free(s->plan);
        s->plan = ie_plan_new("test");
        ie_action *action = tree_plan(s->plan, kinds[i / 2], root, "a.jpg", "target.jpg", 0);
        if (kinds[i / 2] == IE_ACTION_REPLACE) {
            ie_action_tags(s->plan, action)->title = "made anew";
        }
        rival r = {root, taken[i % 2], 0};
        ie_error err = {0};
        ie_fs_set_hook(&(ie_fs_hook){take_name, NULL, &r});
        assert_int_equal(tree_apply(s->plan, s->id, &err), IE_OK);
        ie_fs_set_hook(NULL);
        assert_int_equal(r.struck, 1);
        assert_int_equal(nth(s, 0)->outcome, IE_OUTCOME_FAILED);
        text_is(root, "a.jpg", "photo");
        text_is(root, taken[i % 2], "the rival's");
        tree_remove(root);
    }
}

/* Blindly, as fast as it can: whichever comes first has the name, and the other's bytes are under
   their own. */
static void of_two_processes_racing_blindly_none_loses_a_file(void **state)
{
    enum { FILES = 150 };
    scene *s = *state;
    for (uint32_t i = 0; i < FILES; i++) {
        IE_AUTO_FREE char *from = ie_asprintf("%u.jpg", i), *to = ie_asprintf("t/%u.jpg", i);
        tree_write(s->root, from, "photo");
        tree_plan(s->plan, IE_ACTION_MOVE, s->root, from, to, i);
    }
    IE_AUTO_FREE char *folder = ie_path_join(s->root, "t");
    mkdir(folder, 0700);
    fold_on = false;
    pid_t child = fork();
    if (child == 0) {
        for (uint32_t i = FILES; i > 0; i--) {
            IE_AUTO_FREE char *path = ie_asprintf("%s/t/%u.jpg", s->root, i - 1);
            int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
            if (fd >= 0) {
                (void)!write(fd, "rival", 5);
                close(fd);
            }
            usleep(100);
        }
        _exit(0);
    }
    ie_error err = {0};
    assert_int_equal(tree_apply(s->plan, s->id, &err), IE_OK);
    int status;
    waitpid(child, &status, 0);
    for (uint32_t i = 0; i < FILES; i++) {
        IE_AUTO_FREE char *from = ie_asprintf("%u.jpg", i), *to = ie_asprintf("t/%u.jpg", i);
        text_is(s->root, to, tree_has(s->root, from) ? "rival" : "photo");
        assert_true(!tree_has(s->root, from) || nth(s, i)->outcome == IE_OUTCOME_FAILED);
    }
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_set, scene_clear)
    const struct CMUnitTest tests[] = {
        SCENE(the_model_finds_a_name_in_any_spelling),
        SCENE(a_name_may_change_its_spelling_and_no_other_may_take_it),
        SCENE(of_copies_to_one_name_in_two_spellings_one_is_made),
        SCENE(a_new_version_takes_no_name_in_another_spelling),
        SCENE(undo_takes_no_name_in_another_spelling),
        SCENE(a_second_process_that_takes_the_name_first_keeps_it),
        SCENE(of_two_processes_racing_blindly_none_loses_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
