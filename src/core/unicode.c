// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "utils/memory.h"
#include "utils/text.h"

static bool is_blank(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (c >= 9 && c <= 13) || c == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

ie_letter ie_unicode_kind(int32_t c)
{
    if (is_blank(c)) {
        return IE_LETTER_BLANK;
    }
    utf8proc_category_t category = utf8proc_category(c);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) {
        return IE_LETTER_LETTER;
    }
    return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO ? IE_LETTER_DIGIT
                                                                               : IE_LETTER_OTHER;
}

size_t ie_unicode_encode(int32_t c, uint8_t bytes[4])
{
    utf8proc_ssize_t size = utf8proc_encode_char(c, bytes);
    return size > 0 ? (size_t)size : 0;
}

static bool is_ascii(const char *text)
{
    for (; *text != 0; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

/* NULL when it is not UTF-8. */
static char *mapped(const char *text, utf8proc_option_t options)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
                     options | UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0) {
        free(out);
        return NULL;
    }
    return (char *)out;
}

char *ie_unicode_nfc(const char *text)
{
    char *composed = is_ascii(text) ? NULL : mapped(text, 0);
    return composed != NULL ? composed : ie_strdup(text);
}

char *ie_unicode_folded(const char *text)
{
    char *folded = is_ascii(text) ? NULL : mapped(text, UTF8PROC_CASEFOLD);
    if (folded != NULL) {
        return folded;
    }
    folded = ie_strdup(text);
    for (char *p = folded; *p != 0; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    return folded;
}

/* Unicode's one letter whose lower case is two characters is U+0130. */
int32_t *ie_unicode_lower(const char *text, size_t size, size_t *ret_count)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    IE_AUTO_FREE char *latin = NULL;
    utf8proc_ssize_t room = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, NULL, 0, options);
    if (room < 0) {
        latin = ie_utf8_from_latin1(text, size);
        bytes = (const utf8proc_uint8_t *)latin;
        size = strlen(latin);
        room = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, NULL, 0, options);
    }
    size_t space = room > 0 ? (size_t)room : 0;
    /* Twice the room for lower case, and utf8proc_normalize_utf32() writes one element behind. */
    int32_t *codes = ie_alloc((2 * space + 2) * sizeof *codes);
    utf8proc_ssize_t count =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)size, codes + space, room, options);
    count = count > 0 ? utf8proc_normalize_utf32(codes + space, count, options) : 0;
    size_t used = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        int32_t c = codes[space + (size_t)i];
        codes[used++] = c == 0x130 ? 'i' : utf8proc_tolower(c);
        if (c == 0x130 && used <= space + (size_t)i) {
            codes[used++] = 0x307;
        }
    }
    *ret_count = used;
    return codes;
}
