// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/bmp_file.h"

/* BITMAPFILEHEADER, then BITMAPCOREHEADER or BITMAPINFOHEADER and its successors (Microsoft,
   wingdi.h). */
enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40, V2_HEADER = 52, V3_HEADER = 56 };
enum { PLAIN = 0, BIT_FIELDS = 3, ALPHA_BIT_FIELDS = 6 };

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

/* Masks for 16 and 32 bits; false when they are not within the header or the file. */
static bool read_masks(const uint8_t *bytes, size_t size, uint32_t header, uint32_t compression,
                       ie_bmp *bmp)
{
    if (compression == PLAIN) {
        static const uint32_t five[3] = {0x7c00, 0x3e0, 0x1f}, eight[3] = {0xff0000, 0xff00, 0xff};
        for (int i = 0; i < 3; i++) {
            bmp->masks[i] = bmp->bits == 16 ? five[i] : eight[i];
        }
        return true;
    }
    /* Behind an INFO header they stand by themselves; in later headers they are its next fields. */
    size_t count = header >= V3_HEADER || compression == ALPHA_BIT_FIELDS ? 4 : 3;
    size_t at = FILE_HEADER + INFO_HEADER;
    if (size < at + count * 4) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bmp->masks[i] = le32(bytes + at + i * 4);
    }
    bmp->channels = bmp->masks[3] != 0 ? 4 : 3;
    return bmp->masks[0] != 0 && bmp->masks[1] != 0 && bmp->masks[2] != 0;
}

static bool read_sizes(const uint8_t *bytes, uint32_t header, ie_bmp *bmp)
{
    const uint8_t *p = bytes + FILE_HEADER;
    if (header == CORE_HEADER) {
        bmp->width = le16(p + 4);
        bmp->height = le16(p + 6);
        bmp->bits = le16(p + 10);
    } else {
        uint32_t height = le32(p + 8);
        bmp->width = le32(p + 4);
        bmp->top_down = height > INT32_MAX;
        bmp->height = bmp->top_down ? 0u - height : height;
        bmp->bits = le16(p + 14);
    }
    return bmp->width > 0 && bmp->width <= INT32_MAX && bmp->height > 0 && bmp->height <= INT32_MAX;
}

static bool known(uint32_t bits, uint32_t compression)
{
    bool fields = compression == BIT_FIELDS || compression == ALPHA_BIT_FIELDS;
    switch (bits) {
    case 1:
    case 4:
    case 8:
    case 24:
        return compression == PLAIN;
    case 16:
    case 32:
        return compression == PLAIN || fields;
    default:
        return false;
    }
}

bool ie_bmp_open(const uint8_t *bytes, size_t size, ie_bmp *ret_bmp)
{
    if (size < FILE_HEADER + CORE_HEADER || bytes[0] != 'B' || bytes[1] != 'M') {
        return false;
    }
    uint32_t header = le32(bytes + FILE_HEADER);
    if ((header != CORE_HEADER && header < INFO_HEADER) || header > 256 ||
        size < FILE_HEADER + header) {
        return false;
    }
    ie_bmp bmp = {.channels = 3, .pixels = le32(bytes + 10), .palette = FILE_HEADER + header};
    uint32_t compression = header == CORE_HEADER ? PLAIN : le32(bytes + FILE_HEADER + 16);
    if (!read_sizes(bytes, header, &bmp) || !known(bmp.bits, compression)) {
        return false;
    }
    if ((bmp.bits == 16 || bmp.bits == 32) && !read_masks(bytes, size, header, compression, &bmp)) {
        return false;
    }
    if (bmp.bits <= 8) {
        uint32_t used = header == CORE_HEADER ? 0 : le32(bytes + FILE_HEADER + 32);
        bmp.palette_entry = header == CORE_HEADER ? 3 : 4;
        bmp.palette_count = used == 0 || used > 1u << bmp.bits ? 1u << bmp.bits : used;
        size_t room = (size - bmp.palette) / bmp.palette_entry;
        bmp.palette_count = bmp.palette_count < room ? bmp.palette_count : room;
    }
    uint64_t row = ((uint64_t)bmp.width * bmp.bits + 31) / 32 * 4;
    if (bmp.pixels < FILE_HEADER + header || bmp.pixels > size ||
        row > (size - bmp.pixels) / bmp.height) {
        return false;
    }
    bmp.row = (size_t)row;
    *ret_bmp = bmp;
    return true;
}

/* The masked bits as 0..255. */
static uint8_t scaled(uint32_t value, uint32_t mask)
{
    uint32_t shift = (uint32_t)__builtin_ctz(mask), full = mask >> shift;
    return (uint8_t)(((uint64_t)((value & mask) >> shift) * 255 + full / 2) / full);
}

static void from_palette(const ie_bmp *bmp, const uint8_t *bytes, const uint8_t *row, uint8_t *out)
{
    for (uint32_t x = 0; x < bmp->width; x++, out += 3) {
        uint32_t bit = x % (8 / bmp->bits) * bmp->bits;
        uint32_t index =
            row[(uint64_t)x * bmp->bits / 8] >> (8 - bmp->bits - bit) & ((1u << bmp->bits) - 1);
        const uint8_t *entry = bytes + bmp->palette + index * bmp->palette_entry;
        for (int c = 0; c < 3; c++) {
            out[c] = index < bmp->palette_count ? entry[2 - c] : 0;
        }
    }
}

static void from_masks(const ie_bmp *bmp, const uint8_t *row, uint8_t *out)
{
    for (uint32_t x = 0; x < bmp->width; x++, out += bmp->channels) {
        uint32_t value = bmp->bits == 16 ? le16(row + (size_t)x * 2) : le32(row + (size_t)x * 4);
        for (uint32_t c = 0; c < bmp->channels; c++) {
            out[c] = scaled(value, bmp->masks[c]);
        }
    }
}

void ie_bmp_read(const ie_bmp *bmp, const uint8_t *bytes, uint8_t *out)
{
    for (uint32_t y = 0; y < bmp->height; y++) {
        uint32_t stored = bmp->top_down ? y : bmp->height - 1 - y;
        const uint8_t *row = bytes + bmp->pixels + (size_t)stored * bmp->row;
        uint8_t *to = out + (size_t)y * bmp->width * bmp->channels;
        if (bmp->bits <= 8) {
            from_palette(bmp, bytes, row, to);
        } else if (bmp->bits == 24) {
            for (size_t i = 0; i < (size_t)bmp->width * 3; i++) {
                to[i] = row[i - i % 3 + 2 - i % 3];
            }
        } else {
            from_masks(bmp, row, to);
        }
    }
}
