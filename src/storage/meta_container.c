// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/meta_container.h"

#include <stdlib.h>
#include <string.h>

#include "storage/iptc_read.h"

#define JPEG_EXIF "Exif\0"
#define JPEG_XMP "http://ns.adobe.com/xap/1.0/"
#define JPEG_IRB "Photoshop 3.0"
#define GIF_WALK_BYTES (1u << 20)

void ie_meta_add_exif(ie_meta *meta, ie_span block, ie_exif_kind kind)
{
    const uint8_t *head = ie_span_at(&block, 0, 6);
    if (head != NULL && memcmp(head, "Exif\0", 5) == 0) {
        block = ie_span_part(&block, 6, block.size);
        head = ie_span_at(&block, 0, 4);
    }
    if (head == NULL || meta->exif_count == IE_META_MAX_EXIF) {
        return;
    }
    if (kind == IE_EXIF_MAIN && meta->exif_count > 0) {
        return;
    }
    if (memcmp(head, "II", 2) != 0 && memcmp(head, "MM", 2) != 0) {
        ie_meta_damaged(meta, "its EXIF block has no TIFF header");
        return;
    }
    meta->exif[meta->exif_count].span = block;
    meta->exif[meta->exif_count++].kind = kind;
}

void ie_meta_add_xmp(ie_meta *meta, ie_span block)
{
    if (meta->xmp.size == 0 && block.size <= IE_META_MAX_BLOCK) {
        meta->xmp = block;
    }
}

void ie_meta_add_iptc(ie_meta *meta, ie_span block)
{
    if (meta->iptc.size == 0 && block.size <= IE_META_MAX_BLOCK) {
        meta->iptc = block;
    } else if (block.size > 0 && block.size <= IE_META_MAX_BLOCK) {
        meta->iptc_other = block;
    }
}

void ie_meta_add_irb(ie_meta *meta, const ie_span *blocks)
{
    ie_meta_add_iptc(meta, ie_irb_find(blocks, IE_IRB_IPTC, 0));
    ie_meta_add_iptc(meta, ie_irb_find(blocks, IE_IRB_IPTC, 1));
    if (meta->iptc_digest.size == 0) {
        meta->iptc_digest = ie_irb_find(blocks, IE_IRB_IPTC_DIGEST, 0);
    }
}

void ie_meta_add_parts(ie_meta *meta)
{
    for (unsigned i = 0; i < meta->exif_count; i++) {
        ie_facts facts;
        ie_exif_parts parts = {0};
        ie_facts_init(&facts);
        ie_exif_read(&meta->exif[i].span, meta->exif[i].kind, meta->photo->arena, &facts, &parts);
        ie_meta_add_xmp(meta, parts.xmp);
        ie_meta_add_iptc(meta, parts.iptc);
        ie_meta_add_irb(meta, &parts.irb);
    }
}

void ie_meta_damaged(ie_meta *meta, const char *what)
{
    if (!meta->damaged) {
        meta->damaged = true;
        ie_photo_fault(meta->photo, "metadata", "damaged", "Its metadata is damaged: %s.", what);
    }
}

bool ie_meta_own(ie_meta *meta, void *take_memory)
{
    if (meta->owned_count == IE_META_MAX_OWNED) {
        free(take_memory);
        return false;
    }
    meta->owned[meta->owned_count++] = take_memory;
    return true;
}

void ie_meta_clear(ie_meta *meta)
{
    for (unsigned i = 0; i < meta->owned_count; i++) {
        free(meta->owned[i]);
    }
    meta->owned_count = 0;
}

/* PNG 3rd edition, 11.3.3.2: what its keywords mean in other formats. */
static const char **place_for(ie_metadata *m, const char *keyword)
{
    const struct {
        const char *keyword, **place;
    } places[] = {{"Title", &m->title},      {"Description", &m->caption},
                  {"Author", &m->creator},   {"Copyright", &m->copyright},
                  {"Software", &m->software}, {"Comment", &m->comment}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].keyword, keyword) == 0) {
            return places[i].place;
        }
    }
    return NULL;
}

void ie_meta_add_text(ie_meta *meta, const char *keyword, const uint8_t *bytes, size_t size)
{
    ie_arena *arena = meta->photo->arena;
    if (meta->text_count == IE_META_MAX_TEXTS || size > IE_META_MAX_TEXT) {
        meta->more_texts = true;
        return;
    }
    const char *name = ie_facts_latin1(arena, keyword, strlen(keyword));
    const char *text = ie_facts_text(arena, bytes, size);
    if (name == NULL || text == NULL) {
        return;
    }
    meta->texts[meta->text_count].keyword = name;
    meta->texts[meta->text_count++].text = text;
    const char **place = place_for(&meta->own.m, name);
    if (place != NULL && *place == NULL) {
        *place = text;
    }
}

static bool is_frame_header(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool begins_with(const ie_span *span, const void *text, size_t size)
{
    const uint8_t *head = ie_span_at(span, 0, size);
    return head != NULL && memcmp(head, text, size) == 0;
}

/* Photoshop's resources may be longer than a segment: they then go on in the next ones. */
typedef struct resources {
    ie_span first;
    uint8_t *joined;
    size_t size;
} resources;

static void add_resources(resources *all, ie_span part)
{
    if (all->first.size == 0) {
        all->first = part;
        return;
    }
    const uint8_t *before = all->joined, *more = ie_span_at(&part, 0, part.size);
    if (before == NULL) {
        before = ie_span_at(&all->first, 0, all->first.size);
        all->size = (size_t)all->first.size;
    }
    if (before == NULL || more == NULL || all->size + part.size > IE_META_MAX_BLOCK) {
        return;
    }
    uint8_t *joined = ie_try_alloc(1, all->size + (size_t)part.size);
    if (joined != NULL) {
        memcpy(joined, before, all->size);
        memcpy(joined + all->size, more, (size_t)part.size);
        free(all->joined);
        all->joined = joined;
        all->size += (size_t)part.size;
    }
}

static void finish_resources(ie_meta *meta, resources *all)
{
    ie_span blocks = all->joined != NULL ? ie_span_memory(all->joined, all->size) : all->first;
    if (all->joined == NULL || ie_meta_own(meta, all->joined)) {
        ie_meta_add_irb(meta, &blocks);
    }
}

static void take_segment(ie_meta *meta, unsigned marker, const ie_span *body, resources *irb)
{
    if (marker == 0xe1 && begins_with(body, JPEG_EXIF, 5)) {
        ie_meta_add_exif(meta, *body, IE_EXIF_MAIN);
    } else if (marker == 0xe1 && begins_with(body, JPEG_XMP, sizeof JPEG_XMP)) {
        ie_meta_add_xmp(meta, ie_span_part(body, sizeof JPEG_XMP, body->size));
    } else if (marker == 0xed && begins_with(body, JPEG_IRB, sizeof JPEG_IRB)) {
        add_resources(irb, ie_span_part(body, sizeof JPEG_IRB, body->size));
    } else if (marker == 0xfe && body->size > 0) {
        const uint8_t *p = ie_span_at(body, 0, body->size);
        if (p != NULL) {
            ie_meta_add_text(meta, "Comment", p, (size_t)body->size);
        }
    } else if (is_frame_header(marker) && meta->width == 0) {
        const uint8_t *p = ie_span_at(body, 0, 5);
        if (p != NULL) {
            meta->height = ie_be16(p + 1);
            meta->width = ie_be16(p + 3);
        }
    }
}

void ie_meta_find_jpeg(ie_meta *meta, const ie_span *file)
{
    uint64_t at = 2;
    resources irb = {0};
    bool ended = false;
    for (int step = 0; step < IE_META_MAX_STEPS && !ended; step++) {
        const uint8_t *p = ie_span_at(file, at, 2);
        if (p == NULL) {
            ie_meta_damaged(meta, "the JPEG file ends before its picture begins");
            break;
        }
        if (p[0] != 0xff || p[1] == 0xff || p[1] == 0) {
            at++; /* fill bytes, and rubbish between segments, which decoders skip as well */
            step -= p[1] == 0xff && at < IE_META_MAX_BLOCK;
            continue;
        }
        unsigned marker = p[1];
        at += 2;
        if (marker == 0xd8 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
            continue;
        }
        if (marker == 0xda || marker == 0xd9) {
            ended = true;
            continue;
        }
        const uint8_t *length = ie_span_at(file, at, 2);
        uint64_t size = length != NULL ? ie_be16(length) : 0;
        if (size < 2 || size > file->size - at) {
            ie_meta_damaged(meta, "a JPEG segment is cut short");
            ended = size < 2;
        }
        ie_span body = size >= 2 ? ie_span_part(file, at + 2, size - 2) : (ie_span){0};
        take_segment(meta, marker, &body, &irb);
        at += size;
    }
    finish_resources(meta, &irb);
}

static uint32_t le24(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | ie_le16(p);
}

static void take_webp_chunk(ie_meta *meta, const char *name, const ie_span *body)
{
    bool lossless = memcmp(name, "VP8L", 4) == 0;
    const uint8_t *p = ie_span_at(body, 0, lossless ? 5 : 10);
    if (memcmp(name, "EXIF", 4) == 0) {
        ie_meta_add_exif(meta, *body, IE_EXIF_MAIN);
    } else if (memcmp(name, "XMP ", 4) == 0) {
        ie_meta_add_xmp(meta, *body);
    } else if (p == NULL || meta->width != 0) {
        return;
    } else if (memcmp(name, "VP8X", 4) == 0) {
        meta->width = le24(p + 4) + 1;
        meta->height = le24(p + 7) + 1;
    } else if (memcmp(name, "VP8 ", 4) == 0 && p[3] == 0x9d && p[4] == 0x01 && p[5] == 0x2a) {
        meta->width = ie_le16(p + 6) & 0x3fff;
        meta->height = ie_le16(p + 8) & 0x3fff;
    } else if (lossless && p[0] == 0x2f) {
        uint32_t bits = ie_le32(p + 1);
        meta->width = (bits & 0x3fff) + 1;
        meta->height = (bits >> 14 & 0x3fff) + 1;
    }
}

static void find_webp(ie_meta *meta, const ie_span *file)
{
    uint64_t at = 12;
    for (int step = 0; step < IE_META_MAX_STEPS && at < file->size; step++) {
        const uint8_t *p = ie_span_at(file, at, 8);
        if (p == NULL) {
            break;
        }
        char name[4];
        memcpy(name, p, 4);
        uint64_t size = ie_le32(p + 4);
        ie_span body = ie_span_part(file, at + 8, size);
        if (body.size < size) {
            ie_meta_damaged(meta, "a WebP chunk is cut short");
        }
        take_webp_chunk(meta, name, &body);
        at += 8 + size + (size & 1);
    }
}

/* Length of the sub-blocks at `at` with their terminator. */
static uint64_t gif_blocks(const ie_span *file, uint64_t at)
{
    uint64_t start = at;
    for (const uint8_t *p; (p = ie_span_at(file, at, 1)) != NULL && at - start < GIF_WALK_BYTES;) {
        at += 1 + (uint64_t)p[0];
        if (p[0] == 0) {
            break;
        }
    }
    return at - start;
}

static void find_gif(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 13);
    if (p == NULL) {
        ie_meta_damaged(meta, "the GIF file ends in its header");
        return;
    }
    meta->width = ie_le16(p + 6);
    meta->height = ie_le16(p + 8);
    uint64_t at = 13 + (p[10] & 0x80 ? 3ull << ((p[10] & 7) + 1) : 0);
    /* XMP stands before the pictures or soon after; an animation is not walked to its end. */
    while (at < GIF_WALK_BYTES && (p = ie_span_at(file, at, 1)) != NULL) {
        if (p[0] == 0x21 && (p = ie_span_at(file, at, 14)) != NULL &&
            memcmp(p, "\x21\xff\x0bXMP DataXMP", 14) == 0) {
            uint64_t size = gif_blocks(file, at + 14);
            /* The packet lies there as it is; a "magic trailer" of 257 bytes makes it look like
               sub-blocks. */
            ie_meta_add_xmp(meta, ie_span_part(file, at + 14, size > 258 ? size - 258 : 0));
            at += 14 + size;
        } else if ((p = ie_span_at(file, at, 2)) != NULL && p[0] == 0x21) {
            at += 2 + gif_blocks(file, at + 2);
        } else if ((p = ie_span_at(file, at, 10)) != NULL && p[0] == 0x2c) {
            uint64_t table = p[9] & 0x80 ? 3ull << ((p[9] & 7) + 1) : 0;
            at += 11 + table + gif_blocks(file, at + 11 + table);
        } else {
            break;
        }
    }
}

static void find_psd(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 30);
    if (p == NULL) {
        ie_meta_damaged(meta, "the Photoshop file ends in its header");
        return;
    }
    meta->height = ie_be32(p + 14);
    meta->width = ie_be32(p + 18);
    uint64_t at = 30 + (uint64_t)ie_be32(p + 26);
    const uint8_t *length = ie_span_at(file, at, 4);
    if (length != NULL) {
        ie_span blocks = ie_span_part(file, at + 4, ie_be32(length));
        ie_span exif = ie_irb_find(&blocks, IE_IRB_EXIF, 0);
        if (exif.size > 0) {
            ie_meta_add_exif(meta, exif, IE_EXIF_MAIN);
        }
        ie_meta_add_xmp(meta, ie_irb_find(&blocks, IE_IRB_XMP, 0));
        ie_meta_add_irb(meta, &blocks);
    }
}

static void find_bmp(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 26);
    if (p == NULL) {
        ie_meta_damaged(meta, "the BMP file ends in its header");
    } else if (ie_le32(p + 14) == 12) { /* OS/2 */
        meta->width = ie_le16(p + 18);
        meta->height = ie_le16(p + 20);
    } else {
        uint32_t height = ie_le32(p + 22);
        meta->width = ie_le32(p + 18);
        meta->height = height > INT32_MAX ? 0u - height : height; /* negative: from the top down */
    }
}

static void find_ico(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 6);
    unsigned count = p != NULL ? ie_le16(p + 4) : 0;
    for (unsigned i = 0; i < count && (p = ie_span_at(file, 6 + 16ull * i, 16)) != NULL; i++) {
        uint32_t width = p[0] == 0 ? 256 : p[0], height = p[1] == 0 ? 256 : p[1];
        if (width * height > meta->width * meta->height) {
            meta->width = width;
            meta->height = height;
        }
    }
}

/* "P6 # comment \n 640 480 255\n" */
static void find_pnm(ie_meta *meta, const ie_span *file)
{
    ie_span head = ie_span_part(file, 0, 4096);
    const uint8_t *p = ie_span_at(&head, 0, head.size);
    uint32_t numbers[2] = {0};
    size_t at = 2;
    for (int i = 0; p != NULL && i < 2; i++) {
        while (at < head.size && (p[at] == '#' || p[at] <= ' ')) {
            bool comment = p[at++] == '#';
            while (comment && at < head.size && p[at] != '\n') {
                at++;
            }
        }
        for (; at < head.size && p[at] >= '0' && p[at] <= '9' && numbers[i] < 100000000; at++) {
            numbers[i] = numbers[i] * 10 + (p[at] - '0');
        }
    }
    meta->width = numbers[0];
    meta->height = numbers[1];
}

void ie_meta_find(ie_bytes *bytes, ie_photo *photo, ie_meta *ret_meta)
{
    *ret_meta = (ie_meta){.photo = photo};
    ie_facts_init(&ret_meta->own);
    ie_span file = {.bytes = bytes, .size = ie_bytes_size(bytes)};
    switch (photo->format) {
    case IE_FORMAT_JPEG:
        ie_meta_find_jpeg(ret_meta, &file);
        break;
    case IE_FORMAT_PNG:
        ie_meta_find_png(ret_meta, &file);
        break;
    case IE_FORMAT_WEBP:
        find_webp(ret_meta, &file);
        break;
    case IE_FORMAT_GIF:
        find_gif(ret_meta, &file);
        break;
    case IE_FORMAT_PSD:
        find_psd(ret_meta, &file);
        break;
    case IE_FORMAT_BMP:
        find_bmp(ret_meta, &file);
        break;
    case IE_FORMAT_ICO:
        find_ico(ret_meta, &file);
        break;
    case IE_FORMAT_PNM:
        find_pnm(ret_meta, &file);
        break;
    case IE_FORMAT_JXL:
        ie_meta_find_jxl(ret_meta, &file);
        break;
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
    case IE_FORMAT_CR3:
    case IE_FORMAT_JP2:
    case IE_FORMAT_MP4:
    case IE_FORMAT_MOV:
        ie_meta_find_bmff(ret_meta, &file);
        break;
    case IE_FORMAT_RAF:
        ie_meta_find_raf(ret_meta, &file);
        break;
    case IE_FORMAT_CRW:
        ie_meta_find_crw(ret_meta, &file);
        break;
    default: /* TIFF and the RAW files that are made like it */
        if (photo->format == IE_FORMAT_TIFF || ie_format_kind(photo->format) == IE_KIND_RAW) {
            ie_meta_add_exif(ret_meta, file, IE_EXIF_MAIN);
        }
        break;
    }
}
