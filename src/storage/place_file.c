// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/place_file.h"

#include <math.h>
#include <string.h>

#include "storage/bytes.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/text.h"

#define MAX_BYTES (64u << 20)
#define MAX_COLUMNS 64

typedef enum column { NAME, LATITUDE, LONGITUDE, ALTITUDE, COLUMNS } column;

static const char *const names[COLUMNS][4] = {
    [NAME] = {"file", "path", "SourceFile", "filename"},
    [LATITUDE] = {"lat", "latitude", "GPSLatitude"},
    [LONGITUDE] = {"lon", "longitude", "GPSLongitude", "lng"},
    [ALTITUDE] = {"alt", "altitude", "GPSAltitude", "ele"},
};

static column column_by_name(const char *text)
{
    for (int c = 0; c < COLUMNS; c++) {
        for (int i = 0; i < 4 && names[c][i] != NULL; i++) {
            if (ie_equal_nocase(text, names[c][i])) {
                return (column)c;
            }
        }
    }
    return COLUMNS;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* The next line's cells, without blanks around those that have no quotes. False at the end. */
static bool next_line(const char **at, const char *end, ie_buffer cells[MAX_COLUMNS],
                      size_t *ret_count)
{
    const char *p = *at;
    size_t count = 0;
    bool quoted = false;
    if (p >= end) {
        return false;
    }
    for (int i = 0; i < MAX_COLUMNS; i++) {
        ie_buffer_clear(&cells[i]);
    }
    for (; p < end && (quoted || *p != '\n'); p++) {
        if (*p == '"' && quoted && p + 1 < end && p[1] == '"') {
            ie_buffer_char(&cells[count], *p++);
        } else if (*p == '"') {
            quoted = !quoted;
        } else if (*p == ',' && !quoted && count + 1 < MAX_COLUMNS) {
            count++;
        } else if (quoted || (*p != '\r' && !(*p == ' ' && cells[count].size == 0))) {
            ie_buffer_char(&cells[count], *p);
        }
    }
    *at = p < end ? p + 1 : end;
    *ret_count = count + 1;
    return true;
}

static const char *cell(const ie_buffer cells[MAX_COLUMNS], size_t count, int index)
{
    return index >= 0 && (size_t)index < count && cells[index].data != NULL ? cells[index].data
                                                                            : "";
}

/* Does the first line name the columns? */
static bool take_header(const ie_buffer cells[MAX_COLUMNS], size_t count, int ret_at[COLUMNS])
{
    int at[COLUMNS] = {-1, -1, -1, -1};
    for (size_t i = 0; i < count; i++) {
        column c = column_by_name(cell(cells, count, (int)i));
        if (c != COLUMNS) {
            at[c] = (int)i;
        }
    }
    bool header = at[NAME] >= 0 && at[LATITUDE] >= 0 && at[LONGITUDE] >= 0;
    if (header) {
        memcpy(ret_at, at, sizeof at);
    }
    return header;
}

static bool take_line(const ie_buffer cells[MAX_COLUMNS], size_t count, const int at[COLUMNS],
                      ie_places *places)
{
    double latitude, longitude, altitude = NAN;
    const char *height = cell(cells, count, at[ALTITUDE]);
    return ie_parse_real(cell(cells, count, at[LATITUDE]), &latitude) &&
           ie_parse_real(cell(cells, count, at[LONGITUDE]), &longitude) &&
           (height[0] == 0 || ie_parse_real(height, &altitude)) &&
           ie_places_add(places, cell(cells, count, at[NAME]), latitude, longitude, altitude);
}

static ie_status read_csv(const char *path, const char *bytes, size_t size, ie_places *places,
                          ie_error *err)
{
    ie_buffer cells[MAX_COLUMNS] = {0};
    int at[COLUMNS] = {0, 1, 2, 3};
    size_t count = 0, line = 0;
    ie_status status = IE_OK;
    for (const char *p = bytes; status == IE_OK && next_line(&p, bytes + size, cells, &count);) {
        line++;
        bool blank = count == 1 && cells[0].size == 0;
        if (!blank && !(line == 1 && take_header(cells, count, at)) &&
            !take_line(cells, count, at, places)) {
            status = ie_error_set(
                err, IE_ERR_FORMAT,
                "Line %zu of %s is no place: there must be a file, a latitude and a longitude in "
                "degrees, such as IMG_1.jpg,59.91,10.75.",
                line, ie_shown(path));
        }
    }
    for (int i = 0; i < MAX_COLUMNS; i++) {
        ie_buffer_free(&cells[i]);
    }
    return status;
}

/* ---- JSON
   ------------------------------------------------------------------------------------------------
 */

static ie_status read_json(const char *path, const char *bytes, size_t size, ie_places *places,
                           ie_error *err)
{
    IE_AUTO_JSON json_t *all = NULL;
    ie_status status = ie_json_parse(bytes, size, ie_shown(path), &all, err);
    for (size_t i = 0; status == IE_OK && i < json_array_size(all); i++) {
        double numbers[COLUMNS] = {NAN, NAN, NAN, NAN};
        const char *file = NULL, *key;
        json_t *entry = json_array_get(all, i), *value;
        json_object_foreach (entry, key, value) {
            column c = column_by_name(key);
            file = c == NAME && json_is_string(value) ? json_string_value(value) : file;
            if (c != COLUMNS && json_is_number(value)) {
                numbers[c] = json_number_value(value);
            }
        }
        bool none = isnan(numbers[LATITUDE]) && isnan(numbers[LONGITUDE]) &&
                    file != NULL; /* exiftool lists all files */
        if (!none && (file == NULL || !ie_places_add(places, file, numbers[LATITUDE],
                                                     numbers[LONGITUDE], numbers[ALTITUDE]))) {
            status = ie_error_set(err, IE_ERR_FORMAT,
                                  "Entry %zu of %s is no place: there must be \"file\", \"lat\" "
                                  "and \"lon\" in degrees.",
                                  i + 1, ie_shown(path));
        }
    }
    return status == IE_OK && !json_is_array(all)
               ? ie_error_set(err, IE_ERR_FORMAT,
                              "%s is no list of places: a JSON array is expected.", ie_shown(path))
               : status;
}

ie_status ie_places_read(const char *path, ie_places *places, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    size_t size = (size_t)ie_bytes_size(bytes);
    const uint8_t *data = size > 0 ? ie_bytes_load(bytes, MAX_BYTES) : (const uint8_t *)"";
    if (data == NULL) {
        status =
            size > MAX_BYTES
                ? ie_error_set(err, IE_ERR_LIMIT, "%s is larger than 64 MiB.", ie_shown(path))
                : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
    } else {
        size_t start = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        const char *text = (const char *)data + start;
        bool json = size > start && (text[0] == '[' || text[0] == '{');
        status = (json ? read_json : read_csv)(path, text, size - start, places, err);
    }
    ie_bytes_close(bytes);
    ie_places_sort(places);
    return status;
}
