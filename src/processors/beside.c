// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/beside.h"

#include <string.h>

#include "processors/names.h"
#include "utils/error.h"
#include "utils/text.h"

bool ie_beside_wanted(const ie_proposal *proposal, const ie_photo *photo, ie_format to)
{
    return proposal->library && proposal->output != NULL && to != photo->format &&
           (ie_format_kind(photo->format) == IE_KIND_RAW ||
            proposal->config->convert.keep_original) &&
           proposal->config->convert.strip.count == 0;
}

ie_action *ie_beside_add(const ie_proposal *proposal, size_t index, const ie_action *made)
{
    ie_plan *plan = proposal->plan;
    ie_action *extra = ie_plan_add(plan, proposal->photos[index]);
    extra->kind = IE_ACTION_COPY;
    extra->root = plan->actions[index].root;
    extra->format = made->format;
    extra->quality = made->quality;
    extra->recoding = made->recoding;
    extra->extra = true;
    extra->made_of = index + 1;
    return extra;
}

/* What the original is called in the output; NULL: it is not there, and does not come. */
static const char *name_of(const ie_action *own)
{
    return own->kind == IE_ACTION_SKIP ? own->found : own->to;
}

/* Who asks for which path in the output. */
static ie_names *planned_names(const ie_plan *plan)
{
    ie_names *names = ie_names_new();
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->actions[i].to != NULL) {
            ie_names_get(names, plan->actions[i].to)->taken = true;
        }
    }
    return names;
}

/* Made by an earlier run, as journals tell: under that name, or under one it was given since. A
   name alone proves nothing. */
static bool is_there(const ie_proposal *proposal, const ie_action *extra, const char *path,
                     bool exists)
{
    ie_photo as_made = *proposal->photos[extra->made_of - 1];
    as_made.format = extra->format;
    bool plain = false;
    if (exists && proposal->same != NULL && proposal->same(proposal->user, &as_made, path)) {
        return true;
    }
    const char *made =
        proposal->made != NULL ? proposal->made(proposal->user, &as_made, &plain) : NULL;
    return made != NULL && ie_format_claimed(made) == extra->format;
}

/* False: nothing is to be made. */
static bool give_name(const ie_proposal *proposal, ie_names *names, ie_action *extra)
{
    ie_plan *plan = proposal->plan;
    ie_action *own = &plan->actions[extra->made_of - 1];
    const char *name = name_of(own);
    if (name == NULL) {
        return false;
    }
    size_t stem = strlen(name) - strlen(ie_path_extension(name));
    const char *path =
        ie_arena_printf(plan->arena, "%.*s%s", (int)stem, name, ie_format_extension(extra->format));
    bool exists = proposal->taken != NULL && proposal->taken(proposal->user, path, NULL);
    bool there = is_there(proposal, extra, path, exists);
    if (!there && (exists || ie_names_get(names, path)->taken)) {
        ie_action_reason(plan, own, "not converted: the name %s is taken",
                         ie_shown(ie_path_base(path)));
        own->unconverted = true;
    } else if (!there) {
        ie_names_get(names, path)->taken = true;
        extra->to = path;
    }
    return extra->to != NULL;
}

static void give_tags(const ie_proposal *proposal, ie_action *extra)
{
    const ie_action *own = &proposal->plan->actions[extra->made_of - 1];
    const char *mode = proposal->config->tagging.mode;
    bool embeds = mode == NULL || strcmp(mode, "sidecar") != 0;
    if (embeds && ie_tag_edit_any(own->tags) && ie_tags_embed(extra->format)) {
        *ie_action_tags(proposal->plan, extra) = *own->tags;
        extra->tags->iptc = (ie_iptc_use)proposal->config->tagging.iptc;
    }
}

ie_status ie_beside_propose(ie_proposal *proposal, ie_error *err)
{
    (void)err;
    ie_plan *plan = proposal->plan;
    size_t left = proposal->count;
    ie_names *names = plan->count > left ? planned_names(plan) : NULL;
    for (size_t i = left; i < plan->count; i++) {
        if (give_name(proposal, names, &plan->actions[i])) {
            give_tags(proposal, &plan->actions[i]);
            plan->actions[left++] = plan->actions[i];
        }
    }
    plan->count = left;
    ie_names_free(names);
    return IE_OK;
}
