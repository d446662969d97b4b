// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Bytes and texts: UTF-8 checks, base64, a growing buffer, small parsing helpers. No locale, no
 * errno. All functions are thread-safe; a buffer belongs to one thread.
 */
#ifndef IE_UTILS_TEXT_H
#define IE_UTILS_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

/* Length in bytes (1..4) of the valid UTF-8 character at p (NUL-terminated), or 0 when it is not
   one: overlong forms, surrogates and values above U+10FFFF are invalid (RFC 3629). */
size_t ie_utf8_char(const unsigned char *p);
bool ie_utf8_valid(const char *text);
/* The character that a byte of "Latin-1" means: of Windows-1252, which has quotes and dashes where
   Latin-1 has controls that nobody writes (Encoding Standard, 4.2; exiftool's "Latin"). */
uint32_t ie_cp1252(uint8_t byte);
/* A copy that is valid UTF-8: bytes that are not are taken as Latin-1 characters in that sense.
   free() it. */
char *ie_utf8_from_latin1(const char *bytes, size_t size);

/* Standard base64 with padding (RFC 4648); free() it. */
char *ie_base64(const void *bytes, size_t size);
/* Decodes; returns the bytes (NUL-terminated beyond *ret_size; free() them) or NULL when
   malformed. */
char *ie_base64_decode(const char *text, size_t *ret_size);

/* ASCII only, so that no locale changes a result. */
bool ie_equal_nocase(const char *a, const char *b);
bool ie_starts_with(const char *text, const char *prefix);
bool ie_ends_with_nocase(const char *text, const char *suffix);
/* Strict: the whole text is one number within [min, max]. */
bool ie_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value);
bool ie_parse_real(const char *text,
                   double *ret_value); /* finite; '.' is the point in any locale */

/* Path pieces; pointers into `path`. */
const char *ie_path_base(const char *path);      /* after the last '/', or path */
const char *
ie_path_extension(const char *path); /* after the base's last '.', "" when none or a dot file */
/* Directory of path: "a/b" → "a", "/b" → "/", "b" → "."; free() it. */
char *ie_path_directory(const char *path);
/* "a" + "b" → "a/b" with exactly one '/'; free() it. */
char *ie_path_join(const char *directory, const char *name);
/* Is path == folder, or below it? Both absolute and without "." or ".." parts. */
bool ie_path_below(const char *path, const char *folder);
/* From the folder to the path, both absolute and without "." and ".."; free() it. */
char *ie_path_relative(const char *path, const char *folder);

/* As a word of a shell command: as it is, or in single quotes; free() it. */
char *ie_shell_word(const char *text);

/* Names as people order them: "img_9" before "IMG_10"; numbers by value, ASCII case ignored. 0 only
   for texts that differ in nothing else. */
int ie_compare_natural(const char *a, const char *b);

/* For "did you mean": letters changed, left out, added or swapped with the next (optimal string
   alignment). */
size_t ie_edit_distance(const char *a, const char *b);

/* A growing byte buffer; zero-initialised is empty. `data` is NUL-terminated once anything was
   added. */
typedef struct ie_buffer {
    char *data;
    size_t size, room;
} ie_buffer;

void ie_buffer_add(ie_buffer *buffer, const void *bytes, size_t size);
void ie_buffer_text(ie_buffer *buffer, const char *text);
void ie_buffer_char(ie_buffer *buffer, char c);
void ie_buffer_printf(ie_buffer *buffer, const char *format, ...) IE_PRINTF(2, 3);
void ie_buffer_clear(ie_buffer *buffer);            /* size 0, memory kept */
void ie_buffer_free(ie_buffer *buffer);             /* back to zero-initialised */
char *ie_buffer_take(ie_buffer *buffer);            /* the text, "" when empty; free() it */

#endif
