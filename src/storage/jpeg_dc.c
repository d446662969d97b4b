// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_dc.h"

#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_header.h"
#include "utils/memory.h"

#define MAX_SAMPLING 4
#define MAX_ROW (65500 / 8 + 1 + MAX_SAMPLING) /* blocks of the widest row, in whole MCUs */
#define MAX_SCANS 200                          /* as storage/jpeg_file has it */

struct ie_jpeg_dc {
    ie_jpeg_header header;
    ie_jpeg_planes planes;
    ie_walk walk;
    ie_dc_table dc[4];
    ie_ac_table ac[4];
    ie_value_table values[4];
    uint8_t rows[3][MAX_SAMPLING][MAX_ROW]; /* of samples: one row of MCUs */
    uint8_t quarter[2 * MAX_SAMPLING][2 * MAX_ROW];
    int16_t (*blocks[3])[64]; /* where a row of MCUs goes, when all coefficients are wanted */
    uint8_t *samples[3];      /* where it goes when DC is, of chroma */
    int16_t *coefficients[3]; /* progressive: DC as far as it is known, rows of stride_of() */
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

/* The blocks of a component across and down that hold picture (T.81, A.1.1). */
static uint32_t blocks_across(const ie_jpeg_header *head, int component)
{
    uint32_t most = head->components[0].h, own = head->components[component].h;
    return head->count == 1 ? plane_side(head->width)
                            : (head->width * own + 8 * most - 1) / (8 * most);
}

static uint32_t blocks_down(const ie_jpeg_header *head, int component)
{
    uint32_t most = head->components[0].v, own = head->components[component].v;
    return head->count == 1 ? plane_side(head->height)
                            : (head->height * own + 8 * most - 1) / (8 * most);
}

static uint8_t *plane_of(const ie_jpeg_dc *dc, int component)
{
    return component == 0 ? dc->planes.luma : dc->planes.chroma[component - 1];
}

static const char *check_quantisers(const ie_jpeg_header *head)
{
    for (int i = 0; i < head->count; i++) {
        uint16_t quantiser = head->quantisers[head->components[i].quantiser][0];
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
        if ((!head->progressive || scan->first > 0) && !ie_huffman_is_sound(huffman)) {
            return "bad Huffman table";
        }
    }
    return blocks <= IE_WALK_MAX_BLOCKS ? NULL : "odd sampling";
}

static ie_jpeg_dc_facts facts_of(const ie_jpeg_header *head)
{
    ie_jpeg_dc_facts facts = {
        .width = head->width,
        .height = head->height,
        .plane_width = plane_side(head->width),
        .plane_height = plane_side(head->height),
        .dc_quantiser = head->quantisers[head->components[0].quantiser][0],
        .gray = head->count == 1,
        .progressive = head->progressive,
    };
    if (!head->progressive) {
        facts.quarter_width = (head->width + 3u) / 4;
        facts.quarter_height = (head->height + 3u) / 4;
    }
    const ie_jpeg_component *luma = &head->components[0], *cb = &head->components[1],
                            *cr = &head->components[2];
    if (head->count == 3 && cb->h == cr->h && cb->v == cr->v && luma->h % cb->h == 0 &&
        luma->v % cb->v == 0) {
        facts.chroma_width = blocks_across(head, 1);
        facts.chroma_height = blocks_down(head, 1);
        facts.chroma_columns = luma->h / cb->h;
        facts.chroma_rows = luma->v / cb->v;
    }
    return facts;
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
        *ret_facts = facts_of(head);
    }
    return reason;
}

static void start_walk(ie_jpeg_dc *dc, ie_walk_kind kind)
{
    const ie_jpeg_header *head = &dc->header;
    dc->walk.kind = kind;
    dc->walk.low = head->scan.low;
    for (int i = 0; i < head->count; i++) {
        dc->walk.quantisers[i] = head->quantisers[head->components[i].quantiser][0];
    }
    dc->walk.restart_interval = head->restart_interval;
    ie_walk_start(&dc->walk, head->at, head->end);
}

static size_t stride_of(const ie_jpeg_header *head, int component)
{
    return (size_t)blocks_across(head, component) + MAX_SAMPLING;
}

/* MCUs of the scan across and down (T.81, A.2.2 and A.2.3). */
static uint32_t mcus_across(const ie_jpeg_header *head)
{
    uint32_t columns = head->scan.count == 1 ? 1 : head->components[0].h;
    uint32_t across = blocks_across(head, head->scan.count == 1 ? head->scan.components[0] : 0);
    return (across + columns - 1) / columns;
}

static uint32_t mcus_down(const ie_jpeg_header *head)
{
    uint32_t lines = head->scan.count == 1 ? 1 : head->components[0].v;
    uint32_t down = blocks_down(head, head->scan.count == 1 ? head->scan.components[0] : 0);
    return (down + lines - 1) / lines;
}

/* Where the first MCU of row `row` puts its block (x, y) of a component. */
static void aim(ie_jpeg_dc *dc, int component, uint32_t x, uint32_t y, size_t row,
                ie_walk_block *block)
{
    block->component = (uint8_t)component;
    const size_t stride = (size_t)mcus_across(&dc->header) * block->step;
    if (dc->samples[component] != NULL) {
        block->out = dc->samples[component] + y * stride + x;
        return;
    }
    if (dc->blocks[component] != NULL) {
        block->coefficients = dc->blocks[component] + y * stride + x;
        return;
    }
    if (plane_of(dc, component) == NULL) {
        return;
    }
    if (dc->header.progressive) {
        block->value =
            dc->coefficients[component] + (row + y) * stride_of(&dc->header, component) + x;
        return;
    }
    block->out = dc->rows[component][y] + x;
    if (component == 0 && dc->planes.quarter != NULL) {
        block->quarter = dc->quarter[2 * y] + 2 * x;
        block->stride = sizeof dc->quarter[0];
    }
}

/* The blocks of the scan's MCU in their order (T.81, A.2.3), `row` MCUs down. */
static int list_blocks(ie_jpeg_dc *dc, size_t row, ie_walk_block *blocks)
{
    const ie_jpeg_scan *scan = &dc->header.scan;
    int count = 0;
    for (int i = 0; i < scan->count; i++) {
        const ie_jpeg_component *it = &dc->header.components[scan->components[i]];
        uint32_t columns = columns_of(scan, it), lines = lines_of(scan, it);
        for (uint32_t y = 0; y < lines; y++) {
            for (uint32_t x = 0; x < columns; x++) {
                ie_walk_block *block = &blocks[count++];
                *block = (ie_walk_block){.dc = &dc->dc[scan->dc[i]],
                                         .ac = &dc->ac[scan->ac[i]],
                                         .values = &dc->values[scan->ac[i]],
                                         .step = columns};
                aim(dc, scan->components[i], x, y, row * lines, block);
            }
        }
    }
    return count;
}

/* ---- sequential ---- */

/* `lines` rows, `room` bytes each, of which `width` are picture, to the plane from row `at` on, as
   far as it has rows. */
static void copy_rows(const uint8_t *rows, size_t room, uint32_t lines, uint8_t *plane,
                      uint32_t width, uint32_t height, uint32_t at)
{
    for (uint32_t i = 0; i < lines && at + i < height; i++) {
        memcpy(plane + (size_t)(at + i) * width, rows + i * room, width);
    }
}

static void keep_rows(const ie_jpeg_dc *dc, uint32_t row)
{
    const ie_jpeg_header *head = &dc->header;
    for (int i = 0; i < head->count; i++) {
        uint8_t *plane = plane_of(dc, i);
        uint32_t lines = lines_of(&head->scan, &head->components[i]);
        if (plane != NULL) {
            copy_rows(dc->rows[i][0], MAX_ROW, lines, plane, blocks_across(head, i),
                      blocks_down(head, i), row * lines);
        }
        if (i == 0 && dc->planes.quarter != NULL) {
            copy_rows(dc->quarter[0], sizeof dc->quarter[0], 2 * lines, dc->planes.quarter,
                      (head->width + 3u) / 4, (head->height + 3u) / 4, row * lines * 2);
        }
    }
}

static const char *finish_sequential(ie_jpeg_dc *dc)
{
    bool ended;
    const char *reason = ie_jpeg_header_next(&dc->header, ie_walk_leave(&dc->walk), &ended);
    return reason == NULL && !ended ? "several scans" : reason;
}

static const char *read_sequential(ie_jpeg_dc *dc)
{
    ie_jpeg_header *head = &dc->header;
    ie_walk_block blocks[IE_WALK_MAX_BLOCKS];
    if (dc->planes.quarter != NULL) {
        ie_quarter_scale_set(&dc->walk.scale, head->quantisers[head->components[0].quantiser]);
        if (!ie_value_table_set(&dc->values[head->scan.ac[0]], &head->ac[head->scan.ac[0]])) {
            return "bad Huffman table";
        }
    }
    int count = list_blocks(dc, 0, blocks);
    for (int i = 0; i < count; i++) {
        const size_t table = (size_t)(blocks[i].ac - dc->ac);
        if (blocks[i].quarter == NULL && !ie_ac_table_set(&dc->ac[table], &head->ac[table])) {
            return "bad Huffman table";
        }
    }
    start_walk(dc, IE_WALK_SEQUENTIAL);
    uint32_t across = mcus_across(head), down = mcus_down(head);
    for (uint32_t y = 0; y < down; y++) {
        if (!ie_walk_row(&dc->walk, blocks, count, across)) {
            return "bad or missing data";
        }
        keep_rows(dc, y);
    }
    return finish_sequential(dc);
}

void ie_jpeg_dc_blocks(const ie_jpeg_dc *dc, uint32_t ret_across[3], uint32_t ret_down[3],
                       uint32_t *ret_rows)
{
    const ie_jpeg_header *head = &dc->header;
    for (int i = 0; i < 3; i++) {
        const ie_jpeg_component *it = &head->components[i];
        ret_across[i] = i < head->count ? mcus_across(head) * columns_of(&head->scan, it) : 0;
        ret_down[i] = i < head->count ? lines_of(&head->scan, it) : 0;
    }
    *ret_rows = mcus_down(head);
}

void ie_jpeg_dc_quantisers(const ie_jpeg_dc *dc, int component, uint16_t ret_quantisers[64])
{
    const ie_jpeg_header *head = &dc->header;
    for (int k = 0; k < 64; k++) {
        ret_quantisers[ie_jpeg_natural[k]] =
            head->quantisers[head->components[component].quantiser][k];
    }
}

const char *ie_jpeg_dc_begin_blocks(ie_jpeg_dc *dc, bool chroma_samples)
{
    const ie_jpeg_header *head = &dc->header;
    if (head->progressive) {
        return "progressive";
    }
    for (int i = 0; i < head->count; i++) {
        const uint8_t table = head->scan.ac[i];
        const bool skipped = chroma_samples && head->scan.components[i] > 0;
        if (skipped ? !ie_ac_table_set(&dc->ac[table], &head->ac[table])
                    : !ie_value_table_set(&dc->values[table], &head->ac[table])) {
            return "bad Huffman table";
        }
    }
    start_walk(dc, IE_WALK_SEQUENTIAL);
    return NULL;
}

const char *ie_jpeg_dc_next_blocks(ie_jpeg_dc *dc, int16_t (*const rows[3])[64],
                                   uint8_t *const samples[2])
{
    ie_walk_block blocks[IE_WALK_MAX_BLOCKS];
    memcpy(dc->blocks, rows, sizeof dc->blocks);
    for (int i = 1; samples != NULL && i < 3; i++) {
        dc->samples[i] = samples[i - 1];
    }
    int count = list_blocks(dc, 0, blocks);
    memset(dc->blocks, 0, sizeof dc->blocks);
    memset(dc->samples, 0, sizeof dc->samples);
    return ie_walk_row(&dc->walk, blocks, count, mcus_across(&dc->header)) ? NULL
                                                                           : "bad or missing data";
}

const char *ie_jpeg_dc_end_blocks(ie_jpeg_dc *dc)
{
    const char *reason = finish_sequential(dc);
    return reason == NULL && dc->walk.left_over ? "more data than picture" : reason;
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

/* Reads a DC scan that has what is wanted, or steps over any other; *ret_at is the marker
   after it. */
static const char *read_scan(ie_jpeg_dc *dc, const uint8_t **ret_at)
{
    const ie_jpeg_header *head = &dc->header;
    const ie_jpeg_scan *scan = &head->scan;
    const char *reason = note_scan(dc) ? set_tables(dc) : "odd progression";
    if (reason != NULL) {
        return reason;
    }
    if (scan->first > 0 || (scan->components[0] != 0 && dc->planes.chroma[0] == NULL)) {
        *ret_at = skip_data(head->at, head->end);
        return NULL;
    }
    start_walk(dc, scan->high == 0 ? IE_WALK_DC_FIRST : IE_WALK_DC_REFINE);
    uint32_t across = mcus_across(head), down = mcus_down(head);
    for (uint32_t y = 0; y < down; y++) {
        ie_walk_block blocks[IE_WALK_MAX_BLOCKS];
        int count = list_blocks(dc, y, blocks);
        if (!ie_walk_row(&dc->walk, blocks, count, across)) {
            return "bad or missing data";
        }
    }
    *ret_at = ie_walk_leave(&dc->walk);
    return NULL;
}

static const char *read_scans(ie_jpeg_dc *dc)
{
    ie_jpeg_header *head = &dc->header;
    memset(dc->known, -1, sizeof dc->known);
    for (bool ended = false; !ended;) {
        const uint8_t *at = NULL;
        const char *reason = head->scans > MAX_SCANS ? "too many scans" : read_scan(dc, &at);
        if (reason == NULL) {
            reason = ie_jpeg_header_next(head, at, &ended);
        }
        if (reason != NULL) {
            return reason;
        }
    }
    for (int i = 0; i < head->count; i++) {
        for (int k = 0; k < (i == 0 ? 64 : 1); k++) {
            if (plane_of(dc, i) != NULL && dc->known[i][k] != 0) {
                return "unfinished progression"; /* libjpeg would smooth it */
            }
        }
    }
    return NULL;
}

static const char *put_samples(const ie_jpeg_dc *dc, int component)
{
    const ie_jpeg_header *head = &dc->header;
    int32_t quantiser = head->quantisers[head->components[component].quantiser][0];
    uint32_t across = blocks_across(head, component), down = blocks_down(head, component);
    uint8_t *plane = plane_of(dc, component);
    for (uint32_t y = 0; y < down; y++) {
        const int16_t *row = dc->coefficients[component] + y * stride_of(head, component);
        for (uint32_t x = 0; x < across; x++) {
            if (!ie_dc_sample(row[x], quantiser, plane + (size_t)y * across + x)) {
                return "bad or missing data";
            }
        }
    }
    return NULL;
}

static const char *read_progressive(ie_jpeg_dc *dc)
{
    const ie_jpeg_header *head = &dc->header;
    size_t sizes[3] = {0}, size = 0;
    for (int i = 0; i < head->count && plane_of(dc, i) != NULL; i++) {
        sizes[i] = stride_of(head, i) * ((size_t)blocks_down(head, i) + MAX_SAMPLING);
        size += sizes[i];
    }
    IE_AUTO_FREE int16_t *coefficients = ie_try_alloc(size, sizeof *coefficients);
    if (coefficients == NULL) {
        return "not enough memory";
    }
    memset(coefficients, 0, size * sizeof *coefficients);
    dc->coefficients[0] = coefficients;
    dc->coefficients[1] = coefficients + sizes[0];
    dc->coefficients[2] = coefficients + sizes[0] + sizes[1];
    const char *reason = read_scans(dc);
    for (int i = 0; reason == NULL && i < head->count; i++) {
        reason = plane_of(dc, i) != NULL ? put_samples(dc, i) : NULL;
    }
    return reason;
}

const char *ie_jpeg_dc_read(ie_jpeg_dc *dc, const ie_jpeg_planes *planes)
{
    dc->planes = *planes;
    return dc->header.progressive ? read_progressive(dc) : read_sequential(dc);
}
