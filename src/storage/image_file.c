// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Everything about libvips that others must not see: one lazy start, one loader for each format that we name (never
 * libvips' own guess), and its error buffer, which is one for the whole process: a text found in it may
 * speak of another thread's file, so it is thrown away and the sentences are ours.
 */
#include "storage/image_file.h"

#include <pthread.h>
#include <vips/vips.h>

#include "storage/bytes.h"
#include "storage/image_data.h"
#include "utils/error.h"

#define MAX_FILE_BYTES UINT32_MAX

static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static bool started;

static void mute(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user)
{
}

static void start(void)
{
    const int every_level = G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION;
    g_log_set_handler("VIPS", (GLogLevelFlags)every_level, mute, NULL);
    if (vips_init("imgengine") != 0) {
        return;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    /* What is left open is what the table below names. PostScript, SVG, PDF, MATLAB and the like stay shut
       even if one format's loader should hand bytes on to another's. */
    vips_block_untrusted_set(TRUE);
    static const char *const wanted[] = {"VipsForeignLoadPpm", "VipsForeignLoadJxl", "VipsForeignLoadJp2k",
                                         "VipsForeignLoadMagick", "VipsForeignLoadMagick7"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        vips_operation_block_set(wanted[i], FALSE);
    }
    started = true;
}

static ie_status ready(ie_error *err)
{
    pthread_once(&start_once, start);
    if (!started) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "libvips, which reads and writes images, does not start");
    }
    return IE_OK;
}

/* ---- loading ------------------------------------------------------------------------------ */

typedef struct loader {
    ie_format format;
    const char *nickname;
    const char *shrink; /* its option to decode a true reduction, or NULL */
} loader;

static const loader loaders[] = {
    {IE_FORMAT_JPEG, "jpegload_source", "shrink"},
    {IE_FORMAT_PNG, "pngload_source", NULL},
    {IE_FORMAT_WEBP, "webpload_source", "scale"},
    {IE_FORMAT_GIF, "gifload_source", NULL},
    {IE_FORMAT_TIFF, "tiffload_source", NULL},
    {IE_FORMAT_PNM, "ppmload_source", NULL},
    {IE_FORMAT_JP2, "jp2kload_source", NULL},
    {IE_FORMAT_JXL, "jxlload_source", NULL},
    {IE_FORMAT_HEIC, "heifload_source", NULL},
    {IE_FORMAT_AVIF, "heifload_source", NULL},
    {IE_FORMAT_BMP, "magickload_buffer", NULL},
};

static const loader *loader_find(ie_format format)
{
    for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++) {
        if (loaders[i].format == format && vips_type_find("VipsOperation", loaders[i].nickname) != 0) {
            return &loaders[i];
        }
    }
    return NULL;
}

/* These decoders hand out the picture as its container says, turned already. */
static bool upright(ie_format format)
{
    return format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF || format == IE_FORMAT_JXL;
}

/* A memory source, or a blob for the one loader that takes no source. */
static void set_input(VipsOperation *operation, const loader *l, const uint8_t *bytes, size_t size)
{
    if (g_str_has_suffix(l->nickname, "_buffer")) {
        VipsBlob *blob = vips_blob_new(NULL, bytes, size);
        g_object_set(operation, "buffer", blob, NULL);
        vips_area_unref(VIPS_AREA(blob));
    } else {
        VipsSource *source = vips_source_new_from_memory(bytes, size);
        g_object_set(operation, "source", source, NULL);
        g_object_unref(source);
    }
}

/* Opens the first page as a stream of rows; nothing is decoded yet. `shrink` is 1, 2, 4 or 8. */
static VipsImage *open_image(const uint8_t *bytes, size_t size, const loader *l, int shrink, VipsFailOn fail_on)
{
    VipsOperation *operation = vips_operation_new(l->nickname);
    if (operation == NULL) {
        return NULL;
    }
    set_input(operation, l, bytes, size);
    g_object_set(operation, "access", VIPS_ACCESS_SEQUENTIAL, "fail-on", fail_on, NULL);
    if (shrink > 1 && l->format == IE_FORMAT_JPEG) {
        g_object_set(operation, "shrink", shrink, NULL);
    } else if (shrink > 1) {
        g_object_set(operation, "scale", 1.0 / shrink, NULL);
    }
    VipsImage *image = NULL;
    if (vips_cache_operation_buildp(&operation) == 0) {
        g_object_get(operation, "out", &image, NULL);
    }
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return image;
}

/* Ends every use of libvips on this thread: its error texts and per-thread buffers. */
static void finish(VipsImage *image)
{
    if (image != NULL) {
        g_object_unref(image);
    }
    vips_error_clear();
    vips_thread_shutdown();
}

static bool is_cmyk(const VipsImage *image)
{
    return image->Type == VIPS_INTERPRETATION_CMYK && image->Bands >= 4;
}

static bool has_alpha(VipsImage *image)
{
    return is_cmyk(image) ? image->Bands > 4 : vips_image_hasalpha(image);
}

static ie_image_facts facts_of(VipsImage *image, const uint8_t *bytes, size_t size, ie_format format)
{
    uint32_t pages = (uint32_t)vips_image_get_n_pages(image);
    uint32_t frames = ie_image_data_frames(bytes, size, format);
    ie_image_facts facts = {
        .width = (uint32_t)image->Xsize,
        .height = (uint32_t)image->Ysize,
        .frames = pages > frames ? pages : frames,
        .bits = (uint8_t)(8 * vips_format_sizeof_unsafe(image->BandFmt)),
        .has_alpha = has_alpha(image),
        .cmyk = is_cmyk(image),
        .has_icc = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0,
    };
    if (vips_image_get_typeof(image, "palette-bit-depth") != 0) {
        int depth = 8;
        if (vips_image_get_int(image, "palette-bit-depth", &depth) == 0 && depth == 1) {
            facts.bits = 1;
        }
    }
    return facts;
}

/* Starts libvips, opens, and checks the size; on IE_OK *ret_image is to be given to finish(). */
static ie_status open_checked(const uint8_t *bytes, size_t size, ie_format format, VipsFailOn fail_on,
                              uint64_t max_pixels, VipsImage **ret_image, const loader **ret_loader, ie_error *err)
{
    ie_status status = ready(err);
    if (status != IE_OK) {
        return status;
    }
    const loader *l = loader_find(format);
    if (l == NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "this build cannot decode %s images", ie_format_name(format));
    }
    VipsImage *image = size > 0 ? open_image(bytes, size, l, 1, fail_on) : NULL;
    if (image == NULL) {
        finish(NULL);
        return ie_error_set(err, IE_ERR_FORMAT, "the %s image cannot be opened: it is damaged or of an unknown variant",
                            ie_format_name(format));
    }
    if ((uint64_t)image->Xsize * (uint64_t)image->Ysize > max_pixels) {
        status = ie_error_set(err, IE_ERR_LIMIT, "the image has %d x %d pixels, more than the limit of %llu",
                              image->Xsize, image->Ysize, (unsigned long long)max_pixels);
        finish(image);
        return status;
    }
    *ret_image = image;
    *ret_loader = l;
    return IE_OK;
}

ie_status ie_image_probe(const uint8_t *bytes, size_t size, ie_format format, uint64_t max_pixels,
                         ie_image_facts *ret_facts, ie_error *err)
{
    VipsImage *image = NULL;
    const loader *l = NULL;
    ie_status status = open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        *ret_facts = facts_of(image, bytes, size, format);
        finish(image);
    }
    return status;
}

/* ---- decoding ----------------------------------------------------------------------------- */

/* Replaces *image by the result of an operation on it (by address: the operation is an argument here, too). */
static bool replace(VipsImage **image, int rc, VipsImage *const *result)
{
    if (rc != 0) {
        return false;
    }
    g_object_unref(*image);
    *image = *result;
    return true;
}

/* What is neither RGB, grey nor CMYK (Lab, XYZ, scRGB in TIFF, JXL) becomes sRGB by its own definition. */
static bool plain_colours(VipsImage **image)
{
    VipsImage *result = NULL;
    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_scRGB:
        return replace(image, vips_colourspace(*image, &result, VIPS_INTERPRETATION_sRGB, NULL), &result);
    default:
        return true;
    }
}

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
    return replace(image, vips_rshift_const1(*image, &result, shift, NULL), &result) &&
           replace(image, vips_cast_uchar(*image, &result, NULL), &result);
}

/* In place: the usual formula of viewers without a profile, R = (255 - C)(255 - K) / 255, rounded. */
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

/* Runs the decoder; the samples are malloc()ed or NULL. */
static uint8_t *samples(VipsImage **image, uint32_t *ret_channels)
{
    if (!plain_colours(image) || !eight_bits(image)) {
        return NULL;
    }
    bool cmyk = is_cmyk(*image);
    int bands = (*image)->Bands;
    int wanted = cmyk ? 4 : bands >= 3 ? 3 : 1;
    VipsImage *result = NULL;
    if (wanted != bands && !replace(image, vips_extract_band(*image, &result, 0, "n", wanted, NULL), &result)) {
        return NULL;
    }
    size_t size = 0;
    uint8_t *data = vips_image_write_to_memory(*image, &size);
    if (data != NULL && cmyk) {
        cmyk_to_rgb(data, (size_t)(*image)->Xsize * (size_t)(*image)->Ysize);
    }
    *ret_channels = cmyk ? 3 : (uint32_t)wanted;
    return data;
}

/* The shorter side must not shrink to nothing: libvips ends the process over a side of 0. */
static int shrink_for(const loader *l, const VipsImage *image, uint32_t min_side)
{
    uint32_t longer = (uint32_t)(image->Xsize > image->Ysize ? image->Xsize : image->Ysize);
    uint32_t shorter = (uint32_t)(image->Xsize > image->Ysize ? image->Ysize : image->Xsize);
    int shrink = 1;
    while (l->shrink != NULL && min_side > 0 && shrink < 8 && shorter / (2u * (uint32_t)shrink) > 0 &&
           longer / (2u * (uint32_t)shrink) >= min_side) {
        shrink *= 2;
    }
    return shrink;
}

static ie_status damaged(ie_format format, ie_error *err)
{
    return ie_error_set(err, IE_ERR_FORMAT, "the %s image does not decode: it is cut short or damaged",
                        ie_format_name(format));
}

ie_status ie_image_decode(const uint8_t *bytes, size_t size, ie_format format, uint32_t min_side,
                          uint64_t max_pixels, ie_pixels *ret_pixels, ie_image_facts *ret_facts, ie_error *err)
{
    VipsImage *image = NULL;
    const loader *l = NULL;
    ie_status status = open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status != IE_OK) {
        return status;
    }
    ie_image_facts facts = facts_of(image, bytes, size, format);
    int shrink = shrink_for(l, image, min_side);
    if (shrink > 1) {
        g_object_unref(image);
        image = open_image(bytes, size, l, shrink, VIPS_FAIL_ON_ERROR);
    }
    ie_pixels pixels = {0};
    pixels.data = image != NULL ? samples(&image, &pixels.channels) : NULL;
    if (pixels.data == NULL) {
        finish(image);
        return damaged(format, err);
    }
    pixels.width = (uint32_t)image->Xsize;
    pixels.height = (uint32_t)image->Ysize;
    /* libjpeg pads the last column and row of a reduced image; libwebp fits the picture into it. */
    bool padded = shrink > 1 && format == IE_FORMAT_JPEG;
    pixels.extent_w = padded ? (double)facts.width / shrink : pixels.width;
    pixels.extent_h = padded ? (double)facts.height / shrink : pixels.height;
    finish(image);
    *ret_pixels = pixels;
    if (ret_facts != NULL) {
        *ret_facts = facts;
    }
    return IE_OK;
}

/* The alpha channel's full value: 255, 65535; 1.0 for floating point. */
static double opaque_value(const VipsImage *image)
{
    switch (image->BandFmt) {
    case VIPS_FORMAT_UCHAR:
        return 255;
    case VIPS_FORMAT_USHORT:
        return 65535;
    case VIPS_FORMAT_UINT:
        return 4294967295.0;
    default:
        return 1.0;
    }
}

/* Decodes all of it; false when it does not decode. */
static bool transparent_pixels(VipsImage *image, bool *ret_transparent)
{
    VipsImage *alpha = NULL;
    double least = 0;
    if (vips_extract_band(image, &alpha, image->Bands - 1, NULL) != 0) {
        return false;
    }
    bool good = vips_min(alpha, &least, NULL) == 0;
    g_object_unref(alpha);
    *ret_transparent = good && least < opaque_value(image);
    return good;
}

ie_status ie_image_transparent(const uint8_t *bytes, size_t size, uint64_t max_pixels, bool *ret_transparent,
                               ie_error *err)
{
    ie_format format = ie_format_sniff(bytes, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, NULL);
    VipsImage *image = NULL;
    const loader *l = NULL;
    ie_status status = open_checked(bytes, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status != IE_OK) {
        return status;
    }
    bool transparent = false;
    bool good = !has_alpha(image) || transparent_pixels(image, &transparent);
    finish(image);
    if (!good) {
        return damaged(format, err);
    }
    *ret_transparent = transparent;
    return IE_OK;
}

static ie_status load_file(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    if (data == NULL) {
        status = ie_bytes_size(bytes) > MAX_FILE_BYTES
                     ? ie_error_set(err, IE_ERR_LIMIT, "%s is larger than 4 GiB", ie_shown(path))
                     : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
        ie_bytes_close(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_data = data;
    return IE_OK;
}

ie_status ie_image_check(const char *path, uint64_t max_pixels, ie_image_facts *ret_facts, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = load_file(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    size_t size = (size_t)ie_bytes_size(bytes);
    ie_format format = ie_format_sniff(data, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, path);
    VipsImage *image = NULL;
    const loader *l = NULL;
    status = open_checked(data, size, format, VIPS_FAIL_ON_ERROR, max_pixels, &image, &l, err);
    if (status == IE_OK) {
        ie_image_facts facts = facts_of(image, data, size, format);
        double average = 0;
        status = vips_avg(image, &average, NULL) == 0 ? IE_OK : damaged(format, err);
        finish(image);
        if (status == IE_OK) {
            *ret_facts = facts;
        }
    }
    ie_bytes_close(bytes);
    return status;
}

/* ---- converting --------------------------------------------------------------------------- */

static bool turn(VipsImage **image, uint8_t orientation)
{
    static const struct {
        VipsAngle angle;
        bool flip;
    } steps[9] = {
        [2] = {VIPS_ANGLE_D0, true}, [3] = {VIPS_ANGLE_D180, false}, [4] = {VIPS_ANGLE_D180, true},
        [5] = {VIPS_ANGLE_D90, true}, [6] = {VIPS_ANGLE_D90, false}, [7] = {VIPS_ANGLE_D270, true},
        [8] = {VIPS_ANGLE_D270, false},
    };
    if (orientation < 2 || orientation > 8) {
        return true;
    }
    VipsImage *result = NULL;
    return replace(image, vips_rot(*image, &result, steps[orientation].angle, NULL), &result) &&
           (!steps[orientation].flip ||
            replace(image, vips_flip(*image, &result, VIPS_DIRECTION_HORIZONTAL, NULL), &result));
}

/* JPEG and TIFF hold CMYK as it is; for the others it goes through its profile (or libvips' own CMYK one). */
static bool fit_colours(VipsImage **image, ie_format to)
{
    if (!is_cmyk(*image) || to == IE_FORMAT_JPEG || to == IE_FORMAT_TIFF) {
        return plain_colours(image);
    }
    VipsImage *result = NULL;
    return replace(image, vips_icc_transform(*image, &result, "srgb", "embedded", TRUE, "input_profile", "cmyk",
                                             "depth", 8, "intent", VIPS_INTENT_RELATIVE, NULL), &result);
}

/* Everything but the profile goes: ie_exif_copy() brings it over whole, and what libvips would write of it
   is incomplete. */
static bool only_profile(VipsImage **image)
{
    VipsImage *result = NULL;
    if (!replace(image, vips_copy(*image, &result, NULL), &result)) {
        return false;
    }
    char **names = vips_image_get_fields(*image);
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], VIPS_META_ICC_NAME) != 0) {
            vips_image_remove(*image, names[i]);
        }
    }
    g_strfreev(names);
    return true;
}

static VipsForeignSubsample subsampling(VipsImage *image, ie_format from, int quality)
{
    const char *sampling = NULL;
    if (from == IE_FORMAT_JPEG && vips_image_get_typeof(image, "jpeg-chroma-subsample") != 0 &&
        vips_image_get_string(image, "jpeg-chroma-subsample", &sampling) == 0) {
        return strncmp(sampling, "4:2:0", 5) == 0 ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF;
    }
    return quality < 90 ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF;
}

static int save(VipsImage *image, const char *path, const ie_convert_options *options, VipsForeignSubsample chroma)
{
    int q = options->quality;
    switch (options->to) {
    case IE_FORMAT_JPEG:
        return vips_jpegsave(image, path, "Q", q, "subsample_mode", chroma, "optimize_coding", TRUE, NULL);
    case IE_FORMAT_PNG:
        return vips_pngsave(image, path, "compression", 6, NULL);
    case IE_FORMAT_WEBP:
        return vips_webpsave(image, path, "Q", q, NULL);
    case IE_FORMAT_TIFF:
        return vips_tiffsave(image, path, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
                             VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    case IE_FORMAT_HEIC:
        return vips_heifsave(image, path, "Q", q, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC,
                             "subsample_mode", chroma, NULL);
    case IE_FORMAT_AVIF:
        return vips_heifsave(image, path, "Q", q, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
                             "subsample_mode", chroma, NULL);
    case IE_FORMAT_JXL:
        return vips_jxlsave(image, path, "Q", q, NULL);
    default:
        return -1;
    }
}

static bool holds_sixteen_bits(ie_format to)
{
    return to == IE_FORMAT_PNG || to == IE_FORMAT_TIFF || to == IE_FORMAT_JXL;
}

/* What the target could not hold, from the header alone. */
static ie_status refuse(const ie_image_facts *facts, ie_format to, ie_error *err)
{
    if (facts->frames > 1) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it holds %u frames or pages and a conversion would keep only one",
                            facts->frames);
    }
    if (facts->bits > 16) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its samples of %u bits would be cut", facts->bits);
    }
    if (facts->bits == 16 && !holds_sixteen_bits(to)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its 16 bits a channel would become 8 in %s", ie_format_name(to));
    }
    return IE_OK;
}

/* Drops an alpha channel that hides nothing; refuses one that does. */
static ie_status settle_alpha(VipsImage **image, ie_format from, ie_error *err)
{
    bool transparent = false;
    if (!transparent_pixels(*image, &transparent)) {
        return damaged(from, err);
    }
    if (transparent) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it has transparent pixels, which JPEG cannot hold");
    }
    VipsImage *result = NULL;
    int bands = (*image)->Bands - 1;
    return replace(image, vips_extract_band(*image, &result, 0, "n", bands, NULL), &result) ? IE_OK : damaged(from, err);
}

/* The whole way from the opened image to the written file. */
static ie_status transcode(VipsImage **image, const ie_image_facts *facts, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_error *err)
{
    ie_status status = refuse(facts, options->to, err);
    if (status != IE_OK) {
        return status;
    }
    uint8_t orientation = upright(from) ? 1 : options->orientation;
    bool settle = facts->has_alpha && options->to == IE_FORMAT_JPEG;
    VipsForeignSubsample chroma = subsampling(*image, from, options->quality);
    if (orientation > 1 || settle) {
        /* Both need rows out of order or twice; a stream of rows gives them once. */
        VipsImage *memory = vips_image_copy_memory(*image);
        if (!replace(image, memory != NULL ? 0 : -1, &memory)) {
            return damaged(from, err);
        }
    }
    if (settle && (status = settle_alpha(image, from, err)) != IE_OK) {
        return status;
    }
    if (!turn(image, orientation) || !fit_colours(image, options->to) || !only_profile(image)) {
        return damaged(from, err);
    }
    errno = 0;
    if (save(*image, temp_path, options, chroma) != 0) {
        if (errno == ENOSPC || errno == EDQUOT) {
            return ie_error_errno(err, errno, "%s cannot be written", ie_shown(temp_path));
        }
        return ie_error_set(err, IE_ERR_FORMAT, "converting %s to %s fails: the image is cut short or damaged, or too "
                            "large for the format", ie_format_name(from), ie_format_name(options->to));
    }
    return IE_OK;
}

ie_status ie_image_convert(const char *from_path, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_error *err)
{
    ie_status status = ready(err);
    if (status != IE_OK) {
        return status;
    }
    if (!ie_image_can_write(options->to)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "this build cannot write %s images", ie_format_name(options->to));
    }
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    status = load_file(from_path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    /* Stricter than for looking: what JPEG calls a warning may be a picture with a torn part, and the original
       must not be given up for that. For PNG it would refuse photos for an odd colour profile. */
    VipsFailOn fail_on = from == IE_FORMAT_JPEG ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR;
    VipsImage *image = NULL;
    const loader *l = NULL;
    status = open_checked(data, (size_t)ie_bytes_size(bytes), from, fail_on, options->max_pixels, &image, &l, err);
    if (status == IE_OK) {
        ie_image_facts facts = facts_of(image, data, (size_t)ie_bytes_size(bytes), from);
        status = transcode(&image, &facts, from, temp_path, options, err);
        finish(image);
    }
    ie_bytes_close(bytes);
    return status;
}

/* ---- information -------------------------------------------------------------------------- */

bool ie_image_can_read(ie_format format)
{
    return ready(NULL) == IE_OK && loader_find(format) != NULL;
}

/* libheif's encoders are plugins: whether one is there shows only in trying. */
static bool try_heif(VipsForeignHeifCompression compression)
{
    VipsImage *black = NULL;
    void *buffer = NULL;
    size_t size = 0;
    if (vips_black(&black, 16, 16, "bands", 3, NULL) != 0) {
        finish(NULL);
        return false;
    }
    bool good = vips_heifsave_buffer(black, &buffer, &size, "compression", compression, NULL) == 0;
    g_free(buffer);
    finish(black);
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
    if (ready(NULL) != IE_OK) {
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

const char *ie_image_library(void)
{
    return ready(NULL) == IE_OK ? "libvips " VIPS_VERSION : "libvips (does not start)";
}
