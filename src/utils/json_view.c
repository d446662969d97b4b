// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/json_view.h"

#include <math.h>
#include <string.h>

static const ie_json_view nothing;

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p;
}

/* From an opening quote to behind the closing one, the first with an even number of backslashes
   before it; NULL: there is none. */
static const char *skip_text(const char *p, const char *end)
{
    const char *first = p + 1;
    for (p = first; p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL; p++) {
        const char *slash = p;
        while (slash > first && slash[-1] == '\\') {
            slash--;
        }
        if ((p - slash) % 2 == 0) {
            return p + 1;
        }
    }
    return NULL;
}

/* From an opening bracket to behind the one that closes it. */
static const char *skip_nested(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        switch (*p) {
        case '"':
            p = skip_text(p, end);
            if (p == NULL) {
                return NULL;
            }
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        default:
            break;
        }
        p++;
        if (depth == 0) {
            return p;
        }
    }
    return NULL;
}

/* What cannot be in a number or a word. */
static bool ends_word(char c)
{
    switch (c) {
    case ',':
    case ']':
    case '}':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ':':
    case '"':
    case '{':
    case '[':
    case 0:
        return true;
    default:
        return false;
    }
}

static const char *skip_value(const char *p, const char *end)
{
    if (p == end) {
        return NULL;
    }
    if (*p == '"') {
        return skip_text(p, end);
    }
    if (*p == '{' || *p == '[') {
        return skip_nested(p, end);
    }
    const char *start = p;
    while (p < end && !ends_word(*p)) {
        p++;
    }
    return p > start ? p : NULL;
}

ie_json_view ie_json_view_of(const char *text, size_t size)
{
    const char *end = text + size, *at = skip_space(text, end), *behind = skip_value(at, end);
    return behind != NULL ? (ie_json_view){at, behind} : nothing;
}

static void note(const char *key, size_t size, ie_json_view value, const char *const *keys,
                 size_t count, ie_json_view *ret_views)
{
    for (size_t i = 0; i < count; i++) {
        if (ret_views[i].at == NULL && strlen(keys[i]) == size && memcmp(keys[i], key, size) == 0) {
            ret_views[i] = value;
            return;
        }
    }
}

void ie_json_view_members(ie_json_view object, const char *const *keys, size_t count,
                          ie_json_view *ret_views)
{
    memset(ret_views, 0, count * sizeof *ret_views);
    const char *p = object.at, *end = object.end;
    if (p == NULL || *p != '{') {
        return;
    }
    for (p = skip_space(p + 1, end); p < end && *p == '"'; p = skip_space(p + 1, end)) {
        const char *key = p + 1, *behind = skip_text(p, end);
        p = behind != NULL ? skip_space(behind, end) : end;
        if (p == end || *p != ':') {
            return;
        }
        ie_json_view value = ie_json_view_of(p + 1, (size_t)(end - p - 1));
        if (value.at == NULL) {
            return;
        }
        note(key, (size_t)(behind - 1 - key), value, keys, count, ret_views);
        p = skip_space(value.end, end);
        if (p == end || *p != ',') {
            return;
        }
    }
}

bool ie_json_view_next(ie_json_view array, ie_json_view *item)
{
    const char *p = item->at != NULL ? skip_space(item->end, array.end) : array.at;
    if (p == NULL || p == array.end || *p != (item->at != NULL ? ',' : '[')) {
        return false;
    }
    *item = ie_json_view_of(p + 1, (size_t)(array.end - p - 1));
    return item->at != NULL;
}

/* ---- values ------------------------------------------------------------------------------- */

/* Four hex digits; above 0xffff: there are not. */
static uint32_t unit_at(const char *p, const char *end)
{
    uint32_t unit = 0;
    if (end - p < 4) {
        return UINT32_MAX;
    }
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = p[i] != 0 ? strchr(digits, p[i]) : NULL;
        if (digit == NULL) {
            return UINT32_MAX;
        }
        unit = unit << 4 | ((uint32_t)(digit - digits) & 15);
    }
    return unit;
}

static void add_utf8(ie_buffer *text, uint32_t c)
{
    char bytes[4];
    size_t size = 0;
    if (c < 0x80) {
        bytes[size++] = (char)c;
    } else if (c < 0x800) {
        bytes[size++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[size++] = (char)(0xe0 | c >> 12);
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        bytes[size++] = (char)(0xf0 | c >> 18);
        bytes[size++] = (char)(0x80 | (c >> 12 & 0x3f));
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    if (c >= 0x80) {
        bytes[size++] = (char)(0x80 | (c & 0x3f));
    }
    ie_buffer_add(text, bytes, size);
}

/* What stands behind "\u", a second half included; NULL: no character. */
static const char *add_escaped_unit(ie_buffer *text, const char *p, const char *end)
{
    uint32_t unit = unit_at(p, end);
    p += 4;
    if (unit >= 0xd800 && unit < 0xdc00) {
        uint32_t low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? unit_at(p + 2, end) : 0;
        if (low < 0xdc00 || low > 0xdfff) {
            return NULL;
        }
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    } else if (unit == 0 || unit > 0xffff || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return NULL;
    }
    add_utf8(text, unit);
    return p;
}

const char *ie_json_view_text(ie_json_view value, ie_buffer *text)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (value.at == NULL || *value.at != '"') {
        return NULL;
    }
    const char *p = value.at + 1, *end = value.end - 1;
    ie_buffer_clear(text);
    ie_buffer_add(text, "", 0);
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        ie_buffer_add(text, p, (size_t)((slash != NULL ? slash : end) - p));
        if (slash == NULL) {
            break;
        }
        p = slash + 2; /* there is one more: the text ends with a quote without a backslash */
        const char *letter = slash[1] != 0 ? strchr(letters, slash[1]) : NULL;
        if (slash[1] == 'u') {
            p = add_escaped_unit(text, p, end);
        } else if (letter != NULL) {
            ie_buffer_char(text, meant[letter - letters]);
        }
        if (p == NULL || (letter == NULL && slash[1] != 'u')) {
            return NULL;
        }
    }
    return text->data;
}

/* The number as a text of its own; false when it is none. */
static bool number_of(ie_json_view value, char ret_text[64])
{
    size_t size = value.at != NULL ? (size_t)(value.end - value.at) : 0;
    if (size == 0 || size > 63 ||
        (value.at[0] != '-' && (value.at[0] < '0' || value.at[0] > '9'))) {
        return false;
    }
    memcpy(ret_text, value.at, size);
    ret_text[size] = 0;
    return true;
}

double ie_json_view_real(ie_json_view value)
{
    char text[64];
    double number;
    return number_of(value, text) && ie_parse_real(text, &number) ? number : NAN;
}

int64_t ie_json_view_int(ie_json_view value, int64_t absent)
{
    char text[64];
    int64_t number;
    return number_of(value, text) && ie_parse_int(text, INT64_MIN, INT64_MAX, &number) ? number
                                                                                       : absent;
}

bool ie_json_view_true(ie_json_view value)
{
    return value.at != NULL && value.end - value.at == 4 && memcmp(value.at, "true", 4) == 0;
}
