// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Structural similarity of two grey pictures: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004.
 *
 *     SSIM = (2 ma mb + C1)(2 sab + C2) / ((ma^2 + mb^2 + C1)(sa^2 + sb^2 + C2))
 *
 * with means, variances and covariance in windows of 11 x 11 weighted by a Gaussian of 1.5 pixels, C1 = (0.01 * 255)^2,
 * C2 = (0.03 * 255)^2; the mean over all windows that lie inside the picture. A picture with a side below 11 pixels is
 * one window without weights. Pure.
 */
#ifndef IE_STORAGE_SSIM_H
#define IE_STORAGE_SSIM_H

#include <stdbool.h>
#include <stdint.h>

/* Both width x height (at least 1), rows packed. -1..1; 1 for equal pictures. False without memory. */
bool ie_ssim(const uint8_t *a, const uint8_t *b, uint32_t width, uint32_t height, double *ret_ssim);

#endif
