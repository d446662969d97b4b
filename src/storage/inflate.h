// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Zlib streams (RFC 1950) unpacked in one piece, and CRC-32, by libdeflate: in two fifths of zlib's
 * time. It comes along with libvips and is loaded at first use; without it, readers that want it
 * leave their files to libvips. Thread-safe.
 */
#ifndef IE_STORAGE_INFLATE_H
#define IE_STORAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Deflate packs no more than 258 bytes into 2 bits. */
#define IE_INFLATE_MOST_RATIO 1032u

bool ie_inflate_ready(void);
/* After a yes of that. The stream gives `out_size` bytes, no more and no less, its sum is right,
   and no distance can reach beyond the window that it names, as zlib wants it. */
bool ie_inflate(const uint8_t *stream, size_t size, uint8_t *out, size_t out_size);
uint32_t ie_crc32(const uint8_t *bytes, size_t size);

#endif
