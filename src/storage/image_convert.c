// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "core/recoding.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "storage/image_jpeg.h"
#include "storage/image_vips.h"
#include "storage/raw_develop.h"
#include "storage/raw_preview.h"
#include "utils/error.h"

/* These decoders hand out the picture as its container says, turned already. */
static bool upright(ie_format format)
{
    return format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF || format == IE_FORMAT_JXL;
}

/* Everything but the profile goes: ie_exif_copy() brings it over whole, and what libvips would
   write of it is incomplete. */
static bool only_profile(VipsImage **image)
{
    VipsImage *result = NULL;
    if (!ie_vips_replace(image, vips_copy(*image, &result, NULL), &result)) {
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
        return strncmp(sampling, "4:2:0", 5) == 0 ? VIPS_FOREIGN_SUBSAMPLE_ON
                                                  : VIPS_FOREIGN_SUBSAMPLE_OFF;
    }
    return quality < IE_FULL_CHROMA_QUALITY ? VIPS_FOREIGN_SUBSAMPLE_ON
                                            : VIPS_FOREIGN_SUBSAMPLE_OFF;
}

/* Bits a channel that new files have at most. AVIF: what AV1 has; 10 would do for most, but libaom
   3.6 aborts the program on 10 bits of 4:4:4 as libheif 1.15 asks it. HEIC: what cameras write and
   decoders in devices know. */
static int deepest(ie_format to)
{
    return to == IE_FORMAT_PNG || to == IE_FORMAT_TIFF || to == IE_FORMAT_JXL ? 16
           : to == IE_FORMAT_AVIF                                             ? 12
           : to == IE_FORMAT_HEIC                                             ? 10
                                                                              : 8;
}

static int save_heif(VipsImage *image, const char *path, const ie_convert_options *options,
                     VipsForeignHeifCompression compression, VipsForeignSubsample chroma)
{
    int bits = image->BandFmt == VIPS_FORMAT_USHORT ? deepest(options->to) : 8;
    return vips_heifsave(image, path, "Q", options->quality, "bitdepth", bits, "compression",
                         compression, "subsample_mode", chroma, NULL);
}

static int save(VipsImage *image, const char *path, const ie_convert_options *options,
                VipsForeignSubsample chroma)
{
    int q = options->quality;
    switch (options->to) {
    case IE_FORMAT_JPEG:
        return vips_jpegsave(image, path, "Q", q, "subsample_mode", chroma, "interlace",
                             (options->recoding & IE_RECODE_PROGRESSIVE) != 0, NULL);
    case IE_FORMAT_PNG:
        /* Photos take little more than half the time of libvips' own 6 without filters, and two
           fifths less room. */
        return vips_pngsave(image, path, "compression", 1, "filter", VIPS_FOREIGN_PNG_FILTER_ALL,
                            NULL);
    case IE_FORMAT_WEBP:
        /* Half the time of libvips' own 4 (3 takes as long), as small, and 0.3 to 0.6 dB less
           of 43. */
        return vips_webpsave(image, path, "Q", q, "effort", 2, NULL);
    case IE_FORMAT_TIFF:
        /* As libvips and most others do. Packed it takes four times as long, by Deflate twenty. */
        return vips_tiffsave(image, path, "compression",
                             (options->recoding & IE_RECODE_PACK) != 0
                                 ? VIPS_FOREIGN_TIFF_COMPRESSION_LZW
                                 : VIPS_FOREIGN_TIFF_COMPRESSION_NONE,
                             "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    case IE_FORMAT_HEIC:
        return save_heif(image, path, options, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, chroma);
    case IE_FORMAT_AVIF:
        return save_heif(image, path, options, VIPS_FOREIGN_HEIF_COMPRESSION_AV1, chroma);
    case IE_FORMAT_JXL:
        return vips_jxlsave(image, path, "Q", q, NULL);
    default:
        return -1;
    }
}

/* What the target could not hold, from the header alone. */
static ie_status refuse(const VipsImage *image, const ie_image_facts *facts, ie_format to,
                        ie_error *err)
{
    if (image->Bands == 2 && !facts->has_alpha) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it has two channels of which its file does not say what they mean, "
                            "and a conversion would keep one");
    }
    if (facts->frames > 1) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it holds %u frames or pages and a conversion would keep only one",
                            facts->frames);
    }
    if (facts->bits > 16) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its samples of %u bits would be cut",
                            facts->bits);
    }
    if (facts->bits == 16 && deepest(to) == 8) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its 16 bits a channel would become 8 in %s",
                            ie_format_name(to));
    }
    return IE_OK;
}

/* Drops an alpha channel that hides nothing; refuses one that does. */
static ie_status settle_alpha(VipsImage **image, ie_format from, ie_error *err)
{
    bool transparent = false;
    if (!ie_vips_transparent(*image, &transparent)) {
        return ie_vips_damaged(from, err);
    }
    if (transparent) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it has transparent pixels, which JPEG cannot hold");
    }
    VipsImage *result = NULL;
    int bands = (*image)->Bands - 1;
    return ie_vips_replace(image, vips_extract_band(*image, &result, 0, "n", bands, NULL), &result)
               ? IE_OK
               : ie_vips_damaged(from, err);
}

/* What is decoded: the file, or the preview in it. */
typedef struct input {
    const uint8_t *data;
    size_t size;
    ie_format format;
    ie_bytes *file;
    ie_format file_format;
} input;

static ie_status damaged_or_large(ie_format from, ie_format to, ie_error *err)
{
    return ie_error_set(
        err, IE_ERR_FORMAT,
        "converting %s to %s fails: the image is cut short or damaged, or too large for the format",
        ie_format_name(from), ie_format_name(to));
}

/* What a conversion of one picture works on. */
typedef struct job {
    VipsImage *image;
    const ie_image_facts *facts;
    ie_format from;
    const char *temp_path;
    const ie_convert_options *options;
    VipsForeignSubsample chroma;
    bool again; /* the picture was not seen whole on its way: it is to lie in memory */
} job;

static ie_status write_image(const job *j, ie_error *err)
{
    errno = 0;
    if (save(j->image, j->temp_path, j->options, j->chroma) == 0) {
        return ie_vips_profile_came_over(j->image, j->temp_path, j->options->to)
                   ? IE_OK
                   : ie_error_set(err, IE_ERR_UNSUPPORTED,
                                  "its colour profile cannot be kept in a %s file; --to-srgb "
                                  "converts the colours",
                                  ie_format_name(j->options->to));
    }
    return errno == ENOSPC || errno == EDQUOT
               ? ie_error_errno(err, errno, "%s cannot be written", ie_shown(j->temp_path))
               : damaged_or_large(j->from, j->options->to, err);
}

static bool settle_colours(job *j)
{
    bool srgb = (j->options->recoding & IE_RECODE_SRGB) != 0;
    return (!srgb || ie_vips_to_srgb(&j->image, j->options->to)) &&
           ie_vips_fit_colours(&j->image, j->options->to) &&
           (j->options->to != IE_FORMAT_JXL || ie_vips_fit_jxl(&j->image));
}

/* JPEG is given none: settle_alpha() has dropped one that hides nothing. */
static bool look_at_alpha(const job *j, ie_converted *converted)
{
    converted->has_alpha = j->facts->has_alpha && j->options->to != IE_FORMAT_JPEG;
    return !converted->has_alpha || ie_vips_transparent(j->image, &converted->transparent);
}

/* All of it is decoded into memory first: it is looked at twice, or turned. */
static ie_status transcode_held(job *j, uint8_t orientation, ie_converted *converted, ie_error *err)
{
    ie_status status = IE_OK;
    VipsImage *memory = vips_image_copy_memory(j->image);
    if (!ie_vips_replace(&j->image, memory != NULL ? 0 : -1, &memory)) {
        return ie_vips_damaged(j->from, err);
    }
    if (j->facts->has_alpha && j->options->to == IE_FORMAT_JPEG &&
        (status = settle_alpha(&j->image, j->from, err)) != IE_OK) {
        return status;
    }
    if (!look_at_alpha(j, converted) || !settle_colours(j) ||
        !ie_vips_likeness(j->image, orientation, &converted->likeness)) {
        return ie_vips_damaged(j->from, err);
    }
    converted->has_icc = ie_vips_profile(j->image, &converted->icc);
    if (!ie_vips_turn(&j->image, orientation) || !only_profile(&j->image)) {
        return ie_vips_damaged(j->from, err);
    }
    return write_image(j, err);
}

/* Rows go from the decoder to the encoder and are looked at on the way. */
static ie_status transcode_passing(job *j, ie_converted *converted, ie_error *err)
{
    ie_vips_tee tee = {0};
    converted->has_icc = ie_vips_profile(j->image, &converted->icc);
    if (j->options->to == IE_FORMAT_JPEG) {
        bool torn = false;
        const bool full = j->chroma == VIPS_FOREIGN_SUBSAMPLE_OFF;
        return ie_vips_to_jpeg(j->image, j->options, full, converted, &torn) ? IE_OK
               : torn ? ie_vips_damaged(j->from, err)
                      : damaged_or_large(j->from, j->options->to, err);
    }
    if (!only_profile(&j->image) || !ie_vips_tee_begin(&j->image, &tee)) {
        (void)ie_vips_tee_end(&tee, &converted->likeness);
        return ie_vips_damaged(j->from, err);
    }
    ie_status status = write_image(j, err);
    j->again = !ie_vips_tee_end(&tee, &converted->likeness) && status == IE_OK;
    return tee.torn ? ie_vips_damaged(j->from, err) : status;
}

/* Some loaders of libvips free the colour profile with themselves, though images made of theirs
   name it, too: the opened image stays until all is written. */
static ie_status transcode(job *j, ie_converted *converted, ie_error *err)
{
    ie_status status = refuse(j->image, j->facts, j->options->to, err);
    if (status != IE_OK) {
        return status;
    }
    uint8_t orientation = upright(j->from) ? 1 : j->options->orientation;
    j->chroma = (j->options->recoding & IE_RECODE_FULL_CHROMA) != 0
                    ? VIPS_FOREIGN_SUBSAMPLE_OFF
                    : subsampling(j->image, j->from, j->options->quality);
    converted->width = j->facts->width;
    converted->height = j->facts->height;
    converted->bits = j->facts->bits == 16 ? 16 : 8;
    VipsImage *opened = g_object_ref(j->image);
    bool passes = !j->again && orientation <= 1 && !j->facts->has_alpha &&
                  ie_vips_tee_fits(j->image) && settle_colours(j) && ie_vips_tee_fits(j->image);
    j->again = false;
    if (passes) {
        status = transcode_passing(j, converted, err);
    } else {
        VipsImage *changed =
            j->image; /* colours were settled as a plan only: nothing was decoded */
        j->image = g_object_ref(opened);
        g_object_unref(changed);
        status = transcode_held(j, orientation, converted, err);
    }
    g_object_unref(opened);
    return status;
}

static ie_status by_vips(const input *in, const char *temp_path, const ie_convert_options *options,
                         ie_converted *converted, ie_error *err)
{
    /* Stricter than for looking: what JPEG calls a warning may be a picture with a torn part, and
       the original must not be given up for that. For PNG it would refuse photos for an odd colour
       profile. */
    if (in->format == IE_FORMAT_TIFF && ie_image_data_mosaic(in->data, in->size)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it holds a sensor's data as RAWs do, and would become a grey mosaic; "
                            "named as its camera does (.dng, .nef, ...) it is taken as a RAW");
    }
    VipsFailOn fail_on = in->format == IE_FORMAT_JPEG ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR;
    job j = {.from = in->format, .temp_path = temp_path, .options = options};
    const ie_vips_loader_row *l = NULL;
    ie_status status = IE_OK;
    do {
        status = ie_vips_open_checked(in->data, in->size, in->format, fail_on, options->max_pixels,
                                      &j.image, &l, err);
        if (status == IE_OK) {
            ie_image_facts facts = ie_vips_facts(j.image, in->data, in->size, in->format);
            j.facts = &facts;
            status = ie_vips_settle_profile(&j.image, in->data, in->size, in->format, in->file,
                                            in->file_format, options->to, err);
            status = status == IE_OK ? transcode(&j, converted, err) : status;
            ie_vips_finish(j.image);
        }
    } while (status == IE_OK && j.again);
    return status;
}

static ie_status by_development(const input *in, const char *temp_path,
                                const ie_convert_options *options, ie_converted *converted,
                                ie_error *err)
{
    ie_developed developed = {0};
    ie_status status = ie_raw_develop(in->data, in->size, deepest(options->to) > 8 ? 16 : 8,
                                      options->max_pixels, &developed, err);
    if (status != IE_OK) {
        return status;
    }
    bool deep = developed.bits == 16;
    VipsImage *image = vips_image_new_from_memory(developed.data, developed.size,
                                                  (int)developed.width, (int)developed.height, 3,
                                                  deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    VipsImage *named = NULL;
    int rc = image != NULL
                 ? vips_copy(image, &named, "interpretation",
                             deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, NULL)
                 : -1;
    if (ie_vips_replace(&image, rc, &named)) {
        ie_image_facts facts = {.width = developed.width,
                                .height = developed.height,
                                .frames = 1,
                                .bits = developed.bits};
        job j = {.image = image,
                 .facts = &facts,
                 .from = in->format,
                 .temp_path = temp_path,
                 .options = options,
                 .again = true};
        status = transcode(&j, converted, err);
        image = j.image;
    } else {
        status = ie_vips_damaged(in->format, err);
    }
    ie_vips_finish(image);
    free(developed.data);
    return status;
}

/* ---- choosing ----------------------------------------------------------------------------- */

static ie_status convert(const input *in, const char *temp_path, const ie_convert_options *options,
                         ie_converted *converted, ie_error *err)
{
    const bool to_jpeg = options->to == IE_FORMAT_JPEG && options->orientation <= 1;
    bool done = false;
    ie_status status = IE_OK;
    if (in->format == IE_FORMAT_JPEG && to_jpeg &&
        (options->recoding & (IE_RECODE_SRGB | IE_RECODE_FULL_CHROMA)) == 0) {
        status = ie_image_jpeg_again(in->data, in->size, options, &done, converted, err);
    } else if (in->format == IE_FORMAT_PNG && to_jpeg) {
        done = ie_image_png_to_jpeg(in->file, in->data, in->size, options, converted);
    } else if (in->format == IE_FORMAT_TIFF && to_jpeg) {
        done = ie_image_tiff_to_jpeg(in->file, in->data, in->size, options, converted);
    }
    if (done || (status = ie_vips_ready(err)) != IE_OK) {
        return status;
    }
    if (!ie_image_can_write(options->to)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "this build cannot write %s images",
                            ie_format_name(options->to));
    }
    return ie_format_kind(in->format) == IE_KIND_RAW
               ? by_development(in, temp_path, options, converted, err)
               : by_vips(in, temp_path, options, converted, err);
}

/* The largest JPEG in the RAW: never libvips' reading of such files, which is a mosaic. */
static ie_status take_preview(ie_bytes *bytes, input *in, ie_error *err)
{
    ie_preview preview = {0};
    if (!ie_raw_find_preview(bytes, in->size, &preview)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it has no JPEG preview that could be found; --raw develop makes the "
                            "picture from the sensor's data");
    }
    in->data += preview.offset;
    in->size = (size_t)preview.size;
    in->format = IE_FORMAT_JPEG;
    return IE_OK;
}

ie_status ie_image_convert_bytes(ie_bytes *bytes, ie_format from, const char *temp_path,
                                 const ie_convert_options *options, ie_converted *ret_converted,
                                 ie_error *err)
{
    ie_status status = IE_OK;
    input in = {.data = ie_bytes_load(bytes, UINT64_MAX),
                .size = (size_t)ie_bytes_size(bytes),
                .format = from,
                .file = bytes,
                .file_format = from};
    if (in.data == NULL) {
        return ie_error_errno(err, ie_bytes_errno(bytes), "it cannot be read");
    }
    if (ie_format_kind(from) == IE_KIND_RAW && (options->recoding & IE_RECODE_DEVELOP) == 0) {
        status = take_preview(bytes, &in, err);
    }
    ie_converted converted = {0};
    status = status == IE_OK ? convert(&in, temp_path, options, &converted, err) : status;
    if (status == IE_OK) {
        *ret_converted = converted;
    } else {
        ie_converted_clear(&converted);
    }
    return status;
}

ie_status ie_image_convert(const char *from_path, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_converted *ret_converted,
                           ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_vips_load_file(from_path, &bytes, &data, err);
    if (status == IE_OK) {
        status = ie_image_convert_bytes(bytes, from, temp_path, options, ret_converted, err);
        ie_bytes_close(bytes);
    }
    return status;
}
