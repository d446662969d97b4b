// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/compare.h"
#include "engine/worker.h"
#include "storage/bytes.h"
#include "storage/stamp.h"
#include "utils/text.h"

#define SIZE 100000

static char folder[64];

static int make_folder(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/imgengine-compare.XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

/* A file of SIZE bytes of `fill`, but for the one at `odd` (SIZE: none); as the scan would hand it
   out. */
static ie_photo *make(const char *name, char fill, size_t odd)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    char *bytes = malloc(SIZE);
    memset(bytes, fill, SIZE);
    if (odd < SIZE) {
        bytes[odd] ^= 1;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(write(fd, bytes, SIZE) == SIZE);
    close(fd);
    free(bytes);
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = IE_FORMAT_JPEG;
    photo->have = IE_HAVE_FORMAT;
    ie_bytes *opened = NULL;
    assert_int_equal(ie_bytes_open(path, &opened, NULL), IE_OK);
    photo->stamp = ie_bytes_stamp(opened);
    ie_bytes_close(opened);
    return photo;
}

static void write_file(const char *path, const char *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
    close(fd);
}

static void compare(ie_photo **photos, size_t count)
{
    ie_config *config = ie_config_new();
    ie_compare comparison = {.config = config};
    assert_int_equal(ie_compare_run(&comparison, photos, count, NULL), IE_OK);
    ie_config_free(config);
}

static void drop(ie_photo **photos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unlink(photos[i]->real_path);
        ie_photo_free(photos[i]);
    }
}

static void only_files_that_may_have_an_equal_are_hashed(void **state)
{
    ie_photo *photos[] = {make("a", 'x', SIZE), make("b", 'x', SIZE), make("c", 'y', SIZE),
                          make("d", 'x', SIZE / 2), make("e", 'x', 5)};
    compare(photos, 5);
    assert_true((photos[0]->have & IE_HAVE_XXH3) != 0);
    assert_true((photos[1]->have & IE_HAVE_XXH3) != 0);
    assert_true(ie_hash128_equal(photos[0]->xxh3, photos[1]->xxh3));
    assert_false((photos[2]->have & IE_HAVE_XXH3) != 0); /* differs in its head */
    assert_true((photos[3]->have & IE_HAVE_XXH3) !=
                0); /* differs in the middle only: read to the end */
    assert_false(ie_hash128_equal(photos[0]->xxh3, photos[3]->xxh3));
    assert_false((photos[4]->have & IE_HAVE_XXH3) != 0);
    drop(photos, 5);
}

static void a_file_that_changed_or_vanished_is_a_fault_and_has_no_hash(void **state)
{
    ie_photo *photos[] = {make("a", 'x', SIZE), make("b", 'x', SIZE), make("c", 'x', SIZE),
                          make("d", 'x', SIZE)};
    assert_int_equal(unlink(photos[1]->real_path), 0);
    assert_int_equal(truncate(photos[2]->real_path, SIZE - 1), 0);
    compare(photos, 4);
    assert_int_equal(photos[1]->fault_count, 1);
    assert_int_equal(photos[2]->fault_count, 1);
    assert_string_equal(photos[2]->faults[0].code, "changed");
    assert_false(((photos[1]->have | photos[2]->have) & IE_HAVE_XXH3) != 0);
    assert_true(ie_hash128_equal(photos[0]->xxh3, photos[3]->xxh3));
    drop(photos, 4);
}

static void what_is_no_photo_and_what_is_empty_is_not_compared(void **state)
{
    ie_photo *photos[] = {make("a", 'x', SIZE), make("b", 'x', SIZE), make("c", 'x', SIZE),
                          make("d", 'x', SIZE)};
    photos[0]->format = photos[1]->format = IE_FORMAT_UNKNOWN;
    photos[2]->stamp.size = photos[3]->stamp.size = 0;
    compare(photos, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_false((photos[i]->have & IE_HAVE_XXH3) != 0);
    }
    drop(photos, 4);
}

static void a_cancelled_comparison_says_so(void **state)
{
    ie_photo *photos[] = {make("a", 'x', SIZE), make("b", 'x', SIZE)};
    ie_config *config = ie_config_new();
    volatile int cancel = 1;
    ie_compare comparison = {.config = config, .cancel = &cancel};
    assert_int_equal(ie_compare_run(&comparison, photos, 2, NULL), IE_ERR_CANCELLED);
    ie_config_free(config);
    drop(photos, 2);
}

static int remove_folder(void **state)
{
    return rmdir(folder);
}

/* Such as the scan found it. */
static ie_photo *named(const char *name, const char *bytes)
{
    ie_photo *photo = ie_photo_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = IE_FORMAT_PNM;
    photo->have = IE_HAVE_FORMAT;
    write_file(photo->real_path, bytes);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    photo->stamp = ie_stamp_of(&st);
    return photo;
}

static void analyze_equals(ie_photo **photos, size_t count)
{
    ie_config *config = ie_config_new();
    ie_worker *worker = ie_worker_new(config, NULL, NULL, NULL);
    ie_worker_analyze_equals(worker, photos, count, IE_HAVE_METADATA);
    ie_worker_free(worker);
    ie_config_free(config);
}

/* Of the three only the second is there, so what the third has was read in that. */
static void of_equal_files_the_first_that_opens_is_read_for_all(void **state)
{
    static const char wide[] = "P5 7 1 255\n0123456";
    ie_photo *photos[] = {named("gone.pgm", wide), named("here.pgm", wide),
                          named("elsewhere.pgm", wide)};
    unlink(photos[0]->real_path);
    unlink(photos[2]->real_path);
    analyze_equals(photos, 3);
    assert_int_equal(photos[0]->fault_count, 1);
    assert_string_equal(photos[0]->faults[0].code, "vanished");
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(photos[i]->fault_count, 0);
        assert_true((photos[i]->have & IE_HAVE_METADATA) != 0);
        assert_int_equal(photos[i]->width, 7);
    }
    drop(photos, 3);
}

static void a_file_that_changed_since_it_equalled_others_gives_them_no_facts(void **state)
{
    static const char wide[] = "P5 7 1 255\n0123456";
    ie_photo *photos[] = {named("new.pgm", wide), named("old.pgm", wide)};
    ie_stamp was = photos[0]->stamp;
    write_file(photos[0]->real_path, "P5 3 1 255\n012");
    analyze_equals(photos, 2);
    assert_int_equal(photos[0]->fault_count, 1);
    assert_string_equal(photos[0]->faults[0].code, "changed");
    assert_true((photos[0]->have & IE_HAVE_METADATA) == 0);
    assert_true(ie_stamp_equal(&photos[0]->stamp, &was)); /* its hash is of that */
    assert_int_equal(photos[1]->fault_count, 0);
    assert_int_equal(photos[1]->width, 7);
    drop(photos, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_files_that_may_have_an_equal_are_hashed),
        cmocka_unit_test(a_file_that_changed_or_vanished_is_a_fault_and_has_no_hash),
        cmocka_unit_test(what_is_no_photo_and_what_is_empty_is_not_compared),
        cmocka_unit_test(a_cancelled_comparison_says_so),
        cmocka_unit_test(of_equal_files_the_first_that_opens_is_read_for_all),
        cmocka_unit_test(a_file_that_changed_since_it_equalled_others_gives_them_no_facts),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
