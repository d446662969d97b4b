// SPDX-License-Identifier: GPL-3.0-or-later
/* GPX 1.0 and 1.1 (topografix.com): the points of all tracks that have a time. Every byte is
   hostile. */
#ifndef IE_STORAGE_GPX_FILE_H
#define IE_STORAGE_GPX_FILE_H

#include "core/track.h"
#include "imgengine.h"

/* Adds to the track and sorts it. Points without a time or a place are left out. IE_ERR_NOT_FOUND,
   IE_ERR_FORMAT: no GPX, not well-formed, or without any such point; IE_ERR_LIMIT: more than 256
   MiB. */
ie_status ie_gpx_read(const char *path, ie_track *track, ie_error *err) IE_MUST_CHECK;

#endif
