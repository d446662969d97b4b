// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_jpeg.h"

#include <stdlib.h>
#include <string.h>

#include "core/recoding.h"
#include "storage/color_space.h"
#include "storage/image_data.h"
#include "storage/jpeg_write.h"
#include "storage/png_rows.h"
#include "storage/tiff_rows.h"
#include "utils/error.h"
#include "utils/memory.h"

/* ---- a JPEG's facts ----------------------------------------------------------------------- */

/* The parts of an ICC profile (ICC.1:2010, B.4). */
typedef struct parts {
    const uint8_t *at[256];
    size_t sizes[256], size;
    unsigned count, found;
} parts;

/* A segment's body. False: not as it should be. */
static bool take_part(parts *p, const uint8_t *body, size_t size)
{
    enum { NAME = 12, NUMBERS = 14 };
    if (size < NUMBERS || memcmp(body, "ICC_PROFILE", NAME) != 0) {
        return true;
    }
    const unsigned number = body[NAME], count = body[NAME + 1];
    if (number == 0 || number > count || p->at[number] != NULL ||
        (p->found > 0 && p->count != count)) {
        return false;
    }
    p->at[number] = body + NUMBERS;
    p->sizes[number] = size - NUMBERS;
    p->size += size - NUMBERS;
    p->count = count;
    p->found++;
    return true;
}

/* All segments before the picture. */
static bool find_parts(const uint8_t *data, size_t size, parts *p)
{
    enum { APP2 = 0xe2, SCAN = 0xda, LEAST = 0xc0 };
    size_t at = 2;
    while (size - at >= 4 && data[at] == 0xff && data[at + 1] >= LEAST && data[at + 1] < 0xff) {
        const size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (data[at + 1] == SCAN) {
            return p->found == p->count;
        }
        if (length < 2 || length > size - at - 2 ||
            (data[at + 1] == APP2 && !take_part(p, data + at + 4, length - 2))) {
            return false;
        }
        at += 2 + length;
    }
    return false;
}

static bool take_profile(const parts *p, ie_image_facts *facts)
{
    if (p->found == 0) {
        return true;
    }
    uint8_t *all = ie_try_alloc(p->size, 1), *to = all;
    for (unsigned i = 1; all != NULL && i <= p->count; i++) {
        memcpy(to, p->at[i], p->sizes[i]);
        to += p->sizes[i];
    }
    if (all != NULL && p->size > 0) {
        facts->has_icc = true;
        facts->icc = ie_hash128_of(all, p->size);
    }
    free(all);
    return facts->has_icc;
}

bool ie_image_jpeg_facts(const uint8_t *data, size_t size, uint64_t max_pixels,
                         ie_image_facts *ret_facts)
{
    ie_decode_fault fault = {0};
    parts p = {.count = 0};
    ie_jpeg *jpeg = size > 4 && find_parts(data, size, &p)
                        ? ie_jpeg_open(data, size, max_pixels, &fault)
                        : NULL;
    if (jpeg == NULL) {
        return false;
    }
    const ie_jpeg_facts *f = ie_jpeg_get_facts(jpeg);
    const uint32_t frames = ie_image_data_frames(data, size, IE_FORMAT_JPEG);
    ie_image_facts facts = {
        .width = f->width, .height = f->height, .frames = frames > 1 ? frames : 1, .bits = 8};
    const bool usual = !f->cmyk && (f->components == 1 || f->components == 3);
    ie_jpeg_close(jpeg);
    if (!usual || !take_profile(&p, &facts)) {
        return false;
    }
    *ret_facts = facts;
    return true;
}

/* ---- JPEG to JPEG ------------------------------------------------------------------------- */

static void see_part(void *maker, int part, const uint8_t *rows, uint32_t count, size_t stride)
{
    for (uint32_t i = 0; i < count; i++) {
        ie_likeness_add_part(maker, part, rows + i * stride);
    }
}

/* By coefficients or by samples. False with the code "unsupported": it is not for that way, nothing
   has happened. */
static bool recode(const uint8_t *data, size_t size, const ie_convert_options *options,
                   bool coefficients, ie_converted *converted, ie_decode_fault *ret_fault)
{
    ie_jpeg *jpeg = ie_jpeg_open(data, size, options->max_pixels, ret_fault);
    if (jpeg == NULL) {
        ret_fault->code = "unsupported";
        return false;
    }
    const ie_jpeg_facts facts = *ie_jpeg_get_facts(jpeg);
    ie_likeness_maker maker = {0};
    ie_jpeg_recoding how = {.quality = options->quality,
                            .progressive = (options->recoding & IE_RECODE_PROGRESSIVE) != 0,
                            .coefficients = coefficients,
                            .sides = {8, 8},
                            .see = see_part,
                            .user = &maker};
    const bool sides =
        !coefficients ||
        ie_likeness_sides(facts.width, facts.height, facts.across[1], facts.down[1], how.sides);
    uint32_t across[IE_PARTS], down[IE_PARTS];
    for (int i = 0; i < IE_PARTS; i++) {
        across[i] = facts.across[i] * (8 / how.sides[i > 0]);
        down[i] = facts.down[i] * (8 / how.sides[i > 0]);
    }
    /* With two or four the chroma that a likeness has is not there, or means something else. */
    bool fits = (facts.components == 1 || facts.components == 3) && sides &&
                ie_likeness_begin_planes(&maker, facts.width, facts.height, across, down,
                                         facts.components == 1);
    *ret_fault = (ie_decode_fault){.code = "unsupported"};
    bool good = fits && ie_jpeg_recode(jpeg, data, size, &how, &converted->bytes, &converted->size,
                                       ret_fault);
    if (good && !ie_likeness_end(&maker, &converted->likeness)) {
        *ret_fault = (ie_decode_fault){"memory", "there is too little memory to encode it"};
        good = false;
    }
    converted->width = facts.width;
    converted->height = facts.height;
    ie_likeness_maker_clear(&maker);
    ie_jpeg_close(jpeg);
    return good;
}

/* *ret_done false: it is not for that way, nothing has happened. By coefficients takes two thirds
   of the time. */
ie_status ie_image_jpeg_again(const uint8_t *data, size_t size, const ie_convert_options *options,
                              bool *ret_done, ie_converted *converted, ie_error *err)
{
    ie_decode_fault fault = {0};
    ie_image_facts source;
    if (!ie_image_jpeg_facts(data, size, options->max_pixels, &source)) {
        return IE_OK;
    }
    bool good = recode(data, size, options, true, converted, &fault);
    if (!good && strcmp(fault.code, "unsupported") == 0) {
        good = recode(data, size, options, false, converted, &fault);
    }
    *ret_done = good || strcmp(fault.code, "unsupported") != 0;
    if (good) {
        converted->bits = 8;
        converted->has_icc = source.has_icc;
        converted->icc = source.icc;
        return IE_OK;
    }
    return !*ret_done ? IE_OK
           : strcmp(fault.code, "memory") == 0
               ? ie_error_set(err, IE_ERR_LIMIT, "%s", fault.text)
               : ie_error_set(err, IE_ERR_FORMAT, "the jpeg image does not decode: %s", fault.text);
}

/* ---- PNG and TIFF to JPEG ----------------------------------------------------------------- */

bool ie_image_png_facts(const uint8_t *data, size_t size, uint64_t max_pixels,
                        ie_image_facts *ret_facts)
{
    ie_png_facts facts;
    if (!ie_png_look(data, size, max_pixels, &facts) || facts.has_icc) {
        return false;
    }
    *ret_facts =
        (ie_image_facts){.width = facts.width, .height = facts.height, .frames = 1, .bits = 8};
    return true;
}

bool ie_image_tiff_facts(ie_bytes *file, uint64_t max_pixels, ie_image_facts *ret_facts)
{
    ie_tiff_facts facts;
    ie_tiff *tiff = ie_tiff_open(file, max_pixels, &facts);
    ie_tiff_close(tiff);
    if (tiff == NULL || facts.has_icc) {
        return false;
    }
    *ret_facts =
        (ie_image_facts){.width = facts.width, .height = facts.height, .frames = 1, .bits = 8};
    return true;
}

/* Its numbers are sRGB's, whichever way it says so. */
static bool is_srgb(ie_bytes *file, ie_format format, const uint8_t *data, size_t size)
{
    ie_meta meta = {0};
    ie_color_space *space = ie_alloc(sizeof *space);
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_meta_find(file, photo, &meta);
    const ie_colors colours = ie_color_space_find(data, size, format, &meta, false, space);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    free(space);
    return colours == IE_COLORS_SRGB || colours == IE_COLORS_PROFILE;
}

/* Where rows come from: one of them. */
typedef struct rows {
    ie_png *png;
    ie_tiff *tiff;
} rows;

static bool pass_rows(const rows *from, uint32_t height, ie_jpeg_writer *writer,
                      ie_likeness_maker *maker)
{
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = from->png != NULL ? ie_png_row(from->png) : ie_tiff_row(from->tiff);
        if (row == NULL || !ie_jpeg_writer_add(writer, row)) {
            return false;
        }
        ie_likeness_add(maker, row);
    }
    return true;
}

/* Quality and the like are as the options say. */
static bool write_rows(const rows *from, ie_jpeg_picture *picture,
                       const ie_convert_options *options, ie_converted *converted)
{
    picture->quality = options->quality;
    picture->progressive = (options->recoding & IE_RECODE_PROGRESSIVE) != 0;
    picture->full_chroma = (options->recoding & IE_RECODE_FULL_CHROMA) != 0 ||
                           options->quality >= IE_FULL_CHROMA_QUALITY;
    ie_likeness_maker maker = {0};
    ie_likeness likeness = {0};
    ie_jpeg_writer *writer = ie_jpeg_writer_new(picture);
    bool good = writer != NULL &&
                ie_likeness_begin(&maker, picture->channels == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                                  picture->width, picture->height, 1, 1) &&
                pass_rows(from, picture->height, writer, &maker) &&
                ie_likeness_end(&maker, &likeness) &&
                ie_jpeg_writer_end(writer, &converted->bytes, &converted->size);
    ie_likeness_maker_clear(&maker);
    ie_jpeg_writer_free(writer);
    if (!good) {
        ie_likeness_clear(&likeness);
        return false;
    }
    converted->likeness = likeness;
    converted->width = picture->width;
    converted->height = picture->height;
    converted->bits = 8;
    return true;
}

bool ie_image_png_to_jpeg(ie_bytes *file, const uint8_t *data, size_t size,
                          const ie_convert_options *options, ie_converted *converted)
{
    ie_png_facts f;
    if (options->orientation > 1 || !ie_png_look(data, size, options->max_pixels, &f) ||
        f.has_icc || !is_srgb(file, IE_FORMAT_PNG, data, size)) {
        return false;
    }
    const rows from = {.png = ie_png_open(data, size, options->max_pixels, &f)};
    ie_jpeg_picture picture = {.width = f.width,
                               .height = f.height,
                               .channels = f.channels,
                               .per_mm = {f.per_mm[0], f.per_mm[1]}};
    const bool good = from.png != NULL && write_rows(&from, &picture, options, converted);
    ie_png_close(from.png);
    return good;
}

bool ie_image_tiff_to_jpeg(ie_bytes *file, const uint8_t *data, size_t size,
                           const ie_convert_options *options, ie_converted *converted)
{
    ie_tiff_facts f;
    const rows from = {
        .tiff = options->orientation > 1 ? NULL : ie_tiff_open(file, options->max_pixels, &f)};
    if (from.tiff == NULL) {
        return false;
    }
    ie_jpeg_picture picture = {.width = f.width,
                               .height = f.height,
                               .channels = f.channels,
                               .per_mm = {f.per_mm[0], f.per_mm[1]}};
    const bool good = !f.has_icc && !ie_image_data_mosaic(data, size) &&
                      is_srgb(file, IE_FORMAT_TIFF, data, size) &&
                      write_rows(&from, &picture, options, converted);
    ie_tiff_close(from.tiff);
    return good;
}
