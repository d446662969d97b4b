// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What jpeg_file.c and jpeg_recode.c share, and the one place that includes libjpeg-turbo. An error
 * or a warning that costs picture data jumps to `escape` with `fault` filled; both codecs report to
 * the same ie_jpeg.
 */
#ifndef IE_STORAGE_JPEG_CODEC_H
#define IE_STORAGE_JPEG_CODEC_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "storage/jpeg_file.h"

struct ie_jpeg {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    bool strict;  /* every warning that may mean torn data counts */
    bool hit_end; /* the data ended before the image did */
    ie_decode_fault fault;
    ie_jpeg_facts facts;
    uint8_t *cmyk; /* one row */
};

#endif
