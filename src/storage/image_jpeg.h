// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Conversions that need no libvips, whose start takes as long as a small photo: of JPEGs, usual
 * PNGs and plain TIFFs to JPEG. Each says whether it was for that way; if not, nothing has
 * happened, and image_convert.c goes by libvips, whose words are told about what is damaged.
 * Thread-safe.
 */
#ifndef IE_STORAGE_IMAGE_JPEG_H
#define IE_STORAGE_IMAGE_JPEG_H

#include "storage/bytes.h"
#include "storage/image_file.h"

/* What libvips would say of a usual JPEG (grey or of three colours, its profile whole). False: it
   is for libvips. */
bool ie_image_jpeg_facts(const uint8_t *data, size_t size, uint64_t max_pixels,
                         ie_image_facts *ret_facts);

/* The same of a usual PNG without a profile, for which the first of its bytes may be enough. */
bool ie_image_png_facts(const uint8_t *data, size_t size, uint64_t max_pixels,
                        ie_image_facts *ret_facts);

/* The same of a plain TIFF without a profile; its directory alone is read. */
bool ie_image_tiff_facts(ie_bytes *file, uint64_t max_pixels, ie_image_facts *ret_facts);

/* A JPEG to a JPEG, by coefficients or samples. Any warning is IE_ERR_FORMAT. */
ie_status ie_image_jpeg_again(const uint8_t *data, size_t size, const ie_convert_options *options,
                              bool *ret_done, ie_converted *converted, ie_error *err) IE_MUST_CHECK;
/* A PNG in sRGB without a profile, to JPEG. `file`: its bytes, opened. False: not for this way. */
bool ie_image_png_to_jpeg(ie_bytes *file, const uint8_t *data, size_t size,
                          const ie_convert_options *options, ie_converted *converted);

/* A plain TIFF likewise. */
bool ie_image_tiff_to_jpeg(ie_bytes *file, const uint8_t *data, size_t size,
                           const ie_convert_options *options, ie_converted *converted);

/* Colours at full resolution? Where no JPEG source says it, so from this quality on. */
#define IE_FULL_CHROMA_QUALITY 90

#endif
