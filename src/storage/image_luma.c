// SPDX-License-Identifier: GPL-3.0-or-later
/* Views of luma for the comparison of a conversion with its original. */
#include <math.h>

#include "storage/image_file.h"
#include "storage/image_vips.h"
#include "storage/ssim.h"
#include "utils/error.h"

typedef struct view {
    ie_pixels pixels;
    const ie_image_side *side;
} view;

/* Reduced while decoding where the format can, but not below the size that is compared. */
static VipsImage *open_reduced(const uint8_t *data, size_t size, const ie_vips_loader_row *l, VipsImage *image,
                               int *ret_shrink)
{
    int longer = image->Xsize > image->Ysize ? image->Xsize : image->Ysize;
    int shorter = image->Xsize > image->Ysize ? image->Ysize : image->Xsize;
    int shrink = 1;
    while (l->shrink != NULL && shrink < 8 && longer / (2 * shrink) >= IE_SIMILARITY_SIDE && shorter / (2 * shrink) > 0) {
        shrink *= 2;
    }
    *ret_shrink = shrink;
    if (shrink == 1) {
        return image;
    }
    g_object_unref(image);
    return ie_vips_open(data, size, l, shrink, VIPS_FAIL_ON_ERROR);
}

/* One band of 8 bits. Colours under full transparency are nobody's business, and encoders drop them. */
static bool to_luma(VipsImage **image)
{
    VipsImage *result = NULL;
    if (!ie_vips_fit_colours(image, IE_FORMAT_PNG) ||
        !ie_vips_replace(image, vips_colourspace(*image, &result, VIPS_INTERPRETATION_B_W, NULL), &result) ||
        !ie_vips_replace(image, vips_cast_uchar(*image, &result, NULL), &result)) {
        return false;
    }
    if (vips_image_hasalpha(*image) && !ie_vips_replace(image, vips_flatten(*image, &result, NULL), &result)) {
        return false;
    }
    return (*image)->Bands == 1 ||
           ie_vips_replace(image, vips_extract_band(*image, &result, 0, NULL), &result);
}

static bool take_view(VipsImage **image, view *v)
{
    VipsImage *memory = to_luma(image) ? vips_image_copy_memory(*image) : NULL;
    if (!ie_vips_replace(image, memory != NULL ? 0 : -1, &memory) || !ie_vips_turn(image, v->side->orientation)) {
        return false;
    }
    size_t size = 0;
    v->pixels.data = vips_image_write_to_memory(*image, &size);
    v->pixels.width = (uint32_t)(*image)->Xsize;
    v->pixels.height = (uint32_t)(*image)->Ysize;
    v->pixels.channels = 1;
    v->pixels.extent_w = v->pixels.width;
    v->pixels.extent_h = v->pixels.height;
    return v->pixels.data != NULL;
}

static ie_status make_view(view *v, uint64_t max_pixels, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    const ie_vips_loader_row *l = NULL;
    VipsImage *image = NULL;
    int shrink = 1;
    ie_status status = ie_vips_ready(err);
    status = status == IE_OK ? ie_vips_load_file(v->side->path, &bytes, &data, err) : status;
    if (status != IE_OK) {
        return status;
    }
    size_t size = (size_t)ie_bytes_size(bytes);
    status = ie_vips_open_checked(data, size, v->side->format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        double width = image->Xsize, height = image->Ysize;
        image = open_reduced(data, size, l, image, &shrink);
        if (image == NULL || !take_view(&image, v)) {
            status = ie_vips_damaged(v->side->format, err);
        } else if (shrink > 1 && v->side->format == IE_FORMAT_JPEG && v->side->orientation == 1) {
            /* libvips drops the last broken cell of a reduced JPEG. */
            v->pixels.extent_w = fmin(width / shrink, v->pixels.width);
            v->pixels.extent_h = fmin(height / shrink, v->pixels.height);
        }
        ie_vips_finish(image);
    }
    ie_bytes_close(bytes);
    return status;
}

/* Both to the size of the smaller one, and no longer side above the limit. */
static uint8_t *fit(const view *v, uint32_t width, uint32_t height)
{
    uint8_t *out = ie_try_alloc((size_t)width * height, 1);
    if (out != NULL && !ie_pixels_resize(&v->pixels, width, height, IE_FILTER_BOX, out)) {
        free(out);
        out = NULL;
    }
    return out;
}

static ie_status compare(const view *a, const view *b, double *ret_similarity, ie_error *err)
{
    const ie_pixels *small = a->pixels.width <= b->pixels.width ? &a->pixels : &b->pixels;
    uint32_t longer = small->width > small->height ? small->width : small->height;
    double scale = longer > IE_SIMILARITY_SIDE ? (double)IE_SIMILARITY_SIDE / longer : 1;
    uint32_t width = (uint32_t)fmax(1, floor(small->width * scale)), height = (uint32_t)fmax(1, floor(small->height * scale));
    uint8_t *x = fit(a, width, height), *y = fit(b, width, height);
    bool good = x != NULL && y != NULL && ie_ssim(x, y, width, height, ret_similarity);
    free(x);
    free(y);
    return good ? IE_OK : ie_error_set(err, IE_ERR_LIMIT, "there is too little memory to compare the pictures");
}

ie_status ie_image_similarity(const ie_image_side *a, const ie_image_side *b, uint64_t max_pixels,
                              double *ret_similarity, ie_error *err)
{
    view x = {.side = a}, y = {.side = b};
    ie_status status = make_view(&x, max_pixels, err);
    status = status == IE_OK ? make_view(&y, max_pixels, err) : status;
    status = status == IE_OK ? compare(&x, &y, ret_similarity, err) : status;
    g_free(x.pixels.data);
    g_free(y.pixels.data);
    return status;
}
