// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Writing metadata with gexiv2/exiv2, the one place that includes it. Works only on temporary copies that
 * the caller made; never on a user's file. exiv2's XMP state is global: one mutex guards every call here.
 */
#ifndef IE_STORAGE_EXIF_FILE_H
#define IE_STORAGE_EXIF_FILE_H

#include "core/plan.h"

/* Can tags be embedded in files of this format (IPTC and XMP and EXIF as far as the format knows them)? */
bool ie_exif_can_write(ie_format format);

/* Applies the edit to `temp_path`: keywords to dc:subject and (when the format carries IPTC) IPTC Keywords,
   caption to dc:description, EXIF ImageDescription, IPTC Caption-Abstract; title to dc:title and IPTC
   ObjectName; rating to xmp:Rating and EXIF 0x4746. What is there already is not doubled. Fields not named
   stay as they are. Faults of the file: IE_ERR_FORMAT; IE_ERR_UNSUPPORTED when the format cannot carry it. */
ie_status ie_exif_write(const char *temp_path, ie_format format, const ie_tag_edit *edit, ie_error *err) IE_MUST_CHECK;

/* Carries EXIF, XMP and IPTC from one file to another after a conversion, as far as `to_format` can hold
   them; IPTC that it cannot hold is mapped to XMP. Sets Orientation (EXIF and tiff:Orientation) to
   `orientation` (1 when the pixels were turned), removes the EXIF thumbnail, and removes XMP that speaks of
   parts the new file lacks (hdrgm, GContainer, MPF). Pixel sizes are updated. */
ie_status ie_exif_copy(const char *from_path, ie_format from_format, const char *to_temp_path,
                       ie_format to_format, int orientation, ie_error *err) IE_MUST_CHECK;

/* For `info`: the library's name and version. */
const char *ie_exif_library(void);

#endif
