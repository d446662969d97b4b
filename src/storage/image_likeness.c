// SPDX-License-Identifier: GPL-3.0-or-later
/* The check of a new file, and the likenesses by which it is compared with its original. */
#include <math.h>

#include "storage/frame.h"
#include "storage/image_vips.h"
#include "storage/ssim.h"
#include "utils/error.h"

/* A power of two, because a JPEG can be decoded reduced by these: both sides of a comparison are made alike. */
static uint32_t shrink_of(uint32_t width, uint32_t height)
{
    uint32_t longer = width > height ? width : height, shorter = width > height ? height : width, shrink = 1;
    if (shorter / 8 >= IE_LUMA_SHORT_SIDE) {
        return 8; /* what JPEGs say of themselves without their fine detail: see jpeg_dc.h */
    }
    while (shrink < 8 && longer / (2 * shrink) >= IE_GRAY_SIDE && shorter / (2 * shrink) > 0) {
        shrink *= 2;
    }
    return shrink;
}

bool ie_likeness_begin(ie_likeness_maker *maker, ie_jpeg_rows layout, uint32_t width, uint32_t height)
{
    maker->scratch = ie_scratch_new();
    maker->frame = (ie_frame){.scratch = maker->scratch, .views = IE_VIEW_GRAY};
    return ie_frame_begin(&maker->frame, layout, width, height, width, height, shrink_of(width, height));
}

void ie_likeness_clear(ie_likeness_maker *maker)
{
    if (maker->scratch != NULL) {
        ie_frame_clear(&maker->frame);
        ie_scratch_free(maker->scratch);
        maker->scratch = NULL;
    }
}

bool ie_likeness_end(ie_likeness_maker *maker, uint8_t orientation, ie_likeness *ret_likeness)
{
    bool good = ie_frame_end(&maker->frame, orientation);
    const ie_pixels *gray = &maker->frame.gray;
    ie_likeness likeness = {.width = gray->width, .height = gray->height};
    likeness.gray = good ? ie_try_alloc(gray->width, gray->height) : NULL;
    if (likeness.gray != NULL) {
        memcpy(likeness.gray, gray->data, (size_t)gray->width * gray->height);
        *ret_likeness = likeness;
    }
    ie_likeness_clear(maker);
    return likeness.gray != NULL;
}

/* 8 bits, grey or RGB. Colours under full transparency are nobody's business, and encoders drop them. */
static bool plain(VipsImage **image)
{
    VipsImage *result = NULL;
    if (!ie_vips_fit_colours(image, IE_FORMAT_PNG)) {
        return false;
    }
    if (vips_image_hasalpha(*image) && !ie_vips_replace(image, vips_flatten(*image, &result, NULL), &result)) {
        return false;
    }
    if ((*image)->BandFmt != VIPS_FORMAT_UCHAR &&
        !ie_vips_replace(image, vips_cast(*image, &result, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL), &result)) {
        return false;
    }
    int wanted = (*image)->Bands >= 3 ? 3 : 1;
    return (*image)->Bands == wanted ||
           ie_vips_replace(image, vips_extract_band(*image, &result, 0, "n", wanted, NULL), &result);
}

bool ie_vips_likeness(VipsImage *image, uint8_t orientation, ie_likeness *ret_likeness)
{
    ie_likeness_maker maker = {0};
    g_object_ref(image);
    VipsImage *memory = plain(&image) ? vips_image_copy_memory(image) : NULL;
    bool good = false;
    if (memory != NULL) {
        uint32_t width = (uint32_t)memory->Xsize, height = (uint32_t)memory->Ysize;
        good = ie_likeness_begin(&maker, memory->Bands == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB, width, height);
        for (uint32_t y = 0; good && y < height; y++) {
            ie_frame_add(&maker.frame, VIPS_IMAGE_ADDR(memory, 0, (int)y), 1);
        }
        good = good && ie_likeness_end(&maker, orientation, ret_likeness);
        ie_likeness_clear(&maker);
        g_object_unref(memory);
    }
    g_object_unref(image);
    return good;
}

/* ---- the check ---------------------------------------------------------------------------- */

/* From the DC coefficients, where that is the likeness' scale: our own walk reads all of the coded data, and its yes means
   that libjpeg-turbo would decode it to its end without complaint. Not of progressive files, whose other scans it
   steps over. False: it is for libjpeg-turbo. */
static bool check_dc(const uint8_t *data, size_t size, uint8_t orientation, uint64_t max_pixels, ie_likeness *ret_likeness)
{
    ie_likeness_maker maker = {.scratch = ie_scratch_new()};
    maker.frame = (ie_frame){.scratch = maker.scratch, .views = IE_VIEW_GRAY};
    ie_jpeg_dc *dc = ie_scratch_jpeg_dc(maker.scratch);
    ie_jpeg_dc_facts f;
    bool good = ie_jpeg_dc_open(dc, data, size, max_pixels, &f) == NULL && !f.progressive && shrink_of(f.width, f.height) == 8;
    uint8_t *plane = good ? ie_scratch_take(maker.scratch, f.plane_width, f.plane_height) : NULL;
    good = plane != NULL && ie_jpeg_dc_read(dc, &(ie_jpeg_planes){.luma = plane}) == NULL &&
           ie_frame_begin(&maker.frame, IE_JPEG_GRAY, f.plane_width, f.plane_height, f.width / 8.0, f.height / 8.0, 1);
    if (good) {
        ie_frame_add(&maker.frame, plane, f.plane_height);
    }
    ie_scratch_give(maker.scratch, plane);
    good = good && ie_likeness_end(&maker, orientation, ret_likeness);
    ie_likeness_clear(&maker);
    return good;
}

/* All of the coded data is read, and all of the luma is seen, at the likeness' scale. */
static ie_status check_jpeg(const uint8_t *data, size_t size, uint8_t orientation, uint64_t max_pixels,
                            ie_likeness *ret_likeness, ie_error *err)
{
    enum { ROWS = 16 };
    ie_decode_fault fault = {0};
    ie_jpeg *jpeg = ie_jpeg_open(data, size, max_pixels, &fault);
    if (jpeg == NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "the jpeg image does not decode: %s", fault.text);
    }
    const ie_jpeg_facts *facts = ie_jpeg_get_facts(jpeg);
    uint32_t shrink = shrink_of(facts->width, facts->height), width = 0, height = 0;
    ie_likeness_maker maker = {.scratch = ie_scratch_new()};
    maker.frame = (ie_frame){.scratch = maker.scratch, .views = IE_VIEW_GRAY};
    ie_jpeg_rows layout;
    bool good = ie_jpeg_start(jpeg, shrink, IE_JPEG_GRAY, &layout, &width, &height, &fault) &&
                ie_frame_begin(&maker.frame, layout, width, height, (double)facts->width / shrink,
                               (double)facts->height / shrink, 1);
    uint8_t *rows = ie_scratch_take(maker.scratch, (size_t)width * 3, ROWS);
    for (uint32_t y = 0; good && rows != NULL && y < height; y += ROWS) {
        uint32_t now = height - y < ROWS ? height - y : ROWS;
        good = ie_jpeg_read(jpeg, rows, now, &fault);
        if (good) {
            ie_frame_add(&maker.frame, rows, now);
        }
    }
    good = good && rows != NULL && ie_jpeg_finish(jpeg, &fault);
    ie_scratch_give(maker.scratch, rows);
    good = good && ie_likeness_end(&maker, orientation, ret_likeness);
    ie_likeness_clear(&maker);
    ie_jpeg_close(jpeg);
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT, "the jpeg image does not decode: %s",
                               fault.text[0] != 0 ? fault.text : "there is too little memory");
}

/* WebP's decoder makes the picture smaller itself: it still decodes all of it, but colours of fewer samples. Only where
   both sides come out on whole samples, so that their edges lie alike. */
static bool check_webp(const uint8_t *data, size_t size, const ie_image_facts *facts, uint8_t orientation,
                       ie_likeness *ret_likeness)
{
    uint32_t shrink = shrink_of(facts->width, facts->height);
    if (shrink == 1 || facts->width % shrink != 0 || facts->height % shrink != 0 || facts->frames > 1) {
        return false;
    }
    VipsImage *image = ie_vips_open(data, size, ie_vips_loader(IE_FORMAT_WEBP), (int)shrink, VIPS_FAIL_ON_ERROR);
    bool good = image != NULL && (uint32_t)image->Xsize == facts->width / shrink &&
                (uint32_t)image->Ysize == facts->height / shrink && ie_vips_tee_fits(image) &&
                ie_vips_likeness(image, orientation, ret_likeness);
    if (image != NULL) {
        g_object_unref(image);
    }
    return good;
}

static ie_status check(const char *path, uint8_t orientation, uint64_t max_pixels, ie_image_facts *ret_facts,
                       ie_likeness *ret_likeness, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_vips_load_file(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    size_t size = (size_t)ie_bytes_size(bytes);
    ie_format format = ie_format_sniff(data, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, path);
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    status = ie_vips_open_checked(data, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        ie_image_facts facts = ie_vips_facts(image, data, size, format);
        double average = 0;
        if (ret_likeness != NULL && format == IE_FORMAT_JPEG && !facts.cmyk) {
            status = check_dc(data, size, orientation, max_pixels, ret_likeness)
                         ? IE_OK
                         : check_jpeg(data, size, orientation, max_pixels, ret_likeness, err);
        } else if (ret_likeness != NULL && format == IE_FORMAT_WEBP && check_webp(data, size, &facts, orientation, ret_likeness)) {
            status = IE_OK;
        } else if (ret_likeness != NULL) {
            status = ie_vips_likeness(image, orientation, ret_likeness) ? IE_OK : ie_vips_damaged(format, err);
        } else {
            status = vips_avg(image, &average, NULL) == 0 ? IE_OK : ie_vips_damaged(format, err);
        }
        ie_vips_finish(image);
        if (status == IE_OK) {
            *ret_facts = facts;
        }
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_image_check(const char *path, uint64_t max_pixels, ie_image_facts *ret_facts, ie_error *err)
{
    return check(path, 1, max_pixels, ret_facts, NULL, err);
}

ie_status ie_image_check_likeness(const char *path, uint8_t orientation, uint64_t max_pixels, ie_image_facts *ret_facts,
                                  ie_likeness *ret_likeness, ie_error *err)
{
    return check(path, orientation, max_pixels, ret_facts, ret_likeness, err);
}

/* ---- comparing ---------------------------------------------------------------------------- */

static uint8_t *fit(const ie_likeness *likeness, uint32_t width, uint32_t height)
{
    const ie_pixels pixels = {likeness->gray, likeness->width, likeness->height, 1, likeness->width, likeness->height,
                              0.0, 0.0, 0.0, 0.0};
    uint8_t *out = ie_try_alloc((size_t)width * height, 1);
    if (out != NULL && !ie_pixels_resize(&pixels, width, height, IE_FILTER_BOX, out)) {
        free(out);
        out = NULL;
    }
    return out;
}

/* Both to the size of the smaller one. */
bool ie_likeness_compare(const ie_likeness *a, const ie_likeness *b, double *ret_similarity)
{
    const ie_likeness *small = a->width <= b->width ? a : b;
    uint8_t *x = fit(a, small->width, small->height), *y = fit(b, small->width, small->height);
    bool good = x != NULL && y != NULL && ie_ssim(x, y, small->width, small->height, ret_similarity);
    free(x);
    free(y);
    return good;
}

void ie_converted_clear(ie_converted *converted)
{
    free(converted->likeness.gray);
    free(converted->bytes);
    *converted = (ie_converted){0};
}
