// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_app1.h"

#include <string.h>
#include <sys/stat.h>

#include "storage/span.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX
#define NAME_AT 4 /* marker and length are in front */

ie_status ie_app1_open(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data,
                       ie_error *err)
{
    ie_status status = ie_bytes_open(path, ret_bytes, err);
    if (status != IE_OK) {
        return status;
    }
    *ret_data = ie_bytes_load(*ret_bytes, MAX_FILE_BYTES);
    if (*ret_data == NULL) {
        status =
            ie_error_errno(err, ie_bytes_errno(*ret_bytes), "%s cannot be read", ie_shown(path));
        ie_bytes_close(*ret_bytes);
    }
    return status;
}

int ie_app1_find(const uint8_t *data, size_t size, const void *name, size_t name_size,
                 ie_app1 *ret_first)
{
    int count = 0;
    size_t at = 2;
    while (at < size && size - at >= 4 && data[at] == 0xff && data[at + 1] != 0xda) {
        if (data[at + 1] == 0xff) {
            at++;
            continue;
        }
        size_t length = (size_t)ie_be16(data + at + 2) + 2;
        if (length < 4 || length > size - at) {
            break;
        }
        if (data[at + 1] == 0xe1 && length >= NAME_AT + name_size &&
            memcmp(data + at + NAME_AT, name, name_size) == 0 && count++ == 0) {
            *ret_first = (ie_app1){.at = at, .size = length};
        }
        at += length;
    }
    return count;
}

ie_status ie_app1_replace(const char *path, const uint8_t *data, size_t size, const ie_app1 *old,
                          const void *bytes, size_t bytes_size, ie_error *err)
{
    ie_buffer file = {0};
    ie_buffer_add(&file, data, old->at);
    ie_buffer_add(&file, bytes, bytes_size);
    ie_buffer_add(&file, data + old->at + old->size, size - old->at - old->size);
    int failed = ie_fs_write_file(path, file.data, file.size, S_IRUSR | S_IWUSR, true);
    ie_buffer_free(&file);
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be written", ie_shown(path));
}
