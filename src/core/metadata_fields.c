// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metadata_fields.h"

#include <math.h>
#include <string.h>

#define ROW(group, key, kind, decimals, member)                                                    \
    {group, key, kind, decimals, offsetof(ie_metadata, member)}

static const ie_metadata_field fields[] = {
    ROW("camera", "make", IE_FACT_TEXT, 0, make),
    ROW("camera", "model", IE_FACT_TEXT, 0, model),
    ROW("camera", "lens", IE_FACT_TEXT, 0, lens),
    ROW("camera", "serial", IE_FACT_TEXT, 0, serial),
    ROW("camera", "lens_make", IE_FACT_TEXT, 0, lens_make),
    ROW("camera", "lens_min_mm", IE_FACT_REAL, 3, lens_min_mm),
    ROW("camera", "lens_max_mm", IE_FACT_REAL, 3, lens_max_mm),
    ROW("exposure", "f_number", IE_FACT_REAL, 6, f_number),
    ROW("exposure", "time_s", IE_FACT_REAL, 9, exposure_time_s),
    ROW("exposure", "iso", IE_FACT_COUNT, 0, iso),
    ROW("exposure", "focal_length_mm", IE_FACT_REAL, 6, focal_length_mm),
    ROW("exposure", "focal_length_35mm", IE_FACT_COUNT, 0, focal_length_35mm),
    ROW("exposure", "flash", IE_FACT_FLAG, 0, flash),
    ROW("exposure", "bias_ev", IE_FACT_REAL, 6, bias_ev),
    ROW("exposure", "metering", IE_FACT_TEXT, 0, metering),
    ROW("exposure", "white_balance", IE_FACT_TEXT, 0, white_balance),
    ROW("gps", "latitude", IE_FACT_REAL, 7, latitude),
    ROW("gps", "longitude", IE_FACT_REAL, 7, longitude),
    ROW("gps", "altitude_m", IE_FACT_REAL, 6, altitude_m),
    ROW("location", "city", IE_FACT_TEXT, 0, city),
    ROW("location", "state", IE_FACT_TEXT, 0, state),
    ROW("location", "country", IE_FACT_TEXT, 0, country),
    ROW(NULL, "title", IE_FACT_TEXT, 0, title),
    ROW(NULL, "caption", IE_FACT_TEXT, 0, caption),
    ROW(NULL, "comment", IE_FACT_TEXT, 0, comment),
    ROW(NULL, "keywords", IE_FACT_TEXTS, 0, keywords),
    ROW(NULL, "hierarchy", IE_FACT_TEXTS, 0, hierarchy),
    ROW(NULL, "albums", IE_FACT_TEXTS, 0, albums),
    ROW(NULL, "generated", IE_FACT_TEXTS, 0, generated),
    ROW(NULL, "people", IE_FACT_TEXTS, 0, people),
    ROW(NULL, "rating", IE_FACT_RATING, 0, rating),
    ROW(NULL, "favorite", IE_FACT_FLAG, 0, favorite),
    ROW(NULL, "edited", IE_FACT_FLAG, 0, edited),
    ROW(NULL, "label", IE_FACT_TEXT, 0, label),
    ROW(NULL, "creator", IE_FACT_TEXT, 0, creator),
    ROW(NULL, "copyright", IE_FACT_TEXT, 0, copyright),
    ROW(NULL, "software", IE_FACT_TEXT, 0, software),
    ROW(NULL, "unique_id", IE_FACT_TEXT, 0, unique_id),
    ROW(NULL, "burst_id", IE_FACT_TEXT, 0, burst_id),
    ROW(NULL, "content_id", IE_FACT_TEXT, 0, content_id),
    ROW(NULL, "original_name", IE_FACT_TEXT, 0, original_name),
    ROW(NULL, "noted_quality", IE_FACT_REAL, 4, own_quality),
    ROW(NULL, "duration_s", IE_FACT_REAL, 3, duration_s),
    ROW(NULL, "sidecars", IE_FACT_TEXTS, 0, sidecars),
    ROW(NULL, "conflicts", IE_FACT_TEXTS, 0, conflicts),
};

_Static_assert(sizeof fields / sizeof *fields <= 64, "a set of fields is 64 bits");

uint64_t ie_metadata_fields_named(const char *name)
{
    uint64_t set = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *group = fields[i].group, *key = fields[i].key;
        size_t length = group != NULL ? strlen(group) : 0;
        bool named = group == NULL
                         ? strcmp(key, name) == 0
                         : strncmp(group, name, length) == 0 &&
                               (name[length] == 0 ||
                                (name[length] == '.' && strcmp(key, name + length + 1) == 0));
        if (named) {
            set |= 1ull << i;
        }
    }
    return set;
}

const ie_metadata_field *ie_metadata_field_at(size_t index)
{
    return index < sizeof fields / sizeof *fields ? &fields[index] : NULL;
}

void *ie_metadata_member(const ie_metadata_field *field, const ie_metadata *metadata)
{
    return (char *)metadata + field->offset;
}

bool ie_metadata_has(const ie_metadata_field *field, const ie_metadata *metadata)
{
    const void *member = ie_metadata_member(field, metadata);
    switch (field->kind) {
    case IE_FACT_TEXT:
        return *(const char *const *)member != NULL;
    case IE_FACT_TEXTS:
        return ((const ie_text_list *)member)->count > 0;
    case IE_FACT_REAL:
        return !isnan(*(const double *)member);
    case IE_FACT_COUNT:
        return *(const int32_t *)member != 0;
    case IE_FACT_FLAG:
        return *(const int8_t *)member >= 0;
    case IE_FACT_RATING:
        return *(const int32_t *)member != IE_ABSENT;
    }
    return false;
}

bool ie_metadata_differs(const ie_metadata_field *field, const ie_metadata *a,
                         const ie_metadata *b)
{
    if (!ie_metadata_has(field, a) || !ie_metadata_has(field, b)) {
        return false;
    }
    const void *of_a = ie_metadata_member(field, a), *of_b = ie_metadata_member(field, b);
    double apart;
    switch (field->kind) {
    case IE_FACT_TEXT:
        return strcmp(*(const char *const *)of_a, *(const char *const *)of_b) != 0;
    case IE_FACT_REAL:
        apart = fabs(*(const double *)of_a - *(const double *)of_b);
        /* Programs round: 1e-4 of a degree is ten metres. */
        return apart > 1e-4 * fmax(1, fabs(*(const double *)of_a));
    case IE_FACT_COUNT:
    case IE_FACT_RATING:
        return *(const int32_t *)of_a != *(const int32_t *)of_b;
    case IE_FACT_FLAG:
        return *(const int8_t *)of_a != *(const int8_t *)of_b;
    case IE_FACT_TEXTS:
        break;
    }
    return false;
}

static void copy_member(const ie_metadata_field *field, ie_metadata *to, const ie_metadata *from)
{
    static const size_t sizes[] = {
        [IE_FACT_TEXT] = sizeof(char *),   [IE_FACT_TEXTS] = sizeof(ie_text_list),
        [IE_FACT_REAL] = sizeof(double),   [IE_FACT_COUNT] = sizeof(int32_t),
        [IE_FACT_FLAG] = sizeof(int8_t),   [IE_FACT_RATING] = sizeof(int32_t),
    };
    memcpy(ie_metadata_member(field, to), ie_metadata_member(field, from), sizes[field->kind]);
}

static void add_texts(ie_text_list *to, const ie_text_list *from, ie_arena *arena)
{
    for (uint32_t i = 0; i < from->count; i++) {
        ie_text_list_add(to, arena, from->items[i]);
    }
}

/* A latitude of one source and a longitude of another are a place where nobody was. */
static void merge_place(ie_metadata *to, const ie_metadata *from, bool prefer_from)
{
    bool better = !isnan(from->latitude) && (isnan(to->latitude) || prefer_from);
    bool place_of_to = !isnan(to->latitude);
    if (better) {
        to->latitude = from->latitude;
        to->longitude = from->longitude;
    }
    if (!isnan(from->altitude_m) && (better || !place_of_to) &&
        (isnan(to->altitude_m) || prefer_from)) {
        to->altitude_m = from->altitude_m;
    }
}

void ie_metadata_merge(ie_metadata *to, const ie_metadata *from, uint64_t prefer,
                       ie_arena *arena)
{
    bool prefer_place = false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const ie_metadata_field *field = &fields[i];
        bool prefer_from = (prefer >> i & 1) != 0;
        prefer_place |= prefer_from && field->offset == offsetof(ie_metadata, latitude);
        if (field->kind == IE_FACT_TEXTS) {
            add_texts(ie_metadata_member(field, to), ie_metadata_member(field, from), arena);
        } else if (field->group != NULL && strcmp(field->group, "gps") == 0) {
            continue;
        } else if (ie_metadata_has(field, from) && (prefer_from || !ie_metadata_has(field, to))) {
            copy_member(field, to, from);
        }
    }
    merge_place(to, from, prefer_place);
    if (from->region_count > 0 && to->region_count == 0) {
        to->regions = from->regions;
        to->region_count = from->region_count;
    }
}
