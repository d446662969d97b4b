// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/undo_root.h"

#include <errno.h>

#include "engine/own_folder.h"
#include "engine/world.h"
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
    ie_touched touched = {0};
    for (size_t i = log->folder_count; i > 0; i--) {
        int failed = remove_folder(log->root, log->folders[i - 1]);
        if (failed == 0) {
            ie_touched_add_parent(&touched, log->folders[i - 1]);
        }
        /* One that is gone, replaced or in use is none of ours any more. */
        bool fine = failed == ENOENT || failed == ENOTEMPTY || failed == EEXIST || failed == ENOTDIR || failed == ELOOP;
        first = first != 0 || fine ? first : failed;
    }
    int failed = ie_touched_sync(&touched);
    ie_touched_free(&touched);
    return first != 0 ? first : failed;
}

/* How many levels of folders were made for this root, when nothing of any run is left; 0 to keep the root. */
static int levels_to_remove(const char *root, const ie_run_ids *ids)
{
    int made = ie_own_levels(root);
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

/* The journals go first and the note of what was made last, each step made durable before the next, so that this can be
   cut short anywhere and be finished later. */
static void remove_own(const char *root, const ie_run_ids *ids, int levels)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER), *runs = ie_path_join(own, "runs");
    IE_AUTO_FREE char *volume = ie_path_join(own, "volume"), *lock = ie_path_join(own, "lock");
    for (size_t i = 0; i < ids->count; i++) {
        IE_AUTO_FREE char *journal = ie_journal_path(root, ids->ids[i]);
        remove_file(root, journal);
    }
    remove_folder(root, runs);
    (void)ie_fs_sync_directory(own);
    ie_own_mark(root, levels);
    remove_file(root, volume);
    remove_file(root, lock);
    remove_folder(root, own);
}

void ie_undo_remove_root(const char *root)
{
    ie_run_ids ids;
    if (!ie_own_holds_only(root, IE_JOURNAL_FOLDER) || ie_run_ids_read(root, &ids, NULL) != IE_OK) {
        return;
    }
    IE_AUTO_FREE char *quarantine = ie_path_join(root, IE_JOURNAL_FOLDER "/quarantine");
    IE_AUTO_FREE char *temporary = ie_path_join(root, IE_JOURNAL_FOLDER "/tmp");
    int levels = levels_to_remove(root, &ids);
    if (levels > 0) {
        remove_folder(root, quarantine);
        remove_folder(root, temporary);
    }
    if (levels > 0 && ie_fs_gone(quarantine) && ie_fs_gone(temporary)) {
        remove_own(root, &ids, levels);
        IE_AUTO_FREE char *level = ie_strdup(root);
        for (int left = levels; left > 0 && remove_folder(NULL, level) == 0; left--) {
            char *parent = ie_path_directory(level);
            free(level);
            level = parent;
        }
        (void)ie_fs_sync_directory(level);
    }
    ie_run_ids_free(&ids);
}
