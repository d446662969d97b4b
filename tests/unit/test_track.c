// SPDX-License-Identifier: GPL-3.0-or-later
/* Places from a GPS track: read, interpolated, refused over gaps. */
#include "test.h"

#include <math.h>
#include <unistd.h>

#include "storage/gpx_file.h"

#define GPX                                                                                        \
    "<?xml version='1.0'?><gpx xmlns='http://www.topografix.com/GPX/1/1' "                         \
    "version='1.1'><trk><trkseg>"
#define POINT(lat, lon, time)                                                                      \
    "<trkpt lat='" lat "' lon='" lon "'><ele>10.5</ele><time>" time "</time></trkpt>"

static ie_status read_text(const char *text, ie_track *track)
{
    char path[] = "/tmp/imgengine-gpx-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    ie_status status = ie_gpx_read(path, track, NULL);
    unlink(path);
    return status;
}

static void a_place_lies_between_its_points_and_never_over_a_gap(void **state)
{
    (void)state;
    ie_track track = {0};
    ie_track_point p;
    assert_int_equal(read_text(GPX POINT("20", "179", "2020-01-01T00:10:00Z")
                                   POINT("10", "-179", "2020-01-01T01:20:00+01:00") POINT(
                                       "91", "0", "2020-01-01T00:30:00Z") "</trkseg></trk></gpx>",
                               &track),
                     IE_OK);
    assert_int_equal(track.count, 2);
    int64_t start = track.points[0].utc_ms;
    assert_true(ie_track_at(&track, start + 300000, 600, &p));
    assert_true(fabs(p.latitude - 15) < 1e-9 && fabs(fabs(p.longitude) - 180) < 1e-9 &&
                p.altitude_m == 10.5);
    assert_false(ie_track_at(&track, start + 300000, 599, &p));
    assert_true(ie_track_at(&track, start, 0, &p) && p.latitude == 20);
    assert_false(ie_track_at(&track, start - 1, 600, &p));
    assert_false(ie_track_at(&track, start + 600001, 600, &p));
    ie_track_clear(&track);
}

static void what_is_no_track_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "<kml/>", GPX,
                                        GPX "<trkpt lat='1' lon='2'/></trkseg></trk></gpx>"};
    for (size_t i = 0; i < 4; i++) {
        ie_track track = {0};
        assert_int_equal(read_text(texts[i], &track), IE_ERR_FORMAT);
        ie_track_clear(&track);
    }
}

static void clock_offsets_are_hours_minutes_and_seconds(void **state)
{
    (void)state;
    int64_t s = 0;
    assert_true(ie_parse_clock_offset("+01:00:30", &s) && s == 3630);
    assert_true(ie_parse_clock_offset("-5", &s) && s == -18000);
    assert_true(ie_parse_clock_offset("-0:30", &s) && s == -1800);
    static const char *const wrong[] = {"", "+", "1:60", "1:2:3:4", "x", "1:", "--1", "99"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(ie_parse_clock_offset(wrong[i], &s));
    }
    assert_true(ie_parse_seconds("10m", &s) && s == 600);
    assert_true(ie_parse_seconds("45", &s) && s == 45);
    assert_false(ie_parse_seconds("m", &s) || ie_parse_seconds("-1s", &s) ||
                 ie_parse_seconds("1d", &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_lies_between_its_points_and_never_over_a_gap),
        cmocka_unit_test(what_is_no_track_is_refused),
        cmocka_unit_test(clock_offsets_are_hours_minutes_and_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
