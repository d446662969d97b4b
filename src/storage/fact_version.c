// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/fact_version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "utils/text.h"

/* The part that does not depend on files. */
static void line_of(const ie_fact_version *version, char buffer[128])
{
    snprintf(buffer, 128, "%.64s %d %" PRIx64, version->name, version->version, version->settings);
}

/* The stored line of this analyzer, version and settings behind these; the files it names into
   *ret_files. NULL: none. */
static const char *find_line(const char *text, const ie_fact_version *version, uint64_t *ret_files)
{
    char line[128];
    line_of(version, line);
    size_t length = strlen(line);
    const char *at = text;
    while ((strncmp(at, line, length) != 0 || strchr(" .", at[length]) == NULL) &&
           (at = strchr(at, '\n')) != NULL) {
        at++;
    }
    if (at == NULL || at[length] == 0) {
        return NULL;
    }
    at += length;
    char *end = (char *)(uintptr_t)at;
    *ret_files = *at == '.' ? strtoull(at + 1, &end, 16) : 0;
    return *end == ' ' ? end + 1 : NULL;
}

char *ie_fact_versions_text(const ie_fact_version *versions, size_t count, const ie_photo *photo,
                            const char *stored)
{
    ie_buffer text = {0};
    char line[128];
    for (size_t i = 0; i < count; i++) {
        bool have = (photo->have & versions[i].have) != 0,
             tried = (photo->tried & versions[i].have) != 0;
        if (have || tried) {
            uint64_t files = versions[i].files, before;
            if (files == 0 && stored != NULL && find_line(stored, &versions[i], &before) != NULL) {
                files = before; /* recalled, and by whoever does not know the files */
            }
            line_of(&versions[i], line);
            ie_buffer_text(&text, line);
            if (files != 0) {
                ie_buffer_printf(&text, ".%" PRIx64, files);
            }
            ie_buffer_printf(&text, " %c\n", have ? 'f' : 't');
        }
    }
    return ie_buffer_take(&text);
}

ie_fact_bits ie_fact_versions_current(const char *text, const ie_fact_version *versions,
                                      size_t count)
{
    ie_fact_bits bits = {0};
    for (size_t i = 0; i < count; i++) {
        uint64_t files;
        const char *state = find_line(text, &versions[i], &files);
        if (state == NULL || (versions[i].files != 0 && versions[i].files != files)) {
            continue;
        }
        bits.have |= *state == 'f' ? versions[i].have : 0;
        bits.tried |= *state == 't' ? versions[i].have : 0;
    }
    return bits;
}

char *ie_fact_versions_others(const char *text, const ie_fact_version *versions, size_t count)
{
    ie_buffer others = {0};
    while (*text != 0) {
        size_t line = strcspn(text, "\n"), name = strcspn(text, " \n");
        bool given = false;
        for (size_t i = 0; i < count && !given; i++) {
            given = strlen(versions[i].name) == name && memcmp(versions[i].name, text, name) == 0;
        }
        line += text[line] == '\n';
        if (!given) {
            ie_buffer_add(&others, text, line);
        }
        text += line;
    }
    return ie_buffer_take(&others);
}

#define KEYS 12
/* Where each analyzer's facts stand in a record; the key NULL is the whole group. */
static const struct {
    unsigned have;
    const char *group, *keys[KEYS];
} places[] = {
    {IE_HAVE_METADATA, "metadata", {NULL}},
    {IE_HAVE_XXH3, "hash", {"xxh3"}},
    {IE_HAVE_SHA256, "hash", {"sha256"}},
    {IE_HAVE_IMAGE_DATA, "hash", {"image_data"}},
    {IE_HAVE_HASHES, "content", {"phash", "ahash", "dhash", "whash"}},
    {IE_HAVE_QUALITY,
     "content",
     {"sharpness", "peak_sharpness", "blurred", "noise", "dynamic_range", "exposure", "contrast",
      "clipped_shadows", "clipped_highlights", "jpeg_quality", "quality"}},
    {IE_HAVE_COLORS, "content", {"colors"}},
    {IE_HAVE_HASHES, IE_RECORD_SIMILAR, {"turned", "inner", "cuts"}},
    {IE_HAVE_SKETCH, IE_RECORD_SIMILAR, {"sketch"}},
    {IE_HAVE_SCENES, "vision", {"scenes", "scenes_model", "tags"}},
    {IE_HAVE_OBJECTS, "vision", {"objects", "objects_model"}},
};

void ie_facts_keep(json_t *record, unsigned have)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        json_t *group = json_object_get(record, places[i].group);
        if ((have & places[i].have) != 0 || group == NULL) {
            continue;
        }
        for (size_t k = 0; k < KEYS && places[i].keys[k] != NULL; k++) {
            json_object_del(group, places[i].keys[k]);
        }
        if (places[i].keys[0] == NULL || json_object_size(group) == 0) {
            json_object_del(record, places[i].group);
        }
    }
}

void ie_facts_drop(json_t *record, const ie_fact_version *versions, size_t count)
{
    unsigned given = 0;
    for (size_t i = 0; i < count; i++) {
        given |= versions[i].have;
    }
    ie_facts_keep(record, ~given);
}

void ie_facts_merge(json_t *record, json_t *other)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        json_t *group = json_object_get(record, places[i].group);
        json_t *more = json_object_get(other, places[i].group);
        if (group == NULL && more != NULL) {
            json_object_set(record, places[i].group, more);
        } else if (json_is_object(group) && json_is_object(more) && places[i].keys[0] != NULL) {
            json_object_update_missing(group, more);
        }
    }
}
