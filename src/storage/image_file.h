// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Images by libvips (image_vips.h includes it): decoding of everything that is not a baseline job
 * for libjpeg-turbo (storage/jpeg_file), and all encoding. libvips starts on first use (it costs 42
 * ms and 32 MB), with one thread a job and no cache, because we are parallel over photos. fail_on
 * is set, so truncated and corrupt files are errors and not grey. Thread-safe.
 */
#ifndef IE_STORAGE_IMAGE_FILE_H
#define IE_STORAGE_IMAGE_FILE_H

#include "core/format.h"
#include "storage/likeness.h"
#include "storage/source.h"
#include "utils/hash.h"

typedef struct ie_image_facts {
    uint32_t width, height; /* as stored in the main image; for HEIF/AVIF upright */
    uint32_t frames;        /* 1, or more for animations and multi-page files */
    uint8_t bits;           /* a channel: 1, 8, 16, 32 */
    bool has_alpha;         /* there is an alpha channel (or transparent palette entry) */
    bool cmyk, has_icc;
    ie_hash128 icc; /* of the profile as it is when unpacked; zero without one */
} ie_image_facts;

/* Opens the header only. IE_ERR_LIMIT above max_pixels (all frames of one page counted once). */
ie_status ie_image_probe(const uint8_t *bytes, size_t size, ie_format format, uint64_t max_pixels,
                         ie_image_facts *ret_facts, ie_error *err) IE_MUST_CHECK;
/* Is any part of it not opaque? Decodes all of the alpha channel; true also where it does not
   decode. */
bool ie_image_is_transparent(const uint8_t *bytes, size_t size, ie_format format,
                             uint64_t max_pixels);

/* Decodes to 8-bit RGB (grey stays 1 channel), not rotated except HEIF/AVIF, shrunk on load so that
   the longer side is at least min_side if the format allows (0: full size). Alpha is dropped, not
   composited. 16 bit is >> 8; CMYK to RGB. Pixels are allocated with ie_try_alloc;
   free(ret_pixels->data). */
ie_status ie_image_decode(const uint8_t *bytes, size_t size, ie_format format, uint32_t min_side,
                          uint64_t max_pixels, ie_pixels *ret_pixels, ie_image_facts *ret_facts,
                          ie_error *err) IE_MUST_CHECK;

/* The same with alpha composited over white. */
ie_status ie_image_decode_white(const uint8_t *bytes, size_t size, ie_format format,
                                uint32_t min_side, uint64_t max_pixels, ie_pixels *ret_pixels,
                                ie_error *err) IE_MUST_CHECK;

/* Does any pixel have alpha below its maximum? Decodes. */
ie_status ie_image_transparent(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                               bool *ret_transparent, ie_error *err) IE_MUST_CHECK;

typedef struct ie_convert_options {
    ie_format to; /* JPEG, PNG, WEBP, TIFF, AVIF, HEIC, JXL as far as this build can */
    int quality;  /* 1..100 for lossy formats */
    /* 1..8: of the source's EXIF; turned into pixels, so the result is upright */
    uint8_t orientation;
    uint64_t max_pixels;
    unsigned recoding; /* IE_RECODE_* (core/recoding.h) */
} ie_convert_options;

/* What was converted, and what the new file is to be like, from the source and not from what was
   written. */
typedef struct ie_converted {
    uint32_t width, height; /* of the source as it was decoded, before it was turned */
    uint8_t bits;           /* a channel: 8 or 16 */
    bool has_alpha; /* an alpha channel goes along; an encoder may leave out one that hides nothing
                     */
    bool transparent;       /* it hides something */
    bool has_icc; /* a colour profile goes along. Not for JPEG XL, whose own is compared when it is
                     written */
    ie_hash128 icc;
    ie_likeness likeness; /* of the source, taken from its one decode, turned by other code than the
                             new file */
    uint8_t *bytes; /* not NULL: the new file, which is for the caller to write into temp_path;
                       free() it */
    size_t size;
} ie_converted;

void ie_converted_clear(ie_converted *converted);
/* Has the new file what it was to have, but for its pixels' values? IE_ERR_FORMAT with what it
   lacks. */
ie_status ie_converted_check(const ie_converted *converted, const ie_image_facts *after,
                             ie_format to, ie_error *err) IE_MUST_CHECK;

/* Decodes from_path and encodes into temp_path (which must not be a user's file; created by the
   caller, empty). Colours are kept by an ICC profile, also where the file tells them otherwise
   (color_space.h), or with IE_RECODE_SRGB converted; light coded for HDR screens is refused;
   EXIF/XMP/IPTC are brought over by ie_exif_copy() afterwards. Chroma subsampling follows a JPEG
   source, else 4:2:0 below quality 90 and 4:4:4 from there. A JPEG that becomes a JPEG goes through
   ie_jpeg_recode() where it can. Of a RAW the largest JPEG in it is
   converted, or with IE_RECODE_DEVELOP what LibRaw makes of it. Refuses (IE_ERR_UNSUPPORTED, with
   the reason) what would lose pictures: animations and pages, transparent pixels into JPEG, 16 bits
   a channel into formats of 8. A JPEG with any libjpeg warning (torn coded data) is IE_ERR_FORMAT.
   HEIF, AVIF and JXL come upright from their containers: `orientation` is ignored for them. */
ie_status ie_image_convert(const char *from_path, ie_format from, const char *temp_path,
                           const ie_convert_options *options, ie_converted *ret_converted,
                           ie_error *err) IE_MUST_CHECK;
/* The same of a file that is loaded. */
ie_status ie_image_convert_bytes(ie_bytes *bytes, ie_format from, const char *temp_path,
                                 const ie_convert_options *options, ie_converted *ret_converted,
                                 ie_error *err) IE_MUST_CHECK;

/* Decodes the whole file and gives its facts: the check after a conversion, before the original may
   go. With ret_likeness also that of the picture, whose EXIF orientation is given (1 when its
   container turns it); transparent pixels are over black. */
ie_status ie_image_check(const char *path, uint64_t max_pixels, ie_image_facts *ret_facts,
                         ie_error *err) IE_MUST_CHECK;
ie_status ie_image_check_likeness(const char *path, uint8_t orientation, uint64_t max_pixels,
                                  ie_image_facts *ret_facts, ie_likeness *ret_likeness,
                                  ie_error *err) IE_MUST_CHECK;

/* For `info`: can this build read / write the format? Starts libvips. */
bool ie_image_can_read(ie_format format);
bool ie_image_can_write(ie_format format);
/* IE_ERR_UNSUPPORTED, with what to do: libvips is not installed. Starts it. */
ie_status ie_image_ready(ie_error *err) IE_MUST_CHECK;
const char *ie_image_library(void);

#endif
