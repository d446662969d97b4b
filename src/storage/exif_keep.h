// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_exif_kept: the EXIF segment of a JPEG, byte for byte. exiv2 takes maker notes apart and writes
 * them anew; what it does not know of them it drops or leaves pointing elsewhere (seen with Canon,
 * Nikon, Olympus, Ricoh, Sony). So the segment is taken before exiv2 works on the file and put back
 * afterwards; the few values that change are changed in it where they stand. Every byte is hostile.
 */
#ifndef IE_STORAGE_EXIF_KEEP_H
#define IE_STORAGE_EXIF_KEEP_H

#include "core/plan.h"

typedef struct ie_exif_kept {
    uint8_t *bytes; /* with marker and length; NULL: the file has no EXIF */
    size_t size;
} ie_exif_kept;

/* IE_ERR_UNSUPPORTED when there are several, of which readers take one or the other. */
ie_status ie_exif_keep(const char *path, ie_exif_kept *ret_kept, ie_error *err) IE_MUST_CHECK;
void ie_exif_kept_free(ie_exif_kept *kept);
#define IE_AUTO_KEPT __attribute__((cleanup(ie_exif_kept_free)))

/* Sets ImageDescription, Rating and RatingPercent as far as they are there; a caption that has no
   room in the old one's place leaves it empty, so that it contradicts nobody. */
void ie_exif_kept_edit(ie_exif_kept *kept, const ie_tag_edit *edit);
/* The picture lies upright now and has this size: Orientation, ImageWidth and PixelXDimension and
   the like say so where they stand, and the thumbnail, which still lies as before, is no longer
   found. */
void ie_exif_kept_upright(ie_exif_kept *kept, uint32_t width, uint32_t height);
/* The same in the whole metadata (XMP, too) of a JPEG that was turned; all else stays, byte for
   byte in EXIF. Read back by our own reader. IE_ERR_FORMAT, IE_ERR_UNSUPPORTED: faults of the file.
 */
ie_status ie_exif_set_upright(const char *temp_path, uint32_t width, uint32_t height,
                              ie_error *err) IE_MUST_CHECK;
/* In place of the EXIF segment that is in the file now; writes nothing when that is the same. */
ie_status ie_exif_kept_restore(const ie_exif_kept *kept, const char *path,
                               ie_error *err) IE_MUST_CHECK;

/* The RatingPercent that Windows writes beside a rating of 0..5. */
int ie_exif_percent(int rating);

#endif
