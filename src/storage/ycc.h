// SPDX-License-Identifier: GPL-3.0-or-later
/* JFIF's full-range YCbCr (ITU-T T.871) to RGB: of mean values in double, of samples in 16-bit
   fixed point. */
#ifndef IE_STORAGE_YCC_H
#define IE_STORAGE_YCC_H

#include <stdint.h>

static inline uint8_t ie_clipped(double value)
{
    return value <= 0.0 ? 0 : value >= 255.0 ? 255 : (uint8_t)(value + 0.5);
}

static inline uint8_t ie_clip8(int32_t value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static inline void ie_ycc_means(double y, double cb, double cr, uint8_t *rgb)
{
    rgb[0] = ie_clipped(y + 1.402 * (cr - 128.0));
    rgb[1] = ie_clipped(y - 0.344136286 * (cb - 128.0) - 0.714136286 * (cr - 128.0));
    rgb[2] = ie_clipped(y + 1.772 * (cb - 128.0));
}

/* The two chroma of an RGB sample, rounded. */
static inline void ie_chroma_of(const uint8_t *rgb, uint8_t *ret_cb, uint8_t *ret_cr)
{
    *ret_cb = ie_clipped(128.0 - 0.168735892 * rgb[0] - 0.331264108 * rgb[1] + 0.5 * rgb[2]);
    *ret_cr = ie_clipped(128.0 + 0.5 * rgb[0] - 0.418687589 * rgb[1] - 0.081312411 * rgb[2]);
}

/* cb and cr less 128. */
static inline void ie_ycc_sample(int32_t y, int32_t cb, int32_t cr, uint8_t *rgb)
{
    rgb[0] = ie_clip8(y + ((91881 * cr + 32768) >> 16));
    rgb[1] = ie_clip8(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    rgb[2] = ie_clip8(y + ((116130 * cb + 32768) >> 16));
}

#endif
