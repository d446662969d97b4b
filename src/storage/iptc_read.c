// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/iptc_read.h"

#include <stdio.h>
#include <string.h>

#define DATASET(record, number) ((record) << 8 | (number))
#define MAX_BLOCKS 1000
#define MAX_CREATORS 1000 /* bytes; then no more are joined on */

/* CCYYMMDD and HHMMSS±HHMM, as texts of the forms that ie_facts_date() reads. */
static void set_date(const char *date, const char *time, ie_facts *facts)
{
    char text[40];
    if (strlen(date) != 8) {
        return;
    }
    int used = snprintf(text, sizeof text, "%.4s-%.2s-%.2s", date, date + 4, date + 6);
    if (strlen(time) >= 6) {
        snprintf(text + used, sizeof text - (size_t)used, "T%.2s:%.2s:%.2s%.5s", time, time + 2,
                 time + 4, time + 6);
    }
    if (!ie_facts_date(text, sizeof text, &facts->original, &facts->date_only) && used > 0) {
        text[used] = 0; /* a bad time does not spoil the date */
        ie_facts_date(text, sizeof text, &facts->original, &facts->date_only);
    }
}

static void copy_field(char *out, size_t room, const uint8_t *bytes, size_t size)
{
    size_t take = size < room - 1 ? size : room - 1;
    memcpy(out, bytes, take);
    out[take] = 0;
}

/* Several are joined as MWG joins them in EXIF Artist. */
static void add_creator(ie_metadata *m, const char *name, ie_arena *arena)
{
    if (name != NULL && (m->creator == NULL || strlen(m->creator) < MAX_CREATORS)) {
        m->creator = m->creator == NULL ? name
                                        : ie_arena_printf(arena, "%s; %s", m->creator, name);
    }
}

void ie_iptc_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts)
{
    char date[16] = "", time[16] = "";
    size_t at = 0;
    /* Some writers pad in front; what is no marker ends the data. */
    while (at + 5 <= size && bytes[at] == 0x1c) {
        unsigned dataset = DATASET(bytes[at + 1], bytes[at + 2]);
        size_t length = ie_be16(bytes + at + 3);
        at += 5;
        if (length & 0x8000) {
            size_t width = length & 0x7fff;
            length = 0;
            if (width > 4 || width > size - at) {
                facts->damaged = true;
                break;
            }
            for (size_t i = 0; i < width; i++) {
                length = length << 8 | bytes[at++];
            }
        }
        if (length > size - at) {
            facts->damaged = true;
            break;
        }
        const uint8_t *value = bytes + at;
        const char *text;
        switch (dataset) {
        case DATASET(2, 5):
            facts->m.title = ie_facts_text(arena, value, length);
            break;
        case DATASET(2, 25):
            text = ie_facts_text(arena, value, length);
            if (text != NULL) {
                ie_text_list_add(&facts->m.keywords, arena, text);
            }
            break;
        case DATASET(2, 55):
            copy_field(date, sizeof date, value, length);
            break;
        case DATASET(2, 60):
            copy_field(time, sizeof time, value, length);
            break;
        case DATASET(2, 80):
            add_creator(&facts->m, ie_facts_text(arena, value, length), arena);
            break;
        case DATASET(2, 90):
            facts->m.city = ie_facts_text(arena, value, length);
            break;
        case DATASET(2, 95):
            facts->m.state = ie_facts_text(arena, value, length);
            break;
        case DATASET(2, 101):
            facts->m.country = ie_facts_text(arena, value, length);
            break;
        case DATASET(2, 116):
            facts->m.copyright = ie_facts_text(arena, value, length);
            break;
        case DATASET(2, 120):
            facts->m.caption = ie_facts_text(arena, value, length);
            break;
        default:
            break;
        }
        at += length;
    }
    set_date(date, time, facts);
}

ie_span ie_irb_find(const ie_span *blocks, uint16_t id)
{
    uint64_t at = 0;
    for (int i = 0; i < MAX_BLOCKS; i++) {
        const uint8_t *head = ie_span_at(blocks, at, 7);
        /* 8BIM; older programs wrote others of the same shape. */
        if (head == NULL || (memcmp(head, "8BIM", 4) != 0 && memcmp(head, "MeSa", 4) != 0 &&
                             memcmp(head, "PHUT", 4) != 0 && memcmp(head, "AgHg", 4) != 0)) {
            break;
        }
        uint16_t found = ie_be16(head + 4);
        uint64_t name =
            ((uint64_t)head[6] + 2) & ~(uint64_t)1; /* length byte and name, padded to even */
        const uint8_t *length = ie_span_at(blocks, at + 6 + name, 4);
        if (length == NULL) {
            break;
        }
        uint64_t size = ie_be32(length), data = at + 10 + name;
        if (found == id && size > 0) {
            return ie_span_part(blocks, data, size);
        }
        at = data + ((size + 1) & ~(uint64_t)1);
    }
    return (ie_span){0};
}
