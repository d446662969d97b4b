// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One function for each number of a range, on as many threads as the configuration asks for; the
 * caller's is one of them. The order is not promised; all are done, or cancelled, when the call
 * returns.
 */
#ifndef IE_ENGINE_PARALLEL_H
#define IE_ENGINE_PARALLEL_H

#include <stddef.h>

#include "core/config.h"

typedef struct ie_parallel {
    const ie_config *config;
    const volatile int *cancel; /* may be NULL */
    void (*each)(void *user, size_t index); /* on any of the threads */
    void *user;
} ie_parallel;

void ie_parallel_run(const ie_parallel *parallel, size_t first, size_t end);

#endif
