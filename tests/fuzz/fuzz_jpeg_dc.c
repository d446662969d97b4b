// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever storage/jpeg_dc says yes to, libjpeg-turbo accepts to its end and gives the same samples
   for, at 1/8 and at 1/4, and the same coefficients; but it may find damage in the AC scans of a
   progressive file, which jpeg_dc does not look at. Whether 1/4 and chroma are asked for changes
   neither the yes nor luma at 1/8, except that a yes with more is one without. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/jpeg_blocks.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libjpeg-turbo's plane of this size; NULL when it does not accept the file. */
static uint8_t *decode(const uint8_t *data, size_t size, unsigned denominator,
                       const ie_jpeg_dc_facts *facts, uint32_t plane_width, uint32_t plane_height)
{
    ie_decode_fault fault;
    ie_jpeg_rows rows;
    uint32_t width, height;
    uint8_t *plane = NULL;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, MAX_PIXELS, &fault);
    if (jpeg != NULL && ie_jpeg_get_facts(jpeg)->dc_quantiser != facts->dc_quantiser) {
        abort();
    }
    if (jpeg != NULL &&
        ie_jpeg_start(jpeg, denominator, IE_JPEG_GRAY, &rows, &width, &height, &fault)) {
        if (rows != IE_JPEG_GRAY || width != plane_width || height != plane_height) {
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

static void compare(const uint8_t *data, size_t size, unsigned denominator,
                    const ie_jpeg_dc_facts *facts, uint32_t width, uint32_t height,
                    const uint8_t *plane)
{
    IE_AUTO_FREE uint8_t *theirs = decode(data, size, denominator, facts, width, height);
    bool equal = theirs != NULL ? memcmp(theirs, plane, (size_t)width * height) == 0
                                : facts->progressive;
    if (!equal) {
        abort();
    }
}

/* With all that there is, each plane in memory of its very size. */
static bool read_all(ie_jpeg_dc *dc, const uint8_t *data, size_t size,
                     const ie_jpeg_dc_facts *facts)
{
    IE_AUTO_FREE uint8_t *luma = ie_try_alloc(facts->plane_width, facts->plane_height);
    IE_AUTO_FREE uint8_t *quarter = ie_try_alloc(facts->quarter_width, facts->quarter_height);
    IE_AUTO_FREE uint8_t *cb = ie_try_alloc(facts->chroma_width, facts->chroma_height);
    IE_AUTO_FREE uint8_t *cr = ie_try_alloc(facts->chroma_width, facts->chroma_height);
    if (luma == NULL || quarter == NULL || cb == NULL || cr == NULL) {
        return false;
    }
    ie_jpeg_planes planes = {.luma = luma};
    if (facts->quarter_width > 0) {
        planes.quarter = quarter;
    }
    if (facts->chroma_width > 0) {
        planes.chroma[0] = cb;
        planes.chroma[1] = cr;
    }
    if (ie_jpeg_dc_read(dc, &planes) != NULL) {
        return false;
    }
    compare(data, size, 8, facts, facts->plane_width, facts->plane_height, luma);
    if (planes.quarter != NULL) {
        compare(data, size, 4, facts, facts->quarter_width, facts->quarter_height, quarter);
    }
    return true;
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
    bool all = read_all(dc, data, size, &facts);
    IE_AUTO_FREE uint8_t *plane = ie_try_alloc(facts.plane_width, facts.plane_height);
    if (plane == NULL || ie_jpeg_dc_open(dc, data, size, MAX_PIXELS, &facts) != NULL) {
        abort();
    }
    if (ie_jpeg_dc_read(dc, &(ie_jpeg_planes){.luma = plane}) == NULL) {
        compare(data, size, 8, &facts, facts.plane_width, facts.plane_height, plane);
    } else if (all) {
        abort();
    }
    if (jpeg_blocks_compare(dc, data, size, MAX_PIXELS) == BLOCKS_WRONG) {
        abort();
    }
    return 0;
}
