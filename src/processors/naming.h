// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Free names for whole units. rename and place each say what a unit would like to be called; this
 * gives every unit that name, or the same with "_2", "_3", …, so that no two files get one path,
 * none gets that of a file that stays, and names that differ by case or by composed and single
 * accents only count as equal (disks fold both). A unit whose files all have a name of its row
 * already keeps it, so that a second run changes nothing; so does one whose names are of the row
 * that its former name would make, since an earlier run gave them.
 */
#ifndef IE_PROCESSORS_NAMING_H
#define IE_PROCESSORS_NAMING_H

#include "processors/members.h"

typedef struct ie_naming {
    ie_proposal *proposal;
    const ie_members *members;
    /* The unit's wanted path without extension, absolute; free() it. NULL: the unit is left alone.
       Where it holds a number that counts something, it does so with `number`, and *ret_row names
       what is counted (free() it; with 1 only, else NULL is passed); otherwise *ret_row stays NULL.
     */
    char *(*stem)(const struct ie_naming *naming, size_t unit, uint32_t number, char **ret_row);
    /* Makes the unit's stems of the name that it had before an earlier run (`use`), or of its own
       again. False: it had none, or the name makes no difference. May be NULL: never. Asked in
       place, for a unit that is not at home. */
    bool (*former)(const struct ie_naming *naming, size_t unit, bool use);
    /* True: each file is called after the stem, its extension corrected by content and lower-cased
       if configured; a stem is one unit's only, since two photos of one second are no pair. False:
       files keep their names but for conversions; a stem is all units' of one root (a.jpg, a.png).
     */
    bool renames;
    const void *user;
} ie_naming;

ie_status ie_naming_run(const ie_naming *naming, ie_error *err) IE_MUST_CHECK;

#endif
