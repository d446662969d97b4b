// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * EXIF (CIPA DC-008) and TIFF 6.0: walks the main directory, the EXIF and GPS directories and the
 * raw sub-directories of one TIFF structure, at most once each and without recursion, so that
 * directories that point at themselves cannot hold it. BigTIFF, Olympus' and Panasonic's headers
 * are read as well.
 */
#ifndef IE_STORAGE_EXIF_READ_H
#define IE_STORAGE_EXIF_READ_H

#include "storage/facts.h"
#include "storage/span.h"

/* Which directory the structure begins with; CR3 keeps each in a structure of its own. */
typedef enum ie_exif_kind { IE_EXIF_MAIN, IE_EXIF_EXIF, IE_EXIF_GPS } ie_exif_kind;

/* What a TIFF structure holds beside facts; size 0 where it does not. */
typedef struct ie_exif_parts {
    ie_span xmp, iptc, irb;
    ie_span jpeg; /* Panasonic RW2: the embedded JPEG, which has the EXIF data */
} ie_exif_parts;

/* Adds to `facts` (width and height: those of the largest picture in it that is no thumbnail) and
   sets what it finds of `parts`. False when it is no TIFF structure. Damage is noted in
   facts->damaged. */
bool ie_exif_read(const ie_span *tiff, ie_exif_kind kind, ie_arena *arena, ie_facts *facts,
                  ie_exif_parts *parts);

#endif
