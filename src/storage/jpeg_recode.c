// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_codec.h"
#include "utils/memory.h"

/* Heights of iMCUs: at most 4 rows of blocks. */
enum { MAX_ROWS = 4 * DCTSIZE, MAX_PARTS = 3 };

typedef struct recoder {
    struct jpeg_compress_struct codec;
    ie_jpeg *jpeg;
    unsigned char *bytes;
    unsigned long size;
    uint8_t *planes[MAX_PARTS];
} recoder;

/* The same sampling, so that raw samples fit. */
static void set_up_encoder(recoder *r, const ie_jpeg_recoding *how)
{
    const struct jpeg_decompress_struct *from = &r->jpeg->codec;
    struct jpeg_compress_struct *to = &r->codec;
    to->image_width = from->image_width;
    to->image_height = from->image_height;
    to->input_components = from->num_components;
    to->in_color_space = from->jpeg_color_space;
    jpeg_set_defaults(to);
    jpeg_set_colorspace(to, from->jpeg_color_space);
    jpeg_set_quality(to, how->quality, TRUE);
    for (int i = 0; i < from->num_components; i++) {
        to->comp_info[i].h_samp_factor = from->comp_info[i].h_samp_factor;
        to->comp_info[i].v_samp_factor = from->comp_info[i].v_samp_factor;
    }
    if (how->progressive) {
        jpeg_simple_progression(to);
    }
    to->density_unit = from->density_unit;
    to->X_density = from->X_density;
    to->Y_density = from->Y_density;
    to->raw_data_in = TRUE;
}

/* The profile's segments as they are (ICC.1:2010, B.4). */
static void write_profile(recoder *r, const uint8_t *bytes, size_t size)
{
    size_t at = 2;
    while (size - at >= 4 && bytes[at] == 0xff && bytes[at + 1] != 0xda && bytes[at + 1] >= 0xc0) {
        size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length < 2 || length > size - at - 2) {
            return;
        }
        if (bytes[at + 1] == JPEG_APP0 + 2 && length > 16 &&
            memcmp(bytes + at + 4, "ICC_PROFILE", 12) == 0) {
            jpeg_write_marker(&r->codec, JPEG_APP0 + 2, bytes + at + 4, (unsigned)(length - 2));
        }
        at += 2 + length;
    }
}

/* A row of iMCUs at a time through `planes`, as the coder wants them: padded to whole blocks. */
static void pass_rows(recoder *r, const ie_jpeg_recoding *how)
{
    struct jpeg_decompress_struct *from = &r->jpeg->codec;
    JSAMPROW rows[MAX_PARTS][MAX_ROWS];
    JSAMPARRAY parts[MAX_PARTS] = {rows[0], rows[1], rows[2]};
    for (int i = 0; i < from->num_components; i++) {
        size_t stride = (size_t)from->comp_info[i].width_in_blocks * DCTSIZE;
        for (int k = 0; k < from->comp_info[i].v_samp_factor * DCTSIZE; k++) {
            rows[i][k] = r->planes[i] + (size_t)k * stride;
        }
    }
    JDIMENSION high = (JDIMENSION)from->max_v_samp_factor * DCTSIZE;
    while (from->output_scanline < from->output_height) {
        jpeg_read_raw_data(from, parts, high);
        for (int i = 0; i < from->num_components; i++) {
            const jpeg_component_info *part = &from->comp_info[i];
            how->see(how->user, i, r->planes[i], (uint32_t)part->v_samp_factor * DCTSIZE,
                     (size_t)part->width_in_blocks * DCTSIZE);
        }
        jpeg_write_raw_data(&r->codec, parts, high);
    }
}

/* Samples can go over as they are: luma is sampled fully. */
static bool can_pass(const struct jpeg_decompress_struct *from)
{
    bool kind = (from->jpeg_color_space == JCS_YCbCr && from->num_components == 3) ||
                (from->jpeg_color_space == JCS_GRAYSCALE && from->num_components == 1);
    return kind && from->comp_info[0].h_samp_factor == from->max_h_samp_factor &&
           from->comp_info[0].v_samp_factor == from->max_v_samp_factor;
}

static bool run_recoder(recoder *r, const uint8_t *bytes, size_t size, const ie_jpeg_recoding *how)
{
    ie_jpeg *jpeg = r->jpeg;
    if (setjmp(jpeg->escape) != 0) {
        return false;
    }
    jpeg_create_compress(&r->codec);
    jpeg_mem_dest(&r->codec, &r->bytes, &r->size);
    set_up_encoder(r, how);
    jpeg->codec.out_color_space = jpeg->codec.jpeg_color_space;
    jpeg->codec.raw_data_out = TRUE;
    jpeg_start_decompress(&jpeg->codec);
    for (int i = 0; i < jpeg->codec.num_components; i++) {
        const jpeg_component_info *part = &jpeg->codec.comp_info[i];
        r->planes[i] = ie_try_alloc((size_t)part->width_in_blocks * DCTSIZE,
                                    (size_t)part->v_samp_factor * DCTSIZE);
        if (r->planes[i] == NULL) {
            jpeg->fault =
                (ie_decode_fault){.code = "memory", .text = "not enough memory to encode it"};
            return false;
        }
        memset(r->planes[i], 128,
               (size_t)part->width_in_blocks * DCTSIZE * (size_t)part->v_samp_factor * DCTSIZE);
    }
    jpeg_start_compress(&r->codec, TRUE);
    write_profile(r, bytes, size);
    pass_rows(r, how);
    jpeg_finish_decompress(&jpeg->codec);
    jpeg_finish_compress(&r->codec);
    return true;
}

bool ie_jpeg_recode(ie_jpeg *jpeg, const uint8_t *bytes, size_t size, const ie_jpeg_recoding *how,
                    uint8_t **ret_bytes, size_t *ret_size, ie_decode_fault *ret_fault)
{
    if (!can_pass(&jpeg->codec)) {
        *ret_fault = (ie_decode_fault){.code = "unsupported",
                                       .text = "its samples cannot be passed on as they are"};
        return false;
    }
    jpeg->strict = true;
    recoder *r = ie_alloc(sizeof *r);
    r->jpeg = jpeg;
    r->codec.err = &jpeg->errors;
    r->codec.client_data = jpeg;
    bool good = false;
    /* More than any picture needs: libjpeg never takes a buffer of its own, which it would lose
       when it fails. */
    r->size = 65536 + 4 * (unsigned long)jpeg->facts.width * jpeg->facts.height;
    r->bytes = ie_try_alloc(r->size, 1);
    if (r->bytes == NULL) {
        jpeg->fault = (ie_decode_fault){.code = "memory", .text = "not enough memory to encode it"};
    } else {
        good = run_recoder(r, bytes, size, how);
    }
    jpeg_destroy_compress(&r->codec);
    for (int i = 0; i < MAX_PARTS; i++) {
        free(r->planes[i]);
    }
    if (good) {
        *ret_bytes = r->bytes;
        *ret_size = (size_t)r->size;
    } else {
        free(r->bytes);
        *ret_fault = jpeg->fault;
    }
    free(r);
    return good;
}
