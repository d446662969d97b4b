// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The coded picture of a file without its metadata, as a hash: what must not change when tags are written, and what
 * tells "same picture, other metadata". Reads memory only; every size in it is checked. Thread-safe.
 */
#ifndef IE_STORAGE_IMAGE_DATA_H
#define IE_STORAGE_IMAGE_DATA_H

#include "core/format.h"
#include "utils/hash.h"

/* XXH3-128 over:
     JPEG  every marker segment but APPn and COM, and all entropy-coded data, from SOI to EOI; no trailer
     PNG   IHDR, PLTE, tRNS, IDAT, acTL, fcTL, fdAT: type and data
     WebP  VP8, VP8L, ALPH, ANIM, ANMF: type and data
     TIFF  of each directory: size, bits, compression, photometry and the bytes of its strips or tiles
   False for other formats, and for files too damaged to be taken apart. */
bool ie_image_data_hash(const uint8_t *bytes, size_t size, ie_format format, ie_hash128 *ret_hash);

#endif
