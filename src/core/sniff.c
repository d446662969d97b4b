// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_format_sniff(): formats recognised from a file's first bytes. Order: magics of full strength
 * from a table, then containers (ISO base media, TIFF), then formats whose magic is so short that
 * the header behind it has to make sense too.
 */
#include <ctype.h>
#include <string.h>

#include "core/format.h"
#include "utils/text.h"

typedef struct window {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
} window;

static const struct {
    ie_format format;
    uint8_t offset, size;
    const char *bytes;
} magics[] = {
    {IE_FORMAT_JPEG, 0, 3, "\xff\xd8\xff"},
    {IE_FORMAT_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {IE_FORMAT_GIF, 0, 6, "GIF87a"},
    {IE_FORMAT_GIF, 0, 6, "GIF89a"},
    {IE_FORMAT_PSD, 0, 6, "8BPS\0\1"},
    {IE_FORMAT_PSD, 0, 6, "8BPS\0\2"},
    {IE_FORMAT_JP2, 0, 12, "\0\0\0\x0cjP  \r\n\x87\n"},
    {IE_FORMAT_JP2, 0, 4, "\xff\x4f\xff\x51"},
    {IE_FORMAT_JXL, 0, 12, "\0\0\0\x0cJXL \r\n\x87\n"},
    {IE_FORMAT_JXL, 0, 2, "\xff\x0a"},
    {IE_FORMAT_RAF, 0, 15, "FUJIFILMCCD-RAW"},
    {IE_FORMAT_CRW, 6, 8, "HEAPCCDR"},
    {IE_FORMAT_ORF, 0, 4, "IIRO"},
    {IE_FORMAT_ORF, 0, 4, "IIRS"},
    {IE_FORMAT_ORF, 0, 4, "MMOR"},
    {IE_FORMAT_RW2, 0, 4, "IIU\0"},
};

static bool has(const window *in, size_t offset, const void *bytes, size_t size)
{
    return offset <= in->size && size <= in->size - offset &&
           memcmp(in->bytes + offset, bytes, size) == 0;
}

/* The unsigned number of `width` bytes at offset; false when it is not inside the window. */
static bool number(const window *in, uint64_t offset, int width, uint64_t *ret_value)
{
    if (offset > in->size || (size_t)width > in->size - (size_t)offset)
        return false;
    uint64_t value = 0;
    for (int i = 0; i < width; i++)
        value = value << 8 | in->bytes[offset + (uint64_t)(in->big_endian ? i : width - 1 - i)];
    *ret_value = value;
    return true;
}

/* ---- ISO base media: HEIF, CR3, MP4, QuickTime -------------------------------------------- */

/* ISO/IEC 23008-12 annex E, AVIF 1.1 and the brands registered at mp4ra.org; "?" matches any byte.
   "mif1" and its like name no codec, so they are not here. */
static const struct {
    char brand[5];
    ie_format format;
} brands[] = {
    {"crx ", IE_FORMAT_CR3},  {"avif", IE_FORMAT_AVIF}, {"avis", IE_FORMAT_AVIF},
    {"heic", IE_FORMAT_HEIC}, {"heix", IE_FORMAT_HEIC}, {"heim", IE_FORMAT_HEIC},
    {"heis", IE_FORMAT_HEIC}, {"hevc", IE_FORMAT_HEIC}, {"hevx", IE_FORMAT_HEIC},
    {"hevm", IE_FORMAT_HEIC}, {"hevs", IE_FORMAT_HEIC}, {"qt  ", IE_FORMAT_MOV},
    {"isom", IE_FORMAT_MP4},  {"iso?", IE_FORMAT_MP4},  {"mp41", IE_FORMAT_MP4},
    {"mp42", IE_FORMAT_MP4},  {"M4V?", IE_FORMAT_MP4},  {"avc1", IE_FORMAT_MP4},
    {"3gp?", IE_FORMAT_MP4},  {"3g2?", IE_FORMAT_MP4},  {"MSNV", IE_FORMAT_MP4},
    {"XAVC", IE_FORMAT_MP4},  {"mmp4", IE_FORMAT_MP4},  {"dash", IE_FORMAT_MP4},
    {"f4v ", IE_FORMAT_MP4},
};

static ie_format brand_format(const uint8_t *brand)
{
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
        int same = 0;
        while (same < 4 &&
               (brands[i].brand[same] == '?' || brand[same] == (uint8_t)brands[i].brand[same]))
            same++;
        if (same == 4)
            return brands[i].format;
    }
    return IE_FORMAT_UNKNOWN;
}

/* Of the compatible brands an image's counts before a video's: writers of HEIF list "isom" too. */
static ie_format compatible_format(const window *in, size_t end)
{
    ie_format best = IE_FORMAT_UNKNOWN;
    for (size_t at = 16; at + 4 <= end; at += 4) {
        ie_format format = brand_format(in->bytes + at);
        if (format == IE_FORMAT_UNKNOWN)
            continue;
        if (ie_format_kind(format) != IE_KIND_VIDEO)
            return format;
        if (best == IE_FORMAT_UNKNOWN)
            best = format;
    }
    return best;
}

static bool is_general_heif(const uint8_t *brand)
{
    return memcmp(brand, "mif1", 4) == 0 || memcmp(brand, "mif2", 4) == 0 ||
           memcmp(brand, "msf1", 4) == 0 || memcmp(brand, "miaf", 4) == 0;
}

static ie_format sniff_ftyp(const window *in)
{
    uint64_t box = 0;
    window big = {in->bytes, in->size, true};
    if (in->size < 12 || !number(&big, 0, 4, &box))
        return IE_FORMAT_UNKNOWN;
    size_t end = box > in->size || box < 16 ? in->size : (size_t)box;
    const uint8_t *major = in->bytes + 8;
    ie_format format = brand_format(major);
    if (format != IE_FORMAT_UNKNOWN || memcmp(major, "M4A ", 4) == 0 ||
        memcmp(major, "M4B ", 4) == 0)
        return format;
    format = compatible_format(in, end);
    if (!is_general_heif(major))
        return format;
    if (format != IE_FORMAT_UNKNOWN && ie_format_kind(format) != IE_KIND_VIDEO)
        return format;
    /* No brand names the codec: the item types in the file do. */
    bool av1 = memmem(in->bytes, in->size, "av01", 4) && !memmem(in->bytes, in->size, "hvc1", 4);
    return av1 ? IE_FORMAT_AVIF : IE_FORMAT_HEIC;
}

/* QuickTime from before "ftyp" existed: fillers, then the movie or its data. */
static ie_format sniff_old_quicktime(const window *in)
{
    window big = {in->bytes, in->size, true};
    uint64_t at = 0, size = 0;
    for (int boxes = 0; boxes < 4; boxes++) {
        if (!number(&big, at, 4, &size) || at + 8 > in->size)
            return IE_FORMAT_UNKNOWN;
        if (has(in, at + 4, "moov", 4) || has(in, at + 4, "mdat", 4))
            return size <= 1 || size >= 8 ? IE_FORMAT_MOV : IE_FORMAT_UNKNOWN;
        if (!has(in, at + 4, "wide", 4) && !has(in, at + 4, "free", 4) &&
            !has(in, at + 4, "skip", 4) && !has(in, at + 4, "pnot", 4))
            return IE_FORMAT_UNKNOWN;
        if (size < 8)
            return IE_FORMAT_UNKNOWN;
        at += size;
    }
    return IE_FORMAT_UNKNOWN;
}

/* ---- TIFF and the RAW formats inside it --------------------------------------------------- */

/* What IFD0 tells; all absent when it lies outside the window. */
typedef struct tiff_marks {
    bool complete; /* every entry was in the window */
    bool dng;
    bool raw;        /* IFD0 is a preview, or coded as only a camera codes */
    ie_format maker; /* whose RAW it would be; UNKNOWN for another maker or none */
} tiff_marks;

static ie_format maker_format(const window *in, uint64_t offset, uint64_t count)
{
    static const struct {
        const char *make;
        ie_format format;
    } makers[] = {
        {"NIKON", IE_FORMAT_NEF},   {"SONY", IE_FORMAT_ARW},          {"PENTAX", IE_FORMAT_PEF},
        {"RICOH", IE_FORMAT_PEF},   {"Asahi Optical", IE_FORMAT_PEF}, {"SAMSUNG", IE_FORMAT_SRW},
        {"Samsung", IE_FORMAT_SRW},
    };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        size_t length = strlen(makers[i].make);
        if (count >= length && offset <= in->size &&
            has(in, (size_t)offset, makers[i].make, length))
            return makers[i].format;
    }
    return IE_FORMAT_UNKNOWN;
}

/* TIFF 6.0 and the tags TIFF/EP (ISO 12234-2) and cameras add: a RAW file's IFD0 is a reduced
   picture (NewSubfileType 1) or coded with the maker's own compression; an exported TIFF's is
   neither. */
static void read_entry(const window *in, uint64_t entry, bool big, tiff_marks *marks)
{
    uint64_t tag = 0, count = 0, value = 0, type = 0;
    if (!number(in, entry, 2, &tag) || !number(in, entry + 2, 2, &type) ||
        !number(in, entry + 4, big ? 8 : 4, &count))
        return;
    uint64_t place = entry + (big ? 12 : 8);
    if (tag == 0xC612) {
        marks->dng = true;
    } else if (tag == 0x00FE && number(in, place, type == 3 ? 2 : 4, &value)) {
        marks->raw = marks->raw || value == 1;
    } else if (tag == 0x0103 && number(in, place, 2, &value)) {
        marks->raw = marks->raw || value == 32767 || value == 32769 || value == 32770 ||
                     value == 34713 || value == 65535;
    } else if (tag == 0x0106 && number(in, place, 2, &value)) {
        marks->raw = marks->raw || value == 32803; /* colour filter array */
    } else if (tag == 0x010F && number(in, place, big ? 8 : 4, &value)) {
        marks->maker = maker_format(in, count > (big ? 8u : 4u) ? value : place, count);
    }
}

static tiff_marks read_ifd0(const window *in, bool big)
{
    tiff_marks marks = {0};
    uint64_t ifd = 0, entries = 0;
    if (!number(in, big ? 8 : 4, big ? 8 : 4, &ifd) || !number(in, ifd, big ? 8 : 2, &entries))
        return marks;
    uint64_t first = ifd + (big ? 8 : 2), step = big ? 20 : 12;
    uint64_t inside = (in->size - first) / step;
    marks.complete = entries <= inside;
    for (uint64_t i = 0; i < entries && i < inside; i++)
        read_entry(in, first + i * step, big, &marks);
    return marks;
}

static ie_format sniff_tiff(const window *bytes, const char *path)
{
    window in = *bytes;
    in.big_endian = has(bytes, 0, "MM", 2);
    bool big = has(bytes, 0, "II+\0\10\0\0\0", 8) || has(bytes, 0, "MM\0+\0\10\0\0", 8);
    if (!big && !has(bytes, 0, "II*\0", 4) && !has(bytes, 0, "MM\0*", 4))
        return IE_FORMAT_UNKNOWN;
    if (has(bytes, 8, "CR\2", 3))
        return IE_FORMAT_CR2;
    tiff_marks marks = read_ifd0(&in, big);
    if (marks.dng)
        return IE_FORMAT_DNG;
    if (marks.raw && marks.maker != IE_FORMAT_UNKNOWN)
        return marks.maker;
    ie_format claimed = ie_format_claimed(path);
    bool tiff_inside = claimed == IE_FORMAT_NEF || claimed == IE_FORMAT_ARW ||
                       claimed == IE_FORMAT_PEF || claimed == IE_FORMAT_SRW ||
                       claimed == IE_FORMAT_DNG || claimed == IE_FORMAT_CR2;
    bool open = marks.raw || !marks.complete || claimed == marks.maker;
    return tiff_inside && open ? claimed : IE_FORMAT_TIFF;
}

/* ---- short magics ------------------------------------------------------------------------- */

static bool is_bmp(const window *in)
{
    static const uint8_t headers[] = {12, 16, 40, 52, 56, 64, 108, 124};
    uint64_t header = 0;
    if (!has(in, 0, "BM", 2) || !number(in, 14, 4, &header))
        return false;
    for (size_t i = 0; i < sizeof headers; i++)
        if (header == headers[i])
            return true;
    return false;
}

static bool is_ico(const window *in)
{
    uint64_t count = 0, reserved = 0, size = 0, offset = 0;
    return has(in, 0, "\0\0\1\0", 4) && number(in, 4, 2, &count) && number(in, 9, 1, &reserved) &&
           number(in, 14, 4, &size) && number(in, 18, 4, &offset) && count > 0 && reserved == 0 &&
           size > 0 && offset >= 6 + 16 * count;
}

static size_t skip_pnm_space(const window *in, size_t at)
{
    while (at < in->size && (isspace(in->bytes[at]) || in->bytes[at] == '#')) {
        if (in->bytes[at] == '#')
            while (at < in->size && in->bytes[at] != '\n')
                at++;
        else
            at++;
    }
    return at;
}

/* Netpbm: P1..P6, white space, two numbers; P7 (PAM) has words instead. */
static bool is_pnm(const window *in)
{
    if (in->size < 4 || in->bytes[0] != 'P' || !isspace(in->bytes[2]))
        return false;
    if (in->bytes[1] == '7')
        return in->bytes[2] == '\n' && memmem(in->bytes, in->size, "WIDTH", 5) != NULL;
    if (in->bytes[1] < '1' || in->bytes[1] > '6')
        return false;
    size_t at = 2;
    for (int i = 0; i < 2; i++) {
        at = skip_pnm_space(in, at);
        size_t start = at;
        while (at < in->size && isdigit(in->bytes[at]))
            at++;
        if (at == start || at - start > 10 || at == in->size ||
            !(isspace(in->bytes[at]) || in->bytes[at] == '#'))
            return false;
    }
    return true;
}

ie_format ie_format_sniff(const uint8_t *bytes, size_t size, const char *path)
{
    const window in = {bytes, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, false};
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (has(&in, magics[i].offset, magics[i].bytes, magics[i].size))
            return magics[i].format;
    if (has(&in, 0, "RIFF", 4) && has(&in, 8, "WEBP", 4))
        return IE_FORMAT_WEBP;
    if (has(&in, 4, "ftyp", 4))
        return sniff_ftyp(&in);
    ie_format format = sniff_tiff(&in, path);
    if (format == IE_FORMAT_UNKNOWN)
        format = sniff_old_quicktime(&in);
    if (format != IE_FORMAT_UNKNOWN)
        return format;
    if (is_bmp(&in))
        return IE_FORMAT_BMP;
    if (is_ico(&in))
        return IE_FORMAT_ICO;
    return is_pnm(&in) ? IE_FORMAT_PNM : IE_FORMAT_UNKNOWN;
}
