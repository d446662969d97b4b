// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/option_checks.h"
#include "processors/processor.h"
#include "utils/text.h"

/* Valid UTF-8 without blanks at the ends, as readers give it back; free() it. */
static char *tidy(const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        length--;
    }
    return ie_utf8_from_latin1(text, length);
}

static bool has_keyword(const ie_text_list *list, const char *keyword)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (ie_equal_nocase(list->items[i], keyword)) {
            return true;
        }
    }
    return false;
}

/* "Places|Norway|Oslo" is the keyword Oslo with its place in a tree. */
static void add_keyword(ie_plan *plan, const ie_photo *photo, ie_tag_edit *edit, const char *text)
{
    IE_AUTO_FREE char *keyword = tidy(text);
    const char *bar = strrchr(keyword, '|'), *leaf = bar != NULL ? bar + 1 : keyword;
    if (bar != NULL && bar[1] != 0 && !has_keyword(&photo->metadata->hierarchy, keyword)) {
        ie_text_list_add(&edit->hierarchy, plan->arena, keyword);
    }
    if (leaf[0] != 0 && !has_keyword(&photo->metadata->keywords, leaf) &&
        !has_keyword(&edit->add_keywords, leaf)) {
        ie_text_list_add(&edit->add_keywords, plan->arena, leaf);
    }
}

/* The checksum of the model that gave a tag; NULL: not known. */
static const char *version_of(const ie_vision *vision, const ie_label *tag)
{
    const ie_label_model *models[] = {&vision->scenes_model, &vision->objects_model};
    for (size_t i = 0; i < 2 && tag->source != NULL; i++) {
        if (models[i]->name != NULL && strcmp(ie_path_base(models[i]->name), tag->source) == 0) {
            return models[i]->version;
        }
    }
    return NULL;
}

/* A person's keyword stays a person's: what is there already, or was asked for by name, is not
   noted as a model's. Labels with our separators in them could not be told apart again. */
static void add_generated(ie_plan *plan, const ie_photo *photo, ie_tag_edit *edit,
                          const ie_label *tag)
{
    uint32_t before = edit->add_keywords.count;
    if (strpbrk(tag->label, "|;") != NULL) {
        return;
    }
    add_keyword(plan, photo, edit, tag->label);
    if (edit->add_keywords.count > before) {
        const char *keyword = edit->add_keywords.items[before];
        IE_AUTO_FREE char *model = tidy(tag->source != NULL ? tag->source : "unknown");
        for (char *p = model; (p = strpbrk(p, "|;")) != NULL;) {
            *p = ' ';
        }
        const char *version = version_of(photo->vision, tag);
        IE_AUTO_FREE char *entry =
            ie_asprintf("%s|%.3f|%s%s%s", keyword, tag->confidence, model,
                        version != NULL ? "|" : "", version != NULL ? version : "");
        ie_text_list_add(&edit->generated, plan->arena, entry);
    }
}

static void add_keywords(const ie_proposal *proposal, const ie_photo *photo, ie_tag_edit *edit)
{
    const ie_config *config = proposal->config;
    for (uint32_t i = 0; i < config->tagging.keywords.count; i++) {
        add_keyword(proposal->plan, photo, edit, config->tagging.keywords.items[i]);
    }
    for (uint32_t i = 0; config->tagging.embed_tags && i < photo->vision->tag_count; i++) {
        const ie_label *tag = &photo->vision->tags[i];
        if (tag->confidence >= config->tagging.min_confidence) {
            add_generated(proposal->plan, photo, edit, tag);
        }
    }
}

static const char *const untracked[IE_TRACKED] = {
    [IE_TRACKED_UNDATED] = "it does not say when it was taken",
    [IE_TRACKED_UNZONED] =
        "its clock's distance from UTC is not known; give it with --clock-offset",
    [IE_TRACKED_FAR] = "the track has no point near its time",
};

/* When the picture was taken, by UTC in milliseconds; IE_TRACKED_PLACED, or why it is not known. */
static ie_tracked time_of(const ie_config *config, const ie_metadata *m, int64_t *ret_utc_ms)
{
    int64_t ahead_s = m->captured.offset_minutes * 60;
    if (m->captured.year == 0 || m->captured_source >= IE_DATE_FOLDER) {
        return IE_TRACKED_UNDATED;
    }
    bool given = config->tagging.clock_offset != NULL && config->tagging.clock_offset[0] != 0 &&
                 ie_parse_clock_offset(config->tagging.clock_offset, &ahead_s);
    if (!given && !m->captured.has_offset) {
        return IE_TRACKED_UNZONED;
    }
    *ret_utc_ms =
        (ie_datetime_order(&m->captured) - ahead_s) * 1000 + m->captured.nanosecond / 1000000;
    return IE_TRACKED_PLACED;
}

/* A track is for still pictures. */
static bool is_tracked(const ie_proposal *proposal, const ie_photo *photo)
{
    ie_kind kind = ie_format_kind(photo->format);
    return proposal->track != NULL && (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW);
}

static void count_tracked(const ie_proposal *proposal, ie_tracked what)
{
    if (proposal->tracked != NULL) {
        proposal->tracked[what]++;
    }
}

static bool place_of_track(const ie_proposal *proposal, const ie_photo *photo, ie_action *action,
                           ie_tag_edit *edit)
{
    int64_t utc_ms, gap_s = 0;
    ie_track_point point;
    if (!is_tracked(proposal, photo)) {
        return false;
    }
    ie_parse_seconds(proposal->config->tagging.max_gap, &gap_s);
    ie_tracked what = time_of(proposal->config, photo->metadata, &utc_ms);
    if (what == IE_TRACKED_PLACED && !ie_track_at(proposal->track, utc_ms, gap_s, &point)) {
        what = IE_TRACKED_FAR;
    }
    count_tracked(proposal, what);
    if (what != IE_TRACKED_PLACED) {
        ie_action_reason(proposal->plan, action, IE_REASON_NO_TRACK "%s", untracked[what]);
        return false;
    }
    /* To a centimetre, as it will be read back. */
    edit->latitude = round(point.latitude * 1e7) / 1e7;
    edit->longitude = round(point.longitude * 1e7) / 1e7;
    edit->has_altitude = isfinite(point.altitude_m);
    edit->altitude_m = edit->has_altitude ? round(point.altitude_m * 100) / 100 : 0;
    edit->has_place = true;
    return true;
}

static void set_place(ie_tag_edit *edit, double latitude, double longitude, double altitude_m)
{
    edit->has_place = true;
    edit->latitude = latitude;
    edit->longitude = longitude;
    edit->has_altitude = isfinite(altitude_m);
    edit->altitude_m = edit->has_altitude ? altitude_m : 0;
}

static bool place_of_list(const ie_proposal *proposal, const ie_photo *photo, ie_tag_edit *edit)
{
    ie_kind kind = ie_format_kind(photo->format);
    bool takes = kind == IE_KIND_PHOTO || kind == IE_KIND_RAW;
    const ie_named_place *place = proposal->places != NULL && takes
                                      ? ie_places_find(proposal->places, photo->real_path)
                                      : NULL;
    if (place != NULL) {
        set_place(edit, place->latitude, place->longitude, place->altitude_m);
    }
    return place != NULL;
}

/* What the photo has itself is left out of the edit when that gets its place (writing.c). */
static void place_of_sidecar(const ie_proposal *proposal, const ie_photo *photo, ie_tag_edit *edit)
{
    const ie_metadata *m = photo->metadata;
    const char *from = proposal->config->tagging.gps_from;
    if (from != NULL && strcmp(from, "sidecar") == 0 && m->sidecars.count > 0 &&
        !isnan(m->latitude)) {
        set_place(edit, m->latitude, m->longitude, m->altitude_m);
    }
}

static void add_score(const ie_config *config, const ie_photo *photo, ie_tag_edit *edit)
{
    double score = round(photo->content->quality * 10000) / 10000; /* as it is written */
    bool known = (photo->have & IE_HAVE_QUALITY) != 0 && isfinite(score);
    if (config->tagging.quality_score && known &&
        !(fabs(photo->metadata->own_quality - score) < 1e-6)) {
        edit->has_quality = true;
        edit->quality = score;
    }
}

/* A place is only ever given to photos that have none. */
static void add_place(const ie_proposal *proposal, const ie_photo *photo, ie_action *action,
                      ie_tag_edit *edit)
{
    const char *place = proposal->config->tagging.gps;
    if (action->tags != NULL && action->tags->has_place) {
        return; /* from the photo that it stays for */
    }
    place_of_sidecar(proposal, photo, edit);
    if (!isnan(photo->metadata->latitude) && is_tracked(proposal, photo)) {
        count_tracked(proposal, IE_TRACKED_BEFORE);
    }
    if (isnan(photo->metadata->latitude) && !place_of_list(proposal, photo, edit) &&
        !place_of_track(proposal, photo, action, edit) && place != NULL &&
        ie_parse_place(place, &edit->latitude, &edit->longitude)) {
        edit->has_place = true;
    }
}

static const char *wanted_text(ie_plan *plan, const char *wanted, const char *present)
{
    if (wanted == NULL || wanted[0] == 0) {
        return NULL;
    }
    IE_AUTO_FREE char *text = tidy(wanted);
    bool same = text[0] == 0 || (present != NULL && strcmp(text, present) == 0);
    return same ? NULL : ie_arena_strdup(plan->arena, text);
}

static int32_t wanted_rating(const ie_config *config, const ie_photo *photo,
                             const ie_action *action)
{
    int32_t present = photo->metadata->rating;
    if (config->tagging.rating >= 0) {
        int32_t rating = (int32_t)config->tagging.rating;
        return rating == present ? IE_ABSENT : rating;
    }
    bool known = (photo->have & IE_HAVE_QUALITY) != 0 && isfinite(photo->content->quality);
    bool given = action->tags != NULL && action->tags->rating != IE_ABSENT;
    if (!config->tagging.quality_rating || present != IE_ABSENT || given || !known) {
        return IE_ABSENT;
    }
    double rating = 1 + floor(photo->content->quality * 5);
    return (int32_t)fmin(fmax(rating, 1), 5);
}

bool ie_tag_asked(const ie_config *config)
{
    const char *const texts[] = {config->tagging.caption, config->tagging.title,
                                 config->tagging.gps, config->tagging.gpx,
                                 config->tagging.gps_from};
    bool asked = config->tagging.keywords.count > 0 || config->tagging.rating >= 0 ||
                 config->tagging.quality_rating || config->tagging.quality_score ||
                 (config->tagging.embed_tags && config->analysis.ml_analysis);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        asked = asked || (texts[i] != NULL && texts[i][0] != 0);
    }
    return asked;
}

static void propose_one(const ie_proposal *proposal, const ie_photo *photo, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    const ie_config *config = proposal->config;
    ie_tag_edit edit = {.rating = IE_ABSENT};
    if (proposal->untag) {
        edit.forget_generated = photo->metadata->generated.count > 0;
    } else {
        edit.rating = wanted_rating(config, photo, action);
        add_keywords(proposal, photo, &edit);
        add_place(proposal, photo, action, &edit);
        add_score(config, photo, &edit);
        edit.title = wanted_text(plan, config->tagging.title, photo->metadata->title);
        edit.caption = wanted_text(plan, config->tagging.caption, photo->metadata->caption);
    }
    if (!ie_tag_edit_any(&edit)) {
        return;
    }
    ie_action_give(plan, action, &edit);
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    (void)err;
    for (size_t i = 0; i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        ie_action *action = &proposal->plan->actions[i];
        ie_kind kind = ie_format_kind(photo->format);
        if (action->kind == IE_ACTION_KEEP &&
            (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW || kind == IE_KIND_VIDEO)) {
            propose_one(proposal, photo, action);
        }
    }
    return IE_OK;
}

const ie_processor ie_tag_processor = {
    .name = "tag",
    .needs = IE_HAVE_FORMAT | IE_HAVE_METADATA,
    .propose = propose,
};
