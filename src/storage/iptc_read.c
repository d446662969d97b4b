// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/iptc_read.h"

#include <stdio.h>
#include <string.h>

#include "utils/hash.h"
#include "utils/text.h"

#define DATASET(record, number) ((record) << 8 | (number))
#define MAX_BLOCKS 1000
#define MAX_CREATORS 1000 /* bytes; then no more are joined on */
#define KEYWORD_BYTES 64

/* Plain texts, and how many bytes IIM gives each. */
static const struct {
    unsigned id;
    size_t bytes, member;
} texts[] = {
    {DATASET(2, 5), 64, offsetof(ie_metadata, title)},
    {DATASET(2, 90), 32, offsetof(ie_metadata, city)},
    {DATASET(2, 95), 32, offsetof(ie_metadata, state)},
    {DATASET(2, 101), 64, offsetof(ie_metadata, country)},
    {DATASET(2, 116), 128, offsetof(ie_metadata, copyright)},
    {DATASET(2, 120), 2000, offsetof(ie_metadata, caption)},
};

static const char **text_at(ie_metadata *m, size_t row)
{
    return (const char **)((char *)m + texts[row].member);
}

/* A block being read. */
typedef struct block {
    ie_arena *arena;
    ie_facts *facts;
    bool utf8, latin1; /* the block says so */
    char date[16], time[16];
} block;

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

/* One dataset (IIM 4.2, 1.5). */
typedef struct dataset {
    unsigned id;
    const uint8_t *value;
    size_t size;
} dataset;

/* The dataset at *at, which moves behind it. False at the end, which no marker tells; *damaged when
   a length leads out of the block. */
static bool next_dataset(const uint8_t *bytes, size_t size, size_t *at, dataset *ret, bool *damaged)
{
    if (size - *at < 5 || bytes[*at] != 0x1c) {
        return false; /* some writers pad behind */
    }
    size_t length = ie_be16(bytes + *at + 3), place = *at + 5;
    ret->id = DATASET(bytes[*at + 1], bytes[*at + 2]);
    if (length & 0x8000) {
        size_t width = length & 0x7fff;
        length = 0;
        *damaged = width > 4 || width > size - place;
        for (size_t i = 0; i < width && !*damaged; i++) {
            length = length << 8 | bytes[place++];
        }
    }
    *damaged = *damaged || length > size - place;
    ret->value = bytes + place;
    ret->size = length;
    *at = place + length;
    return !*damaged;
}

/* The size without a last character that a writer cut within, at a limit in bytes. */
static size_t whole_characters(const uint8_t *value, size_t size)
{
    size_t tail = 0;
    while (tail < 3 && tail < size && (value[size - 1 - tail] & 0xc0) == 0x80) {
        tail++;
    }
    if (tail == size) {
        return size;
    }
    uint8_t lead = value[size - 1 - tail];
    size_t needs = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    return needs > tail ? size - 1 - tail : size;
}

static bool is_ascii(const char *text)
{
    while (*text != 0 && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == 0;
}

/* Without a mark, one odd byte at the end of plain letters is Latin-1 ("Caf\xe9") rather than a cut
   character. */
static const char *text_of(const block *in, const dataset *d)
{
    if (in->latin1) {
        return ie_facts_latin1(in->arena, d->value, d->size);
    }
    size_t whole = whole_characters(d->value, d->size);
    if (whole < d->size) {
        IE_AUTO_FREE char *text = ie_strndup((const char *)d->value, whole);
        if (ie_utf8_valid(text) && (in->utf8 || !is_ascii(text))) {
            return ie_facts_text(in->arena, d->value, whole);
        }
    }
    return ie_facts_text(in->arena, d->value, d->size);
}

/* ISO 2022: ESC % G is UTF-8, ESC . A and ESC - A are Latin-1. Without a mark UTF-8 is told by its
   form. */
static void set_charset(block *in, const dataset *d)
{
    in->utf8 = d->size >= 3 && memcmp(d->value, "\x1b%G", 3) == 0;
    in->latin1 =
        d->size >= 3 && (memcmp(d->value, "\x1b.A", 3) == 0 || memcmp(d->value, "\x1b-A", 3) == 0);
}

static void take_dataset(block *in, const dataset *d)
{
    ie_metadata *m = &in->facts->m;
    const char *word;
    switch (d->id) {
    case DATASET(1, 90):
        set_charset(in, d);
        break;
    case DATASET(2, 25):
        word = text_of(in, d);
        if (word != NULL) {
            ie_text_list_add(&m->keywords, in->arena, word);
        }
        break;
    case DATASET(2, 55):
        copy_field(in->date, sizeof in->date, d->value, d->size);
        break;
    case DATASET(2, 60):
        copy_field(in->time, sizeof in->time, d->value, d->size);
        break;
    case DATASET(2, 80):
        add_creator(m, text_of(in, d), in->arena);
        break;
    default:
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            if (texts[i].id == d->id) {
                *text_at(m, i) = text_of(in, d);
            }
        }
        break;
    }
}

void ie_iptc_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts)
{
    block in = {.arena = arena, .facts = facts};
    dataset d;
    for (size_t at = 0; next_dataset(bytes, size, &at, &d, &facts->damaged);) {
        take_dataset(&in, &d);
    }
    set_date(in.date, in.time, facts);
}

/* ---- beside XMP ------------------------------------------------------------------------- */

static bool digest_is(const uint8_t *bytes, size_t size, const uint8_t digest[16])
{
    char hex[65];
    ie_digest *md5 = ie_digest_new(IE_DIGEST_MD5);
    if (md5 == NULL) {
        return true; /* not to be had here, so nothing is known to differ */
    }
    ie_digest_add(md5, bytes, size);
    ie_digest_end(md5, hex);
    char stored[33];
    for (int i = 0; i < 16; i++) {
        snprintf(stored + 2 * i, 3, "%02x", digest[i]);
    }
    return strcmp(hex, stored) == 0;
}

bool ie_iptc_is_newer(const uint8_t *bytes, size_t size, const uint8_t digest[16])
{
    /* TIFF pads the block to whole words. */
    size_t bare = size;
    while (bare > 0 && size - bare < 3 && bytes[bare - 1] == 0) {
        bare--;
    }
    return !digest_is(bytes, size, digest) && (bare == size || !digest_is(bytes, bare, digest));
}

/* Is `text` what a writer cut at `limit` bytes, perhaps within a character, of `whole`? */
static bool is_cut_of(const char *text, const char *whole, size_t limit)
{
    size_t length = strlen(text);
    return length + 3 >= limit && strlen(whole) > length && memcmp(text, whole, length) == 0;
}

/* What a writer would have cut the words to; those that need no cut give nothing. There may be any
   number of words on both sides. */
static ie_text_list cuts_of(const ie_text_list *words, ie_arena *arena)
{
    ie_text_list cuts = {0};
    for (uint32_t i = 0; i < words->count; i++) {
        for (size_t length = KEYWORD_BYTES - 3; length <= KEYWORD_BYTES; length++) {
            if (strlen(words->items[i]) > length) {
                ie_text_list_add(&cuts, arena, ie_arena_strndup(arena, words->items[i], length));
            }
        }
    }
    return cuts;
}

void ie_iptc_complete(ie_metadata *iptc, const ie_metadata *xmp)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char **own = text_at(iptc, i);
        const char *whole = *text_at((ie_metadata *)xmp, i);
        if (*own != NULL && whole != NULL && is_cut_of(*own, whole, texts[i].bytes)) {
            *own = whole;
        }
    }
    uint32_t kept = 0;
    ie_arena *arena = ie_arena_new();
    ie_text_list cuts = cuts_of(&xmp->keywords, arena);
    for (uint32_t i = 0; i < iptc->keywords.count; i++) {
        const char *word = iptc->keywords.items[i];
        if (!ie_text_list_has(&cuts, word)) {
            iptc->keywords.items[kept++] = word;
        }
    }
    iptc->keywords.count = kept;
    iptc->keywords.room = 0;
    ie_arena_free(arena);
}

ie_span ie_irb_find(const ie_span *blocks, uint16_t id, unsigned skip)
{
    uint64_t at = 0;
    for (int i = 0; i < MAX_BLOCKS; i++) {
        const uint8_t *head = ie_span_at(blocks, at, 7);
        /* 8BIM; older programs wrote others of the same shape. */
        if (head == NULL || (memcmp(head, "8BIM", 4) != 0 && memcmp(head, "MeSa", 4) != 0 &&
                             memcmp(head, "PHUT", 4) != 0 && memcmp(head, "AgHg", 4) != 0 &&
                             memcmp(head, "DCSR", 4) != 0)) {
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
        if (found == id && size > 0 && skip-- == 0) {
            return ie_span_part(blocks, data, size);
        }
        at = data + ((size + 1) & ~(uint64_t)1);
    }
    return (ie_span){0};
}
