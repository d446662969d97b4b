// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_source: one opened photo for the analyzers. Read once, decoded once, at the smallest scale all enabled
 * analyzers can live with; hands out read-only views made on first use and kept until close. All views are
 * upright (EXIF orientation applied; HEIF and AVIF by their container). One source belongs to one thread.
 * Its frame buffers come from the worker's ie_scratch, so that a run does not page-fault 36 MB a photo.
 */
#ifndef IE_STORAGE_SOURCE_H
#define IE_STORAGE_SOURCE_H

#include "storage/bytes.h"

/* Interleaved 8-bit samples, rows packed. The picture covers extent_w x extent_h of it (a JPEG at 1/8 pads:
   501 columns may hold 500.25 picture columns). */
typedef struct ie_pixels {
    uint8_t *data;
    uint32_t width, height, channels; /* 1: grey, 3: RGB (sRGB values as stored, profile not applied) */
    double extent_w, extent_h;
} ie_pixels;

typedef struct ie_scratch ie_scratch; /* reusable buffers of one worker thread */
ie_scratch *ie_scratch_new(void);
void ie_scratch_free(ie_scratch *scratch);

typedef struct ie_source ie_source;

typedef struct ie_source_options {
    uint64_t max_pixels, max_file_bytes;
    bool exact; /* decode at full size, Pillow's way; else reduced */
} ie_source_options;

/* `bytes` and `photo` stay the caller's. Nothing is decoded yet. photo->format must be set;
   photo->orientation is read when the first view is made, so metadata runs first. */
ie_source *ie_source_new(ie_bytes *bytes, ie_photo *photo, const ie_source_options *options, ie_scratch *scratch);
void ie_source_free(ie_source *source);
ie_bytes *ie_source_bytes(ie_source *source);

/* The views; NULL when the photo cannot be decoded: the fault is then in photo->faults, once. Decoding also
   fills photo->width, height, has_alpha, animated, bits. A photo cut short still gives NULL (fault
   "truncated"): half a picture has no true hash. */
const ie_pixels *ie_source_luma(ie_source *source); /* grey plane for the hashes: reduced, or full when exact */
const ie_pixels *ie_source_gray(ie_source *source); /* grey, longer side about 1024 (never enlarged); full size and OpenCV's formula when exact */
const ie_pixels *ie_source_rgb(ie_source *source);  /* RGB, longer side at most about 256 */

/* Pillow's resize of one 8-bit plane, to the last bit (see tests/golden): */
typedef enum ie_filter { IE_FILTER_BOX, IE_FILTER_BILINEAR, IE_FILTER_BICUBIC, IE_FILTER_LANCZOS } ie_filter;
/* Resamples the picture's extent to width x height; out has width*height*channels bytes. False without memory. */
bool ie_pixels_resize(const ie_pixels *in, uint32_t width, uint32_t height, ie_filter filter, uint8_t *out);

#endif
