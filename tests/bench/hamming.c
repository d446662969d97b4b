// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * CPU time of the search over evenly spread hashes with one in twenty a near copy of another (0..8
 * bits off): bench_hamming COUNT RADIUS [CHUNKS] Prints seconds for classes and search, and the
 * number of pairs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hamming_scan.h"
#include "utils/memory.h"
#include "utils/text.h"

static uint64_t state = UINT64_C(88172645463325252);

static uint64_t random_bits(void)
{
    state ^= state << 7;
    state ^= state >> 9;
    uint64_t z = state * UINT64_C(0x9e3779b97f4a7c15);
    return z ^ z >> 32;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool count_pair(void *context, uint32_t a, uint32_t b, unsigned distance)
{
    ++*(uint64_t *)context;
    return true;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    unsigned radius = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 8;
    unsigned chunks = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    uint64_t *hashes = ie_alloc((count + 1) * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = random_bits();
        if (i > 20 && random_bits() % 100 < 5) {
            hashes[i] = hashes[random_bits() % i];
            for (uint64_t bits = random_bits() % 9; bits > 0; bits--) {
                hashes[i] ^= UINT64_C(1) << (random_bits() & 63);
            }
        }
    }
    ie_hamming_scan *scan = NULL;
    for (int path = IE_HAMMING_PATHS - 1; scan == NULL; path--) {
        scan = ie_hamming_scan_by((ie_hamming_path)path);
    }
    ie_hash_classes classes;
    uint64_t pairs = 0;
    double start = seconds();
    if (ie_hash_classes_init(&classes, hashes, count, NULL) != IE_OK) {
        return 1;
    }
    double middle = seconds();
    if (ie_hamming_search_by(&classes, radius, scan, chunks, count_pair, &pairs, NULL) != IE_OK) {
        return 1;
    }
    double end = seconds();
    printf("%zu hashes, radius %u: classes %.4f s, search %.4f s, together %.4f s; %u different, "
           "%llu pairs\n",
           count, radius, middle - start, end - middle, end - start, classes.count,
           (unsigned long long)pairs);
    ie_hash_classes_clear(&classes);
    free(hashes);
    return 0;
}
