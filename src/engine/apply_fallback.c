// SPDX-License-Identifier: GPL-3.0-or-later
/* A copy that cannot be converted or tagged is made as it is: a collection must come over whole.
   The group was taken back; it begins anew as a group of its own, with entries of its own in the
   journal. */
#include "engine/carry.h"
#include "engine/same.h"
#include "utils/fs.h"
#include "utils/text.h"

#define MAX_NUMBER 9999

/* Where the extension of this path begins, its dot included; the end when it has none. */
static size_t stem_size(const char *path)
{
    size_t extension = strlen(ie_path_extension(path));
    return strlen(path) - (extension > 0 ? extension + 1 : 0);
}

/* The extension the plan would give it if it were not to be converted. */
static char *own_extension(const ie_run *run, const ie_action *action)
{
    const ie_config *config = run->options->config;
    bool process = strcmp(run->plan->command, "process") == 0;
    bool renames = process ? config != NULL && config->rename.enabled
                           : strcmp(run->plan->command, "rename") == 0;
    const char *extension = ie_path_extension(action->from);
    if (renames && !ie_format_extension_fits(action->from_format, extension)) {
        extension = ie_format_extension(action->from_format);
    }
    char *own = ie_strdup(extension);
    bool lower = renames && config != NULL && config->rename.lowercase_extension;
    for (char *p = own; lower && *p != 0; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
    }
    return own;
}

/* Does another action of the plan want this name? Apart from case, since the disk may not tell
   cases apart. */
static bool is_planned(const ie_run *run, const ie_action *but, const char *path)
{
    for (size_t i = 0; i < run->plan->count; i++) {
        const ie_action *action = &run->plan->actions[i];
        if (action != but && action->to != NULL && ie_equal_nocase(action->to, path)) {
            return true;
        }
    }
    return false;
}

/* A free name for the original, or one under which it is there already. NULL: there is none. */
static char *own_name(const ie_run *run, const ie_action *action, bool *ret_there)
{
    IE_AUTO_FREE char *extension = own_extension(run, action);
    int stem = (int)stem_size(action->to);
    *ret_there = false;
    for (int number = 1; number <= MAX_NUMBER; number++) {
        char mark[16] = "";
        if (number > 1) {
            snprintf(mark, sizeof mark, "_%d", number);
        }
        char *path = ie_asprintf("%.*s%s%s%s", stem, action->to, mark, extension[0] != 0 ? "." : "",
                                 extension);
        bool exists = ie_fs_exists(path);
        *ret_there = exists && ie_same_bytes(action->from, path);
        if (*ret_there || (!exists && !is_planned(run, action, path))) {
            return path;
        }
        free(path);
    }
    return NULL;
}

/* "a.jpg.xmp" goes with "a.jpg", and so becomes "a.heic.xmp". */
static void rename_companions(const ie_run *run, const ie_party *party, const char *old_name,
                              const char *new_name)
{
    size_t size = strlen(old_name);
    for (size_t i = 0; i < party->count; i++) {
        ie_action *action = party->steps[i].action;
        if (strncmp(action->to, old_name, size) == 0 && action->to[size] == '.') {
            action->to = ie_arena_printf(run->plan->arena, "%s%s", new_name, action->to + size);
        }
    }
}

static bool convert_no_more(const ie_run *run, const ie_party *party, ie_action *action,
                            bool *ret_there)
{
    *ret_there = false;
    if (action->format == action->from_format) {
        return true;
    }
    IE_AUTO_FREE char *path = own_name(run, action, ret_there);
    if (path == NULL) {
        return false;
    }
    rename_companions(run, party, action->to, path);
    action->to = ie_arena_strdup(run->plan->arena, path);
    return true;
}

/* What an earlier run copied as it is needs no second copy. */
static void leave_out_what_is_there(ie_party *party, const ie_action *culprit, bool there)
{
    size_t left = 0;
    for (size_t i = 0; i < party->count; i++) {
        ie_step *step = &party->steps[i];
        ie_action *action = step->action;
        bool own = action == culprit;
        if (own ? there : !ie_action_derives(action) && ie_same_bytes(action->from, action->to)) {
            action->outcome = IE_OUTCOME_SKIPPED;
            action->problem = own ? action->problem : IE_REASON_THERE;
        } else {
            party->steps[left++] = *step;
        }
    }
    party->count = left;
}

/* The actions want other things from now on; their entries in the journal are over. */
static void begin_anew(ie_run *run, ie_party *party, const char *why)
{
    for (size_t i = 0; i < party->count; i++) {
        ie_step *step = &party->steps[i];
        ie_journal_state(step->root->journal, step->entry.n, IE_ENTRY_FAILED, why);
        *step = (ie_step){.action = step->action, .root = step->root};
    }
    party->intended = false;
    party->state = IE_PARTY_AGAIN;
}

bool ie_party_fall_back(ie_run *run, ie_party *party, const ie_trouble *trouble)
{
    ie_action *action = party->steps[trouble->step].action;
    if (!trouble->derives || trouble->stops || !run->plan->copies ||
        action->kind != IE_ACTION_COPY || !ie_action_derives(action) || action->strip != 0) {
        return false; /* a copy that tells too much is worse than none */
    }
    bool converts = ie_action_recodes(action), there = false;
    if (!convert_no_more(run, party, action, &there)) {
        return false;
    }
    action->problem =
        ie_arena_printf(run->plan->arena, "not %s: %s%s", converts ? "converted" : "tagged",
                        trouble->error.text, there ? "; it was copied as it is before" : "");
    action->format = action->from_format;
    action->quality = 0;
    action->remake = IE_REMAKE_NONE;
    action->tags = NULL;
    action->fell_back = true;
    begin_anew(run, party, trouble->error.text);
    size_t count = party->count;
    leave_out_what_is_there(party, action, there);
    run->finished += count - party->count;
    return true;
}

void ie_fallback_end(ie_plan *plan, ie_action *action)
{
    if (action->fell_back) {
        action->problem = ie_arena_printf(plan->arena, "%s; %s", action->problem,
                                          action->outcome == IE_OUTCOME_DONE
                                              ? "copied as it is"
                                              : "the run stopped before it was copied as it is");
    }
}

void ie_fallback_stopped(ie_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->actions[i].outcome == IE_OUTCOME_PLANNED) {
            ie_fallback_end(plan, &plan->actions[i]);
        }
    }
}
