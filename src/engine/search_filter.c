// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search.h"
#include "utils/error.h"
#include "utils/text.h"

#define EARTH_KM 6371.0088 /* mean radius, IUGG */

/* "2023", "2023-07", …: what is not said is the earliest. */
static bool read_time(const char *text, int64_t *ret_order)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:dd", earliest[] = "0000-01-01T00:00:00";
    size_t length = strlen(text);
    if (length != 4 && length != 7 && length != 10 && length != 16 && length != 19) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == 'd' ? !digit : text[i] != pattern[i]) {
            return false;
        }
    }
    IE_AUTO_FREE char *whole = ie_asprintf("%s%s", text, earliest + length);
    ie_datetime time;
    if (!ie_datetime_parse(whole, &time)) {
        return false;
    }
    *ret_order = ie_datetime_order(&time);
    return true;
}

static ie_status read_limit(const char *name, const char *text, bool *ret_has, int64_t *ret_order,
                            ie_error *err)
{
    if (text == NULL) {
        return IE_OK;
    }
    *ret_has = true;
    return read_time(text, ret_order) ? IE_OK
                                      : ie_error_set(err, IE_ERR_USAGE,
                                                     "--%s needs a date such as 2023, 2023-07, "
                                                     "2023-07-14 or 2023-07-14T18:30, not \"%s\".",
                                                     name, ie_shown(text));
}

static bool read_place(const char *text, ie_search_filter *filter)
{
    double *const parts[] = {&filter->latitude, &filter->longitude, &filter->kilometres};
    IE_AUTO_FREE char *copy = ie_strdup(text);
    char *rest = copy;
    for (size_t i = 0; i < 3; i++) {
        char *part = strsep(&rest, ",");
        while (part != NULL && *part == ' ') {
            part++;
        }
        if (part == NULL || !ie_parse_real(part, parts[i])) {
            return false;
        }
    }
    return rest == NULL && fabs(filter->latitude) <= 90 && fabs(filter->longitude) <= 180 &&
           filter->kilometres > 0;
}

ie_status ie_search_filter_read(const ie_search_request *request, ie_search_filter *ret_filter,
                                ie_error *err)
{
    ie_search_filter filter = {.camera = request->camera, .objects = request->objects,
                               .object_count = request->object_count};
    ie_status status = read_limit("after", request->after, &filter.has_after, &filter.after, err);
    if (status == IE_OK) {
        status = read_limit("before", request->before, &filter.has_before, &filter.before, err);
    }
    if (status == IE_OK && filter.has_after && filter.has_before && filter.after >= filter.before) {
        status = ie_error_set(err, IE_ERR_USAGE, "No photo was taken on or after %s and before %s.",
                              request->after, request->before);
    }
    filter.has_place = request->near != NULL;
    if (status == IE_OK && filter.has_place && !read_place(request->near, &filter)) {
        status = ie_error_set(
            err, IE_ERR_USAGE,
            "--near needs latitude, longitude and kilometres, such as 48.137,11.575,5, not \"%s\".",
            ie_shown(request->near));
    }
    bool empty = filter.camera != NULL && filter.camera[0] == 0;
    for (size_t i = 0; i < filter.object_count; i++) {
        empty = empty || filter.objects[i][0] == 0;
    }
    if (status == IE_OK && empty) {
        status = ie_error_set(err, IE_ERR_USAGE, "--camera and --object need a name.");
    }
    if (status == IE_OK) {
        *ret_filter = filter;
    }
    return status;
}

bool ie_search_filter_any(const ie_search_filter *filter)
{
    return filter->has_after || filter->has_before || filter->has_place || filter->camera != NULL ||
           filter->object_count > 0;
}

/* Great-circle distance by the haversine formula (Sinnott 1984), degrees to kilometres. */
static double distance_km(double latitude_a, double longitude_a, double latitude_b,
                          double longitude_b)
{
    const double radians = M_PI / 180;
    double up = sin((latitude_b - latitude_a) * radians / 2),
           along = sin((longitude_b - longitude_a) * radians / 2);
    double h = up * up + cos(latitude_a * radians) * cos(latitude_b * radians) * along * along;
    return 2 * EARTH_KM * asin(sqrt(fmin(1, h)));
}

static bool is_near(const ie_search_filter *filter, const ie_metadata *m)
{
    return !isnan(m->latitude) && !isnan(m->longitude) &&
           distance_km(filter->latitude, filter->longitude, m->latitude, m->longitude) <=
               filter->kilometres;
}

static bool is_of_camera(const char *camera, const ie_metadata *m)
{
    IE_AUTO_FREE char *name =
        ie_asprintf("%s %s", m->make != NULL ? m->make : "", m->model != NULL ? m->model : "");
    return strcasestr(name, camera) != NULL ||
           (m->model != NULL && strcasestr(m->model, camera) != NULL);
}

static bool shows(const ie_photo *photo, const char *object)
{
    for (uint32_t i = 0; i < photo->vision->object_count; i++) {
        if (ie_equal_nocase(photo->vision->objects[i].label, object)) {
            return true;
        }
    }
    return false;
}

static bool is_in_time(const ie_search_filter *filter, int64_t taken)
{
    return (!filter->has_after || taken >= filter->after) &&
           (!filter->has_before || taken < filter->before);
}

/* ---- records as text ----
   A quote within a text of JSON has a backslash before it, so a key with its quotes and colon is a
   key. */

/* The number behind the key, false when there is none. */
static bool number_behind(const char *record, const char *key, double *ret_number)
{
    const char *at = strstr(record, key);
    if (at == NULL) {
        return false;
    }
    at += strlen(key);
    IE_AUTO_FREE char *number = ie_strndup(at, strcspn(at, ",}"));
    return ie_parse_real(number, ret_number);
}

static bool may_be_in_time(const ie_search_filter *filter, const char *record)
{
    static const char key[] = "\"captured\":{\"local\":\"";
    const char *at = strstr(record, key);
    if (at == NULL) {
        return strstr(record, "\"captured\":") != NULL;
    }
    at += sizeof key - 1;
    IE_AUTO_FREE char *local = ie_strndup(at, strcspn(at, "\""));
    ie_datetime taken;
    return !ie_datetime_parse(local, &taken) || is_in_time(filter, ie_datetime_order(&taken));
}

static bool may_be_near(const ie_search_filter *filter, const char *record)
{
    double latitude, longitude;
    return number_behind(record, "\"latitude\":", &latitude) &&
           number_behind(record, "\"longitude\":", &longitude) &&
           distance_km(filter->latitude, filter->longitude, latitude, longitude) <=
               filter->kilometres + 0.01;
}

/* Has it these words somewhere? Only those of letters, digits and signs that JSON writes as they
   are. */
static bool may_say(const char *record, const char *text)
{
    IE_AUTO_FREE char *copy = ie_strdup(text);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        bool plain = strpbrk(word, "\"\\/") == NULL;
        for (const char *p = word; *p != 0; p++) {
            plain = plain && *p > ' ' && *p < 127;
        }
        if (plain && strcasestr(record, word) == NULL) {
            return false;
        }
    }
    return true;
}

bool ie_search_filter_may_pass(const ie_search_filter *filter, const char *record)
{
    bool may = (!filter->has_after && !filter->has_before) || may_be_in_time(filter, record);
    may = may && (!filter->has_place || may_be_near(filter, record));
    may = may && (filter->camera == NULL || may_say(record, filter->camera));
    for (size_t i = 0; may && i < filter->object_count; i++) {
        may = may_say(record, filter->objects[i]);
    }
    return may;
}

bool ie_search_filter_passes(const ie_search_filter *filter, const ie_photo *photo)
{
    const ie_metadata *m = photo->metadata;
    if (filter->has_after || filter->has_before) {
        int64_t taken = m->captured.year != 0 ? ie_datetime_order(&m->captured) : 0;
        if (m->captured.year == 0 || !is_in_time(filter, taken)) {
            return false;
        }
    }
    if ((filter->camera != NULL && !is_of_camera(filter->camera, m)) ||
        (filter->has_place && !is_near(filter, m))) {
        return false;
    }
    for (size_t i = 0; i < filter->object_count; i++) {
        if (!shows(photo, filter->objects[i])) {
            return false;
        }
    }
    return true;
}
