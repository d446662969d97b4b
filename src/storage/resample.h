// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_pixels, a picture in memory, and Pillow's resize of it to the last bit (Pillow 13, Resample.c,
 * 8 bit): horizontal pass first, its result rounded to 8 bits, then the vertical pass; weights in
 * 22-bit fixed point; a pass that would change nothing is skipped. An ie_resampler keeps the
 * weights of the sizes it met last, because photos of one camera share theirs and the weights cost
 * more than the sums. It belongs to one thread.
 */
#ifndef IE_STORAGE_RESAMPLE_H
#define IE_STORAGE_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "imgengine.h"

/* Interleaved 8-bit samples, rows packed. The picture covers the box [origin, origin + extent) of
   it: a JPEG at 1/8 pads, so that 501 columns may hold 500.25 picture columns, and after a
   mirroring the padding comes first. */
typedef struct ie_pixels {
    uint8_t *data;
    uint32_t width, height,
        channels; /* 1: grey, 3: RGB (sRGB values as stored, profile not applied) */
    double extent_w, extent_h;
    double origin_x, origin_y;
    double bias; /* grey levels by which the samples are too bright on average; resizing takes it
                    off */
    double softness; /* each sample is about the mean of a square whose side is so many samples: 1
                        after a reducing decode */
} ie_pixels;

typedef enum ie_filter {
    IE_FILTER_BOX,
    IE_FILTER_BILINEAR,
    IE_FILTER_BICUBIC,
    IE_FILTER_LANCZOS
} ie_filter;

typedef struct ie_resampler ie_resampler;
ie_resampler *ie_resampler_new(void);
void ie_resampler_free(ie_resampler *resampler); /* NULL is fine */

/* Resamples the picture's box to width x height (both at least 1); out has width * height *
   channels bytes. False without memory. */
bool ie_resampler_resize(ie_resampler *resampler, const ie_pixels *in, uint32_t width,
                         uint32_t height, ie_filter filter, uint8_t *out) IE_MUST_CHECK;

/* The same once, keeping nothing. */
bool ie_pixels_resize(const ie_pixels *in, uint32_t width, uint32_t height, ie_filter filter,
                      uint8_t *out) IE_MUST_CHECK;

#endif
