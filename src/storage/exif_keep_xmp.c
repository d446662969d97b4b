// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_keep_xmp.h"

#include <string.h>
#include <sys/stat.h>

#include "storage/bytes.h"
#include "storage/span.h"
#include "utils/error.h"
#include "utils/fs.h"

#define MAX_FILE_BYTES UINT32_MAX
#define MAX_SEGMENT_BYTES 65535 /* with the two of its length */

static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/"; /* its NUL is part of it */
#define PACKET_AT (4 + sizeof xmp_name)

static ie_status load(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data, ie_error *err)
{
    ie_status status = ie_bytes_open(path, ret_bytes, err);
    if (status != IE_OK) {
        return status;
    }
    *ret_data = ie_bytes_load(*ret_bytes, MAX_FILE_BYTES);
    if (*ret_data == NULL) {
        status = ie_error_errno(err, ie_bytes_errno(*ret_bytes), "%s cannot be read", ie_shown(path));
        ie_bytes_close(*ret_bytes);
    }
    return status;
}

/* The segments before the picture; how many are XMP, and where the first is. */
static int find(const uint8_t *bytes, size_t size, size_t *ret_at, size_t *ret_size)
{
    int count = 0;
    for (size_t at = 2; at < size && size - at >= 4 && bytes[at] == 0xff && bytes[at + 1] != 0xda;) {
        if (bytes[at + 1] == 0xff) {
            at++;
            continue;
        }
        size_t length = (size_t)ie_be16(bytes + at + 2) + 2;
        if (length < 4 || length > size - at) {
            break;
        }
        if (bytes[at + 1] == 0xe1 && length > PACKET_AT && memcmp(bytes + at + 4, xmp_name, sizeof xmp_name) == 0 &&
            count++ == 0) {
            *ret_at = at;
            *ret_size = length;
        }
        at += length;
    }
    return count;
}

ie_status ie_xmp_keep(const char *path, ie_xmp_kept *ret_kept, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = load(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    size_t at = 0, size = 0;
    int count = find(data, (size_t)ie_bytes_size(bytes), &at, &size);
    if (count > 1) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED, "tags are not written into this file: it has two XMP packets");
    } else if (count == 1) {
        ie_buffer_add(&ret_kept->packet, data + at + PACKET_AT, size - PACKET_AT);
    }
    ie_bytes_close(bytes);
    return status;
}

void ie_xmp_kept_free(ie_xmp_kept *kept)
{
    ie_buffer_free(&kept->packet);
}

static ie_status replace(const char *path, const ie_xmp_kept *kept, const ie_buffer *packet, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = load(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    size_t at = 0, now = 0, size = (size_t)ie_bytes_size(bytes);
    size_t length = packet->size + sizeof xmp_name + 2;
    int count = find(data, size, &at, &now);
    if (count == 1 && now - PACKET_AT == kept->packet.size &&
        memcmp(data + at + PACKET_AT, kept->packet.data, kept->packet.size) == 0) {
        ie_bytes_close(bytes); /* nothing was to be written */
        return IE_OK;
    }
    if (count == 0) { /* nothing was left of it, as the proof will see */
        ie_bytes_close(bytes);
        return IE_OK;
    }
    if (count != 1) {
        status = ie_error_set(err, IE_ERR_FORMAT, "its XMP does not survive writing");
    } else if (length > MAX_SEGMENT_BYTES) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED, "its XMP would be larger than a JPEG takes");
    } else {
        ie_buffer file = {0};
        const uint8_t head[] = {0xff, 0xe1, (uint8_t)(length >> 8), (uint8_t)length};
        ie_buffer_add(&file, data, at);
        ie_buffer_add(&file, head, sizeof head);
        ie_buffer_add(&file, xmp_name, sizeof xmp_name);
        ie_buffer_add(&file, packet->data, packet->size);
        ie_buffer_add(&file, data + at + now, size - at - now);
        int failed = ie_fs_write_file(path, file.data, file.size, S_IRUSR | S_IWUSR, true);
        if (failed != 0) {
            status = ie_error_errno(err, failed, "%s cannot be written", ie_shown(path));
        }
        ie_buffer_free(&file);
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes, size_t count, const char *path,
                              ie_error *err)
{
    ie_buffer packet = {0};
    if (kept->packet.size == 0) {
        return IE_OK;
    }
    ie_status status = ie_xmp_edit(kept->packet.data, kept->packet.size, changes, count, &packet, err);
    if (status == IE_OK) {
        status = replace(path, kept, &packet, err);
    }
    ie_buffer_free(&packet);
    return status;
}
