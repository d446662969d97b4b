// SPDX-License-Identifier: GPL-3.0-or-later
/* Containers of which there is no sample small enough to keep: made here as their specifications
   say. */
#include "test.h"

#include <math.h>

#include "storage/metadata_file.h"
#include "utils/text.h"

static void be(ie_buffer *out, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        ie_buffer_char(out, (char)(value >> (8 * i)));
    }
}

static void le(ie_buffer *out, uint64_t value, int size)
{
    for (int i = 0; i < size; i++) {
        ie_buffer_char(out, (char)(value >> (8 * i)));
    }
}

static void box(ie_buffer *out, const char *type, const ie_buffer *body)
{
    be(out, 8 + body->size, 4);
    ie_buffer_add(out, type, 4);
    ie_buffer_add(out, body->data, body->size);
}

/* A little-endian TIFF structure with one text entry. */
static void one_text(ie_buffer *out, uint16_t magic, uint16_t tag, const char *text)
{
    size_t length = strlen(text) + 1;
    ie_buffer_add(out, "II", 2);
    le(out, magic, 2);
    le(out, 8, 4);
    le(out, 1, 2);
    le(out, tag, 2);
    le(out, 2, 2);
    le(out, length, 4);
    le(out, 26, 4);
    le(out, 0, 4);
    ie_buffer_add(out, text, length);
}

static void small_jpeg(ie_buffer *out, const char *make, const char *title)
{
    ie_buffer tiff = {0}, irb = {0};
    one_text(&tiff, 42, 0x010f, make);
    ie_buffer_add(out, "\xff\xd8\xff\xe1", 4);
    be(out, 8 + tiff.size, 2);
    ie_buffer_add(out, "Exif\0\0", 6);
    ie_buffer_add(out, tiff.data, tiff.size);
    ie_buffer_add(&irb,
                  "Photoshop 3.0\0"
                  "8BIM\x04\x04\0\0",
                  22);
    be(&irb, 5 + strlen(title), 4);
    ie_buffer_add(&irb, "\x1c\2\5", 3);
    be(&irb, strlen(title), 2);
    ie_buffer_text(&irb, title);
    ie_buffer_add(out, "\xff\xed", 2);
    be(out, 2 + irb.size, 2);
    ie_buffer_add(out, irb.data, irb.size);
    ie_buffer_add(out, "\xff\xc0\0\x0b\x08\0\x40\0\x60\1\0\0\0\xff\xda", 15);
    ie_buffer_free(&tiff);
    ie_buffer_free(&irb);
}

/* The copy is exactly as large as the bytes, so that a sanitizer sees one byte too many. */
static void read_part(ie_format format, const char *bytes, size_t size, size_t at, char change)
{
    char *copy = ie_alloc(size);
    memcpy(copy, bytes, size);
    if (at < size) {
        copy[at] = change;
    }
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_bytes *wrapped = ie_bytes_wrap(copy, size);
    ie_metadata_read(wrapped, photo);
    ie_bytes_close(wrapped);
    assert_true(photo->fault_count <= 2 && (photo->width == 0) == (photo->height == 0));
    assert_true(photo->metadata->captured.year == 0 ||
                ie_datetime_valid(&photo->metadata->captured));
    ie_photo_free(photo);
    free(copy);
}

/* Cut everywhere, and each byte changed to what hurts most. */
static void survives(ie_format format, const ie_buffer *bytes)
{
    static const char edges[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
    for (size_t i = 0; i < bytes->size; i++) {
        read_part(format, bytes->data, i, i, 0);
        for (size_t j = 0; j < sizeof edges; j++) {
            read_part(format, bytes->data, bytes->size, i, edges[j]);
        }
    }
}

static ie_photo *read_buffer(ie_format format, ie_buffer *bytes)
{
    survives(format, bytes);
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_bytes *wrapped = ie_bytes_wrap(bytes->data, bytes->size);
    ie_metadata_read(wrapped, photo);
    ie_bytes_close(wrapped);
    ie_buffer_free(bytes);
    return photo;
}

static void cr3_keeps_each_directory_in_a_box_of_its_own(void **state)
{
    static const uint8_t canon[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0,
                                      0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};
    ie_buffer file = {0}, movie = {0}, uuid = {0}, main = {0}, exif = {0};
    one_text(&main, 42, 0x0110, "Canon EOS R5");
    one_text(&exif, 42, 0x9003, "2021:05:06 07:08:09");
    ie_buffer_add(&uuid, canon, 16);
    box(&uuid, "CMT1", &main);
    box(&uuid, "CMT2", &exif);
    box(&movie, "uuid", &uuid);
    box(&file, "ftyp", &(ie_buffer){.data = (char *)(uintptr_t) "crx \0\0\0\1", .size = 8});
    box(&file, "moov", &movie);
    ie_photo *photo = read_buffer(IE_FORMAT_CR3, &file);
    char text[40];
    assert_string_equal(photo->metadata->model, "Canon EOS R5");
    assert_string_equal(ie_datetime_text(&photo->metadata->captured, text), "2021-05-06T07:08:09");
    assert_int_equal(photo->metadata->captured_source, IE_DATE_EXIF);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    ie_buffer_free(&movie);
    ie_buffer_free(&uuid);
    ie_buffer_free(&main);
    ie_buffer_free(&exif);
}

static void raf_has_its_exif_in_a_jpeg_and_its_size_in_a_directory(void **state)
{
    ie_buffer file = {0}, jpeg = {0};
    small_jpeg(&jpeg, "FUJIFILM", "Title");
    ie_buffer_add(&file, "FUJIFILMCCD-RAW 0201", 20);
    while (file.size < 84) {
        ie_buffer_char(&file, 0);
    }
    be(&file, 108, 4);
    be(&file, jpeg.size, 4);
    be(&file, 108 + jpeg.size, 4);
    be(&file, 12, 4);
    be(&file, 0, 8);
    ie_buffer_add(&file, jpeg.data, jpeg.size);
    ie_buffer_add(&file, "\0\0\0\1\x01\x21\0\4\x0f\xa0\x17\x70", 12);
    ie_photo *photo = read_buffer(IE_FORMAT_RAF, &file);
    assert_string_equal(photo->metadata->make, "FUJIFILM");
    assert_string_equal(photo->metadata->title, "Title");
    assert_int_equal(photo->width, 6000);
    assert_int_equal(photo->height, 4000);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    ie_buffer_free(&jpeg);
}

static void rw2_has_its_exif_in_a_jpeg_and_its_size_in_sensor_borders(void **state)
{
    ie_buffer file = {0}, jpeg = {0};
    small_jpeg(&jpeg, "Panasonic", "Title");
    static const uint16_t borders[4] = {10, 20, 3010, 4020}; /* top, left, bottom, right */
    ie_buffer_add(&file, "IIU\0\x08\0\0\0", 8);
    le(&file, 5, 2);
    for (unsigned i = 0; i < 4; i++) {
        le(&file, 4 + i, 2);
        le(&file, 3, 2);
        le(&file, 1, 4);
        le(&file, borders[i], 4);
    }
    le(&file, 0x2e, 2);
    le(&file, 7, 2);
    le(&file, jpeg.size, 4);
    le(&file, 74, 4);
    le(&file, 0, 4);
    assert_int_equal(file.size, 74);
    ie_buffer_add(&file, jpeg.data, jpeg.size);
    ie_photo *photo = read_buffer(IE_FORMAT_RW2, &file);
    assert_string_equal(photo->metadata->make, "Panasonic");
    assert_int_equal(photo->width, 4000);
    assert_int_equal(photo->height, 3000);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    ie_buffer_free(&jpeg);
}

static void olympus_files_are_tiff_under_another_magic(void **state)
{
    ie_buffer file = {0};
    one_text(&file, 0x4f52, 0x0110, "E-M1");
    ie_photo *photo = read_buffer(IE_FORMAT_ORF, &file);
    assert_string_equal(photo->metadata->model, "E-M1");
    ie_photo_free(photo);
}

static void samsungs_files_are_tiff_told_by_their_maker(void **state)
{
    static const char *const names[] = {"SAM_0001.SRW", "x.tif"};
    for (int i = 0; i < 2; i++) {
        ie_buffer file = {0};
        one_text(&file, 42, 0x010f, "SAMSUNG");
        assert_int_equal(ie_format_sniff((const uint8_t *)file.data, file.size, names[i]),
                         i == 0 ? IE_FORMAT_SRW : IE_FORMAT_TIFF);
        ie_photo *photo = read_buffer(IE_FORMAT_SRW, &file);
        assert_string_equal(photo->metadata->make, "SAMSUNG");
        ie_photo_free(photo);
    }
}

static void photoshop_files_keep_all_in_image_resources(void **state)
{
    ie_buffer file = {0}, resources = {0}, tiff = {0};
    one_text(&tiff, 42, 0x010f, "Camera");
    ie_buffer_add(&resources, "DCSR\x04\x25\0\0\0\0\0\0", 12); /* another program's mark */
    ie_buffer_add(&resources, "8BIM\x04\x22\0\0", 8);
    be(&resources, tiff.size, 4);
    ie_buffer_add(&resources, tiff.data, tiff.size);
    if (tiff.size % 2 != 0) {
        ie_buffer_char(&resources, 0);
    }
    ie_buffer_add(&resources, "8BIM\x04\x04\0\0\0\0\0\x08\x1c\2\x19\0\3cat", 20);
    ie_buffer_add(&file, "8BPS\0\1\0\0\0\0\0\0\0\3\0\0\0\x20\0\0\0\x30\0\x08\0\3\0\0\0\0", 30);
    be(&file, resources.size, 4);
    ie_buffer_add(&file, resources.data, resources.size);
    ie_photo *photo = read_buffer(IE_FORMAT_PSD, &file);
    assert_string_equal(photo->metadata->make, "Camera");
    assert_int_equal(photo->metadata->keywords.count, 1);
    assert_string_equal(photo->metadata->keywords.items[0], "cat");
    assert_int_equal(photo->width, 48);
    assert_int_equal(photo->height, 32);
    ie_photo_free(photo);
    ie_buffer_free(&resources);
    ie_buffer_free(&tiff);
}

static void resources_that_fill_two_segments_are_joined(void **state)
{
    ie_buffer file = {0}, irb = {0};
    ie_buffer_add(&irb, "8BIM\x04\x04\0\0", 8);
    be(&irb, 5 + 90, 4);
    ie_buffer_add(&irb, "\x1c\2\x78\0\x5a", 5);
    for (int i = 0; i < 90; i++) {
        ie_buffer_char(&irb, (char)('a' + i % 26));
    }
    ie_buffer_add(&file, "\xff\xd8", 2);
    for (size_t at = 0; at < irb.size; at += 60) {
        size_t take = irb.size - at < 60 ? irb.size - at : 60;
        ie_buffer_add(&file, "\xff\xed", 2);
        be(&file, 16 + take, 2);
        ie_buffer_add(&file, "Photoshop 3.0\0", 14);
        ie_buffer_add(&file, irb.data + at, take);
    }
    ie_buffer_add(&file, "\xff\xda", 2);
    ie_photo *photo = read_buffer(IE_FORMAT_JPEG, &file);
    assert_int_equal(strlen(photo->metadata->caption), 90);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    ie_buffer_free(&irb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cr3_keeps_each_directory_in_a_box_of_its_own),
        cmocka_unit_test(raf_has_its_exif_in_a_jpeg_and_its_size_in_a_directory),
        cmocka_unit_test(rw2_has_its_exif_in_a_jpeg_and_its_size_in_sensor_borders),
        cmocka_unit_test(olympus_files_are_tiff_under_another_magic),
        cmocka_unit_test(samsungs_files_are_tiff_told_by_their_maker),
        cmocka_unit_test(photoshop_files_keep_all_in_image_resources),
        cmocka_unit_test(resources_that_fill_two_segments_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
