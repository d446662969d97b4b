// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_codec.h"
#include "utils/memory.h"

/* More scans than any encoder writes (libjpeg's own script has 10, the most per component and bit
   below 100): each costs a pass over the whole picture, however few bytes it has. */
#define MAX_SCANS 200
/* No Huffman-coded JPEG holds more pixels a byte than this (a flat 4:2:0 picture has about 171). */
#define MAX_PIXELS_PER_BYTE 4096

static const char *code_of(const ie_jpeg *jpeg, int message)
{
    switch (message) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
        return "memory";
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
        return "too_large";
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_BAD_J_COLORSPACE:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
        return "unsupported";
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF:
        return "truncated";
    default:
        return jpeg->hit_end ? "truncated" : "corrupt";
    }
}

static void fail(ie_jpeg *jpeg)
{
    char words[JMSG_LENGTH_MAX];
    jpeg->errors.format_message((j_common_ptr)&jpeg->codec, words);
    jpeg->fault.code = code_of(jpeg, jpeg->errors.msg_code);
    snprintf(jpeg->fault.text, sizeof jpeg->fault.text, "%s", words);
    longjmp(jpeg->escape, 1);
}

static void on_error(j_common_ptr codec)
{
    fail(codec->client_data);
}

/* Warnings that lose nothing of the picture. */
static bool is_harmless(int message)
{
    return message == JWRN_EXTRANEOUS_DATA || message == JWRN_ADOBE_XFORM ||
           message == JWRN_JFIF_MAJOR || message == JWRN_NOT_SEQUENTIAL ||
           message == JWRN_BOGUS_ICC;
}

static void on_message(j_common_ptr codec, int level)
{
    ie_jpeg *jpeg = codec->client_data;
    bool doubtful = jpeg->strict && codec->err->msg_code == JWRN_EXTRANEOUS_DATA;
    if (level >= 0 || (is_harmless(codec->err->msg_code) && !doubtful)) {
        return;
    }
    jpeg->hit_end = jpeg->hit_end || codec->err->msg_code == JWRN_JPEG_EOF;
    fail(jpeg);
}

static void on_output(j_common_ptr codec)
{
    (void)codec; /* nothing is printed */
}

static void on_progress(j_common_ptr codec)
{
    ie_jpeg *jpeg = codec->client_data;
    if (jpeg->codec.input_scan_number > MAX_SCANS) {
        jpeg->fault.code = "too_large";
        snprintf(jpeg->fault.text, sizeof jpeg->fault.text, "more than %d scans", MAX_SCANS);
        longjmp(jpeg->escape, 1);
    }
}

/* Which of libjpeg's qualities gives the luma table that differs least: the table of ITU-T T.81,
   annex K.1, scaled by jpeg_quality_scaling() and cut as a baseline table is. */
static uint8_t quality_of(const JQUANT_TBL *table)
{
    static const uint8_t base[DCTSIZE2] = {
        16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
        14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
        18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
    int best = 0;
    int64_t least = INT64_MAX;
    for (int quality = 100; quality > 0; quality--) {
        int percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
        int64_t difference = 0;
        for (int i = 0; i < DCTSIZE2; i++) {
            int scaled = (base[i] * percent + 50) / 100;
            scaled = scaled < 1 ? 1 : scaled > 255 ? 255 : scaled;
            difference += abs(scaled - table->quantval[i]);
        }
        if (difference < least) {
            least = difference;
            best = quality;
        }
    }
    return (uint8_t)best;
}

static void read_sampling(ie_jpeg *jpeg)
{
    const struct jpeg_decompress_struct *codec = &jpeg->codec;
    for (int i = 0; i < 3 && i < codec->num_components; i++) {
        const jpeg_component_info *part = &codec->comp_info[i];
        const int across = codec->max_h_samp_factor, down = codec->max_v_samp_factor;
        jpeg->facts.across[i] = across % part->h_samp_factor == 0
                                    ? (uint32_t)(across / part->h_samp_factor)
                                    : UINT8_MAX;
        jpeg->facts.down[i] =
            down % part->v_samp_factor == 0 ? (uint32_t)(down / part->v_samp_factor) : UINT8_MAX;
    }
}

static void read_facts(ie_jpeg *jpeg)
{
    struct jpeg_decompress_struct *codec = &jpeg->codec;
    jpeg->facts = (ie_jpeg_facts){
        .width = codec->image_width,
        .height = codec->image_height,
        .cmyk = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK,
        .progressive = codec->progressive_mode,
        .components = (uint8_t)codec->num_components,
    };
    int index = codec->num_components > 0 ? codec->comp_info[0].quant_tbl_no : -1;
    if (index >= 0 && index < NUM_QUANT_TBLS && codec->quant_tbl_ptrs[index] != NULL) {
        jpeg->facts.quality = quality_of(codec->quant_tbl_ptrs[index]);
        jpeg->facts.dc_quantiser = codec->quant_tbl_ptrs[index]->quantval[0];
    }
    read_sampling(jpeg);
}

/* Sizes are judged before the decoder allocates anything that depends on them. */
static bool size_is_plausible(ie_jpeg *jpeg, size_t size, uint64_t max_pixels)
{
    uint64_t pixels = (uint64_t)jpeg->facts.width * jpeg->facts.height;
    if (pixels > max_pixels) {
        jpeg->fault.code = "too_large";
        snprintf(jpeg->fault.text, sizeof jpeg->fault.text,
                 "%u x %u pixels are more than the limit of %llu", jpeg->facts.width,
                 jpeg->facts.height, (unsigned long long)max_pixels);
        return false;
    }
    if (!jpeg->codec.arith_code && pixels / MAX_PIXELS_PER_BYTE > size) {
        jpeg->fault.code = "truncated";
        snprintf(jpeg->fault.text, sizeof jpeg->fault.text, "%zu bytes cannot hold %u x %u pixels",
                 size, jpeg->facts.width, jpeg->facts.height);
        return false;
    }
    return true;
}

static bool read_header(ie_jpeg *jpeg, const uint8_t *bytes, size_t size, uint64_t max_pixels)
{
    if (setjmp(jpeg->escape) != 0) {
        return false;
    }
    jpeg_create_decompress(&jpeg->codec);
    jpeg->codec.client_data = jpeg;
    jpeg->codec.progress = &jpeg->progress;
    jpeg_mem_src(&jpeg->codec, bytes, size);
    jpeg_read_header(&jpeg->codec, TRUE);
    read_facts(jpeg);
    /* Coefficients of a progressive picture take up to 2 bytes a sample and 4 samples a pixel. */
    uint64_t memory = max_pixels < (1u << 30) ? max_pixels * 8 + (64u << 20) : UINT64_C(8) << 30;
    jpeg->codec.mem->max_memory_to_use = (long)memory;
    return size_is_plausible(jpeg, size, max_pixels);
}

ie_jpeg *ie_jpeg_open(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                      ie_decode_fault *ret_fault)
{
    ie_jpeg *jpeg = ie_alloc(sizeof *jpeg);
    jpeg->codec.err = jpeg_std_error(&jpeg->errors);
    jpeg->codec.client_data = jpeg;
    jpeg->errors.error_exit = on_error;
    jpeg->errors.emit_message = on_message;
    jpeg->errors.output_message = on_output;
    jpeg->progress.progress_monitor = on_progress;
    if (!read_header(jpeg, bytes, size, max_pixels)) {
        *ret_fault = jpeg->fault;
        ie_jpeg_close(jpeg);
        return NULL;
    }
    return jpeg;
}

void ie_jpeg_close(ie_jpeg *jpeg)
{
    if (jpeg != NULL) {
        jpeg_destroy_decompress(&jpeg->codec);
        free(jpeg->cmyk);
        free(jpeg);
    }
}

const ie_jpeg_facts *ie_jpeg_get_facts(const ie_jpeg *jpeg)
{
    return &jpeg->facts;
}

static ie_jpeg_rows choose_output(ie_jpeg *jpeg, ie_jpeg_rows wanted)
{
    struct jpeg_decompress_struct *codec = &jpeg->codec;
    if (jpeg->facts.cmyk) {
        codec->out_color_space = JCS_CMYK;
        return IE_JPEG_RGB;
    }
    if (codec->jpeg_color_space == JCS_GRAYSCALE) {
        codec->out_color_space = JCS_GRAYSCALE;
        return IE_JPEG_GRAY;
    }
    if (codec->jpeg_color_space == JCS_YCbCr && wanted != IE_JPEG_RGB) {
        codec->out_color_space = wanted == IE_JPEG_GRAY ? JCS_GRAYSCALE : JCS_YCbCr;
        return wanted;
    }
    codec->out_color_space = JCS_RGB;
    return IE_JPEG_RGB;
}

static bool give_fault(const ie_jpeg *jpeg, ie_decode_fault *ret_fault)
{
    *ret_fault = jpeg->fault;
    return false;
}

bool ie_jpeg_start(ie_jpeg *jpeg, unsigned denominator, ie_jpeg_rows wanted, ie_jpeg_rows *ret_rows,
                   uint32_t *ret_width, uint32_t *ret_height, ie_decode_fault *ret_fault)
{
    if (setjmp(jpeg->escape) != 0) {
        return give_fault(jpeg, ret_fault);
    }
    *ret_rows = choose_output(jpeg, wanted);
    jpeg->codec.scale_num = 1;
    jpeg->codec.scale_denom = denominator;
    jpeg_start_decompress(&jpeg->codec);
    if (jpeg->codec.out_color_space == JCS_CMYK) {
        jpeg->cmyk = ie_try_alloc(jpeg->codec.output_width, 4);
        if (jpeg->cmyk == NULL) {
            jpeg->fault =
                (ie_decode_fault){.code = "memory", .text = "not enough memory for a row"};
            return give_fault(jpeg, ret_fault);
        }
    }
    *ret_width = jpeg->codec.output_width;
    *ret_height = jpeg->codec.output_height;
    return true;
}

static uint8_t times(uint32_t a, uint32_t b)
{
    uint32_t product = a * b + 128;
    return (uint8_t)(((product >> 8) + product) >> 8);
}

/* Stored inverted, as Adobe does and all readers take for granted; then as Pillow: R = (255 - K) -
   C * (255 - K). */
static void cmyk_to_rgb(const uint8_t *cmyk, uint32_t width, uint8_t *rgb)
{
    for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        for (int c = 0; c < 3; c++) {
            rgb[c] = (uint8_t)(cmyk[3] - times(255u - cmyk[c], cmyk[3]));
        }
    }
}

bool ie_jpeg_read(ie_jpeg *jpeg, uint8_t *out, uint32_t count, ie_decode_fault *ret_fault)
{
    if (setjmp(jpeg->escape) != 0) {
        return give_fault(jpeg, ret_fault);
    }
    struct jpeg_decompress_struct *codec = &jpeg->codec;
    size_t stride =
        (size_t)codec->output_width * (jpeg->cmyk != NULL ? 3 : (size_t)codec->output_components);
    JDIMENSION end = codec->output_scanline + count;
    JDIMENSION first = codec->output_scanline;
    while (codec->output_scanline < end) {
        /* libjpeg gives at most one iMCU's rows a call, at scale 1 up to 4 without a copy. */
        JSAMPROW rows[8];
        JDIMENSION left = end - codec->output_scanline;
        JDIMENSION now = jpeg->cmyk != NULL ? 1 : left < 8 ? left : 8;
        uint8_t *to = out + (codec->output_scanline - first) * stride;
        for (JDIMENSION i = 0; i < now; i++) {
            rows[i] = jpeg->cmyk != NULL ? jpeg->cmyk : to + i * stride;
        }
        jpeg_read_scanlines(codec, rows, now);
        if (jpeg->cmyk != NULL) {
            cmyk_to_rgb(jpeg->cmyk, codec->output_width, to);
        }
    }
    return true;
}

bool ie_jpeg_finish(ie_jpeg *jpeg, ie_decode_fault *ret_fault)
{
    if (setjmp(jpeg->escape) != 0) {
        return give_fault(jpeg, ret_fault);
    }
    jpeg_finish_decompress(&jpeg->codec);
    return true;
}

double ie_jpeg_dc_bias(uint16_t dc_quantiser)
{
    double sum = 0.0;
    for (int dc = 0; dc < 8; dc++) {
        double exact = (double)dc * dc_quantiser / 8.0;
        sum += floor(exact + 0.5) - exact;
    }
    return sum / 8.0;
}

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct encoder {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    unsigned char *bytes;
    unsigned long size;
} encoder;

static void leave_encoder(j_common_ptr codec)
{
    longjmp(((encoder *)codec->client_data)->escape, 1);
}

static void write_rows(encoder *e, const ie_pixels *pixels, int quality)
{
    e->codec.image_width = pixels->width;
    e->codec.image_height = pixels->height;
    e->codec.input_components = (int)pixels->channels;
    e->codec.in_color_space = pixels->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&e->codec);
    jpeg_set_quality(&e->codec, quality, TRUE);
    jpeg_start_compress(&e->codec, TRUE);
    while (e->codec.next_scanline < e->codec.image_height) {
        JSAMPROW row =
            pixels->data + (size_t)e->codec.next_scanline * pixels->width * pixels->channels;
        jpeg_write_scanlines(&e->codec, &row, 1);
    }
    jpeg_finish_compress(&e->codec);
}

uint8_t *ie_jpeg_encode(const ie_pixels *pixels, int quality, size_t *ret_size)
{
    encoder *e = ie_alloc(sizeof *e);
    /* More than any picture needs: libjpeg never takes a buffer of its own, which it would lose
       when it fails. */
    e->size = 65536 + 2 * (unsigned long)pixels->width * pixels->height * pixels->channels;
    e->bytes = ie_try_alloc(e->size, 1);
    if (e->bytes == NULL) {
        free(e);
        return NULL;
    }
    e->codec.err = jpeg_std_error(&e->errors);
    e->codec.client_data = e;
    e->errors.error_exit = leave_encoder;
    bool good = setjmp(e->escape) == 0;
    if (good) {
        jpeg_create_compress(&e->codec);
        jpeg_mem_dest(&e->codec, &e->bytes, &e->size);
        write_rows(e, pixels, quality);
    }
    jpeg_destroy_compress(&e->codec);
    uint8_t *bytes = e->bytes;
    *ret_size = (size_t)e->size;
    free(e);
    if (!good) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}
