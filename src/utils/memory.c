// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("imgengine: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *ie_alloc(size_t size)
{
    return checked(calloc(1, size > 0 ? size : 1));
}

void *ie_realloc(void *memory, size_t size)
{
    return checked(realloc(memory, size > 0 ? size : 1));
}

char *ie_strdup(const char *text)
{
    return checked(strdup(text));
}

char *ie_strndup(const char *text, size_t size)
{
    return checked(strndup(text, size));
}

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
    }
    return checked(text);
}

char *ie_asprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    return text;
}

void *ie_try_alloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    return malloc(total > 0 ? total : 1);
}

void *ie_grow(void *items, size_t count, size_t *room, size_t element_size)
{
    if (count < *room) {
        return items;
    }
    size_t wanted = *room < 8 ? 8 : *room + *room / 2;
    size_t bytes;
    if (__builtin_mul_overflow(wanted, element_size, &bytes)) {
        return checked(NULL);
    }
    *room = wanted;
    return ie_realloc(items, bytes);
}

/* Blocks start small because there is one arena a photo, and grow for plans. */
typedef struct block {
    struct block *next;
    size_t used, room;
    _Alignas(16) unsigned char data[];
} block;

struct ie_arena {
    block *blocks;
};

ie_arena *ie_arena_new(void)
{
    return ie_alloc(sizeof(ie_arena));
}

void ie_arena_free(ie_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (block *b = arena->blocks; b != NULL;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

void *ie_arena_alloc(ie_arena *arena, size_t size)
{
    size_t need = (size + 15) & ~(size_t)15;
    block *b = arena->blocks;
    if (b == NULL || b->room - b->used < need) {
        size_t room = b == NULL ? 496 : b->room * 2 > 65536 ? 65536 : b->room * 2;
        if (room < need) {
            room = need + 496; /* a photo and its few texts are one block */
        }
        b = checked(malloc(sizeof *b + room));
        *b = (block){.next = arena->blocks, .room = room};
        arena->blocks = b;
    }
    void *memory = b->data + b->used;
    b->used += need;
    return memset(memory, 0, size);
}

char *ie_arena_strndup(ie_arena *arena, const char *text, size_t size)
{
    if (text == NULL) {
        return NULL;
    }
    size_t length = strnlen(text, size);
    char *copy = ie_arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *ie_arena_strdup(ie_arena *arena, const char *text)
{
    return text == NULL ? NULL : ie_arena_strndup(arena, text, strlen(text));
}

char *ie_arena_printf(ie_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    char *copy = ie_arena_strdup(arena, text);
    free(text);
    return copy;
}

void ie_free_pointer(void *pointer_to_pointer)
{
    void *pointer;
    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    free(pointer);
}
