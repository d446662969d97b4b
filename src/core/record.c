// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/metadata_fields.h"
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
    memcpy(buffer + used, "Z", 2);
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
    ie_json_text(captured, "reason", metadata->captured_reason);
    return captured;
}

static json_t *texts_json(const ie_text_list *list)
{
    json_t *texts = json_array();
    for (uint32_t i = 0; i < list->count; i++) {
        json_array_append_new(texts, text_value(list->items[i]));
    }
    return texts;
}

static void add_field(json_t *object, const ie_metadata_field *field, const ie_metadata *metadata)
{
    const void *member = ie_metadata_member(field, metadata);
    switch (field->kind) {
    case IE_FACT_TEXT:
        ie_json_text(object, field->key, *(const char *const *)member);
        break;
    case IE_FACT_TEXTS:
        json_object_set_new(object, field->key, texts_json(member));
        break;
    case IE_FACT_REAL:
        ie_json_real(object, field->key, *(const double *)member, field->decimals);
        break;
    case IE_FACT_COUNT:
    case IE_FACT_RATING:
        ie_json_int(object, field->key, *(const int32_t *)member);
        break;
    case IE_FACT_FLAG:
        add_bool(object, field->key, *(const int8_t *)member > 0);
        break;
    }
}

static json_t *regions_json(const ie_metadata *metadata)
{
    json_t *regions = json_array();
    for (uint32_t i = 0; i < metadata->region_count; i++) {
        const ie_region *region = &metadata->regions[i];
        json_t *entry = json_object(), *box = json_array();
        ie_json_text(entry, "name", region->name);
        ie_json_text(entry, "type", region->type);
        for (int side = 0; side < 4; side++) {
            json_array_append_new(box, json_real(round(region->box[side] * 1e6) / 1e6));
        }
        json_object_set_new(entry, "box", box);
        json_array_append_new(regions, entry);
    }
    return regions;
}

static json_t *metadata_json(const ie_metadata *metadata)
{
    json_t *object = json_object();
    const ie_metadata_field *field;
    add_group(object, "captured", captured_json(metadata));
    for (size_t i = 0; (field = ie_metadata_field_at(i)) != NULL; i++) {
        if (!ie_metadata_has(field, metadata)) {
            continue;
        }
        json_t *group = field->group != NULL ? json_object_get(object, field->group) : object;
        if (group == NULL) {
            group = json_object();
            json_object_set_new(object, field->group, group);
        }
        add_field(group, field, metadata);
    }
    if (metadata->region_count > 0) {
        json_object_set_new(object, "regions", regions_json(metadata));
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
    const ie_content *content = photo->content;
    json_t *object = json_object();
    if (photo->have & IE_HAVE_HASHES) {
        add_hex64(object, "phash", content->phash);
        add_hex64(object, "ahash", content->ahash);
        add_hex64(object, "dhash", content->dhash);
        add_hex64(object, "whash", content->whash);
    }
    if (photo->have & IE_HAVE_QUALITY) {
        ie_json_real(object, "sharpness", content->sharpness, 2);
        ie_json_real(object, "peak_sharpness", content->peak_sharpness, 1);
        add_bool(object, "blurred", content->blurred);
        ie_json_real(object, "noise", content->noise, 4);
        ie_json_real(object, "dynamic_range", content->dynamic_range, 4);
        ie_json_real(object, "exposure", content->exposure, 4);
        ie_json_real(object, "contrast", content->contrast, 4);
        ie_json_real(object, "clipped_shadows", content->clipped_shadows, 4);
        ie_json_real(object, "clipped_highlights", content->clipped_highlights, 4);
        if (content->jpeg_quality > 0) {
            ie_json_int(object, "jpeg_quality", content->jpeg_quality);
        }
        ie_json_real(object, "quality", content->quality, 4);
    }
    if (photo->have & IE_HAVE_COLORS) {
        json_object_set_new(object, "colors", colors_json(content));
    }
    return object;
}

#define MOST_HASHES 8

static void add_hashes(json_t *object, const char *key, const uint64_t *hashes, size_t count)
{
    char hex[16 * MOST_HASHES + 1];
    for (size_t i = 0; i < count && i < MOST_HASHES; i++) {
        snprintf(hex + 16 * i, 17, "%016llx", (unsigned long long)hashes[i]);
    }
    ie_json_text(object, key, hex);
}

/* For the catalog only: large, and of no use to a reader of records. */
static json_t *similar_json(const ie_photo *photo)
{
    json_t *object = json_object();
    if (photo->have & IE_HAVE_HASHES) {
        add_hashes(object, "turned", photo->content->turned, IE_TURNS);
        add_hex64(object, "inner", photo->content->inner);
        add_hashes(object, "cuts", photo->content->cuts, IE_CUTS);
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
        if (labels[i].model != NULL) {
            ie_json_text(entry, "model", labels[i].model->name);
            ie_json_text(entry, "version", labels[i].model->version);
        }
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

static void add_model(json_t *object, const char *key, const ie_label_model *model)
{
    if (model->name != NULL) {
        json_t *entry = json_object();
        ie_json_text(entry, "name", model->name);
        ie_json_text(entry, "version", model->version);
        ie_json_text(entry, "precision", model->precision);
        json_object_set_new(object, key, entry);
    }
}

static json_t *vision_json(const ie_photo *photo)
{
    const ie_vision *vision = photo->vision;
    json_t *object = json_object();
    if (photo->have & IE_HAVE_SCENES) {
        json_object_set_new(object, "scenes",
                            labels_json(vision->scenes, vision->scene_count, false));
        add_model(object, "scenes_model", &vision->scenes_model);
    }
    if (photo->have & IE_HAVE_OBJECTS) {
        json_object_set_new(object, "objects",
                            labels_json(vision->objects, vision->object_count, true));
        add_model(object, "objects_model", &vision->objects_model);
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
    if (photo->have & IE_HAVE_IMAGE_DATA) {
        char hex[33];
        ie_hash128_hex(photo->image_data, hex);
        ie_json_text(object, "image_data", hex);
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

static json_t *head_json(const ie_photo *photo)
{
    char buffer[40];
    json_t *record = json_object();
    ie_json_text(record, "schema", IE_RECORD_SCHEMA);
    ie_json_path(record, "path", photo->path);
    ie_json_int(record, "size", (int64_t)photo->stamp.size);
    ie_json_text(record, "mtime", ie_record_time(photo->stamp.mtime_ns, buffer));
    return record;
}

/* Needs no escape in JSON? */
static bool is_plain(const char *text)
{
    for (const char *p = text; *p != 0; p++) {
        if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\') {
            return false;
        }
    }
    return true;
}

void ie_record_add_head(ie_buffer *line, const ie_photo *photo)
{
    char buffer[40];
    if (photo->path != NULL &&
        is_plain(photo->path)) { /* a known photo costs little more than this line */
        ie_buffer_text(line, "{\"schema\":\"" IE_RECORD_SCHEMA "\",\"path\":\"");
        ie_buffer_text(line, photo->path);
        ie_buffer_printf(line, "\",\"size\":%lld,\"mtime\":\"", (long long)photo->stamp.size);
        ie_buffer_text(line, ie_record_time(photo->stamp.mtime_ns, buffer));
        ie_buffer_char(line, '"');
        return;
    }
    IE_AUTO_FREE char *head = ie_json_line(head_json(photo));
    ie_buffer_add(line, head, strlen(head) - 1);
}

json_t *ie_record_json(const ie_photo *photo)
{
    json_t *record = head_json(photo);
    if (photo->have & IE_HAVE_FORMAT || photo->format != IE_FORMAT_UNKNOWN) {
        ie_json_text(record, "format", ie_format_name(photo->format));
    }
    add_picture(record, photo);
    add_group(record, "hash", hash_json(photo));
    if (photo->have & IE_HAVE_METADATA) {
        json_object_set_new(record, "metadata", metadata_json(photo->metadata));
    }
    add_group(record, "content", content_json(photo));
    add_group(record, IE_RECORD_SIMILAR, similar_json(photo));
    add_group(record, "vision", vision_json(photo));
    add_faults(record, photo);
    return record;
}
