// SPDX-License-Identifier: GPL-3.0-or-later
/* JPEGs of every shape for tests, encoded by libjpeg in memory from a picture that a seed decides:
   smooth parts, edges and noise, so that short and long codes, empty and full blocks all occur. */
#ifndef IE_TEST_JPEG_MAKE_H
#define IE_TEST_JPEG_MAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

typedef struct jpeg_shape {
    uint32_t width, height;
    int components;     /* 1: grey, 2: of unknown meaning, 3: YCbCr, 4: CMYK */
    uint8_t h[3], v[3]; /* sampling factors; 0 is 1 */
    int quality;        /* 0 is 75 */
    uint32_t restart;   /* MCUs, 0: none */
    bool optimized, progressive, rgb, arithmetic;
    uint32_t seed;
} jpeg_shape;

static inline uint32_t jpeg_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline void jpeg_fill_row(const jpeg_shape *shape, uint32_t y, uint32_t *state, uint8_t *row)
{
    for (uint32_t x = 0; x < shape->width; x++) {
        for (int c = 0; c < shape->components; c++) {
            uint32_t smooth = (x * (3 + (uint32_t)c) + y * 2) / 4;
            bool noisy = ((x >> 5) + (y >> 5) + shape->seed) % 3 == 0;
            bool edge = ((x >> 4) ^ (y >> 3)) & 1;
            uint32_t value = noisy ? jpeg_random(state) >> 24 : edge ? smooth : 255 - smooth % 256;
            row[x * (uint32_t)shape->components + (uint32_t)c] = (uint8_t)value;
        }
    }
}

static inline void jpeg_set_shape(struct jpeg_compress_struct *codec, const jpeg_shape *shape)
{
    codec->image_width = shape->width;
    codec->image_height = shape->height;
    codec->input_components = shape->components;
    codec->in_color_space = shape->components == 1   ? JCS_GRAYSCALE
                            : shape->components == 2 ? JCS_UNKNOWN
                            : shape->components == 3 ? JCS_RGB
                                                     : JCS_CMYK;
    jpeg_set_defaults(codec);
    if (shape->rgb) {
        jpeg_set_colorspace(codec, JCS_RGB);
    }
    jpeg_set_quality(codec, shape->quality == 0 ? 75 : shape->quality, FALSE);
    for (int c = 0; c < shape->components && c < 3; c++) {
        codec->comp_info[c].h_samp_factor = shape->h[c] == 0 ? 1 : shape->h[c];
        codec->comp_info[c].v_samp_factor = shape->v[c] == 0 ? 1 : shape->v[c];
    }
    codec->restart_interval = shape->restart;
    codec->optimize_coding = shape->optimized;
    codec->arith_code = shape->arithmetic;
    if (shape->progressive) {
        jpeg_simple_progression(codec);
    }
}

static inline void jpeg_say_nothing(j_common_ptr codec, int level)
{
    (void)codec;
    (void)level;
}

/* free() it. */
static inline uint8_t *jpeg_make(const jpeg_shape *shape, size_t *ret_size)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    codec.err = jpeg_std_error(&errors);
    errors.emit_message = jpeg_say_nothing;
    jpeg_create_compress(&codec);
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    jpeg_mem_dest(&codec, &bytes, &size);
    jpeg_set_shape(&codec, shape);
    jpeg_start_compress(&codec, TRUE);
    uint8_t *row = malloc((size_t)shape->width * 4);
    uint32_t state = shape->seed * 2654435761u + 1;
    for (uint32_t y = 0; y < shape->height; y++) {
        jpeg_fill_row(shape, y, &state, row);
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    free(row);
    *ret_size = size;
    return bytes;
}

#endif
