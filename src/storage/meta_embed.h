// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * EXIF and XMP put into new files of formats that exiv2 does not write: JPEG XL gets boxes behind
 * its picture (ISO/IEC 18181-2), HEIF and AVIF items of their own (ISO/IEC 23008-12, annex A). For
 * what an encoder has just made: other metadata in it goes, and of HEIF only the plain layout is
 * taken (items in the media data, not within the tables). Every byte is hostile all the same. Pure,
 * thread-safe.
 */
#ifndef IE_STORAGE_META_EMBED_H
#define IE_STORAGE_META_EMBED_H

#include "core/format.h"
#include "storage/span.h"
#include "utils/text.h"

bool ie_meta_embeds(ie_format format);
/* `exif` begins with its TIFF header; a span of size 0: none. False: the file is of another layout,
   or would be larger than 4 GiB; *out is then to be thrown away. */
bool ie_meta_embed(ie_format format, const uint8_t *bytes, size_t size, ie_span exif, ie_span xmp,
                   ie_buffer *out);

#endif
