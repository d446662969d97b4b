// SPDX-License-Identifier: GPL-3.0-or-later
#include "exif_help.h"

#include <pthread.h>

static void *write_often(void *argument)
{
    char *const *paths = argument;
    for (int i = 0; i < 12; i++) {
        const char *keywords[] = {i % 2 == 0 ? "even" : "odd"};
        const ie_tag_edit edit = {.add_keywords = {keywords, 1, 0}, .rating = i % 6};
        if (ie_exif_write(paths[i % 3], format_of(paths[i % 3]), &edit, NULL) != IE_OK) {
            return argument;
        }
    }
    return NULL;
}

static void threads_write_one_after_another(void **state)
{
    (void)state;
    static const char *const names[] = {"meta-jpeg/goexif/sample1.jpg", "png/exif-rs/exif.png",
                                        "webp/exif-rs/exif.webp"};
    pthread_t threads[4];
    char *paths[4][3], *folders[4];
    for (size_t i = 0; i < 3; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        for (size_t t = 0; t < 4; t++) {
            folders[t] = i == 0 ? tree_new() : folders[t];
            paths[t][i] = copied(folders[t], from);
        }
    }
    for (size_t t = 0; t < 4; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, write_often, paths[t]), 0);
    }
    for (size_t t = 0; t < 4; t++) {
        void *failed = NULL;
        pthread_join(threads[t], &failed);
        assert_null(failed);
        for (size_t i = 0; i < 3; i++) {
            file_bytes first = bytes_of(paths[0][i]), other = bytes_of(paths[t][i]);
            assert_int_equal(first.size, other.size);
            assert_memory_equal(first.data, other.data, first.size);
            free(first.data);
            free(other.data);
            if (t > 0) {
                free(paths[t][i]);
            }
        }
    }
    for (size_t t = 0; t < 4; t++) {
        tree_remove(folders[t]);
        free(folders[t]);
    }
    for (size_t i = 0; i < 3; i++) {
        free(paths[0][i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_write_one_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
