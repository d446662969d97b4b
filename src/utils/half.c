// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/half.h"

#include <string.h>

#define FLOAT_INFINITY 0x7f800000u
#define HALF_INFINITY 0x7c00u

uint16_t ie_half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size >= FLOAT_INFINITY) {
        return (uint16_t)(sign | HALF_INFINITY | (size > FLOAT_INFINITY ? 0x200 : 0));
    }
    if (size >= 0x47800000) { /* 65536 and more */
        return (uint16_t)(sign | HALF_INFINITY);
    }
    if (size < 0x38800000) { /* below 2^-14: no leading one any more */
        float magnitude;
        memcpy(&magnitude, &size, sizeof magnitude);
        /* The addition rounds to multiples of 2^-24, which then stand in the lowest bits. */
        magnitude += 0.5f;
        memcpy(&size, &magnitude, sizeof size);
        return (uint16_t)(sign | (size - 0x3f000000));
    }
    uint32_t odd = size >> 13 & 1;
    return (uint16_t)(sign | ((size - 0x38000000 + 0xfff + odd) >> 13));
}

float ie_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = (uint32_t)(half & 0x7fff) << 13;
    float value;
    if (size >= (uint32_t)HALF_INFINITY << 13) {
        size += 0x70000000; /* infinite or not a number: the exponent is all ones in both */
    } else if (size >= 0x800000) {
        size += 0x38000000;
    } else {
        value = (float)(half & 0x3ff) * 0x1p-24f;
        memcpy(&size, &value, sizeof size);
    }
    size |= sign;
    memcpy(&value, &size, sizeof value);
    return value;
}
