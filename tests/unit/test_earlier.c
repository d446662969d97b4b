// SPDX-License-Identifier: GPL-3.0-or-later
/* What photos were called before runs renamed them, told by journals. */
#include "tree.h"

#include "engine/earlier.h"
#include "storage/journal.h"

static uint64_t written;

static void write_run(const char *root, const char *id, const char *const (*moves)[2], size_t count,
                      ie_entry_state state)
{
    IE_AUTO_FREE char *own = ie_path_join(root, ".imgengine"), *runs = ie_path_join(own, "runs");
    mkdir(own, 0700);
    mkdir(runs, 0700);
    ie_journal *journal = NULL;
    const ie_journal_head head = {id, "rename", 0, NULL};
    assert_int_equal(ie_journal_create(root, &head, &journal, NULL), IE_OK);
    for (size_t i = 0; i < count; i++) {
        IE_AUTO_FREE char *from = ie_path_join(root, moves[i][0]),
                          *to = ie_path_join(root, moves[i][1]);
        ie_entry entry = {
            .n = ++written, .group = written, .kind = IE_ACTION_MOVE, .from = from, .to = to};
        ie_journal_intent(journal, &entry);
        ie_journal_state(journal, entry.n, IE_ENTRY_DONE, NULL);
        if (state != IE_ENTRY_DONE) {
            ie_journal_state(journal, entry.n, state, NULL);
        }
    }
    ie_journal_end(journal, "done");
    assert_int_equal(ie_journal_flush(journal, true, NULL), IE_OK);
    ie_journal_close(journal);
}

static void expect_earlier(ie_earlier *earlier, const char *root, const char *name,
                           const char *before)
{
    IE_AUTO_FREE char *path = ie_path_join(root, name),
                      *wanted = before != NULL ? ie_path_join(root, before) : NULL;
    const char *found = ie_earlier_path(earlier, path);
    if (wanted == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, wanted);
}

static void the_newest_run_that_gave_a_name_tells_the_one_before(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    write_run(root, "20260101T000000-0001",
              (const char *const[][2]){{"a.jpg", "b.jpg"}, {"x.jpg", "y.jpg"}}, 2, IE_ENTRY_DONE);
    write_run(root, "20260102T000000-0001",
              (const char *const[][2]){{"c.jpg", "b.jpg"}, {"b.jpg", "B.jpg"}}, 2, IE_ENTRY_DONE);
    write_run(root, "20260103T000000-0001", (const char *const[][2]){{"d.jpg", "y.jpg"}}, 1,
              IE_ENTRY_UNDONE);
    ie_earlier *earlier = ie_earlier_new();
    expect_earlier(earlier, root, "b.jpg", "c.jpg");
    expect_earlier(earlier, root, "B.jpg", "b.jpg"); /* another file where case tells names apart */
    expect_earlier(earlier, root, "y.jpg", "x.jpg"); /* the last run was undone */
    expect_earlier(earlier, root, "a.jpg", NULL);
    ie_earlier_free(earlier);
    tree_remove(root);
}

static void journals_of_the_folder_and_of_all_above_are_read(void **state)
{
    IE_AUTO_FREE char *root = tree_new(), *sub = ie_path_join(root, "sub"),
                      *deep = ie_path_join(sub, "deep");
    assert_true(mkdir(sub, 0700) == 0 && mkdir(deep, 0700) == 0);
    write_run(root, "20260101T000000-0001", (const char *const[][2]){{"a.jpg", "sub/deep/b.jpg"}},
              1, IE_ENTRY_DONE);
    write_run(sub, "20260101T000000-0002", (const char *const[][2]){{"c.jpg", "deep/d.jpg"}}, 1,
              IE_ENTRY_DONE);
    IE_AUTO_FREE char *other = ie_path_join(root, "other");
    assert_int_equal(mkdir(other, 0700), 0);
    write_run(other, "20260101T000000-0003", (const char *const[][2]){{"e.jpg", "f.jpg"}}, 1,
              IE_ENTRY_DONE);
    ie_earlier *earlier = ie_earlier_new();
    expect_earlier(earlier, root, "sub/deep/b.jpg", "a.jpg");
    expect_earlier(earlier, root, "sub/deep/d.jpg", "sub/c.jpg");
    expect_earlier(earlier, root, "other/f.jpg", "other/e.jpg");
    expect_earlier(earlier, root, "sub/f.jpg", NULL);
    ie_earlier_free(earlier);
    tree_remove(root);
}

static void where_there_is_no_journal_nothing_is_known(void **state)
{
    IE_AUTO_FREE char *root = tree_new();
    ie_earlier *earlier = ie_earlier_new();
    expect_earlier(earlier, root, "a.jpg", NULL);
    assert_null(ie_earlier_path(earlier, "/not/there/a.jpg"));
    ie_earlier_free(earlier);
    ie_earlier_free(NULL);
    tree_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_run_that_gave_a_name_tells_the_one_before),
        cmocka_unit_test(journals_of_the_folder_and_of_all_above_are_read),
        cmocka_unit_test(where_there_is_no_journal_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
