// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_value.h"

#include <math.h>
#include <string.h>

#define MAX_TEXT 65536

uint16_t ie_exif_get16(bool big_endian, const uint8_t *p)
{
    return big_endian ? ie_be16(p) : ie_le16(p);
}

uint32_t ie_exif_get32(bool big_endian, const uint8_t *p)
{
    return big_endian ? ie_be32(p) : ie_le32(p);
}

uint64_t ie_exif_get64(bool big_endian, const uint8_t *p)
{
    return big_endian ? ie_be64(p) : ie_le64(p);
}

unsigned ie_exif_type_size(uint16_t type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    if (type == 129) { /* UTF-8, EXIF 3.0 */
        return 1;
    }
    return type < sizeof sizes ? sizes[type] : 0;
}

const uint8_t *ie_exif_bytes(const ie_exif_entry *entry, uint64_t size)
{
    const uint8_t *value = size <= entry->size ? ie_span_at(entry->tiff, entry->at, size) : NULL;
    if (value == NULL && size > 0) {
        *entry->damaged = true;
    }
    return value;
}

ie_span ie_exif_part(const ie_exif_entry *entry)
{
    ie_span part = ie_span_part(entry->tiff, entry->at, entry->size);
    if (part.size < entry->size) {
        *entry->damaged = true;
    }
    return part;
}

const char *ie_exif_text(const ie_exif_entry *entry, ie_arena *arena)
{
    uint64_t size = entry->size < MAX_TEXT ? entry->size : MAX_TEXT;
    const uint8_t *value = ie_exif_bytes(entry, size);
    return value != NULL ? ie_facts_text(arena, value, (size_t)size) : NULL;
}

static bool is_integer_type(uint16_t type)
{
    /* BYTE, SHORT, LONG, SBYTE, UNDEFINED, SSHORT, SLONG, IFD, LONG8, IFD8 */
    return type < 32 && (1u << type & (1u << 1 | 1u << 3 | 1u << 4 | 1u << 6 | 1u << 7 | 1u << 8 |
                                       1u << 9 | 1u << 13 | 1u << 16 | 1u << 18)) != 0;
}

uint32_t ie_exif_integer(const ie_exif_entry *entry, unsigned i, uint32_t absent)
{
    unsigned size = ie_exif_type_size(entry->type);
    if (!is_integer_type(entry->type) || i >= entry->count) {
        return absent;
    }
    const uint8_t *value = ie_exif_bytes(entry, ((uint64_t)i + 1) * size);
    if (value == NULL) {
        return absent;
    }
    value += (size_t)i * size;
    if (size == 8) {
        uint64_t wide = ie_exif_get64(entry->big_endian, value);
        return wide <= UINT32_MAX ? (uint32_t)wide : absent;
    }
    return size == 2   ? ie_exif_get16(entry->big_endian, value)
           : size == 4 ? ie_exif_get32(entry->big_endian, value)
                       : value[0];
}

static double rational(const ie_exif_entry *entry, const uint8_t *value)
{
    uint32_t above = ie_exif_get32(entry->big_endian, value);
    uint32_t below = ie_exif_get32(entry->big_endian, value + 4);
    if (below == 0) {
        return NAN;
    }
    return entry->type == 5 ? (double)above / below : (double)(int32_t)above / (int32_t)below;
}

static double floating(const ie_exif_entry *entry, const uint8_t *value)
{
    double number;
    if (entry->type == 12) {
        uint64_t bits = ie_exif_get64(entry->big_endian, value);
        memcpy(&number, &bits, 8);
    } else {
        uint32_t bits = ie_exif_get32(entry->big_endian, value);
        float narrow;
        memcpy(&narrow, &bits, 4);
        number = (double)narrow;
    }
    return isfinite(number) ? number : NAN;
}

double ie_exif_real(const ie_exif_entry *entry, unsigned i)
{
    bool is_rational = entry->type == 5 || entry->type == 10;
    if (!is_rational && entry->type != 11 && entry->type != 12) {
        uint32_t whole = ie_exif_integer(entry, i, UINT32_MAX);
        return whole == UINT32_MAX ? NAN : whole;
    }
    unsigned size = ie_exif_type_size(entry->type);
    const uint8_t *value = i < entry->count ? ie_exif_bytes(entry, ((uint64_t)i + 1) * size) : NULL;
    if (value == NULL) {
        return NAN;
    }
    value += (size_t)i * size;
    return is_rational ? rational(entry, value) : floating(entry, value);
}

/* The first bytes of a short text, up to its NUL; NULL when there is none. */
static const char *short_text(const ie_exif_entry *entry, size_t *ret_size)
{
    uint64_t size = entry->size < 64 ? entry->size : 64;
    const char *text = (const char *)ie_exif_bytes(entry, size);
    *ret_size = text != NULL ? strnlen(text, (size_t)size) : 0;
    return text;
}

bool ie_exif_date(const ie_exif_entry *entry, ie_datetime *time)
{
    size_t size;
    const char *text = short_text(entry, &size);
    ie_datetime found;
    bool date_only = false;
    if (time->year == 0 && text != NULL && ie_facts_date(text, size, &found, &date_only)) {
        time->year = found.year;
        time->month = found.month;
        time->day = found.day;
        time->hour = found.hour;
        time->minute = found.minute;
        time->second = found.second;
    }
    return date_only;
}

void ie_exif_subsec(const ie_exif_entry *entry, ie_datetime *time)
{
    size_t size;
    const char *text = short_text(entry, &size);
    if (text != NULL) {
        ie_facts_subsec(text, size, time);
    }
}

void ie_exif_offset(const ie_exif_entry *entry, ie_datetime *time)
{
    size_t size;
    const char *text = short_text(entry, &size);
    if (text != NULL) {
        ie_facts_offset(text, size, time);
    }
}
