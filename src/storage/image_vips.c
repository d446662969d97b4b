// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_vips.h"

#include <pthread.h>

#include "storage/bmp_file.h"
#include "storage/image_data.h"
#include "utils/error.h"
#include "utils/memory.h"

#define MAX_FILE_BYTES UINT32_MAX

ie_vips_calls ie_vips;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static bool started;

static void mute(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user)
{
}

static void start(void)
{
    static const char *const names[] = {IE_VIPS_CALLS(IE_LATE_NAME) IE_GLIB_CALLS(IE_LATE_NAME)};
    if (!ie_late_load(IE_LIBRARY_VIPS, names, sizeof names / sizeof *names, &ie_vips)) {
        return;
    }
    const int every_level = G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION;
    g_log_set_handler("VIPS", (GLogLevelFlags)every_level, mute, NULL);
    if (vips_init("imgengine") != 0) {
        return;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    /* What is left open is what the table below names. SVG, PDF, MATLAB and all of ImageMagick stay
       shut. */
    vips_block_untrusted_set(TRUE);
    static const char *const wanted[] = {"VipsForeignLoadPpm", "VipsForeignLoadJxl",
                                         "VipsForeignSaveJxl", "VipsForeignLoadJp2k"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        vips_operation_block_set(wanted[i], FALSE);
    }
    started = true;
}

ie_status ie_vips_ready(ie_error *err)
{
    pthread_once(&start_once, start);
    if (!started) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "libvips (" IE_LIBRARY_VIPS
                            "), which reads and writes images, cannot be "
                            "loaded; install it (Debian: libvips42)");
    }
    return IE_OK;
}

static const ie_vips_loader_row loaders[] = {
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
    {IE_FORMAT_BMP, NULL, NULL}, /* bmp_file.h */
};

const ie_vips_loader_row *ie_vips_loader(ie_format format)
{
    for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++) {
        if (loaders[i].format == format &&
            (loaders[i].nickname == NULL ||
             vips_type_find("VipsOperation", loaders[i].nickname) != 0)) {
            return &loaders[i];
        }
    }
    return NULL;
}

static VipsImage *open_bmp(const uint8_t *bytes, size_t size)
{
    ie_bmp bmp;
    if (!ie_bmp_open(bytes, size, &bmp) || bmp.width > (uint32_t)VIPS_MAX_COORD ||
        bmp.height > (uint32_t)VIPS_MAX_COORD) {
        return NULL;
    }
    size_t samples = (size_t)bmp.width * bmp.height * bmp.channels;
    uint8_t *pixels = ie_try_alloc(samples, 1);
    if (pixels == NULL) {
        return NULL;
    }
    ie_bmp_read(&bmp, bytes, pixels);
    VipsImage *plain =
                  vips_image_new_from_memory_copy(pixels, samples, (int)bmp.width, (int)bmp.height,
                                                  (int)bmp.channels, VIPS_FORMAT_UCHAR),
              *image = NULL;
    free(pixels);
    if (plain != NULL) {
        if (vips_copy(plain, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) != 0) {
            image = NULL;
        }
        g_object_unref(plain);
    }
    return image;
}

/* Opens the first page as a stream of rows; nothing is decoded yet. `shrink` is 1, 2, 4 or 8. */
VipsImage *ie_vips_open(const uint8_t *bytes, size_t size, const ie_vips_loader_row *l, int shrink,
                        VipsFailOn fail_on)
{
    if (l->format == IE_FORMAT_BMP) {
        return open_bmp(bytes, size);
    }
    VipsOperation *operation = vips_operation_new(l->nickname);
    if (operation == NULL) {
        return NULL;
    }
    VipsSource *source = vips_source_new_from_memory(bytes, size);
    g_object_set(operation, "source", source, "access", VIPS_ACCESS_SEQUENTIAL, "fail-on", fail_on,
                 NULL);
    if (shrink > 1 && l->format == IE_FORMAT_JPEG) {
        g_object_set(operation, "shrink", shrink, NULL);
    } else if (shrink > 1) {
        g_object_set(operation, "scale", 1.0 / shrink, NULL);
    }
    g_object_unref(source);
    VipsImage *image = NULL;
    if (vips_cache_operation_buildp(&operation) == 0) {
        g_object_get(operation, "out", &image, NULL);
    }
    vips_object_unref_outputs(VIPS_OBJECT(operation));
    g_object_unref(operation);
    return image;
}

/* Ends every use of libvips on this thread: its error texts and per-thread buffers. */
void ie_vips_finish(VipsImage *image)
{
    if (image != NULL) {
        g_object_unref(image);
    }
    vips_error_clear();
    vips_thread_shutdown();
}

bool ie_vips_cmyk(const VipsImage *image)
{
    return image->Type == VIPS_INTERPRETATION_CMYK && image->Bands >= 4;
}

bool ie_vips_alpha(VipsImage *image)
{
    if (image->Coding == VIPS_CODING_LABQ) {
        return false; /* the fourth byte of a pixel holds lower bits of the others */
    }
    return ie_vips_cmyk(image) ? image->Bands > 4 : vips_image_hasalpha(image);
}

bool ie_vips_profile(VipsImage *image, ie_hash128 *ret_hash)
{
    const void *profile = NULL;
    size_t size = 0;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0) {
        return false;
    }
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size) == 0) {
        *ret_hash = ie_hash128_of(profile, size);
    }
    return true;
}

ie_image_facts ie_vips_facts(VipsImage *image, const uint8_t *bytes, size_t size, ie_format format)
{
    uint32_t pages = (uint32_t)vips_image_get_n_pages(image);
    uint32_t frames = ie_image_data_frames(bytes, size, format);
    ie_image_facts facts = {
        .width = (uint32_t)image->Xsize,
        .height = (uint32_t)image->Ysize,
        .frames = pages > frames ? pages : frames,
        .bits = (uint8_t)(8 * vips_format_sizeof_unsafe(image->BandFmt)),
        .has_alpha = ie_vips_alpha(image),
        .cmyk = ie_vips_cmyk(image),
    };
    facts.has_icc = ie_vips_profile(image, &facts.icc);
    if (vips_image_get_typeof(image, "palette-bit-depth") != 0) {
        int depth = 8;
        if (vips_image_get_int(image, "palette-bit-depth", &depth) == 0 && depth == 1) {
            facts.bits = 1;
        }
    }
    return facts;
}

static ie_status too_large(int width, int height, uint64_t max_pixels, ie_error *err)
{
    return ie_error_set(err, IE_ERR_LIMIT,
                        "the image has %d x %d pixels, more than the limit of %llu", width, height,
                        (unsigned long long)max_pixels);
}

/* Starts libvips, opens, and checks the size; on IE_OK *ret_image is to be given to
   ie_vips_finish(). */
ie_status ie_vips_open_checked(const uint8_t *bytes, size_t size, ie_format format,
                               VipsFailOn fail_on, uint64_t max_pixels, VipsImage **ret_image,
                               const ie_vips_loader_row **ret_loader, ie_error *err)
{
    ie_status status = ie_vips_ready(err);
    if (status != IE_OK) {
        return status;
    }
    const ie_vips_loader_row *l = ie_vips_loader(format);
    if (l == NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "this build cannot decode %s images",
                            ie_format_name(format));
    }
    ie_bmp bmp;
    bool large =
        format == IE_FORMAT_BMP && ie_bmp_open(bytes, size, &bmp) &&
        (uint64_t)bmp.width * bmp.height > max_pixels; /* bitmaps are decoded by opening them */
    if (large) {
        return too_large((int)bmp.width, (int)bmp.height, max_pixels, err);
    }
    VipsImage *image = size > 0 ? ie_vips_open(bytes, size, l, 1, fail_on) : NULL;
    if (image == NULL) {
        ie_vips_finish(NULL);
        return ie_error_set(err, IE_ERR_FORMAT,
                            "the %s image cannot be opened: it is damaged or of an unknown variant",
                            ie_format_name(format));
    }
    if ((uint64_t)image->Xsize * (uint64_t)image->Ysize > max_pixels) {
        status = too_large(image->Xsize, image->Ysize, max_pixels, err);
        ie_vips_finish(image);
        return status;
    }
    *ret_image = image;
    *ret_loader = l;
    return IE_OK;
}

/* Replaces *image by the result of an operation on it (by address: the operation is an argument
   here, too). */
bool ie_vips_replace(VipsImage **image, int rc, VipsImage *const *result)
{
    if (rc != 0) {
        return false;
    }
    g_object_unref(*image);
    *image = *result;
    return true;
}

/* What is neither RGB, grey nor CMYK (Lab, XYZ, scRGB in TIFF, JXL) becomes sRGB by its own
   definition, 16 bits staying 16. */
bool ie_vips_plain_colours(VipsImage **image)
{
    VipsImage *result = NULL;
    VipsInterpretation plain = (*image)->Type == VIPS_INTERPRETATION_LABS
                                   ? VIPS_INTERPRETATION_RGB16
                                   : VIPS_INTERPRETATION_sRGB;
    switch ((*image)->Type) {
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_scRGB:
        return ie_vips_replace(image, vips_colourspace(*image, &result, plain, NULL), &result);
    default:
        return true;
    }
}

ie_status ie_vips_damaged(ie_format format, ie_error *err)
{
    return ie_error_set(err, IE_ERR_FORMAT,
                        "the %s image does not decode: it is cut short or damaged",
                        ie_format_name(format));
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
bool ie_vips_transparent(VipsImage *image, bool *ret_transparent)
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

bool ie_vips_each_row(VipsImage *image, bool (*take)(void *user, const uint8_t *row), void *user,
                      bool *ret_torn)
{
    enum { STRIP = 16 };
    VipsRegion *region = vips_region_new(image);
    bool good = region != NULL;
    bool torn = false;
    for (int top = 0; good && top < image->Ysize; top += STRIP) {
        const VipsRect strip = {0, top, image->Xsize,
                                image->Ysize - top < STRIP ? image->Ysize - top : STRIP};
        torn = vips_region_prepare(region, &strip) != 0;
        good = !torn;
        for (int y = top; good && y < top + strip.height; y++) {
            good = take(user, VIPS_REGION_ADDR(region, 0, y));
        }
    }
    if (region != NULL) {
        g_object_unref(region);
    }
    if (ret_torn != NULL) {
        *ret_torn = torn;
    }
    return good;
}

ie_status ie_vips_load_bytes(ie_bytes *bytes, const char *path, const uint8_t **ret_data,
                             ie_error *err)
{
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    if (data == NULL) {
        return ie_bytes_size(bytes) > MAX_FILE_BYTES
                   ? ie_error_set(err, IE_ERR_LIMIT, "%s is larger than 4 GiB", ie_shown(path))
                   : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read",
                                    ie_shown(path));
    }
    *ret_data = data;
    return IE_OK;
}

ie_status ie_vips_load_file(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data,
                            ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    status = ie_vips_load_bytes(bytes, path, ret_data, err);
    if (status != IE_OK) {
        ie_bytes_close(bytes);
        return status;
    }
    *ret_bytes = bytes;
    return IE_OK;
}

bool ie_vips_to_srgb(VipsImage **image, ie_format to)
{
    if (!ie_vips_plain_colours(image)) {
        return false;
    }
    bool cmyk = ie_vips_cmyk(*image);
    if (!cmyk && vips_image_get_typeof(*image, VIPS_META_ICC_NAME) == 0) {
        return true;
    }
    bool deep = (*image)->BandFmt == VIPS_FORMAT_USHORT &&
                (to == IE_FORMAT_PNG || to == IE_FORMAT_TIFF || to == IE_FORMAT_JXL);
    VipsImage *result = NULL;
    return ie_vips_replace(image,
                           vips_icc_transform(*image, &result, "srgb", "embedded", TRUE,
                                              "input_profile", cmyk ? "cmyk" : "srgb", "depth",
                                              deep ? 16 : 8, "intent", VIPS_INTENT_RELATIVE, NULL),
                           &result);
}

bool ie_vips_turn(VipsImage **image, uint8_t orientation)
{
    static const struct {
        VipsAngle angle;
        bool flip;
    } steps[9] = {
        [2] = {VIPS_ANGLE_D0, true},    [3] = {VIPS_ANGLE_D180, false},
        [4] = {VIPS_ANGLE_D180, true},  [5] = {VIPS_ANGLE_D90, true},
        [6] = {VIPS_ANGLE_D90, false},  [7] = {VIPS_ANGLE_D270, true},
        [8] = {VIPS_ANGLE_D270, false},
    };
    if (orientation < 2 || orientation > 8) {
        return true;
    }
    VipsImage *result = NULL;
    return ie_vips_replace(image, vips_rot(*image, &result, steps[orientation].angle, NULL),
                           &result) &&
           (!steps[orientation].flip ||
            ie_vips_replace(image, vips_flip(*image, &result, VIPS_DIRECTION_HORIZONTAL, NULL),
                            &result));
}

/* JPEG and TIFF hold CMYK as it is; for the others it goes through its profile (or libvips' own
   CMYK one). */
bool ie_vips_fit_colours(VipsImage **image, ie_format to)
{
    if (!ie_vips_cmyk(*image) || to == IE_FORMAT_JPEG || to == IE_FORMAT_TIFF) {
        return ie_vips_plain_colours(image);
    }
    VipsImage *result = NULL;
    return ie_vips_replace(image,
                           vips_icc_transform(*image, &result, "srgb", "embedded", TRUE,
                                              "input_profile", "cmyk", "depth",
                                              (*image)->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8,
                                              "intent", VIPS_INTENT_RELATIVE, NULL),
                           &result);
}
