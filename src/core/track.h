// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_track: where somebody was at which time, as a GPS logger wrote it, and where between two
 * points. Times are UTC in milliseconds since 1970. Pure; read-only once filled and sorted, hence
 * shared by threads freely.
 */
#ifndef IE_CORE_TRACK_H
#define IE_CORE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ie_track_point {
    int64_t utc_ms;
    double latitude, longitude; /* signed degrees */
    double altitude_m;          /* NaN: absent */
} ie_track_point;

typedef struct ie_track {
    ie_track_point *points; /* by time, once sorted */
    size_t count, room;
} ie_track;

void ie_track_add(ie_track *track, const ie_track_point *point);
void ie_track_sort(ie_track *track); /* of points of one time the first stays */
void ie_track_clear(ie_track *track);
/* The place at that time, linear between its neighbours, the shorter way round the earth. False
   when the next point before or after is missing or the two lie more than max_gap_s apart (a point
   of that very time always serves). */
bool ie_track_at(const ie_track *track, int64_t utc_ms, int64_t max_gap_s,
                 ie_track_point *ret_point);

/* "+01:00:30", "-5", "2:00": seconds; sign, hours, minutes, seconds, less than 24 hours plus
   a day. */
bool ie_parse_clock_offset(const char *text, int64_t *ret_seconds);
/* "90s", "10m", "2h", "45": seconds. */
bool ie_parse_seconds(const char *text, int64_t *ret_seconds);

#endif
