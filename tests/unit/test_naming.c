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
            c->photos[i]->real_path = ie_arena_strdup(c->photos[i]->arena, action->to);
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
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1)->metadata.captured.nanosecond = 900000000;
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2)->metadata.captured.nanosecond = 100000000;
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
    ie_datetime_parse("2022-01-02T03:04:05", &other->metadata.captured);
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
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 2)->metadata.captured.nanosecond = 1;
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 3)->metadata.captured.nanosecond = 2;
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
