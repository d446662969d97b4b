// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/parallel.h"
#include "test.h"

#define MANY 1000

typedef struct marks {
    int seen[MANY];
    volatile int cancel;
} marks;

static void mark(void *user, size_t index)
{
    marks *m = user;
    m->seen[index]++;
}

static void each_number_of_the_range_is_done_once(void **state)
{
    ie_config *config = ie_config_new();
    for (int workers = 1; workers <= 4; workers++) {
        marks m = {.cancel = 0};
        char text[8];
        snprintf(text, sizeof text, "%d", workers);
        assert_int_equal(ie_config_set(config, "processing.max_workers", text, "test", NULL),
                         IE_OK);
        const ie_parallel parallel = {config, &m.cancel, mark, &m};
        ie_parallel_run(&parallel, 10, MANY - 10);
        ie_parallel_run(&parallel, 5, 5);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(m.seen[i], i >= 10 && i < MANY - 10);
        }
    }
    ie_config_free(config);
}

static void stop(void *user, size_t index)
{
    marks *m = user;
    (void)index;
    m->seen[0]++;
    m->cancel = 1;
}

static void nothing_is_begun_after_a_cancel(void **state)
{
    ie_config *config = ie_config_new();
    marks m = {.cancel = 0};
    assert_int_equal(ie_config_set(config, "processing.max_workers", "1", "test", NULL), IE_OK);
    const ie_parallel parallel = {config, &m.cancel, stop, &m};
    ie_parallel_run(&parallel, 0, MANY);
    assert_int_equal(m.seen[0], 1);
    ie_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_of_the_range_is_done_once),
        cmocka_unit_test(nothing_is_begun_after_a_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
