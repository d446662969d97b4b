// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

typedef enum token_kind {
    TOKEN_CHAR,
    TOKEN_ANY,   /* '?' */
    TOKEN_CLASS, /* `first` and `last` index ranges */
    TOKEN_STAR,
    TOKEN_DEEP,       /* "**": anything */
    TOKEN_FOLDERS,    /* "**" and '/': enters the next token, or skips it */
    TOKEN_FOLDERS_IN, /* anything up to and with a '/' */
} token_kind;

typedef struct token {
    token_kind kind;
    bool negated;
    uint32_t c;
    uint16_t first, last;
} token;

typedef struct range {
    uint32_t from, to;
} range;

struct ie_glob {
    bool whole_path, folders_only;
    uint16_t count;
    token *tokens;
    range *ranges;
    uint16_t range_count;
};

/* The character at *text, which is moved behind it. Bytes that are not UTF-8 get numbers of their
   own. */
static uint32_t next_char(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    size_t size = ie_utf8_char(p);
    *text += size > 0 ? size : 1;
    if (size == 0) {
        return 0x110000u + *p;
    }
    uint32_t c = size == 1 ? *p : *p & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        c = c << 6 | (p[i] & 0x3fu);
    }
    return c;
}

/* Reads "[...]" at *text; false (nothing read) when it is not closed. */
static bool read_class(ie_glob *glob, const char **text, token *ret_token)
{
    const char *p = *text + 1;
    token class = {.kind = TOKEN_CLASS, .first = glob->range_count};
    uint16_t used = glob->range_count;
    if (*p == '!' || *p == '^') {
        class.negated = true;
        p++;
    }
    for (bool first = true; *p != ']' || first; first = false) {
        if (*p == '\\' && p[1] != 0) {
            p++;
        }
        if (*p == 0) {
            return false;
        }
        range r = {.from = next_char(&p)};
        r.to = r.from;
        if (*p == '-' && p[1] != 0 && p[1] != ']') {
            p++;
            r.to = next_char(&p);
        }
        glob->ranges[used++] = r;
    }
    glob->range_count = class.last = used;
    *text = p + 1;
    *ret_token = class;
    return true;
}

static void add(ie_glob *glob, token t)
{
    glob->tokens[glob->count++] = t;
}

static void read_stars(ie_glob *glob, const char *start, const char **text)
{
    const char *p = *text;
    bool at_start = p == start || p[-1] == '/';
    size_t stars = strspn(p, "*");
    *text = p + stars;
    if (stars >= 2 && at_start && **text == '/') {
        (*text)++;
        add(glob, (token){.kind = TOKEN_FOLDERS});
        add(glob, (token){.kind = TOKEN_FOLDERS_IN});
    } else {
        add(glob, (token){.kind = stars >= 2 ? TOKEN_DEEP : TOKEN_STAR});
    }
}

static void compile(ie_glob *glob, const char *pattern)
{
    for (const char *p = pattern; *p != 0;) {
        token class;
        if (*p == '*') {
            read_stars(glob, pattern, &p);
        } else if (*p == '?') {
            p++;
            add(glob, (token){.kind = TOKEN_ANY});
        } else if (*p == '[' && read_class(glob, &p, &class)) {
            add(glob, class);
        } else {
            p += *p == '\\' && p[1] != 0;
            add(glob, (token){.kind = TOKEN_CHAR, .c = next_char(&p)});
        }
    }
}

ie_glob *ie_glob_new(const char *pattern)
{
    size_t size = strlen(pattern);
    if (size == 0 || size > IE_GLOB_MAX) {
        return NULL;
    }
    bool folders_only = size > 1 && pattern[size - 1] == '/';
    IE_AUTO_FREE char *body = ie_strndup(pattern, size - folders_only);
    const char *start = body;
    ie_glob *glob = ie_alloc(sizeof *glob);
    glob->folders_only = folders_only;
    glob->whole_path = strchr(body, '/') != NULL;
    start += *start == '/';
    glob->tokens = ie_alloc((size + 2) * sizeof *glob->tokens);
    glob->ranges = ie_alloc((size + 2) * sizeof *glob->ranges);
    compile(glob, start);
    return glob;
}

void ie_glob_free(ie_glob *glob)
{
    if (glob != NULL) {
        free(glob->tokens);
        free(glob->ranges);
        free(glob);
    }
}

/* Marks state `at` and those reached from it without a character. */
static void enter(const ie_glob *glob, uint8_t *states, unsigned at)
{
    for (;;) {
        states[at] = 1;
        if (at == glob->count) {
            return;
        }
        token_kind kind = glob->tokens[at].kind;
        if (kind == TOKEN_FOLDERS) {
            states[at + 1] = 1;
            at += 2;
        } else if (kind == TOKEN_STAR || kind == TOKEN_DEEP) {
            at++;
        } else {
            return;
        }
    }
}

static bool in_class(const ie_glob *glob, const token *class, uint32_t c)
{
    for (unsigned i = class->first; i < class->last; i++) {
        if (c >= glob->ranges[i].from && c <= glob->ranges[i].to) {
            return !class->negated;
        }
    }
    return class->negated;
}

/* Where the character leads from state `at`. */
static void step(const ie_glob *glob, unsigned at, uint32_t c, uint8_t *next)
{
    const token *t = &glob->tokens[at];
    switch (t->kind) {
    case TOKEN_CHAR:
        if (c == t->c) {
            enter(glob, next, at + 1);
        }
        break;
    case TOKEN_ANY:
        if (c != '/') {
            enter(glob, next, at + 1);
        }
        break;
    case TOKEN_CLASS:
        if (c != '/' && in_class(glob, t, c)) {
            enter(glob, next, at + 1);
        }
        break;
    case TOKEN_STAR:
        if (c != '/') {
            enter(glob, next, at);
        }
        break;
    case TOKEN_DEEP:
        enter(glob, next, at);
        break;
    case TOKEN_FOLDERS:
        break;
    case TOKEN_FOLDERS_IN:
        next[at] = 1;
        if (c == '/') {
            enter(glob, next, at + 1);
        }
        break;
    }
}

bool ie_glob_matches(const ie_glob *glob, const char *relative, bool is_folder)
{
    uint8_t sets[2][IE_GLOB_MAX + 3] = {0};
    uint8_t *now = sets[0], *next = sets[1];
    if (glob->folders_only && !is_folder) {
        return false;
    }
    const char *p = glob->whole_path ? relative : ie_path_base(relative);
    enter(glob, now, 0);
    while (*p != 0) {
        uint32_t c = next_char(&p);
        memset(next, 0, glob->count + 1u);
        bool alive = false;
        for (unsigned i = 0; i < glob->count; i++) {
            if (now[i]) {
                step(glob, i, c, next);
            }
        }
        for (unsigned i = 0; i <= glob->count && !alive; i++) {
            alive = next[i] != 0;
        }
        if (!alive) {
            return false;
        }
        uint8_t *swap = now;
        now = next;
        next = swap;
    }
    return now[glob->count] != 0;
}
