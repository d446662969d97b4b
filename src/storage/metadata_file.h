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

#include "core/name_date.h"
#include "core/photo.h"
#include "storage/bytes.h"
#include "storage/dates.h"

/* What is asked beside the file itself. */
typedef struct ie_metadata_options {
    const ie_config_list *date_order; /* NULL: the default */
    const ie_config_list *prefer;     /* analysis.metadata.prefer; NULL: the file */
    const regex_t *name_pattern;      /* of dates in names; NULL: only the usual ones */
    bool beside;                      /* look for sidecars beside photo->real_path */
    int64_t now_s;                    /* dates behind it lie in the future; 0: do not ask */
} ie_metadata_options;

/* Fills photo->metadata, orientation, width, height (stored size) as far as the file says;
   photo->format is set already. The date falls back to the file's time (photo->stamp.mtime_ns),
   source named. Dates in the names of the file and its folders count, where
   photo->path is set. The size of HEIF, AVIF and JPEG XL is that of the upright picture, as their
   containers turn it. Order of texts (MWG): EXIF, XMP, IPTC, or EXIF, IPTC, XMP when the
   stored digest says that IPTC was changed since both were in step; rating and keywords: XMP first.
   Damaged parts become a fault of stage "metadata", code "damaged"; a position that is none, "gps";
   the rest is read on. Reads only the parts it needs. */
void ie_metadata_read_with(const ie_metadata_options *options, ie_bytes *bytes, ie_photo *photo);
/* With no options. */
void ie_metadata_read(ie_bytes *bytes, ie_photo *photo);

/* The facts of an XMP sidecar's bytes; merges only what is absent. */
void ie_metadata_merge_sidecar(const uint8_t *bytes, size_t size, ie_photo *photo);

#endif
