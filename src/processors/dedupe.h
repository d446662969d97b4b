// SPDX-License-Identifier: GPL-3.0-or-later
/* What dedupe.c (equal bytes) and near.c (the same picture in other bytes) share; nobody else
   includes it. */
#ifndef IE_PROCESSORS_DEDUPE_H
#define IE_PROCESSORS_DEDUPE_H

#include "processors/keep.h"
#include "processors/members.h"

typedef enum ie_copy_verdict {
    IE_GOES,
    IE_STAYS,           /* one of the copies wanted */
    IE_STAYS_PROTECTED,
    IE_STAYS_AS_LINK,   /* another name of a file that stays: dropping it saves nothing */
} ie_copy_verdict;

typedef struct ie_candidate {
    ie_rival rival;
    size_t index, unit; /* of its photo and action */
    uint64_t size, head; /* of its photo: bytes, and the first of its hash; sorted by, for photos
                            lie far apart in memory */
    ie_copy_verdict verdict;
} ie_candidate;

typedef struct ie_dedupe {
    const ie_proposal *proposal;
    const ie_config *config;
    ie_keep keep; /* of equals */
    ie_members members;
} ie_dedupe;

/* Short where both lie in one root, else as the user wrote it. */
const char *ie_dedupe_name(const ie_dedupe *d, const ie_photo *photo, const ie_photo *beside);
ie_action *ie_dedupe_action(const ie_dedupe *d, const ie_candidate *c);
/* The photo's equal by bytes in the unit, another file; NULL when there is none. */
const ie_photo *ie_dedupe_equal(const ie_dedupe *d, size_t unit, const ie_photo *photo);

/* What is planned for those that go: QUARANTINE, SKIP (not copied), or KEEP (only reported). */
ie_action_kind ie_dedupe_kind(const ie_dedupe *d);
/* Shall links take the names of those that go? */
bool ie_dedupe_links(const ie_dedupe *d);
/* After equal bytes were dealt with: photos that the proposal's pairs call the same picture. Each
   that goes matches the one that stays, not merely another that goes. `candidates` are sorted so
   that those of equal bytes stand together. */
void ie_near_propose(const ie_dedupe *d, ie_candidate *candidates, size_t count);
/* Are the two of equal bytes? */
bool ie_dedupe_same_bytes(const ie_candidate *a, const ie_candidate *b);

#endif
