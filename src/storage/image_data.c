// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/image_data.h"

#include "storage/image_data_parts.h"

/* ---- JPEG (ITU-T T.81, annex B) ------------------------------------------------------------- */

static bool has_prefix(const uint8_t *p, size_t size, const char *text, size_t length)
{
    return size >= length && memcmp(p, text, length) == 0;
}

static size_t be16(const uint8_t *p)
{
    return (size_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

typedef struct segment {
    uint8_t marker;
    const uint8_t *body; /* behind the length */
    size_t offset, size, body_size;
} segment;

/* The segment at *offset, which moves behind it. False at the end of the image and on damage. */
static bool next_segment(const uint8_t *bytes, size_t size, size_t *offset, segment *ret)
{
    size_t at = *offset;
    while (at + 1 < size && bytes[at] == 0xff && bytes[at + 1] == 0xff) {
        at++; /* fill bytes */
    }
    if (at > size || size - at < 4 || bytes[at] != 0xff || bytes[at + 1] == 0xd9) {
        return false;
    }
    size_t length = be16(bytes + at + 2);
    if (length < 2 || length > size - at - 2) {
        return false;
    }
    *ret = (segment){bytes[at + 1], bytes + at + 4, at, length + 2, length - 2};
    *offset = at + length + 2;
    return true;
}

static bool is_picture_segment(const segment *s)
{
    bool application = s->marker >= 0xe0 && s->marker <= 0xef;
    if (s->marker == 0xee) {
        return true; /* Adobe: how colours were turned */
    }
    if (s->marker == 0xe2) {
        return has_prefix(s->body, s->body_size, "ICC_PROFILE", 12);
    }
    return !application && s->marker != 0xfe;
}

static bool hash_jpeg(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    size_t offset = 2;
    segment s;
    while (next_segment(bytes, size, &offset, &s)) {
        if (s.marker == 0xda) {
            ie_hasher_add(hasher, bytes + s.offset, size - s.offset);
            return true;
        }
        if (is_picture_segment(&s)) {
            ie_hasher_add(hasher, bytes + s.offset, s.size);
        }
    }
    return false;
}

/* Coded data: FF00 is a byte, FFD0..FFD7 restarts; anything else is the next marker. */
static size_t next_marker(const uint8_t *bytes, size_t size, size_t offset)
{
    while (offset + 1 < size) {
        const uint8_t *at = memchr(bytes + offset, 0xff, size - 1 - offset);
        if (at == NULL) {
            return size;
        }
        offset = (size_t)(at - bytes);
        if (at[1] != 0 && at[1] != 0xff && (at[1] < 0xd0 || at[1] > 0xd7)) {
            return offset;
        }
        offset++;
    }
    return size;
}

size_t ie_image_data_jpeg_end(const uint8_t *bytes, size_t size)
{
    size_t offset = 2;
    segment s;
    while (next_segment(bytes, size, &offset, &s)) {
        if (s.marker != 0xda) {
            continue;
        }
        offset = next_marker(bytes, size, offset);
        if (offset + 1 < size && bytes[offset + 1] == 0xd9) {
            return offset + 2;
        }
    }
    return 0;
}

static bool blank(const uint8_t *p, size_t size)
{
    while (size > 0 && (p[size - 1] == 0 || p[size - 1] == 0xff || p[size - 1] == '\n' ||
                        p[size - 1] == '\r' || p[size - 1] == ' ')) {
        size--;
    }
    return size == 0;
}

bool ie_image_data_motion(const uint8_t *bytes, size_t size)
{
    size_t end = size > 4 && be16(bytes) == 0xffd8 ? ie_image_data_jpeg_end(bytes, size) : 0;
    return end > 0 && size - end > 8 && memcmp(bytes + end + 4, "ftyp", 4) == 0;
}

static bool has_mpf(const uint8_t *bytes, size_t size)
{
    size_t offset = 2;
    segment s;
    while (next_segment(bytes, size, &offset, &s) && s.marker != 0xda) {
        if (s.marker == 0xe2 && has_prefix(s.body, s.body_size, "MPF", 4)) {
            return true;
        }
    }
    return false;
}

/* exiv2 drops colour profiles that say a wrong length of themselves, puts them in front of Adobe's
   segment, and finds no metadata behind a DNL marker. */
static bool odd_structure(const uint8_t *bytes, size_t size)
{
    size_t offset = 2, stated = 0, held = 0;
    segment s;
    bool odd = false, adobe = false;
    while (next_segment(bytes, size, &offset, &s) && s.marker != 0xda) {
        adobe = adobe || s.marker == 0xee;
        odd = odd || s.marker == 0xdc || (adobe && held == 0 && s.marker == 0xe2);
        if (s.marker == 0xe2 && has_prefix(s.body, s.body_size, "ICC_PROFILE", 12) &&
            s.body_size >= 18) {
            stated = held == 0 ? be32(s.body + 14) : stated;
            held += s.body_size - 14;
        }
    }
    return odd || stated != held;
}

static bool described(const uint8_t *bytes, size_t size);

const char *ie_image_data_pinned(const uint8_t *bytes, size_t size, ie_format format)
{
    if (format == IE_FORMAT_PNG && described(bytes, size)) {
        return "it holds a description in a certain language, which would lose it";
    }
    if (format == IE_FORMAT_TIFF && size > 4 && bytes[bytes[0] == 'M' ? 3 : 2] == 43) {
        return "it is a BigTIFF, which cannot be rewritten here";
    }
    if (format != IE_FORMAT_JPEG || size < 4) {
        return NULL;
    }
    if (has_mpf(bytes, size)) {
        return "it holds a second picture or a gain map (MPF), which would no longer be found";
    }
    if (odd_structure(bytes, size)) {
        return "its frame or its colour profile is built in an unusual way, which would not "
               "survive";
    }
    size_t end = ie_image_data_jpeg_end(bytes, size);
    /* A motion photo's video is found by its distance from the end, which does not change. */
    if (end > 0 && !blank(bytes + end, size - end) && !ie_image_data_motion(bytes, size)) {
        return "it holds unknown data behind the picture, which might no longer be found";
    }
    return NULL;
}

/* ---- PNG, WebP: lists of chunks ------------------------------------------------- */

static bool named(const uint8_t *type, const char *list)
{
    for (; *list != 0; list += 4) {
        if (memcmp(type, list, 4) == 0) {
            return true;
        }
    }
    return false;
}

/* exiv2 takes PNG's description for a comment and writes it anew without its language. */
static bool described(const uint8_t *bytes, size_t size)
{
    for (size_t offset = 8; size >= 12 && offset <= size - 12;) {
        size_t length = be32(bytes + offset);
        if (length > size - offset - 12) {
            return false;
        }
        const uint8_t *type = bytes + offset + 4;
        if (named(type, "zTXtiTXt") && has_prefix(type + 4, length, "Description", 12)) {
            return true;
        }
        offset += length + 12;
    }
    return false;
}

static bool hash_png(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    bool picture = false;
    for (size_t offset = 8; size >= 12 && offset <= size - 12;) {
        size_t length = be32(bytes + offset);
        const uint8_t *type = bytes + offset + 4;
        if (length > size - offset - 12) {
            return false;
        }
        if (!named(type, "tEXtzTXtiTXttIMEeXIfiCCP")) {
            ie_hasher_add(hasher, type, length + 4);
        }
        picture = picture || memcmp(type, "IDAT", 4) == 0;
        if (memcmp(type, "IEND", 4) == 0) {
            return picture;
        }
        offset += length + 12;
    }
    return false;
}

static bool hash_webp(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    bool picture = false;
    for (size_t offset = 12; size >= 8 && offset <= size - 8;) {
        size_t length = le32(bytes + offset + 4);
        const uint8_t *type = bytes + offset;
        if (length > size - offset - 8) {
            return false;
        }
        if (named(type, "VP8 VP8LALPHANIMANMFICCP")) {
            ie_hasher_add(hasher, type, length + 8);
        }
        picture = picture || named(type, "VP8 VP8LANMF");
        offset += 8 + length + (length & 1);
    }
    return picture;
}

/* One ISO BMFF box at `offset`; its size with header, 0 on damage. */
static size_t box_size(const uint8_t *bytes, size_t size, size_t offset)
{
    if (offset > size || size - offset < 8) {
        return 0;
    }
    uint64_t length = be32(bytes + offset);
    if (length == 0) {
        return size - offset;
    }
    if (length == 1) {
        if (size - offset < 16) {
            return 0;
        }
        length = (uint64_t)be32(bytes + offset + 8) << 32 | be32(bytes + offset + 12);
    }
    return length < 8 || length > size - offset ? 0 : (size_t)length;
}

bool ie_image_data_known(ie_format format)
{
    switch (format) {
    case IE_FORMAT_JPEG:
    case IE_FORMAT_PNG:
    case IE_FORMAT_WEBP:
    case IE_FORMAT_JP2:
    case IE_FORMAT_JXL:
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
    case IE_FORMAT_GIF:
    case IE_FORMAT_TIFF:
        return true;
    default:
        return false;
    }
}

bool ie_image_data_hash(const uint8_t *bytes, size_t size, ie_format format, ie_hash128 *ret_hash)
{
    ie_hasher *hasher = ie_hasher_new();
    bool good = false;
    switch (size < 8 ? IE_FORMAT_UNKNOWN : format) {
    case IE_FORMAT_JPEG:
        good = hash_jpeg(bytes, size, hasher);
        break;
    case IE_FORMAT_PNG:
        good = hash_png(bytes, size, hasher);
        break;
    case IE_FORMAT_WEBP:
        good = hash_webp(bytes, size, hasher);
        break;
    case IE_FORMAT_JP2:
        good = ie_image_data_jp2(bytes, size, hasher);
        break;
    case IE_FORMAT_JXL:
        good = ie_image_data_jxl(bytes, size, hasher);
        break;
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
        good = ie_image_data_heif(bytes, size, hasher);
        break;
    case IE_FORMAT_GIF:
        good = ie_image_data_gif(bytes, size, hasher);
        break;
    case IE_FORMAT_TIFF:
        good = ie_image_data_tiff(bytes, size, hasher);
        break;
    default:
        break;
    }
    if (good) {
        *ret_hash = ie_hasher_value(hasher);
    }
    ie_hasher_free(hasher);
    return good;
}

/* ---- frames -------------------------------------------------------------------------- */

static uint32_t png_frames(const uint8_t *bytes, size_t size)
{
    for (size_t offset = 8; size >= 12 && offset <= size - 12;) {
        size_t length = be32(bytes + offset);
        if (length > size - offset - 12 || memcmp(bytes + offset + 4, "IDAT", 4) == 0) {
            break;
        }
        if (memcmp(bytes + offset + 4, "acTL", 4) == 0 && length >= 8) {
            uint32_t frames = be32(bytes + offset + 8);
            return frames > 0 ? frames : 1;
        }
        offset += length + 12;
    }
    return 1;
}

static const uint8_t *find_box(const uint8_t *bytes, size_t size, const char *type,
                               size_t *ret_size)
{
    for (size_t offset = 0, length; (length = box_size(bytes, size, offset)) != 0;
         offset += length) {
        if (memcmp(bytes + offset + 4, type, 4) == 0) {
            *ret_size = length;
            return bytes + offset;
        }
    }
    return NULL;
}

/* Bits of a JPEG XL codestream, least significant first (ISO/IEC 18181-1, 6). */
typedef struct bits {
    const uint8_t *bytes;
    size_t size, at;
} bits;

static uint32_t take(bits *b, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++, b->at++) {
        if (b->at / 8 < b->size) {
            value |= (uint32_t)(b->bytes[b->at / 8] >> (b->at % 8) & 1) << i;
        }
    }
    return value;
}

static void skip_u32(bits *b, const int widths[4])
{
    take(b, widths[take(b, 2)]);
}

static void skip_size(bits *b)
{
    static const int large[4] = {9, 13, 18, 30};
    bool small = take(b, 1) != 0;
    small ? (void)take(b, 5) : skip_u32(b, large);
    if (take(b, 3) == 0) { /* no fixed ratio: the width follows */
        small ? (void)take(b, 5) : skip_u32(b, large);
    }
}

static void skip_preview(bits *b)
{
    static const int divided[4] = {0, 0, 5, 9}, plain[4] = {6, 8, 10, 12};
    bool by_eight = take(b, 1) != 0;
    skip_u32(b, by_eight ? divided : plain);
    if (take(b, 3) == 0) {
        skip_u32(b, by_eight ? divided : plain);
    }
}

/* SizeHeader, then ImageMetadata as far as have_animation (ISO/IEC 18181-1, annex D). */
static bool jxl_animated(const uint8_t *bytes, size_t size)
{
    size_t box_length = 0;
    const uint8_t *box = NULL;
    if (!has_prefix(bytes, size, "\xff\x0a", 2)) {
        size_t header = 8;
        box = find_box(bytes, size, "jxlc", &box_length);
        if (box == NULL) {
            box = find_box(bytes, size, "jxlp", &box_length);
            header = 12;
        }
        if (box == NULL || box_length <= header) {
            return true; /* not understood: taken for what must not be cut */
        }
        bytes = box + header;
        size = box_length - header;
    }
    bits b = {bytes, size, 16};
    skip_size(&b);
    if (take(&b, 1) != 0 || take(&b, 1) == 0) { /* all_default, or no extra fields */
        return false;
    }
    take(&b, 3); /* orientation */
    if (take(&b, 1) != 0) {
        skip_size(&b); /* intrinsic size */
    }
    if (take(&b, 1) != 0) {
        skip_preview(&b);
    }
    return take(&b, 1) != 0;
}

bool ie_image_data_boxed_metadata(const uint8_t *bytes, size_t size)
{
    for (size_t offset = 0, length; (length = box_size(bytes, size, offset)) != 0;
         offset += length) {
        if (named(bytes + offset + 4, "Exifxml brobjumb")) {
            return true;
        }
    }
    return false;
}

uint32_t ie_image_data_frames(const uint8_t *bytes, size_t size, ie_format format)
{
    size_t length = 0;
    switch (format) {
    case IE_FORMAT_PNG:
        return png_frames(bytes, size);
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
        return find_box(bytes, size, "moov", &length) != NULL ? 2 : 1;
    case IE_FORMAT_JXL:
        return jxl_animated(bytes, size) ? 2 : 1;
    default:
        return 1;
    }
}
