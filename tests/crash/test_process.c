// SPDX-License-Identifier: GPL-3.0-or-later
/* `process --in-place --apply` as the program does it (scan, analysis, real encoders and tag
   writers, catalog left out), stopped at every change it makes to the disk. Whatever the n: each
   photo is in exactly one known place, bytes intact; the same command again ends as an unbroken run
   does; undo brings everything back. The work is done in child processes, so that each starts with
   fresh libraries. */
#include "../unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imgengine.h"
#include "storage/bytes.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

static char folder[64]; /* base, work */

/* ---- trees -------------------------------------------------------------------------------- */

typedef struct lines {
    char **items;
    size_t count, room;
} lines;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void hash_of(const char *path, char hex[33])
{
    ie_bytes *bytes = NULL;
    ie_hash128 hash;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    assert_true(ie_bytes_xxh3(bytes, &hash));
    ie_hash128_hex(hash, hex);
    ie_bytes_close(bytes);
}

/* "hash path mtime mode" a file, without .imgengine; or, `everywhere`, "hash" of all but temporary
   files and records. */
static void walk(const char *root, const char *below, bool everywhere, lines *out)
{
    IE_AUTO_FREE char *path = ie_path_join(root, below);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        IE_AUTO_FREE char *name =
            below[0] != 0 ? ie_path_join(below, entry->d_name) : ie_strdup(entry->d_name);
        IE_AUTO_FREE char *whole = ie_path_join(root, name);
        struct stat st;
        assert_int_equal(lstat(whole, &st), 0);
        bool own = strcmp(name, ".imgengine") == 0;
        bool record = strcmp(name, ".imgengine/tmp") == 0 || strcmp(name, ".imgengine/runs") == 0 ||
                      strcmp(name, ".imgengine/lock") == 0 ||
                      strcmp(name, ".imgengine/volume") == 0;
        if ((own && !everywhere) || record) {
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            walk(root, name, everywhere, out);
            continue;
        }
        char hex[33];
        /* A sidecar that is written has the time when it was: no two runs give it the same. */
        bool written = ie_ends_with_nocase(name, ".xmp");
        struct timespec time = written ? (struct timespec){0} : st.st_mtim;
        hash_of(whole, hex);
        IE_GROW(out->items, out->count, out->room);
        out->items[out->count++] =
            everywhere ? ie_strdup(hex)
                       : ie_asprintf("%s %s %" PRId64 ".%09ld %o", hex, name, (int64_t)time.tv_sec,
                                     time.tv_nsec, st.st_mode);
    }
    closedir(directory);
}

static char *text_of(const char *root, bool everywhere)
{
    lines all = {0};
    ie_buffer text = {0};
    walk(root, "", everywhere, &all);
    if (all.count > 1) {
        qsort(all.items, all.count, sizeof *all.items, by_text);
    }
    for (size_t i = 0; i < all.count; i++) {
        ie_buffer_printf(&text, "%s\n", all.items[i]);
        free(all.items[i]);
    }
    free(all.items);
    return ie_buffer_take(&text);
}

static size_t count_in(const char *text, const char *line)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        count++;
    }
    return count;
}

static int run_program(const char *const *arguments)
{
    int state = 0;
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    waitpid(child, &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* ---- the command, in a child -------------------------------------------------------------- */

typedef enum job { PROCESS, UNDO } job;

typedef struct blow {
    long at, count;
} blow;

static int strike(void *user, const ie_fs_event *event)
{
    blow *b = user;
    (void)event;
    if (++b->count == b->at) {
        _exit(137);
    }
    return 0;
}

static ie_status process(ie_engine *engine, const char *root, ie_error *err)
{
    ie_input input = {.paths = &root, .count = 1};
    ie_request request = {.command = "process",
                          .dedupe = true,
                          .convert = true,
                          .rename = true,
                          .tag = true,
                          .apply = true};
    ie_plan *plan = NULL;
    ie_summary summary;
    ie_status status = ie_engine_plan(engine, &input, &request, &plan, &summary, err);
    if (status == IE_OK) {
        status = ie_engine_apply(engine, plan, false, &summary, err);
        if (status == IE_OK && summary.failed + summary.skipped > 0) {
            ie_plan_print(plan, true, stdout);
            status = IE_ERR_INTERNAL;
        }
    }
    ie_plan_free(plan);
    return status;
}

/* Every run there is; a run cut short counts, too. */
static ie_status undo(ie_engine *engine, const char *root, ie_error *err)
{
    ie_status status = IE_OK;
    for (int i = 0; status == IE_OK && i < 5; i++) {
        ie_undo_request request = {.root = root};
        ie_summary summary;
        status = ie_engine_undo(engine, &request, NULL, NULL, &summary, err);
        if (status == IE_OK && summary.failed > 0) {
            return IE_ERR_CHANGED;
        }
    }
    return status == IE_ERR_NOT_FOUND ? IE_OK : status;
}

static void work(job what, const char *root, long stop_at)
{
    ie_error err = {0};
    ie_config *config = ie_config_new();
    ie_engine *engine = NULL;
    blow b = {.at = stop_at};
    const ie_engine_options options = {.catalog = ""};
    bool good = ie_config_set(config, "tagging.keywords", "kept", "test", &err) == IE_OK &&
                ie_config_set(config, "processing.max_workers", "1", "test", &err) == IE_OK &&
                ie_engine_open(config, &options, &engine, &err) == IE_OK;
    if (stop_at > 0) {
        ie_fs_set_hook(&(ie_fs_hook){strike, NULL, &b});
    }
    good =
        good && (what == PROCESS ? process(engine, root, &err) : undo(engine, root, &err)) == IE_OK;
    if (!good) {
        printf("%s\n", err.text);
        fflush(stdout);
    }
    _exit(good ? 0 : 1);
}

static int in_child(job what, const char *root, long stop_at)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        work(what, root, stop_at);
    }
    int state = 0;
    waitpid(child, &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static char *fresh_copy(void)
{
    IE_AUTO_FREE char *base = ie_path_join(folder, "base");
    char *copy = ie_path_join(folder, "work");
    assert_int_equal(run_program((const char *const[]){"rm", "-rf", copy, NULL}), 0);
    assert_int_equal(run_program((const char *const[]){"cp", "-a", base, copy, NULL}), 0);
    return copy;
}

static void assert_same(const char *root, const char *expected, const char *when, long n)
{
    IE_AUTO_FREE char *now = text_of(root, false);
    if (strcmp(now, expected) != 0) {
        fail_msg("%s, stopped at change %ld:\n%s\ninstead of\n%s", when, n, now, expected);
    }
}

/* Each original's bytes are where they were, at their target, or in quarantine; as often as they
   were. */
static void assert_nothing_lost(const char *root, const char *originals, long n)
{
    IE_AUTO_FREE char *now = text_of(root, true);
    IE_AUTO_FREE char *copy = ie_strdup(originals);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (line[0] != 0 && count_in(now, line) != count_in(originals, line)) {
            fail_msg("stopped at change %ld: %s is there %zu times, not %zu", n, line,
                     count_in(now, line), count_in(originals, line));
        }
    }
}

static void a_run_stopped_at_any_change_loses_nothing_and_can_be_finished_or_undone(void **state)
{
    IE_AUTO_FREE char *root = fresh_copy();
    IE_AUTO_FREE char *before = text_of(root, false);
    IE_AUTO_FREE char *originals = text_of(root, true);
    assert_int_equal(in_child(PROCESS, root, 0), 0);
    IE_AUTO_FREE char *after = text_of(root, false);
    assert_string_not_equal(before, after);
    assert_int_equal(in_child(UNDO, root, 0), 0);
    assert_same(root, before, "undo of an unbroken run", 0);
    long n = 1;
    for (int code = 137; code == 137; n++) {
        free(root);
        root = fresh_copy();
        code = in_child(PROCESS, root, n);
        assert_true(code == 137 || code == 0);
        assert_nothing_lost(root, originals, n);
        /* Half of the stops are finished first, the others are undone as they are. */
        if (n % 2 == 0) {
            assert_int_equal(in_child(PROCESS, root, 0), 0);
            assert_same(root, after, "the same command again", n);
        }
        assert_int_equal(in_child(UNDO, root, 0), 0);
        assert_same(root, before, "undo", n);
    }
    printf("stopped at %ld changes\n", n - 2);
    assert_true(n > 50);
}

static int make_base(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/imgengine-process.XXXXXX");
    const char *make_library = getenv("MAKE_LIBRARY");
    if (make_library == NULL || mkdtemp(folder) == NULL) {
        return -1;
    }
    IE_AUTO_FREE char *base = ie_path_join(folder, "base");
    if (run_program((const char *const[]){make_library, base, NULL}) != 0) {
        return -1;
    }
    /* One of each kind is enough: every file costs stops. */
    static const char *const spare[] = {
        "2023 Summer/IMG_0103.JPG",       "backup/best\nof.jpg", "phone/IMG_5533.jpg",
        "phone/\xf0\x9f\x8c\x8a sea.jpg", "scans/logo.png",      "2023 Summer/IMG_0102.JPG"};
    for (size_t i = 0; i < sizeof spare / sizeof *spare; i++) {
        IE_AUTO_FREE char *path = ie_path_join(base, spare[i]);
        if (unlink(path) != 0) {
            return -1;
        }
    }
    return 0;
}

static int remove_base(void **state)
{
    return run_program((const char *const[]){"rm", "-rf", folder, NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_stopped_at_any_change_loses_nothing_and_can_be_finished_or_undone),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
