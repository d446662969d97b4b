// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What image_file.c and image_convert.c share, and the one place that includes libvips: one lazy
 * start, one loader for each format that we name (never libvips' own guess). Its error buffer is
 * one for the whole process: a text found in it may speak of another thread's file, so it is thrown
 * away and the sentences are ours. Every use ends with ie_vips_finish(). Thread-safe; an image
 * belongs to one thread.
 */
#ifndef IE_STORAGE_IMAGE_VIPS_H
#define IE_STORAGE_IMAGE_VIPS_H

#include "storage/bytes.h"
#include "storage/image_file.h"
#include "storage/vips_calls.h"

typedef struct ie_vips_loader_row {
    ie_format format;
    const char *nickname;
    const char *shrink; /* its option to decode a true reduction, or NULL */
} ie_vips_loader_row;

/* Starts libvips once for the process; IE_ERR_UNSUPPORTED when it does not start. */
ie_status ie_vips_ready(ie_error *err) IE_MUST_CHECK;
const ie_vips_loader_row *ie_vips_loader(ie_format format); /* NULL: this build cannot read it */
/* The first page as a stream of rows, shrunk by 1, 2, 4 or 8; nothing is decoded yet. NULL when
   damaged. */
VipsImage *ie_vips_open(const uint8_t *bytes, size_t size, const ie_vips_loader_row *l, int shrink,
                        VipsFailOn fail_on);
/* Starts, finds the loader, opens, checks the size (IE_ERR_LIMIT). On IE_OK give *ret_image to
   ie_vips_finish(). */
ie_status ie_vips_open_checked(const uint8_t *bytes, size_t size, ie_format format,
                               VipsFailOn fail_on, uint64_t max_pixels, VipsImage **ret_image,
                               const ie_vips_loader_row **ret_loader, ie_error *err) IE_MUST_CHECK;
/* Ends a use of libvips on this thread: the image (may be NULL), error texts, per-thread
   buffers. */
void ie_vips_finish(VipsImage *image);
/* The whole file's bytes, never mapped; close them with ie_bytes_close(). */
ie_status ie_vips_load_file(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data,
                            ie_error *err) IE_MUST_CHECK;

/* The same of an opened one, which stays open. */
ie_status ie_vips_load_bytes(ie_bytes *bytes, const char *path, const uint8_t **ret_data,
                             ie_error *err) IE_MUST_CHECK;

ie_image_facts ie_vips_facts(VipsImage *image, const uint8_t *bytes, size_t size, ie_format format);
/* Has it a colour profile? Its hash then, as it is when unpacked. */
bool ie_vips_profile(VipsImage *image, ie_hash128 *ret_hash);
bool ie_vips_cmyk(const VipsImage *image);
bool ie_vips_alpha(VipsImage *image);
/* Decodes all of the alpha channel, which must be there; false when it does not decode. */
bool ie_vips_transparent(VipsImage *image, bool *ret_transparent);
/* Lab, XYZ and scRGB become sRGB (Lab of 16 bits such of 16); the others stay. */
bool ie_vips_plain_colours(VipsImage **image);
/* Replaces *image by the result of an operation on it, when rc is 0. `result` by address, because
   the call of the operation stands in the same argument list. */
bool ie_vips_replace(VipsImage **image, int rc, VipsImage *const *result);
/* By EXIF orientation 1..8; the image must be in memory for 2 and more. */
bool ie_vips_turn(VipsImage **image, uint8_t orientation);
/* What the format cannot hold becomes sRGB: CMYK but in JPEG and TIFF, by its profile. */
bool ie_vips_fit_colours(VipsImage **image, ie_format to);
/* Colours become sRGB by their own profile (CMYK without one by libvips'), 16 bits where there are
   and the format holds them; the profile then is sRGB's. What has no profile is sRGB already. */
bool ie_vips_to_srgb(VipsImage **image, ie_format to);
/* What decides the colours of an opened picture becomes its profile (or it gets none: sRGB),
   whatever way the file says it: see color_space.h. A profile that does not fit the picture goes;
   one for grey becomes one for RGB where `to` has no grey. `file` and `file_format`: whose EXIF
   counts, which is not the picture's own for a RAW's preview. IE_ERR_UNSUPPORTED: light coded for
   HDR screens. */
ie_status ie_vips_settle_profile(VipsImage **image, const uint8_t *bytes, size_t size,
                                 ie_format format, ie_bytes *file, ie_format file_format,
                                 ie_format to, ie_error *err) IE_MUST_CHECK;
/* libjxl keeps no profile by itself but such as have the curve of sRGB: others' colours are brought
   to it, in the same primaries. False: it cannot be done. */
bool ie_vips_fit_jxl(VipsImage **image);
/* Does the new file show its numbers in the colours that the image's profile gives them? Opens its
   header, where there is a profile. */
bool ie_vips_profile_came_over(VipsImage *image, const char *path, ie_format format);
/* Every row from above, decoded on this thread in strips (never the whole picture in memory), until
   take() is false; false then, and when a strip does not decode: *ret_torn (may be NULL) tells. */
bool ie_vips_each_row(VipsImage *image, bool (*take)(void *user, const uint8_t *row), void *user,
                      bool *ret_torn);
/* All of the picture is decoded (again, if it is a stream: then it must be fresh). False: it does
   not decode. */
bool ie_vips_likeness(VipsImage *image, uint8_t orientation, ie_likeness *ret_likeness);

/* A likeness of an image on its way: begin puts a step behind *image that looks at the rows an
   encoder takes. Zero it before; end it always, when the encoder is through. It knows plain
   pictures of 8 bits only (fits). */
typedef struct ie_vips_tee {
    ie_likeness_maker maker;
    uint32_t rows; /* that came, in order */
    bool torn;     /* the picture did not decode to its end */
} ie_vips_tee;
bool ie_vips_tee_fits(const VipsImage *image);
bool ie_vips_tee_begin(VipsImage **image, ie_vips_tee *tee);
bool ie_vips_tee_end(ie_vips_tee *tee,
                     ie_likeness *ret_likeness); /* false: not all rows came, or not in order */

/* A picture that a tee fits, with its profile, to a JPEG in converted->bytes, and its likeness.
   False: no memory, too large for the format, or (*ret_torn) it does not decode. */
bool ie_vips_to_jpeg(VipsImage *image, const ie_convert_options *options, bool full_chroma,
                     ie_converted *converted, bool *ret_torn);

ie_status ie_vips_damaged(ie_format format, ie_error *err);

#endif
