// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/inflate.h"

#include <pthread.h>

#include <libdeflate.h>

#include "utils/late.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(libdeflate_alloc_decompressor) X(libdeflate_crc32) X(libdeflate_free_decompressor)           \
    X(libdeflate_zlib_decompress)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libdeflate;
#define libdeflate_alloc_decompressor (libdeflate.libdeflate_alloc_decompressor)
#define libdeflate_crc32 (libdeflate.libdeflate_crc32)
#define libdeflate_free_decompressor (libdeflate.libdeflate_free_decompressor)
#define libdeflate_zlib_decompress (libdeflate.libdeflate_zlib_decompress)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_DEFLATE, names, sizeof names / sizeof *names, &libdeflate);
}

bool ie_inflate_ready(void)
{
    pthread_once(&load_once, load);
    return loaded;
}

/* No distance reaches beyond the window that the data names (RFC 1950, 2.2): zlib refuses such. */
static bool has_window(const uint8_t *stream, size_t size, size_t out_size)
{
    if (size < 2) {
        return false;
    }
    const size_t window = (size_t)1 << ((stream[0] >> 4) + 8);
    return window >= 32768 || window >= out_size;
}

bool ie_inflate(const uint8_t *stream, size_t size, uint8_t *out, size_t out_size)
{
    struct libdeflate_decompressor *decompressor =
        has_window(stream, size, out_size) ? libdeflate_alloc_decompressor() : NULL;
    if (decompressor == NULL) {
        return false;
    }
    const bool good = libdeflate_zlib_decompress(decompressor, stream, size, out, out_size, NULL) ==
                      LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(decompressor);
    return good;
}

uint32_t ie_crc32(const uint8_t *bytes, size_t size)
{
    return libdeflate_crc32(0, bytes, size);
}
