// SPDX-License-Identifier: GPL-3.0-or-later
/* What a sketch alone tells of its picture. Pure. */
#ifndef IE_CORE_SKETCH_H
#define IE_CORE_SKETCH_H

#include "core/photo.h"

/* Its colours tell something that brightness does not. False of grey pictures and of those in one
   tint, as a sepia print is. */
bool ie_sketch_colored(const ie_sketch *sketch);

/* It is a sepia print whose highlights were clipped: yellow to brown all over, of a tint that
   depends on the brightness but for little. */
bool ie_sketch_sepia(const ie_sketch *sketch);

#endif
