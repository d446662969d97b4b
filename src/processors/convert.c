// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "processors/suffixes.h"

/* What a format can hold that others cannot; a photo is never squeezed into less than it is. */
static bool holds_alpha(ie_format format)
{
    return format != IE_FORMAT_JPEG && format != IE_FORMAT_BMP && format != IE_FORMAT_PNM;
}

static bool holds_16_bits(ie_format format)
{
    return format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF || format == IE_FORMAT_JXL ||
           format == IE_FORMAT_JP2;
}

/* A bit a format. */
static uint64_t wanted_formats(const ie_config_list *names)
{
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        wanted |= UINT64_C(1) << ie_format_by_name(names->items[i]);
    }
    return wanted & ~(UINT64_C(1) << IE_FORMAT_UNKNOWN);
}

static const ie_fault *damage(const ie_photo *photo)
{
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        if (strcmp(photo->faults[i].stage, "decode") == 0) {
            return &photo->faults[i];
        }
    }
    return NULL;
}

static void leave(ie_plan *plan, ie_action *action, const char *verb, const char *why)
{
    ie_action_reason(plan, action, "not %s: %s", verb, why);
    action->unconverted = true;
}

/* Why the record alone says that it cannot become that, in the arena; NULL: nothing. */
static const char *refusal(const ie_proposal *proposal, const ie_photo *photo, ie_format to)
{
    ie_arena *arena = proposal->plan->arena;
    char name[16];
    bool plain = false;
    ie_capital_name(to, name);
    if (proposal->made != NULL && proposal->made(proposal->user, photo, &plain) != NULL && plain) {
        return "an earlier run tried in vain and copied it as it is";
    }
    if (photo->animated) {
        return "animated: would lose frames";
    }
    if (photo->bits > 8 && !holds_16_bits(to)) {
        return ie_arena_printf(arena, "has more than 8 bits a channel, which %s cannot hold", name);
    }
    if (photo->has_alpha && !holds_alpha(to)) {
        return ie_arena_printf(arena, "has transparency, which %s cannot hold", name);
    }
    return NULL;
}

/* The same of its bytes, for what the action says. */
static ie_prospect foresee(const ie_proposal *proposal, const ie_photo *photo, const ie_action *action)
{
    ie_prospect prospect = {0};
    if (proposal->foresee != NULL) {
        proposal->foresee(proposal->config, photo, action, proposal->plan->arena, &prospect);
    }
    return prospect;
}

/* A file cannot stay beside another of its name. */
static bool stays_in_the_way(const ie_proposal *proposal)
{
    return proposal->output == NULL && proposal->config->convert.keep_original;
}

static const char taken_name[] = "the original stays (convert.keep_original) and has the name";

static void convert_one(const ie_proposal *proposal, const ie_photo *photo, ie_format to, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    const ie_action before = *action;
    action->format = to;
    action->quality = (int)proposal->config->convert.quality;
    action->remake = to == photo->format ? IE_REMAKE_ENCODE : IE_REMAKE_NONE;
    const char *why = refusal(proposal, photo, to);
    why = why == NULL && action->remake != IE_REMAKE_NONE && stays_in_the_way(proposal) ? taken_name : why;
    why = why != NULL ? why : foresee(proposal, photo, action).refusal;
    if (why != NULL) {
        *action = before;
        leave(plan, action, "converted", why);
        return;
    }
    char name[16];
    ie_capital_name(to, name);
    if (action->remake != IE_REMAKE_NONE) {
        ie_action_reason(plan, action, "encoded anew as %s of quality %d, as asked", name, action->quality);
    } else {
        ie_action_reason(plan, action, "converted to %s%s", name,
                         photo->has_alpha ? ", which keeps its transparency" : "");
    }
}

static void propose_one(const ie_proposal *proposal, const ie_photo *photo, ie_format to, ie_action *action)
{
    const ie_fault *fault = damage(photo);
    if (fault != NULL) {
        leave(proposal->plan, action, "converted",
              ie_arena_printf(proposal->plan->arena, "it does not decode (%s)", fault->text));
        return;
    }
    if ((photo->have & (IE_HAVE_QUALITY | IE_HAVE_HASHES)) == 0) {
        leave(proposal->plan, action, "converted", "its picture was not looked at");
        return;
    }
    if (to == IE_FORMAT_UNKNOWN) {
        to = photo->has_alpha ? IE_FORMAT_PNG : IE_FORMAT_JPEG;
    }
    if (to != photo->format || (to == IE_FORMAT_JPEG && proposal->config->convert.recompress)) {
        convert_one(proposal, photo, to, action);
    }
}

static void turn_one(const ie_proposal *proposal, const ie_photo *photo, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    const ie_fault *fault = damage(photo);
    bool plain = false;
    const char *why = NULL;
    if (fault != NULL) {
        why = ie_arena_printf(plan->arena, "it does not decode (%s)", fault->text);
    } else if (stays_in_the_way(proposal)) {
        why = taken_name;
    } else if (proposal->made != NULL && proposal->made(proposal->user, photo, &plain) != NULL && plain) {
        why = "an earlier run tried in vain and copied it as it is";
    }
    action->remake = IE_REMAKE_TURN;
    ie_prospect prospect = why == NULL ? foresee(proposal, photo, action) : (ie_prospect){0};
    why = why != NULL ? why : prospect.refusal;
    bool cuts = prospect.cut_width > 0 || prospect.cut_height > 0;
    if (why == NULL && cuts && !proposal->config->convert.trim) {
        why = ie_arena_printf(plan->arena, "its sides are no multiples of its blocks; --trim cuts off %u columns and %u rows",
                              prospect.cut_width, prospect.cut_height);
    }
    if (why != NULL) {
        action->remake = IE_REMAKE_NONE;
        leave(plan, action, "turned", why);
    } else if (cuts) {
        action->remake = IE_REMAKE_TRIM;
        ie_action_reason(plan, action, "turned upright, without encoding it anew; %u columns and %u rows are cut off",
                         prospect.cut_width, prospect.cut_height);
    } else {
        ie_action_reason(plan, action, "turned upright, without loss");
    }
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    (void)err;
    const ie_config *config = proposal->config;
    uint64_t wanted = wanted_formats(&config->convert.from);
    /* "auto" names no format. */
    ie_format to = ie_format_by_name(config->convert.to);
    for (size_t i = 0; i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        ie_action *action = &proposal->plan->actions[i];
        if (action->kind != IE_ACTION_KEEP || ie_format_kind(photo->format) != IE_KIND_PHOTO) {
            continue;
        }
        if ((wanted >> photo->format & 1) != 0) {
            propose_one(proposal, photo, to, action);
        }
        if (config->convert.upright && photo->format == IE_FORMAT_JPEG && photo->orientation > 1 &&
            !ie_action_recodes(action) && !action->unconverted) {
            turn_one(proposal, photo, action);
        }
    }
    return IE_OK;
}

const ie_processor ie_convert_processor = {
    .name = "convert",
    .needs = IE_HAVE_FORMAT | IE_HAVE_QUALITY,
    .propose = propose,
};
