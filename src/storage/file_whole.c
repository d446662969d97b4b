// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/file_whole.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct file {
    const uint8_t *bytes;
    size_t size;
    ie_decode_fault *fault;
} file;

static __attribute__((__format__(__printf__, 3, 4))) bool say(const file *in, const char *code,
                                                              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    in->fault->code = code;
    vsnprintf(in->fault->text, sizeof in->fault->text, format, args);
    va_end(args);
    return false;
}

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t little_endian(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* A four-letter name as it can be shown; of one that is no text its bytes. */
static const char *shown(const uint8_t *name, char ret_text[16])
{
    bool text = true;
    for (int i = 0; i < 4; i++) {
        text = text && name[i] >= ' ' && name[i] < 127;
    }
    if (text) {
        snprintf(ret_text, 16, "%.4s", (const char *)name);
    } else {
        snprintf(ret_text, 16, "\\x%02x%02x%02x%02x", name[0], name[1], name[2], name[3]);
    }
    return ret_text;
}

/* CRC-32 of ISO 3309, four bits at a time (PNG 1.2, 15: the polynomial, reflected): it runs for
   files that do not decode. */
static uint32_t checksum(const uint8_t *bytes, size_t size)
{
    uint32_t table[16], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (int k = 0; k < 4; k++) {
            table[i] = (table[i] & 1) != 0 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
        }
    }
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static bool png_is_whole(const file *in, bool checksums)
{
    char name[16];
    for (size_t at = 8;;) {
        if (at > in->size || in->size - at < 12) {
            return say(in, "truncated", "the file ends before its IEND chunk");
        }
        const uint8_t *chunk = in->bytes + at;
        uint32_t length = big_endian(chunk);
        shown(chunk + 4, name);
        if (length > INT32_MAX) {
            return say(in, "corrupt", "the length of the %s chunk at byte %zu is impossible", name,
                       at);
        }
        if (in->size - at - 12 < length) {
            return say(in, "truncated",
                       "the file ends within the %s chunk at byte %zu, %zu bytes early", name, at,
                       length - (in->size - at - 12));
        }
        if (checksums &&
            checksum(chunk + 4, length + (size_t)4) != big_endian(chunk + 8 + length)) {
            return say(in, "corrupt", "the checksum (CRC) of the %s chunk at byte %zu is wrong",
                       name, at);
        }
        if (memcmp(chunk + 4, "IEND", 4) == 0) {
            return true;
        }
        at += 12 + (size_t)length;
    }
}

static size_t table_size(uint8_t flags)
{
    return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static bool gif_is_whole(const file *in)
{
    size_t at = in->size < 13 ? in->size : 13 + table_size(in->bytes[10]);
    while (at < in->size) {
        uint8_t kind = in->bytes[at];
        if (kind == 0x3b || (kind != 0x21 && kind != 0x2c)) {
            return true; /* the trailer, or what the decoder must judge */
        }
        if (kind == 0x2c) {
            at = in->size - at < 11 ? in->size : at + 11 + table_size(in->bytes[at + 9]);
        } else {
            at += 2;
        }
        while (at < in->size && in->bytes[at] != 0) {
            at += (size_t)in->bytes[at] + 1;
        }
        at++;
    }
    return say(in, "truncated", "the file ends before its trailer");
}

static bool boxes_are_whole(const file *in)
{
    char name[16];
    for (size_t at = 0; at < in->size;) {
        size_t left = in->size - at;
        if (left < 8) {
            return say(in, "truncated", "the file ends within the head of a box at byte %zu", at);
        }
        const uint8_t *box = in->bytes + at;
        uint64_t size = big_endian(box);
        if (size == 0) {
            return true; /* to the end of the file */
        }
        if (size == 1 && left >= 16) {
            size = (uint64_t)big_endian(box + 8) << 32 | big_endian(box + 12);
        }
        if (size < 8) {
            return say(in, "corrupt", "the size of the %s box at byte %zu is impossible",
                       shown(box + 4, name), at);
        }
        if (size > left) {
            return say(in, "truncated",
                       "the file ends within the %s box at byte %zu, %llu bytes early",
                       shown(box + 4, name), at, (unsigned long long)(size - left));
        }
        at += (size_t)size;
    }
    return true;
}

/* Where the head says that the first directory is, there must be one. */
static bool tiff_has_its_directory(const file *in)
{
    if (in->size < 8 ||
        (memcmp(in->bytes, "II*\0", 4) != 0 && memcmp(in->bytes, "MM\0*", 4) != 0)) {
        return true;
    }
    uint32_t offset =
        in->bytes[0] == 'I' ? little_endian(in->bytes + 4) : big_endian(in->bytes + 4);
    return offset < in->size ||
           say(in, "truncated", "the file ends before its directory, which is at byte %u", offset);
}

/* Formats whose head has the file's size. */
static bool is_as_long_as_said(const file *in, uint64_t said)
{
    return said <= in->size ||
           say(in, "truncated", "the file ends %llu bytes early: its header says %llu bytes",
               (unsigned long long)(said - in->size), (unsigned long long)said);
}

bool ie_file_whole(const uint8_t *bytes, size_t size, ie_format format, bool checksums,
                   ie_decode_fault *ret_fault)
{
    file in = {bytes, size, ret_fault};
    switch (format) {
    case IE_FORMAT_PNG:
        return png_is_whole(&in, checksums);
    case IE_FORMAT_GIF:
        return gif_is_whole(&in);
    case IE_FORMAT_WEBP:
        return size < 8 || is_as_long_as_said(&in, (uint64_t)little_endian(bytes + 4) + 8);
    case IE_FORMAT_BMP:
        return size < 6 || is_as_long_as_said(&in, little_endian(bytes + 2));
    case IE_FORMAT_TIFF:
        return tiff_has_its_directory(&in);
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
        return boxes_are_whole(&in);
    case IE_FORMAT_JXL:
    case IE_FORMAT_JP2: /* both exist as bare codestreams too */
        return size < 12 || big_endian(bytes) != 12 || boxes_are_whole(&in);
    default:
        return true;
    }
}
