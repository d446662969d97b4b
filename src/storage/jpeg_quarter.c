// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_quarter.h"

/* Entries of the look-up: one symbol, or two where both are in the index. From the lowest bit on:
   how many bits they take; how many coefficients the first one is (its zeros and itself); how many
   both are; the second's value (0 when there is one only); the first's. One that ends the block is
   ENDS coefficients more, one that does not fit UNDECIDED: all that is no plain step lands above
   63, one comparison for all. */
#define BITS 4
#define FIRST_AT 4
#define FIRST_BITS 5
#define STEP_AT 9
#define STEP_BITS 8
#define SECOND_VALUE_AT 17
#define SECOND_VALUE_BITS 6
#define VALUE_AT 23
#define VALUE_BITS 9
#define ENDS 128
#define UNDECIDED (255u << STEP_AT)
/* Look-ups that a filled bit buffer (56 bits at least) is good for. */
#define LOOKUPS 4
_Static_assert(IE_VALUE_BITS <= 56 / LOOKUPS, "a look-up takes bits that are not there");
_Static_assert(IE_VALUE_BITS < 1 << BITS && VALUE_AT + VALUE_BITS == 32, "an entry has no room");

/* Which columns and rows the transform looks at: their number among the sums, NONE for the
   others. */
#define NONE 5
#define SUMS 11 /* 5 even, 5 odd, and one for what nobody looks at */
static const uint8_t seen[8] = {0, 1, NONE, 2, NONE, 3, NONE, 4};
/* Its weights of 1, 3, 5, 7, times 2^13. */
static const int32_t odd_weights[5] = {0, 29692, -10426, 6967, -5906};

const uint8_t ie_jpeg_natural[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

void ie_quarter_scale_set(ie_quarter_scale *scale, const uint16_t quantisers[64])
{
    scale->coarse = false;
    for (int k = 0; k < 64; k++) {
        uint8_t row = seen[ie_jpeg_natural[k] / 8], column = seen[ie_jpeg_natural[k] % 8];
        int32_t quantiser = quantisers[k];
        ie_quarter_weight *it = &scale->weights[k];
        *it = (ie_quarter_weight){.weight = 0, .most = INT16_MAX, .sum = SUMS - 1};
        if (row == NONE || column == NONE || quantiser == 0) {
            continue;
        }
        it->most = (int16_t)(INT16_MAX / quantiser);
        if (it->most > 0) { /* else whatever there is stops it */
            it->weight = quantiser * (row == 0 ? 1 << 15 : odd_weights[row]);
        }
        it->sum = (uint8_t)(row == 0 ? column : 5 + column);
        scale->coarse = scale->coarse || it->most < 1 << (VALUE_BITS - 1);
    }
}

/* The first symbol of an index, with its value; bits 0: it is not all in there. */
typedef struct coded {
    uint8_t bits, step;
    int16_t value;
} coded;

static coded read_symbol(uint32_t index, unsigned length, unsigned symbol)
{
    const unsigned size = symbol & 15, run = symbol >> 4;
    if (length + size > IE_VALUE_BITS || size >= VALUE_BITS) {
        return (coded){0};
    }
    coded it = {.bits = (uint8_t)(length + size),
                .step = (uint8_t)(size != 0 || run == 15 ? run + 1 : ENDS)};
    if (size != 0) {
        const uint64_t buffer = (uint64_t)index << (64 - IE_VALUE_BITS);
        it.value = (int16_t)ie_bits_value(&(ie_bits){.buffer = buffer}, length + size, size);
    }
    return it;
}

/* Code by code: the indexes that begin with one lie together. */
static void read_symbols(const ie_canonical *table, coded *symbols)
{
    uint32_t index = 0;
    memset(symbols, 0, sizeof *symbols << IE_VALUE_BITS);
    for (unsigned length = 1; length <= IE_VALUE_BITS; length++) {
        const uint32_t width = 1u << (IE_VALUE_BITS - length);
        const uint32_t end = table->ends[length] >> (16 - IE_VALUE_BITS);
        while (index < end) {
            const int32_t code = (int32_t)(index >> (IE_VALUE_BITS - length));
            const uint8_t symbol = table->huffman.symbols[(code + table->offsets[length]) & 255];
            for (const uint32_t next = index + width; index < next; index++) {
                symbols[index] = read_symbol(index, length, symbol);
            }
        }
    }
}

static uint32_t value_entry(const coded *symbols, uint32_t index)
{
    const uint32_t mask = (1u << IE_VALUE_BITS) - 1;
    const coded first = symbols[index];
    if (first.bits == 0) {
        return UNDECIDED;
    }
    coded second = symbols[index << first.bits & mask];
    const bool fits = first.step != ENDS && second.bits != 0 &&
                      first.bits + second.bits <= IE_VALUE_BITS &&
                      second.value < 1 << (SECOND_VALUE_BITS - 1) &&
                      second.value > -(1 << (SECOND_VALUE_BITS - 1));
    second = fits ? second : (coded){0};
    const uint32_t second_value = (uint32_t)second.value & ((1u << SECOND_VALUE_BITS) - 1);
    return (uint32_t)(first.bits + second.bits) |
           (uint32_t)(first.step == ENDS ? 0 : first.step) << FIRST_AT |
           (uint32_t)(first.step + second.step) << STEP_AT | second_value << SECOND_VALUE_AT |
           (uint32_t)first.value << VALUE_AT;
}

bool ie_value_table_set(ie_value_table *table, const ie_huffman *huffman)
{
    if (ie_canonical_is(&table->canonical, huffman)) {
        return true;
    }
    if (!ie_canonical_set(&table->canonical, huffman)) {
        return false;
    }
    coded symbols[1 << IE_VALUE_BITS];
    read_symbols(&table->canonical, symbols);
    for (uint32_t i = 0; i < 1u << IE_VALUE_BITS; i++) {
        table->fast[i] = value_entry(symbols, i);
    }
    return true;
}

/* The sums of a block. They wrap where a coefficient is too large, which `excess` then says. */
typedef struct sums {
    uint32_t of[SUMS];
    uint32_t excess; /* its top bit: there is one */
} sums;

/* Where coefficients go: into sums, or all of them into a block. Constant wherever it is looked at
   within the loop. */
typedef enum sink { SUMMED, SUMMED_CHECKED, STORED } sink;

typedef struct target {
    sums *sums;
    const ie_quarter_scale *scale;
    int16_t *block;
} target;

static inline void add(sums *to, const ie_quarter_weight *at, int32_t value)
{
    to->of[at->sum] += (uint32_t)value * (uint32_t)at->weight;
}

static inline void add_checked(sums *to, const ie_quarter_weight *at, int32_t value)
{
    add(to, at, value);
    to->excess |= (uint32_t)(at->most - value) | (uint32_t)(at->most + value);
}

/* One symbol by its code alone. 0: the block goes on at *at, 1: it ends, -1: not for us. */
static __attribute__((noinline)) int take_symbol(ie_bits *bits, const ie_canonical *table,
                                                 const target *to, unsigned *at)
{
    ie_bits_refill(bits);
    unsigned length;
    int symbol = ie_canonical_find(table, (uint32_t)(bits->buffer >> 48), &length);
    if (symbol < 0) {
        return -1;
    }
    unsigned size = (unsigned)symbol & 15, run = (unsigned)symbol >> 4;
    if (size == 0 && run != 15) {
        ie_bits_drop(bits, length);
        return 1;
    }
    *at += run + 1;
    if (*at > 64) {
        return -1;
    }
    if (size != 0) {
        int32_t value = ie_bits_value(bits, length + size, size);
        if (to->block != NULL) {
            to->block[ie_jpeg_natural[*at - 1]] = (int16_t)value;
        } else {
            add_checked(to->sums, &to->scale->weights[*at - 1], value);
        }
    }
    ie_bits_drop(bits, length + size);
    return *at == 64;
}

/* The values of an entry, whose last coefficient is the one before `now`. A value that is not there
   is 0: of no symbol, at the place of the one before it. */
static inline __attribute__((always_inline)) void
take_entry(const target *to, uint32_t entry, unsigned at, unsigned now, bool last, sink kind)
{
    unsigned step = entry >> FIRST_AT & ((1u << FIRST_BITS) - 1);
    int32_t first = (int32_t)entry >> VALUE_AT;
    int32_t second = (int32_t)(entry << VALUE_BITS) >> (32 - SECOND_VALUE_BITS);
    if (kind == STORED && last) {
        to->block[ie_jpeg_natural[now - 1]] =
            (int16_t)(to->block[ie_jpeg_natural[now - 1]] + second);
        to->block[ie_jpeg_natural[at + step - 1]] =
            (int16_t)(to->block[ie_jpeg_natural[at + step - 1]] + first);
    } else if (kind == STORED) {
        to->block[ie_jpeg_natural[now - 1]] = (int16_t)second;
        to->block[ie_jpeg_natural[at + step - 1]] = (int16_t)first;
    } else if (kind == SUMMED_CHECKED) {
        add_checked(to->sums, &to->scale->weights[at + step - 1], first);
        add_checked(to->sums, &to->scale->weights[now - 1], second);
    } else {
        add(to->sums, &to->scale->weights[at + step - 1], first);
        add(to->sums, &to->scale->weights[now - 1], second);
    }
}

static inline __attribute__((always_inline)) bool
take_values(ie_bits *bits, const ie_value_table *table, const target *to, sink kind)
{
    unsigned at = 1;
    for (;;) {
        ie_bits_refill(bits);
        for (int i = 0; i < LOOKUPS; i++) {
            uint32_t entry = table->fast[bits->buffer >> (64 - IE_VALUE_BITS)];
            unsigned now = at + (entry >> STEP_AT & ((1u << STEP_BITS) - 1));
            if (__builtin_expect(now < 64, 1)) {
                ie_bits_drop(bits, entry & ((1u << BITS) - 1));
                take_entry(to, entry, at, now, false, kind);
                at = now;
                continue;
            }
            if (now == 64 || (now >= ENDS && now < ENDS + 64)) {
                ie_bits_drop(bits, entry & ((1u << BITS) - 1));
                take_entry(to, entry, at, 64, true, kind);
                return true;
            }
            /* Undecided, or symbols of the next block among them. */
            int ended = take_symbol(bits, &table->canonical, to, &at);
            if (ended != 0) {
                return ended > 0;
            }
            break;
        }
    }
}

bool ie_values_block(ie_bits *bits_pointer, const ie_value_table *table, int16_t block[64])
{
    ie_bits bits = *bits_pointer;
    const target to = {.block = block};
    bool good = take_values(&bits, table, &to, STORED);
    *bits_pointer = bits;
    return good;
}

/* Samples of 128 more, clipped; false where libjpeg's table of clipped values ends. */
static inline bool put(int32_t sum, uint8_t *out)
{
    int32_t value = (sum + (1 << 19)) >> 20;
    if (__builtin_expect((uint32_t)(value + 128) > 255, 0)) {
        if (value < -512 || value > 511) {
            return false;
        }
        value = value < 0 ? -128 : 127;
    }
    *out = (uint8_t)(value + 128);
    return true;
}

static inline bool put_row(const int32_t row[5], uint8_t *out)
{
    int32_t even = row[0] * (1 << 15), odd = 0;
    for (int c = 1; c < 5; c++) {
        odd += row[c] * odd_weights[c];
    }
    return put(even + odd, out) && put(even - odd, out + 1);
}

bool ie_quarter_block(ie_bits *bits_pointer, const ie_value_table *table,
                      const ie_quarter_scale *scale, int32_t dc, uint8_t *out, size_t stride)
{
    ie_bits bits = *bits_pointer;
    sums to = {{0}, 0};
    add_checked(&to, &scale->weights[0], dc);
    const target into = {.sums = &to, .scale = scale};
    bool good = scale->coarse ? take_values(&bits, table, &into, SUMMED_CHECKED)
                              : take_values(&bits, table, &into, SUMMED);
    *bits_pointer = bits;
    for (int i = 0; i < SUMS - 1; i++) {
        to.excess |= (IE_QUARTER_MOST - to.of[i]) | (IE_QUARTER_MOST + to.of[i]);
    }
    if (!good || to.excess >> 31 != 0) {
        return false;
    }
    int32_t upper[5], lower[5];
    for (int c = 0; c < 5; c++) {
        int32_t even = (int32_t)to.of[c], odd = (int32_t)to.of[5 + c];
        upper[c] = (even + odd + (1 << 12)) >> 13;
        lower[c] = (even - odd + (1 << 12)) >> 13;
    }
    return put_row(upper, out) && put_row(lower, out + stride);
}
