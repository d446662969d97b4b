// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/earlier.h"

#include <string.h>

#include "processors/names.h"
#include "storage/journal.h"
#include "utils/memory.h"
#include "utils/text.h"

typedef struct change {
    const char *from, *to; /* in the arena */
} change;

struct ie_earlier {
    ie_arena *arena;
    ie_names *paths; /* by entry_of(); taken: a folder whose journals are read, and those of all
                        above; owner: the newest change to that path, + 1 */
    change *changes;
    size_t count, room;
};

ie_earlier *ie_earlier_new(void)
{
    ie_earlier *earlier = ie_alloc(sizeof *earlier);
    earlier->arena = ie_arena_new();
    earlier->paths = ie_names_new();
    return earlier;
}

void ie_earlier_free(ie_earlier *earlier)
{
    if (earlier != NULL) {
        ie_names_free(earlier->paths);
        ie_arena_free(earlier->arena);
        free(earlier->changes);
        free(earlier);
    }
}

/* By its hash, since names there are equal when they differ in case only. */
static ie_name *entry_of(const ie_earlier *earlier, const char *path)
{
    char hex[33];
    ie_hash128_hex(ie_hash128_of(path, strlen(path)), hex);
    return ie_names_get(earlier->paths, hex);
}

static void note(ie_earlier *earlier, const ie_entry *entry)
{
    bool names = (entry->kind == IE_ACTION_MOVE || entry->kind == IE_ACTION_REPLACE ||
                  (entry->kind == IE_ACTION_COPY && !entry->beside)) &&
                 entry->state == IE_ENTRY_DONE && entry->to != NULL &&
                 strcmp(entry->from, entry->to) != 0;
    if (!names) {
        return;
    }
    IE_GROW(earlier->changes, earlier->count, earlier->room);
    earlier->changes[earlier->count++] = (change){
        .from = ie_arena_strdup(earlier->arena, entry->from),
        .to = ie_arena_strdup(earlier->arena, entry->to),
    };
    entry_of(earlier, entry->to)->owner = earlier->count;
}

static void read_journals(ie_earlier *earlier, const char *root)
{
    ie_run_ids ids = {0};
    if (ie_run_ids_read(root, &ids, NULL) != IE_OK) {
        return;
    }
    for (size_t i = ids.count; i > 0; i--) { /* the newest last */
        ie_log *log = NULL;
        if (ie_log_read(root, ids.ids[i - 1], &log, NULL) == IE_OK) {
            for (size_t k = 0; k < log->count; k++) {
                note(earlier, &log->entries[k]);
            }
            ie_log_free(log);
        }
    }
    ie_run_ids_free(&ids);
}

static void read_above(ie_earlier *earlier, const char *path)
{
    char *folder = ie_path_directory(path);
    for (;;) {
        ie_name *name = entry_of(earlier, folder);
        if (name->taken) {
            break;
        }
        name->taken = true;
        read_journals(earlier, folder);
        char *above = ie_path_directory(folder);
        bool top = strcmp(above, folder) == 0 || folder[0] != '/';
        free(folder);
        folder = above;
        if (top) {
            break;
        }
    }
    free(folder);
}

const char *ie_earlier_path(ie_earlier *earlier, const char *path)
{
    read_above(earlier, path);
    uint64_t index = entry_of(earlier, path)->owner;
    return index > 0 && strcmp(earlier->changes[index - 1].to, path) == 0
               ? earlier->changes[index - 1].from
               : NULL;
}
