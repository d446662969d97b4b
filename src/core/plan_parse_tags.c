// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "core/plan_parse.h"
#include "core/strip.h"
#include "utils/text.h"

static const char *read_texts(ie_plan *plan, const json_t *array, ie_text_list *list)
{
    if (array != NULL && !json_is_array(array)) {
        return "has keywords that are no list";
    }
    size_t i, count = json_array_size(array);
    const json_t *item;
    list->items = ie_arena_alloc(plan->arena, (count + 1) * sizeof(const char *));
    json_array_foreach((json_t *)array, i, item) {
        const char *text = json_string_value(item);
        if (text == NULL) {
            return "has a keyword that is no text";
        }
        list->items[list->count++] = ie_arena_strdup(plan->arena, text);
    }
    return NULL;
}

static const char *read_place(const json_t *object, ie_tag_edit *tags)
{
    tags->has_place = json_object_get(object, "latitude") != NULL ||
                      json_object_get(object, "longitude") != NULL;
    if (!tags->has_place) {
        return NULL;
    }
    tags->latitude = ie_json_get_real(object, "latitude");
    tags->longitude = ie_json_get_real(object, "longitude");
    tags->has_altitude = json_object_get(object, "altitude_m") != NULL;
    tags->altitude_m = tags->has_altitude ? ie_json_get_real(object, "altitude_m") : 0;
    if (tags->has_altitude && !(tags->altitude_m > -100000 && tags->altitude_m < 100000)) {
        return "has an altitude that is not on earth";
    }
    bool on_earth = tags->latitude >= -90 && tags->latitude <= 90 && tags->longitude >= -180 &&
                    tags->longitude <= 180;
    return on_earth ? NULL : "has a place that is not on earth";
}

static const char *read_more_tags(ie_plan *plan, const json_t *object, ie_tag_edit *tags)
{
    tags->forget_generated = json_is_true(json_object_get(object, "forget_generated"));
    tags->beside = json_is_true(json_object_get(object, "beside"));
    tags->has_quality = json_object_get(object, "quality") != NULL;
    tags->quality = tags->has_quality ? ie_json_get_real(object, "quality") : 0;
    if (tags->has_quality && !(tags->quality >= 0 && tags->quality <= 1)) {
        return "has a quality that is not 0 to 1";
    }
    const char *use = ie_json_get_text(object, "iptc");
    int iptc = use == NULL ? IE_IPTC_AUTO : IE_IPTC_USES;
    for (int i = 0; use != NULL && i < IE_IPTC_USES; i++) {
        iptc = strcmp(use, ie_iptc_use_name((ie_iptc_use)i)) == 0 ? i : iptc;
    }
    if (iptc == IE_IPTC_USES) {
        return "has a use of IPTC that is unknown";
    }
    tags->iptc = (ie_iptc_use)iptc;
    return NULL;
}

const char *ie_plan_read_tags(ie_plan *plan, const json_t *object, ie_action *action)
{
    if (object == NULL) {
        return NULL;
    }
    if (!json_is_object(object)) {
        return "has tags that are no object";
    }
    ie_tag_edit *tags = ie_action_tags(plan, action);
    const char *wrong =
        read_texts(plan, json_object_get(object, "add_keywords"), &tags->add_keywords);
    wrong = wrong != NULL
                ? wrong
                : read_texts(plan, json_object_get(object, "hierarchy"), &tags->hierarchy);
    wrong =
        wrong != NULL ? wrong : read_texts(plan, json_object_get(object, "albums"), &tags->albums);
    wrong = wrong != NULL
                ? wrong
                : read_texts(plan, json_object_get(object, "generated"), &tags->generated);
    wrong = wrong != NULL ? wrong : read_place(object, tags);
    wrong = wrong != NULL ? wrong : read_more_tags(plan, object, tags);
    if (wrong != NULL) {
        return wrong;
    }
    int64_t rating = IE_ABSENT;
    if (json_object_get(object, "rating") != NULL &&
        !ie_plan_read_number(object, "rating", 0, 5, 0, &rating)) {
        return "has a rating that is not 0 to 5";
    }
    tags->rating = (int32_t)rating;
    if (!ie_plan_read_text(plan, object, "title", &tags->title) ||
        !ie_plan_read_text(plan, object, "caption", &tags->caption) ||
        !ie_plan_read_text(plan, object, "original_name", &tags->original_name)) {
        return "has a title, caption or original name that is no text";
    }
    return NULL;
}

const char *ie_plan_read_strip(const json_t *object, ie_action *action)
{
    const char *text = ie_json_get_text(object, "strip");
    if (text == NULL) {
        return json_object_get(object, "strip") == NULL ? NULL
                                                        : "has something to strip that is no text";
    }
    ie_config_list names = ie_config_list_parse(text);
    ie_status status = ie_strip_check(text, NULL);
    action->strip = ie_strip_of(&names);
    ie_config_list_free(&names);
    /* Less stripped than was planned would be worse than no copy. */
    return status == IE_OK && action->strip != 0 && action->kind == IE_ACTION_COPY
               ? NULL
               : "has something to strip that it cannot be stripped of";
}
