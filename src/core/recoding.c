// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recoding.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"chroma-4:4:4", "progressive", "srgb", "develop",
                                    "drop-gain-map", "pack"}; /* by bit */

enum { COUNT = sizeof names / sizeof *names };

unsigned ie_recoding_of(const ie_config *config)
{
    return (strcmp(config->convert.chroma, "4:4:4") == 0 ? IE_RECODE_FULL_CHROMA : 0u) |
           (config->convert.progressive ? IE_RECODE_PROGRESSIVE : 0u) |
           (config->convert.to_srgb ? IE_RECODE_SRGB : 0u) |
           (strcmp(config->convert.raw, "develop") == 0 ? IE_RECODE_DEVELOP : 0u) |
           (config->convert.drop_gain_map ? IE_RECODE_DROP_GAIN_MAP : 0u) |
           (config->convert.pack_tiff ? IE_RECODE_PACK : 0u);
}

const char *ie_recoding_text(unsigned recoding, char buffer[80])
{
    size_t used = 0;
    buffer[0] = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        if ((recoding >> i & 1) != 0) {
            used +=
                (size_t)snprintf(buffer + used, 80 - used, "%s%s", used > 0 ? ", " : "", names[i]);
        }
    }
    return buffer;
}

bool ie_recoding_parse(const char *text, unsigned *ret_recoding)
{
    ie_config_list words = ie_config_list_parse(text);
    unsigned recoding = 0, found = 0;
    for (uint32_t i = 0; i < words.count; i++) {
        for (unsigned k = 0; k < COUNT; k++) {
            if (strcmp(words.items[i], names[k]) == 0) {
                recoding |= 1u << k;
                found++;
            }
        }
    }
    bool good = words.count > 0 && found == words.count;
    ie_config_list_free(&words);
    if (good) {
        *ret_recoding = recoding;
    }
    return good;
}
