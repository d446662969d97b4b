// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

#include <sys/xattr.h>

static int fs_rename_paths(const char *root, const char *from, const char *to)
{
    IE_AUTO_FREE char *from_path = ie_path_join(root, from);
    IE_AUTO_FREE char *to_path = ie_path_join(root, to);
    IE_AUTO_PLACE ie_place a = IE_PLACE_NONE, b = IE_PLACE_NONE;
    int failed = ie_place_open(root, from_path, &a);
    failed = failed != 0 ? failed : ie_place_open(root, to_path, &b);
    return failed != 0 ? failed : ie_fs_rename(&a, &b);
}

static void text_is(const char *root, const char *name, const char *text)
{
    IE_AUTO_FREE char *path = ie_path_join(root, name);
    IE_AUTO_FREE char *found = tree_read(path);
    assert_non_null(found);
    assert_string_equal(found, text);
}

/* Fails with the given errno on one kind of call, as often as asked. */
typedef struct refusal {
    ie_fs_op op;
    int number, times, calls;
} refusal;

static int refuse(void *user, const ie_fs_event *event)
{
    refusal *r = user;
    if (event->op != r->op) {
        return 0;
    }
    r->calls++;
    return r->times-- > 0 ? r->number : 0;
}

static void a_rename_never_overwrites(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    tree_write(root, "a", "first");
    tree_write(root, "b", "second");
    assert_int_equal(fs_rename_paths(root, "a", "b"), EEXIST);
    text_is(root, "a", "first");
    text_is(root, "b", "second");
    assert_int_equal(fs_rename_paths(root, "a", "c"), 0);
    text_is(root, "c", "first");
    assert_false(tree_has(root, "a"));
    tree_remove(root);
}

static void a_rename_never_overwrites_where_the_file_system_lacks_noreplace(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    tree_write(root, "a", "first");
    tree_write(root, "b", "second");
    refusal r = {IE_FS_RENAME, EINVAL, 100, 0};
    ie_fs_set_hook(&(ie_fs_hook){refuse, NULL, &r});
    assert_int_equal(fs_rename_paths(root, "a", "b"), EEXIST);
    assert_int_equal(fs_rename_paths(root, "a", "c"), 0);
    ie_fs_set_hook(NULL);
    text_is(root, "b", "second");
    text_is(root, "c", "first");
    assert_false(tree_has(root, "a"));
    tree_remove(root);
}

/* No NOREPLACE and no links, as on FAT by some drivers. */
static int refuse_both(void *user, const ie_fs_event *event)
{
    return event->op == IE_FS_RENAME ? ENOSYS : event->op == IE_FS_LINK ? EPERM : 0;
}

static void a_rename_is_refused_where_it_could_overwrite(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    tree_write(root, "a", "first");
    ie_fs_set_hook(&(ie_fs_hook){refuse_both, NULL, NULL});
    assert_int_equal(fs_rename_paths(root, "a", "b"), EOPNOTSUPP);
    ie_fs_set_hook(NULL);
    text_is(root, "a", "first");
    assert_false(tree_has(root, "b"));
    tree_remove(root);
}

/* Two processes want the same name, again and again: one wins, the other's file stays where
   it was. */
static void of_two_racing_for_a_name_one_wins_and_nothing_is_lost(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    enum { ROUNDS = 200 };
    for (int i = 0; i < ROUNDS; i++) {
        for (int who = 0; who < 2; who++) {
            IE_AUTO_FREE char *name = ie_asprintf("%d-%d", i, who);
            tree_write(root, name, who == 0 ? "mine" : "yours");
        }
    }
    pid_t children[2];
    for (int who = 0; who < 2; who++) {
        children[who] = fork();
        if (children[who] == 0) {
            for (int i = 0; i < ROUNDS; i++) {
                IE_AUTO_FREE char *from = ie_asprintf("%d-%d", i, who);
                IE_AUTO_FREE char *to = ie_asprintf("%d-target", i);
                int failed = fs_rename_paths(root, from, to);
                if (failed != 0 && failed != EEXIST) {
                    _exit(1);
                }
            }
            _exit(0);
        }
    }
    for (int who = 0; who < 2; who++) {
        int status;
        waitpid(children[who], &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        IE_AUTO_FREE char *mine = ie_asprintf("%d-0", i), *yours = ie_asprintf("%d-1", i);
        IE_AUTO_FREE char *target = ie_asprintf("%d-target", i);
        assert_true(tree_has(root, target));
        assert_int_equal(tree_has(root, mine) + tree_has(root, yours), 1);
        text_is(root, target, tree_has(root, mine) ? "yours" : "mine");
    }
    tree_remove(root);
}

static void a_place_is_not_reached_over_a_link(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *outside = tree_new();
    IE_AUTO_FREE char *link_path = ie_path_join(root, "link");
    IE_AUTO_FREE char *through = ie_path_join(root, "link/x"), *dots = ie_path_join(root, "a/../x");
    tree_write(root, "a/b", "text");
    assert_int_equal(symlink(outside, link_path), 0);
    ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(root, through, &place);
    assert_true(failed == ELOOP || failed == ENOTDIR);
    assert_int_equal(ie_place_open(root, dots, &place), EINVAL);
    assert_int_equal(ie_place_open(root, "relative", &place), EINVAL);
    int fd;
    assert_int_equal(ie_place_open(root, link_path, &place), 0);
    assert_int_equal(ie_place_read(&place, &fd), ELOOP);
    ie_place_close(&place);
    tree_remove(root);
    tree_remove(outside);
}

static void short_and_interrupted_writes_are_completed(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(root, "report");
    const int kinds[] = {IE_FS_SHORT, EINTR};
    for (size_t i = 0; i < 2; i++) {
        refusal r = {IE_FS_WRITE, kinds[i], 5, 0};
        ie_fs_set_hook(&(ie_fs_hook){refuse, NULL, &r});
        assert_int_equal(ie_fs_write_file(path, "0123456789", 10, 0600, true), 0);
        ie_fs_set_hook(NULL);
        assert_int_equal(r.calls, 6);
        text_is(root, "report", "0123456789");
    }
    tree_remove(root);
}

static void a_report_is_whole_or_not_there(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(root, "report");
    for (ie_fs_op op = IE_FS_CREATE; op <= IE_FS_RENAME; op++) {
        refusal r = {op, ENOSPC, 1, 0};
        ie_fs_set_hook(&(ie_fs_hook){refuse, NULL, &r});
        int failed = ie_fs_write_file(path, "new", 3, 0600, false);
        ie_fs_set_hook(NULL);
        assert_int_equal(failed, r.calls > 0 ? ENOSPC : 0);
        IE_AUTO_FREE char *left = tree_state(root);
        if (failed != 0 && op != IE_FS_SYNC_DIRECTORY) {
            assert_string_equal(left, "");
        }
        unlink(path);
    }
    tree_remove(root);
}

static void a_report_replaces_only_when_asked(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(root, "report");
    ie_error err;
    assert_int_equal(ie_write_report(path, "one", 3, false, &err), IE_OK);
    assert_int_equal(ie_write_report(path, "two", 3, false, &err), IE_ERR_EXISTS);
    text_is(root, "report", "one");
    assert_int_equal(ie_write_report(path, "two", 3, true, &err), IE_OK);
    text_is(root, "report", "two");
    tree_write(root, "p.html", "\xff\xd8\xff\xe0 and more of a photo");
    IE_AUTO_FREE char *photo = ie_path_join(root, "p.html");
    assert_int_equal(ie_write_report(photo, "two", 3, true, &err), IE_ERR_EXISTS);
    text_is(root, "p.html", "\xff\xd8\xff\xe0 and more of a photo");
    tree_remove(root);
}

static void a_report_is_not_named_like_a_photo(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    static const char *const names[] = {"new.jpg",
                                        "a.HEIC",
                                        "v.mp4",
                                        "p.xmp",
                                        "a.jpg.json",
                                        "A.MOV(1).JSON",
                                        "a.jpg.supplemental-metadata.json",
                                        "a.jpg.suppl(2).json"};
    static const char *const fine[] = {"/r/report.json",
                                       "/r.jpg/report",
                                       "/r.jpg/report.json",
                                       "/r/plan.2024-05-01.json",
                                       "/r/report.v2.json",
                                       "/r/.json",
                                       "/r/a name that has as many characters as fortysix.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        IE_AUTO_FREE char *path = ie_path_join(root, names[i]);
        ie_error err;
        assert_int_equal(ie_write_report(path, "one", 3, true, &err), IE_ERR_USAGE);
        assert_false(ie_fs_exists(path));
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        assert_int_equal(ie_report_check(fine[i], NULL), IE_OK);
    }
    tree_remove(root);
}

static void a_copy_has_the_bytes_mode_times_and_attributes(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    tree_write(root, "a", "some bytes");
    IE_AUTO_FREE char *from_path = ie_path_join(root, "a"), *to_path = ie_path_join(root, "b");
    bool xattrs = setxattr(from_path, "user.note", "kept", 4, 0) == 0;
    chmod(from_path, 0604);
    IE_AUTO_PLACE ie_place from = IE_PLACE_NONE, to = IE_PLACE_NONE;
    int from_fd, to_fd;
    ie_copied copied;
    assert_int_equal(ie_place_open(root, from_path, &from), 0);
    assert_int_equal(ie_place_open(root, to_path, &to), 0);
    assert_int_equal(ie_place_read(&from, &from_fd), 0);
    assert_int_equal(ie_fs_create(&to, 0600, &to_fd), 0);
    assert_int_equal(ie_fs_copy(from_fd, to_fd, to_path, &copied), 0);
    assert_int_equal(ie_fs_copy_attributes(from_fd, to_fd, to_path, true), 0);
    assert_int_equal(copied.size, 10);
    ie_hash128 expected = ie_hash128_of("some bytes", 10);
    assert_true(ie_hash128_equal(copied.xxh3, expected));
    struct stat a, b;
    fstat(from_fd, &a);
    fstat(to_fd, &b);
    assert_int_equal(a.st_mode, b.st_mode);
    assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
    char note[8] = "";
    assert_true(!xattrs || (fgetxattr(to_fd, "user.note", note, sizeof note) == 4 &&
                            memcmp(note, "kept", 4) == 0));
    close(from_fd);
    close(to_fd);
    tree_remove(root);
}

/* One file, opened twice, lies in its own blocks; a copy lies in others, and a clone in
   the same. */
static void blocks_are_shared_by_clones_and_not_by_copies(void **state)
{
    (void)state;
    char folder[] = "/tmp/ie-fs-XXXXXX"; /* not in memory, where files have no blocks */
    assert_non_null(mkdtemp(folder));
    IE_AUTO_FREE char *text = ie_alloc(100001);
    memset(text, 'x', 100000);
    tree_write(folder, "a", text);
    tree_write(folder, "b", text);
    tree_write(folder, "c", "");
    const char *const names[] = {"a", "a", "b", "c"};
    int fds[4];
    for (int i = 0; i < 4; i++) {
        IE_AUTO_FREE char *path = ie_path_join(folder, names[i]);
        fds[i] = open(path, O_RDWR);
        assert_true(fds[i] >= 0);
    }
    bool told = ie_fs_shares(fds[0], fds[1]);
    assert_false(ie_fs_shares(fds[0], fds[2]));
    assert_false(ie_fs_shares(fds[0], fds[3]));
    bool cloned = ie_fs_clone(fds[0], fds[3], folder) == 0;
    assert_int_equal(ie_fs_shares(fds[0], fds[3]), told && cloned);
    assert_int_equal(ftruncate(fds[3], 99999), 0);
    assert_int_equal(pwrite(fds[3], "y", 1, 50000), 1);
    assert_false(ie_fs_shares(fds[0], fds[3]));
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
    tree_remove(folder);
    if (!told || !cloned) {
        print_message("%s\n", told ? "no reflinks here: only copies tested"
                                   : "this file system does not say where files lie: not tested");
        if (!told) {
            skip();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rename_never_overwrites),
        cmocka_unit_test(blocks_are_shared_by_clones_and_not_by_copies),
        cmocka_unit_test(a_rename_never_overwrites_where_the_file_system_lacks_noreplace),
        cmocka_unit_test(a_rename_is_refused_where_it_could_overwrite),
        cmocka_unit_test(of_two_racing_for_a_name_one_wins_and_nothing_is_lost),
        cmocka_unit_test(a_place_is_not_reached_over_a_link),
        cmocka_unit_test(short_and_interrupted_writes_are_completed),
        cmocka_unit_test(a_report_is_whole_or_not_there),
        cmocka_unit_test(a_report_replaces_only_when_asked),
        cmocka_unit_test(a_report_is_not_named_like_a_photo),
        cmocka_unit_test(a_copy_has_the_bytes_mode_times_and_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
