// SPDX-License-Identifier: GPL-3.0-or-later
/* Huffman tables of a JPEG as its file defines them (ITU-T T.81, annex C), and decoding by them bit
   by bit, for storage/jpeg_walk and storage/jpeg_quarter, which make look-up tables of them. */
#ifndef IE_STORAGE_JPEG_HUFFMAN_H
#define IE_STORAGE_JPEG_HUFFMAN_H

#include <stdbool.h>
#include <stdint.h>

/* A Huffman table as the file defines it. */
typedef struct ie_huffman {
    uint8_t counts[16]; /* codes of 1..16 bits */
    uint8_t symbols[256];
    bool defined;
} ie_huffman;

/* The same for decoding a code of any length: codes of l bits, moved to the top of 16, lie below
   ends[l], and the symbol of code c is symbols[(c + offsets[l]) & 255]. */
typedef struct ie_canonical {
    ie_huffman huffman;
    uint32_t ends[17];
    int32_t offsets[17];
    uint8_t shortest[256]; /* code that begins with these bits can be; 17: none */
} ie_canonical;

/* False for tables that libjpeg refuses. */
bool ie_canonical_set(ie_canonical *table, const ie_huffman *huffman);
bool ie_canonical_is(const ie_canonical *table, const ie_huffman *huffman);
/* The symbol whose code begins the 16 bits; *ret_length is its code's. -1: there is none. */
int ie_canonical_find(const ie_canonical *table, uint32_t bits, unsigned *ret_length);
/* Would libjpeg take it for AC coefficients? */
bool ie_huffman_is_sound(const ie_huffman *huffman);

#endif
