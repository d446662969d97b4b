// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utils/memory.h"
#include "utils/text.h"

/* All endings of the names that sidecar.c looks for. */
static bool ends_as_sidecar(const char *name)
{
    return ie_ends_with_nocase(name, ".xmp") || ie_ends_with_nocase(name, ".json") ||
           ie_ends_with_nocase(name, ".aae");
}

static int compare(const void *a, const void *b, void *names)
{
    const ie_entry *left = a, *right = b;
    return strcmp((const char *)names + left->name, (const char *)names + right->name);
}

int ie_folder_read(ie_folder *folder, int fd)
{
    *folder = (ie_folder){.stream = fdopendir(fd)};
    if (folder->stream == NULL) {
        int code = errno;
        close(fd);
        return code;
    }
    ie_buffer names = {0};
    size_t room = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(folder->stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        IE_GROW(folder->entries, folder->count, room);
        folder->entries[folder->count++] = (ie_entry){.name = names.size};
        ie_buffer_add(&names, entry->d_name, strlen(entry->d_name) + 1);
        folder->has_sidecars = folder->has_sidecars || ends_as_sidecar(entry->d_name);
    }
    int code = errno;
    folder->names = names.data;
    if (folder->count > 1) {
        qsort_r(folder->entries, folder->count, sizeof *folder->entries, compare, folder->names);
    }
    return code;
}

void ie_folder_close(ie_folder *folder)
{
    if (folder->stream != NULL) {
        closedir(folder->stream);
    }
    free(folder->names);
    free(folder->entries);
    *folder = (ie_folder){0};
}

int ie_folder_fd(const ie_folder *folder)
{
    return dirfd(folder->stream);
}

const char *ie_folder_name(const ie_folder *folder, const ie_entry *entry)
{
    return folder->names + entry->name;
}

void ie_folder_keep_folders(ie_folder *folder)
{
    ie_buffer names = {0};
    ie_entry *entries = NULL;
    size_t count = 0, room = 0;
    for (size_t i = 0; i < folder->count; i++) {
        if (folder->entries[i].is_folder) {
            const char *name = ie_folder_name(folder, &folder->entries[i]);
            IE_GROW(entries, count, room);
            entries[count++] = (ie_entry){.name = names.size, .is_folder = true};
            ie_buffer_add(&names, name, strlen(name) + 1);
        }
    }
    free(folder->names);
    free(folder->entries);
    folder->names = names.data;
    folder->entries = entries;
    folder->count = count;
}
