// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/option_checks.h"

#include <regex.h>
#include <string.h>

#include "core/config.h"
#include "core/metadata_fields.h"
#include "core/track.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

ie_status ie_check_date_order(const char *text, ie_error *err)
{
    ie_config_list names = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < names.count; i++) {
        char shown[80];
        if (ie_date_source_by_name(names.items[i]) == IE_DATE_NONE) {
            status =
                ie_error_set(err, IE_ERR_USAGE,
                             "\"%s\" is no source of dates; there are exif, exif_digitized, xmp, "
                             "iptc, quicktime, sidecar, name, exif_modified, folder and file.",
                             ie_show_path(names.items[i], shown, sizeof shown));
        }
    }
    ie_config_list_free(&names);
    return status;
}

ie_status ie_check_name_pattern(const char *text, ie_error *err)
{
    regex_t pattern;
    char shown[80];
    if (text[0] == 0) {
        return IE_OK;
    }
    if (strlen(text) > 1000 || regcomp(&pattern, text, REG_EXTENDED) != 0) {
        return ie_error_set(err, IE_ERR_USAGE, "\"%s\" is no POSIX extended regular expression.",
                            ie_show_path(text, shown, sizeof shown));
    }
    size_t groups = pattern.re_nsub;
    regfree(&pattern);
    return groups >= 3 ? IE_OK
                       : ie_error_set(err, IE_ERR_USAGE,
                                      "The pattern \"%s\" needs groups for year, month and day.",
                                      ie_show_path(text, shown, sizeof shown));
}

ie_status ie_check_prefer(const char *text, ie_error *err)
{
    ie_config_list items = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < items.count; i++) {
        const char *equals = strchr(items.items[i], '='), *who = items.items[i];
        bool known = true;
        if (equals != NULL) {
            IE_AUTO_FREE char *field = ie_strndup(who, (size_t)(equals - who));
            known = ie_metadata_fields_named(field) != 0;
            who = equals + 1;
        }
        char shown[80];
        if (!known || (strcmp(who, "file") != 0 && strcmp(who, "sidecar") != 0)) {
            status =
                ie_error_set(err, IE_ERR_USAGE,
                             "\"%s\" says not who wins; write file, sidecar, or a field of the "
                             "record with one of them, such as rating=sidecar.",
                             ie_show_path(items.items[i], shown, sizeof shown));
        }
    }
    ie_config_list_free(&items);
    return status;
}

bool ie_parse_place(const char *text, double *ret_latitude, double *ret_longitude)
{
    const char *comma = strchr(text, ',');
    double latitude, longitude;
    if (comma == NULL) {
        return false;
    }
    IE_AUTO_FREE char *first = ie_strndup(text, (size_t)(comma - text));
    const char *second = comma + 1 + strspn(comma + 1, " ");
    if (!ie_parse_real(first, &latitude) || !ie_parse_real(second, &longitude) ||
        latitude < -90 || latitude > 90 || longitude < -180 || longitude > 180) {
        return false;
    }
    *ret_latitude = latitude;
    *ret_longitude = longitude;
    return true;
}

ie_status ie_check_place(const char *text, ie_error *err)
{
    double latitude, longitude;
    char shown[80];
    return text[0] == 0 || ie_parse_place(text, &latitude, &longitude)
               ? IE_OK
               : ie_error_set(
                     err, IE_ERR_USAGE,
                     "\"%s\" is no place; write latitude and longitude in degrees, such as "
                     "59.91,10.75.",
                     ie_show_path(text, shown, sizeof shown));
}

ie_status ie_check_clock_offset(const char *text, ie_error *err)
{
    int64_t seconds;
    char shown[80];
    return text[0] == 0 || ie_parse_clock_offset(text, &seconds)
               ? IE_OK
               : ie_error_set(err, IE_ERR_USAGE,
                              "\"%s\" is no clock offset; write hours, minutes and seconds, such "
                              "as +01:00:30 or -5.",
                              ie_show_path(text, shown, sizeof shown));
}

ie_status ie_check_seconds(const char *text, ie_error *err)
{
    int64_t seconds;
    char shown[80];
    return ie_parse_seconds(text, &seconds)
               ? IE_OK
               : ie_error_set(err, IE_ERR_USAGE, "\"%s\" is no time span; write 90s, 10m or 2h.",
                              ie_show_path(text, shown, sizeof shown));
}

int ie_parse_clock(const char *text)
{
    int64_t hours, minutes;
    if (strlen(text) != 5 || text[2] != ':') {
        return -1;
    }
    IE_AUTO_FREE char *first = ie_strndup(text, 2);
    return ie_parse_int(first, 0, 23, &hours) && ie_parse_int(text + 3, 0, 59, &minutes)
               ? (int)(hours * 60 + minutes)
               : -1;
}

ie_status ie_check_clock(const char *text, ie_error *err)
{
    char shown[80];
    return ie_parse_clock(text) >= 0
               ? IE_OK
               : ie_error_set(err, IE_ERR_USAGE, "\"%s\" is no time of day; write it as 04:00.",
                              ie_show_path(text, shown, sizeof shown));
}

ie_status ie_check_device(const char *text, ie_error *err)
{
    static const char *const devices[] = {"", "cpu", "cuda", "webgpu", "openvino"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (ie_equal_nocase(text, devices[i])) {
            return IE_OK;
        }
    }
    char shown[80];
    return ie_error_set(err, IE_ERR_USAGE,
                        "\"%s\" is no device for models; there are cpu, cuda, webgpu and openvino, "
                        "and an empty text chooses.",
                        ie_show_path(text, shown, sizeof shown));
}
