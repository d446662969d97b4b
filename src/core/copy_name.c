// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/copy_name.h"

#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

/* In the languages that these programs are most used in. */
static const char *const words[] = {"copy", "kopie", "copie", "copia", "kopia", "kopi", "cópia"};
static const char *const beginnings[] = {"copy of ",  "kopie von ", "copie de ",
                                         "copia de ", "cópia de ",  "copia di ",
                                         "kopia ",    "kopi av ",   "kopie van "};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length without a number at the end, and without the blanks before that. */
static size_t without_number(const char *stem, size_t length)
{
    size_t end = length;
    while (end > 0 && is_digit(stem[end - 1])) {
        end--;
    }
    bool apart = end < length && end > 0 && stem[end - 1] == ' ';
    return apart ? end - 1 : length;
}

/* "a (1)": of "IMG_0001 (1)", not of "(1)". */
static bool ends_in_brackets(const char *stem, size_t length)
{
    size_t at = length;
    if (at < 4 || stem[--at] != ')') {
        return false;
    }
    size_t digits = at;
    while (at > 0 && is_digit(stem[at - 1])) {
        at--;
    }
    return at < digits && digits - at <= 3 && at > 1 && stem[at - 1] == '(';
}

/* The word stands by itself, after a blank, "-" or "_". */
static bool ends_in_word(const char *stem, size_t length)
{
    IE_AUTO_FREE char *text = ie_strndup(stem, without_number(stem, length));
    size_t size = strlen(text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t word = strlen(words[i]);
        if (size > word + 1 && ie_ends_with_nocase(text, words[i]) &&
            strchr(" -_", text[size - word - 1]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool begins_like_a_copy(const char *base)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        IE_AUTO_FREE char *start = ie_strndup(base, strlen(beginnings[i]));
        if (ie_equal_nocase(start, beginnings[i])) {
            return true;
        }
    }
    return false;
}

bool ie_name_says_copy(const char *path)
{
    const char *base = ie_path_base(path), *extension = ie_path_extension(path);
    size_t length = strlen(base) - strlen(extension);
    length -= length > 0 && *extension != 0; /* the dot */
    return ends_in_brackets(base, length) || ends_in_word(base, length) || begins_like_a_copy(base);
}
