// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>

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

static void of_equals_the_older_file_stays_and_no_copy_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *stays, *goes, *why;
        int64_t goes_mtime_ns; /* of the one that stays: 5 */
    } rows[] = {
        {"/p/b.jpg", "/p/a.jpg", "the older file", 6},
        {"/p/b.jpg", "/p/b (1).jpg", "named like a copy", 5},
        {"/p/z/c.jpg", "/p/Kopie von c.jpg", "named like a copy", 5},
        {"/p/z/c.jpg", "/p/c - Copy (2).jpg", "named like a copy", 5},
        {"/p/z/c.jpg", "/p/c copy 2.jpg", "named like a copy", 5},
        {"/p/b (1).jpg", "/p/b.jpg", "the older file", 6},
        {"/p/(1).jpg", "/p/photocopy.jpg", "first by path", 5},
        {"/p/a (2019).jpg", "/p/b.jpg", "first by path", 5},
        {"/p/copy.jpg", "/p/x.jpg", "first by path", 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        collection c = collection_new();
        add(&c, rows[i].goes, IE_FORMAT_JPEG, 1)->stamp.mtime_ns = rows[i].goes_mtime_ns;
        add(&c, rows[i].stays, IE_FORMAT_JPEG, 1);
        PROPOSE(&c, DEDUPE);
        expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
        expect(&c, 1, IE_ACTION_KEEP, NULL);
        expect_reason(&c, 0, rows[i].why);
        collection_end(&c);
    }
}

static void quality_known_of_one_copy_only_decides_nothing(void **state)
{
    (void)state;
    collection c = collection_new();
    ie_photo *known = add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    known->have |= IE_HAVE_QUALITY;
    ie_photo_own_content(known)->quality = 0.9;
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1)->have &= ~(unsigned)IE_HAVE_QUALITY;
    PROPOSE(&c, DEDUPE);
    assert_string_equal("/p/a.jpg", c.plan->actions[0].survivor);
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

static void a_link_takes_the_name_when_it_can_lead_there(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/q/c.jpg", IE_FORMAT_JPEG, 1)->stamp.device = 2;
    static const struct {
        const char *action;
        ie_link link;
        bool crosses;
    } rows[] = {
        {"quarantine", IE_LINK_NONE, true}, {"hardlink", IE_LINK_HARD, false},
        {"reflink", IE_LINK_REF, false},    {"symlink", IE_LINK_SYMBOLIC, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set(&c, "dedupe.action", rows[i].action);
        PROPOSE(&c, DEDUPE);
        expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
        assert_int_equal(c.plan->actions[1].link, rows[i].link);
        expect(&c, 2, rows[i].crosses ? IE_ACTION_QUARANTINE : IE_ACTION_KEEP, NULL);
        if (!rows[i].crosses) {
            expect_reason(
                &c, 2,
                "that one lies on another file system, to which only a symbolic link could lead");
        }
    }
    collection_end(&c);
}

static bool jpegs_share(const ie_photo *a, const ie_photo *b)
{
    return a->format == IE_FORMAT_JPEG && b->format == IE_FORMAT_JPEG;
}

static void what_shares_its_blocks_already_gets_no_reflink(void **state)
{
    (void)state;
    collection c = collection_new();
    c.shares = jpegs_share;
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/c.png", IE_FORMAT_PNG, 2);
    add(&c, "/p/d.png", IE_FORMAT_PNG, 2);
    set(&c, "dedupe.action", "reflink");
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "kept: shares its blocks on the disk with a.jpg already");
    expect(&c, 3, IE_ACTION_QUARANTINE, NULL);
    set(&c, "dedupe.action", "quarantine");
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL); /* a file of its own all the same */
    collection_end(&c);
}

/* A sidecar that shares nothing goes with its photo, and gets its reflink, too. */
static void a_unit_shares_its_blocks_only_as_a_whole(void **state)
{
    (void)state;
    collection c = collection_new();
    c.shares = jpegs_share;
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/a.xmp", IE_FORMAT_SIDECAR, 2);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.xmp", IE_FORMAT_SIDECAR, 2);
    set(&c, "dedupe.action", "reflink");
    PROPOSE(&c, DEDUPE);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 3, IE_ACTION_QUARANTINE, NULL);
    collection_end(&c);
}

static void no_link_leads_into_a_protected_folder(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.protect", "/p/safe");
    add(&c, "/p/safe/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    for (int i = 0; i < 3; i++) {
        set(&c, "dedupe.action", i == 0 ? "hardlink" : i == 1 ? "symlink" : "reflink");
        PROPOSE(&c, DEDUPE);
        expect(&c, 0, IE_ACTION_KEEP, NULL);
        expect(&c, 1, i < 2 ? IE_ACTION_KEEP : IE_ACTION_QUARANTINE, NULL);
    }
    collection_end(&c);
}

/* A link is no copy: as many files stay as without. */
static void links_do_not_count_as_copies(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.min_copies", "2");
    set(&c, "dedupe.action", "hardlink");
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    assert_int_equal(c.plan->actions[2].link, IE_LINK_HARD);
    collection_end(&c);
}

static void what_is_only_reported_stays_and_names_its_survivor(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.action", "report");
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    assert_string_equal(c.plan->actions[1].survivor, "/p/a.jpg");
    assert_int_equal(c.plan->actions[1].verdict, IE_MATCH_SAME_BYTES);
    assert_int_equal(ie_plan_work(c.plan), 0);
    ie_summary sum = {0};
    ie_plan_summarize(c.plan, &sum);
    assert_int_equal(sum.reported, 1);
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

/* ---- any collection, any rules ------------------------------------------------------------ */

static uint64_t draw(uint64_t *random, uint64_t below)
{
    /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = *random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static void add_any(collection *c, uint64_t *random)
{
    static const char *const folders[] = {"/p", "/p/keep", "/p/a", "/p/good", "/q", "/q/keep"};
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_JPEG, IE_FORMAT_PNG,
                                        IE_FORMAT_SIDECAR};
    ie_format format = formats[draw(random, 4)];
    unsigned content = (unsigned)draw(random, 4) + (format == IE_FORMAT_SIDECAR ? 50 : 0);
    const char *folder = folders[draw(random, 6)];
    /* Some names meet, so that there are units of several files. */
    IE_AUTO_FREE char *path = ie_asprintf(
        "%s/%zu%s", folder, draw(random, 3) == 0 && c->count > 0 ? c->count - 1 : c->count,
        format == IE_FORMAT_SIDECAR ? ".xmp"
        : format == IE_FORMAT_PNG   ? ".png"
                                    : ".jpg");
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->photos[i]->real_path, path) == 0) {
            return;
        }
    }
    ie_photo *photo = add(c, path, format, content);
    ie_photo_own_content(photo)->quality = (double)draw(random, 3) / 3;
    ie_photo_own_metadata(photo)->rating = (int)draw(random, 6);
    for (size_t i = 0; i + 1 < c->count && draw(random, 8) == 0; i++) {
        if (ie_hash128_equal(c->photos[i]->xxh3, photo->xxh3)) {
            photo->stamp.inode = c->photos[i]->stamp.inode; /* a hard link */
            photo->links = c->photos[i]->links = 2;
        }
    }
}

/* Files of these bytes, hard links once: of the plan's survivors only, or all. */
static uint64_t copies_of(const collection *c, ie_hash128 xxh3, bool staying)
{
    uint64_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        bool counts = ie_hash128_equal(c->photos[i]->xxh3, xxh3) &&
                      !(staying && c->plan->actions[i].kind == IE_ACTION_QUARANTINE);
        for (size_t k = 0; counts && k < i; k++) {
            counts = c->photos[k]->stamp.inode != c->photos[i]->stamp.inode ||
                     (staying && c->plan->actions[k].kind == IE_ACTION_QUARANTINE);
        }
        count += counts;
    }
    return count;
}

static size_t check_drop(const collection *c, size_t index, uint64_t seed)
{
    const ie_action *action = &c->plan->actions[index];
    const ie_photo *photo = c->photos[index];
    bool proven = false;
    if (action->kind != IE_ACTION_QUARANTINE) {
        return 0;
    }
    if (strstr(photo->real_path, "/keep/") != NULL) {
        fail_msg("seed %" PRIu64 ": %s is protected and goes", seed, photo->real_path);
    }
    for (size_t i = 0; i < c->count; i++) {
        proven |= strcmp(c->photos[i]->real_path, action->survivor) == 0 &&
                  c->plan->actions[i].kind == IE_ACTION_KEEP &&
                  ie_hash128_equal(c->photos[i]->xxh3, photo->xxh3) &&
                  c->photos[i]->stamp.inode != photo->stamp.inode;
    }
    if (!proven) {
        fail_msg("seed %" PRIu64 ": %s goes for %s, which is no copy that stays", seed,
                 photo->real_path, action->survivor);
    }
    return 1;
}

static void whatever_the_rules_the_wanted_copies_stay_and_protected_files_too(void **state)
{
    (void)state;
    static const char *const keeps[] = {"quality", "newest", "oldest", "largest", "smallest"};
    size_t dropped = 0, held_back = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t random = seed, wanted = 1 + draw(&random, 4);
        collection c = collection_new();
        IE_AUTO_FREE char *number = ie_asprintf("%" PRIu64, wanted);
        set(&c, "dedupe.min_copies", number);
        set(&c, "dedupe.keep", keeps[draw(&random, 5)]);
        set(&c, "dedupe.protect", "/p/keep,/q/keep");
        if (draw(&random, 2) == 0) {
            set(&c, "dedupe.prefer", "/p/good");
        }
        for (uint64_t i = 2 + draw(&random, 30); i > 0; i--) {
            add_any(&c, &random);
        }
        PROPOSE(&c, DEDUPE);
        for (size_t i = 0; i < c.count; i++) {
            uint64_t before = copies_of(&c, c.photos[i]->xxh3, false),
                     after = copies_of(&c, c.photos[i]->xxh3, true);
            dropped += check_drop(&c, i, seed);
            held_back += after > 1 && after == wanted;
            if (after < (before < wanted ? before : wanted)) {
                fail_msg("seed %" PRIu64 ": of %" PRIu64 " copies %" PRIu64 " stay, though %" PRIu64
                         " are wanted",
                         seed, before, after, wanted);
            }
        }
        collection_end(&c);
    }
    assert_true(dropped > 3000 && held_back > 300);
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
    ie_datetime_parse("2001-01-01T00:00:00", &ie_photo_own_metadata(old)->captured);
    ie_photo_own_metadata(add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 1))->captured.year = 0;
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

/* A file's time is in the record by the second: what was read from the catalog is judged as what
   was just looked at. */
static void parts_of_a_second_count_where_they_were_told(void **state)
{
    (void)state;
    for (uint8_t digits = 0; digits < 4; digits += 3) {
        collection c = collection_new();
        ie_photo_own_metadata(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1))->captured.nanosecond =
            500000000;
        ie_photo_own_metadata(add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1))->captured.nanosecond =
            250000000;
        for (size_t i = 0; i < 2; i++) {
            ie_photo_own_metadata(c.photos[i])->captured.subsec_digits = digits;
        }
        set(&c, "dedupe.keep", "oldest");
        PROPOSE(&c, DEDUPE);
        expect(&c, 0, digits == 0 ? IE_ACTION_KEEP : IE_ACTION_QUARANTINE, NULL);
        expect(&c, 1, digits == 0 ? IE_ACTION_QUARANTINE : IE_ACTION_KEEP, NULL);
        collection_end(&c);
    }
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
        cmocka_unit_test(of_equals_the_older_file_stays_and_no_copy_by_name),
        cmocka_unit_test(quality_known_of_one_copy_only_decides_nothing),
        cmocka_unit_test(without_a_hash_nothing_is_a_duplicate),
        cmocka_unit_test(hard_links_are_no_duplicates),
        cmocka_unit_test(a_link_takes_the_name_when_it_can_lead_there),
        cmocka_unit_test(what_shares_its_blocks_already_gets_no_reflink),
        cmocka_unit_test(a_unit_shares_its_blocks_only_as_a_whole),
        cmocka_unit_test(no_link_leads_into_a_protected_folder),
        cmocka_unit_test(links_do_not_count_as_copies),
        cmocka_unit_test(what_is_only_reported_stays_and_names_its_survivor),
        cmocka_unit_test(the_wanted_number_of_copies_stays),
        cmocka_unit_test(whatever_the_rules_the_wanted_copies_stay_and_protected_files_too),
        cmocka_unit_test(protected_folders_lose_nothing_and_preferred_ones_win),
        cmocka_unit_test(the_oldest_or_newest_by_date_is_kept),
        cmocka_unit_test(parts_of_a_second_count_where_they_were_told),
        cmocka_unit_test(a_unit_goes_only_when_each_file_has_an_equal),
        cmocka_unit_test(the_photo_with_a_sidecar_wins),
        cmocka_unit_test(duplicates_are_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
