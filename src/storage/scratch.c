// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "storage/frame.h"
#include "utils/memory.h"

#define KEPT_BUFFERS 12
/* What is kept between photos; a rare giant gives its memory back. */
#define KEPT_BYTES (64u << 20)

/* The size stands before each buffer; 64 bytes keep the alignment. */
#define HEADER 64

struct ie_scratch {
    uint8_t *idle[KEPT_BUFFERS];
    ie_jpeg_dc *jpeg_dc;
};

static size_t room_of(const uint8_t *block)
{
    size_t room;
    memcpy(&room, block, sizeof room);
    return room;
}

ie_scratch *ie_scratch_new(void)
{
    return ie_alloc(sizeof(ie_scratch));
}

void ie_scratch_free(ie_scratch *scratch)
{
    if (scratch != NULL) {
        for (int i = 0; i < KEPT_BUFFERS; i++) {
            free(scratch->idle[i]);
        }
        ie_jpeg_dc_free(scratch->jpeg_dc);
        free(scratch);
    }
}

ie_jpeg_dc *ie_scratch_jpeg_dc(ie_scratch *scratch)
{
    if (scratch->jpeg_dc == NULL) {
        scratch->jpeg_dc = ie_jpeg_dc_new();
    }
    return scratch->jpeg_dc;
}

void *ie_scratch_take(ie_scratch *scratch, size_t count, size_t size)
{
    size_t room;
    if (__builtin_mul_overflow(count, size, &room) || room > SIZE_MAX - HEADER) {
        return NULL;
    }
    int best = -1;
    for (int i = 0; i < KEPT_BUFFERS; i++) {
        if (scratch->idle[i] != NULL && room_of(scratch->idle[i]) >= room &&
            (best < 0 || room_of(scratch->idle[i]) < room_of(scratch->idle[best]))) {
            best = i;
        }
    }
    if (best >= 0) {
        uint8_t *found = scratch->idle[best];
        scratch->idle[best] = NULL;
        return found + HEADER;
    }
    uint8_t *block = ie_try_alloc(1, room + HEADER);
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &room, sizeof room);
    return block + HEADER;
}

void ie_scratch_give(ie_scratch *scratch, void *memory)
{
    if (memory == NULL) {
        return;
    }
    uint8_t *block = (uint8_t *)memory - HEADER;
    int smallest = 0;
    for (int i = 0; i < KEPT_BUFFERS; i++) {
        if (scratch->idle[i] == NULL) {
            smallest = i;
            break;
        }
        if (room_of(scratch->idle[i]) < room_of(scratch->idle[smallest])) {
            smallest = i;
        }
    }
    if (room_of(block) > KEPT_BYTES ||
        (scratch->idle[smallest] != NULL && room_of(scratch->idle[smallest]) >= room_of(block))) {
        free(block);
        return;
    }
    free(scratch->idle[smallest]);
    scratch->idle[smallest] = block;
}
