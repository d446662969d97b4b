// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "core/option_checks.h"
#include "core/template.h"
#include "processors/naming.h"
#include "utils/error.h"
#include "utils/text.h"

/* "{name}.{ext}" and "{name}" mean the same: each member of a unit has its own extension. */
static void cut_extension(char *stem, const ie_photo *leader)
{
    const char *extension = ie_path_extension(stem);
    bool is_leaders = ie_equal_nocase(extension, ie_path_extension(leader->real_path)) ||
                      ie_format_extension_fits(leader->format, extension);
    if (extension[0] != 0 && is_leaders) {
        stem[extension - stem - 1] = 0;
    }
}

static char *stem_of(const char *path)
{
    const char *base = ie_path_base(path), *extension = ie_path_extension(base);
    return ie_strndup(base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
}

static char *undated_name(const ie_photo *leader)
{
    IE_AUTO_FREE char *stem = stem_of(leader->path);
    IE_AUTO_FREE char *safe = ie_safe_name(stem, 200);
    return ie_path_join("undated", safe);
}

typedef struct renaming {
    const ie_template *pattern;
    const char **former; /* by unit: the path that stands for the leader's own where its name is
                            asked for; NULL: none */
} renaming;

/* What the numbers in the photo's name count: names of photos that count the same make one row.
   NULL when the number does not show, as in a name that is cut before it. */
static char *row_of(const ie_template *pattern, const ie_photo *leader, const char *name,
                    ie_numbering numbering)
{
    IE_AUTO_FREE char *next =
        numbering != IE_NUMBER_NONE ? ie_template_expand(pattern, leader, 2, &numbering) : NULL;
    if (next == NULL || strcmp(next, name) == 0) {
        return NULL;
    }
    IE_AUTO_FREE char *folder = ie_path_directory(name);
    return numbering == IE_NUMBER_COUNTER ? ie_asprintf("folder %u %s", leader->root, folder)
           : numbering == IE_NUMBER_BURST ? ie_asprintf("burst %s", leader->metadata->burst_id)
                                          : ie_strdup("all");
}

/* What stands for {name} when the template is asked what it writes around it: it has no upper and
   lower case. */
#define MARK "\u16a0\u16df\u16b1"

/* The leader as if its name without extension were `stem`, in the folder `folder`; the path is
   free()d by the caller. */
static ie_photo named_as(const ie_photo *leader, const char *folder, const char *stem,
                         char **ret_path)
{
    const char *extension = ie_path_extension(leader->path);
    IE_AUTO_FREE char *base = ie_asprintf("%s%s%s", stem, extension[0] != 0 ? "." : "", extension);
    ie_photo other = *leader;
    other.path = other.real_path = *ret_path = ie_path_join(folder, base);
    return other;
}

/* "2023_IMG_1" is what "{date:%Y}_{name}" made of IMG_1, and is not to become 2023_2023_IMG_1: what
   the template writes around a name is no part of it. NULL where it does not stand there, or no
   name is asked for. With a number nobody could tell: IMG_1234 may be a camera's name as well as
   one of "{name}_{seq}"; there the journals must tell. */
static char *name_within(const ie_template *pattern, const ie_photo *leader, const char *folder)
{
    ie_numbering numbering = IE_NUMBER_NONE;
    IE_AUTO_FREE char *path = NULL;
    ie_photo other = named_as(leader, folder, MARK, &path);
    IE_AUTO_FREE char *marked = ie_template_expand(pattern, &other, 1, &numbering);
    const char *last = ie_path_base(marked), *mark = strstr(last, MARK);
    if (numbering != IE_NUMBER_NONE || mark == NULL || strstr(mark + strlen(MARK), MARK) != NULL) {
        return NULL;
    }
    const char *base = ie_path_base(leader->path), *extension = ie_path_extension(base),
               *behind = mark + strlen(MARK);
    size_t before = (size_t)(mark - last), after = strlen(behind), length = strlen(base);
    length -= extension[0] != 0 && !ie_template_has_ext(pattern) ? strlen(extension) + 1 : 0;
    bool stands = before + after > 0 && length > before + after &&
                  memcmp(base, last, before) == 0 &&
                  memcmp(base + length - after, behind, after) == 0;
    return stands ? ie_strndup(base + before, length - before - after) : NULL;
}

/* The photo as the template is to see it: under the name that it had before, or without what the
   template itself wrote around its name. */
static ie_photo as_named(const renaming *r, size_t unit, const ie_photo *leader, char **ret_path)
{
    const char *former = r->former[unit];
    if (!ie_template_shows_name(r->pattern)) {
        return *leader;
    }
    IE_AUTO_FREE char *folder = ie_path_directory(former != NULL ? former : leader->real_path);
    IE_AUTO_FREE char *stem =
        former != NULL ? stem_of(former) : name_within(r->pattern, leader, folder);
    return stem != NULL ? named_as(leader, folder, stem, ret_path) : *leader;
}

static bool use_former(const ie_naming *naming, size_t unit, bool use)
{
    const renaming *r = naming->user;
    const ie_proposal *proposal = naming->proposal;
    const ie_photo *leader = proposal->photos[naming->members->leader[unit]];
    bool asks = use && proposal->former != NULL && ie_template_shows_name(r->pattern);
    r->former[unit] = asks ? proposal->former(proposal->user, leader) : NULL;
    return r->former[unit] != NULL;
}

static char *templated_stem(const ie_naming *naming, size_t unit, uint32_t number, char **ret_row)
{
    const ie_proposal *proposal = naming->proposal;
    size_t index = naming->members->leader[unit];
    const ie_photo *leader = proposal->photos[index];
    const ie_config *config = proposal->config;
    const renaming *r = naming->user;
    bool dated = leader->metadata->captured.year != 0 &&
                 leader->metadata->captured_confidence >= config->rename.min_date_confidence;
    ie_numbering numbering = IE_NUMBER_NONE;
    bool undated = !dated && config->rename.min_date_confidence > 0;
    IE_AUTO_FREE char *path = NULL;
    ie_photo seen = as_named(r, unit, leader, &path);
    IE_AUTO_FREE char *name = undated ? undated_name(leader)
                                      : ie_template_expand(r->pattern, &seen, number, &numbering);
    if (ret_row != NULL) {
        *ret_row = row_of(r->pattern, &seen, name, numbering);
    }
    if (ie_template_has_ext(r->pattern) && !undated) {
        cut_extension(name, leader);
    }
    const ie_action *action = &proposal->plan->actions[index];
    const char *folder =
        proposal->output != NULL ? proposal->output : proposal->plan->roots[action->root];
    return ie_path_join(folder, name);
}

/* What makes a date worth a second look before a photo is named by it. */
static const char *doubt(const ie_photo *photo)
{
    if (photo->metadata->captured.year == 0) {
        return "it has no date";
    }
    switch (photo->metadata->captured_source) {
    case IE_DATE_FILE:
        return "dated by the file's time only";
    case IE_DATE_NAME:
        return "dated by its name only";
    default:
        return NULL;
    }
}

static void mention_doubts(const ie_proposal *proposal, const ie_members *members)
{
    bool uses_date = strstr(proposal->config->rename.pattern, "{date") != NULL;
    for (size_t u = 0; uses_date && u < members->units; u++) {
        size_t leader = members->leader[u];
        ie_action *action = &proposal->plan->actions[leader];
        bool is_named = members->start[u] < members->start[u + 1] && action->to != NULL;
        const char *text = is_named ? doubt(proposal->photos[leader]) : NULL;
        if (text != NULL) {
            ie_action_reason(proposal->plan, action, "%s", text);
        }
    }
}

/* ---- the old name ---- */

/* A photo that moves to another folder under its name has not lost it. */
static bool loses_name(const ie_photo *photo, const ie_action *action)
{
    ie_kind kind = ie_format_kind(photo->format);
    return (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW || kind == IE_KIND_VIDEO) &&
           action->to != NULL && photo->metadata->original_name == NULL &&
           strcmp(ie_path_base(action->to), ie_path_base(action->from)) != 0;
}

static void keep_original_names(const ie_proposal *proposal)
{
    ie_plan *plan = proposal->plan;
    for (size_t i = 0; proposal->config->rename.keep_original_name && i < proposal->count; i++) {
        const ie_photo *photo = proposal->photos[i];
        ie_action *action = &plan->actions[i];
        if (loses_name(photo, action)) {
            const char *base = ie_path_base(photo->real_path);
            IE_AUTO_FREE char *name = ie_utf8_from_latin1(base, strlen(base));
            ie_action_tags(plan, action)->original_name = ie_arena_strdup(plan->arena, name);
        }
    }
}

static ie_status compile(const ie_config *config, ie_template **ret_pattern, ie_error *err)
{
    ie_status status =
        ie_template_parse(config->rename.pattern, &config->rename.fields, ret_pattern, err);
    if (status == IE_OK && config->rename.keep_original_name &&
        ie_template_shows_bytes(*ret_pattern)) {
        ie_template_free(*ret_pattern);
        return ie_error_set(
            err, IE_ERR_USAGE,
            "The template names photos by their bytes (hash, size or time of change), and "
            "rename.keep_original_name changes these, so that the names would be wrong at once. "
            "Leave out one of the two.");
    }
    return status;
}

ie_status ie_rename_needs(const ie_config *config, unsigned *ret_needs, ie_error *err)
{
    ie_template *pattern = NULL;
    ie_status status = compile(config, &pattern, err);
    if (status == IE_OK) {
        *ret_needs = ie_template_needs(pattern);
        ie_template_free(pattern);
    }
    return status;
}

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    ie_template *pattern = NULL;
    ie_status status = compile(proposal->config, &pattern, err);
    if (status != IE_OK) {
        return status;
    }
    ie_template_day_begins(pattern, ie_parse_clock(proposal->config->rename.day_begins));
    ie_members members;
    status = ie_members_init(&members, proposal, err);
    if (status == IE_OK) {
        renaming r = {.pattern = pattern, .former = ie_alloc((members.units + 1) * sizeof(char *))};
        ie_naming naming = {
            .proposal = proposal,
            .members = &members,
            .stem = templated_stem,
            .former = use_former,
            .renames = true,
            .user = &r,
        };
        status = ie_naming_run(&naming, err);
        mention_doubts(proposal, &members);
        keep_original_names(proposal);
        free(r.former);
        ie_members_clear(&members);
    }
    ie_template_free(pattern);
    return status;
}

const ie_processor ie_rename_processor = {
    .name = "rename",
    .needs = IE_HAVE_FORMAT | IE_HAVE_METADATA,
    .propose = propose,
};
