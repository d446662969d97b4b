// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hamming_scan.h"

#define COLUMNS 8
/* Buckets whose values are fetched ahead. */
#define AHEAD 4

/* Rows [i, i_end) with `count` (1..8) columns from j on. */
typedef struct block {
    uint32_t i, i_end, j, count;
} block;

/* Is any of the rows within the radius of any of the columns? A wrong yes costs time only. */
typedef bool block_test(const ie_hamming_job *job, block it);

static void report(const ie_hamming_job *job, block it)
{
    for (; it.i < it.i_end; it.i++) {
        for (uint32_t k = it.j > it.i ? it.j : it.i + 1; k < it.j + it.count; k++) {
            if ((unsigned)__builtin_popcountll(job->values[it.i] ^ job->values[k]) <= job->radius) {
                job->hit(job->context, it.i, k);
            }
        }
    }
}

/* Inlined into each way's function, so that its test is inlined here. */
static inline __attribute__((always_inline)) void scan_bucket(const ie_hamming_job *job,
                                                              uint32_t key, block_test *test)
{
    const uint32_t i = job->places[key], i_end = job->places[key + 1];
    for (size_t m = 0; m < job->mask_count; m++) {
        if (m + AHEAD < job->mask_count) {
            __builtin_prefetch(&job->values[job->places[key ^ job->masks[m + AHEAD]]]);
        }
        uint32_t other = key ^ job->masks[m];
        if (other < key) {
            continue;
        }
        for (uint32_t j = job->places[other], j_end = job->places[other + 1]; j < j_end;
             j += COLUMNS) {
            block it = {i, i_end, j, j_end - j < COLUMNS ? j_end - j : COLUMNS};
            if (other == key) {
                /* The rows above the block; those that are its own columns come one by one. */
                it.i_end = j;
                report(job, (block){j, j + it.count, j, it.count});
            }
            if (it.i < it.i_end && test(job, it)) {
                report(job, it);
            }
        }
    }
}

static bool test_portable(const ie_hamming_job *job, block it)
{
    for (; it.i < it.i_end; it.i++) {
        for (uint32_t k = it.j; k < it.j + it.count; k++) {
            if ((unsigned)__builtin_popcountll(job->values[it.i] ^ job->values[k]) <= job->radius) {
                return true;
            }
        }
    }
    return false;
}

static void scan_portable(const ie_hamming_job *job, uint32_t key)
{
    scan_bucket(job, key, test_portable);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512vpopcntdq,popcnt")))

/* Different bits of four pairs: each half byte's by a look-up in the register (Mula, Kurz, Lemire,
   "Faster Population Counts Using AVX2 Instructions", 2018). */
AVX2 static inline __m256i count_bits(__m256i bits)
{
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                            2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i lower = _mm256_shuffle_epi8(counts, _mm256_and_si256(bits, low));
    __m256i upper = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(bits, 4), low));
    return _mm256_sad_epu8(_mm256_add_epi8(lower, upper), _mm256_setzero_si256());
}

AVX2 static inline bool test_avx2(const ie_hamming_job *job, block it)
{
    const __m256i index = _mm256_setr_epi64x(0, 1, 2, 3);
    const long long *columns = (const long long *)(const void *)(job->values + it.j);
    const long long count = it.count;
    const __m256i first =
        _mm256_maskload_epi64(columns, _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), index));
    const __m256i second = _mm256_maskload_epi64(
        columns + 4, _mm256_cmpgt_epi64(_mm256_set1_epi64x(count - 4), index));
    /* Counts are below 65 and lie in the lower half of each 64 bits. */
    __m256i least = _mm256_set1_epi64x(64);
    for (; it.i < it.i_end; it.i++) {
        const __m256i value = _mm256_set1_epi64x((long long)job->values[it.i]);
        least = _mm256_min_epu32(least, count_bits(_mm256_xor_si256(value, first)));
        least = _mm256_min_epu32(least, count_bits(_mm256_xor_si256(value, second)));
    }
    const __m256i beyond = _mm256_set1_epi64x((long long)job->radius + 1);
    return _mm256_movemask_epi8(_mm256_cmpgt_epi64(beyond, least)) != 0;
}

AVX2 static void scan_avx2(const ie_hamming_job *job, uint32_t key)
{
    scan_bucket(job, key, test_avx2);
}

AVX512 static inline bool test_avx512(const ie_hamming_job *job, block it)
{
    const __mmask8 there = (__mmask8)((1u << it.count) - 1);
    const __m512i columns = _mm512_maskz_loadu_epi64(there, job->values + it.j);
    __m512i least = _mm512_set1_epi64(64);
    for (; it.i < it.i_end; it.i++) {
        const __m512i value = _mm512_set1_epi64((long long)job->values[it.i]);
        least = _mm512_min_epu32(least, _mm512_popcnt_epi64(_mm512_xor_si512(value, columns)));
    }
    return _mm512_mask_cmple_epu64_mask(there, least, _mm512_set1_epi64((long long)job->radius)) !=
           0;
}

AVX512 static void scan_avx512(const ie_hamming_job *job, uint32_t key)
{
    scan_bucket(job, key, test_avx512);
}

ie_hamming_scan *ie_hamming_scan_by(ie_hamming_path path)
{
    switch (path) {
    case IE_HAMMING_PORTABLE:
        return scan_portable;
    case IE_HAMMING_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") ? scan_avx2
                                                                                  : NULL;
    case IE_HAMMING_AVX512:
        return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq")
                   ? scan_avx512
                   : NULL;
    default:
        return NULL;
    }
}
#else
ie_hamming_scan *ie_hamming_scan_by(ie_hamming_path path)
{
    return path == IE_HAMMING_PORTABLE ? scan_portable : NULL;
}
#endif
