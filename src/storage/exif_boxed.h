// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Metadata of formats made of boxes (JPEG XL, HEIF, AVIF) by way of exiv2, which does not write
 * them and does not read all of them: it is given the blocks that our own reader finds, and the
 * blocks that it makes are put into the new file (meta_embed.h). Works on temporary copies only.
 */
#ifndef IE_STORAGE_EXIF_BOXED_H
#define IE_STORAGE_EXIF_BOXED_H

#include "core/format.h"
#include "storage/exif_tags.h"

/* *ret_tags stays NULL when the file has no metadata. IE_ERR_FORMAT: damaged; IE_ERR_UNSUPPORTED:
   packed with Brotli. */
ie_status ie_boxed_open_tags(const char *path, ie_format format, ie_tags **ret_tags,
                             ie_error *err) IE_MUST_CHECK;
/* Does the EXIF block of any file begin with "MM"? */
bool ie_boxed_big_endian(const char *path, ie_format format);
/* Into a new file, in place of all metadata in it. *ret_snapshot: a line for each tag with its
   value, for the check. IE_ERR_UNSUPPORTED: the file is of a layout that is not known. */
ie_status ie_boxed_embed(const ie_tags *tags, bool big_endian, const char *path, ie_format format,
                         ie_texts *ret_snapshot, ie_error *err) IE_MUST_CHECK;
/* Does the file say all of the snapshot, and nothing else? (An empty one is not checked.) To be
   called when no tags are open. IE_ERR_UNSUPPORTED: the first tag that differs. */
ie_status ie_boxed_check(const char *path, ie_format format, const ie_texts *snapshot,
                         ie_error *err) IE_MUST_CHECK;

#endif
