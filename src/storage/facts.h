// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_facts: what one source (EXIF, XMP, IPTC, a video's own boxes) says, before the sources are
 * weighed against each other in metadata_file.c. Strings lie in the photo's arena. What is absent
 * is absent as in ie_metadata. And the text forms of dates and places that several sources share.
 */
#ifndef IE_STORAGE_FACTS_H
#define IE_STORAGE_FACTS_H

#include "core/photo.h"

typedef struct ie_facts {
    ie_metadata m;                             /* without its captured* members */
    ie_datetime original, digitized, modified; /* year 0: absent */
    ie_datetime gps_utc;    /* of the position; a date and a time of day, or year 0 */
    bool date_only;         /* original has no time of day: it stands at 00:00:00 */
    uint8_t orientation;    /* 0: absent */
    uint32_t width, height; /* 0: absent */
    int32_t percent;        /* Microsoft's rating, 0..100; IE_ABSENT */
    const char *xp_title, *xp_comment,
        *xp_author;         /* Windows' own tags: only where nothing better speaks */
    bool zero_date;         /* the date is 0000:00:00 */
    bool gps_bad;           /* a position is there, but it is none */
    bool too_long;          /* a text was too long and is left out */
    bool damaged;           /* parts lie outside the file, or are not what they must be */
} ie_facts;

void ie_facts_init(ie_facts *facts);

/* A text of the file in the arena: up to the first NUL, trailing blanks cut, UTF-8 or else taken as
   Latin-1. NULL when nothing is left. */
const char *ie_facts_text(ie_arena *arena, const void *bytes, size_t size);
/* The same, taken as Latin-1 whatever it looks like. */
const char *ie_facts_latin1(ie_arena *arena, const void *bytes, size_t size);
/* The same from UTF-16. */
const char *ie_facts_utf16(ie_arena *arena, const uint8_t *bytes, size_t size, bool big_endian);

/* "2023:07:14 09:12:33" (EXIF) and "2023-07-14T09:12:33.12+02:00" (XMP, QuickTime; also shortened
   to minutes or to the date, *ret_date_only). False when it is no date that the calendar knows;
   blanks and zeros are none. */
bool ie_facts_date(const char *text, size_t size, ie_datetime *ret_time, bool *ret_date_only);
/* "120" → .120 s; false when there are other than digits. */
bool ie_facts_subsec(const char *text, size_t size, ie_datetime *time);
/* "+02:00", "+0200", "Z"; false when it is none. */
bool ie_facts_offset(const char *text, size_t size, ie_datetime *time);

/* Stars for Microsoft's percents: 1, 25, 50, 75 and 99 are one to five. */
int32_t ie_facts_stars(int32_t percent);

/* Both or none, within ±90 and ±180 degrees; false (and nothing set) otherwise. */
bool ie_facts_set_place(ie_metadata *m, double latitude, double longitude);

#endif
