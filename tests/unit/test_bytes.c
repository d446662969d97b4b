// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/bytes.h"
#include "utils/error.h"

#define SIZE 200000

static char path[64];

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + i / 256);
}

static int make_file(void **state)
{
    snprintf(path, sizeof path, "/tmp/imgengine-bytes.%d", (int)getpid());
    uint8_t *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = byte_at(i);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t written = write(fd, bytes, SIZE);
    close(fd);
    free(bytes);
    return written == SIZE ? 0 : -1;
}

static int remove_file(void **state)
{
    return unlink(path);
}

static void windows_and_the_whole_show_the_same_bytes(void **state)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    const size_t offsets[] = {0, 1, 65535, 65536, 100000, SIZE - 10};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        const uint8_t *at = ie_bytes_at(bytes, offsets[i], 10);
        assert_non_null(at);
        assert_int_equal(at[9], byte_at(offsets[i] + 9));
    }
    const uint8_t *early = ie_bytes_at(bytes, 0, 4);
    const uint8_t *whole = ie_bytes_load(bytes, SIZE);
    assert_non_null(whole);
    for (size_t i = 0; i < SIZE; i++) {
        assert_int_equal(whole[i], byte_at(i));
    }
    assert_int_equal(early[3], byte_at(3)); /* stays valid after the load */
    ie_bytes_close(bytes);
}

static void one_who_looks_at_nothing_else_gets_no_more_read(void **state)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    assert_int_equal(ie_bytes_only(bytes, 0, 10)[9], byte_at(9));
    int fd = open(path, O_WRONLY);
    uint8_t other = (uint8_t)~byte_at(20), back = byte_at(20);
    assert_int_equal(pwrite(fd, &other, 1, 20), 1);
    assert_int_equal(ie_bytes_at(bytes, 15, 10)[5], other); /* read now, and with what follows */
    assert_int_equal(pwrite(fd, &back, 1, 20), 1);
    assert_int_equal(ie_bytes_only(bytes, 20, 1)[0], other);
    close(fd);
    ie_bytes_close(bytes);
}

static void nothing_beyond_the_end_is_given(void **state)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    assert_null(ie_bytes_at(bytes, SIZE - 1, 2));
    assert_null(ie_bytes_at(bytes, UINT64_MAX - 1, 4));
    assert_null(ie_bytes_at(bytes, 0, SIZE_MAX));
    assert_null(ie_bytes_load(bytes, SIZE - 1));
    assert_int_equal(ie_bytes_errno(bytes), EFBIG);
    ie_bytes_close(bytes);
}

static void a_file_cut_short_meanwhile_is_an_error_and_no_signal(void **state)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    assert_int_equal(truncate(path, 1000), 0);
    assert_null(ie_bytes_at(bytes, SIZE - 10, 10));
    assert_null(ie_bytes_load(bytes, SIZE));
    assert_int_not_equal(ie_bytes_errno(bytes), 0);
    ie_bytes_close(bytes);
}

static void the_hash_is_the_same_streamed_and_loaded(void **state)
{
    ie_bytes *bytes = NULL;
    ie_hash128 streamed, loaded;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    assert_true(ie_bytes_xxh3(bytes, &streamed));
    assert_non_null(ie_bytes_load(bytes, SIZE));
    assert_true(ie_bytes_xxh3(bytes, &loaded));
    assert_true(ie_hash128_equal(streamed, loaded));
    ie_bytes_close(bytes);
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
    ie_bytes *bytes = NULL;
    ie_error err;
    assert_int_equal(ie_bytes_open("/tmp", &bytes, &err), IE_ERR_UNSUPPORTED);
    char fifo[80];
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(ie_bytes_open(fifo, &bytes, &err), IE_ERR_UNSUPPORTED);
    unlink(fifo);
    assert_int_equal(ie_bytes_open("/nowhere/at/all", &bytes, &err), IE_ERR_NOT_FOUND);
    assert_int_equal(err.system_errno, ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static void make_one_byte(const char *name, char byte)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, &byte, 1), 1);
    close(fd);
}

static int byte_near(ie_nearby *nearby, const char *name)
{
    ie_bytes *bytes = NULL;
    if (ie_bytes_open_near(nearby, name, &bytes, NULL) != IE_OK) {
        return -1;
    }
    int byte = *ie_bytes_at(bytes, 0, 1);
    ie_bytes_close(bytes);
    return byte;
}

static void what_is_opened_from_its_neighbours_folder_is_what_its_path_names(void **state)
{
    char top[] = "/tmp/imgengine-near.XXXXXX", names[4][80];
    assert_non_null(mkdtemp(top));
    for (int i = 0; i < 4; i++) { /* a/0 a/1 ab/2 ab/3: one folder's name begins with the other's */
        snprintf(names[i], sizeof names[i], "%s/%s", top, i < 2 ? "a" : "ab");
        mkdir(names[i], 0700);
        snprintf(names[i], sizeof names[i], "%s/%s/%d", top, i < 2 ? "a" : "ab", i);
        make_one_byte(names[i], (char)('0' + i));
    }
    ie_nearby nearby = {0};
    static const int order[] = {0, 1, 0, 2, 3, 2, 1, 3, 0, 1, 1};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_int_equal(byte_near(&nearby, names[order[i]]), '0' + order[i]);
    }
    unlink(names[1]);
    assert_int_equal(byte_near(&nearby, names[1]), -1);
    assert_int_equal(byte_near(&nearby, names[0]), '0');
    assert_int_equal(byte_near(&nearby, "no-slash-and-not-there"), -1);
    ie_nearby_clear(&nearby);
    for (int i = 0; i < 4; i++) {
        unlink(names[i]);
        *strrchr(names[i], '/') = 0;
        rmdir(names[i]);
    }
    assert_int_equal(rmdir(top), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(windows_and_the_whole_show_the_same_bytes, make_file,
                                        remove_file),
        cmocka_unit_test_setup_teardown(one_who_looks_at_nothing_else_gets_no_more_read, make_file,
                                        remove_file),
        cmocka_unit_test_setup_teardown(nothing_beyond_the_end_is_given, make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_file_cut_short_meanwhile_is_an_error_and_no_signal,
                                        make_file, remove_file),
        cmocka_unit_test_setup_teardown(the_hash_is_the_same_streamed_and_loaded, make_file,
                                        remove_file),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_at_once, make_file,
                                        remove_file),
        cmocka_unit_test(what_is_opened_from_its_neighbours_folder_is_what_its_path_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
