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

static char *undated_name(const ie_photo *leader)
{
    const char *base = ie_path_base(leader->path), *extension = ie_path_extension(base);
    IE_AUTO_FREE char *stem =
        ie_strndup(base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
    IE_AUTO_FREE char *safe = ie_safe_name(stem, 200);
    return ie_path_join("undated", safe);
}

static char *templated_stem(const ie_naming *naming, size_t unit)
{
    const ie_proposal *proposal = naming->proposal;
    size_t index = naming->members->leader[unit];
    const ie_photo *leader = proposal->photos[index];
    bool has_extension = false;
    const ie_config *config = proposal->config;
    bool dated = leader->metadata.captured.year != 0 &&
                 leader->metadata.captured_confidence >= config->rename.min_date_confidence;
    IE_AUTO_FREE char *name = dated || config->rename.min_date_confidence <= 0
                                  ? ie_template_expand(naming->user, leader, &has_extension)
                                  : undated_name(leader);
    if (has_extension) {
        cut_extension(name, leader);
    }
    const ie_action *action = &proposal->plan->actions[index];
    const char *folder = proposal->output != NULL ? proposal->output : proposal->plan->roots[action->root];
    return ie_path_join(folder, name);
}

/* What makes a date worth a second look before a photo is named by it. */
static const char *doubt(const ie_photo *photo)
{
    if (photo->metadata.captured.year == 0) {
        return "it has no date";
    }
    switch (photo->metadata.captured_source) {
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

static ie_status propose(ie_proposal *proposal, ie_error *err)
{
    ie_template *pattern = NULL;
    ie_status status = ie_template_parse(proposal->config->rename.pattern, &pattern, err);
    if (status != IE_OK) {
        return status;
    }
    ie_template_day_begins(pattern, ie_parse_clock(proposal->config->rename.day_begins));
    ie_members members;
    status = ie_members_init(&members, proposal, err);
    if (status == IE_OK) {
        ie_naming naming = {
            .proposal = proposal,
            .members = &members,
            .stem = templated_stem,
            .renames = true,
            .user = pattern,
        };
        status = ie_naming_run(&naming, err);
        mention_doubts(proposal, &members);
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
