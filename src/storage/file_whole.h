// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Is a picture's file whole by its own structure? Told without decoding, so that a fault can say
 * what is missing and where: libvips keeps its decoders' words in one place for all threads, where
 * those of two files could mix. PNG: chunks up to IEND, their checksums when asked (PNG 1.2, 3.2);
 * GIF: blocks up to the trailer (GIF89a, 13 to 27); WebP: the RIFF size; HEIC, AVIF, JPEG XL and
 * JPEG 2000 in boxes: the boxes (ISO/IEC 14496-12, 4.2); BMP: the size in its header; TIFF: whether
 * its first directory is there. Of other formats nothing is said. No byte outside the file is read,
 * each is looked at once at most. Any thread.
 */
#ifndef IE_STORAGE_FILE_WHOLE_H
#define IE_STORAGE_FILE_WHOLE_H

#include "core/format.h"
#include "storage/jpeg_file.h"

/* False: it is not, and the fault ("truncated" or "corrupt") says where. */
bool ie_file_whole(const uint8_t *bytes, size_t size, ie_format format, bool checksums,
                   ie_decode_fault *ret_fault);

#endif
