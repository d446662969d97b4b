// SPDX-License-Identifier: GPL-3.0-or-later
/* Copies that cannot be converted or tagged. The encoder is the test's own and fails for what
   begins with "bad", and converts nothing that begins with "odd". */
#include "core/config.h"
#include "engine/derive.h"
#include "tree.h"

ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path,
                    ie_error *err)
{
    IE_AUTO_FREE char *text = tree_read(action->from);
    if (ie_starts_with(text, "bad")) {
        return ie_error_set(err, IE_ERR_FORMAT, "the picture is torn");
    }
    if (ie_starts_with(text, "odd") && action->format != action->from_format) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "the picture is odd");
    }
    int fd = open(temp_path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0 && write(fd, "made anew", 9) == 9);
    close(fd);
    return IE_OK;
}

typedef struct scene {
    char *above, *root, *output;
    ie_plan *plan;
    char id[40];
} scene;

static int scene_set(void **state)
{
    scene *s = ie_alloc(sizeof *s);
    s->above = tree_new();
    s->root = ie_path_join(s->above, "photos");
    s->output = ie_path_join(s->above, "new/Organized");
    s->plan = ie_plan_new("convert");
    s->plan->copies = true;
    mkdir(s->root, 0755);
    *state = s;
    return 0;
}

static int scene_clear(void **state)
{
    scene *s = *state;
    ie_plan_free(s->plan);
    tree_remove(s->above);
    free(s->above);
    free(s->root);
    free(s->output);
    free(s);
    return 0;
}

/* A copy of root/from to output/to, converted from HEIC when `to` is another format. */
static void copy(scene *s, const char *from, const char *text, const char *to, uint32_t unit)
{
    tree_write(s->root, from, text);
    IE_AUTO_FREE char *path = ie_path_join(s->root, from), *target = ie_path_join(s->output, to);
    ie_action *action = tree_plan_add(s->plan, s->output, path, unit);
    action->kind = IE_ACTION_COPY;
    action->to = ie_arena_strdup(s->plan->arena, target);
    action->from_format = ie_ends_with_nocase(from, ".heic") ? IE_FORMAT_HEIC : action->format;
}

static void apply(scene *s, ie_summary *ret_summary)
{
    ie_error err = {0};
    if (tree_apply(s->plan, s->id, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    *ret_summary = (ie_summary){0};
    ie_plan_summarize(s->plan, ret_summary);
    IE_AUTO_FREE char *left = ie_path_join(s->output, ".imgengine/tmp");
    assert_true(!ie_fs_exists(left) || rmdir(left) == 0);
}

static void holds(const scene *s, const char *name, const char *text)
{
    IE_AUTO_FREE char *path = ie_path_join(s->output, name), *found = tree_read(path);
    assert_non_null(found);
    assert_string_equal(found, text);
}

static void what_cannot_be_converted_is_copied_under_its_own_extension(void **state)
{
    scene *s = *state;
    ie_summary summary;
    copy(s, "a.HEIC", "fine", "a.jpg", 0);
    copy(s, "b.HEIC", "bad one", "b.jpg", 1);
    apply(s, &summary);
    holds(s, "a.jpg", "made anew");
    holds(s, "b.HEIC", "bad one");
    assert_false(tree_has(s->output, "b.jpg"));
    assert_int_equal(s->plan->actions[1].outcome, IE_OUTCOME_DONE);
    assert_non_null(strstr(s->plan->actions[1].problem, "not converted: the picture is torn"));
    assert_int_equal(summary.copied, 2);
    assert_int_equal(summary.converted, 1);
    assert_int_equal(summary.plain, 1);
    assert_int_equal(summary.failed + summary.skipped, 0);
    assert_int_equal(summary.accounted_bytes, strlen("fine") + strlen("bad one"));
}

static void what_cannot_be_tagged_is_copied_without_tags(void **state)
{
    scene *s = *state;
    ie_summary summary;
    copy(s, "a.jpg", "bad one", "a.jpg", 0);
    ie_action_tags(s->plan, &s->plan->actions[0])->title = "Title";
    apply(s, &summary);
    holds(s, "a.jpg", "bad one");
    assert_int_equal(summary.tagged, 0);
    assert_int_equal(summary.plain, 1);
    assert_non_null(strstr(s->plan->actions[0].problem, "not tagged"));
}

static void a_unit_comes_over_whole_and_sidecars_keep_their_photos_name(void **state)
{
    scene *s = *state;
    ie_summary summary;
    copy(s, "a.HEIC", "bad one", "x/a.jpg", 0);
    copy(s, "a.HEIC.xmp", "sidecar", "x/a.jpg.xmp", 0);
    copy(s, "a.MOV", "video", "x/a.MOV", 0);
    copy(s, "b.HEIC", "bad two", "x/b.jpg", 0);
    apply(s, &summary);
    holds(s, "x/a.HEIC", "bad one");
    holds(s, "x/a.HEIC.xmp", "sidecar");
    holds(s, "x/a.MOV", "video");
    holds(s, "x/b.HEIC", "bad two");
    assert_int_equal(summary.copied, 4);
    assert_int_equal(summary.plain, 2);
}

static void a_taken_name_gets_a_number_and_the_same_bytes_are_not_copied_again(void **state)
{
    scene *s = *state;
    ie_summary summary;
    tree_write(s->above, "new/Organized/a.HEIC", "somebody else");
    tree_write(s->above, "new/Organized/b.HEIC", "bad two");
    copy(s, "a.HEIC", "bad one", "a.jpg", 0);
    copy(s, "b.HEIC", "bad two", "b.jpg", 1);
    apply(s, &summary);
    holds(s, "a.HEIC", "somebody else");
    holds(s, "a_2.HEIC", "bad one");
    assert_int_equal(s->plan->actions[1].outcome, IE_OUTCOME_SKIPPED);
    assert_false(tree_has(s->output, "b_2.HEIC"));
    assert_int_equal(summary.copied, 1);
    assert_int_equal(summary.skipped, 1);
}

static void a_name_that_another_action_wants_is_left_to_it(void **state)
{
    scene *s = *state;
    ie_summary summary;
    copy(s, "a.HEIC", "bad one", "a.jpg", 0);
    copy(s, "z.png", "fine", "A.heic", 1);
    apply(s, &summary);
    holds(s, "a_2.HEIC", "bad one");
    holds(s, "A.heic", "fine");
}

static void undo_takes_the_whole_output_away_at_once(void **state)
{
    scene *s = *state;
    ie_summary summary;
    IE_AUTO_FREE char *before = tree_state(s->above);
    copy(s, "a.HEIC", "bad one", "deep/folder/a.jpg", 0);
    copy(s, "b.HEIC", "fine", "b.jpg", 1);
    IE_AUTO_FREE char *source = tree_state(s->root);
    apply(s, &summary);
    holds(s, "deep/folder/a.HEIC", "bad one");
    ie_undo_counts counts = {0};
    ie_error err = {0};
    assert_int_equal(tree_undo(s->output, s->id, &counts, &err), IE_OK);
    assert_int_equal(counts.refused, 0);
    assert_false(tree_has(s->above, "new"));
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, source);
}

static int stop;

/* The encoder gives up, and in the same moment the user presses Ctrl-C. */
static int stop_at_failure(void *user, const ie_fs_event *event)
{
    stop |= event->op == IE_FS_UNLINK && ie_ends_with_nocase(event->path, ".new");
    return 0;
}

static void a_run_that_stops_before_the_plain_copy_does_not_say_that_it_was_made(void **state)
{
    scene *s = *state;
    copy(s, "a.heic", "bad", "a.jpg", 1);
    s->plan->actions[0].format = IE_FORMAT_JPEG;
    const ie_apply_options options = {.cancel = &stop};
    ie_error err = {0};
    stop = 0;
    ie_fs_set_hook(&(ie_fs_hook){stop_at_failure, NULL, NULL});
    assert_int_equal(ie_apply_run(s->plan, &options, s->id, &err), IE_ERR_CANCELLED);
    ie_fs_set_hook(NULL);
    assert_int_equal(s->plan->actions[0].outcome, IE_OUTCOME_PLANNED);
    assert_non_null(strstr(s->plan->actions[0].problem, "torn"));
    assert_non_null(strstr(s->plan->actions[0].problem, "stopped before it was copied"));
    IE_AUTO_FREE char *state_now = tree_state(s->output);
    assert_string_equal(state_now, "");
}

static void in_place_the_original_stays_as_it_is(void **state)
{
    scene *s = *state;
    ie_summary summary;
    s->plan->copies = false;
    tree_write(s->root, "a.HEIC", "bad one");
    IE_AUTO_FREE char *before = tree_state(s->root);
    ie_action *action = tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "a.HEIC", "a.jpg", 0);
    action->from_format = IE_FORMAT_HEIC;
    apply(s, &summary);
    assert_int_equal(summary.failed, 1);
    assert_non_null(strstr(s->plan->actions[0].problem, "torn"));
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void in_place_it_gets_its_name_and_its_sidecar_goes_with_it(void **state)
{
    scene *s = *state;
    ie_summary summary;
    ie_error err = {0};
    s->plan->copies = false;
    tree_write(s->root, "a.HEIC", "bad one");
    tree_write(s->root, "a.HEIC.xmp", "sidecar");
    tree_write(s->root, "b.HEIC", "bad two");
    tree_write(s->root, "b.HEIC.xmp", "other");
    tree_write(s->root, "b.MOV", "video");
    IE_AUTO_FREE char *before = tree_state(s->root);
    tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "a.HEIC", "1.jpg", 0);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "a.HEIC.xmp", "1.jpg.xmp", 0);
    tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "b.HEIC", "b.jpg", 1);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b.HEIC.xmp", "b.jpg.xmp", 1);
    tree_plan(s->plan, IE_ACTION_MOVE, s->root, "b.MOV", "2.MOV", 1);
    s->plan->actions[0].from_format = s->plan->actions[2].from_format = IE_FORMAT_HEIC;
    apply(s, &summary);
    assert_true(tree_has(s->root, "1.HEIC") && tree_has(s->root, "1.HEIC.xmp"));
    assert_string_equal(s->plan->actions[0].problem,
                        "not converted: the picture is torn; renamed as it is");
    /* This one was to be converted only: as a whole it stays. */
    assert_true(tree_has(s->root, "b.HEIC") && tree_has(s->root, "b.HEIC.xmp"));
    assert_true(tree_has(s->root, "b.MOV"));
    assert_int_equal(summary.moved, 2);
    assert_int_equal(summary.plain, 1);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.skipped, 2);
    ie_undo_counts counts;
    assert_int_equal(tree_undo(s->root, s->id, &counts, &err), IE_OK);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void a_duplicate_stays_when_what_it_gave_cannot_be_written(void **state)
{
    scene *s = *state;
    ie_summary summary;
    s->plan->copies = false;
    tree_write(s->root, "a.HEIC", "bad one");
    tree_write(s->root, "b.HEIC", "bad one");
    IE_AUTO_FREE char *before = tree_state(s->root);
    IE_AUTO_FREE char *survivor = ie_path_join(s->root, "a.HEIC");
    ie_action *kept = tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "a.HEIC", "1.jpg", 0);
    kept->from_format = IE_FORMAT_HEIC;
    ie_action_tags(s->plan, kept)->title = "From b";
    ie_action *gone = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "b.HEIC", NULL, 1);
    gone->gives = 1;
    tree_plan_survivor(s->plan, gone, survivor);
    gone->verdict = IE_MATCH_SAME_BYTES;
    apply(s, &summary);
    assert_int_equal(summary.quarantined + summary.moved + summary.replaced, 0);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void a_duplicate_goes_when_what_it_gave_is_written_without_the_conversion(void **state)
{
    scene *s = *state;
    ie_summary summary;
    ie_error err = {0};
    s->plan->copies = false;
    tree_write(s->root, "a.tif", "odd one");
    tree_write(s->root, "b.tif", "odd one");
    IE_AUTO_FREE char *before = tree_state(s->root);
    IE_AUTO_FREE char *survivor = ie_path_join(s->root, "a.tif");
    ie_action *kept = tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "a.tif", "1.jpg", 0);
    kept->from_format = IE_FORMAT_TIFF;
    ie_action_tags(s->plan, kept)->title = "From b";
    ie_action *gone = tree_plan(s->plan, IE_ACTION_QUARANTINE, s->root, "b.tif", NULL, 1);
    gone->gives = 1;
    tree_plan_survivor(s->plan, gone, survivor);
    gone->verdict = IE_MATCH_SAME_BYTES;
    apply(s, &summary);
    assert_int_equal(summary.quarantined, 1);
    assert_true(tree_has(s->root, "1.tif") && !tree_has(s->root, "b.tif"));
    assert_string_equal(s->plan->actions[0].problem,
                        "not converted: the picture is odd; renamed and tagged as it is");
    ie_undo_counts counts;
    assert_int_equal(tree_undo(s->root, s->id, &counts, &err), IE_OK);
    IE_AUTO_FREE char *after = tree_state(s->root);
    assert_string_equal(after, before);
}

static void a_name_is_not_given_up_that_was_to_be_remembered_in_the_file(void **state)
{
    scene *s = *state;
    ie_summary summary;
    s->plan->copies = false;
    tree_write(s->root, "a.jpg", "bad one");
    tree_write(s->root, "b.jpg", "bad two");
    ie_action *action = tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "a.jpg", "1.jpg", 0);
    ie_action_tags(s->plan, action)->original_name = "a.jpg";
    action = tree_plan(s->plan, IE_ACTION_REPLACE, s->root, "b.jpg", "2.jpg", 1);
    ie_action_tags(s->plan, action)->title = "Sea";
    apply(s, &summary);
    assert_true(tree_has(s->root, "a.jpg") && tree_has(s->root, "2.jpg"));
    assert_string_equal(s->plan->actions[1].problem,
                        "not tagged: the picture is torn; renamed as it is");
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_set, scene_clear)
    const struct CMUnitTest tests[] = {
        SCENE(what_cannot_be_converted_is_copied_under_its_own_extension),
        SCENE(what_cannot_be_tagged_is_copied_without_tags),
        SCENE(a_unit_comes_over_whole_and_sidecars_keep_their_photos_name),
        SCENE(a_taken_name_gets_a_number_and_the_same_bytes_are_not_copied_again),
        SCENE(a_name_that_another_action_wants_is_left_to_it),
        SCENE(undo_takes_the_whole_output_away_at_once),
        SCENE(a_run_that_stops_before_the_plain_copy_does_not_say_that_it_was_made),
        SCENE(in_place_the_original_stays_as_it_is),
        SCENE(in_place_it_gets_its_name_and_its_sidecar_goes_with_it),
        SCENE(a_duplicate_stays_when_what_it_gave_cannot_be_written),
        SCENE(a_duplicate_goes_when_what_it_gave_is_written_without_the_conversion),
        SCENE(a_name_is_not_given_up_that_was_to_be_remembered_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
