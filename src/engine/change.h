// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Did something come and something go between two pictures that lie on each other? Who walks
 * through a scene is darker or brighter than what he hides, here in the one and there in the other,
 * so that what differs has both signs in about equal amounts, somewhere within the picture. A mark
 * differs one way, and a logo or a line of text that differs both ways lies along an edge. Too
 * small or too far for a window to follow it (engine/motion.h), that is how it shows. Pure,
 * deterministic, thread-safe.
 */
#ifndef IE_ENGINE_CHANGE_H
#define IE_ENGINE_CHANGE_H

#include "engine/align.h"

/* Grey levels times samples that came and went, the lesser of both; 0 when it is one-sided or along
   one edge. Only where `there` is 1; both of IE_SKETCH_SIDE, laid onto each other, of about equal
   tones. */
double ie_change_of(const ie_plane *a, const ie_plane *b, const float *there);

/* What differs by more than noise, light and edges a little beside each other explain: 1 where `a`
   is brighter, -1 where it is darker, else 0; *ret_rest: by how many levels. `edited`: what may be
   clipped in one of them does not count. */
void ie_change_find(const ie_plane *a, const ie_plane *b, const float *there, bool edited,
                    float *ret_rest, int8_t *ret_signs);

/* All that came or went, one-sided, along an edge and clipped, too: what two shots may differ in,
   when no mark explains it. */
double ie_change_of_any_kind(const ie_plane *a, const ie_plane *b, const float *there);

/* Does all but little of what differs differ one way, as a pale text all over a picture does? What
   moves in the wind differs both ways. */
bool ie_change_is_one_way(const ie_plane *a, const ie_plane *b, const float *there);

/* Takes what was painted over out of `there`: spots that differ all but one way, with what lies
   around them, unless that is much of the picture. */
void ie_change_leave_out_mark(const ie_plane *a, const ie_plane *b, float *there);

#endif
