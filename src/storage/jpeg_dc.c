// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_dc.h"

#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_header.h"
#include "utils/memory.h"

#define MAX_SAMPLING 4
/* Blocks of the widest row, 65,500 samples, rounded up to whole MCUs. */
#define MAX_ROW (65500 / 8 + 1 + MAX_SAMPLING)
/* As storage/jpeg_file has it. */
#define MAX_SCANS 200

struct ie_jpeg_dc {
    ie_jpeg_header header;
    ie_walk walk;
    ie_dc_table dc[4];
    ie_ac_table ac[4];
    uint8_t rows[MAX_SAMPLING][MAX_ROW]; /* of samples: one row of MCUs */
    int8_t known[3][64]; /* progressive: the lowest known bit of each coefficient, -1: none */
};

ie_jpeg_dc *ie_jpeg_dc_new(void)
{
    return ie_alloc(sizeof(ie_jpeg_dc));
}

void ie_jpeg_dc_free(ie_jpeg_dc *dc)
{
    free(dc);
}

/* ---- what both kinds share ---- */

static uint32_t plane_side(uint16_t side)
{
    return (side + 7u) / 8;
}

/* An MCU of a single component is one block, whatever sampling it names (T.81, A.2.2). */
static uint32_t columns_of(const ie_jpeg_scan *scan, const ie_jpeg_component *it)
{
    return scan->count == 1 ? 1 : it->h;
}

static uint32_t lines_of(const ie_jpeg_scan *scan, const ie_jpeg_component *it)
{
    return scan->count == 1 ? 1 : it->v;
}

static const char *check_quantisers(const ie_jpeg_header *head)
{
    for (int i = 0; i < head->count; i++) {
        uint16_t quantiser = head->dc_quantisers[head->components[i].quantiser];
        if (quantiser == 0 || quantiser > INT16_MAX) {
            return "odd quantisation table";
        }
    }
    return NULL;
}

/* The tables that the scan's blocks are decoded by, and how many blocks its MCU has. */
static const char *set_tables(ie_jpeg_dc *dc)
{
    const ie_jpeg_header *head = &dc->header;
    const ie_jpeg_scan *scan = &head->scan;
    uint32_t blocks = 0;
    for (int i = 0; i < scan->count; i++) {
        const ie_jpeg_component *it = &head->components[scan->components[i]];
        blocks += columns_of(scan, it) * lines_of(scan, it);
        const ie_huffman *huffman = &head->dc[scan->dc[i]];
        if (scan->first == 0 && scan->high == 0 &&
            (!huffman->defined || !ie_dc_table_set(&dc->dc[scan->dc[i]], huffman))) {
            return "bad Huffman table";
        }
        huffman = &head->ac[scan->ac[i]];
        if (!head->progressive &&
            (!huffman->defined || !ie_ac_table_set(&dc->ac[scan->ac[i]], huffman))) {
            return "bad Huffman table";
        }
        if (head->progressive && scan->first > 0 && !ie_huffman_is_sound(huffman)) {
            return "bad Huffman table";
        }
    }
    return blocks <= IE_WALK_MAX_BLOCKS ? NULL : "odd sampling";
}

const char *ie_jpeg_dc_open(ie_jpeg_dc *dc, const uint8_t *bytes, size_t size, uint64_t max_pixels,
                            ie_jpeg_dc_facts *ret_facts)
{
    ie_jpeg_header *head = &dc->header;
    const char *reason = ie_jpeg_header_read(head, bytes, size);
    if (reason == NULL && (uint64_t)head->width * head->height > max_pixels) {
        reason = "too many pixels";
    }
    if (reason == NULL && !head->progressive && head->scan.count != head->count) {
        reason = "several scans";
    }
    if (reason == NULL) {
        reason = ie_jpeg_header_check(head);
    }
    if (reason == NULL) {
        reason = check_quantisers(head);
    }
    if (reason == NULL) {
        reason = set_tables(dc);
    }
    if (reason == NULL) {
        *ret_facts = (ie_jpeg_dc_facts){
            .width = head->width,
            .height = head->height,
            .plane_width = plane_side(head->width),
            .plane_height = plane_side(head->height),
            .dc_quantiser = head->dc_quantisers[head->components[0].quantiser],
            .progressive = head->progressive,
        };
    }
    return reason;
}

static void start_walk(ie_jpeg_dc *dc, ie_walk_kind kind)
{
    const ie_jpeg_header *head = &dc->header;
    dc->walk.kind = kind;
    dc->walk.low = head->scan.low;
    dc->walk.quantiser = head->dc_quantisers[head->components[0].quantiser];
    dc->walk.restart_interval = head->restart_interval;
    ie_walk_start(&dc->walk, head->at, head->end);
}

/* The blocks of the scan's MCU in their order (T.81, A.2.3). Luma's go to dc->rows, or to `values`,
 * rows of `stride`. */
static int list_blocks(ie_jpeg_dc *dc, int16_t *values, size_t stride, ie_walk_block *blocks)
{
    const ie_jpeg_scan *scan = &dc->header.scan;
    int count = 0;
    for (int i = 0; i < scan->count; i++) {
        const ie_jpeg_component *it = &dc->header.components[scan->components[i]];
        bool luma = scan->components[i] == 0;
        for (uint32_t y = 0; y < lines_of(scan, it); y++) {
            for (uint32_t x = 0; x < columns_of(scan, it); x++) {
                blocks[count++] = (ie_walk_block){
                    .dc = &dc->dc[scan->dc[i]],
                    .ac = &dc->ac[scan->ac[i]],
                    .out = luma && values == NULL ? dc->rows[y] + x : NULL,
                    .value = luma && values != NULL ? values + y * stride + x : NULL,
                    .step = columns_of(scan, it),
                };
            }
        }
    }
    return count;
}

/* ---- sequential ---- */

static const char *read_sequential(ie_jpeg_dc *dc, uint8_t *plane)
{
    ie_jpeg_header *head = &dc->header;
    uint32_t width = plane_side(head->width), height = plane_side(head->height);
    uint32_t columns = columns_of(&head->scan, &head->components[0]);
    uint32_t lines = lines_of(&head->scan, &head->components[0]);
    ie_walk_block blocks[IE_WALK_MAX_BLOCKS];
    int count = list_blocks(dc, NULL, 0, blocks);
    start_walk(dc, IE_WALK_SEQUENTIAL);
    for (uint32_t y = 0; y < height; y += lines) {
        if (!ie_walk_row(&dc->walk, blocks, count, (width + columns - 1) / columns)) {
            return "bad or missing data";
        }
        for (uint32_t i = 0; i < lines && y + i < height; i++) {
            memcpy(plane + (size_t)(y + i) * width, dc->rows[i], width);
        }
    }
    bool ended;
    const char *reason = ie_jpeg_header_next(head, ie_walk_leave(&dc->walk), &ended);
    return reason == NULL && !ended ? "several scans" : reason;
}

/* ---- progressive ---- */

/* Does the scan go on where those before it ended (T.81, G.1.1.1.1)? */
static bool note_scan(ie_jpeg_dc *dc)
{
    const ie_jpeg_scan *scan = &dc->header.scan;
    for (int i = 0; i < scan->count; i++) {
        int8_t *known = dc->known[scan->components[i]];
        if (scan->first > 0 && known[0] < 0) {
            return false;
        }
        for (int k = scan->first; k <= scan->last; k++) {
            if (scan->high != (known[k] < 0 ? 0 : known[k])) {
                return false;
            }
            known[k] = (int8_t)scan->low;
        }
    }
    return true;
}

/* The marker after entropy-coded data that is not decoded. */
static const uint8_t *skip_data(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (at = memchr(at, 0xff, (size_t)(end - at))) != NULL && end - at >= 2) {
        bool stays = at[1] == 0 || (at[1] >= 0xd0 && at[1] <= 0xd7); /* stuffing, restart */
        if (!stays && at[1] != 0xff) {
            return at;
        }
        at += stays ? 2 : 1;
    }
    return end;
}

/* Reads a DC scan that has luma into `values`, or steps over any other; *ret_at is the marker after
 * it. */
static const char *read_scan(ie_jpeg_dc *dc, int16_t *values, size_t stride, const uint8_t **ret_at)
{
    const ie_jpeg_header *head = &dc->header;
    const ie_jpeg_scan *scan = &head->scan;
    const char *reason = note_scan(dc) ? set_tables(dc) : "odd progression";
    if (reason != NULL) {
        return reason;
    }
    if (scan->first > 0 || scan->components[0] != 0) {
        *ret_at = skip_data(head->at, head->end);
        return NULL;
    }
    uint32_t width = plane_side(head->width), height = plane_side(head->height);
    uint32_t columns = columns_of(scan, &head->components[0]),
             lines = lines_of(scan, &head->components[0]);
    start_walk(dc, scan->high == 0 ? IE_WALK_DC_FIRST : IE_WALK_DC_REFINE);
    for (uint32_t y = 0; y < height; y += lines) {
        ie_walk_block blocks[IE_WALK_MAX_BLOCKS];
        int count = list_blocks(dc, values + y * stride, stride, blocks);
        if (!ie_walk_row(&dc->walk, blocks, count, (width + columns - 1) / columns)) {
            return "bad or missing data";
        }
    }
    *ret_at = ie_walk_leave(&dc->walk);
    return NULL;
}

static const char *read_scans(ie_jpeg_dc *dc, int16_t *values, size_t stride)
{
    ie_jpeg_header *head = &dc->header;
    memset(dc->known, -1, sizeof dc->known);
    for (bool ended = false; !ended;) {
        const uint8_t *at = NULL;
        const char *reason =
            head->scans > MAX_SCANS ? "too many scans" : read_scan(dc, values, stride, &at);
        if (reason == NULL) {
            reason = ie_jpeg_header_next(head, at, &ended);
        }
        if (reason != NULL) {
            return reason;
        }
    }
    for (int k = 0; k < 64; k++) {
        if (dc->known[0][k] != 0) {
            return "unfinished progression"; /* libjpeg would smooth it */
        }
    }
    return NULL;
}

static const char *read_progressive(ie_jpeg_dc *dc, uint8_t *plane)
{
    const ie_jpeg_header *head = &dc->header;
    uint32_t width = plane_side(head->width), height = plane_side(head->height);
    size_t stride = (size_t)width + MAX_SAMPLING;
    size_t size = stride * ((size_t)height + MAX_SAMPLING);
    IE_AUTO_FREE int16_t *values = ie_try_alloc(size, sizeof *values);
    if (values == NULL) {
        return "not enough memory";
    }
    memset(values, 0, size * sizeof *values);
    const char *reason = read_scans(dc, values, stride);
    int32_t quantiser = head->dc_quantisers[head->components[0].quantiser];
    for (uint32_t y = 0; reason == NULL && y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            if (!ie_dc_sample(values[y * stride + x], quantiser, plane + (size_t)y * width + x)) {
                return "bad or missing data";
            }
        }
    }
    return reason;
}

const char *ie_jpeg_dc_read(ie_jpeg_dc *dc, uint8_t *plane)
{
    return dc->header.progressive ? read_progressive(dc, plane) : read_sequential(dc, plane);
}
