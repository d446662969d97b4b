// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Finds out which files have equal bytes without reading those that cannot: equal size, then an
 * equal hash of head and tail, then an equal hash of everything (XXH3-128). Only files that stay in
 * a group of two or more distinct inodes are read further. Reads files on several threads; changes
 * none. Equality found here is a candidate: before anything goes, apply compares the bytes.
 */
#ifndef IE_ENGINE_COMPARE_H
#define IE_ENGINE_COMPARE_H

#include "core/config.h"
#include "core/photo.h"

/* Of files up to this size head and tail are all there is. The pipeline hashes them while it has
   them open. */
#define IE_COMPARE_SMALL 32768

typedef struct ie_compare {
    const ie_config *config;
    void (*progress)(void *user, const ie_progress *progress);
    void *user;
    const volatile int *cancel;
    /* IE_HAVE_*: what the keep rule needs of files that have an equal, analyzed here */
    unsigned facts;
} ie_compare;

/* Sets xxh3 and IE_HAVE_XXH3 on every photo, video and sidecar that may have an equal. A file that
   cannot be read gets a fault and no hash. IE_ERR_CANCELLED. */
ie_status ie_compare_run(const ie_compare *compare, ie_photo **photos, size_t count,
                         ie_error *err) IE_MUST_CHECK;

#endif
