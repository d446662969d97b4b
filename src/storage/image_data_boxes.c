// SPDX-License-Identifier: GPL-3.0-or-later
/* JPEG 2000 (ISO/IEC 15444-1), JPEG XL (ISO/IEC 18181-2), HEIF and AVIF (ISO/IEC 23008-12). */
#include <string.h>

#include "storage/image_data_parts.h"
#include "storage/meta_box.h"

#define MAX_ITEMS 65536

static void add_span(ie_hasher *hasher, const ie_span *span)
{
    const uint8_t *p = ie_span_at(span, 0, span->size);
    if (p != NULL) {
        ie_hasher_add(hasher, p, (size_t)span->size);
    }
}

static void add_number(ie_hasher *hasher, uint64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    ie_hasher_add(hasher, bytes, sizeof bytes);
}

bool ie_image_data_jp2(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    ie_span file = ie_span_memory(bytes, size);
    uint64_t at = 0;
    ie_box box;
    bool picture = false;
    while (ie_box_next(&file, &at, &box)) {
        bool code = box.type == IE_BOX('j', 'p', '2', 'c');
        if (box.cut) {
            return false;
        }
        if (code || box.type == IE_BOX('j', 'p', '2', 'h')) {
            add_number(hasher, box.type);
            add_span(hasher, &box.body);
        }
        picture = picture || code;
    }
    return picture;
}

bool ie_image_data_jxl(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    if (size > 2 && bytes[0] == 0xff && bytes[1] == 0x0a) {
        ie_hasher_add(hasher, bytes, size);
        return true;
    }
    ie_span file = ie_span_memory(bytes, size);
    uint64_t at = 0;
    ie_box box;
    bool picture = false;
    while (ie_box_next(&file, &at, &box)) {
        bool part = box.type == IE_BOX('j', 'x', 'l', 'p');
        if (box.cut) {
            return false;
        }
        if (part || box.type == IE_BOX('j', 'x', 'l', 'c')) {
            ie_span code = ie_span_part(&box.body, part ? 4 : 0,
                                        box.body.size); /* a part has its number in front */
            add_span(hasher, &code);
            picture = picture || code.size > 0;
        }
    }
    return picture;
}

/* ---- HEIF ------------------------------------------------------------------------------------ */

typedef struct heif {
    ie_hasher *hasher;
    ie_span file, iloc, idat;
    uint8_t pictures[MAX_ITEMS / 8]; /* a bit an item: it is no metadata */
    uint64_t hashed; /* bytes of picture: extents may lie upon each other */
    bool found;
} heif;

static bool note_item(heif *h, const ie_span *info)
{
    const uint8_t *p = ie_span_at(info, 0, 4);
    uint64_t at = 4, id, protection, type;
    if (p == NULL || p[0] < 2 || !ie_box_number(info, &at, p[0] == 2 ? 2 : 4, &id) ||
        !ie_box_number(info, &at, 2, &protection) || !ie_box_number(info, &at, 4, &type) ||
        id >= MAX_ITEMS) {
        return false;
    }
    bool metadata = type == IE_BOX('E', 'x', 'i', 'f') || type == IE_BOX('m', 'i', 'm', 'e') ||
                    type == IE_BOX('u', 'r', 'i', ' ');
    h->pictures[id / 8] |= metadata ? 0 : (uint8_t)(1 << id % 8);
    return true;
}

static bool note_items(heif *h, const ie_span *iinf)
{
    const uint8_t *p = ie_span_at(iinf, 0, 4);
    uint64_t at = p != NULL && p[0] == 0 ? 6 : 8;
    ie_box box;
    bool good = p != NULL;
    for (int i = 0; good && i < MAX_ITEMS && ie_box_next(iinf, &at, &box); i++) {
        good = box.type != IE_BOX('i', 'n', 'f', 'e') || note_item(h, &box.body);
    }
    return good;
}

static bool hash_extent(heif *h, unsigned method, uint64_t offset, uint64_t length)
{
    const ie_span *from = method == 0 ? &h->file : &h->idat;
    ie_span part = ie_span_part(from, offset, length > 0 ? length : UINT64_MAX);
    h->hashed += part.size;
    if (method > 1 || part.size == 0 || (length > 0 && part.size < length) ||
        h->hashed > 4 * h->file.size) {
        return false;
    }
    add_span(h->hasher, &part);
    h->found = true;
    return true;
}

/* One item of iloc: where its data lie. `sizes`: bytes of offset, length, base offset and index. */
static bool hash_item(heif *h, uint64_t *at, unsigned version, const unsigned sizes[4])
{
    uint64_t id, method = 0, reference, base, count, index, offset, length, end;
    const ie_span *iloc = &h->iloc;
    if (!ie_box_number(iloc, at, version < 2 ? 2 : 4, &id) ||
        (version > 0 && !ie_box_number(iloc, at, 2, &method)) ||
        !ie_box_number(iloc, at, 2, &reference) || !ie_box_number(iloc, at, sizes[2], &base) ||
        !ie_box_number(iloc, at, 2, &count)) {
        return false;
    }
    bool picture = id < MAX_ITEMS && (h->pictures[id / 8] >> id % 8 & 1) != 0;
    if (picture) {
        add_number(h->hasher, id);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!ie_box_number(iloc, at, version > 0 ? sizes[3] : 0, &index) ||
            !ie_box_number(iloc, at, sizes[0], &offset) ||
            !ie_box_number(iloc, at, sizes[1], &length) ||
            __builtin_add_overflow(base, offset, &end) ||
            (picture && !hash_extent(h, (unsigned)method & 15, end, length))) {
            return false;
        }
    }
    return true;
}

static bool hash_items(heif *h)
{
    const uint8_t *p = ie_span_at(&h->iloc, 0, 6);
    if (p == NULL || p[0] > 2) {
        return false;
    }
    unsigned version = p[0];
    const unsigned sizes[4] = {p[4] >> 4, p[4] & 15, p[5] >> 4, version > 0 ? p[5] & 15u : 0};
    uint64_t at = 6, count;
    bool good = sizes[0] <= 8 && sizes[1] <= 8 && sizes[2] <= 8 && sizes[3] <= 8 &&
                sizes[0] + sizes[1] > 0 &&
                ie_box_number(&h->iloc, &at, version < 2 ? 2 : 4, &count);
    for (uint64_t i = 0; good && i < count; i++) {
        good = hash_item(h, &at, version, sizes);
    }
    return good && h->found;
}

/* Which pictures a grid, a layer or an alpha channel is made of; what metadata belong to is left
   out. */
static void hash_references(heif *h, const ie_span *iref)
{
    uint64_t at = 4;
    ie_box box;
    while (ie_box_next(iref, &at, &box)) {
        if (box.type != IE_BOX('c', 'd', 's', 'c')) {
            add_number(h->hasher, box.type);
            add_span(h->hasher, &box.body);
        }
    }
}

bool ie_image_data_heif(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    heif h = {.hasher = hasher, .file = ie_span_memory(bytes, size)};
    ie_span meta = ie_box_find(&h.file, IE_BOX('m', 'e', 't', 'a'));
    ie_span boxes = ie_span_part(&meta, 4, meta.size);
    if (boxes.size == 0 || ie_box_find(&h.file, IE_BOX('m', 'o', 'o', 'v')).size > 0) {
        return false;
    }
    ie_span iinf = ie_box_find(&boxes, IE_BOX('i', 'i', 'n', 'f')),
            iref = ie_box_find(&boxes, IE_BOX('i', 'r', 'e', 'f')),
            pitm = ie_box_find(&boxes, IE_BOX('p', 'i', 't', 'm')),
            iprp = ie_box_find(&boxes, IE_BOX('i', 'p', 'r', 'p'));
    h.iloc = ie_box_find(&boxes, IE_BOX('i', 'l', 'o', 'c'));
    h.idat = ie_box_find(&boxes, IE_BOX('i', 'd', 'a', 't'));
    add_span(hasher, &pitm);
    add_span(hasher, &iprp);
    hash_references(&h, &iref);
    return note_items(&h, &iinf) && hash_items(&h);
}
