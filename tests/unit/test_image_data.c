// SPDX-License-Identifier: GPL-3.0-or-later
#include "exif_help.h"

static const char *const samples[] = {
    "meta-jpeg/goexif/sample1.jpg",
    "png/exif-rs/exif.png",
    "webp/exif-rs/exif.webp",
    "tiff/exifr/tif-with-iptc-icc-xmp.tif",
};

/* The formats that exiftool writes tags into and we do not, and the ones above. */
static const char *const all[] = {
    "meta-jpeg/goexif/sample1.jpg",
    "png/exif-rs/exif.png",
    "webp/exif-rs/exif.webp",
    "tiff/exifr/tif-with-iptc-icc-xmp.tif",
    "heif/pillow_heif/L_exif_xmp_iptc.heic",
    "avif/libavif/paris_icc_exif_xmp.avif",
    "jxl/testdata/1x1_exif_xmp.jxl",
    "gif/commons-imaging/Oregon Scientific DS6639 - DSC_0307 - small.gif",
};

static bool hash_of(const file_bytes *bytes, size_t size, ie_format format, ie_hash128 *ret_hash)
{
    /* Its own memory, so that reading beyond the end is seen. */
    uint8_t *exact = ie_alloc(size);
    memcpy(exact, bytes->data, size);
    bool good = ie_image_data_hash(exact, size, format, ret_hash);
    free(exact);
    return good;
}

static void metadata_is_not_part_of_the_picture(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b"};
    const ie_tag_edit edit = {
        .add_keywords = {(const char **)words, 2}, .caption = "long enough", .rating = 2};
    IE_AUTO_FREE char *folder = tree_new();
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        SAMPLE_OR_SKIP(from, samples[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        ie_format format = format_of(from);
        assert_int_equal(ie_exif_write(path, format, &edit, NULL), IE_OK);
        file_bytes was = bytes_of(from), is = bytes_of(path);
        assert_true(was.size != is.size);
        assert_true(ie_hash128_equal(picture_of(from, format), picture_of(path, format)));
        free(was.data);
        free(is.data);
    }
    tree_remove(folder);
}

static void tags_that_exiftool_writes_leave_the_hash_of_every_format(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SAMPLE_OR_SKIP(from, all[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        ie_format format = format_of(from);
        IE_AUTO_FREE char *said =
            answer("exiftool", "-overwrite_original -XMP:Title=changed -XMP:Subject=sea", path);
        if (said == NULL) {
            print_message("skipped: exiftool is not installed\n");
            tree_remove(folder);
            skip();
        }
        assert_true(strstr(said, "1 image files updated") != NULL);
        assert_true(holds(path, "changed"));
        assert_true(ie_hash128_equal(picture_of(from, format), picture_of(path, format)));
    }
    tree_remove(folder);
}

/* A changed byte of a picture changes the hash, or is damage; one of metadata does not. */
static void changed_pictures_of_every_format_have_another_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SAMPLE_OR_SKIP(from, all[i]);
        ie_format format = format_of(from);
        file_bytes bytes = bytes_of(from);
        ie_hash128 whole, other;
        unsigned differ = 0;
        assert_true(hash_of(&bytes, bytes.size, format, &whole));
        for (size_t step = 1; step < 1000; step++) {
            size_t at = bytes.size * step / 1000;
            bytes.data[at] ^= 0x10;
            differ +=
                !hash_of(&bytes, bytes.size, format, &other) || !ie_hash128_equal(whole, other);
            bytes.data[at] ^= 0x10;
        }
        printf("%s: %u of 999 bytes count\n", ie_format_name(format), differ);
        assert_true(differ > 0); /* some samples are a few pixels and much metadata */
        assert_true(differ < 999 || format == IE_FORMAT_GIF);
        free(bytes.data);
    }
}

static void a_jxl_codestream_is_the_same_bare_and_in_a_container(void **state)
{
    (void)state;
    static const uint8_t bare[] = "\xff\x0a" "codestream";
    static const uint8_t boxed[] = "\0\0\0\x0cJXL \r\n\x87\n" "\0\0\0\x0d" "Exif12345"
                                   "\0\0\0\x12" "jxlp\0\0\0\0" "\xff\x0a" "code"
                                   "\0\0\0\x12" "jxlp\x80\0\0\1" "stream";
    ie_hash128 one, other;
    assert_true(ie_image_data_hash(bare, sizeof bare - 1, IE_FORMAT_JXL, &one));
    assert_true(ie_image_data_hash(boxed, sizeof boxed - 1, IE_FORMAT_JXL, &other));
    assert_true(ie_hash128_equal(one, other));
}

static void pictures_differ(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(one, "orientation/sharp/Landscape_1.jpg");
    SAMPLE_OR_SKIP(two, "orientation/sharp/Landscape_2.jpg");
    assert_false(
        ie_hash128_equal(picture_of(one, IE_FORMAT_JPEG), picture_of(two, IE_FORMAT_JPEG)));
}

static void each_byte_of_the_scan_counts(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, samples[0]);
    file_bytes bytes = bytes_of(from);
    ie_hash128 whole, changed;
    assert_true(hash_of(&bytes, bytes.size, IE_FORMAT_JPEG, &whole));
    for (size_t back = 3; back < 2000 && back < bytes.size; back += 37) {
        bytes.data[bytes.size - back] ^= 1;
        assert_false(hash_of(&bytes, bytes.size, IE_FORMAT_JPEG, &changed) &&
                     ie_hash128_equal(whole, changed));
        bytes.data[bytes.size - back] ^= 1;
    }
    free(bytes.data);
}

static void a_file_cut_anywhere_is_survived_and_never_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SAMPLE_OR_SKIP(from, all[i]);
        ie_format format = format_of(from);
        file_bytes bytes = bytes_of(from);
        ie_hash128 whole, part;
        assert_true(hash_of(&bytes, bytes.size, format, &whole));
        size_t step = bytes.size / 200 + 1;
        for (size_t size = 1; size < bytes.size; size += size < 300 ? 1 : step) {
            if (hash_of(&bytes, size, format, &part) && ie_hash128_equal(part, whole)) {
                /* Only metadata at the end may be missing: then it is another picture for
                   nobody. */
                assert_true(format != IE_FORMAT_JPEG && format != IE_FORMAT_PNG &&
                            format != IE_FORMAT_GIF);
            }
            (void)ie_image_data_pinned(bytes.data, size, format);
            (void)ie_image_data_frames(bytes.data, size, format);
        }
        free(bytes.data);
    }
}

static void flipped_bytes_are_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SAMPLE_OR_SKIP(from, all[i]);
        ie_format format = format_of(from);
        file_bytes bytes = bytes_of(from);
        ie_hash128 hash;
        for (size_t at = 0; at < bytes.size && at < 600; at++) {
            uint8_t was = bytes.data[at];
            bytes.data[at] = (uint8_t)(at % 2 == 0 ? 0xff : 0);
            (void)hash_of(&bytes, bytes.size, format, &hash);
            (void)ie_image_data_pinned(bytes.data, bytes.size, format);
            bytes.data[at] = was;
        }
        free(bytes.data);
    }
}

static void other_formats_have_no_hash(void **state)
{
    (void)state;
    ie_hash128 hash;
    static const uint8_t bytes[64] = "GIF89a";
    assert_false(ie_image_data_hash(bytes, sizeof bytes, IE_FORMAT_GIF, &hash));
    assert_false(ie_image_data_hash(bytes, sizeof bytes, IE_FORMAT_JPEG, &hash));
    assert_false(ie_image_data_hash(bytes, 0, IE_FORMAT_PNG, &hash));
}

static void what_is_behind_a_picture_is_told_apart(void **state)
{
    (void)state;
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    end_jpeg(&jpeg);
    const uint8_t *bytes = (const uint8_t *)jpeg.data;
    assert_null(ie_image_data_pinned(bytes, jpeg.size, IE_FORMAT_JPEG));
    assert_false(ie_image_data_motion(bytes, jpeg.size));
    size_t end = jpeg.size;
    ie_buffer_add(&jpeg,
                  "\0\0\0\x14"
                  "ftypmp42\0\0\0\0isom",
                  20);
    bytes = (const uint8_t *)jpeg.data;
    assert_true(ie_image_data_motion(bytes, jpeg.size));
    assert_null(ie_image_data_pinned(bytes, jpeg.size, IE_FORMAT_JPEG));
    memcpy(jpeg.data + end + 4, "what", 4);
    assert_false(ie_image_data_motion(bytes, jpeg.size));
    assert_non_null(ie_image_data_pinned(bytes, jpeg.size, IE_FORMAT_JPEG));
    ie_buffer_free(&jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_not_part_of_the_picture),
        cmocka_unit_test(tags_that_exiftool_writes_leave_the_hash_of_every_format),
        cmocka_unit_test(changed_pictures_of_every_format_have_another_hash),
        cmocka_unit_test(a_jxl_codestream_is_the_same_bare_and_in_a_container),
        cmocka_unit_test(pictures_differ),
        cmocka_unit_test(each_byte_of_the_scan_counts),
        cmocka_unit_test(a_file_cut_anywhere_is_survived_and_never_the_whole),
        cmocka_unit_test(flipped_bytes_are_survived),
        cmocka_unit_test(other_formats_have_no_hash),
        cmocka_unit_test(what_is_behind_a_picture_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
