// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * When was it taken? Each source gives a candidate; the configured order decides, and dates that
 * clocks show when nobody set them (1904, 1970, 1980), or that lie in the future, are believed only
 * when nothing better speaks. The date is never moved: a zone found from GPS time is only noted.
 */
#ifndef IE_STORAGE_DATES_H
#define IE_STORAGE_DATES_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_dates {
    struct {
        ie_datetime time; /* year 0: none */
        double sure;      /* 0..1 */
    } of[IE_DATE_SOURCES];
    ie_datetime gps_utc; /* year 0: none */
    bool zeros;          /* EXIF has a date, and it is 0000:00:00 */
} ie_dates;

/* How sure a date is by its source. A date without a time of day stands at midnight. */
#define IE_SURE_EXIF 1.0         /* EXIF DateTimeOriginal */
#define IE_SURE_DIGITIZED 0.9    /* EXIF DateTimeDigitized */
#define IE_SURE_XMP 0.85         /* exif:DateTimeOriginal, photoshop:DateCreated, xmp:CreateDate */
#define IE_SURE_IPTC 0.8         /* DateCreated with TimeCreated */
#define IE_SURE_QUICKTIME 0.8    /* creationdate with its zone */
#define IE_SURE_SIDECAR 0.8      /* as XMP, or Takeout's photoTakenTime (UTC) */
#define IE_SURE_MOVIE_HEADER 0.7 /* mvhd: UTC, and often the time of the export */
#define IE_SURE_NAME 0.7         /* the file's name, with a time of day */
#define IE_SURE_DATE_ONLY 0.6
#define IE_SURE_NAME_DAY 0.5  /* the file's name, without */
#define IE_SURE_MODIFIED 0.5  /* EXIF DateTime */
#define IE_SURE_FOLDER 0.3    /* a folder's name */
#define IE_SURE_FILE 0.2      /* modification time, in the machine's zone */
#define IE_SURE_SUSPICIOUS 0.1

/* Notes a candidate; the first of a source that is a date stays. */
void ie_dates_add(ie_dates *dates, ie_date_source source, const ie_datetime *time, double sure);
/* Sets captured and what belongs to it. `order`: names of sources; NULL or empty: the default. What
   lies more than a day behind `now_s` (seconds since 1970) is in the future; 0: do not ask. */
void ie_dates_choose(const ie_dates *dates, const ie_config_list *order, int64_t now_s,
                     ie_arena *arena, ie_metadata *m);
/* Why a date cannot be believed, or NULL. */
const char *ie_date_doubt(const ie_datetime *time, int64_t now_s);

#endif
