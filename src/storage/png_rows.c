// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/png_rows.h"

#include <stdlib.h>
#include <string.h>

#include "storage/inflate.h"
#include "utils/memory.h"
#include "utils/wide.h"

#define INLINE inline __attribute__((always_inline))

enum { SIGNATURE = 8, CHUNK = 12, HEADER = 13, MOST_CHUNKS = 1 << 20 };
#define MOST_SIDE 1000000 /* libpng's limit */

struct ie_png {
    uint32_t height, row;
    unsigned channels;
    size_t stride; /* of a row with its filter's number before it */
    uint8_t *rows; /* one of zeros, which is above the first, and the picture's */
};

/* ---- chunks ------------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

typedef struct chunk {
    const uint8_t *type, *body;
    size_t size;
} chunk;

static bool is(const chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static bool next_chunk(const uint8_t *bytes, size_t size, size_t *at, chunk *ret_chunk)
{
    if (size - *at < CHUNK || be32(bytes + *at) > size - *at - CHUNK) {
        return false;
    }
    *ret_chunk = (chunk){bytes + *at + 4, bytes + *at + 8, be32(bytes + *at)};
    *at += CHUNK + ret_chunk->size;
    return true;
}

static bool is_whole(const chunk *c)
{
    return ie_crc32(c->type, c->size + 4) == be32(c->body + c->size);
}

/* Parts of a picture that are not just its rows. */
static bool is_unusual(const chunk *c)
{
    static const char *const types[] = {"tRNS", "acTL", "fcTL", "fdAT"};
    for (size_t i = 0; i < 4; i++) {
        if ((uint8_t)((c->type[i] | 32) - 'a') >= 26) {
            return true;
        }
    }
    const bool critical = (c->type[0] & 32) == 0;
    if (critical && !is(c, "IHDR") && !is(c, "IDAT") && !is(c, "IEND")) {
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (is(c, types[i])) {
            return true;
        }
    }
    return false;
}

static bool take_header(const chunk *c, uint64_t max_pixels, ie_png_facts *facts)
{
    if (!is(c, "IHDR") || c->size != HEADER) {
        return false;
    }
    const uint8_t *b = c->body;
    facts->width = be32(b);
    facts->height = be32(b + 4);
    facts->channels = b[9] == 2 ? 3 : 1;
    const uint64_t stride = (uint64_t)facts->width * facts->channels + 1;
    return b[8] == 8 && (b[9] == 0 || b[9] == 2) && b[10] == 0 && b[11] == 0 && b[12] == 0 &&
           facts->width > 0 && facts->height > 0 && facts->width <= MOST_SIDE &&
           facts->height <= MOST_SIDE && (uint64_t)facts->width * facts->height <= max_pixels &&
           facts->height < IE_PNG_MOST_BYTES / stride;
}

static void take_facts(const chunk *c, ie_png_facts *facts)
{
    enum { METRES = 1 };
    facts->has_icc = facts->has_icc || is(c, "iCCP");
    if (is(c, "pHYs") && c->size == 9 && c->body[8] == METRES) {
        facts->per_mm[0] = be32(c->body) / 1000.0;
        facts->per_mm[1] = be32(c->body + 4) / 1000.0;
    }
}

bool ie_png_look(const uint8_t *bytes, size_t size, uint64_t max_pixels, ie_png_facts *ret_facts)
{
    ie_png_facts facts = {0};
    size_t at = SIGNATURE;
    chunk c;
    if (!ie_inflate_ready() || size < SIGNATURE ||
        memcmp(bytes, "\x89PNG\r\n\x1a\n", SIGNATURE) != 0 || !next_chunk(bytes, size, &at, &c) ||
        !take_header(&c, max_pixels, &facts)) {
        return false;
    }
    bool whole = is_whole(&c);
    for (int i = 0; whole && i < MOST_CHUNKS && size - at >= CHUNK; i++) {
        if (memcmp(bytes + at + 4, "IDAT", 4) == 0) {
            *ret_facts = facts;
            return true;
        }
        whole = next_chunk(bytes, size, &at, &c) && is_whole(&c) && !is_unusual(&c);
        if (whole) {
            take_facts(&c, &facts);
        }
    }
    return false;
}

/* The packed picture lies in chunks that follow one another; nothing is wrong to the end. */
typedef struct packed {
    const uint8_t *first; /* its only chunk's, or the first one's */
    size_t first_chunk;   /* where that begins */
    size_t chunks, size;
} packed;

static bool find_packed(const uint8_t *bytes, size_t size, packed *ret_packed)
{
    packed p = {0};
    size_t at = SIGNATURE, before = at;
    bool passed = false;
    chunk c;
    for (int i = 0; i < MOST_CHUNKS && next_chunk(bytes, size, &at, &c); i++, before = at) {
        if (!is_whole(&c) || is_unusual(&c) || (i > 0 && is(&c, "IHDR"))) {
            return false;
        }
        if (is(&c, "IEND")) {
            *ret_packed = p;
            return c.size == 0 && p.chunks > 0;
        }
        if (!is(&c, "IDAT")) {
            passed = p.chunks > 0;
            continue;
        }
        if (passed) {
            return false;
        }
        if (p.chunks++ == 0) {
            p.first = c.body;
            p.first_chunk = before;
        }
        p.size += c.size;
    }
    return false;
}

/* free() it; NULL without memory. */
static uint8_t *joined(const uint8_t *bytes, size_t size, const packed *p)
{
    uint8_t *all = ie_try_alloc(p->size, 1), *to = all;
    size_t at = p->first_chunk;
    chunk c;
    for (size_t i = 0; all != NULL && i < p->chunks && next_chunk(bytes, size, &at, &c); i++) {
        memcpy(to, c.body, c.size);
        to += c.size;
    }
    return all;
}

static bool unpack(const uint8_t *bytes, size_t size, uint8_t *out, size_t out_size)
{
    packed p;
    if (!find_packed(bytes, size, &p) || p.size < out_size / IE_INFLATE_MOST_RATIO) {
        return false;
    }
    uint8_t *all = p.chunks > 1 ? joined(bytes, size, &p) : NULL;
    const uint8_t *from = p.chunks > 1 ? all : p.first;
    const bool good = from != NULL && ie_inflate(from, p.size, out, out_size);
    free(all);
    return good;
}

ie_png *ie_png_open(const uint8_t *bytes, size_t size, uint64_t max_pixels, ie_png_facts *ret_facts)
{
    ie_png_facts facts;
    if (!ie_png_look(bytes, size, max_pixels, &facts)) {
        return NULL;
    }
    ie_png *png = ie_alloc(sizeof *png);
    png->height = facts.height;
    png->channels = facts.channels;
    png->stride = (size_t)facts.width * facts.channels + 1;
    /* Sized by the file, not by what its header promises. */
    bool likely = png->stride * png->height / IE_INFLATE_MOST_RATIO <= size;
    png->rows = likely ? ie_try_alloc(png->height + (size_t)1, png->stride) : NULL;
    if (png->rows == NULL ||
        !unpack(bytes, size, png->rows + png->stride, png->stride * png->height)) {
        ie_png_close(png);
        return NULL;
    }
    memset(png->rows, 0, png->stride);
    *ret_facts = facts;
    return png;
}

void ie_png_close(ie_png *png)
{
    if (png != NULL) {
        free(png->rows);
        free(png);
    }
}

/* ---- filters (W3C PNG 3rd edition, 9.2) --------------------------------------------------- */

/* In place: `row` and the one above it, `count` samples of pixels of `channels`. */
static INLINE void undo_sub(uint8_t *row, size_t count, size_t channels)
{
    uint8_t left[3] = {0};
    for (size_t i = 0; i < count; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            left[c] = (uint8_t)(left[c] + row[i + c]);
            row[i + c] = left[c];
        }
    }
}

IE_WIDE static void undo_up(uint8_t *restrict row, const uint8_t *restrict above, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row[i] = (uint8_t)(row[i] + above[i]);
    }
}

static INLINE void undo_average(uint8_t *restrict row, const uint8_t *restrict above, size_t count,
                                size_t channels)
{
    uint8_t left[3] = {0};
    for (size_t i = 0; i < count; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            left[c] = (uint8_t)(row[i + c] + ((left[c] + above[i + c]) >> 1));
            row[i + c] = left[c];
        }
    }
}

static INLINE int distance(int value)
{
    return value < 0 ? -value : value;
}

static INLINE void undo_paeth(uint8_t *restrict row, const uint8_t *restrict above, size_t count,
                              size_t channels)
{
    int left[3] = {0}, corner[3] = {0};
    for (size_t i = 0; i < count; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            const int up = above[i + c], a = up - corner[c], b = left[c] - corner[c];
            const int to_left = distance(a), to_up = distance(b), to_corner = distance(a + b);
            int nearest = to_up <= to_corner ? up : corner[c];
            nearest = to_left <= to_up && to_left <= to_corner ? left[c] : nearest;
            corner[c] = up;
            left[c] = (row[i + c] + nearest) & 255;
            row[i + c] = (uint8_t)left[c];
        }
    }
}

static INLINE bool undo(unsigned filter, uint8_t *row, const uint8_t *above, size_t count,
                        size_t channels)
{
    switch (filter) {
    case 0:
        return true;
    case 1:
        undo_sub(row, count, channels);
        return true;
    case 2:
        undo_up(row, above, count);
        return true;
    case 3:
        undo_average(row, above, count, channels);
        return true;
    case 4:
        undo_paeth(row, above, count, channels);
        return true;
    default:
        return false;
    }
}

const uint8_t *ie_png_row(ie_png *png)
{
    if (png->row == png->height) {
        return NULL;
    }
    const uint8_t *above = png->rows + png->row * png->stride + 1;
    uint8_t *row = png->rows + (png->row + (size_t)1) * png->stride + 1;
    const size_t count = png->stride - 1;
    const bool good = png->channels == 3 ? undo(row[-1], row, above, count, 3)
                                         : undo(row[-1], row, above, count, 1);
    png->row++;
    return good ? row : NULL;
}
