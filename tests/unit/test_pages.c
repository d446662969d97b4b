// SPDX-License-Identifier: GPL-3.0-or-later
#include "pictures.h"
#include "sheet.h"

#include "core/config.h"
#include "engine/pages.h"
#include "storage/bytes.h"
#include "storage/jpeg_file.h"

/* A photo whose file holds this picture; empty `path`: it is gone. */
static void take(ie_photo *photo, sheet *of, int quality, const char *path)
{
    *photo =
        (ie_photo){.path = path, .real_path = path, .format = IE_FORMAT_JPEG, .orientation = 1};
    photo->sketch = &of->sketch;
    if (path == NULL) {
        size_t size = 0;
        uint8_t *jpeg = ie_jpeg_encode(&of->pixels, quality, &size);
        ie_bytes *bytes = NULL;
        ie_error err = {0};
        assert_non_null(jpeg);
        photo->path = photo->real_path = picture_file(jpeg, size);
        assert_int_equal(ie_bytes_open(photo->path, &bytes, &err), IE_OK);
        photo->stamp = ie_bytes_stamp(bytes);
        ie_bytes_close(bytes);
        free(jpeg);
    }
}

static ie_match look(sheet *a, sheet *b, const char *path_of_b, ie_match verdict)
{
    ie_config *config = ie_config_new();
    const ie_compare compare = {.config = config};
    ie_photo first, second, *photos[] = {&first, &second};
    ie_pair pair = {.a = 0, .b = 1, .verdict = (uint8_t)verdict};
    take(&first, a, 92, NULL);
    take(&second, b, 60, path_of_b);
    ie_pages_tell_apart(&compare, photos, 2, &pair, 1);
    ie_config_free(config);
    assert_int_equal(pair.other_page, verdict != (ie_match)pair.verdict);
    return (ie_match)pair.verdict;
}

static void pages_that_differ_in_one_digit_are_two_and_a_copy_is_none(void **state)
{
    (void)state;
    sheet page = write_page(-1), other = write_page(CHANGED);
    assert_int_equal(look(&page, &page, NULL, IE_MATCH_SAME_PICTURE), IE_MATCH_SAME_PICTURE);
    assert_int_equal(look(&page, &other, NULL, IE_MATCH_SAME_PICTURE), IE_MATCH_SIMILAR_SCENE);
    assert_int_equal(look(&other, &page, NULL, IE_MATCH_SAME_PICTURE), IE_MATCH_SIMILAR_SCENE);
    free(page.pixels.data);
    free(other.pixels.data);
}

static void a_page_that_is_gone_is_no_copy_and_what_is_equal_to_the_bit_is_not_read(void **state)
{
    (void)state;
    sheet page = write_page(-1);
    const char *gone = "/nowhere/at/all.jpg";
    assert_int_equal(look(&page, &page, gone, IE_MATCH_SAME_PICTURE), IE_MATCH_SIMILAR_SCENE);
    assert_int_equal(look(&page, &page, gone, IE_MATCH_SAME_PIXELS), IE_MATCH_SAME_PIXELS);
    free(page.pixels.data);
}

/* Much of it has no one level, nor is it smooth. */
static void a_photo_is_not_read(void **state)
{
    (void)state;
    uint8_t *data = ie_alloc((size_t)SHEET_WIDTH * SHEET_HEIGHT);
    for (int i = 0; i < SHEET_WIDTH * SHEET_HEIGHT; i++) {
        data[i] = (uint8_t)(20 + i % SHEET_WIDTH / 4 + i / SHEET_WIDTH % 40 * 2);
    }
    sheet photo = sheet_of(data, SHEET_WIDTH, SHEET_HEIGHT);
    assert_int_equal(look(&photo, &photo, "/nowhere/at/all.jpg", IE_MATCH_SAME_PICTURE),
                     IE_MATCH_SAME_PICTURE);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_that_differ_in_one_digit_are_two_and_a_copy_is_none),
        cmocka_unit_test(a_page_that_is_gone_is_no_copy_and_what_is_equal_to_the_bit_is_not_read),
        cmocka_unit_test(a_photo_is_not_read),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
