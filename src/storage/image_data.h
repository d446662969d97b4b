// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The coded picture inside a file's bytes, told from the metadata around it without decoding: what
 * must be the same, bit for bit, before and after tags were written. Every byte is hostile:
 * bounded, no recursion, nothing is allocated by what a file says. Pure, thread-safe.
 */
#ifndef IE_STORAGE_IMAGE_DATA_H
#define IE_STORAGE_IMAGE_DATA_H

#include "core/format.h"
#include "utils/hash.h"

/* XXH3-128 over all that makes the picture. JPEG: every segment but APPn and COM (ICC and Adobe
   segments count), and from the first scan to the end of the file. PNG: all chunks but texts,
   times, EXIF and ICC (packed anew by writers: compare ie_image_facts.icc). WebP: image, alpha,
   animation and ICC chunks. TIFF: strips and tiles of every directory with the tags that explain
   them. JP2: header and codestream boxes. JPEG XL: the codestream. HEIC, AVIF: all items but
   metadata, their properties and references. GIF: all but comments and XMP. False when the bytes
   are damaged or the format is none of these. */
bool ie_image_data_hash(const uint8_t *bytes, size_t size, ie_format format, ie_hash128 *ret_hash);

/* Is it one of these formats? */
bool ie_image_data_known(ie_format format);

/* Why new metadata must not be put into this file: a sentence's end ("it holds a second picture
   …"), or NULL when nothing in a JPEG is found by its distance from the start, its frame and
   profile are what writers know, and a PNG has no description that they would change; a TIFF with
   offsets of 64 bits is not written at all. Other formats: NULL. */
const char *ie_image_data_pinned(const uint8_t *bytes, size_t size, ie_format format);

/* Offset behind the picture's end mark; 0 when there is none, or no JPEG. */
size_t ie_image_data_jpeg_end(const uint8_t *bytes, size_t size);

/* Is there a video behind the picture of this JPEG (motion photo)? */
bool ie_image_data_motion(const uint8_t *bytes, size_t size);

/* Frames beyond what the decoder counts: animated PNG, AVIF and HEIF sequences, animated JXL; 1 for
   a still. The number is exact for PNG, else 2 stands for several. */
uint32_t ie_image_data_frames(const uint8_t *bytes, size_t size, ie_format format);

/* Is a TIFF the unfinished data of a camera's sensor, a RAW that its first bytes and name do not
   tell? Decoders give it out as a grey picture. */
bool ie_image_data_mosaic(const uint8_t *bytes, size_t size);

/* Does a JPEG XL file carry EXIF, XMP or other metadata boxes? */
bool ie_image_data_boxed_metadata(const uint8_t *bytes, size_t size);

#endif
