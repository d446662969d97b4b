// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Finding the largest JPEG inside a RAW file. RAWs made of TIFF (CR2, NEF, ARW, DNG, PEF, SRW, RW2,
 * ORF) say in their directories where previews lie; RAF says it in its header; what is left (CR3,
 * CRW, and directories that lead nowhere) is searched for JPEG starts. Only JPEGs that a photo
 * decoder reads count: 8 bit, baseline or progressive, 1 or 3 components; the lossless JPEG of the
 * raw data itself does not. All offsets are checked; directories and candidates are bounded.
 */
#ifndef IE_STORAGE_RAW_PREVIEW_H
#define IE_STORAGE_RAW_PREVIEW_H

#include "storage/bytes.h"

typedef struct ie_preview {
    uint64_t offset, size;
    uint32_t width, height;
} ie_preview;

/* False when there is none, or the file is larger than max_file_bytes and has to be searched. */
bool ie_raw_find_preview(ie_bytes *bytes, uint64_t max_file_bytes, ie_preview *ret_preview);

#endif
