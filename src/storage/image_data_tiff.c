// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_data.h"
#include "storage/image_data_parts.h"

#define MAX_DIRECTORIES 64

typedef struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
    uint32_t queue[MAX_DIRECTORIES]; /* offsets of directories, in the order they were named */
    size_t count;
    uint64_t hashed; /* bytes of picture: a file may point at one strip from many places */
    ie_hasher *hasher;
} tiff;

typedef struct field {
    uint16_t tag, type;
    uint32_t count;
    size_t offset, size; /* of its value */
} field;

static uint32_t number(const tiff *t, size_t offset, size_t width)
{
    uint32_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | t->bytes[offset + (t->big_endian ? i : width - 1 - i)];
    }
    return value;
}

static size_t width_of(uint16_t type)
{
    static const uint8_t widths[14] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type < 14 ? widths[type] : 0;
}

/* Reads the entry at `at`, whose 12 bytes lie within the file. */
static bool field_read(const tiff *t, size_t at, field *ret)
{
    *ret = (field){(uint16_t)number(t, at, 2), (uint16_t)number(t, at + 2, 2), number(t, at + 4, 4),
                   0, 0};
    uint64_t size = (uint64_t)width_of(ret->type) * ret->count;
    uint64_t offset = size <= 4 ? at + 8 : number(t, at + 8, 4);
    if (offset > t->size || size > t->size - offset) {
        return false;
    }
    ret->offset = (size_t)offset;
    ret->size = (size_t)size;
    return true;
}

static uint32_t field_value(const tiff *t, const field *f, uint32_t index)
{
    size_t width = width_of(f->type);
    return width == 2 || width == 4 ? number(t, f->offset + index * width, width) : 0;
}

static bool queue_add(tiff *t, uint32_t offset)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->queue[i] == offset) {
            return true;
        }
    }
    if (t->count == MAX_DIRECTORIES) {
        return false;
    }
    t->queue[t->count++] = offset;
    return true;
}

/* Tags whose values decide how the coded bytes become a picture. */
static bool explains(uint16_t tag)
{
    switch (tag) {
    case 256:
    case 257:
    case 258:
    case 259:
    case 262:
    case 266:
    case 277:
    case 278:
    case 284:
    case 292:
    case 293:
    case 317:
    case 320:
    case 322:
    case 323:
    case 338:
    case 339:
    case 347:
    case 529:
    case 530:
    case 531:
    case 532:
    case 34675:
        return true;
    default:
        return false;
    }
}

/* The value without regard to where it lies, byte order kept: nothing here changes it. */
static void hash_value(tiff *t, const field *f)
{
    ie_hasher_add(t->hasher, &f->tag, sizeof f->tag);
    ie_hasher_add(t->hasher, t->bytes + f->offset, f->size);
}

static bool hash_pieces(tiff *t, const field *offsets, const field *sizes)
{
    if (offsets->count != sizes->count || width_of(offsets->type) == 0 ||
        width_of(sizes->type) == 0) {
        return false;
    }
    for (uint32_t i = 0; i < offsets->count; i++) {
        uint32_t offset = field_value(t, offsets, i), size = field_value(t, sizes, i);
        t->hashed += size;
        if (offset > t->size || size > t->size - offset || t->hashed > 4 * (uint64_t)t->size) {
            return false;
        }
        ie_hasher_add(t->hasher, t->bytes + offset, size);
    }
    return true;
}

static bool hash_directory(tiff *t, uint32_t at)
{
    if (at > t->size || t->size - at < 6) {
        return false;
    }
    size_t entries = number(t, at, 2);
    if (entries * 12 + 6 > t->size - at) {
        return false;
    }
    field f, strips = {0}, strip_sizes = {0}, tiles = {0}, tile_sizes = {0};
    for (size_t i = 0; i < entries; i++) {
        if (!field_read(t, at + 2 + i * 12, &f)) {
            if (explains((uint16_t)number(t, at + 2 + i * 12, 2))) {
                return false;
            }
            continue;
        }
        if (explains(f.tag)) {
            hash_value(t, &f);
        }
        for (uint32_t j = 0; f.tag == 330 && j < f.count && j < MAX_DIRECTORIES; j++) {
            if (!queue_add(t, field_value(t, &f, j))) {
                return false;
            }
        }
        strips = f.tag == 273 ? f : strips;
        strip_sizes = f.tag == 279 ? f : strip_sizes;
        tiles = f.tag == 324 ? f : tiles;
        tile_sizes = f.tag == 325 ? f : tile_sizes;
    }
    uint32_t next = number(t, at + 2 + entries * 12, 4);
    return (strips.tag == 0 || hash_pieces(t, &strips, &strip_sizes)) &&
           (tiles.tag == 0 || hash_pieces(t, &tiles, &tile_sizes)) &&
           (next == 0 || queue_add(t, next));
}

bool ie_image_data_tiff(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    tiff t = {
        .bytes = bytes, .size = size, .big_endian = size > 0 && bytes[0] == 'M', .hasher = hasher};
    if (size < 8 || number(&t, 2, 2) != 42) {
        return false;
    }
    bool good = queue_add(&t, number(&t, 4, 4));
    for (size_t i = 0; good && i < t.count; i++) {
        good = hash_directory(&t, t.queue[i]);
    }
    return good && t.hashed > 0;
}

bool ie_image_data_mosaic(const uint8_t *bytes, size_t size)
{
    enum { PHOTOMETRIC = 262, CFA = 32803, LINEAR_RAW = 34892 }; /* TIFF/EP, DNG 1.4 */
    tiff t = {.bytes = bytes, .size = size, .big_endian = size > 8 && bytes[0] == 'M'};
    size_t at = size > 8 ? number(&t, 4, 4) : 0;
    if (at < 8 || at > size - 2) {
        return false;
    }
    size_t count = number(&t, at, 2), room = (size - at - 2) / 12;
    for (size_t i = 0; i < count && i < room; i++) {
        field f;
        if (field_read(&t, at + 2 + i * 12, &f) && f.tag == PHOTOMETRIC && f.count > 0) {
            uint32_t value = field_value(&t, &f, 0);
            return value == CFA || value == LINEAR_RAW;
        }
    }
    return false;
}
