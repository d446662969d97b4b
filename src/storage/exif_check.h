// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What exiv2 wrote is looked at with our own reader before it counts as written: the facts of a
 * record must be what they were but for what was asked.
 */
#ifndef IE_STORAGE_EXIF_CHECK_H
#define IE_STORAGE_EXIF_CHECK_H

#include "core/photo.h"
#include "storage/exif_tags.h"

/* The facts of a file's metadata; free them with ie_photo_free(). Fails when the file cannot be
   opened. */
ie_status ie_exif_facts(const char *path, ie_format format, ie_photo **ret_photo,
                        ie_error *err) IE_MUST_CHECK;

/* What differs first ("date", "camera" …), or NULL. More keywords than there were are no
   difference, nor is a date that only the file's time gave, nor blanks at the ends of texts. */
const char *ie_exif_difference(const ie_metadata *was, const ie_metadata *is);
bool ie_exif_has_all(const ie_text_list *list, const ie_text_list *wanted);

/* exiv2 gives IPTC times that have no zone that of London when it writes; XMP then gets the date as
   it was. */
bool ie_exif_keep_date(ie_tags *tags, const ie_metadata *before);

#endif
