// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Writing metadata with exiv2 (by exif_tags.h): tags into a file, and all metadata from one file to
 * another. Works only on temporary copies that the caller made; never on a user's file. One call at
 * a time, by exif_tags' mutex.
 */
#ifndef IE_STORAGE_EXIF_FILE_H
#define IE_STORAGE_EXIF_FILE_H

#include "core/plan.h"
#include "storage/bytes.h"

/* Can tags be embedded in files of this format (IPTC and XMP and EXIF as far as the format knows
   them)? */
bool ie_exif_can_write(ie_format format);
bool ie_exif_can_carry(ie_format format); /* does ie_exif_copy() write such files? */
bool ie_exif_carries_iptc(ie_format format); /* of those: does exiv2 keep IPTC in it? */

/* Why ie_exif_write() would refuse the file, as far as looking at it tells: the end of a sentence,
   in the arena; NULL: nothing is in the way. Opens it once. */
const char *ie_exif_refusal(const char *path, ie_format format, ie_arena *arena);

/* Applies the edit to `temp_path`: keywords to dc:subject and (by edit->iptc, where the format
   carries it) IPTC Keywords, caption to dc:description (default language), EXIF ImageDescription,
   IPTC Caption-Abstract; title to dc:title and IPTC ObjectName; rating to xmp:Rating and EXIF
   0x4746; the name until now to xmpMM:PreservedFileName. What is there already is neither doubled
   nor rewritten; fields not named stay as they are; when nothing changes the file is not written.
   IPTC has UTF-8 afterwards, and of a text that is too long for it the beginning. In a JPEG with
   maker notes EXIF changes only where the new value fits in the old one's place (exif_keep.h), so
   that the notes stay where they are, byte for byte. Read back by our own reader before IE_OK.
   Faults of the file: IE_ERR_FORMAT, also when exiv2 finds its metadata damaged; IE_ERR_UNSUPPORTED
   when the format cannot carry it or when offsets in the file would be wrong afterwards (MPF,
   unknown trailers, maker notes of an unknown kind in other formats). Then the file may hold
   anything. IE_ERR_USAGE: a text is empty or not UTF-8. */
ie_status ie_exif_write(const char *temp_path, ie_format format, const ie_tag_edit *edit,
                        ie_error *err) IE_MUST_CHECK;

/* A new file that has its picture. */
typedef struct ie_exif_target {
    const char *path;
    ie_format format;
    uint32_t width, height;
    int orientation; /* 1 when the pixels were turned */
    bool srgb;       /* tags that name a colour space are to name sRGB */
} ie_exif_target;

/* Carries EXIF, XMP and IPTC from one file (`from_bytes`: it, loaded, or NULL) to another after a
   conversion, as far as its format can hold them; IPTC that it cannot hold is mapped to XMP. Sets
   Orientation (EXIF and tiff:Orientation), removes the EXIF thumbnail, tags that say how the old
   file stored its samples, and XMP that speaks of parts the new file lacks (hdrgm, GContainer,
   MPF). Pixel sizes are updated, the colour profile stays the new file's. Maker notes come along;
   exiv2 corrects offsets in those it knows. IE_OK without a change for sources that have no
   metadata. IE_ERR_UNSUPPORTED when there is some and the format cannot be written into (all but
   those of ie_exif_can_carry), or when not every tag reads back equal, or when extended XMP would
   be lost; IE_ERR_FORMAT: damaged. */
ie_status ie_exif_copy(const char *from_path, ie_format from_format, ie_bytes *from_bytes,
                       const ie_exif_target *to, ie_error *err) IE_MUST_CHECK;

/* For `info`: the library's name and version. */
const char *ie_exif_library(void);

#endif
