// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_turn.h"

#include <pthread.h>
#include <string.h>

#include <turbojpeg.h>

#include "storage/jpeg_file.h"
#include "utils/error.h"
#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(tjDecompressHeader3) X(tjDestroy) X(tjFree) X(tjGetErrorStr2) X(tjInitTransform)             \
    X(tjTransform)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libturbojpeg;
#define tjDecompressHeader3 (libturbojpeg.tjDecompressHeader3)
#define tjDestroy (libturbojpeg.tjDestroy)
#define tjFree (libturbojpeg.tjFree)
#define tjGetErrorStr2 (libturbojpeg.tjGetErrorStr2)
#define tjInitTransform (libturbojpeg.tjInitTransform)
#define tjTransform (libturbojpeg.tjTransform)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_TURBOJPEG, names, sizeof names / sizeof *names, &libturbojpeg);
}

#define FLAGS (TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)

/* By EXIF orientation: what makes it upright, what takes that back, and which sides, as stored,
   come to lie left or top and so must be of whole blocks (transupp.h of libjpeg-turbo). */
static const struct {
    int there, back;
    bool right, bottom;
} turns[9] = {
    [2] = {TJXOP_HFLIP, TJXOP_HFLIP, true, false},
    [3] = {TJXOP_ROT180, TJXOP_ROT180, true, true},
    [4] = {TJXOP_VFLIP, TJXOP_VFLIP, false, true},
    [5] = {TJXOP_TRANSPOSE, TJXOP_TRANSPOSE, false, false},
    [6] = {TJXOP_ROT90, TJXOP_ROT270, false, true},
    [7] = {TJXOP_TRANSVERSE, TJXOP_TRANSVERSE, true, true},
    [8] = {TJXOP_ROT270, TJXOP_ROT90, true, false},
};

typedef struct coded {
    unsigned char *bytes;
    unsigned long size;
} coded;

static ie_status complain(tjhandle handle, ie_error *err)
{
    return ie_error_set(err, IE_ERR_FORMAT,
                        "it is damaged or of an unusual kind (libjpeg-turbo: %s)",
                        tjGetErrorStr2(handle));
}

/* Whether TurboJPEG is there, and that sizes were judged by jpeg_file before it sees the bytes. */
static ie_status check_size(const uint8_t *bytes, size_t size, uint64_t max_pixels,
                            bool *ret_progressive, ie_error *err)
{
    pthread_once(&load_once, load);
    if (!loaded) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "TurboJPEG (" IE_LIBRARY_TURBOJPEG
                            "), which turns JPEGs, cannot be loaded; install it");
    }
    ie_decode_fault fault = {0};
    ie_jpeg *jpeg = ie_jpeg_open(bytes, size, max_pixels, &fault);
    if (jpeg == NULL) {
        ie_status status = strcmp(fault.code, "too_large") == 0     ? IE_ERR_LIMIT
                           : strcmp(fault.code, "unsupported") == 0 ? IE_ERR_UNSUPPORTED
                                                                    : IE_ERR_FORMAT;
        return ie_error_set(err, status, "it does not decode (%s)", fault.text);
    }
    *ret_progressive = ie_jpeg_get_facts(jpeg)->progressive;
    ie_jpeg_close(jpeg);
    return IE_OK;
}

static ie_status look(tjhandle handle, const uint8_t *bytes, size_t size, uint8_t orientation,
                      ie_jpeg_turn *ret_turn, ie_error *err)
{
    int width = 0, height = 0, sampling = -1, colours = 0;
    if (orientation < 2 || orientation > 8) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it is upright already");
    }
    if (tjDecompressHeader3(handle, bytes, size, &width, &height, &sampling, &colours) != 0) {
        return complain(handle, err);
    }
    if (sampling < 0 || sampling >= TJ_NUMSAMP || width <= 0 || height <= 0) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its colours are sampled in an unusual way");
    }
    ie_jpeg_turn turn = {
        .cut_width = turns[orientation].right ? (uint32_t)(width % tjMCUWidth[sampling]) : 0,
        .cut_height = turns[orientation].bottom ? (uint32_t)(height % tjMCUHeight[sampling]) : 0,
    };
    uint32_t left_width = (uint32_t)width - turn.cut_width,
             left_height = (uint32_t)height - turn.cut_height;
    turn.width = orientation >= 5 ? left_height : left_width;
    turn.height = orientation >= 5 ? left_width : left_height;
    *ret_turn = turn;
    return IE_OK;
}

ie_status ie_jpeg_turn_look(const uint8_t *bytes, size_t size, uint8_t orientation,
                            uint64_t max_pixels, ie_jpeg_turn *ret_turn, ie_error *err)
{
    bool progressive = false;
    ie_status status = check_size(bytes, size, max_pixels, &progressive, err);
    if (status != IE_OK) {
        return status;
    }
    tjhandle handle = tjInitTransform();
    status = handle != NULL
                 ? look(handle, bytes, size, orientation, ret_turn, err)
                 : ie_error_set(err, IE_ERR_LIMIT, "there is too little memory to turn it");
    tjDestroy(handle);
    return status;
}

static ie_status transform(tjhandle handle, const uint8_t *bytes, size_t size, tjtransform how,
                           coded *ret_coded, ie_error *err)
{
    coded out = {0};
    if (tjTransform(handle, bytes, size, 1, &out.bytes, &out.size, &how, FLAGS) != 0) {
        tjFree(out.bytes);
        return complain(handle, err);
    }
    *ret_coded = out;
    return IE_OK;
}

/* Written in one and the same way, without other segments, equal coefficients and tables are equal
   bytes. With a handle of its own: one that was told to copy segments goes on copying them. */
static ie_status prove(const uint8_t *bytes, size_t size, uint8_t orientation,
                       const ie_jpeg_turn *turn, const coded *turned, ie_error *err)
{
    tjtransform plain = {.op = TJXOP_NONE, .options = TJXOPT_COPYNONE};
    tjtransform back = {.op = turns[orientation].back, .options = TJXOPT_COPYNONE};
    if (turn->cut_width > 0 || turn->cut_height > 0) {
        plain.options |= TJXOPT_CROP;
        plain.r.w = (int)(orientation >= 5 ? turn->height : turn->width);
        plain.r.h = (int)(orientation >= 5 ? turn->width : turn->height);
    }
    coded was = {0}, is = {0};
    tjhandle handle = tjInitTransform();
    if (handle == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT, "there is too little memory to turn it");
    }
    ie_status status = transform(handle, bytes, size, plain, &was, err);
    status =
        status == IE_OK ? transform(handle, turned->bytes, turned->size, back, &is, err) : status;
    if (status == IE_OK && (was.size != is.size || memcmp(was.bytes, is.bytes, was.size) != 0)) {
        status = ie_error_set(err, IE_ERR_FORMAT, "turning it would change the picture");
    }
    tjFree(was.bytes);
    tjFree(is.bytes);
    tjDestroy(handle);
    return status;
}

static ie_status turn_and_prove(tjhandle handle, const uint8_t *bytes, size_t size,
                                uint8_t orientation, bool trim, bool progressive, coded *ret_coded,
                                ie_error *err)
{
    ie_jpeg_turn turn = {0};
    ie_status status = look(handle, bytes, size, orientation, &turn, err);
    if (status != IE_OK) {
        return status;
    }
    if (!trim && (turn.cut_width > 0 || turn.cut_height > 0)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "its sides are no multiples of its blocks; --trim cuts off %u columns "
                            "and %u rows at its edges",
                            turn.cut_width, turn.cut_height);
    }
    if (turn.width == 0 || turn.height == 0) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it is smaller than one of its blocks");
    }
    tjtransform how = {.op = turns[orientation].there,
                       .options = (trim ? TJXOPT_TRIM : TJXOPT_PERFECT) |
                                  (progressive ? TJXOPT_PROGRESSIVE : 0)};
    coded turned = {0};
    status = transform(handle, bytes, size, how, &turned, err);
    if (status != IE_OK) {
        return status;
    }
    status = prove(bytes, size, orientation, &turn, &turned, err);
    if (status == IE_OK) {
        *ret_coded = turned;
    } else {
        tjFree(turned.bytes);
    }
    return status;
}

ie_status ie_jpeg_turn_upright(const uint8_t *bytes, size_t size, uint8_t orientation, bool trim,
                               uint64_t max_pixels, uint8_t **ret_bytes, size_t *ret_size,
                               ie_error *err)
{
    bool progressive = false;
    ie_status status = check_size(bytes, size, max_pixels, &progressive, err);
    if (status != IE_OK) {
        return status;
    }
    coded turned = {0};
    tjhandle handle = tjInitTransform();
    status = handle != NULL
                 ? turn_and_prove(handle, bytes, size, orientation, trim, progressive, &turned, err)
                 : ie_error_set(err, IE_ERR_LIMIT, "there is too little memory to turn it");
    if (status == IE_OK) {
        uint8_t *copy = ie_try_alloc(turned.size, 1);
        if (copy != NULL) {
            memcpy(copy, turned.bytes, turned.size);
            *ret_bytes = copy;
            *ret_size = turned.size;
        } else {
            status = ie_error_set(err, IE_ERR_LIMIT, "there is too little memory to turn it");
        }
        tjFree(turned.bytes);
    }
    tjDestroy(handle);
    return status;
}
