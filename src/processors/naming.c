// SPDX-License-Identifier: GPL-3.0-or-later
/* First, units at home (all files at a name of their own row) and everything that stays claim their names; with an
   output folder, units that an earlier run put there claim theirs. Then the others, in the order of their dates, take
   the first free number. A name that is taken on disk counts as free when a file of this plan leaves it. */
#include "processors/naming.h"

#include <stdlib.h>
#include <string.h>

#include "processors/names.h"
#include "processors/suffixes.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_NUMBER 1000000
#define MAX_LOOKS 1000 /* for one unit's earlier copy */
#define MAX_GAP 8
#define MAX_BASE_BYTES 255 /* NAME_MAX of Linux, macOS and Windows alike (there in UTF-16 units) */

typedef enum fate { STAYS, HOME, LEAVES } fate;

typedef struct work {
    const ie_naming *naming;
    ie_names *names;
    char **stems; /* by unit; NULL: left alone */
    fate *fates;  /* by unit */
    size_t *by_path; /* photos' indices by real_path; in place only */
} work;

static size_t size_of(const work *w, size_t unit)
{
    return w->naming->members->start[unit + 1] - w->naming->members->start[unit];
}

static size_t member_at(const work *w, size_t unit, size_t i)
{
    return w->naming->members->member[w->naming->members->start[unit] + i];
}

static const ie_photo *photo_at(const work *w, size_t unit, size_t i)
{
    return w->naming->proposal->photos[member_at(w, unit, i)];
}

static ie_action *action_at(const work *w, size_t unit, size_t i)
{
    return &w->naming->proposal->plan->actions[member_at(w, unit, i)];
}

static uint64_t owner_of(const work *w, size_t unit)
{
    return w->naming->renames ? unit + 1 : (uint64_t)photo_at(w, unit, 0)->root + 1;
}

static char *numbered(const char *stem, uint32_t number)
{
    return number > 1 ? ie_asprintf("%s_%u", stem, number) : ie_strdup(stem);
}

/* The path of one member when its unit takes that number; free() it. */
static char *target(const work *w, size_t unit, size_t i, const ie_suffix *suffix, uint32_t number)
{
    if (w->naming->renames) {
        IE_AUTO_FREE char *stem = numbered(w->stems[unit], number);
        return ie_asprintf("%s%s", stem, suffix->to);
    }
    /* Its own spelling, which may differ from the leader's in case. */
    const char *base = ie_path_base(photo_at(w, unit, i)->real_path);
    IE_AUTO_FREE char *own = ie_strndup(base, strlen(base) - strlen(suffix->from));
    IE_AUTO_FREE char *own_numbered = numbered(own, number);
    int folder = (int)(ie_path_base(w->stems[unit]) - w->stems[unit]);
    return ie_asprintf("%.*s%s%s", folder, w->stems[unit], own_numbered, suffix->to);
}

static bool converts(const ie_action *action)
{
    return action->format != action->from_format;
}

/* In place with keep_original, a converted unit's files stay as they are, and only the new one is named. */
static bool keeps_originals(const work *w, size_t unit)
{
    const ie_proposal *proposal = w->naming->proposal;
    bool any = false;
    for (size_t i = 0; i < size_of(w, unit); i++) {
        any |= converts(action_at(w, unit, i));
    }
    return any && proposal->output == NULL && proposal->config->convert.keep_original;
}

static bool is_named(const work *w, size_t unit, size_t i, bool originals_stay)
{
    return !originals_stay || converts(action_at(w, unit, i));
}

/* ---- first: who stays ------------------------------------------------------------------------ */

static bool may_be_named(const work *w, size_t unit)
{
    const ie_members *members = w->naming->members;
    ie_kind kind = ie_format_kind(w->naming->proposal->photos[members->leader[unit]]->format);
    if (size_of(w, unit) == 0 || kind == IE_KIND_NONE || kind == IE_KIND_SIDECAR) {
        return false;
    }
    for (size_t i = 0; i < size_of(w, unit); i++) {
        if (action_at(w, unit, i)->kind != IE_ACTION_KEEP) {
            return false;
        }
    }
    return true;
}

static bool too_long(const work *w, size_t unit, const ie_suffix *suffixes)
{
    size_t stem = strlen(ie_path_base(w->stems[unit]));
    for (size_t i = 0; i < size_of(w, unit); i++) {
        if (stem + sizeof "_1000000" + strlen(suffixes[i].to) > MAX_BASE_BYTES) {
            return true;
        }
    }
    return false;
}

static bool all_at(const work *w, size_t unit, const ie_suffix *suffixes, uint32_t number)
{
    for (size_t i = 0; i < size_of(w, unit); i++) {
        IE_AUTO_FREE char *path = target(w, unit, i, &suffixes[i], number);
        if (strcmp(path, photo_at(w, unit, i)->real_path) != 0) {
            return false;
        }
    }
    return true;
}

/* The number whose names the unit bears already, or 0. */
static uint32_t present_number(const work *w, size_t unit, const ie_suffix *suffixes)
{
    if (all_at(w, unit, suffixes, 1)) {
        return 1;
    }
    const char *stem = w->stems[unit], *path = photo_at(w, unit, 0)->real_path;
    size_t length = strlen(stem);
    if (!w->naming->renames || strncmp(path, stem, length) != 0 || path[length] != '_') {
        return 0;
    }
    const char *digits = path + length + 1;
    IE_AUTO_FREE char *number = ie_strndup(digits, strspn(digits, "0123456789"));
    int64_t value;
    if (digits[0] == '0' || !ie_parse_int(number, 2, MAX_NUMBER, &value)) {
        return 0;
    }
    return all_at(w, unit, suffixes, (uint32_t)value) ? (uint32_t)value : 0;
}

static void claim_present(const work *w, size_t unit)
{
    for (size_t i = 0; i < size_of(w, unit); i++) {
        ie_names_get(w->names, photo_at(w, unit, i)->real_path)->taken = true;
    }
}

static void claim_stem(const work *w, size_t unit, uint32_t number)
{
    IE_AUTO_FREE char *stem = numbered(w->stems[unit], number);
    ie_name *name = ie_names_get(w->names, stem);
    name->owner = name->owner == 0 ? owner_of(w, unit) : name->owner;
}

/* A duplicate's name is free once it is in quarantine, for the very photo that stays, say. */
static bool is_dropped(const work *w, size_t unit)
{
    for (size_t i = 0; i < size_of(w, unit); i++) {
        if (action_at(w, unit, i)->kind != IE_ACTION_QUARANTINE) {
            return false;
        }
    }
    return true;
}

static void settle_fate(work *w, size_t unit)
{
    const ie_naming *naming = w->naming;
    bool in_place = naming->proposal->output == NULL;
    w->fates[unit] = is_dropped(w, unit) ? LEAVES : STAYS;
    w->stems[unit] = may_be_named(w, unit) ? naming->stem(naming, unit) : NULL;
    if (w->stems[unit] != NULL) {
        ie_suffix *suffixes = ie_suffixes_new(naming, unit);
        uint32_t number = in_place ? present_number(w, unit, suffixes) : 0;
        if (number > 0) {
            w->fates[unit] = HOME;
            claim_stem(w, unit, number);
        } else if (naming->renames && too_long(w, unit, suffixes)) {
            free(w->stems[unit]);
            w->stems[unit] = NULL;
            for (size_t i = 0; i < size_of(w, unit); i++) {
                ie_action_reason(naming->proposal->plan, action_at(w, unit, i),
                                 "not renamed: the new name would be too long");
            }
        } else {
            w->fates[unit] = keeps_originals(w, unit) ? STAYS : LEAVES;
        }
        ie_suffixes_free(suffixes, size_of(w, unit));
    }
    if (in_place && w->fates[unit] != LEAVES) {
        claim_present(w, unit);
    }
}

/* ---- then: the others ------------------------------------------------------------------------ */

static int compare_paths(const void *a, const void *b, void *proposal_)
{
    const ie_proposal *proposal = proposal_;
    const size_t *x = a, *y = b;
    return strcmp(proposal->photos[*x]->real_path, proposal->photos[*y]->real_path);
}

static int compare_turns(const void *a, const void *b, void *work_)
{
    const work *w = work_;
    const ie_proposal *proposal = w->naming->proposal;
    const ie_photo *x = proposal->photos[w->naming->members->leader[*(const size_t *)a]];
    const ie_photo *y = proposal->photos[w->naming->members->leader[*(const size_t *)b]];
    int64_t s = ie_datetime_order(&x->metadata.captured), t = ie_datetime_order(&y->metadata.captured);
    if (s != t) {
        return s < t ? -1 : 1;
    }
    uint32_t m = x->metadata.captured.nanosecond, n = y->metadata.captured.nanosecond;
    return m != n ? (m < n ? -1 : 1) : strcmp(x->real_path, y->real_path);
}

/* The plan's photo at that path, or SIZE_MAX. */
static size_t photo_at_path(const work *w, const char *path)
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
static bool is_occupied(const work *w, const char *path, const char *except)
{
    const ie_proposal *proposal = w->naming->proposal;
    if (proposal->taken == NULL || !proposal->taken(proposal->user, path, except)) {
        return false;
    }
    size_t other = photo_at_path(w, path);
    return other == SIZE_MAX || w->fates[proposal->photos[other]->unit] != LEAVES;
}

typedef enum answer { FREE, THERE, TAKEN } answer;

static answer ask(const work *w, const ie_photo *photo, const char *path)
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
static bool try_number(const work *w, size_t unit, const ie_suffix *suffixes, uint32_t number, char **paths,
                       answer *answers)
{
    bool originals_stay = keeps_originals(w, unit), fits = true;
    for (size_t i = 0; i < size_of(w, unit); i++) {
        if (is_named(w, unit, i, originals_stay)) {
            free(paths[i]);
            paths[i] = target(w, unit, i, &suffixes[i], number);
        }
    }
    IE_AUTO_FREE char *stem = numbered(w->stems[unit], number);
    uint64_t owner = ie_names_get(w->names, stem)->owner;
    if (owner != 0 && owner != owner_of(w, unit)) {
        return false;
    }
    for (size_t i = 0; i < size_of(w, unit); i++) {
        answers[i] = paths[i] != NULL ? ask(w, photo_at(w, unit, i), paths[i]) : FREE;
        fits &= answers[i] != TAKEN;
    }
    return fits;
}

static void explain(const work *w, size_t unit, size_t i, const ie_suffix *suffix, uint32_t number)
{
    ie_plan *plan = w->naming->proposal->plan;
    ie_action *action = action_at(w, unit, i);
    size_t leader = w->naming->members->leader[unit];
    const ie_photo *photo = photo_at(w, unit, i);
    if (member_at(w, unit, i) != leader) {
        ie_action_reason(plan, action, "goes with %s",
                         ie_shown(ie_path_base(w->naming->proposal->photos[leader]->real_path)));
    } else if (w->naming->renames) {
        ie_action_reason(plan, action, "named by template");
    }
    if (number > 1 && member_at(w, unit, i) == leader) {
        ie_action_reason(plan, action, "that name was taken, hence _%u", number);
    }
    if (suffix->corrected) {
        char name[16];
        ie_capital_name(photo->format, name);
        ie_action_reason(plan, action, "extension corrected: is a %s", name);
    }
}

static void take(const work *w, size_t unit, const ie_suffix *suffixes, uint32_t number, char *const *paths,
                 const answer *answers)
{
    ie_plan *plan = w->naming->proposal->plan;
    claim_stem(w, unit, number);
    for (size_t i = 0; i < size_of(w, unit); i++) {
        ie_action *action = action_at(w, unit, i);
        if (paths[i] == NULL) {
            continue;
        }
        ie_names_get(w->names, paths[i])->taken = true;
        if (answers[i] == THERE) {
            action->kind = IE_ACTION_SKIP;
            action->reason = IE_REASON_THERE;
        } else if (answers[i] == TAKEN) {
            action->kind = IE_ACTION_SKIP;
            ie_action_reason(plan, action, "not copied: its photo is there already, beside another %s",
                             ie_shown(ie_path_base(paths[i])));
        } else if (strcmp(paths[i], action->from) != 0) {
            action->to = ie_arena_strdup(plan->arena, paths[i]);
            explain(w, unit, i, &suffixes[i], number);
        }
    }
}

/* Converted before: the original stayed, so a second run must not make a second copy. */
static bool was_converted(const work *w, size_t unit, char *const *paths)
{
    const ie_proposal *proposal = w->naming->proposal;
    for (size_t i = 0; i < size_of(w, unit); i++) {
        bool exists = paths[i] != NULL &&
                      (photo_at_path(w, paths[i]) != SIZE_MAX ||
                       (proposal->taken != NULL && proposal->taken(proposal->user, paths[i], NULL)));
        if (exists) {
            ie_action *action = action_at(w, unit, i);
            action->format = action->from_format;
            action->reason = NULL;
            ie_action_reason(proposal->plan, action, "not converted: %s exists already",
                             ie_shown(ie_path_base(paths[i])));
            return true;
        }
    }
    return false;
}

/* No path begins with '#', so that counters are entries of their own. */
static ie_name *counter_of(const work *w, size_t unit, const ie_suffix *suffixes)
{
    IE_AUTO_FREE char *key = ie_asprintf("#%s%s", w->stems[unit], w->naming->renames ? "" : suffixes[0].to);
    return ie_names_get(w->names, key);
}

static answer ask_leader(const work *w, size_t unit, const ie_suffix *suffixes, uint32_t number)
{
    for (size_t i = 0; i < size_of(w, unit); i++) {
        if (member_at(w, unit, i) == w->naming->members->leader[unit]) {
            IE_AUTO_FREE char *path = target(w, unit, i, &suffixes[i], number);
            return ask(w, photo_at(w, unit, i), path);
        }
    }
    return FREE;
}

/* The number under which an earlier run into this output put the unit, by its record or by its bytes; or 0. */
static uint32_t number_there(const work *w, size_t unit, const ie_suffix *suffixes)
{
    const ie_proposal *proposal = w->naming->proposal;
    const ie_photo *leader = proposal->photos[w->naming->members->leader[unit]];
    bool plain;
    const char *path = proposal->made != NULL ? proposal->made(proposal->user, leader, &plain) : NULL;
    uint32_t number = path != NULL ? ie_name_number(path, w->stems[unit]) : 0;
    if (number > 0 && ask_leader(w, unit, suffixes, number) == THERE) {
        return number;
    }
    answer found = FREE;
    uint32_t gap = 0;
    for (number = 0; found != THERE && number < MAX_LOOKS && gap < MAX_GAP; number++) {
        found = ask_leader(w, unit, suffixes, number + 1);
        gap = found == FREE ? gap + 1 : 0;
    }
    return found == THERE ? number : 0;
}

typedef enum pass { RECOGNIZE, NAME } pass;

/* True when the unit is done with. */
static bool name_unit(const work *w, size_t unit, pass which)
{
    size_t count = size_of(w, unit);
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
        }
    } else {
        number = counter_of(w, unit, suffixes)->next;
        number = number > 0 ? number : 1;
        for (; !found && !converted && number <= MAX_NUMBER; number += !found) {
            found = try_number(w, unit, suffixes, number, paths, answers);
            converted = number == 1 && keeps_originals(w, unit) && was_converted(w, unit, paths);
        }
        counter_of(w, unit, suffixes)->next = number + found;
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

static void name_all(work *w)
{
    const ie_members *members = w->naming->members;
    size_t *turns = ie_alloc((members->units + 1) * sizeof *turns), count = 0;
    for (size_t u = 0; u < members->units; u++) {
        if (w->stems[u] != NULL && w->fates[u] != HOME) {
            turns[count++] = u;
        }
    }
    qsort_r(turns, count, sizeof *turns, compare_turns, w);
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
    work w = {
        .naming = naming,
        .names = ie_names_new(),
        .stems = ie_alloc((units + 1) * sizeof *w.stems),
        .fates = ie_alloc((units + 1) * sizeof *w.fates),
    };
    if (proposal->output == NULL) {
        w.by_path = ie_alloc((proposal->count + 1) * sizeof *w.by_path);
        for (size_t i = 0; i < proposal->count; i++) {
            w.by_path[i] = i;
        }
        qsort_r(w.by_path, proposal->count, sizeof *w.by_path, compare_paths, proposal);
    }
    for (size_t u = 0; u < units; u++) {
        settle_fate(&w, u);
    }
    name_all(&w);
    for (size_t u = 0; u < units; u++) {
        free(w.stems[u]);
    }
    free(w.stems);
    free(w.fates);
    free(w.by_path);
    ie_names_free(w.names);
    return IE_OK;
}
