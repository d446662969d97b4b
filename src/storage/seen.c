// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/seen.h"

#include <stddef.h>
#include <stdlib.h>

#include "utils/memory.h"

typedef struct device_table {
    uint64_t device;
    uint64_t *slots; /* 0: free */
    size_t room, used;
    bool has_zero; /* inode 0, which no slot can hold */
} device_table;

struct ie_seen {
    device_table *tables;
    size_t count, room;
};

ie_seen *ie_seen_new(void)
{
    return ie_alloc(sizeof(ie_seen));
}

void ie_seen_free(ie_seen *seen)
{
    if (seen == NULL) {
        return;
    }
    for (size_t i = 0; i < seen->count; i++) {
        free(seen->tables[i].slots);
    }
    free(seen->tables);
    free(seen);
}

static device_table *table_of(ie_seen *seen, uint64_t device)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->tables[i].device == device) {
            return &seen->tables[i];
        }
    }
    IE_GROW(seen->tables, seen->count, seen->room);
    seen->tables[seen->count] = (device_table){.device = device};
    return &seen->tables[seen->count++];
}

/* The slot that holds the inode, or the free one where it belongs. Fibonacci hashing spreads inodes
   that count up. */
static size_t slot_of(const device_table *table, uint64_t inode)
{
    size_t at = (size_t)((inode * 0x9e3779b97f4a7c15u) >> 20) & (table->room - 1);
    while (table->slots[at] != 0 && table->slots[at] != inode) {
        at = (at + 1) & (table->room - 1);
    }
    return at;
}

static void grow(device_table *table)
{
    device_table larger = *table;
    larger.room = table->room > 0 ? table->room * 2 : 1024;
    larger.slots = ie_alloc(larger.room * sizeof *larger.slots);
    for (size_t i = 0; i < table->room; i++) {
        if (table->slots[i] != 0) {
            larger.slots[slot_of(&larger, table->slots[i])] = table->slots[i];
        }
    }
    free(table->slots);
    *table = larger;
}

bool ie_seen_add(ie_seen *seen, uint64_t device, uint64_t inode)
{
    device_table *table = table_of(seen, device);
    if (inode == 0) {
        bool fresh = !table->has_zero;
        table->has_zero = true;
        return fresh;
    }
    if (table->used >= table->room - table->room / 4) {
        grow(table);
    }
    size_t at = slot_of(table, inode);
    if (table->slots[at] == inode) {
        return false;
    }
    table->slots[at] = inode;
    table->used++;
    return true;
}
