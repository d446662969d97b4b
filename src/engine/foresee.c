// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/foresee.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/recoding.h"
#include "storage/bytes.h"
#include "storage/color_space.h"
#include "storage/exif_file.h"
#include "storage/exif_strip.h"
#include "storage/gain_map.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "storage/image_jpeg.h"
#include "storage/jpeg_file.h"
#include "storage/jpeg_turn.h"
#include "storage/raw_develop.h"
#include "storage/raw_preview.h"
#include "utils/fs.h"

#define HEAD_BYTES ((size_t)1 << 16) /* colours of a PNG stand before its picture */

static void foresee_turn(const ie_config *config, const ie_photo *photo, const uint8_t *data,
                         size_t size, ie_arena *arena, ie_prospect *prospect)
{
    ie_jpeg_turn turn = {0};
    ie_error err = {0};
    prospect->refusal = ie_image_data_pinned(data, size, photo->format);
    if (prospect->refusal == NULL && ie_image_data_motion(data, size)) {
        prospect->refusal = "it carries a video behind the picture, which would be lost";
    }
    if (prospect->refusal == NULL &&
        ie_jpeg_turn_look(data, size, photo->orientation, (uint64_t)config->limits.max_pixels,
                          &turn, &err) != IE_OK) {
        prospect->refusal = ie_arena_strdup(arena, err.text);
    }
    prospect->cut_width = turn.cut_width;
    prospect->cut_height = turn.cut_height;
}

static void foresee_raw(const ie_action *action, ie_bytes *bytes, size_t size,
                        ie_prospect *prospect)
{
    ie_preview preview = {0};
    if ((action->recoding & IE_RECODE_DEVELOP) != 0) {
        prospect->refusal = ie_raw_can_develop()
                                ? NULL
                                : "RAW files cannot be developed here, because LibRaw is not there";
    } else if (ie_raw_find_preview(bytes, size, &preview)) {
        prospect->width = preview.width;
        prospect->height = preview.height;
    } else {
        prospect->refusal = "it has no JPEG preview that could be found; --raw develop makes the "
                            "picture from the sensor's data";
    }
}

/* A profile of its own stands above a HEIC's code points; one that is only somewhere in the file
   may be another picture's, and is left to apply. */
static bool may_have_profile(const uint8_t *data, size_t size)
{
    return memmem(data, size, "colrprof", 8) != NULL || memmem(data, size, "colrrICC", 8) != NULL;
}

/* Colours that no profile tells. A JPEG XL's are known to its decoder alone. */
static const char *colours_refused(const uint8_t *data, size_t size, ie_format format)
{
    ie_color_space space;
    bool png = format == IE_FORMAT_PNG;
    if (!png &&
        ((format != IE_FORMAT_HEIC && format != IE_FORMAT_AVIF) || may_have_profile(data, size))) {
        return NULL;
    }
    ie_colors colours = ie_color_space_find(data, size, format, NULL, png, &space);
    return colours == IE_COLORS_HDR ? "its light is coded for HDR screens (PQ, HLG or the like), "
                                      "which a conversion would not keep"
           : colours == IE_COLORS_UNTOLD ? "its numbers are video's (narrow range, or brightness "
                                           "and colour differences), which no profile tells"
                                         : NULL;
}

/* What the first bytes of a file say that nothing else need be read of. */
static const char *head_refused(ie_bytes *bytes, ie_format format)
{
    size_t size = ie_bytes_size(bytes) < HEAD_BYTES ? (size_t)ie_bytes_size(bytes) : HEAD_BYTES;
    const uint8_t *head = ie_bytes_at(bytes, 0, size);
    if (head == NULL || size < 4) {
        return NULL;
    }
    if (format == IE_FORMAT_TIFF &&
        (memcmp(head, "II\x2b\0", 4) == 0 || memcmp(head, "MM\0\x2b", 4) == 0)) {
        return "it is a BigTIFF, of which exiv2 cannot read the metadata that is to come along";
    }
    return colours_refused(head, size, format);
}

/* An alpha picture that the decoder leaves out, because something about it is wrong. */
static bool has_lost_alpha(const ie_photo *photo, const uint8_t *data, size_t size)
{
    static const char mpeg[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                      hevc[] = "urn:mpeg:hevc:2015:auxid:1";
    bool holds = photo->format == IE_FORMAT_HEIC || photo->format == IE_FORMAT_AVIF;
    return holds && !photo->has_alpha &&
           (memmem(data, size, mpeg, sizeof mpeg) != NULL ||
            memmem(data, size, hevc, sizeof hevc) != NULL);
}

/* Of those that may be CMYK; a usual TIFF is not, and libvips need not look at it. */
static bool is_cmyk(ie_bytes *bytes, ie_format format, const ie_config *config)
{
    const uint64_t max_pixels = (uint64_t)config->limits.max_pixels;
    ie_image_facts facts = {0};
    if (format == IE_FORMAT_TIFF && ie_image_tiff_facts(bytes, max_pixels, &facts)) {
        return false;
    }
    const uint8_t *data = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
    const size_t size = (size_t)ie_bytes_size(bytes);
    if (data == NULL) {
        return false; /* apply will say so */
    }
    if (format == IE_FORMAT_TIFF) {
        return ie_image_probe(data, size, format, max_pixels, &facts, NULL) == IE_OK && facts.cmyk;
    }
    ie_decode_fault fault;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, max_pixels, &fault);
    const bool cmyk = jpeg != NULL && ie_jpeg_get_facts(jpeg)->cmyk;
    ie_jpeg_close(jpeg);
    return cmyk;
}

static bool holds_cmyk(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_TIFF;
}

/* Surely holds metadata; what the record does not know of, apply finds. */
static bool says_something(const ie_metadata *m)
{
    return m->make != NULL || m->model != NULL || m->software != NULL || !isnan(m->latitude) ||
           m->title != NULL || m->caption != NULL || m->keywords.count > 0 ||
           m->copyright != NULL || m->creator != NULL;
}

void ie_foresee(const ie_config *config, const ie_photo *photo, const ie_action *action,
                ie_arena *arena, ie_prospect *ret_prospect)
{
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (action->strip != 0) {
        bool good =
            ie_exif_strip_check(photo->real_path, photo->format, action->strip, &err) == IE_OK;
        ret_prospect->refusal = good ? NULL : ie_arena_strdup(arena, err.text);
        return;
    }
    if (ie_action_recodes(action) && !ie_exif_can_carry(action->format) &&
        says_something(photo->metadata)) {
        ret_prospect->refusal = ie_arena_printf(
            arena, "its metadata (date, camera, place …) cannot be carried into %s files",
            ie_format_name(action->format));
        return;
    }
    bool raw = ie_format_kind(photo->format) == IE_KIND_RAW;
    bool head = photo->format == IE_FORMAT_PNG || photo->format == IE_FORMAT_TIFF;
    if (!raw && !head && action->remake != IE_REMAKE_TURN && !ie_gain_map_possible(photo->format)) {
        return; /* nothing but a picture is in it: it need not be read twice */
    }
    if (ie_bytes_open(photo->real_path, &bytes, NULL) != IE_OK) {
        return; /* apply will say so */
    }
    ret_prospect->cmyk = holds_cmyk(photo->format) && ie_action_recodes(action) &&
                         !holds_cmyk(action->format) && is_cmyk(bytes, photo->format, config);
    if (head) {
        ret_prospect->refusal = head_refused(bytes, photo->format);
        ie_bytes_close(bytes);
        return;
    }
    const uint8_t *data = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
    size_t size = (size_t)ie_bytes_size(bytes);
    if (data == NULL) {
        ret_prospect->refusal = "it cannot be read, or is larger than limits.max_file_bytes";
    } else if (action->remake == IE_REMAKE_TURN) {
        foresee_turn(config, photo, data, size, arena, ret_prospect);
    } else if (raw) {
        foresee_raw(action, bytes, size, ret_prospect);
    } else if (photo->format == IE_FORMAT_JPEG && ie_image_data_motion(data, size)) {
        ret_prospect->refusal =
            "it carries a video behind the picture, which a conversion would lose";
    } else if ((action->recoding & IE_RECODE_DROP_GAIN_MAP) == 0 &&
               ie_gain_map_in(data, size, photo->format)) {
        ret_prospect->refusal = "it carries an HDR gain map, which a conversion would lose; "
                                "--drop-gain-map converts it all the same";
    } else if (has_lost_alpha(photo, data, size)) {
        ret_prospect->refusal = "it has transparency that its decoder cannot read, and that would "
                                "be lost";
    } else {
        ret_prospect->refusal = colours_refused(data, size, photo->format);
    }
    ie_bytes_close(bytes);
}

static int open_photo(const ie_photo *photo)
{
    return open(photo->real_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool ie_foresee_shares(const ie_photo *a, const ie_photo *b)
{
    int a_fd = open_photo(a), b_fd = open_photo(b);
    bool shares = a_fd >= 0 && b_fd >= 0 && ie_fs_shares(a_fd, b_fd);
    if (a_fd >= 0) {
        close(a_fd);
    }
    if (b_fd >= 0) {
        close(b_fd);
    }
    return shares;
}

/* What hashes and sketches do not show of a picture. */
typedef struct extras {
    bool gain_map, video, transparent;
} extras;

static extras extras_of(const ie_config *config, const ie_photo *photo)
{
    extras found = {0};
    ie_bytes *bytes = NULL;
    if ((!ie_gain_map_possible(photo->format) && !photo->has_alpha) ||
        ie_bytes_open(photo->real_path, &bytes, NULL) != IE_OK) {
        return found;
    }
    const uint8_t *data = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
    if (data != NULL) {
        size_t size = (size_t)ie_bytes_size(bytes);
        found.gain_map =
            ie_gain_map_possible(photo->format) && ie_gain_map_in(data, size, photo->format);
        found.video = photo->format == IE_FORMAT_JPEG && ie_image_data_motion(data, size);
        found.transparent =
            photo->has_alpha &&
            ie_image_is_transparent(data, size, photo->format, (uint64_t)config->limits.max_pixels);
    }
    ie_bytes_close(bytes);
    return found;
}

const char *ie_foresee_loses(const ie_config *config, const ie_photo *goes, const ie_photo *stays)
{
    extras less, more = extras_of(config, goes);
    if (!more.gain_map && !more.video && !more.transparent && !stays->has_alpha) {
        return NULL;
    }
    less = extras_of(config, stays);
    if (more.gain_map && !less.gain_map) {
        return "with an HDR gain map, which that one has not";
    }
    if (more.transparent != less.transparent) {
        return more.transparent ? "with transparent parts, which that one has not"
                                : "whole where that one has transparent parts";
    }
    return more.video && !less.video ? "with a video behind the picture, which that one has not"
                                     : NULL;
}

bool ie_foresee_stripped(const ie_photo *photo, const char *path, unsigned strip)
{
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return false;
    }
    size_t head =
        ie_bytes_size(bytes) < IE_SNIFF_BYTES ? (size_t)ie_bytes_size(bytes) : IE_SNIFF_BYTES;
    const uint8_t *start = ie_bytes_at(bytes, 0, head);
    ie_format format = start != NULL ? ie_format_sniff(start, head, path) : IE_FORMAT_UNKNOWN;
    ie_bytes_close(bytes);
    return ie_exif_is_stripped(path, format, strip, photo->metadata->serial);
}
