// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/takeout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

#define CUT 46 /* characters */

size_t ie_name_stem(const char *base, size_t length)
{
    for (size_t i = length; i > 1; i--) {
        if (base[i - 1] == '.') {
            return i - 1;
        }
    }
    return length;
}

size_t ie_takeout_cut(const char *base)
{
    size_t bytes = 0;
    if (strnlen(base, CUT) < CUT) { /* most names: no character takes less than a byte */
        return 0;
    }
    for (int characters = 0; characters < CUT; characters++) {
        if (base[bytes] == 0) {
            return 0;
        }
        size_t length = ie_utf8_char((const unsigned char *)base + bytes);
        bytes += length > 0 ? length : 1;
    }
    return bytes;
}

bool ie_takeout_is_cut(const char *base, size_t length)
{
    char number[16];
    IE_AUTO_FREE char *name = ie_strndup(base, length);
    ie_takeout_number(name, number);
    size_t cut = ie_takeout_cut(name);
    return cut > 0 && name[cut] == 0;
}

void ie_takeout_number(char *base, char ret_number[16])
{
    char *open = strrchr(base, '(');
    size_t digits = open != NULL ? strspn(open + 1, "0123456789") : 0;
    ret_number[0] = 0;
    if (digits > 0 && digits < 10 && strcmp(open + 1 + digits, ")") == 0) {
        snprintf(ret_number, 16, "%s", open);
        *open = 0;
    }
}

char *ie_takeout_photo(const char *json_stem, const char *mark)
{
    static const char word[] = "supplemental-metadata";
    IE_AUTO_FREE char *target = ie_strdup(json_stem);
    char *base = target + (ie_path_base(target) - target);
    char number[16];
    ie_takeout_number(base, number);
    char *dot = strrchr(base, '.');
    bool cut = ie_takeout_is_cut(base, strlen(base)); /* even the word's first letter may be gone */
    if (dot != NULL && (dot[1] != 0 || cut) && strncmp(dot + 1, word, strlen(dot + 1)) == 0) {
        *dot = 0;
    }
    size_t stem = ie_name_stem(base, strlen(base));
    return ie_asprintf("%.*s%.*s%s%s%s", (int)(base - target), target, (int)stem, base, mark,
                       number, base + stem);
}

const char *ie_takeout_mark(size_t index)
{
    static const char *const marks[] = {
        "-edited",
        "-bearbeitet",
        "-modifi\xc3\xa9",
        "-modifie\xcc\x81",
        "-modificato",
        "-ha editado",
        "-editado",
        "-editat",
        "-bewerkt",
        "-edytowane",
        "-\xe7\xb7\xa8\xe9\x9b\x86\xe6\xb8\x88\xe3\x81\xbf",
    };
    return index < sizeof marks / sizeof *marks ? marks[index] : NULL;
}
