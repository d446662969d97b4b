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
    static const char *const jpegs[] = {"photos/meta-jpeg/libavif/apple_gainmap_new.jpg",
                                        "photos/meta-jpeg/libavif/apple_gainmap_old.jpg",
                                        "photos/meta-jpeg/libavif/paris_exif_xmp_gainmap_littleendian.jpg"};
    for (size_t i = 0; i < sizeof jpegs / sizeof *jpegs; i++) {
        if (!in_sample(jpegs[i], IE_FORMAT_JPEG)) {
            fail_msg("%s", jpegs[i]);
        }
    }
    assert_true(in_sample("photos/avif/libavif/seine_sdr_gainmap_srgb.avif", IE_FORMAT_AVIF));
}

static void plain_photos_have_none(void **state)
{
    if (missing()) {
        skip();
    }
    assert_false(in_sample("photos/meta-jpeg/libavif/paris_exif_xmp_icc.jpg", IE_FORMAT_JPEG));
    assert_false(in_sample("photos/avif/libavif/paris_icc_exif_xmp.avif", IE_FORMAT_AVIF));
}

static void an_apple_auxiliary_picture_is_found_in_heif(void **state)
{
    static const char auxiliary[] = "\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap";
    ie_buffer auxc = {0}, ipco = {0}, iprp = {0}, meta = {0};
    be32_add(&auxc, 8 + sizeof auxiliary);
    ie_buffer_add(&auxc, "auxC", 4);
    ie_buffer_add(&auxc, auxiliary, sizeof auxiliary);
    const struct {
        ie_buffer *out;
        const char *type;
        const ie_buffer *in;
    } boxes[] = {{&ipco, "ipco", &auxc}, {&iprp, "iprp", &ipco}};
    for (size_t i = 0; i < 2; i++) {
        be32_add(boxes[i].out, (uint32_t)boxes[i].in->size + 8);
        ie_buffer_add(boxes[i].out, boxes[i].type, 4);
        ie_buffer_add(boxes[i].out, boxes[i].in->data, boxes[i].in->size);
    }
    be32_add(&meta, (uint32_t)iprp.size + 12);
    ie_buffer_add(&meta, "meta\0\0\0\0", 8);
    ie_buffer_add(&meta, iprp.data, iprp.size);
    assert_true(ie_gain_map_in((const uint8_t *)meta.data, meta.size, IE_FORMAT_HEIC));
    for (size_t size = 0; size < meta.size - 1; size++) {
        (void)ie_gain_map_in((const uint8_t *)meta.data, size, IE_FORMAT_HEIC);
    }
    ie_buffer_free(&auxc);
    ie_buffer_free(&ipco);
    ie_buffer_free(&iprp);
    ie_buffer_free(&meta);
}

static void a_file_cut_anywhere_is_read_within_its_bounds(void **state)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 'x', 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xe2, 0, 0};
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
        cmocka_unit_test(plain_photos_have_none),
        cmocka_unit_test(an_apple_auxiliary_picture_is_found_in_heif),
        cmocka_unit_test(a_file_cut_anywhere_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
