// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_grow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "storage/exif_value.h"
#include "utils/text.h"

#define TIFF_AT 10              /* marker, length and "Exif\0\0" are in front */
#define MAX_SEGMENT_BYTES 65535 /* with the two of its length, without the marker */
#define MAX_ENTRIES 1000
#define ENTRY_BYTES 12

enum { RATING = 0x4746, RATING_PERCENT = 0x4749, GPS = 0x8825 };
enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5 };

/* A directory as it stands; count 0: none, or it is broken. */
typedef struct directory {
    const uint8_t *entries;
    uint32_t count, next;
} directory;

typedef struct growth {
    const uint8_t *tiff;
    size_t size;
    bool big;
    ie_buffer out; /* the whole structure as it becomes */
} growth;

static directory directory_at(const growth *g, size_t at)
{
    directory d = {0};
    if (at < 8 || g->size < 2 || at > g->size - 2) {
        return d;
    }
    uint32_t count = ie_exif_get16(g->big, g->tiff + at);
    size_t room = g->size - at - 2;
    if (count == 0 || count > MAX_ENTRIES || room / ENTRY_BYTES < count) {
        return d;
    }
    size_t end = (size_t)count * ENTRY_BYTES;
    d.entries = g->tiff + at + 2;
    d.count = count;
    d.next = room - end >= 4 ? ie_exif_get32(g->big, d.entries + end) : 0;
    return d;
}

static uint16_t tag_of(const growth *g, const directory *d, uint32_t i)
{
    return ie_exif_get16(g->big, d->entries + (size_t)i * ENTRY_BYTES);
}

static const uint8_t *find(const growth *g, const directory *d, uint16_t tag)
{
    for (uint32_t i = 0; i < d->count; i++) {
        if (tag_of(g, d, i) == tag) {
            return d->entries + (size_t)i * ENTRY_BYTES;
        }
    }
    return NULL;
}

static void put(const growth *g, uint8_t *p, size_t bytes, uint32_t number)
{
    for (size_t i = 0; i < bytes; i++) {
        p[g->big ? bytes - 1 - i : i] = (uint8_t)(number >> 8 * i);
    }
}

static void add(growth *g, size_t bytes, uint32_t number)
{
    uint8_t p[4] = {0};
    put(g, p, bytes, number);
    ie_buffer_add(&g->out, p, bytes);
}

/* ---- entries ------------------------------------------------------------------------------- */

typedef struct entry {
    uint8_t bytes[ENTRY_BYTES];
} entry;

typedef struct entries {
    entry items[MAX_ENTRIES + 16];
    uint32_t count;
} entries;

/* In its place by its tag; a number stands at the beginning of its four bytes. */
static void insert(const growth *g, entries *list, const entry *e)
{
    uint32_t at = 0;
    while (at < list->count &&
           ie_exif_get16(g->big, list->items[at].bytes) < ie_exif_get16(g->big, e->bytes)) {
        at++;
    }
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof *list->items);
    list->items[at] = *e;
    list->count++;
}

static void insert_new(const growth *g, entries *list, uint16_t tag, uint16_t type, uint32_t count,
                       uint32_t number)
{
    entry e = {{0}};
    put(g, e.bytes, 2, tag);
    put(g, e.bytes + 2, 2, type);
    put(g, e.bytes + 4, 4, count);
    put(g, e.bytes + 8, type == SHORT ? 2 : 4, number);
    insert(g, list, &e);
}

/* Up to four bytes that stand in the entry itself. */
static void insert_bytes(const growth *g, entries *list, uint16_t tag, uint16_t type,
                         const char *bytes, uint32_t count)
{
    entry e = {{0}};
    put(g, e.bytes, 2, tag);
    put(g, e.bytes + 2, 2, type);
    put(g, e.bytes + 4, 4, count);
    memcpy(e.bytes + 8, bytes, count);
    insert(g, list, &e);
}

static void keep_entry(entries *list, const directory *d, uint32_t i)
{
    memcpy(list->items[list->count++].bytes, d->entries + (size_t)i * ENTRY_BYTES, ENTRY_BYTES);
}

/* At an even offset, which it returns. */
static uint32_t write_directory(growth *g, const entries *list, uint32_t next)
{
    if (g->out.size % 2 != 0) {
        add(g, 1, 0);
    }
    uint32_t at = (uint32_t)g->out.size;
    add(g, 2, list->count);
    ie_buffer_add(&g->out, list->items, list->count * sizeof *list->items);
    add(g, 4, next);
    return at;
}

/* ---- the place (EXIF 2.32, 4.6.6) ---------------------------------------------------------- */

enum { VERSION, LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, ALTITUDE_REF, ALTITUDE };

/* Degrees, minutes, and seconds to a ten thousandth: 3 mm. */
static uint32_t add_angle(growth *g, double degrees)
{
    const int64_t parts = 10000, all = llround(fabs(degrees) * 3600 * (double)parts);
    uint32_t at = (uint32_t)g->out.size;
    add(g, 4, (uint32_t)(all / (3600 * parts)));
    add(g, 4, 1);
    add(g, 4, (uint32_t)(all / (60 * parts) % 60));
    add(g, 4, 1);
    add(g, 4, (uint32_t)(all % (60 * parts)));
    add(g, 4, (uint32_t)parts);
    return at;
}

static uint32_t write_place(growth *g, const directory *old, const ie_tag_edit *edit,
                            double known_m)
{
    IE_AUTO_FREE entries *list = ie_alloc(sizeof *list);
    bool stays = !edit->has_altitude && find(g, old, ALTITUDE) != NULL;
    for (uint32_t i = 0; i < old->count; i++) {
        if (tag_of(g, old, i) > ALTITUDE || (stays && tag_of(g, old, i) >= ALTITUDE_REF)) {
            keep_entry(list, old, i);
        }
    }
    if (g->out.size % 2 != 0) {
        add(g, 1, 0);
    }
    insert_bytes(g, list, VERSION, BYTE, "\2\3\0", 4);
    insert_bytes(g, list, LATITUDE_REF, ASCII, edit->latitude < 0 ? "S" : "N", 2);
    insert_new(g, list, LATITUDE, RATIONAL, 3, add_angle(g, edit->latitude));
    insert_bytes(g, list, LONGITUDE_REF, ASCII, edit->longitude < 0 ? "W" : "E", 2);
    insert_new(g, list, LONGITUDE, RATIONAL, 3, add_angle(g, edit->longitude));
    double altitude = edit->has_altitude ? edit->altitude_m : stays ? NAN : known_m;
    double centimetres = round(fabs(altitude) * 100);
    if (centimetres <= UINT32_MAX) {
        insert_bytes(g, list, ALTITUDE_REF, BYTE, altitude < 0 ? "\1" : "\0", 1);
        insert_new(g, list, ALTITUDE, RATIONAL, 1, (uint32_t)g->out.size);
        add(g, 4, (uint32_t)centimetres);
        add(g, 4, 100);
    }
    return write_directory(g, list, 0);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void grow(growth *g, const directory *first, bool rates, const ie_tag_edit *edit,
                 double known_m)
{
    IE_AUTO_FREE entries *list = ie_alloc(sizeof *list);
    ie_buffer_add(&g->out, g->tiff, g->size);
    for (uint32_t i = 0; i < first->count; i++) {
        uint16_t tag = tag_of(g, first, i);
        bool goes = (tag == GPS && edit->has_place) || (tag == RATING_PERCENT && rates);
        if (!goes) {
            keep_entry(list, first, i);
        }
    }
    if (rates) {
        insert_new(g, list, RATING, SHORT, 1, (uint32_t)edit->rating);
        insert_new(g, list, RATING_PERCENT, SHORT, 1, (uint32_t)ie_exif_percent(edit->rating));
    }
    if (edit->has_place) {
        const uint8_t *pointer = find(g, first, GPS);
        directory old = directory_at(g, pointer != NULL ? ie_exif_get32(g->big, pointer + 8) : 0);
        insert_new(g, list, GPS, LONG, 1, write_place(g, &old, edit, known_m));
    }
    uint32_t at = write_directory(g, list, first->next);
    put(g, (uint8_t *)g->out.data + 4, 4, at);
}

void ie_exif_kept_grow(ie_exif_kept *kept, const ie_tag_edit *edit, double known_m)
{
    if (kept->size < TIFF_AT + 8) {
        return;
    }
    growth g = {.tiff = kept->bytes + TIFF_AT,
                .size = kept->size - TIFF_AT,
                .big = kept->bytes[TIFF_AT] == 'M'};
    directory first = directory_at(&g, ie_exif_get32(g.big, g.tiff + 4));
    bool rates = edit->rating != IE_ABSENT && find(&g, &first, RATING) == NULL;
    if (first.count == 0 || (!rates && !edit->has_place)) {
        return;
    }
    grow(&g, &first, rates, edit, known_m);
    size_t length = TIFF_AT - 2 + g.out.size;
    if (length <= MAX_SEGMENT_BYTES) {
        uint8_t *bytes = ie_alloc(TIFF_AT + g.out.size);
        memcpy(bytes, kept->bytes, TIFF_AT);
        bytes[2] = (uint8_t)(length >> 8);
        bytes[3] = (uint8_t)length;
        memcpy(bytes + TIFF_AT, g.out.data, g.out.size);
        free(kept->bytes);
        *kept = (ie_exif_kept){bytes, TIFF_AT + g.out.size};
    }
    ie_buffer_free(&g.out);
}
