// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <time.h>

#include "test.h"

#include "core/photo.h"

static void dates_survive_text_and_back(void **state)
{
    const char *const texts[] = {"2023-07-14T09:12:33", "2023-07-14T09:12:33.120",
                                 "2024-02-29T23:59:60", "0001-01-01T00:00:00.000000001"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ie_datetime time;
        char buffer[40];
        assert_true(ie_datetime_parse(texts[i], &time));
        assert_string_equal(ie_datetime_text(&time, buffer), texts[i]);
    }
}

static void impossible_dates_are_refused(void **state)
{
    ie_datetime time;
    assert_false(ie_datetime_parse("2023-02-29T00:00:00", &time));
    assert_false(ie_datetime_parse("1900-02-29T00:00:00", &time));
    assert_false(ie_datetime_parse("0000-00-00T00:00:00", &time));
    assert_false(ie_datetime_parse("2023-07-14T24:00:00", &time));
    assert_false(ie_datetime_parse("2023-07-14 09:12:33", &time));
    assert_false(ie_datetime_parse("2023-07-14T09:12:33Z", &time));
}

static void unix_times_become_calendar_dates(void **state)
{
    char buffer[40];
    ie_datetime time = ie_datetime_from_unix(0, 0, true);
    assert_string_equal(ie_datetime_text(&time, buffer), "1970-01-01T00:00:00");
    time = ie_datetime_from_unix(-1, 0, true);
    assert_string_equal(ie_datetime_text(&time, buffer), "1969-12-31T23:59:59");
    assert_int_equal(time.nanosecond, 999999999);
    time = ie_datetime_from_unix(INT64_C(951782400000000000), 330, true); /* 2000-02-29 00:00 UTC */
    assert_string_equal(ie_datetime_text(&time, buffer), "2000-02-29T05:30:00");
    assert_int_equal(ie_datetime_order(&time), INT64_C(951782400) + 330 * 60);
}

static void keyword_lists_drop_repeats_and_keep_order(void **state)
{
    ie_arena *arena = ie_arena_new();
    ie_text_list list = {0};
    for (int i = 0; i < 100; i++) {
        char text[8];
        snprintf(text, sizeof text, "k%d", i % 40);
        ie_text_list_add(&list, arena, text);
    }
    assert_int_equal(list.count, 40);
    assert_string_equal(list.items[0], "k0");
    assert_string_equal(list.items[39], "k39");
    ie_arena_free(arena);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Compared one by one, they would be twenty thousand million comparisons: minutes. */
static void a_list_of_very_many_texts_is_made_without_comparing_each_with_each(void **state)
{
    enum { MANY = 200000 };
    ie_arena *arena = ie_arena_new();
    ie_text_list list = {0};
    char text[32];
    double start = seconds_now();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            snprintf(text, sizeof text, "keyword %d", i);
            ie_text_list_add(&list, arena, text);
        }
    }
    assert_true(seconds_now() - start < 20);
    assert_int_equal(list.count, MANY);
    assert_string_equal(list.items[0], "keyword 0");
    assert_string_equal(list.items[63], "keyword 63");
    assert_string_equal(list.items[MANY - 1], "keyword 199999");
    assert_true(ie_text_list_has(&list, "keyword 77777"));
    assert_false(ie_text_list_has(&list, "keyword"));
    ie_arena_free(arena);
}

static void a_list_made_or_cut_by_others_can_be_added_to(void **state)
{
    ie_arena *arena = ie_arena_new();
    const char *own[100];
    for (int i = 0; i < 100; i++) {
        own[i] = ie_arena_printf(arena, "own %d", i);
    }
    ie_text_list list = {.items = own, .count = 100};
    ie_text_list_add(&list, arena, "own 99");
    ie_text_list_add(&list, arena, "new");
    assert_int_equal(list.count, 101);
    assert_ptr_not_equal(list.items, own); /* where there was no room for it */
    list.count = 50;                       /* as who drops some of them does */
    list.room = 0;
    ie_text_list_add(&list, arena, "own 60");
    ie_text_list_add(&list, arena, "own 40");
    assert_int_equal(list.count, 51);
    assert_string_equal(list.items[50], "own 60");
    ie_arena_free(arena);
}

/* And a record of which nothing is known is small: five million of them are in memory at once. */
static void facts_take_room_once_there_are_any(void **state)
{
    ie_photo *a = ie_photo_new(), *b = ie_photo_new();
    assert_true(sizeof *a <= 256);
    assert_ptr_equal(a->metadata, b->metadata);
    assert_ptr_equal(a->content, b->content);
    assert_ptr_equal(a->vision, b->vision);
    assert_true(isnan(a->metadata->latitude) && a->metadata->rating == IE_ABSENT);
    ie_photo_own_metadata(a)->iso = 100;
    ie_photo_own_metadata(a)->rating = 3; /* the same one again */
    ie_photo_own_content(a)->phash = 1;
    ie_photo_own_vision(a)->tag_count = 1;
    assert_int_equal(a->metadata->iso, 100);
    assert_int_equal(a->metadata->rating, 3);
    assert_true(isnan(a->metadata->latitude));
    assert_int_equal(b->metadata->iso, 0);
    assert_int_equal(b->metadata->rating, IE_ABSENT);
    assert_true(b->content->phash == 0 && b->vision->tag_count == 0);
    ie_photo_free(a);
    ie_photo_free(b);
}

static void faults_add_up(void **state)
{
    ie_photo *photo = ie_photo_new();
    for (int i = 0; i < 5; i++) {
        ie_photo_fault(photo, "decode", "truncated", "ends after %d bytes", i);
    }
    assert_int_equal(photo->fault_count, 5);
    assert_string_equal(photo->faults[4].text, "ends after 4 bytes");
    assert_string_equal(photo->faults[0].text, "ends after 0 bytes");
    ie_photo_free(photo);
}

static void a_stamp_differs_when_any_part_does(void **state)
{
    ie_stamp a = {1, 2, 3, 4, 5}, b = a;
    assert_true(ie_stamp_equal(&a, &b));
    b.ctime_ns++;
    assert_false(ie_stamp_equal(&a, &b));
    assert_true(ie_stamp_same_file(&a, &b)); /* a rename changes ctime */
    b.size++;
    assert_false(ie_stamp_same_file(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_survive_text_and_back),
        cmocka_unit_test(impossible_dates_are_refused),
        cmocka_unit_test(unix_times_become_calendar_dates),
        cmocka_unit_test(keyword_lists_drop_repeats_and_keep_order),
        cmocka_unit_test(a_list_of_very_many_texts_is_made_without_comparing_each_with_each),
        cmocka_unit_test(a_list_made_or_cut_by_others_can_be_added_to),
        cmocka_unit_test(facts_take_room_once_there_are_any),
        cmocka_unit_test(faults_add_up),
        cmocka_unit_test(a_stamp_differs_when_any_part_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
