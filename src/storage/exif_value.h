// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One entry of a TIFF directory and its value, read as text, whole number, real number or date
 * whatever its type. A value outside the structure is absent and sets *damaged; a zero denominator
 * is no number.
 */
#ifndef IE_STORAGE_EXIF_VALUE_H
#define IE_STORAGE_EXIF_VALUE_H

#include "storage/facts.h"
#include "storage/span.h"

typedef struct ie_exif_entry {
    const ie_span *tiff;
    bool big_endian;
    bool *damaged;
    uint16_t tag, type;
    uint64_t count;
    uint64_t at, size; /* of the value, in the structure */
} ie_exif_entry;

uint16_t ie_exif_get16(bool big_endian, const uint8_t *p);
uint32_t ie_exif_get32(bool big_endian, const uint8_t *p);
uint64_t ie_exif_get64(bool big_endian, const uint8_t *p);

/* Bytes of one value of the type; 0 for types that there are not. */
unsigned ie_exif_type_size(uint16_t type);

/* The value's first `size` bytes; NULL when it has fewer. */
const uint8_t *ie_exif_bytes(const ie_exif_entry *entry, uint64_t size);
/* The whole value as a part of the structure. */
ie_span ie_exif_part(const ie_exif_entry *entry);
/* In the arena, trimmed, UTF-8; NULL when blank. At most 64 KiB. */
const char *ie_exif_text(const ie_exif_entry *entry, ie_arena *arena);
/* The i-th value; `absent` when there is none, or the type is not an integer's. */
uint32_t ie_exif_integer(const ie_exif_entry *entry, unsigned i, uint32_t absent);
/* The i-th value; NaN when there is none. */
double ie_exif_real(const ie_exif_entry *entry, unsigned i);

/* Each sets its own part of *time only, and nothing when the value is none: they come in any order.
   True: the date has no time of day.
 */
bool ie_exif_date(const ie_exif_entry *entry, ie_datetime *time);
void ie_exif_subsec(const ie_exif_entry *entry, ie_datetime *time);
void ie_exif_offset(const ie_exif_entry *entry, ie_datetime *time);

#endif
