// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What imgengine.h says about one photo: its record as a line of JSON or CSV, its path and its
 * faults. A CSV column is one row of the table below; fields are quoted as RFC 4180 wants it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "utils/text.h"

static void put_text(ie_buffer *out, const char *text)
{
    if (text == NULL || ie_utf8_valid(text)) {
        ie_buffer_text(out, text != NULL ? text : "");
        return;
    }
    IE_AUTO_FREE char *readable = ie_utf8_from_latin1(text, strlen(text));
    ie_buffer_text(out, readable);
}

static void put_real(ie_buffer *out, double value, int decimals)
{
    char text[400];
    if (!isfinite(value)) {
        return;
    }
    snprintf(text, sizeof text, "%.*f", decimals, value);
    size_t used = strlen(text);
    while (decimals > 0 && used > 1 && text[used - 1] == '0') {
        used--;
    }
    used -= decimals > 0 && text[used - 1] == '.';
    text[used] = 0;
    ie_buffer_text(out, strcmp(text, "-0") == 0 ? "0" : text);
}

static void put_count(ie_buffer *out, uint64_t value)
{
    if (value != 0) {
        ie_buffer_printf(out, "%llu", (unsigned long long)value);
    }
}

#define COLUMN(name) static void put_##name(ie_buffer *out, const ie_photo *photo)

// clang-format off
/* A path is written byte for byte, UTF-8 or not: it must still name the file. */
COLUMN(path) { ie_buffer_text(out, photo->path != NULL ? photo->path : ""); }
COLUMN(format) { ie_buffer_text(out, ie_format_name(photo->format)); }
COLUMN(size) { ie_buffer_printf(out, "%llu", (unsigned long long)photo->stamp.size); }
COLUMN(width) { put_count(out, photo->width); }
COLUMN(height) { put_count(out, photo->height); }
COLUMN(make) { put_text(out, photo->metadata->make); }
COLUMN(model) { put_text(out, photo->metadata->model); }
COLUMN(lens) { put_text(out, photo->metadata->lens); }
COLUMN(f_number) { put_real(out, photo->metadata->f_number, 3); }
COLUMN(exposure_time_s) { put_real(out, photo->metadata->exposure_time_s, 9); }
COLUMN(focal_length_mm) { put_real(out, photo->metadata->focal_length_mm, 3); }
COLUMN(iso) { put_count(out, photo->metadata->iso > 0 ? (uint64_t)photo->metadata->iso : 0); }
COLUMN(latitude) { put_real(out, photo->metadata->latitude, 7); }
COLUMN(longitude) { put_real(out, photo->metadata->longitude, 7); }
COLUMN(altitude_m) { put_real(out, photo->metadata->altitude_m, 3); }
COLUMN(title) { put_text(out, photo->metadata->title); }
COLUMN(caption) { put_text(out, photo->metadata->caption); }

// clang-format on

COLUMN(mtime)
{
    char buffer[40];
    ie_buffer_text(out, ie_record_time(photo->stamp.mtime_ns, buffer));
}

COLUMN(orientation)
{
    put_count(out, photo->width > 0 ? photo->orientation : 0);
}

COLUMN(captured)
{
    char buffer[40];
    ie_buffer_text(out, ie_datetime_text(&photo->metadata->captured, buffer));
}

COLUMN(captured_offset)
{
    char buffer[8];
    ie_buffer_text(out, ie_record_offset(&photo->metadata->captured, buffer));
}

COLUMN(captured_source)
{
    if (photo->metadata->captured.year != 0) {
        ie_buffer_text(out, ie_date_source_name(photo->metadata->captured_source));
    }
}

COLUMN(rating)
{
    if (photo->metadata->rating != IE_ABSENT) {
        ie_buffer_printf(out, "%d", photo->metadata->rating);
    }
}

COLUMN(keywords)
{
    for (uint32_t i = 0; i < photo->metadata->keywords.count; i++) {
        ie_buffer_text(out, i > 0 ? ";" : "");
        put_text(out, photo->metadata->keywords.items[i]);
    }
}

COLUMN(tags)
{
    for (uint32_t i = 0; i < photo->vision->tag_count; i++) {
        ie_buffer_text(out, i > 0 ? ";" : "");
        put_text(out, photo->vision->tags[i].label);
    }
}

COLUMN(xxh3)
{
    char hex[33] = "";
    if (photo->have & IE_HAVE_XXH3) {
        ie_hash128_hex(photo->xxh3, hex);
    }
    ie_buffer_text(out, hex);
}

COLUMN(sha256)
{
    ie_buffer_text(out, photo->have & IE_HAVE_SHA256 ? photo->sha256 : "");
}

COLUMN(phash)
{
    if (photo->have & IE_HAVE_HASHES) {
        ie_buffer_printf(out, "%016llx", (unsigned long long)photo->content->phash);
    }
}

COLUMN(sharpness)
{
    put_real(out, photo->have & IE_HAVE_QUALITY ? photo->content->sharpness : NAN, 2);
}

COLUMN(blurred)
{
    if (photo->have & IE_HAVE_QUALITY) {
        ie_buffer_text(out, photo->content->blurred ? "true" : "false");
    }
}

COLUMN(quality)
{
    put_real(out, photo->have & IE_HAVE_QUALITY ? photo->content->quality : NAN, 4);
}

COLUMN(faults)
{
    for (size_t i = 0; i < photo->fault_count; i++) {
        ie_buffer_text(out, i > 0 ? "; " : "");
        put_text(out, ie_photo_fault_text(photo, i));
    }
}

// clang-format off
#define COLUMNS(X)                                                                                \
    X(path) X(format) X(size) X(mtime) X(width) X(height) X(orientation) X(captured)              \
    X(captured_offset) X(captured_source) X(make) X(model) X(lens) X(f_number)                    \
    X(exposure_time_s) X(iso) X(focal_length_mm) X(latitude) X(longitude) X(altitude_m) X(title)  \
    X(caption) X(keywords) X(rating) X(tags) X(xxh3)                                              \
    X(sha256) X(phash) X(sharpness) X(blurred) X(quality) X(faults)

static void (*const columns[])(ie_buffer *out, const ie_photo *photo) = {
#define X(name) put_##name,
    COLUMNS(X)
#undef X
};
// clang-format on

const char *ie_photo_csv_header(void)
{
#define X(name) "," #name
    static const char header[] = COLUMNS(X);
#undef X
    return header + 1;
}

static void quote(ie_buffer *line, const ie_buffer *field)
{
    const char *text = field->size > 0 ? field->data : "";
    if (strpbrk(text, ",\"\r\n") == NULL) {
        ie_buffer_text(line, text);
        return;
    }
    ie_buffer_char(line, '"');
    for (; *text != 0; text++) {
        ie_buffer_text(line, *text == '"' ? "\"" : "");
        ie_buffer_char(line, *text);
    }
    ie_buffer_char(line, '"');
}

/* The stored record has neither path nor stamp, but what is not for printing: a flat object of
   plain texts. */
static char *line_of_stored(const ie_photo *photo)
{
    static const char schema[] = "{\"schema\":\"" IE_RECORD_SCHEMA "\"",
                      hidden[] = ",\"" IE_RECORD_SIMILAR "\":{";
    if (!ie_starts_with(photo->stored, schema)) {
        return NULL;
    }
    const char *rest = photo->stored + sizeof schema - 1;
    const char *begin = strstr(rest, hidden), *end = begin != NULL ? strchr(begin, '}') : NULL;
    ie_buffer line = {0};
    ie_record_add_head(&line, photo);
    if (end != NULL) {
        ie_buffer_add(&line, rest, (size_t)(begin - rest));
        rest = end + 1;
    }
    ie_buffer_text(&line, rest);
    return ie_buffer_take(&line);
}

/* A photo with the stored facts; free() it as one. */
static ie_photo *unpack(const ie_photo *photo)
{
    ie_photo *whole = ie_photo_new();
    IE_AUTO_JSON json_t *record = NULL;
    whole->path = ie_arena_strdup(whole->arena, photo->path);
    whole->real_path = ie_arena_strdup(whole->arena, photo->real_path);
    whole->stamp = photo->stamp;
    if (ie_json_parse(photo->stored, strlen(photo->stored), "a record", &record, NULL) == IE_OK) {
        ie_record_read(record, whole);
    }
    return whole;
}

char *ie_photo_csv(const ie_photo *photo)
{
    if (photo->stored != NULL) {
        ie_photo *whole = unpack(photo);
        char *line = ie_photo_csv(whole);
        ie_photo_free(whole);
        return line;
    }
    ie_buffer line = {0}, field = {0};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        ie_buffer_clear(&field);
        columns[i](&field, photo);
        ie_buffer_text(&line, i > 0 ? "," : "");
        quote(&line, &field);
    }
    ie_buffer_free(&field);
    return ie_buffer_take(&line);
}

char *ie_photo_json(const ie_photo *photo)
{
    char *stored = photo->stored != NULL ? line_of_stored(photo) : NULL;
    if (stored != NULL) {
        return stored;
    }
    json_t *record = ie_record_json(photo);
    json_object_del(record, IE_RECORD_SIMILAR);
    return ie_json_line(record);
}

const char *ie_photo_path(const ie_photo *photo)
{
    return photo->path;
}

size_t ie_photo_fault_count(const ie_photo *photo)
{
    return photo->fault_count;
}

const char *ie_photo_fault_text(const ie_photo *photo, size_t index)
{
    if (index >= photo->fault_count) {
        return NULL;
    }
    const ie_fault *fault = &photo->faults[index];
    return ie_arena_printf(photo->arena, "%s: %s: %s", fault->stage, fault->code, fault->text);
}
