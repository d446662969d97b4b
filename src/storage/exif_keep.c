// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_keep.h"

#include <string.h>

#include "storage/jpeg_app1.h"
#include "storage/span.h"
#include "utils/error.h"
#include "utils/text.h"

#define TIFF_AT 10 /* marker, length and "Exif\0\0" are in front */

static const char exif_name[6] = "Exif\0"; /* two NULs */

ie_status ie_exif_keep(const char *path, ie_exif_kept *ret_kept, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_app1_open(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    ie_app1 block = {0};
    int count =
        ie_app1_find(data, (size_t)ie_bytes_size(bytes), exif_name, sizeof exif_name, &block);
    if (count > 1) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED,
                              "tags are not written into this file: it has two EXIF blocks");
    } else if (count == 1) {
        ret_kept->bytes = ie_alloc(block.size);
        ret_kept->size = block.size;
        memcpy(ret_kept->bytes, data + block.at, block.size);
    }
    ie_bytes_close(bytes);
    return status;
}

void ie_exif_kept_free(ie_exif_kept *kept)
{
    free(kept->bytes);
    *kept = (ie_exif_kept){0};
}

/* ---- TIFF (EXIF 2.32, 4.6) ---------------------------------------------------------------- */

typedef struct block {
    uint8_t *bytes;
    size_t size;
    bool big;
} block;

static uint32_t get16(const block *b, size_t at)
{
    return b->big ? ie_be16(b->bytes + at) : ie_le16(b->bytes + at);
}

static uint32_t get32(const block *b, size_t at)
{
    return b->big ? ie_be32(b->bytes + at) : ie_le32(b->bytes + at);
}

/* Offset of the entry in the directory at `at`; 0 when there is none. */
static size_t entry_in(const block *b, size_t at, uint32_t tag)
{
    if (at < 8 || b->size < 2 || at > b->size - 2) {
        return 0;
    }
    size_t count = get16(b, at);
    for (size_t i = 0; i < count && (b->size - at - 2) / 12 > i; i++) {
        if (get16(b, at + 2 + i * 12) == tag) {
            return at + 2 + i * 12;
        }
    }
    return 0;
}

static size_t first_directory(const block *b)
{
    return b->size >= 8 ? get32(b, 4) : 0;
}

static size_t entry_of(const block *b, uint32_t tag)
{
    return entry_in(b, first_directory(b), tag);
}

static void edit_text(const block *b, uint32_t tag, const char *text)
{
    enum { ASCII = 2, BYTES_INLINE = 4 };
    size_t entry = entry_of(b, tag);
    if (entry == 0 || get16(b, entry + 2) != ASCII) {
        return;
    }
    size_t room = get32(b, entry + 4), length = strlen(text);
    size_t at = room <= BYTES_INLINE ? entry + 8 : get32(b, entry + 8);
    if (room == 0 || at > b->size || room > b->size - at) {
        return;
    }
    memset(b->bytes + at, 0, room);
    if (length < room) {
        memcpy(b->bytes + at, text, length);
    }
}

static void put(const block *b, size_t at, size_t bytes, uint32_t number)
{
    for (size_t i = 0; i < bytes; i++) {
        b->bytes[at + (b->big ? bytes - 1 - i : i)] = (uint8_t)(number >> 8 * i);
    }
}

/* A single number of 16 or 32 bits; others stay. */
static void set_number(const block *b, size_t entry, uint32_t number)
{
    enum { SHORT = 3, LONG = 4 };
    uint32_t type = entry != 0 ? get16(b, entry + 2) : 0;
    if (type == 0 || get32(b, entry + 4) != 1) {
        return;
    }
    if (type == SHORT && number <= UINT16_MAX) {
        put(b, entry + 8, 2, number);
    } else if (type == LONG) {
        put(b, entry + 8, 4, number);
    }
}

static void edit_number(const block *b, uint32_t tag, int number)
{
    set_number(b, entry_of(b, tag), (uint32_t)number);
}

/* Without bytes when there is no room for a head. */
static block tiff_of(const ie_exif_kept *kept)
{
    if (kept->size < TIFF_AT + 8) {
        return (block){0};
    }
    return (block){kept->bytes + TIFF_AT, kept->size - TIFF_AT, kept->bytes[TIFF_AT] == 'M'};
}

void ie_exif_kept_edit(ie_exif_kept *kept, const ie_tag_edit *edit)
{
    enum { IMAGE_DESCRIPTION = 0x010e, RATING = 0x4746, RATING_PERCENT = 0x4749 };
    block b = tiff_of(kept);
    if (edit->caption != NULL) {
        edit_text(&b, IMAGE_DESCRIPTION, edit->caption);
    }
    if (edit->rating != IE_ABSENT) {
        edit_number(&b, RATING, edit->rating);
        edit_number(&b, RATING_PERCENT, ie_exif_percent(edit->rating));
    }
}

void ie_exif_kept_upright(ie_exif_kept *kept, uint32_t width, uint32_t height)
{
    enum {
        IMAGE_WIDTH = 0x0100,
        IMAGE_LENGTH = 0x0101,
        ORIENTATION = 0x0112,
        EXIF = 0x8769,
        PIXEL_X = 0xa002,
        PIXEL_Y = 0xa003
    };
    block b = tiff_of(kept);
    size_t first = first_directory(&b), exif = entry_in(&b, first, EXIF);
    set_number(&b, entry_in(&b, first, ORIENTATION), 1);
    set_number(&b, entry_in(&b, first, IMAGE_WIDTH), width);
    set_number(&b, entry_in(&b, first, IMAGE_LENGTH), height);
    size_t directory = exif != 0 ? get32(&b, exif + 8) : 0;
    set_number(&b, entry_in(&b, directory, PIXEL_X), width);
    set_number(&b, entry_in(&b, directory, PIXEL_Y), height);
    /* The thumbnail's directory is found by what stands behind the first one. */
    if (first >= 8 && b.size >= 2 && first <= b.size - 2) {
        size_t next = first + 2 + (size_t)get16(&b, first) * 12;
        if (b.size >= 4 && next <= b.size - 4) {
            put(&b, next, 4, 0);
        }
    }
}

int ie_exif_percent(int rating)
{
    static const int percent[6] = {0, 1, 25, 50, 75, 99};
    return rating >= 0 && rating <= 5 ? percent[rating] : 0;
}

/* ---- putting it back ---------------------------------------------------------------------- */

ie_status ie_exif_kept_restore(const ie_exif_kept *kept, const char *path, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = ie_app1_open(path, &bytes, &data, err);
    if (status != IE_OK) {
        return status;
    }
    ie_app1 now = {0};
    size_t size = (size_t)ie_bytes_size(bytes);
    if (ie_app1_find(data, size, exif_name, sizeof exif_name, &now) != 1) {
        status = ie_error_set(err, IE_ERR_FORMAT, "its EXIF block does not survive writing");
    } else if (now.size != kept->size || memcmp(data + now.at, kept->bytes, now.size) != 0) {
        status = ie_app1_replace(path, data, size, &now, kept->bytes, kept->size, err);
    }
    ie_bytes_close(bytes);
    return status;
}
