// SPDX-License-Identifier: GPL-3.0-or-later
/* All coefficients of a JPEG by storage/jpeg_dc, compared with those of libjpeg: for tests and the
   fuzzer. */
#ifndef IE_TEST_JPEG_BLOCKS_H
#define IE_TEST_JPEG_BLOCKS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "storage/jpeg_dc.h"

typedef enum jpeg_blocks_verdict {
    BLOCKS_EQUAL,
    BLOCKS_NOT_FOR_US,
    BLOCKS_LEFT_OVER, /* there is more data than picture: of some bytes libjpeg says nothing */
    BLOCKS_WRONG
} jpeg_blocks_verdict;

typedef struct jpeg_blocks_reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    bool left_over; /* it warned of that */
} jpeg_blocks_reader;

static inline void jpeg_blocks_fail(j_common_ptr codec)
{
    longjmp(((jpeg_blocks_reader *)codec->client_data)->escape, 1);
}

static inline void jpeg_blocks_message(j_common_ptr codec, int level)
{
    jpeg_blocks_reader *r = codec->client_data;
    r->left_over = r->left_over || (level < 0 && codec->err->msg_code == JWRN_EXTRANEOUS_DATA);
}

/* A row of MCUs of a component, as far as it is picture. */
static inline bool jpeg_blocks_row_equal(jpeg_blocks_reader *r, jvirt_barray_ptr array, int part,
                                         uint32_t row, uint32_t across, uint32_t down,
                                         int16_t (*ours)[64])
{
    const jpeg_component_info *it = &r->codec.comp_info[part];
    for (uint32_t y = 0; y < down && row * down + y < it->height_in_blocks; y++) {
        JBLOCKARRAY theirs = r->codec.mem->access_virt_barray((j_common_ptr)&r->codec, array,
                                                              row * down + y, 1, FALSE);
        if (it->width_in_blocks > across || memcmp(theirs[0], ours + (size_t)y * across,
                                                   it->width_in_blocks * sizeof(JBLOCK)) != 0) {
            return false;
        }
    }
    return true;
}

static inline jpeg_blocks_verdict jpeg_blocks_walk(ie_jpeg_dc *dc, jpeg_blocks_reader *r,
                                                   jvirt_barray_ptr *arrays)
{
    uint32_t across[3], down[3], rows;
    int16_t(*blocks[3])[64] = {NULL, NULL, NULL};
    jpeg_blocks_verdict verdict =
        ie_jpeg_dc_begin_blocks(dc, false) == NULL ? BLOCKS_EQUAL : BLOCKS_NOT_FOR_US;
    ie_jpeg_dc_blocks(dc, across, down, &rows);
    for (int i = 0; i < 3 && across[i] > 0; i++) {
        blocks[i] = malloc((size_t)across[i] * down[i] * sizeof(JBLOCK)); /* of its very size */
    }
    for (uint32_t row = 0; verdict == BLOCKS_EQUAL && row < rows; row++) {
        if (ie_jpeg_dc_next_blocks(dc, (int16_t(*const *)[64])blocks, NULL) != NULL) {
            verdict = BLOCKS_NOT_FOR_US;
        }
        for (int i = 0; verdict == BLOCKS_EQUAL && arrays != NULL && i < r->codec.num_components;
             i++) {
            if (!jpeg_blocks_row_equal(r, arrays[i], i, row, across[i], down[i], blocks[i])) {
                verdict = BLOCKS_WRONG;
            }
        }
    }
    const char *end = verdict == BLOCKS_EQUAL ? ie_jpeg_dc_end_blocks(dc) : NULL;
    if (end != NULL) {
        verdict = strcmp(end, "more data than picture") == 0 ? BLOCKS_LEFT_OVER : BLOCKS_NOT_FOR_US;
    }
    free(blocks[0]);
    free(blocks[1]);
    free(blocks[2]);
    return verdict;
}

/* A file that libjpeg does not read to its end, but we do, is wrong too. */
static inline jpeg_blocks_verdict jpeg_blocks_compare(ie_jpeg_dc *dc, const uint8_t *data,
                                                      size_t size, uint64_t max_pixels)
{
    ie_jpeg_dc_facts facts;
    if (ie_jpeg_dc_open(dc, data, size, max_pixels, &facts) != NULL || facts.progressive) {
        return BLOCKS_NOT_FOR_US;
    }
    jpeg_blocks_reader *r = calloc(1, sizeof *r);
    r->codec.err = jpeg_std_error(&r->errors);
    r->codec.client_data = r;
    r->errors.error_exit = jpeg_blocks_fail;
    r->errors.emit_message = jpeg_blocks_message;
    jpeg_blocks_verdict verdict = BLOCKS_EQUAL;
    jpeg_create_decompress(&r->codec);
    if (setjmp(r->escape) == 0) {
        jpeg_mem_src(&r->codec, data, size);
        jpeg_read_header(&r->codec, TRUE);
        jvirt_barray_ptr *arrays = jpeg_read_coefficients(&r->codec);
        verdict = jpeg_blocks_walk(dc, r, arrays);
        if (verdict == BLOCKS_EQUAL && r->left_over) {
            verdict = BLOCKS_WRONG;
        }
        /* what differs before the walk meets what is not for it does not count */
        if (verdict == BLOCKS_WRONG &&
            ie_jpeg_dc_open(dc, data, size, max_pixels, &facts) == NULL &&
            jpeg_blocks_walk(dc, r, NULL) == BLOCKS_NOT_FOR_US) {
            verdict = BLOCKS_NOT_FOR_US;
        }
    } else {
        verdict = jpeg_blocks_walk(dc, r, NULL) == BLOCKS_EQUAL ? BLOCKS_WRONG : BLOCKS_NOT_FOR_US;
    }
    jpeg_destroy_decompress(&r->codec);
    free(r);
    return verdict;
}

#endif
