// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A JPEG made of rows as they come, in memory, by libjpeg-turbo (jpeg_codec.h includes it): with
 * its accurate transform and its usual Huffman tables, as libvips writes them, but on the calling
 * thread, and without a copy of the rows. One writer belongs to one thread.
 */
#ifndef IE_STORAGE_JPEG_WRITE_H
#define IE_STORAGE_JPEG_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IE_JPEG_MOST_SIDE 65500 /* JPEG_MAX_DIMENSION */

typedef struct ie_jpeg_picture {
    uint32_t width, height; /* up to IE_JPEG_MOST_SIDE */
    uint8_t channels;       /* 1: grey; 3: RGB */
    int quality;            /* 1..100 */
    bool progressive;
    bool full_chroma;    /* colours sampled as finely as light, else half as finely */
    double per_mm[2];    /* pixels, across and down; 0: not said */
    const void *profile; /* ICC, NULL: none; needed until the end */
    size_t profile_size;
} ie_jpeg_picture;

typedef struct ie_jpeg_writer ie_jpeg_writer;

/* NULL: no memory, or no JPEG can be so large. */
ie_jpeg_writer *ie_jpeg_writer_new(const ie_jpeg_picture *picture);
/* The next row, packed. False: no memory, or it is one too many; the writer is to be freed. */
bool ie_jpeg_writer_add(ie_jpeg_writer *writer, const uint8_t *row);
/* After the last row. free(*ret_bytes). */
bool ie_jpeg_writer_end(ie_jpeg_writer *writer, uint8_t **ret_bytes, size_t *ret_size);
void ie_jpeg_writer_free(ie_jpeg_writer *writer); /* NULL is fine */

#endif
