// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "engine/lister.h"

#define FILES 900 /* more than the lister goes ahead */

static char folder[64];

static int make_files(void **state)
{
    (void)state;
    char path[96];
    snprintf(folder, sizeof folder, "/tmp/imgengine-lister.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%04d.jpg", folder, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0) {
            return -1;
        }
        close(fd);
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    char path[96];
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%04d.jpg", folder, i);
        unlink(path);
    }
    return rmdir(folder);
}

static ie_scan *open_scan(ie_config *config)
{
    ie_scan *scan = NULL;
    const char *path = folder;
    ie_input input = {.paths = &path, .count = 1};
    assert_int_equal(ie_scan_open(config, &input, NULL, NULL, &scan, NULL), IE_OK);
    return scan;
}

/* Frees every photo on another thread than the one that took it. */
static void *free_all(void *photos_)
{
    ie_photo **photos = photos_;
    for (size_t i = 0; i < FILES; i++) {
        ie_photo_free(photos[i]);
    }
    return NULL;
}

static void the_files_come_in_the_scans_order_and_may_be_freed_anywhere(void **state)
{
    (void)state;
    static ie_photo *photos[FILES];
    ie_config *config = ie_config_new();
    ie_scan *scan = open_scan(config);
    ie_lister *lister = ie_lister_start(scan);
    for (size_t i = 0; i < FILES; i++) {
        photos[i] = ie_lister_next(lister);
        assert_non_null(photos[i]);
        assert_int_equal(photos[i]->sequence, i);
        char name[16];
        snprintf(name, sizeof name, "/%04zu.jpg", i);
        assert_non_null(strstr(photos[i]->path, name));
    }
    assert_null(ie_lister_next(lister));
    assert_null(ie_lister_next(lister));
    ie_lister_stop(lister);
    assert_int_equal(ie_scan_count(scan).files, FILES);
    pthread_t thread;
    pthread_create(&thread, NULL, free_all, photos);
    ie_scan_close(scan);
    pthread_join(thread, NULL);
    ie_config_free(config);
}

/* The address sanitizer counts what is left. */
static void a_lister_stopped_early_frees_what_was_not_taken(void **state)
{
    (void)state;
    ie_config *config = ie_config_new();
    for (int taken = 0; taken < 200; taken += 65) {
        ie_scan *scan = open_scan(config);
        ie_lister *lister = ie_lister_start(scan);
        for (int i = 0; i < taken; i++) {
            ie_photo_free(ie_lister_next(lister));
        }
        ie_lister_stop(lister);
        uint64_t listed = ie_scan_count(scan).files;
        assert_true(listed >= (uint64_t)taken && listed < FILES); /* it did not go on to the end */
        ie_scan_close(scan);
    }
    ie_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_come_in_the_scans_order_and_may_be_freed_anywhere),
        cmocka_unit_test(a_lister_stopped_early_frees_what_was_not_taken),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
