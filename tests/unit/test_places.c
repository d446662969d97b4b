// SPDX-License-Identifier: GPL-3.0-or-later
/* Lists of places by file name: CSV and JSON, and which entry a photo's path meets. */
#include "test.h"

#include <math.h>
#include <unistd.h>

#include "storage/place_file.h"
#include "utils/text.h"

static ie_status read_text(const char *text, ie_places *places, ie_error *err)
{
    char path[] = "/tmp/imgengine-places-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    ie_status status = ie_places_read(path, places, err);
    unlink(path);
    return status;
}

static void columns_come_in_any_order_when_they_are_named(void **state)
{
    (void)state;
    ie_places places = {0};
    assert_int_equal(
        read_text("\xef\xbb\xbf"
                  "lon,Latitude,note,file\r\n10.5,59.9,\"a, \"\"b\"\"\n\",\"my photo.jpg\"\r\n\r\n",
                  &places, NULL),
        IE_OK);
    const ie_named_place *place = ie_places_find(&places, "/home/a/my photo.jpg");
    assert_non_null(place);
    assert_true(fabs(place->latitude - 59.9) < 1e-9 && fabs(place->longitude - 10.5) < 1e-9 &&
                isnan(place->altitude_m));
    ie_places_clear(&places);
}

static void the_longest_name_wins_and_names_are_whole(void **state)
{
    (void)state;
    ie_places places = {0};
    assert_int_equal(read_text("b.jpg,1,2\na/b.jpg,3,4,5\n", &places, NULL), IE_OK);
    assert_true(ie_places_find(&places, "/x/a/b.jpg")->latitude == 3);
    assert_true(ie_places_find(&places, "/x/c/b.jpg")->latitude == 1);
    assert_null(ie_places_find(&places, "/x/ab.jpg"));
    ie_places_clear(&places);
}

static void every_name_that_a_path_ends_with_is_marked(void **state)
{
    (void)state;
    ie_places places = {0};
    bool named[5] = {false};
    assert_int_equal(read_text("b.jpg,1,2\na/b.jpg,3,4,5\nc/b.jpg,1,2\nb.jpg,5,6\nd.jpg,1,2\n",
                               &places, NULL),
                     IE_OK);
    ie_places_mark(&places, "/x/a/b.jpg", named);
    assert_true(ie_places_find(&places, "/x/b.jpg")->latitude == 1); /* the first of that name */
    for (size_t i = 0; i < places.count; i++) {
        const char *name = places.items[i].name;
        assert_int_equal(named[i], strcmp(name, "b.jpg") == 0 || strcmp(name, "a/b.jpg") == 0);
    }
    ie_places_clear(&places);
}

static void what_exiftool_lists_is_taken(void **state)
{
    (void)state;
    ie_places places = {0};
    assert_int_equal(
        read_text("[{\"SourceFile\":\"./"
                  "a.jpg\"},{\"SourceFile\":\"b.jpg\",\"GPSLatitude\":-1.5,\"GPSLongitude\":2,"
                  "\"GPSAltitude\":-3}]",
                  &places, NULL),
        IE_OK);
    assert_int_equal(places.count, 1);
    assert_true(places.items[0].latitude == -1.5 && places.items[0].altitude_m == -3);
    ie_places_clear(&places);
}

static void what_is_no_place_is_an_error_that_names_it(void **state)
{
    (void)state;
    static const char *const bad[] = {"a.jpg,1,2\nb.jpg,91,0\n", "a.jpg,1,2\nb.jpg,1\n",
                                      "a.jpg,1,2\n,1,1\n", "a.jpg,1,2\nb.jpg,nan,1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ie_places places = {0};
        ie_error err = {0};
        assert_int_equal(read_text(bad[i], &places, &err), IE_ERR_FORMAT);
        assert_non_null(strstr(err.text, "Line 2"));
        ie_places_clear(&places);
    }
    ie_places places = {0};
    assert_int_equal(read_text("[{\"file\":\"a\",\"lat\":1}]", &places, NULL), IE_ERR_FORMAT);
    assert_int_equal(read_text("{}", &places, NULL), IE_ERR_FORMAT);
    assert_int_equal(read_text("[1", &places, NULL), IE_ERR_FORMAT);
    ie_places_clear(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_come_in_any_order_when_they_are_named),
        cmocka_unit_test(the_longest_name_wins_and_names_are_whole),
        cmocka_unit_test(every_name_that_a_path_ends_with_is_marked),
        cmocka_unit_test(what_exiftool_lists_is_taken),
        cmocka_unit_test(what_is_no_place_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
