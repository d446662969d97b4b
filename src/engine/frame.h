// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A frame of one colour around a picture, and the picture without it. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_FRAME_H
#define IE_ENGINE_FRAME_H

#include "engine/align.h"

/* Where the outermost lines of all four edges have one level, and not much more: makes of `plane`
   what they enclose, stretched to its size, and returns true. */
bool ie_frame_take_off(ie_plane *plane);

#endif
