// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a picture is coded anew, beside format and quality: a set of bits with names. It is part of
 * the action, so that a plan that was saved is carried out as it was shown.
 */
#ifndef IE_CORE_RECODING_H
#define IE_CORE_RECODING_H

#include "core/config.h"

enum {
    IE_RECODE_FULL_CHROMA = 1 << 0, /* colours sampled as finely as light, whatever the source */
    IE_RECODE_PROGRESSIVE = 1 << 1,
    IE_RECODE_SRGB = 1 << 2,    /* colours are converted to sRGB instead of keeping their profile */
    IE_RECODE_DEVELOP = 1 << 3, /* a RAW: from the sensor's data, not from its preview */
    IE_RECODE_DROP_GAIN_MAP = 1 << 4, /* an HDR gain map is left behind */
    IE_RECODE_PACK = 1 << 5           /* a TIFF by LZW */
};

/* What the configuration asks for. */
unsigned ie_recoding_of(const ie_config *config);
/* "chroma-4:4:4, srgb"; buffer of 80. */
const char *ie_recoding_text(unsigned recoding, char buffer[80]);
/* Back; false when there is another word in it. */
bool ie_recoding_parse(const char *text, unsigned *ret_recoding);

#endif
