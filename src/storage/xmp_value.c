// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_value.h"

#include <math.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

double ie_xmp_real(const char *text)
{
    const char *slash = strchr(text, '/');
    double above, below = 1;
    if (slash == NULL) {
        return ie_parse_real(text, &above) ? above : NAN;
    }
    IE_AUTO_FREE char *head = ie_strndup(text, (size_t)(slash - text));
    if (!ie_parse_real(head, &above) || !ie_parse_real(slash + 1, &below) || below == 0) {
        return NAN;
    }
    return above / below;
}

double ie_xmp_angle(const char *text)
{
    size_t length = strlen(text);
    char sign = length > 1 ? text[length - 1] : 0;
    if (sign == 0 || strchr("NSEW", sign) == NULL) {
        return NAN;
    }
    IE_AUTO_FREE char *copy = ie_strndup(text, length - 1);
    double value = 0, scale = 1;
    char *part = copy;
    for (int i = 0; i < 3 && part != NULL; i++, scale *= 60) {
        char *comma = strchr(part, ',');
        if (comma != NULL) {
            *comma = 0;
        }
        value += ie_xmp_real(part) / scale;
        part = comma != NULL ? comma + 1 : NULL;
    }
    return sign == 'S' || sign == 'W' ? -value : value;
}
