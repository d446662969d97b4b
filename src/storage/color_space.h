// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a file says of its colours other than by an ICC profile, which is the decoder's business and
 * stands above most of this: PNG's cICP, sRGB, gAMA and cHRM chunks; the nclx box of HEIF and AVIF;
 * EXIF's ColorSpace and interoperability index (Adobe RGB), and primaries, white point and transfer
 * function of TIFF and EXIF. A conversion that knows nothing of them would show other colours.
 * Every byte is hostile: bounded, nothing is allocated. Pure, thread-safe.
 */
#ifndef IE_STORAGE_COLOR_SPACE_H
#define IE_STORAGE_COLOR_SPACE_H

#include "storage/meta_container.h"

enum { IE_COLOR_TABLE_MAX = 1024 };

typedef enum ie_transfer {
    IE_TRANSFER_SRGB,
    IE_TRANSFER_GAMMA, /* light = value ^ gamma */
    IE_TRANSFER_SMPTE240,
    IE_TRANSFER_TABLE
} ie_transfer;

typedef struct ie_color_space {
    double xy[4][2]; /* CIE 1931: red, green, blue, white */
    ie_transfer transfer;
    double gamma;
    /* 2..IE_COLOR_TABLE_MAX: light of the values from 0 to 1, 65535 is full */
    uint32_t table_count;
    uint16_t table[3][IE_COLOR_TABLE_MAX];
} ie_color_space;

typedef enum ie_colors {
    IE_COLORS_SRGB,    /* sRGB, whatever a profile says */
    IE_COLORS_OTHER,   /* the space that was filled, whatever a profile says */
    IE_COLORS_PROFILE, /* what the ICC profile says, or sRGB without one */
    IE_COLORS_HDR,     /* light is coded for HDR screens (PQ, HLG), or by a code to come */
    IE_COLORS_UNTOLD   /* numbers mean what no profile tells: brightness and colour differences, or
                          video's narrow range */
} ie_colors;

/* Of a file in memory, and of its metadata (meta: NULL without any). `icc`: it has a profile. Of a
   JPEG XL the decoder says all. */
ie_colors ie_color_space_find(const uint8_t *bytes, size_t size, ie_format format,
                              const ie_meta *meta, bool icc, ie_color_space *ret_space);
/* Of EXIF alone. */
ie_colors ie_color_space_of_exif(const ie_meta *meta, ie_color_space *ret_space);

#endif
