// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/scan.h"
#include "storage/seen.h"
#include "utils/text.h"

/* Every test runs in an empty folder of its own, which is the current one. */
static char home[PATH_MAX];

static int enter_empty_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    char name[PATH_MAX - 64];
    snprintf(name, sizeof name, "%s/ie_scan_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(name) == NULL || chdir(name) != 0 || realpath(".", home) == NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") != 0 || nftw(home, remove_one, 32, FTW_DEPTH | FTW_PHYS) != 0;
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
    assert_true(fd >= 0 && write(fd, "xyz", 3) == 3);
    close(fd);
}

static void folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static char problems[8192];

static void on_problem(void *user, const char *path, const char *text)
{
    (void)user;
    size_t used = strlen(problems);
    snprintf(problems + used, sizeof problems - used, "%s: %s|", path, text);
}

static struct ie_config settings;
static ie_scan_counts counts;
static char roots[PATH_MAX];

static int reset(void **state)
{
    memset(&settings, 0, sizeof settings);
    settings.scan.recursive = true;
    problems[0] = 0;
    return enter_empty_folder(state);
}

/* All shown paths, each followed by '|'. Checks what holds for every photo. */
static const char *walk_list(const char *const *paths, size_t count, bool from_list)
{
    static ie_buffer out;
    ie_buffer_clear(&out);
    ie_buffer_text(&out, " ");
    ie_scan *scan = NULL;
    ie_input input = {paths, count, from_list};
    ie_error err;
    assert_int_equal(ie_scan_open(&settings, &input, on_problem, NULL, &scan, &err), IE_OK);
    ie_photo *photo;
    for (uint64_t sequence = 0; (photo = ie_scan_next(scan)) != NULL; sequence++) {
        struct stat shown, real;
        assert_int_equal(photo->sequence, sequence);
        assert_int_equal(photo->real_path[0], '/');
        assert_int_equal(stat(photo->path, &shown), 0);
        assert_int_equal(stat(photo->real_path, &real), 0);
        assert_true(shown.st_ino == real.st_ino && photo->stamp.inode == real.st_ino);
        assert_true(ie_path_below(photo->real_path, ie_scan_root(scan, photo->root)));
        ie_buffer_printf(&out, "%s|", photo->path);
        ie_photo_free(photo);
    }
    assert_null(ie_scan_next(scan));
    counts = ie_scan_count(scan);
    roots[0] = 0;
    for (uint32_t i = 0; i < ie_scan_root_count(scan); i++) {
        size_t used = strlen(roots);
        snprintf(roots + used, sizeof roots - used, "%s|", ie_scan_root(scan, i) + strlen(home));
    }
    ie_scan_close(scan);
    return out.data + 1;
}

#define GLOBS(list, ...)                                                                           \
    settings.scan.list = (ie_config_list)                                                          \
    {                                                                                              \
        (char **)(const char *[]){__VA_ARGS__},                                                    \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)                                 \
    }
#define WALK(...)                                                                                  \
    walk_list((const char *[]){__VA_ARGS__},                                                       \
              sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), false)

static void a_folders_files_come_before_its_subfolders_in_byte_order(void **state)
{
    (void)state;
    folder("b"), folder("b/z"), folder("a");
    touch("c.jpg"), touch("B.jpg"), touch("b/2"), touch("b/10"), touch("b/z/q"), touch("a/x");
    assert_string_equal(WALK("."), "B.jpg|c.jpg|a/x|b/10|b/2|b/z/q|");
    assert_int_equal(counts.files, 6);
    assert_int_equal(counts.bytes, 18);
    assert_string_equal(roots, "|");
}

static void shown_paths_keep_the_argument_as_given(void **state)
{
    (void)state;
    folder("d"), folder("d/e");
    touch("d/e/f");
    assert_string_equal(WALK("./d//"), "d/e/f|");
    assert_string_equal(WALK("d/e/.."), "d/e/../e/f|");
    assert_int_equal(chdir("d"), 0);
    assert_string_equal(WALK("../d"), "../d/e/f|");
    assert_string_equal(WALK("./e/f"), "e/f|");
    assert_string_equal(roots, "/d/e|");
    assert_int_equal(chdir(".."), 0);
    char expected[PATH_MAX + 8];
    snprintf(expected, sizeof expected, "%s/d/e/f|", home);
    assert_string_equal(WALK(home), expected);
}

static void each_inode_is_given_out_once(void **state)
{
    (void)state;
    folder("d"), folder("d/e");
    touch("d/a"), touch("d/e/b");
    assert_int_equal(link("d/a", "d/e/a2"), 0);
    assert_string_equal(WALK("d", "d", "d/e", "d/a", "./d/../d"), "d/a|d/e/b|");
    assert_int_equal(counts.repeated, 5);
    assert_string_equal(WALK("d/e", "d"), "d/e/a2|d/e/b|");
    assert_string_equal(roots, "/d/e|/d|");
}

static void hidden_names_are_skipped_unless_wanted_or_named(void **state)
{
    (void)state;
    folder(".h"), folder(".imgengine");
    touch(".h/a"), touch(".b"), touch("c"), touch(".imgengine/d");
    assert_string_equal(WALK("."), "c|");
    assert_int_equal(counts.hidden, 3);
    assert_string_equal(WALK(".h", ".b"), ".h/a|.b|");
    settings.scan.hidden = true;
    assert_string_equal(WALK("."), ".b|c|.h/a|");
}

static void an_argument_inside_our_own_folder_is_refused(void **state)
{
    (void)state;
    folder(".imgengine"), folder(".imgengine/q");
    touch(".imgengine/q/a");
    const char *inside[] = {".imgengine", ".imgengine/q", ".imgengine/q/a"};
    assert_int_equal(symlink(".imgengine/q", "door"), 0);
    for (size_t i = 0; i < 3; i++) {
        ie_scan *scan = NULL;
        ie_error err;
        ie_input input = {&inside[i], 1, false};
        assert_int_equal(ie_scan_open(&settings, &input, NULL, NULL, &scan, &err), IE_ERR_USAGE);
        assert_non_null(strstr(err.text, inside[i]));
    }
    assert_string_equal(walk_list(inside, 3, true), "");
    assert_int_equal(counts.unreadable, 3);
    settings.scan.follow_symlinks = true;
    assert_string_equal(WALK("."), "");
}

static void the_whole_system_is_no_folder_of_photos(void **state)
{
    (void)state;
    const char *all[] = {"/", "/../."};
    for (size_t i = 0; i < 2; i++) {
        ie_scan *scan = NULL;
        ie_error err;
        ie_input input = {&all[i], 1, false};
        assert_int_equal(ie_scan_open(&settings, &input, NULL, NULL, &scan, &err), IE_ERR_USAGE);
        assert_non_null(strstr(err.text, "whole system"));
    }
}

static void links_are_followed_only_when_asked_and_never_in_circles(void **state)
{
    (void)state;
    folder("d"), folder("far");
    touch("d/a"), touch("far/b");
    assert_int_equal(symlink("../far", "d/out"), 0);
    assert_int_equal(symlink("..", "d/loop"), 0);
    assert_int_equal(symlink("nowhere", "d/broken"), 0);
    assert_int_equal(symlink("d", "door"), 0);
    assert_string_equal(WALK("d"), "d/a|");
    assert_int_equal(counts.symlinks, 3);
    assert_string_equal(WALK("door"), "door/a|"); /* an argument may be a link */
    assert_string_equal(roots, "/d|");
    settings.scan.follow_symlinks = true;
    assert_string_equal(WALK("d"), "d/a|d/loop/far/b|");
    assert_non_null(strstr(problems, "d/broken"));
}

static void excluded_folders_are_not_entered(void **state)
{
    (void)state;
    folder("a"), folder("a/cache"), folder("a/keep");
    touch("a/cache/x.jpg"), touch("a/keep/y.jpg"), touch("a/keep/z.gif"), touch("cache2");
    GLOBS(exclude, "cache/", "*.gif");
    assert_string_equal(WALK("."), "cache2|a/keep/y.jpg|");
    assert_int_equal(counts.excluded, 2);
    GLOBS(exclude, "a/**/y.*");
    assert_string_equal(WALK("."), "cache2|a/cache/x.jpg|a/keep/z.gif|");
}

static void with_an_include_list_only_what_it_names_is_looked_at(void **state)
{
    (void)state;
    folder("2023"), folder("2023/x"), folder("2024");
    touch("2023/x/a.png"), touch("2024/b.jpg"), touch("2024/c.png"), touch("d.jpg");
    GLOBS(include, "*.jpg", "2023/");
    assert_string_equal(WALK("."), "d.jpg|2023/x/a.png|2024/b.jpg|");
    assert_string_equal(WALK("2024/c.png"), "");
    GLOBS(include, "");
    ie_scan *scan = NULL;
    ie_input input = {(const char *[]){"."}, 1, false};
    assert_int_equal(ie_scan_open(&settings, &input, NULL, NULL, &scan, NULL), IE_ERR_USAGE);
}

static void without_recursion_only_the_folders_own_files_come(void **state)
{
    (void)state;
    folder("d");
    touch("a"), touch("d/b");
    settings.scan.recursive = false;
    assert_string_equal(WALK("."), "a|");
    assert_string_equal(WALK(".", "d"), "a|d/b|");
}

static void names_are_bytes(void **state)
{
    (void)state;
    touch("new\nline.jpg"), touch("latin\xe9.jpg"), touch("-rf");
    assert_string_equal(WALK("."), "-rf|latin\xe9.jpg|new\nline.jpg|");
}

static void pipes_are_skipped_and_not_opened(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe.jpg", 0600), 0);
    touch("a");
    assert_string_equal(WALK("."), "a|");
    assert_int_equal(counts.unreadable, 0);
    /* Named by hand it is a problem, told with its path. */
    assert_string_equal(WALK("pipe.jpg"), "");
    assert_string_equal(problems, "pipe.jpg: pipe.jpg is neither a file nor a folder|");
}

static void a_missing_argument_is_an_error_but_a_problem_in_a_list(void **state)
{
    (void)state;
    touch("a");
    const char *paths[] = {"gone", "a", ""};
    ie_scan *scan = NULL;
    ie_error err;
    ie_input input = {paths, 2, false};
    assert_int_equal(ie_scan_open(&settings, &input, NULL, NULL, &scan, &err), IE_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "gone"));
    assert_string_equal(walk_list(paths, 3, true), "a|");
    assert_int_equal(counts.unreadable, 2);
    assert_non_null(strstr(problems, "gone"));
}

static void an_unreadable_folder_is_a_problem_and_the_walk_goes_on(void **state)
{
    (void)state;
    folder("closed");
    touch("closed/x"), touch("open");
    assert_int_equal(chmod("closed", 0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    bool is_root = geteuid() == 0; /* who reads everything */
    assert_true(!is_root || seteuid(65534) == 0);
    const char *found = WALK(".");
    assert_true(!is_root || seteuid(0) == 0);
    assert_string_equal(found, "open|");
    assert_int_equal(counts.unreadable, 1);
    assert_non_null(strstr(problems, "closed: closed cannot be opened: Permission denied"));
    chmod("closed", 0700);
}

static void a_file_that_vanishes_is_a_problem_and_the_walk_goes_on(void **state)
{
    (void)state;
    touch("a"), touch("b"), touch("c");
    ie_scan *scan = NULL;
    ie_input input = {(const char *[]){"."}, 1, false};
    assert_int_equal(ie_scan_open(&settings, &input, on_problem, NULL, &scan, NULL), IE_OK);
    ie_photo_free(ie_scan_next(scan));
    assert_int_equal(unlink("b"), 0);
    ie_photo *photo = ie_scan_next(scan);
    assert_string_equal(photo->path, "c");
    assert_int_equal(ie_scan_count(scan).unreadable, 1);
    assert_non_null(strstr(problems, "disappeared"));
    ie_photo_free(photo);
    ie_scan_close(scan);
}

static void a_folder_swapped_for_a_link_is_not_followed(void **state)
{
    (void)state;
    folder("d"), folder("d/sub"), folder("secret");
    touch("d/a"), touch("d/z"), touch("secret/s");
    ie_scan *scan = NULL;
    ie_input input = {(const char *[]){"d"}, 1, false};
    assert_int_equal(ie_scan_open(&settings, &input, on_problem, NULL, &scan, NULL), IE_OK);
    ie_photo_free(ie_scan_next(scan));
    ie_photo_free(ie_scan_next(scan)); /* d/sub was seen as a folder on the way to d/z */
    assert_int_equal(rmdir("d/sub"), 0);
    assert_int_equal(symlink("../secret", "d/sub"), 0);
    assert_null(ie_scan_next(scan));
    assert_int_equal(ie_scan_count(scan).unreadable, 1);
    ie_scan_close(scan);
}

static void folders_nested_too_deeply_are_a_problem(void **state)
{
    (void)state;
    touch("a");
    for (int i = 0; i < 300; i++) {
        folder("n");
        assert_int_equal(chdir("n"), 0);
    }
    touch("deep");
    assert_int_equal(chdir(home), 0);
    assert_string_equal(WALK("."), "a|");
    assert_int_equal(counts.unreadable, 1);
    assert_non_null(strstr(problems, "nested too deeply"));
}

static void the_inode_set_is_exact(void **state)
{
    (void)state;
    ie_seen *seen = ie_seen_new();
    for (uint64_t i = 0; i < 100000; i++) {
        assert_true(ie_seen_add(seen, i % 3, i / 3 << 20));
    }
    for (uint64_t i = 0; i < 100000; i++) {
        assert_false(ie_seen_add(seen, i % 3, i / 3 << 20));
    }
    assert_true(ie_seen_add(seen, 4, 0));
    ie_seen_free(seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, leave_folder)

static void a_photo_is_alone_where_no_name_ends_as_a_sidecars(void **state)
{
    (void)state;
    folder("a"), folder("b"), folder("c");
    touch("a/1.jpg"), touch("b/1.jpg"), touch("b/other.XMP"), touch("c/1.jpg");
    const char *paths[] = {"a", "b", "c/1.jpg"};
    const bool expected[] = {true, false, false, false};
    ie_input input = {paths, 3, false};
    ie_scan *scan = NULL;
    assert_int_equal(ie_scan_open(&settings, &input, on_problem, NULL, &scan, NULL), IE_OK);
    size_t count = 0;
    for (ie_photo *photo; (photo = ie_scan_next(scan)) != NULL; ie_photo_free(photo)) {
        assert_int_equal(photo->alone, expected[count++]);
    }
    assert_int_equal(count, 4);
    ie_scan_close(scan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folders_files_come_before_its_subfolders_in_byte_order),
        TEST(shown_paths_keep_the_argument_as_given),
        TEST(each_inode_is_given_out_once),
        TEST(hidden_names_are_skipped_unless_wanted_or_named),
        TEST(an_argument_inside_our_own_folder_is_refused),
        TEST(the_whole_system_is_no_folder_of_photos),
        TEST(links_are_followed_only_when_asked_and_never_in_circles),
        TEST(excluded_folders_are_not_entered),
        TEST(with_an_include_list_only_what_it_names_is_looked_at),
        TEST(without_recursion_only_the_folders_own_files_come),
        TEST(names_are_bytes),
        TEST(pipes_are_skipped_and_not_opened),
        TEST(a_missing_argument_is_an_error_but_a_problem_in_a_list),
        TEST(an_unreadable_folder_is_a_problem_and_the_walk_goes_on),
        TEST(a_file_that_vanishes_is_a_problem_and_the_walk_goes_on),
        TEST(a_folder_swapped_for_a_link_is_not_followed),
        TEST(folders_nested_too_deeply_are_a_problem),
        TEST(a_photo_is_alone_where_no_name_ends_as_a_sidecars),
        cmocka_unit_test(the_inode_set_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
