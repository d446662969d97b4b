// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/same.h"

#include "storage/bytes.h"

#define PIECE_BYTES (1 << 16)

struct ie_same {
    bool output;
};

ie_same *ie_same_new(const char *output)
{
    ie_same *same = ie_alloc(sizeof *same);
    same->output = output != NULL;
    return same;
}

void ie_same_free(ie_same *same)
{
    free(same);
}

static bool equal_bytes(const char *a_path, const char *b_path)
{
    ie_bytes *a = NULL, *b = NULL;
    bool equal = ie_bytes_open(a_path, &a, NULL) == IE_OK && ie_bytes_open(b_path, &b, NULL) == IE_OK &&
                 ie_bytes_size(a) == ie_bytes_size(b);
    uint64_t size = equal ? ie_bytes_size(a) : 0;
    /* A differing head is the usual difference: look at it before reading all. */
    size_t head = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
    if (equal && head > 0) {
        const uint8_t *x = ie_bytes_at(a, 0, head), *y = ie_bytes_at(b, 0, head);
        equal = x != NULL && y != NULL && memcmp(x, y, head) == 0;
    }
    ie_hash128 x, y;
    equal = equal && ie_bytes_xxh3(a, &x) && ie_bytes_xxh3(b, &y) && ie_hash128_equal(x, y);
    ie_bytes_close(a);
    ie_bytes_close(b);
    return equal;
}

bool ie_same_is_there(void *user, const ie_photo *photo, const char *path)
{
    const ie_same *same = user;
    return same->output && equal_bytes(photo->real_path, path);
}
