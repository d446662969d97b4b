// SPDX-License-Identifier: GPL-3.0-or-later
/* GIF (CompuServe, version 89a): the screen, colours, pictures and how they follow each other; no
   comments, no XMP. */
#include <string.h>

#include "storage/image_data_parts.h"

typedef struct gif {
    const uint8_t *bytes;
    size_t size, at;
} gif;

static bool has(const gif *g, size_t count)
{
    return g->at <= g->size && count <= g->size - g->at;
}

/* Moves behind a table of colours, when the flags say that there is one. */
static bool skip_colors(gif *g, uint8_t flags)
{
    size_t bytes = flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
    bool good = has(g, bytes);
    g->at += good ? bytes : 0;
    return good;
}

/* Moves behind sub-blocks and the empty one that ends them. */
static bool skip_blocks(gif *g)
{
    while (has(g, 1)) {
        size_t length = g->bytes[g->at];
        if (!has(g, length + 1)) {
            return false;
        }
        g->at += length + 1;
        if (length == 0) {
            return true;
        }
    }
    return false;
}

/* Loops, profiles, and when the next picture comes: all of it is part of what is seen. */
static bool is_picture_extension(const gif *g)
{
    static const char *const programs[] = {"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"};
    uint8_t label = g->bytes[g->at + 1];
    if (label != 0xff || !has(g, 14)) {
        return label == 0xf9 || label == 0x01;
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (memcmp(g->bytes + g->at + 3, programs[i], 11) == 0) {
            return true;
        }
    }
    return false;
}

static bool skip_picture(gif *g)
{
    uint8_t flags = has(g, 10) ? g->bytes[g->at + 9] : 0;
    bool good = has(g, 10);
    g->at += good ? 10 : 0;
    good = good && skip_colors(g, flags) && has(g, 1);
    g->at += good; /* size of the first codes */
    return good && skip_blocks(g);
}

bool ie_image_data_gif(const uint8_t *bytes, size_t size, ie_hasher *hasher)
{
    gif g = {.bytes = bytes, .size = size, .at = 13};
    bool picture = false;
    if (size < 14 || !skip_colors(&g, bytes[10])) {
        return false;
    }
    ie_hasher_add(hasher, bytes + 6, g.at - 6); /* not the version, which a comment may raise */
    while (has(&g, 1)) {
        size_t start = g.at;
        bool counts = true, good = false;
        if (bytes[g.at] == 0x3b) {
            return picture;
        }
        if (bytes[g.at] == 0x2c) {
            good = skip_picture(&g);
            picture = true;
        } else if (bytes[g.at] == 0x21 && has(&g, 2)) {
            counts = is_picture_extension(&g);
            g.at += 2;
            good = skip_blocks(&g);
        }
        if (!good) {
            return false;
        }
        if (counts) {
            ie_hasher_add(hasher, bytes + start, g.at - start);
        }
    }
    return false;
}
