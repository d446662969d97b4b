// SPDX-License-Identifier: GPL-3.0-or-later
/* Every look at the disk fails once: open, stat, read and readdir, at each n-th call, by turns in
   four ways. What cannot be seen must not be taken for gone: nothing may be lost, an error names
   the file and the cause, the same command again finishes, and undo brings everything back. The
   calls are caught at link time (--wrap). */
#include "checks.h"

#include "engine/purge.h"
#include "engine/worker.h"

/* ---- the seam ----------------------------------------------------------------------------- */

static struct {
    long at, count;
    int kind;
    char path[512]; /* of the call that failed, or "" */
    const char *call;
} fault;

static bool fails(const char *call, const char *path)
{
    if (fault.at == 0 || ++fault.count != fault.at) {
        return false;
    }
    fault.call = call;
    snprintf(fault.path, sizeof fault.path, "%s", path != NULL ? path : "");
    errno = fault.kind;
    return true;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open", path) ? -1 : __real_open64(path, flags, mode);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("openat", path) ? -1 : __real_openat64(dir, path, flags, mode);
}

#define WRAP(result, bad, name, call, path, parameters, arguments)   \
    result __real_##name parameters;                                 \
    result __wrap_##name parameters;                                 \
    result __wrap_##name parameters                                  \
    {                                                                \
        return fails(call, path) ? (bad) : __real_##name arguments;  \
    }

WRAP(int, -1, lstat64, "lstat", path, (const char *path, struct stat *st), (path, st))
WRAP(int, -1, stat64, "stat", path, (const char *path, struct stat *st), (path, st))
WRAP(int, -1, fstat64, "fstat", NULL, (int fd, struct stat *st), (fd, st))
WRAP(int, -1, fstatat64, "fstatat", path, (int dir, const char *path, struct stat *st, int flags),
     (dir, path, st, flags))
WRAP(ssize_t, -1, pread64, "pread", NULL, (int fd, void *to, size_t size, off_t at),
     (fd, to, size, at))
WRAP(ssize_t, -1, read, "read", NULL, (int fd, void *to, size_t size), (fd, to, size))
WRAP(DIR *, NULL, opendir, "opendir", path, (const char *path), (path))
WRAP(DIR *, NULL, fdopendir, "fdopendir", NULL, (int fd), (fd))
WRAP(struct dirent *, NULL, readdir64, "readdir", NULL, (DIR * directory), (directory))

int __real_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
    int result = fails("statx", path) ? -1 : __real_statx(dir, path, flags, mask, ret);
    if (result == 0 && strstr(path, "/" OTHER_DISK) != NULL) {
        ret->stx_mnt_id += 1000000; /* see library.h */
    }
    return result;
}

/* ---- what must hold ----------------------------------------------------------------------- */

/* They take turns; TURN=1, 2, 3 begins with another one. */
static const int kinds[] = {EIO, EACCES, EMFILE, ENOMEM};
static int turn;

typedef ie_status (*command)(const char *root, const char *output, ie_error *err);

/* The command with its n-th look failing. False when it takes fewer looks. */
static bool strike(command work, const char *root, const char *output, int kind, long n)
{
    ie_error err = {0};
    fault.at = n;
    fault.count = 0;
    fault.kind = kind;
    ie_status status = work(root, output, &err);
    fault.at = 0;
    if (status != IE_OK && (strchr(err.text, '/') == NULL || strlen(err.text) < 20)) {
        fail_msg("look %ld (%s %s) failed with %s: the error names no file: \"%s\"", n, fault.call,
                 fault.path, strerror(kind), err.text);
    }
    return fault.count >= n;
}

static void each_look_fails_once(command work, void (*before)(const char *root, const char *output),
                                 void (*after)(const char *root, const char *output))
{
    long n = 1;
    for (bool struck = true; struck; n++) {
        IE_AUTO_FREE char *root = tree_new();
        IE_AUTO_FREE char *above = tree_new();
        IE_AUTO_FREE char *output = ie_path_join(above, "new/Organized");
        library_fill(root);
        before(root, output);
        struck = strike(work, root, output, kinds[(n + turn) % 4], n);
        after(root, output);
        tree_remove(above);
        tree_remove(root);
    }
    turn++;
    printf("%ld looks failed\n", n - 2);
}

static char *original, *result, *copies;

static void check(const char *root, const char *expected, const char *when)
{
    IE_AUTO_FREE char *text = ie_asprintf("%s after look at %s (%s, %s)", when, fault.path,
                                          fault.call, strerror(fault.kind));
    same_state(root, expected, text, fault.count);
}

/* ---- the commands ------------------------------------------------------------------------- */

static void nothing_before(const char *root, const char *output)
{
}

static ie_status run_in_place(const char *root, const char *output, ie_error *err)
{
    char id[40];
    long at = fault.at;
    fault.at = 0; /* the test's own planning is not meant */
    ie_plan *plan = library_plan(root);
    fault.at = at;
    ie_status status = tree_apply(plan, id, err);
    fault.at = 0;
    for (size_t i = 0; i < plan->count; i++) {
        ie_outcome outcome = plan->actions[i].outcome;
        bool told = (outcome != IE_OUTCOME_FAILED && outcome != IE_OUTCOME_SKIPPED) ||
                    plan->actions[i].problem != NULL;
        assert_true(told);
    }
    ie_plan_free(plan);
    return status;
}

static void finish_in_place(const char *root, const char *output)
{
    nothing_is_lost(root, fault.count);
    apply_again(root);
    check(root, result, "the same command again");
    no_leftovers(root);
    undo_everything(root);
    check(root, original, "undo");
}

static void apply_before(const char *root, const char *output)
{
    apply_again(root);
}

static ie_status run_undo(const char *root, const char *output, ie_error *err)
{
    ie_undo_counts counts;
    return tree_undo(root, NULL, &counts, err);
}

static void finish_undo(const char *root, const char *output)
{
    nothing_is_lost(root, fault.count);
    undo_everything(root);
    check(root, original, "undo again");
    no_leftovers(root);
}

static long kill_at;

/* A run that was killed half way, to be recovered. */
static void kill_before(const char *root, const char *output)
{
    pid_t child = fork();
    if (child == 0) {
        blow b = {kill_at, 0, 0};
        arm(&b);
        work_in_place(root, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static ie_status run_recovery(const char *root, const char *output, ie_error *err)
{
    const ie_apply_options options = {0};
    return ie_apply_recover(root, &options, err);
}

static ie_status run_copies(const char *root, const char *output, ie_error *err)
{
    char id[40];
    long at = fault.at;
    fault.at = 0;
    ie_plan *plan = library_copy_plan(root, output);
    fault.at = at;
    ie_status status = tree_apply(plan, id, err);
    fault.at = 0;
    ie_plan_free(plan);
    return status;
}

static void finish_copies(const char *root, const char *output)
{
    check(root, original, "the source");
    work_copies(root, output);
    if (copies == NULL) {
        copies = tree_state(output);
    }
    check(output, copies, "the copies");
    no_leftovers(output);
    undo_everything(output);
    check(output, "", "undo of the copies");
}

static ie_status run_purge(const char *root, const char *output, ie_error *err)
{
    ie_purge_counts counts = {0};
    const ie_apply_options options = {0};
    const ie_purge_request request = {.apply = true};
    return ie_purge_root(root, &request, &options, NULL, NULL, NULL, &counts, err);
}

static void count_file(void *user, const char *path)
{
    struct stat st;
    *(int *)user += lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void finish_purge(const char *root, const char *output)
{
    ie_error err = {0};
    int left = 0;
    check(root, result, "the rest");
    if (run_purge(root, output, &err) != IE_OK) {
        fail_msg("purge again: %s", err.text);
    }
    IE_AUTO_FREE char *quarantine = ie_path_join(root, ".imgengine/quarantine");
    tree_walk(quarantine, true, count_file, &left);
    assert_int_equal(left, 0);
    check(root, result, "the rest");
}

/* ---- tests -------------------------------------------------------------------------------- */

static void a_look_that_fails_in_a_run_loses_nothing(void **state)
{
    each_look_fails_once(run_in_place, nothing_before, finish_in_place);
}

static void a_look_that_fails_in_undo_loses_nothing(void **state)
{
    each_look_fails_once(run_undo, apply_before, finish_undo);
}

static void a_look_that_fails_in_recovery_loses_nothing(void **state)
{
    for (kill_at = 40; kill_at < 110; kill_at += 30) {
        each_look_fails_once(run_recovery, kill_before, finish_in_place);
    }
}

static void a_look_that_fails_in_copying_loses_nothing(void **state)
{
    each_look_fails_once(run_copies, nothing_before, finish_copies);
}

static void a_look_that_fails_in_purge_frees_nothing_else(void **state)
{
    each_look_fails_once(run_purge, apply_before, finish_purge);
}

/* What a broken JPEG is and what the disk did not give must not be mixed up: the former is
   remembered. */
static void a_photo_that_the_disk_did_not_give_is_looked_at_again(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(root, "a.jpg");
    IE_AUTO_FREE char *text = ie_alloc(60001);
    memset(text, 'x', 60000);
    memcpy(text, "\xff\xd8\xff\xe0 and more of a photo", 24);
    tree_write(root, "a.jpg", text);
    ie_config *config = ie_config_new();
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    const unsigned wanted = IE_HAVE_METADATA | IE_HAVE_HASHES | IE_HAVE_XXH3;
    int struck = 0;
    for (long n = 1; fault.count >= fault.at; n++) {
        ie_photo *photo = ie_photo_new();
        photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
        fault.count = 0;
        fault.kind = EIO;
        fault.at = n;
        ie_worker_analyze(worker, photo, wanted, 0);
        bool failed = fault.count >= n && strcmp(fault.call, "pread") == 0;
        long count = fault.count;
        fault.at = 0;
        if (failed) {
            struck++;
            assert_int_equal(photo->fault_count, 1);
            assert_string_equal(photo->faults[0].code, "unreadable");
            assert_int_equal((photo->have | photo->tried) & wanted, 0);
            ie_worker_analyze(worker, photo, wanted, 0);
            assert_int_equal((photo->have | photo->tried) & wanted, wanted);
            for (uint32_t i = 0; i < photo->fault_count; i++) { /* of its bytes alone now */
                assert_string_not_equal(photo->faults[i].code, "unreadable");
            }
        }
        ie_photo_free(photo);
        fault.count = count;
        fault.at = n;
    }
    fault.at = 0;
    assert_true(struck > 0);
    ie_worker_free(worker);
    ie_config_free(config);
    tree_remove(root);
}

/* Its metadata was read before, and found damaged; now only hashes are looked for. */
static void a_fault_that_was_known_outlives_a_disk_that_gives_nothing(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(root, "a.jpg");
    tree_write(root, "a.jpg", "\xff\xd8\xff\xe0 and more of a photo");
    ie_config *config = ie_config_new();
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = IE_FORMAT_JPEG;
    photo->have = photo->tried = IE_HAVE_FORMAT | IE_HAVE_METADATA;
    ie_photo_fault(photo, "metadata", "damaged", "Its metadata is damaged.");
    ie_photo_fault(photo, "open", "denied", "It could not be opened last week.");
    fault.count = 0;
    fault.kind = EIO;
    fault.at = 3; /* open, fstat, pread */
    ie_worker_analyze(worker, photo, IE_HAVE_METADATA | IE_HAVE_HASHES, 0);
    fault.at = 0;
    assert_int_equal(photo->fault_count, 2);
    assert_string_equal(photo->faults[0].code, "damaged");
    assert_string_equal(photo->faults[1].code, "unreadable");
    assert_int_equal(photo->have, IE_HAVE_FORMAT | IE_HAVE_METADATA);
    ie_photo_free(photo);
    ie_worker_free(worker);
    ie_config_free(config);
    tree_remove(root);
}

static ie_photo *found(const char *root, const char *name)
{
    ie_photo *photo = ie_photo_new();
    IE_AUTO_FREE char *path = ie_path_join(root, name);
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    tree_write(root, name, "P5 7 1 255\n0123456");
    photo->format = IE_FORMAT_PNM;
    photo->have = IE_HAVE_FORMAT;
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    photo->stamp = ie_stamp_of(&st);
    return photo;
}

static void what_a_disk_does_not_give_of_one_copy_is_read_in_the_next(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_config *config = ie_config_new();
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    ie_photo *photos[] = {found(root, "a.pgm"), found(root, "b.pgm"), found(root, "c.pgm")};
    fault.count = 0;
    fault.kind = EIO;
    fault.at = 3; /* open, fstat, pread */
    ie_worker_analyze_equals(worker, photos, 3, IE_HAVE_METADATA);
    fault.at = 0;
    assert_string_equal(fault.call, "pread");
    assert_int_equal(photos[0]->fault_count, 1);
    assert_string_equal(photos[0]->faults[0].code, "unreadable");
    assert_int_equal(photos[0]->have, IE_HAVE_FORMAT);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(photos[i]->fault_count, 0);
        assert_int_equal(photos[i]->have, IE_HAVE_FORMAT | IE_HAVE_METADATA);
    }
    for (size_t i = 0; i < 3; i++) {
        ie_photo_free(photos[i]);
    }
    ie_worker_free(worker);
    ie_config_free(config);
    tree_remove(root);
}

static int set_up(void **state)
{
    int64_t first;
    const char *text = getenv("TURN");
    turn = text != NULL && ie_parse_int(text, 0, 3, &first) ? (int)first : 0;
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
        cmocka_unit_test(a_look_that_fails_in_a_run_loses_nothing),
        cmocka_unit_test(a_look_that_fails_in_undo_loses_nothing),
        cmocka_unit_test(a_look_that_fails_in_recovery_loses_nothing),
        cmocka_unit_test(a_look_that_fails_in_copying_loses_nothing),
        cmocka_unit_test(a_look_that_fails_in_purge_frees_nothing_else),
        cmocka_unit_test(a_photo_that_the_disk_did_not_give_is_looked_at_again),
        cmocka_unit_test(a_fault_that_was_known_outlives_a_disk_that_gives_nothing),
        cmocka_unit_test(what_a_disk_does_not_give_of_one_copy_is_read_in_the_next),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
