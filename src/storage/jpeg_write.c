// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/jpeg_write.h"

#include <math.h>
#include <stdlib.h>

#include "storage/jpeg_codec.h"
#include "utils/memory.h"

struct ie_jpeg_writer {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    unsigned char *own, *bytes; /* ours; libjpeg's, where that was too small */
    unsigned long size;
    bool given; /* the bytes are the caller's */
};

static void leave(j_common_ptr codec)
{
    longjmp(((ie_jpeg_writer *)codec->client_data)->escape, 1);
}

static void be_quiet(j_common_ptr codec, int level)
{
    (void)codec;
    (void)level;
}

/* JFIF has whole numbers an inch. */
static void set_density(struct jpeg_compress_struct *codec, const double per_mm[2])
{
    const double across = per_mm[0] * 25.4, down = per_mm[1] * 25.4;
    if (across >= 0.5 && across < UINT16_MAX && down >= 0.5 && down < UINT16_MAX) {
        codec->density_unit = 1;
        codec->X_density = (UINT16)lround(across);
        codec->Y_density = (UINT16)lround(down);
    }
}

static void start(ie_jpeg_writer *w, const ie_jpeg_picture *p)
{
    struct jpeg_compress_struct *codec = &w->codec;
    jpeg_mem_dest(codec, &w->bytes, &w->size);
    codec->image_width = p->width;
    codec->image_height = p->height;
    codec->input_components = p->channels;
    codec->in_color_space = p->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, p->quality, TRUE);
    if (p->full_chroma) {
        codec->comp_info[0].h_samp_factor = 1;
        codec->comp_info[0].v_samp_factor = 1;
    }
    if (p->progressive) {
        jpeg_simple_progression(codec);
    }
    set_density(codec, p->per_mm);
    jpeg_start_compress(codec, TRUE);
    if (p->profile != NULL && p->profile_size > 0) {
        jpeg_write_icc_profile(codec, p->profile, (unsigned)p->profile_size);
    }
}

ie_jpeg_writer *ie_jpeg_writer_new(const ie_jpeg_picture *p)
{
    if (p->width > IE_JPEG_MOST_SIDE || p->height > IE_JPEG_MOST_SIDE ||
        p->profile_size > UINT16_MAX * (size_t)200) { /* its segments have a byte for a number */
        return NULL;
    }
    ie_jpeg_writer *w = ie_alloc(sizeof *w);
    /* Enough for most; libjpeg takes a larger one where it is not. */
    w->size = 65536 + 2 * (unsigned long)p->profile_size +
              (unsigned long)p->width * p->height * p->channels / 2;
    w->own = ie_try_alloc(w->size, 1);
    w->bytes = w->own;
    w->codec.err = jpeg_std_error(&w->errors);
    w->codec.client_data = w;
    w->errors.error_exit = leave;
    w->errors.emit_message = be_quiet;
    if (w->own == NULL || setjmp(w->escape) != 0) {
        ie_jpeg_writer_free(w);
        return NULL;
    }
    jpeg_create_compress(&w->codec);
    start(w, p);
    return w;
}

bool ie_jpeg_writer_add(ie_jpeg_writer *w, const uint8_t *row)
{
    if (w->codec.next_scanline >= w->codec.image_height || setjmp(w->escape) != 0) {
        return false;
    }
    JSAMPROW rows[1] = {(JSAMPROW)row};
    return jpeg_write_scanlines(&w->codec, rows, 1) == 1;
}

bool ie_jpeg_writer_end(ie_jpeg_writer *w, uint8_t **ret_bytes, size_t *ret_size)
{
    if (w->codec.next_scanline < w->codec.image_height || setjmp(w->escape) != 0) {
        return false;
    }
    jpeg_finish_compress(&w->codec);
    if (w->bytes == w->own) {
        w->own = NULL;
    }
    w->given = true;
    *ret_bytes = w->bytes;
    *ret_size = (size_t)w->size;
    return true;
}

void ie_jpeg_writer_free(ie_jpeg_writer *w)
{
    if (w != NULL) {
        /* Tells where its bytes are by now: until the end it keeps to itself that it took a larger
           buffer. */
        if (!w->given && w->codec.dest != NULL) {
            w->codec.dest->term_destination(&w->codec);
            free(w->bytes != w->own ? w->bytes : NULL);
        }
        jpeg_destroy_compress(&w->codec);
        free(w->own);
        free(w);
    }
}
