// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * CPU time and memory of a search among random embeddings: bench_nearest [COUNT [DIMENSION
 * [MOST]]]. Prints each way's time for the products, and that of a whole search.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "core/nearest.h"
#include "utils/half.h"
#include "utils/memory.h"

static uint64_t state = 1;

static uint64_t random_bits(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t dimension = argc > 2 ? strtoull(argv[2], NULL, 10) : 512;
    size_t most = argc > 3 ? strtoull(argv[3], NULL, 10) : 20;
    if (count == 0 || dimension == 0 || dimension > 4096) {
        return 2;
    }
    uint16_t *row = ie_alloc(dimension * sizeof *row),
             *table = ie_alloc(4096 * dimension * sizeof *row);
    float *query = ie_alloc(dimension * sizeof *query),
          *products = ie_alloc(4096 * sizeof *products);
    long before = peak_kib();
    ie_nearest *nearest = ie_nearest_new(dimension);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < dimension; i++) {
            /* Uniform within ±sqrt(3 / dimension): of length 1, nearly. */
            row[i] = ie_half_from_float((float)(((double)(random_bits() & 0xffff) / 32768 - 1) *
                                                sqrt(3.0 / (double)dimension)));
            query[i] = ie_half_to_float(row[i]);
        }
        if (!ie_nearest_add(nearest, row)) {
            return 1;
        }
    }
    for (int path = 0; path < IE_NEAREST_PATHS && dimension % 32 == 0; path++) {
        ie_nearest_scan *scan = ie_nearest_scan_by((ie_nearest_path)path);
        double start = seconds();
        for (size_t r = 0; scan != NULL && r < count; r += 4096) {
            scan(table, 4096, dimension, query, products);
        }
        printf("way %d, rows in the cache or near it: %.3f s\n", path, seconds() - start);
    }
    for (int i = 0; i < 3; i++) {
        double start = seconds();
        ie_near *near;
        size_t found;
        if (ie_nearest_find(nearest, query, most, NULL, NULL, &near, &found, NULL) != IE_OK) {
            return 1;
        }
        printf("%zu x %zu, best %zu: %.3f s (the nearest is %zu, %.4f)\n", count, dimension, found,
               seconds() - start, near[0].row, near[0].similarity);
        free(near);
    }
    printf("memory: %.0f bytes a row\n", (double)(peak_kib() - before) * 1024 / (double)count);
    ie_nearest_free(nearest);
    free(row);
    free(table);
    free(query);
    free(products);
    return 0;
}
