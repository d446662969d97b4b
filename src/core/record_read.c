// SPDX-License-Identifier: GPL-3.0-or-later
/* ie_record_read(): the way back. A record may come from a damaged catalog, so nothing in it is
   trusted. */
#include <math.h>
#include <string.h>

#include "core/metadata_fields.h"
#include "core/record.h"
#include "utils/text.h"

static const char *text_of(const json_t *object, const char *key, ie_arena *arena)
{
    return ie_arena_strdup(arena, ie_json_get_text(object, key));
}

/* An integer of [min, max]; otherwise `absent`. */
static int64_t int_of(const json_t *object, const char *key, int64_t min, int64_t max,
                      int64_t absent)
{
    int64_t value = ie_json_get_int(object, key, absent);
    return value >= min && value <= max ? value : absent;
}

/* The 16 digits at hex. */
static bool hex64_digits(const char *hex, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) {
        const char *digit = strchr("0123456789abcdef", hex[i]);
        if (digit == NULL) {
            return false;
        }
        value = value << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *ret_value = value;
    return true;
}

static bool hex64_of(const json_t *object, const char *key, uint64_t *ret_value)
{
    const char *hex = ie_json_get_text(object, key);
    return hex != NULL && strlen(hex) == 16 && hex64_digits(hex, ret_value);
}

/* "+02:00"; nothing else. */
static void read_offset(const char *text, ie_datetime *time)
{
    int64_t hours, minutes;
    if (text == NULL || strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return;
    }
    char part[3] = {text[1], text[2], 0};
    if (ie_parse_int(part, 0, 23, &hours) && ie_parse_int(text + 4, 0, 59, &minutes)) {
        time->has_offset = true;
        time->offset_minutes = (int16_t)((text[0] == '-' ? -1 : 1) * (hours * 60 + minutes));
    }
}

static void read_captured(const json_t *captured, ie_metadata *metadata)
{
    const char *local = ie_json_get_text(captured, "local");
    if (local == NULL || !ie_datetime_parse(local, &metadata->captured)) {
        return;
    }
    read_offset(ie_json_get_text(captured, "offset"), &metadata->captured);
    const char *source = ie_json_get_text(captured, "source");
    metadata->captured_source = source != NULL ? ie_date_source_by_name(source) : IE_DATE_NONE;
    double confidence = ie_json_get_real(captured, "confidence");
    metadata->captured_confidence = isnan(confidence) ? 0 : confidence;
}

static void read_texts(const json_t *array, ie_text_list *list, ie_arena *arena)
{
    size_t index;
    json_t *text;
    json_array_foreach((json_t *)array, index, text)
    {
        if (json_is_string(text)) {
            ie_text_list_add(list, arena, json_string_value(text));
        }
    }
}

static void read_field(const json_t *group, const ie_metadata_field *field, ie_photo *photo)
{
    void *member = ie_metadata_member(field, ie_photo_own_metadata(photo));
    const json_t *flag;
    switch (field->kind) {
    case IE_FACT_TEXT:
        *(const char **)member = text_of(group, field->key, photo->arena);
        break;
    case IE_FACT_TEXTS:
        read_texts(json_object_get(group, field->key), member, photo->arena);
        break;
    case IE_FACT_REAL:
        *(double *)member = ie_json_get_real(group, field->key);
        break;
    case IE_FACT_COUNT:
        *(int32_t *)member = (int32_t)int_of(group, field->key, 1, INT32_MAX, 0);
        break;
    case IE_FACT_RATING:
        *(int32_t *)member = (int32_t)int_of(group, field->key, -1, 5, IE_ABSENT);
        break;
    case IE_FACT_FLAG:
        flag = json_object_get(group, field->key);
        *(int8_t *)member = json_is_boolean(flag) ? json_is_true(flag) : -1;
        break;
    }
}

static void read_regions(const json_t *array, ie_photo *photo)
{
    ie_metadata *metadata = ie_photo_own_metadata(photo);
    size_t index, count = json_array_size(array);
    json_t *entry;
    metadata->regions = ie_arena_alloc(photo->arena, (count + 1) * sizeof *metadata->regions);
    json_array_foreach((json_t *)array, index, entry)
    {
        const json_t *box = json_object_get(entry, "box");
        if (json_array_size(box) != 4) {
            continue;
        }
        ie_region *region = &metadata->regions[metadata->region_count++];
        region->name = text_of(entry, "name", photo->arena);
        region->type = text_of(entry, "type", photo->arena);
        for (size_t side = 0; side < 4; side++) {
            region->box[side] = json_number_value(json_array_get(box, side));
        }
    }
}

static void read_metadata(const json_t *object, ie_photo *photo)
{
    ie_metadata *metadata = ie_photo_own_metadata(photo);
    const ie_metadata_field *field;
    ie_metadata_init(metadata);
    read_captured(json_object_get(object, "captured"), metadata);
    metadata->captured_reason =
        text_of(json_object_get(object, "captured"), "reason", photo->arena);
    for (size_t i = 0; (field = ie_metadata_field_at(i)) != NULL; i++) {
        read_field(field->group != NULL ? json_object_get(object, field->group) : object, field,
                   photo);
    }
    if (!(fabs(metadata->latitude) <= 90) || !(fabs(metadata->longitude) <= 180)) {
        metadata->latitude = metadata->longitude = NAN;
    }
    read_regions(json_object_get(object, "regions"), photo);
    photo->have |= IE_HAVE_METADATA;
}

static bool read_color(const json_t *entry, ie_color *ret_color)
{
    unsigned r, g, b;
    const char *hex = ie_json_get_text(entry, "hex");
    double share = ie_json_get_real(entry, "share");
    if (hex == NULL || strlen(hex) != 7 || sscanf(hex, "#%2x%2x%2x", &r, &g, &b) != 3 ||
        isnan(share)) {
        return false;
    }
    *ret_color = (ie_color){(uint8_t)r, (uint8_t)g, (uint8_t)b, (float)share};
    return true;
}

static void read_colors(const json_t *colors, ie_photo *photo)
{
    ie_content *content = ie_photo_own_content(photo);
    size_t index;
    json_t *entry;
    if (!json_is_array(colors)) {
        return;
    }
    content->color_count = 0;
    json_array_foreach(colors, index, entry)
    {
        if (content->color_count < sizeof content->colors / sizeof *content->colors &&
            read_color(entry, &content->colors[content->color_count])) {
            content->color_count++;
        }
    }
    photo->have |= IE_HAVE_COLORS;
}

static void read_quality(const json_t *object, ie_photo *photo)
{
    ie_content *content = ie_photo_own_content(photo);
    const struct {
        const char *key;
        double *value;
    } rows[] = {
        {"sharpness", &content->sharpness},
        {"noise", &content->noise},
        {"dynamic_range", &content->dynamic_range},
        {"exposure", &content->exposure},
        {"contrast", &content->contrast},
        {"clipped_shadows", &content->clipped_shadows},
        {"quality", &content->quality},
        {"clipped_highlights", &content->clipped_highlights},
        {"peak_sharpness", &content->peak_sharpness},
    };
    const json_t *blurred = json_object_get(object, "blurred");
    bool complete = json_is_boolean(blurred);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        complete = complete && !isnan(ie_json_get_real(object, rows[i].key));
    }
    for (size_t i = 0; complete && i < sizeof rows / sizeof *rows; i++) {
        *rows[i].value = ie_json_get_real(object, rows[i].key);
    }
    if (complete) {
        content->blurred = json_is_true(blurred);
        content->jpeg_quality = (int32_t)int_of(object, "jpeg_quality", 1, 100, 0);
        photo->have |= IE_HAVE_QUALITY;
    }
}

static bool read_hash_row(const json_t *object, const char *key, uint64_t *ret_hashes, size_t count)
{
    const char *hex = ie_json_get_text(object, key);
    bool good = hex != NULL && strlen(hex) == 16 * count;
    for (size_t i = 0; good && i < count; i++) {
        good = hex64_digits(hex + 16 * i, &ret_hashes[i]);
    }
    return good;
}

static bool read_turned(const json_t *object, ie_content *content)
{
    return read_hash_row(object, "turned", content->turned, IE_TURNS) &&
           hex64_of(object, "inner", &content->inner) &&
           read_hash_row(object, "cuts", content->cuts, IE_CUTS);
}

static void read_sketch(const json_t *object, ie_photo *photo)
{
    const char *text = ie_json_get_text(object, "sketch");
    size_t size = 0;
    IE_AUTO_FREE char *bytes = text != NULL ? ie_base64_decode(text, &size) : NULL;
    if (bytes != NULL && size == sizeof *photo->sketch) {
        photo->sketch = ie_arena_alloc(photo->arena, sizeof *photo->sketch);
        memcpy(photo->sketch, bytes, size);
        photo->have |= IE_HAVE_SKETCH;
    }
}

static void read_content(const json_t *object, const json_t *similar, ie_photo *photo)
{
    ie_content *content = ie_photo_own_content(photo);
    read_sketch(similar, photo);
    if (read_turned(similar, content) && hex64_of(object, "phash", &content->phash) &&
        hex64_of(object, "ahash", &content->ahash) && hex64_of(object, "dhash", &content->dhash) &&
        hex64_of(object, "whash", &content->whash)) {
        photo->have |= IE_HAVE_HASHES;
    }
    read_quality(object, photo);
    read_colors(json_object_get(object, "colors"), photo);
}

/* Of a tag; NULL where none is named. */
static const ie_label_model *read_tag_model(const json_t *entry, ie_arena *arena)
{
    const char *name = text_of(entry, "model", arena);
    ie_label_model *model = name != NULL ? ie_arena_alloc(arena, sizeof *model) : NULL;
    if (model != NULL) {
        *model = (ie_label_model){.name = name, .version = text_of(entry, "version", arena)};
    }
    return model;
}

/* Entries without a label are dropped. */
static ie_label *read_labels(const json_t *array, ie_arena *arena, uint32_t *ret_count)
{
    size_t index, side;
    json_t *entry, *number;
    uint32_t count = 0;
    ie_label *labels = ie_arena_alloc(arena, (json_array_size(array) + 1) * sizeof *labels);
    json_array_foreach(array, index, entry)
    {
        double confidence = ie_json_get_real(entry, "confidence");
        const char *label = text_of(entry, "label", arena);
        if (label == NULL || isnan(confidence)) {
            continue;
        }
        ie_label *place = &labels[count++];
        *place = (ie_label){.label = label,
                            .confidence = confidence,
                            .source = text_of(entry, "source", arena),
                            .model = read_tag_model(entry, arena)};
        json_array_foreach(json_object_get(entry, "box"), side, number)
        {
            if (side < 4 && json_is_number(number)) {
                place->box[side] = json_number_value(number);
            }
        }
    }
    *ret_count = count;
    return labels;
}

static ie_label_model read_model(const json_t *object, ie_arena *arena)
{
    return (ie_label_model){.name = text_of(object, "name", arena),
                            .version = text_of(object, "version", arena),
                            .precision = text_of(object, "precision", arena)};
}

static void read_vision(const json_t *object, ie_photo *photo)
{
    ie_vision *vision = ie_photo_own_vision(photo);
    const json_t *scenes = json_object_get(object, "scenes"),
                 *objects = json_object_get(object, "objects");
    if (json_is_array(scenes)) {
        vision->scenes = read_labels(scenes, photo->arena, &vision->scene_count);
        photo->have |= IE_HAVE_SCENES;
    }
    if (json_is_array(objects)) {
        vision->objects = read_labels(objects, photo->arena, &vision->object_count);
        photo->have |= IE_HAVE_OBJECTS;
    }
    vision->scenes_model = read_model(json_object_get(object, "scenes_model"), photo->arena);
    vision->objects_model = read_model(json_object_get(object, "objects_model"), photo->arena);
    vision->tags = read_labels(json_object_get(object, "tags"), photo->arena, &vision->tag_count);
}

static void read_hashes(const json_t *object, ie_photo *photo)
{
    const char *xxh3 = ie_json_get_text(object, "xxh3"),
               *sha256 = ie_json_get_text(object, "sha256"),
               *image_data = ie_json_get_text(object, "image_data");
    if (xxh3 != NULL && ie_hash128_parse(xxh3, &photo->xxh3)) {
        photo->have |= IE_HAVE_XXH3;
    }
    if (sha256 != NULL && strlen(sha256) == 64 && strspn(sha256, "0123456789abcdef") == 64) {
        photo->sha256 = ie_arena_strdup(photo->arena, sha256);
        photo->have |= IE_HAVE_SHA256;
    }
    if (image_data != NULL && ie_hash128_parse(image_data, &photo->image_data)) {
        photo->have |= IE_HAVE_IMAGE_DATA;
    }
}

static void read_faults(const json_t *faults, ie_photo *photo)
{
    size_t index;
    json_t *entry;
    json_array_foreach(faults, index, entry)
    {
        const char *stage = ie_json_get_text(entry, "stage"),
                   *code = ie_json_get_text(entry, "code");
        const char *text = ie_json_get_text(entry, "text");
        if (stage != NULL && code != NULL && text != NULL) {
            ie_photo_fault(photo, stage, code, "%s", text);
        }
    }
}

bool ie_record_read(const json_t *record, ie_photo *photo)
{
    const char *schema = ie_json_get_text(record, "schema");
    if (schema == NULL || strcmp(schema, IE_RECORD_SCHEMA) != 0) {
        return false;
    }
    const char *format = ie_json_get_text(record, "format");
    if (format != NULL) {
        photo->format = ie_format_by_name(format);
        photo->have |= IE_HAVE_FORMAT;
    }
    photo->width = (uint32_t)int_of(record, "width", 1, UINT32_MAX, 0);
    photo->height = (uint32_t)int_of(record, "height", 1, UINT32_MAX, 0);
    photo->orientation = (uint8_t)int_of(record, "orientation", 1, 8, 1);
    photo->bits = (uint8_t)int_of(record, "bits", 1, 64, 0);
    photo->has_alpha = json_is_true(json_object_get(record, "has_alpha"));
    photo->animated = json_is_true(json_object_get(record, "animated"));
    read_hashes(json_object_get(record, "hash"), photo);
    const json_t *metadata = json_object_get(record, "metadata");
    if (json_is_object(metadata)) {
        read_metadata(metadata, photo);
    }
    read_content(json_object_get(record, "content"), json_object_get(record, IE_RECORD_SIMILAR),
                 photo);
    read_vision(json_object_get(record, "vision"), photo);
    read_faults(json_object_get(record, "faults"), photo);
    return true;
}
