// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The properties of XMP that mean something to us, by number: their names in the table of
 * xmp_names.c, their meaning in xmp_facts.c. A new plain text costs a word here and a row there.
 * Pure.
 */
#ifndef IE_STORAGE_XMP_NAMES_H
#define IE_STORAGE_XMP_NAMES_H

#include <stddef.h>

typedef enum ie_xmp_field {
    IE_XMP_NONE,
    IE_XMP_SUBJECT,
    IE_XMP_TITLE,
    IE_XMP_DESCRIPTION,
    IE_XMP_RATING,
    IE_XMP_DATE_ORIGINAL,
    IE_XMP_DATE_CREATED,
    IE_XMP_CREATE_DATE,
    IE_XMP_LATITUDE,
    IE_XMP_LONGITUDE,
    IE_XMP_ALTITUDE,
    IE_XMP_ALTITUDE_REF,
    IE_XMP_LATITUDE_REF,
    IE_XMP_LONGITUDE_REF,
    IE_XMP_PERCENT,
    IE_XMP_PERCENT_EXIV2,
    IE_XMP_COLOR_LABEL,
    IE_XMP_HAS_SETTINGS,
    IE_XMP_ALREADY_APPLIED,
    IE_XMP_HISTORY_END,
    IE_XMP_F_NUMBER,
    IE_XMP_EXPOSURE_TIME,
    IE_XMP_ISO,
    IE_XMP_SENSITIVITY,
    IE_XMP_FOCAL_LENGTH,
    IE_XMP_FOCAL_LENGTH_35,
    IE_XMP_BIAS,
    IE_XMP_METERING,
    IE_XMP_WHITE_BALANCE,
    IE_XMP_LENS_INFO,
    IE_XMP_RIGHTS,
    IE_XMP_CREATOR,
    IE_XMP_HIERARCHY,
    IE_XMP_TAGS_LIST,
    IE_XMP_PERSONS,
    IE_XMP_PEOPLE,
    IE_XMP_COMMENT,
    IE_XMP_COLLECTIONS,
    IE_XMP_ALBUMS,
    IE_XMP_GENERATED,
    IE_XMP_OWN_QUALITY,
    IE_XMP_MAKE, /* from here on plain texts */
    IE_XMP_MODEL,
    IE_XMP_LENS_MODEL,
    IE_XMP_LENS,
    IE_XMP_SERIAL,
    IE_XMP_AUX_SERIAL,
    IE_XMP_LENS_MAKE,
    IE_XMP_TOOL,
    IE_XMP_SOFTWARE,
    IE_XMP_LABEL,
    IE_XMP_CITY,
    IE_XMP_STATE,
    IE_XMP_COUNTRY,
    IE_XMP_UNIQUE_ID,
    IE_XMP_BURST_ID,
    IE_XMP_PRESERVED,
    FIELD_COUNT
} ie_xmp_field;

/* Where in ie_metadata a plain text goes; for IE_XMP_MAKE and those behind it. */
size_t ie_xmp_text_at(int property);

#endif
