// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * JPEGs by libjpeg-turbo (jpeg_codec.h includes it): reading, and writing small ones for pages. A
 * JPEG in memory is opened (header only), started at a scale, read row by row and finished;
 * finishing tells whether it was whole. Anything the decoder complains about that means lost
 * picture data ends the reading with a fault, because half a picture has no true hash; harmless
 * oddities (padding between segments, an unknown version) do not. A file cannot make it use
 * unbounded time or memory: pixels are checked before anything is allocated, scans are counted. One
 * ie_jpeg belongs to one thread.
 */
#ifndef IE_STORAGE_JPEG_FILE_H
#define IE_STORAGE_JPEG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/resample.h"

/* Why a file is no picture: a fault's code and text. */
typedef struct ie_decode_fault {
    /* "truncated", "corrupt", "too_large", "unsupported", "memory", "unreadable" */
    const char *code;
    char text[768];   /* the decoder's words */
} ie_decode_fault;

typedef struct ie_jpeg_facts {
    uint32_t width, height; /* as stored */
    bool cmyk;              /* CMYK or YCCK */
    bool progressive;
    uint8_t components;
    uint8_t quality; /* 1..100 of libjpeg's scale that fits the luma quantisation table best; 0:
                        unknown */
    uint16_t dc_quantiser; /* of luma; 0: unknown */
    uint32_t across[3], down[3]; /* pixels that a sample of the first three components covers; 255:
                                    no whole number; 0: no such component */
} ie_jpeg_facts;

typedef enum ie_jpeg_rows {
    IE_JPEG_GRAY, /* 1 sample: Y of YCbCr, or grey */
    IE_JPEG_YCC,  /* 3 samples: Y, Cb, Cr of JFIF (full range) */
    IE_JPEG_RGB   /* 3 samples */
} ie_jpeg_rows;

typedef struct ie_jpeg ie_jpeg;

/* Reads the header. `bytes` must stay until close. NULL with the fault filled on any failure:
   "too_large" above max_pixels. */
ie_jpeg *ie_jpeg_open(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                      ie_decode_fault *ret_fault);
void ie_jpeg_close(ie_jpeg *jpeg); /* NULL is fine */
const ie_jpeg_facts *ie_jpeg_get_facts(const ie_jpeg *jpeg);

/* Begins to decode at 1/denominator (1, 2, 4, 8) of the size, rounded up. `wanted` is what rows are
 *asked for; ret_rows is what they will be: grey pictures stay grey, what is not YCbCr inside
 *becomes RGB. */
bool ie_jpeg_start(ie_jpeg *jpeg, unsigned denominator, ie_jpeg_rows wanted, ie_jpeg_rows *ret_rows,
                   uint32_t *ret_width, uint32_t *ret_height, ie_decode_fault *ret_fault);
/* The next `count` rows into out, each row packed. */
bool ie_jpeg_read(ie_jpeg *jpeg, uint8_t *out, uint32_t count, ie_decode_fault *ret_fault);
/* After the last row: reads to the end of the image. False when the end is missing. */
bool ie_jpeg_finish(ie_jpeg *jpeg, ie_decode_fault *ret_fault);

/* A baseline JPEG of the picture (1 or 3 channels) in memory; free() it. NULL without memory. */
uint8_t *ie_jpeg_encode(const ie_pixels *pixels, int quality, size_t *ret_size);

/* How a JPEG is encoded anew. */
typedef struct ie_jpeg_recoding {
    int quality; /* 1..100 */
    bool progressive;
    /* By coefficients (storage/jpeg_requantise.h) instead of samples: faster, and nothing is
       rounded to samples on the way. For what storage/jpeg_dc.h knows, sequential on both sides. */
    bool coefficients;
    unsigned sides[2]; /* then: how many samples a block of luma, and of chroma, shows across and
                          down: 8, 4, 2 or 1 */
    /* Gets the rows of each component as they are decoded, `stride` apart; below and beside the
       picture is padding. */
    void (*see)(void *user, int part, const uint8_t *rows, uint32_t count, size_t stride);
    void *user;
} ie_jpeg_recoding;

/* Encodes an opened JPEG anew with the same sampling, in which samples go from the decoder to the
   encoder as they are: colours are neither interpolated nor averaged on the way. `bytes` are those
   it was opened with; their ICC profile and density come along, no other metadata. IE_JPEG_GRAY's
   kind and YCbCr only: false with the code "unsupported" for others, and by coefficients
   for whatever is unusual or wrong: opened anew, it goes by samples, or is told what is wrong.
   free(*ret_bytes). */
bool ie_jpeg_recode(ie_jpeg *jpeg, const uint8_t *bytes, size_t size, const ie_jpeg_recoding *how,
                    uint8_t **ret_bytes, size_t *ret_size, ie_decode_fault *ret_fault);

/* The grey level that a 1/8 decode is too bright by on average: libjpeg's 1x1 inverse DCT rounds DC
   * q / 8 half up, so the mean over all DC is 1/16 for odd q, 1/8 for q = 2 mod 4, 1/4 for q = 4
   mod 8, 0 for q = 0 mod 8. */
double ie_jpeg_dc_bias(uint16_t dc_quantiser);

#endif
