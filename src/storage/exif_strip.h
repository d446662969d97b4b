// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Taking metadata out of a copy, proven: afterwards our own reader, exiv2 and a search of the bytes
 * must find nothing of it. Maker notes go with any part, because nobody knows all that cameras
 * write there; so does the thumbnail, which may be a file with metadata of its own. Works only on
 * temporary files.
 */
#ifndef IE_STORAGE_EXIF_STRIP_H
#define IE_STORAGE_EXIF_STRIP_H

#include "core/format.h"
#include "core/strip.h"

/* IE_ERR_UNSUPPORTED: it cannot be taken out of this file (its format, a second picture or a video
   behind the first, extended XMP, or some of it is still found); IE_ERR_FORMAT: damaged. Then the
   file may hold anything. */
ie_status ie_exif_strip(const char *temp_path, ie_format format, unsigned strip,
                        ie_error *err) IE_MUST_CHECK;

/* The same of a file that is only looked at: what would be in the way, as far as that can be told
   without doing it. */
ie_status ie_exif_strip_check(const char *path, ie_format format, unsigned strip,
                              ie_error *err) IE_MUST_CHECK;
/* Does the file say nothing of it any more? False also where that cannot be told. Formats without
   metadata say nothing. `serial` (may be NULL) is the one that the whole photo tells: it must not
   stand anywhere in the file. */
bool ie_exif_is_stripped(const char *path, ie_format format, unsigned strip, const char *serial);

#endif
