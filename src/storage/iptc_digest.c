// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/iptc_digest.h"

#include <string.h>
#include <sys/stat.h>

#include "storage/iptc_read.h"
#include "storage/meta_container.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/hash.h"
#include "utils/text.h"

/* The file's metadata blocks; close them with close_blocks(). */
typedef struct blocks {
    ie_bytes *bytes;
    ie_photo *photo;
    ie_meta meta;
} blocks;

static ie_status open_blocks(const char *path, ie_format format, blocks *ret_blocks, ie_error *err)
{
    ie_status status = ie_bytes_open(path, &ret_blocks->bytes, err);
    if (status == IE_OK) {
        ret_blocks->photo = ie_photo_new();
        ret_blocks->photo->format = format;
        ie_meta_find(ret_blocks->bytes, ret_blocks->photo, &ret_blocks->meta);
        ie_meta_add_parts(&ret_blocks->meta);
    }
    return status;
}

static void close_blocks(blocks *b)
{
    ie_meta_clear(&b->meta);
    ie_photo_free(b->photo);
    ie_bytes_close(b->bytes);
}

ie_status ie_iptc_in_step(const char *path, ie_format format, bool *ret_in_step, ie_error *err)
{
    blocks b = {0};
    uint8_t digest[16] = {0};
    ie_status status = open_blocks(path, format, &b, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *stored = ie_span_at(&b.meta.iptc_digest, 0, 16);
    memcpy(digest, stored != NULL ? stored : digest, sizeof digest);
    const uint8_t *iptc = ie_span_at(&b.meta.iptc, 0, b.meta.iptc.size);
    *ret_in_step =
        stored != NULL && iptc != NULL && !ie_iptc_is_newer(iptc, (size_t)b.meta.iptc.size, digest);
    close_blocks(&b);
    return IE_OK;
}

static bool md5_of(const uint8_t *bytes, size_t size, uint8_t ret_md5[16])
{
    char hex[65];
    ie_digest *digest = ie_digest_new(IE_DIGEST_MD5);
    ie_hash128 value;
    if (digest == NULL) {
        return false;
    }
    ie_digest_add(digest, bytes, size);
    ie_digest_end(digest, hex);
    if (!ie_hash128_parse(hex, &value)) {
        return false;
    }
    memcpy(ret_md5, value.bytes, 16);
    return true;
}

static ie_status replace_digest(const char *path, const blocks *b, const uint8_t md5[16],
                                ie_error *err)
{
    uint64_t size = ie_bytes_size(b->bytes), at = b->meta.iptc_digest.offset;
    const uint8_t *data = ie_bytes_load(b->bytes, UINT32_MAX);
    if (data == NULL || b->meta.iptc_digest.bytes != b->bytes || at > size || size - at < 16) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "the digest of its IPTC texts cannot be brought up to date");
    }
    ie_buffer file = {0};
    ie_buffer_add(&file, data, (size_t)size);
    memcpy(file.data + at, md5, 16);
    int failed = ie_fs_write_file(path, file.data, file.size, S_IRUSR | S_IWUSR, true);
    ie_buffer_free(&file);
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be written", ie_shown(path));
}

ie_status ie_iptc_refresh_digest(const char *path, ie_format format, ie_error *err)
{
    blocks b = {0};
    uint8_t md5[16];
    ie_status status = open_blocks(path, format, &b, err);
    if (status != IE_OK) {
        return status;
    }
    const ie_span *iptc = &b.meta.iptc;
    const uint8_t *digest = ie_span_at(&b.meta.iptc_digest, 0, 16);
    const uint8_t *block = ie_span_at(iptc, 0, iptc->size);
    uint8_t stored[16];
    if (digest != NULL && block != NULL) {
        memcpy(stored, digest, sizeof stored);
        block =
            ie_span_at(iptc, 0, iptc->size); /* the first may have gone when the second was read */
        if (block != NULL && ie_iptc_is_newer(block, (size_t)iptc->size, stored)) {
            block = ie_span_at(iptc, 0, iptc->size);
            status =
                md5_of(block, (size_t)iptc->size, md5) ? replace_digest(path, &b, md5, err) : IE_OK;
        }
    }
    close_blocks(&b);
    return status;
}
