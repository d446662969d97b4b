// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <malloc.h>

#include "storage/jpeg_write.h"

enum { SIDE = 512, ROUNDS = 24 };

/* A row of noise: it codes into more than any buffer that is thought to suffice. */
static void fill(uint8_t row[SIDE * 3], uint32_t *random)
{
    for (size_t i = 0; i < (size_t)SIDE * 3; i++) {
        *random = *random * 1664525 + 1013904223;
        row[i] = (uint8_t)(*random >> 24);
    }
}

static ie_jpeg_writer *begin(void)
{
    const ie_jpeg_picture picture = {
        .width = SIDE, .height = SIDE, .channels = 3, .quality = 100, .full_chroma = true};
    return ie_jpeg_writer_new(&picture);
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void noise_fits_in_whatever_room_it_takes(void **state)
{
    (void)state;
    uint8_t row[SIDE * 3], *bytes = NULL;
    size_t size = 0;
    uint32_t random = 1;
    ie_jpeg_writer *writer = begin();
    assert_non_null(writer);
    for (int i = 0; i < SIDE; i++) {
        fill(row, &random);
        assert_true(ie_jpeg_writer_add(writer, row));
    }
    assert_false(ie_jpeg_writer_add(writer, row));
    assert_true(ie_jpeg_writer_end(writer, &bytes, &size));
    ie_jpeg_writer_free(writer);
    assert_true(size > 65536 + (size_t)SIDE * SIDE * 3 / 2); /* more than was kept ready */
    assert_memory_equal(bytes, "\xff\xd8", 2);
    assert_memory_equal(bytes + size - 2, "\xff\xd9", 2);
    free(bytes);
}

/* Under the sanitizers malloc tells nothing, and they tell of what is left. */
static void what_is_given_up_leaves_nothing_behind(void **state)
{
    (void)state;
    uint8_t row[SIDE * 3], *bytes = NULL;
    size_t size = 0, before = 0;
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        before = round == 1 ? in_use() : before;
        ie_jpeg_writer *writer = begin();
        assert_non_null(writer);
        for (int i = 1; i < SIDE; i++) {
            fill(row, &random);
            assert_true(ie_jpeg_writer_add(writer, row));
        }
        assert_false(ie_jpeg_writer_end(writer, &bytes, &size));
        ie_jpeg_writer_free(writer);
    }
    size_t after = in_use();
    assert_true(after < before + 400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_fits_in_whatever_room_it_takes),
        cmocka_unit_test(what_is_given_up_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
