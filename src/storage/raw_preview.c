// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/raw_preview.h"

#include <string.h>

#define MAX_DIRECTORIES 32
#define MAX_ENTRIES 1024
#define MAX_SEGMENTS 64
#define MAX_CANDIDATES 64

/* TIFF tags (TIFF 6.0; TIFF/EP; Panasonic's JpgFromRaw). */
enum {
    TAG_STRIP_OFFSETS = 0x0111,
    TAG_STRIP_SIZES = 0x0117,
    TAG_SUB_IFDS = 0x014a,
    TAG_JPEG_OFFSET = 0x0201,
    TAG_JPEG_SIZE = 0x0202,
    TAG_PANASONIC_JPEG = 0x002e
};

typedef struct search {
    ie_bytes *bytes;
    bool big_endian;
    uint64_t queue[MAX_DIRECTORIES]; /* directories met, each once */
    unsigned queued;
    ie_preview best;
} search;

typedef struct entry {
    uint16_t tag, type;
    uint32_t count;
    uint64_t value_at; /* file offset of the first value */
} entry;

static uint16_t u16(const search *s, const uint8_t *p)
{
    return (uint16_t)(s->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static uint32_t u32(const search *s, const uint8_t *p)
{
    return s->big_endian ? (uint32_t)u16(s, p) << 16 | u16(s, p + 2)
                         : (uint32_t)u16(s, p + 2) << 16 | u16(s, p);
}

static bool is_frame_marker(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Reads segments up to the frame header; true when it is one that can be decoded. */
static bool probe_jpeg(ie_bytes *bytes, uint64_t offset, uint32_t *ret_width, uint32_t *ret_height)
{
    const uint8_t *p = ie_bytes_at(bytes, offset, 3);
    if (p == NULL || p[0] != 0xff || p[1] != 0xd8 || p[2] != 0xff) {
        return false;
    }
    uint64_t at = offset + 2;
    for (int i = 0; i < MAX_SEGMENTS; i++) {
        p = ie_bytes_at(bytes, at, 10);
        if (p == NULL || p[0] != 0xff || p[1] == 0xda || p[1] == 0xd9) {
            return false;
        }
        if (is_frame_marker(p[1])) {
            *ret_height = (uint32_t)(p[5] << 8 | p[6]);
            *ret_width = (uint32_t)(p[7] << 8 | p[8]);
            return p[1] <= 0xc2 && p[4] == 8 && (p[9] == 1 || p[9] == 3) && *ret_width > 0 &&
                   *ret_height > 0;
        }
        uint32_t length = (uint32_t)(p[2] << 8 | p[3]);
        if (length < 2 || p[1] < 0xc0) {
            return false;
        }
        at += 2 + length;
    }
    return false;
}

/* `size` 0: up to the end of the file. */
static void consider(search *s, uint64_t offset, uint64_t size)
{
    uint64_t total = ie_bytes_size(s->bytes);
    uint32_t width, height;
    if (offset == 0 || offset >= total || !probe_jpeg(s->bytes, offset, &width, &height)) {
        return;
    }
    if (size == 0 || size > total - offset) {
        size = total - offset;
    }
    if ((uint64_t)width * height > (uint64_t)s->best.width * s->best.height) {
        s->best = (ie_preview){offset, size, width, height};
    }
}

static void enqueue(search *s, uint64_t offset)
{
    for (unsigned i = 0; i < s->queued; i++) {
        if (s->queue[i] == offset) {
            return;
        }
    }
    if (offset != 0 && s->queued < MAX_DIRECTORIES) {
        s->queue[s->queued++] = offset;
    }
}

static uint32_t value_of(search *s, const entry *e, uint32_t index)
{
    unsigned size = e->type == 3 ? 2 : 4;
    const uint8_t *p = ie_bytes_at(s->bytes, e->value_at + (uint64_t)index * size, size);
    return p == NULL ? 0 : size == 2 ? u16(s, p) : u32(s, p);
}

static entry read_entry(const search *s, const uint8_t *p, uint64_t at)
{
    entry e = {.tag = u16(s, p), .type = u16(s, p + 2), .count = u32(s, p + 4)};
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    uint64_t bytes = (uint64_t)e.count * (e.type < sizeof sizes ? sizes[e.type] : 1);
    e.value_at = bytes <= 4 ? at + 8 : u32(s, p + 8);
    return e;
}

/* One directory: previews it names, directories it leads to. */
static void read_directory(search *s, uint64_t offset)
{
    const uint8_t *p = ie_bytes_at(s->bytes, offset, 2);
    uint32_t count = p != NULL ? u16(s, p) : 0;
    if (count == 0 || count > MAX_ENTRIES) {
        return;
    }
    uint64_t strip = 0, strip_size = 0, jpeg = 0, jpeg_size = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = offset + 2 + (uint64_t)i * 12;
        p = ie_bytes_at(s->bytes, at, 12);
        if (p == NULL) {
            return;
        }
        entry e = read_entry(s, p, at);
        if (e.tag == TAG_SUB_IFDS) {
            for (uint32_t k = 0; k < e.count && k < MAX_DIRECTORIES; k++) {
                enqueue(s, value_of(s, &e, k));
            }
        } else if (e.tag == TAG_PANASONIC_JPEG) {
            consider(s, e.value_at, e.count);
        } else if (e.tag == TAG_JPEG_OFFSET) {
            jpeg = value_of(s, &e, 0);
        } else if (e.tag == TAG_JPEG_SIZE) {
            jpeg_size = value_of(s, &e, 0);
        } else if (e.tag == TAG_STRIP_OFFSETS && e.count == 1) {
            strip = value_of(s, &e, 0);
        } else if (e.tag == TAG_STRIP_SIZES && e.count == 1) {
            strip_size = value_of(s, &e, 0);
        }
    }
    consider(s, jpeg, jpeg_size);
    consider(s, strip, strip_size);
    p = ie_bytes_at(s->bytes, offset + 2 + (uint64_t)count * 12, 4);
    enqueue(s, p != NULL ? u32(s, p) : 0);
}

static void read_tiff(search *s)
{
    const uint8_t *p = ie_bytes_at(s->bytes, 0, 8);
    if (p == NULL || !((p[0] == 'I' && p[1] == 'I') || (p[0] == 'M' && p[1] == 'M'))) {
        return;
    }
    s->big_endian = p[0] == 'M';
    enqueue(s, u32(s, p + 4));
    for (unsigned i = 0; i < s->queued; i++) {
        read_directory(s, s->queue[i]);
    }
}

/* Fujifilm: "FUJIFILMCCD-RAW ", then at 84 and 88, big-endian, offset and length of the preview. */
static void read_raf(search *s)
{
    const uint8_t *p = ie_bytes_at(s->bytes, 0, 92);
    if (p != NULL && memcmp(p, "FUJIFILMCCD-RAW ", 16) == 0) {
        s->big_endian = true;
        consider(s, u32(s, p + 84), u32(s, p + 88));
    }
}

static void search_all(search *s, uint64_t max_file_bytes)
{
    const uint8_t *whole = ie_bytes_load(s->bytes, max_file_bytes);
    uint64_t size = ie_bytes_size(s->bytes);
    int candidates = 0;
    for (uint64_t at = 0; whole != NULL && size - at > 3 && candidates < MAX_CANDIDATES;) {
        const uint8_t *found = memchr(whole + at, 0xff, size - at - 2);
        if (found == NULL) {
            return;
        }
        at = (uint64_t)(found - whole);
        if (found[1] == 0xd8 && found[2] == 0xff) {
            candidates++;
            consider(s, at, 0);
        }
        at++;
    }
}

bool ie_raw_find_preview(ie_bytes *bytes, uint64_t max_file_bytes, ie_preview *ret_preview)
{
    search s = {.bytes = bytes};
    read_tiff(&s);
    read_raf(&s);
    if (s.best.size == 0) {
        search_all(&s, max_file_bytes);
    }
    if (s.best.size == 0) {
        return false;
    }
    *ret_preview = s.best;
    return true;
}
