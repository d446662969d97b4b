// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * First, units at home (all files at a name of their own row) and everything that stays claim their
 * names; with an output folder, units that an earlier run put there claim theirs. Then the others,
 * in the order of their dates, take the first free number. A name that is taken on disk counts as
 * free when a file of this plan leaves it.
 */
#include "processors/naming.h"

#include <stdlib.h>
#include <string.h>

#include "core/unit.h"
#include "processors/naming_work.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_LOOKS 1000 /* for one unit's earlier copy */
#define MAX_GAP 8

static uint64_t owner_of(const ie_work *w, size_t unit)
{
    return w->naming->renames ? unit + 1 : (uint64_t)ie_work_photo(w, unit, 0)->root + 1;
}

static char *numbered(const char *stem, uint32_t number)
{
    return number > 1 ? ie_asprintf("%s_%u", stem, number) : ie_strdup(stem);
}

char *ie_work_stem(const ie_work *w, size_t unit, uint32_t number)
{
    return w->rows[unit] != NULL ? w->naming->stem(w->naming, unit, number, NULL)
                                 : numbered(w->stems[unit], number);
}

char *ie_work_target(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                     uint32_t number)
{
    if (w->naming->renames) {
        IE_AUTO_FREE char *stem = ie_work_stem(w, unit, number);
        return ie_asprintf("%s%s", stem, suffix->to);
    }
    /* Its own spelling, which may differ from the leader's in case. */
    const char *base = ie_path_base(ie_work_photo(w, unit, i)->real_path);
    IE_AUTO_FREE char *own = ie_strndup(base, strlen(base) - strlen(suffix->from));
    IE_AUTO_FREE char *own_numbered = numbered(own, number);
    size_t folder = (size_t)(ie_path_base(w->stems[unit]) - w->stems[unit]);
    return ie_asprintf("%.*s%s%s", (int)folder, w->stems[unit], own_numbered, suffix->to);
}

/* The entry of one number of a row that is shared. No path begins with '+'. */
static ie_name *number_of_row(const ie_work *w, size_t unit, uint32_t number)
{
    IE_AUTO_FREE char *key = ie_asprintf("+%u/%s", number, w->rows[unit]);
    return ie_names_get(w->names, key);
}

static void own(ie_name *name, uint64_t owner)
{
    name->owner = name->owner == 0 ? owner : name->owner;
}

void ie_work_claim(const ie_work *w, size_t unit, uint32_t number)
{
    IE_AUTO_FREE char *stem = ie_work_stem(w, unit, number);
    own(ie_names_get(w->names, stem), owner_of(w, unit));
    if (w->rows[unit] != NULL) {
        own(number_of_row(w, unit, number), owner_of(w, unit));
    }
}

bool ie_work_is_claimed(const ie_work *w, size_t unit, uint32_t number)
{
    IE_AUTO_FREE char *stem = ie_work_stem(w, unit, number);
    uint64_t owner = ie_names_get(w->names, stem)->owner;
    if (owner == 0 && w->rows[unit] != NULL) {
        owner = number_of_row(w, unit, number)->owner;
    }
    return owner != 0 && owner != owner_of(w, unit);
}

static bool converts(const ie_action *action)
{
    return action->format != action->from_format;
}

bool ie_work_keeps_originals(const ie_work *w, size_t unit)
{
    const ie_proposal *proposal = w->naming->proposal;
    bool any = false;
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        const ie_action *action = ie_work_action(w, unit, i);
        any |= converts(action) && ie_original_stays(proposal, action);
    }
    return any;
}

static bool is_named(const ie_work *w, size_t unit, size_t i, bool originals_stay)
{
    return !originals_stay || converts(ie_work_action(w, unit, i));
}

/* ---- then: the others ------------------------------------------------------------------------ */

static int compare_paths(const void *a, const void *b, void *proposal_)
{
    const ie_proposal *proposal = proposal_;
    const size_t *x = a, *y = b;
    return strcmp(proposal->photos[*x]->real_path, proposal->photos[*y]->real_path);
}

/* The plan's photo at that path, or SIZE_MAX. */
static size_t photo_at_path(const ie_work *w, const char *path)
{
    const ie_proposal *proposal = w->naming->proposal;
    size_t low = 0, high = w->by_path != NULL ? proposal->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(proposal->photos[w->by_path[middle]]->real_path, path);
        if (order == 0) {
            return w->by_path[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return SIZE_MAX;
}

/* By a file on disk that does not leave it. */
static bool is_occupied(const ie_work *w, const char *path, const char *except)
{
    const ie_proposal *proposal = w->naming->proposal;
    if (proposal->taken == NULL || !proposal->taken(proposal->user, path, except)) {
        return false;
    }
    size_t other = photo_at_path(w, path);
    return other == SIZE_MAX || w->fates[proposal->photos[other]->unit] != IE_LEAVES;
}

typedef enum answer { FREE, THERE, TAKEN } answer;

static answer ask(const ie_work *w, const ie_photo *photo, const char *path)
{
    const ie_proposal *proposal = w->naming->proposal;
    if (ie_names_get(w->names, path)->taken) {
        return TAKEN;
    }
    if (!is_occupied(w, path, photo->real_path)) {
        return FREE;
    }
    bool same = proposal->output != NULL && proposal->same != NULL &&
                proposal->same(proposal->user, photo, path);
    return same ? THERE : TAKEN;
}

/* Fills paths and answers of the members to be named; false when the number will not do. */
static bool try_number(const ie_work *w, size_t unit, const ie_suffix *suffixes, uint32_t number,
                       char **paths, answer *answers)
{
    bool originals_stay = ie_work_keeps_originals(w, unit), fits = true;
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        if (is_named(w, unit, i, originals_stay)) {
            free(paths[i]);
            paths[i] = ie_work_target(w, unit, i, &suffixes[i], number);
        }
    }
    if (ie_work_is_claimed(w, unit, number)) {
        return false;
    }
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        answers[i] = paths[i] != NULL ? ask(w, ie_work_photo(w, unit, i), paths[i]) : FREE;
        fits &= answers[i] != TAKEN;
    }
    return fits;
}

static void explain(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                    uint32_t number)
{
    ie_plan *plan = w->naming->proposal->plan;
    ie_action *action = ie_work_action(w, unit, i);
    size_t leader = w->naming->members->leader[unit];
    const ie_photo *photo = ie_work_photo(w, unit, i);
    if (ie_work_member(w, unit, i) != leader) {
        ie_action_reason(plan, action, "goes with %s",
                         ie_shown(ie_path_base(w->naming->proposal->photos[leader]->real_path)));
    }
    if (number > 1 && w->rows[unit] == NULL && ie_work_member(w, unit, i) == leader) {
        ie_action_reason(plan, action, "that name was taken, hence _%u", number);
    }
    if (suffix->corrected) {
        char name[16];
        ie_capital_name(photo->format, name);
        ie_action_reason(plan, action, "extension corrected: is a %s", name);
    }
}

static void take(const ie_work *w, size_t unit, const ie_suffix *suffixes, uint32_t number,
                 char *const *paths, const answer *answers)
{
    ie_plan *plan = w->naming->proposal->plan;
    ie_work_claim(w, unit, number);
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        ie_action *action = ie_work_action(w, unit, i);
        if (paths[i] == NULL) {
            continue;
        }
        ie_names_get(w->names, paths[i])->taken = true;
        if (answers[i] == THERE) {
            action->kind = IE_ACTION_SKIP;
            action->unconverted = false;
            action->reason = IE_REASON_THERE;
            action->found = ie_arena_strdup(plan->arena, paths[i]);
        } else if (answers[i] == TAKEN) {
            action->kind = IE_ACTION_SKIP;
            ie_action_reason(plan, action,
                             "not copied: its photo is there already, beside another %s",
                             ie_shown(ie_path_base(paths[i])));
        } else if (strcmp(paths[i], action->from) != 0) {
            action->to = ie_arena_strdup(plan->arena, paths[i]);
            explain(w, unit, i, &suffixes[i], number);
        }
    }
}

/* Converted before: the original stayed, so a second run must not make a second copy. */
static bool was_converted(const ie_work *w, size_t unit, char *const *paths)
{
    const ie_proposal *proposal = w->naming->proposal;
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        bool exists =
            paths[i] != NULL &&
            (photo_at_path(w, paths[i]) != SIZE_MAX ||
             (proposal->taken != NULL && proposal->taken(proposal->user, paths[i], NULL)));
        if (exists) {
            ie_action *action = ie_work_action(w, unit, i);
            action->format = action->from_format;
            action->reason = NULL;
            ie_action_reason(proposal->plan, action, "not converted: %s exists already",
                             ie_shown(ie_path_base(paths[i])));
            return true;
        }
    }
    return false;
}

/* No path begins with '#' or '=', so that counters are entries of their own. */
static ie_name *counter_of(const ie_work *w, size_t unit, char mark, const ie_suffix *suffixes)
{
    const char *row = w->rows[unit];
    IE_AUTO_FREE char *key = ie_asprintf("%c%s%s", mark, row != NULL ? row : w->stems[unit],
                                         w->naming->renames ? "" : suffixes[0].to);
    return ie_names_get(w->names, key);
}

static size_t leader_at(const ie_work *w, size_t unit)
{
    size_t i = 0;
    while (i + 1 < ie_work_size(w, unit) &&
           ie_work_member(w, unit, i) != w->naming->members->leader[unit]) {
        i++;
    }
    return i;
}

static answer ask_leader(const ie_work *w, size_t unit, const ie_suffix *suffixes, uint32_t number)
{
    size_t i = leader_at(w, unit);
    IE_AUTO_FREE char *path = ie_work_target(w, unit, i, &suffixes[i], number);
    return ask(w, ie_work_photo(w, unit, i), path);
}

/* As the journal there remembers it: no number needs to be guessed then. */
static uint32_t number_remembered(const ie_work *w, size_t unit, const ie_suffix *suffixes)
{
    const ie_proposal *proposal = w->naming->proposal;
    size_t i = leader_at(w, unit);
    bool plain;
    const char *path = proposal->made != NULL
                           ? proposal->made(proposal->user, ie_work_photo(w, unit, i), &plain)
                           : NULL;
    uint32_t number = path != NULL ? ie_work_number_of(w, unit, i, &suffixes[i], path) : 0;
    return number > 0 && ask_leader(w, unit, suffixes, number) == THERE ? number : 0;
}

/* The number under which an earlier run into this output put the unit, or 0. The one after the last
   one found comes first: in a repeated run it is right, and then a million equal names cost a
   million looks. */
static uint32_t number_there(const ie_work *w, size_t unit, const ie_suffix *suffixes)
{
    uint32_t hint = counter_of(w, unit, '=', suffixes)->next;
    if (hint > 1 && ask_leader(w, unit, suffixes, hint) == THERE) {
        return hint;
    }
    uint32_t remembered = number_remembered(w, unit, suffixes);
    if (remembered > 0) {
        return remembered;
    }
    for (uint32_t number = 1, gap = 0; number <= MAX_LOOKS && gap < MAX_GAP; number++) {
        answer found = ask_leader(w, unit, suffixes, number);
        if (found == THERE) {
            return number;
        }
        gap = found == FREE ? gap + 1 : 0;
    }
    return 0;
}

/* As one reads it who knows the folder. */
static const char *within(const char *folder, const char *path)
{
    return ie_path_below(path, folder) ? path + strlen(folder) + 1 : path;
}

/* Where the other files of a unit belong whose leader is `path` now; free() it. NULL: it is not
   named as leaders are. */
static char *stem_there(const char *path, const char *leader_suffix)
{
    size_t length = strlen(path), end = strlen(leader_suffix);
    return length > end && ie_equal_nocase(path + length - end, leader_suffix)
               ? ie_strndup(path, length - end)
               : NULL;
}

/* Fills paths and answers of the members. False: the unit is not there, or a picture of it could
   not be put beside the others; a copy in another format does not count. */
static bool find_elsewhere(const ie_work *w, size_t unit, const ie_suffix *suffixes, char **paths,
                           answer *answers)
{
    const ie_proposal *proposal = w->naming->proposal;
    bool plain;
    size_t leader = leader_at(w, unit);
    const char *path = proposal->made != NULL
                           ? proposal->made(proposal->user, ie_work_photo(w, unit, leader), &plain)
                           : NULL;
    IE_AUTO_FREE char *stem =
        path != NULL && ie_path_below(path, proposal->output)
            ? stem_there(path, suffixes[leader].to)
            : NULL;
    for (size_t i = 0; stem != NULL && i < ie_work_size(w, unit); i++) {
        const ie_photo *photo = ie_work_photo(w, unit, i);
        IE_AUTO_FREE char *beside = ie_asprintf("%s%s", stem, suffixes[i].to);
        path = proposal->made(proposal->user, photo, &plain);
        bool there = path != NULL &&
                     ie_equal_nocase(ie_path_extension(path), ie_path_extension(beside));
        free(paths[i]);
        paths[i] = ie_strdup(there ? path : beside);
        answers[i] = there ? THERE : ask(w, photo, paths[i]);
        if (answers[i] == TAKEN && photo->format != IE_FORMAT_SIDECAR) {
            return false;
        }
    }
    return stem != NULL;
}

/* Put there by an earlier run, and renamed there since: what is new in the unit goes beside it. */
static bool is_elsewhere(const ie_work *w, size_t unit, const ie_suffix *suffixes, char **paths,
                         answer *answers)
{
    const ie_proposal *proposal = w->naming->proposal;
    if (!find_elsewhere(w, unit, suffixes, paths, answers)) {
        return false;
    }
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        ie_action *action = ie_work_action(w, unit, i);
        const char *shown = ie_shown(within(proposal->output, paths[i]));
        ie_names_get(w->names, paths[i])->taken = true;
        if (answers[i] == FREE) {
            action->to = ie_arena_strdup(proposal->plan->arena, paths[i]);
            explain(w, unit, i, &suffixes[i], 1);
            continue;
        }
        action->kind = IE_ACTION_SKIP;
        action->reason = NULL;
        if (answers[i] == THERE) {
            action->unconverted = false;
            action->found = ie_arena_strdup(proposal->plan->arena, paths[i]);
            ie_action_reason(proposal->plan, action, IE_REASON_THERE ", as %s", shown);
        } else {
            ie_action_reason(proposal->plan, action,
                             "not copied: its photo is there already, beside another %s", shown);
        }
    }
    return true;
}

typedef enum pass { RECOGNIZE, NAME } pass;

/* True when the unit is done with. */
static bool name_unit(const ie_work *w, size_t unit, pass which)
{
    size_t count = ie_work_size(w, unit);
    ie_suffix *suffixes = ie_suffixes_new(w->naming, unit);
    char **paths = ie_alloc(count * sizeof *paths);
    answer *answers = ie_alloc(count * sizeof *answers);
    bool found = false, converted = false;
    uint32_t number;
    if (which == RECOGNIZE) {
        number = number_there(w, unit, suffixes);
        found = number > 0;
        if (found) {
            try_number(w, unit, suffixes, number, paths, answers);
            counter_of(w, unit, '=', suffixes)->next = number + 1;
        } else if (is_elsewhere(w, unit, suffixes, paths, answers)) {
            found = converted = true; /* nothing is left to be named */
        }
    } else {
        number = counter_of(w, unit, '#', suffixes)->next;
        number = number > 0 ? number : 1;
        for (; !found && !converted && number <= IE_MAX_NUMBER; number += !found) {
            found = try_number(w, unit, suffixes, number, paths, answers);
            converted =
                number == 1 && ie_work_keeps_originals(w, unit) && was_converted(w, unit, paths);
        }
        counter_of(w, unit, '#', suffixes)->next = number + found;
    }
    if (found && !converted) {
        take(w, unit, suffixes, number, paths, answers);
    }
    for (size_t i = 0; i < count; i++) {
        free(paths[i]);
    }
    free(paths);
    free(answers);
    ie_suffixes_free(suffixes, count);
    return found;
}

static void name_all(ie_work *w)
{
    const ie_members *members = w->naming->members;
    size_t *turns = ie_alloc((members->units + 1) * sizeof *turns), count = 0;
    for (size_t u = 0; u < members->units; u++) {
        if (w->stems[u] != NULL && w->fates[u] != IE_HOME) {
            turns[count++] = u;
        }
    }
    qsort_r(turns, count, sizeof *turns, ie_work_compare_turns, w);
    size_t left = 0;
    bool recognizes = w->naming->proposal->output != NULL && w->naming->proposal->same != NULL;
    for (size_t i = 0; i < count; i++) {
        if (!recognizes || !name_unit(w, turns[i], RECOGNIZE)) {
            turns[left++] = turns[i];
        }
    }
    for (size_t i = 0; i < left; i++) {
        name_unit(w, turns[i], NAME);
    }
    free(turns);
}

ie_status ie_naming_run(const ie_naming *naming, ie_error *err)
{
    (void)err;
    ie_proposal *proposal = naming->proposal;
    size_t units = naming->members->units;
    ie_work w = {
        .naming = naming,
        .names = ie_names_new(),
        .stems = ie_alloc((units + 1) * sizeof *w.stems),
        .rows = ie_alloc((units + 1) * sizeof *w.rows),
        .fates = ie_alloc((units + 1) * sizeof *w.fates),
    };
    if (proposal->output == NULL) {
        w.by_path = ie_alloc((proposal->count + 1) * sizeof *w.by_path);
        for (size_t i = 0; i < proposal->count; i++) {
            w.by_path[i] = i;
        }
        qsort_r(w.by_path, proposal->count, sizeof *w.by_path, compare_paths, proposal);
    }
    ie_work_first(&w);
    name_all(&w);
    for (size_t u = 0; u < units; u++) {
        free(w.stems[u]);
        free(w.rows[u]);
    }
    free(w.stems);
    free(w.rows);
    free(w.fates);
    free(w.by_path);
    ie_names_free(w.names);
    return IE_OK;
}
