// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/sameness.h"

#include <stdlib.h>
#include <string.h>

#include "core/metadata_fields.h"
#include "storage/bytes.h"
#include "storage/image_data.h"
#include "storage/image_file.h"
#include "storage/metadata_file.h"
#include "storage/stamp.h"
#include "utils/hash.h"

#define PIECE_BYTES (1 << 16)

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

bool ie_same_bytes(const char *a_path, const char *b_path)
{
    ie_bytes *a = NULL, *b = NULL;
    bool equal = ie_bytes_open(a_path, &a, NULL) == IE_OK &&
                 ie_bytes_open(b_path, &b, NULL) == IE_OK && ie_bytes_size(a) == ie_bytes_size(b);
    uint64_t size = equal ? ie_bytes_size(a) : 0;
    /* A differing head is the usual difference: look at it before reading all. */
    size_t head = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
    if (equal && head > 0) {
        const uint8_t *x = ie_bytes_at(a, 0, head), *y = ie_bytes_at(b, 0, head);
        equal = x != NULL && y != NULL && memcmp(x, y, head) == 0;
    }
    ie_hash128 x, y;
    equal = equal && ie_bytes_xxh3(a, &x) && ie_bytes_xxh3(b, &y) && ie_hash128_equal(x, y);
    ie_bytes_close(a);
    ie_bytes_close(b);
    return equal;
}

static bool picture_of(const ie_config *config, const char *path, ie_format *ret_format,
                       ie_hash128 *ret_hash)
{
    ie_bytes *bytes = NULL;
    bool good = false;
    if (ie_bytes_open(path, &bytes, NULL) == IE_OK) {
        const uint8_t *all = ie_bytes_load(bytes, (uint64_t)config->limits.max_file_bytes);
        size_t size = (size_t)ie_bytes_size(bytes);
        *ret_format =
            all != NULL ? ie_format_sniff(all, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, path)
                        : IE_FORMAT_UNKNOWN;
        good = all != NULL && ie_image_data_hash(all, size, *ret_format, ret_hash);
    }
    ie_bytes_close(bytes);
    return good;
}

/* What the file itself says, whatever lies beside it; NULL: it cannot be read. */
static ie_photo *facts_of(const char *path, ie_format format)
{
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return NULL;
    }
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = path;
    photo->format = format;
    photo->stamp = ie_bytes_stamp(bytes);
    ie_metadata_read(bytes, photo);
    ie_bytes_close(bytes);
    return photo;
}

static bool is_dated_inside(const ie_metadata *m)
{
    return m->captured.year != 0 && m->captured_source >= IE_DATE_EXIF &&
           m->captured_source <= IE_DATE_EXIF_MODIFIED;
}

static bool has_all(const ie_text_list *list, const ie_text_list *wanted)
{
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (!ie_text_list_has(list, wanted->items[i])) {
            return false;
        }
    }
    return true;
}

static bool has_fact(const ie_metadata_field *field, const ie_metadata *m, const ie_metadata *of)
{
    return !ie_metadata_has(field, of) ||
           (field->kind == IE_FACT_TEXTS
                ? has_all(ie_metadata_member(field, m), ie_metadata_member(field, of))
                : ie_metadata_has(field, m));
}

/* Has `m` something to say wherever `of` has? Not the same: who keeps an archive corrects it. */
static bool says_no_less(const ie_metadata *m, const ie_metadata *of)
{
    const ie_metadata_field *field;
    bool all = (is_dated_inside(m) || !is_dated_inside(of)) &&
               (m->region_count > 0 || of->region_count == 0);
    for (size_t i = 0; all && (field = ie_metadata_field_at(i)) != NULL; i++) {
        all = has_fact(field, m, of);
    }
    return all;
}

bool ie_is_kept_by(const ie_config *config, const char *path, const char *keeper)
{
    ie_format format, kept_format;
    ie_hash128 hash, kept_hash;
    if (!picture_of(config, keeper, &kept_format, &kept_hash) ||
        !picture_of(config, path, &format, &hash) || format != kept_format ||
        !ie_hash128_equal(hash, kept_hash)) {
        return false;
    }
    ie_photo *photo = facts_of(path, format), *kept = facts_of(keeper, format);
    bool all = photo != NULL && kept != NULL && says_no_less(kept->metadata, photo->metadata);
    ie_photo_free(photo);
    ie_photo_free(kept);
    return all;
}
