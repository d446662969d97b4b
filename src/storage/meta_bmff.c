// SPDX-License-Identifier: GPL-3.0-or-later
/* HEIF and AVIF (ISO/IEC 23008-12), Canon CR3, JPEG 2000 and JPEG XL files, all made of boxes. */
#include "storage/meta_container.h"

#include <stdlib.h>
#include <string.h>

#include "storage/meta_box.h"

#define MAX_EXTENTS 64
#define MAX_LOOKS 16 /* each goes through the whole table of places */

static const uint8_t uuid_xmp[16] = {0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8,
                                     0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac};
static const uint8_t uuid_exif[16] = {'J', 'p', 'g', 'T', 'i', 'f', 'f', 'E',
                                      'x', 'i', 'f', '-', '>', 'J', 'P', '2'};
static const uint8_t uuid_iptc[16] = {0x33, 0xc7, 0xa4, 0xd2, 0xb8, 0x1d, 0x47, 0x23,
                                      0xa0, 0xba, 0xf1, 0xa3, 0xe0, 0x97, 0xad, 0x38};
static const uint8_t uuid_canon[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0,
                                       0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};

typedef struct items {
    ie_meta *meta;
    const ie_span *file;
    ie_span iloc, idat;
    unsigned looked; /* how often an item was looked for */
} items;

/* The extents of one item of iloc; *found says that it was the wanted one. */
static bool take_extents(items *all, uint64_t *at, unsigned version, const unsigned sizes[4],
                         bool wanted, ie_span parts[MAX_EXTENTS], unsigned *ret_count)
{
    uint64_t method = 0, reference, base, count, index, offset, length;
    const ie_span *iloc = &all->iloc;
    if ((version > 0 && !ie_box_number(iloc, at, 2, &method)) ||
        !ie_box_number(iloc, at, 2, &reference) || !ie_box_number(iloc, at, sizes[2], &base) ||
        !ie_box_number(iloc, at, 2, &count)) {
        return false;
    }
    const ie_span *from = (method & 15) == 0 ? all->file : (method & 15) == 1 ? &all->idat : NULL;
    *ret_count = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!ie_box_number(iloc, at, version > 0 ? sizes[3] : 0, &index) ||
            !ie_box_number(iloc, at, sizes[0], &offset) ||
            !ie_box_number(iloc, at, sizes[1], &length)) {
            return false;
        }
        if (wanted && from != NULL && *ret_count < MAX_EXTENTS) {
            uint64_t start = base + offset;
            parts[(*ret_count)++] = ie_span_part(from, start < base ? UINT64_MAX : start,
                                                 length > 0 ? length : UINT64_MAX);
        }
        if (sizes[0] + sizes[1] == 0 && !wanted) {
            break; /* nothing is read for an extent, so do not count to 65535 */
        }
    }
    return true;
}

static ie_span join(ie_meta *meta, const ie_span *parts, unsigned count)
{
    uint64_t total = 0, used = 0;
    for (unsigned i = 0; i < count; i++) {
        total += parts[i].size;
        if (total > IE_META_MAX_BLOCK) {
            return (ie_span){0};
        }
    }
    uint8_t *joined = ie_try_alloc(1, (size_t)total);
    for (unsigned i = 0; joined != NULL && i < count; i++) {
        const uint8_t *p = ie_span_at(&parts[i], 0, parts[i].size);
        if (p != NULL) {
            memcpy(joined + used, p, (size_t)parts[i].size);
            used += parts[i].size;
        }
    }
    return joined != NULL && ie_meta_own(meta, joined) ? ie_span_memory(joined, (size_t)used)
                                                       : (ie_span){0};
}

static ie_span item_data(items *all, uint64_t id)
{
    const uint8_t *p = ie_span_at(&all->iloc, 0, 6);
    if (p == NULL || p[0] > 2 || all->looked++ == MAX_LOOKS) {
        return (ie_span){0};
    }
    unsigned version = p[0];
    const unsigned sizes[4] = {p[4] >> 4, p[4] & 15, p[5] >> 4, version > 0 ? p[5] & 15u : 0};
    uint64_t at = 6, count, item;
    for (int i = 0; i < 4; i++) {
        if (sizes[i] > 8) {
            return (ie_span){0};
        }
    }
    if (!ie_box_number(&all->iloc, &at, version < 2 ? 2 : 4, &count)) {
        return (ie_span){0};
    }
    for (uint64_t i = 0; i < count; i++) {
        ie_span parts[MAX_EXTENTS];
        unsigned part_count;
        if (!ie_box_number(&all->iloc, &at, version < 2 ? 2 : 4, &item) ||
            !take_extents(all, &at, version, sizes, item == id, parts, &part_count)) {
            ie_meta_damaged(all->meta, "the table of items is cut short");
            return (ie_span){0};
        }
        if (item == id) {
            return part_count == 1 ? parts[0] : join(all->meta, parts, part_count);
        }
    }
    return (ie_span){0};
}

static void take_exif_item(ie_meta *meta, const ie_span *data)
{
    /* ExifDataBlock: how far behind these four bytes the TIFF header stands. */
    const uint8_t *p = ie_span_at(data, 0, 4);
    if (p == NULL) {
        ie_meta_damaged(meta, "its EXIF item lies outside the file");
        return;
    }
    ie_span exif = ie_span_part(data, 4 + (uint64_t)ie_be32(p), data->size);
    const uint8_t *head = ie_span_at(&exif, 0, 2);
    if (head == NULL || (memcmp(head, "II", 2) != 0 && memcmp(head, "MM", 2) != 0)) {
        exif = ie_span_part(data, 4, data->size);
    }
    ie_meta_add_exif(meta, exif, IE_EXIF_MAIN);
}

/* One infe box; metadata items are noted in the meta. */
static void take_item_info(items *all, const ie_span *info)
{
    const uint8_t *p = ie_span_at(info, 0, 4);
    unsigned version = p != NULL ? p[0] : 0;
    uint64_t at = 4, id, protection, type;
    if (version < 2 || !ie_box_number(info, &at, version == 2 ? 2 : 4, &id) ||
        !ie_box_number(info, &at, 2, &protection) || !ie_box_number(info, &at, 4, &type) ||
        protection != 0) {
        return;
    }
    if (type == IE_BOX('E', 'x', 'i', 'f') && all->meta->exif_count == 0) {
        ie_span data = item_data(all, id);
        take_exif_item(all->meta, &data);
    } else if (type == IE_BOX('m', 'i', 'm', 'e')) {
        const char *name = (const char *)ie_span_at(info, at, info->size - at);
        size_t left = name != NULL ? (size_t)(info->size - at) : 0,
               length = strnlen(name != NULL ? name : "", left);
        static const char xmp[] = "application/rdf+xml";
        if (left > length + sizeof xmp - 1 && memcmp(name + length + 1, xmp, sizeof xmp - 1) == 0) {
            ie_meta_add_xmp(all->meta, item_data(all, id));
        }
    }
}

typedef struct transforms {
    uint32_t width, height;           /* ispe */
    uint32_t crop_width, crop_height; /* clap; 0: none */
    bool turned;                      /* irot by 90 or 270 degrees */
} transforms;

static bool take_property(const ie_box *box, void *context)
{
    transforms *t = context;
    const uint8_t *p;
    if (box->type == IE_BOX('i', 's', 'p', 'e') && (p = ie_span_at(&box->body, 0, 12)) != NULL) {
        t->width = ie_be32(p + 4);
        t->height = ie_be32(p + 8);
    } else if (box->type == IE_BOX('i', 'r', 'o', 't') &&
               (p = ie_span_at(&box->body, 0, 1)) != NULL) {
        t->turned = (p[0] & 1) != 0;
    } else if (box->type == IE_BOX('c', 'l', 'a', 'p') &&
               (p = ie_span_at(&box->body, 0, 16)) != NULL) {
        t->crop_width = ie_be32(p + 4) > 0 ? ie_be32(p) / ie_be32(p + 4) : 0;
        t->crop_height = ie_be32(p + 12) > 0 ? ie_be32(p + 8) / ie_be32(p + 12) : 0;
    }
    return true;
}

/* Size of the primary item as it is shown: ispe, cropped by clap, turned by irot. */
static void take_size(ie_meta *meta, const ie_span *iprp, uint64_t primary)
{
    transforms t = {0};
    if (!ie_box_properties(iprp, primary, take_property, &t)) {
        ie_meta_damaged(meta, "the properties of its pictures are cut short");
        return;
    }
    uint32_t width = t.crop_width > 0 && t.crop_width < t.width ? t.crop_width : t.width;
    uint32_t height = t.crop_height > 0 && t.crop_height < t.height ? t.crop_height : t.height;
    meta->width = t.turned ? height : width;
    meta->height = t.turned ? width : height;
}

/* The meta box of a HEIF file. */
static void find_items(ie_meta *meta, const ie_span *file, const ie_span *body)
{
    ie_span boxes = ie_span_part(body, 4, body->size); /* version and flags */
    ie_span iinf = ie_box_find(&boxes, IE_BOX('i', 'i', 'n', 'f'));
    ie_span pitm = ie_box_find(&boxes, IE_BOX('p', 'i', 't', 'm'));
    ie_span iprp = ie_box_find(&boxes, IE_BOX('i', 'p', 'r', 'p'));
    items all = {
        .meta = meta,
        .file = file,
        .iloc = ie_box_find(&boxes, IE_BOX('i', 'l', 'o', 'c')),
        .idat = ie_box_find(&boxes, IE_BOX('i', 'd', 'a', 't')),
    };
    uint64_t at = 4, primary = 0;
    const uint8_t *p = ie_span_at(&pitm, 0, 4);
    if (p != NULL && ie_box_number(&pitm, &at, p[0] == 0 ? 2 : 4, &primary)) {
        take_size(meta, &iprp, primary);
    }
    p = ie_span_at(&iinf, 0, 4);
    at = p != NULL && p[0] == 0 ? 6 : 8;
    ie_box box;
    for (int i = 0; p != NULL && i < 65536 && ie_box_next(&iinf, &at, &box); i++) {
        if (box.type == IE_BOX('i', 'n', 'f', 'e')) {
            take_item_info(&all, &box.body);
        }
    }
}

static void take_uuid(ie_meta *meta, const ie_span *body)
{
    const uint8_t *p = ie_span_at(body, 0, 16);
    ie_span data = ie_span_part(body, 16, body->size);
    if (p == NULL) {
        return;
    }
    if (memcmp(p, uuid_xmp, 16) == 0) {
        ie_meta_add_xmp(meta, data);
    } else if (memcmp(p, uuid_exif, 16) == 0 && data.size > 0) {
        ie_meta_add_exif(meta, data, IE_EXIF_MAIN);
    } else if (memcmp(p, uuid_iptc, 16) == 0) {
        ie_meta_add_iptc(meta, data);
    }
}

/* CR3: the directories of its EXIF data are boxes of their own inside the movie box. */
static void find_canon(ie_meta *meta, const ie_span *movie)
{
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(movie, &at, &box); i++) {
        const uint8_t *p =
            box.type == IE_BOX('u', 'u', 'i', 'd') ? ie_span_at(&box.body, 0, 16) : NULL;
        if (p == NULL || memcmp(p, uuid_canon, 16) != 0) {
            continue;
        }
        ie_span parts = ie_span_part(&box.body, 16, box.body.size);
        static const struct {
            uint32_t type;
            ie_exif_kind kind;
        } kinds[] = {
            {IE_BOX('C', 'M', 'T', '1'), IE_EXIF_MAIN},
            {IE_BOX('C', 'M', 'T', '2'), IE_EXIF_EXIF},
            {IE_BOX('C', 'M', 'T', '4'), IE_EXIF_GPS},
        };
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            ie_span block = ie_box_find(&parts, kinds[k].type);
            if (block.size > 0) {
                ie_meta_add_exif(meta, block, kinds[k].kind);
            }
        }
    }
}

static void take_box(ie_meta *meta, const ie_span *file, const ie_box *box)
{
    const uint8_t *p;
    switch (box->type) {
    case IE_BOX('m', 'e', 't', 'a'):
        find_items(meta, file, &box->body);
        break;
    case IE_BOX('m', 'o', 'o', 'v'):
        if (meta->photo->format == IE_FORMAT_CR3) {
            find_canon(meta, &box->body);
        }
        ie_meta_find_movie(meta, &box->body);
        break;
    case IE_BOX('u', 'u', 'i', 'd'):
        take_uuid(meta, &box->body);
        break;
    case IE_BOX('j', 'p', '2', 'h'): {
        ie_span ihdr = ie_box_find(&box->body, IE_BOX('i', 'h', 'd', 'r'));
        if ((p = ie_span_at(&ihdr, 0, 8)) != NULL) {
            meta->height = ie_be32(p);
            meta->width = ie_be32(p + 4);
        }
        break;
    }
    default:
        break;
    }
}

void ie_meta_find_bmff(ie_meta *meta, const ie_span *file)
{
    uint64_t at = 0;
    ie_box box = {0};
    meta->upright = meta->photo->format == IE_FORMAT_HEIC || meta->photo->format == IE_FORMAT_AVIF;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(file, &at, &box); i++) {
        if (box.cut) {
            ie_meta_damaged(meta, "the file ends within one of its boxes");
        }
        take_box(meta, file, &box);
    }
    if (at < file->size && !box.cut && meta->width == 0) {
        ie_meta_damaged(meta, "a box has an impossible size");
    }
}

/* A reader of bits, lowest first (ISO/IEC 18181-1); beyond the end there are zeros. */
typedef struct bits {
    const uint8_t *bytes;
    size_t size, at;
} bits;

static uint32_t take_bits(bits *b, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, b->at++) {
        uint32_t bit = b->at / 8 < b->size ? b->bytes[b->at / 8] >> (b->at % 8) & 1u : 0;
        value |= bit << i;
    }
    return value;
}

static uint32_t take_jxl_side(bits *b, bool small)
{
    static const uint8_t widths[] = {9, 13, 18, 30};
    return small ? 8 * (1 + take_bits(b, 5)) : 1 + take_bits(b, widths[take_bits(b, 2)]);
}

/* SizeHeader and the begin of ImageMetadata, ISO/IEC 18181-1 annexes. */
static void take_codestream(ie_meta *meta, const ie_span *stream)
{
    ie_span head = ie_span_part(stream, 0, 32);
    const uint8_t *p = ie_span_at(&head, 0, head.size);
    if (p == NULL || head.size < 4 || p[0] != 0xff || p[1] != 0x0a || meta->width != 0) {
        return;
    }
    bits b = {.bytes = p, .size = (size_t)head.size, .at = 16};
    static const uint8_t ratios[8][2] = {{1, 1}, {1, 1},  {12, 10}, {4, 3},
                                         {3, 2}, {16, 9}, {5, 4},   {2, 1}};
    bool small = take_bits(&b, 1);
    uint32_t height = take_jxl_side(&b, small), ratio = take_bits(&b, 3);
    uint32_t width = ratio == 0
                         ? take_jxl_side(&b, small)
                         : (uint32_t)((uint64_t)height * ratios[ratio][0] / ratios[ratio][1]);
    bool all_default = take_bits(&b, 1), extra = !all_default && take_bits(&b, 1);
    unsigned orientation = extra ? 1 + take_bits(&b, 3) : 1;
    meta->width = orientation >= 5 ? height : width;
    meta->height = orientation >= 5 ? width : height;
}

void ie_meta_find_jxl(ie_meta *meta, const ie_span *file)
{
    const uint8_t *p = ie_span_at(file, 0, 2);
    meta->upright =
        true; /* decoders apply the codestream's orientation; EXIF's is not to be heeded */
    if (p != NULL && p[0] == 0xff) {
        take_codestream(meta, file);
        return;
    }
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(file, &at, &box); i++) {
        if (box.type == IE_BOX('E', 'x', 'i', 'f')) {
            take_exif_item(meta, &box.body);
        } else if (box.type == IE_BOX('x', 'm', 'l', ' ')) {
            ie_meta_add_xmp(meta, box.body);
        } else if (box.type == IE_BOX('j', 'x', 'l', 'c')) {
            take_codestream(meta, &box.body);
        } else if (box.type == IE_BOX('j', 'x', 'l', 'p')) {
            ie_span stream = ie_span_part(&box.body, 4, box.body.size);
            take_codestream(meta, &stream);
        }
        if (box.cut) {
            ie_meta_damaged(meta, "the file ends within one of its boxes");
        }
    }
}
