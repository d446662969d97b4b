// SPDX-License-Identifier: GPL-3.0-or-later
/* Dates from names, the order of sources, and dates that nobody believes; sidecars beside a
   photo. */
#include "test.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/name_date.h"
#include "storage/metadata_file.h"
#include "storage/sidecar.h"
#include "utils/text.h"

static void assert_name(const char *name, const char *want)
{
    ie_datetime time = {0};
    bool date_only = false;
    char got[40] = "none";
    if (ie_name_date(name, &time, &date_only)) {
        ie_datetime_text(&time, got);
        if (date_only) {
            got[10] = 0;
        }
    }
    if (strcmp(got, want) != 0) {
        fail_msg("%s: %s instead of %s", name, got, want);
    }
}

static void names_of_cameras_and_programs_are_dates(void **state)
{
    static const char *const names[][2] = {
        {"IMG_20230714_091233.jpg", "2023-07-14T09:12:33"},
        {"PXL_20230714_091233123.MP.jpg", "2023-07-14T09:12:33.123"},
        {"VID_20230714_091233.mp4", "2023-07-14T09:12:33"},
        {"20230714_091233.jpg", "2023-07-14T09:12:33"},
        {"20230714_091233(0).jpg", "2023-07-14T09:12:33"},
        {"20230714091233.jpg", "2023-07-14T09:12:33"},
        {"DSC_0001_20230714091233123.jpg", "2023-07-14T09:12:33.123"},
        {"IMG-20230714-WA0001.jpg", "2023-07-14"},
        {"WhatsApp Image 2023-07-14 at 09.12.33.jpeg", "2023-07-14T09:12:33"},
        {"signal-2023-07-14-09-12-33-123.jpg", "2023-07-14T09:12:33.123"},
        {"signal-2023-07-14-091233.jpg", "2023-07-14T09:12:33"},
        {"Screenshot_20230714-091233.png", "2023-07-14T09:12:33"},
        {"Screenshot_20230714-091233_Chrome.png", "2023-07-14T09:12:33"},
        {"Screenshot 2023-07-14 at 9.12.33 PM.png", "2023-07-14T21:12:33"},
        {"Screenshot 2023-07-14 at 12.12.33\xe2\x80\xaf" "AM.png", "2023-07-14T00:12:33"},
        {"2023-07-14 09.12.33-1.jpg", "2023-07-14T09:12:33"},
        {"2023-07-14_Harbour.jpg", "2023-07-14"},
        {"2023.07.14 Harbour.jpg", "2023-07-14"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_name(names[i][0], names[i][1]);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const names[] = {
        "IMG_0042.jpg",          "14-07-2023.jpg",         "07142023.jpg",
        "230714.jpg",            "20231314_091233.jpg",    "20230230.jpg",
        "12345678.jpg",          "1689318753123.jpg",      "20230714_to_20230716.jpg",
        "18990714_091233.jpg",   "20230714999999.jpg",     "120230714_091233.jpg",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_name(names[i], "none");
    }
}

static void a_folder_with_a_date_dates_its_photos(void **state)
{
    ie_datetime time;
    assert_true(ie_folder_date("/home/a/2023-07-14 Oslo/a.jpg", &time));
    assert_int_equal(time.day, 14);
    assert_true(ie_folder_date("Pictures/2023/07/15/a.jpg", &time));
    assert_int_equal(time.day, 15);
    assert_true(ie_folder_date("2022-01-02/sub/a.jpg", &time));
    assert_int_equal(time.year, 2022);
    assert_false(ie_folder_date("Pictures/2023/07/a.jpg", &time));
    assert_false(ie_folder_date("2023-07-14.jpg", &time)); /* the file's own name */
}

static void an_own_pattern_reads_what_the_usual_ones_refuse(void **state)
{
    regex_t pattern;
    ie_datetime time;
    bool date_only;
    assert_int_equal(regcomp(&pattern, "^scan-([0-9]{4})([0-9]{2})-([0-9]{2})", REG_EXTENDED), 0);
    assert_true(ie_pattern_date(&pattern, "scan-196407-14.tif", &time, &date_only));
    assert_int_equal(time.year, 1964);
    assert_true(date_only);
    assert_false(ie_pattern_date(&pattern, "scan-196413-14.tif", &time, &date_only));
    regfree(&pattern);
}

static ie_datetime at(const char *iso)
{
    ie_datetime time = {0};
    assert_true(ie_datetime_parse(iso, &time));
    return time;
}

static ie_metadata chosen(const ie_dates *dates, const char *order, ie_arena *arena)
{
    ie_metadata m;
    ie_metadata_init(&m);
    ie_config_list names = ie_config_list_parse(order);
    ie_dates_choose(dates, &names, 1700000000, arena, &m);
    ie_config_list_free(&names);
    return m;
}

static void the_configured_order_decides(void **state)
{
    ie_arena *arena = ie_arena_new();
    ie_dates dates = {0};
    ie_datetime exif = at("2020-01-02T03:04:05"), name = at("2021-01-02T03:04:05"),
                file = at("2022-01-02T03:04:05");
    ie_dates_add(&dates, IE_DATE_EXIF, &exif, 1);
    ie_dates_add(&dates, IE_DATE_NAME, &name, 0.7);
    ie_dates_add(&dates, IE_DATE_FILE, &file, 0.2);
    assert_int_equal(chosen(&dates, "", arena).captured.year, 2020);
    assert_int_equal(chosen(&dates, "name,exif", arena).captured.year, 2021);
    assert_int_equal(chosen(&dates, "xmp", arena).captured.year, 2022);
    assert_int_equal(chosen(&dates, "xmp", arena).captured_source, IE_DATE_FILE);
    ie_arena_free(arena);
}

static void a_clock_that_was_never_set_gives_way_and_says_so(void **state)
{
    ie_arena *arena = ie_arena_new();
    static const char *const bad[] = {"1904-01-01T00:00:00", "1970-01-01T00:00:03",
                                      "1980-01-01T12:00:00", "2049-05-05T00:00:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ie_dates dates = {0};
        ie_datetime exif = at(bad[i]), name = at("2021-01-02T03:04:05"),
                    file = at("2022-01-02T03:04:05");
        ie_dates_add(&dates, IE_DATE_EXIF, &exif, 1);
        ie_dates_add(&dates, IE_DATE_FILE, &file, 0.2);
        ie_metadata alone = chosen(&dates, "", arena);
        assert_int_equal(alone.captured_source, IE_DATE_EXIF);
        assert_true(alone.captured_confidence == IE_SURE_SUSPICIOUS);
        assert_non_null(alone.captured_reason);
        ie_dates_add(&dates, IE_DATE_NAME, &name, 0.7);
        ie_metadata better = chosen(&dates, "", arena);
        assert_int_equal(better.captured_source, IE_DATE_NAME);
        assert_non_null(strstr(better.captured_reason, "exif is not believed"));
    }
    ie_arena_free(arena);
}

static void gps_time_gives_the_zone_where_none_is_stored(void **state)
{
    static const struct {
        const char *local;
        int minutes; /* -1: none */
    } rows[] = {
        {"2023-07-14T09:12:33", 120}, {"2023-07-14T12:42:00", 330}, {"2023-07-13T22:12:00", -540},
        {"2023-07-14T09:20:33", -1}, /* eight minutes off: no clock to be trusted */
        {"2023-07-14T08:27:33", -1}, /* +01:15 is no zone */
        {"2023-07-16T09:12:33", -1},
    };
    ie_arena *arena = ie_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_dates dates = {.gps_utc = at("2023-07-14T07:12:10")};
        ie_datetime exif = at(rows[i].local);
        ie_dates_add(&dates, IE_DATE_EXIF, &exif, 1);
        ie_metadata m = chosen(&dates, "", arena);
        assert_int_equal(m.captured.has_offset, rows[i].minutes != -1);
        assert_true(rows[i].minutes == -1 || m.captured.offset_minutes == rows[i].minutes);
    }
    ie_arena_free(arena);
}

/* ---- sidecars ---- */

static void put(const char *folder, const char *name, const char *text)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void take_away(const char *folder, const char *name)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    unlink(path);
}

static void read_beside(ie_photo *photo, const char *prefer)
{
    ie_config_list list = ie_config_list_parse(prefer);
    ie_metadata_options options = {.prefer = &list, .beside = true, .now_s = 1900000000};
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xd9};
    ie_bytes *bytes = ie_bytes_wrap(jpeg, sizeof jpeg);
    ie_metadata_read_with(&options, bytes, photo);
    ie_bytes_close(bytes);
    ie_config_list_free(&list);
}

static ie_photo *photo_in(const char *folder, const char *name, const char *prefer)
{
    ie_photo *photo = ie_photo_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = IE_FORMAT_JPEG;
    read_beside(photo, prefer);
    return photo;
}

#define XMP_RATED(rating)                                                                          \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "                                                \
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "                    \
    "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='" rating                                 \
    "' xmp:CreateDate='2020-02-03T04:05:06'/></rdf:RDF></x:xmpmeta>"

static void the_sidecar_that_names_the_whole_file_comes_first(void **state)
{
    char folder[] = "/tmp/imgengine-dates-XXXXXX";
    assert_non_null(mkdtemp(folder));
    put(folder, "a.xmp", XMP_RATED("1"));
    put(folder, "a.jpg.xmp", XMP_RATED("4"));
    ie_photo *photo = photo_in(folder, "a.jpg", "file");
    assert_int_equal(photo->metadata->rating, 4);
    assert_int_equal(photo->metadata->captured_source, IE_DATE_SIDECAR);
    assert_int_equal(photo->metadata->sidecars.count, 1);
    assert_true(ie_sidecars_unchanged(photo));
    put(folder, "a.jpg.xmp", XMP_RATED("10"));
    assert_false(ie_sidecars_unchanged(photo));
    take_away(folder, "a.jpg.xmp");
    assert_false(ie_sidecars_unchanged(photo));
    ie_photo_free(photo);
    photo = photo_in(folder, "a.jpg", "file");
    assert_int_equal(photo->metadata->rating, 1);
    photo->alone =
        true; /* as the walk saw it; a sidecar that came since is looked at by the next run */
    read_beside(photo, "file");
    assert_int_equal(photo->metadata->sidecars.count, 0);
    photo->alone = false;
    assert_false(ie_sidecars_unchanged(photo));
    ie_photo_free(photo);
    put(folder, "a.xmp", "<x:xmpmeta");
    photo = photo_in(folder, "a.jpg", "file");
    assert_int_equal(photo->fault_count, 1);
    assert_string_equal(photo->faults[0].stage, "sidecar");
    ie_photo_free(photo);
    take_away(folder, "a.xmp");
    rmdir(folder);
}

#define TAKEOUT                                                                                    \
    "{\"title\":\"a.jpg\",\"description\":\"At sea\",\"photoTakenTime\":{\"timestamp\":"           \
    "\"1689318753\"},\"geoData\":{\"latitude\":0.0,\"longitude\":0.0,\"altitude\":0.0},"           \
    "\"geoDataExif\":{\"latitude\":59.5,\"longitude\":10.25,\"altitude\":12.0},"                   \
    "\"people\":[{\"name\":\"Ann\"},{\"name\":\"\"}],\"favorited\":true}"

static void takeouts_json_is_read_under_each_of_its_names(void **state)
{
    static const char *const names[][2] = {
        {"a.jpg", "a.jpg.json"},
        {"a.jpg", "a.jpg.supplemental-metadata.json"},
        {"a(1).jpg", "a.jpg(1).json"},
        {"a(1).jpg", "a.jpg.supplemental-metadata(1).json"},
        {"a-name-of-thirty-four-characters-.jpg",
         "a-name-of-thirty-four-characters-.jpg.suppleme.json"},
    };
    char folder[] = "/tmp/imgengine-dates-XXXXXX", got[40];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(folder, names[i][1], TAKEOUT);
        ie_photo *photo = photo_in(folder, names[i][0], "file");
        const ie_metadata *m = photo->metadata;
        assert_string_equal(ie_datetime_text(&m->captured, got), "2023-07-14T07:12:33");
        assert_true(m->captured.has_offset && m->captured.offset_minutes == 0);
        assert_string_equal(m->caption, "At sea");
        assert_true(m->latitude == 59.5 && m->longitude == 10.25 && m->altitude_m == 12);
        assert_int_equal(m->people.count, 1);
        assert_int_equal(m->favorite, 1);
        ie_photo_free(photo);
        take_away(folder, names[i][1]);
    }
    rmdir(folder);
}

/* XMP is read before JSON, so here it stands for the file. */
static void the_stated_winner_wins_and_the_conflict_is_told(void **state)
{
    char folder[] = "/tmp/imgengine-dates-XXXXXX";
    ie_photo *photo = ie_photo_new();
    assert_non_null(mkdtemp(folder));
    put(folder, "a.jpg.json", TAKEOUT);
    IE_AUTO_FREE char *path = ie_path_join(folder, "a.jpg");
    static const struct {
        const char *prefer, *caption;
    } rows[] = {{"file", "mine"},
                {"sidecar", "At sea"},
                {"file,caption=sidecar", "At sea"},
                {"sidecar,caption=file", "mine"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_dates dates = {0};
        ie_config_list prefer = ie_config_list_parse(rows[i].prefer);
        photo->real_path = path;
        ie_metadata_init(ie_photo_own_metadata(photo));
        ie_photo_own_metadata(photo)->caption = "mine";
        ie_photo_own_metadata(photo)->sidecars = ie_sidecars_beside(path, photo->arena);
        ie_sidecars_merge(photo, &prefer, &dates);
        assert_string_equal(photo->metadata->caption, rows[i].caption);
        assert_int_equal(photo->metadata->conflicts.count, 1);
        assert_non_null(strstr(photo->metadata->conflicts.items[0], "caption: \"mine\""));
        ie_config_list_free(&prefer);
    }
    ie_photo_free(photo);
    take_away(folder, "a.jpg.json");
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_cameras_and_programs_are_dates),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_folder_with_a_date_dates_its_photos),
        cmocka_unit_test(an_own_pattern_reads_what_the_usual_ones_refuse),
        cmocka_unit_test(the_configured_order_decides),
        cmocka_unit_test(a_clock_that_was_never_set_gives_way_and_says_so),
        cmocka_unit_test(gps_time_gives_the_zone_where_none_is_stored),
        cmocka_unit_test(the_sidecar_that_names_the_whole_file_comes_first),
        cmocka_unit_test(takeouts_json_is_read_under_each_of_its_names),
        cmocka_unit_test(the_stated_winner_wins_and_the_conflict_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
