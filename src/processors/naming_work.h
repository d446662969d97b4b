// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What naming.c (who takes which name) and naming_first.c (who has one already) share. The names of
 * a unit make a row: its stem, then that with "_2", "_3", …; or, where the template counts, the
 * names with 1, 2, 3, …, and then all units that count the same thing share one row.
 */
#ifndef IE_PROCESSORS_NAMING_WORK_H
#define IE_PROCESSORS_NAMING_WORK_H

#include "processors/names.h"
#include "processors/naming.h"
#include "processors/suffixes.h"

#define IE_MAX_NUMBER 1000000

typedef enum ie_fate { IE_STAYS, IE_HOME, IE_LEAVES } ie_fate;

typedef struct ie_work {
    const ie_naming *naming;
    ie_names *names;
    char **stems;    /* by unit: the first of its row; NULL: left alone */
    char **rows; /* by unit: what its numbers count; NULL: nothing, they tell equal names apart */
    ie_fate *fates;  /* by unit */
    size_t *by_path; /* photos' indices by real_path; in place only */
} ie_work;

static inline size_t ie_work_size(const ie_work *w, size_t unit)
{
    return w->naming->members->start[unit + 1] - w->naming->members->start[unit];
}

static inline size_t ie_work_member(const ie_work *w, size_t unit, size_t i)
{
    return w->naming->members->member[w->naming->members->start[unit] + i];
}

static inline const ie_photo *ie_work_photo(const ie_work *w, size_t unit, size_t i)
{
    return w->naming->proposal->photos[ie_work_member(w, unit, i)];
}

static inline ie_action *ie_work_action(const ie_work *w, size_t unit, size_t i)
{
    return &w->naming->proposal->plan->actions[ie_work_member(w, unit, i)];
}

/* The unit's stem of that number; free() it. */
char *ie_work_stem(const ie_work *w, size_t unit, uint32_t number);
/* The path of one member when its unit takes that number; free() it. */
char *ie_work_target(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                     uint32_t number);
/* Notes that the unit has that number of its row. */
void ie_work_claim(const ie_work *w, size_t unit, uint32_t number);
/* Has another unit that number? */
bool ie_work_is_claimed(const ie_work *w, size_t unit, uint32_t number);
/* In place with keep_original, a converted unit's files stay as they are, and only the new one is
   named. */
bool ie_work_keeps_originals(const ie_work *w, size_t unit);
/* The number whose name `path` is, which is of the unit's member `i`, or 0. */
uint32_t ie_work_number_of(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                           const char *path);

/* Fills stems, rows and fates, and claims the names of what stays. */
void ie_work_first(ie_work *w);

/* For qsort_r() of units, with the work: by date with its fractions of a second, then by the number
   that the camera gave. */
int ie_work_compare_turns(const void *a, const void *b, void *work);

#endif
