// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/cache_file.h"

#include <string.h>

#include "storage/data_folder.h"
#include "storage/model_files.h"
#include "utils/fs.h"
#include "utils/hash.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MAX_BYTES (64u << 20)

static ie_hash128 checksum(const void *bytes, size_t size)
{
    ie_hasher *hasher = ie_hasher_new();
    ie_hasher_add(hasher, bytes, size);
    ie_hash128 hash = ie_hasher_value(hasher);
    ie_hasher_free(hasher);
    return hash;
}

void *ie_cache_read(const char *name, size_t *ret_size)
{
    IE_AUTO_FREE char *path = ie_cache_folder(name);
    char *bytes = NULL;
    size_t size = 0;
    ie_hash128 stored;
    if (path == NULL || ie_model_read(path, MAX_BYTES, &bytes, &size, NULL) != IE_OK) {
        return NULL;
    }
    if (size < sizeof stored) {
        free(bytes);
        return NULL;
    }
    size -= sizeof stored;
    memcpy(&stored, bytes + size, sizeof stored);
    ie_hash128 actual = checksum(bytes, size);
    if (memcmp(&stored, &actual, sizeof stored) != 0) {
        free(bytes);
        return NULL;
    }
    *ret_size = size;
    return bytes;
}

void ie_cache_write(const char *name, const void *bytes, size_t size)
{
    IE_AUTO_FREE char *path = ie_cache_folder(name);
    if (path == NULL || path[0] != '/') {
        return;
    }
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    (void)ie_own_folder_make(folder);
    ie_buffer whole = {0};
    ie_hash128 hash = checksum(bytes, size);
    ie_buffer_add(&whole, bytes, size);
    ie_buffer_add(&whole, &hash, sizeof hash);
    (void)ie_fs_write_file(path, whole.data, whole.size, 0600, true);
    ie_buffer_free(&whole);
}
