// SPDX-License-Identifier: GPL-3.0-or-later
#include "collection.h"

#define RENAME ie_rename_processor.propose
#define DATED "{date:%Y}/{date:%Y-%m-%d_%H%M%S}"
#define T "/p/2023/2023-07-14_091233"

static collection dated(void)
{
    collection c = collection_new();
    set(&c, "rename.template", DATED);
    return c;
}

/* What is there after the plan was carried out. */
static void carry_out(collection *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const ie_action *action = &c->plan->actions[i];
        if (action->kind == IE_ACTION_MOVE || action->kind == IE_ACTION_REPLACE) {
            c->former[i] = c->photos[i]->real_path;
            c->photos[i]->real_path = ie_arena_strdup(c->photos[i]->arena, action->to);
            c->photos[i]->path = c->photos[i]->real_path + 1;
            c->photos[i]->format = action->format;
        }
    }
}

static void expect_no_work(const collection *c)
{
    for (size_t i = 0; i < c->count; i++) {
        expect(c, i, IE_ACTION_KEEP, NULL);
    }
}

static void a_photo_is_named_by_its_date(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/IMG_1.JPG", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".jpg");
    carry_out(&c);
    PROPOSE(&c, RENAME);
    expect_no_work(&c);
    collection_end(&c);
}

static void a_units_files_keep_one_stem(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/IMG_1.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/p/IMG_1.JPG", IE_FORMAT_JPEG, 2);
    add(&c, "/p/IMG_1.JPG.xmp", IE_FORMAT_UNKNOWN, 3);
    add(&c, "/p/IMG_1.xmp", IE_FORMAT_UNKNOWN, 4);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".cr2");
    expect(&c, 1, IE_ACTION_MOVE, T ".jpg");
    expect(&c, 2, IE_ACTION_MOVE, T ".jpg.xmp");
    expect(&c, 3, IE_ACTION_MOVE, T ".xmp");
    expect_reason(&c, 2, "goes with IMG_1.CR2");
    collection_end(&c);
}

static void colliding_names_are_numbered_and_stay_so(void **state)
{
    (void)state;
    collection c = dated();
    for (int i = 0; i < 12; i++) {
        char path[32];
        snprintf(path, sizeof path, "/p/%c.jpg", 'a' + i);
        add(&c, path, IE_FORMAT_JPEG, (unsigned)i);
    }
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".jpg");
    expect(&c, 1, IE_ACTION_MOVE, T "_2.jpg");
    expect(&c, 11, IE_ACTION_MOVE, T "_12.jpg");
    expect_reason(&c, 1, "_2");
    carry_out(&c);
    PROPOSE(&c, RENAME);
    expect_no_work(&c);
    collection_end(&c);
}

static void earlier_fractions_of_a_second_come_first(void **state)
{
    (void)state;
    collection c = dated();
    ie_photo_own_metadata(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1))->captured.nanosecond = 900000000;
    ie_photo_own_metadata(add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2))->captured.nanosecond = 100000000;
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T "_2.jpg");
    expect(&c, 1, IE_ACTION_MOVE, T ".jpg");
    collection_end(&c);
}

static void two_photos_of_one_second_do_not_become_a_pair(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/a.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".cr2");
    expect(&c, 1, IE_ACTION_MOVE, T "_2.jpg");
    collection_end(&c);
}

static void a_file_that_stays_keeps_its_name(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, T ".JPG", IE_FORMAT_UNKNOWN, 2); /* no photo, and equal but for case */
    c.disk[c.disk_count++] = T "_2.jpg";     /* not looked at */
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T "_3.jpg");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void a_name_that_its_file_leaves_is_free(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    ie_photo *other = add(&c, T ".jpg", IE_FORMAT_JPEG, 2);
    ie_datetime_parse("2022-01-02T03:04:05", &ie_photo_own_metadata(other)->captured);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".jpg");
    expect(&c, 1, IE_ACTION_MOVE, "/p/2022/2022-01-02_030405.jpg");
    collection_end(&c);
}

static void a_kept_photo_may_take_its_duplicates_name(void **state)
{
    (void)state;
    collection c = dated();
    set(&c, "dedupe.prefer", "/p/good");
    add(&c, T ".jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/good/a.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, ie_dedupe_processor.propose, RENAME);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 1, IE_ACTION_MOVE, T ".jpg");
    collection_end(&c);
}

static void a_wrong_extension_is_corrected_by_content(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/a.jpg", IE_FORMAT_PNG, 1);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T ".png");
    expect_reason(&c, 0, "extension corrected: is a PNG");
    collection_end(&c);
}

static void a_conversion_takes_its_sidecar_along(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.HEIC", IE_FORMAT_HEIC, 1);
    add(&c, "/p/a.HEIC.xmp", IE_FORMAT_UNKNOWN, 2);
    PROPOSE(&c, ie_convert_processor.propose, ie_place_propose);
    expect(&c, 0, IE_ACTION_REPLACE, "/p/a.jpg");
    expect(&c, 1, IE_ACTION_MOVE, "/p/a.jpg.xmp");
    collection_end(&c);
}

static void a_conversion_does_not_take_a_neighbours_name(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/a.webp", IE_FORMAT_WEBP, 2);
    PROPOSE(&c, ie_convert_processor.propose, ie_place_propose);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_REPLACE, "/p/a_2.jpg");
    collection_end(&c);
}

static void a_kept_original_is_converted_once_only(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "convert.keep_original", "true");
    add(&c, "/p/a.webp", IE_FORMAT_WEBP, 1);
    PROPOSE(&c, ie_convert_processor.propose, ie_place_propose);
    expect(&c, 0, IE_ACTION_COPY, "/p/a.jpg");
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 2);
    PROPOSE(&c, ie_convert_processor.propose, ie_place_propose);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 0, "a.jpg exists already");
    collection_end(&c);
}

static void an_output_folder_gets_names_below_their_roots(void **state)
{
    (void)state;
    collection c = collection_new();
    c.output = "/out";
    add(&c, "/p/x/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/x/a.png", IE_FORMAT_PNG, 2);
    add(&c, "/p/x/notes.txt", IE_FORMAT_UNKNOWN, 3);
    add(&c, "/q/x/a.jpg", IE_FORMAT_JPEG, 4);
    PROPOSE(&c, ie_place_propose);
    expect(&c, 0, IE_ACTION_COPY, "/out/x/a.jpg");
    expect(&c, 1, IE_ACTION_COPY, "/out/x/a.png");
    expect(&c, 2, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 2, "not a photo");
    expect(&c, 3, IE_ACTION_COPY, "/out/x/a_2.jpg");
    collection_end(&c);
}

static void what_an_earlier_run_copied_is_not_copied_again(void **state)
{
    (void)state;
    collection c = dated();
    c.output = "/out";
    add(&c, "/p/new.jpg", IE_FORMAT_JPEG, 1); /* comes first by date, is new */
    ie_photo_own_metadata(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 2))->captured.nanosecond = 1;
    ie_photo_own_metadata(add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 3))->captured.nanosecond = 2;
    c.disk[c.disk_count++] = "/out/2023/2023-07-14_091233.jpg=a.jpg";
    c.disk[c.disk_count++] = "/out/2023/2023-07-14_091233_2.jpg=b.jpg";
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_COPY, "/out/2023/2023-07-14_091233_3.jpg");
    expect(&c, 1, IE_ACTION_SKIP, NULL);
    expect(&c, 2, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 2, IE_REASON_THERE);
    collection_end(&c);
}

static void places_in_place_change_nothing(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/IMG_1.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/p/img_1.jpg", IE_FORMAT_JPEG, 2);
    add(&c, "/p/IMG_1.Xmp", IE_FORMAT_UNKNOWN, 3);
    add(&c, "/p/a.JPG", IE_FORMAT_PNG, 4);
    PROPOSE(&c, ie_place_propose);
    expect_no_work(&c);
    collection_end(&c);
}

static void equal_names_do_not_cost_their_square(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    collection c = dated();
    ie_photo **photos = ie_alloc(COUNT * sizeof *photos);
    ie_plan *plan = ie_plan_new("rename");
    ie_plan_root(plan, "/p");
    for (unsigned i = 0; i < COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "/p/%06u.jpg", i);
        photos[i] = add(&c, path, IE_FORMAT_JPEG, i);
        photos[i]->unit = i;
        c.count = 0;
        ie_plan_add(plan, photos[i]);
    }
    ie_proposal proposal = {.config = c.config, .photos = photos, .count = COUNT, .plan = plan};
    assert_int_equal(IE_OK, RENAME(&proposal, NULL));
    assert_string_equal(T "_20000.jpg", plan->actions[COUNT - 1].to);
    for (unsigned i = 0; i < COUNT; i++) {
        ie_photo_free(photos[i]);
    }
    free(photos);
    ie_plan_free(plan);
    collection_end(&c);
}

static void equal_times_follow_the_number_that_the_camera_gave(void **state)
{
    (void)state;
    collection c = dated();
    add(&c, "/p/IMG_10.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/IMG_9.jpg", IE_FORMAT_JPEG, 2);
    ie_photo_own_metadata(add(&c, "/p/x.jpg", IE_FORMAT_JPEG, 3))->original_name = "IMG_8.JPG";
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, T "_3.jpg");
    expect(&c, 1, IE_ACTION_MOVE, T "_2.jpg");
    expect(&c, 2, IE_ACTION_MOVE, T ".jpg");
    collection_end(&c);
}

/* Ten photos of two days and two bursts, in an order that is not their dates'. */
static collection ten(const char *template)
{
    collection c = collection_new();
    set(&c, "rename.template", template);
    for (int i = 0; i < 10; i++) {
        char path[32], date[40];
        snprintf(path, sizeof path, "/p/%c_%d.jpg", 'j' - i, i);
        snprintf(date, sizeof date, "2023-07-%dT09:12:%02d", 14 + i % 2, i);
        ie_photo *photo = add(&c, path, IE_FORMAT_JPEG, (unsigned)i);
        assert_true(ie_datetime_parse(date, &ie_photo_own_metadata(photo)->captured));
        ie_photo_own_metadata(photo)->burst_id = i < 4 ? "A" : i < 6 ? "B" : NULL;
    }
    return c;
}

static void expect_names(collection *c, const char *const names[10])
{
    PROPOSE(c, RENAME);
    for (size_t i = 0; i < 10; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("/p/%s.jpg", names[i]);
        expect(c, i, IE_ACTION_MOVE, path);
    }
    carry_out(c);
    PROPOSE(c, RENAME);
    expect_no_work(c);
}

static void all_photos_are_numbered_by_their_dates(void **state)
{
    (void)state;
    collection c = ten("IMG{seq:03}");
    expect_names(&c, (const char *const[10]){"IMG001", "IMG006", "IMG002", "IMG007", "IMG003",
                                             "IMG008", "IMG004", "IMG009", "IMG005", "IMG010"});
    collection_end(&c);
}

static void a_counter_begins_anew_in_each_folder(void **state)
{
    (void)state;
    collection c = ten("{date:%d}/{counter}{date:%Y}");
    expect_names(&c, (const char *const[10]){"14/12023", "15/12023", "14/22023", "15/22023",
                                             "14/32023", "15/32023", "14/42023", "15/42023",
                                             "14/52023", "15/52023"});
    collection_end(&c);
}

static void a_burst_counts_its_own_photos(void **state)
{
    (void)state;
    collection c = ten("{hash}-{burst|\"none\"}-{burst_index|counter}");
    PROPOSE(&c, RENAME);
    static const char *const ends[10] = {"A-1", "A-3",    "A-2",    "A-4",    "B-1",
                                         "B-2", "none-1", "none-3", "none-2", "none-4"};
    for (size_t i = 0; i < 10; i++) {
        IE_AUTO_FREE char *end = ie_asprintf("-%s.jpg", ends[i]);
        assert_true(ie_ends_with_nocase(c.plan->actions[i].to, end));
    }
    carry_out(&c);
    PROPOSE(&c, RENAME);
    expect_no_work(&c);
    collection_end(&c);
}

static void a_new_photo_takes_a_free_number_and_the_others_keep_theirs(void **state)
{
    (void)state;
    collection c = ten("{seq}_{camera|\"x\"}");
    PROPOSE(&c, RENAME);
    carry_out(&c);
    assert_true(ie_datetime_parse(
        "2001-01-01T00:00:00",
        &ie_photo_own_metadata(add(&c, "/p/new.jpg", IE_FORMAT_JPEG, 99))->captured));
    c.disk[c.disk_count++] = "/p/11_x.jpg"; /* somebody else's */
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 10, IE_ACTION_MOVE, "/p/12_x.jpg");
    collection_end(&c);
}

static void a_numbered_pair_shares_its_number(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "rename.template", "{seq:04}");
    add(&c, "/p/IMG_1.CR2", IE_FORMAT_CR2, 1);
    add(&c, "/p/IMG_1.JPG", IE_FORMAT_JPEG, 2);
    add(&c, "/p/IMG_2.JPG", IE_FORMAT_JPEG, 3);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, "/p/0001.cr2");
    expect(&c, 1, IE_ACTION_MOVE, "/p/0001.jpg");
    expect(&c, 2, IE_ACTION_MOVE, "/p/0002.jpg");
    collection_end(&c);
}

static void numbers_that_do_not_show_do_not_hang(void **state)
{
    (void)state;
    collection c = collection_new();
    char long_title[300];
    memset(long_title, 'a', sizeof long_title);
    long_title[299] = 0;
    set(&c, "rename.template", "{title}{seq}");
    for (unsigned i = 0; i < 3; i++) {
        char path[16];
        snprintf(path, sizeof path, "/p/%u.jpg", i);
        ie_photo_own_metadata(add(&c, path, IE_FORMAT_JPEG, i))->title = long_title;
    }
    PROPOSE(&c, RENAME);
    assert_true(ie_ends_with_nocase(c.plan->actions[1].to, "aa_2.jpg"));
    carry_out(&c);
    PROPOSE(&c, RENAME);
    expect_no_work(&c);
    collection_end(&c);
}

static void names_of_equal_accents_are_one_name(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "rename.template", "{title}");
    ie_photo_own_metadata(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1))->title = "e\xcc\x81";
    ie_photo_own_metadata(add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2))->title = "\xc3\xa9";
    ie_photo_own_metadata(add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 3))->title =
        "\xc3\x89"; /* upper case */
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, "/p/\xc3\xa9.jpg");
    expect(&c, 1, IE_ACTION_MOVE, "/p/\xc3\xa9_2.jpg");
    expect(&c, 2, IE_ACTION_MOVE, "/p/\xc3\x89_3.jpg");
    collection_end(&c);
}

/* The sidecar that the photo's action is followed by; NULL: none. */
static const ie_action *beside(const collection *c, size_t index)
{
    for (size_t i = c->count; i < c->plan->count; i++) {
        if (c->plan->actions[i].unit == c->plan->actions[index].unit &&
            c->plan->actions[i].tags != NULL) {
            return &c->plan->actions[i];
        }
    }
    return NULL;
}

static void the_old_name_is_kept_once_in_the_photo_or_beside_it(void **state)
{
    (void)state;
    collection c = dated();
    set(&c, "rename.keep_original_name", "true");
    add(&c, "/p/IMG_1.JPG", IE_FORMAT_JPEG, 1);
    ie_photo_own_metadata(add(&c, "/p/IMG_2.CR2", IE_FORMAT_CR2, 2))->captured.year = 2020;
    ie_photo_own_metadata(add(&c, "/p/IMG_3.jpg", IE_FORMAT_JPEG, 3))->original_name = "DSC.jpg";
    ie_photo_own_metadata(c.photos[2])->captured.year = 2021;
    ie_photo_own_metadata(add(&c, "/p/IMG_4.mov", IE_FORMAT_MOV, 4))->captured.year = 2022;
    PROPOSE(&c, RENAME, ie_writing_propose);
    expect(&c, 0, IE_ACTION_REPLACE, T ".jpg");
    assert_string_equal(c.plan->actions[0].tags->original_name, "IMG_1.JPG");
    assert_int_equal(c.plan->actions[1].kind, IE_ACTION_MOVE);
    const ie_action *made = beside(&c, 1);
    assert_non_null(made);
    assert_string_equal(made->tags->original_name, "IMG_2.CR2");
    assert_int_equal(made->kind, IE_ACTION_COPY);
    assert_true(ie_ends_with_nocase(made->to, ".cr2.xmp"));
    assert_int_equal(c.plan->actions[2].kind, IE_ACTION_MOVE); /* its first name is known */
    assert_null(beside(&c, 2));
    assert_int_equal(c.plan->actions[3].kind, IE_ACTION_MOVE);
    expect_reason(&c, 3, "its old name is not noted: videos");
    assert_true(c.plan->actions[3].untagged);
    carry_out(&c);
    ie_photo_own_metadata(c.photos[0])->original_name = "IMG_1.JPG";
    ie_photo_own_metadata(c.photos[1])->original_name = "IMG_2.CR2"; /* from its sidecar */
    ie_photo_own_metadata(c.photos[3])->original_name = "IMG_4.mov";
    PROPOSE(&c, RENAME, ie_writing_propose);
    expect_no_work(&c);
    collection_end(&c);
}

static void a_name_within_its_template_is_not_taken_for_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *first, *second;
    } cases[] = {
        {"{date:%Y}_{name}", "/p/2023_IMG_1.jpg", "/p/2023_b.jpg"},
        {"{date:%Y/%m}/{name:lower}-{width}", "/p/2023/07/img_1-400.jpg", "/p/2023/07/b-400.jpg"},
        {"{name}", "/p/IMG_1.jpg", "/p/b.jpg"},
        {"x.{original}.{ext}", "/p/x.IMG_1.jpg", "/p/x.b.jpg"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        collection c = dated();
        set(&c, "rename.template", cases[i].pattern);
        add(&c, "/p/IMG_1.jpg", IE_FORMAT_JPEG, 1);
        add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2);
        PROPOSE(&c, RENAME);
        const char *const names[] = {cases[i].first, cases[i].second};
        for (size_t j = 0; j < 2 && strcmp(cases[i].pattern, "{name}") != 0; j++) {
            expect(&c, j, IE_ACTION_MOVE, names[j]);
        }
        carry_out(&c);
        PROPOSE(&c, RENAME);
        expect_no_work(&c);
        collection_end(&c);
    }
}

static void a_name_beside_a_number_is_known_by_what_it_was_made_of(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *first, *second;
    } cases[] = {
        {"{name}_{seq}", "/p/IMG_1_1.jpg", "/p/IMG_2_2.jpg"},
        {"{seq:04}-{original}", "/p/0001-IMG_1.jpg", "/p/0002-IMG_2.jpg"},
        {"{counter}{name}", "/p/1IMG_1.jpg", "/p/2IMG_2.jpg"},
        {"{name}{seq}", "/p/IMG_11.jpg", "/p/IMG_22.jpg"},
        {"{date:%Y}/{folder}_{seq}", "/p/2023/Trip_1.jpg", "/p/2023/Trip_2.jpg"},
        {"{date:%Y}/{folder}/{name}", "/p/2023/Trip/IMG_1.jpg", "/p/2023/Trip/IMG_2.jpg"},
        {"{folder}-{width}", "/p/Trip-400.jpg", "/p/Trip-400_2.jpg"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        collection c = dated();
        set(&c, "rename.template", cases[i].pattern);
        for (unsigned k = 1; k <= 10; k++) {
            char path[32];
            snprintf(path, sizeof path, "/p/Trip/IMG_%u.jpg", k);
            add(&c, path, IE_FORMAT_JPEG, k);
        }
        PROPOSE(&c, RENAME);
        expect(&c, 0, IE_ACTION_MOVE, cases[i].first);
        expect(&c, 1, IE_ACTION_MOVE, cases[i].second);
        carry_out(&c);
        PROPOSE(&c, RENAME);
        expect_no_work(&c);
        /* Another template is a new wish, and its names are made of the present ones. */
        set(&c, "rename.template", "{name}+{seq:02}");
        PROPOSE(&c, RENAME);
        IE_AUTO_FREE char *folder = ie_path_directory(cases[i].first);
        IE_AUTO_FREE char *renamed =
            ie_asprintf("/p/%.*s+01.jpg", (int)strlen(cases[i].first + strlen(folder) + 1) - 4,
                        cases[i].first + strlen(folder) + 1);
        expect(&c, 0, IE_ACTION_MOVE, renamed);
        collection_end(&c);
    }
}

static void without_a_journal_a_camera_s_number_is_not_taken_for_ours(void **state)
{
    (void)state;
    collection c = dated();
    set(&c, "rename.template", "{name}_{seq}");
    add(&c, "/p/IMG_1234.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, "/p/IMG_1234_1.jpg");
    c.former[0] = "/p/x.jpg"; /* that made another name of it */
    PROPOSE(&c, RENAME);
    expect(&c, 0, IE_ACTION_MOVE, "/p/IMG_1234_1.jpg");
    collection_end(&c);
}

static void bytes_that_change_do_not_make_names(void **state)
{
    (void)state;
    collection c = collection_new();
    unsigned needs;
    ie_error err = {0};
    set(&c, "rename.template", "{hash}");
    assert_int_equal(ie_rename_needs(c.config, &needs, &err), IE_OK);
    assert_int_equal(needs, IE_HAVE_XXH3);
    set(&c, "rename.keep_original_name", "true");
    assert_int_equal(ie_rename_needs(c.config, &needs, &err), IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "keep_original_name"));
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_photo_is_named_by_its_date),
        cmocka_unit_test(a_units_files_keep_one_stem),
        cmocka_unit_test(colliding_names_are_numbered_and_stay_so),
        cmocka_unit_test(earlier_fractions_of_a_second_come_first),
        cmocka_unit_test(two_photos_of_one_second_do_not_become_a_pair),
        cmocka_unit_test(a_file_that_stays_keeps_its_name),
        cmocka_unit_test(a_name_that_its_file_leaves_is_free),
        cmocka_unit_test(a_kept_photo_may_take_its_duplicates_name),
        cmocka_unit_test(a_wrong_extension_is_corrected_by_content),
        cmocka_unit_test(a_conversion_takes_its_sidecar_along),
        cmocka_unit_test(a_conversion_does_not_take_a_neighbours_name),
        cmocka_unit_test(a_kept_original_is_converted_once_only),
        cmocka_unit_test(an_output_folder_gets_names_below_their_roots),
        cmocka_unit_test(what_an_earlier_run_copied_is_not_copied_again),
        cmocka_unit_test(places_in_place_change_nothing),
        cmocka_unit_test(equal_names_do_not_cost_their_square),
        cmocka_unit_test(equal_times_follow_the_number_that_the_camera_gave),
        cmocka_unit_test(all_photos_are_numbered_by_their_dates),
        cmocka_unit_test(a_counter_begins_anew_in_each_folder),
        cmocka_unit_test(a_burst_counts_its_own_photos),
        cmocka_unit_test(a_new_photo_takes_a_free_number_and_the_others_keep_theirs),
        cmocka_unit_test(a_numbered_pair_shares_its_number),
        cmocka_unit_test(numbers_that_do_not_show_do_not_hang),
        cmocka_unit_test(names_of_equal_accents_are_one_name),
        cmocka_unit_test(the_old_name_is_kept_once_in_the_photo_or_beside_it),
        cmocka_unit_test(a_name_within_its_template_is_not_taken_for_the_name),
        cmocka_unit_test(a_name_beside_a_number_is_known_by_what_it_was_made_of),
        cmocka_unit_test(without_a_journal_a_camera_s_number_is_not_taken_for_ours),
        cmocka_unit_test(bytes_that_change_do_not_make_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
