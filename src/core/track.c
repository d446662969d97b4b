// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/track.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

void ie_track_add(ie_track *track, const ie_track_point *point)
{
    IE_GROW(track->points, track->count, track->room);
    track->points[track->count++] = *point;
}

static int by_time(const void *a, const void *b)
{
    const ie_track_point *x = a, *y = b;
    return x->utc_ms < y->utc_ms ? -1 : x->utc_ms > y->utc_ms;
}

void ie_track_sort(ie_track *track)
{
    size_t kept = 0;
    if (track->count > 1) {
        qsort(track->points, track->count, sizeof *track->points, by_time);
    }
    for (size_t i = 0; i < track->count; i++) {
        if (kept == 0 || track->points[i].utc_ms != track->points[kept - 1].utc_ms) {
            track->points[kept++] = track->points[i];
        }
    }
    track->count = kept;
}

void ie_track_clear(ie_track *track)
{
    free(track->points);
    *track = (ie_track){0};
}

static double between(double a, double b, double share)
{
    return a + (b - a) * share;
}

bool ie_track_at(const ie_track *track, int64_t utc_ms, int64_t max_gap_s,
                 ie_track_point *ret_point)
{
    size_t low = 0, high = track->count; /* the first point not before the time */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->points[middle].utc_ms < utc_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < track->count && track->points[low].utc_ms == utc_ms) {
        *ret_point = track->points[low];
        return true;
    }
    if (low == 0 || low == track->count) {
        return false;
    }
    const ie_track_point *a = &track->points[low - 1], *b = &track->points[low];
    if (b->utc_ms - a->utc_ms > max_gap_s * 1000) {
        return false;
    }
    double share = (double)(utc_ms - a->utc_ms) / (double)(b->utc_ms - a->utc_ms);
    double east = b->longitude - a->longitude;
    east += east > 180 ? -360 : east < -180 ? 360 : 0; /* over the date line */
    double longitude = a->longitude + east * share;
    *ret_point = (ie_track_point){
        .utc_ms = utc_ms,
        .latitude = between(a->latitude, b->latitude, share),
        .longitude = longitude > 180    ? longitude - 360
                     : longitude < -180 ? longitude + 360
                                        : longitude,
        .altitude_m = between(a->altitude_m, b->altitude_m, share),
    };
    return true;
}

bool ie_parse_clock_offset(const char *text, int64_t *ret_seconds)
{
    static const int64_t units[] = {3600, 60, 1}, most[] = {47, 59, 59};
    int64_t sum = 0, sign = text[0] == '-' ? -1 : 1, value;
    text += text[0] == '-' || text[0] == '+';
    for (int i = 0; i < 3; i++) {
        size_t length = strcspn(text, ":");
        IE_AUTO_FREE char *part = ie_strndup(text, length);
        if (length < 1 || length > 2 || part[0] == '-' || part[0] == '+' ||
            !ie_parse_int(part, 0, most[i], &value)) {
            return false;
        }
        sum += value * units[i];
        text += length;
        if (*text == 0) {
            *ret_seconds = sign * sum;
            return true;
        }
        text++;
    }
    return false;
}

bool ie_parse_seconds(const char *text, int64_t *ret_seconds)
{
    size_t length = strlen(text);
    char unit = length > 0 ? text[length - 1] : 0;
    int64_t factor = unit == 'h' ? 3600 : unit == 'm' ? 60 : 1, value;
    bool has_unit = unit == 'h' || unit == 'm' || unit == 's';
    IE_AUTO_FREE char *number = ie_strndup(text, length - has_unit);
    if (!ie_parse_int(number, 0, 1000000, &value)) {
        return false;
    }
    *ret_seconds = value * factor;
    return true;
}
