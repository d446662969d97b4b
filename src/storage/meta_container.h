// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_meta: where a file keeps its metadata. ie_meta_find() walks the container, reading headers
 * only, and notes the EXIF, XMP and IPTC blocks and the stored size; nothing is interpreted here
 * but that. One file a family: meta_container.c (JPEG, WebP, GIF, Photoshop, small formats),
 * meta_png.c, meta_bmff.c (HEIF, AVIF, CR3, JPEG 2000, JPEG XL), meta_video.c (QuickTime, MP4),
 * meta_raw.c (RAF, CRW). Every loop is bounded by MAX_STEPS and by the file's size.
 */
#ifndef IE_STORAGE_META_CONTAINER_H
#define IE_STORAGE_META_CONTAINER_H

#include "storage/exif_read.h"
#include "storage/facts.h"
#include "storage/span.h"

#define IE_META_MAX_EXIF 4
#define IE_META_MAX_OWNED 8
#define IE_META_MAX_STEPS 1024
#define IE_META_MAX_BLOCK (16u << 20) /* a metadata block that is larger is not read */
#define IE_META_MAX_TEXTS 64
#define IE_META_MAX_TEXT (1u << 20)
#define IE_META_MAX_INFLATED (64u << 20) /* of all packed texts together */

typedef struct ie_meta {
    ie_photo *photo;
    struct {
        ie_span span;
        ie_exif_kind kind;
    } exif[IE_META_MAX_EXIF];
    unsigned exif_count;
    ie_span xmp, iptc;      /* size 0: none */
    ie_span iptc_other;     /* a second block, which readers do not look at */
    ie_span iptc_digest; /* MD5 of the IPTC block when it last was in step with XMP; size 0: none */
    uint32_t width, height; /* 0: not said by the container */
    ie_facts own; /* what the container itself says (videos, CRW, texts); orientation of JPEG XL */
    struct {
        const char *keyword, *text; /* in the photo's arena */
    } texts[IE_META_MAX_TEXTS];     /* of a PNG, but for XMP and the like; comments of a JPEG */
    unsigned text_count;
    bool more_texts; /* than there is room for, or longer ones */
    size_t inflated; /* bytes so far */
    bool upright; /* the container turns the picture: EXIF orientation does not count */
    bool damaged; /* a fault was noted already */
    void *owned[IE_META_MAX_OWNED];
    unsigned owned_count;
} ie_meta;

/* Fills *ret_meta; clear it with ie_meta_clear(), after which its spans are gone. Faults go to the
   photo. */
void ie_meta_find(ie_bytes *bytes, ie_photo *photo, ie_meta *ret_meta);
void ie_meta_clear(ie_meta *meta);

/* For the families' files. The first of a kind wins; a block too large to be read is left out. */
void ie_meta_add_exif(ie_meta *meta, ie_span block,
                      ie_exif_kind kind); /* skips an "Exif\0\0" in front */
void ie_meta_add_xmp(ie_meta *meta, ie_span block);
void ie_meta_add_iptc(ie_meta *meta, ie_span block);
void ie_meta_add_irb(ie_meta *meta, const ie_span *blocks); /* Photoshop image resources */
/* What the EXIF blocks hold of the other kinds: in TIFF files all of it. */
void ie_meta_add_parts(ie_meta *meta);
void ie_meta_add_text(ie_meta *meta, const char *keyword, const uint8_t *bytes, size_t size);
/* One fault "damaged" a photo; `what` is a part of a sentence: "a JPEG segment is cut short". */
void ie_meta_damaged(ie_meta *meta, const char *what);
/* Memory to be freed with the meta; false (and freed) when there are too many. */
bool ie_meta_own(ie_meta *meta, void *take_memory);

void ie_meta_find_jpeg(ie_meta *meta, const ie_span *file);
void ie_meta_find_png(ie_meta *meta, const ie_span *file);
void ie_meta_find_bmff(ie_meta *meta, const ie_span *file);
void ie_meta_find_jxl(ie_meta *meta, const ie_span *file);
void ie_meta_find_movie(ie_meta *meta, const ie_span *movie); /* the body of a moov box */
void ie_meta_find_raf(ie_meta *meta, const ie_span *file);
void ie_meta_find_crw(ie_meta *meta, const ie_span *file);

#endif
