// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utils/text.h"

static const char *const kind_names[IE_ACTION_KINDS] = {
    [IE_ACTION_KEEP] = "keep",       [IE_ACTION_SKIP] = "skip",
    [IE_ACTION_COPY] = "copy",       [IE_ACTION_MOVE] = "move",
    [IE_ACTION_REPLACE] = "replace", [IE_ACTION_QUARANTINE] = "quarantine",
};

static const char *const outcome_names[] = {
    [IE_OUTCOME_PLANNED] = "planned",
    [IE_OUTCOME_DONE] = "done",
    [IE_OUTCOME_SKIPPED] = "skipped",
    [IE_OUTCOME_FAILED] = "failed",
};

static const char *const verdict_names[IE_MATCHES] = {
    [IE_MATCH_NONE] = "none",
    [IE_MATCH_SAME_BYTES] = "same_bytes",
    [IE_MATCH_SAME_IMAGE_DATA] = "same_image_data",
    [IE_MATCH_SAME_PIXELS] = "same_pixels",
    [IE_MATCH_SAME_PICTURE] = "same_picture",
    [IE_MATCH_SIMILAR_SCENE] = "similar_scene",
};

static const char *const remake_names[IE_REMAKES] = {
    [IE_REMAKE_NONE] = "none",
    [IE_REMAKE_TURN] = "turn",
    [IE_REMAKE_TRIM] = "trim",
    [IE_REMAKE_ENCODE] = "encode",
};

static const char *const link_names[IE_LINKS] = {
    [IE_LINK_NONE] = "none",
    [IE_LINK_HARD] = "hard",
    [IE_LINK_REF] = "reflink",
    [IE_LINK_SYMBOLIC] = "symbolic",
};

const char *ie_link_name(ie_link link)
{
    return link_names[link];
}

ie_link ie_link_by_name(const char *name)
{
    int link = 0;
    while (link < IE_LINKS && (name == NULL || strcmp(name, link_names[link]) != 0)) {
        link++;
    }
    return (ie_link)link;
}

const char *ie_remake_name(ie_remake remake)
{
    return remake_names[remake];
}

const char *ie_match_name(ie_match verdict)
{
    return verdict_names[verdict];
}

bool ie_match_is_duplicate(ie_match verdict)
{
    return verdict >= IE_MATCH_SAME_BYTES && verdict <= IE_MATCH_SAME_PICTURE;
}

const char *ie_action_kind_name(ie_action_kind kind)
{
    return kind_names[kind];
}

const char *ie_outcome_name(ie_outcome outcome)
{
    return outcome_names[outcome];
}

ie_plan *ie_plan_new(const char *command)
{
    ie_plan *plan = ie_alloc(sizeof *plan);
    plan->arena = ie_arena_new();
    plan->command = ie_arena_strdup(plan->arena, command);
    return plan;
}

void ie_plan_free(ie_plan *plan)
{
    if (plan != NULL) {
        ie_arena_free(plan->arena);
        free(plan->roots);
        free(plan->actions);
        free(plan);
    }
}

uint32_t ie_plan_root(ie_plan *plan, const char *absolute)
{
    for (uint32_t i = 0; i < plan->root_count; i++) {
        if (strcmp(plan->roots[i], absolute) == 0) {
            return i;
        }
    }
    plan->roots = ie_realloc(plan->roots, (plan->root_count + 1) * sizeof *plan->roots);
    plan->roots[plan->root_count] = ie_arena_strdup(plan->arena, absolute);
    return plan->root_count++;
}

ie_action *ie_plan_add(ie_plan *plan, const ie_photo *photo)
{
    IE_GROW(plan->actions, plan->count, plan->room);
    ie_action *action = &plan->actions[plan->count++];
    const char *from = ie_arena_strdup(plan->arena, photo->real_path);
    bool same = photo->path == NULL || photo->path == photo->real_path;
    *action = (ie_action){
        .kind = IE_ACTION_KEEP,
        .root = photo->root,
        .unit = photo->unit,
        .from = from,
        .shown = same ? from : ie_arena_strdup(plan->arena, photo->path),
        .stamp = photo->stamp,
        .from_format = photo->format,
        .format = photo->format,
        .orientation = photo->orientation,
    };
    return action;
}

void ie_action_reason(ie_plan *plan, ie_action *action, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        abort(); /* out of memory, as ie_alloc() has it */
    }
    /* Reasons are saved as JSON, which must give back the same text. */
    IE_AUTO_FREE char *valid = ie_utf8_from_latin1(text, strlen(text));
    free(text);
    action->reason = action->reason == NULL
                         ? ie_arena_strdup(plan->arena, valid)
                         : ie_arena_printf(plan->arena, "%s; %s", action->reason, valid);
}

static bool has_tags(const ie_action *action)
{
    return ie_tag_edit_any(action->tags);
}

bool ie_action_is_work(const ie_action *action)
{
    return action->kind != IE_ACTION_KEEP && action->kind != IE_ACTION_SKIP;
}

bool ie_action_makes_sidecar(const ie_action *action)
{
    return action->format == IE_FORMAT_SIDECAR && action->from_format != IE_FORMAT_SIDECAR;
}

bool ie_action_makes_picture(const ie_action *action)
{
    return action->extra && action->format != action->from_format &&
           !ie_action_makes_sidecar(action);
}

bool ie_action_recodes(const ie_action *action)
{
    return action->format != action->from_format || action->remake != IE_REMAKE_NONE;
}

bool ie_action_derives(const ie_action *action)
{
    return ie_action_recodes(action) || has_tags(action) || action->strip != 0;
}

size_t ie_plan_count(const ie_plan *plan)
{
    return plan->count;
}

size_t ie_plan_work(const ie_plan *plan)
{
    size_t work = 0;
    for (size_t i = 0; i < plan->count; i++) {
        work += ie_action_is_work(&plan->actions[i]);
    }
    return work;
}

static void count_made(const ie_action *action, ie_summary *summary)
{
    summary->converted += ie_action_recodes(action);
    summary->tagged += has_tags(action);
    summary->written_bytes += ie_action_makes_picture(action) ? 0 : action->stamp.size;
}

static void count_kind(const ie_action *action, ie_summary *summary)
{
    switch (action->kind) {
    case IE_ACTION_KEEP:
        summary->kept++;
        break;
    case IE_ACTION_SKIP:
        summary->skipped++;
        break;
    case IE_ACTION_COPY:
        if (ie_action_makes_sidecar(action)) {
            summary->made++;
            summary->tagged++;
            break;
        }
        summary->copied += !ie_action_makes_picture(action);
        summary->pictures += ie_action_makes_picture(action);
        count_made(action, summary);
        break;
    case IE_ACTION_MOVE:
        summary->moved++;
        break;
    case IE_ACTION_REPLACE:
        summary->replaced++;
        count_made(action, summary);
        break;
    case IE_ACTION_QUARANTINE:
        summary->quarantined++;
        summary->saved_bytes += action->stamp.size;
        break;
    case IE_ACTION_KINDS:
        break;
    }
}

static ie_summary_part *part_of(ie_summary *summary, ie_action_kind kind)
{
    switch (kind) {
    case IE_ACTION_COPY:
        return &summary->of_copied;
    case IE_ACTION_MOVE:
        return &summary->of_moved;
    case IE_ACTION_REPLACE:
        return &summary->of_replaced;
    case IE_ACTION_KEEP:
        return &summary->of_kept;
    case IE_ACTION_SKIP:
        return &summary->of_skipped;
    default:
        return NULL;
    }
}

static void count_part(const ie_action *action, ie_summary *summary)
{
    ie_summary_part *part = part_of(summary, action->kind);
    if (part == NULL || ie_action_makes_sidecar(action) || ie_action_makes_picture(action)) {
        return;
    }
    bool makes = action->kind == IE_ACTION_COPY || action->kind == IE_ACTION_REPLACE;
    part->converted += makes && ie_action_recodes(action);
    part->tagged += makes && has_tags(action);
    part->bytes += makes ? action->stamp.size : 0;
    part->plain += action->fell_back && action->outcome == IE_OUTCOME_DONE;
    part->unconverted += action->unconverted;
    part->untagged += action->untagged;
}

/* Not a photo, and not taken for one: what cannot be read or used is skipped with its reason. */
static bool is_other(const ie_action *action)
{
    bool plain = action->kind == IE_ACTION_KEEP ||
                 (action->kind == IE_ACTION_SKIP &&
                  (action->reason == NULL || strcmp(action->reason, IE_REASON_NO_PHOTO) == 0));
    return action->from_format == IE_FORMAT_UNKNOWN && plain;
}

void ie_plan_summarize(const ie_plan *plan, ie_summary *summary)
{
    for (size_t i = 0; i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        if (action->follows) {
            continue;
        }
        bool unreached = plan->stopped && action->outcome == IE_OUTCOME_PLANNED &&
                         ie_action_is_work(action);
        bool reported = action->kind == IE_ACTION_KEEP && action->survivor != NULL;
        summary->extra += action->extra;
        summary->linked += action->link != IE_LINK_NONE && !unreached &&
                           action->outcome <= IE_OUTCOME_DONE;
        summary->reported += reported;
        summary->reported_bytes += reported ? action->stamp.size : 0;
        summary->unconverted += action->unconverted;
        summary->untagged += action->untagged;
        summary->unlinked += action->unlinked;
        summary->accounted_bytes += action->extra ? 0 : action->stamp.size;
        summary->plain += action->fell_back && action->outcome == IE_OUTCOME_DONE;
        if (unreached) {
            summary->unreached++;
        } else if (action->outcome == IE_OUTCOME_FAILED) {
            summary->failed++;
        } else if (action->outcome == IE_OUTCOME_SKIPPED) {
            summary->skipped++;
            summary->changed++;
        } else if (is_other(action)) {
            summary->other++;
        } else {
            count_kind(action, summary);
            count_part(action, summary);
        }
    }
}

void ie_plan_tally(const ie_plan *plan, ie_summary *summary)
{
    for (size_t i = 0; i < plan->count; i++) {
        summary->found += !plan->actions[i].extra;
        summary->found_bytes += plan->actions[i].extra ? 0 : plan->actions[i].stamp.size;
    }
    ie_plan_summarize(plan, summary);
}
