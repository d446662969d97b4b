// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/derive.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "storage/bytes.h"
#include "storage/exif_file.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

static bool data_hash(const ie_config *config, const char *path, ie_format format, ie_hash128 *ret_hash)
{
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return false;
    }
    const uint8_t *memory = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
    bool good = memory != NULL && ie_image_data_hash(memory, (size_t)ie_bytes_size(bytes), format, ret_hash);
    ie_bytes_close(bytes);
    return good;
}

/* Writing tags must leave the coded picture as it is, to the byte. */
static ie_status write_tags(const ie_config *config, const ie_action *action, const char *temp_path, ie_error *err)
{
    ie_hash128 before, after;
    if (!data_hash(config, temp_path, action->format, &before)) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The picture data of %s cannot be told from its metadata; no tags are written into it.",
                            ie_shown(action->from));
    }
    ie_status status = ie_exif_write(temp_path, action->format, action->tags, err);
    if (status == IE_OK && (!data_hash(config, temp_path, action->format, &after) ||
                            !ie_hash128_equal(before, after))) {
        return ie_error_set(err, IE_ERR_FORMAT, "Writing tags into %s would have changed its picture; it is left alone.",
                            ie_shown(action->from));
    }
    return status;
}

static ie_status source_facts(const ie_config *config, const ie_action *action, ie_image_facts *ret_facts,
                              ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(action->from, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *memory = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
    if (memory == NULL) {
        status = ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(action->from));
    } else {
        status = ie_image_probe(memory, (size_t)ie_bytes_size(bytes), action->from_format,
                                (uint64_t)config->limits.max_pixels, ret_facts, err);
    }
    ie_bytes_close(bytes);
    return status;
}

/* The new file must decode and have the picture's upright geometry before it may stand for the original. */
static ie_status check_geometry(const ie_config *config, const ie_action *action, const char *temp_path,
                                ie_error *err)
{
    ie_image_facts was, is;
    ie_status status = source_facts(config, action, &was, err);
    if (status == IE_OK) {
        status = ie_image_check(temp_path, (uint64_t)config->limits.max_pixels, &is, err);
    }
    if (status != IE_OK) {
        return status;
    }
    bool turned = action->orientation >= 5 && action->orientation <= 8;
    uint32_t width = turned ? was.height : was.width, height = turned ? was.width : was.height;
    if (is.width == width && is.height == height) {
        return IE_OK;
    }
    return ie_error_set(err, IE_ERR_FORMAT,
                        "The converted %s came out as %ux%u pixels instead of %ux%u; the original stays as it is.",
                        ie_shown(action->from), is.width, is.height, width, height);
}

static ie_status convert(const ie_config *config, const ie_action *action, const char *temp_path, ie_error *err)
{
    ie_convert_options options = {
        .to = action->format,
        .quality = action->quality,
        .orientation = action->orientation,
        .max_pixels = (uint64_t)config->limits.max_pixels,
    };
    ie_status status = ie_image_convert(action->from, action->from_format, temp_path, &options, err);
    if (status == IE_OK) {
        /* The pixels were turned upright, so the tag must say so: 1. */
        status = ie_exif_copy(action->from, action->from_format, temp_path, action->format, 1, err);
    }
    return status == IE_OK ? check_geometry(config, action, temp_path, err) : status;
}

static ie_status copy_bytes(const ie_action *action, const char *temp_path, ie_error *err)
{
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    ie_copied copied = {0};
    int to = -1;
    int from = open(action->from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (from < 0) {
        return ie_error_errno(err, errno, "%s cannot be read", ie_shown(action->from));
    }
    IE_AUTO_FREE char *folder = ie_path_directory(temp_path);
    int failed = ie_place_open(folder, temp_path, &temp);
    if (failed == 0) {
        failed = ie_fs_open_append(&temp, &to);
    }
    if (failed == 0) {
        failed = ie_fs_copy(from, to, temp_path, &copied);
        close(to);
    }
    close(from);
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be copied to be changed", ie_shown(action->from));
}

ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path, ie_error *err)
{
    ie_status status = action->format != action->from_format ? convert(config, action, temp_path, err)
                                                              : copy_bytes(action, temp_path, err);
    if (status == IE_OK && action->tags != NULL) {
        status = write_tags(config, action, temp_path, err);
    }
    return status;
}
