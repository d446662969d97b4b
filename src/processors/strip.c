// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Almost last: copies from which something is to be taken out (convert.strip). What cannot be rewritten is not copied.
 */
#include "core/strip.h"

#include "processors/processor.h"
#include "processors/suffixes.h"

/* Formats that hold no metadata that anybody writes. */
static bool is_bare(ie_format format)
{
    return format == IE_FORMAT_BMP || format == IE_FORMAT_PNM;
}

static bool can_strip(ie_format format, unsigned strip)
{
    return ie_tags_embed(format) && (format != IE_FORMAT_TIFF || (strip & IE_STRIP_ALL) == 0);
}

void ie_strip_propose(ie_proposal *proposal)
{
    ie_plan *plan = proposal->plan;
    unsigned strip = proposal->output != NULL ? ie_strip_of(&proposal->config->convert.strip) : 0;
    char text[32], name[16];
    ie_strip_text(strip, text);
    for (size_t i = 0; strip != 0 && i < proposal->count; i++) {
        ie_action *action = &plan->actions[i];
        if (action->kind != IE_ACTION_KEEP || action->to == NULL || is_bare(action->format) ||
            ie_format_kind(action->format) == IE_KIND_NONE) {
            continue;
        }
        if (can_strip(action->format, strip)) {
            action->strip = strip;
            ie_action_reason(plan, action, "stripped of %s", text);
            continue;
        }
        ie_capital_name(action->format, name);
        action->kind = IE_ACTION_SKIP;
        action->reason = NULL;
        if (action->format == IE_FORMAT_SIDECAR) {
            ie_action_reason(plan, action, "not copied: a sidecar may say what is to be stripped (%s)", text);
        } else {
            ie_action_reason(plan, action, "not copied: %s files cannot be stripped of %s", name, text);
        }
    }
}
