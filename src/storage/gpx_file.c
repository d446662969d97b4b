// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/gpx_file.h"

#include <math.h>
#include <string.h>

#include "storage/bytes.h"
#include "storage/facts.h"
#include "storage/xml.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_GPX_BYTES (256u << 20)
#define MAX_VALUE 64

typedef struct reader {
    ie_track *track;
    bool is_gpx, in_point, has_time;
    int point_depth;
    ie_track_point point;
    char text[MAX_VALUE];
    size_t length;
} reader;

/* Behind the namespace, of which there are several. */
static const char *local(const char *name)
{
    const char *blank = strrchr(name, ' ');
    return blank != NULL ? blank + 1 : name;
}

static void start(ie_xml *xml, const char *name, const char **attributes)
{
    reader *r = xml->user;
    r->length = 0;
    r->is_gpx |= xml->depth == 1 && strcmp(local(name), "gpx") == 0;
    if (strcmp(local(name), "trkpt") != 0) {
        return;
    }
    r->in_point = true;
    r->has_time = false;
    r->point_depth = xml->depth;
    r->point = (ie_track_point){.latitude = NAN, .longitude = NAN, .altitude_m = NAN};
    for (int i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "lat") == 0) {
            ie_parse_real(attributes[i + 1], &r->point.latitude);
        } else if (strcmp(attributes[i], "lon") == 0) {
            ie_parse_real(attributes[i + 1], &r->point.longitude);
        }
    }
}

/* Times are UTC, or have an offset. */
static void take_time(reader *r)
{
    ie_datetime time;
    bool date_only = false;
    if (ie_facts_date(r->text, r->length, &time, &date_only) && !date_only) {
        r->point.utc_ms =
            (ie_datetime_order(&time) - (time.has_offset ? time.offset_minutes * 60 : 0)) * 1000 +
            time.nanosecond / 1000000;
        r->has_time = true;
    }
}

static void end(ie_xml *xml, const char *name)
{
    reader *r = xml->user;
    r->text[r->length] = 0;
    if (r->in_point && xml->depth == r->point_depth + 1 && strcmp(local(name), "time") == 0) {
        take_time(r);
    } else if (r->in_point && xml->depth == r->point_depth + 1 && strcmp(local(name), "ele") == 0) {
        double altitude;
        r->point.altitude_m = ie_parse_real(r->text, &altitude) && fabs(altitude) < 100000
                                  ? altitude
                                  : r->point.altitude_m;
    } else if (r->in_point && xml->depth == r->point_depth) {
        r->in_point = false;
        if (r->has_time && fabs(r->point.latitude) <= 90 && fabs(r->point.longitude) <= 180) {
            ie_track_add(r->track, &r->point);
        }
    }
    r->length = 0;
}

static void take_text(ie_xml *xml, const char *text, size_t length)
{
    reader *r = xml->user;
    for (size_t i = 0; i < length && r->length < MAX_VALUE - 1; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL) {
            r->text[r->length++] = text[i];
        }
    }
}

ie_status ie_gpx_read(const char *path, ie_track *track, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    size_t before = track->count;
    reader r = {.track = track};
    ie_xml xml = {.user = &r, .start = start, .end = end, .text = take_text};
    const uint8_t *data = ie_bytes_load(bytes, MAX_GPX_BYTES);
    if (ie_bytes_size(bytes) > MAX_GPX_BYTES) {
        status =
            ie_error_set(err, IE_ERR_LIMIT, "The track %s is larger than 256 MiB.", ie_shown(path));
    } else if (data == NULL || !ie_xml_parse(&xml, data, (size_t)ie_bytes_size(bytes)) ||
               !r.is_gpx) {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s is no GPX track that can be read to its end.",
                              ie_shown(path));
    } else if (track->count == before) {
        status = ie_error_set(err, IE_ERR_FORMAT, "The track %s has no point with a time.",
                              ie_shown(path));
    }
    ie_track_sort(track);
    ie_bytes_close(bytes);
    return status;
}
