// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/unicode.h"
#include "utils/hash.h"
#include "utils/memory.h"

typedef struct slot {
    const char *key; /* folded; NULL: free */
    uint64_t hash;
    ie_name name;
} slot;

struct ie_names {
    ie_arena *arena;
    slot *slots;
    size_t size, used; /* size is a power of two */
};

ie_names *ie_names_new(void)
{
    ie_names *names = ie_alloc(sizeof *names);
    names->arena = ie_arena_new();
    names->size = 64;
    names->slots = ie_alloc(names->size * sizeof *names->slots);
    return names;
}

void ie_names_free(ie_names *names)
{
    if (names != NULL) {
        ie_arena_free(names->arena);
        free(names->slots);
        free(names);
    }
}

static slot *find(slot *slots, size_t size, uint64_t hash, const char *key)
{
    size_t i = hash & (size - 1);
    while (slots[i].key != NULL && (slots[i].hash != hash || strcmp(slots[i].key, key) != 0)) {
        i = (i + 1) & (size - 1);
    }
    return &slots[i];
}

static void grow(ie_names *names)
{
    size_t size = names->size * 2;
    slot *slots = ie_alloc(size * sizeof *slots);
    for (size_t i = 0; i < names->size; i++) {
        const slot *old = &names->slots[i];
        if (old->key != NULL) {
            *find(slots, size, old->hash, old->key) = *old;
        }
    }
    free(names->slots);
    names->slots = slots;
    names->size = size;
}

ie_name *ie_names_get(ie_names *names, const char *path)
{
    if (names->used >= names->size / 2) {
        grow(names);
    }
    IE_AUTO_FREE char *key = ie_unicode_folded(path);
    ie_hash128 digest = ie_hash128_of(key, strlen(key));
    uint64_t hash;
    memcpy(&hash, digest.bytes, sizeof hash);
    slot *found = find(names->slots, names->size, hash, key);
    if (found->key == NULL) {
        found->key = ie_arena_strdup(names->arena, key);
        found->hash = hash;
        names->used++;
    }
    return &found->name;
}
