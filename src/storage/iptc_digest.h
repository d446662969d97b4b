// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The digest by which readers see that a file's IPTC and XMP are in step: Photoshop's resource
 * 0x0425, the MD5 of the IPTC block. Who changes the block must change it, too, or the block counts
 * as the newer of the two. Works on temporary copies only.
 */
#ifndef IE_STORAGE_IPTC_DIGEST_H
#define IE_STORAGE_IPTC_DIGEST_H

#include "core/format.h"
#include "imgengine.h"

/* False also when there is no digest or no IPTC. Fails when the file cannot be opened. */
ie_status ie_iptc_in_step(const char *path, ie_format format, bool *ret_in_step,
                          ie_error *err) IE_MUST_CHECK;
/* Brings the digest up to date in its place. Writes nothing when it is, or when there is none.
   IE_ERR_FORMAT: it cannot be reached. */
ie_status ie_iptc_refresh_digest(const char *path, ie_format format, ie_error *err) IE_MUST_CHECK;

#endif
