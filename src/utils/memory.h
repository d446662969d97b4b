// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Allocation. Small allocations abort on failure (there is no sensible way on); pixel- and
 * tensor-sized ones use ie_try_alloc() and become faults. An arena owns many small things and frees
 * them at once; it belongs to one thread at a time.
 */
#ifndef IE_UTILS_MEMORY_H
#define IE_UTILS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

void *ie_alloc(size_t size);  /* zeroed; never NULL */
void *ie_realloc(void *memory, size_t size);
char *ie_strdup(const char *text);
char *ie_strndup(const char *text, size_t size);
char *ie_asprintf(const char *format, ...) IE_PRINTF(1, 2);

/* count * size bytes, not zeroed; NULL when it overflows or there is no memory. free() it. */
void *ie_try_alloc(size_t count, size_t size);

/* Makes room for one more element in a plain array: `IE_GROW(items, count, room)`. */
void *ie_grow(void *items, size_t count, size_t *room, size_t element_size);
#define IE_GROW(items, count, room) ((items) = ie_grow((items), (count), &(room), sizeof *(items)))

typedef struct ie_arena ie_arena;
ie_arena *ie_arena_new(void);
/* Arenas whose first block, of the size asked for, stands in one piece of memory with those of its
   neighbours: for small things by the hundred thousand. A pool belongs to one thread; its arenas
   may go to others, be freed there in any order, and outlive it. The memory goes when the last
   neighbour does. */
typedef struct ie_pool ie_pool;
ie_pool *ie_pool_new(void);
/* Its arenas will all be kept for long, however many they are: its pieces may be large. */
void ie_pool_keep(ie_pool *pool);
void ie_pool_free(ie_pool *pool); /* NULL is fine */
ie_arena *ie_arena_new_in(ie_pool *pool, size_t first_bytes);
void ie_arena_free(ie_arena *arena); /* NULL is fine */
void *ie_arena_alloc(ie_arena *arena, size_t size); /* zeroed, aligned for any type */
char *ie_arena_strdup(ie_arena *arena, const char *text);   /* NULL gives NULL */
char *ie_arena_strndup(ie_arena *arena, const char *text, size_t size);
char *ie_arena_printf(ie_arena *arena, const char *format, ...) IE_PRINTF(2, 3);

/* Scope-bound ownership: `IE_AUTO_FREE char *name = …;` */
void ie_free_pointer(void *pointer_to_pointer);
#define IE_AUTO_FREE __attribute__((cleanup(ie_free_pointer)))

#endif
