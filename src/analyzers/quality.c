// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How good a picture is, on the grey analysis view (longer side 1000..1024; exact mode: full size):
 *
 *   sharpness      variance of the Laplacian 0 1 0 / 1 -4 1 / 0 1 0 of the view made a little
 * softer, so that it does not depend on how many megapixels there are (analyzers/sharpness.h);
 * exact mode: of the grey picture as it is (cv2.Laplacian(gray, CV_64F).var()) peak_sharpness the
 * same where the picture is sharpest (analyzers/sharpness.h); exact mode: of the picture reduced to
 * the view blurred        that is below the threshold noise          Immerkaer 1996, "Fast noise
 * variance estimation": sqrt(pi / 2) / 6 times the mean of |1 -2 1 / -2 4 -2 / 1 -2 1|, in grey
 * levels dynamic_range  (99th - 1st percentile) / 255 exposure       1 - 2 |mean / 255 - 0.5| -
 * share below 5 - share above 250, at least 0 contrast       standard deviation / 128, at most 1
 *   clipped_shadows, clipped_highlights  share of the samples of at most 2, of at least 253
 *
 * Both kernels reflect at the border without repeating it (BORDER_REFLECT_101), as OpenCV does. The
 * score is
 *
 *   quality = 0.35 D + 0.05 N + 0.15 R + 0.30 C + 0.05 (dynamic_range + exposure + contrast)
 *
 *   D detail       s / (s + 60), where s is the view's sharpness less 0.8 noise^2: white noise of
 * sigma adds 0.4 sigma^2 to it, and twice that is taken off so that noise never passes for detail;
 *                  times (longer side / 1000)^2 when that is below 1: detail is judged at one size,
 * and a reduced copy is not sharper than its original N cleanness    1 - noise / 10, at least 0 R
 * resolution   log2(1 + 100 megapixels) / log2(1 + 2400), at most 1 (24 megapixels) C compression
 * 1 - (1 - q / 100)^3, q: JPEG: quality of the quantisation table; 70 for other lossy formats,
 *                  which do not tell; else 100. So flat at the top, because a high number is no
 * merit of a copy whose source had a lower one
 *
 * The weights rank the 30 real originals of 540 pixels (JPEG quality 73) of a collection above
 * their copies: always when recompressed (60, 30), reduced to 3/4 or 1/2, or blurred by 1 pixel or
 * more; with noise of 8 levels or more always. What it cannot see is that a copy of higher JPEG
 * quality was made from one of lower.
 */
#include <math.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/sharpness.h"
#include "storage/frame.h"
#include "utils/memory.h"

/* A sum of squares of so many Laplacians (at most 1020 each) fits 32 bits. */
#define CHUNK 1024

typedef struct meter {
    double blur_threshold;
    bool exact;
    int16_t *rows; /* two rows with a reflected sample at both ends */
    size_t room;
} meter;

typedef struct sums {
    int64_t laplace;
    uint64_t laplace_squares, immerkaer;
    uint64_t histogram[256];
} sums;

/* The neighbour before index 0 or after the last, by BORDER_REFLECT_101. */
static uint32_t reflected(int64_t index, uint32_t size)
{
    if (size == 1) {
        return 0;
    }
    return (uint32_t)(index < 0 ? -index : index >= size ? 2 * (int64_t)size - 2 - index : index);
}

/* Rows of what both kernels need of three picture rows: up + down, and up - 2 mid + down; [-1] and
   [width] are reflected. */
static void combine_rows(const uint8_t *up, const uint8_t *mid, const uint8_t *down, uint32_t width,
                         int16_t *restrict laplace, int16_t *restrict second)
{
    for (uint32_t x = 0; x < width; x++) {
        int16_t both = (int16_t)(up[x] + down[x]);
        laplace[x] = (int16_t)(both - 4 * mid[x]);
        second[x] = (int16_t)(both - 2 * mid[x]);
    }
    second[-1] = second[reflected(-1, width)];
    second[width] = second[reflected(width, width)];
}

static void add_chunk(const uint8_t *mid, const int16_t *laplace, const int16_t *second,
                      uint32_t count, sums *ret_sums)
{
    int32_t sum = 0, squares = 0, immerkaer = 0;
    for (uint32_t x = 0; x < count; x++) {
        int16_t v = (int16_t)(laplace[x] + mid[(ptrdiff_t)x - 1] + mid[x + 1]);
        sum += v;
        squares += (int32_t)v * v;
    }
    for (uint32_t x = 0; x < count; x++) {
        int16_t v = (int16_t)(second[(ptrdiff_t)x - 1] + second[x + 1] - 2 * second[x]);
        immerkaer += v < 0 ? -v : v;
    }
    ret_sums->laplace += sum;
    ret_sums->laplace_squares += (uint64_t)squares;
    ret_sums->immerkaer += (uint64_t)immerkaer;
}

static void add_histogram(const uint8_t *row, uint32_t width, uint32_t histograms[4][256])
{
    uint32_t x = 0;
    for (; x + 4 <= width; x += 4) {
        histograms[0][row[x]]++;
        histograms[1][row[x + 1]]++;
        histograms[2][row[x + 2]]++;
        histograms[3][row[x + 3]]++;
    }
    for (; x < width; x++) {
        histograms[0][row[x]]++;
    }
}

/* The outermost columns, whose left or right neighbour is reflected. */
static void add_column(const uint8_t *row, const int16_t *laplace, const int16_t *second,
                       uint32_t x, uint32_t width, sums *ret_sums)
{
    int32_t left = row[reflected((int64_t)x - 1, width)];
    int32_t right = row[reflected((int64_t)x + 1, width)];
    int32_t v = laplace[x] + left + right;
    ret_sums->laplace += v;
    ret_sums->laplace_squares += (uint64_t)(v * v);
    int32_t n = second[(ptrdiff_t)x - 1] + second[x + 1] - 2 * second[x];
    ret_sums->immerkaer += (uint64_t)(n < 0 ? -n : n);
}

static void measure(meter *m, const ie_pixels *gray, sums *ret_sums)
{
    uint32_t width = gray->width, height = gray->height;
    int16_t *laplace = m->rows;
    int16_t *second = m->rows + width + 1;
    uint32_t histograms[4][256] = {{0}};
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *mid = gray->data + (size_t)y * width;
        const uint8_t *up = gray->data + (size_t)reflected((int64_t)y - 1, height) * width;
        const uint8_t *down = gray->data + (size_t)reflected((int64_t)y + 1, height) * width;
        combine_rows(up, mid, down, width, laplace, second);
        add_column(mid, laplace, second, 0, width, ret_sums);
        for (uint32_t x = 1; x + 1 < width; x += CHUNK) {
            uint32_t left = width - 1 - x;
            add_chunk(mid + x, laplace + x, second + x, left < CHUNK ? left : CHUNK, ret_sums);
        }
        if (width > 1) {
            add_column(mid, laplace, second, width - 1, width, ret_sums);
        }
        add_histogram(mid, width, histograms);
    }
    for (int i = 0; i < 256; i++) {
        ret_sums->histogram[i] =
            (uint64_t)histograms[0][i] + histograms[1][i] + histograms[2][i] + histograms[3][i];
    }
}

static int value_at(const uint64_t histogram[256], uint64_t rank)
{
    uint64_t below = 0;
    for (int i = 0; i < 255; i++) {
        below += histogram[i];
        if (below > rank) {
            return i;
        }
    }
    return 255;
}

/* numpy.percentile, linear between the two nearest ranks. */
static double percentile(const uint64_t histogram[256], uint64_t count, double percent)
{
    double at = percent / 100.0 * (double)(count - 1);
    uint64_t rank = (uint64_t)at;
    int low = value_at(histogram, rank);
    int high = value_at(histogram, rank + 1 < count ? rank + 1 : rank);
    return low + (at - (double)rank) * (high - low);
}

static double clamp01(double value)
{
    return value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
}

static void set_tones(const uint64_t histogram[256], uint64_t count, ie_content *content)
{
    double sum = 0.0, squares = 0.0, under = 0.0, over = 0.0, black = 0.0, white = 0.0;
    for (int i = 0; i < 256; i++) {
        double n = (double)histogram[i];
        sum += n * i;
        squares += n * i * i;
        under += i < 5 ? n : 0.0;
        over += i > 250 ? n : 0.0;
        black += i <= 2 ? n : 0.0;
        white += i >= 253 ? n : 0.0;
    }
    double total = (double)count, mean = sum / total;
    double variance = squares / total - mean * mean;
    content->dynamic_range =
        (percentile(histogram, count, 99.0) - percentile(histogram, count, 1.0)) / 255.0;
    content->exposure =
        clamp01(1.0 - 2.0 * fabs(mean / 255.0 - 0.5) - under / total - over / total);
    content->clipped_shadows = black / total;
    content->clipped_highlights = white / total;
    content->contrast = clamp01(sqrt(variance > 0.0 ? variance : 0.0) / 128.0);
}

static double compression_of(ie_format format, int jpeg_quality)
{
    bool lossy = format == IE_FORMAT_WEBP || format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF ||
                 format == IE_FORMAT_JXL || format == IE_FORMAT_JP2;
    double quality = format == IE_FORMAT_JPEG && jpeg_quality > 0 ? jpeg_quality
                     : lossy                                      ? 70.0
                                                                  : 100.0;
    return 1.0 - pow(1.0 - quality / 100.0, 3.0);
}

/* `sharpness` is the view's, whose longer side is given. */
static double score(const ie_content *content, double sharpness, uint32_t longer_side,
                    double megapixels, double compression)
{
    double enlarged = fmin(1.0, longer_side / 1000.0);
    double clean =
        fmax(0.0, sharpness - 0.8 * content->noise * content->noise) * enlarged * enlarged;
    double detail = clean / (clean + 60.0);
    double cleanness = clamp01(1.0 - content->noise / 10.0);
    double resolution = clamp01(log2(1.0 + 100.0 * megapixels) / log2(2401.0));
    double tones = content->dynamic_range + content->exposure + content->contrast;
    return 0.35 * detail + 0.05 * cleanness + 0.15 * resolution + 0.30 * compression + 0.05 * tones;
}

static bool reserve(meter *m, uint32_t width)
{
    size_t needed = (size_t)width * 2 + 2;
    if (needed > m->room) {
        free(m->rows);
        m->rows = ie_try_alloc(needed, sizeof *m->rows);
        m->room = m->rows != NULL ? needed : 0;
    }
    return m->rows != NULL;
}

/* The sharpness of the view; exact mode's picture is brought to its size. False without memory. */
static bool judge_sharpness(const ie_pixels *gray, double *ret_sharpness, double *ret_peak)
{
    uint32_t longer = gray->width > gray->height ? gray->width : gray->height;
    if (longer <= IE_GRAY_MAX) {
        return ie_sharpness(gray, ret_sharpness, ret_peak);
    }
    double scale = (double)IE_GRAY_SIDE / longer;
    ie_pixels view = {.channels = 1, .softness = gray->softness * scale};
    view.width = (uint32_t)fmax(1.0, rint(gray->width * scale));
    view.height = (uint32_t)fmax(1.0, rint(gray->height * scale));
    IE_AUTO_FREE uint8_t *data = ie_try_alloc(view.width, view.height);
    view.data = data;
    return data != NULL &&
           ie_pixels_resize(gray, view.width, view.height, IE_FILTER_LANCZOS, data) &&
           ie_sharpness(&view, ret_sharpness, ret_peak);
}

static bool assess(meter *m, ie_photo *photo, const ie_pixels *gray, int jpeg_quality)
{
    ie_content *content = ie_photo_own_content(photo);
    double sharpness;
    if (!judge_sharpness(gray, &sharpness, &content->peak_sharpness)) {
        return false;
    }
    sums total = {0};
    measure(m, gray, &total);
    uint64_t count = (uint64_t)gray->width * gray->height;
    double mean = (double)total.laplace / (double)count;
    content->sharpness =
        m->exact ? (double)total.laplace_squares / (double)count - mean * mean : sharpness;
    content->blurred = content->peak_sharpness < m->blur_threshold;
    content->noise = (double)total.immerkaer / (double)count * sqrt(M_PI / 2.0) / 6.0;
    set_tones(total.histogram, count, content);
    uint32_t longer = gray->width > gray->height ? gray->width : gray->height;
    content->jpeg_quality = photo->format == IE_FORMAT_JPEG ? jpeg_quality : 0;
    content->quality = score(content, sharpness, longer, (double)photo->width * photo->height / 1e6,
                             compression_of(photo->format, jpeg_quality));
    return true;
}

static ie_status quality_open(const ie_config *config, const char *catalog, void **ret_state,
                              ie_error *err)
{
    meter *state = ie_alloc(sizeof *state);
    state->exact = config->analysis.exact;
    state->blur_threshold = config->analysis.blur_threshold;
    *ret_state = state;
    return IE_OK;
}

static void quality_run(void *state, ie_photo *photo, ie_source *source)
{
    meter *m = state;
    const ie_pixels *gray = ie_source_gray(source);
    if (gray == NULL) {
        return;
    }
    if (!reserve(m, gray->width) || !assess(m, photo, gray, ie_source_jpeg_quality(source))) {
        ie_photo_fault(photo, "quality", "memory", "not enough memory for the quality");
        return;
    }
    photo->have |= IE_HAVE_QUALITY;
}

static void quality_close(void *state)
{
    meter *m = state;
    if (m != NULL) {
        free(m->rows);
        free(m);
    }
}

static bool quality_enabled(const ie_config *config)
{
    return config->analysis.content;
}

const ie_analyzer ie_quality_analyzer = {
    .name = "quality",
    .help =
        "sharpness, noise, dynamic range, exposure, contrast, clipping, JPEG quality and one score",
    .version = 3,
    .gives = IE_HAVE_QUALITY,
    .views = IE_VIEW_GRAY,
    .enabled = quality_enabled,
    .open = quality_open,
    .run = quality_run,
    .close = quality_close,
};
