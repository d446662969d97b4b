// SPDX-License-Identifier: GPL-3.0-or-later
/* Our slots against ONNX Runtime's own header, where it is installed (Debian:
   libonnxruntime-dev). */
#include "test.h"

#if __has_include(<onnxruntime/onnxruntime_c_api.h>)
#include <onnxruntime/onnxruntime_c_api.h>
#elif __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#endif

#ifdef ORT_API_VERSION
#define OrtApiBase our_api_base /* theirs has this name already */
#endif
#include "analyzers/onnx_api.h"

static void slots_are_those_of_the_installed_header(void **state)
{
#ifdef ORT_API_VERSION
    int checked = 0;
#define CHECK_17(slot, name)                                                                       \
    assert_int_equal(offsetof(OrtApi, name), (slot) * sizeof(void *));                             \
    checked++;
#if ORT_API_VERSION >= 22
#define CHECK_22(slot, name) CHECK_17(slot, name)
#else
#define CHECK_22(slot, name)
#endif
#define CHECK(slot, since, result, name, parameters) CHECK_##since(slot, name)
    IE_ORT_CALLS(CHECK)
    printf("  %d slots equal those of API %d\n", checked, ORT_API_VERSION);
#else
    printf("  no onnxruntime_c_api.h (Debian's libonnxruntime-dev)\n");
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_those_of_the_installed_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
