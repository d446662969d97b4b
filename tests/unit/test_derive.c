// SPDX-License-Identifier: GPL-3.0-or-later
#include "pictures.h"

#include "engine/derive.h"
#include "storage/exif_file.h"
#include "storage/image_data.h"
#include "storage/metadata_file.h"

static const char *keywords[] = {"Größe", "two words"};
static const ie_tag_edit edit = {.add_keywords = {keywords, 2},
                                 .title = "Ein Tïtle",
                                 .caption = "A \"caption\", with ünï",
                                 .rating = 4};

static ie_status derive_status(const char *from, ie_format from_format, ie_format to,
                               const ie_tag_edit *tags, const char **ret_path, ie_error *err)
{
    ie_config *config = ie_config_new();
    ie_tag_edit copy = tags != NULL ? *tags : edit;
    ie_action action = {.from = from,
                        .from_format = from_format,
                        .format = to,
                        .quality = 90,
                        .orientation = 1,
                        .tags = tags != NULL ? &copy : NULL};
    *ret_path = picture_file(NULL, 0);
    ie_status status = ie_derive(config, &action, *ret_path, err);
    ie_config_free(config);
    return status;
}

static const char *derived(const char *from, ie_format from_format, ie_format to,
                           const ie_tag_edit *tags)
{
    const char *path = NULL;
    ie_error err = {0};
    ie_status status = derive_status(from, from_format, to, tags, &path, &err);
    if (status != IE_OK) {
        print_message("%s\n", err.text);
    }
    assert_int_equal(status, IE_OK);
    return path;
}

static const char *made(ie_format format)
{
    ie_buffer bytes = {0};
    make_png(&bytes, 60, 40, 8, -1, 1);
    const char *png = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    return format == IE_FORMAT_PNG ? png : converted(png, IE_FORMAT_PNG, format, 90, 1);
}

/* Our own reader: it shares no code with what writes. */
static ie_photo *read_back(const char *path, ie_format format)
{
    ie_bytes *bytes = NULL;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_metadata_read(bytes, photo);
    ie_bytes_close(bytes);
    return photo;
}

static void assert_tagged(const char *path, ie_format format)
{
    ie_photo *photo = read_back(path, format);
    assert_int_equal(photo->metadata->keywords.count, 2);
    assert_string_equal(photo->metadata->keywords.items[0], keywords[0]);
    assert_string_equal(photo->metadata->keywords.items[1], keywords[1]);
    assert_string_equal(photo->metadata->title, edit.title);
    assert_string_equal(photo->metadata->caption, edit.caption);
    assert_int_equal(photo->metadata->rating, 4);
    ie_photo_free(photo);
}

static ie_hash128 picture_hash(const char *path, ie_format format)
{
    ie_buffer bytes = {0};
    ie_hash128 hash;
    picture_read(path, &bytes);
    assert_true(ie_image_data_hash((const uint8_t *)bytes.data, bytes.size, format, &hash));
    ie_buffer_free(&bytes);
    return hash;
}

static const ie_format writable[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG, IE_FORMAT_TIFF, IE_FORMAT_WEBP};

static void tags_are_written_and_the_picture_stays_bit_for_bit(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        const char *source = made(writable[i]);
        ie_buffer before = {0}, after = {0};
        picture_read(source, &before);
        const char *tagged = derived(source, writable[i], writable[i], &edit);
        assert_tagged(tagged, writable[i]);
        assert_true(
            ie_hash128_equal(picture_hash(source, writable[i]), picture_hash(tagged, writable[i])));
        ie_pixels was = decoded(source, writable[i]), is = decoded(tagged, writable[i]);
        assert_true(difference(&was, &is) == 0);
        free(was.data);
        free(is.data);
        picture_read(source, &after);
        assert_int_equal(before.size, after.size);
        assert_memory_equal(before.data, after.data, before.size);
        ie_buffer_free(&before);
        ie_buffer_free(&after);
    }
}

static void tagging_twice_adds_nothing(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        const char *once = derived(made(writable[i]), writable[i], writable[i], &edit);
        assert_tagged(derived(once, writable[i], writable[i], &edit), writable[i]);
    }
}

static void what_an_edit_does_not_name_stays(void **state)
{
    static const char *more[] = {"third", "Größe"};
    const ie_tag_edit add = {.add_keywords = {more, 2}, .rating = IE_ABSENT};
    for (size_t i = 0; i < 4; i++) {
        const char *once = derived(made(writable[i]), writable[i], writable[i], &edit);
        ie_photo *photo = read_back(derived(once, writable[i], writable[i], &add), writable[i]);
        assert_int_equal(photo->metadata->keywords.count, 3);
        assert_string_equal(photo->metadata->keywords.items[2], "third");
        assert_string_equal(photo->metadata->title, edit.title);
        assert_string_equal(photo->metadata->caption, edit.caption);
        assert_int_equal(photo->metadata->rating, 4);
        ie_photo_free(photo);
    }
}

static void texts_that_look_like_instructions_are_texts(void **state)
{
    static const char *odd[] = {"lang=\"de\" x", "type=Bag", "a, b"};
    const ie_tag_edit tricky = {.add_keywords = {odd, 3},
                                .title = "lang=\"fr\" titre",
                                .caption = "charset=Ascii x",
                                .rating = IE_ABSENT};
    ie_photo *photo = read_back(
        derived(made(IE_FORMAT_JPEG), IE_FORMAT_JPEG, IE_FORMAT_JPEG, &tricky), IE_FORMAT_JPEG);
    assert_int_equal(photo->metadata->keywords.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(photo->metadata->keywords.items[i], odd[i]);
    }
    assert_string_equal(photo->metadata->title, tricky.title);
    assert_string_equal(photo->metadata->caption, tricky.caption);
    ie_photo_free(photo);
}

static void a_conversion_carries_the_tags(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        const char *source = derived(made(writable[i]), writable[i], writable[i], &edit);
        for (size_t k = 0; k < 4; k++) {
            if (i != k) {
                assert_tagged(derived(source, writable[i], writable[k], NULL), writable[k]);
            }
        }
    }
}

static void formats_without_a_writer_are_refused(void **state)
{
    const char *path = NULL;
    ie_error err = {0};
    assert_int_equal(
        derive_status(made(IE_FORMAT_JPEG), IE_FORMAT_GIF, IE_FORMAT_GIF, &edit, &path, &err),
        IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "gif"));
    assert_false(ie_exif_can_write(IE_FORMAT_DNG) || ie_exif_can_write(IE_FORMAT_HEIC));
}

/* The JPEG with `segment` behind its start marker and `trailer` behind its end. */
static const char *jpeg_with(const char *segment, size_t segment_size, const char *trailer,
                             size_t trailer_size)
{
    ie_buffer bytes = {0}, out = {0};
    picture_read(made(IE_FORMAT_JPEG), &bytes);
    ie_buffer_add(&out, bytes.data, 2);
    ie_buffer_add(&out, segment, segment_size);
    ie_buffer_add(&out, bytes.data + 2, bytes.size - 2);
    ie_buffer_add(&out, trailer, trailer_size);
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&bytes);
    ie_buffer_free(&out);
    return path;
}

static void a_second_picture_in_the_file_is_not_cut_off(void **state)
{
    static const char mpf[] = "\xff\xe2\x00\x0aMPF\0II*\0";
    const char *path = NULL;
    ie_error err = {0};
    assert_int_equal(derive_status(jpeg_with(mpf, 12, "", 0), IE_FORMAT_JPEG, IE_FORMAT_JPEG, &edit,
                                   &path, &err),
                     IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "MPF"));
    assert_int_equal(derive_status(jpeg_with("", 0, "some trailer", 12), IE_FORMAT_JPEG,
                                   IE_FORMAT_JPEG, &edit, &path, &err),
                     IE_ERR_UNSUPPORTED);
    /* Zero padding says nothing. */
    assert_tagged(derived(jpeg_with("", 0, "\0\0\0\0", 4), IE_FORMAT_JPEG, IE_FORMAT_JPEG, &edit),
                  IE_FORMAT_JPEG);
}

static void a_motion_photo_keeps_its_video_and_is_not_converted(void **state)
{
    static const char video[] = "\0\0\0\x14"
                                "ftypmp42\0\0\0\0mp42video";
    const char *path = NULL, *source = jpeg_with("", 0, video, sizeof video - 1);
    ie_buffer bytes = {0};
    picture_read(derived(source, IE_FORMAT_JPEG, IE_FORMAT_JPEG, &edit), &bytes);
    assert_memory_equal(bytes.data + bytes.size - (sizeof video - 1), video, sizeof video - 1);
    ie_buffer_free(&bytes);
    assert_int_equal(derive_status(source, IE_FORMAT_JPEG, IE_FORMAT_PNG, NULL, &path, NULL),
                     IE_ERR_UNSUPPORTED);
}

static void a_damaged_file_gets_no_tags(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        ie_buffer bytes = {0};
        const char *path = NULL;
        picture_read(made(writable[i]), &bytes);
        assert_int_equal(derive_status(picture_file(bytes.data, 60), writable[i], writable[i],
                                       &edit, &path, NULL),
                         IE_ERR_FORMAT);
        ie_buffer_free(&bytes);
    }
}

static void one_changed_byte_of_the_picture_changes_its_hash(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        ie_buffer bytes = {0};
        picture_read(made(writable[i]), &bytes);
        ie_hash128 was = picture_hash(made(writable[i]), writable[i]), is = was;
        size_t at = bytes.size / 2;
        if (writable[i] == IE_FORMAT_TIFF) {
            at = 12; /* strips come first, directories at the end */
        }
        bytes.data[at] ^= 0x10;
        assert_true(ie_image_data_hash((const uint8_t *)bytes.data, bytes.size, writable[i], &is));
        assert_false(ie_hash128_equal(was, is));
        ie_buffer_free(&bytes);
    }
}

static void hostile_structures_end_the_hash_early(void **state)
{
    uint32_t random = 99;
    for (size_t f = 0; f < 4; f++) {
        ie_buffer bytes = {0};
        picture_read(derived(made(writable[f]), writable[f], writable[f], &edit), &bytes);
        for (int i = 0; i < 400; i++) {
            size_t size = bytes.size - (size_t)(i % 7) * bytes.size / 8;
            uint8_t *copy =
                malloc(size > 0 ? size : 1); /* its own block, so that a sanitizer sees the end */
            memcpy(copy, bytes.data, size);
            for (int k = 0; k < 4 && size > 0; k++) {
                random = random * 1664525u + 1013904223u;
                copy[(random >> 8) % (i % 2 != 0 && size > 64 ? 64 : size)] =
                    (uint8_t)(random >> 3);
            }
            ie_hash128 hash;
            if (ie_image_data_hash(copy, size, writable[f], &hash)) {
                assert_true(size > 8);
            }
            assert_true(ie_image_data_frames(copy, size, writable[f]) >= 1);
            (void)ie_image_data_pinned(copy, size, writable[f]);
            (void)ie_image_data_motion(copy, size);
            (void)ie_image_data_frames(copy, size, IE_FORMAT_JXL);
            free(copy);
        }
        ie_buffer_free(&bytes);
    }
}

static void a_conversion_keeps_profile_and_camera(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        print_message("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    char *source = ie_asprintf("%s/photos/meta-jpeg/libavif/paris_exif_xmp_icc.jpg", folder);
    ie_image_facts was, is;
    assert_int_equal(ie_image_check(source, PIXEL_LIMIT, &was, NULL), IE_OK);
    assert_true(was.has_icc);
    ie_photo *camera = read_back(source, IE_FORMAT_JPEG);
    assert_non_null(camera->metadata->make);
    for (size_t i = 1; i < 4; i++) {
        const char *path = derived(source, IE_FORMAT_JPEG, writable[i], NULL);
        assert_int_equal(ie_image_check(path, PIXEL_LIMIT, &is, NULL), IE_OK);
        assert_true(is.has_icc && ie_hash128_equal(was.icc, is.icc));
        ie_photo *photo = read_back(path, writable[i]);
        assert_string_equal(photo->metadata->make, camera->metadata->make);
        assert_string_equal(photo->metadata->model, camera->metadata->model);
        assert_int_equal(photo->metadata->captured.year, camera->metadata->captured.year);
        assert_int_equal(photo->orientation, 1);
        ie_photo_free(photo);
    }
    ie_photo_free(camera);
    free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_written_and_the_picture_stays_bit_for_bit),
        cmocka_unit_test(tagging_twice_adds_nothing),
        cmocka_unit_test(what_an_edit_does_not_name_stays),
        cmocka_unit_test(texts_that_look_like_instructions_are_texts),
        cmocka_unit_test(a_conversion_carries_the_tags),
        cmocka_unit_test(formats_without_a_writer_are_refused),
        cmocka_unit_test(a_second_picture_in_the_file_is_not_cut_off),
        cmocka_unit_test(a_motion_photo_keeps_its_video_and_is_not_converted),
        cmocka_unit_test(a_damaged_file_gets_no_tags),
        cmocka_unit_test(one_changed_byte_of_the_picture_changes_its_hash),
        cmocka_unit_test(hostile_structures_end_the_hash_early),
        cmocka_unit_test(a_conversion_keeps_profile_and_camera),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
