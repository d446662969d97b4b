// SPDX-License-Identifier: GPL-3.0-or-later
/* The plan as text: NDJSON, a header line and a line an action. plan_parse.c reads it back. */
#include <string.h>

#include "core/plan.h"
#include "core/recoding.h"
#include "core/strip.h"
#include "utils/text.h"

#define PLAN_SCHEMA "imgengine.plan/1"
#define ACTION_SCHEMA "imgengine.action/1"

/* Decimal texts, because a JSON number is a double to most readers. */
static void add_number(json_t *object, const char *key, int64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    json_object_set_new(object, key, json_string(digits));
}

static void add_unsigned(json_t *object, const char *key, uint64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    json_object_set_new(object, key, json_string(digits));
}

static json_t *stamp_json(const ie_stamp *stamp)
{
    json_t *object = json_object();
    add_unsigned(object, "size", stamp->size);
    add_number(object, "mtime_ns", stamp->mtime_ns);
    add_number(object, "ctime_ns", stamp->ctime_ns);
    add_unsigned(object, "inode", stamp->inode);
    add_unsigned(object, "device", stamp->device);
    return object;
}

static void add_texts(json_t *object, const char *key, const ie_text_list *list)
{
    json_t *texts = list->count > 0 ? json_array() : NULL;
    for (uint32_t i = 0; i < list->count; i++) {
        IE_AUTO_FREE char *valid = ie_utf8_from_latin1(list->items[i], strlen(list->items[i]));
        json_array_append_new(texts, json_string(valid));
    }
    if (texts != NULL) {
        json_object_set_new(object, key, texts);
    }
}

static json_t *tags_json(const ie_tag_edit *tags)
{
    json_t *object = json_object();
    add_texts(object, "add_keywords", &tags->add_keywords);
    add_texts(object, "hierarchy", &tags->hierarchy);
    add_texts(object, "albums", &tags->albums);
    add_texts(object, "generated", &tags->generated);
    if (tags->forget_generated) {
        json_object_set_new(object, "forget_generated", json_true());
    }
    if (tags->has_place) {
        ie_json_real(object, "latitude", tags->latitude, 7);
        ie_json_real(object, "longitude", tags->longitude, 7);
    }
    if (tags->has_place && tags->has_altitude) {
        ie_json_real(object, "altitude_m", tags->altitude_m, 2);
    }
    if (tags->has_quality) {
        ie_json_real(object, "quality", tags->quality, 4);
    }
    if (tags->iptc != IE_IPTC_AUTO) {
        ie_json_text(object, "iptc", ie_iptc_use_name(tags->iptc));
    }
    if (tags->beside) {
        json_object_set_new(object, "beside", json_true());
    }
    ie_json_text(object, "title", tags->title);
    ie_json_text(object, "caption", tags->caption);
    ie_json_text(object, "original_name", tags->original_name);
    if (tags->rating != IE_ABSENT) {
        ie_json_int(object, "rating", tags->rating);
    }
    return object;
}

/* How its bytes are made anew. */
static void add_making(json_t *object, const ie_action *action)
{
    if (action->quality != 0) {
        ie_json_int(object, "quality", action->quality);
    }
    if (action->remake != IE_REMAKE_NONE) {
        ie_json_text(object, "remake", ie_remake_name(action->remake));
    }
    if (action->recoding != 0) {
        char text[80];
        ie_json_text(object, "recoding", ie_recoding_text(action->recoding, text));
    }
    if (action->strip != 0) {
        char text[32];
        ie_json_text(object, "strip", ie_strip_text(action->strip, text));
    }
}

/* The file that stays for it. */
static void add_survivor(json_t *object, const ie_action *action)
{
    if (action->survivor == NULL) {
        return;
    }
    ie_json_path(object, "survivor", action->survivor);
    json_object_set_new(object, "survivor_stamp", stamp_json(&action->survivor_stamp));
    if (action->verdict != IE_MATCH_NONE) {
        ie_json_text(object, "verdict", ie_match_name(action->verdict));
    }
    if (action->verdict > IE_MATCH_SAME_BYTES) {
        char hex[33];
        ie_hash128_hex(action->survivor_xxh3, hex);
        ie_json_text(object, "survivor_xxh3", hex);
    }
}

json_t *ie_action_json(const ie_plan *plan, const ie_action *action)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", ACTION_SCHEMA);
    ie_json_text(object, "kind", ie_action_kind_name(action->kind));
    ie_json_int(object, "root", action->root);
    ie_json_int(object, "unit", action->unit);
    ie_json_path(object, "from", action->from);
    ie_json_path(object, "to", action->to);
    ie_json_path(object, "shown", action->shown);
    ie_json_text(object, "from_format", ie_format_name(action->from_format));
    ie_json_text(object, "format", ie_format_name(action->format));
    add_making(object, action);
    if (action->unconverted) {
        json_object_set_new(object, "unconverted", json_true());
    }
    if (action->unlinked) {
        json_object_set_new(object, "unlinked", json_true());
    }
    if (action->untagged) {
        json_object_set_new(object, "untagged", json_true());
    }
    ie_json_int(object, "orientation", action->orientation);
    json_object_set_new(object, "stamp", stamp_json(&action->stamp));
    if (action->tags != NULL) {
        json_object_set_new(object, "tags", tags_json(action->tags));
    }
    add_survivor(object, action);
    if (action->link != IE_LINK_NONE) {
        ie_json_text(object, "link", ie_link_name(action->link));
    }
    if (action->gives > 0) {
        ie_json_int(object, "gives", (int64_t)action->gives);
    }
    if (action->extra) {
        json_object_set_new(object, "extra", json_true());
    }
    ie_json_text(object, "reason", action->reason);
    ie_json_text(object, "outcome", ie_outcome_name(action->outcome));
    if (action->fell_back) {
        json_object_set_new(object, "fell_back", json_true());
    }
    ie_json_text(object, "problem", action->problem);
    return object;
}

char *ie_plan_action_json(const ie_plan *plan, size_t index)
{
    return index < plan->count ? ie_json_line(ie_action_json(plan, &plan->actions[index])) : NULL;
}

static char *head_line(const ie_plan *plan)
{
    json_t *head = json_object();
    ie_json_text(head, "schema", PLAN_SCHEMA);
    ie_json_text(head, "command", plan->command);
    json_object_set_new(head, "copies", json_boolean(plan->copies));
    json_t *roots = json_array();
    for (uint32_t i = 0; i < plan->root_count; i++) {
        json_t *root = json_object();
        ie_json_path(root, "path", plan->roots[i]);
        json_array_append_new(roots, root);
    }
    json_object_set_new(head, "roots", roots);
    ie_json_int(head, "actions", (int64_t)plan->count);
    return ie_json_line(head);
}

ie_hash128 ie_plan_digest(const ie_plan *plan)
{
    ie_hasher *hasher = ie_hasher_new();
    IE_AUTO_FREE char *head = head_line(plan);
    ie_hasher_add(hasher, head, strlen(head) + 1);
    for (size_t i = 0; i < plan->count; i++) {
        IE_AUTO_FREE char *line = ie_plan_action_json(plan, i);
        ie_hasher_add(hasher, line, strlen(line) + 1);
    }
    ie_hash128 digest = ie_hasher_value(hasher);
    ie_hasher_free(hasher);
    return digest;
}

char *ie_plan_text(const ie_plan *plan, size_t *ret_size)
{
    ie_buffer out = {0};
    IE_AUTO_FREE char *head = head_line(plan);
    ie_buffer_text(&out, head);
    ie_buffer_char(&out, '\n');
    for (size_t i = 0; i < plan->count; i++) {
        IE_AUTO_FREE char *line = ie_plan_action_json(plan, i);
        ie_buffer_text(&out, line);
        ie_buffer_char(&out, '\n');
    }
    *ret_size = out.size;
    return ie_buffer_take(&out);
}
