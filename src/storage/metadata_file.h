// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reading metadata: finds the EXIF, XMP and IPTC blocks of every container (JPEG, PNG, WebP, GIF,
 * TIFF and the RAWs made of it, HEIF/AVIF/CR3, JXL, QuickTime/MP4) and reads the facts of
 * ie_metadata from them. Our own reader because it runs for every photo and exiv2 needs a global
 * lock; exiv2 is its test oracle. Every byte is hostile: offsets are checked, loops and depth
 * bounded, sizes limited. Thread-safe.
 */
#ifndef IE_STORAGE_METADATA_FILE_H
#define IE_STORAGE_METADATA_FILE_H

#include "core/photo.h"
#include "storage/bytes.h"

/* How sure a date is to be when the picture was taken, by its source; sources are asked in this
   order. A date without a time of day stands at midnight and is IE_SURE_DATE_ONLY. */
#define IE_SURE_EXIF 1.0         /* EXIF DateTimeOriginal */
#define IE_SURE_DIGITIZED 0.9    /* EXIF DateTimeDigitized */
#define IE_SURE_XMP 0.85         /* exif:DateTimeOriginal, photoshop:DateCreated, xmp:CreateDate */
#define IE_SURE_IPTC 0.8         /* DateCreated with TimeCreated */
#define IE_SURE_QUICKTIME 0.8    /* creationdate with its zone */
#define IE_SURE_SIDECAR 0.8      /* as XMP, from the file beside it */
#define IE_SURE_MOVIE_HEADER 0.7 /* mvhd: UTC, and often the time of the export */
#define IE_SURE_DATE_ONLY 0.6
#define IE_SURE_MODIFIED 0.5 /* EXIF DateTime */
#define IE_SURE_FILE 0.2     /* modification time, in the machine's zone */

/* Fills photo->metadata, orientation, width, height (stored size) as far as the file says;
   photo->format is set already. The date falls back to the file's time (photo->stamp.mtime_ns),
   source named. The size of HEIF, AVIF and JPEG XL is that of the upright picture, as their
   containers turn it. Order of texts (MWG): EXIF, XMP, IPTC; rating and keywords: XMP first.
   Damaged parts become a fault of stage "metadata", code "damaged"; a position that is none, "gps";
   the rest is read on. Reads only the parts it needs. */
void ie_metadata_read(ie_bytes *bytes, ie_photo *photo);

/* The facts of an XMP sidecar's bytes; merges only what is absent. */
void ie_metadata_merge_sidecar(const uint8_t *bytes, size_t size, ie_photo *photo);

#endif
