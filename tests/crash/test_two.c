// SPDX-License-Identifier: GPL-3.0-or-later
/* Two at once. One process is held in the middle of `process --in-place --apply`, with the lock of
   the root in its hands and a change of a file about to be made; what may other processes do?
   Readers everything; a second run is refused or waits; and when the holder is killed, its lock is
   no lock. The others are the program itself, as a user would call it. */
#include "../unit/test.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imgengine.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

static char folder[64], library[80], catalog[80];

typedef struct holder {
    pid_t process;
    int ready, go; /* what it writes to when it holds, and reads from before it goes on */
} holder;

/* ---- the holder --------------------------------------------------------------------------- */

/* Before the first photo leaves its name. */
static int hold(void *user, const ie_fs_event *event)
{
    const holder *h = user;
    char byte = 'x';
    static bool held;
    if (event->op == IE_FS_RENAME && !held && strstr(event->path, "/.imgengine/") == NULL) {
        held = true;
        if (write(h->ready, &byte, 1) != 1 || read(h->go, &byte, 1) < 0) {
            _exit(3);
        }
    }
    return 0;
}

static void work(holder *h)
{
    const char *root = library;
    ie_error err = {0};
    ie_config *config = ie_config_new();
    ie_engine *engine = NULL;
    ie_plan *plan = NULL;
    ie_summary summary;
    const ie_engine_options options = {.catalog = catalog};
    const ie_input input = {.paths = &root, .count = 1};
    const ie_request request = {
        .command = "process", .dedupe = true, .rename = true, .apply = true};
    bool good = ie_config_set(config, "analysis.ml_analysis", "false", "test", &err) == IE_OK &&
                ie_engine_open(config, &options, &engine, &err) == IE_OK &&
                ie_engine_plan(engine, &input, &request, &plan, &summary, &err) == IE_OK;
    ie_fs_set_hook(&(ie_fs_hook){hold, NULL, h});
    good = good && ie_engine_apply(engine, plan, false, &summary, &err) == IE_OK;
    if (!good) {
        fprintf(stderr, "the holder: %s\n", err.text);
    }
    _exit(good ? 0 : 1);
}

static holder begin(void)
{
    int ready[2], go[2];
    char byte;
    assert_true(pipe(ready) == 0 && pipe(go) == 0);
    holder h = {.ready = ready[1], .go = go[0]};
    fflush(stdout);
    h.process = fork();
    assert_true(h.process >= 0);
    if (h.process == 0) {
        close(ready[0]);
        close(go[1]);
        work(&h);
    }
    close(ready[1]);
    close(go[0]);
    h.ready = ready[0];
    h.go = go[1];
    assert_int_equal(read(h.ready, &byte, 1), 1);
    return h;
}

static int end(holder *h)
{
    int state = 0;
    assert_int_equal(write(h->go, "x", 1), 1);
    assert_int_equal(waitpid(h->process, &state, 0), h->process);
    close(h->ready);
    close(h->go);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* ---- the others --------------------------------------------------------------------------- */

/* imgengine ARGUMENTS, its output in `folder`/said; the exit code, 124 when it hung. */
static int imgengine(const char *arguments)
{
    IE_AUTO_FREE char *line =
        ie_asprintf("exec timeout 60 \"$PROGRAM\" --catalog %s --progress none %s >%s/said 2>&1",
                    catalog, arguments, folder);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (chdir(folder) == 0) {
            execlp("sh", "sh", "-c", line, (char *)NULL);
        }
        _exit(127);
    }
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static bool said(const char *part)
{
    char text[8192] = "";
    IE_AUTO_FREE char *path = ie_path_join(folder, "said");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = 0;
    return strstr(text, part) != NULL;
}

static void shell(const char *format, ...) IE_PRINTF(1, 2);
static void shell(const char *format, ...)
{
    IE_AUTO_FREE char *line = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&line, format, args) >= 0);
    va_end(args);
    pid_t child = fork();
    if (child == 0) {
        execlp("sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    int state = 0;
    waitpid(child, &state, 0);
    assert_true(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

static void readers_are_never_blocked_by_a_run(void **state)
{
    (void)state;
    static const char *const readers[] = {
        "info",
        "analyze lib --only metadata,hashes",
        "analyze lib --no-ml --set scan.require_marker=false",
        "dedupe lib",
        "rename lib",
        "process lib --in-place --no-ml",
        "tag lib --keywords new",
        "verify lib",
        "verify",
        "covers lib/backup --in 'lib/2023 Summer'",
        "undo --root lib --dry-run",
        "purge --root lib",
        "config default",
    };
    int before[sizeof readers / sizeof *readers];
    assert_int_equal(imgengine("rename lib --template {name}_1 --apply"), 0);
    assert_int_equal(imgengine("dedupe lib/phone --apply"), 0);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        before[i] = imgengine(readers[i]);
        if (before[i] != 0 && before[i] != 3) { /* the library has photos with faults */
            shell("cat %s/said", folder);
            fail_msg("%s exits with %d", readers[i], before[i]);
        }
    }
    holder h = begin();
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        int now = imgengine(readers[i]);
        if (now != before[i] || said("in use by another run")) {
            fail_msg("%s exits with %d during a run, and with %d else", readers[i], now, before[i]);
        }
    }
    assert_int_equal(imgengine("runs"), 0);
    assert_true(said("process"));
    assert_int_equal(end(&h), 0);
}

static void a_second_run_is_refused_with_the_name_of_the_first(void **state)
{
    (void)state;
    static const char *const writers[] = {"rename lib --template {name}_2 --apply",
                                          "undo --root lib", "undo", "purge --root lib --apply",
                                          "tag lib --keywords new --apply"};
    holder h = begin();
    IE_AUTO_FREE char *who = ie_asprintf("process %ld on", (long)h.process);
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        int now = imgengine(writers[i]);
        if (now != 1 || !said("is in use by another run") || !said(who) || !said("--wait")) {
            shell("cat %s/said", folder);
            fail_msg("%s exits with %d during a run", writers[i], now);
        }
    }
    assert_int_equal(end(&h), 0);
}

static void a_second_run_that_waits_goes_on_when_the_first_is_done(void **state)
{
    (void)state;
    holder h = begin();
    pid_t waiting = fork();
    if (waiting == 0) {
        _exit(imgengine("tag lib --keywords new --apply --wait"));
    }
    int state_now = 0;
    usleep(1500000);
    if (waitpid(waiting, &state_now, WNOHANG) != 0) {
        shell("cat %s/said", folder);
        fail_msg("it did not wait, but ended with %d", state_now);
    }
    assert_int_equal(end(&h), 0);
    assert_int_equal(waitpid(waiting, &state_now, 0), waiting);
    assert_true(WIFEXITED(state_now));
    /* Its plan is made after that; some photos of the library have faults. */
    assert_true(WEXITSTATUS(state_now) == 0 || WEXITSTATUS(state_now) == 3);
    assert_int_equal(imgengine("runs --root lib"), 0);
    assert_false(said("interrupted"));
}

static void the_lock_of_a_run_that_was_killed_is_no_lock(void **state)
{
    (void)state;
    holder h = begin();
    assert_int_equal(kill(h.process, SIGKILL), 0);
    assert_int_equal(waitpid(h.process, NULL, 0), h.process);
    assert_int_equal(imgengine("rename lib --template {name}_2 --apply"),
                     3); /* of faults in photos */
    assert_false(said("in use"));
    assert_true(said("Undo with"));
    assert_int_equal(imgengine("undo"), 0);
    assert_int_equal(imgengine("runs --root lib"), 0);
    assert_true(said("interrupted"));
}

static int fresh_library(void **state)
{
    (void)state;
    shell("rm -rf %s/lib %s/c && mkdir %s/c && \"$MAKE_LIBRARY\" %s/lib", folder, folder, folder,
          folder);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/imgengine-two.XXXXXX");
    if (mkdtemp(folder) == NULL || getenv("PROGRAM") == NULL || getenv("MAKE_LIBRARY") == NULL) {
        return -1;
    }
    unsetenv("COLUMNS");
    setenv("HOME", folder, 1);
    setenv("XDG_DATA_HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(library, sizeof library, "%s/lib", folder);
    snprintf(catalog, sizeof catalog, "%s/c/catalog.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shell("rm -rf %s", folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(readers_are_never_blocked_by_a_run, fresh_library),
        cmocka_unit_test_setup(a_second_run_is_refused_with_the_name_of_the_first, fresh_library),
        cmocka_unit_test_setup(a_second_run_that_waits_goes_on_when_the_first_is_done,
                               fresh_library),
        cmocka_unit_test_setup(the_lock_of_a_run_that_was_killed_is_no_lock, fresh_library),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
