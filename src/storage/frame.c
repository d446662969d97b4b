// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/frame.h"

#include <math.h>
#include <string.h>

#include "storage/ycc.h"

/* Image.convert("L") of Pillow: ITU-R BT.601 in 16-bit fixed point. */
static inline uint8_t pillow_luma(const uint8_t *rgb)
{
    return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

/* cv::COLOR_RGB2GRAY of OpenCV 5: the same weights in 15 bits. */
static inline uint8_t opencv_gray(const uint8_t *rgb)
{
    return (uint8_t)((rgb[0] * 9798u + rgb[1] * 19235u + rgb[2] * 3735u + 0x4000u) >> 15);
}

static uint32_t divided_up(uint32_t value, uint32_t divisor)
{
    return value / divisor + (value % divisor != 0);
}

static uint32_t channels_of(ie_jpeg_rows layout)
{
    return layout == IE_JPEG_GRAY ? 1 : 3;
}

static bool take_plane(ie_frame *frame, ie_pixels *ret_plane, uint32_t width, uint32_t height,
                       uint32_t channels)
{
    uint8_t *data = ie_scratch_take(frame->scratch, (size_t)width * channels, height);
    *ret_plane = (ie_pixels){data, width, height, channels, width, height, 0.0, 0.0, 0.0, 0.0};
    return data != NULL;
}

bool ie_frame_begin(ie_frame *frame, ie_jpeg_rows layout, uint32_t in_width, uint32_t in_height,
                    double extent_w, double extent_h, uint32_t shrink)
{
    uint32_t channels = channels_of(layout);
    frame->layout = layout;
    frame->in_width = in_width;
    frame->in_height = in_height;
    frame->shrink = shrink;
    frame->width = divided_up(in_width, shrink);
    frame->height = divided_up(in_height, shrink);
    uint32_t longer = frame->width > frame->height ? frame->width : frame->height;
    frame->block = divided_up(longer, IE_RGB_SIDE);
    if (!take_plane(frame, &frame->luma, frame->width, frame->height, 1)) {
        return false;
    }
    frame->luma.extent_w = extent_w / shrink;
    frame->luma.extent_h = extent_h / shrink;
    if (shrink > 1) {
        frame->shrink_sums =
            ie_scratch_take(frame->scratch, (size_t)in_width * channels, sizeof(uint16_t));
        frame->shrunk = ie_scratch_take(frame->scratch, (size_t)frame->width * channels, 1);
        if (frame->shrink_sums == NULL || frame->shrunk == NULL) {
            return false;
        }
    }
    if (frame->exact && (frame->views & IE_VIEW_GRAY) != 0 &&
        !take_plane(frame, &frame->gray, frame->width, frame->height, 1)) {
        return false;
    }
    if ((frame->views & IE_VIEW_COLOR) != 0) {
        if (!take_plane(frame, &frame->color, frame->width, frame->height, 3)) {
            return false;
        }
        frame->color.extent_w = frame->luma.extent_w;
        frame->color.extent_h = frame->luma.extent_h;
    }
    if ((frame->views & IE_VIEW_RGB) == 0) {
        return true;
    }
    uint32_t columns = divided_up(frame->width, frame->block);
    frame->block_sums =
        ie_scratch_take(frame->scratch, (size_t)frame->width * channels, sizeof(uint16_t));
    if (frame->block_sums == NULL ||
        !take_plane(frame, &frame->rgb, columns, divided_up(frame->height, frame->block), 3)) {
        return false;
    }
    frame->rgb.extent_w = frame->luma.extent_w / frame->block;
    frame->rgb.extent_h = frame->luma.extent_h / frame->block;
    return true;
}

/* Adds a row to the columns' sums. Squares are summed down first, because that is wide arithmetic;
   up to 257 rows fit 16 bits, and no square is higher (65,535 / IE_RGB_SIDE). */
static void add_columns(const uint8_t *restrict row, size_t samples, uint16_t *restrict sums)
{
    for (size_t i = 0; i < samples; i++) {
        sums[i] = (uint16_t)(sums[i] + row[i]);
    }
}

/* The sums of one square, `columns` wide. */
static void sum_square(const uint16_t *sums, uint32_t columns, uint32_t channels,
                       uint32_t ret_sums[3])
{
    uint32_t a = 0, b = 0, c = 0;
    if (channels == 1) {
        for (uint32_t x = 0; x < columns; x++) {
            a += sums[x];
        }
    } else {
        for (uint32_t x = 0; x < columns; x++, sums += 3) {
            a += sums[0];
            b += sums[1];
            c += sums[2];
        }
    }
    ret_sums[0] = a;
    ret_sums[1] = b;
    ret_sums[2] = c;
}

/* Ends one row of squares of the RGB view; `rows` rows of luma went into it. */
static void flush_blocks(ie_frame *frame, uint32_t row, uint32_t rows)
{
    uint8_t *out = frame->rgb.data + (size_t)row * frame->rgb.width * 3;
    uint32_t channels = channels_of(frame->layout);
    for (uint32_t x = 0; x < frame->rgb.width; x++, out += 3) {
        uint32_t left = frame->width - x * frame->block;
        uint32_t columns = left < frame->block ? left : frame->block;
        double count = (double)columns * rows;
        uint32_t sums[3];
        sum_square(frame->block_sums + (size_t)x * frame->block * channels, columns, channels,
                   sums);
        if (channels == 1) {
            memset(out, ie_clipped(sums[0] / count), 3);
        } else if (frame->layout == IE_JPEG_YCC) {
            ie_ycc_means(sums[0] / count, sums[1] / count, sums[2] / count, out);
        } else {
            for (int c = 0; c < 3; c++) {
                out[c] = ie_clipped(sums[c] / count);
            }
        }
    }
}

static void add_color(ie_frame *frame, const uint8_t *row)
{
    uint32_t channels = channels_of(frame->layout);
    uint32_t within = frame->rows_done % frame->block;
    size_t samples = (size_t)frame->width * channels;
    if (within == 0) {
        memset(frame->block_sums, 0, samples * sizeof *frame->block_sums);
    }
    add_columns(row, samples, frame->block_sums);
    if (within + 1 == frame->block || frame->rows_done + 1 == frame->height) {
        flush_blocks(frame, frame->rows_done / frame->block, within + 1);
    }
}

/* The row as RGB. */
static void copy_color(const ie_frame *frame, const uint8_t *row, uint8_t *out)
{
    if (frame->layout == IE_JPEG_RGB) {
        memcpy(out, row, (size_t)frame->width * 3);
        return;
    }
    for (uint32_t x = 0; x < frame->width; x++, out += 3) {
        if (frame->layout == IE_JPEG_GRAY) {
            memset(out, row[x], 3);
            continue;
        }
        const uint8_t *ycc = row + (size_t)x * 3;
        ie_ycc_sample(ycc[0], ycc[1] - 128, ycc[2] - 128, out);
    }
}

/* One row of the views' scale. */
static void add_row(ie_frame *frame, const uint8_t *restrict row)
{
    const size_t width = frame->width;
    uint8_t *restrict luma = frame->luma.data + frame->rows_done * width;
    if (frame->layout == IE_JPEG_GRAY) {
        memcpy(luma, row, width);
    } else if (frame->layout == IE_JPEG_YCC) {
        for (size_t x = 0; x < width; x++) {
            luma[x] = row[x * 3];
        }
    } else {
        for (size_t x = 0; x < width; x++) {
            luma[x] = pillow_luma(row + x * 3);
        }
    }
    if (frame->gray.data != NULL && frame->layout == IE_JPEG_GRAY) {
        memcpy(frame->gray.data + frame->rows_done * width, row, width);
    } else if (frame->gray.data != NULL) {
        uint8_t *restrict gray = frame->gray.data + frame->rows_done * width;
        for (size_t x = 0; x < width; x++) {
            gray[x] = opencv_gray(row + x * 3);
        }
    }
    if (frame->rgb.data != NULL) {
        add_color(frame, row);
    }
    if (frame->color.data != NULL) {
        copy_color(frame, row, frame->color.data + (size_t)frame->rows_done * frame->width * 3);
    }
    frame->rows_done++;
}

/* One incoming row of a picture that is averaged over squares first. */
static void add_shrunk(ie_frame *frame, const uint8_t *row)
{
    uint32_t channels = channels_of(frame->layout);
    uint32_t within = frame->rows_in % frame->shrink;
    size_t samples = (size_t)frame->in_width * channels;
    if (within == 0) {
        memset(frame->shrink_sums, 0, samples * sizeof *frame->shrink_sums);
    }
    add_columns(row, samples, frame->shrink_sums);
    if (within + 1 < frame->shrink && frame->rows_in + 1 < frame->in_height) {
        return;
    }
    for (uint32_t x = 0; x < frame->width; x++) {
        uint32_t left = frame->in_width - x * frame->shrink;
        uint32_t columns = left < frame->shrink ? left : frame->shrink;
        uint32_t count = columns * (within + 1);
        uint32_t sums[3];
        sum_square(frame->shrink_sums + (size_t)x * frame->shrink * channels, columns, channels,
                   sums);
        for (uint32_t c = 0; c < channels; c++) {
            frame->shrunk[(size_t)x * channels + c] = (uint8_t)((sums[c] + count / 2) / count);
        }
    }
    add_row(frame, frame->shrunk);
}

void ie_frame_add(ie_frame *frame, const uint8_t *rows, uint32_t count)
{
    size_t stride = (size_t)frame->in_width * channels_of(frame->layout);
    for (uint32_t i = 0; i < count && frame->rows_in < frame->in_height; i++, rows += stride) {
        if (frame->shrink > 1) {
            add_shrunk(frame, rows);
        } else {
            add_row(frame, rows);
        }
        frame->rows_in++;
    }
}

/* Where the upright picture's first sample lies in the stored one, and the steps from there to its
   right and lower neighbours, in samples (EXIF orientation 2..8: CIPA DC-008, 4.6.4 A). */
static void walk_of(uint8_t orientation, ptrdiff_t w, ptrdiff_t h, ptrdiff_t *ret_first,
                    ptrdiff_t *ret_right, ptrdiff_t *ret_down)
{
    const struct {
        ptrdiff_t first, right, down;
    } walks[] = {
        {w - 1, -1, w},           {h * w - 1, -1, -w}, {(h - 1) * w, 1, -w}, {0, w, 1},
        {(h - 1) * w, -w, 1},     {h * w - 1, -w, -1}, {w - 1, w, -1},
    };
    *ret_first = walks[orientation - 2].first;
    *ret_right = walks[orientation - 2].right;
    *ret_down = walks[orientation - 2].down;
}

static void copy_turned(const ie_pixels *in, uint8_t orientation, ie_pixels *out)
{
    ptrdiff_t first, right, down;
    walk_of(orientation, in->width, in->height, &first, &right, &down);
    ptrdiff_t channels = in->channels;
    for (uint32_t y = 0; y < out->height; y++) {
        const uint8_t *from = in->data + (first + (ptrdiff_t)y * down) * channels;
        uint8_t *to = out->data + (size_t)y * out->width * out->channels;
        if (channels == 1) {
            for (uint32_t x = 0; x < out->width; x++) {
                to[x] = from[(ptrdiff_t)x * right];
            }
            continue;
        }
        for (uint32_t x = 0; x < out->width; x++, from += right * channels, to += channels) {
            memcpy(to, from, 3);
        }
    }
}

/* The padding of a reduced picture is at its right and bottom; mirrored it comes first. */
static bool turn(ie_frame *frame, ie_pixels *pixels, uint8_t orientation)
{
    if (pixels->data == NULL || orientation < 2 || orientation > 8) {
        return true;
    }
    ie_pixels in = *pixels, out;
    bool swapped = orientation >= 5;
    if (!take_plane(frame, &out, swapped ? in.height : in.width, swapped ? in.width : in.height,
                    in.channels)) {
        return false;
    }
    out.softness = in.softness;
    out.extent_w = swapped ? in.extent_h : in.extent_w;
    out.extent_h = swapped ? in.extent_w : in.extent_h;
    bool leftwards = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool upwards = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    out.origin_x = leftwards ? out.width - out.extent_w : 0.0;
    out.origin_y = upwards ? out.height - out.extent_h : 0.0;
    copy_turned(&in, orientation, &out);
    ie_scratch_give(frame->scratch, in.data);
    *pixels = out;
    return true;
}

/* Halves luma while its shorter side stays long enough for the hashes: their resize costs by its
   size. */
static bool halve_luma(ie_frame *frame)
{
    ie_pixels in = frame->luma, out;
    uint32_t shorter = in.width < in.height ? in.width : in.height;
    if (shorter / 2 < IE_LUMA_SHORT_SIDE_HALF) {
        return true;
    }
    if (!take_plane(frame, &out, in.width / 2, in.height / 2, 1)) {
        return false;
    }
    for (uint32_t y = 0; y < out.height; y++) {
        const uint8_t *restrict upper = in.data + (size_t)y * 2 * in.width;
        const uint8_t *restrict lower = upper + in.width;
        uint8_t *restrict to = out.data + (size_t)y * out.width;
        for (uint32_t x = 0; x < out.width; x++) {
            to[x] =
                (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >>
                          2);
        }
    }
    out.extent_w = in.extent_w / 2.0;
    out.extent_h = in.extent_h / 2.0;
    out.origin_x = in.origin_x / 2.0;
    out.origin_y = in.origin_y / 2.0;
    out.bias = in.bias + 0.125; /* quarters rounded half up */
    if (in.data != frame->gray.data) {
        ie_scratch_give(frame->scratch, in.data);
    }
    frame->luma = out;
    return halve_luma(frame);
}

/* The analysis view of a reduced decode: luma, or the finer plane that there is already, itself
   when its size is right. */
static bool make_gray(ie_frame *frame)
{
    ie_pixels from = frame->gray.data != NULL ? frame->gray : frame->luma;
    uint32_t longer = from.width > from.height ? from.width : from.height;
    if (longer <= IE_GRAY_MAX) {
        frame->gray = from;
        return true;
    }
    double scale = IE_GRAY_SIDE / fmax(from.extent_w, from.extent_h);
    double width = fmax(1.0, rint(from.extent_w * scale));
    double height = fmax(1.0, rint(from.extent_h * scale));
    ie_pixels gray;
    if (!take_plane(frame, &gray, (uint32_t)width, (uint32_t)height, 1)) {
        return false;
    }
    gray.softness = from.softness * scale;
    bool good = ie_pixels_resize(&from, gray.width, gray.height, IE_FILTER_LANCZOS, gray.data);
    if (from.data != frame->luma.data) {
        ie_scratch_give(frame->scratch, from.data);
    }
    frame->gray = gray;
    return good;
}

bool ie_frame_end(ie_frame *frame, uint8_t orientation)
{
    if (!turn(frame, &frame->luma, orientation) || !turn(frame, &frame->gray, orientation) ||
        !turn(frame, &frame->rgb, orientation) || !turn(frame, &frame->color, orientation)) {
        return false;
    }
    if (frame->exact) {
        return true;
    }
    return ((frame->views & IE_VIEW_GRAY) == 0 || make_gray(frame)) && halve_luma(frame);
}

void ie_frame_clear(ie_frame *frame)
{
    if (frame->gray.data != frame->luma.data) {
        ie_scratch_give(frame->scratch, frame->gray.data);
    }
    ie_scratch_give(frame->scratch, frame->luma.data);
    ie_scratch_give(frame->scratch, frame->rgb.data);
    ie_scratch_give(frame->scratch, frame->color.data);
    ie_scratch_give(frame->scratch, frame->shrink_sums);
    ie_scratch_give(frame->scratch, frame->shrunk);
    ie_scratch_give(frame->scratch, frame->block_sums);
    *frame = (ie_frame){.scratch = frame->scratch, .views = frame->views, .exact = frame->exact};
}
