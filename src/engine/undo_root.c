// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/undo_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "utils/fs.h"
#include "utils/text.h"

static int remove_folder(const char *base, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(base, path, &place);
    return failed != 0 ? failed : ie_fs_rmdir(&place);
}

int ie_undo_remove_folders(const ie_log *log)
{
    int first = 0;
    for (size_t i = log->folder_count; i > 0; i--) {
        int failed = remove_folder(log->root, log->folders[i - 1]);
        /* One that is gone, replaced or in use is none of ours any more. */
        bool fine = failed == ENOENT || failed == ENOTEMPTY || failed == EEXIST || failed == ENOTDIR || failed == ELOOP;
        first = first != 0 || fine ? first : failed;
    }
    return first;
}

/* Is there nothing in the folder but, perhaps, this one name? */
static bool holds_only(const char *path, const char *name)
{
    DIR *directory = opendir(path);
    bool only = directory != NULL;
    const struct dirent *entry;
    while (only && (entry = readdir(directory)) != NULL) {
        only = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
               (name != NULL && strcmp(entry->d_name, name) == 0);
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return only;
}

static int levels_in_volume(const char *path)
{
    char text[64] = "";
    int64_t made;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : 0;
    if (fd >= 0) {
        close(fd);
    }
    text[got > 0 ? got : 0] = 0;
    char *line = strstr(text, "\nmade ");
    if (line == NULL) {
        return 0;
    }
    line[6 + strcspn(line + 6, "\n")] = 0;
    return ie_parse_int(line + 6, 0, 1000, &made) ? (int)made : 0;
}

/* How many levels of folders were made for this root, when nothing of any run is left; 0 to keep the root. */
static int levels_to_remove(const char *root, const ie_run_ids *ids, const char *volume)
{
    int made = levels_in_volume(volume);
    for (size_t i = 0; i < ids->count; i++) {
        ie_log *log;
        ie_status status = ie_log_read(root, ids->ids[i], &log, NULL);
        if (status == IE_ERR_FORMAT) {
            continue; /* cut short before its head was durable, so before any change */
        }
        if (status != IE_OK) {
            return 0;
        }
        bool left = log->damaged > 0;
        for (size_t k = 0; k < log->count; k++) {
            left |= log->entries[k].state != IE_ENTRY_UNDONE && log->entries[k].state != IE_ENTRY_FAILED;
        }
        made = log->made_root > made ? log->made_root : made;
        ie_log_free(log);
        if (left) {
            return 0;
        }
    }
    return made;
}

static void remove_file(const char *root, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    if (ie_place_open(root, path, &place) == 0) {
        (void)ie_fs_unlink(&place);
    }
}

void ie_undo_remove_root(const char *root)
{
    ie_run_ids ids;
    if (!holds_only(root, IE_JOURNAL_FOLDER) || ie_run_ids_read(root, &ids, NULL) != IE_OK) {
        return;
    }
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER);
    IE_AUTO_FREE char *quarantine = ie_path_join(own, "quarantine"), *temporary = ie_path_join(own, "tmp");
    IE_AUTO_FREE char *runs = ie_path_join(own, "runs"), *volume = ie_path_join(own, "volume");
    IE_AUTO_FREE char *lock = ie_path_join(own, "lock");
    int levels = levels_to_remove(root, &ids, volume);
    if (levels > 0 && holds_only(quarantine, NULL) && holds_only(temporary, NULL)) {
        remove_folder(root, quarantine);
        remove_folder(root, temporary);
        for (size_t i = 0; i < ids.count; i++) {
            IE_AUTO_FREE char *journal = ie_journal_path(root, ids.ids[i]);
            remove_file(root, journal);
        }
        remove_folder(root, runs);
        remove_file(root, volume);
        remove_file(root, lock);
        remove_folder(root, own);
        IE_AUTO_FREE char *level = ie_strdup(root);
        for (; levels > 0 && remove_folder(NULL, level) == 0; levels--) {
            char *parent = ie_path_directory(level);
            free(level);
            level = parent;
        }
    }
    ie_run_ids_free(&ids);
}
