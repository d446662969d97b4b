// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/model_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "utils/error.h"
#include "utils/hash.h"
#include "utils/memory.h"

/* A file of this many samples or fewer is read whole. */
#define SAMPLES 64
#define SAMPLE_BYTES ((off_t)65536)

static bool add_sample(int fd, off_t at, char *buffer, ie_hasher *hasher)
{
    ssize_t got = pread(fd, buffer, (size_t)SAMPLE_BYTES, at);
    if (got > 0) {
        ie_hasher_add(hasher, buffer, (size_t)got);
    }
    return got >= 0;
}

ie_status ie_model_checksum(const char *path, char ret_hex[17], ie_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int cause = errno;
        if (fd >= 0) {
            close(fd);
        }
        return ie_error_errno(err, cause, "%s cannot be read", ie_shown(path));
    }
    int64_t size = st.st_size;
    ie_hasher *hasher = ie_hasher_new();
    ie_hasher_add(hasher, &size, sizeof size);
    off_t last = st.st_size > SAMPLE_BYTES ? st.st_size - SAMPLE_BYTES : 0;
    off_t step = last / SAMPLES > SAMPLE_BYTES ? last / SAMPLES : SAMPLE_BYTES;
    IE_AUTO_FREE char *buffer = ie_alloc((size_t)SAMPLE_BYTES);
    bool good = true;
    for (off_t at = 0; good && at < last; at += step) {
        good = add_sample(fd, at, buffer, hasher);
    }
    good = good && add_sample(fd, last, buffer, hasher);
    int cause = errno;
    close(fd);
    char hex[33];
    ie_hash128_hex(ie_hasher_value(hasher), hex);
    ie_hasher_free(hasher);
    if (!good) {
        return ie_error_errno(err, cause, "%s cannot be read", ie_shown(path));
    }
    memcpy(ret_hex, hex, 16);
    ret_hex[16] = 0;
    return IE_OK;
}
