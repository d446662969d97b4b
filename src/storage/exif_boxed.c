// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_boxed.h"

#include <string.h>
#include <sys/stat.h>

#include "storage/meta_box.h"
#include "storage/meta_container.h"
#include "storage/meta_embed.h"
#include "utils/error.h"
#include "utils/fs.h"

/* ---- reading ------------------------------------------------------------------------------- */

static void add_chunk(ie_buffer *out, const char *type, const uint8_t *bytes, size_t size)
{
    const uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                               (uint8_t)(size >> 24)};
    ie_buffer_add(out, type, 4);
    ie_buffer_add(out, length, 4);
    ie_buffer_add(out, bytes, size);
    if (size % 2 != 0) {
        ie_buffer_char(out, 0);
    }
}

/* A box of JPEG XL whose content is packed with Brotli. */
static bool has_packed_boxes(ie_bytes *bytes)
{
    ie_span file = {.bytes = bytes, .size = ie_bytes_size(bytes)};
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(&file, &at, &box); i++) {
        if (box.type == IE_BOX('b', 'r', 'o', 'b')) {
            return true;
        }
    }
    return false;
}

/* A WebP that has nothing but these blocks; size 0: there are none. */
static void wrap(const ie_meta *meta, ie_buffer *ret_file)
{
    const ie_span *exif = meta->exif_count > 0 ? &meta->exif[0].span : NULL;
    const uint8_t *exif_bytes = exif != NULL ? ie_span_at(exif, 0, exif->size) : NULL;
    const uint8_t *xmp_bytes =
        meta->xmp.size > 0 ? ie_span_at(&meta->xmp, 0, meta->xmp.size) : NULL;
    if (exif_bytes == NULL && xmp_bytes == NULL) {
        return;
    }
    /* Flags 8 and 4: EXIF and XMP follow; a canvas of 1 x 1. */
    const uint8_t head[10] = {
        (uint8_t)((exif_bytes != NULL ? 8 : 0) | (xmp_bytes != NULL ? 4 : 0))};
    ie_buffer chunks = {0};
    ie_buffer_add(&chunks, "WEBP", 4);
    add_chunk(&chunks, "VP8X", head, sizeof head);
    if (exif_bytes != NULL) {
        add_chunk(&chunks, "EXIF", exif_bytes, (size_t)exif->size);
    }
    if (xmp_bytes != NULL) {
        add_chunk(&chunks, "XMP ", xmp_bytes, (size_t)meta->xmp.size);
    }
    add_chunk(ret_file, "RIFF", (const uint8_t *)chunks.data, chunks.size);
    ie_buffer_free(&chunks);
}

/* exiv2 does not know JPEG XL, and not all that HEIF can be; it gets the blocks that our reader
   finds. */
ie_status ie_boxed_open_tags(const char *path, ie_format format, ie_tags **ret_tags, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    if (format == IE_FORMAT_JXL && has_packed_boxes(bytes)) {
        ie_bytes_close(bytes);
        return ie_error_set(
            err, IE_ERR_UNSUPPORTED,
            "its metadata is packed with Brotli, which cannot be read here, and would be lost");
    }
    ie_meta meta = {0};
    ie_buffer file = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_meta_find(bytes, photo, &meta);
    wrap(&meta, &file);
    if (photo->fault_count > 0) {
        status = ie_error_set(err, IE_ERR_FORMAT,
                              "its metadata is damaged and would not come over whole");
    } else if (file.size > 0) {
        status = ie_tags_open_memory((const uint8_t *)file.data, file.size, ret_tags, err);
    }
    ie_buffer_free(&file);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
    return status;
}

bool ie_boxed_big_endian(const char *path, ie_format format)
{
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return false;
    }
    ie_meta meta = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_meta_find(bytes, photo, &meta);
    const uint8_t *head = meta.exif_count > 0 ? ie_span_at(&meta.exif[0].span, 0, 2) : NULL;
    bool big_endian = head != NULL && head[0] == 'M';
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
    return big_endian;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Places within the block, and the maker's notes as bytes where exiv2 knows the maker: it moves
   them, and tells of them tag by tag. Of others it says no byte order: their bytes stay as they
   are. */
static bool is_place(const ie_tags *tags, const char *name)
{
    static const char *const places[] = {"Exif.Image.ExifTag", "Exif.Image.GPSTag",
                                         "Exif.Photo.InteroperabilityTag", "Exif.MakerNote.Offset",
                                         "Exif.MakerNote.ByteOrder"};
    if (strcmp(name, "Exif.Photo.MakerNote") == 0) {
        return ie_tags_has(tags, "Exif.MakerNote.ByteOrder");
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(name, places[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "Exif.Image.Make=Canon", sorted; empty texts say nothing. */
static ie_texts take_snapshot(const ie_tags *tags)
{
    static const enum ie_tags_family families[] = {IE_TAGS_EXIF, IE_TAGS_XMP};
    ie_texts lines = {0};
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        IE_AUTO_TEXTS ie_texts names = ie_tags_names(tags, families[f]);
        for (size_t i = 0; i < names.count; i++) {
            IE_AUTO_FREE char *value =
                is_place(tags, names.items[i]) ? NULL : ie_tags_text(tags, names.items[i]);
            if (value != NULL && value[0] != 0 && strcmp(value, "lang=\"x-default\" ") != 0) {
                IE_AUTO_FREE char *line = ie_asprintf("%s=%s", names.items[i], value);
                ie_texts_add(&lines, line);
            }
        }
    }
    if (lines.count > 0) {
        qsort(lines.items, lines.count, sizeof *lines.items, by_name);
    }
    return lines;
}

static ie_status embed(const char *path, ie_format format, const ie_buffer *exif, const char *xmp,
                       ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_buffer file = {0};
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *data = ie_bytes_load(bytes, UINT32_MAX);
    ie_span exif_span = ie_span_memory(exif->data, exif->size),
            xmp_span = ie_span_memory(xmp, xmp != NULL ? strlen(xmp) : 0);
    if (data == NULL ||
        !ie_meta_embed(format, data, (size_t)ie_bytes_size(bytes), exif_span, xmp_span, &file)) {
        status =
            ie_error_set(err, IE_ERR_UNSUPPORTED,
                         "its metadata (date, camera, place …) cannot be put into the new %s file",
                         ie_format_name(format));
    } else {
        int failed = ie_fs_write_file(path, file.data, file.size, S_IRUSR | S_IWUSR, true);
        status = failed != 0 ? ie_error_errno(err, failed, "%s cannot be written", ie_shown(path))
                             : IE_OK;
    }
    ie_buffer_free(&file);
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_boxed_embed(const ie_tags *tags, bool big_endian, const char *path, ie_format format,
                         ie_texts *ret_snapshot, ie_error *err)
{
    ie_buffer exif = {0};
    ie_texts snapshot = take_snapshot(tags);
    IE_AUTO_TEXTS ie_texts properties = ie_tags_names(tags, IE_TAGS_XMP);
    ie_tags_exif_block(tags, big_endian, &exif);
    IE_AUTO_FREE char *xmp = properties.count > 0 ? ie_tags_packet(tags) : NULL;
    ie_status status = embed(path, format, &exif, xmp, err);
    ie_buffer_free(&exif);
    if (status == IE_OK) {
        *ret_snapshot = snapshot;
    } else {
        ie_texts_free(&snapshot);
    }
    return status;
}

ie_status ie_boxed_check(const char *path, ie_format format, const ie_texts *snapshot,
                         ie_error *err)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    if (snapshot->count == 0) {
        return IE_OK;
    }
    ie_status status = ie_boxed_open_tags(path, format, &tags, err);
    if (status != IE_OK) {
        return status;
    }
    IE_AUTO_TEXTS ie_texts is = tags != NULL ? take_snapshot(tags) : (ie_texts){0};
    for (size_t i = 0; i < snapshot->count || i < is.count; i++) {
        const char *a = i < snapshot->count ? snapshot->items[i] : NULL,
                   *b = i < is.count ? is.items[i] : NULL;
        if (a == NULL || b == NULL || strcmp(a, b) != 0) {
            const char *which = a == NULL || (b != NULL && strcmp(b, a) < 0) ? b : a;
            return ie_error_set(err, IE_ERR_UNSUPPORTED,
                                "its metadata would not come over whole into the %s file (%.*s)",
                                ie_format_name(format), (int)strcspn(which, "="), which);
        }
    }
    return IE_OK;
}
