// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_data.h"

#include <string.h>

/* ITU-T T.81: after SOS come coded bytes, in which FF 00 and FF D0..D7 are no markers. */
static size_t jpeg_scan_end(const uint8_t *bytes, size_t size, size_t at)
{
    while (at + 1 < size) {
        const uint8_t *next = memchr(bytes + at, 0xff, size - 1 - at);
        if (next == NULL) {
            return size;
        }
        at = (size_t)(next - bytes);
        uint8_t code = bytes[at + 1];
        if (code != 0 && code != 0xff && !(code >= 0xd0 && code <= 0xd7)) {
            return at;
        }
        at += code == 0xff ? 1 : 2;
    }
    return size;
}

static bool hash_jpeg(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    bool scan = false;
    if (size < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) {
        return false;
    }
    for (size_t at = 2; at + 4 <= size;) {
        if (bytes[at] != 0xff) {
            return false;
        }
        uint8_t code = bytes[at + 1];
        if (code == 0xff) { /* fill byte */
            at++;
            continue;
        }
        if (code == 0xd9) {
            return scan;
        }
        size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length < 2 || length > size - at - 2) {
            return false;
        }
        size_t end = at + 2 + length;
        if (code == 0xda) {
            scan = true;
            end = jpeg_scan_end(bytes, size, end);
        }
        if (!(code >= 0xe0 && code <= 0xef) && code != 0xfe) {
            ie_hasher_add(hasher, bytes + at, end - at);
        }
        at = end;
    }
    return scan; /* an EOI may be cut off */
}

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t little32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static bool is_one_of(const uint8_t *type, const char *const *types)
{
    for (; *types != NULL; types++) {
        if (memcmp(type, *types, 4) == 0) {
            return true;
        }
    }
    return false;
}

static bool hash_png(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    static const char *const picture[] = {"IHDR", "PLTE", "tRNS", "IDAT", "acTL", "fcTL", "fdAT", NULL};
    bool data = false;
    if (size < 8 || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0) {
        return false;
    }
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = big32(bytes + at);
        if (length > size - at - 12) {
            return false;
        }
        const uint8_t *type = bytes + at + 4;
        if (is_one_of(type, picture)) {
            ie_hasher_add(hasher, type, 4 + length);
            data = data || memcmp(type, "IDAT", 4) == 0;
        }
        at += 12 + length;
    }
    return data;
}

static bool hash_webp(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    static const char *const picture[] = {"VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", NULL};
    bool data = false;
    if (size < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WEBP", 4) != 0) {
        return false;
    }
    for (size_t at = 12; at + 8 <= size;) {
        size_t length = little32(bytes + at + 4);
        if (length > size - at - 8) {
            return false;
        }
        if (is_one_of(bytes + at, picture)) {
            ie_hasher_add(hasher, bytes + at, 4);
            ie_hasher_add(hasher, bytes + at + 8, length);
            data = true;
        }
        at += 8 + length + (length & 1);
    }
    return data;
}

/* ---- TIFF ---------------------------------------------------------------------------------- */

typedef struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
    ie_hasher *hasher;
} tiff;

static uint32_t tiff16(const tiff *t, size_t at)
{
    const uint8_t *p = t->bytes + at;
    return t->big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t tiff32(const tiff *t, size_t at)
{
    return t->big_endian ? big32(t->bytes + at) : little32(t->bytes + at);
}

/* Values of an entry of type SHORT or LONG; its place when they do not fit the entry itself. */
typedef struct tiff_values {
    size_t at, count, width;
} tiff_values;

static bool tiff_entry(const tiff *t, size_t entry, tiff_values *ret_values)
{
    uint32_t type = tiff16(t, entry + 2);
    size_t count = tiff32(t, entry + 4), width = type == 3 ? 2 : type == 4 ? 4 : 0;
    if (width == 0 || count > t->size / width) {
        return false;
    }
    size_t at = count * width <= 4 ? entry + 8 : tiff32(t, entry + 8);
    if (at > t->size || count * width > t->size - at) {
        return false;
    }
    *ret_values = (tiff_values){at, count, width};
    return true;
}

static uint32_t tiff_value(const tiff *t, const tiff_values *values, size_t i)
{
    size_t at = values->at + i * values->width;
    return values->width == 2 ? tiff16(t, at) : tiff32(t, at);
}

static bool hash_strips(const tiff *t, const tiff_values *offsets, const tiff_values *lengths)
{
    if (offsets->count != lengths->count) {
        return false;
    }
    uint64_t total = 0;
    for (size_t i = 0; i < offsets->count; i++) {
        size_t at = tiff_value(t, offsets, i), length = tiff_value(t, lengths, i);
        total += length;
        /* Overlapping strips must not make a small file take forever. */
        if (at > t->size || length > t->size - at || total > (uint64_t)t->size * 2) {
            return false;
        }
        ie_hasher_add(t->hasher, t->bytes + at, length);
    }
    return true;
}

/* One directory; *ret_data tells whether it had strips or tiles. */
static bool hash_directory(const tiff *t, size_t at, size_t count, bool *ret_data)
{
    /* Width, height, bits, compression, photometry, samples, rows a strip, predictor, tile size, sample format. */
    static const uint16_t facts[] = {256, 257, 258, 259, 262, 277, 278, 317, 322, 323, 339};
    tiff_values offsets = {0}, lengths = {0};
    for (size_t i = 0; i < count; i++) {
        size_t entry = at + i * 12;
        uint32_t tag = tiff16(t, entry);
        tiff_values values;
        bool offset = tag == 273 || tag == 324, length = tag == 279 || tag == 325, fact = false;
        for (size_t k = 0; k < sizeof facts / sizeof *facts; k++) {
            fact = fact || tag == facts[k];
        }
        if (!offset && !length && !fact) {
            continue;
        }
        if (!tiff_entry(t, entry, &values)) {
            return false;
        }
        if (offset) {
            offsets = values;
        } else if (length) {
            lengths = values;
        }
        for (size_t k = 0; fact && k < values.count && k < 64; k++) {
            uint32_t pair[2] = {tag, tiff_value(t, &values, k)};
            ie_hasher_add(t->hasher, pair, sizeof pair);
        }
    }
    *ret_data = offsets.count > 0;
    return hash_strips(t, &offsets, &lengths);
}

static bool hash_tiff(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    if (size < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0)) {
        return false;
    }
    tiff t = {.bytes = bytes, .size = size, .big_endian = bytes[0] == 'M', .hasher = hasher};
    bool any = false;
    size_t at = tiff32(&t, 4);
    /* 4096 pages are more than scanners make, and an end to circles. */
    for (int page = 0; at != 0 && page < 4096; page++) {
        if (at > size || size - at < 6) {
            return false;
        }
        size_t count = tiff16(&t, at);
        if (count * 12 > size - at - 6) {
            return false;
        }
        bool data = false;
        if (!hash_directory(&t, at + 2, count, &data)) {
            return false;
        }
        any = any || data;
        at = tiff32(&t, at + 2 + count * 12);
    }
    return any;
}

bool ie_image_data_hash(const uint8_t *bytes, size_t size, ie_format format, ie_hash128 *ret_hash)
{
    ie_hasher *hasher = ie_hasher_new();
    bool good = format == IE_FORMAT_JPEG   ? hash_jpeg(bytes, size, hasher)
                : format == IE_FORMAT_PNG  ? hash_png(bytes, size, hasher)
                : format == IE_FORMAT_WEBP ? hash_webp(bytes, size, hasher)
                : format == IE_FORMAT_TIFF ? hash_tiff(bytes, size, hasher)
                                           : false;
    if (good) {
        *ret_hash = ie_hasher_value(hasher);
    }
    ie_hasher_free(hasher);
    return good;
}
