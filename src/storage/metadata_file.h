// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reading metadata: finds the EXIF, XMP and IPTC blocks of every container (JPEG, PNG, WebP, GIF, TIFF and
 * the RAWs made of it, HEIF/AVIF/CR3, JXL, QuickTime/MP4) and reads the facts of ie_metadata from them.
 * Our own reader because it runs for every photo and exiv2 needs a global lock; exiv2 is its test oracle.
 * Every byte is hostile: offsets are checked, loops and depth bounded, sizes limited. Thread-safe.
 */
#ifndef IE_STORAGE_METADATA_FILE_H
#define IE_STORAGE_METADATA_FILE_H

#include "core/photo.h"
#include "storage/bytes.h"

/* Fills photo->metadata, orientation, width, height (stored size) as far as the file says; photo->format
   is set already. The date falls back to the file's time (photo->stamp.mtime_ns), source named. Damaged
   parts become faults of stage "metadata" and the rest is read on. Reads only the parts it needs. */
void ie_metadata_read(ie_bytes *bytes, ie_photo *photo);

/* The facts of an XMP sidecar's bytes; merges only what is absent. */
void ie_metadata_merge_sidecar(const uint8_t *bytes, size_t size, ie_photo *photo);

#endif
