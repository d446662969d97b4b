// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/sameness.h"

#include <stdlib.h>

#include "storage/bytes.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "storage/stamp.h"
#include "utils/hash.h"

/* Where the sample at (x, y) of the upright picture is stored; EXIF orientation 1..8, width and
   height as stored. */
static size_t stored_index(const ie_pixels *p, uint8_t orientation, uint32_t x, uint32_t y)
{
    uint32_t column = orientation >= 5 ? y : x, row = orientation >= 5 ? x : y;
    bool mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool flipped = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    if (mirrored) {
        column = p->width - 1 - column;
    }
    if (flipped) {
        row = p->height - 1 - row;
    }
    return ((size_t)row * p->width + column) * p->channels;
}

static ie_hash128 hash_upright(const ie_pixels *p, uint8_t orientation, bool has_icc)
{
    uint32_t width = orientation >= 5 ? p->height : p->width,
             height = orientation >= 5 ? p->width : p->height;
    IE_AUTO_FREE uint8_t *line = ie_alloc((size_t)width * 3);
    ie_hasher *hasher = ie_hasher_new();
    uint32_t head[3] = {width, height, has_icc};
    ie_hasher_add(hasher, head, sizeof head);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t *from = p->data + stored_index(p, orientation, x, y);
            bool gray = p->channels == 1;
            line[3 * x] = from[0];
            line[3 * x + 1] = from[gray ? 0 : 1];
            line[3 * x + 2] = from[gray ? 0 : 2];
        }
        ie_hasher_add(hasher, line, (size_t)width * 3);
    }
    ie_hash128 hash = ie_hasher_value(hasher);
    ie_hasher_free(hasher);
    return hash;
}

static bool hash_pixels(const ie_config *config, const ie_photo *photo, const uint8_t *data,
                        size_t size, ie_hash128 *ret_hash)
{
    ie_pixels pixels = {0};
    ie_image_facts facts = {0};
    ie_error err = {0};
    bool upright = photo->format == IE_FORMAT_HEIC || photo->format == IE_FORMAT_AVIF;
    uint8_t orientation =
        upright || photo->orientation < 1 || photo->orientation > 8 ? 1 : photo->orientation;
    if (ie_format_kind(photo->format) != IE_KIND_PHOTO ||
        ie_image_decode(data, size, photo->format, 0, (uint64_t)config->limits.max_pixels, &pixels,
                        &facts, &err) != IE_OK) {
        return false;
    }
    bool plain = facts.frames <= 1 && facts.bits <= 8 && !facts.has_alpha && !facts.cmyk &&
                 (pixels.channels == 1 || pixels.channels == 3);
    if (plain) {
        *ret_hash = hash_upright(&pixels, orientation, facts.has_icc);
    }
    free(pixels.data);
    return plain;
}

ie_sameness ie_sameness_of(const ie_config *config, const ie_photo *photo, unsigned wanted)
{
    ie_sameness same = {0};
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_bytes_open(photo->real_path, &bytes, &err) != IE_OK) {
        return same;
    }
    ie_stamp now = ie_bytes_stamp(bytes);
    const uint8_t *data = ie_stamp_still_file(&photo->stamp, &now)
                              ? ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes)
                              : NULL;
    size_t size = (size_t)ie_bytes_size(bytes);
    if (data != NULL && (wanted & IE_SAMENESS_DATA) != 0) {
        same.has_data = ie_image_data_hash(data, size, photo->format, &same.data);
    }
    if (data != NULL && (wanted & IE_SAMENESS_PIXELS) != 0) {
        same.has_pixels = hash_pixels(config, photo, data, size, &same.pixels);
    }
    ie_bytes_close(bytes);
    return same;
}
