// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Windows bitmaps without a library: libvips reads them through ImageMagick only, which chooses its
 * decoder by the content again and would open an SVG or a video under that name. Uncompressed
 * pictures and bit fields; run lengths and embedded JPEG or PNG are not known. Every byte is
 * hostile. Pure, thread-safe.
 */
#ifndef IE_STORAGE_BMP_FILE_H
#define IE_STORAGE_BMP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ie_bmp {
    uint32_t width, height; /* both at least 1 */
    uint32_t channels;      /* 3: RGB, 4: RGBA (an alpha mask is declared) */
    bool top_down;
    uint32_t bits;                                /* a pixel in the file: 1, 4, 8, 16, 24, 32 */
    uint32_t masks[4];                            /* red, green, blue, alpha; for 16 and 32 bits */
    size_t palette, palette_count, palette_entry; /* offset, entries, bytes an entry */
    size_t pixels, row;                           /* offset of the rows, bytes of one */
} ie_bmp;

/* False when it is none, is cut short (all rows must be there) or of a kind that is not known. */
bool ie_bmp_open(const uint8_t *bytes, size_t size, ie_bmp *ret_bmp);
/* out: width * height * channels bytes, from the top; a palette index beyond the palette is
   black. */
void ie_bmp_read(const ie_bmp *bmp, const uint8_t *bytes, uint8_t *out);

#endif
