// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/tiff_rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(TIFFClientOpenExt) X(TIFFClose) X(TIFFGetField) X(TIFFGetFieldDefaulted) X(TIFFIsTiled)      \
    X(TIFFLastDirectory) X(TIFFOpenOptionsAlloc) X(TIFFOpenOptionsFree)                            \
    X(TIFFOpenOptionsSetErrorHandlerExtR) X(TIFFOpenOptionsSetMaxSingleMemAlloc)                   \
    X(TIFFOpenOptionsSetWarningHandlerExtR) X(TIFFReadEncodedStrip) X(TIFFReadScanline)            \
    X(TIFFScanlineSize64)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libtiff;
#define TIFFClientOpenExt (libtiff.TIFFClientOpenExt)
#define TIFFClose (libtiff.TIFFClose)
#define TIFFGetField (libtiff.TIFFGetField)
#define TIFFGetFieldDefaulted (libtiff.TIFFGetFieldDefaulted)
#define TIFFIsTiled (libtiff.TIFFIsTiled)
#define TIFFLastDirectory (libtiff.TIFFLastDirectory)
#define TIFFOpenOptionsAlloc (libtiff.TIFFOpenOptionsAlloc)
#define TIFFOpenOptionsFree (libtiff.TIFFOpenOptionsFree)
#define TIFFOpenOptionsSetErrorHandlerExtR (libtiff.TIFFOpenOptionsSetErrorHandlerExtR)
#define TIFFOpenOptionsSetMaxSingleMemAlloc (libtiff.TIFFOpenOptionsSetMaxSingleMemAlloc)
#define TIFFOpenOptionsSetWarningHandlerExtR (libtiff.TIFFOpenOptionsSetWarningHandlerExtR)
#define TIFFReadEncodedStrip (libtiff.TIFFReadEncodedStrip)
#define TIFFReadScanline (libtiff.TIFFReadScanline)
#define TIFFScanlineSize64 (libtiff.TIFFScanlineSize64)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_TIFF, names, sizeof names / sizeof *names, &libtiff);
}

#define MOST_SIDE 1000000
#define MOST_STRIP (64 << 20) /* bytes, unpacked; libtiff allocates no more for anything else */

struct ie_tiff {
    TIFF *file;
    ie_bytes *bytes;
    uint64_t at; /* where libtiff reads next */
    bool failed; /* libtiff has complained of an error, which it sometimes reads over */
    size_t stride;
    uint32_t height, row;
    uint32_t strip_rows; /* unpacked at one go; 0: row by row, for nothing is packed */
    uint8_t *buffer;
};

/* ---- what libtiff reads by ------------------------------------------------------------------ */

static tmsize_t read_bytes(thandle_t user, void *to, tmsize_t size)
{
    ie_tiff *tiff = user;
    uint64_t whole = ie_bytes_size(tiff->bytes), left = tiff->at < whole ? whole - tiff->at : 0;
    size_t take = size < 0 ? 0 : (uint64_t)size < left ? (size_t)size : (size_t)left;
    if (take > 0 && !ie_bytes_copy(tiff->bytes, tiff->at, to, take)) {
        return -1;
    }
    tiff->at += take;
    return (tmsize_t)take;
}

static tmsize_t write_nothing(thandle_t user, void *from, tmsize_t size)
{
    (void)user;
    (void)from;
    (void)size;
    return -1;
}

static toff_t seek_bytes(thandle_t user, toff_t offset, int whence)
{
    ie_tiff *tiff = user;
    tiff->at = whence == SEEK_CUR   ? tiff->at + offset
               : whence == SEEK_END ? ie_bytes_size(tiff->bytes) + offset
                                    : offset;
    return tiff->at;
}

static int close_nothing(thandle_t user)
{
    (void)user;
    return 0;
}

static toff_t size_of(thandle_t user)
{
    const ie_tiff *tiff = user;
    return ie_bytes_size(tiff->bytes);
}

static int note_error(TIFF *file, void *user, const char *module, const char *format, va_list args)
{
    ie_tiff *tiff = user;
    (void)file;
    (void)module;
    (void)format;
    (void)args;
    tiff->failed = true;
    return 1; /* it was told */
}

static int ignore_warning(TIFF *file, void *user, const char *module, const char *format,
                          va_list args)
{
    (void)file;
    (void)user;
    (void)module;
    (void)format;
    (void)args;
    return 1;
}

static TIFF *open_file(ie_tiff *tiff)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) {
        return NULL;
    }
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, MOST_STRIP);
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_error, tiff);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, tiff);
    /* m: no mapping, whose file might be cut short meanwhile */
    TIFF *file = TIFFClientOpenExt("a photo", "rm", tiff, read_bytes, write_nothing, seek_bytes,
                                   close_nothing, size_of, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return file;
}

/* ---- what it is ----------------------------------------------------------------------------- */

static uint16_t small_number(TIFF *file, uint32_t tag)
{
    uint16_t number = 0;
    return TIFFGetFieldDefaulted(file, tag, &number) == 1 ? number : 0;
}

static bool is_usual(TIFF *file, uint16_t channels)
{
    uint16_t packed = small_number(file, TIFFTAG_COMPRESSION), count = 0, *extra = NULL;
    uint16_t shown = small_number(file, TIFFTAG_PHOTOMETRIC);
    uint16_t below = 0;
    toff_t *further = NULL;
    uint32_t kind = 0;
    return small_number(file, TIFFTAG_BITSPERSAMPLE) == 8 &&
           small_number(file, TIFFTAG_SAMPLEFORMAT) == SAMPLEFORMAT_UINT &&
           small_number(file, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_CONTIG &&
           small_number(file, TIFFTAG_ORIENTATION) == ORIENTATION_TOPLEFT &&
           ((channels == 1 && shown == PHOTOMETRIC_MINISBLACK) ||
            (channels == 3 && shown == PHOTOMETRIC_RGB)) &&
           (packed == COMPRESSION_NONE || packed == COMPRESSION_LZW ||
            packed == COMPRESSION_DEFLATE || packed == COMPRESSION_ADOBE_DEFLATE) &&
           (TIFFGetFieldDefaulted(file, TIFFTAG_EXTRASAMPLES, &count, &extra) != 1 || count == 0) &&
           (TIFFGetField(file, TIFFTAG_SUBIFD, &below, &further) != 1 || below == 0) &&
           (TIFFGetField(file, TIFFTAG_SUBFILETYPE, &kind) != 1 || kind == 0) &&
           !TIFFIsTiled(file) && TIFFLastDirectory(file);
}

static void take_resolution(TIFF *file, ie_tiff_facts *facts)
{
    static const uint32_t tags[] = {TIFFTAG_XRESOLUTION, TIFFTAG_YRESOLUTION};
    uint16_t unit = small_number(file, TIFFTAG_RESOLUTIONUNIT);
    for (int i = 0; i < 2; i++) {
        float value = 0;
        bool said = TIFFGetField(file, tags[i], &value) == 1 && value > 0 &&
                    (unit == RESUNIT_INCH || unit == RESUNIT_CENTIMETER);
        facts->per_mm[i] = said ? (double)value / (unit == RESUNIT_INCH ? 25.4 : 10) : 0;
    }
}

static void take_profile(TIFF *file, ie_tiff_facts *facts)
{
    uint32_t size = 0;
    void *profile = NULL;
    facts->has_icc = TIFFGetField(file, TIFFTAG_ICCPROFILE, &size, &profile) == 1 && size > 0;
    if (facts->has_icc) {
        facts->icc = ie_hash128_of(profile, size);
    }
}

static bool take_facts(ie_tiff *tiff, uint64_t max_pixels, ie_tiff_facts *facts)
{
    TIFF *file = tiff->file;
    uint16_t channels = small_number(file, TIFFTAG_SAMPLESPERPIXEL);
    uint32_t width = 0, height = 0, rows = 0;
    if (TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &width) != 1 ||
        TIFFGetField(file, TIFFTAG_IMAGELENGTH, &height) != 1 || width == 0 || height == 0 ||
        width > MOST_SIDE || height > MOST_SIDE || (uint64_t)width * height > max_pixels ||
        !is_usual(file, channels)) {
        return false;
    }
    tiff->stride = (size_t)width * channels;
    tiff->height = height;
    bool packed = small_number(file, TIFFTAG_COMPRESSION) != COMPRESSION_NONE;
    if (packed) {
        bool told = TIFFGetFieldDefaulted(file, TIFFTAG_ROWSPERSTRIP, &rows) == 1 && rows > 0;
        tiff->strip_rows = told && rows < height ? rows : height;
    }
    *facts = (ie_tiff_facts){.width = width, .height = height, .channels = (uint8_t)channels};
    take_resolution(file, facts);
    take_profile(file, facts);
    return TIFFScanlineSize64(file) == tiff->stride &&
           (uint64_t)tiff->strip_rows * tiff->stride <= MOST_STRIP;
}

ie_tiff *ie_tiff_open(ie_bytes *bytes, uint64_t max_pixels, ie_tiff_facts *ret_facts)
{
    pthread_once(&load_once, load);
    if (!loaded) {
        return NULL;
    }
    ie_tiff *tiff = ie_alloc(sizeof *tiff);
    tiff->bytes = bytes;
    tiff->file = open_file(tiff);
    bool good = tiff->file != NULL && take_facts(tiff, max_pixels, ret_facts) && !tiff->failed;
    size_t rows = tiff->strip_rows > 0 ? tiff->strip_rows : 1;
    tiff->buffer = good ? ie_try_alloc(rows, tiff->stride) : NULL;
    if (tiff->buffer == NULL) {
        ie_tiff_close(tiff);
        return NULL;
    }
    return tiff;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static const uint8_t *row_of_strip(ie_tiff *tiff)
{
    uint32_t within = tiff->row % tiff->strip_rows, left = tiff->height - tiff->row;
    if (within == 0) {
        uint32_t rows = left < tiff->strip_rows ? left : tiff->strip_rows;
        tmsize_t size = (tmsize_t)(rows * tiff->stride);
        if (TIFFReadEncodedStrip(tiff->file, tiff->row / tiff->strip_rows, tiff->buffer, size) !=
            size) {
            return NULL;
        }
    }
    return tiff->buffer + within * tiff->stride;
}

const uint8_t *ie_tiff_row(ie_tiff *tiff)
{
    if (tiff->row == tiff->height) {
        return NULL;
    }
    const uint8_t *row = NULL;
    if (tiff->strip_rows > 0) {
        row = row_of_strip(tiff);
    } else if (TIFFReadScanline(tiff->file, tiff->buffer, tiff->row, 0) == 1) {
        row = tiff->buffer;
    }
    tiff->row++;
    return tiff->failed ? NULL : row;
}

void ie_tiff_close(ie_tiff *tiff)
{
    if (tiff != NULL) {
        if (tiff->file != NULL) {
            TIFFClose(tiff->file);
        }
        free(tiff->buffer);
        free(tiff);
    }
}
