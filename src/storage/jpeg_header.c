// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_header.h"

#include <string.h>

/* libjpeg's own limit (JPEG_MAX_DIMENSION). */
#define MAX_SIDE 65500
#define MAX_SAMPLING 4

enum {
    SOF0 = 0xc0,
    SOF1 = 0xc1,
    SOF2 = 0xc2,
    DHT = 0xc4,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DRI = 0xdd,
    APP0 = 0xe0,
    APP14 = 0xee,
    APP15 = 0xef,
    COM = 0xfe
};

typedef struct segment {
    const uint8_t *at;
    size_t size;
} segment;

static uint16_t two_bytes(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static const char *read_quantisers(ie_jpeg_header *head, segment in)
{
    while (in.size > 0) {
        unsigned wide = in.at[0] >> 4, index = in.at[0] & 15;
        size_t size = wide != 0 ? 129 : 65;
        if (wide > 1 || index > 3 || in.size < size) {
            return "odd quantisation table";
        }
        for (int k = 0; k < 64; k++) {
            head->quantisers[index][k] = wide != 0 ? two_bytes(in.at + 1 + 2 * k) : in.at[1 + k];
        }
        in.at += size;
        in.size -= size;
    }
    return NULL;
}

static const char *read_huffman(ie_jpeg_header *head, segment in)
{
    while (in.size > 0) {
        unsigned kind = in.at[0] >> 4, index = in.at[0] & 15;
        if (kind > 1 || index > 3 || in.size < 17) {
            return "odd Huffman table";
        }
        ie_huffman *huffman = kind != 0 ? &head->ac[index] : &head->dc[index];
        memset(huffman, 0, sizeof *huffman);
        memcpy(huffman->counts, in.at + 1, sizeof huffman->counts);
        size_t total = 0;
        for (int i = 0; i < 16; i++) {
            total += huffman->counts[i];
        }
        if (total > sizeof huffman->symbols || in.size - 17 < total) {
            return "odd Huffman table";
        }
        memcpy(huffman->symbols, in.at + 17, total);
        huffman->defined = true;
        in.at += 17 + total;
        in.size -= 17 + total;
    }
    return NULL;
}

static const char *read_frame(ie_jpeg_header *head, segment in)
{
    if (head->count != 0 || in.size < 6 || in.at[0] != 8) {
        return "odd frame header";
    }
    head->height = two_bytes(in.at + 1);
    head->width = two_bytes(in.at + 3);
    int count = in.at[5];
    if (head->width == 0 || head->height == 0 || head->width > MAX_SIDE ||
        head->height > MAX_SIDE) {
        return "odd size";
    }
    if ((count != 1 && count != 3) || in.size != 6 + 3 * (size_t)count) {
        return "not grey or three components";
    }
    for (int i = 0; i < count; i++) {
        const uint8_t *at = in.at + 6 + 3 * i;
        ie_jpeg_component it = {.id = at[0], .h = at[1] >> 4, .v = at[1] & 15, .quantiser = at[2]};
        bool odd =
            it.h < 1 || it.v < 1 || it.h > MAX_SAMPLING || it.v > MAX_SAMPLING || it.quantiser > 3;
        for (int j = 0; j < i; j++) {
            odd = odd || it.id == head->components[j].id;
        }
        if (odd) {
            return "odd component";
        }
        head->components[i] = it;
    }
    head->count = count;
    return NULL;
}

static bool is_odd_band(const ie_jpeg_header *head, const ie_jpeg_scan *scan)
{
    if (!head->progressive) {
        return scan->first != 0 || scan->last != 63 || scan->high != 0 || scan->low != 0;
    }
    bool refines = scan->high != 0;
    return (scan->first == 0 ? scan->last != 0
                             : scan->last < scan->first || scan->last > 63 || scan->count != 1) ||
           scan->low > 13 || (refines && scan->low != scan->high - 1);
}

static const char *read_scan(ie_jpeg_header *head, segment in)
{
    ie_jpeg_scan *scan = &head->scan;
    scan->count = in.size > 0 ? in.at[0] : 0;
    if (head->count == 0 || scan->count < 1 || scan->count > head->count ||
        in.size != 4 + 2 * (size_t)scan->count) {
        return "odd scan header";
    }
    int index = -1;
    for (int i = 0; i < scan->count; i++) {
        const uint8_t *at = in.at + 1 + 2 * i;
        do {
            index++;
        } while (index < head->count && head->components[index].id != at[0]);
        scan->dc[i] = at[1] >> 4;
        scan->ac[i] = at[1] & 15;
        if (index >= head->count || scan->dc[i] > 3 || scan->ac[i] > 3) {
            return "odd scan header";
        }
        scan->components[i] = (uint8_t)index;
    }
    const uint8_t *band = in.at + 1 + 2 * scan->count;
    scan->first = band[0];
    scan->last = band[1];
    scan->high = band[2] >> 4;
    scan->low = band[2] & 15;
    head->scans++;
    return is_odd_band(head, scan) ? "odd scan header" : NULL;
}

/* What libjpeg takes the colour space from: JFIF, else Adobe, else the names of the components. */
static void read_application(ie_jpeg_header *head, uint8_t marker, segment in)
{
    if (marker == APP0 && in.size >= 14 && memcmp(in.at, "JFIF", 5) == 0) {
        head->jfif = true;
    } else if (marker == APP14 && in.size >= 12 && memcmp(in.at, "Adobe", 5) == 0) {
        head->adobe = true;
        head->adobe_transform = in.at[11];
    }
}

static const char *read_segment(ie_jpeg_header *head, uint8_t marker, segment in)
{
    switch (marker) {
    case DQT:
        return head->scans > 0 ? "odd marker" : read_quantisers(head, in);
    case DHT:
        return read_huffman(head, in);
    case SOF0:
    case SOF1:
    case SOF2:
        head->progressive = marker == SOF2;
        return read_frame(head, in);
    case SOS:
        return read_scan(head, in);
    case DRI:
        if (in.size != 2) {
            return "odd restart interval";
        }
        head->restart_interval = two_bytes(in.at);
        return NULL;
    case COM:
        return NULL;
    default:
        if (marker < APP0 || marker > APP15) {
            return marker >= 0xc3 && marker <= 0xcf ? "not Huffman or hierarchical" : "odd marker";
        }
        read_application(head, marker, in);
        return NULL;
    }
}

const char *ie_jpeg_header_next(ie_jpeg_header *head, const uint8_t *at, bool *ret_ended)
{
    const uint8_t *end = head->end;
    for (;;) {
        while (end - at >= 2 && at[0] == 0xff && at[1] == 0xff) {
            at++; /* fill bytes */
        }
        if (end - at >= 2 && at[0] == 0xff && at[1] == EOI) {
            *ret_ended = true;
            return NULL;
        }
        if (end - at < 4 || at[0] != 0xff) {
            return "odd header";
        }
        uint8_t marker = at[1];
        size_t length = two_bytes(at + 2);
        if (length < 2 || (size_t)(end - at) - 2 < length) {
            return "odd header";
        }
        const char *reason = read_segment(head, marker, (segment){at + 4, length - 2});
        at += 2 + length;
        if (reason != NULL) {
            return reason;
        }
        if (marker == SOS) {
            head->at = at;
            *ret_ended = false;
            return NULL;
        }
    }
}

const char *ie_jpeg_header_read(ie_jpeg_header *head, const uint8_t *bytes, size_t size)
{
    *head = (ie_jpeg_header){.end = bytes + size};
    if (size < 2 || bytes[0] != 0xff || bytes[1] != SOI) {
        return "no JPEG";
    }
    bool ended;
    const char *reason = ie_jpeg_header_next(head, bytes + 2, &ended);
    return reason == NULL && ended ? "no scan" : reason;
}

static const char *check_color(const ie_jpeg_header *head)
{
    if (head->count == 1 || head->jfif) {
        return NULL;
    }
    if (head->adobe) {
        return head->adobe_transform == 1 ? NULL : "not YCbCr";
    }
    const ie_jpeg_component *of = head->components;
    return of[0].id == 'R' && of[1].id == 'G' && of[2].id == 'B' ? "not YCbCr" : NULL;
}

/* At 1/8 libjpeg decodes a component of lower resolution at 1/4 or more: luma must be one of the
   highest. */
static const char *check_sampling(const ie_jpeg_header *head)
{
    const ie_jpeg_component *luma = &head->components[0];
    for (int i = 0; i < head->count; i++) {
        const ie_jpeg_component *it = &head->components[i];
        if (it->h > luma->h || it->v > luma->v) {
            return "luma is subsampled";
        }
    }
    return NULL;
}

const char *ie_jpeg_header_check(const ie_jpeg_header *head)
{
    const char *reason = check_color(head);
    return reason != NULL ? reason : check_sampling(head);
}
