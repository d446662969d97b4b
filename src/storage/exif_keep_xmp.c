// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_keep_xmp.h"

#include <string.h>

#include "storage/jpeg_app1.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_SEGMENT_BYTES 65535 /* with the two of its length */

static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/"; /* its NUL is part of it */
#define PACKET_AT (4 + sizeof xmp_name)

ie_status ie_xmp_keep(const char *path, ie_xmp_kept *ret_kept, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_app1_open(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    ie_app1 segment = {0};
    int count =
        ie_app1_find(data, (size_t)ie_bytes_size(bytes), xmp_name, sizeof xmp_name, &segment);
    if (count > 1) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED,
                              "tags are not written into this file: it has two XMP packets");
    } else if (count == 1) {
        ie_buffer_add(&ret_kept->packet, data + segment.at + PACKET_AT, segment.size - PACKET_AT);
    }
    ie_bytes_close(bytes);
    return status;
}

void ie_xmp_kept_free(ie_xmp_kept *kept)
{
    ie_buffer_free(&kept->packet);
}

static ie_status replace(const char *path, const ie_xmp_kept *kept, const ie_buffer *packet,
                         ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_app1_open(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    ie_app1 now = {0};
    size_t size = (size_t)ie_bytes_size(bytes), length = packet->size + sizeof xmp_name + 2;
    int count = ie_app1_find(data, size, xmp_name, sizeof xmp_name, &now);
    bool same = count == 1 && now.size - PACKET_AT == kept->packet.size &&
                memcmp(data + now.at + PACKET_AT, kept->packet.data, kept->packet.size) == 0;
    if (count == 0 || same) {
        status =
            IE_OK; /* nothing was to be written; or nothing is left of it, as the proof will see */
    } else if (count != 1) {
        status = ie_error_set(err, IE_ERR_FORMAT, "its XMP does not survive writing");
    } else if (length > MAX_SEGMENT_BYTES) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED, "its XMP would be larger than a JPEG takes");
    } else {
        ie_buffer segment = {0};
        const uint8_t head[] = {0xff, 0xe1, (uint8_t)(length >> 8), (uint8_t)length};
        ie_buffer_add(&segment, head, sizeof head);
        ie_buffer_add(&segment, xmp_name, sizeof xmp_name);
        ie_buffer_add(&segment, packet->data, packet->size);
        status = ie_app1_replace(path, data, size, &now, segment.data, segment.size, err);
        ie_buffer_free(&segment);
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes, size_t count,
                              const char *path, ie_error *err)
{
    ie_buffer packet = {0};
    if (kept->packet.size == 0) {
        return IE_OK;
    }
    ie_status status =
        ie_xmp_edit(kept->packet.data, kept->packet.size, changes, count, &packet, err);
    if (status == IE_OK) {
        status = replace(path, kept, &packet, err);
    }
    ie_buffer_free(&packet);
    return status;
}
