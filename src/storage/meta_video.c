// SPDX-License-Identifier: GPL-3.0-or-later
/* QuickTime and MP4: what the movie box says of time, place and camera (Apple, QuickTime File
   Format). */
#include "storage/meta_container.h"

#include <math.h>
#include <string.h>

#include "storage/meta_box.h"
#include "utils/text.h"

#define MAX_TRACKS 32
#define SECONDS_1904_TO_1970 2082844800LL

/* "+52.2097-000.8955+103.640/" (ISO 6709, decimal degrees). */
static void set_place(ie_facts *facts, const char *text)
{
    double numbers[3] = {NAN, NAN, NAN};
    for (int i = 0; i < 3 && (*text == '+' || *text == '-'); i++) {
        size_t length = 1 + strspn(text + 1, "0123456789.");
        IE_AUTO_FREE char *number = ie_strndup(text, length);
        if (!ie_parse_real(number, &numbers[i])) {
            return;
        }
        text += length;
    }
    facts->gps_bad = !ie_facts_set_place(&facts->m, numbers[0], numbers[1]);
    facts->m.altitude_m = numbers[2];
}

static void set_value(ie_meta *meta, const char *key, const void *bytes, size_t size)
{
    ie_facts *facts = &meta->own;
    const char *text = ie_facts_text(meta->photo->arena, bytes, size);
    if (text == NULL) {
        return;
    }
    if (strcmp(key, "creationdate") == 0) {
        ie_facts_date(text, strlen(text), &facts->original, &facts->date_only);
    } else if (strcmp(key, "location.ISO6709") == 0) {
        set_place(facts, text);
    } else if (strcmp(key, "make") == 0) {
        facts->m.make = text;
    } else if (strcmp(key, "model") == 0) {
        facts->m.model = text;
    } else if (strcmp(key, "title") == 0) {
        facts->m.title = text;
    } else if (strcmp(key, "description") == 0) {
        facts->m.caption = text;
    } else if (strcmp(key, "content.identifier") == 0) {
        facts->m.content_id = text;
    } else if (strcmp(key, "software") == 0) {
        facts->m.software = text;
    } else if (strcmp(key, "author") == 0) {
        facts->m.creator = text;
    } else if (strcmp(key, "copyright") == 0) {
        facts->m.copyright = text;
    }
}

/* meta { keys, ilst }: ilst's boxes have the number of their key as type. */
static void find_keys(ie_meta *meta, const ie_span *body)
{
    ie_span boxes = *body;
    ie_span keys = ie_box_find(&boxes, IE_BOX('k', 'e', 'y', 's'));
    if (keys.size == 0) { /* MP4 writes version and flags in front, QuickTime does not */
        boxes = ie_span_part(body, 4, body->size);
        keys = ie_box_find(&boxes, IE_BOX('k', 'e', 'y', 's'));
    }
    ie_span list = ie_box_find(&boxes, IE_BOX('i', 'l', 's', 't'));
    uint64_t at = 0;
    ie_box entry, key;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(&list, &at, &entry); i++) {
        uint64_t key_at = 8;
        bool found = false;
        for (uint32_t k = 1; k <= entry.type && k < 256; k++) {
            found = ie_box_next(&keys, &key_at, &key);
            if (!found) {
                break;
            }
        }
        static const char prefix[] = "com.apple.quicktime.";
        const uint8_t *name =
            found && key.body.size < 200 ? ie_span_at(&key.body, 0, key.body.size) : NULL;
        ie_span data = ie_box_find(&entry.body, IE_BOX('d', 'a', 't', 'a'));
        const uint8_t *value =
            data.size > 8 && data.size < 65536 ? ie_span_at(&data, 0, data.size) : NULL;
        if (name == NULL || value == NULL || ie_be32(value) != 1 || key.body.size < sizeof prefix ||
            memcmp(name, prefix, sizeof prefix - 1) != 0) { /* type 1: UTF-8 */
            continue;
        }
        IE_AUTO_FREE char *word =
            ie_strndup((const char *)name + sizeof prefix - 1, key.body.size - (sizeof prefix - 1));
        set_value(meta, word, value + 8, (size_t)data.size - 8);
    }
}

/* 3GPP TS 26.244: language, name, NUL, role, then longitude, latitude, altitude as 16.16 fixed
   point. */
static void take_loci(ie_meta *meta, const ie_span *body)
{
    const uint8_t *p = body->size < 4096 ? ie_span_at(body, 0, body->size) : NULL;
    size_t size = (size_t)body->size;
    if (p == NULL || size < 6) {
        return;
    }
    size_t at = 6 + strnlen((const char *)p + 6, size - 6) + 2;
    const uint8_t *place = ie_span_at(body, at, 12);
    if (place != NULL) {
        double longitude = (int32_t)ie_be32(place) / 65536.0,
               latitude = (int32_t)ie_be32(place + 4) / 65536.0;
        if (ie_facts_set_place(&meta->own.m, latitude, longitude)) {
            meta->own.m.altitude_m = (int32_t)ie_be32(place + 8) / 65536.0;
        }
    }
}

/* udta's international texts: 2 bytes length, 2 bytes language, text. */
static void find_user_data(ie_meta *meta, const ie_span *body)
{
    static const struct {
        uint32_t type;
        const char *key;
    } texts[] = {
        {IE_BOX(0xa9, 'x', 'y', 'z'), "location.ISO6709"},
        {IE_BOX(0xa9, 'm', 'a', 'k'), "make"},
        {IE_BOX(0xa9, 'm', 'o', 'd'), "model"},
        {IE_BOX(0xa9, 'd', 'a', 'y'), "creationdate"},
        {IE_BOX(0xa9, 's', 'w', 'r'), "software"},
    };
    uint64_t at = 0;
    ie_box box;
    for (int i = 0; i < IE_META_MAX_STEPS && ie_box_next(body, &at, &box); i++) {
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            const uint8_t *p = box.type == texts[t].type ? ie_span_at(&box.body, 0, 4) : NULL;
            ie_span text = p != NULL ? ie_span_part(&box.body, 4, ie_be16(p)) : (ie_span){0};
            if (text.size > 0 && (p = ie_span_at(&text, 0, text.size)) != NULL) {
                set_value(meta, texts[t].key, p, (size_t)text.size);
            }
        }
        if (box.type == IE_BOX('m', 'e', 't', 'a')) {
            find_keys(meta, &box.body);
        } else if (box.type == IE_BOX('X', 'M', 'P', '_')) {
            ie_meta_add_xmp(meta, box.body);
        } else if (box.type == IE_BOX('l', 'o', 'c', 'i')) {
            take_loci(meta, &box.body);
        }
    }
}

/* In units of its own time scale; all ones: not known. */
static void take_duration(ie_meta *meta, const ie_span *body)
{
    const uint8_t *p = ie_span_at(body, 0, 20);
    bool wide = p != NULL && p[0] == 1;
    if (wide) {
        p = ie_span_at(body, 0, 32);
    }
    if (p == NULL) {
        return;
    }
    uint32_t scale = ie_be32(p + (wide ? 20 : 12));
    uint64_t length = wide ? ie_be64(p + 24) : ie_be32(p + 16);
    bool known = wide ? length != UINT64_MAX : length != UINT32_MAX;
    if (known && scale > 0 && length > 0 && length / scale < 1000000) {
        meta->own.m.duration_s = (double)length / scale;
    }
}

static void take_movie_header(ie_meta *meta, const ie_span *body)
{
    const uint8_t *p = ie_span_at(body, 0, 12);
    uint64_t created = p != NULL ? ie_be32(p + 4) : 0;
    if (p != NULL && p[0] == 1) {
        created = ie_be64(p + 4);
    }
    /* Some write Unix time: nothing was filmed before 1970, so a value before it is not
       believed. */
    if (created > SECONDS_1904_TO_1970 && created < SECONDS_1904_TO_1970 + (1ull << 32)) {
        int64_t seconds = (int64_t)created - SECONDS_1904_TO_1970;
        meta->own.digitized = ie_datetime_from_unix(seconds * 1000000000, 0, true);
    }
    take_duration(meta, body);
}

/* Size in samples of the first video track: stsd's first entry. */
static void take_track(ie_meta *meta, const ie_span *body)
{
    ie_span mdia = ie_box_find(body, IE_BOX('m', 'd', 'i', 'a'));
    ie_span hdlr = ie_box_find(&mdia, IE_BOX('h', 'd', 'l', 'r'));
    const uint8_t *p = ie_span_at(&hdlr, 0, 12);
    if (p == NULL || memcmp(p + 8, "vide", 4) != 0 || meta->width != 0) {
        return;
    }
    ie_span minf = ie_box_find(&mdia, IE_BOX('m', 'i', 'n', 'f'));
    ie_span stbl = ie_box_find(&minf, IE_BOX('s', 't', 'b', 'l'));
    ie_span stsd = ie_box_find(&stbl, IE_BOX('s', 't', 's', 'd'));
    p = ie_span_at(&stsd, 8, 36);
    if (p != NULL) {
        meta->width = ie_be16(p + 32);
        meta->height = ie_be16(p + 34);
    }
}

void ie_meta_find_movie(ie_meta *meta, const ie_span *movie)
{
    uint64_t at = 0;
    ie_box box;
    for (int i = 0, tracks = 0; i < IE_META_MAX_STEPS && ie_box_next(movie, &at, &box); i++) {
        switch (box.type) {
        case IE_BOX('m', 'v', 'h', 'd'):
            take_movie_header(meta, &box.body);
            break;
        case IE_BOX('t', 'r', 'a', 'k'):
            if (tracks++ < MAX_TRACKS) {
                take_track(meta, &box.body);
            }
            break;
        case IE_BOX('m', 'e', 't', 'a'):
            find_keys(meta, &box.body);
            break;
        case IE_BOX('u', 'd', 't', 'a'):
            find_user_data(meta, &box.body);
            break;
        default:
            break;
        }
    }
}
