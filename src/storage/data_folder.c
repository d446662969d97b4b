// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MAX_DEPTH 16

/* The variable's value, or `below` in the user's home; free() it. NULL when neither is set. */
static char *base(const char *variable, const char *below)
{
    const char *value = getenv(variable), *home = getenv("HOME");
    if (value != NULL && value[0] == '/') {
        return ie_strdup(value);
    }
    return home != NULL && home[0] != 0 ? ie_asprintf("%s/%s", home, below) : NULL;
}

char *ie_data_folder(const char *name)
{
    IE_AUTO_FREE char *folder = base("XDG_DATA_HOME", ".local/share");
    return folder != NULL ? ie_asprintf("%s/imgengine/%s", folder, name) : NULL;
}

char *ie_hub_cache_folder(void)
{
    const char *hub = getenv("HF_HUB_CACHE");
    if (hub != NULL && hub[0] == '/') {
        return ie_strdup(hub);
    }
    IE_AUTO_FREE char *home = base("HF_HOME", ".cache/huggingface");
    return home != NULL ? ie_asprintf("%s/hub", home) : NULL;
}

static int make_one(const char *folder)
{
    IE_AUTO_FREE char *parent = ie_path_directory(folder);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(parent, folder, &place);
    failed = failed != 0 ? failed : ie_fs_mkdir(&place, 0700);
    return failed == EEXIST ? 0 : failed;
}

int ie_own_folder_make(const char *folder)
{
    if (folder[0] != '/') {
        return EINVAL;
    }
    int failed = 0;
    for (const char *p = folder + 1; failed == 0 && *p != 0; p += *p == '/') {
        p += strcspn(p, "/");
        IE_AUTO_FREE char *above = ie_strndup(folder, (size_t)(p - folder));
        failed = ie_fs_exists(above) ? 0 : make_one(above);
    }
    return failed;
}

static int remove_name(const char *folder, const char *name, int depth);

static int remove_inside(const char *folder, int depth)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return errno;
    }
    int failed = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            int one = remove_name(folder, entry->d_name, depth);
            failed = failed != 0 ? failed : one;
        }
    }
    closedir(directory);
    return failed;
}

static int remove_name(const char *folder, const char *name, int depth)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, name);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    int failed = ie_place_open(folder, path, &place);
    failed = failed != 0 ? failed : ie_place_stat(&place, &st);
    if (failed != 0) {
        return failed == ENOENT ? 0 : failed;
    }
    if (!S_ISDIR(st.st_mode)) {
        return ie_fs_unlink(&place);
    }
    failed = depth < MAX_DEPTH ? remove_inside(path, depth + 1) : ELOOP;
    return failed != 0 ? failed : ie_fs_rmdir(&place);
}

int ie_own_folder_remove(const char *folder)
{
    IE_AUTO_FREE char *parent = ie_path_directory(folder);
    return ie_fs_exists(folder) ? remove_name(parent, ie_path_base(folder), 0) : 0;
}

void ie_own_folder_prune(const char *base, const char *folder)
{
    IE_AUTO_FREE char *at = ie_strdup(folder);
    while (ie_path_below(at, base) && strcmp(at, base) != 0) {
        IE_AUTO_FREE char *parent = ie_path_directory(at);
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        if (ie_place_open(parent, at, &place) != 0 || ie_fs_rmdir(&place) != 0) {
            return;
        }
        free(at);
        at = ie_strdup(parent);
    }
}
