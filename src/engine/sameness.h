// SPDX-License-Identifier: GPL-3.0-or-later
/* What of two files is the same to the bit though the files are not: the coded picture, or the
   decoded pixels. */
#ifndef IE_ENGINE_SAMENESS_H
#define IE_ENGINE_SAMENESS_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_sameness {
    bool has_data, has_pixels;
    ie_hash128 data;   /* of the coded picture (storage/image_data.h) */
    ie_hash128 pixels; /* of size and 8-bit RGB of the upright picture decoded in full, and whether
                          it has a profile */
} ie_sameness;

enum { IE_SAMENESS_DATA = 1 << 0, IE_SAMENESS_PIXELS = 1 << 1 };

/* Reads the file once for what is asked. What cannot be had is left out: files that cannot be read
   or decoded, that changed since photo->stamp; pixels of RAW, animated, transparent, CMYK pictures
   and of more than 8 bits. */
ie_sameness ie_sameness_of(const ie_config *config, const ie_photo *photo, unsigned wanted);

/* Can both be read, and do they hold the same bytes? */
bool ie_same_bytes(const char *a_path, const char *b_path);
/* Is the keeper of the file's format, its coded picture the same to the bit, and does it say
   something of all that the file itself says of its picture (when, where, with which camera, its
   keywords)? Then nothing is lost with that file. */
bool ie_is_kept_by(const ie_config *config, const char *path, const char *keeper);

#endif
