// SPDX-License-Identifier: GPL-3.0-or-later
/* In what order units take their numbers. */
#include <string.h>

#include "processors/naming_work.h"
#include "utils/text.h"

static char *original_stem(const ie_photo *photo)
{
    const char *name = photo->metadata->original_name != NULL ? photo->metadata->original_name
                                                             : ie_path_base(photo->real_path);
    const char *extension = ie_path_extension(name);
    return ie_strndup(name, strlen(name) - (extension[0] != 0 ? strlen(extension) + 1 : 0));
}

int ie_work_compare_turns(const void *a, const void *b, void *work_)
{
    const ie_work *w = work_;
    const ie_proposal *proposal = w->naming->proposal;
    const ie_photo *x = proposal->photos[w->naming->members->leader[*(const size_t *)a]];
    const ie_photo *y = proposal->photos[w->naming->members->leader[*(const size_t *)b]];
    int64_t s = ie_datetime_order(&x->metadata->captured),
            t = ie_datetime_order(&y->metadata->captured);
    if (s != t) {
        return s < t ? -1 : 1;
    }
    uint32_t m = x->metadata->captured.nanosecond, n = y->metadata->captured.nanosecond;
    if (m != n) {
        return m < n ? -1 : 1;
    }
    IE_AUTO_FREE char *p = original_stem(x);
    IE_AUTO_FREE char *q = original_stem(y);
    int order = ie_compare_natural(p, q);
    return order != 0 ? order : strcmp(x->real_path, y->real_path);
}
