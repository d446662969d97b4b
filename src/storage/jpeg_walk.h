// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The entropy-coded data of a Huffman JPEG, walked for its DC coefficients: those of a sequential
 * scan (ITU-T T.81, annex F), where AC coefficients are skipped, several a look-up, and the DC
 * scans of a progressive one (annex G). For storage/jpeg_dc only. What must hold:
 *
 * - The bytes are unstuffed piece by piece into `window`. Before each MCU at least
 * IE_WALK_MCU_BYTES lie in it, real ones or, after the last real one, zeros; an MCU cannot take
 * more, so nothing inside an MCU needs a check of where it reads. After each MCU it is checked
 * whether it took bits that are not there.
 * - Each block takes at least a bit, so time is bounded by the size of the file, whatever its
 * header says.
 * - Bits that no code has, a run past the 64th coefficient, a marker other than the due restart or
 * the end: the walk stops and says no. It never repairs anything; that is libjpeg-turbo's.
 */
#ifndef IE_STORAGE_JPEG_WALK_H
#define IE_STORAGE_JPEG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/jpeg_huffman.h"
#include "storage/jpeg_quarter.h"

#define IE_WALK_MAX_BLOCKS 10 /* of an MCU (T.81, B.2.3) */
/* 16 bits of code and 15 of value for each of 64 coefficients of 10 blocks are 2,480 bytes; the
   reader loads 8 at a time. */
#define IE_WALK_MCU_BYTES 2560
#define IE_WALK_WINDOW 32768

/* AC look-up: the next IE_WALK_AC_BITS bits give how many bits the symbols that fit take with their
   values, and how many coefficients they are. 13 bits of index let the tables of luma and chroma
   share the 32 KB of a first-level cache. */
#define IE_WALK_AC_BITS 13
#define IE_WALK_DC_BITS 9

typedef struct ie_dc_table {
    ie_canonical canonical;
    uint16_t
        fast[1 << IE_WALK_DC_BITS]; /* bits in all | bits of value << 8; 0: the code is longer */
} ie_dc_table;

typedef struct ie_ac_table {
    ie_canonical canonical;
    uint16_t fast[1 << IE_WALK_AC_BITS];
} ie_ac_table;

/* Makes the table of *huffman; does nothing when it is that already: photos of one camera share
   theirs. False for tables that libjpeg refuses. */
bool ie_dc_table_set(ie_dc_table *table, const ie_huffman *huffman);
bool ie_ac_table_set(ie_ac_table *table, const ie_huffman *huffman);

/* One block of each MCU, and where the row's first MCU puts it; NULL: the value is not wanted. */
typedef struct ie_walk_block {
    const ie_dc_table *dc;
    const ie_ac_table *ac;
    uint8_t *out;                  /* sequential: the sample at 1/8 */
    const ie_value_table *values;  /* for the two that follow */
    uint8_t *quarter;              /* sequential: the upper left one of the samples at 1/4 too */
    size_t stride;                 /* of their rows */
    int16_t (*coefficients)[64];   /* sequential: all of them, and no samples */
    int16_t *value;                /* progressive: the coefficient as far as it is known */
    uint32_t step;                 /* blocks from MCU to MCU */
    uint8_t component;
} ie_walk_block;

typedef enum ie_walk_kind {
    IE_WALK_SEQUENTIAL,
    IE_WALK_DC_FIRST, /* DC but for its lowest `low` bits */
    IE_WALK_DC_REFINE /* bit `low` of DC */
} ie_walk_kind;

typedef struct ie_walk {
    const uint8_t *input, *input_end; /* not yet unstuffed */
    bool segment_ended;               /* input stands on a marker or at the end */
    uint8_t *end;                     /* of the real bytes in the window */
    const uint8_t *next;              /* not yet in `buffer` */
    uint64_t buffer;                  /* the next bits, the first one topmost */
    unsigned left;                    /* how many of them */
    ie_walk_kind kind;
    unsigned low;
    int32_t quantisers[3];                    /* of DC: 1..32767 */
    int32_t predicted[3];                     /* DC, of the components that are wanted */
    ie_quarter_scale scale;                   /* of luma, when its samples at 1/4 are wanted */
    uint32_t restart_interval, until_restart; /* in MCUs; 0: none */
    uint8_t restart_number;
    bool left_over;                   /* whole bytes of coded data stood behind the last MCU of an
                                         interval: libjpeg's JWRN_EXTRANEOUS_DATA */
    uint8_t window[IE_WALK_WINDOW + IE_WALK_MCU_BYTES];
} ie_walk;

/* libjpeg's 1x1 inverse DCT: DC * q / 8, rounded half up, 128 added, cut to 0..255. Beyond what its
   table of clipped values covers it wraps around: such a picture is not for us, and false. */
static inline bool ie_dc_sample(int32_t dc, int32_t quantiser, uint8_t *ret_sample)
{
    int32_t value = ((dc * quantiser + 4) >> 3) + 128;
    if (__builtin_expect((uint32_t)value > 255, 0)) {
        if (value < 128 - 512 || value > 128 + 511) {
            return false;
        }
        value = value < 0 ? 0 : 255;
    }
    *ret_sample = (uint8_t)value;
    return true;
}

/* Starts at the first byte after a scan's header; kind, low, quantisers, restart_interval and,
   where needed, scale are set. */
void ie_walk_start(ie_walk *walk, const uint8_t *input, const uint8_t *end);
/* The next `mcus` MCUs. False: not for us. */
bool ie_walk_row(ie_walk *walk, const ie_walk_block *blocks, int count, uint32_t mcus);
/* After the last MCU: the marker that follows, or the end of the file. */
const uint8_t *ie_walk_leave(ie_walk *walk);

#endif
