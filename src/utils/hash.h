// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Hashes of bytes: XXH3-128 (libxxhash) to find equal files fast, SHA-256 and MD5 (libcrypto) when
 * asked. A hash here finds candidates; that two files are equal is proven by comparing their bytes.
 */
#ifndef IE_UTILS_HASH_H
#define IE_UTILS_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An XXH3-128 value in its canonical (big-endian) byte order. */
typedef struct ie_hash128 {
    uint8_t bytes[16];
} ie_hash128;

ie_hash128 ie_hash128_of(const void *bytes, size_t size);
/* XXH3-64, for tables in memory: who does not know the seed cannot prepare texts that collide. */
uint64_t ie_hash64_seeded(const void *bytes, size_t size, uint64_t seed);
bool ie_hash128_equal(ie_hash128 a, ie_hash128 b);
void ie_hash128_hex(ie_hash128 hash, char ret_hex[33]);
bool ie_hash128_parse(const char *hex, ie_hash128 *ret_hash); /* exactly 32 hex digits */

/* Streaming XXH3-128. new/free; add any number of pieces; value() may be asked at any time. */
typedef struct ie_hasher ie_hasher;
ie_hasher *ie_hasher_new(void);
void ie_hasher_free(ie_hasher *hasher);
void ie_hasher_reset(ie_hasher *hasher);
void ie_hasher_add(ie_hasher *hasher, const void *bytes, size_t size);
ie_hash128 ie_hasher_value(const ie_hasher *hasher);

/* Streaming digests by libcrypto. */
typedef enum ie_digest_kind {
    IE_DIGEST_SHA256,
    IE_DIGEST_MD5,
    IE_DIGEST_SHA1
} ie_digest_kind; /* SHA-1: git's */
typedef struct ie_digest ie_digest;
ie_digest *ie_digest_new(
    ie_digest_kind kind); /* NULL without libcrypto, or when it refuses (MD5 under FIPS) */
void ie_digest_add(ie_digest *digest, const void *bytes, size_t size);
/* Lower-case hex with NUL (at most 65 bytes); frees the digest. */
void ie_digest_end(ie_digest *take_digest, char ret_hex[65]);

#endif
