// SPDX-License-Identifier: GPL-3.0-or-later
/* Metadata in new files made of boxes: JPEG XL, AVIF and HEIC, which exiv2 does not write. */
#include "exif_help.h"
#include "pictures.h"

#include "core/recoding.h"
#include "engine/derive.h"
#include "storage/exif_boxed.h"
#include "storage/exif_tags.h"
#include "storage/meta_embed.h"

static const ie_format boxed[] = {IE_FORMAT_JXL, IE_FORMAT_AVIF};

static const char *convert_photo(const char *from, ie_format to, ie_error *err)
{
    ie_config *config = ie_config_new();
    ie_photo *photo = facts_of(from, format_of(from));
    assert_int_equal(ie_config_set(config, "convert.min_similarity", "0.9", "test", NULL), IE_OK);
    const ie_action action = {.kind = IE_ACTION_COPY,
                              .from = from,
                              .from_format = photo->format,
                              .format = to,
                              .quality = 90,
                              .orientation = photo->orientation};
    const char *path = picture_file(NULL, 0);
    ie_status status = ie_derive(config, &action, path, err);
    ie_photo_free(photo);
    ie_config_free(config);
    return status == IE_OK ? path : NULL;
}

static void exif_xmp_and_iptc_come_over_and_back(void **state)
{
    (void)state;
    size_t tried = 0;
    static const char *const names[] = {"meta-jpeg/elodie/with-location.jpg",
                                        "meta-jpeg/exifr/BonTonARTSTORplusIPTC.jpg",
                                        "meta-jpeg/libavif/paris_exif_xmp_icc.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        ie_photo *was = facts_of(from, IE_FORMAT_JPEG);
        for (size_t k = 0; k < sizeof boxed / sizeof *boxed; k++) {
            if (!can_write(boxed[k])) {
                continue;
            }
            tried++;
            ie_error err = {0};
            const char *there = convert_photo(from, boxed[k], &err);
            if (there == NULL) {
                fail_msg("%s into %s: %s", names[i], ie_format_name(boxed[k]), err.text);
            }
            assert_int_equal(format_of(there), boxed[k]);
            ie_photo *is = facts_of(there, boxed[k]);
            assert_null(ie_exif_difference(was->metadata, is->metadata));
            assert_int_equal(is->fault_count, 0);
            ie_photo_free(is);
            const char *back = convert_photo(there, IE_FORMAT_JPEG, &err);
            assert_non_null(back);
            is = facts_of(back, IE_FORMAT_JPEG);
            assert_null(ie_exif_difference(was->metadata, is->metadata));
            ie_photo_free(is);
        }
        ie_photo_free(was);
    }
    if (tried == 0) {
        skip();
    }
}

/* In one line. */
static void another_program_reads_the_same_in_the_new_file(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-location.jpg");
    const char *arguments = "-n -T -Make -Model -LensModel -ExposureTime -FNumber -ISO "
                            "-DateTimeOriginal -GPSLatitude -GPSLongitude "
                            "-EXIF:FocalLength -Canon:OwnerName -Canon:FirmwareVersion "
                            "-Canon:SerialNumber -Canon:LensType -Canon:FileNumber";
    IE_AUTO_FREE char *was = answer("exiftool", arguments, from);
    if (was == NULL) {
        skip();
    }
    size_t tried = 0;
    assert_non_null(strstr(was, "REBEL T2i"));
    for (size_t k = 0; k < sizeof boxed / sizeof *boxed; k++) {
        ie_error err = {0};
        if (can_write(boxed[k])) {
            const char *there = convert_photo(from, boxed[k], &err);
            assert_non_null(there);
            IE_AUTO_FREE char *is = answer("exiftool", arguments, there);
            assert_string_equal(was, is);
            tried++;
        }
    }
    if (tried == 0) {
        skip();
    }
}

static void a_photo_that_lay_on_its_side_is_turned_once(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "orientation/sharp/Landscape_6.jpg");
    ie_photo *was = facts_of(from, IE_FORMAT_JPEG);
    assert_int_equal(was->orientation, 6);
    size_t tried = 0;
    for (size_t k = 0; k < sizeof boxed / sizeof *boxed; k++) {
        ie_error err = {0};
        if (!can_write(boxed[k])) {
            continue;
        }
        tried++;
        const char *there = convert_photo(from, boxed[k], &err);
        assert_non_null(there);
        ie_photo *is = facts_of(there, boxed[k]);
        assert_int_equal(is->orientation, 1);
        assert_false(holds(there, "irot"));
        ie_image_facts facts;
        assert_int_equal(ie_image_check(there, PIXEL_LIMIT, &facts, NULL), IE_OK);
        assert_true(facts.width > facts.height);
        IE_AUTO_FREE char *said = answer("exiftool", "-n -s3 -Orientation", there);
        assert_true(said == NULL || strcmp(said, "1") == 0);
        ie_photo_free(is);
    }
    ie_photo_free(was);
    if (tried == 0) {
        skip();
    }
}

/* ---- the files themselves ------------------------------------------------------------------ */

static const char tiff[] = "II*\0\10\0\0\0\1\0\17\1\2\0\4\0\0\0Abc\0\0\0\0\0";
static const char packet[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
                             "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
                             "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' "
                             "dc:format='image/avif'/></rdf:RDF></x:xmpmeta>";

static ie_span tiff_span(void)
{
    return ie_span_memory(tiff, sizeof tiff - 1);
}

static void the_picture_is_the_same_whatever_is_put_beside_it(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t k = 0; k < sizeof boxed / sizeof *boxed; k++) {
        if (!can_write(boxed[k])) {
            continue;
        }
        tried++;
        ie_buffer png = {0}, out = {0};
        make_png(&png, 96, 64, 8, boxed[k] == IE_FORMAT_AVIF ? 7 : -1,
                 1); /* AVIF keeps alpha in an item of its own */
        const char *plain =
            converted(picture_file(png.data, png.size), IE_FORMAT_PNG, boxed[k], 90, 1);
        file_bytes bytes = bytes_of(plain);
        assert_true(ie_meta_embed(boxed[k], bytes.data, bytes.size, tiff_span(),
                                  ie_span_memory(packet, sizeof packet - 1), &out));
        const char *path = picture_file(out.data, out.size);
        ie_pixels a = decoded(plain, boxed[k]), b = decoded(path, boxed[k]);
        assert_true(a.width == b.width && a.height == b.height && a.channels == b.channels);
        assert_memory_equal(a.data, b.data, (size_t)a.width * a.height * a.channels);
        ie_hash128 was, is;
        assert_true(ie_image_data_hash((const uint8_t *)bytes.data, bytes.size, boxed[k], &was));
        assert_true(ie_image_data_hash((const uint8_t *)out.data, out.size, boxed[k], &is));
        assert_true(boxed[k] != IE_FORMAT_JXL || ie_hash128_equal(was, is));
        ie_photo *photo = facts_of(path, boxed[k]);
        assert_string_equal(photo->metadata->make, "Abc");
        assert_true(holds(path, "image/avif"));
        /* Again: what was there goes. */
        ie_buffer twice = {0};
        assert_true(boxed[k] == IE_FORMAT_JXL ||
                    ie_meta_embed(boxed[k], (const uint8_t *)out.data, out.size, tiff_span(),
                                  (ie_span){0}, &twice));
        assert_true(twice.size < out.size &&
                    (twice.size == 0 || memmem(twice.data, twice.size, "image/avif", 10) == NULL));
        ie_photo_free(photo);
        free(a.data);
        free(b.data);
        free(bytes.data);
        ie_buffer_free(&png);
        ie_buffer_free(&out);
        ie_buffer_free(&twice);
    }
    if (tried == 0) {
        skip();
    }
}

static void a_file_cut_or_changed_anywhere_is_refused_or_written_and_nothing_worse(void **state)
{
    (void)state;
    if (!can_write(IE_FORMAT_AVIF)) {
        skip();
    }
    ie_buffer png = {0};
    make_png(&png, 16, 16, 8, -1, 1);
    file_bytes bytes =
        bytes_of(converted(picture_file(png.data, png.size), IE_FORMAT_PNG, IE_FORMAT_AVIF, 50, 1));
    size_t refused = 0;
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, bytes.data, size);
        ie_buffer out = {0};
        refused += !ie_meta_embed(IE_FORMAT_AVIF, cut, size, tiff_span(), (ie_span){0}, &out);
        ie_buffer_free(&out);
        free(cut);
    }
    assert_int_equal(refused, bytes.size); /* its last bytes are the picture's or its metadata's */
    uint32_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        size_t at = (seed >> 8) % (bytes.size < 1000 ? bytes.size : 1000);
        uint8_t was = bytes.data[at];
        bytes.data[at] = (uint8_t)(seed >> 3);
        ie_buffer out = {0};
        (void)ie_meta_embed(IE_FORMAT_AVIF, bytes.data, bytes.size, tiff_span(), (ie_span){0},
                            &out);
        ie_buffer_free(&out);
        bytes.data[at] = was;
    }
    free(bytes.data);
    ie_buffer_free(&png);
}

/* A tag that is not there, and one that is another. */
static void a_tag_that_does_not_read_back_is_told(void **state)
{
    (void)state;
    if (!can_write(IE_FORMAT_JXL)) {
        skip();
    }
    ie_buffer png = {0}, out = {0};
    make_png(&png, 16, 16, 8, -1, 1);
    file_bytes bytes =
        bytes_of(converted(picture_file(png.data, png.size), IE_FORMAT_PNG, IE_FORMAT_JXL, 50, 1));
    assert_true(
        ie_meta_embed(IE_FORMAT_JXL, bytes.data, bytes.size, tiff_span(), (ie_span){0}, &out));
    const char *path = picture_file(out.data, out.size);
    static const char *const lines[][2] = {{"Exif.Image.Make=Abc", NULL},
                                           {"Exif.Image.Make=Abd", NULL},
                                           {"Exif.Image.Make=Abc", "Exif.Image.Model=X"}};
    for (int i = 0; i < 3; i++) {
        IE_AUTO_TEXTS ie_texts snapshot = {0};
        ie_error err = {0};
        for (int k = 0; k < 2 && lines[i][k] != NULL; k++) {
            ie_texts_add(&snapshot, lines[i][k]);
        }
        assert_int_equal(ie_boxed_check(path, IE_FORMAT_JXL, &snapshot, &err),
                         i == 0 ? IE_OK : IE_ERR_UNSUPPORTED);
        assert_true(i == 0 ||
                    strstr(err.text, i == 1 ? "Exif.Image.Make" : "Exif.Image.Model") != NULL);
    }
    free(bytes.data);
    ie_buffer_free(&png);
    ie_buffer_free(&out);
}

/* "Exif.Photo.MakerNote" of a maker that nobody knows. */
static void the_bytes_of_an_unknown_maker_note_are_compared_too(void **state)
{
    (void)state;
    if (!can_write(IE_FORMAT_JXL)) {
        skip();
    }
    static const char block[] =
        "Exif\0\0II*\0\10\0\0\0\2\0\17\1\2\0\4\0\0\0Abc\0\x69\x87\4\0\1\0\0\0\46\0\0\0\0\0\0\0"
        "\1\0\x7c\x92\7\0\20\0\0\0\70\0\0\0\0\0\0\0unknown note 123";
    ie_buffer jpeg = {0}, png = {0};
    begin_jpeg(&jpeg);
    add_segment(&jpeg, 0xe1, block, sizeof block - 1);
    end_jpeg(&jpeg);
    make_png(&png, 16, 16, 8, -1, 1);
    const char *path =
        converted(picture_file(png.data, png.size), IE_FORMAT_PNG, IE_FORMAT_JXL, 50, 1);
    IE_AUTO_TAGS ie_tags *tags = NULL;
    IE_AUTO_TEXTS ie_texts snapshot = {0};
    ie_error err = {0};
    assert_int_equal(ie_tags_open_memory((const uint8_t *)jpeg.data, jpeg.size, &tags, NULL),
                     IE_OK);
    assert_true(ie_tags_has(tags, "Exif.Photo.MakerNote"));
    assert_int_equal(ie_boxed_embed(tags, false, path, IE_FORMAT_JXL, &snapshot, &err), IE_OK);
    ie_tags_close(tags); /* one at a time */
    tags = NULL;
    assert_int_equal(ie_boxed_check(path, IE_FORMAT_JXL, &snapshot, &err), IE_OK);
    file_bytes bytes = bytes_of(path);
    uint8_t *note = memmem(bytes.data, bytes.size, "unknown note 123", 16);
    assert_non_null(note);
    note[15] = '4';
    const char *changed = picture_file(bytes.data, bytes.size);
    assert_int_equal(ie_boxed_check(changed, IE_FORMAT_JXL, &snapshot, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Exif.Photo.MakerNote"));
    free(bytes.data);
    ie_buffer_free(&jpeg);
    ie_buffer_free(&png);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exif_xmp_and_iptc_come_over_and_back),
        cmocka_unit_test(another_program_reads_the_same_in_the_new_file),
        cmocka_unit_test(a_photo_that_lay_on_its_side_is_turned_once),
        cmocka_unit_test(the_picture_is_the_same_whatever_is_put_beside_it),
        cmocka_unit_test(a_file_cut_or_changed_anywhere_is_refused_or_written_and_nothing_worse),
        cmocka_unit_test(a_tag_that_does_not_read_back_is_told),
        cmocka_unit_test(the_bytes_of_an_unknown_maker_note_are_compared_too),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
