// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_strip.h"

#include <math.h>

#include "exif_help.h"
#include "pictures.h"
#include "storage/color_profile.h"
#include "storage/exif_tags.h"
#include "storage/iptc_digest.h"

static bool bytes_hold(const char *path, const char *text)
{
    file_bytes bytes = bytes_of(path);
    bool found = memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;
    free(bytes.data);
    return found;
}

static ie_photo *stripped(const char *folder, const char *from, unsigned strip, char **ret_path)
{
    ie_error err = {0};
    ie_format format = format_of(from);
    *ret_path = copied(folder, from);
    if (ie_exif_strip(*ret_path, format, strip, &err) != IE_OK) {
        fail_msg("%s: %s", from, err.text);
    }
    return facts_of(*ret_path, format);
}

static void places_go_and_the_rest_stays(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-location.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    ie_photo *was = facts_of(from, IE_FORMAT_JPEG),
             *is = stripped(folder, from, IE_STRIP_GPS, &path);
    assert_false(isnan(was->metadata->latitude));
    assert_true(isnan(is->metadata->latitude));
    assert_string_equal(is->metadata->model, was->metadata->model);
    assert_int_equal(ie_datetime_order(&is->metadata->captured),
                     ie_datetime_order(&was->metadata->captured));
    ie_photo_free(was);
    ie_photo_free(is);
    tree_remove(folder);
}

static void serial_numbers_go_from_maker_notes_too(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/goexif/has-lens-info.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    ie_photo *was = facts_of(from, IE_FORMAT_JPEG),
             *is = stripped(folder, from, IE_STRIP_SERIALS, &path);
    assert_non_null(was->metadata->make);
    assert_null(is->metadata->serial);
    assert_string_equal(is->metadata->make, was->metadata->make);
    IE_AUTO_TAGS ie_tags *tags = NULL;
    assert_int_equal(ie_tags_open(path, &tags, NULL), IE_OK);
    assert_false(ie_tags_has(tags, "Exif.Photo.MakerNote"));
    ie_photo_free(was);
    ie_photo_free(is);
    tree_remove(folder);
}

static void all_leaves_how_the_picture_lies(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "orientation/sharp/Landscape_6.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    ie_photo *is = stripped(folder, from, IE_STRIP_ALL, &path);
    assert_int_equal(is->orientation, 6);
    file_bytes a = bytes_of(from), b = bytes_of(path);
    ie_hash128 was, now;
    assert_true(ie_image_data_hash(a.data, a.size, IE_FORMAT_JPEG, &was));
    assert_true(ie_image_data_hash(b.data, b.size, IE_FORMAT_JPEG, &now));
    assert_true(ie_hash128_equal(was, now));
    free(a.data);
    free(b.data);
    ie_photo_free(is);
    tree_remove(folder);
}

static void all_takes_the_texts_of_a_png(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "png/exif-rs/exif.png");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    assert_true(bytes_hold(from, "eXIf"));
    ie_photo_free(stripped(folder, from, IE_STRIP_ALL, &path));
    assert_false(bytes_hold(path, "eXIf"));
    tree_remove(folder);
}

static void a_second_picture_that_may_say_the_same_is_refused(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/libavif/apple_gainmap_new.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    assert_int_equal(ie_exif_strip(path, IE_FORMAT_JPEG, IE_STRIP_GPS, NULL), IE_ERR_UNSUPPORTED);
    assert_int_equal(ie_exif_strip(path, IE_FORMAT_HEIC, IE_STRIP_GPS, NULL), IE_ERR_UNSUPPORTED);
    tree_remove(folder);
}

static void what_is_in_the_way_is_seen_beforehand_in_plain_words(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"meta-jpeg/libavif/apple_gainmap_new.jpg", "more than one picture"},
        {"meta-jpeg/elodie/with-null-coordinates.jpg", "metadata is damaged"},
        {"tiff/commons-imaging/BigTIFFMotorola.tif", "it is a BigTIFF"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SAMPLE_OR_SKIP(from, rows[i][0]);
        IE_AUTO_FREE char *folder = tree_new();
        IE_AUTO_FREE char *path = copied(folder, from);
        ie_error before = {0}, after = {0};
        ie_status status = ie_exif_strip_check(path, format_of(from), IE_STRIP_GPS, &before);
        assert_int_not_equal(status, IE_OK);
        assert_int_equal(ie_exif_strip(path, format_of(from), IE_STRIP_GPS, &after), status);
        assert_string_equal(before.text, after.text);
        if (strstr(before.text, rows[i][1]) == NULL || strstr(before.text, "exiv2") != NULL) {
            fail_msg("%s: %s", from, before.text);
        }
        tree_remove(folder);
    }
    SAMPLE_OR_SKIP(fine, "meta-jpeg/elodie/with-location.jpg");
    assert_int_equal(ie_exif_strip_check(fine, IE_FORMAT_JPEG, IE_STRIP_GPS, NULL), IE_OK);
}

static void a_stripped_file_is_told_from_one_that_is_not(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-location.jpg");
    static const unsigned strips[] = {IE_STRIP_GPS, IE_STRIP_GPS | IE_STRIP_SERIALS, IE_STRIP_ALL};
    for (size_t i = 0; i < sizeof strips / sizeof *strips; i++) {
        IE_AUTO_FREE char *folder = tree_new();
        IE_AUTO_FREE char *path = NULL;
        ie_photo_free(stripped(folder, from, strips[i], &path));
        assert_false(ie_exif_is_stripped(from, IE_FORMAT_JPEG, strips[i], NULL));
        assert_true(ie_exif_is_stripped(path, IE_FORMAT_JPEG, strips[i], "0815-4711"));
        /* A serial number that stands in the bytes all the same, as in a maker note that nobody can
           read: here the model's name. */
        assert_int_equal(
            ie_exif_is_stripped(path, IE_FORMAT_JPEG, strips[i], "Canon EOS REBEL T2i"),
            (strips[i] & IE_STRIP_SERIALS) == 0);
        assert_int_equal(ie_exif_is_stripped(path, IE_FORMAT_JPEG, IE_STRIP_ALL, NULL),
                         strips[i] == IE_STRIP_ALL);
        tree_remove(folder);
    }
}

static void what_cannot_be_rewritten_is_not_called_damaged(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "tiff/commons-imaging/BigTIFFMotorola.tif");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    ie_error err = {0};
    assert_int_equal(ie_exif_strip(path, IE_FORMAT_TIFF, IE_STRIP_GPS, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "BigTIFF"));
    tree_remove(folder);
}

static void the_digest_of_iptc_stays_in_step(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(
        from,
        "meta-jpeg/exifr/iptc-agency-photographer-example.jpg"); /* IPTC says where it was taken */
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    bool before = false, after = false;
    assert_int_equal(ie_iptc_in_step(from, IE_FORMAT_JPEG, &before, NULL), IE_OK);
    ie_photo *is = stripped(folder, from, IE_STRIP_GPS, &path);
    assert_int_equal(ie_iptc_in_step(path, IE_FORMAT_JPEG, &after, NULL), IE_OK);
    assert_true(before && after);
    assert_null(is->metadata->city);
    ie_photo_free(is);
    tree_remove(folder);
}

static void private_tags_of_owner_and_serial_number_go(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "tiff/exif-rs/yaminale.tif");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = NULL;
    ie_photo_free(stripped(folder, from, IE_STRIP_SERIALS, &path));
    IE_AUTO_TAGS ie_tags *tags = NULL;
    assert_int_equal(ie_tags_open(path, &tags, NULL), IE_OK);
    assert_false(ie_tags_has(tags, "Exif.Image.0xfde8") || ie_tags_has(tags, "Exif.Image.0xfde9"));
    tree_remove(folder);
}

/* EXIF with a colour space and nothing else, in a JPEG of so many components. */
static char *jpeg_saying(const char *folder, int space, size_t components)
{
    const uint8_t block[] = {'E', 'x',  'i', 'f', 0, 0,    'M',  'M', 0, 42, 0,
                             0,   0,    8,   0,   1, 0x87, 0x69, 0,   4, 0,  0,
                             0,   1,    0,   0,   0, 26,   0,    0,   0, 0,  0,
                             1,   0xa0, 1,   0,   3, 0,    0,    0,   1, 0,  (uint8_t)space,
                             0,   0,    0,   0,   0, 0};
    const uint8_t frame[] = {8,    0, 1, 0,    1, (uint8_t)components, 1, 0x11, 0, 2, 0x11, 0, 3,
                             0x11, 0, 4, 0x11, 0};
    char *path = ie_asprintf("%s/a.jpg", folder);
    ie_buffer jpeg = {0}, end = {0};
    begin_jpeg(&jpeg);
    add_segment(&jpeg, 0xe1, block, sizeof block);
    end_jpeg(&end);
    const char *one = memmem(end.data, end.size, "\xff\xc0", 2); /* the frame, of 13 bytes */
    assert_non_null(one);
    ie_buffer_add(&jpeg, end.data, (size_t)(one - end.data));
    add_segment(&jpeg, 0xc0, frame, 6 + 3 * components);
    ie_buffer_add(&jpeg, one + 13, end.size - (size_t)(one - end.data) - 13);
    ie_buffer_free(&end);
    bytes_to(path, jpeg.data, jpeg.size);
    ie_buffer_free(&jpeg);
    return path;
}

static ie_profile_kind profile_in(const char *path)
{
    file_bytes bytes = bytes_of(path);
    const uint8_t *name = memmem(bytes.data, bytes.size, "ICC_PROFILE\0\1\1", 14);
    ie_profile_kind kind = IE_PROFILE_BROKEN;
    if (name != NULL) {
        kind = ie_profile_kind_of(name + 14, (size_t)(name[-2] << 8 | name[-1]) - 16);
    }
    free(bytes.data);
    return kind;
}

static void colours_that_only_exif_names_get_a_profile_when_it_goes(void **state)
{
    (void)state;
    static const struct {
        int space;
        size_t components;
        ie_profile_kind kind;
    } rows[] = {{1, 1, IE_PROFILE_BROKEN},
                {1, 3, IE_PROFILE_BROKEN},
                {2, 1, IE_PROFILE_GRAY},
                {2, 3, IE_PROFILE_RGB},
                {2, 4, IE_PROFILE_BROKEN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *folder = tree_new();
        IE_AUTO_FREE char *path = jpeg_saying(folder, rows[i].space, rows[i].components);
        ie_error err = {0};
        if (ie_exif_strip(path, IE_FORMAT_JPEG, IE_STRIP_ALL, &err) != IE_OK) {
            fail_msg("row %zu: %s", i, err.text);
        }
        assert_false(bytes_hold(path, "Exif"));
        assert_int_equal(bytes_hold(path, "ICC_PROFILE"), rows[i].kind != IE_PROFILE_BROKEN);
        assert_int_equal(profile_in(path), rows[i].kind);
        tree_remove(folder);
    }
}

static void exif_stays_where_colours_would_change_and_no_profile_can_say_them(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *odd = jpeg_saying(folder, 2, 2);
    ie_error before = {0}, after = {0};
    assert_int_equal(ie_exif_strip_check(odd, IE_FORMAT_JPEG, IE_STRIP_ALL, &before),
                     IE_ERR_UNSUPPORTED);
    assert_int_equal(ie_exif_strip(odd, IE_FORMAT_JPEG, IE_STRIP_ALL, &after), IE_ERR_UNSUPPORTED);
    assert_string_equal(before.text, after.text);
    assert_non_null(strstr(before.text, "only its EXIF"));
    assert_true(bytes_hold(odd, "Exif"));
    /* A PNG: 1 x 1, and the same EXIF; with a profile beside it, EXIF says nothing of colours. */
    static const uint8_t header[13] = {0, 0, 0, 1, 0, 0, 0, 1, 8, 2};
    static const uint8_t exif[] =
        "MM\0*"
        "\0\0\0\10\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x1a\0\0\0\0\0\1\xa0\1\0\3\0\0\0\1\0\2\0\0\0\0\0";
    static const uint8_t pixel[] = {0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0, 0, 0, 4, 0, 1};
    for (int profile = 0; profile < 2; profile++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/%d.png", folder, profile);
        ie_buffer png = {0};
        ie_buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
        png_chunk(&png, "IHDR", header, 13);
        if (profile) {
            png_chunk(&png, "iCCP", "x\0\0", 3);
        }
        png_chunk(&png, "eXIf", exif, sizeof exif);
        png_chunk(&png, "IDAT", pixel, sizeof pixel);
        png_chunk(&png, "IEND", NULL, 0);
        bytes_to(path, png.data, png.size);
        ie_buffer_free(&png);
        assert_int_equal(ie_exif_strip_check(path, IE_FORMAT_PNG, IE_STRIP_ALL, &before),
                         profile ? IE_OK : IE_ERR_UNSUPPORTED);
    }
    tree_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_go_and_the_rest_stays),
        cmocka_unit_test(serial_numbers_go_from_maker_notes_too),
        cmocka_unit_test(all_leaves_how_the_picture_lies),
        cmocka_unit_test(all_takes_the_texts_of_a_png),
        cmocka_unit_test(a_second_picture_that_may_say_the_same_is_refused),
        cmocka_unit_test(what_is_in_the_way_is_seen_beforehand_in_plain_words),
        cmocka_unit_test(a_stripped_file_is_told_from_one_that_is_not),
        cmocka_unit_test(what_cannot_be_rewritten_is_not_called_damaged),
        cmocka_unit_test(the_digest_of_iptc_stays_in_step),
        cmocka_unit_test(private_tags_of_owner_and_serial_number_go),
        cmocka_unit_test(colours_that_only_exif_names_get_a_profile_when_it_goes),
        cmocka_unit_test(exif_stays_where_colours_would_change_and_no_profile_can_say_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
