// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/late.h"

#include <math.h>

#include "test.h"

#define CALLS(X) X(cos) X(sqrt)
typedef struct calls {
    CALLS(IE_LATE_MEMBER)
} calls;
static const char *const names[] = {CALLS(IE_LATE_NAME)};

static void functions_of_a_library_can_be_called_once_it_is_loaded(void **state)
{
    calls libm;
    assert_true(ie_late_load("libm.so.6", names, 2, &libm));
    assert_true(libm.sqrt(81.0) == 9.0);
    assert_true(libm.cos(0.0) == 1.0);
}

static void a_library_that_is_not_there_is_told(void **state)
{
    calls none;
    assert_false(ie_late_load("libimgengine-no-such.so.1", names, 2, &none));
    assert_null(none.cos);
    assert_null(none.sqrt);
}

static void a_library_that_lacks_a_function_is_not_used_at_all(void **state)
{
    static const char *const wanted[] = {"cos", "imgengine_no_such_function"};
    calls half;
    assert_false(ie_late_load("libm.so.6", wanted, 2, &half));
    assert_null(half.cos);
    assert_null(half.sqrt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_a_library_can_be_called_once_it_is_loaded),
        cmocka_unit_test(a_library_that_is_not_there_is_told),
        cmocka_unit_test(a_library_that_lacks_a_function_is_not_used_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
