// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

#include "storage/journal.h"

#define ID "20260114T091233-1f3a"

static void make_folders(const char *root)
{
    IE_AUTO_FREE char *own = ie_path_join(root, ".imgengine"), *runs = ie_path_join(own, "runs");
    mkdir(own, 0700);
    mkdir(runs, 0700);
}

static ie_entry move_entry(ie_arena *arena, const char *root, uint64_t n, const char *from,
                           const char *to)
{
    return (ie_entry){
        .n = n,
        .group = n,
        .kind = IE_ACTION_MOVE,
        .stamp = {.size = 7, .mtime_ns = -5, .inode = UINT64_MAX - 1, .device = 3},
        .from = ie_arena_printf(arena, "%s/%s", root, from),
        .to = ie_arena_printf(arena, "%s/%s", root, to),
    };
}

static ie_journal *new_journal(const char *root)
{
    make_folders(root);
    ie_journal *journal = NULL;
    ie_error err = {0};
    const ie_journal_head head = {ID, "rename", 2, NULL};
    assert_int_equal(ie_journal_create(root, &head, &journal, &err), IE_OK);
    return journal;
}

static void what_was_written_is_read_wherever_the_disk_is_mounted(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_arena *arena = ie_arena_new();
    ie_journal *journal = new_journal(root);
    ie_entry move = move_entry(arena, root, 4, "a\xff\nb.jpg", "2023/c.jpg");
    ie_entry copy = {.n = 9,
                     .group = 9,
                     .kind = IE_ACTION_COPY,
                     .makes = true,
                     .from = "/elsewhere/x.jpg",
                     .to = ie_arena_printf(arena, "%s/x.jpg", root),
                     .temp =
                         ie_arena_printf(arena, "%s/.imgengine/tmp/.imgengine-" ID "-9.new", root),
                     .made = {.size = 3},
                     .made_xxh3 = ie_hash128_of("a", 1),
                     .source_xxh3 = ie_hash128_of("b", 1)};
    IE_AUTO_FREE char *folder = ie_path_join(root, "2023");
    ie_journal_mkdir(journal, folder);
    ie_journal_intent(journal, &move);
    ie_journal_intent(journal, &copy);
    ie_journal_ready(journal, &copy);
    ie_journal_state(journal, 4, IE_ENTRY_DONE, NULL);
    ie_journal_end(journal, "done");
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    ie_journal_close(journal);

    IE_AUTO_FREE char *moved = ie_asprintf("%s-elsewhere", root);
    assert_int_equal(rename(root, moved), 0);
    ie_log *log = NULL;
    assert_int_equal(ie_log_read(moved, ID, &log, NULL), IE_OK);
    assert_int_equal(log->count, 2);
    assert_int_equal(log->made_root, 2);
    assert_string_equal(log->command, "rename");
    assert_string_equal(log->outcome, "done");
    assert_int_equal(log->damaged, 0);
    IE_AUTO_FREE char *from = ie_asprintf("%s/a\xff\nb.jpg", moved),
                      *made = ie_path_join(moved, "2023");
    assert_string_equal(log->entries[0].from, from);
    assert_true(log->entries[0].stamp.inode == move.stamp.inode &&
                log->entries[0].stamp.mtime_ns == -5);
    assert_int_equal(log->entries[0].state, IE_ENTRY_DONE);
    assert_string_equal(log->entries[1].from, "/elsewhere/x.jpg");
    assert_true(log->entries[1].ready);
    assert_true(ie_hash128_equal(log->entries[1].source_xxh3, copy.source_xxh3));
    assert_string_equal(log->folders[0], made);
    assert_true(ie_log_closed(moved, ID));
    ie_log_free(log);
    ie_arena_free(arena);
    tree_remove(moved);
}

static void a_torn_end_is_left_out_and_cut_off(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_arena *arena = ie_arena_new();
    ie_journal *journal = new_journal(root);
    ie_entry first = move_entry(arena, root, 0, "a", "b"),
             second = move_entry(arena, root, 1, "c", "d");
    ie_journal_intent(journal, &first);
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    IE_AUTO_FREE char *path = ie_journal_path(root, ID);
    struct stat before, after;
    stat(path, &before);
    ie_journal_intent(journal, &second);
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    ie_journal_close(journal);
    stat(path, &after);
    for (off_t cut = before.st_size; cut < after.st_size; cut += 7) {
        assert_int_equal(truncate(path, cut), 0);
        ie_log *log = NULL;
        assert_int_equal(ie_log_read(root, ID, &log, NULL), IE_OK);
        assert_int_equal(log->count, 1);
        assert_int_equal(log->damaged, 0);
        assert_int_equal(log->good_size, before.st_size);
        assert_false(ie_log_closed(root, ID));
        assert_int_equal(ie_journal_resume(root, ID, log->good_size, &journal, NULL), IE_OK);
        ie_journal_intent(journal, &second);
        assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
        ie_journal_close(journal);
        ie_log_free(log);
        assert_int_equal(ie_log_read(root, ID, &log, NULL), IE_OK);
        assert_int_equal(log->count, 2);
        assert_int_equal(log->damaged, 0);
        ie_log_free(log);
    }
    ie_arena_free(arena);
    tree_remove(root);
}

static void a_flipped_bit_costs_one_line_and_is_counted(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_arena *arena = ie_arena_new();
    ie_journal *journal = new_journal(root);
    IE_AUTO_FREE char *path = ie_journal_path(root, ID);
    struct stat st;
    stat(path, &st);
    for (uint64_t n = 0; n < 3; n++) {
        ie_entry entry = move_entry(arena, root, n, "a", "b");
        ie_journal_intent(journal, &entry);
    }
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    ie_journal_close(journal);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "#", 1, st.st_size + 40), 1);
    close(fd);
    ie_log *log = NULL;
    assert_int_equal(ie_log_read(root, ID, &log, NULL), IE_OK);
    assert_int_equal(log->count, 2);
    assert_int_equal(log->damaged, 1);
    ie_log_free(log);
    ie_arena_free(arena);
    tree_remove(root);
}

/* A journal on a foreign disk must not make undo touch anything but that disk's own files. */
static void a_journal_that_reaches_outside_its_root_is_not_believed(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_arena *arena = ie_arena_new();
    ie_journal *journal = new_journal(root);
    ie_entry outside = move_entry(arena, root, 0, "a", "b");
    outside.from = "/etc/passwd";
    ie_entry dots = move_entry(arena, root, 1, "../../etc/passwd", "b");
    ie_entry temp = {.n = 2, .group = 2, .kind = IE_ACTION_COPY, .makes = true, .from = "/x",
                     .to = ie_arena_printf(arena, "%s/x.jpg", root),
                     .temp = ie_arena_printf(arena, "%s/holiday.jpg", root)};
    ie_entry park = move_entry(arena, root, 3, "a", "b");
    park.park = ie_arena_printf(arena, "%s/holiday.jpg", root);
    const ie_entry *entries[] = {&outside, &dots, &temp, &park};
    for (size_t i = 0; i < 4; i++) {
        ie_journal_intent(journal, entries[i]);
    }
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    ie_journal_close(journal);
    ie_log *log = NULL;
    assert_int_equal(ie_log_read(root, ID, &log, NULL), IE_OK);
    assert_int_equal(log->count, 0);
    assert_int_equal(log->damaged, 4);
    ie_log_free(log);
    ie_arena_free(arena);
    tree_remove(root);
}

static void a_file_that_is_no_journal_is_an_error(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_error err = {0};
    ie_log *log = NULL;
    assert_int_equal(ie_log_read(root, ID, &log, &err), IE_ERR_NOT_FOUND);
    make_folders(root);
    tree_write(root, ".imgengine/runs/" ID ".journal", "what is this\n");
    assert_int_equal(ie_log_read(root, ID, &log, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, ID));
    tree_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_wherever_the_disk_is_mounted),
        cmocka_unit_test(a_torn_end_is_left_out_and_cut_off),
        cmocka_unit_test(a_flipped_bit_costs_one_line_and_is_counted),
        cmocka_unit_test(a_journal_that_reaches_outside_its_root_is_not_believed),
        cmocka_unit_test(a_file_that_is_no_journal_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
