// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* What arenas of a pool share. */
typedef struct slab {
    atomic_size_t users; /* arenas in it, and the pool while it fills it */
    size_t used, room;
    _Alignas(16) unsigned char data[];
} slab;

struct ie_arena {
    block *blocks;
    slab *home; /* where this and the last block of the list lie; NULL: each for itself */
};

struct ie_pool {
    slab *filling; /* or NULL */
    size_t bytes;  /* of the next slab */
    bool keeps;
};

/* Address sanitizer must see each one freed. */
#ifdef __SANITIZE_ADDRESS__
#define SLAB_BYTES 0
#else
#define SLAB_BYTES 65536
#endif
#define HUGE_BYTES ((size_t)2 << 20) /* a huge page of most machines */

ie_arena *ie_arena_new(void)
{
    return ie_alloc(sizeof(ie_arena));
}

static void leave_slab(slab *s)
{
    if (s != NULL && atomic_fetch_sub(&s->users, 1) == 1) {
        free(s);
    }
}

ie_pool *ie_pool_new(void)
{
    ie_pool *pool = ie_alloc(sizeof *pool);
    pool->bytes = SLAB_BYTES;
    return pool;
}

void ie_pool_keep(ie_pool *pool)
{
    pool->keeps = true;
}

/* Where everything is kept slabs grow up to a huge page, which is filled at one go: a page fault
   for every third photo takes longer than listing it. */
static slab *new_slab(ie_pool *pool, size_t need)
{
    size_t bytes = pool->bytes > sizeof(slab) + need ? pool->bytes : sizeof(slab) + need;
    bool huge = bytes == HUGE_BYTES;
    slab *s = checked(huge ? aligned_alloc(HUGE_BYTES, bytes) : malloc(bytes));
    if (huge) {
        madvise(s, bytes, MADV_HUGEPAGE); /* where that is not taken nothing is lost */
    }
    atomic_init(&s->users, 1);
    s->used = 0;
    s->room = bytes - sizeof(slab);
    if (pool->keeps && pool->bytes < HUGE_BYTES) {
        pool->bytes *= 2;
    }
    return s;
}

void ie_pool_free(ie_pool *pool)
{
    if (pool != NULL) {
        leave_slab(pool->filling);
        free(pool);
    }
}

ie_arena *ie_arena_new_in(ie_pool *pool, size_t first_bytes)
{
    size_t room = (first_bytes + 15) & ~(size_t)15;
    size_t need = sizeof(ie_arena) + sizeof(block) + room;
    slab *s = pool->filling;
    if (s == NULL || s->room - s->used < need) {
        leave_slab(s);
        s = pool->filling = new_slab(pool, need);
    }
    ie_arena *arena = (ie_arena *)(void *)(s->data + s->used);
    block *first = (block *)(void *)(s->data + s->used + sizeof *arena);
    s->used += need;
    atomic_fetch_add(&s->users, 1);
    *first = (block){.room = room};
    *arena = (ie_arena){.blocks = first, .home = s};
    return arena;
}

void ie_arena_free(ie_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    slab *home = arena->home;
    for (block *b = arena->blocks; b != NULL;) {
        block *next = b->next;
        if (home == NULL || next != NULL) {
            free(b);
        }
        b = next;
    }
    if (home == NULL) {
        free(arena);
    }
    leave_slab(home);
}

void *ie_arena_alloc(ie_arena *arena, size_t size)
{
    size_t need = (size + 15) & ~(size_t)15;
    block *b = arena->blocks;
    if (b == NULL || b->room - b->used < need) {
        bool first = b == NULL || (arena->home != NULL && b->next == NULL);
        size_t room = first ? 496 : b->room * 2 > 65536 ? 65536 : b->room * 2;
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

static char *copy_text(ie_arena *arena, const char *text, size_t length)
{
    char *copy = ie_arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *ie_arena_strndup(ie_arena *arena, const char *text, size_t size)
{
    if (text == NULL) {
        return NULL;
    }
    return copy_text(arena, text, strnlen(text, size));
}

char *ie_arena_strdup(ie_arena *arena, const char *text)
{
    return text == NULL ? NULL : copy_text(arena, text, strlen(text));
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
