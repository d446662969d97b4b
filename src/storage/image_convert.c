// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "storage/image_file.h"
#include "storage/image_vips.h"
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
    return quality < 90 ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF;
}

static int save(VipsImage *image, const char *path, const ie_convert_options *options,
                VipsForeignSubsample chroma)
{
    int q = options->quality;
    switch (options->to) {
    case IE_FORMAT_JPEG:
        return vips_jpegsave(image, path, "Q", q, "subsample_mode", chroma, "optimize_coding", TRUE,
                             "interlace", options->progressive, NULL);
    case IE_FORMAT_PNG:
        return vips_pngsave(image, path, "compression", 6, NULL);
    case IE_FORMAT_WEBP:
        return vips_webpsave(image, path, "Q", q, NULL);
    case IE_FORMAT_TIFF:
        return vips_tiffsave(image, path, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                             "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
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
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "it holds %u frames or pages and a conversion would keep only one",
                            facts->frames);
    }
    if (facts->bits > 16) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its samples of %u bits would be cut",
                            facts->bits);
    }
    if (facts->bits == 16 && !holds_sixteen_bits(to)) {
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

/* The whole way from the opened image to the written file. */
static ie_status transcode(VipsImage **image, const ie_image_facts *facts, ie_format from,
                           const char *temp_path, const ie_convert_options *options, ie_error *err)
{
    ie_status status = refuse(facts, options->to, err);
    if (status != IE_OK) {
        return status;
    }
    uint8_t orientation = upright(from) ? 1 : options->orientation;
    bool settle = facts->has_alpha && options->to == IE_FORMAT_JPEG;
    VipsForeignSubsample chroma = options->full_chroma ? VIPS_FOREIGN_SUBSAMPLE_OFF
                                                       : subsampling(*image, from, options->quality);
    if (orientation > 1 || settle) {
        /* Both need rows out of order or twice; a stream of rows gives them once. */
        VipsImage *memory = vips_image_copy_memory(*image);
        if (!ie_vips_replace(image, memory != NULL ? 0 : -1, &memory)) {
            return ie_vips_damaged(from, err);
        }
    }
    if (settle && (status = settle_alpha(image, from, err)) != IE_OK) {
        return status;
    }
    if (!ie_vips_turn(image, orientation) ||
        !ie_vips_fit_colours(image, options->to) || !only_profile(image)) {
        return ie_vips_damaged(from, err);
    }
    errno = 0;
    if (save(*image, temp_path, options, chroma) != 0) {
        if (errno == ENOSPC || errno == EDQUOT) {
            return ie_error_errno(err, errno, "%s cannot be written", ie_shown(temp_path));
        }
        return ie_error_set(err, IE_ERR_FORMAT,
                            "converting %s to %s fails: the image is cut short or damaged, or too "
                            "large for the format",
                            ie_format_name(from), ie_format_name(options->to));
    }
    return IE_OK;
}

ie_status ie_image_convert(const char *from_path, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_error *err)
{
    ie_status status = ie_vips_ready(err);
    if (status != IE_OK) {
        return status;
    }
    if (!ie_image_can_write(options->to)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "this build cannot write %s images",
                            ie_format_name(options->to));
    }
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    status = ie_vips_load_file(from_path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    /* Stricter than for looking: what JPEG calls a warning may be a picture with a torn part, and
       the original must not be given up for that. For PNG it would refuse photos for an odd colour
       profile. */
    VipsFailOn fail_on = from == IE_FORMAT_JPEG ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR;
    VipsImage *image = NULL;
    const ie_vips_loader_row *l = NULL;
    status = ie_vips_open_checked(data, (size_t)ie_bytes_size(bytes), from, fail_on,
                                  options->max_pixels, &image, &l, err);
    if (status == IE_OK) {
        ie_image_facts facts = ie_vips_facts(image, data, (size_t)ie_bytes_size(bytes), from);
        status = transcode(&image, &facts, from, temp_path, options, err);
        ie_vips_finish(image);
    }
    ie_bytes_close(bytes);
    return status;
}
