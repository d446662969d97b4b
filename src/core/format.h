// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * File formats, told by content. One table (format.c) says for each its name in records, usual
 * extension and kind; one function recognises it from a file's first bytes. Pure, thread-safe.
 */
#ifndef IE_CORE_FORMAT_H
#define IE_CORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ie_format {
    IE_FORMAT_UNKNOWN = 0, /* no photo */
    IE_FORMAT_JPEG,
    IE_FORMAT_PNG,
    IE_FORMAT_WEBP,
    IE_FORMAT_GIF,
    IE_FORMAT_TIFF,
    IE_FORMAT_BMP,
    IE_FORMAT_ICO,
    IE_FORMAT_PNM,
    IE_FORMAT_PSD,
    IE_FORMAT_JP2,
    IE_FORMAT_JXL,
    IE_FORMAT_HEIC,
    IE_FORMAT_AVIF,
    IE_FORMAT_CR2,
    IE_FORMAT_CR3,
    IE_FORMAT_CRW,
    IE_FORMAT_NEF,
    IE_FORMAT_ARW,
    IE_FORMAT_RAF,
    IE_FORMAT_ORF,
    IE_FORMAT_RW2,
    IE_FORMAT_PEF,
    IE_FORMAT_DNG,
    IE_FORMAT_SRW,
    IE_FORMAT_MP4,
    IE_FORMAT_MOV,
    IE_FORMAT_SIDECAR, /* by name: .xmp .aae .thm .json that belongs to a photo; see unit.h */
    IE_FORMAT_COUNT
} ie_format;

typedef enum ie_kind {
    IE_KIND_NONE,
    IE_KIND_PHOTO,
    IE_KIND_RAW,
    IE_KIND_VIDEO,
    IE_KIND_SIDECAR
} ie_kind;

const char *ie_format_name(ie_format format);      /* "jpeg"; "unknown" */
ie_format ie_format_by_name(const char *name);     /* IE_FORMAT_UNKNOWN when there is none */
ie_format ie_format_by_word(
    const char *word); /* as people say it: "JPEG", "jpg", "heif"; UNKNOWN when nobody does */
const char *ie_format_extension(ie_format format); /* "jpg", without the dot; "" when unknown */
ie_kind ie_format_kind(ie_format format);
/* Does a name with this extension claim to be a photo, RAW or video? (For "named like a photo, but
   is not".) */
ie_format ie_format_claimed(const char *path);
/* Is the extension one of those usual for the format? ("jpg", "jpeg", "jpe" for JPEG, in any
   case.) */
bool ie_format_extension_fits(ie_format format, const char *extension);

#define IE_SNIFF_BYTES 4096
/* Recognises a format from the first bytes of a file (up to IE_SNIFF_BYTES; fewer when the file is
   smaller). RAW files that are TIFF inside are told from TIFF by their own marks (CR2's "CR",
   DNGVersion, maker in IFD0, Olympus and Panasonic magic), and only where bytes leave it open by
   the name's extension
   (`path`, may be NULL). Zero bytes, text and anything else unrecognised: IE_FORMAT_UNKNOWN. */
ie_format ie_format_sniff(const uint8_t *bytes, size_t size, const char *path);

#endif
