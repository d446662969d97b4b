// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/by_stamp.h"

#include <stdlib.h>
#include <string.h>

#include "storage/scan.h"
#include "storage/stamp.h"
#include "utils/memory.h"

typedef struct found {
    const char *path; /* in the arena */
    ie_stamp stamp;
} found;

struct ie_by_stamp {
    ie_arena *arena;
    found *files; /* by size and time, then path */
    size_t count, room;
};

static int compare_stamps(const ie_stamp *a, const ie_stamp *b)
{
    return a->size != b->size           ? (a->size < b->size ? -1 : 1)
           : a->mtime_ns != b->mtime_ns ? (a->mtime_ns < b->mtime_ns ? -1 : 1)
                                        : 0;
}

static int compare(const void *a, const void *b)
{
    const found *x = a, *y = b;
    int order = compare_stamps(&x->stamp, &y->stamp);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static void ignore(void *user, const char *path, const char *text)
{
    (void)user, (void)path, (void)text;
}

ie_by_stamp *ie_by_stamp_new(const ie_config *config, const char *folder)
{
    ie_by_stamp *files = ie_alloc(sizeof *files);
    ie_scan *scan = NULL;
    const char *const paths[] = {folder};
    const ie_input input = {.paths = paths, .count = 1};
    files->arena = ie_arena_new();
    if (ie_scan_open(config, &input, ignore, NULL, &scan, NULL) != IE_OK) {
        return files;
    }
    for (ie_photo *photo; (photo = ie_scan_next(scan)) != NULL; ie_photo_free(photo)) {
        IE_GROW(files->files, files->count, files->room);
        files->files[files->count++] =
            (found){ie_arena_strdup(files->arena, photo->real_path), photo->stamp};
    }
    ie_scan_close(scan);
    if (files->count > 1) {
        qsort(files->files, files->count, sizeof *files->files, compare);
    }
    return files;
}

void ie_by_stamp_free(ie_by_stamp *files)
{
    if (files != NULL) {
        ie_arena_free(files->arena);
        free(files->files);
        free(files);
    }
}

const char *ie_by_stamp_find(const ie_by_stamp *files, const ie_stamp *stamp)
{
    size_t low = 0, high = files->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_stamps(&files->files[middle].stamp, stamp) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < files->count && compare_stamps(&files->files[low].stamp, stamp) == 0; low++) {
        if (ie_stamp_still_file(stamp, &files->files[low].stamp)) {
            return files->files[low].path;
        }
    }
    return NULL;
}
