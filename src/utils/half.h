// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Half-precision numbers (IEEE 754 binary16) as bits: two bytes a number where many are kept. Pure.
 */
#ifndef IE_UTILS_HALF_H
#define IE_UTILS_HALF_H

#include <stdint.h>

/* The nearest, ties to even; too large becomes infinite. */
uint16_t ie_half_from_float(float value);
float ie_half_to_float(uint16_t half); /* exact */

#endif
