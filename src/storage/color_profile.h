// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ICC profiles made and compared; the one place that knows LittleCMS, which libvips brings along. A
 * profile is bytes: what is made is the same at any time. Thread-safe.
 */
#ifndef IE_STORAGE_COLOR_PROFILE_H
#define IE_STORAGE_COLOR_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/color_space.h"

typedef struct ie_profile {
    uint8_t *data; /* free() it */
    size_t size;
} ie_profile;

typedef enum ie_profile_kind {
    IE_PROFILE_BROKEN,
    IE_PROFILE_GRAY,
    IE_PROFILE_RGB,
    IE_PROFILE_CMYK,
    IE_PROFILE_ELSE
} ie_profile_kind;

/* False: LittleCMS is not there, so that all else here fails as if each profile were broken. */
bool ie_profile_ready(void);

/* BROKEN, too, when its colours cannot be computed. */
ie_profile_kind ie_profile_kind_of(const void *icc, size_t size);
/* For pictures of three colours, or of grey alone. False: it cannot be made. */
bool ie_profile_make(const ie_color_space *space, bool gray, ie_profile *ret_profile);
/* The curve of an RGB or grey profile as a profile of the other kind (RGB with the primaries of
   sRGB): both show the same greys. False: it has no curve. */
bool ie_profile_reshape(const void *icc, size_t size, bool gray, ie_profile *ret_profile);
/* The same primaries (or grey) with the curve of sRGB. False: it is not made of primaries. */
bool ie_profile_with_srgb_curve(const void *icc, size_t size, ie_profile *ret_profile);
/* What a channel's values, `count` of them from 0 to full, are with that curve: 0 to 1. False as
   before. */
bool ie_profile_srgb_values(const void *icc, size_t size, int channel, uint32_t count,
                            double *ret_values);
/* How differently two profiles show the same numbers: the largest CIEDE2000 over a grid of 6 x 6 x
   6 colours, or 86 greys. Infinity when they are not of one kind, or not readable. */
double ie_profile_difference(const void *a, size_t a_size, const void *b, size_t b_size);
double ie_profile_difference_from_srgb(const void *icc, size_t size);

/* Does a profile that libjxl made say that light is coded for HDR screens; that it is linear? */
bool ie_profile_jxl_hdr(const void *icc, size_t size);
bool ie_profile_jxl_linear(const void *icc, size_t size);

#endif
