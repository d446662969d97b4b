// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_exif_proof: what of a file's metadata is nobody's to change who writes tags: the XMP
 * properties that are not written (whatever way they are spelled), the camera's notes and the IPTC
 * datasets that are not written, byte for byte. Taken before and after; when the two differ the new
 * file is not used.
 */
#ifndef IE_STORAGE_EXIF_PROOF_H
#define IE_STORAGE_EXIF_PROOF_H

#include "core/format.h"
#include "storage/xmp_edit.h"
#include "utils/hash.h"

typedef struct ie_exif_proof {
    ie_hash128 xmp, notes, iptc; /* all zero: there is none */
    bool no_xml; /* the XMP is not well-formed */
    bool bare_times; /* IPTC times without a zone, to which exiv2 would give that of London */
    bool odd_iptc;   /* a part of it was not understood, or there are two that differ: exiv2 would
                        make them one */
} ie_exif_proof;

/* XMP properties of `changes`, and IPTC's keywords, title, caption, character set and version do
   not count. */
void ie_exif_proof_of(const uint8_t *bytes, size_t size, ie_format format,
                      const ie_xmp_change *changes, size_t count, ie_exif_proof *ret_proof);
/* Fails as ie_bytes_open() does. */
ie_status ie_exif_proof_take(const char *path, ie_format format, const ie_xmp_change *changes,
                             size_t count, ie_exif_proof *ret_proof, ie_error *err) IE_MUST_CHECK;
/* What was lost first: the end of "writing tags would change …"; NULL when nothing was. */
const char *ie_exif_proof_loss(const ie_exif_proof *before, const ie_exif_proof *after);

#endif
