// SPDX-License-Identifier: GPL-3.0-or-later
#include "collection.h"

#define DEDUPE ie_dedupe_processor.propose

static void the_first_by_path_of_equal_photos_is_kept(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 2);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal("/p/a.jpg", c.plan->actions[0].survivor);
    assert_int_equal(c.photos[1]->stamp.inode, c.plan->actions[0].survivor_stamp.inode);
    expect_reason(&c, 0, "duplicate of a.jpg: same bytes; that one: equal quality, first by path");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "kept: equal quality, first by path; 1 duplicate");
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    assert_null(c.plan->actions[2].reason);
    collection_end(&c);
}

static void without_a_hash_nothing_is_a_duplicate(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1)->have = IE_HAVE_FORMAT;
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void hard_links_are_no_duplicates(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1)->stamp.inode = 100;
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    assert_null(c.plan->actions[1].reason);
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "hard link");
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    collection_end(&c);
}

static void the_wanted_number_of_copies_stays(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.min_copies", "2");
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "copy 2 of 2 wanted");
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    collection_end(&c);
}

static void protected_folders_lose_nothing_and_preferred_ones_win(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/good/b.jpg", IE_FORMAT_JPEG, 1);
    set(&c, "dedupe.prefer", "/p/good");
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect_reason(&c, 0, "preferred folder /p/good");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    add(&c, "/q/c.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/q/d.jpg", IE_FORMAT_JPEG, 1);
    set(&c, "dedupe.protect", "/q");
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect(&c, 3, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 3, "protected folder");
    assert_string_equal("/q/c.jpg", c.plan->actions[1].survivor);
    collection_end(&c);
}

static void the_oldest_or_newest_by_date_is_kept(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    ie_photo *old = add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    ie_datetime_parse("2001-01-01T00:00:00", &old->metadata.captured);
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 1)->metadata.captured.year = 0;
    set(&c, "dedupe.keep", "oldest");
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "earlier date; 2 duplicates");
    set(&c, "dedupe.keep", "newest");
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    collection_end(&c);
}

static void a_unit_goes_only_when_each_file_has_an_equal(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 2);
    add(&c, "/q/a.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/q/a.jpg", IE_FORMAT_JPEG, 3);
    PROPOSE(&c, DEDUPE);
    for (size_t i = 0; i < 4; i++) {
        expect(&c, i, IE_ACTION_KEEP, NULL);
    }
    expect_reason(&c, 2, "but a.jpg has no copy there");
    unsigned same = 2;
    c.photos[3]->xxh3 = ie_hash128_of(&same, sizeof same);
    c.photos[3]->stamp.size = c.photos[1]->stamp.size;
    PROPOSE(&c, DEDUPE);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 3, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal("/p/a.jpg", c.plan->actions[3].survivor);
    collection_end(&c);
}

static void the_photo_with_a_sidecar_wins(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.xmp", IE_FORMAT_UNKNOWN, 2);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "files beside it");
    collection_end(&c);
}

static void duplicates_are_not_copied(void **state)
{
    (void)state;
    collection c = collection_new();
    c.output = "/out";
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE, ie_place_propose);
    expect(&c, 0, IE_ACTION_COPY, "/out/a.jpg");
    expect(&c, 1, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 1, "duplicate of a.jpg, not copied");
    assert_string_equal("/p/a.jpg", c.plan->actions[1].survivor);
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_by_path_of_equal_photos_is_kept),
        cmocka_unit_test(without_a_hash_nothing_is_a_duplicate),
        cmocka_unit_test(hard_links_are_no_duplicates),
        cmocka_unit_test(the_wanted_number_of_copies_stays),
        cmocka_unit_test(protected_folders_lose_nothing_and_preferred_ones_win),
        cmocka_unit_test(the_oldest_or_newest_by_date_is_kept),
        cmocka_unit_test(a_unit_goes_only_when_each_file_has_an_equal),
        cmocka_unit_test(the_photo_with_a_sidecar_wins),
        cmocka_unit_test(duplicates_are_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
