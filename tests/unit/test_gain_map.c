// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/gain_map.h"

#include "pictures.h"

static bool in_sample(const char *name, ie_format format)
{
    IE_AUTO_FREE char *path = ie_path_join(testdata(), name);
    ie_buffer bytes = {0};
    picture_read(path, &bytes);
    bool found = ie_gain_map_in((const uint8_t *)bytes.data, bytes.size, format);
    ie_buffer_free(&bytes);
    return found;
}

static bool missing(void)
{
    if (testdata() == NULL) {
        printf("no test data: skipped\n");
    }
    return testdata() == NULL;
}

static void gain_maps_of_each_kind_are_found(void **state)
{
    if (missing()) {
        skip();
    }
    static const char *const jpegs[] = {
        "photos/meta-jpeg/libavif/apple_gainmap_new.jpg",
        "photos/meta-jpeg/libavif/apple_gainmap_old.jpg",
        "photos/meta-jpeg/libavif/paris_exif_xmp_gainmap_littleendian.jpg"};
    for (size_t i = 0; i < sizeof jpegs / sizeof *jpegs; i++) {
        if (!in_sample(jpegs[i], IE_FORMAT_JPEG)) {
            fail_msg("%s", jpegs[i]);
        }
    }
    assert_true(in_sample("photos/avif/libavif/seine_sdr_gainmap_srgb.avif", IE_FORMAT_AVIF));
}

/* As programs leave it that save the first picture anew and keep the XMP. */
static void what_tells_of_a_map_that_is_gone_is_none(void **state)
{
    static const char *const jpegs[] = {
        "photos/meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg",
        "photos/meta-jpeg/libavif/paris_exif_xmp_gainmap_littleendian.jpg"};
    if (missing()) {
        skip();
    }
    for (size_t i = 0; i < sizeof jpegs / sizeof *jpegs; i++) {
        IE_AUTO_FREE char *path = ie_path_join(testdata(), jpegs[i]);
        ie_buffer bytes = {0};
        picture_read(path, &bytes);
        const char *map = memmem(bytes.data, bytes.size, "\xff\xd9\xff\xd8\xff", 5);
        assert_non_null(map);
        size_t first = (size_t)(map - bytes.data) + 2;
        assert_true(ie_gain_map_in((const uint8_t *)bytes.data, bytes.size, IE_FORMAT_JPEG));
        assert_false(ie_gain_map_in((const uint8_t *)bytes.data, first, IE_FORMAT_JPEG));
        ie_buffer_free(&bytes);
    }
}

static void plain_photos_have_none(void **state)
{
    if (missing()) {
        skip();
    }
    assert_false(in_sample("photos/meta-jpeg/libavif/paris_exif_xmp_icc.jpg", IE_FORMAT_JPEG));
    assert_false(in_sample("photos/avif/libavif/paris_icc_exif_xmp.avif", IE_FORMAT_AVIF));
}

/* ---- made files ---------------------------------------------------------------------------- */

static void box(ie_buffer *out, const char *type, const char *head, size_t head_size,
                const ie_buffer *inner)
{
    be32_add(out, (uint32_t)(8 + head_size + (inner != NULL ? inner->size : 0)));
    ie_buffer_add(out, type, 4);
    ie_buffer_add(out, head, head_size);
    if (inner != NULL) {
        ie_buffer_add(out, inner->data, inner->size);
    }
}

static bool found_in(const ie_buffer *file, ie_format format)
{
    for (size_t size = 0; size < file->size; size++) { /* cut anywhere: within its bounds */
        uint8_t *copy = ie_alloc(size + 1);
        memcpy(copy, file->data, size);
        (void)ie_gain_map_in(copy, size, format);
        free(copy);
    }
    return ie_gain_map_in((const uint8_t *)file->data, file->size, format);
}

static void an_apple_auxiliary_picture_is_found_in_heif(void **state)
{
    static const char auxiliary[] = "\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap";
    static const char alpha[] = "\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    for (int is_map = 0; is_map < 2; is_map++) {
        ie_buffer auxc = {0}, ipco = {0}, iprp = {0}, meta = {0};
        box(&auxc, "auxC", is_map ? auxiliary : alpha, is_map ? sizeof auxiliary : sizeof alpha,
            NULL);
        box(&ipco, "ipco", "", 0, &auxc);
        box(&iprp, "iprp", "", 0, &ipco);
        box(&meta, "meta", "\0\0\0\0", 4, &iprp);
        assert_int_equal(found_in(&meta, IE_FORMAT_HEIC), is_map);
        assert_int_equal(found_in(&meta, IE_FORMAT_AVIF), is_map);
        ie_buffer_free(&auxc);
        ie_buffer_free(&ipco);
        ie_buffer_free(&iprp);
        ie_buffer_free(&meta);
    }
}

static void a_tone_map_item_is_found_in_heif_and_avif(void **state)
{
    static const char *const types[] = {"av01", "tmap"};
    for (int version = 2; version <= 3; version++) {
        for (int is_map = 0; is_map < 2; is_map++) {
            ie_buffer head = {0}, infe = {0}, iinf = {0}, meta = {0};
            const char flags[4] = {(char)version, 0, 0, 0};
            ie_buffer_add(&head, flags, 4);
            ie_buffer_add(&head, "\0\0\0\5", version == 2 ? 2 : 4); /* the item's number */
            ie_buffer_add(&head, "\0\0", 2);
            ie_buffer_add(&head, types[is_map], 4);
            ie_buffer_char(&head, 0);
            box(&infe, "infe", head.data, head.size, NULL);
            box(&iinf, "iinf", "\0\0\0\0\0\1", 6, &infe);
            box(&meta, "meta", "\0\0\0\0", 4, &iinf);
            assert_int_equal(found_in(&meta, IE_FORMAT_AVIF), is_map);
            assert_int_equal(found_in(&meta, IE_FORMAT_HEIC), is_map);
            ie_buffer_free(&head);
            ie_buffer_free(&infe);
            ie_buffer_free(&iinf);
            ie_buffer_free(&meta);
        }
    }
}

static void a_box_with_a_gain_map_is_found_in_jpeg_xl(void **state)
{
    static const struct {
        const char *type, *body;
        bool is_map;
    } rows[] = {{"jhgm", "\0map!", true},
                {"brob", "jhgm?", true},
                {"brob", "Exif?", false},
                {"Exif", "jhgm?", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_buffer file = {0};
        box(&file, "JXL ", "\r\n\x87\n", 4, NULL);
        box(&file, "ftyp", "jxl \0\0\0\0jxl ", 12, NULL);
        box(&file, rows[i].type, rows[i].body, 5, NULL);
        assert_int_equal(found_in(&file, IE_FORMAT_JXL), rows[i].is_map);
        ie_buffer_free(&file);
    }
    static const uint8_t bare[] = {0xff, 0x0a, 'j', 'h', 'g', 'm'};
    assert_false(ie_gain_map_in(bare, sizeof bare, IE_FORMAT_JXL));
    assert_true(ie_gain_map_possible(IE_FORMAT_JXL) && ie_gain_map_possible(IE_FORMAT_JPEG));
    assert_true(ie_gain_map_possible(IE_FORMAT_HEIC) && ie_gain_map_possible(IE_FORMAT_AVIF));
    assert_false(ie_gain_map_possible(IE_FORMAT_PNG));
}

static void segment(ie_buffer *out, uint8_t marker, const char *body, size_t size)
{
    const char head[4] = {(char)0xff, (char)marker, (char)((size + 2) >> 8), (char)(size + 2)};
    ie_buffer_add(out, head, 4);
    ie_buffer_add(out, body, size);
}

static void ultra_hdr_iso_and_apple_maps_are_found_in_jpegs(void **state)
{
    static const char ultra[] = "http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version=\"1.0\"/>";
    static const char iso[] = "urn:iso:std:iso:ts:21496:-1\0\0\0\0\0";
    static const char apple[] =
        "http://ns.adobe.com/xap/1.0/\0<x HDRGainMap:HDRGainMapVersion=\"65536\"/>";
    static const char plain[] = "http://ns.adobe.com/xap/1.0/\0<x dc:title=\"a gain map\"/>";
    const struct {
        uint8_t marker;
        const char *body;
        size_t size;
        bool is_map;
    } rows[] = {{0xe1, ultra, sizeof ultra, true},
                {0xe2, iso, sizeof iso, true},
                {0xe1, apple, sizeof apple, true},
                {0xe1, plain, sizeof plain, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int second = 0; second < 2; second++) { /* in the first picture, or in one behind it */
            ie_buffer file = {0};
            ie_buffer_add(&file, "\xff\xd8", 2);
            if (second) {
                segment(&file, 0xe0, "JFIF\0\1\1\0\0\1\0\1\0\0", 14);
                segment(&file, 0xda, "\1\1\0\0\77\0", 6);
                ie_buffer_add(&file, "coded\xff\xd9\xff\xd8", 9);
            }
            segment(&file, rows[i].marker, rows[i].body, rows[i].size);
            segment(&file, 0xda, "\1\1\0\0\77\0", 6);
            ie_buffer_add(&file, "coded\xff\xd9", 7);
            if (!second) {
                assert_false(found_in(&file, IE_FORMAT_JPEG)); /* there is no second picture */
                ie_buffer_add(&file, "\xff\xd8", 2);
                segment(&file, 0xda, "\1\1\0\0\77\0", 6);
                ie_buffer_add(&file, "map\xff\xd9", 5);
            }
            assert_int_equal(found_in(&file, IE_FORMAT_JPEG), rows[i].is_map);
            ie_buffer_free(&file);
        }
    }
}

static void a_file_cut_anywhere_is_read_within_its_bounds(void **state)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 'x', 0xff,
                                   0xd9, 0xff, 0xd8, 0xff, 0xe2, 0,    0};
    for (size_t size = 0; size <= sizeof jpeg; size++) {
        uint8_t *copy = ie_alloc(size + 1);
        memcpy(copy, jpeg, size);
        assert_false(ie_gain_map_in(copy, size, IE_FORMAT_JPEG));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gain_maps_of_each_kind_are_found),
        cmocka_unit_test(what_tells_of_a_map_that_is_gone_is_none),
        cmocka_unit_test(plain_photos_have_none),
        cmocka_unit_test(an_apple_auxiliary_picture_is_found_in_heif),
        cmocka_unit_test(a_tone_map_item_is_found_in_heif_and_avif),
        cmocka_unit_test(a_box_with_a_gain_map_is_found_in_jpeg_xl),
        cmocka_unit_test(ultra_hdr_iso_and_apple_maps_are_found_in_jpegs),
        cmocka_unit_test(a_file_cut_anywhere_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
