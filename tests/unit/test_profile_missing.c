// SPDX-License-Identifier: GPL-3.0-or-later
/* Colours on a machine without LittleCMS: this program has a loader of its own, which does not find
   that library. */
#include <dlfcn.h>

#include "exif_help.h"
#include "pictures.h"
#include "storage/color_profile.h"
#include "storage/exif_strip.h"
#include "utils/late.h"

bool ie_late_load(const char *library, const char *const *names, size_t count, void *slots)
{
    char *slot = slots;
    memset(slots, 0, count * sizeof(void *));
    void *handle = strstr(library, "lcms") == NULL
                       ? dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)
                       : NULL;
    for (size_t i = 0; handle != NULL && i < count; i++) {
        void *symbol = dlsym(handle, names[i]);
        assert_non_null(symbol);
        memcpy(slot + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return handle != NULL;
}

enum { PLAIN, WITH_PROFILE, WITH_EXIF };

/* A JPEG, and what it says of its colours. */
static const char *jpeg_with(int what)
{
    static const uint8_t exif[] = {'E', 'x', 'i', 'f',  0,    0, 'M', 'M', 0,    42, 0, 0, 0,
                                   8,   0,   1,   0x87, 0x69, 0, 4,   0,   0,    0,  1, 0, 0,
                                   0,   26,  0,   0,    0,    0, 0,   1,   0xa0, 1,  0, 3, 0,
                                   0,   0,   1,   0,    2,    0, 0,   0,   0,    0,  0};
    uint8_t profile[14 + 200] = "ICC_PROFILE\0\1\1";
    ie_buffer ppm = {0}, jpeg = {0}, out = {0};
    make_ppm(&ppm, 32, 32);
    picture_read(converted(picture_file(ppm.data, ppm.size), IE_FORMAT_PNM, IE_FORMAT_JPEG, 90, 1),
                 &jpeg);
    ie_buffer_add(&out, jpeg.data, 2);
    if (what == WITH_PROFILE) {
        add_segment(&out, 0xe2, profile, sizeof profile);
    } else if (what == WITH_EXIF) {
        add_segment(&out, 0xe1, exif, sizeof exif);
    }
    ie_buffer_add(&out, jpeg.data + 2, jpeg.size - 2);
    const char *path = picture_file(out.data, out.size);
    ie_buffer_free(&ppm);
    ie_buffer_free(&jpeg);
    ie_buffer_free(&out);
    return path;
}

static void colours_that_need_a_profile_are_refused_and_others_are_not(void **state)
{
    (void)state;
    assert_false(ie_profile_ready());
    static const ie_format targets[] = {IE_FORMAT_PNG, IE_FORMAT_WEBP, IE_FORMAT_TIFF};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        for (int what = PLAIN; what <= WITH_EXIF; what++) {
            const char *path = NULL;
            ie_error err = {0};
            ie_status status =
                convert_status(jpeg_with(what), IE_FORMAT_JPEG, targets[i], 90, 1, &path, &err);
            assert_int_equal(status, what == PLAIN ? IE_OK : IE_ERR_UNSUPPORTED);
            assert_true(what == PLAIN || strstr(err.text, "LittleCMS") != NULL);
        }
    }
}

static void exif_that_alone_tells_the_colours_is_not_stripped(void **state)
{
    (void)state;
    const char *path = jpeg_with(WITH_EXIF);
    ie_error err = {0};
    assert_int_equal(ie_exif_strip(path, IE_FORMAT_JPEG, IE_STRIP_ALL, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "LittleCMS"));
    assert_true(holds(path, "Exif"));
    assert_int_equal(ie_exif_strip(jpeg_with(PLAIN), IE_FORMAT_JPEG, IE_STRIP_ALL, NULL), IE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_that_need_a_profile_are_refused_and_others_are_not),
        cmocka_unit_test(exif_that_alone_tells_the_colours_is_not_stripped),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
