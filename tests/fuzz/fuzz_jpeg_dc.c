// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever storage/jpeg_dc says yes to, libjpeg-turbo accepts to its end and gives the same samples
   for; but it may find damage in the AC scans of a progressive file, which jpeg_dc does not look
   at. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libjpeg-turbo's plane; NULL when it does not accept the file. */
static uint8_t *decode(const uint8_t *data, size_t size, const ie_jpeg_dc_facts *facts)
{
    ie_decode_fault fault;
    ie_jpeg_rows rows;
    uint32_t width, height;
    uint8_t *plane = NULL;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, MAX_PIXELS, &fault);
    if (jpeg != NULL && ie_jpeg_get_facts(jpeg)->dc_quantiser != facts->dc_quantiser) {
        abort();
    }
    if (jpeg != NULL && ie_jpeg_start(jpeg, 8, IE_JPEG_GRAY, &rows, &width, &height, &fault)) {
        if (rows != IE_JPEG_GRAY || width != facts->plane_width || height != facts->plane_height) {
            abort();
        }
        plane = ie_try_alloc(width, height);
        if (plane != NULL &&
            !(ie_jpeg_read(jpeg, plane, height, &fault) && ie_jpeg_finish(jpeg, &fault))) {
            free(plane);
            plane = NULL;
        }
    }
    ie_jpeg_close(jpeg);
    return plane;
}

static void compare(const uint8_t *data, size_t size, const ie_jpeg_dc_facts *facts,
                    const uint8_t *plane)
{
    IE_AUTO_FREE uint8_t *theirs = decode(data, size, facts);
    bool equal = theirs != NULL
                     ? memcmp(theirs, plane, (size_t)facts->plane_width * facts->plane_height) == 0
                     : facts->progressive;
    if (!equal) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ie_jpeg_dc *dc; /* kept, as a worker keeps it */
    if (dc == NULL) {
        dc = ie_jpeg_dc_new();
    }
    ie_jpeg_dc_facts facts;
    if (ie_jpeg_dc_open(dc, data, size, MAX_PIXELS, &facts) != NULL) {
        return 0;
    }
    IE_AUTO_FREE uint8_t *plane = ie_try_alloc(facts.plane_width, facts.plane_height);
    if (plane != NULL && ie_jpeg_dc_read(dc, plane) == NULL) {
        compare(data, size, &facts, plane);
    }
    return 0;
}
