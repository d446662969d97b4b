// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The luma plane of a JPEG at 1/8 of its size from its DC coefficients alone, equal in each byte to
 * libjpeg-turbo's grey decode at 1/8, in less than half of its time: entropy decoding is what a
 * reduced decode costs, and a look-up that skips several AC coefficients at once is what libjpeg
 * does not have.
 *
 * It knows the usual JPEG only: Huffman, 8 bits, grey or YCbCr, luma at full resolution; sequential
 * in one scan, or progressive. All else, and all that is in any way wrong, is "not for us": the
 * caller then asks libjpeg-turbo, which decodes it or says what is wrong with it. So a yes to a
 * sequential file means that libjpeg-turbo would have accepted it to its end-of-image marker
 * without a complaint that costs picture data. A progressive file's AC scans are only stepped over
 * (that is 30 times faster): it is whole, but damage within them stays unseen. A no means nothing.
 *
 * Invariants: no byte outside [bytes, bytes + size) is read; a sequential file allocates nothing, a
 * progressive one 2 bytes a sample of the plane, after the limit on pixels; the plane is written
 * only inside its width x height; time is bounded by the file's size (see jpeg_walk.h for the
 * scan's own). One ie_jpeg_dc belongs to one thread and keeps its tables from photo to photo.
 */
#ifndef IE_STORAGE_JPEG_DC_H
#define IE_STORAGE_JPEG_DC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ie_jpeg_dc ie_jpeg_dc;

typedef struct ie_jpeg_dc_facts {
    uint32_t width, height;             /* of the picture as stored */
    uint32_t plane_width, plane_height; /* 1/8 of it, rounded up */
    uint16_t dc_quantiser;              /* of luma, for ie_jpeg_dc_bias() */
    bool progressive;
} ie_jpeg_dc_facts;

ie_jpeg_dc *ie_jpeg_dc_new(void);
void ie_jpeg_dc_free(ie_jpeg_dc *dc); /* NULL is fine */

/* Reads the header. NULL: it is for us, the facts are filled, and `bytes` must stay for the read;
   else why it is not (static, for tests and figures). */
const char *ie_jpeg_dc_open(ie_jpeg_dc *dc, const uint8_t *bytes, size_t size, uint64_t max_pixels,
                            ie_jpeg_dc_facts *ret_facts);
/* After an open that gave NULL: the plane of plane_width * plane_height samples, rows packed. NULL:
   done; else why not, and the plane holds anything. */
const char *ie_jpeg_dc_read(ie_jpeg_dc *dc, uint8_t *plane);

#endif
