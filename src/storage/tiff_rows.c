// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/tiff_rows.h"

#include <stdlib.h>
#include <string.h>

#include "storage/inflate.h"
#include "utils/memory.h"

enum { MOST_ENTRIES = 512, ENTRY = 12, MOST_STRIPS = 1 << 20, MOST_SIDE = 1000000 };
enum { BYTE = 1, SHORT = 3, LONG = 4, RATIONAL = 5, UNDEFINED = 7 };
enum { PIECE = 1 << 18, MOST_PROFILE = 16 << 20, MOST_STRIP = 256 << 20 };

struct ie_tiff {
    ie_bytes *bytes;
    size_t stride;
    uint32_t height, rows_of_strip, row;
    uint32_t *offsets;
    uint8_t *buffer;
    uint32_t first, count; /* the rows in it */
    uint32_t room;
    /* Packed: strips' sizes, and room for the largest one; the buffer then holds a strip. */
    uint32_t *sizes;
    uint8_t *packed;
    unsigned channels;
    bool differences; /* predictor 2: samples are differences to the pixel before */
};

/* What a directory says, as far as it is looked at. */
typedef struct directory {
    uint32_t width, height, samples, bits, compression, photometric, rows_of_strip, predictor;
    uint32_t unit;
    const uint8_t *bits_at, *strips, *sizes, *profile, *resolution[2]; /* entries */
} directory;

static uint32_t le16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static uint32_t type_of(const uint8_t *entry)
{
    return le16(entry + 2);
}

static uint32_t count_of(const uint8_t *entry)
{
    return le32(entry + 4);
}

/* A single number. */
static bool take_number(const uint8_t *entry, uint32_t *ret_number)
{
    const uint32_t type = type_of(entry);
    if (count_of(entry) != 1 || (type != SHORT && type != LONG)) {
        return false;
    }
    *ret_number = type == SHORT ? le16(entry + 8) : le32(entry + 8);
    return true;
}

/* False for a number that means another kind of file. */
static bool must_be(const uint8_t *entry, uint32_t wanted)
{
    uint32_t number;
    return take_number(entry, &number) && number == wanted;
}

static bool take_entry(const uint8_t *entry, directory *d)
{
    switch (le16(entry)) {
    case 256:
        return take_number(entry, &d->width);
    case 257:
        return take_number(entry, &d->height);
    case 258:
        d->bits_at = entry;
        return true;
    case 259:
        return take_number(entry, &d->compression);
    case 262:
        return take_number(entry, &d->photometric);
    case 273:
        d->strips = entry;
        return true;
    case 277:
        return take_number(entry, &d->samples);
    case 278:
        return take_number(entry, &d->rows_of_strip);
    case 279:
        d->sizes = entry;
        return true;
    case 282:
    case 283:
        d->resolution[le16(entry) - 282] = entry;
        return true;
    case 296:
        return take_number(entry, &d->unit);
    case 34675:
        d->profile = entry;
        return true;
    case 254: /* NewSubfileType */
        return must_be(entry, 0);
    case 266: /* FillOrder */
    case 274: /* Orientation */
    case 284: /* PlanarConfiguration */
        return must_be(entry, 1);
    case 317:
        return take_number(entry, &d->predictor);
    case 339: /* SampleFormat: one for each sample, 1 where there are more */
        return count_of(entry) <= 3;
    case 255: /* SubfileType */
    case 320: /* ColorMap */
    case 322: /* tiles */
    case 323:
    case 324:
    case 325:
    case 330: /* SubIFDs */
    case 338: /* ExtraSamples */
        return false;
    default:
        return true;
    }
}

static bool take_directory(ie_bytes *bytes, directory *d)
{
    const uint8_t *head = ie_bytes_at(bytes, 0, 8);
    if (head == NULL || memcmp(head, "II*\0", 4) != 0) {
        return false;
    }
    const uint32_t at = le32(head + 4);
    const uint8_t *count = at >= 8 ? ie_bytes_at(bytes, at, 2) : NULL;
    if (count == NULL || le16(count) > MOST_ENTRIES) {
        return false;
    }
    const size_t entries = le16(count);
    const uint8_t *all = ie_bytes_at(bytes, at + UINT64_C(2), entries * ENTRY + 4);
    for (size_t i = 0; all != NULL && i < entries; i++) {
        if (!take_entry(all + i * ENTRY, d)) {
            return false;
        }
    }
    return all != NULL && le32(all + entries * ENTRY) == 0; /* no further picture */
}

/* `count` numbers of an entry, wherever they lie; *ret_numbers is to be freed. */
static bool take_numbers(ie_bytes *bytes, const uint8_t *entry, uint32_t count,
                         uint32_t **ret_numbers)
{
    if (entry == NULL || count_of(entry) != count ||
        (type_of(entry) != SHORT && type_of(entry) != LONG)) {
        return false;
    }
    const size_t size = type_of(entry) == SHORT ? 2 : 4;
    const uint8_t *values =
        (size_t)count * size <= 4 ? entry + 8 : ie_bytes_at(bytes, le32(entry + 8), count * size);
    uint32_t *numbers = values != NULL ? ie_try_alloc(count, sizeof *numbers) : NULL;
    for (uint32_t i = 0; numbers != NULL && i < count; i++) {
        numbers[i] = size == 2 ? le16(values + i * size) : le32(values + i * size);
    }
    *ret_numbers = numbers;
    return numbers != NULL;
}

static bool has_eight_bits(ie_bytes *bytes, const directory *d)
{
    uint32_t *bits = NULL;
    bool good = take_numbers(bytes, d->bits_at, d->samples, &bits);
    for (uint32_t i = 0; good && i < d->samples; i++) {
        good = bits[i] == 8;
    }
    free(bits);
    return good;
}

/* TIFF technical note 2, 8, and its number before that. */
static bool is_packed(const directory *d)
{
    return (d->compression == 8 || d->compression == 32946) &&
           (d->predictor == 1 || d->predictor == 2);
}

static bool is_plain(ie_bytes *bytes, const directory *d, uint64_t max_pixels)
{
    return d->width > 0 && d->height > 0 && d->width <= MOST_SIDE && d->height <= MOST_SIDE &&
           (uint64_t)d->width * d->height <= max_pixels &&
           (d->compression == 1 ? d->predictor == 1 : is_packed(d) && ie_inflate_ready()) &&
           ((d->samples == 1 && d->photometric == 1) || (d->samples == 3 && d->photometric == 2)) &&
           d->rows_of_strip > 0 && has_eight_bits(bytes, d);
}

static uint32_t rows_of(const ie_tiff *tiff, uint32_t strip)
{
    const uint32_t left = tiff->height - strip * tiff->rows_of_strip;
    return left < tiff->rows_of_strip ? left : tiff->rows_of_strip;
}

/* Each strip lies within the file and has as many bytes as its rows take, or may be packed into. */
static bool take_strips(ie_tiff *tiff, const directory *d)
{
    const uint32_t strips = (d->height - 1) / d->rows_of_strip + 1;
    const bool packed = d->compression != 1;
    const uint64_t whole = ie_bytes_size(tiff->bytes);
    uint32_t largest = 0;
    bool good = strips <= MOST_STRIPS &&
                take_numbers(tiff->bytes, d->strips, strips, &tiff->offsets) &&
                take_numbers(tiff->bytes, d->sizes, strips, &tiff->sizes);
    for (uint32_t i = 0; good && i < strips; i++) {
        const uint64_t bytes = (uint64_t)rows_of(tiff, i) * tiff->stride;
        const uint32_t size = tiff->sizes[i];
        largest = size > largest ? size : largest;
        good = (packed ? bytes / IE_INFLATE_MOST_RATIO <= size : bytes == size) &&
               tiff->offsets[i] <= whole && size <= whole - tiff->offsets[i];
    }
    if (!good || !packed) {
        return good;
    }
    tiff->packed = ie_try_alloc(largest, 1);
    return tiff->packed != NULL;
}

/* Pieces of strips, or whole ones where they are packed. */
static bool take_buffer(ie_tiff *tiff, const directory *d)
{
    const uint32_t rows = d->rows_of_strip < d->height ? d->rows_of_strip : d->height;
    tiff->room = tiff->stride < PIECE ? (uint32_t)(PIECE / tiff->stride) : 1;
    if (d->compression != 1) {
        tiff->room = rows;
        if ((uint64_t)rows * tiff->stride > MOST_STRIP) {
            return false;
        }
    }
    tiff->buffer = ie_try_alloc(tiff->room, tiff->stride);
    return tiff->buffer != NULL;
}

static bool take_profile(ie_bytes *bytes, const directory *d, ie_tiff_facts *facts)
{
    if (d->profile == NULL) {
        return true;
    }
    const uint32_t type = type_of(d->profile), size = count_of(d->profile);
    if ((type != BYTE && type != UNDEFINED) || size <= 4 || size > MOST_PROFILE) {
        return false;
    }
    const uint8_t *profile = ie_bytes_at(bytes, le32(d->profile + 8), size);
    if (profile == NULL) {
        return false;
    }
    facts->has_icc = true;
    facts->icc = ie_hash128_of(profile, size);
    return true;
}

/* TIFF 6.0, section 8: an inch's or a centimetre's. */
static void take_resolution(ie_bytes *bytes, const directory *d, ie_tiff_facts *facts)
{
    enum { INCH = 2, CENTIMETRE = 3 };
    for (int i = 0; i < 2; i++) {
        const uint8_t *entry = d->resolution[i];
        const bool fits = entry != NULL && type_of(entry) == RATIONAL && count_of(entry) == 1 &&
                          (d->unit == INCH || d->unit == CENTIMETRE);
        const uint8_t *value = fits ? ie_bytes_at(bytes, le32(entry + 8), 8) : NULL;
        if (value != NULL && le32(value + 4) != 0) {
            facts->per_mm[i] =
                (double)le32(value) / le32(value + 4) / (d->unit == INCH ? 25.4 : 10);
        }
    }
}

ie_tiff *ie_tiff_open(ie_bytes *bytes, uint64_t max_pixels, ie_tiff_facts *ret_facts)
{
    directory d = {
        .samples = 1, .compression = 1, .photometric = UINT32_MAX, .predictor = 1, .unit = 2};
    if (!take_directory(bytes, &d) || !is_plain(bytes, &d, max_pixels)) {
        return NULL;
    }
    ie_tiff_facts facts = {.width = d.width, .height = d.height, .channels = (uint8_t)d.samples};
    ie_tiff *tiff = ie_alloc(sizeof *tiff);
    tiff->bytes = bytes;
    tiff->stride = (size_t)d.width * d.samples;
    tiff->height = d.height;
    tiff->rows_of_strip = d.rows_of_strip;
    tiff->channels = d.samples;
    tiff->differences = d.predictor == 2;
    if (!take_strips(tiff, &d) || !take_buffer(tiff, &d) || !take_profile(bytes, &d, &facts)) {
        ie_tiff_close(tiff);
        return NULL;
    }
    take_resolution(bytes, &d, &facts);
    *ret_facts = facts;
    return tiff;
}

/* The pixel before stays in registers, for which the compiler must know how many channels it has.
 */
static inline __attribute__((always_inline)) void add_differences(uint8_t *row, size_t count,
                                                                  size_t channels)
{
    uint8_t left[3] = {0};
    for (size_t i = 0; i < count; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            left[c] = (uint8_t)(left[c] + row[i + c]);
            row[i + c] = left[c];
        }
    }
}

static bool unpack_strip(ie_tiff *tiff, uint32_t strip)
{
    tiff->first = tiff->row;
    tiff->count = rows_of(tiff, strip);
    if (!ie_bytes_copy(tiff->bytes, tiff->offsets[strip], tiff->packed, tiff->sizes[strip]) ||
        !ie_inflate(tiff->packed, tiff->sizes[strip], tiff->buffer, tiff->count * tiff->stride)) {
        return false;
    }
    for (uint32_t y = 0; tiff->differences && y < tiff->count; y++) {
        uint8_t *row = tiff->buffer + y * tiff->stride;
        if (tiff->channels == 3) {
            add_differences(row, tiff->stride, 3);
        } else {
            add_differences(row, tiff->stride, 1);
        }
    }
    return true;
}

/* As many rows of the strip as there is room for. */
static bool fill_buffer(ie_tiff *tiff)
{
    const uint32_t strip = tiff->row / tiff->rows_of_strip,
                   within = tiff->row % tiff->rows_of_strip;
    if (tiff->packed != NULL) {
        return unpack_strip(tiff, strip);
    }
    const uint32_t of_strip = tiff->rows_of_strip - within, left = tiff->height - tiff->row;
    uint32_t count = of_strip < left ? of_strip : left;
    count = count < tiff->room ? count : tiff->room;
    tiff->first = tiff->row;
    tiff->count = count;
    return ie_bytes_copy(tiff->bytes, tiff->offsets[strip] + (uint64_t)within * tiff->stride,
                         tiff->buffer, count * tiff->stride);
}

const uint8_t *ie_tiff_row(ie_tiff *tiff)
{
    if (tiff->row == tiff->height ||
        (tiff->row - tiff->first >= tiff->count && !fill_buffer(tiff))) {
        return NULL;
    }
    return tiff->buffer + (tiff->row++ - tiff->first) * tiff->stride;
}

void ie_tiff_close(ie_tiff *tiff)
{
    if (tiff != NULL) {
        free(tiff->offsets);
        free(tiff->sizes);
        free(tiff->packed);
        free(tiff->buffer);
        free(tiff);
    }
}
