// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_tags: the metadata of one file as exiv2 sees it, by exiv2's names of tags ("Xmp.dc.title").
 * The one place that knows gexiv2. One mutex is held from open to close: exiv2's XMP toolkit loses
 * data silently when two threads use it, and its own lock hook does not cure that (Exiv2 pull
 * requests 3011 and 3448); so only one can be open, and the thread that opened it must close it.
 * Files are handed over as bytes and never mapped. Nothing is printed. Setting what is there
 * already is no change; a function that returns bool returns false when exiv2 refuses the value.
 */
#ifndef IE_STORAGE_EXIF_TAGS_H
#define IE_STORAGE_EXIF_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utils/memory.h"
#include "utils/text.h"

typedef struct ie_tags ie_tags;

/* Texts that end with a NULL; items[count] is there also when it is empty. */
typedef struct ie_texts {
    char **items;
    size_t count, room;
} ie_texts;

/* IE_ERR_FORMAT: its metadata cannot be read; IE_ERR_UNSUPPORTED: exiv2 does not know such
   files. */
ie_status ie_tags_open(const char *path, ie_tags **ret_tags, ie_error *err) IE_MUST_CHECK;
ie_status ie_tags_open_memory(const uint8_t *bytes, size_t size, ie_tags **ret_tags,
                              ie_error *err) IE_MUST_CHECK;
void ie_tags_close(ie_tags *tags); /* NULL is fine */
#define IE_AUTO_TAGS __attribute__((cleanup(ie_tags_close_pointer)))
void ie_tags_close_pointer(ie_tags **tags);

/* What exiv2 complained about while it read the file, or NULL: what it could not read, writing
   would lose. */
const char *ie_tags_complaint(const ie_tags *tags);
bool ie_tags_any(const ie_tags *tags); /* any EXIF, XMP or IPTC? */
bool ie_tags_any_iptc(const ie_tags *tags);
bool ie_tags_changed(const ie_tags *tags);

bool ie_tags_has(const ie_tags *tags, const char *name);
char *ie_tags_text(const ie_tags *tags, const char *name); /* NULL when absent; free() it */
size_t ie_tags_bytes(const ie_tags *tags,
                     const char *name); /* size of an EXIF value; 0 when absent */
ie_texts ie_tags_list(const ie_tags *tags, const char *name); /* all values */
enum ie_tags_family { IE_TAGS_EXIF, IE_TAGS_XMP, IE_TAGS_IPTC };
ie_texts ie_tags_names(const ie_tags *tags, enum ie_tags_family family); /* without repeats */

bool ie_tags_set(ie_tags *tags, const char *name, const char *text);
bool ie_tags_set_number(ie_tags *tags, const char *name, long number);
/* The text in the default language of an XMP tag that has one text a language; other languages
   stay. */
bool ie_tags_set_language(ie_tags *tags, const char *name, const char *text);
bool ie_tags_set_iptc(ie_tags *tags, const char *name, const ie_texts *values);
bool ie_tags_append_xmp(ie_tags *tags, const char *name,
                        const char *text); /* to a bag or sequence */
/* IPTC says in one place how all its texts are coded: sets that to UTF-8 and recodes those that are
   Latin-1. */
bool ie_tags_iptc_to_utf8(ie_tags *tags);
void ie_tags_clear(ie_tags *tags, const char *name);
void ie_tags_clear_iptc(ie_tags *tags);
void ie_tags_clear_thumbnail(ie_tags *tags);

/* The XMP packet as exiv2 would write it now; NULL when it cannot. free() it. */
char *ie_tags_packet(const ie_tags *tags);

/* The EXIF block as exiv2 would write it now; empty without any. Maker notes that exiv2 does not
   know stand in the byte order that the block had. */
void ie_tags_exif_block(const ie_tags *tags, bool big_endian, ie_buffer *out);

/* Into a file, in place of all its metadata but the colour profile. IE_ERR_NO_SPACE,
   IE_ERR_FORMAT. */
ie_status ie_tags_save(ie_tags *tags, const char *path, ie_error *err) IE_MUST_CHECK;

void ie_texts_add(ie_texts *texts, const char *text);
bool ie_texts_have(const ie_texts *texts, const char *text);
void ie_texts_free(ie_texts *texts);
#define IE_AUTO_TEXTS __attribute__((cleanup(ie_texts_free)))

#endif
