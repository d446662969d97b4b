// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/strip.h"

#include <stdio.h>
#include <string.h>

#include "utils/error.h"

static const char *const names[] = {"gps", "serials", "all"}; /* by bit */

static unsigned bit_of(const char *name)
{
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (ie_equal_nocase(name, names[i])) {
            return 1u << i;
        }
    }
    return 0;
}

unsigned ie_strip_of(const ie_config_list *list)
{
    unsigned strip = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        strip |= bit_of(list->items[i]);
    }
    return strip;
}

const char *ie_strip_text(unsigned strip, char buffer[32])
{
    size_t used = 0;
    buffer[0] = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if ((strip >> i & 1) != 0) {
            used +=
                (size_t)snprintf(buffer + used, 32 - used, "%s%s", used > 0 ? ", " : "", names[i]);
        }
    }
    return buffer;
}

ie_status ie_strip_check(const char *text, ie_error *err)
{
    ie_config_list list = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < list.count; i++) {
        if (bit_of(list.items[i]) == 0) {
            status = ie_error_set(err, IE_ERR_USAGE,
                                  "\"%s\" cannot be stripped; there are gps, serials and all.",
                                  ie_shown(list.items[i]));
        }
    }
    ie_config_list_free(&list);
    return status;
}
