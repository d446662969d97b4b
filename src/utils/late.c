// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/late.h"

#include <dlfcn.h>
#include <string.h>

bool ie_late_load(const char *library, const char *const *names, size_t count, void *slots)
{
    char *slot = slots;
    memset(slots, 0, count * sizeof(void *));
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(handle, names[i]);
        if (symbol == NULL) {
            memset(slots, 0, count * sizeof(void *));
            return false;
        }
        memcpy(slot + i * sizeof symbol, &symbol,
               sizeof symbol); /* ISO C has no cast for it; POSIX promises it */
    }
    return true;
}
