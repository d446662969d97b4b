// SPDX-License-Identifier: GPL-3.0-or-later
/* What every unit test includes: cmocka with its prerequisites, and where test data lies. */
#ifndef IE_TEST_H
#define IE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* $IMGENGINE_TESTDATA, or NULL when there is none: such a test says skip(). The runner sets it. */
static inline const char *testdata(void)
{
    const char *folder = getenv("IMGENGINE_TESTDATA");
    return folder != NULL && folder[0] != 0 ? folder : NULL;
}

#endif
