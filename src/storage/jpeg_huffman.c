// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_huffman.h"

#include <string.h>

/* T.81, annex C.2, with libjpeg's rule that no code consists of ones only. */
bool ie_canonical_set(ie_canonical *table, const ie_huffman *huffman)
{
    uint32_t code = 0;
    int32_t index = 0;
    table->huffman.defined = false;
    for (int length = 1; length <= 16; length++) {
        uint32_t count = huffman->counts[length - 1];
        table->offsets[length] = index - (int32_t)code;
        code += count;
        index += (int32_t)count;
        if (index > 256 || (count > 0 && code >= 1u << length)) {
            return false;
        }
        table->ends[length] = code << (16 - length);
        code <<= 1;
    }
    uint8_t shortest = 1;
    for (uint32_t i = 0; i < 256; i++) {
        while (shortest <= 16 && i << 8 >= table->ends[shortest]) {
            shortest++;
        }
        table->shortest[i] = shortest;
    }
    table->huffman = *huffman;
    return true;
}

bool ie_canonical_is(const ie_canonical *table, const ie_huffman *huffman)
{
    return table->huffman.defined && memcmp(&table->huffman, huffman, sizeof *huffman) == 0;
}

int ie_canonical_find(const ie_canonical *table, uint32_t bits, unsigned *ret_length)
{
    for (unsigned length = table->shortest[bits >> 8]; length <= 16; length++) {
        if (bits < table->ends[length]) {
            uint32_t code = bits >> (16 - length);
            *ret_length = length;
            return table->huffman.symbols[((int32_t)code + table->offsets[length]) & 255];
        }
    }
    return -1;
}

bool ie_huffman_is_sound(const ie_huffman *huffman)
{
    ie_canonical table;
    return huffman->defined && ie_canonical_set(&table, huffman);
}
