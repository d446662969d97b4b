// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * CPU ms a photo of encoding JPEGs anew as JPEGs, reading not counted, in turns:
 *     bench_convert QUALITY ROUNDS FILE...
 * turbo: libjpeg-turbo decodes to RGB and encodes that, with the source's sampling and fixed
 * Huffman tables, as djpeg and cjpeg do; turbo-optimized: the same with its tables made for the
 * picture; ours: ie_image_convert(), with the likeness; proof: the check of the new file and the
 * comparison.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h>

#include "storage/bytes.h"
#include "storage/image_file.h"
#include "utils/memory.h"

#define MAX_PIXELS (1u << 29)

enum { TURBO, TURBO_OPTIMIZED, OURS, PROOF, CASES };

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void by_turbo(const uint8_t *data, size_t size, int quality, boolean optimize)
{
    enum { ROWS = 16 };
    struct jpeg_decompress_struct from;
    struct jpeg_compress_struct to;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long written = 0;
    from.err = to.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&from);
    jpeg_create_compress(&to);
    jpeg_mem_src(&from, data, size);
    jpeg_mem_dest(&to, &bytes, &written);
    jpeg_read_header(&from, TRUE);
    from.out_color_space = JCS_RGB;
    jpeg_start_decompress(&from);
    to.image_width = from.image_width;
    to.image_height = from.image_height;
    to.input_components = 3;
    to.in_color_space = JCS_RGB;
    jpeg_set_defaults(&to);
    jpeg_set_quality(&to, quality, TRUE);
    to.comp_info[0].h_samp_factor = from.comp_info[0].h_samp_factor;
    to.comp_info[0].v_samp_factor = from.comp_info[0].v_samp_factor;
    to.optimize_coding = optimize;
    jpeg_start_compress(&to, TRUE);
    JSAMPROW row[ROWS];
    uint8_t *rows = ie_alloc((size_t)from.image_width * 3 * ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        row[i] = rows + (size_t)from.image_width * 3 * i;
    }
    while (from.output_scanline < from.output_height) {
        JDIMENSION count = jpeg_read_scanlines(&from, row, ROWS);
        jpeg_write_scanlines(&to, row, count);
    }
    jpeg_finish_decompress(&from);
    jpeg_finish_compress(&to);
    jpeg_destroy_decompress(&from);
    jpeg_destroy_compress(&to);
    free(rows);
    free(bytes);
}

static void spend(double *sum, double *start)
{
    double now = milliseconds();
    *sum += now - *start;
    *start = now;
}

static bool ours(const char *path, int quality, const char *temp_path, double sums[CASES],
                 double *start)
{
    const ie_convert_options options = {IE_FORMAT_JPEG, quality, 1, MAX_PIXELS, 0};
    ie_converted converted = {0};
    bool good =
        ie_image_convert(path, IE_FORMAT_JPEG, temp_path, &options, &converted, NULL) == IE_OK;
    spend(&sums[OURS], start);
    FILE *file = fopen(temp_path, "wb");
    if (good && file != NULL && converted.bytes != NULL) {
        good = fwrite(converted.bytes, converted.size, 1, file) == 1;
    }
    if (file != NULL) {
        fclose(file);
    }
    *start = milliseconds();
    ie_image_facts facts;
    ie_likeness likeness = {0};
    double similarity = 0;
    good = good &&
           ie_image_check_likeness(temp_path, 1, MAX_PIXELS, &facts, &likeness, NULL) == IE_OK &&
           ie_likeness_compare(&converted.likeness, &likeness, &similarity);
    spend(&sums[PROOF], start);
    ie_likeness_clear(&likeness);
    ie_converted_clear(&converted);
    return good && similarity > 0.9;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        return 2;
    }
    int quality = (int)strtol(argv[1], NULL, 10), rounds = (int)strtol(argv[2], NULL, 10), bad = 0;
    char temp_path[] = "/tmp/ie-bench-XXXXXX";
    int fd = mkstemp(temp_path);
    for (int round = 0; round <= rounds; round++) {
        double sums[CASES] = {0};
        for (int i = 3; i < argc; i++) {
            ie_bytes *bytes;
            if (ie_bytes_open(argv[i], &bytes, NULL) != IE_OK) {
                continue;
            }
            const uint8_t *data = ie_bytes_load(bytes, 1u << 30);
            size_t size = (size_t)ie_bytes_size(bytes);
            double start = milliseconds();
            by_turbo(data, size, quality, FALSE);
            spend(&sums[TURBO], &start);
            by_turbo(data, size, quality, TRUE);
            spend(&sums[TURBO_OPTIMIZED], &start);
            bad += !ours(argv[i], quality, temp_path, sums, &start);
            ie_bytes_close(bytes);
        }
        if (round > 0) {
            for (int k = 0; k < CASES; k++) {
                printf("%.2f%s", sums[k] / (argc - 3), k + 1 < CASES ? " " : "\n");
            }
        }
    }
    close(fd);
    unlink(temp_path);
    return bad > 0;
}
