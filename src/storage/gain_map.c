// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/gain_map.h"

#include <string.h>

#include "storage/meta_box.h"

#define MAX_SEGMENTS 4096
#define MAX_ITEMS 65536

static bool holds(const uint8_t *bytes, size_t size, const char *text)
{
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* ---- JPEG ---------------------------------------------------------------------------------- */

static bool is_gain_segment(uint8_t marker, const uint8_t *body, size_t size)
{
    static const char iso[] = "urn:iso:std:iso:ts:21496:-1", xmp[] = "http://ns.adobe.com/x";
    if (marker == 0xe2) {
        return size >= sizeof iso && memcmp(body, iso, sizeof iso) == 0;
    }
    return marker == 0xe1 && size > sizeof xmp && memcmp(body, xmp, sizeof xmp - 1) == 0 &&
           (holds(body, size, "hdrgm:Version") || holds(body, size, "HDRGainMapVersion") ||
            holds(body, size, "Item:Semantic=\"GainMap\""));
}

/* The segments of one picture; *at is left behind its header, where the coded data begins. */
static bool in_header(const uint8_t *bytes, size_t size, size_t *at)
{
    bool told = false;
    *at += 2;
    for (int i = 0; i < MAX_SEGMENTS && size - *at >= 4 && bytes[*at] == 0xff; i++) {
        uint8_t marker = bytes[*at + 1];
        size_t length = (size_t)bytes[*at + 2] << 8 | bytes[*at + 3];
        if (marker == 0xda || length < 2 || length > size - *at - 2) {
            break;
        }
        told = told || is_gain_segment(marker, bytes + *at + 4, length - 2);
        *at += 2 + length;
    }
    return told;
}

/* Of the next picture. Not memmem(): coded data has a 0xff in some hundred bytes only. */
static const uint8_t *find_start(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = bytes + size;
    while (end - at >= 3 && (at = memchr(at, 0xff, (size_t)(end - at) - 2)) != NULL) {
        if (at[1] == 0xd8 && at[2] == 0xff) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* The first picture's header, and those of pictures behind it: Apple tells of the map only there.
   What tells of it where no picture follows was left over by a program that dropped the map. */
static bool in_jpeg(const uint8_t *bytes, size_t size)
{
    bool told = false;
    size_t at = 0;
    for (int picture = 0; picture < 16 && size - at > 4; picture++) {
        told = in_header(bytes, size, &at) || told;
        if (told && picture > 0) {
            return true;
        }
        const uint8_t *found = at < size ? find_start(bytes + at, size - at) : NULL;
        if (found == NULL) {
            return false;
        }
        at = (size_t)(found - bytes);
    }
    return told;
}

/* ---- HEIF ---------------------------------------------------------------------------------- */

static bool has_tone_map(const ie_span *boxes)
{
    ie_span iinf = ie_box_find(boxes, IE_BOX('i', 'i', 'n', 'f'));
    const uint8_t *p = ie_span_at(&iinf, 0, 4);
    uint64_t at = p != NULL && p[0] == 0 ? 6 : 8;
    ie_box box;
    for (int i = 0; p != NULL && i < MAX_ITEMS && ie_box_next(&iinf, &at, &box); i++) {
        const uint8_t *info =
            box.type == IE_BOX('i', 'n', 'f', 'e') ? ie_span_at(&box.body, 0, 4) : NULL;
        /* Version 2 has ids of two bytes, version 3 of four; then a protection index, then the
           type. */
        uint64_t type_at = info != NULL && info[0] == 2 ? 8 : 10;
        const uint8_t *type =
            info != NULL && info[0] >= 2 ? ie_span_at(&box.body, type_at, 4) : NULL;
        if (type != NULL && memcmp(type, "tmap", 4) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_auxiliary(const ie_span *boxes)
{
    static const char apple[] = "urn:com:apple:photo:2020:aux:hdrgainmap";
    ie_span iprp = ie_box_find(boxes, IE_BOX('i', 'p', 'r', 'p'));
    ie_span ipco = ie_box_find(&iprp, IE_BOX('i', 'p', 'c', 'o'));
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < MAX_ITEMS && ie_box_next(&ipco, &at, &box); i++) {
        const uint8_t *p = box.type == IE_BOX('a', 'u', 'x', 'C')
                               ? ie_span_at(&box.body, 4, sizeof apple - 1)
                               : NULL;
        if (p != NULL && memcmp(p, apple, sizeof apple - 1) == 0) {
            return true;
        }
    }
    return false;
}

static bool in_heif(const uint8_t *bytes, size_t size)
{
    ie_span file = ie_span_memory(bytes, size);
    ie_span meta = ie_box_find(&file, IE_BOX('m', 'e', 't', 'a'));
    ie_span boxes = ie_span_part(&meta, 4, meta.size);
    return has_tone_map(&boxes) || has_auxiliary(&boxes);
}

/* ---- JPEG XL ------------------------------------------------------------------------------- */

/* As it is, or packed with Brotli (ISO 18181-2): then its type stands first in the box. */
static bool in_jxl(const uint8_t *bytes, size_t size)
{
    ie_span file = ie_span_memory(bytes, size);
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < MAX_ITEMS && ie_box_next(&file, &at, &box); i++) {
        const uint8_t *packed =
            box.type == IE_BOX('b', 'r', 'o', 'b') ? ie_span_at(&box.body, 0, 4) : NULL;
        if (box.type == IE_BOX('j', 'h', 'g', 'm') ||
            (packed != NULL && memcmp(packed, "jhgm", 4) == 0)) {
            return true;
        }
    }
    return false;
}

bool ie_gain_map_in(const uint8_t *bytes, size_t size, ie_format format)
{
    switch (format) {
    case IE_FORMAT_JPEG:
        return size > 4 && bytes[0] == 0xff && bytes[1] == 0xd8 && in_jpeg(bytes, size);
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
        return in_heif(bytes, size);
    case IE_FORMAT_JXL:
        return in_jxl(bytes, size);
    default:
        return false;
    }
}

bool ie_gain_map_possible(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF ||
           format == IE_FORMAT_JXL;
}
