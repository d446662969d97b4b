// SPDX-License-Identifier: GPL-3.0-or-later
/* RAW files that are no TIFF: Fujifilm RAF (a header before a whole JPEG) and Canon CRW (CIFF
   heaps). */
#include "storage/meta_container.h"

#include <string.h>

#define MAX_RECORDS 512
#define MAX_DEPTH 4

/* The RAF directory's sizes are height, then width; tag 0x0121 is the picture, 0x0100 the whole
   sensor. */
static void take_raf_size(ie_meta *meta, const ie_span *directory)
{
    const uint8_t *p = ie_span_at(directory, 0, 4);
    uint32_t count = p != NULL ? ie_be32(p) : 0;
    uint64_t at = 4;
    for (uint32_t i = 0; i < count && i < MAX_RECORDS && (p = ie_span_at(directory, at, 4)) != NULL;
         i++) {
        uint16_t tag = ie_be16(p), size = ie_be16(p + 2);
        const uint8_t *value = ie_span_at(directory, at + 4, 4);
        if (value != NULL && size >= 4 && (tag == 0x0121 || (tag == 0x0100 && meta->width == 0))) {
            meta->height = ie_be16(value);
            meta->width = ie_be16(value + 2);
        }
        at += 4 + (uint64_t)size;
    }
}

void ie_meta_find_raf(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 108);
    if (p == NULL) {
        ie_meta_damaged(meta, "the RAF file ends in its header");
        return;
    }
    ie_span jpeg = ie_span_part(file, ie_be32(p + 84), ie_be32(p + 88));
    ie_span directory = ie_span_part(file, ie_be32(p + 92), ie_be32(p + 96));
    if (jpeg.size > 2) {
        ie_meta_find_jpeg(meta, &jpeg);
    }
    meta->width = meta->height = 0; /* those were of the JPEG */
    take_raf_size(meta, &directory);
}

static void take_crw_record(ie_meta *meta, uint16_t tag, const ie_span *data)
{
    ie_facts *facts = &meta->own;
    const uint8_t *p = data->size > 0 && data->size < 4096 ? ie_span_at(data, 0, data->size) : NULL;
    size_t size = (size_t)data->size;
    if (p == NULL) {
        return;
    }
    switch (tag & 0x3fff) {
    case 0x080a: { /* make, NUL, model, NUL */
        size_t make = strnlen((const char *)p, size);
        facts->m.make = ie_facts_text(meta->photo->arena, p, make);
        if (make + 1 < size) {
            facts->m.model = ie_facts_text(meta->photo->arena, p + make + 1, size - make - 1);
        }
        break;
    }
    case 0x180e: /* seconds since 1970 of the camera's clock */
        if (size >= 4 && ie_le32(p) > 0) {
            facts->original = ie_datetime_from_unix((int64_t)ie_le32(p) * 1000000000, 0, false);
        }
        break;
    case 0x1810: /* width, height, aspect, rotation in degrees */
        if (size >= 16) {
            meta->width = ie_le32(p);
            meta->height = ie_le32(p + 4);
            uint32_t turn = ie_le32(p + 12);
            facts->orientation = turn == 90 ? 6 : turn == 180 ? 3 : turn == 270 ? 8 : 1;
        }
        break;
    default:
        break;
    }
}

/* A heap ends with the place of its directory; records may be heaps again. */
static void walk_heap(ie_meta *meta, const ie_span *heap, int depth)
{
    const uint8_t *p = heap->size >= 4 ? ie_span_at(heap, heap->size - 4, 4) : NULL;
    uint64_t at = p != NULL ? ie_le32(p) : UINT64_MAX;
    p = ie_span_at(heap, at, 2);
    if (p == NULL) {
        ie_meta_damaged(meta, "a CRW directory lies outside the file");
        return;
    }
    unsigned count = ie_le16(p);
    for (unsigned i = 0; i < count && i < MAX_RECORDS; i++) {
        uint64_t place = at + 2 + 10ull * i;
        p = ie_span_at(heap, place, 10);
        if (p == NULL) {
            ie_meta_damaged(meta, "a CRW directory is cut short");
            return;
        }
        uint16_t tag = ie_le16(p);
        bool here = (tag & 0xc000) == 0x4000; /* the value stands in the entry */
        ie_span data = here ? ie_span_part(heap, place + 2, 8)
                            : ie_span_part(heap, ie_le32(p + 6), ie_le32(p + 2));
        unsigned type = tag & 0x3800;
        if (!here && (type == 0x2800 || type == 0x3000)) {
            if (depth < MAX_DEPTH && data.size < heap->size) {
                walk_heap(meta, &data, depth + 1);
            }
        } else {
            take_crw_record(meta, tag, &data);
        }
    }
}

void ie_meta_find_crw(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 14);
    if (p == NULL || memcmp(p, "II", 2) != 0) {
        ie_meta_damaged(meta, "the CRW file has no header");
        return;
    }
    ie_span heap = ie_span_part(file, ie_le32(p + 2), file->size);
    walk_heap(meta, &heap, 0);
}
