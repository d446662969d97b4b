// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene.h"

static void add_move(const scene *s, const char *from, const char *to, uint32_t unit)
{
    ie_action *action = tree_plan_add(s->plan, s->root, at(s, from), unit);
    action->kind = IE_ACTION_MOVE;
    action->to = at(s, to);
}

/* Looks, and checks that nothing changed by that. */
static void look(const scene *s)
{
    ie_error err = {0};
    IE_AUTO_FREE char *before = tree_state(s->root);
    assert_int_equal(ie_apply_look(s->plan, NULL, &err), IE_OK);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
    assert_false(tree_has(s->root, ".imgengine"));
}

static void is(const scene *s, size_t i, ie_outcome outcome, const char *part)
{
    const ie_action *action = &s->plan->actions[i];
    assert_int_equal(action->outcome, outcome);
    if (part == NULL) {
        assert_null(action->problem);
    } else {
        assert_non_null(strstr(action->problem, part));
    }
}

static void what_changed_since_the_plan_is_told_and_the_rest_stays_planned(void **state)
{
    scene *s = *state;
    const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        tree_write(s->root, names[i], names[i]);
    }
    add_move(s, "a", "a2", 1);
    add_move(s, "b", "b2", 2);
    add_move(s, "c", "new/c2", 3);
    add_move(s, "d", "d2", 4);
    tree_write(s->root, "a", "longer now");
    assert_int_equal(unlink(at(s, "b")), 0);
    tree_write(s->root, "d2", "a stranger");
    look(s);
    is(s, 0, IE_OUTCOME_SKIPPED, "changed since the plan");
    is(s, 1, IE_OUTCOME_SKIPPED, "no longer there");
    is(s, 2, IE_OUTCOME_PLANNED, NULL);
    is(s, 3, IE_OUTCOME_FAILED, "is taken");
}

static void what_goes_with_a_changed_file_is_left_alone_too(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a.raw", "raw");
    tree_write(s->root, "a.xmp", "sidecar");
    add_move(s, "a.raw", "b.raw", 1);
    add_move(s, "a.xmp", "b.xmp", 1);
    tree_write(s->root, "a.xmp", "edited since");
    look(s);
    is(s, 0, IE_OUTCOME_SKIPPED, "it goes with");
    is(s, 1, IE_OUTCOME_SKIPPED, "changed since the plan");
}

static void a_name_that_another_file_leaves_is_free_unless_that_one_stays(void **state)
{
    scene *s = *state;
    tree_write(s->root, "a", "1");
    tree_write(s->root, "b", "22");
    tree_write(s->root, "x", "333");
    tree_write(s->root, "y", "4444");
    add_move(s, "a", "b", 1);
    add_move(s, "b", "c", 2);
    add_move(s, "x", "y", 3);
    add_move(s, "y", "z", 4);
    tree_write(s->root, "y", "changed");
    look(s);
    is(s, 0, IE_OUTCOME_PLANNED, NULL);
    is(s, 1, IE_OUTCOME_PLANNED, NULL);
    is(s, 2, IE_OUTCOME_FAILED, "is taken");
    is(s, 3, IE_OUTCOME_SKIPPED, "changed since the plan");
}

static void a_duplicate_stays_when_the_file_that_should_stay_changed(void **state)
{
    scene *s = *state;
    tree_write(s->root, "keep", "same");
    tree_write(s->root, "other", "same");
    tree_write(s->root, "copy", "same");
    for (size_t i = 0; i < 2; i++) {
        ie_action *action =
            tree_plan_add(s->plan, s->root, at(s, i == 0 ? "copy" : "keep"), (uint32_t)i + 1);
        action->kind = IE_ACTION_QUARANTINE;
        tree_plan_survivor(s->plan, action, at(s, "other"));
    }
    look(s);
    is(s, 0, IE_OUTCOME_PLANNED, NULL);
    is(s, 1, IE_OUTCOME_PLANNED, NULL);
    tree_write(s->root, "other", "not the same");
    look(s);
    is(s, 0, IE_OUTCOME_SKIPPED, "which would stay, changed");
    assert_int_equal(unlink(at(s, "other")), 0);
    look(s);
    is(s, 1, IE_OUTCOME_SKIPPED, "which would stay, is no longer there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_set, scene_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_changed_since_the_plan_is_told_and_the_rest_stays_planned),
        TEST(what_goes_with_a_changed_file_is_left_alone_too),
        TEST(a_name_that_another_file_leaves_is_free_unless_that_one_stays),
        TEST(a_duplicate_stays_when_the_file_that_should_stay_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
