// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/phash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

uint64_t ie_phash_of(const double coefficients[64])
{
    double sorted[64];
    memcpy(sorted, coefficients, sizeof sorted);
    qsort(sorted, 64, sizeof *sorted, compare);
    double median = (sorted[31] + sorted[32]) / 2.0;
    uint64_t hash = 0;
    for (int i = 0; i < 64; i++) {
        hash = hash << 1 | (coefficients[i] > median);
    }
    return hash;
}

void ie_phash_turned(const double coefficients[64], uint64_t ret_hashes[8])
{
    /* By orientation: transposed first, then mirrored left to right, then top to bottom. */
    static const struct {
        bool transposed, across, down;
    } turns[8] = {
        {false, false, false}, {false, true, false}, {false, true, true}, {false, false, true},
        {true, false, false},  {true, true, false},  {true, true, true},  {true, false, true},
    };
    for (int turn = 0; turn < 8; turn++) {
        double values[64];
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                double value =
                    turns[turn].transposed ? coefficients[x * 8 + y] : coefficients[y * 8 + x];
                bool negative =
                    (turns[turn].across && x % 2 != 0) != (turns[turn].down && y % 2 != 0);
                values[y * 8 + x] = negative ? -value : value;
            }
        }
        ret_hashes[turn] = ie_phash_of(values);
    }
}
