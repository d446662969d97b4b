// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which analyzer, in which version, with which settings and files of a model, gave what a stored
 * record holds: one line an analyzer, "NAME VERSION SETTINGS[.FILES] f|t", 'f' for facts given, 't'
 * for tried and only faults came of it. And records cut down to what is still true. Pure.
 */
#ifndef IE_STORAGE_FACT_VERSION_H
#define IE_STORAGE_FACT_VERSION_H

#include "storage/catalog.h"
#include "utils/json.h"

/* The lines for a photo's `have` and `tried`; free() them. What `stored` (may be NULL), the lines
   so far, says of the files that facts come from stays where `versions` does not know them. */
char *ie_fact_versions_text(const ie_fact_version *versions, size_t count, const ie_photo *photo,
                            const char *stored);

/* The bits whose stored version and settings are the given ones: facts, and tried in vain. */
typedef struct ie_fact_bits {
    unsigned have, tried;
} ie_fact_bits;
ie_fact_bits ie_fact_versions_current(const char *text, const ie_fact_version *versions,
                                      size_t count);

/* The stored lines of analyzers that are not among the given ones: what a run that did not ask for
   them must not throw away. "" when there are none; free() it. */
char *ie_fact_versions_others(const char *text, const ie_fact_version *versions, size_t count);

/* Removes the facts of analyzers without a bit in `have`. */
void ie_facts_keep(json_t *record, unsigned have);
/* Removes the facts of analyzers that are among the given ones. */
void ie_facts_drop(json_t *record, const ie_fact_version *versions, size_t count);
/* Adds facts of `other` that `record` has not. */
void ie_facts_merge(json_t *record, json_t *other);

#endif
