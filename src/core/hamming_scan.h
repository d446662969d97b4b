// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The inner loop of core/hamming: one bucket of hashes with each of those near it, by counting
 * different bits, as wide as the processor is. All ways report the same pairs in the same order:
 * what is wide only tells whether there is any pair among some rows and eight columns; which, is
 * found one by one, because pairs are rare.
 */
#ifndef IE_CORE_HAMMING_SCAN_H
#define IE_CORE_HAMMING_SCAN_H

#include "core/hamming.h"

typedef struct ie_hamming_job {
    const uint64_t *values;
    const uint32_t *places; /* bucket k is values[places[k]] .. values[places[k + 1] - 1] */
    const uint32_t
        *masks; /* of the buckets near bucket k: those at k ^ mask; the first mask is 0 */
    size_t mask_count;
    unsigned radius;
    void (*hit)(void *context, uint32_t i, uint32_t j); /* positions among values, not the same */
    void *context;
} ie_hamming_job;

/* All pairs of bucket `key` with itself and with the buckets of larger number near it. */
typedef void ie_hamming_scan(const ie_hamming_job *job, uint32_t key);

typedef enum ie_hamming_path {
    IE_HAMMING_PORTABLE,
    IE_HAMMING_AVX2,
    IE_HAMMING_AVX512, /* with VPOPCNTDQ */
    IE_HAMMING_PATHS
} ie_hamming_path;

/* NULL when this processor or build cannot. */
ie_hamming_scan *ie_hamming_scan_by(ie_hamming_path path);

/* ie_hamming_search() by a certain path and number of chunks (0: whichever is cheapest; never 2),
   for tests and measurements. */
ie_status ie_hamming_search_by(const ie_hash_classes *classes, unsigned radius,
                               ie_hamming_scan *scan, unsigned chunks, ie_hamming_found *found,
                               void *context, ie_error *err) IE_MUST_CHECK;

#endif
