// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/sidecar.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/metadata_fields.h"
#include "storage/bytes.h"
#include "storage/xmp_read.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/text.h"

#define MAX_SIDECAR_BYTES (4 << 20)
#define TAKEOUT_BYTES 46 /* to which Google cuts a name before ".json" */
#define MAX_CONFLICTS 32

/* Adds "NAME SIZE MTIME_NS" when it is a plain file. */
static bool found(const char *folder, const char *name, ie_text_list *list, ie_arena *arena)
{
    struct stat st;
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    if (strlen(name) > 255 || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    int64_t mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    IE_AUTO_FREE char *entry =
        ie_asprintf("%s %" PRIu64 " %" PRId64, name, (uint64_t)st.st_size, mtime);
    ie_text_list_add(list, arena, entry);
    return true;
}

/* iOS keeps what was changed about a photo beside it: its adjustments, not the changed picture. */
static void find_adjustments(const char *folder, const char *base, size_t stem, ie_text_list *list,
                             ie_arena *arena)
{
    IE_AUTO_FREE char *name = ie_asprintf("%.*s.AAE", (int)stem, base);
    IE_AUTO_FREE char *edited =
        ie_starts_with(base, "IMG_") ? ie_asprintf("IMG_O%.*s.AAE", (int)stem - 4, base + 4) : NULL;
    if (strcmp(name, base) != 0 && !found(folder, name, list, arena) && edited != NULL) {
        found(folder, edited, list, arena);
    }
}

static void find_xmp(const char *folder, const char *base, size_t stem, ie_text_list *list,
                     ie_arena *arena)
{
    static const char *const endings[] = {".xmp", ".XMP"};
    for (size_t i = 0; i < 4; i++) {
        size_t length = i < 2 ? strlen(base) : stem;
        IE_AUTO_FREE char *name = ie_asprintf("%.*s%s", (int)length, base, endings[i % 2]);
        if (strcmp(name, base) != 0 && found(folder, name, list, arena)) {
            return;
        }
    }
}

/* a(1).jpg has a.jpg(1).json: the number moves behind the extension. */
static void find_takeout(const char *folder, const char *base, size_t stem, ie_text_list *list,
                         ie_arena *arena)
{
    static const char word[] = ".supplemental-metadata";
    size_t open = stem, plain = stem;
    if (stem > 2 && base[stem - 1] == ')') {
        for (open = stem - 1; open > 0 && base[open - 1] >= '0' && base[open - 1] <= '9';) {
            open--;
        }
        plain = open > 1 && open < stem - 1 && base[open - 1] == '(' ? open - 1 : stem;
    }
    IE_AUTO_FREE char *number = ie_strndup(base + plain, stem - plain);
    IE_AUTO_FREE char *name = ie_asprintf("%.*s%s", (int)plain, base, base + stem);
    IE_AUTO_FREE char *longer = ie_asprintf("%s%s", name, word);
    const char *const bodies[] = {name, longer};
    for (size_t i = 0; i < 2; i++) {
        IE_AUTO_FREE char *whole = ie_asprintf("%s%s.json", bodies[i], number);
        IE_AUTO_FREE char *cut = ie_asprintf("%.*s%s.json", TAKEOUT_BYTES, bodies[i], number);
        if (found(folder, whole, list, arena) ||
            (strlen(bodies[i]) > TAKEOUT_BYTES && found(folder, cut, list, arena))) {
            return;
        }
    }
}

ie_text_list ie_sidecars_beside(const char *photo_path, ie_arena *arena)
{
    ie_text_list list = {0};
    IE_AUTO_FREE char *folder = ie_path_directory(photo_path);
    const char *base = ie_path_base(photo_path), *extension = ie_path_extension(photo_path);
    size_t stem = extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base);
    find_xmp(folder, base, stem, &list, arena);
    find_takeout(folder, base, stem, &list, arena);
    find_adjustments(folder, base, stem, &list, arena);
    return list;
}

char *ie_sidecar_entry_name(const char *entry)
{
    const char *end = strrchr(entry, ' '); /* of size and time, which come last */
    while (end != NULL && end > entry && *--end != ' ') {
    }
    return ie_strndup(entry, end != NULL ? (size_t)(end - entry) : 0);
}

bool ie_sidecars_unchanged(const ie_photo *photo)
{
    if (photo->alone) {
        return photo->metadata->sidecars.count == 0;
    }
    ie_arena *arena = ie_arena_new();
    ie_text_list now = ie_sidecars_beside(photo->real_path, arena);
    const ie_text_list *then = &photo->metadata->sidecars;
    bool same = now.count == then->count;
    for (uint32_t i = 0; same && i < now.count; i++) {
        same = strcmp(now.items[i], then->items[i]) == 0;
    }
    ie_arena_free(arena);
    return same;
}

/* ---- Google Takeout -------------------------------------------------------------------------- */

static const char *text_in(const json_t *object, const char *key, ie_arena *arena)
{
    const char *text = ie_json_get_text(object, key);
    return text != NULL ? ie_facts_text(arena, text, strlen(text)) : NULL;
}

/* 0, 0 is Takeout's word for no place. */
static bool take_place(const json_t *place, ie_metadata *m)
{
    double latitude = ie_json_get_real(place, "latitude"),
           longitude = ie_json_get_real(place, "longitude");
    if ((latitude == 0 && longitude == 0) || !ie_facts_set_place(m, latitude, longitude)) {
        return false;
    }
    double altitude = ie_json_get_real(place, "altitude");
    m->altitude_m = altitude != 0 ? altitude : NAN;
    return true;
}

void ie_takeout_read(const char *bytes, size_t size, ie_arena *arena, ie_facts *facts)
{
    IE_AUTO_JSON json_t *all = NULL;
    ie_metadata *m = &facts->m;
    if (ie_json_parse(bytes, size, "it", &all, NULL) != IE_OK || !json_is_object(all)) {
        facts->damaged = true;
        return;
    }
    const char *taken = ie_json_get_text(json_object_get(all, "photoTakenTime"), "timestamp");
    int64_t seconds;
    if (taken != NULL && ie_parse_int(taken, -3000000000, 100000000000, &seconds)) {
        facts->original = ie_datetime_from_unix(seconds * 1000000000, 0, true);
    }
    /* "title" is the file's name there, not a title. */
    m->caption = text_in(all, "description", arena);
    if (!take_place(json_object_get(all, "geoData"), m)) {
        take_place(json_object_get(all, "geoDataExif"), m);
    }
    const json_t *favorited = json_object_get(all, "favorited");
    m->favorite = json_is_true(favorited) ? 1 : -1;
    size_t index;
    json_t *person;
    json_array_foreach(json_object_get(all, "people"), index, person)
    {
        const char *name = text_in(person, "name", arena);
        if (name != NULL) {
            ie_text_list_add(&m->people, arena, name);
        }
    }
}

/* ---- merging ------------------------------------------------------------------------------ */

/* The set of fields in which the sidecar wins. */
static uint64_t winners(const ie_config_list *prefer)
{
    uint64_t set = 0;
    for (uint32_t i = 0; prefer != NULL && i < prefer->count; i++) {
        const char *item = prefer->items[i], *equals = strchr(item, '=');
        uint64_t fields = UINT64_MAX;
        if (equals != NULL) {
            IE_AUTO_FREE char *name = ie_strndup(item, (size_t)(equals - item));
            fields = ie_metadata_fields_named(name);
        }
        const char *who = equals != NULL ? equals + 1 : item;
        set = strcmp(who, "sidecar") == 0 ? set | fields : set & ~fields;
    }
    return set;
}

static void describe(const ie_metadata_field *field, const ie_metadata *m, char *out, size_t room)
{
    const void *member = ie_metadata_member(field, m);
    switch (field->kind) {
    case IE_FACT_TEXT:
        snprintf(out, room, "\"%.60s\"", *(const char *const *)member);
        break;
    case IE_FACT_REAL:
        snprintf(out, room, "%.7g", *(const double *)member);
        break;
    case IE_FACT_FLAG:
        snprintf(out, room, "%s", *(const int8_t *)member > 0 ? "true" : "false");
        break;
    default:
        snprintf(out, room, "%d", *(const int32_t *)member);
        break;
    }
}

static void list_conflicts(ie_metadata *m, const ie_metadata *beside, const char *name,
                           uint64_t prefer, ie_arena *arena)
{
    const ie_metadata_field *field;
    for (size_t i = 0; (field = ie_metadata_field_at(i)) != NULL; i++) {
        if (m->conflicts.count >= MAX_CONFLICTS || !ie_metadata_differs(field, m, beside)) {
            continue;
        }
        char own[400], other[400];
        describe(field, m, own, sizeof own);
        describe(field, beside, other, sizeof other);
        bool sidecar_wins = (prefer >> i & 1) != 0;
        IE_AUTO_FREE char *text = ie_asprintf(
            "%s%s%s: %s in the file, %s in %s; the %s's counts",
            field->group != NULL ? field->group : "", field->group != NULL ? "." : "", field->key,
            own, other, name, sidecar_wins ? "sidecar" : "file");
        IE_AUTO_FREE char *valid = ie_utf8_from_latin1(text, strlen(text));
        ie_text_list_add(&m->conflicts, arena, valid);
    }
}

static int64_t instant_of(const ie_datetime *time)
{
    return ie_datetime_order(time) - (time->has_offset ? time->offset_minutes * 60 : 0);
}

/* Takeout gives UTC: beside a local time without a zone only what no zone explains differs. */
static bool other_time(const ie_datetime *a, const ie_datetime *b)
{
    if (a->has_offset != b->has_offset) {
        const ie_datetime *zoned = a->has_offset ? a : b;
        int64_t apart = llabs(instant_of(a) - instant_of(b));
        return zoned->offset_minutes == 0 ? apart > 15 * 3600
                                          : ie_datetime_order(a) != ie_datetime_order(b);
    }
    return instant_of(a) != instant_of(b);
}

static void list_time_conflict(ie_metadata *m, const ie_dates *dates, const ie_facts *facts,
                               const char *name, ie_arena *arena)
{
    const ie_datetime *own = NULL, *other = &facts->original;
    for (int source = IE_DATE_EXIF; source <= IE_DATE_QUICKTIME && own == NULL; source++) {
        bool exact = dates->of[source].time.year != 0 && dates->of[source].sure > IE_SURE_DATE_ONLY;
        own = exact ? &dates->of[source].time : NULL;
    }
    if (own == NULL || other->year == 0 || facts->date_only ||
        m->conflicts.count >= MAX_CONFLICTS || !other_time(own, other)) {
        return;
    }
    char in_file[40], beside[40];
    IE_AUTO_FREE char *text =
        ie_asprintf("captured: %s in the file, %s%s in %s; analysis.metadata.date_order decides",
                    ie_datetime_text(own, in_file), ie_datetime_text(other, beside),
                    other->has_offset && other->offset_minutes == 0 ? " UTC" : "", name);
    IE_AUTO_FREE char *valid = ie_utf8_from_latin1(text, strlen(text));
    ie_text_list_add(&m->conflicts, arena, valid);
}

static void merge_one(ie_photo *photo, const char *name, uint64_t prefer, ie_dates *dates)
{
    ie_facts facts;
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_ends_with_nocase(name, ".aae")) {
        ie_photo_own_metadata(photo)->edited = 1; /* what it says otherwise is Apple's own affair */
        return;
    }
    IE_AUTO_FREE char *folder = ie_path_directory(photo->real_path);
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    ie_facts_init(&facts);
    const uint8_t *data = NULL;
    if (ie_bytes_open(path, &bytes, &err) == IE_OK) {
        data = ie_bytes_load(bytes, MAX_SIDECAR_BYTES);
    }
    bool json = ie_ends_with_nocase(name, ".json");
    if (data != NULL && json) {
        ie_takeout_read((const char *)data, (size_t)ie_bytes_size(bytes), photo->arena, &facts);
    } else if (data != NULL) {
        ie_xmp_read(data, (size_t)ie_bytes_size(bytes), photo->arena, &facts);
    }
    if (data == NULL || facts.damaged) {
        ie_photo_fault(photo, "sidecar", data == NULL ? "unreadable" : "damaged",
                       "%s beside it cannot be read%s.", ie_shown(name),
                       data == NULL ? "" : " to its end");
    } else if (facts.too_long) {
        ie_photo_fault(photo, "sidecar", "too_long",
                       "%s beside it has a text of more than %d bytes, which was left out.",
                       ie_shown(name), IE_XMP_MOST_BYTES);
    }
    ie_metadata *metadata = ie_photo_own_metadata(photo);
    list_conflicts(metadata, &facts.m, name, prefer, photo->arena);
    list_time_conflict(metadata, dates, &facts, name, photo->arena);
    ie_metadata_merge(metadata, &facts.m, prefer, photo->arena);
    ie_dates_add(dates, IE_DATE_SIDECAR, &facts.original,
                 facts.date_only ? IE_SURE_DATE_ONLY : IE_SURE_SIDECAR);
    if (bytes != NULL) {
        ie_bytes_close(bytes);
    }
}

void ie_sidecars_merge(ie_photo *photo, const ie_config_list *prefer, ie_dates *dates)
{
    ie_text_list list = photo->metadata->sidecars;
    uint64_t set = list.count > 0 ? winners(prefer) : 0;
    for (uint32_t i = 0; i < list.count; i++) {
        IE_AUTO_FREE char *name = ie_sidecar_entry_name(list.items[i]);
        if (name[0] != 0) {
            merge_one(photo, name, set, dates);
        }
    }
}
