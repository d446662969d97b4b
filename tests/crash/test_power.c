// SPDX-License-Identifier: GPL-3.0-or-later
/* Power lost at every call that changes the disk, and every fsync dropped once: whatever was not
   synced is rolled back by the model of a disk in disk_model.h. Each photo must then be in exactly
   one known place, the same command must finish as an unbroken one does, and undo must bring
   everything back. */
#include "checks.h"
#include "disk_model.h"
#include "engine/purge.h"

typedef void (*command)(const char *root, const char *output);

/* Which disk, and when it loses its power. */
typedef struct storm {
    disk_loss loss;
    long n;
    bool drops, no_noreplace;
} storm;

static char *storm_text(const storm *s)
{
    return ie_asprintf("power lost%s (%s)%s", s->drops ? " after a dropped fsync" : "",
                       disk_loss_names[s->loss], s->no_noreplace ? ", renames by link" : "");
}

/* True when the command came to its end before its n-th call. */
static bool survives_storm(const storm *s, command work, const char *root, const char *output)
{
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        disk d = {.loss = s->loss, .random = (uint64_t)s->n, .no_noreplace = s->no_noreplace,
                  .lose_at = s->drops ? 0 : s->n, .drop_sync = s->drops ? s->n : 0};
        disk_install(&d);
        work(root, output);
        disk_end(&d);
        _exit(0);
    }
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    if (!WIFEXITED(state) || (WEXITSTATUS(state) != 0 && WEXITSTATUS(state) != 137)) {
        fail_msg("stop %ld: the child ended with %d", s->n, state);
    }
    return WEXITSTATUS(state) == 0;
}

/* All the ways: each loss at each call, each fsync dropped, and once more where renames take two
   steps. `once` sets the scene, lets the storm have its way, checks; true when the command came to
   its end. */
static void in_every_storm(bool (*once)(const storm *s))
{
    long total = 0;
    static const storm kinds[] = {
        {.loss = LOSE_ALL}, {.loss = LOSE_DATA}, {.loss = LOSE_NAMES}, {.loss = LOSE_SOME},
        {.loss = LOSE_ALL, .drops = true},
        {.loss = LOSE_ALL, .no_noreplace = true}, {.loss = LOSE_DATA, .no_noreplace = true},
        {.loss = LOSE_SOME, .no_noreplace = true},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        storm s = kinds[i];
        for (s.n = 1; !once(&s); s.n++) {
            assert_true(s.n < 5000);
        }
        total += s.n - 1;
    }
    printf("power lost %ld times\n", total);
}

/* ---- the scenes --------------------------------------------------------------------------- */

static char *original, *result;

static bool in_place_once(const storm *s)
{
    IE_AUTO_FREE char *when = storm_text(s);
    IE_AUTO_FREE char *root = tree_new();
    library_fill(root);
    bool alive = survives_storm(s, work_in_place, root, NULL);
    nothing_is_lost(root, s->n);
    if (s->n % 2 == 0) {
        apply_again(root);
        same_state(root, result, when, s->n);
        no_leftovers(root);
    }
    if (tree_has(root, ".imgengine/runs")) {
        undo_everything(root);
    }
    same_state(root, original, when, s->n);
    no_leftovers(root);
    tree_remove(root);
    return alive;
}

static bool undo_once(const storm *s)
{
    IE_AUTO_FREE char *when = storm_text(s);
    IE_AUTO_FREE char *root = tree_new();
    library_fill(root);
    apply_again(root);
    bool alive = survives_storm(s, work_undo, root, NULL);
    nothing_is_lost(root, s->n);
    undo_everything(root);
    same_state(root, original, when, s->n);
    no_leftovers(root);
    tree_remove(root);
    return alive;
}

static char *copies;

/* Where a folder cannot be renamed without replacing, an empty one may stay. */
static void no_folder_is_left(const storm *s, const char *above, const char *output)
{
    IE_AUTO_FREE char *when = storm_text(s);
    same_state(s->no_noreplace ? output : above, "", when, s->n);
}

static bool copies_once(const storm *s)
{
    IE_AUTO_FREE char *when = storm_text(s);
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *above = tree_new();
    IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
    library_fill(root);
    bool alive = survives_storm(s, work_copies, root, output);
    same_state(root, original, when, s->n);
    work_copies(root, output);
    if (copies == NULL) {
        copies = tree_state(output);
    }
    same_state(output, copies, when, s->n);
    no_leftovers(output);
    undo_everything(output);
    same_state(root, original, when, s->n);
    no_folder_is_left(s, above, output);
    tree_remove(above);
    tree_remove(root);
    return alive;
}

static bool undo_of_copies_once(const storm *s)
{
    IE_AUTO_FREE char *when = storm_text(s);
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *above = tree_new();
    IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
    library_fill(root);
    work_copies(root, output);
    bool alive = survives_storm(s, work_undo, output, NULL);
    same_state(root, original, when, s->n);
    undo_everything(output);
    no_folder_is_left(s, above, output);
    tree_remove(above);
    tree_remove(root);
    return alive;
}

static void work_purge(const char *root, const char *output)
{
    (void)output;
    ie_purge_counts counts = {0};
    ie_error err = {0};
    const ie_apply_options options = {0};
    const ie_purge_request request = {.apply = true};
    if (ie_purge_root(root, &request, &options, NULL, NULL, NULL, &counts, &err) != IE_OK) {
        printf("purge: %s\n", err.text);
        _exit(1);
    }
}

static void count_file(void *user, const char *path)
{
    struct stat st;
    *(int *)user += lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool purge_once(const storm *s)
{
    IE_AUTO_FREE char *when = storm_text(s);
    IE_AUTO_FREE char *root = tree_new();
    library_fill(root);
    apply_again(root);
    bool alive = survives_storm(s, work_purge, root, NULL);
    same_state(root, result, when, s->n);
    work_purge(root, NULL);
    same_state(root, result, when, s->n);
    IE_AUTO_FREE char *quarantine = ie_path_join(root, ".imgengine/quarantine");
    int left = 0;
    tree_walk(quarantine, true, count_file, &left);
    if (left != 0) {
        fail_msg("%s (stop %ld): %d files are still in quarantine", when, s->n, left);
    }
    tree_remove(root);
    return alive;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void power_lost_anywhere_in_a_run_loses_nothing(void **state)
{
    in_every_storm(in_place_once);
}

static void power_lost_anywhere_in_undo_loses_nothing(void **state)
{
    in_every_storm(undo_once);
}

static void power_lost_anywhere_in_copying_loses_nothing(void **state)
{
    in_every_storm(copies_once);
}

static void power_lost_anywhere_in_undo_of_copies_loses_nothing(void **state)
{
    in_every_storm(undo_of_copies_once);
}

static void power_lost_anywhere_in_purge_loses_nothing_else(void **state)
{
    in_every_storm(purge_once);
}

static int set_up(void **state)
{
    result = unbroken_result(&original);
    return 0;
}

static int tear_down(void **state)
{
    free(original);
    free(result);
    free(copies);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_lost_anywhere_in_a_run_loses_nothing),
        cmocka_unit_test(power_lost_anywhere_in_undo_loses_nothing),
        cmocka_unit_test(power_lost_anywhere_in_copying_loses_nothing),
        cmocka_unit_test(power_lost_anywhere_in_undo_of_copies_loses_nothing),
        cmocka_unit_test(power_lost_anywhere_in_purge_loses_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
