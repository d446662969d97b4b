// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures made in a test: PNM and PNG bytes with known pixels, files in a temporary folder. */
#ifndef IE_TEST_PICTURES_H
#define IE_TEST_PICTURES_H

#include "test.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "core/format.h"
#include "storage/bytes.h"
#include "storage/image_file.h"
#include "utils/text.h"

#define PIXEL_LIMIT 100000000

/* A picture without symmetry: each channel says where the pixel lies. */
static inline uint8_t pixel_at(uint32_t x, uint32_t y, uint32_t channel)
{
    return (uint8_t)(channel == 0 ? 10 + x * 3 : channel == 1 ? 20 + y * 5 : 128 + (x ^ y));
}

static inline void make_ppm(ie_buffer *out, uint32_t width, uint32_t height)
{
    ie_buffer_printf(out, "P6\n%u %u\n255\n", width, height);
    for (uint32_t i = 0; i < width * height * 3; i++) {
        ie_buffer_char(out, (char)pixel_at(i / 3 % width, i / 3 / width, i % 3));
    }
}

static inline void be32_add(ie_buffer *out, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    ie_buffer_add(out, bytes, 4);
}

static inline void le_add(ie_buffer *out, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ie_buffer_char(out, (char)(value >> 8 * i));
    }
}

/* Of a directory in a little-endian TIFF, whose value fits four bytes or is an offset. */
static inline void tiff_entry(ie_buffer *out, uint16_t tag, uint16_t type, uint32_t count,
                              uint32_t value)
{
    le_add(out, tag, 2);
    le_add(out, type, 2);
    le_add(out, count, 4);
    le_add(out, value, 4);
}

static inline void png_chunk(ie_buffer *out, const char *type, const void *data, size_t size)
{
    be32_add(out, (uint32_t)size);
    size_t start = out->size;
    ie_buffer_add(out, type, 4);
    if (size > 0) {
        ie_buffer_add(out, data, size);
    }
    be32_add(out, (uint32_t)crc32(0, (const Bytef *)out->data + start, (uInt)(size + 4)));
}

/* bits 8 or 16; alpha -1: none, else the last pixel's (the others are opaque); frames > 1 adds an
   acTL. */
static inline void make_png(ie_buffer *out, uint32_t width, uint32_t height, int bits, int alpha,
                            uint32_t frames)
{
    uint8_t header[13] = {0,
                          0,
                          (uint8_t)(width >> 8),
                          (uint8_t)width,
                          0,
                          0,
                          (uint8_t)(height >> 8),
                          (uint8_t)height,
                          (uint8_t)bits,
                          alpha < 0 ? 2 : 6,
                          0,
                          0,
                          0};
    uint32_t channels = alpha < 0 ? 3 : 4;
    ie_buffer rows = {0};
    for (uint32_t y = 0; y < height; y++) {
        ie_buffer_char(&rows, 0);
        for (uint32_t i = 0; i < width * channels; i++) {
            bool last = y == height - 1 && i / channels == width - 1;
            uint8_t v = i % channels < 3 ? pixel_at(i / channels, y, i % channels)
                        : last           ? (uint8_t)alpha
                                         : 255;
            ie_buffer_char(&rows, (char)v);
            if (bits == 16) {
                ie_buffer_char(&rows, (char)(i % channels < 3 ? 0x9a : v));
            }
        }
    }
    uLongf packed_size = compressBound((uLong)rows.size);
    Bytef *packed = malloc(packed_size);
    assert_int_equal(compress(packed, &packed_size, (const Bytef *)rows.data, (uLong)rows.size),
                     Z_OK);
    ie_buffer_add(out, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(out, "IHDR", header, 13);
    if (frames > 1) {
        uint8_t control[8] = {0, 0, 0, (uint8_t)frames, 0, 0, 0, 0};
        png_chunk(out, "acTL", control, 8);
    }
    png_chunk(out, "IDAT", packed, packed_size);
    png_chunk(out, "IEND", NULL, 0);
    free(packed);
    ie_buffer_free(&rows);
}

static char picture_folder[64];

static inline int picture_folder_make(void **state)
{
    snprintf(picture_folder, sizeof picture_folder, "%s", "/tmp/imgengine-pictures-XXXXXX");
    return mkdtemp(picture_folder) != NULL ? 0 : -1;
}

static int picture_count;

static inline int picture_folder_remove(void **state)
{
    for (int i = 0; i < picture_count; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%d", picture_folder, i);
        unlink(path);
    }
    return rmdir(picture_folder);
}

/* A new file with these bytes; the path is valid until the program ends. */
static inline const char *picture_file(const void *bytes, size_t size)
{
    static char paths[4096][96];
    assert_true(picture_count < 4096);
    char *path = paths[picture_count];
    snprintf(path, sizeof paths[0], "%s/%d", picture_folder, picture_count++);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(size > 0 ? write(fd, bytes, size) : 0, size);
    close(fd);
    return path;
}

static inline void picture_read(const char *path, ie_buffer *out)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    const uint8_t *data = ie_bytes_load(bytes, 1 << 30);
    assert_non_null(data);
    ie_buffer_clear(out);
    ie_buffer_add(out, data, (size_t)ie_bytes_size(bytes));
    ie_bytes_close(bytes);
}

/* A format that the libraries here do not write is told, not passed over in silence. */
static inline bool can_write(ie_format format)
{
    bool can = ie_image_can_write(format);
    if (!can) {
        print_message("not tried: %s cannot be written here\n", ie_format_name(format));
    }
    return can;
}

/* Into the file that is there, what was made in memory, if it was. */
static inline void picture_put(const char *path, const ie_converted *made)
{
    if (made->bytes != NULL) {
        int fd = open(path, O_WRONLY | O_TRUNC);
        assert_true(fd >= 0 && write(fd, made->bytes, made->size) == (ssize_t)made->size);
        close(fd);
    }
}

static inline ie_status convert_status(const char *from, ie_format format, ie_format to,
                                       int quality, uint8_t orientation, const char **ret_path,
                                       ie_error *err)
{
    ie_convert_options options = {
        .to = to, .quality = quality, .orientation = orientation, .max_pixels = PIXEL_LIMIT};
    *ret_path = picture_file(NULL, 0);
    ie_converted converted = {0};
    ie_status status = ie_image_convert(from, format, *ret_path, &options, &converted, err);
    picture_put(*ret_path, &converted);
    ie_converted_clear(&converted);
    return status;
}

static inline const char *converted(const char *from, ie_format format, ie_format to, int quality,
                                    uint8_t orientation)
{
    const char *path = NULL;
    ie_error err = {0};
    ie_status status = convert_status(from, format, to, quality, orientation, &path, &err);
    if (status != IE_OK) {
        print_message("%s\n", err.text);
    }
    assert_int_equal(status, IE_OK);
    return path;
}

static inline ie_pixels decoded(const char *path, ie_format format)
{
    ie_buffer bytes = {0};
    ie_pixels pixels = {0};
    picture_read(path, &bytes);
    assert_int_equal(ie_image_decode((const uint8_t *)bytes.data, bytes.size, format, 0,
                                     PIXEL_LIMIT, &pixels, NULL, NULL),
                     IE_OK);
    ie_buffer_free(&bytes);
    return pixels;
}

/* Mean difference of two pictures of the same size, grey levels. */
static inline double difference(const ie_pixels *a, const ie_pixels *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    size_t size = (size_t)a->width * a->height * a->channels;
    double sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += abs(a->data[i] - b->data[i]);
    }
    return sum / (double)size;
}

#endif
