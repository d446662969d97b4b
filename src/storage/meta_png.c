// SPDX-License-Identifier: GPL-3.0-or-later
/* PNG (W3C PNG 3rd edition) with ImageMagick's "Raw profile type" texts; the one file that includes
   zlib. */
#include "storage/meta_container.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "storage/iptc_read.h"

/* free() it; NULL when it is larger than `max`, or there is no memory. What is damaged ends
   early. */
static uint8_t *inflate_bytes(ie_meta *meta, const uint8_t *bytes, size_t size, size_t max,
                              size_t *ret_size)
{
    size_t room = 65536, used = 0;
    uint8_t *out = ie_try_alloc(1, room);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    if (out == NULL || meta->inflated > IE_META_MAX_INFLATED || inflateInit(&stream) != Z_OK) {
        free(out);
        return NULL;
    }
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = out + used;
        stream.avail_out = (uInt)(room - used);
        status = inflate(&stream, Z_NO_FLUSH);
        used = room - stream.avail_out;
        if (status == Z_OK && used == room) {
            room *= 2;
            uint8_t *more = room <= max ? ie_try_alloc(1, room) : NULL;
            if (more == NULL) {
                break;
            }
            memcpy(more, out, used);
            free(out);
            out = more;
        } else if (status == Z_OK && stream.avail_in == 0) {
            status = Z_DATA_ERROR;
        }
    }
    inflateEnd(&stream);
    meta->inflated += used;
    if (status == Z_OK) {
        free(out);
        return NULL;
    }
    if (status != Z_STREAM_END) {
        ie_meta_damaged(meta, "a compressed PNG text is broken");
    }
    *ret_size = used;
    return out;
}

/* Into memory that the meta owns; size 0 when it is too large. */
static ie_span inflate_block(ie_meta *meta, const uint8_t *bytes, size_t size)
{
    size_t used = 0;
    if (meta->owned_count == IE_META_MAX_OWNED) {
        return (ie_span){0}; /* it could not be kept */
    }
    uint8_t *out = inflate_bytes(meta, bytes, size, IE_META_MAX_BLOCK, &used);
    return out != NULL && ie_meta_own(meta, out) ? ie_span_memory(out, used) : (ie_span){0};
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "\nexif\n   1234\n4578…": a name, a length and the bytes in hex. */
static ie_span raw_profile(ie_meta *meta, const ie_span *text)
{
    const uint8_t *p = ie_span_at(text, 0, text->size);
    size_t at = 0, used = 0, size = (size_t)text->size;
    for (int line = 0; p != NULL && line < 3; line++) {
        while (at < size && p[at] != '\n') {
            at++;
        }
        at += at < size;
    }
    uint8_t *out = p != NULL ? ie_try_alloc(1, size / 2 + 1) : NULL;
    if (out == NULL) {
        return (ie_span){0};
    }
    int high = -1;
    for (; at < size; at++) {
        int digit = hex_digit(p[at]);
        if (digit >= 0 && high >= 0) {
            out[used++] = (uint8_t)(high << 4 | digit);
            high = -1;
        } else if (digit >= 0) {
            high = digit;
        }
    }
    return ie_meta_own(meta, out) ? ie_span_memory(out, used) : (ie_span){0};
}

static void take_profile(ie_meta *meta, const char *name, const ie_span *text)
{
    bool app1 = strcmp(name, "APP1") == 0;
    if (!app1 && strcmp(name, "exif") != 0 && strcmp(name, "xmp") != 0 &&
        strcmp(name, "iptc") != 0) {
        return;
    }
    ie_span block = raw_profile(meta, text);
    static const char xmp_mark[] = "http://ns.adobe.com/xap/1.0/";
    const uint8_t *head = ie_span_at(&block, 0, sizeof xmp_mark);
    if (app1 && head != NULL && memcmp(head, xmp_mark, sizeof xmp_mark) == 0) {
        ie_meta_add_xmp(meta, ie_span_part(&block, sizeof xmp_mark, block.size));
    } else if (app1 || strcmp(name, "exif") == 0) {
        ie_meta_add_exif(meta, block, IE_EXIF_MAIN);
    } else if (strcmp(name, "xmp") == 0) {
        ie_meta_add_xmp(meta, block);
    } else if ((head = ie_span_at(&block, 0, 4)) != NULL && memcmp(head, "8BIM", 4) == 0) {
        ie_meta_add_irb(meta, &block);
    } else {
        ie_meta_add_iptc(meta, block);
    }
}

static void take_plain_text(ie_meta *meta, const char *keyword, const uint8_t *bytes, size_t size,
                            bool packed)
{
    size_t used = 0;
    uint8_t *out = NULL;
    if (packed && meta->text_count < IE_META_MAX_TEXTS && size <= IE_META_MAX_TEXT) {
        out = inflate_bytes(meta, bytes, size, IE_META_MAX_TEXT, &used);
    }
    if (packed && out == NULL) {
        meta->more_texts = true;
    } else {
        ie_meta_add_text(meta, keyword, packed ? out : bytes, packed ? used : size);
    }
    free(out);
}

/* tEXt, zTXt and iTXt: keyword, NUL, and then each its own way. XMP belongs into iTXt, and some put
   it into the others. */
static void take_text(ie_meta *meta, const uint8_t *type, const ie_span *body)
{
    const uint8_t *p = body->size <= IE_META_MAX_BLOCK ? ie_span_at(body, 0, body->size) : NULL;
    size_t size = (size_t)body->size,
           name = p != NULL ? strnlen((const char *)p, size < 80 ? size : 80) : 0;
    if (p == NULL || name == 0 || name + 1 >= size || p[name] != 0) {
        return;
    }
    const char *keyword = (const char *)p;
    size_t at = name + 1;
    bool packed = type[0] == 'z';
    if (type[0] == 'i') {
        if (at + 2 > size) {
            return;
        }
        packed = p[at] == 1;
        at += 2;
        for (int i = 0; i < 2; i++) { /* language tag, translated keyword */
            at += strnlen((const char *)p + at, size - at);
            at += at < size;
        }
    } else if (packed) {
        at++; /* method */
    }
    if (at >= size) {
        return;
    }
    bool profile = name > 17 && memcmp(keyword, "Raw profile type ", 17) == 0;
    if (!profile && strcmp(keyword, "XML:com.adobe.xmp") != 0) {
        take_plain_text(meta, keyword, p + at, size - at, packed);
        return;
    }
    ie_span text = packed ? inflate_block(meta, p + at, size - at) : ie_span_part(body, at, size);
    if (profile) {
        take_profile(meta, keyword + 17, &text);
    } else {
        ie_meta_add_xmp(meta, text);
    }
}

static bool same_data_chunk(const ie_span *file, uint64_t at, uint32_t length)
{
    const uint8_t *p = ie_span_at(file, at, 8);
    return p != NULL && ie_be32(p) == length && memcmp(p + 4, "IDAT", 4) == 0;
}

/* Writers cut the picture into chunks of one size: leap over those instead of reading at each of
   them. */
static uint64_t skip_data(const ie_span *file, uint64_t at, uint32_t length)
{
    uint64_t step = 12 + (uint64_t)length;
    if (length < 1024) {
        return at + step;
    }
    for (uint64_t leap = 1; leap > 0;) {
        if (same_data_chunk(file, at + leap * step, length)) {
            at += leap * step;
            leap *= 2;
        } else {
            leap /= 2;
        }
    }
    return at + step;
}

void ie_meta_find_png(ie_meta *meta, const ie_span *file)
{
    uint64_t at = 8;
    for (int i = 0; i < IE_META_MAX_STEPS; i++) {
        const uint8_t *p = ie_span_at(file, at, 8);
        if (p == NULL) {
            ie_meta_damaged(meta, "the PNG file ends before its last chunk");
            return;
        }
        uint32_t length = ie_be32(p);
        uint8_t type[4];
        memcpy(type, p + 4, 4);
        ie_span body = ie_span_part(file, at + 8, length);
        if (memcmp(type, "IEND", 4) == 0) {
            return;
        }
        if (memcmp(type, "IDAT", 4) == 0) {
            at = skip_data(file, at, length);
            continue;
        }
        if (body.size < length) {
            ie_meta_damaged(meta, "a PNG chunk is cut short");
            return;
        }
        if (memcmp(type, "IHDR", 4) == 0 && (p = ie_span_at(&body, 0, 8)) != NULL) {
            meta->width = ie_be32(p);
            meta->height = ie_be32(p + 4);
        } else if (memcmp(type, "eXIf", 4) == 0) {
            ie_meta_add_exif(meta, body, IE_EXIF_MAIN);
        } else if (memcmp(type + 1, "TXt", 3) == 0 || memcmp(type, "tEXt", 4) == 0) {
            take_text(meta, type, &body);
        }
        at += 12 + (uint64_t)length;
    }
}
