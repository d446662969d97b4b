// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/undo_root.h"

#include <errno.h>

#include "engine/own_folder.h"
#include "engine/own_root.h"
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
        bool fine = failed == ENOENT || failed == ENOTEMPTY || failed == EEXIST ||
                    failed == ENOTDIR || failed == ELOOP;
        first = first != 0 || fine ? first : failed;
    }
    int failed = ie_touched_sync(&touched);
    ie_touched_free(&touched);
    return first != 0 ? first : failed;
}

/* How many levels of folders were made for this root, when nothing of any run is left; 0 to keep
   the root. */
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
            left |= log->entries[k].state != IE_ENTRY_UNDONE &&
                    log->entries[k].state != IE_ENTRY_FAILED;
        }
        made = log->made_root > made ? log->made_root : made;
        ie_log_free(log);
        if (left) {
            return 0;
        }
    }
    return made;
}

void ie_undo_remove_root(const char *root)
{
    ie_run_ids ids;
    if (!ie_own_holds_only(root, IE_JOURNAL_FOLDER) || ie_run_ids_read(root, &ids, NULL) != IE_OK) {
        return;
    }
    int levels = levels_to_remove(root, &ids);
    if (levels > 0) {
        ie_own_root_remove(root, levels);
    }
    ie_run_ids_free(&ids);
}
