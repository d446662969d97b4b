// SPDX-License-Identifier: GPL-3.0-or-later
/* Metadata that comes along when a photo is converted, as apply would do it. */
#include "exif_help.h"

#include "engine/derive.h"

static ie_status convert(const char *from, const char *to_path, ie_format to, ie_error *err)
{
    ie_config *config = ie_config_new();
    assert_int_equal(ie_config_set(config, "convert.min_similarity", "0", "test", NULL), IE_OK);
    ie_photo *photo = facts_of(from, format_of(from));
    ie_action action = {.kind = IE_ACTION_REPLACE,
                        .from = from,
                        .from_format = photo->format,
                        .format = to,
                        .remake = photo->format == to ? IE_REMAKE_ENCODE : IE_REMAKE_NONE,
                        .quality = 90,
                        .orientation = photo->orientation};
    bytes_to(to_path, "", 0);
    ie_status status = ie_derive(config, &action, to_path, err);
    ie_photo_free(photo);
    ie_config_free(config);
    return status;
}

static void conversions_carry_what_a_record_knows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        ie_format to;
        bool dated, placed, worded;
        const char *model;
    } cases[] = {
        {"meta-jpeg/elodie/with-location.jpg", IE_FORMAT_PNG, true, true, false,
         "Canon EOS REBEL T2i"},
        {"meta-jpeg/elodie/with-location.jpg", IE_FORMAT_WEBP, true, true, false,
         "Canon EOS REBEL T2i"},
        {"meta-jpeg/elodie/with-location.jpg", IE_FORMAT_TIFF, true, true, false,
         "Canon EOS REBEL T2i"},
        {"meta-jpeg/exifr/issue-exifr-59.jpg", IE_FORMAT_PNG, true, false, true, NULL},
        {"meta-jpeg/exifr/issue-exifr-59.jpg", IE_FORMAT_WEBP, true, false, true, NULL},
        {"tiff/exifr/tif-with-iptc-icc-xmp.tif", IE_FORMAT_JPEG, false, false, true, NULL},
        {"png/exif-rs/exif.png", IE_FORMAT_JPEG, false, false, false, NULL},
        {"webp/exif-rs/exif.webp", IE_FORMAT_JPEG, false, false, false, NULL},
        {"neardup/g14_hemlock_branch_11_as_heic.heic", IE_FORMAT_JPEG, true, false, false, NULL},
        {"neardup/g14_hemlock_branch_10_as_webp.webp", IE_FORMAT_JPEG, true, false, false, NULL},
        {"jxl/testdata/1x1_exif_xmp.jxl", IE_FORMAT_JPEG, false, false, false, NULL},
    };
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SAMPLE_OR_SKIP(from, cases[i].name);
        ie_error err = {0};
        if (convert(from, path, cases[i].to, &err) != IE_OK) {
            fail_msg("%s: %s", cases[i].name, err.text);
        }
        ie_photo *was = facts_of(from, format_of(from)), *is = facts_of(path, cases[i].to);
        const char *different = ie_exif_difference(was->metadata, is->metadata);
        if (different != NULL) {
            fail_msg("%s: another %s in %s", cases[i].name, different, ie_format_name(cases[i].to));
        }
        /* The sample has what the case is about. */
        assert_true(!cases[i].dated || (is->metadata->captured_source != IE_DATE_FILE &&
                                        is->metadata->captured.year > 0));
        assert_true(!cases[i].placed || is->metadata->latitude == is->metadata->latitude);
        assert_true(!cases[i].worded || is->metadata->keywords.count > 0 ||
                    is->metadata->caption != NULL);
        if (cases[i].model != NULL) {
            assert_string_equal(is->metadata->model, cases[i].model);
        }
        assert_int_equal(is->orientation, 1);
        ie_photo_free(was);
        ie_photo_free(is);
    }
    tree_remove(folder);
}

static void jpeg_xl_brings_its_blocks(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "jxl/testdata/1x1_exif_xmp.jxl");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new.jpg");
    assert_int_equal(convert(from, path, IE_FORMAT_JPEG, NULL), IE_OK);
    assert_true(holds(path, "gimp:docid:gimp:10093e7e-33ea-4901-a7ce-a3c04b8b6480"));
    tree_remove(folder);
}

static void texts_of_a_png_come_along(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_WEBP, IE_FORMAT_TIFF};
    SAMPLE_OR_SKIP(from, "png/libspng/cten0g04.png");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        ie_error err = {0};
        if (convert(from, path, formats[i], &err) != IE_OK) {
            fail_msg("%s", err.text);
        }
        ie_photo *is = facts_of(path, formats[i]);
        assert_string_equal(is->metadata->title, "PngSuite");
        assert_string_equal(is->metadata->creator, "Willem van Schaik (willem@schaik.com)");
        assert_string_equal(is->metadata->copyright, "Copyright Willem van Schaik, Canada 2011");
        assert_non_null(strstr(is->metadata->caption, "various color-types of the PNG format"));
        assert_non_null(strstr(is->metadata->software, "NeXTstation"));
        ie_photo_free(is);
        assert_true(holds(path, "Disclaimer: Freeware.")); /* what no other format has */
    }
    tree_remove(folder);
}

static void a_comment_of_a_jpeg_comes_along(void **state)
{
    (void)state;
    static const ie_format formats[] = {IE_FORMAT_PNG, IE_FORMAT_WEBP, IE_FORMAT_TIFF,
                                        IE_FORMAT_JPEG};
    SAMPLE_OR_SKIP(plain, "neardup/g01_dog_bicycle_02_meta_stripped.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *from = ie_path_join(folder, "from.jpg");
    IE_AUTO_FREE char *path = ie_path_join(folder, "new");
    file_bytes bytes = bytes_of(plain);
    ie_buffer file = {0};
    ie_buffer_add(&file, bytes.data, 2);
    ie_buffer_add(&file, "\xff\xfe\0\x0bGr\xc3\xbc\xc3\x9f" "e!", 13);
    ie_buffer_add(&file, "\xff\xfe\0\x08" "second", 10);
    ie_buffer_add(&file, bytes.data + 2, bytes.size - 2);
    bytes_to(from, file.data, file.size);
    ie_buffer_free(&file);
    free(bytes.data);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        ie_error err = {0};
        if (convert(from, path, formats[i], &err) != IE_OK) {
            fail_msg("%s", err.text);
        }
        ie_photo *is = facts_of(path, formats[i]);
        assert_string_equal(is->metadata->comment, "Gr\xc3\xbc\xc3\x9f" "e!");
        assert_true(holds(path, "Comment: second"));
        ie_photo_free(is);
    }
    tree_remove(folder);
}

static void packed_boxes_are_not_lost_silently(void **state)
{
    (void)state;
    static const uint8_t packed[] = "\0\0\0\x10"
                                    "brobExif\1\2\3\4";
    SAMPLE_OR_SKIP(from, "jxl/testdata/1x1_exif_xmp.jxl");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    IE_AUTO_FREE char *to = ie_path_join(folder, "new.jpg");
    file_bytes bytes = bytes_of(from);
    ie_buffer more = {0};
    ie_buffer_add(&more, bytes.data, bytes.size);
    ie_buffer_add(&more, packed, sizeof packed - 1);
    bytes_to(path, more.data, more.size);
    ie_error err = {0};
    assert_int_equal(convert(path, to, IE_FORMAT_JPEG, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Brotli"));
    ie_buffer_free(&more);
    free(bytes.data);
    tree_remove(folder);
}

static void photos_are_turned_upright_once(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new.png");
    for (int i = 1; i <= 8; i++) {
        IE_AUTO_FREE char *name = ie_asprintf("orientation/sharp/Landscape_%d.jpg", i);
        SAMPLE_OR_SKIP(from, name);
        ie_photo *was = facts_of(from, IE_FORMAT_JPEG);
        assert_int_equal(was->orientation, i);
        assert_int_equal(convert(from, path, IE_FORMAT_PNG, NULL), IE_OK);
        ie_photo *is = facts_of(path, IE_FORMAT_PNG);
        assert_int_equal(is->orientation, 1);
        assert_int_equal(is->width, i < 5 ? was->width : was->height);
        assert_int_equal(is->height, i < 5 ? was->height : was->width);
        ie_photo_free(was);
        ie_photo_free(is);
    }
    tree_remove(folder);
}

static void parts_the_new_file_lacks_are_not_spoken_of(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new.png");
    assert_true(holds(from, "hdrgm"));
    ie_error err = {0};
    ie_status status = convert(from, path, IE_FORMAT_PNG, &err);
    if (status == IE_OK) {
        assert_false(holds(path, "hdrgm"));
        assert_false(holds(path, "Container:Directory"));
    } else {
        assert_non_null(strstr(err.text, "gain map")); /* or it is not converted at all */
    }
    tree_remove(folder);
}

static void formats_that_cannot_hold_metadata_are_refused_when_there_is_some(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(with, "meta-jpeg/elodie/with-location.jpg");
    SAMPLE_OR_SKIP(without, "gif/TwelveMonkeys/tux.gif");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "new.avif");
    ie_error err = {0};
    bytes_to(path, "not looked at", 13);
    const ie_exif_target target = {.path = path, .format = IE_FORMAT_AVIF, .orientation = 1};
    assert_int_equal(ie_exif_copy(with, IE_FORMAT_JPEG, NULL, &target, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "avif"));
    assert_int_equal(ie_exif_copy(without, IE_FORMAT_GIF, NULL, &target, &err), IE_OK);
    tree_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_carry_what_a_record_knows),
        cmocka_unit_test(jpeg_xl_brings_its_blocks),
        cmocka_unit_test(texts_of_a_png_come_along),
        cmocka_unit_test(a_comment_of_a_jpeg_comes_along),
        cmocka_unit_test(packed_boxes_are_not_lost_silently),
        cmocka_unit_test(photos_are_turned_upright_once),
        cmocka_unit_test(parts_the_new_file_lacks_are_not_spoken_of),
        cmocka_unit_test(formats_that_cannot_hold_metadata_are_refused_when_there_is_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
