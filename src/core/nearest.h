// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The rows of a table of vectors that are nearest to a query by cosine, exactly: every row is
 * looked at. Rows have length 1 and lie in half precision, so the table takes two bytes a number
 * and nothing else. A search adds the products in single precision, as wide as the processor is,
 * and then again in double precision, in one order, for the rows that could be among the best by
 * the first's error bound; so what comes out is the same on every processor. Filled by one thread;
 * then read-only, hence shared by threads freely.
 */
#ifndef IE_CORE_NEAREST_H
#define IE_CORE_NEAREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

typedef struct ie_nearest ie_nearest;

typedef struct ie_near {
    size_t row;
    double similarity; /* -1..1 */
} ie_near;

ie_nearest *ie_nearest_new(size_t dimension); /* 1 or more */
void ie_nearest_free(ie_nearest *nearest);    /* NULL is fine */
/* Adds a row of `dimension` binary16 numbers. False when there is no memory for it. */
bool ie_nearest_add(ie_nearest *nearest, const uint16_t *values) IE_MUST_CHECK;
size_t ie_nearest_count(const ie_nearest *nearest);

/* Does row a stand before row b, which are equally near? */
typedef bool (*ie_near_before_fn)(void *user, size_t a, size_t b);

/* At most `most` rows nearest to the query (`dimension` numbers, of length 1), the nearest first;
   equally near ones by `before`, NULL: by number. *ret_near: free() it. IE_ERR_LIMIT: no memory for
   it. */
ie_status ie_nearest_find(const ie_nearest *nearest, const float *query, size_t most,
                          ie_near_before_fn before, void *user, ie_near **ret_near,
                          size_t *ret_count, ie_error *err) IE_MUST_CHECK;

typedef enum ie_nearest_path {
    IE_NEAREST_PORTABLE,
    IE_NEAREST_AVX2,
    IE_NEAREST_PATHS
} ie_nearest_path; /* with F16C, FMA */

/* The products of `count` rows with the query, for tests and measurements. */
typedef void ie_nearest_scan(const uint16_t *rows, size_t count, size_t dimension,
                             const float *query, float *ret_products);
ie_nearest_scan *
ie_nearest_scan_by(ie_nearest_path path); /* NULL when this processor or build cannot */

#endif
