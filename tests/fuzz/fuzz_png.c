// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever storage/png_rows says yes to, libpng (by libvips) decodes to its end, to the same
   samples. Sums are mended first, so that not all ends with them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "storage/image_file.h"
#include "storage/png_rows.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void mend(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; size >= 20 && at <= size - 12 && be32(bytes + at) <= size - at - 12;) {
        const size_t length = be32(bytes + at);
        const uint32_t sum = (uint32_t)crc32(0, bytes + at + 4, (uInt)length + 4);
        uint8_t *to = bytes + at + 8 + length;
        for (int i = 0; i < 4; i++) {
            to[i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += 12 + length;
    }
}

/* NULL: it does not decode. */
static uint8_t *rows_of(const uint8_t *bytes, size_t size, ie_png_facts *ret_facts)
{
    ie_png *png = ie_png_open(bytes, size, MAX_PIXELS, ret_facts);
    if (png == NULL) {
        return NULL;
    }
    const size_t stride = (size_t)ret_facts->width * ret_facts->channels;
    uint8_t *all = ie_alloc(stride * ret_facts->height);
    for (uint32_t y = 0; y < ret_facts->height && all != NULL; y++) {
        const uint8_t *row = ie_png_row(png);
        if (row == NULL) {
            free(all);
            all = NULL;
        } else {
            memcpy(all + y * stride, row, stride);
        }
    }
    ie_png_close(png);
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IE_AUTO_FREE uint8_t *bytes = ie_alloc(size + 1);
    memcpy(bytes, data, size);
    mend(bytes, size);
    ie_png_facts facts;
    IE_AUTO_FREE uint8_t *ours = rows_of(bytes, size, &facts);
    if (ours == NULL) {
        return 0;
    }
    ie_pixels theirs = {0};
    if (ie_image_decode(bytes, size, IE_FORMAT_PNG, 0, MAX_PIXELS, &theirs, NULL, NULL) != IE_OK ||
        theirs.width != facts.width || theirs.height != facts.height ||
        theirs.channels != facts.channels ||
        memcmp(theirs.data, ours, (size_t)facts.width * facts.height * facts.channels) != 0) {
        abort();
    }
    free(theirs.data);
    return 0;
}
