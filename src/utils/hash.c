// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "utils/late.h"
#include "utils/memory.h"

static ie_hash128 canonical(XXH128_hash_t value)
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, value);
    ie_hash128 hash;
    memcpy(hash.bytes, bytes.digest, sizeof hash.bytes);
    return hash;
}

ie_hash128 ie_hash128_of(const void *bytes, size_t size)
{
    return canonical(XXH3_128bits(bytes, size));
}

uint64_t ie_hash64_seeded(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

bool ie_hash128_equal(ie_hash128 a, ie_hash128 b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static void to_hex(const uint8_t *bytes, size_t size, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        ret_hex[2 * i] = digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_hex[2 * size] = 0;
}

void ie_hash128_hex(ie_hash128 hash, char ret_hex[33])
{
    to_hex(hash.bytes, sizeof hash.bytes, ret_hex);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool ie_hash128_parse(const char *hex, ie_hash128 *ret_hash)
{
    ie_hash128 hash;
    if (strlen(hex) != 32) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        hash.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_hash = hash;
    return true;
}

struct ie_hasher {
    XXH3_state_t *state;
};

ie_hasher *ie_hasher_new(void)
{
    ie_hasher *hasher = ie_alloc(sizeof *hasher);
    hasher->state = XXH3_createState();
    if (hasher->state == NULL) {
        abort();
    }
    ie_hasher_reset(hasher);
    return hasher;
}

void ie_hasher_free(ie_hasher *hasher)
{
    if (hasher != NULL) {
        XXH3_freeState(hasher->state);
        free(hasher);
    }
}

void ie_hasher_reset(ie_hasher *hasher)
{
    XXH3_128bits_reset(hasher->state);
}

void ie_hasher_add(ie_hasher *hasher, const void *bytes, size_t size)
{
    XXH3_128bits_update(hasher->state, bytes, size);
}

ie_hash128 ie_hasher_value(const ie_hasher *hasher)
{
    return canonical(XXH3_128bits_digest(hasher->state));
}

/* Loaded at first use: few photos have what is hashed this way, and loading it is a third of what
   starting takes. */
#define CALLS(X)                                                                                   \
    X(EVP_MD_CTX_new) X(EVP_MD_CTX_free) X(EVP_DigestInit_ex) X(EVP_DigestUpdate)                  \
    X(EVP_DigestFinal_ex) X(EVP_sha256) X(EVP_sha1) X(EVP_md5)
static struct {
    CALLS(IE_LATE_MEMBER)
} libcrypto; /* filled once, under `once` */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_CRYPTO, names, sizeof names / sizeof *names, &libcrypto);
}

struct ie_digest {
    EVP_MD_CTX *context;
};

ie_digest *ie_digest_new(ie_digest_kind kind)
{
    pthread_once(&once, load);
    if (!loaded) {
        return NULL;
    }
    ie_digest *digest = ie_alloc(sizeof *digest);
    digest->context = libcrypto.EVP_MD_CTX_new();
    const EVP_MD *method = kind == IE_DIGEST_SHA256 ? libcrypto.EVP_sha256()
                           : kind == IE_DIGEST_SHA1 ? libcrypto.EVP_sha1()
                                                    : libcrypto.EVP_md5();
    if (digest->context == NULL ||
        libcrypto.EVP_DigestInit_ex(digest->context, method, NULL) != 1) {
        libcrypto.EVP_MD_CTX_free(digest->context);
        free(digest);
        return NULL;
    }
    return digest;
}

void ie_digest_add(ie_digest *digest, const void *bytes, size_t size)
{
    libcrypto.EVP_DigestUpdate(digest->context, bytes, size);
}

void ie_digest_end(ie_digest *take_digest, char ret_hex[65])
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    libcrypto.EVP_DigestFinal_ex(take_digest->context, bytes, &size);
    to_hex(bytes, size <= 32 ? size : 32, ret_hex);
    libcrypto.EVP_MD_CTX_free(take_digest->context);
    free(take_digest);
}
