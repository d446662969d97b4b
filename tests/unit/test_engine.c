// SPDX-License-Identifier: GPL-3.0-or-later
/* The public API as a program would use it. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "imgengine.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

static char folder[64];

static char *in_folder(const char *name)
{
    return ie_path_join(folder, name);
}

static void write_text(const char *name, const char *text)
{
    IE_AUTO_FREE char *path = in_folder(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int make_folder(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/imgengine-engine.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    IE_AUTO_FREE char *photos = in_folder("photos");
    mkdir(photos, 0700);
    write_text("photos/a.pgm", "P5 2 2 255\nabcd");
    write_text("photos/b.pgm", "P5 2 2 255\nabcd");
    write_text("photos/c.pgm", "P5 2 2 255\nefgh");
    write_text("photos/notes.jpg", "bread, film");
    return 0;
}

static int remove_folder(void **state)
{
    const char *const names[] = {"photos/a.pgm", "photos/b.pgm", "photos/c.pgm", "photos/notes.jpg",
                                 "photos"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        IE_AUTO_FREE char *path = in_folder(names[i]);
        remove(path);
    }
    return rmdir(folder);
}

static ie_engine *open_engine(void)
{
    ie_config *config = ie_config_new();
    ie_engine *engine = NULL;
    const ie_engine_options options = {.catalog = ""};
    assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
    ie_config_free(config);
    return engine;
}

static ie_status count_photo(void *user, const ie_photo *photo)
{
    IE_AUTO_FREE char *line = ie_photo_json(photo);
    assert_non_null(strstr(line, "\"schema\":\"imgengine.photo/1\""));
    (*(int *)user)++;
    return IE_OK;
}

static void analyze_counts_what_is_no_photo_and_gives_a_record_for_what_is(void **state)
{
    ie_engine *engine = open_engine();
    IE_AUTO_FREE char *photos = in_folder("photos");
    const char *path = photos;
    const ie_input input = {.paths = &path, .count = 1};
    ie_summary summary;
    int count = 0;
    assert_int_equal(ie_engine_analyze(engine, &input, NULL, count_photo, &count, &summary, NULL),
                     IE_OK);
    assert_int_equal(count, 3);
    assert_int_equal(summary.found, 4);
    assert_int_equal(summary.photos, 3);
    assert_int_equal(summary.other, 1);
    assert_int_equal(summary.misnamed, 1);
    ie_engine_close(engine);
}

static void an_unknown_analyzer_is_a_usage_error_that_names_the_known(void **state)
{
    ie_engine *engine = open_engine();
    const char *path = folder;
    const ie_input input = {.paths = &path, .count = 1};
    ie_summary summary;
    ie_error err;
    assert_int_equal(ie_engine_analyze(engine, &input, "hashs", NULL, NULL, &summary, &err),
                     IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "hashs"));
    assert_non_null(strstr(err.text, "metadata, hashes"));
    ie_engine_close(engine);
}

static void a_folder_cannot_be_copied_into_itself(void **state)
{
    ie_engine *engine = open_engine();
    IE_AUTO_FREE char *photos = in_folder("photos");
    const char *path = photos;
    const ie_input input = {.paths = &path, .count = 1};
    const ie_request request = {.command = "process", .rename = true, .output = folder};
    ie_summary summary;
    ie_plan *plan = NULL;
    ie_error err;
    assert_int_equal(ie_engine_plan(engine, &input, &request, &plan, &summary, &err), IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "--in-place"));
    assert_null(plan);
    ie_engine_close(engine);
}

static void an_output_inside_the_source_is_left_out_of_the_scan(void **state)
{
    ie_engine *engine = open_engine();
    IE_AUTO_FREE char *photos = in_folder("photos");
    IE_AUTO_FREE char *output = in_folder("photos/out");
    const char *path = photos;
    const ie_input input = {.paths = &path, .count = 1};
    const ie_request request = {.command = "process", .dedupe = true, .output = output};
    for (int round = 0; round < 2; round++) {
        ie_summary planned, done;
        ie_plan *plan = NULL;
        assert_int_equal(ie_engine_plan(engine, &input, &request, &plan, &planned, NULL), IE_OK);
        assert_int_equal(planned.found, 4);
        assert_int_equal(ie_plan_work(plan), round == 0 ? 2 : 0); /* the second time all is there */
        assert_int_equal(ie_engine_apply(engine, plan, false, &done, NULL), IE_OK);
        ie_plan_free(plan);
    }
    ie_undo_request undo = {.root = output};
    ie_summary undone;
    assert_int_equal(ie_engine_undo(engine, &undo, NULL, NULL, &undone, NULL), IE_OK);
    assert_int_equal(access(output, F_OK), -1);
    ie_engine_close(engine);
}

static void copy_out(ie_engine *engine, const char *photos, const char *output,
                     ie_summary *ret_done)
{
    const ie_input input = {.paths = &photos, .count = 1};
    const ie_request request = {.command = "process", .dedupe = true, .output = output};
    ie_summary planned;
    ie_plan *plan = NULL;
    assert_int_equal(ie_engine_plan(engine, &input, &request, &plan, &planned, NULL), IE_OK);
    assert_int_equal(ie_engine_apply(engine, plan, false, ret_done, NULL), IE_OK);
    ie_plan_free(plan);
}

/* As if the run had been killed before its first change: its journal is but a head. */
static void make_nothing_of(const char *output, const char *id)
{
    IE_AUTO_FREE char *journal = ie_asprintf("%s/.imgengine/runs/%s.journal", output, id);
    char head[1024];
    int fd = open(journal, O_RDWR | O_CLOEXEC);
    ssize_t size = read(fd, head, sizeof head);
    const char *end = size > 0 ? memchr(head, '\n', (size_t)size) : NULL;
    assert_non_null(end);
    assert_int_equal(ftruncate(fd, end + 1 - head), 0);
    close(fd);
    const char *const copies[] = {"a.pgm", "c.pgm"};
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        IE_AUTO_FREE char *copy = ie_path_join(output, copies[i]);
        assert_int_equal(unlink(copy), 0);
    }
}

static void a_folder_that_undo_took_away_leaves_no_run_that_is_in_the_way_of_others(void **state)
{
    IE_AUTO_FREE char *photos = in_folder("photos");
    IE_AUTO_FREE char *output = in_folder("out");
    IE_AUTO_FREE char *catalog = in_folder("catalog.db");
    ie_config *config = ie_config_new();
    ie_engine *engine = NULL;
    const ie_engine_options options = {.catalog = catalog};
    assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
    ie_summary done, undone;
    copy_out(engine, photos, output, &done);
    make_nothing_of(output, done.run_id);
    copy_out(engine, photos, output, &done);
    const ie_undo_request undo = {0};
    ie_error err = {0};
    assert_int_equal(ie_engine_undo(engine, &undo, NULL, NULL, &undone, &err), IE_OK);
    assert_string_equal(undone.run_id, done.run_id);
    assert_int_equal(access(output, F_OK), -1);
    assert_int_equal(ie_engine_undo(engine, &undo, NULL, NULL, &undone, &err), IE_OK);
    assert_string_equal(undone.run_id, ""); /* there is none to undo */
    assert_int_equal(undone.found, 0);
    ie_engine_close(engine);
    ie_config_free(config);
    unlink(catalog);
    static const char *const beside[] = {"catalog.db-wal", "catalog.db-shm"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        IE_AUTO_FREE char *path = in_folder(beside[i]);
        unlink(path);
    }
}

static int die_at(void *user, const ie_fs_event *event)
{
    (void)event;
    if (--*(int *)user == 0) {
        _exit(9);
    }
    return 0;
}

/* True when undo was through before the blow. */
static bool undo_killed_at(const ie_engine_options *options, int change)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ie_engine *engine = NULL;
        ie_summary undone;
        bool good = ie_engine_open(ie_config_new(), options, &engine, NULL) == IE_OK;
        ie_fs_set_hook(&(ie_fs_hook){die_at, NULL, &change});
        _exit(good && ie_engine_undo(engine, &(ie_undo_request){0}, NULL, NULL, &undone, NULL) ==
                          IE_OK
                  ? 0
                  : 1);
    }
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFEXITED(state) && (WEXITSTATUS(state) == 0 || WEXITSTATUS(state) == 9));
    return WEXITSTATUS(state) == 0;
}

static void undo_that_is_killed_anywhere_is_finished_by_undo(void **state)
{
    IE_AUTO_FREE char *photos = in_folder("photos");
    IE_AUTO_FREE char *output = in_folder("out");
    IE_AUTO_FREE char *catalog = in_folder("catalog.db");
    const ie_engine_options options = {.catalog = catalog};
    bool through = false;
    for (int change = 1; !through; change++) {
        ie_config *config = ie_config_new();
        ie_engine *engine = NULL;
        ie_summary summary;
        assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
        copy_out(engine, photos, output, &summary);
        ie_engine_close(engine);
        through = undo_killed_at(&options, change);
        assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
        ie_error err = {0};
        const ie_undo_request undo = {0};
        int calls = 0;
        do { /* until there is none to undo */
            assert_int_equal(ie_engine_undo(engine, &undo, NULL, NULL, &summary, &err), IE_OK);
        } while (summary.run_id[0] != 0 && ++calls < 3);
        assert_string_equal(summary.run_id, "");
        assert_int_equal(access(output, F_OK), -1);
        ie_engine_close(engine);
        ie_config_free(config);
        assert_true(change < 200 && (through || change < 199));
    }
    unlink(catalog);
}

static void a_plan_in_place_is_saved_loaded_applied_and_undone(void **state)
{
    ie_engine *engine = open_engine();
    IE_AUTO_FREE char *photos = in_folder("photos");
    IE_AUTO_FREE char *file = in_folder("plan.json");
    IE_AUTO_FREE char *gone = in_folder("photos/b.pgm");
    const char *path = photos;
    const ie_input input = {.paths = &path, .count = 1};
    const ie_request request = {.command = "dedupe", .dedupe = true};
    ie_summary summary;
    ie_plan *plan = NULL, *loaded = NULL;
    assert_int_equal(ie_engine_plan(engine, &input, &request, &plan, &summary, NULL), IE_OK);
    assert_int_equal(summary.quarantined, 1);
    assert_int_equal(ie_plan_save(plan, file, NULL), IE_OK);
    assert_int_equal(ie_plan_save(plan, file, NULL), IE_ERR_EXISTS); /* nothing is overwritten */
    assert_int_equal(ie_plan_load(file, &loaded, NULL), IE_OK);
    assert_int_equal(ie_plan_count(loaded), ie_plan_count(plan));
    assert_int_equal(ie_engine_apply(engine, loaded, false, &summary, NULL), IE_OK);
    assert_int_equal(access(gone, F_OK), -1);
    ie_undo_request undo = {.root = photos};
    assert_int_equal(ie_engine_undo(engine, &undo, NULL, NULL, &summary, NULL), IE_OK);
    assert_int_equal(access(gone, F_OK), 0);
    ie_plan_free(plan);
    ie_plan_free(loaded);
    unlink(file);
    IE_AUTO_FREE char *journal = ie_path_join(photos, ".imgengine");
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", journal, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    ie_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(analyze_counts_what_is_no_photo_and_gives_a_record_for_what_is),
        cmocka_unit_test(an_unknown_analyzer_is_a_usage_error_that_names_the_known),
        cmocka_unit_test(a_folder_cannot_be_copied_into_itself),
        cmocka_unit_test(an_output_inside_the_source_is_left_out_of_the_scan),
        cmocka_unit_test(a_folder_that_undo_took_away_leaves_no_run_that_is_in_the_way_of_others),
        cmocka_unit_test(undo_that_is_killed_anywhere_is_finished_by_undo),
        cmocka_unit_test(a_plan_in_place_is_saved_loaded_applied_and_undone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
