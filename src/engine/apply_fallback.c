// SPDX-License-Identifier: GPL-3.0-or-later
/* A copy that cannot be converted or tagged is made as it is: a collection must come over whole. A
   photo that cannot be converted where it is still gets its name and tags. The group was taken
   back; it begins anew as a group of its own, with entries of its own in the journal. */
#include "engine/carry.h"
#include "engine/sameness.h"
#include "storage/exif_file.h"
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

/* A free name for the original, or one under which it is there already: in place, that it has.
   NULL: there is none. */
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
        *ret_there = exists && (run->plan->copies ? ie_same_bytes(action->from, path)
                                                  : strcmp(action->from, path) == 0);
        if (*ret_there || (!exists && !is_planned(run, action, path))) {
            return path;
        }
        free(path);
    }
    return NULL;
}

/* The name it gets when it is not converted. */
static char *name_without(const ie_run *run, const ie_action *action, bool *ret_there)
{
    *ret_there = false;
    return action->format == action->from_format ? ie_strdup(action->to)
                                                 : own_name(run, action, ret_there);
}

/* "a.jpg.xmp" goes with "a.jpg", and so becomes "a.heic.xmp". */
static void rename_companions(const ie_run *run, const ie_party *party, const char *old_name,
                              const char *new_name)
{
    size_t size = strlen(old_name);
    for (size_t i = 0; i < party->count; i++) {
        ie_action *action = party->steps[i].action;
        if (action->to != NULL && strncmp(action->to, old_name, size) == 0 &&
            action->to[size] == '.') {
            action->to = ie_arena_printf(run->plan->arena, "%s%s", new_name, action->to + size);
        }
    }
}

static void take_name(const ie_run *run, const ie_party *party, ie_action *action, const char *path)
{
    rename_companions(run, party, action->to, path);
    action->to = ie_arena_strdup(run->plan->arena, path);
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
        ie_drop_proof_free(step->proof);
        *step = (ie_step){.action = step->action, .root = step->root};
    }
    party->intended = false;
    party->state = IE_PARTY_AGAIN;
}

/* What is made of an original that is copied as well needs no copy in its stead: it alone is left
   out. */
static bool leave_out_picture(ie_run *run, ie_party *party, ie_action *action, const char *why)
{
    size_t left = 0;
    action->problem =
        ie_arena_printf(run->plan->arena, "not converted: %s; the original is copied", why);
    action->outcome = IE_OUTCOME_FAILED;
    begin_anew(run, party, why);
    for (size_t i = 0; i < party->count; i++) {
        if (party->steps[i].action != action) {
            party->steps[left++] = party->steps[i];
        }
    }
    party->count = left;
    return true;
}

static void stay_as_it_is(ie_action *action)
{
    action->format = action->from_format;
    action->quality = 0;
    action->remake = IE_REMAKE_NONE;
    action->recoding = 0;
    action->fell_back = true;
}

static bool fall_back_to_copy(ie_run *run, ie_party *party, ie_action *action, const char *why)
{
    bool converts = ie_action_recodes(action), there = false;
    IE_AUTO_FREE char *path = name_without(run, action, &there);
    if (action->strip != 0 || path == NULL) {
        return false; /* a copy that tells too much is worse than none */
    }
    take_name(run, party, action, path);
    action->problem =
        ie_arena_printf(run->plan->arena, "not %s: %s%s", converts ? "converted" : "tagged", why,
                        there ? "; it was copied as it is before" : "");
    stay_as_it_is(action);
    action->tags = NULL;
    begin_anew(run, party, why);
    leave_out_what_is_there(party, action, there);
    return true;
}

/* ---- in place ------------------------------------------------------------------------------ */

/* May it do without its tags? What a duplicate gave goes with that: both, or neither. Nor is a name
   given up that was to be remembered in the file. */
static bool can_lose_tags(const ie_party *party, const ie_action *action)
{
    for (size_t i = 0; i < party->count; i++) {
        if (party->steps[i].action->kind == IE_ACTION_QUARANTINE) {
            return false;
        }
    }
    return action->tags == NULL || action->tags->original_name == NULL;
}

/* Those that keep their names now have nothing to do. */
static void leave_out_what_stays(ie_party *party)
{
    size_t left = 0;
    for (size_t i = 0; i < party->count; i++) {
        ie_action *action = party->steps[i].action;
        if (action->kind == IE_ACTION_MOVE && strcmp(action->from, action->to) == 0) {
            action->kind = IE_ACTION_KEEP;
            action->to = NULL;
        } else {
            party->steps[left++] = party->steps[i];
        }
    }
    party->count = left;
}

/* The name and the tags do not depend on the conversion, nor the name on the tags. */
static bool fall_back_in_place(ie_run *run, ie_party *party, ie_action *action, const char *why)
{
    bool has = false, converts = ie_action_recodes(action), any = ie_tag_edit_any(action->tags);
    bool tags = converts && any && ie_exif_can_write(action->from_format);
    if (action->format == IE_FORMAT_SIDECAR || (!tags && !can_lose_tags(party, action))) {
        return false;
    }
    IE_AUTO_FREE char *path = name_without(run, action, &has);
    if (path == NULL || (!tags && strcmp(path, action->from) == 0)) {
        return false;
    }
    take_name(run, party, action, path);
    stay_as_it_is(action);
    action->kind = tags ? IE_ACTION_REPLACE : IE_ACTION_MOVE;
    action->tags = tags ? action->tags : NULL;
    action->problem = ie_arena_printf(
        run->plan->arena, "%s%snot %s: %s", action->problem != NULL ? action->problem : "",
        action->problem != NULL ? "; " : "",
        !converts ? "tagged" : any && !tags ? "converted and not tagged" : "converted", why);
    begin_anew(run, party, why);
    leave_out_what_stays(party);
    return true;
}

bool ie_party_fall_back(ie_run *run, ie_party *party, const ie_trouble *trouble)
{
    ie_action *action = party->steps[trouble->step].action;
    if (!trouble->derives || trouble->stops || !ie_action_derives(action)) {
        return false;
    }
    size_t count = party->count;
    bool copies = run->plan->copies && action->kind == IE_ACTION_COPY;
    bool in_place = !run->plan->copies && action->kind == IE_ACTION_REPLACE;
    bool falls = ie_action_makes_picture(action)
                     ? leave_out_picture(run, party, action, trouble->error.text)
                 : copies ? fall_back_to_copy(run, party, action, trouble->error.text)
                          : in_place && fall_back_in_place(run, party, action, trouble->error.text);
    run->finished += falls ? count - party->count : 0;
    return falls;
}

static const char *done_words(const ie_action *action)
{
    return action->kind == IE_ACTION_COPY   ? "copied as it is"
           : action->kind == IE_ACTION_MOVE ? "renamed as it is"
           : strcmp(action->from, action->to) == 0 ? "tagged as it is"
                                                   : "renamed and tagged as it is";
}

void ie_fallback_end(ie_plan *plan, ie_action *action)
{
    if (!action->fell_back) {
        return;
    }
    bool done = action->outcome == IE_OUTCOME_DONE;
    action->problem = ie_arena_printf(plan->arena, "%s; %s%s", action->problem,
                                      done ? "" : "the run stopped before it was ",
                                      done_words(action));
}

void ie_fallback_stopped(ie_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->actions[i].outcome == IE_OUTCOME_PLANNED) {
            ie_fallback_end(plan, &plan->actions[i]);
        }
    }
}
