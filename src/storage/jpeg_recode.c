// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_codec.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_requantise.h"
#include "utils/memory.h"

/* Heights of iMCUs: at most 4 rows of blocks. */
enum { MAX_ROWS = 4 * DCTSIZE, MAX_PARTS = 3 };

typedef struct recoder recoder;

/* What libjpeg takes for an array of coefficients. */
typedef struct part_name {
    recoder *recoder;
    int index;
} part_name;

/* A row of MCUs as coefficients. */
typedef struct feeder {
    ie_jpeg_dc *dc;
    ie_requantiser requantisers[MAX_PARTS];
    part_name names[MAX_PARTS];
    uint32_t down[MAX_PARTS]; /* rows of blocks */
    JBLOCKROW blocks[MAX_PARTS], lines[MAX_PARTS][4];
    uint32_t rows; /* of MCUs, read */
} feeder;

struct recoder {
    struct jpeg_compress_struct codec;
    ie_jpeg *jpeg;
    const ie_jpeg_recoding *how;
    feeder feeder;
    unsigned char *bytes;
    unsigned long size;
    uint8_t *planes[MAX_PARTS];
};

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

static void refuse(recoder *r, const char *code, const char *text)
{
    r->jpeg->fault.code = code;
    snprintf(r->jpeg->fault.text, sizeof r->jpeg->fault.text, "%s", text);
}

/* For a row of MCUs. */
static bool take_planes(recoder *r, size_t samples_of_block)
{
    for (int i = 0; i < r->jpeg->codec.num_components; i++) {
        const jpeg_component_info *part = &r->jpeg->codec.comp_info[i];
        size_t blocks = (size_t)part->width_in_blocks * (size_t)part->v_samp_factor;
        r->planes[i] = ie_try_alloc(blocks, samples_of_block);
        if (r->planes[i] == NULL) {
            refuse(r, "memory", "not enough memory to encode it");
            return false;
        }
        memset(r->planes[i], 128, blocks * samples_of_block);
    }
    return true;
}

static bool by_samples(recoder *r, const uint8_t *bytes, size_t size, const ie_jpeg_recoding *how)
{
    struct jpeg_decompress_struct *from = &r->jpeg->codec;
    from->out_color_space = from->jpeg_color_space;
    from->raw_data_out = TRUE;
    jpeg_start_decompress(from);
    if (!take_planes(r, DCTSIZE2)) {
        return false;
    }
    r->codec.raw_data_in = TRUE;
    jpeg_start_compress(&r->codec, TRUE);
    write_profile(r, bytes, size);
    pass_rows(r, how);
    jpeg_finish_decompress(from);
    jpeg_finish_compress(&r->codec);
    return true;
}

/* ---- by coefficients ---------------------------------------------------------------------- */

/* The next row of MCUs, requantised and shown; false: not for us. */
static bool pull_row(recoder *r)
{
    feeder *f = &r->feeder;
    const struct jpeg_decompress_struct *from = &r->jpeg->codec;
    if (ie_jpeg_dc_next_blocks(f->dc, (int16_t(*const *)[64])f->blocks, NULL) != NULL) {
        return false;
    }
    for (int i = 0; i < from->num_components; i++) {
        const jpeg_component_info *part = &from->comp_info[i];
        const size_t width = part->width_in_blocks;
        const uint32_t first = f->rows * f->down[i];
        for (uint32_t y = 0; y < f->down[i] && first + y < part->height_in_blocks; y++) {
            const unsigned side = r->how->sides[i > 0];
            const ie_block_rows to = {r->planes[i], side * width, side};
            if (!ie_requantise_row(&f->requantisers[i], f->lines[i][y], width, &to)) {
                return false;
            }
            r->how->see(r->how->user, i, r->planes[i], side, side * width);
        }
    }
    f->rows++;
    return true;
}

/* In place of libjpeg's own, that of the encoder: it asks for the rows of each component from the
   top, so they are made as they are asked for, and no picture lies in memory. */
static JBLOCKARRAY give_rows(j_common_ptr codec, jvirt_barray_ptr which, JDIMENSION start,
                             JDIMENSION count, boolean writable)
{
    (void)codec;
    (void)writable;
    const part_name *part = (const part_name *)(void *)which;
    recoder *r = part->recoder;
    feeder *f = &r->feeder;
    const uint32_t down = f->down[part->index], row = start / down;
    bool due = start % down == 0 && count <= down && (row == f->rows || row + 1 == f->rows);
    if (!due || (row == f->rows && !pull_row(r))) {
        refuse(r, "unsupported", "its coefficients cannot be passed on");
        longjmp(r->jpeg->escape, 1);
    }
    return f->lines[part->index];
}

static bool set_up_feeder(recoder *r, const uint8_t *bytes, size_t size)
{
    feeder *f = &r->feeder;
    const struct jpeg_decompress_struct *from = &r->jpeg->codec;
    ie_jpeg_dc_facts facts;
    uint32_t across[MAX_PARTS], rows;
    f->dc = ie_jpeg_dc_new();
    if (r->how->progressive || ie_jpeg_dc_open(f->dc, bytes, size, UINT64_MAX, &facts) != NULL ||
        ie_jpeg_dc_begin_blocks(f->dc, false) != NULL) {
        return false;
    }
    ie_jpeg_dc_blocks(f->dc, across, f->down, &rows);
    for (int i = 0; i < from->num_components; i++) {
        const JQUANT_TBL *before = from->quant_tbl_ptrs[from->comp_info[i].quant_tbl_no];
        const JQUANT_TBL *after = r->codec.quant_tbl_ptrs[r->codec.comp_info[i].quant_tbl_no];
        if (before == NULL || after == NULL ||
            f->down[i] != (uint32_t)r->codec.comp_info[i].v_samp_factor) {
            return false;
        }
        ie_requantiser_set(&f->requantisers[i], before->quantval, after->quantval);
        f->blocks[i] = ie_try_alloc((size_t)across[i] * f->down[i], sizeof(JBLOCK));
        if (f->blocks[i] == NULL) {
            return false;
        }
        for (uint32_t y = 0; y < f->down[i]; y++) {
            f->lines[i][y] = f->blocks[i] + (size_t)y * across[i];
        }
        f->names[i] = (part_name){r, i};
    }
    return true;
}

static bool by_coefficients(recoder *r, const uint8_t *bytes, size_t size)
{
    jvirt_barray_ptr blocks[MAX_PARTS];
    for (int i = 0; i < MAX_PARTS; i++) {
        blocks[i] = (jvirt_barray_ptr)(void *)&r->feeder.names[i];
    }
    if (!set_up_feeder(r, bytes, size) ||
        !take_planes(r, DCTSIZE2)) {
        refuse(r, "unsupported", "its coefficients cannot be passed on");
        return false;
    }
    r->codec.optimize_coding = FALSE; /* that would ask for the rows twice */
    r->codec.mem->access_virt_barray = give_rows;
    jpeg_write_coefficients(&r->codec, blocks);
    write_profile(r, bytes, size);
    jpeg_finish_compress(&r->codec);
    if (ie_jpeg_dc_end_blocks(r->feeder.dc) != NULL) {
        refuse(r, "unsupported", "its coefficients cannot be passed on");
        return false;
    }
    return true;
}

/* ---- both --------------------------------------------------------------------------------- */

static bool run_recoder(recoder *r, const uint8_t *bytes, size_t size, const ie_jpeg_recoding *how)
{
    if (setjmp(r->jpeg->escape) != 0) {
        return false;
    }
    jpeg_create_compress(&r->codec);
    jpeg_mem_dest(&r->codec, &r->bytes, &r->size);
    set_up_encoder(r, how);
    return how->coefficients ? by_coefficients(r, bytes, size) : by_samples(r, bytes, size, how);
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
    r->how = how;
    r->codec.err = &jpeg->errors;
    r->codec.client_data = jpeg;
    bool good = false;
    /* More than any picture needs: libjpeg never takes a buffer of its own, which it would lose
       when it fails. */
    r->size = 65536 + 4 * (unsigned long)jpeg->facts.width * jpeg->facts.height;
    r->bytes = ie_try_alloc(r->size, 1);
    if (r->bytes == NULL) {
        refuse(r, "memory", "not enough memory to encode it");
    } else {
        good = run_recoder(r, bytes, size, how);
    }
    jpeg_destroy_compress(&r->codec);
    for (int i = 0; i < MAX_PARTS; i++) {
        free(r->planes[i]);
        free(r->feeder.blocks[i]);
    }
    ie_jpeg_dc_free(r->feeder.dc);
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
