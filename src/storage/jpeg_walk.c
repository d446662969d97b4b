// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_walk.h"

#include <string.h>

#include "storage/jpeg_bits.h"

/* Entries of the AC look-up: bits in the lower 5, coefficients above. An entry that ends the block
   adds ENDS, one that decides nothing is UNDECIDED: all that is no plain step lands above 63, one
   comparison for all. */
#define ENTRY_BITS 5
#define ENDS 128
#define UNDECIDED (255 << ENTRY_BITS)
/* Look-ups that a filled bit buffer (56 bits at least) is good for, and the bits each may take. */
#define LOOKUPS 4
#define LOOKUP_BITS 14

#define FIRST_RESTART 0xd0

/* ---- tables ---- */

bool ie_dc_table_set(ie_dc_table *table, const ie_huffman *huffman)
{
    if (ie_canonical_is(&table->canonical, huffman)) {
        return true;
    }
    table->canonical.huffman.defined = false;
    int total = 0;
    for (int i = 0; i < 16; i++) {
        total += huffman->counts[i];
    }
    for (int i = 0; i < total && i < 256; i++) {
        if (huffman->symbols[i] > 15) {
            return false;
        }
    }
    if (!ie_canonical_set(&table->canonical, huffman)) {
        return false;
    }
    for (uint32_t i = 0; i < 1u << IE_WALK_DC_BITS; i++) {
        unsigned length;
        int size = ie_canonical_find(&table->canonical, i << (16 - IE_WALK_DC_BITS), &length);
        bool known = size >= 0 && length <= IE_WALK_DC_BITS;
        table->fast[i] = known ? (uint16_t)((length + (unsigned)size) | (unsigned)size << 8) : 0;
    }
    return true;
}

/* What a symbol is worth: all its bits, and coefficients; ENDS for the end of the block. */
static unsigned advance_of(int symbol)
{
    unsigned run = (unsigned)symbol >> 4;
    if ((symbol & 15) != 0) {
        return run + 1;
    }
    return run == 15 ? 16 : ENDS;
}

static uint16_t ac_entry(const ie_canonical *table, uint32_t index)
{
    uint32_t bits = index << (16 - IE_WALK_AC_BITS);
    unsigned used = 0, advance = 0;
    while (used < IE_WALK_AC_BITS) {
        unsigned length;
        int symbol = ie_canonical_find(table, (bits << used) & 0xffff, &length);
        if (symbol < 0 || used + length > IE_WALK_AC_BITS) {
            break; /* the code is not all in the index */
        }
        unsigned whole = length + ((unsigned)symbol & 15);
        unsigned step = advance_of(symbol);
        if (used + whole > LOOKUP_BITS || (advance + step) % ENDS > 63) {
            break;
        }
        used += whole;
        advance += step;
        if (step == ENDS) {
            break;
        }
    }
    return (uint16_t)(used == 0 ? UNDECIDED : used | advance << ENTRY_BITS);
}

bool ie_ac_table_set(ie_ac_table *table, const ie_huffman *huffman)
{
    if (ie_canonical_is(&table->canonical, huffman)) {
        return true;
    }
    table->canonical.huffman.defined = false;
    if (!ie_canonical_set(&table->canonical, huffman)) {
        return false;
    }
    for (uint32_t i = 0; i < 1u << IE_WALK_AC_BITS; i++) {
        table->fast[i] = ac_entry(&table->canonical, i);
    }
    return true;
}

/* ---- bytes ---- */

/* Moves what is not read yet to the window's start and fills it up with unstuffed bytes, zeros
   after the last. */
static void fill_window(ie_walk *walk)
{
    size_t kept = walk->next < walk->end ? (size_t)(walk->end - walk->next) : 0;
    size_t beyond = walk->next > walk->end ? (size_t)(walk->next - walk->end) : 0;
    memmove(walk->window, walk->next, kept);
    uint8_t *to = walk->window + kept, *limit = walk->window + IE_WALK_WINDOW;
    const uint8_t *from = walk->input;
    while (!walk->segment_ended && to < limit) {
        size_t room = (size_t)(limit - to), there = (size_t)(walk->input_end - from);
        size_t size = room < there ? room : there;
        const uint8_t *stuffed = memchr(from, 0xff, size);
        size_t plain = stuffed != NULL ? (size_t)(stuffed - from) : size;
        memcpy(to, from, plain);
        to += plain;
        from += plain;
        if (stuffed != NULL && there - plain >= 2 && from[1] == 0) {
            *to++ = 0xff;
            from += 2;
        } else if (stuffed != NULL || size == there) {
            walk->segment_ended = true;
        }
    }
    walk->input = from;
    walk->end = to;
    walk->next = walk->window + beyond;
    memset(to, 0, IE_WALK_MCU_BYTES);
}

/* Drops what is left of the segment: the input then stands on the marker after it, or at
   the end. */
static void end_segment(ie_walk *walk)
{
    const ptrdiff_t bits = (walk->end - walk->next) * 8 + (ptrdiff_t)walk->left;
    walk->left_over = walk->left_over || bits >= 8;
    while (!walk->segment_ended) {
        walk->next = walk->end;
        fill_window(walk);
        walk->left_over = walk->left_over || walk->end > walk->window;
    }
}

/* True when the next marker is the due restart, which is then taken. */
static bool take_restart(ie_walk *walk)
{
    end_segment(walk);
    const uint8_t *at = walk->input;
    while (walk->input_end - at >= 2 && at[0] == 0xff && at[1] == 0xff) {
        at++; /* fill bytes before a marker are allowed (T.81, B.1.1.2) */
    }
    if (walk->input_end - at < 2 || at[0] != 0xff ||
        at[1] != FIRST_RESTART + walk->restart_number) {
        return false;
    }
    walk->restart_number = (walk->restart_number + 1) & 7;
    walk->input = at + 2;
    return true;
}

static void start_segment(ie_walk *walk)
{
    walk->segment_ended = false;
    walk->end = walk->window;
    walk->next = walk->window;
    walk->buffer = 0;
    walk->left = 0;
    memset(walk->predicted, 0, sizeof walk->predicted);
    walk->until_restart = walk->restart_interval;
    fill_window(walk);
}

void ie_walk_start(ie_walk *walk, const uint8_t *input, const uint8_t *end)
{
    walk->input = input;
    walk->input_end = end;
    walk->restart_number = 0;
    walk->left_over = false;
    start_segment(walk);
}

const uint8_t *ie_walk_leave(ie_walk *walk)
{
    end_segment(walk);
    /* Some encoders restart after the last MCU too. */
    if (walk->restart_interval > 0) {
        (void)take_restart(walk);
    }
    return walk->input;
}

/* ---- symbols ---- */

/* One AC symbol by its code alone. 0: the block goes on at *at, 1: it ends, -1: not for us. */
static __attribute__((noinline)) int skip_symbol(ie_bits *bits, const ie_canonical *table,
                                                 unsigned *at)
{
    ie_bits_refill(bits);
    unsigned length;
    int symbol = ie_canonical_find(table, (uint32_t)(bits->buffer >> 48), &length);
    if (symbol < 0) {
        return -1;
    }
    ie_bits_drop(bits, length + ((unsigned)symbol & 15));
    unsigned step = advance_of(symbol);
    if (step == ENDS) {
        return 1;
    }
    *at += step;
    return *at < 64 ? 0 : *at == 64 ? 1 : -1;
}

/* Skips the 63 AC coefficients of a block. */
static inline bool skip_ac(ie_bits *bits, const ie_ac_table *table)
{
    unsigned at = 1;
    for (;;) {
        ie_bits_refill(bits);
        for (int i = 0; i < LOOKUPS; i++) {
            unsigned entry = table->fast[bits->buffer >> (64 - IE_WALK_AC_BITS)];
            unsigned now = at + (entry >> ENTRY_BITS);
            if (__builtin_expect(now < 64, 1)) {
                ie_bits_drop(bits, entry & 31);
                at = now;
                continue;
            }
            if (now == 64 || (now >= ENDS && now < ENDS + 64)) {
                ie_bits_drop(bits, entry & 31);
                return true;
            }
            /* Undecided, or symbols of the next block among them. */
            int ended = skip_symbol(bits, &table->canonical, &at);
            if (ended != 0) {
                return ended > 0;
            }
            break;
        }
    }
}

/* The difference to the DC before; T.81, F.2.2.1. False: no code. */
static inline bool read_difference(ie_bits *bits, const ie_dc_table *table, int32_t *ret_difference)
{
    ie_bits_refill(bits);
    unsigned entry = table->fast[bits->buffer >> (64 - IE_WALK_DC_BITS)];
    unsigned whole = entry & 255, size = entry >> 8;
    if (__builtin_expect(entry == 0, 0)) {
        unsigned length;
        int symbol = ie_canonical_find(&table->canonical, (uint32_t)(bits->buffer >> 48), &length);
        if (symbol < 0) {
            return false;
        }
        size = (unsigned)symbol;
        whole = length + size;
    }
    *ret_difference = ie_bits_value(bits, whole, size);
    ie_bits_drop(bits, whole);
    return true;
}

/* So much lies in the window that an MCU cannot read beyond. */
static inline void ensure_mcu(ie_walk *walk, ie_bits *bits)
{
    if (!walk->segment_ended && walk->end - bits->next < IE_WALK_MCU_BYTES) {
        walk->next = bits->next;
        fill_window(walk);
        bits->next = walk->next;
    }
}

/* Were all the bits taken so far there? `left` bits before `next` are not taken yet. */
static inline bool is_within(const ie_walk *walk, const ie_bits *bits)
{
    return bits->next - walk->end <= (ptrdiff_t)(bits->left / 8);
}

static inline void keep_reader(ie_walk *walk, const ie_bits *bits)
{
    walk->buffer = bits->buffer;
    walk->left = bits->left;
    walk->next = bits->next;
}

/* One block of a sequential scan. */
static inline bool walk_block(ie_walk *walk, ie_bits *bits, const ie_walk_block *block, uint32_t x)
{
    int32_t difference;
    if (!read_difference(bits, block->dc, &difference)) {
        return false;
    }
    if (block->out == NULL && block->coefficients == NULL) {
        return skip_ac(bits, block->ac);
    }
    int32_t dc = walk->predicted[block->component] += difference;
    size_t at = (size_t)x * block->step;
    if (block->coefficients != NULL) {
        int16_t *to = block->coefficients[at];
        memset(to, 0, sizeof block->coefficients[at]);
        to[0] = (int16_t)dc;
        return dc == to[0] && ie_values_block(bits, block->values, to);
    }
    if (!ie_dc_sample(dc, walk->quantisers[block->component], block->out + at)) {
        return false;
    }
    return block->quarter == NULL ? skip_ac(bits, block->ac)
                                  : ie_quarter_block(bits, block->values, &walk->scale, dc,
                                                     block->quarter + at * 2, block->stride);
}

/* MCUs first .. last of a row, none of which begins a restart interval. */
static bool walk_mcus(ie_walk *walk, const ie_walk_block *blocks, int count, uint32_t first,
                      uint32_t last)
{
    ie_bits bits = {walk->buffer, walk->left, walk->next};
    bool good = true;
    for (uint32_t x = first; good && x < last; x++) {
        ensure_mcu(walk, &bits);
        for (int i = 0; good && i < count; i++) {
            good = walk_block(walk, &bits, &blocks[i], x);
        }
        good = good && is_within(walk, &bits);
    }
    keep_reader(walk, &bits);
    return good;
}

/* One block of a DC scan (T.81, G.1.2.1). */
static inline bool read_dc(ie_walk *walk, ie_bits *bits, const ie_walk_block *block, int16_t *value)
{
    if (walk->kind == IE_WALK_DC_REFINE) {
        ie_bits_refill(bits);
        if (value != NULL && bits->buffer >> 63 != 0) {
            *value = (int16_t)(*value | 1 << walk->low);
        }
        ie_bits_drop(bits, 1);
        return true;
    }
    int32_t difference;
    if (!read_difference(bits, block->dc, &difference)) {
        return false;
    }
    if (value != NULL) {
        int32_t dc = (walk->predicted[block->component] += difference) * (1 << walk->low);
        if (dc < INT16_MIN || dc > INT16_MAX) {
            return false;
        }
        *value = (int16_t)dc;
    }
    return true;
}

static bool walk_dc_mcus(ie_walk *walk, const ie_walk_block *blocks, int count, uint32_t first,
                         uint32_t last)
{
    ie_bits bits = {walk->buffer, walk->left, walk->next};
    bool good = true;
    for (uint32_t x = first; good && x < last; x++) {
        ensure_mcu(walk, &bits);
        for (int i = 0; good && i < count; i++) {
            const ie_walk_block *block = &blocks[i];
            int16_t *value = block->value != NULL ? block->value + (size_t)x * block->step : NULL;
            good = read_dc(walk, &bits, block, value);
        }
        good = good && is_within(walk, &bits);
    }
    keep_reader(walk, &bits);
    return good;
}

bool ie_walk_row(ie_walk *walk, const ie_walk_block *blocks, int count, uint32_t mcus)
{
    uint32_t last;
    for (uint32_t x = 0; x < mcus; x = last) {
        if (walk->restart_interval > 0 && walk->until_restart == 0) {
            if (!take_restart(walk)) {
                return false;
            }
            start_segment(walk);
        }
        last = mcus;
        if (walk->restart_interval > 0) {
            last = mcus - x < walk->until_restart ? mcus : x + walk->until_restart;
            walk->until_restart -= last - x;
        }
        if (walk->kind == IE_WALK_SEQUENTIAL ? !walk_mcus(walk, blocks, count, x, last)
                                             : !walk_dc_mcus(walk, blocks, count, x, last)) {
            return false;
        }
    }
    return true;
}
