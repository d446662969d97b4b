// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_file.h"

#include <math.h>
#include <pthread.h>

#include "storage/image_jpeg.h"
#include "storage/image_vips.h"
#include "utils/error.h"

ie_status ie_image_probe(const uint8_t *bytes, size_t size, ie_format format, uint64_t max_pixels,
                         ie_image_facts *ret_facts, ie_error *err)
{
    if ((format == IE_FORMAT_JPEG && ie_image_jpeg_facts(bytes, size, max_pixels, ret_facts)) ||
        (format == IE_FORMAT_PNG && ie_image_png_facts(bytes, size, max_pixels, ret_facts))) {
        return IE_OK;
    }
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    ie_status status =
        ie_vips_open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        *ret_facts = ie_vips_facts(image, bytes, size, format);
        ie_vips_finish(image);
    }
    return status;
}

bool ie_image_is_transparent(const uint8_t *bytes, size_t size, ie_format format,
                             uint64_t max_pixels)
{
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    bool transparent = true;
    if (ie_vips_open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l,
                             NULL) == IE_OK) {
        transparent = ie_vips_alpha(image) &&
                      (!ie_vips_transparent(image, &transparent) || transparent);
        ie_vips_finish(image);
    }
    return transparent;
}

/* ---- decoding ----------------------------------------------------------------------------- */

/* 8 bits by dropping the lower ones: exact, and what Pillow-made values are compared with. */
static bool eight_bits(VipsImage **image)
{
    VipsImage *result = NULL;
    int shift = (*image)->BandFmt == VIPS_FORMAT_USHORT ? 8 : 24;
    if ((*image)->BandFmt == VIPS_FORMAT_UCHAR) {
        return true;
    }
    if ((*image)->BandFmt != VIPS_FORMAT_USHORT && (*image)->BandFmt != VIPS_FORMAT_UINT) {
        return false;
    }
    return ie_vips_replace(image, vips_rshift_const1(*image, &result, shift, NULL), &result) &&
           ie_vips_replace(image, vips_cast_uchar(*image, &result, NULL), &result);
}

/* In place: the usual formula of viewers without a profile, R = (255 - C)(255 - K) / 255,
   rounded. */
static void cmyk_to_rgb(uint8_t *data, size_t pixels)
{
    const uint8_t *in = data;
    uint8_t *out = data;
    for (size_t i = 0; i < pixels; i++, in += 4, out += 3) {
        unsigned light = 255u - in[3];
        for (int c = 0; c < 3; c++) {
            out[c] = (uint8_t)(((255u - in[c]) * light + 127) / 255);
        }
    }
}

/* Alpha, the last of the bands, over white, to the last bit as Pillow's alpha_composite: fixed
   point of 7 bits, and a division by 255 that rounds. */
static void lay_over_white(uint8_t *data, size_t pixels, int bands)
{
    const uint8_t *in = data;
    uint8_t *out = data;
    for (size_t i = 0; i < pixels; i++, in += bands, out += bands - 1) {
        uint32_t alpha = in[bands - 1];
        for (int c = 0; c < bands - 1; c++) {
            uint32_t sum = (in[c] * alpha + 255 * (255 - alpha)) * 128 + 128 * 128;
            out[c] = (uint8_t)((((sum >> 8) + sum) >> 8) >> 7);
        }
    }
}

/* Runs the decoder; the samples are malloc()ed or NULL. */
static uint8_t *samples(VipsImage **image, bool white, uint32_t *ret_channels)
{
    if (!ie_vips_plain_colours(image) || !eight_bits(image)) {
        return NULL;
    }
    bool cmyk = ie_vips_cmyk(*image);
    int bands = (*image)->Bands, colors = cmyk ? 4 : bands >= 3 ? 3 : 1;
    bool blend = white && !cmyk && bands == colors + 1;
    int wanted = colors + blend;
    VipsImage *result = NULL;
    if (wanted != bands &&
        !ie_vips_replace(image, vips_extract_band(*image, &result, 0, "n", wanted, NULL),
                         &result)) {
        return NULL;
    }
    size_t size = 0;
    uint8_t *data = vips_image_write_to_memory(*image, &size);
    size_t pixels = (size_t)(*image)->Xsize * (size_t)(*image)->Ysize;
    if (data != NULL && cmyk) {
        cmyk_to_rgb(data, pixels);
    } else if (data != NULL && blend) {
        lay_over_white(data, pixels, bands);
    }
    *ret_channels = cmyk ? 3 : (uint32_t)colors;
    return data;
}

/* The shorter side must not shrink to nothing: libvips ends the process over a side of 0. */
static int shrink_for(const ie_vips_loader_row *l, const VipsImage *image, uint32_t min_side)
{
    uint32_t longer = (uint32_t)(image->Xsize > image->Ysize ? image->Xsize : image->Ysize);
    uint32_t shorter = (uint32_t)(image->Xsize > image->Ysize ? image->Ysize : image->Xsize);
    int shrink = 1;
    while (l->shrink != NULL && min_side > 0 && shrink < 8 &&
           shorter / (2u * (uint32_t)shrink) > 0 && longer / (2u * (uint32_t)shrink) >= min_side) {
        shrink *= 2;
    }
    return shrink;
}

static ie_status decode(const uint8_t *bytes, size_t size, ie_format format, uint32_t min_side,
                        bool white, uint64_t max_pixels, ie_pixels *ret_pixels,
                        ie_image_facts *ret_facts, ie_error *err)
{
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    ie_status status =
        ie_vips_open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status != IE_OK) {
        return status;
    }
    ie_image_facts facts = ie_vips_facts(image, bytes, size, format);
    int shrink = shrink_for(l, image, min_side);
    if (shrink > 1) {
        g_object_unref(image);
        image = ie_vips_open(bytes, size, l, shrink, VIPS_FAIL_ON_ERROR);
    }
    ie_pixels pixels = {0};
    pixels.data = image != NULL ? samples(&image, white, &pixels.channels) : NULL;
    if (pixels.data == NULL) {
        ie_vips_finish(image);
        return ie_vips_damaged(format, err);
    }
    pixels.width = (uint32_t)image->Xsize;
    pixels.height = (uint32_t)image->Ysize;
    /* A reduced JPEG has cells of `shrink` pixels, of which libvips drops the last broken one;
       libwebp fits the picture into what it gives. */
    bool cells = shrink > 1 && format == IE_FORMAT_JPEG;
    pixels.extent_w = cells ? fmin((double)facts.width / shrink, pixels.width) : pixels.width;
    pixels.extent_h = cells ? fmin((double)facts.height / shrink, pixels.height) : pixels.height;
    ie_vips_finish(image);
    *ret_pixels = pixels;
    if (ret_facts != NULL) {
        *ret_facts = facts;
    }
    return IE_OK;
}

ie_status ie_image_decode(const uint8_t *bytes, size_t size, ie_format format, uint32_t min_side,
                          uint64_t max_pixels, ie_pixels *ret_pixels, ie_image_facts *ret_facts,
                          ie_error *err)
{
    return decode(bytes, size, format, min_side, false, max_pixels, ret_pixels, ret_facts, err);
}

ie_status ie_image_decode_white(const uint8_t *bytes, size_t size, ie_format format,
                                uint32_t min_side, uint64_t max_pixels, ie_pixels *ret_pixels,
                                ie_error *err)
{
    return decode(bytes, size, format, min_side, true, max_pixels, ret_pixels, NULL, err);
}

ie_status ie_image_transparent(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                               bool *ret_transparent, ie_error *err)
{
    ie_format format = ie_format_sniff(bytes, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, NULL);
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    ie_status status =
        ie_vips_open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status != IE_OK) {
        return status;
    }
    bool transparent = false;
    bool good = !ie_vips_alpha(image) || ie_vips_transparent(image, &transparent);
    ie_vips_finish(image);
    if (!good) {
        return ie_vips_damaged(format, err);
    }
    *ret_transparent = transparent;
    return IE_OK;
}

/* ---- information -------------------------------------------------------------------------- */

bool ie_image_can_read(ie_format format)
{
    return ie_vips_ready(NULL) == IE_OK && ie_vips_loader(format) != NULL;
}

/* libheif's encoders are plugins: whether one is there shows only in trying. */
static bool try_heif(VipsForeignHeifCompression compression)
{
    VipsImage *black = NULL;
    void *buffer = NULL;
    size_t size = 0;
    if (vips_black(&black, 16, 16, "bands", 3, NULL) != 0) {
        ie_vips_finish(NULL);
        return false;
    }
    bool good = vips_heifsave_buffer(black, &buffer, &size, "compression", compression, NULL) == 0;
    g_free(buffer);
    ie_vips_finish(black);
    return good;
}

static pthread_once_t heif_once = PTHREAD_ONCE_INIT;
static bool heif_writes[2]; /* HEVC, AV1 */

static void heif_probe(void)
{
    if (vips_type_find("VipsOperation", "heifsave") != 0) {
        heif_writes[0] = try_heif(VIPS_FOREIGN_HEIF_COMPRESSION_HEVC);
        heif_writes[1] = try_heif(VIPS_FOREIGN_HEIF_COMPRESSION_AV1);
    }
}

bool ie_image_can_write(ie_format format)
{
    if (ie_vips_ready(NULL) != IE_OK) {
        return false;
    }
    switch (format) {
    case IE_FORMAT_JPEG:
        return vips_type_find("VipsOperation", "jpegsave") != 0;
    case IE_FORMAT_PNG:
        return vips_type_find("VipsOperation", "pngsave") != 0;
    case IE_FORMAT_WEBP:
        return vips_type_find("VipsOperation", "webpsave") != 0;
    case IE_FORMAT_TIFF:
        return vips_type_find("VipsOperation", "tiffsave") != 0;
    case IE_FORMAT_JXL:
        return vips_type_find("VipsOperation", "jxlsave") != 0;
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
        pthread_once(&heif_once, heif_probe);
        return heif_writes[format == IE_FORMAT_AVIF];
    default:
        return false;
    }
}

ie_status ie_image_ready(ie_error *err)
{
    return ie_vips_ready(err);
}

const char *ie_image_library(void)
{
    return ie_vips_ready(NULL) == IE_OK ? "libvips " VIPS_VERSION : "libvips (does not start)";
}
