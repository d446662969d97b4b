// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A source's views from the planes of storage/jpeg_dc instead of rows. Luma is whole in its planes;
 * of the colours there is one chroma sample for each 8x8 samples of chroma, which is all that the
 * small RGB view can show, and for the colour frame, which networks look at, is interpolated. The
 * hashes see luma at 1/8 where that is large enough, so that they do not depend on what else is
 * looked at.
 */
#ifndef IE_STORAGE_FRAME_PLANES_H
#define IE_STORAGE_FRAME_PLANES_H

#include "storage/frame.h"

/* Decodes at 1/denominator (8 or 4) and fills the frame's views as far as ie_frame_end() expects
   them. Whoever looks at the colour frame wants its shorter side to be `color_side`: chroma of less
   than a third of that is not for us. False: not for us or no memory; the frame is clear. */
bool ie_frame_read_planes(ie_frame *frame, const uint8_t *data, size_t size, uint64_t max_pixels,
                          uint32_t color_side, unsigned denominator);

#endif
