// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "engine/pipeline.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define FILES 700 /* more than the window */

static char folder[64];

static void file_path(char *path, size_t size, int i)
{
    snprintf(path, size, "%s/%c/%04d.pgm", folder, 'a' + i % 3, i);
}

static int make_files(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/imgengine-pipeline.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%c", folder, 'a' + i);
        mkdir(path, 0700);
    }
    for (int i = 0; i < FILES; i++) {
        file_path(path, sizeof path, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        char text[40];
        int size = snprintf(text, sizeof text, "P5 2 2 255\n%04d", i);
        if (write(fd, text, (size_t)size) != size) {
            return -1;
        }
        close(fd);
    }
    return 0;
}

static int remove_files(void **state)
{
    char path[128];
    for (int i = 0; i < FILES; i++) {
        file_path(path, sizeof path, i);
        unlink(path);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%c", folder, 'a' + i);
        rmdir(path);
    }
    return rmdir(folder);
}

typedef struct seen {
    ie_buffer text; /* path and hash a line */
    uint64_t count, stop_after;
    volatile int *cancel;
    ie_status fail;
} seen;

static ie_status take(void *user, ie_photo *take_photo, bool cached, ie_error *err)
{
    seen *s = user;
    char hex[33];
    ie_hash128_hex(take_photo->xxh3, hex);
    ie_buffer_printf(&s->text, "%s %s %d\n", take_photo->path, hex, (int)take_photo->format);
    s->count++;
    ie_photo_free(take_photo);
    if (s->stop_after > 0 && s->count == s->stop_after) {
        if (s->cancel != NULL) {
            *s->cancel = 1;
        }
        return s->fail == IE_OK ? IE_OK : ie_error_set(err, s->fail, "as the test wants");
    }
    return IE_OK;
}

static ie_status run(int workers, volatile int *cancel, seen *s, ie_pipeline_result *result,
                     ie_error *err)
{
    ie_config *config = ie_config_new();
    config->processing.max_workers = workers;
    const char *path = folder;
    ie_input input = {.paths = &path, .count = 1};
    ie_pipeline pipeline = {
        .config = config, .input = &input, .wanted = IE_HAVE_XXH3, .cancel = cancel};
    ie_status status = ie_pipeline_run(&pipeline, take, s, result, err);
    ie_config_free(config);
    return status;
}

static void the_output_is_the_same_for_any_number_of_threads(void **state)
{
    seen first = {0};
    for (int workers = 1; workers <= 8; workers += 7) {
        seen s = {0};
        ie_pipeline_result result = {0};
        assert_int_equal(run(workers, NULL, &s, &result, NULL), IE_OK);
        assert_int_equal(s.count, FILES);
        assert_int_equal(result.scan.files, FILES);
        assert_int_equal(result.root_count, 1);
        if (workers == 1) {
            first = s;
        } else {
            assert_string_equal(s.text.data, first.text.data);
            ie_buffer_free(&s.text);
        }
        ie_pipeline_result_clear(&result);
    }
    assert_non_null(strstr(first.text.data, "/a/0000.pgm"));
    ie_buffer_free(&first.text);
}

static ie_status count_hashed(void *user, ie_photo *take_photo, bool cached, ie_error *err)
{
    size_t *hashed = user;
    *hashed += (take_photo->have & IE_HAVE_XXH3) != 0;
    ie_photo_free(take_photo);
    return IE_OK;
}

static void small_files_are_hashed_while_they_are_open_where_that_is_wanted(void **state)
{
    ie_config *config = ie_config_new();
    const char *path = folder;
    ie_input input = {.paths = &path, .count = 1};
    for (uint64_t upto = 14; upto <= 15; upto++) { /* each has 15 bytes */
        ie_pipeline pipeline = {
            .config = config, .input = &input, .wanted = IE_HAVE_FORMAT, .hash_upto = upto};
        ie_pipeline_result result = {0};
        size_t hashed = 0;
        assert_int_equal(ie_pipeline_run(&pipeline, count_hashed, &hashed, &result, NULL), IE_OK);
        assert_int_equal(hashed, upto == 15 ? FILES : 0);
        ie_pipeline_result_clear(&result);
    }
    ie_config_free(config);
}

static void a_cancelled_run_stops_soon_and_says_so(void **state)
{
    volatile int cancel = 0;
    seen s = {.stop_after = 10, .cancel = &cancel};
    ie_pipeline_result result = {0};
    ie_error err;
    assert_int_equal(run(4, &cancel, &s, &result, &err), IE_ERR_CANCELLED);
    assert_int_equal(s.count, 10);
    ie_buffer_free(&s.text);
}

/* As the handler of Ctrl-C does: a plain store into what the caller gave, which no lock guards. */
__attribute__((no_sanitize_thread)) static void *cancel_soon(void *cancel)
{
    usleep(30000);
    *(volatile int *)cancel = 1;
    return NULL;
}

/* The first file takes long and all others wait for it, so that every place is taken when the run
   is cancelled. */
static void a_run_whose_places_all_wait_ends_when_it_is_cancelled(void **state)
{
    IE_AUTO_FREE char *large = ie_asprintf("%s/0.pgm", folder);
    int fd = open(large, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, "P5 2 2 255\n", 11), 11);
    assert_int_equal(ftruncate(fd, 1 << 28), 0);
    close(fd);
    volatile int cancel = 0;
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, "processing.max_workers", "4", "test", NULL), IE_OK);
    const char *path = folder;
    ie_input input = {.paths = &path, .count = 1};
    ie_pipeline pipeline = {.config = config,
                            .input = &input,
                            .wanted = IE_HAVE_FORMAT | IE_HAVE_XXH3,
                            .cancel = &cancel};
    ie_pipeline_result result = {0};
    size_t hashed = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, (void *)&cancel), 0);
    alarm(60); /* a run that waits for itself never comes back */
    ie_status status = ie_pipeline_run(&pipeline, count_hashed, &hashed, &result, NULL);
    alarm(0);
    pthread_join(thread, NULL);
    unlink(large);
    assert_int_equal(status, IE_ERR_CANCELLED);
    assert_int_equal(hashed, 0);
    ie_config_free(config);
}

static void an_error_of_the_taker_ends_the_run_with_that_error(void **state)
{
    seen s = {.stop_after = 300, .fail = IE_ERR_NO_SPACE};
    ie_pipeline_result result = {0};
    ie_error err;
    assert_int_equal(run(3, NULL, &s, &result, &err), IE_ERR_NO_SPACE);
    assert_string_equal(err.text, "as the test wants");
    assert_int_equal(s.count, 300);
    ie_buffer_free(&s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_output_is_the_same_for_any_number_of_threads),
        cmocka_unit_test(small_files_are_hashed_while_they_are_open_where_that_is_wanted),
        cmocka_unit_test(a_cancelled_run_stops_soon_and_says_so),
        cmocka_unit_test(a_run_whose_places_all_wait_ends_when_it_is_cancelled),
        cmocka_unit_test(an_error_of_the_taker_ends_the_run_with_that_error),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
