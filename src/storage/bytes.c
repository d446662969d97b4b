// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/stamp.h"
#include "utils/error.h"

/* Windows are at least this large, so that a JPEG's header segments take one read. */
#define WINDOW_BYTES 65536

typedef struct window {
    struct window *next;
    uint64_t offset;
    size_t size;
    uint8_t data[];
} window;

struct ie_bytes {
    int fd; /* -1 when wrapped */
    ie_stamp stamp;
    uint64_t size;
    const uint8_t *whole; /* NULL until loaded */
    uint8_t *owned;
    window *windows;
    int failed_errno;
};

static ie_status open_at(int folder, const char *name, const char *path, ie_bytes **ret_bytes,
                         ie_error *err)
{
    /* O_NONBLOCK: opening a FIFO must not hang; it has no effect on regular files. */
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return ie_error_errno(err, errno, "%s cannot be opened", ie_shown(path));
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "%s is not a regular file", ie_shown(path));
    }
    ie_bytes *bytes = ie_alloc(sizeof *bytes);
    bytes->fd = fd;
    bytes->size = (uint64_t)st.st_size;
    bytes->stamp = ie_stamp_of(&st);
    *ret_bytes = bytes;
    return IE_OK;
}

ie_status ie_bytes_open(const char *path, ie_bytes **ret_bytes, ie_error *err)
{
    return open_at(AT_FDCWD, path, path, ret_bytes, err);
}

void ie_nearby_clear(ie_nearby *nearby)
{
    if (nearby->open) {
        close(nearby->fd);
    }
    free(nearby->folder);
    *nearby = (ie_nearby){0};
}

/* A folder is opened for the second file in it: most of a deep tree's folders have but one. */
static bool is_nearby(ie_nearby *nearby, const char *path, size_t length)
{
    if (nearby->folder != NULL && nearby->length == length &&
        memcmp(nearby->folder, path, length) == 0) {
        if (!nearby->open) {
            nearby->fd = open(nearby->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
            nearby->open = nearby->fd >= 0;
        }
        return nearby->open;
    }
    if (nearby->open) {
        close(nearby->fd);
        nearby->open = false;
    }
    if (length + 1 > nearby->room) {
        nearby->room = length + 1;
        nearby->folder = ie_realloc(nearby->folder, nearby->room);
    }
    memcpy(nearby->folder, path, length);
    nearby->folder[length] = 0;
    nearby->length = length;
    return false;
}

ie_status ie_bytes_open_near(ie_nearby *nearby, const char *path, ie_bytes **ret_bytes,
                             ie_error *err)
{
    const char *slash = strrchr(path, '/');
    bool near = slash != NULL && is_nearby(nearby, path, (size_t)(slash + 1 - path));
    return near ? open_at(nearby->fd, slash + 1, path, ret_bytes, err)
                : ie_bytes_open(path, ret_bytes, err);
}

ie_bytes *ie_bytes_wrap(const void *memory, size_t size)
{
    ie_bytes *bytes = ie_alloc(sizeof *bytes);
    bytes->fd = -1;
    bytes->size = size;
    bytes->whole = memory != NULL ? memory : (const uint8_t *)"";
    return bytes;
}

void ie_bytes_close(ie_bytes *bytes)
{
    if (bytes == NULL) {
        return;
    }
    if (bytes->fd >= 0) {
        close(bytes->fd);
    }
    while (bytes->windows != NULL) {
        window *next = bytes->windows->next;
        free(bytes->windows);
        bytes->windows = next;
    }
    free(bytes->owned);
    free(bytes);
}

uint64_t ie_bytes_size(const ie_bytes *bytes)
{
    return bytes->size;
}

ie_stamp ie_bytes_stamp(const ie_bytes *bytes)
{
    return bytes->stamp;
}

/* Reads exactly size bytes; a file that shrank meanwhile gives EIO-like failure (ENODATA). */
static bool read_exactly(ie_bytes *bytes, uint64_t offset, uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t got = pread(bytes->fd, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            bytes->failed_errno = got < 0 ? errno : ENODATA;
            return false;
        }
        out += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* As above, but what a window holds already is not read again. */
static bool fill(ie_bytes *bytes, uint64_t offset, uint8_t *out, size_t size)
{
    while (size > 0) {
        size_t take = size; /* up to where a window begins */
        const window *held = NULL;
        for (const window *w = bytes->windows; w != NULL && held == NULL; w = w->next) {
            if (w->offset > offset && w->offset - offset < take) {
                take = (size_t)(w->offset - offset);
            } else if (w->offset <= offset && offset - w->offset < w->size) {
                held = w;
            }
        }
        if (held != NULL) {
            size_t skip = (size_t)(offset - held->offset);
            take = size < held->size - skip ? size : held->size - skip;
            memcpy(out, held->data + skip, take);
        } else if (!read_exactly(bytes, offset, out, take)) {
            return false;
        }
        out += take;
        offset += take;
        size -= take;
    }
    return true;
}

/* At least `least` bytes, as far as the file goes. */
static const uint8_t *read_window(ie_bytes *bytes, uint64_t offset, size_t size, size_t least)
{
    uint64_t left = bytes->size - offset;
    size_t take = size > least ? size : left < least ? (size_t)left : least;
    window *w = ie_try_alloc(1, sizeof *w + take);
    if (w == NULL) {
        bytes->failed_errno = ENOMEM;
        return NULL;
    }
    if (!fill(bytes, offset, w->data, take)) {
        free(w);
        return NULL;
    }
    w->offset = offset;
    w->size = take;
    w->next = bytes->windows;
    bytes->windows = w;
    return w->data;
}

static const uint8_t *at(ie_bytes *bytes, uint64_t offset, size_t size, size_t least)
{
    if (size == 0 || offset > bytes->size || size > bytes->size - offset) {
        return NULL;
    }
    if (bytes->whole != NULL) {
        return bytes->whole + offset;
    }
    for (window *w = bytes->windows; w != NULL; w = w->next) {
        if (offset >= w->offset && offset - w->offset <= w->size &&
            size <= w->size - (offset - w->offset)) {
            return w->data + (offset - w->offset);
        }
    }
    return read_window(bytes, offset, size, least);
}

const uint8_t *ie_bytes_at(ie_bytes *bytes, uint64_t offset, size_t size)
{
    return at(bytes, offset, size, WINDOW_BYTES);
}

const uint8_t *ie_bytes_only(ie_bytes *bytes, uint64_t offset, size_t size)
{
    return at(bytes, offset, size, size);
}

bool ie_bytes_copy(ie_bytes *bytes, uint64_t offset, void *to, size_t size)
{
    if (offset > bytes->size || size > bytes->size - offset) {
        return false;
    }
    if (bytes->whole != NULL) {
        memcpy(to, bytes->whole + offset, size);
        return true;
    }
    return fill(bytes, offset, to, size);
}

const uint8_t *ie_bytes_load(ie_bytes *bytes, uint64_t max_bytes)
{
    if (bytes->whole != NULL) {
        return bytes->whole;
    }
    if (bytes->size > max_bytes) {
        bytes->failed_errno = EFBIG;
        return NULL;
    }
    uint8_t *memory = ie_try_alloc(1, bytes->size);
    if (memory == NULL) {
        bytes->failed_errno = ENOMEM;
        return NULL;
    }
    if (!fill(bytes, 0, memory, bytes->size)) {
        free(memory);
        return NULL;
    }
    bytes->owned = memory;
    bytes->whole = memory;
    return memory;
}

bool ie_bytes_xxh3(ie_bytes *bytes, ie_hash128 *ret_hash)
{
    const uint8_t *whole = bytes->whole;
    if (whole == NULL &&
        bytes->size <=
            WINDOW_BYTES) { /* a small file is one window, and most likely there already */
        whole = ie_bytes_at(bytes, 0, (size_t)bytes->size);
    }
    if (whole != NULL) {
        *ret_hash = ie_hash128_of(whole, bytes->size);
        return true;
    }
    /* Stays in the processor's cache; larger ones would be new pages for each file. */
    const size_t piece = WINDOW_BYTES;
    uint8_t *buffer = ie_realloc(NULL, piece);
    ie_hasher *hasher = ie_hasher_new();
    bool good = true;
    for (uint64_t offset = 0; good && offset < bytes->size; offset += piece) {
        size_t size = bytes->size - offset < piece ? (size_t)(bytes->size - offset) : piece;
        good = fill(bytes, offset, buffer, size);
        if (good) {
            ie_hasher_add(hasher, buffer, size);
        }
    }
    if (good) {
        *ret_hash = ie_hasher_value(hasher);
    }
    ie_hasher_free(hasher);
    free(buffer);
    return good;
}

int ie_bytes_errno(const ie_bytes *bytes)
{
    return bytes->failed_errno;
}
