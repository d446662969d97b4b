// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * RAW files developed by LibRaw: demosaiced (AHD), with the camera's white balance, in sRGB. Not
 * turned, whatever the file says: that is left to EXIF's orientation. A build without LibRaw says
 * so. Thread-safe.
 */
#ifndef IE_STORAGE_RAW_DEVELOP_H
#define IE_STORAGE_RAW_DEVELOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

typedef struct ie_developed {
    uint8_t *data; /* RGB, rows packed; 16 bits in the machine's order; free() it */
    size_t size;   /* bytes */
    uint32_t width, height;
    uint8_t bits;  /* 8 or 16 a channel */
} ie_developed;

bool ie_raw_can_develop(void);
const char *ie_raw_library(void); /* "LibRaw 0.20.2", or that it is not there */
/* IE_ERR_UNSUPPORTED: LibRaw does not know the camera or is not there; IE_ERR_FORMAT: damaged;
   IE_ERR_LIMIT. */
ie_status ie_raw_develop(const uint8_t *bytes, size_t size, uint8_t bits, uint64_t max_pixels,
                         ie_developed *ret_developed, ie_error *err) IE_MUST_CHECK;

#endif
