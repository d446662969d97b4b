// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Random libraries and random sequences of runs, copies, purges, kills, power losses, faults and
 * undos, checked against a model: the contents that were there at first, and the whole state before
 * each run. SEQUENCES=N runs that many (200 else), SEED=N begins with that seed; a failure prints
 * the seed, and SEED=that SEQUENCES=1 replays it.
 */
#ifdef IE_TEST_FOLDS
#include "fold_model.h"
#endif
#include "library.h"
#include "disk_model.h"
#include "engine/purge.h"
#include "random_plans.h"

/* ---- blows -------------------------------------------------------------------------------- */

#define POWER_LOSS (-1000)

typedef struct blow {
    uint64_t at, count;
    int kind; /* 0: kill; POWER_LOSS; else what before() gives */
} blow;

/* What is done under a blow. */
typedef struct deed {
    ie_plan *plan;     /* applied; NULL: undo, or purge */
    const char *purge; /* the root to purge; NULL: none */
} deed;

static int strike(void *user, const ie_fs_event *event)
{
    blow *b = user;
    if (++b->count != b->at) {
        return 0;
    }
    if (b->kind == 0) {
        _exit(137);
    }
    return b->kind != IE_FS_SHORT || event->op == IE_FS_WRITE ? b->kind : 0;
}

static blow random_blow(sequence *s)
{
    static const int kinds[] = {ENOSPC, EIO, EACCES, EROFS, EMFILE, EINTR, IE_FS_SHORT};
    uint64_t dice = draw(s, 4);
    blow b = {.at = dice == 0 ? 0 : 1 + draw(s, 80),
              .kind = dice == 1 ? 0 : dice == 2 ? POWER_LOSS : kinds[draw(s, 7)]};
#ifdef IE_TEST_FOLDS
    b.kind = b.kind == POWER_LOSS ? 0 : b.kind; /* the disk model knows names by their bytes */
#endif
    return b;
}

static ie_status purge_root(const char *root, ie_error *err)
{
    ie_purge_counts counts = {0};
    const ie_apply_options options = {0};
    const ie_purge_request request = {.apply = true};
    return ie_purge_root(root, &request, &options, NULL, NULL, NULL, &counts, err);
}

static void act(sequence *s, deed what)
{
    char id[40];
    ie_error err = {0};
    ie_undo_counts counts;
    ie_status status = what.plan != NULL    ? tree_apply(what.plan, id, &err)
                       : what.purge != NULL ? purge_root(what.purge, &err)
                                            : tree_undo(s->root, NULL, &counts, &err);
    if (status != IE_OK && strlen(err.text) < 10) {
        _exit(3);
    }
}

/* In a child that the blow ends. */
static void act_and_die(sequence *s, deed what, blow b)
{
    disk d = {.loss = (disk_loss)(s->seed % DISK_LOSSES), .random = s->seed, .lose_at = (long)b.at};
    if (b.kind == 0) {
        ie_fs_set_hook(&(ie_fs_hook){strike, NULL, &b});
        act(s, what);
    } else {
        disk_install(&d);
        act(s, what);
        disk_end(&d);
    }
    _exit(0);
}

/* Applies the plan, purges, or undoes the last run, under the blow. */
static void act_under(sequence *s, deed what, blow b)
{
    if (b.at > 0 && (b.kind == 0 || b.kind == POWER_LOSS)) {
        s->did.kills += b.kind == 0;
        s->did.losses += b.kind != 0;
        fflush(stdout);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            act_and_die(s, what, b);
        }
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        if (!WIFEXITED(result) || (WEXITSTATUS(result) != 0 && WEXITSTATUS(result) != 137)) {
            FAIL(s, "the child ended with %d", result);
        }
        s->did.struck += WEXITSTATUS(result) == 137;
        return;
    }
    s->did.faults += b.at > 0;
    ie_fs_set_hook(b.at > 0 ? &(ie_fs_hook){strike, NULL, &b} : NULL);
    act(s, what);
    ie_fs_set_hook(NULL);
    s->did.struck += b.at > 0 && b.count >= b.at;
}

/* ---- the model ---------------------------------------------------------------------------- */

typedef struct tally {
    const char *text;
    size_t count;
} tally;

static void count_content(void *user, const char *path)
{
    tally *t = user;
    struct stat st;
    IE_AUTO_FREE char *text = lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? tree_read(path) : NULL;
    t->count += text != NULL && strcmp(text, t->text) == 0;
}

/* Each picture of the beginning is in exactly one place: under a name, in quarantine, or parked. */
static void check_contents(sequence *s, const char *when)
{
    for (size_t i = 0; i < s->count; i++) {
        tally t = {s->contents[i], 0};
        size_t expected = 0;
        for (size_t k = 0; k < s->count; k++) {
            expected += strcmp(s->contents[k], t.text) == 0;
        }
        tree_walk(s->root, true, count_content, &t);
        if (t.count != expected) {
            FAIL(s, "%s: \"%s\" is there %zu times, not %zu", when, t.text, t.count, expected);
        }
    }
}

static void recover(sequence *s)
{
    const ie_apply_options options = {0};
    ie_error err = {0};
    if (ie_apply_recover(s->root, &options, &err) != IE_OK) {
        FAIL(s, "recovery: %s", err.text);
    }
}

static void check_state(sequence *s, const char *expected, const char *when)
{
    IE_AUTO_FREE char *state = tree_state(s->root);
    if (strcmp(state, expected) != 0) {
        FAIL(s, "%s:\n%s\ninstead of\n%s", when, state, expected);
    }
}

static void run_step(sequence *s)
{
    char *before = tree_state(s->root);
    ie_plan *plan = random_plan(s);
    s->did.plans++;
    act_under(s, (deed){plan, NULL}, random_blow(s));
    ie_plan_free(plan);
    check_contents(s, "after a run");
    recover(s);
    check_contents(s, "after recovery");
    IE_AUTO_FREE char *after = tree_state(s->root);
    if (strcmp(before, after) != 0) {
        s->before[s->runs++] = before;
    } else {
        free(before);
    }
}

static void undo_whole(sequence *s)
{
    ie_undo_counts counts = {0};
    ie_error err = {0};
    ie_status status = tree_undo(s->root, NULL, &counts, &err);
    if (status != IE_OK || counts.refused > 0) {
        IE_AUTO_FREE char *state = tree_state(s->root);
        FAIL(s, "undo: status %d, %" PRIu64 " refused, %s\n%s", status, counts.refused, err.text,
             state);
    }
}

static void print_line(void *user, const char *line)
{
    print_message("%s\n", line);
}

static void undo_step(sequence *s)
{
    if (s->runs == 0) {
        return;
    }
    IE_AUTO_FREE char *now = tree_state(s->root);
    ie_undo_counts counts;
    const ie_apply_options options = {0};
    const ie_undo_request dry = {.dry_run = true};
    ie_error err = {0};
    if (ie_undo_run(s->root, &dry, &options, NULL, NULL, &counts, &err) != IE_OK ||
        counts.refused > 0) {
        (void)!ie_undo_run(s->root, &dry, &options, print_line, NULL, &counts, &err);
        print_message("%s", now);
        FAIL(s, "dry run of undo: %" PRIu64 " refused, %s", counts.refused, err.text);
    }
    check_state(s, now, "a dry run changes nothing");
    s->did.undos++;
    act_under(s, (deed){NULL, NULL}, random_blow(s));
    check_contents(s, "after undo");
    recover(s);
    IE_AUTO_FREE char *expected = s->before[--s->runs];
    IE_AUTO_FREE char *state = tree_state(s->root);
    if (strcmp(state, expected) != 0) {
        undo_whole(s); /* it was cut short: the rest */
    }
    check_state(s, expected, "undo");
}

/* Some of the files as copies into a folder that is not there yet; the source is left alone, and
   undo takes all. */
static void copy_step(sequence *s)
{
    paths files = {.count = 0};
    IE_AUTO_FREE char *before = tree_state(s->root);
    IE_AUTO_FREE char *above = tree_new();
    IE_AUTO_FREE char *output = ie_path_join(above, "new/out");
    ie_plan *plan = ie_plan_new("copies");
    plan->copies = true;
    tree_walk(s->root, false, add_file, &files);
    for (size_t i = 0; i < files.count; i++) {
        IE_AUTO_FREE char *name = random_name(s);
        IE_AUTO_FREE char *target = ie_path_join(output, name);
        if (draw(s, 3) > 0 && !is_target(plan, target)) {
            ie_action *action = tree_plan_add(plan, output, files.items[i], (uint32_t)i + 1);
            action->kind = IE_ACTION_COPY;
            action->to = ie_arena_strdup(plan->arena, target);
        }
    }
    s->did.copies++;
    act_under(s, (deed){plan, NULL}, random_blow(s));
    ie_plan_free(plan);
    check_state(s, before, "the source of copies");
    for (int i = 0; i < 3 && tree_has(output, ".imgengine/volume"); i++) {
        ie_undo_counts counts = {0};
        ie_error err = {0};
        ie_status status = tree_undo(output, NULL, &counts, &err);
        if ((status != IE_OK && status != IE_ERR_NOT_FOUND) || counts.refused > 0) {
            FAIL(s, "undo of copies: %s", err.text);
        }
    }
    IE_AUTO_FREE char *left = tree_state(output);
    if (left[0] != 0) {
        FAIL(s, "copies are left after undo:\n%s", left);
    }
    check_state(s, before, "the source of copies that were undone");
    for (size_t i = 0; i < files.count; i++) {
        free(files.items[i]);
    }
    tree_remove(above);
}

static void count_picture(void *user, const char *path)
{
    tally *t = user;
    struct stat st;
    IE_AUTO_FREE char *text = lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? tree_read(path) : NULL;
    size_t length = strlen(t->text);
    t->count += text != NULL && strncmp(text, t->text, length) == 0 &&
                (text[length] == 0 || text[length] == ',');
}

static size_t picture_count(const sequence *s, size_t index)
{
    tally t = {s->contents[index], 0};
    tree_walk(s->root, true, count_picture, &t);
    return t.count;
}

/* Someone removes a file, or puts another one in its place. */
static void tamper(sequence *s)
{
    paths files = {.count = 0};
    tree_walk(s->root, false, add_file, &files);
    for (size_t i = 0; i < files.count; i++) {
        uint64_t dice = draw(s, 4);
        if (dice == 0) {
            assert_int_equal(unlink(files.items[i]), 0);
        } else if (dice == 1) {
            tree_write(s->root, files.items[i] + strlen(s->root) + 1, "a stranger");
        }
        s->did.tampered += dice < 2;
        free(files.items[i]);
    }
}

/* What purge leaves: every name as it was, and of every picture that was there at all one file, be
   it made anew. */
static void purge_at_end(sequence *s)
{
    if (draw(s, 2) == 0) {
        tamper(s);
    }
    IE_AUTO_FREE char *before = tree_state(s->root);
    ie_error err = {0};
    bool was_there[MAX_FILES];
    for (size_t i = 0; i < s->count; i++) {
        was_there[i] = picture_count(s, i) > 0;
    }
    s->did.purges++;
    act_under(s, (deed){NULL, s->root}, random_blow(s));
    check_state(s, before, "purge");
    if (tree_has(s->root, ".imgengine/runs") && purge_root(s->root, &err) != IE_OK) {
        FAIL(s, "purge again: %s", err.text);
    }
    check_state(s, before, "purge again");
    for (size_t i = 0; i < s->count; i++) {
        if (was_there[i] && picture_count(s, i) == 0) {
            FAIL(s, "after purge \"%s\" is gone", s->contents[i]);
        }
    }
    while (s->runs > 0) {
        free(s->before[--s->runs]);
    }
}

static void run_sequence(uint64_t seed, sequence *total)
{
    sequence s = {.seed = seed, .random = seed, .root = tree_new()};
    fill(&s);
    IE_AUTO_FREE char *original = tree_state(s.root);
    size_t steps = 2 + draw(&s, 6);
    for (size_t i = 0; i < steps; i++) {
        uint64_t dice = draw(&s, 8);
        if (dice < 2) {
            undo_step(&s);
        } else if (dice == 2) {
            copy_step(&s);
        } else if (s.runs < MAX_RUNS) {
            run_step(&s);
        }
    }
    bool purged = draw(&s, 5) == 0;
    if (purged) {
        purge_at_end(&s);
    }
    while (s.runs > 0) {
        undo_whole(&s);
        IE_AUTO_FREE char *expected = s.before[--s.runs];
        check_state(&s, expected, "undo at the end");
    }
    if (!purged) {
        check_state(&s, original, "all undone");
        check_contents(&s, "all undone");
    }
    for (size_t i = 0; i < s.count; i++) {
        free(s.contents[i]);
    }
    tree_remove(s.root);
    free(s.root);
    total->did.plans += s.did.plans;
    total->did.copies += s.did.copies;
    total->did.purges += s.did.purges;
    total->did.kills += s.did.kills;
    total->did.losses += s.did.losses;
    total->did.faults += s.did.faults;
    total->did.undos += s.did.undos;
    total->did.struck += s.did.struck;
    total->did.tampered += s.did.tampered;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    int64_t value;
    return text != NULL && ie_parse_int(text, 0, INT64_MAX, &value) ? (uint64_t)value : otherwise;
}

static void random_sequences_lose_nothing_and_are_undone(void **state)
{
    uint64_t first = number_from("SEED", 1), count = number_from("SEQUENCES", 200);
#ifdef IE_TEST_FOLDS
    fold_on = true;
#endif
    sequence total = {0};
    for (uint64_t i = 0; i < count; i++) {
        run_sequence(first + i, &total);
    }
    print_message("%" PRIu64 " sequences: %u runs, %u copies, %u purges (%u files tampered with "
                             "before), %u undos; %u kills, %u power losses and %u faults "
                  "armed, %u struck\n",
                  count, total.did.plans, total.did.copies, total.did.purges, total.did.tampered,
                  total.did.undos, total.did.kills, total.did.losses, total.did.faults,
                  total.did.struck);
#ifdef IE_TEST_FOLDS
    print_message("%u names were found under another spelling\n", fold_hits);
    assert_true(count < 100 || fold_hits > count / 4);
#endif
    assert_true(count < 100 || total.did.struck > count / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_lose_nothing_and_are_undone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
