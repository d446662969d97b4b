// SPDX-License-Identifier: GPL-3.0-or-later
/* What is to be written into a file's metadata: joined from what several processors want. */
#include "core/plan.h"

static const char *const iptc_names[IE_IPTC_USES] = {
    [IE_IPTC_AUTO] = "auto", [IE_IPTC_ALWAYS] = "always", [IE_IPTC_NEVER] = "never",
};

const char *ie_iptc_use_name(ie_iptc_use use)
{
    return iptc_names[use];
}

ie_tag_edit *ie_action_tags(ie_plan *plan, ie_action *action)
{
    if (action->tags == NULL) {
        action->tags = ie_arena_alloc(plan->arena, sizeof *action->tags);
        action->tags->rating = IE_ABSENT;
    }
    return action->tags;
}

bool ie_tag_edit_any(const ie_tag_edit *edit)
{
    return edit != NULL &&
           (edit->add_keywords.count > 0 || edit->title != NULL || edit->caption != NULL ||
            edit->rating != IE_ABSENT || edit->hierarchy.count > 0 || edit->albums.count > 0 ||
            edit->generated.count > 0 || edit->forget_generated || edit->has_place ||
            edit->has_quality || edit->original_name != NULL);
}

static void join_texts(ie_text_list *to, const ie_text_list *more, ie_arena *arena)
{
    ie_text_list both = {0}; /* anew, since the items of `to` may belong to somebody else */
    const ie_text_list *lists[] = {to, more};
    for (int which = 0; which < 2; which++) {
        for (uint32_t i = 0; i < lists[which]->count; i++) {
            ie_text_list_add(&both, arena, lists[which]->items[i]);
        }
    }
    *to = both;
}

static void join_text(const char **to, const char *more, ie_arena *arena)
{
    *to = more != NULL ? ie_arena_strdup(arena, more) : *to;
}

void ie_tag_edit_join(ie_tag_edit *to, const ie_tag_edit *more, ie_arena *arena)
{
    join_texts(&to->add_keywords, &more->add_keywords, arena);
    join_texts(&to->hierarchy, &more->hierarchy, arena);
    join_texts(&to->albums, &more->albums, arena);
    join_texts(&to->generated, &more->generated, arena);
    join_text(&to->title, more->title, arena);
    join_text(&to->caption, more->caption, arena);
    join_text(&to->original_name, more->original_name, arena);
    to->rating = more->rating != IE_ABSENT ? more->rating : to->rating;
    to->forget_generated |= more->forget_generated;
    if (more->has_place) {
        to->has_place = true;
        to->latitude = more->latitude;
        to->longitude = more->longitude;
        to->has_altitude = more->has_altitude;
        to->altitude_m = more->altitude_m;
    }
    if (more->has_quality) {
        to->has_quality = true;
        to->quality = more->quality;
    }
    to->iptc = more->iptc != IE_IPTC_AUTO ? more->iptc : to->iptc;
    to->beside |= more->beside;
}

void ie_action_give(ie_plan *plan, ie_action *action, const ie_tag_edit *edit)
{
    ie_tag_edit_join(ie_action_tags(plan, action), edit, plan->arena);
}
