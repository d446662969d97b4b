// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/source.h"

#include <errno.h>
#include <string.h>

#include "storage/file_whole.h"
#include "storage/frame_planes.h"
#include "storage/image_file.h"
#include "storage/raw_preview.h"
#include "utils/memory.h"
#include "utils/text.h"

/* Rows of a colour decode that are handed on at once: they stay in the cache. */
#define ROWS_AT_ONCE 16

struct ie_source {
    ie_bytes *bytes;
    ie_photo *photo;
    ie_source_options options;
    unsigned made; /* IE_VIEW_* of the frame; 0: nothing decoded */
    bool failed;
    int jpeg_quality;
    ie_frame frame;
};

ie_source *ie_source_new(ie_bytes *bytes, ie_photo *photo, const ie_source_options *options,
                         ie_scratch *scratch)
{
    ie_source *source = ie_alloc(sizeof *source);
    source->bytes = bytes;
    source->photo = photo;
    source->options = *options;
    if (source->options.views == 0) {
        source->options.views = IE_VIEW_ALL;
    }
    source->frame.scratch = scratch;
    source->frame.exact = options->exact;
    return source;
}

void ie_source_free(ie_source *source)
{
    if (source != NULL) {
        ie_frame_clear(&source->frame);
        free(source);
    }
}

ie_bytes *ie_source_bytes(ie_source *source)
{
    return source->bytes;
}

int ie_source_jpeg_quality(const ie_source *source)
{
    return source->jpeg_quality;
}

static bool set_fault(ie_decode_fault *ret_fault, const char *code, const char *text)
{
    ret_fault->code = code;
    snprintf(ret_fault->text, sizeof ret_fault->text, "%s", text);
    return false;
}

static uint32_t reduced(uint32_t size, unsigned denominator)
{
    return size / denominator + (size % denominator != 0);
}

/* The smallest scale that still gives every announced view its size. */
static unsigned choose_denominator(const ie_source *source, uint32_t width, uint32_t height)
{
    uint32_t shorter = width < height ? width : height;
    uint32_t longer = width < height ? height : width;
    unsigned views = source->frame.views;
    if (source->options.exact) {
        return 1;
    }
    for (unsigned denominator = 8; denominator > 1; denominator /= 2) {
        uint32_t least = denominator == 8   ? IE_LUMA_SHORT_SIDE
                         : denominator == 4 ? IE_LUMA_SHORT_SIDE_FINER
                                            : IE_LUMA_SHORT_SIDE_HALF;
        bool enough = (views & IE_VIEW_LUMA) == 0 || reduced(shorter, denominator) >= least;
        enough =
            enough && ((views & IE_VIEW_GRAY) == 0 || reduced(longer, denominator) >= IE_GRAY_SIDE);
        enough = enough && ((views & IE_VIEW_COLOR) == 0 ||
                            shorter / denominator >= source->options.color_side);
        enough =
            enough && ((views & IE_VIEW_RGB) == 0 || reduced(longer, denominator) >= IE_RGB_SIDE);
        if (enough) {
            return denominator;
        }
    }
    return 1;
}

static bool read_rows(ie_source *source, ie_jpeg *jpeg, uint32_t width, uint32_t height,
                      ie_decode_fault *fault)
{
    ie_frame *frame = &source->frame;
    size_t stride = (size_t)width * (frame->layout == IE_JPEG_GRAY ? 1 : 3);
    uint8_t *rows = ie_scratch_take(frame->scratch, stride, ROWS_AT_ONCE);
    bool good = rows != NULL || set_fault(fault, "memory", "not enough memory to decode it");
    for (uint32_t y = 0; good && y < height; y += ROWS_AT_ONCE) {
        uint32_t now = height - y < ROWS_AT_ONCE ? height - y : ROWS_AT_ONCE;
        good = ie_jpeg_read(jpeg, rows, now, fault);
        if (good) {
            ie_frame_add(frame, rows, now);
        }
    }
    ie_scratch_give(frame->scratch, rows);
    return good && ie_jpeg_finish(jpeg, fault);
}

static bool read_jpeg(ie_source *source, ie_jpeg *jpeg, const uint8_t *data, size_t size,
                      ie_decode_fault *fault)
{
    const ie_jpeg_facts *facts = ie_jpeg_get_facts(jpeg);
    ie_frame *frame = &source->frame;
    unsigned denominator = choose_denominator(source, facts->width, facts->height);
    ie_jpeg_rows wanted = source->options.exact                  ? IE_JPEG_RGB
                          : (frame->views & (IE_VIEW_RGB | IE_VIEW_COLOR)) != 0 ? IE_JPEG_YCC
                                                              : IE_JPEG_GRAY;
    /* Without libjpeg's entropy decoder, which is what a reduced decode costs; luma is the same. */
    if ((denominator == 8 || denominator == 4) &&
        ie_frame_read_planes(frame, data, size, source->options.max_pixels,
                             source->options.color_side, denominator)) {
        return true;
    }
    uint32_t width, height;
    ie_jpeg_rows layout;
    if (!ie_jpeg_start(jpeg, denominator, wanted, &layout, &width, &height, fault)) {
        return false;
    }
    if (!ie_frame_begin(frame, layout, width, height, (double)facts->width / denominator,
                        (double)facts->height / denominator, 1)) {
        return set_fault(fault, "memory", "not enough memory to decode it");
    }
    frame->luma.softness = denominator > 1 ? 1.0 : 0.0;
    if (!read_rows(source, jpeg, width, height, fault)) {
        return false;
    }
    if (denominator == 8 && layout != IE_JPEG_RGB) {
        frame->luma.bias = ie_jpeg_dc_bias(facts->dc_quantiser);
    }
    return true;
}

static bool decode_jpeg(ie_source *source, const uint8_t *data, size_t size, ie_decode_fault *fault)
{
    ie_jpeg *jpeg = ie_jpeg_open(data, size, source->options.max_pixels, fault);
    if (jpeg == NULL) {
        return false;
    }
    ie_photo *photo = source->photo;
    const ie_jpeg_facts *facts = ie_jpeg_get_facts(jpeg);
    source->jpeg_quality = facts->quality;
    if (photo->format == IE_FORMAT_JPEG) {
        photo->width = facts->width;
        photo->height = facts->height;
        photo->bits = 8;
    } else if (photo->width == 0 || photo->height == 0) {
        photo->width = facts->width;
        photo->height = facts->height;
    }
    bool good = read_jpeg(source, jpeg, data, size, fault);
    ie_jpeg_close(jpeg);
    return good;
}

static bool decode_raw(ie_source *source, ie_decode_fault *fault)
{
    ie_preview preview;
    if (!ie_raw_find_preview(source->bytes, source->options.max_file_bytes, &preview)) {
        return set_fault(fault, "unsupported",
                         "the RAW file has no JPEG preview that could be found");
    }
    const uint8_t *data = NULL;
    if (preview.size <= source->options.max_file_bytes) {
        data = ie_bytes_at(source->bytes, preview.offset, (size_t)preview.size);
    }
    if (data == NULL) {
        return set_fault(fault, "unreadable", "the RAW file's JPEG preview could not be read");
    }
    return decode_jpeg(source, data, (size_t)preview.size, fault);
}

static const char *code_of(const ie_error *err)
{
    switch (err->status) {
    case IE_ERR_LIMIT:
        return "too_large";
    case IE_ERR_UNSUPPORTED:
        return "unsupported";
    case IE_ERR_NO_SPACE:
        return "memory";
    default:
        break;
    }
    /* The codecs tell a file that ends early from a damaged one in their words only. */
    static const char *const endings[] = {"truncat",   "premature",  "end of",
                                          "too short", "not enough", "Read error"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcasestr(err->text, endings[i]) != NULL) {
            return "truncated";
        }
    }
    return strcasestr(err->text, "memory") != NULL ? "memory" : "corrupt";
}

static void set_facts(ie_photo *photo, const ie_image_facts *facts)
{
    photo->width = facts->width;
    photo->height = facts->height;
    photo->bits = facts->bits;
    photo->has_alpha = facts->has_alpha;
    photo->animated = facts->frames > 1;
}

/* The colour view anew, over white: what hashes are made of has its alpha dropped, what networks
   see has not. */
static bool make_white(ie_source *source, const uint8_t *data, size_t size, uint32_t least,
                       uint32_t shrink, ie_decode_fault *fault)
{
    ie_pixels pixels = {0};
    ie_error err = {0};
    ie_status status = ie_image_decode_white(data, size, source->photo->format, least,
                                             source->options.max_pixels, &pixels, &err);
    if (status != IE_OK) {
        return set_fault(fault, code_of(&err), err.text);
    }
    ie_frame white = {
        .scratch = source->frame.scratch, .exact = source->frame.exact, .views = IE_VIEW_COLOR};
    ie_jpeg_rows layout = pixels.channels == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB;
    bool good = ie_frame_begin(&white, layout, pixels.width, pixels.height, pixels.width,
                               pixels.height, shrink);
    if (good) {
        ie_frame_add(&white, pixels.data, pixels.height);
        ie_pixels dropped = source->frame.color;
        source->frame.color = white.color;
        white.color = dropped;
    }
    ie_frame_clear(&white);
    free(pixels.data);
    return good || set_fault(fault, "memory", "not enough memory to decode it");
}

/* Everything but JPEG: decoded as a whole, then averaged over squares as far as the views allow. */
static bool decode_image(ie_source *source, const uint8_t *data, size_t size,
                         ie_decode_fault *fault)
{
    ie_pixels pixels = {0};
    ie_image_facts facts = {0};
    ie_error err = {0};
    bool exact = source->options.exact;
    bool color = (source->frame.views & IE_VIEW_COLOR) != 0;
    uint32_t color_side = color ? source->options.color_side : 0;
    /* Its shorter side is meant, and few photos are longer than twice that. */
    uint32_t least = color_side > IE_GRAY_SIDE / 2 ? color_side * 2 : IE_GRAY_SIDE;
    ie_status status = ie_image_decode(data, size, source->photo->format, exact ? 0 : least,
                                       source->options.max_pixels, &pixels, &facts, &err);
    if (facts.width > 0 && facts.height > 0) {
        set_facts(source->photo, &facts);
    }
    if (status == IE_ERR_FORMAT && !ie_file_whole(data, size, source->photo->format, true, fault)) {
        return false;
    }
    if (status != IE_OK) {
        return set_fault(fault, code_of(&err), err.text);
    }
    /* Decoders of these do not miss the end. */
    bool loose = source->photo->format == IE_FORMAT_PNG || source->photo->format == IE_FORMAT_GIF;
    if (loose && !ie_file_whole(data, size, source->photo->format, false, fault)) {
        free(pixels.data);
        return false;
    }
    uint32_t longer = pixels.width > pixels.height ? pixels.width : pixels.height;
    uint32_t shorter = pixels.width < pixels.height ? pixels.width : pixels.height;
    uint32_t shrink = 1;
    while (!exact && longer / (shrink + 1) >= IE_GRAY_SIDE &&
           shorter / (shrink + 1) >= IE_LUMA_SHORT_SIDE && shorter / (shrink + 1) >= color_side) {
        shrink++;
    }
    ie_jpeg_rows layout = pixels.channels == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB;
    bool good = ie_frame_begin(&source->frame, layout, pixels.width, pixels.height, pixels.width,
                               pixels.height, shrink);
    if (good) {
        source->frame.luma.softness = shrink > 1 || pixels.width < facts.width ? 1.0 : 0.0;
        ie_frame_add(&source->frame, pixels.data, pixels.height);
    }
    free(pixels.data);
    if (good && color && facts.has_alpha && source->options.over_white) {
        return make_white(source, data, size, exact ? 0 : least, shrink, fault);
    }
    return good || set_fault(fault, "memory", "not enough memory to decode it");
}

static bool decode_file(ie_source *source, ie_decode_fault *fault)
{
    if (ie_format_kind(source->photo->format) == IE_KIND_RAW) {
        return decode_raw(source, fault);
    }
    const uint8_t *data = ie_bytes_load(source->bytes, source->options.max_file_bytes);
    size_t size = (size_t)ie_bytes_size(source->bytes);
    if (data == NULL) {
        int error = ie_bytes_errno(source->bytes);
        return set_fault(fault,
                         error == EFBIG    ? "too_large"
                         : error == ENOMEM ? "memory"
                                           : "unreadable",
                         error == EFBIG ? "the file is larger than the limit" : strerror(error));
    }
    return source->photo->format == IE_FORMAT_JPEG ? decode_jpeg(source, data, size, fault)
                                                   : decode_image(source, data, size, fault);
}

/* HEIF and AVIF are turned by their container; exif says so once more, which must not count
   twice. */
static uint8_t orientation_of(const ie_photo *photo)
{
    bool upright = photo->format == IE_FORMAT_HEIC || photo->format == IE_FORMAT_AVIF;
    return upright || photo->orientation < 1 || photo->orientation > 8 ? 1 : photo->orientation;
}

static bool decode(ie_source *source, unsigned view)
{
    ie_kind kind = ie_format_kind(source->photo->format);
    if (source->failed || (kind != IE_KIND_PHOTO && kind != IE_KIND_RAW)) {
        return false;
    }
    if ((source->made & view) != 0) {
        return true;
    }
    ie_frame_clear(&source->frame);
    source->frame.views = source->options.views | source->made | view;
    ie_decode_fault fault = {.code = "corrupt"};
    bool good = decode_file(source, &fault);
    if (good && !ie_frame_end(&source->frame, orientation_of(source->photo))) {
        good = set_fault(&fault, "memory", "not enough memory to turn it upright");
    }
    source->made = good ? source->frame.views : 0;
    source->failed = !good;
    if (!good) {
        ie_frame_clear(&source->frame);
        ie_photo_fault(source->photo, "decode", fault.code, "%s", fault.text);
    }
    return good;
}

const ie_pixels *ie_source_luma(ie_source *source)
{
    return decode(source, IE_VIEW_LUMA) ? &source->frame.luma : NULL;
}

const ie_pixels *ie_source_gray(ie_source *source)
{
    return decode(source, IE_VIEW_GRAY) ? &source->frame.gray : NULL;
}

const ie_pixels *ie_source_rgb(ie_source *source)
{
    return decode(source, IE_VIEW_RGB) ? &source->frame.rgb : NULL;
}

const ie_pixels *ie_source_color(ie_source *source)
{
    return decode(source, IE_VIEW_COLOR) ? &source->frame.color : NULL;
}
