// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/merge.h"

#include <math.h>
#include <string.h>

#include "processors/members.h"
#include "utils/error.h"
#include "utils/text.h"

#define NAMED_KEYWORDS 5 /* in a reason; the plan has them all */

/* The list's spelling of the text, or NULL. */
static const char *spelled(const ie_text_list *list, const char *text)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        if (ie_equal_nocase(list->items[i], text)) {
            return list->items[i];
        }
    }
    return NULL;
}

/* What was given already is given in the same spelling again, and so only once. */
static ie_text_list only_in(const ie_text_list *goes, const ie_text_list *stays,
                            const ie_text_list *given, ie_arena *arena)
{
    ie_text_list left = {0};
    for (uint32_t i = 0; i < goes->count; i++) {
        const char *known = spelled(given, goes->items[i]);
        if (spelled(stays, goes->items[i]) == NULL && spelled(&left, goes->items[i]) == NULL) {
            ie_text_list_add(&left, arena, known != NULL ? known : goes->items[i]);
        }
    }
    return left;
}

/* A keyword that a model gave stays known as such. */
static void add_notes(ie_tag_edit *edit, const ie_text_list *generated, ie_arena *arena)
{
    for (uint32_t i = 0; i < generated->count; i++) {
        IE_AUTO_FREE char *label =
            ie_strndup(generated->items[i], strcspn(generated->items[i], "|"));
        if (spelled(&edit->add_keywords, label) != NULL) {
            ie_text_list_add(&edit->generated, arena, generated->items[i]);
        }
    }
}

static const char *own_text(const char *goes, const char *stays, const char *given)
{
    bool own = goes != NULL && goes[0] != 0 && (stays == NULL || stays[0] == 0);
    return own && (given == NULL || strcmp(given, goes) == 0) ? goes : NULL;
}

static bool same_place(const ie_tag_edit *given, const ie_metadata *goes)
{
    return fabs(given->latitude - goes->latitude) < 1e-6 &&
           fabs(given->longitude - goes->longitude) < 1e-6;
}

/* What `goes` says, `stays` does not, and nothing else that was given contradicts. */
static ie_tag_edit difference(const ie_metadata *goes, const ie_metadata *stays,
                              const ie_tag_edit *given, ie_arena *arena)
{
    ie_tag_edit edit = {.rating = IE_ABSENT};
    edit.add_keywords = only_in(&goes->keywords, &stays->keywords,
                                given != NULL ? &given->add_keywords : NULL, arena);
    edit.hierarchy = only_in(&goes->hierarchy, &stays->hierarchy,
                             given != NULL ? &given->hierarchy : NULL, arena);
    edit.albums =
        only_in(&goes->albums, &stays->albums, given != NULL ? &given->albums : NULL, arena);
    add_notes(&edit, &goes->generated, arena);
    edit.title = own_text(goes->title, stays->title, given != NULL ? given->title : NULL);
    edit.caption = own_text(goes->caption, stays->caption, given != NULL ? given->caption : NULL);
    /* Many programs write 0 for "not rated". */
    bool rated = stays->rating != IE_ABSENT && stays->rating != 0;
    bool other_rating =
        given != NULL && given->rating != IE_ABSENT && given->rating != goes->rating;
    if (goes->rating >= 1 && goes->rating <= 5 && !rated && !other_rating) {
        edit.rating = goes->rating;
    }
    bool has_place =
        isfinite(goes->latitude) && isfinite(goes->longitude) && isnan(stays->latitude);
    if (has_place && (given == NULL || !given->has_place || same_place(given, goes))) {
        edit.has_place = true;
        edit.latitude = round(goes->latitude * 1e7) / 1e7;
        edit.longitude = round(goes->longitude * 1e7) / 1e7;
        edit.has_altitude = isfinite(goes->altitude_m);
        edit.altitude_m = edit.has_altitude ? round(goes->altitude_m * 100) / 100 : 0;
    }
    return edit;
}

/* "keywords sea, sun and 3 more" */
static void add_names(ie_buffer *text, const char *what, const ie_text_list *names)
{
    for (uint32_t i = 0; i < names->count && i < NAMED_KEYWORDS; i++) {
        ie_buffer_printf(text, "%s", i > 0 || text->size > 0 ? ", " : "");
        ie_buffer_printf(text, "%s%s%s%s", i > 0 ? "" : what,
                         i > 0               ? ""
                         : names->count == 1 ? ""
                                             : "s",
                         i > 0 ? "" : " ", names->items[i]);
    }
    if (names->count > NAMED_KEYWORDS) {
        ie_buffer_printf(text, " and %u more", names->count - NAMED_KEYWORDS);
    }
}

static char *in_words(const ie_tag_edit *edit)
{
    ie_buffer text = {0};
    add_names(&text, "keyword",
              edit->add_keywords.count > 0 ? &edit->add_keywords : &edit->hierarchy);
    add_names(&text, "album", &edit->albums);
    const struct {
        bool has;
        const char *word;
    } rest[] = {
        {edit->title != NULL, "title"},
        {edit->caption != NULL, "caption"},
        {edit->rating != IE_ABSENT, "rating"},
        {edit->has_place, "place"},
    };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (rest[i].has) {
            ie_buffer_printf(&text, "%s%s", text.size > 0 ? ", " : "", rest[i].word);
        }
    }
    return ie_buffer_take(&text);
}

char *ie_merge_give(const ie_proposal *proposal, const ie_photo *goes, const ie_photo *stays,
                    ie_action *kept)
{
    ie_plan *plan = proposal->plan;
    if ((goes->have & stays->have & IE_HAVE_METADATA) == 0) {
        return NULL;
    }
    ie_tag_edit edit = difference(goes->metadata, stays->metadata, kept->tags, plan->arena);
    if (!ie_tag_edit_any(&edit)) {
        return NULL;
    }
    ie_action_give(plan, kept, &edit);
    return in_words(&edit);
}

/* ---- what could not be placed ---------------------------------------------------------------- */

static void bring_back(ie_plan *plan, ie_action *action, const char *what, const ie_action *kept)
{
    action->kind = IE_ACTION_KEEP;
    action->reason = NULL;
    action->survivor = NULL;
    action->survivor_stamp = (ie_stamp){0};
    action->survivor_xxh3 = (ie_hash128){0};
    action->verdict = IE_MATCH_NONE;
    action->gives = 0;
    ie_action_reason(plan, action,
                     "kept: same picture as %s, but what only this one has (%s) cannot be written "
                     "there: %s; --no-merge lets it go",
                     ie_shown(ie_path_base(kept->from)), what, kept->refused);
}

/* The words about what was to be given, from the reason of the unit's file that has them. */
static const char *words_of(const ie_plan *plan, const ie_members *members, size_t unit)
{
    for (size_t i = members->start[unit]; i < members->start[unit + 1]; i++) {
        const char *reason = plan->actions[members->member[i]].reason;
        const char *words = reason != NULL ? strstr(reason, IE_MERGE_WORDS) : NULL;
        if (words != NULL) {
            return ie_arena_strdup(plan->arena, words + strlen(IE_MERGE_WORDS));
        }
    }
    return "";
}

static void settle_unit(ie_plan *plan, const ie_members *members, size_t unit,
                        const ie_action *kept)
{
    const char *what = words_of(plan, members, unit);
    for (size_t i = members->start[unit]; i < members->start[unit + 1]; i++) {
        ie_action *action = &plan->actions[members->member[i]];
        if (action->gives > 0) {
            bring_back(plan, action, what, kept);
        }
    }
}

ie_status ie_merge_settle(ie_proposal *proposal, ie_error *err)
{
    ie_plan *plan = proposal->plan;
    ie_members members = {0};
    bool gives = false;
    for (size_t i = 0; !gives && i < proposal->count; i++) {
        gives = plan->actions[i].gives > 0;
    }
    ie_status status = gives ? ie_members_init(&members, proposal, err) : IE_OK;
    for (size_t i = 0; gives && status == IE_OK && i < proposal->count; i++) {
        const ie_action *action = &plan->actions[i];
        const ie_action *kept = action->gives > 0 ? &plan->actions[action->gives - 1] : NULL;
        if (kept != NULL && kept->refused != NULL) {
            settle_unit(plan, &members, proposal->photos[i]->unit, kept);
        }
    }
    ie_members_clear(&members);
    return status;
}
