// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Turning a JPEG upright without decoding it: its blocks of coefficients are laid otherwise
 * (libjpeg-turbo's transform, by TurboJPEG, of which this is the one place), so that no quality is
 * lost. Blocks that the picture fills only in part cannot lie at its left or top; a picture that
 * has such ones where they would come to lie there cannot be turned whole. All other segments come
 * along as they are; what follows the picture does not. Pure, thread-safe.
 */
#ifndef IE_STORAGE_JPEG_TURN_H
#define IE_STORAGE_JPEG_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

typedef struct ie_jpeg_turn {
    uint32_t width, height;         /* of the picture turned upright and cut */
    uint32_t cut_width,
        cut_height; /* pixels, as it is stored now, that would have to be cut off; 0: none */
} ie_jpeg_turn;

/* What turning it upright would give; orientation 2..8 as in EXIF. IE_ERR_FORMAT: no JPEG, damaged;
   IE_ERR_UNSUPPORTED: of a kind that is not turned; IE_ERR_LIMIT above max_pixels. Reads the header
   only. */
ie_status ie_jpeg_turn_look(const uint8_t *bytes, size_t size, uint8_t orientation,
                            uint64_t max_pixels, ie_jpeg_turn *ret_turn,
                            ie_error *err) IE_MUST_CHECK;

/* The file turned upright, EXIF and all else in it unchanged; free() it. `trim` allows to cut off
   what ie_jpeg_turn_look() says; without it that is IE_ERR_UNSUPPORTED. Any warning of the decoder
   is IE_ERR_FORMAT. Proven: the new file turned back has the same coefficients and tables as the
   original, else IE_ERR_FORMAT. */
ie_status ie_jpeg_turn_upright(const uint8_t *bytes, size_t size, uint8_t orientation, bool trim,
                               uint64_t max_pixels, uint8_t **ret_bytes, size_t *ret_size,
                               ie_error *err) IE_MUST_CHECK;

#endif
