// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/raw_develop.h"

#include "utils/error.h"

#ifdef IE_LIBRARY_RAW_R

#include <libraw/libraw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
#define CALLS(X)                                                                                   \
    X(libraw_close) X(libraw_dcraw_clear_mem) X(libraw_dcraw_make_mem_image)                       \
    X(libraw_dcraw_process) X(libraw_init) X(libraw_open_buffer) X(libraw_set_dataerror_handler)   \
    X(libraw_strerror) X(libraw_unpack) X(libraw_version)

static struct {
    CALLS(IE_LATE_MEMBER)
} libraw;

#define libraw_close (libraw.libraw_close)
#define libraw_dcraw_clear_mem (libraw.libraw_dcraw_clear_mem)
#define libraw_dcraw_make_mem_image (libraw.libraw_dcraw_make_mem_image)
#define libraw_dcraw_process (libraw.libraw_dcraw_process)
#define libraw_init (libraw.libraw_init)
#define libraw_open_buffer (libraw.libraw_open_buffer)
#define libraw_set_dataerror_handler (libraw.libraw_set_dataerror_handler)
#define libraw_strerror (libraw.libraw_strerror)
#define libraw_unpack (libraw.libraw_unpack)
#define libraw_version (libraw.libraw_version)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_RAW_R, names, sizeof names / sizeof *names, &libraw);
}

bool ie_raw_can_develop(void)
{
    pthread_once(&once, load);
    return loaded;
}

const char *ie_raw_library(void)
{
    static _Thread_local char text[64];
    snprintf(text, sizeof text, "LibRaw %s",
             ie_raw_can_develop() ? libraw_version() : "(cannot be loaded: " IE_LIBRARY_RAW_R ")");
    return text;
}

/* LibRaw goes on over missing data with black, and would print. */
static void on_bad_data(void *user, const char *file, const int offset)
{
    *(bool *)user = true;
}

static ie_status refuse(int code, ie_error *err)
{
    return ie_error_set(
        err,
        code == LIBRAW_FILE_UNSUPPORTED || code == LIBRAW_NOT_IMPLEMENTED ? IE_ERR_UNSUPPORTED
                                                                          : IE_ERR_FORMAT,
        "the RAW file cannot be developed: LibRaw says \"%s\"", libraw_strerror(code));
}

static ie_status take(const libraw_processed_image_t *image, ie_developed *ret_developed,
                      ie_error *err)
{
    ie_developed developed = {.width = image->width,
                              .height = image->height,
                              .bits = (uint8_t)image->bits,
                              .size = image->data_size};
    uint64_t wanted = (uint64_t)image->width * image->height * 3 * (image->bits / 8);
    if (image->type != LIBRAW_IMAGE_BITMAP || image->colors != 3 || wanted != image->data_size) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "the RAW file cannot be developed: it has no three colours");
    }
    developed.data = ie_try_alloc(developed.size, 1);
    if (developed.data == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "there is too little memory to develop the RAW file");
    }
    memcpy(developed.data, image->data, developed.size);
    *ret_developed = developed;
    return IE_OK;
}

static void set_up(libraw_data_t *raw, uint8_t bits)
{
    raw->params.use_camera_wb = 1;
    raw->params.output_color = 1; /* sRGB */
    raw->params.gamm[0] = 1 / 2.4; /* sRGB's curve, IEC 61966-2-1 */
    raw->params.gamm[1] = 12.92;
    raw->params.output_bps = bits;
    raw->params.user_flip = 0;
}

static ie_status develop(libraw_data_t *raw, const uint8_t *bytes, size_t size, uint8_t bits,
                         uint64_t max_pixels, ie_developed *ret_developed, ie_error *err)
{
    bool bad = false;
    libraw_set_dataerror_handler(raw, on_bad_data, &bad);
    set_up(raw, bits);
    int code = libraw_open_buffer(raw, (void *)bytes, size);
    if (code == LIBRAW_SUCCESS &&
        (uint64_t)raw->sizes.raw_width * raw->sizes.raw_height > max_pixels) {
        return ie_error_set(
            err, IE_ERR_LIMIT, "the RAW file has %u x %u pixels, more than the limit of %llu",
            raw->sizes.raw_width, raw->sizes.raw_height, (unsigned long long)max_pixels);
    }
    code = code == LIBRAW_SUCCESS ? libraw_unpack(raw) : code;
    code = code == LIBRAW_SUCCESS && !bad ? libraw_dcraw_process(raw) : code;
    if (code != LIBRAW_SUCCESS || bad) {
        return refuse(bad ? LIBRAW_IO_ERROR : code, err);
    }
    libraw_processed_image_t *image = libraw_dcraw_make_mem_image(raw, &code);
    if (image == NULL) {
        return refuse(code, err);
    }
    ie_status status = take(image, ret_developed, err);
    libraw_dcraw_clear_mem(image);
    return status;
}

ie_status ie_raw_develop(const uint8_t *bytes, size_t size, uint8_t bits, uint64_t max_pixels,
                         ie_developed *ret_developed, ie_error *err)
{
    if (!ie_raw_can_develop()) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "RAW files cannot be developed, because LibRaw (" IE_LIBRARY_RAW_R
                            ") is not there");
    }
    libraw_data_t *raw = libraw_init(0);
    if (raw == NULL) {
        return ie_error_set(err, IE_ERR_LIMIT,
                            "there is too little memory to develop the RAW file");
    }
    ie_status status = develop(raw, bytes, size, bits, max_pixels, ret_developed, err);
    libraw_close(raw);
    return status;
}

#else

const char *ie_raw_library(void)
{
    return "none (built without LibRaw)";
}

bool ie_raw_can_develop(void)
{
    return false;
}

ie_status ie_raw_develop(const uint8_t *bytes, size_t size, uint8_t bits, uint64_t max_pixels,
                         ie_developed *ret_developed, ie_error *err)
{
    return ie_error_set(
        err, IE_ERR_UNSUPPORTED,
        "RAW files cannot be developed, because LibRaw was not there at build time");
}

#endif
