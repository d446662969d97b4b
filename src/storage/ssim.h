// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How alike two pictures are: SSIM (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment,
 * 2004) with uniform windows of 8 x 8 samples, 4 apart (as x264 and FFmpeg have it), because all of
 * its sums are then whole numbers that are made of each sample once. K1 = 0.01, K2 = 0.03, L = 255.
 * Windows at the right and lower edge are smaller where 4 does not divide a side. Deterministic,
 * thread-safe.
 */
#ifndef IE_STORAGE_SSIM_H
#define IE_STORAGE_SSIM_H

#include <stdbool.h>
#include <stdint.h>

/* The mean over all windows, -1..1; 1 is equal. Rows packed. False without memory. */
bool ie_ssim(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim);

/* The same windows of Cb and Cr, 128 being neutral: (2 ab + C2) / (aa + bb + C2), of the means over
   both's samples. */
double ie_chroma_similarity(const uint8_t *const a[2], const uint8_t *const b[2], uint32_t width,
                            uint32_t height);

#endif
