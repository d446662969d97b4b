// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "processors/processor.h"

static void stay(ie_action *action, ie_action_kind kind)
{
    action->kind = kind;
    action->to = NULL;
    action->tags = NULL;
    action->format = action->from_format;
    action->quality = 0;
    action->remake = IE_REMAKE_NONE;
    action->recoding = 0;
    action->strip = 0;
}

/* A file that could not be read is not said to be no photo. */
static void refuse_other(ie_plan *plan, ie_action *action, const ie_photo *photo)
{
    stay(action, IE_ACTION_SKIP);
    if (action->reason != NULL) {
        return;
    }
    if (photo->fault_count > 0) {
        ie_action_reason(plan, action, "not copied: %s", photo->faults[0].text);
    } else if (photo->format == IE_FORMAT_UNKNOWN) {
        ie_action_reason(plan, action, IE_REASON_NO_PHOTO);
    } else {
        ie_action_reason(plan, action, "not copied: no name was found for it");
    }
}

static void settle_copy(ie_plan *plan, ie_action *action, const ie_photo *photo)
{
    if (action->to == NULL || photo->format == IE_FORMAT_UNKNOWN) {
        refuse_other(plan, action, photo);
    } else if (strcmp(action->to, action->from) == 0) {
        stay(action, IE_ACTION_KEEP);
    } else {
        action->kind = IE_ACTION_COPY;
    }
}

static void settle_in_place(const ie_proposal *proposal, ie_action *action, const ie_photo *photo)
{
    if (photo->format == IE_FORMAT_UNKNOWN && photo->fault_count > 0) {
        stay(action, IE_ACTION_SKIP);
        ie_action_reason(proposal->plan, action, "left alone: %s", photo->faults[0].text);
        return;
    }
    bool converts = action->format != action->from_format;
    bool moves = action->to != NULL && strcmp(action->to, action->from) != 0;
    bool stays = converts && ie_original_stays(proposal, action);
    if (stays && !moves) {
        stay(action, IE_ACTION_KEEP);
        ie_action_reason(proposal->plan, action,
                         "not converted after all: the original stays and has the name");
    } else if (stays) {
        action->kind = IE_ACTION_COPY;
        ie_action_reason(proposal->plan, action, "the original stays");
    } else if (ie_action_derives(action)) {
        action->kind = IE_ACTION_REPLACE;
        action->to = moves ? action->to : action->from;
        if (photo->links > 1) {
            ie_action_reason(proposal->plan, action,
                             "%s of this file elsewhere (hard links) keep%s the old bytes",
                             photo->links > 2 ? "other names" : "another name",
                             photo->links > 2 ? "" : "s");
        }
    } else if (moves) {
        action->kind = IE_ACTION_MOVE;
    } else {
        stay(action, IE_ACTION_KEEP);
        if (photo->format == IE_FORMAT_UNKNOWN && action->reason == NULL) {
            ie_action_reason(proposal->plan, action, IE_REASON_NO_PHOTO);
        }
    }
}

/* Not where the reason says already that it does not decode. */
static void mention_damage(ie_plan *plan, ie_action *action, const ie_photo *photo)
{
    if (action->unconverted) {
        return;
    }
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        /* A format or variant that we cannot decode is no damage of the file's. */
        if (strcmp(photo->faults[i].stage, "decode") == 0 &&
            strcmp(photo->faults[i].code, "unsupported") != 0) {
            ie_action_reason(plan, action, "damaged (%s), bytes kept as they are",
                             photo->faults[i].text);
            return;
        }
    }
}

bool ie_original_stays(const ie_proposal *proposal, const ie_action *action)
{
    return proposal->output == NULL && (proposal->config->convert.keep_original ||
                                        ie_format_kind(action->from_format) == IE_KIND_RAW);
}

void ie_plan_settle(ie_proposal *proposal)
{
    ie_plan *plan = proposal->plan;
    for (size_t i = 0; i < proposal->count; i++) {
        ie_action *action = &plan->actions[i];
        const ie_photo *photo = proposal->photos[i];
        if (action->kind == IE_ACTION_SKIP || action->kind == IE_ACTION_QUARANTINE) {
            stay(action, action->kind);
            continue;
        }
        if (proposal->output != NULL) {
            settle_copy(plan, action, photo);
        } else {
            settle_in_place(proposal, action, photo);
        }
        if (ie_action_is_work(action) && !ie_action_derives(action)) {
            mention_damage(plan, action, photo);
        }
        if (action->tags != NULL && action->tags->add_keywords.count == 0 &&
            !ie_action_derives(action)) {
            action->tags = NULL;
        }
    }
}
