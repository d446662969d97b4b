// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which of many 64-bit hashes lie within a Hamming distance of each other: all pairs, exactly,
 * without comparing all with all. Equal hashes are put into classes first, so that a thousand
 * copies of one picture are one value and not half a million pairs; the search is over the
 * different values. Each unordered pair of them within the radius is reported once, always in the
 * same order: it depends on the values and the radius only, not on the processor.
 *
 * Method: multi-index search by the general pigeonhole principle (Qin et al., "GPH: Similarity
 * Search in Hamming Space", ICDE 2018). The 64 bits are cut into m chunks with thresholds t that
 * add up to radius - m + 1; within the radius, at least one chunk differs in at most its t bits. So
 * values are sorted by each chunk in turn, and every bucket is compared, by counting bits, with
 * those buckets only whose chunk is that near. A pair is reported in the first chunk that finds it.
 * m is the one with the least estimated work; for few values it is 1, all with all.
 *
 * Memory: 16 bytes a hash for classes and 12 while they are made; the search 12 bytes a value and
 * an index of at most 16 (at least 1 MB): never above 64 bytes a hash. One thread; no state between
 * calls.
 */
#ifndef IE_CORE_HAMMING_H
#define IE_CORE_HAMMING_H

#include "imgengine.h"

#define IE_HAMMING_MAX_RADIUS 16

/* Hashes by value. */
typedef struct ie_hash_classes {
    uint32_t count;    /* different values */
    uint64_t *values;  /* ascending */
    uint32_t *starts;  /* count + 1: class c is members[starts[c]] .. members[starts[c + 1] - 1] */
    uint32_t *members; /* positions among the given hashes, ascending within a class */
} ie_hash_classes;

/* IE_ERR_LIMIT: more than UINT32_MAX - 1 hashes, or not enough memory. */
ie_status ie_hash_classes_init(ie_hash_classes *ret_classes, const uint64_t *hashes, size_t count,
                               ie_error *err) IE_MUST_CHECK;
void ie_hash_classes_clear(ie_hash_classes *classes);

/* Classes a < b whose values differ in `distance` bits, 1..radius. False ends the search. */
typedef bool ie_hamming_found(void *context, uint32_t a, uint32_t b, unsigned distance);

/* All pairs of classes within the radius (0..IE_HAMMING_MAX_RADIUS; 0 finds none: values differ).
   IE_ERR_USAGE for a larger radius, IE_ERR_LIMIT without memory, IE_ERR_CANCELLED when `found`
   ended it. */
ie_status ie_hamming_search(const ie_hash_classes *classes, unsigned radius,
                            ie_hamming_found *found, void *context, ie_error *err) IE_MUST_CHECK;

#endif
