// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_source: one opened photo for the analyzers. Read once, decoded once, at the smallest scale all
 * enabled analyzers can live with; hands out read-only views made together and kept until close.
 * All views are upright (EXIF orientation applied; HEIF and AVIF by their container). A RAW file is
 * its largest embedded JPEG. One source belongs to one thread. Its frame buffers come from the
 * worker's ie_scratch, so that a run does not page-fault 36 MB a photo; several sources of one
 * thread may share a scratch.
 */
#ifndef IE_STORAGE_SOURCE_H
#define IE_STORAGE_SOURCE_H

#include "storage/bytes.h"
#include "storage/resample.h"

typedef struct ie_scratch ie_scratch; /* reusable buffers of one worker thread */
ie_scratch *ie_scratch_new(void);
void ie_scratch_free(ie_scratch *scratch);

typedef struct ie_source ie_source;

enum {
    IE_VIEW_LUMA = 1 << 0,
    IE_VIEW_GRAY = 1 << 1,
    IE_VIEW_RGB = 1 << 2,
    IE_VIEW_ALL = IE_VIEW_LUMA | IE_VIEW_GRAY | IE_VIEW_RGB,
    IE_VIEW_COLOR = 1 << 3 /* not among ALL: a whole colour frame */
};

typedef struct ie_source_options {
    uint64_t max_pixels, max_file_bytes;
    bool exact;     /* decode at full size, Pillow's way; else reduced */
    unsigned views; /* IE_VIEW_* that will be asked for, so that the one decode is as cheap as can
                       be; 0: all. Asking for another view than was announced decodes once more. */
    bool over_white; /* the colour view of a transparent picture lies over white, for one decode
                        more; else alpha is dropped */
    /* for IE_VIEW_COLOR: its shorter side is at least this, if the photo has it */
    uint32_t color_side;
} ie_source_options;

/* `bytes` and `photo` stay the caller's. Nothing is decoded yet. photo->format must be set;
   photo->orientation is read when the first view is made, so metadata runs first. */
ie_source *ie_source_new(ie_bytes *bytes, ie_photo *photo, const ie_source_options *options,
                         ie_scratch *scratch);
void ie_source_free(ie_source *source);
ie_bytes *ie_source_bytes(ie_source *source);

/* The views; NULL when the photo cannot be decoded: the fault is then in photo->faults, once.
   Decoding also fills photo->width, height, has_alpha, animated, bits. A photo cut short still
   gives NULL (fault "truncated"): half a picture has no true hash. Videos and other files that are
   no pictures give NULL without a fault. */

/* Grey plane for the hashes. Reduced: shorter side at least 300 if the photo has it; its size
   depends on what other views were announced. Exact: full size, L by Pillow's formula. */
const ie_pixels *ie_source_luma(ie_source *source);
/* Grey, the analysis view: longer side 1000..1024, smaller photos as they are. Exact: full size,
   OpenCV's formula. */
const ie_pixels *ie_source_gray(ie_source *source);
/* RGB, longer side at most 256; means of squares of the decoded picture. */
const ie_pixels *ie_source_rgb(ie_source *source);

/* RGB as decoded, for what looks at the whole picture. Exact: full size, Pillow's pixels. */
const ie_pixels *ie_source_color(ie_source *source);

/* The JPEG quality (1..100) that the quantisation table stands for, known once a view was made; 0:
   no JPEG. */
int ie_source_jpeg_quality(const ie_source *source);

#endif
