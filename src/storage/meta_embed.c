// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/meta_embed.h"

#include <stdlib.h>
#include <string.h>

#include "storage/meta_box.h"
#include "utils/memory.h"

#define MAX_ITEMS 4096
#define MAX_EXTENTS 4096

bool ie_meta_embeds(ie_format format)
{
    return format == IE_FORMAT_JXL || format == IE_FORMAT_AVIF || format == IE_FORMAT_HEIC;
}

/* ---- boxes --------------------------------------------------------------------------------- */

static void add_number(ie_buffer *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        ie_buffer_char(out, (char)(value >> 8 * bytes));
    }
}

/* Its place, for end_box(). */
static size_t begin_box(ie_buffer *out, uint32_t type)
{
    add_number(out, 0, 4);
    add_number(out, type, 4);
    return out->size - 8;
}

static void patch(ie_buffer *out, size_t at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out->data[at + i] = (char)(value >> 8 * (3 - i));
    }
}

static void end_box(ie_buffer *out, size_t at)
{
    patch(out, at, (uint32_t)(out->size - at));
}

static bool add_span(ie_buffer *out, const ie_span *span)
{
    const uint8_t *p = ie_span_at(span, 0, span->size);
    if (p == NULL && span->size > 0) {
        return false;
    }
    if (p != NULL) {
        ie_buffer_add(out, p, (size_t)span->size);
    }
    return true;
}

/* ---- JPEG XL ------------------------------------------------------------------------------- */

static bool embed_jxl(const ie_span *file, const ie_span *exif, const ie_span *xmp, ie_buffer *out)
{
    static const uint8_t head[] = {0,    0,   0, 12, 'J', 'X', 'L', ' ', 0x0d, 0x0a, 0x87,
                                   0x0a, 0,   0, 0,  20,  'f', 't', 'y', 'p',  'j',  'x',
                                   'l',  ' ', 0, 0,  0,   0,   'j', 'x', 'l',  ' '};
    const uint8_t *p = ie_span_at(file, 0, 2);
    bool good = p != NULL, naked = good && p[0] == 0xff && p[1] == 0x0a;
    size_t at = 0;
    if (naked) {
        ie_buffer_add(out, head, sizeof head);
        at = begin_box(out, IE_BOX('j', 'x', 'l', 'c'));
    }
    good = good && add_span(out, file);
    if (naked) {
        end_box(out, at);
    }
    if (exif->size > 0) {
        at = begin_box(out, IE_BOX('E', 'x', 'i', 'f'));
        add_number(out, 0, 4);
        good = good && add_span(out, exif);
        end_box(out, at);
    }
    if (xmp->size > 0) {
        at = begin_box(out, IE_BOX('x', 'm', 'l', ' '));
        good = good && add_span(out, xmp);
        end_box(out, at);
    }
    return good;
}

/* ---- HEIF ---------------------------------------------------------------------------------- */

typedef struct item {
    uint32_t id;
    ie_span info;       /* its infe box, whole; new ones have none */
    size_t at, size;    /* in `data` */
    uint32_t type;
    bool placed, drop;
} item;

typedef struct heif {
    ie_span file, boxes; /* the meta box's content, behind version and flags */
    uint32_t primary, count;
    item items[MAX_ITEMS];
    ie_buffer data; /* of all items, one behind the other */
} heif;

static item *find_item(heif *h, uint64_t id)
{
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->items[i].id == id) {
            return &h->items[i];
        }
    }
    return NULL;
}

static bool read_infos(heif *h)
{
    ie_span iinf = ie_box_find(&h->boxes, IE_BOX('i', 'i', 'n', 'f'));
    const uint8_t *p = ie_span_at(&iinf, 0, 4);
    uint64_t at = p != NULL && p[0] == 0 ? 6 : 8, start = at;
    ie_box box;
    for (; p != NULL && ie_box_next(&iinf, &at, &box); start = at) {
        const uint8_t *info = ie_span_at(&box.body, 0, 12);
        if (h->count == MAX_ITEMS - 2 || info == NULL || box.cut ||
            box.type != IE_BOX('i', 'n', 'f', 'e') || info[0] != 2) {
            return false;
        }
        uint32_t type = ie_be32(info + 8);
        h->items[h->count++] = (item){.id = ie_be16(info + 4),
                                      .type = type,
                                      .info = ie_span_part(&iinf, start, at - start),
                                      .drop = type == IE_BOX('E', 'x', 'i', 'f') ||
                                              type == IE_BOX('m', 'i', 'm', 'e')};
    }
    return h->count > 0;
}

/* One item of iloc with its extents, whose bytes are taken. */
static bool take_item(heif *h, const ie_span *iloc, uint64_t *at, unsigned version,
                      const unsigned sizes[4])
{
    uint64_t id, method = 0, reference, base, count, index, offset, length;
    if (!ie_box_number(iloc, at, version < 2 ? 2 : 4, &id) ||
        (version > 0 && !ie_box_number(iloc, at, 2, &method)) ||
        !ie_box_number(iloc, at, 2, &reference) || !ie_box_number(iloc, at, sizes[2], &base) ||
        !ie_box_number(iloc, at, 2, &count)) {
        return false;
    }
    item *i = find_item(h, id);
    if (i == NULL || i->placed || (method & 15) != 0 || count > MAX_EXTENTS) {
        return false;
    }
    i->placed = true;
    i->at = h->data.size;
    for (uint64_t k = 0; k < count; k++) {
        if (!ie_box_number(iloc, at, version > 0 ? sizes[3] : 0, &index) ||
            !ie_box_number(iloc, at, sizes[0], &offset) ||
            !ie_box_number(iloc, at, sizes[1], &length) || offset > UINT64_MAX - base) {
            return false;
        }
        ie_span part = ie_span_part(&h->file, base + offset, length);
        if (length == 0 || part.size != length || (uint64_t)h->data.size + length > UINT32_MAX ||
            (!i->drop && !add_span(&h->data, &part))) {
            return false;
        }
    }
    i->size = h->data.size - i->at;
    return true;
}

static bool read_places(heif *h)
{
    ie_span iloc = ie_box_find(&h->boxes, IE_BOX('i', 'l', 'o', 'c'));
    const uint8_t *p = ie_span_at(&iloc, 0, 6);
    if (p == NULL || p[0] > 2) {
        return false;
    }
    unsigned version = p[0];
    const unsigned sizes[4] = {p[4] >> 4, p[4] & 15, p[5] >> 4, version > 0 ? p[5] & 15u : 0};
    uint64_t at = 6, count;
    for (int i = 0; i < 4; i++) {
        if (sizes[i] > 8) {
            return false;
        }
    }
    if (!ie_box_number(&iloc, &at, version < 2 ? 2 : 4, &count) || count != h->count) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!take_item(h, &iloc, &at, version, sizes)) {
            return false;
        }
    }
    return true;
}

static bool add_item(heif *h, uint32_t type, const ie_span *content)
{
    uint32_t id = 0;
    if (content->size == 0) {
        return true;
    }
    for (uint32_t i = 0; i < h->count; i++) {
        id = h->items[i].id > id ? h->items[i].id : id;
    }
    if (id >= UINT16_MAX || content->size > UINT32_MAX / 4 || h->data.size > UINT32_MAX / 2) {
        return false;
    }
    item *new = &h->items[h->count++];
    *new = (item){.id = id + 1, .type = type, .at = h->data.size};
    if (type == IE_BOX('E', 'x', 'i', 'f')) {
        add_number(&h->data, 0, 4); /* the TIFF header follows at once */
    }
    bool good = add_span(&h->data, content);
    new->size = h->data.size - new->at;
    return good;
}

static bool write_infos(const heif *h, ie_buffer *out)
{
    static const char xmp[] = "\0application/rdf+xml"; /* no name; its NUL is part of it */
    size_t box = begin_box(out, IE_BOX('i', 'i', 'n', 'f')), kept = 0;
    bool good = true;
    for (uint32_t i = 0; i < h->count; i++) {
        kept += !h->items[i].drop;
    }
    add_number(out, 0, 4);
    add_number(out, kept, 2);
    for (uint32_t i = 0; i < h->count && good; i++) {
        const item *it = &h->items[i];
        if (it->drop) {
            continue;
        }
        if (it->info.size > 0) {
            good = add_span(out, &it->info);
            continue;
        }
        size_t info = begin_box(out, IE_BOX('i', 'n', 'f', 'e'));
        add_number(out, 0x02000001, 4); /* version 2; not to be shown */
        add_number(out, it->id, 2);
        add_number(out, 0, 2);
        add_number(out, it->type, 4);
        ie_buffer_add(out, xmp, it->type == IE_BOX('m', 'i', 'm', 'e') ? sizeof xmp : 1);
        end_box(out, info);
    }
    end_box(out, box);
    return good;
}

/* Where the offsets stand, which are not known yet. */
static void write_places(const heif *h, ie_buffer *out, size_t places[MAX_ITEMS])
{
    size_t box = begin_box(out, IE_BOX('i', 'l', 'o', 'c')), kept = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        kept += !h->items[i].drop;
    }
    add_number(out, 0, 4);
    add_number(out, 0x4400, 2); /* offsets and lengths of 4 bytes, no base */
    add_number(out, kept, 2);
    for (uint32_t i = 0; i < h->count; i++) {
        if (!h->items[i].drop) {
            add_number(out, h->items[i].id, 2);
            add_number(out, 0, 2);
            add_number(out, 1, 2);
            places[i] = out->size;
            add_number(out, 0, 4);
            add_number(out, h->items[i].size, 4);
        }
    }
    end_box(out, box);
}

static bool write_references(heif *h, ie_buffer *out)
{
    ie_span iref = ie_box_find(&h->boxes, IE_BOX('i', 'r', 'e', 'f'));
    const uint8_t *p = ie_span_at(&iref, 0, 4);
    size_t box = begin_box(out, IE_BOX('i', 'r', 'e', 'f'));
    uint64_t at = 4, start = at;
    bool good = p == NULL || p[0] == 0; /* version 1 has ids of 4 bytes */
    ie_box reference;
    add_number(out, 0, 4);
    for (; p != NULL && good && ie_box_next(&iref, &at, &reference); start = at) {
        const uint8_t *from = ie_span_at(&reference.body, 0, 2);
        const item *it = from != NULL ? find_item(h, ie_be16(from)) : NULL;
        ie_span whole = ie_span_part(&iref, start, at - start);
        good = it != NULL && !reference.cut && (it->drop || add_span(out, &whole));
    }
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->items[i].info.size == 0) {
            size_t describes = begin_box(out, IE_BOX('c', 'd', 's', 'c'));
            add_number(out, h->items[i].id, 2);
            add_number(out, 1, 2);
            add_number(out, h->primary, 2);
            end_box(out, describes);
        }
    }
    end_box(out, box);
    return good;
}

static bool write_heif(heif *h, ie_buffer *out)
{
    size_t places[MAX_ITEMS] = {0};
    uint64_t at = 0, start = 0;
    ie_box box;
    bool good = true;
    if (!ie_box_next(&h->file, &at, &box) || box.type != IE_BOX('f', 't', 'y', 'p') || box.cut) {
        return false;
    }
    ie_span head = ie_span_part(&h->file, 0, at);
    good = add_span(out, &head);
    size_t meta = begin_box(out, IE_BOX('m', 'e', 't', 'a'));
    add_number(out, 0, 4);
    for (at = start = 0; good && ie_box_next(&h->boxes, &at, &box); start = at) {
        ie_span whole = ie_span_part(&h->boxes, start, at - start);
        if (box.type == IE_BOX('i', 'i', 'n', 'f')) {
            good = write_infos(h, out);
        } else if (box.type == IE_BOX('i', 'l', 'o', 'c')) {
            write_places(h, out, places);
        } else if (box.type != IE_BOX('i', 'r', 'e', 'f')) {
            good = !box.cut && add_span(out, &whole);
        }
    }
    good = good && write_references(h, out);
    end_box(out, meta);
    size_t data = begin_box(out, IE_BOX('m', 'd', 'a', 't'));
    for (uint32_t i = 0; i < h->count; i++) {
        if (places[i] > 0) {
            patch(out, places[i], (uint32_t)(out->size + h->items[i].at));
        }
    }
    ie_buffer_add(out, h->data.data, h->data.size);
    end_box(out, data);
    return good && out->size < UINT32_MAX;
}

static bool embed_heif(const ie_span *file, const ie_span *exif, const ie_span *xmp, ie_buffer *out)
{
    heif *h = ie_alloc(sizeof *h);
    ie_span meta = ie_box_find(file, IE_BOX('m', 'e', 't', 'a')), pitm;
    uint64_t at = 4, primary = 0;
    h->file = *file;
    h->boxes = ie_span_part(&meta, 4, meta.size);
    pitm = ie_box_find(&h->boxes, IE_BOX('p', 'i', 't', 'm'));
    const uint8_t *p = ie_span_at(&pitm, 0, 6);
    bool good = p != NULL && p[0] == 0 && ie_box_number(&pitm, &at, 2, &primary) && read_infos(h) &&
                read_places(h);
    h->primary = (uint32_t)primary;
    good = good && add_item(h, IE_BOX('E', 'x', 'i', 'f'), exif) &&
           add_item(h, IE_BOX('m', 'i', 'm', 'e'), xmp) && write_heif(h, out);
    ie_buffer_free(&h->data);
    free(h);
    return good;
}

bool ie_meta_embed(ie_format format, const uint8_t *bytes, size_t size, ie_span exif, ie_span xmp,
                   ie_buffer *out)
{
    ie_span file = ie_span_memory(bytes, size);
    if (!ie_meta_embeds(format) || size > UINT32_MAX / 2 || exif.size > UINT32_MAX / 4 ||
        xmp.size > UINT32_MAX / 4) {
        return false;
    }
    return format == IE_FORMAT_JXL ? embed_jxl(&file, &exif, &xmp, out)
                                   : embed_heif(&file, &exif, &xmp, out);
}
