// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A thing that only one of two pictures shows (a ball on the lawn, who left the scene) is one patch
 * that differs by much, about as wide as high. A watermark is pale; a line of text is long and
 * thin, a logo lies in a corner and a band along an edge. So two pictures that differ by such a
 * patch are two. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_THING_H
#define IE_ENGINE_THING_H

#include "engine/align.h"

/* Does only one of them show a thing? `b` lies on `a`, both softened, of IE_SKETCH_SIDE and of
   about equal tones; only where `there` is 1. `edited`: someone changed the levels of one, so that
   what is bright may be clipped and does not count. */
bool ie_thing_tells_apart(const ie_plane *a, const ie_plane *b, const float *there, bool edited);

#endif
