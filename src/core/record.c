// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/text.h"

/* Sets a group under `key` unless it stayed empty. */
static void add_group(json_t *parent, const char *key, json_t *take_group)
{
    if (json_object_size(take_group) > 0) {
        json_object_set_new(parent, key, take_group);
    } else {
        json_decref(take_group);
    }
}

static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) {
        IE_AUTO_FREE char *readable = ie_utf8_from_latin1(text, strlen(text));
        value = json_string(readable);
    }
    return value;
}

static void add_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

static void add_hex64(json_t *object, const char *key, uint64_t value)
{
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)value);
    ie_json_text(object, key, hex);
}

const char *ie_record_time(int64_t ns, char buffer[40])
{
    ie_datetime time = ie_datetime_from_unix(ns, 0, true);
    time.subsec_digits = 9;
    ie_datetime_text(&time, buffer);
    size_t used = strlen(buffer);
    snprintf(buffer + used, 40 - used, "Z");
    return buffer;
}

const char *ie_record_offset(const ie_datetime *time, char buffer[8])
{
    buffer[0] = 0;
    int minutes = abs(time->offset_minutes);
    if (time->has_offset && minutes < 24 * 60) {
        snprintf(buffer, 8, "%c%02d:%02d", time->offset_minutes < 0 ? '-' : '+', minutes / 60 % 24,
                 minutes % 60);
    }
    return buffer;
}

static json_t *captured_json(const ie_metadata *metadata)
{
    char buffer[40], offset[8];
    json_t *captured = json_object();
    if (metadata->captured.year == 0) {
        return captured;
    }
    ie_json_text(captured, "local", ie_datetime_text(&metadata->captured, buffer));
    if (ie_record_offset(&metadata->captured, offset)[0] != 0) {
        ie_json_text(captured, "offset", offset);
    }
    ie_json_text(captured, "source", ie_date_source_name(metadata->captured_source));
    ie_json_real(captured, "confidence", metadata->captured_confidence, 3);
    return captured;
}

static json_t *exposure_json(const ie_metadata *metadata)
{
    json_t *exposure = json_object();
    ie_json_real(exposure, "f_number", metadata->f_number, 3);
    ie_json_real(exposure, "time_s", metadata->exposure_time_s, 9);
    if (metadata->iso != 0) {
        ie_json_int(exposure, "iso", metadata->iso);
    }
    ie_json_real(exposure, "focal_length_mm", metadata->focal_length_mm, 3);
    if (metadata->focal_length_35mm != 0) {
        ie_json_int(exposure, "focal_length_35mm", metadata->focal_length_35mm);
    }
    if (metadata->flash >= 0) {
        add_bool(exposure, "flash", metadata->flash > 0);
    }
    return exposure;
}

static json_t *metadata_json(const ie_metadata *metadata)
{
    json_t *object = json_object(), *camera = json_object(), *gps = json_object();
    add_group(object, "captured", captured_json(metadata));
    ie_json_text(camera, "make", metadata->make);
    ie_json_text(camera, "model", metadata->model);
    ie_json_text(camera, "lens", metadata->lens);
    ie_json_text(camera, "serial", metadata->serial);
    add_group(object, "camera", camera);
    add_group(object, "exposure", exposure_json(metadata));
    ie_json_real(gps, "latitude", metadata->latitude, 7);
    ie_json_real(gps, "longitude", metadata->longitude, 7);
    ie_json_real(gps, "altitude_m", metadata->altitude_m, 3);
    add_group(object, "gps", gps);
    ie_json_text(object, "title", metadata->title);
    ie_json_text(object, "caption", metadata->caption);
    if (metadata->keywords.count > 0) {
        json_t *keywords = json_array();
        for (uint32_t i = 0; i < metadata->keywords.count; i++) {
            json_array_append_new(keywords, text_value(metadata->keywords.items[i]));
        }
        json_object_set_new(object, "keywords", keywords);
    }
    if (metadata->rating != IE_ABSENT) {
        ie_json_int(object, "rating", metadata->rating);
    }
    return object;
}

static json_t *colors_json(const ie_content *content)
{
    json_t *colors = json_array();
    size_t room = sizeof content->colors / sizeof *content->colors;
    for (size_t i = 0; i < content->color_count && i < room; i++) {
        const ie_color *color = &content->colors[i];
        char hex[8];
        snprintf(hex, sizeof hex, "#%02x%02x%02x", color->r, color->g, color->b);
        json_t *entry = json_object();
        ie_json_text(entry, "hex", hex);
        ie_json_real(entry, "share", (double)color->share, 4);
        json_array_append_new(colors, entry);
    }
    return colors;
}

static json_t *content_json(const ie_photo *photo)
{
    const ie_content *content = &photo->content;
    json_t *object = json_object();
    if (photo->have & IE_HAVE_HASHES) {
        add_hex64(object, "phash", content->phash);
        add_hex64(object, "ahash", content->ahash);
        add_hex64(object, "dhash", content->dhash);
        add_hex64(object, "whash", content->whash);
    }
    if (photo->have & IE_HAVE_QUALITY) {
        ie_json_real(object, "sharpness", content->sharpness, 2);
        add_bool(object, "blurred", content->blurred);
        ie_json_real(object, "noise", content->noise, 4);
        ie_json_real(object, "dynamic_range", content->dynamic_range, 4);
        ie_json_real(object, "exposure", content->exposure, 4);
        ie_json_real(object, "contrast", content->contrast, 4);
        ie_json_real(object, "quality", content->quality, 4);
    }
    if (photo->have & IE_HAVE_COLORS) {
        json_object_set_new(object, "colors", colors_json(content));
    }
    return object;
}

/* For the catalog only: large, and of no use to a reader of records. */
static json_t *similar_json(const ie_photo *photo)
{
    json_t *object = json_object();
    if (photo->have & IE_HAVE_HASHES) {
        char hex[16 * IE_TURNS + 1];
        for (int turn = 0; turn < IE_TURNS; turn++) {
            snprintf(hex + 16 * turn, 17, "%016llx", (unsigned long long)photo->content.turned[turn]);
        }
        ie_json_text(object, "turned", hex);
        add_hex64(object, "inner", photo->content.inner);
    }
    if ((photo->have & IE_HAVE_SKETCH) != 0 && photo->sketch != NULL) {
        IE_AUTO_FREE char *sketch = ie_base64(photo->sketch, sizeof *photo->sketch);
        ie_json_text(object, "sketch", sketch);
    }
    return object;
}

static json_t *labels_json(const ie_label *labels, uint32_t count, bool boxes)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *entry = json_object();
        ie_json_text(entry, "label", labels[i].label);
        ie_json_real(entry, "confidence", labels[i].confidence, 3);
        ie_json_text(entry, "source", labels[i].source);
        if (boxes) {
            json_t *box = json_array();
            for (int side = 0; side < 4; side++) {
                json_array_append_new(box, json_real(round(labels[i].box[side] * 10) / 10));
            }
            json_object_set_new(entry, "box", box);
        }
        json_array_append_new(array, entry);
    }
    return array;
}

static json_t *vision_json(const ie_photo *photo)
{
    const ie_vision *vision = &photo->vision;
    json_t *object = json_object();
    if (photo->have & IE_HAVE_SCENES) {
        json_object_set_new(object, "scenes",
                            labels_json(vision->scenes, vision->scene_count, false));
    }
    if (photo->have & IE_HAVE_OBJECTS) {
        json_object_set_new(object, "objects",
                            labels_json(vision->objects, vision->object_count, true));
    }
    if (vision->tag_count > 0) {
        json_object_set_new(object, "tags", labels_json(vision->tags, vision->tag_count, false));
    }
    return object;
}

static json_t *hash_json(const ie_photo *photo)
{
    json_t *object = json_object();
    if (photo->have & IE_HAVE_XXH3) {
        char hex[33];
        ie_hash128_hex(photo->xxh3, hex);
        ie_json_text(object, "xxh3", hex);
    }
    if (photo->have & IE_HAVE_SHA256) {
        ie_json_text(object, "sha256", photo->sha256);
    }
    return object;
}

static void add_picture(json_t *record, const ie_photo *photo)
{
    if (photo->width > 0 && photo->height > 0) {
        ie_json_int(record, "width", photo->width);
        ie_json_int(record, "height", photo->height);
        ie_json_int(record, "orientation", photo->orientation);
    }
    if (photo->bits > 0) {
        ie_json_int(record, "bits", photo->bits);
    }
    if (photo->has_alpha) {
        add_bool(record, "has_alpha", true);
    }
    if (photo->animated) {
        add_bool(record, "animated", true);
    }
}

static void add_faults(json_t *record, const ie_photo *photo)
{
    if (photo->fault_count == 0) {
        return;
    }
    json_t *faults = json_array();
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        json_t *entry = json_object();
        ie_json_text(entry, "stage", photo->faults[i].stage);
        ie_json_text(entry, "code", photo->faults[i].code);
        ie_json_text(entry, "text", photo->faults[i].text);
        json_array_append_new(faults, entry);
    }
    json_object_set_new(record, "faults", faults);
}

json_t *ie_record_json(const ie_photo *photo)
{
    char buffer[40];
    json_t *record = json_object();
    ie_json_text(record, "schema", IE_RECORD_SCHEMA);
    ie_json_path(record, "path", photo->path);
    ie_json_int(record, "size", (int64_t)photo->stamp.size);
    ie_json_text(record, "mtime", ie_record_time(photo->stamp.mtime_ns, buffer));
    if (photo->have & IE_HAVE_FORMAT || photo->format != IE_FORMAT_UNKNOWN) {
        ie_json_text(record, "format", ie_format_name(photo->format));
    }
    add_picture(record, photo);
    add_group(record, "hash", hash_json(photo));
    if (photo->have & IE_HAVE_METADATA) {
        json_object_set_new(record, "metadata", metadata_json(&photo->metadata));
    }
    add_group(record, "content", content_json(photo));
    add_group(record, IE_RECORD_SIMILAR, similar_json(photo));
    add_group(record, "vision", vision_json(photo));
    add_faults(record, photo);
    return record;
}
