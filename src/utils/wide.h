// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * IE_WIDE before a function: the compiler makes it twice, for AVX2 and for any processor, and the
 * loader takes the one that fits. Only for functions whose result does not depend on that: whole
 * numbers, or real ones whose every product and sum is rounded by itself (-ffp-contract=off).
 * Sanitizers and clang do without.
 */
#ifndef IE_UTILS_WIDE_H
#define IE_UTILS_WIDE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define IE_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define IE_WIDE
#endif

#endif
