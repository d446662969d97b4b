// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What Unicode knows of characters: composed forms, lower case, kinds. utf8proc is included by
 * unicode.c only. Texts that are not UTF-8 are left as they are. Pure and thread-safe.
 */
#ifndef IE_CORE_UNICODE_H
#define IE_CORE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ie_letter {
    IE_LETTER_BLANK,
    IE_LETTER_LETTER,
    IE_LETTER_DIGIT,
    IE_LETTER_OTHER
} ie_letter;

ie_letter ie_unicode_kind(int32_t c);
/* UTF-8 of one character into four bytes; gives how many it takes. */
size_t ie_unicode_encode(int32_t c, uint8_t bytes[4]);

/* NFC: macOS takes "é" apart and others do not, and one name must not become two. free() it. */
char *ie_unicode_nfc(const char *text);
/* What names have in common that a disk may take for one: NFC with case folded (of what is not
   UTF-8 the ASCII letters only). For comparing; free() it. */
char *ie_unicode_folded(const char *text);
/* The characters of a text in NFC and lower case; what is not UTF-8 is taken as Latin-1. free()
   them. */
int32_t *ie_unicode_lower(const char *text, size_t size, size_t *ret_count);

#endif
