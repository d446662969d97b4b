// SPDX-License-Identifier: GPL-3.0-or-later
/* After a crash: whatever the journals left open is brought to an end. May itself be cut short and
   repeated. */
#include <dirent.h>
#include <errno.h>

#include "engine/carry.h"
#include "engine/undo_root.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

typedef struct recovery {
    const char *root;
    ie_log *log;
    ie_journal *journal;
    ie_touched touched;
} recovery;

static ie_status remove_temp(recovery *r, const ie_entry *entry, ie_error *err)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    if (entry->temp == NULL || ie_fs_gone(entry->temp)) {
        return IE_OK;
    }
    int failed = ie_place_open(r->root, entry->temp, &place);
    failed = failed != 0 ? failed : ie_fs_unlink(&place);
    ie_touched_add_parent(&r->touched, entry->temp);
    return failed == 0
               ? IE_OK
               : ie_error_errno(err, failed, "%s, left by an interrupted run, cannot be removed",
                                ie_shown(entry->temp));
}

static ie_status settle_done(recovery *r, ie_entry *entries, size_t count, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        ie_entry *entry = &entries[i];
        if (entry->state != IE_ENTRY_INTENDED) {
            continue;
        }
        status = remove_temp(r, entry, err);
        ie_touched_add_parent(&r->touched, entry->from);
        if (entry->to != NULL) {
            ie_touched_add_parent(&r->touched, entry->to);
        }
        if (entry->quarantine != NULL) {
            ie_touched_add_parent(&r->touched, entry->quarantine);
        }
        ie_journal_state(r->journal, entry->n, IE_ENTRY_DONE, NULL);
    }
    return status;
}

/* Some of the group happened and some did not, and it cannot be taken back: the journal shall say
   what is. */
static ie_status settle_as_found(recovery *r, const ie_takeback *items, size_t count, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        ie_entry *entry = items[i].entry;
        bool happened = false;
        status = ie_entry_carried_out(entry, &happened, err);
        if (status != IE_OK) {
            break;
        }
        ie_journal_state(r->journal, entry->n, happened ? IE_ENTRY_DONE : IE_ENTRY_FAILED,
                         happened ? NULL : items[i].problem);
    }
    return status;
}

/* Nothing is decided about what cannot be seen; the next run looks again. */
static ie_status check_sight(const ie_takeback *items, size_t count, ie_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].blind) {
            return ie_error_set(err, IE_ERR_IO,
                                "An interrupted run cannot be brought to its end: %s.",
                                items[i].problem);
        }
    }
    return IE_OK;
}

static ie_status take_group_back(recovery *r, ie_entry *entries, size_t count, ie_entry_state from,
                                 ie_entry_state also, ie_entry_state to, ie_error *err)
{
    ie_takeback *items = ie_alloc(count * sizeof *items);
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].state == from || entries[i].state == also) {
            items[chosen++].entry = &entries[i];
        }
    }
    ie_status status = IE_OK;
    if (ie_takeback_check(items, chosen, NULL, 0)) {
        status = ie_takeback_do(r->root, items, chosen, &r->touched, err);
        for (size_t i = 0; status == IE_OK && i < chosen; i++) {
            ie_journal_state(r->journal, items[i].entry->n, to,
                             to == IE_ENTRY_FAILED ? "interrupted; taken back" : NULL);
        }
    } else if ((status = check_sight(items, chosen, err)) != IE_OK) {
        /* said */
    } else if (to == IE_ENTRY_FAILED) {
        status = settle_as_found(r, items, chosen, err);
    } else {
        for (size_t i = 0; i < chosen; i++) {
            ie_journal_state(r->journal, items[i].entry->n, IE_ENTRY_INTENDED, items[i].problem);
        }
    }
    free(items);
    return status;
}

static ie_status recover_group(recovery *r, ie_entry *entries, size_t count, ie_error *err)
{
    bool intended = false, undoing = false, complete = true;
    for (size_t i = 0; i < count; i++) {
        bool open = entries[i].state == IE_ENTRY_INTENDED;
        intended |= open;
        undoing |= entries[i].state == IE_ENTRY_UNDOING;
        bool done = !open;
        if (open && complete && ie_entry_carried_out(&entries[i], &done, err) != IE_OK) {
            return IE_ERR_IO;
        }
        complete = complete && entries[i].state != IE_ENTRY_FAILED && done;
    }
    if (undoing) {
        return take_group_back(r, entries, count, IE_ENTRY_UNDOING, IE_ENTRY_UNDOING,
                               IE_ENTRY_UNDONE, err);
    }
    if (!intended) {
        return IE_OK;
    }
    return complete ? settle_done(r, entries, count, err)
                    : take_group_back(r, entries, count, IE_ENTRY_INTENDED, IE_ENTRY_DONE,
                                      IE_ENTRY_FAILED, err);
}

static ie_status recover_groups(recovery *r, ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t end = r->log->count; status == IE_OK && end > 0;) {
        size_t first = end - 1;
        while (first > 0 && r->log->entries[first - 1].group == r->log->entries[end - 1].group) {
            first--;
        }
        status = recover_group(r, &r->log->entries[first], end - first, err);
        end = first;
    }
    int failed = status == IE_OK ? ie_touched_sync(&r->touched) : 0;
    if (failed != 0) {
        status =
            ie_error_errno(err, failed, "%s could not be made durable after an interrupted run",
                           ie_shown(r->root));
    }
    /* A purge changes no folder: one that is empty by now is the user's doing. */
    failed = status == IE_OK && !r->log->purging ? ie_undo_remove_folders(r->log) : 0;
    if (ie_errno_stops(failed)) {
        status = ie_error_errno(
            err, failed, "An empty folder left by an interrupted run in %s could not be removed",
            ie_shown(r->root));
    }
    if (status == IE_OK) {
        ie_journal_end(r->journal, "interrupted");
        status = ie_journal_flush(r->journal, true, err);
    }
    return status;
}

static ie_status recover_run(const char *root, const char *id, ie_error *err)
{
    recovery r = {.root = root};
    ie_status status = ie_log_read(root, id, &r.log, err);
    if (status == IE_ERR_FORMAT) {
        return IE_OK; /* the head is durable before anything is changed: there is nothing to recover
                       */
    }
    if (status == IE_OK) {
        status = ie_journal_resume(root, id, r.log->good_size, &r.journal, err);
    }
    if (status == IE_OK) {
        status = recover_groups(&r, err);
        ie_root_tidy(root, id);
    }
    ie_journal_close(r.journal);
    ie_touched_free(&r.touched);
    ie_log_free(r.log);
    return status;
}

ie_status ie_root_recover(const char *root, ie_error *err)
{
    ie_run_ids ids;
    ie_status status = ie_run_ids_read(root, &ids, err);
    if (status != IE_OK) {
        return status;
    }
    for (size_t i = 0; status == IE_OK && i < ids.count; i++) {
        if (!ie_log_closed(root, ids.ids[i])) {
            status = recover_run(root, ids.ids[i], err);
        }
    }
    ie_run_ids_free(&ids);
    return status;
}

ie_status ie_apply_recover(const char *root, const ie_apply_options *options, ie_error *err)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER "/runs");
    if (ie_fs_gone(own)) {
        return IE_OK;
    }
    const ie_lock_options lock_options = {false, options->wait, options->cancel};
    ie_lock *lock = NULL;
    int made;
    ie_status status = ie_lock_take(root, &lock_options, &lock, &made, err);
    if (status == IE_OK) {
        status = ie_root_recover(root, err);
    }
    ie_lock_release(lock);
    return status;
}

static void remove_folder(const char *root, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    if (ie_place_open(root, path, &place) == 0) {
        (void)ie_fs_rmdir(&place); /* not empty: then it is in use */
    }
}

void ie_root_tidy(const char *root, const char *run_id)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER "/quarantine");
    IE_AUTO_FREE char *folder = ie_path_join(own, run_id);
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            IE_AUTO_FREE char *path = ie_path_join(folder, entry->d_name);
            remove_folder(root, path);
        }
    }
    closedir(directory);
    remove_folder(root, folder);
}
