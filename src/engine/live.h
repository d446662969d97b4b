// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which still and video are one Live Photo is said in both, and not every command reads metadata.
 * Before units are formed this reads it where it can matter: of videos, and of stills in a folder
 * with a video that is part of a Live Photo. One thread; files that cannot be read stay as they
 * are.
 */
#ifndef IE_ENGINE_LIVE_H
#define IE_ENGINE_LIVE_H

#include "core/photo.h"

/* Fills metadata.content_id of photos whose metadata was not read; nothing else, no faults. */
void ie_live_read(ie_photo *const *photos, size_t count);

#endif
