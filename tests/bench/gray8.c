// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * CPU ms a photo of luma at 1/8, decoding only, reading not counted: what the hashes are measured
 * by; and at 1/4. bench_gray8 turbo|dc|turbo4|quarter FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storage/bytes.h"
#include "storage/jpeg_dc.h"
#include "storage/jpeg_file.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 29)

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool by_turbo(const uint8_t *data, size_t size, unsigned denominator, uint8_t *plane)
{
    ie_decode_fault fault;
    ie_jpeg_rows rows;
    uint32_t width, height;
    ie_jpeg *jpeg = ie_jpeg_open(data, size, MAX_PIXELS, &fault);
    bool good = jpeg != NULL &&
                ie_jpeg_start(jpeg, denominator, IE_JPEG_GRAY, &rows, &width, &height, &fault) &&
                rows == IE_JPEG_GRAY && ie_jpeg_read(jpeg, plane, height, &fault) &&
                ie_jpeg_finish(jpeg, &fault);
    ie_jpeg_close(jpeg);
    return good;
}

static bool by_dc(ie_jpeg_dc *dc, const uint8_t *data, size_t size, bool quarter, uint8_t *plane)
{
    ie_jpeg_dc_facts facts;
    if (ie_jpeg_dc_open(dc, data, size, MAX_PIXELS, &facts) != NULL ||
        (quarter && facts.quarter_width == 0)) {
        return false;
    }
    ie_jpeg_planes planes = {.luma = plane};
    if (quarter) {
        size_t count = (size_t)facts.plane_width * facts.plane_height;
        planes.quarter = plane + count;
        if (facts.chroma_width > 0) {
            planes.chroma[0] = planes.quarter + (size_t)facts.quarter_width * facts.quarter_height;
            planes.chroma[1] = planes.chroma[0] + count;
        }
    }
    return ie_jpeg_dc_read(dc, &planes) == NULL;
}

static bool decode(const char *how, ie_jpeg_dc *dc, const uint8_t *data, size_t size,
                   uint8_t *plane)
{
    bool quarter = strcmp(how, "turbo4") == 0 || strcmp(how, "quarter") == 0;
    return how[0] == 't' ? by_turbo(data, size, quarter ? 4 : 8, plane)
                         : by_dc(dc, data, size, quarter, plane);
}

int main(int argc, char **argv)
{
    ie_jpeg_dc *dc = ie_jpeg_dc_new();
    uint8_t *plane = ie_try_alloc(MAX_PIXELS / 8 + (1u << 20), 1);
    double sum = 0.0;
    int done = 0;
    for (int i = 2; plane != NULL && i < argc; i++) {
        ie_bytes *bytes;
        if (ie_bytes_open(argv[i], &bytes, NULL) != IE_OK) {
            continue;
        }
        const uint8_t *data = ie_bytes_load(bytes, 1u << 30);
        size_t size = (size_t)ie_bytes_size(bytes);
        double start = milliseconds();
        if (data != NULL && decode(argv[1], dc, data, size, plane)) {
            sum += milliseconds() - start;
            done++;
        }
        ie_bytes_close(bytes);
    }
    printf("%.4f %d\n", done > 0 ? sum / done : 0.0, done);
    free(plane);
    ie_jpeg_dc_free(dc);
    return done > 0 ? 0 : 1;
}
