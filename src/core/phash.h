// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pHashes of a picture turned and mirrored, from the one DCT of the picture as it is: mirroring
 * changes the sign of every odd frequency in its direction, transposing the picture transposes the
 * coefficients. So a copy that lost its Orientation tag, or was turned by pixels, is found at no
 * decode. Pure functions.
 */
#ifndef IE_CORE_PHASH_H
#define IE_CORE_PHASH_H

#include <stdint.h>

/* The hash of the 8x8 lowest frequencies, row-major by vertical and then horizontal frequency, with
   DC: bit = above the median of the 64, the mean of the middle two; the first bit is the most
   significant (imagehash.phash). */
uint64_t ie_phash_of(const double coefficients[64]);

/* ret_hashes[o - 1] is the pHash of the picture after it was turned and mirrored as EXIF
   orientation o (1..8; CIPA DC-008, 4.6.4 A) says: the first is the picture's own. Equal to hashing
   the turned 32x32 picture, as long as rounding decides no tie with the median: symmetric pictures
   need their near-zero coefficients set to 0 first. */
void ie_phash_turned(const double coefficients[64], uint64_t ret_hashes[8]);

#endif
