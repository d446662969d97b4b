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

static void propose_one(const ie_proposal *proposal, const ie_photo *photo, ie_format to, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    const ie_fault *fault = damage(photo);
    if (fault != NULL) {
        ie_action_reason(plan, action, "not converted: it does not decode (%s)", fault->text);
        return;
    }
    if ((photo->have & (IE_HAVE_QUALITY | IE_HAVE_HASHES)) == 0) {
        ie_action_reason(plan, action, "not converted: its picture was not looked at");
        return;
    }
    if (to == IE_FORMAT_UNKNOWN) {
        to = photo->has_alpha ? IE_FORMAT_PNG : IE_FORMAT_JPEG;
    }
    if (to == photo->format) {
        return;
    }
    char name[16];
    ie_capital_name(to, name);
    bool plain = false;
    if (proposal->made != NULL && proposal->made(proposal->user, photo, &plain) != NULL && plain) {
        ie_action_reason(plan, action, "not converted: an earlier run tried in vain and copied it as it is");
    } else if (photo->animated) {
        ie_action_reason(plan, action, "not converted: animated: would lose frames");
    } else if (photo->bits > 8 && !holds_16_bits(to)) {
        ie_action_reason(plan, action, "not converted: has more than 8 bits a channel, which %s cannot hold", name);
    } else if (photo->has_alpha && !holds_alpha(to)) {
        ie_action_reason(plan, action, "not converted: has transparency, which %s cannot hold", name);
    } else {
        action->format = to;
        action->quality = (int)proposal->config->convert.quality;
        ie_action_reason(plan, action, "converted to %s%s", name,
                         photo->has_alpha ? ", which keeps its transparency" : "");
    }
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    (void)err;
    uint64_t wanted = wanted_formats(&proposal->config->convert.from);
    /* "auto" names no format. */
    ie_format to = ie_format_by_name(proposal->config->convert.to);
    for (size_t i = 0; i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        ie_action *action = &proposal->plan->actions[i];
        if (action->kind == IE_ACTION_KEEP && (wanted >> photo->format & 1) != 0 && photo->format != to &&
            ie_format_kind(photo->format) == IE_KIND_PHOTO) {
            propose_one(proposal, photo, to, action);
        }
    }
    return IE_OK;
}

const ie_processor ie_convert_processor = {
    .name = "convert",
    .needs = IE_HAVE_FORMAT | IE_HAVE_QUALITY,
    .propose = propose,
};
