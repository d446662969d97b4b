// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_xmp_kept: the XMP packet of a JPEG, byte for byte. exiv2 writes packets anew and changes what
 * it does not share the view of (empty properties, rdf:about, lists of one). So the packet is taken
 * before exiv2 works on the file, changed where it stands (xmp_edit.h) and put in place of exiv2's.
 * Works on temporary copies only.
 */
#ifndef IE_STORAGE_EXIF_KEEP_XMP_H
#define IE_STORAGE_EXIF_KEEP_XMP_H

#include "storage/xmp_edit.h"

typedef struct ie_xmp_kept {
    ie_buffer packet; /* empty: the file has none */
} ie_xmp_kept;

/* IE_ERR_UNSUPPORTED when there are several packets, of which readers take one or the other. */
ie_status ie_xmp_keep(const char *path, ie_xmp_kept *ret_kept, ie_error *err) IE_MUST_CHECK;
void ie_xmp_kept_free(ie_xmp_kept *kept);
#define IE_AUTO_XMP_KEPT __attribute__((cleanup(ie_xmp_kept_free)))

/* The packet with the changes in place of the one that is in the file now; nothing when none was
   kept. Errors of ie_xmp_edit(); IE_ERR_UNSUPPORTED: it would be larger than a JPEG takes. */
ie_status ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes, size_t count,
                              const char *path, ie_error *err) IE_MUST_CHECK;

#endif
