// SPDX-License-Identifier: GPL-3.0-or-later
/* Before a group begins: is the world still as the plan says, and can each step be done here? */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "engine/carry.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

bool ie_errno_stops(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EROFS || number == EIO ||
           number == EMFILE || number == ENFILE || number == ENOMEM;
}

static bool set_trouble(ie_trouble *trouble, size_t step, ie_outcome outcome, int number,
                        const char *format, va_list args)
{
    IE_AUTO_FREE char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        abort();
    }
    trouble->step = step;
    trouble->outcome = outcome;
    trouble->stops = ie_errno_stops(number);
    if (number != 0) {
        ie_error_errno(&trouble->error, number, "%s", text);
    } else {
        ie_error_set(&trouble->error, IE_ERR_CHANGED, "%s", text);
    }
    return false;
}

bool ie_trouble_set(ie_trouble *trouble, size_t step, ie_outcome outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_trouble(trouble, step, outcome, 0, format, args);
    va_end(args);
    return false;
}

bool ie_trouble_errno(ie_trouble *trouble, size_t step, int number, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_trouble(trouble, step, IE_OUTCOME_FAILED, number, format, args);
    va_end(args);
    return false;
}

void ie_party_blame(ie_run *run, ie_party *party, const ie_trouble *trouble)
{
    const ie_action *culprit = party->steps[trouble->step].action;
    const char *what = ie_action_makes_sidecar(culprit) ? "the sidecar of " : "";
    for (size_t i = 0; i < party->count; i++) {
        ie_action *action = party->steps[i].action;
        bool own = i == trouble->step;
        action->outcome = own ? trouble->outcome : IE_OUTCOME_SKIPPED;
        action->follows = !own && action->extra && ie_action_makes_sidecar(action);
        action->problem =
            !own ? ie_arena_printf(run->plan->arena, "it goes with %s%s, of which: %s", what,
                                   ie_shown(culprit->from), trouble->error.text)
            : action->fell_back
                ? ie_arena_printf(run->plan->arena, "%s; without that it failed, too: %s",
                                  action->problem, trouble->error.text)
                : ie_arena_strdup(run->plan->arena, trouble->error.text);
    }
}

/* ---- paths -------------------------------------------------------------------------------- */

static bool inside(const char *path, const char *root)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER);
    return ie_path_below(path, root) && strcmp(path, root) != 0 && !ie_path_below(path, own);
}

static bool check_paths(const ie_step *step, size_t index, ie_trouble *trouble)
{
    const ie_action *action = step->action;
    if (action->kind != IE_ACTION_COPY && !inside(action->from, step->root->path)) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED, "%s does not lie below %s",
                              ie_shown(action->from), ie_shown(step->root->path));
    }
    if (action->to != NULL && !inside(action->to, step->root->path)) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                              "its target %s does not lie below %s", ie_shown(action->to),
                              ie_shown(step->root->path));
    }
    return true;
}

static bool check_source(const ie_step *step, size_t index, ie_trouble *trouble)
{
    const ie_action *action = step->action;
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    bool copies = action->kind == IE_ACTION_COPY;
    int failed = copies ? (lstat(action->from, &st) != 0 ? errno : 0)
                        : ie_place_open(step->root->path, action->from, &place);
    if (failed == 0 && !copies) {
        failed = ie_place_stat(&place, &st);
    }
    if (failed == ENOENT) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_SKIPPED, "it is no longer there");
    }
    if (failed == ELOOP || failed == ENOTDIR) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                              "a folder on the way to %s is a symbolic link or no folder",
                              ie_shown(action->from));
    }
    if (failed != 0) {
        return ie_trouble_errno(trouble, index, failed, "%s cannot be reached",
                                ie_shown(action->from));
    }
    if (!ie_stamp_fits(&action->stamp, &st)) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_SKIPPED,
                              "it changed since the plan was made");
    }
    return true;
}

/* ---- targets ------------------------------------------------------------------------------ */

static void want_folder(ie_run *run, ie_run_root *root, const char *path)
{
    for (size_t i = 0; i < run->folder_count; i++) {
        if (run->folders[i].root == root && strcmp(run->folders[i].path, path) == 0) {
            return;
        }
    }
    IE_GROW(run->folders, run->folder_count, run->folder_room);
    run->folders[run->folder_count].path = ie_arena_strdup(run->arena, path);
    run->folders[run->folder_count++].root = root;
}

/* Notes the missing folders on the way to `to`. 0, or what stands in the way. */
static int find_missing(ie_run *run, ie_run_root *root, const char *to)
{
    bool missing = false;
    for (size_t at = strlen(root->path) + 1; to[at] != 0; at++) {
        if (to[at] != '/') {
            continue;
        }
        IE_AUTO_FREE char *part = ie_strndup(to, at);
        if (!missing) {
            IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
            struct stat st;
            int failed = ie_place_open(root->path, part, &place);
            failed = failed != 0 ? failed : ie_place_stat(&place, &st);
            if (failed == 0 && !S_ISDIR(st.st_mode)) {
                return ENOTDIR;
            }
            if (failed != 0 && failed != ENOENT) {
                return failed;
            }
            missing = failed == ENOENT;
        }
        if (missing) {
            want_folder(run, root, part);
        }
    }
    return 0;
}

/* Is the name at `to`, which is taken, taken by a file that this group moves away? */
static bool group_frees(const ie_party *party, size_t index, const struct stat *there,
                        bool *ret_folded)
{
    struct stat st;
    for (size_t i = 0; i < party->count; i++) {
        const ie_action *other = party->steps[i].action;
        bool leaves = other->kind == IE_ACTION_MOVE || other->kind == IE_ACTION_REPLACE ||
                      (other->kind == IE_ACTION_QUARANTINE && other->link == IE_LINK_NONE);
        if (leaves && strcmp(other->from, party->steps[index].action->to) == 0) {
            return true;
        }
        /* On file systems that fold case, a.JPG → a.jpg finds itself under the new name. */
        if (leaves && lstat(other->from, &st) == 0 && st.st_ino == there->st_ino &&
            st.st_dev == there->st_dev) {
            IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
            bool listed = true;
            if (ie_place_open(party->steps[i].root->path, party->steps[index].action->to, &place) ==
                    0 &&
                ie_place_listed(&place, &listed) == 0 && !listed) {
                *ret_folded = true;
                return true;
            }
        }
    }
    return false;
}

static bool check_target(ie_run *run, ie_party *party, size_t index, ie_trouble *trouble)
{
    ie_step *step = &party->steps[index];
    const char *to = step->action->to;
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    int failed = ie_place_open(step->root->path, to, &place);
    if (failed == ENOENT) {
        failed = find_missing(run, step->root, to);
    } else if (failed == 0) {
        failed = ie_place_stat(&place, &st);
        if (failed == 0 && !group_frees(party, index, &st, &party->parks) &&
            !ie_run_frees(run, to)) {
            return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                                  "the name %s is taken, and nothing is ever overwritten",
                                  ie_shown(to));
        }
        failed = failed == ENOENT ? 0 : failed;
    }
    if (failed == ELOOP || failed == ENOTDIR) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                              "a folder on the way to %s is a symbolic link or no folder",
                              ie_shown(to));
    }
    return failed == 0 ||
           ie_trouble_errno(trouble, index, failed, "%s cannot be made", ie_shown(to));
}

/* ---- the entry ---------------------------------------------------------------------------- */

/* Which way the bytes go: renamed, or made anew because they change or the target is another file
   system. */
static bool choose_way(ie_run *run, ie_step *step, size_t index, bool parks, ie_trouble *trouble)
{
    const ie_action *action = step->action;
    ie_entry *entry = &step->entry;
    uint64_t from_mount = 0, to_mount = step->root->mount;
    int failed = ie_fs_mount(action->from, &from_mount);
    if (failed == 0 && action->to != NULL) {
        failed = ie_fs_mount(action->to, &to_mount);
    }
    if (failed != 0) {
        return ie_trouble_errno(trouble, index, failed, "%s cannot be reached",
                                ie_shown(action->from));
    }
    bool cross = action->kind == IE_ACTION_MOVE && from_mount != to_mount;
    entry->makes = action->kind == IE_ACTION_COPY || action->kind == IE_ACTION_REPLACE || cross ||
                   entry->link != IE_LINK_NONE;
    bool aside = cross || action->kind == IE_ACTION_REPLACE || action->kind == IE_ACTION_QUARANTINE;
    bool park = parks && action->kind == IE_ACTION_MOVE && !cross;
    if ((aside || park) && from_mount != step->root->mount) {
        return ie_trouble_set(
            trouble, index, IE_OUTCOME_FAILED,
            "%s lies on another file system than the quarantine of "
            "%s; run again with the folder where that is mounted as an argument of its own",
            ie_shown(action->from), ie_shown(step->root->path));
    }
    const char *root = step->root->path;
    if (entry->makes) {
        IE_AUTO_FREE char *beside = ie_path_directory(entry->to);
        IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER "/tmp");
        entry->temp =
            ie_arena_printf(run->arena, "%s/.imgengine-%s-%" PRIu64 ".new",
                            to_mount == step->root->mount ? own : beside, run->id, entry->n);
    }
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER);
    if (aside) {
        entry->quarantine = ie_arena_printf(run->arena, "%s/quarantine/%s/%" PRIu64 "/%s", own,
                                            run->id, entry->n, ie_path_base(action->from));
    }
    if (park) {
        entry->park =
            ie_arena_printf(run->arena, "%s/tmp/%s-%" PRIu64 ".park", own, run->id, entry->n);
    }
    return true;
}

bool ie_party_look(ie_run *run, ie_party *party, ie_trouble *trouble)
{
    bool good = true;
    for (size_t i = 0; good && i < party->count; i++) {
        ie_step *step = &party->steps[i];
        good = check_paths(step, i, trouble) && check_source(step, i, trouble) &&
               (step->action->to == NULL || check_target(run, party, i, trouble));
    }
    return good;
}

bool ie_party_check(ie_run *run, ie_party *party, ie_trouble *trouble)
{
    size_t folders = run->folder_count;
    bool good = ie_party_look(run, party, trouble);
    for (size_t i = 0; good && i < party->count; i++) {
        ie_step *step = &party->steps[i];
        const ie_action *action = step->action;
        step->entry = (ie_entry){
            .n = step->root->next_n++,
            .group = run->next_group,
            .part = action->gives > 0 ? (uint64_t)action->unit + 1 : 0,
            .kind = action->kind,
            .stamp = action->stamp,
            .from = action->from,
            .to = action->link != IE_LINK_NONE ? action->from : action->to,
            .link = action->link,
            .beside = ie_action_makes_sidecar(action),
            .survivor = action->kind == IE_ACTION_QUARANTINE ? action->survivor : NULL,
        };
        good = choose_way(run, step, i, party->parks, trouble);
    }
    run->next_group++;
    if (!good) {
        run->folder_count = folders;
    }
    return good;
}
