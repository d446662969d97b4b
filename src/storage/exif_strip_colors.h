// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Colours that only EXIF names (Adobe RGB) would be others when all EXIF goes. A JPEG then gets a
 * profile that says the same; a photo that cannot have one keeps its EXIF. Thread-safe.
 */
#ifndef IE_STORAGE_EXIF_STRIP_COLORS_H
#define IE_STORAGE_EXIF_STRIP_COLORS_H

#include "core/format.h"
#include "storage/bytes.h"
#include "storage/color_profile.h"
#include "utils/error.h"
#include "utils/text.h"

/* The profile that the photo needs without its EXIF, for JPEG alone; data NULL: none, colours stay
   as they are. IE_ERR_UNSUPPORTED: it needs one and cannot have it. */
ie_status ie_strip_profile(ie_bytes *bytes, ie_format format, ie_profile *ret_profile,
                           ie_error *err);
/* The segment that carries a profile in a JPEG. */
void ie_strip_add_profile(ie_buffer *out, const ie_profile *profile);

#endif
