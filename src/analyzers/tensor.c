// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/tensor.h"

#include <math.h>
#include <string.h>

#include "utils/memory.h"

/* Of longer pictures only the middle is resized, so that no file can ask for any memory it
   likes. */
#define MAX_CROP_RATIO 100

static const struct {
    float mean[3], deviation[3];
} norms[] = {
    [IE_NORM_CLIP] = {{0.48145466f, 0.4578275f, 0.40821073f},
                      {0.26862954f, 0.26130258f, 0.27577711f}},
    [IE_NORM_IMAGENET] = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}},
    [IE_NORM_UNIT] = {{0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 1.0f}},
};

/* The reference truncates with int() and rounds half to even, on doubles; so do we. */
static void fit(const ie_model *model, uint32_t w, uint32_t h, uint32_t *ret_width,
                uint32_t *ret_height)
{
    double least = w < h ? w : h, most = w < h ? h : w;
    double exact = model->side;
    if (model->longest > 0 && most / least * model->side > model->longest) {
        exact = model->longest * least / most;
    }
    uint32_t size = (uint32_t)fmax(1.0, rint(exact));
    uint32_t width = w, height = h;
    if (!((h <= w && h == size) || (w <= h && w == size))) {
        width = w < h ? size : (uint32_t)fmax(1.0, exact * w / h);
        height = w < h ? (uint32_t)fmax(1.0, exact * h / w) : size;
    }
    *ret_width = width;
    *ret_height = height;
}

void ie_tensor_size(const ie_model *model, uint32_t width, uint32_t height, uint32_t *ret_width,
                    uint32_t *ret_height)
{
    if (model->scaling == IE_SCALE_FIT) {
        fit(model, width, height, ret_width, ret_height);
    } else {
        *ret_width = *ret_height = model->side;
    }
}

static void normalise(const ie_model *model, const uint8_t *rgb, size_t count, float *out)
{
    float levels[3][256];
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < 256; i++) {
            float value = (float)(i * (1 / 255.0));
            levels[c][i] = (value - norms[model->norm].mean[c]) / norms[model->norm].deviation[c];
        }
    }
    for (int c = 0; c < 3; c++) {
        const uint8_t *from = rgb + (model->bgr ? 2 - c : c);
        for (size_t i = 0; i < count; i++) {
            out[(size_t)c * count + i] = levels[c][from[i * 3]];
        }
    }
}

/* Shorter side to the square's, the other truncated, then the middle of it. */
static bool crop(ie_resampler *resampler, const ie_pixels *color, uint32_t photo_width,
                 uint32_t photo_height, uint32_t side, uint8_t *square)
{
    ie_pixels in = *color;
    uint32_t least = photo_width < photo_height ? photo_width : photo_height;
    uint32_t most = photo_width < photo_height ? photo_height : photo_width;
    double longer = floor((double)side * most / least);
    bool tall = photo_width < photo_height;
    if (longer > (double)side * MAX_CROP_RATIO) {
        double cut = fabs(in.extent_w - in.extent_h) / 2;
        in.origin_x += tall ? 0 : cut;
        in.origin_y += tall ? cut : 0;
        in.extent_w = in.extent_h = fmin(in.extent_w, in.extent_h);
        return ie_resampler_resize(resampler, &in, side, side, IE_FILTER_BICUBIC, square);
    }
    uint32_t width = tall ? side : (uint32_t)longer, height = tall ? (uint32_t)longer : side;
    uint8_t *whole = ie_try_alloc((size_t)width * 3, height);
    if (whole == NULL ||
        !ie_resampler_resize(resampler, &in, width, height, IE_FILTER_BICUBIC, whole)) {
        free(whole);
        return false;
    }
    uint32_t left = (width - side) / 2, top = (height - side) / 2;
    for (uint32_t y = 0; y < side; y++) {
        memcpy(square + (size_t)y * side * 3, whole + ((size_t)(y + top) * width + left) * 3,
               (size_t)side * 3);
    }
    free(whole);
    return true;
}

bool ie_tensor_fill(ie_resampler *resampler, const ie_model *model, const ie_pixels *color,
                    uint32_t photo_width, uint32_t photo_height, uint32_t width, uint32_t height,
                    float *out)
{
    uint8_t *rgb = ie_try_alloc((size_t)width * 3, height);
    bool good = rgb != NULL;
    if (good && model->scaling == IE_SCALE_CROP) {
        good = crop(resampler, color, photo_width, photo_height, width, rgb);
    } else if (good) {
        good = ie_resampler_resize(resampler, color, width, height, IE_FILTER_BILINEAR, rgb);
    }
    if (good) {
        normalise(model, rgb, (size_t)width * height, out);
    }
    free(rgb);
    return good;
}
