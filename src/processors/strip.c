// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Almost last: copies from which something is to be taken out (convert.strip). What cannot be
 * rewritten is not copied.
 */
#include "core/strip.h"

#include "processors/processor.h"
#include "processors/suffixes.h"

/* A format that holds no metadata. (A PNM has comments, in which anything may stand.) */
static bool is_bare(ie_format format)
{
    return format == IE_FORMAT_BMP;
}

static bool can_strip(ie_format format, unsigned strip)
{
    return ie_tags_embed(format) && (format != IE_FORMAT_TIFF || (strip & IE_STRIP_ALL) == 0);
}

/* Of a file that is copied as it is; a new one is made of the picture alone, and says what is
   carried over. */
static const char *refusal(const ie_proposal *proposal, size_t i)
{
    const ie_action *action = &proposal->plan->actions[i];
    ie_prospect prospect = {0};
    if (proposal->foresee != NULL && !ie_action_recodes(action)) {
        proposal->foresee(proposal->config, proposal->photos[i], action, proposal->plan->arena,
                          &prospect);
    }
    return prospect.refusal;
}

static void leave(ie_plan *plan, ie_action *action)
{
    action->kind = IE_ACTION_SKIP;
    action->strip = 0;
    action->reason = NULL;
}

/* What an earlier run copied whole is not what is asked for now. */
static void doubt_what_is_there(const ie_proposal *proposal, size_t i, unsigned strip,
                                const char *text)
{
    ie_plan *plan = proposal->plan;
    ie_action *action = &plan->actions[i];
    if (action->found != NULL && action->format != IE_FORMAT_SIDECAR &&
        proposal->stripped != NULL &&
        !proposal->stripped(proposal->photos[i], action->found, strip)) {
        leave(plan, action);
        ie_action_reason(
            plan, action,
            "not copied: there is a copy already, and it is not stripped of %s; undo that run or "
            "name another folder",
            text);
    }
}

static void strip_one(const ie_proposal *proposal, size_t i, unsigned strip, const char *text)
{
    ie_plan *plan = proposal->plan;
    ie_action *action = &plan->actions[i];
    const char *why = NULL;
    char name[16];
    if (can_strip(action->format, strip)) {
        action->strip = strip;
        why = refusal(proposal, i);
        if (why == NULL) {
            ie_action_reason(plan, action, "stripped of %s", text);
            return;
        }
    }
    leave(plan, action);
    ie_capital_name(action->format, name);
    if (why != NULL) {
        ie_action_reason(plan, action, "not copied: it cannot be stripped of %s: %s", text, why);
    } else if (action->format == IE_FORMAT_SIDECAR) {
        ie_action_reason(plan, action, "not copied: a sidecar may say what is to be stripped (%s)",
                         text);
    } else {
        ie_action_reason(plan, action, "not copied: %s files cannot be stripped of %s", name, text);
    }
}

void ie_strip_propose(ie_proposal *proposal)
{
    unsigned strip = proposal->output != NULL ? ie_strip_of(&proposal->config->convert.strip) : 0;
    char text[32];
    ie_strip_text(strip, text);
    for (size_t i = 0; strip != 0 && i < proposal->count; i++) {
        ie_action *action = &proposal->plan->actions[i];
        if (action->kind == IE_ACTION_SKIP) {
            doubt_what_is_there(proposal, i, strip, text);
        } else if (action->kind == IE_ACTION_KEEP && action->to != NULL &&
                   !is_bare(action->format) && ie_format_kind(action->format) != IE_KIND_NONE) {
            strip_one(proposal, i, strip, text);
        }
    }
}
