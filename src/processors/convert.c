// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "core/convert_rule.h"
#include "core/recoding.h"
#include "processors/beside.h"
#include "processors/suffixes.h"

/* What a format can hold that others cannot; a photo is never squeezed into less than it is. */
static bool holds_alpha(ie_format format)
{
    return format != IE_FORMAT_JPEG && format != IE_FORMAT_BMP && format != IE_FORMAT_PNM;
}

static bool is_deep(ie_format format)
{
    return format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF || format == IE_FORMAT_JXL ||
           format == IE_FORMAT_JP2 || format == IE_FORMAT_AVIF || format == IE_FORMAT_HEIC;
}

/* " of 12 bits a channel", where new files have fewer than the 16 that the picture may have. */
static const char *deep_words(const ie_photo *photo, const ie_action *action)
{
    bool deep = photo->bits > 8 || (action->recoding & IE_RECODE_DEVELOP) != 0;
    return !deep                              ? ""
           : action->format == IE_FORMAT_AVIF ? " of 12 bits a channel"
           : action->format == IE_FORMAT_HEIC ? " of 10 bits a channel"
                                              : "";
}

/* A RAW without a preview is not looked at, but may be developed. */
static const ie_fault *damage(const ie_photo *photo, bool develops)
{
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        if (strcmp(photo->faults[i].stage, "decode") == 0 &&
            !(develops && strcmp(photo->faults[i].code, "unsupported") == 0)) {
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
        return photo->format == IE_FORMAT_TIFF
                   ? "it has several pages, and a conversion would keep one"
                   : "animated: would lose frames";
    }
    if (photo->bits > 8 && !is_deep(to)) {
        return ie_arena_printf(arena, "has more than 8 bits a channel, which %s cannot hold", name);
    }
    if (photo->bits > 16) {
        return ie_arena_printf(arena, "has %u bits a channel, and new files have 16 at most here",
                               photo->bits);
    }
    if (photo->has_alpha && !holds_alpha(to)) {
        return ie_arena_printf(arena, "has transparency, which %s cannot hold", name);
    }
    return NULL;
}

/* The same of its bytes, for what the action says. */
static ie_prospect foresee(const ie_proposal *proposal, const ie_photo *photo,
                           const ie_action *action)
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

/* What a photo is to become, and by what rule. */
typedef struct wish {
    const char *rule; /* as the user wrote it; NULL: convert.from and convert.to */
    ie_format to;
    const char *passed; /* why not the rule's earlier formats; NULL: there are none */
} wish;

/* Another picture of the unit is a photo already: what a camera puts beside its RAW. */
static const char *companion(const ie_proposal *proposal, const uint64_t *unit_formats,
                             const ie_photo *photo)
{
    char name[16];
    for (int i = IE_FORMAT_UNKNOWN + 1; i < IE_FORMAT_COUNT; i++) {
        if ((unit_formats[photo->unit] >> i & 1) != 0 &&
            ie_format_kind((ie_format)i) == IE_KIND_PHOTO) {
            ie_capital_name((ie_format)i, name);
            return ie_arena_printf(proposal->plan->arena,
                                   "a %s of the same name stands beside the RAW", name);
        }
    }
    return NULL;
}

static bool is_raw(const ie_photo *photo)
{
    return ie_format_kind(photo->format) == IE_KIND_RAW;
}

/* "converted to JPEG from its preview of 1536 x 1024 pixels (rule raw=jpeg)" and the like. */
static void say_converted(const ie_proposal *proposal, const ie_photo *photo, const wish *w,
                          const ie_prospect *prospect, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    ie_buffer why = {0};
    char name[16];
    ie_capital_name(action->format, name);
    ie_buffer_printf(&why,
                     action->remake != IE_REMAKE_NONE ? "encoded anew as %s of quality %d, as asked"
                                                      : "converted to %s",
                     name, action->quality);
    ie_buffer_text(&why, deep_words(photo, action));
    if (is_raw(photo) && (action->recoding & IE_RECODE_DEVELOP) != 0) {
        ie_buffer_printf(&why, ", developed from the sensor's data");
    } else if (is_raw(photo)) {
        ie_buffer_printf(&why, " from its embedded preview of %u x %u pixels", prospect->width,
                         prospect->height);
    } else if (photo->has_alpha) {
        ie_buffer_printf(&why, ", which keeps its transparency");
    }
    if (prospect->cmyk) {
        ie_buffer_printf(&why, ", its CMYK (for print) in RGB, which cannot be turned back");
    } else if ((action->recoding & IE_RECODE_SRGB) != 0) {
        ie_buffer_printf(&why, ", colours in sRGB");
    }
    if (w->rule != NULL) {
        ie_buffer_printf(&why, " (rule %s", w->rule);
        if (strchr(w->rule, '/') != NULL && photo->format == IE_FORMAT_PNG && !photo->has_alpha) {
            ie_buffer_printf(&why, ": %s%.2f bytes a pixel",
                             photo->metadata->model != NULL ? "a camera's, " : "",
                             ie_picture_bytes_a_pixel(photo));
        }
        ie_buffer_printf(&why, w->passed != NULL ? "; %s)" : ")", w->passed);
    }
    if (is_raw(photo) && proposal->output != NULL) {
        ie_buffer_printf(&why, "; the RAW itself is %scopied", action->extra ? "" : "not ");
    } else if (action->extra) {
        ie_buffer_text(&why, "; the original is copied, too");
    }
    ie_action_reason(plan, action, "%s", why.data);
    ie_buffer_free(&why);
}

static void convert_one(const ie_proposal *proposal, const uint64_t *unit_formats, size_t index,
                        const wish *w)
{
    ie_plan *plan = proposal->plan;
    const ie_photo *photo = proposal->photos[index];
    ie_action *action = &plan->actions[index];
    const ie_action before = *action;
    action->format = w->to;
    action->quality = (int)proposal->config->convert.quality;
    action->recoding =
        ie_recoding_of(proposal->config) & (is_raw(photo) ? ~0u : ~(unsigned)IE_RECODE_DEVELOP);
    action->remake = w->to == photo->format ? IE_REMAKE_ENCODE : IE_REMAKE_NONE;
    const char *why = refusal(proposal, photo, w->to);
    why = why == NULL && action->remake != IE_REMAKE_NONE && stays_in_the_way(proposal) ? taken_name
                                                                                        : why;
    why = why == NULL && is_raw(photo) ? companion(proposal, unit_formats, photo) : why;
    ie_prospect prospect = why == NULL ? foresee(proposal, photo, action) : (ie_prospect){0};
    why = why != NULL ? why : prospect.refusal;
    if (why != NULL) {
        *action = before;
        leave(plan, action, "converted", why);
        return;
    }
    if (ie_beside_wanted(proposal, photo, w->to)) {
        const ie_action made = *action;
        *action = before;
        action = ie_beside_add(proposal, index, &made);
    }
    say_converted(proposal, photo, w, &prospect, action);
}

static ie_format automatic(const ie_photo *photo)
{
    return photo->has_alpha ? IE_FORMAT_PNG : IE_FORMAT_JPEG;
}

/* The first of a rule's formats that can hold the picture; when none can, the first, whose refusal
   is told. */
static void choose(const ie_proposal *proposal, const ie_photo *photo, const ie_convert_rule *rule,
                   wish *w)
{
    for (uint32_t i = 0; i < rule->to_count; i++) {
        ie_format to = rule->to[i] != IE_FORMAT_UNKNOWN ? rule->to[i] : automatic(photo);
        const char *why = to == photo->format ? NULL : refusal(proposal, photo, to);
        if (why == NULL) {
            w->to = to;
            return;
        }
        if (i == 0) {
            w->to = to;
            w->passed = why;
        }
    }
}

/* False: it is not to be converted. */
static bool wish_of(const ie_proposal *proposal, const ie_photo *photo, uint64_t wanted,
                    ie_action *action, wish *ret_wish)
{
    const ie_config *config = proposal->config;
    ie_convert_rule rule;
    if (config->convert.rules.count == 0) {
        ie_format to = ie_format_by_name(config->convert.to); /* "auto" names no format */
        ret_wish->to = to != IE_FORMAT_UNKNOWN ? to : automatic(photo);
        return (wanted >> photo->format & 1) != 0;
    }
    ret_wish->rule = ie_convert_rule_find(&config->convert.rules, photo, &rule);
    if (ret_wish->rule != NULL && !rule.keep) {
        choose(proposal, photo, &rule, ret_wish);
        return true;
    }
    if (ret_wish->rule != NULL && (wanted >> photo->format & 1) != 0) {
        ie_action_reason(proposal->plan, action, "left as it is (rule %s)", ret_wish->rule);
    }
    return false;
}

/* Who names formats sees the names of files. */
static void tell_misnamed(const ie_proposal *proposal, const ie_photo *photo, uint64_t wanted,
                          ie_action *action)
{
    ie_format claimed = ie_format_claimed(photo->real_path);
    char name[16];
    if (claimed != IE_FORMAT_UNKNOWN && claimed != photo->format && (wanted >> claimed & 1) != 0) {
        ie_capital_name(photo->format, name);
        leave(proposal->plan, action, "converted",
              ie_arena_printf(proposal->plan->arena, "it is a %s, though its name says %s", name,
                              ie_format_name(claimed)));
    }
}

static void propose_one(const ie_proposal *proposal, const uint64_t *unit_formats, uint64_t wanted,
                        size_t index)
{
    const ie_photo *photo = proposal->photos[index];
    ie_action *action = &proposal->plan->actions[index];
    if ((wanted >> photo->format & 1) == 0) {
        tell_misnamed(proposal, photo, wanted, action);
        return;
    }
    bool develops = is_raw(photo) && (ie_recoding_of(proposal->config) & IE_RECODE_DEVELOP) != 0;
    const ie_fault *fault = damage(photo, develops);
    wish w = {0};
    if (fault != NULL) {
        leave(proposal->plan, action, "converted",
              ie_arena_printf(proposal->plan->arena, "it does not decode (%s)", fault->text));
    } else if (photo->bits == 0 && !is_raw(photo)) {
        leave(proposal->plan, action, "converted", "its picture was not looked at");
    } else if (wish_of(proposal, photo, wanted, action, &w) &&
               (w.to != photo->format ||
                (w.to == IE_FORMAT_JPEG && proposal->config->convert.recompress))) {
        convert_one(proposal, unit_formats, index, &w);
    }
}

static void turn_one(const ie_proposal *proposal, const ie_photo *photo, ie_action *action)
{
    ie_plan *plan = proposal->plan;
    const ie_fault *fault = damage(photo, false);
    bool plain = false;
    const char *why = NULL;
    if (fault != NULL) {
        why = ie_arena_printf(plan->arena, "it does not decode (%s)", fault->text);
    } else if (stays_in_the_way(proposal)) {
        why = taken_name;
    } else if (proposal->made != NULL && proposal->made(proposal->user, photo, &plain) != NULL &&
               plain) {
        why = "an earlier run tried in vain and copied it as it is";
    }
    action->remake = IE_REMAKE_TURN;
    ie_prospect prospect = why == NULL ? foresee(proposal, photo, action) : (ie_prospect){0};
    why = why != NULL ? why : prospect.refusal;
    bool cuts = prospect.cut_width > 0 || prospect.cut_height > 0;
    if (why == NULL && cuts && !proposal->config->convert.trim) {
        why = ie_arena_printf(
            plan->arena,
            "its sides are no multiples of its blocks; --trim cuts off %u columns and %u rows",
            prospect.cut_width, prospect.cut_height);
    }
    if (why != NULL) {
        action->remake = IE_REMAKE_NONE;
        leave(plan, action, "turned", why);
    } else if (cuts) {
        action->remake = IE_REMAKE_TRIM;
        ie_action_reason(
            plan, action,
            "turned upright, without encoding it anew; %u columns and %u rows are cut off",
            prospect.cut_width, prospect.cut_height);
    } else {
        ie_action_reason(plan, action, "turned upright, without loss");
    }
}

/* The formats of each unit's files, a bit each; free() it. */
static uint64_t *formats_of_units(const ie_proposal *proposal)
{
    uint64_t *formats = ie_alloc((proposal->count + 1) * sizeof *formats);
    for (size_t i = 0; i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        if (photo->unit < proposal->count) {
            formats[photo->unit] |= UINT64_C(1) << photo->format;
        }
    }
    return formats;
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    (void)err;
    const ie_config *config = proposal->config;
    uint64_t wanted = ie_convert_formats(config);
    uint64_t *unit_formats = formats_of_units(proposal);
    for (size_t i = 0; i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        ie_kind kind = ie_format_kind(photo->format);
        if (proposal->plan->actions[i].kind != IE_ACTION_KEEP ||
            (kind != IE_KIND_PHOTO && kind != IE_KIND_RAW)) {
            continue;
        }
        propose_one(proposal, unit_formats, wanted, i);
        ie_action *action = &proposal->plan->actions[i];
        if (config->convert.upright && photo->format == IE_FORMAT_JPEG && photo->orientation > 1 &&
            !ie_action_recodes(action) && !action->unconverted) {
            turn_one(proposal, photo, action);
        }
    }
    free(unit_formats);
    return IE_OK;
}

const ie_processor ie_convert_processor = {
    .name = "convert",
    .needs = IE_HAVE_FORMAT,
    .propose = propose,
};
