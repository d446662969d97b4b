// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One open folder and the names in it, sorted by their bytes: a level of the scan's walk. Reads the
 * names at once, so that the order is stable and a folder that changes meanwhile cannot repeat a
 * name.
 */
#ifndef IE_STORAGE_FOLDER_H
#define IE_STORAGE_FOLDER_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ie_entry {
    size_t name : 63; /* offset in `names` */
    size_t is_folder : 1; /* for the walk to set */
} ie_entry;

typedef struct ie_folder {
    DIR *stream;
    char *names; /* NUL-terminated, one after the other */
    ie_entry *entries;
    size_t count;
    bool has_sidecars; /* some name ends as one that a sidecar may have */
} ie_folder;

/* Takes the descriptor in any case. Returns 0 or an errno value; then the names read so far are
   there. */
int ie_folder_read(ie_folder *folder, int fd);
void ie_folder_close(ie_folder *folder);

int ie_folder_fd(const ie_folder *folder);
const char *ie_folder_name(const ie_folder *folder, const ie_entry *entry);
/* Forgets all entries that are no folders, and their names' memory. */
void ie_folder_keep_folders(ie_folder *folder);

#endif
