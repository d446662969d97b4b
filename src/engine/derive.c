// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/derive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/recoding.h"
#include "storage/bytes.h"
#include "storage/exif_file.h"
#include "storage/exif_keep.h"
#include "storage/exif_strip.h"
#include "storage/gain_map.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "storage/jpeg_turn.h"
#include "storage/sidecar_write.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

static bool upright_by_container(ie_format format)
{
    return format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF || format == IE_FORMAT_JXL;
}

static uint8_t turn_of(const ie_action *action)
{
    return upright_by_container(action->from_format) ? 1 : action->orientation;
}

/* A file's bytes; close them with ie_bytes_close(). */
static ie_status load(const char *path, uint64_t max_bytes, ie_bytes **ret_bytes,
                      const uint8_t **ret_data, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    *ret_data = ie_bytes_load(bytes, max_bytes);
    if (*ret_data == NULL) {
        status =
            ie_bytes_size(bytes) > max_bytes
                ? ie_error_set(err, IE_ERR_LIMIT, "%s is larger than limits.max_file_bytes",
                               ie_shown(path))
                : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
        ie_bytes_close(bytes);
        return status;
    }
    *ret_bytes = bytes;
    return IE_OK;
}

static ie_status copy_bytes(const char *from, const char *temp_path, ie_error *err)
{
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    ie_copied copied = {0};
    int from_fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from_fd < 0) {
        return ie_error_errno(err, errno, "%s cannot be opened", ie_shown(from));
    }
    IE_AUTO_FREE char *folder = ie_path_directory(temp_path);
    int to_fd = -1, failed = ie_place_open(folder, temp_path, &temp);
    if (failed == 0) {
        failed = ie_fs_open_append(&temp, &to_fd);
    }
    if (failed == 0) {
        failed = ie_fs_copy(from_fd, to_fd, temp_path, &copied);
        close(to_fd);
    }
    close(from_fd);
    return failed == 0
               ? IE_OK
               : ie_error_errno(err, failed,
                                copied.reading ? "%s cannot be read" : "%s cannot be written",
                                ie_shown(copied.reading ? from : temp_path));
}

static ie_status write_bytes(const char *temp_path, const uint8_t *bytes, size_t size,
                             ie_error *err)
{
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    IE_AUTO_FREE char *folder = ie_path_directory(temp_path);
    int fd = -1, failed = ie_place_open(folder, temp_path, &temp);
    if (failed == 0) {
        failed = ie_fs_open_append(&temp, &fd);
    }
    if (failed == 0) {
        failed = ie_fs_write(fd, temp_path, bytes, size);
        close(fd);
    }
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be written", ie_shown(temp_path));
}

/* ---- conversion ---------------------------------------------------------------------- */

/* What only the source's bytes tell of parts that a conversion would leave behind. */
static ie_status inspect(const ie_action *action, const uint8_t *data, size_t size, bool *ret_bare,
                         ie_error *err)
{
    ie_status status = IE_OK;
    if (!ie_gain_map_possible(action->from_format)) {
        return IE_OK;
    }
    if (action->from_format == IE_FORMAT_JPEG && ie_image_data_motion(data, size)) {
        status =
            ie_error_set(err, IE_ERR_UNSUPPORTED,
                         "it carries a video behind the picture, which a conversion would lose");
    } else if ((action->recoding & IE_RECODE_DROP_GAIN_MAP) == 0 &&
               ie_gain_map_in(data, size, action->from_format)) {
        status = ie_error_set(
            err, IE_ERR_UNSUPPORTED,
            "it carries an HDR gain map, which a conversion would lose; --drop-gain-map "
            "converts it all the same");
    }
    *ret_bare = action->from_format == IE_FORMAT_JXL && !ie_image_data_boxed_metadata(data, size);
    return status;
}

static ie_status compare(const ie_config *config, const ie_action *action,
                         const ie_converted *converted, const ie_image_facts *after,
                         const ie_likeness *likeness, ie_error *err)
{
    bool swapped = turn_of(action) >= 5;
    uint32_t width = swapped ? converted->height : converted->width;
    uint32_t height = swapped ? converted->width : converted->height;
    double similarity = 0;
    if (after->width != width || after->height != height) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its conversion came out as %u x %u pixels instead of %u x %u",
                            after->width, after->height, width, height);
    }
    ie_status status = ie_converted_check(converted, after, action->format, err);
    if (status != IE_OK) {
        return status;
    }
    if (!ie_likeness_compare(&converted->likeness, likeness, &similarity)) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "there is too little memory to compare the pictures");
    }
    return similarity >= config->convert.min_similarity
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT,
                              "its conversion came out too unlike it (similarity %.3f, and "
                              "convert.min_similarity is %g)",
                              similarity, config->convert.min_similarity);
}

/* The last word before the original may go: does the new file decode, with all that was to go
   along, and show the same picture? */
static ie_status prove(const ie_config *config, const ie_action *action,
                       const ie_converted *converted, const char *temp_path, ie_error *err)
{
    ie_image_facts after = {0};
    ie_likeness likeness = {0};
    ie_status status = ie_image_check_likeness(temp_path, 1, (uint64_t)config->limits.max_pixels,
                                               &after, &likeness, err);
    status = status == IE_OK ? compare(config, action, converted, &after, &likeness, err) : status;
    ie_likeness_clear(&likeness);
    return status;
}

/* Not everyone who writes a new file says why he could not. A disk that takes nothing more is to
   blame, and no photo. */
static ie_status blame(const char *temp_path, ie_status status, ie_error *err)
{
    static const uint8_t some[1 << 16];
    ie_error own = {0};
    if (status != IE_OK && write_bytes(temp_path, some, sizeof some, &own) != IE_OK) {
        if (err != NULL) {
            *err = own;
        }
        return own.status;
    }
    return status;
}

/* The source's bytes are read once for all that looks at them. */
static ie_status convert_bytes(const ie_config *config, const ie_action *action, ie_bytes *bytes,
                               const uint8_t *data, const char *temp_path,
                               ie_converted *ret_converted, ie_error *err)
{
    bool bare = false; /* a JPEG XL without metadata: exiv2 need not read it, and could not */
    ie_status status = inspect(action, data, (size_t)ie_bytes_size(bytes), &bare, err);
    if (status != IE_OK) {
        return status;
    }
    const ie_convert_options options = {action->format, action->quality, turn_of(action),
                                        (uint64_t)config->limits.max_pixels, action->recoding};
    status =
        ie_image_convert_bytes(bytes, action->from_format, temp_path, &options, ret_converted, err);
    if (status == IE_OK && ret_converted->bytes != NULL) {
        status = write_bytes(temp_path, ret_converted->bytes, ret_converted->size, err);
    }
    if (status == IE_OK && !bare) {
        const bool swapped = turn_of(action) >= 5;
        const ie_exif_target target = {
            .path = temp_path,
            .format = action->format,
            .width = swapped ? ret_converted->height : ret_converted->width,
            .height = swapped ? ret_converted->width : ret_converted->height,
            .orientation = 1,
            .srgb = (action->recoding & (IE_RECODE_SRGB | IE_RECODE_DEVELOP)) != 0,
        };
        status = ie_exif_copy(action->from, action->from_format, bytes, &target, err);
    }
    return status;
}

static ie_status convert(const ie_config *config, const ie_action *action, const char *temp_path,
                         ie_error *err)
{
    ie_converted converted = {0};
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status =
        load(action->from, (uint64_t)config->limits.max_file_bytes, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    status = convert_bytes(config, action, bytes, data, temp_path, &converted, err);
    ie_bytes_close(bytes);
    status = blame(temp_path, status, err);
    status = status == IE_OK ? prove(config, action, &converted, temp_path, err) : status;
    ie_converted_clear(&converted);
    return status;
}

/* ---- turning upright ------------------------------------------------------------------ */

static ie_status turn_bytes(const ie_config *config, const ie_action *action, const uint8_t *data,
                            size_t size, const char *temp_path, ie_error *err)
{
    const char *pinned = ie_image_data_pinned(data, size, IE_FORMAT_JPEG);
    if (pinned != NULL || ie_image_data_motion(data, size)) {
        return ie_error_set(
            err, IE_ERR_UNSUPPORTED, "%s",
            pinned != NULL ? pinned : "it carries a video behind the picture, which would be lost");
    }
    uint64_t max_pixels = (uint64_t)config->limits.max_pixels;
    uint8_t *turned = NULL;
    size_t turned_size = 0;
    ie_jpeg_turn geometry = {0};
    ie_status status =
        ie_jpeg_turn_look(data, size, action->orientation, max_pixels, &geometry, err);
    if (status == IE_OK) {
        status =
            ie_jpeg_turn_upright(data, size, action->orientation, action->remake == IE_REMAKE_TRIM,
                                 max_pixels, &turned, &turned_size, err);
    }
    if (status != IE_OK) {
        return status;
    }
    int failed = ie_fs_write_file(temp_path, turned, turned_size, S_IRUSR | S_IWUSR, true);
    free(turned);
    return failed != 0 ? ie_error_errno(err, failed, "%s cannot be written", ie_shown(temp_path))
                       : ie_exif_set_upright(temp_path, geometry.width, geometry.height, err);
}

static ie_status turn(const ie_config *config, const ie_action *action, const char *temp_path,
                      ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status =
        load(action->from, (uint64_t)config->limits.max_file_bytes, &bytes, &data, err);
    if (status == IE_OK) {
        status = turn_bytes(config, action, data, (size_t)ie_bytes_size(bytes), temp_path, err);
        ie_bytes_close(bytes);
    }
    return status;
}

/* ---- tags ---------------------------------------------------------------------------- */

typedef struct picture {
    ie_hash128 data, icc;
} picture;

/* The iCCP chunk stands before the picture (PNG 3, 5.6), near the start. */
static bool has_profile(const uint8_t *data, size_t size)
{
    enum { HEAD_BYTES = 65536 };
    return memmem(data, size < HEAD_BYTES ? size : HEAD_BYTES, "iCCP", 4) != NULL;
}

/* A PNG's profile is packed, and writers pack it anew; so it is compared unpacked. */
static ie_status take_picture(const ie_config *config, const uint8_t *data, size_t size,
                              ie_format format, picture *ret_picture, ie_error *err)
{
    picture p = {0};
    if (!ie_image_data_hash(data, size, format, &p.data)) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "tags are not written into this file: its %s structure is damaged",
                            ie_format_name(format));
    }
    if (format == IE_FORMAT_PNG && has_profile(data, size)) {
        ie_image_facts facts;
        ie_status status =
            ie_image_probe(data, size, format, (uint64_t)config->limits.max_pixels, &facts, err);
        if (status != IE_OK) {
            return status;
        }
        p.icc = facts.icc;
    }
    *ret_picture = p;
    return IE_OK;
}

/* The coded picture of the file; refuses files in which metadata must not change its length. */
static ie_status picture_of(const ie_config *config, const char *path, ie_format format,
                            picture *ret_picture, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = load(path, (uint64_t)config->limits.max_file_bytes, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    size_t size = (size_t)ie_bytes_size(bytes);
    const char *pinned = ie_image_data_pinned(data, size, format);
    status = pinned != NULL ? ie_error_set(err, IE_ERR_UNSUPPORTED,
                                           "tags are not written into this file: %s", pinned)
                            : take_picture(config, data, size, format, ret_picture, err);
    ie_bytes_close(bytes);
    return status;
}

static ie_status write_tags(const ie_config *config, const ie_action *action, const char *temp_path,
                            ie_error *err)
{
    if (action->tags->beside) {
        return ie_sidecar_write(temp_path, action->tags, err);
    }
    if (!ie_exif_can_write(action->format)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "tags cannot be written into %s files",
                            ie_format_name(action->format));
    }
    ie_tag_edit edit = *action->tags;
    edit.notes_may_move = action->format != action->from_format;
    picture before, after;
    ie_status status = picture_of(config, temp_path, action->format, &before, err);
    if (status != IE_OK) {
        return status;
    }
    if ((status = ie_exif_write(temp_path, action->format, &edit, err)) != IE_OK) {
        return status;
    }
    if ((status = picture_of(config, temp_path, action->format, &after, err)) != IE_OK) {
        return status;
    }
    return ie_hash128_equal(before.data, after.data) && ie_hash128_equal(before.icc, after.icc)
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT,
                              "writing tags would have changed the picture itself");
}

ie_status ie_derive(const ie_config *config, const ie_action *action, const char *temp_path,
                    ie_error *err)
{
    if (ie_action_makes_sidecar(action)) {
        return ie_sidecar_write(temp_path, action->tags, err);
    }
    ie_status status = action->remake == IE_REMAKE_TURN || action->remake == IE_REMAKE_TRIM
                           ? turn(config, action, temp_path, err)
                       : ie_action_recodes(action) ? convert(config, action, temp_path, err)
                                                   : copy_bytes(action->from, temp_path, err);
    status = status == IE_OK && action->tags != NULL ? write_tags(config, action, temp_path, err)
                                                     : status;
    return status == IE_OK && action->strip != 0
               ? ie_exif_strip(temp_path, action->format, action->strip, err)
               : status;
}
