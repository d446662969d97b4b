// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/text.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "utils/memory.h"

size_t ie_utf8_char(const unsigned char *p)
{
    unsigned char c = p[0];
    if (c < 0x80) {
        return c != 0;
    }
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4) {
        return 0;
    }
    uint32_t value = c & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (value < least[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    return more + 1;
}

bool ie_utf8_valid(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        size_t length = ie_utf8_char(p);
        if (length == 0) {
            return false;
        }
        p += length;
    }
    return true;
}

uint32_t ie_cp1252(uint8_t byte)
{
    static const uint16_t high[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e, 0x178,
    };
    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

char *ie_utf8_from_latin1(const char *bytes, size_t size)
{
    ie_buffer out = {0};
    IE_AUTO_FREE char *text = ie_strndup(bytes, size);
    if (ie_utf8_valid(text)) { /* as most texts are */
        char *valid = text;
        text = NULL;
        return valid;
    }
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        size_t length = ie_utf8_char(p);
        if (length > 0) {
            ie_buffer_add(&out, p, length);
            p += length;
        } else {
            uint32_t c = ie_cp1252(*p++);
            char three[3] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                             (char)(0x80 | (c & 0x3f))};
            char two[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
            ie_buffer_add(&out, c < 0x800 ? two : three, c < 0x800 ? 2 : 3);
        }
    }
    return ie_buffer_take(&out);
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *ie_base64(const void *bytes, size_t size)
{
    const unsigned char *in = bytes;
    char *out = ie_alloc((size + 2) / 3 * 4 + 1);
    char *o = out;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t value = (uint32_t)in[i] << 16;
        value |= i + 1 < size ? (uint32_t)in[i + 1] << 8 : 0;
        value |= i + 2 < size ? in[i + 2] : 0;
        *o++ = base64_digits[value >> 18];
        *o++ = base64_digits[value >> 12 & 63];
        *o++ = i + 1 < size ? base64_digits[value >> 6 & 63] : '=';
        *o++ = i + 2 < size ? base64_digits[value & 63] : '=';
    }
    return out;
}

char *ie_base64_decode(const char *text, size_t *ret_size)
{
    size_t length = strlen(text);
    if (length % 4 != 0) {
        return NULL;
    }
    size_t padding = length == 0 ? 0 : (text[length - 1] == '=') + (text[length - 2] == '=');
    char *out = ie_alloc(length / 4 * 3 + 1);
    uint32_t value = 0;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = i >= length - padding ? base64_digits : strchr(base64_digits, text[i]);
        if (digit == NULL) {
            free(out);
            return NULL;
        }
        value = value << 6 | (uint32_t)(digit - base64_digits);
        if (i % 4 == 3) {
            out[used++] = (char)(value >> 16);
            out[used++] = (char)(value >> 8);
            out[used++] = (char)value;
            value = 0;
        }
    }
    *ret_size = used - padding;
    out[*ret_size] = 0;
    return out;
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool ie_equal_nocase(const char *a, const char *b)
{
    for (; *a != 0 && *b != 0; a++, b++) {
        if (lower((unsigned char)*a) != lower((unsigned char)*b)) {
            return false;
        }
    }
    return *a == *b;
}

bool ie_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool ie_ends_with_nocase(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && ie_equal_nocase(text + length - tail, suffix);
}

bool ie_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != 0 || errno != 0 || isspace((unsigned char)text[0])) {
        return false;
    }
    if (value < min || value > max) {
        return false;
    }
    *ret_value = value;
    return true;
}

/* Made once and never freed. */
static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool ie_parse_real(const char *text, double *ret_value)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    char *end;
    errno = 0;
    double value = strtod_l(text, &end, c_locale);
    if (end == text || *end != 0 || !isfinite(value) || isspace((unsigned char)text[0])) {
        return false;
    }
    *ret_value = value;
    return true;
}

const char *ie_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *ie_path_extension(const char *path)
{
    const char *base = ie_path_base(path);
    const char *dot = strrchr(base, '.');
    return dot != NULL && dot != base ? dot + 1 : "";
}

char *ie_path_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return ie_strdup(".");
    }
    return slash == path ? ie_strdup("/") : ie_strndup(path, (size_t)(slash - path));
}

char *ie_path_join(const char *directory, const char *name)
{
    size_t length = strlen(directory);
    bool slash = length > 0 && directory[length - 1] == '/';
    return ie_asprintf("%s%s%s", directory, length == 0 || slash ? "" : "/", name);
}

char *ie_path_relative(const char *path, const char *folder)
{
    size_t shared = 0; /* bytes of both up to and with a '/' that stands in both */
    ie_buffer out = {0};
    for (size_t i = 0; path[i] == folder[i] && path[i] != 0; i++) {
        shared = path[i] == '/' ? i + 1 : shared;
    }
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) == 0 && path[length] == '/') {
        shared = length + 1;
    }
    for (size_t i = shared; i < length; i++) {
        if (i == shared || folder[i - 1] == '/') {
            ie_buffer_text(&out, "../");
        }
    }
    ie_buffer_text(&out, path + shared);
    return out.data;
}

bool ie_path_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length == 1 && folder[0] == '/') {
        return path[0] == '/';
    }
    return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static int ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
}

char *ie_shell_word(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
    if (text[0] != 0 && text[strspn(text, plain)] == 0) {
        return ie_strdup(text);
    }
    ie_buffer word = {0};
    ie_buffer_char(&word, '\'');
    for (const char *at = text; *at != 0; at++) {
        if (*at == '\'') {
            ie_buffer_text(&word, "'\\''");
        } else {
            ie_buffer_char(&word, *at);
        }
    }
    ie_buffer_char(&word, '\'');
    return ie_buffer_take(&word);
}

int ie_compare_natural(const char *a, const char *b)
{
    static const char digits[] = "0123456789";
    while (*a != 0 && *b != 0) {
        size_t m = strspn(a, digits), n = strspn(b, digits);
        if (m > 0 && n > 0) {
            size_t x = strspn(a, "0"), y = strspn(b, "0");
            x = x < m ? x : m;
            y = y < n ? y : n;
            if (m - x != n - y) {
                return m - x < n - y ? -1 : 1;
            }
            int order = memcmp(a + x, b + y, m - x);
            if (order != 0) {
                return order;
            }
            a += m;
            b += n;
        } else if (ascii_lower(*a) != ascii_lower(*b)) {
            return ascii_lower(*a) - ascii_lower(*b);
        } else {
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

size_t ie_edit_distance(const char *a, const char *b)
{
    size_t m = strlen(b);
    size_t *rows = ie_alloc(3 * (m + 1) * sizeof *rows);
    size_t *before = rows, *last = rows + m + 1, *row = rows + 2 * (m + 1);
    for (size_t j = 0; j <= m; j++) {
        last[j] = j;
    }
    for (size_t i = 1; a[i - 1] != 0; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = best < last[j] + 1 ? best : last[j] + 1;
            best = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = best < before[j - 2] + 1 ? best : before[j - 2] + 1;
            }
            row[j] = best;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    size_t distance = last[m];
    free(rows);
    return distance;
}

static void reserve(ie_buffer *buffer, size_t more)
{
    if (buffer->room - buffer->size > more) {
        return;
    }
    size_t room = buffer->size + more + 1;
    buffer->room = room < buffer->room * 2 ? buffer->room * 2 : room < 64 ? 64 : room;
    buffer->data = ie_realloc(buffer->data, buffer->room);
}

void ie_buffer_add(ie_buffer *buffer, const void *bytes, size_t size)
{
    reserve(buffer, size);
    if (size > 0) {
        memcpy(buffer->data + buffer->size, bytes, size);
    }
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

void ie_buffer_text(ie_buffer *buffer, const char *text)
{
    ie_buffer_add(buffer, text, strlen(text));
}

void ie_buffer_char(ie_buffer *buffer, char c)
{
    ie_buffer_add(buffer, &c, 1);
}

void ie_buffer_printf(ie_buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    reserve(buffer, 63); /* mostly enough, and printing twice takes twice as long */
    size_t room = buffer->room - buffer->size;
    int length = vsnprintf(buffer->data + buffer->size, room, format, args);
    if (length > 0 && (size_t)length >= room) {
        reserve(buffer, (size_t)length);
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
    }
    buffer->size += length > 0 ? (size_t)length : 0;
    buffer->data[buffer->size] = 0;
    va_end(again);
    va_end(args);
}

void ie_buffer_clear(ie_buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL) {
        buffer->data[0] = 0;
    }
}

void ie_buffer_free(ie_buffer *buffer)
{
    free(buffer->data);
    *buffer = (ie_buffer){0};
}

char *ie_buffer_take(ie_buffer *buffer)
{
    if (buffer->data == NULL) {
        return ie_strdup("");
    }
    char *text = buffer->data;
    *buffer = (ie_buffer){0};
    return text;
}
