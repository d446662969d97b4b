// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which of several duplicates stays: what is protected, what is preferred, then the criteria of the
 * configuration in their order, files beside it, path. A total order, so that a plan depends on the
 * photos only.
 */
#ifndef IE_PROCESSORS_KEEP_H
#define IE_PROCESSORS_KEEP_H

#include "processors/processor.h"

typedef enum ie_criterion {
    IE_BY_PROTECTION,
    IE_BY_COLOR,
    IE_BY_PREFERENCE,
    IE_BY_RAW,
    IE_BY_METADATA,
    IE_BY_RESOLUTION,
    IE_BY_SMALLNESS,
    IE_BY_QUALITY,
    IE_BY_SAVING,
    IE_BY_RATING,
    IE_BY_FULLNESS,
    IE_BY_UNEDITED,
    IE_BY_EDITED,
    IE_BY_AGE,
    IE_BY_YOUTH,
    IE_BY_FILES,
    IE_BY_FILE_AGE,
    IE_BY_NAME, /* not that of a copy (core/copy_name.h) */
    IE_BY_BYTES,
    IE_BY_PATH
} ie_criterion;

#define IE_MAX_CRITERIA 24

typedef struct ie_keep {
    const ie_config *config;
    ie_criterion by[IE_MAX_CRITERIA];
    size_t count;
} ie_keep;

/* One that may stay or go. */
typedef struct ie_rival {
    const ie_photo *photo; /* the leader of its unit */
    size_t files;          /* of the unit */
    uint32_t preference;   /* place in dedupe.prefer; its count when in none */
    bool is_protected;
    bool poorer;           /* clearly worse to look at than another version of its picture */
    int saved_at;          /* JPEG quality, or what its format compares to: 1..100; 0: unknown */
} ie_rival;

/* Scores of copies differ by chance (a mark, more contrast): only so much lower is worse. */
#define IE_KEEP_CHANCE 0.03

/* The score, 0..1; negative when it is not known. */
double ie_keep_quality(const ie_photo *photo);
/* At which JPEG quality its picture was saved last; as in the score, 70 for other formats that
   lose, 100 for those that do not; 0: unknown. */
int ie_keep_saved_at(const ie_photo *photo);

/* For photos of equal bytes: a single old word means what it always meant. */
ie_keep ie_keep_of_equals(const ie_config *config);
/* For the same picture in other bytes: a single word is followed by the standard order; quality is
   that order. */
ie_keep ie_keep_of_similar(const ie_config *config);

/* Its sketch tells colours. */
bool ie_keep_colored(const ie_photo *photo);
/* More bits a channel, which the other cannot give back. Of RAW files nothing is said: only the
   preview was looked at, and the rules have their own word for them. */
bool ie_keep_deeper(const ie_photo *photo, const ie_photo *other);

/* Negative when `a` is the better; *ret_by says by what. Never 0 for different paths. */
int ie_keep_order(const ie_keep *keep, const ie_rival *a, const ie_rival *b, ie_criterion *ret_by);
/* Why `better` stays rather than `other`, as the end of a sentence about it; free() it. */
char *ie_keep_advantage(const ie_keep *keep, const ie_rival *better, const ie_rival *other);

#endif
