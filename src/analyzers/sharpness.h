// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How sharp a picture is, judged at one size: the variance of the Laplacian of the analysis view
 * (longer side 1000..1024) after a smoothing by (k, 1 - 2k, k) both ways, in grey levels squared.
 *
 * Without the smoothing the number says more about how the view was made than about the photo: the
 * Laplacian weights the finest detail most, and there a decode at 1/4, a decode at 1/2 and a
 * resampling differ most. The same photo with 3 and 24 megapixels then differed by up to a quarter.
 * The smoothing takes the finest detail off, and what a reducing decode has already blurred (it is
 * nearly a mean over squares) is made up for by k:
 *
 *   k = 1/4 + (1 - softness^2) / 40
 *
 * where softness is the view's (see ie_pixels). 1/40 was measured with photos of 1 to 24
 * megapixels; the variance of a mean over squares alone would give 1/24. White noise of sigma adds
 * 0.4 sigma^2 (20 without the smoothing). Borders are reflected without repeating the last sample.
 * No state, any thread.
 *
 * And how sharp it is where it is sharpest, the peak: of the mean squares of the same smoothed
 * Laplacian in squares of 16 x 16 samples (up to 31 at the right and lower end) the mean of the
 * highest hundredth, at least one. Taking the highest hundredth of a map of local sharpness is how
 * S3 does it (Vu, Phan and Chandler 2012, "S3: A spectral and spatial measure of local perceived
 * sharpness in natural images"). The variance says as much of what is in a picture as of how sharp
 * it is: there is little detail in a cup before a wall and much in a hedge. But nearly every
 * picture has an edge somewhere, and blur takes the steepest ones away. docs/quality.md has the
 * figures.
 */
#ifndef IE_ANALYZERS_SHARPNESS_H
#define IE_ANALYZERS_SHARPNESS_H

#include <stdbool.h>

#include "storage/resample.h"

/* Of a grey picture. False without memory. */
bool ie_sharpness(const ie_pixels *gray, double *ret_sharpness, double *ret_peak) IE_MUST_CHECK;

#endif
