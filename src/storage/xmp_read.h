// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * XMP (ISO 16684-1): reads the facts of one packet with expat, the one file that includes it.
 * Document type declarations end the reading, so there are no entities to expand. Only properties
 * at the top level count, as elements or as attributes, under whatever prefix their namespace has.
 */
#ifndef IE_STORAGE_XMP_READ_H
#define IE_STORAGE_XMP_READ_H

#include "storage/facts.h"

#define IE_XMP_MOST_BYTES 65536 /* of one text; a longer one is left out, and sets too_long */

/* facts->original: exif:DateTimeOriginal, else photoshop:DateCreated, else xmp:CreateDate. A packet
   that is not well-formed sets facts->damaged; what stood before the fault is kept. */
void ie_xmp_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts);

/* Does the packet speak of any fact that is absent from `known`? A look over its bytes that costs a
   twentieth of parsing; it may say yes in vain, never no. */
bool ie_xmp_has_news(const uint8_t *bytes, size_t size, const ie_facts *known);

/* For `info`: the library's name and version. */
const char *ie_xmp_library(void);

#endif
