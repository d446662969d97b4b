// SPDX-License-Identifier: GPL-3.0-or-later
/* The likeness of a picture taken on its way from the decoder to the encoder, so that it need not
   lie in memory; and how it becomes a JPEG on that way. */
#include "core/recoding.h"
#include "storage/image_vips.h"
#include "storage/jpeg_write.h"

static int pass(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    (void)a;
    (void)stop;
    VipsRegion *in = seq;
    ie_vips_tee *tee = b;
    const VipsRect *r = &out->valid;
    if (vips_region_prepare(in, r) != 0 || vips_region_region(out, in, r, r->left, r->top) != 0) {
        tee->torn = true;
        return -1;
    }
    /* Encoders ask for whole rows from the top; else no likeness comes of it, and the caller takes
       another way. */
    if (r->left == 0 && (uint32_t)r->width == tee->maker.first.in_width &&
        (uint32_t)r->top == tee->rows) {
        for (int y = r->top; y < r->top + r->height; y++) {
            ie_likeness_add(&tee->maker, VIPS_REGION_ADDR(out, 0, y));
        }
        tee->rows += (uint32_t)r->height;
    }
    return 0;
}

bool ie_vips_tee_fits(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_UCHAR && image->Coding == VIPS_CODING_NONE &&
           ((image->Bands == 1 && image->Type == VIPS_INTERPRETATION_B_W) ||
            (image->Bands == 3 &&
             (image->Type == VIPS_INTERPRETATION_sRGB || image->Type == VIPS_INTERPRETATION_RGB)));
}

bool ie_vips_tee_begin(VipsImage **image, ie_vips_tee *tee)
{
    VipsImage *in = *image, *out = vips_image_new();
    if (!ie_likeness_begin(&tee->maker, in->Bands == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                           (uint32_t)in->Xsize, (uint32_t)in->Ysize, 1, 1) ||
        vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL) != 0 ||
        vips_image_generate(out, vips_start_one, pass, vips_stop_one, in, tee) != 0) {
        g_object_unref(out);
        return false;
    }
    /* Decoders of rows ask for thin strips, and each costs the encoder's thread a hand-over. */
    out->dhint = VIPS_DEMAND_STYLE_FATSTRIP;
    g_object_set_data_full(G_OBJECT(out), "ie-in", in,
                           g_object_unref); /* it lives as long as what is made of it */
    *image = out;
    return true;
}

bool ie_vips_tee_end(ie_vips_tee *tee, ie_likeness *ret_likeness)
{
    bool whole = ie_likeness_end(&tee->maker, ret_likeness);
    ie_likeness_maker_clear(&tee->maker);
    return whole;
}

/* ---- to JPEG ------------------------------------------------------------------------------ */

typedef struct to_jpeg {
    ie_jpeg_writer *writer;
    ie_likeness_maker *maker;
} to_jpeg;

static bool pass_row(void *user, const uint8_t *row)
{
    const to_jpeg *to = user;
    ie_likeness_add(to->maker, row);
    return ie_jpeg_writer_add(to->writer, row);
}

/* libvips' 1 a mm stands for what no file said. */
static ie_jpeg_picture picture_of(VipsImage *image, const ie_convert_options *options, bool full)
{
    const bool said = image->Xres != 1.0 || image->Yres != 1.0;
    ie_jpeg_picture picture = {.width = (uint32_t)image->Xsize,
                               .height = (uint32_t)image->Ysize,
                               .channels = (uint8_t)image->Bands,
                               .quality = options->quality,
                               .progressive = (options->recoding & IE_RECODE_PROGRESSIVE) != 0,
                               .full_chroma = full,
                               .per_mm = {said ? image->Xres : 0, said ? image->Yres : 0}};
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &picture.profile, &picture.profile_size) !=
            0) {
        picture.profile = NULL;
    }
    return picture;
}

bool ie_vips_to_jpeg(VipsImage *image, const ie_convert_options *options, bool full_chroma,
                     ie_converted *converted, bool *ret_torn)
{
    const ie_jpeg_picture picture = picture_of(image, options, full_chroma);
    ie_likeness_maker maker = {0};
    ie_jpeg_writer *writer = ie_jpeg_writer_new(&picture);
    to_jpeg to = {writer, &maker};
    const bool good = writer != NULL &&
                      ie_likeness_begin(&maker, image->Bands == 1 ? IE_JPEG_GRAY : IE_JPEG_RGB,
                                        picture.width, picture.height, 1, 1) &&
                      ie_vips_each_row(image, pass_row, &to, ret_torn) &&
                      ie_likeness_end(&maker, &converted->likeness) &&
                      ie_jpeg_writer_end(writer, &converted->bytes, &converted->size);
    ie_likeness_maker_clear(&maker);
    ie_jpeg_writer_free(writer);
    return good;
}
