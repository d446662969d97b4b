// SPDX-License-Identifier: GPL-3.0-or-later
/* The check of a new file, and its likeness, by which it is compared with its original. */
#include "storage/image_jpeg.h"
#include "storage/image_vips.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_requantise.h"
#include "storage/png_rows.h"
#include "storage/tiff_rows.h"
#include "utils/error.h"

/* 8 bits, grey or RGB. Colours under full transparency are nobody's business, and encoders drop
   them. */
static bool plain(VipsImage **image)
{
    VipsImage *result = NULL;
    if (!ie_vips_fit_colours(image, IE_FORMAT_PNG)) {
        return false;
    }
    if (vips_image_hasalpha(*image) &&
        !ie_vips_replace(image, vips_flatten(*image, &result, NULL), &result)) {
        return false;
    }
    if ((*image)->BandFmt != VIPS_FORMAT_UCHAR &&
        !ie_vips_replace(image, vips_cast(*image, &result, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL),
                         &result)) {
        return false;
    }
    int wanted = (*image)->Bands >= 3 ? 3 : 1;
    return (*image)->Bands == wanted ||
           ie_vips_replace(image, vips_extract_band(*image, &result, 0, "n", wanted, NULL),
                           &result);
}

static bool see_row(void *maker, const uint8_t *row)
{
    ie_likeness_add(maker, row);
    return true;
}

bool ie_vips_likeness(VipsImage *image, uint8_t orientation, ie_likeness *ret_likeness)
{
    ie_likeness_maker maker = {0};
    g_object_ref(image);
    bool good = plain(&image) &&
                ie_likeness_begin(&maker, image->Bands == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                                  (uint32_t)image->Xsize, (uint32_t)image->Ysize, 1, orientation) &&
                ie_vips_each_row(image, see_row, &maker, NULL) &&
                ie_likeness_end(&maker, ret_likeness);
    ie_likeness_maker_clear(&maker);
    g_object_unref(image);
    return good;
}

/* ---- the check ---------------------------------------------------------------------------- */

static bool take_walk_planes(const ie_jpeg_dc_facts *f, uint8_t *planes[4])
{
    planes[0] = ie_try_alloc(f->plane_width, f->plane_height);
    planes[1] = ie_try_alloc(f->quarter_width, f->quarter_height);
    bool good = planes[0] != NULL && planes[1] != NULL;
    for (int i = 2; good && !f->gray && i < 4; i++) {
        planes[i] = ie_try_alloc(f->chroma_width, f->chroma_height);
        good = planes[i] != NULL;
    }
    return good;
}

/* Luma at 1/4 and chroma at 1/8 of its own size. */
static bool walk_quarter(ie_jpeg_dc *dc, const ie_jpeg_dc_facts *f, ie_likeness_maker *maker)
{
    uint8_t *planes[4] = {0};
    bool good = take_walk_planes(f, planes) &&
                ie_jpeg_dc_read(
                    dc, &(ie_jpeg_planes){planes[0], planes[1], {planes[2], planes[3]}}) == NULL;
    for (uint32_t y = 0; good && y < f->quarter_height; y++) {
        ie_likeness_add_part(maker, IE_LUMA, planes[1] + (size_t)y * f->quarter_width);
    }
    for (uint32_t y = 0; good && !f->gray && y < f->chroma_height; y++) {
        ie_likeness_add_part(maker, IE_CB, planes[2] + (size_t)y * f->chroma_width);
        ie_likeness_add_part(maker, IE_CR, planes[3] + (size_t)y * f->chroma_width);
    }
    for (int i = 0; i < 4; i++) {
        free(planes[i]);
    }
    return good;
}

/* A row of MCUs, as coefficients and as what they show. */
typedef struct block_walk {
    unsigned sides[2]; /* samples that a block of luma, and of chroma, shows across */
    uint32_t across[IE_PARTS], down[IE_PARTS], rows;
    bool by_dc; /* chroma's samples are those of DC alone */
    int16_t (*blocks[IE_PARTS])[64];
    uint8_t *samples[IE_PARTS];
    ie_requantiser quantisers[IE_PARTS];
} block_walk;

static bool show_row(block_walk *w, ie_likeness_maker *maker)
{
    for (int i = 0; i < IE_PARTS && w->across[i] > 0; i++) {
        const unsigned side = w->sides[i > 0];
        const size_t stride = (size_t)side * w->across[i];
        const bool shown = i > 0 && w->by_dc;
        for (uint32_t y = 0; y < w->down[i]; y++) {
            uint8_t *to = w->samples[i] + (shown ? y * stride : 0);
            if (!shown && !ie_show_row(&w->quantisers[i], w->blocks[i] + (size_t)y * w->across[i],
                                       w->across[i], &(ie_block_rows){to, stride, side})) {
                return false;
            }
            for (unsigned k = 0; k < side; k++) {
                ie_likeness_add_part(maker, i, to + k * stride);
            }
        }
    }
    return true;
}

static bool take_blocks(const ie_jpeg_dc *dc, block_walk *w)
{
    ie_jpeg_dc_blocks(dc, w->across, w->down, &w->rows);
    for (int i = 0; i < IE_PARTS && w->across[i] > 0; i++) {
        const size_t blocks = (size_t)w->across[i] * w->down[i], side = w->sides[i > 0];
        uint16_t quantisers[64];
        ie_jpeg_dc_quantisers(dc, i, quantisers);
        ie_requantiser_set(&w->quantisers[i], quantisers, NULL);
        w->blocks[i] = ie_try_alloc(blocks, sizeof *w->blocks[i]);
        w->samples[i] = ie_try_alloc(blocks, side * side);
        if (w->blocks[i] == NULL || w->samples[i] == NULL) {
            return false;
        }
    }
    return true;
}

/* Luma at 1/2 or whole, chroma as fine as it must be: by all coefficients. */
static bool walk_blocks(ie_jpeg_dc *dc, const unsigned sides[2], ie_likeness_maker *maker)
{
    block_walk w = {.sides = {sides[0], sides[1]}, .by_dc = sides[1] == 1};
    bool good = take_blocks(dc, &w) && ie_jpeg_dc_begin_blocks(dc, w.by_dc) == NULL;
    for (uint32_t row = 0; good && row < w.rows; row++) {
        good = ie_jpeg_dc_next_blocks(dc, (int16_t(*const *)[64])w.blocks,
                                      w.by_dc ? w.samples + 1 : NULL) == NULL &&
               show_row(&w, maker);
    }
    good = good && ie_jpeg_dc_end_blocks(dc) == NULL;
    for (int i = 0; i < IE_PARTS; i++) {
        free(w.blocks[i]);
        free(w.samples[i]);
    }
    return good;
}

/* Our own walk reads all of the coded data, and its yes means that libjpeg-turbo would decode it to
   its end without complaint. False: it is for libjpeg-turbo. */
static bool check_walk(const uint8_t *data, size_t size, uint64_t max_pixels,
                       ie_likeness *ret_likeness)
{
    ie_likeness_maker maker = {0};
    ie_jpeg_dc *dc = ie_jpeg_dc_new();
    ie_jpeg_dc_facts f;
    unsigned sides[2];
    bool good = ie_jpeg_dc_open(dc, data, size, max_pixels, &f) == NULL && !f.progressive &&
                (f.gray || f.chroma_width > 0) &&
                ie_likeness_sides(f.width, f.height, f.chroma_columns, f.chroma_rows, sides);
    if (good) {
        const uint32_t luma = 8 / sides[0], chroma = 8 / sides[1];
        const uint32_t across[IE_PARTS] = {luma, chroma * f.chroma_columns,
                                           chroma * f.chroma_columns};
        const uint32_t down[IE_PARTS] = {luma, chroma * f.chroma_rows, chroma * f.chroma_rows};
        good = ie_likeness_begin_planes(&maker, f.width, f.height, across, down, f.gray) &&
               (sides[0] == 2 && sides[1] == 1 ? walk_quarter(dc, &f, &maker)
                                               : walk_blocks(dc, sides, &maker)) &&
               ie_likeness_end(&maker, ret_likeness);
    }
    ie_likeness_maker_clear(&maker);
    ie_jpeg_dc_free(dc);
    return good;
}

/* All of the coded data is read, and all of the picture is seen, at the likeness' scale. */
static ie_status check_jpeg(const uint8_t *data, size_t size, uint64_t max_pixels,
                            ie_likeness *ret_likeness, ie_error *err)
{
    ie_decode_fault fault = {0};
    ie_jpeg *jpeg = ie_jpeg_open(data, size, max_pixels, &fault);
    if (jpeg == NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "the jpeg image does not decode: %s", fault.text);
    }
    const ie_jpeg_facts *facts = ie_jpeg_get_facts(jpeg);
    uint32_t shrink = ie_likeness_shrink(facts->width, facts->height), width = 0, height = 0;
    ie_likeness_maker maker = {0};
    ie_jpeg_rows layout;
    bool good = ie_jpeg_start(jpeg, shrink, IE_JPEG_YCC, &layout, &width, &height, &fault) &&
                ie_likeness_begin(&maker, layout, facts->width, facts->height, shrink, 1);
    uint8_t *row = ie_try_alloc(width, 3);
    for (uint32_t y = 0; good && row != NULL && y < height; y++) {
        good = ie_jpeg_read(jpeg, row, 1, &fault);
        if (good) {
            ie_likeness_add(&maker, row);
        }
    }
    good = good && row != NULL && ie_jpeg_finish(jpeg, &fault);
    free(row);
    good = good && ie_likeness_end(&maker, ret_likeness);
    ie_likeness_maker_clear(&maker);
    ie_jpeg_close(jpeg);
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT, "the jpeg image does not decode: %s",
                               fault.text[0] != 0 ? fault.text : "there is too little memory");
}

/* WebP's decoder makes the picture smaller itself: it still decodes all of it, but colours of fewer
   samples. Only where both sides come out on whole samples, so that their edges lie alike. */
static bool check_webp(const uint8_t *data, size_t size, const ie_image_facts *facts,
                       uint8_t orientation, ie_likeness *ret_likeness)
{
    uint32_t shrink = ie_likeness_shrink(facts->width, facts->height);
    if (shrink == 1 || facts->width % shrink != 0 || facts->height % shrink != 0 ||
        facts->frames > 1) {
        return false;
    }
    VipsImage *image =
        ie_vips_open(data, size, ie_vips_loader(IE_FORMAT_WEBP), (int)shrink, VIPS_FAIL_ON_ERROR);
    bool good = image != NULL && (uint32_t)image->Xsize == facts->width / shrink &&
                (uint32_t)image->Ysize == facts->height / shrink && ie_vips_tee_fits(image) &&
                ie_vips_likeness(image, orientation, ret_likeness);
    if (image != NULL) {
        g_object_unref(image);
    }
    return good;
}

/* Without libvips, whose start takes as long as a small photo. */
static ie_status check_data_jpeg(const uint8_t *data, size_t size, uint64_t max_pixels,
                                 ie_likeness *ret_likeness, ie_error *err)
{
    return check_walk(data, size, max_pixels, ret_likeness)
               ? IE_OK
               : check_jpeg(data, size, max_pixels, ret_likeness, err);
}

static bool check_png(const uint8_t *data, size_t size, uint64_t max_pixels,
                      ie_likeness *ret_likeness)
{
    ie_png_facts facts;
    ie_png *png = ie_png_open(data, size, max_pixels, &facts);
    ie_likeness_maker maker = {0};
    bool good =
        png != NULL && ie_likeness_begin(&maker, facts.channels == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                                         facts.width, facts.height, 1, 1);
    for (uint32_t y = 0; good && y < facts.height; y++) {
        const uint8_t *row = ie_png_row(png);
        good = row != NULL;
        if (good) {
            ie_likeness_add(&maker, row);
        }
    }
    good = good && ie_likeness_end(&maker, ret_likeness);
    ie_likeness_maker_clear(&maker);
    ie_png_close(png);
    return good;
}

/* `likeness` NULL: not wanted. */
static ie_status check_opened(VipsImage *image, const uint8_t *data, size_t size, ie_format format,
                              uint8_t orientation, uint64_t max_pixels, const ie_image_facts *facts,
                              ie_likeness *likeness, ie_error *err)
{
    double average = 0;
    bool good;
    if (likeness == NULL) {
        good = vips_avg(image, &average, NULL) == 0;
    } else if (format == IE_FORMAT_JPEG && !facts->cmyk && orientation <= 1) {
        return check_data_jpeg(data, size, max_pixels, likeness, err);
    } else {
        good = (format == IE_FORMAT_WEBP && check_webp(data, size, facts, orientation, likeness)) ||
               (format == IE_FORMAT_PNG && orientation <= 1 &&
                check_png(data, size, max_pixels, likeness)) ||
               ie_vips_likeness(image, orientation, likeness);
    }
    return good ? IE_OK : ie_vips_damaged(format, err);
}

static ie_status check_data(const uint8_t *data, size_t size, ie_format format, uint8_t orientation,
                            uint64_t max_pixels, ie_image_facts *ret_facts,
                            ie_likeness *ret_likeness, ie_error *err)
{
    ie_status status;
    ie_image_facts facts;
    if (format == IE_FORMAT_JPEG && ret_likeness != NULL && orientation <= 1 &&
        ie_image_jpeg_facts(data, size, max_pixels, &facts)) {
        status = check_data_jpeg(data, size, max_pixels, ret_likeness, err);
        if (status == IE_OK) {
            *ret_facts = facts;
        }
        return status;
    }
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    status =
        ie_vips_open_checked(data, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        facts = ie_vips_facts(image, data, size, format);
        status = check_opened(image, data, size, format, orientation, max_pixels, &facts,
                              ret_likeness, err);
        ie_vips_finish(image);
        if (status == IE_OK) {
            *ret_facts = facts;
        }
    }
    return status;
}

/* A plain TIFF, which need not lie in memory. */
static bool check_tiff(ie_bytes *bytes, uint64_t max_pixels, ie_image_facts *ret_facts,
                       ie_likeness *ret_likeness)
{
    ie_tiff_facts f;
    ie_tiff *tiff = ie_tiff_open(bytes, max_pixels, &f);
    ie_likeness_maker maker = {0};
    bool good =
        tiff != NULL && ie_likeness_begin(&maker, f.channels == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                                          f.width, f.height, 1, 1);
    for (uint32_t y = 0; good && y < f.height; y++) {
        const uint8_t *row = ie_tiff_row(tiff);
        good = row != NULL;
        if (good) {
            ie_likeness_add(&maker, row);
        }
    }
    good = good && ie_likeness_end(&maker, ret_likeness);
    if (good) {
        *ret_facts = (ie_image_facts){.width = f.width,
                                      .height = f.height,
                                      .frames = 1,
                                      .bits = 8,
                                      .has_icc = f.has_icc,
                                      .icc = f.icc};
    }
    ie_likeness_maker_clear(&maker);
    ie_tiff_close(tiff);
    return good;
}

static ie_status check(const char *path, uint8_t orientation, uint64_t max_pixels,
                       ie_image_facts *ret_facts, ie_likeness *ret_likeness, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    if (ret_likeness != NULL && orientation <= 1 &&
        check_tiff(bytes, max_pixels, ret_facts, ret_likeness)) {
        ie_bytes_close(bytes);
        return IE_OK;
    }
    const uint8_t *data = NULL;
    status = ie_vips_load_bytes(bytes, path, &data, err);
    if (status == IE_OK) {
        const size_t size = (size_t)ie_bytes_size(bytes);
        const size_t start = size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES;
        status = check_data(data, size, ie_format_sniff(data, start, path), orientation, max_pixels,
                            ret_facts, ret_likeness, err);
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_image_check(const char *path, uint64_t max_pixels, ie_image_facts *ret_facts,
                         ie_error *err)
{
    return check(path, 1, max_pixels, ret_facts, NULL, err);
}

ie_status ie_image_check_likeness(const char *path, uint8_t orientation, uint64_t max_pixels,
                                  ie_image_facts *ret_facts, ie_likeness *ret_likeness,
                                  ie_error *err)
{
    return check(path, orientation, max_pixels, ret_facts, ret_likeness, err);
}

/* A JPEG XL says its colours in its own way, and has a profile made of them always. */
static ie_status check_profile(const ie_converted *converted, const ie_image_facts *after,
                               ie_format to, ie_error *err)
{
    if (to == IE_FORMAT_JXL ||
        (converted->has_icc == after->has_icc && ie_hash128_equal(converted->icc, after->icc))) {
        return IE_OK;
    }
    return ie_error_set(err, IE_ERR_FORMAT, "its conversion came out %s",
                        !after->has_icc       ? "without its colour profile"
                        : !converted->has_icc ? "with a colour profile that is not its own"
                                              : "with another colour profile");
}

ie_status ie_converted_check(const ie_converted *converted, const ie_image_facts *after,
                             ie_format to, ie_error *err)
{
    if (after->bits != converted->bits) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its conversion came out with %u bits a channel instead of %u",
                            after->bits, converted->bits);
    }
    if (converted->transparent && !after->has_alpha) {
        return ie_error_set(err, IE_ERR_FORMAT, "its conversion came out without its transparency");
    }
    if (after->has_alpha && !converted->has_alpha) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its conversion came out with transparency, which it has not");
    }
    return check_profile(converted, after, to, err);
}

void ie_converted_clear(ie_converted *converted)
{
    ie_likeness_clear(&converted->likeness);
    free(converted->bytes);
    *converted = (ie_converted){0};
}
