// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/engine.h"
#include "test.h"

static const ie_summary fine = {
    .found = 8,
    .found_bytes = 100,
    .accounted_bytes = 100,
    .other = 1,
    .kept = 1,
    .copied = 1,
    .moved = 1,
    .replaced = 1,
    .quarantined = 1,
    .skipped = 1,
    .failed = 1,
};

static void each_file_is_counted_once(void **state)
{
    assert_int_equal(ie_summary_check(&fine, NULL), IE_OK);
}

static void a_file_that_is_not_accounted_for_is_an_error(void **state)
{
    for (int more = -1; more <= 1; more += 2) {
        ie_summary summary = fine;
        ie_error err = {0};
        summary.moved += (uint64_t)more;
        assert_int_equal(ie_summary_check(&summary, &err), IE_ERR_INTERNAL);
        assert_non_null(strstr(err.text, "8 files"));
    }
}

static void bytes_that_are_not_accounted_for_are_an_error(void **state)
{
    ie_summary summary = fine;
    ie_error err = {0};
    summary.accounted_bytes--;
    assert_int_equal(ie_summary_check(&summary, &err), IE_ERR_INTERNAL);
    assert_non_null(strstr(err.text, "99 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_counted_once),
        cmocka_unit_test(a_file_that_is_not_accounted_for_is_an_error),
        cmocka_unit_test(bytes_that_are_not_accounted_for_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
