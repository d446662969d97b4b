// SPDX-License-Identifier: GPL-3.0-or-later
/* What the journals in one root tell about its runs; reads only, takes no lock. */
#include "engine/carry.h"
#include "engine/undo.h"
#include "utils/fs.h"

/* `others`: entries that are done and not freed. A journal without its end is open: recovery has
   work in it, if only a folder to remove, so it is never told as undone or, when nothing of it is
   there any more, as done. One that an error stopped (the disk is full, or knows no reflinks) has
   failed, whatever it did until then; but of one that made its folder and came to nothing else that
   folder is to be taken back. */
static const char *state_of(const ie_log *log, const ie_run_info *info, uint64_t others)
{
    bool open = log->end == NULL;
    bool finished =
        log->outcome != NULL && strcmp(log->outcome, "done") == 0 && (!open || others > 0);
    bool taken_back = !open && strcmp(log->end, "undone") == 0 && others == 0 && info->purged == 0;
    if (info->undone > 0) {
        return others > 0 || open ? "partly undone" : info->purged > 0 ? "purged" : "undone";
    }
    if (info->purged > 0) {
        return others > 0 ? "partly purged" : "purged";
    }
    bool stopped = log->outcome != NULL && strcmp(log->outcome, "error") == 0;
    bool failed = stopped && (others > 0 || (!open && log->made_root == 0));
    return finished ? "done" : taken_back ? "undone" : failed ? "failed" : "interrupted";
}

static ie_status tell_run(const ie_log *log, ie_run_fn on_run, void *user)
{
    ie_run_info info = {.journaled = true,
                        .id = log->id,
                        .time = log->time,
                        .command = log->command,
                        .root = log->root,
                        .made_root = log->made_root > 0 &&
                                     (log->end == NULL || strcmp(log->end, "undone") != 0)};
    uint64_t others = 0;
    for (size_t i = 0; i < log->count; i++) {
        const ie_entry *entry = &log->entries[i];
        bool open = entry->state == IE_ENTRY_INTENDED || entry->state == IE_ENTRY_UNDOING;
        bool done = entry->state == IE_ENTRY_DONE;
        if (open && ie_entry_carried_out(entry, &done, NULL) != IE_OK) {
            done = false; /* what cannot be seen is not told */
        }
        bool undone = entry->state == IE_ENTRY_UNDONE;
        info.undone += undone;
        bool held = done && entry->quarantine != NULL && ie_fs_exists(entry->quarantine);
        bool purged = done && entry->purged && !held;
        info.actions += done || undone;
        info.purged += purged;
        others += done && !purged;
        info.held_files += held;
        info.held_bytes += held ? entry->stamp.size : 0;
    }
    info.state = state_of(log, &info, others);
    return on_run(user, &info);
}

ie_status ie_journal_run(const char *root, const char *id, ie_run_fn on_run, void *user,
                         ie_error *err)
{
    ie_log *log;
    ie_status status = ie_log_read(root, id, &log, err);
    if (status == IE_OK) {
        status = tell_run(log, on_run, user);
        ie_log_free(log);
    }
    return status;
}

bool ie_journal_unborn(const char *root, const char *id)
{
    ie_log *log;
    ie_status status = ie_log_read(root, id, &log, NULL);
    if (status == IE_OK) {
        ie_log_free(log);
    }
    return status == IE_ERR_FORMAT;
}

ie_status ie_journal_runs(const char *root, ie_run_fn on_run, void *user, ie_error *err)
{
    ie_run_ids ids;
    ie_status status = ie_run_ids_read(root, &ids, err);
    for (size_t i = 0; status == IE_OK && i < ids.count; i++) {
        ie_log *log;
        /* One without a sound head never changed anything. */
        if (ie_log_read(root, ids.ids[i], &log, NULL) == IE_OK) {
            status = tell_run(log, on_run, user);
            ie_log_free(log);
        }
    }
    ie_run_ids_free(&ids);
    return status;
}
