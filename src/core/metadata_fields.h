// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_metadata_field: one member of ie_metadata with its place in the record, so that writing,
 * reading back, and merging two sources walk one table. A new fact of a usual kind costs a member
 * and a row. Constant data.
 */
#ifndef IE_CORE_METADATA_FIELDS_H
#define IE_CORE_METADATA_FIELDS_H

#include "core/photo.h"

typedef enum ie_fact_kind {
    IE_FACT_TEXT,   /* const char *; NULL: absent */
    IE_FACT_TEXTS,  /* ie_text_list */
    IE_FACT_REAL,   /* double; NaN: absent */
    IE_FACT_COUNT,  /* int32_t; 0: absent */
    IE_FACT_FLAG,   /* int8_t 0, 1; -1: absent */
    IE_FACT_RATING, /* int32_t -1..5; IE_ABSENT */
} ie_fact_kind;

typedef struct ie_metadata_field {
    const char *group, *key; /* group NULL: stands in "metadata" itself */
    ie_fact_kind kind;
    int decimals; /* REAL: in the record */
    size_t offset;
} ie_metadata_field;

/* In the record's order; NULL past the end. */
const ie_metadata_field *ie_metadata_field_at(size_t index);

/* The member in `metadata`. */
void *ie_metadata_member(const ie_metadata_field *field, const ie_metadata *metadata);
bool ie_metadata_has(const ie_metadata_field *field, const ie_metadata *metadata);
/* Do both have it and say different things? Lists and reals that round to the same are no
   conflict. */
bool ie_metadata_differs(const ie_metadata_field *field, const ie_metadata *a,
                         const ie_metadata *b);
/* What `from` has and `to` has not; of lists the items that are new. Positions come whole or not
   at all. Of the fields in the set `prefer` (bit i: field i), `from` wins where it says something.
 */
void ie_metadata_merge(ie_metadata *to, const ie_metadata *from, uint64_t prefer, ie_arena *arena);
/* The set of fields of that name ("rating", "exposure.iso") or group ("gps"); 0: there is none. */
uint64_t ie_metadata_fields_named(const char *name);

#endif
