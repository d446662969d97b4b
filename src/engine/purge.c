// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/purge.h"

#include <errno.h>
#include <time.h>

#include "engine/carry.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

/* A survivor may have been renamed again by later runs, but not endlessly. */
#define MAX_RENAMES 100

typedef struct purging {
    const char *root;
    const ie_purge_request *request;
    const ie_apply_options *options;
    ie_line_fn on_line;
    void *user;
    ie_log **logs; /* all of the root, newest first; those that cannot be read are left out */
    size_t log_count, log_room;
    ie_touched touched;
} purging;

static void say_kept(const purging *p, const ie_entry *entry, const char *format, ...) IE_PRINTF(3, 4);
static void say_kept(const purging *p, const ie_entry *entry, const char *format, ...)
{
    IE_AUTO_FREE char *why = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&why, format, args);
    va_end(args);
    if (p->on_line != NULL && length >= 0) {
        IE_AUTO_FREE char *line = ie_asprintf("%s: kept in quarantine, because %s", ie_shown(entry->from), why);
        p->on_line(p->user, line);
    }
}

/* ---- what may go -------------------------------------------------------------------------- */

static bool holds_something(const ie_entry *entry)
{
    return entry->state == IE_ENTRY_DONE && entry->quarantine != NULL && !ie_fs_gone(entry->quarantine);
}

/* Where a later run took the file of this name; NULL when none did. */
static const char *later_name(const purging *p, const ie_log *than, const char *path)
{
    const char *name = NULL;
    for (size_t i = 0; i < p->log_count && p->logs[i] != than; i++) {
        const ie_log *log = p->logs[i];
        for (size_t k = 0; k < log->count; k++) {
            const ie_entry *entry = &log->entries[k];
            bool follows = entry->state == IE_ENTRY_DONE && strcmp(entry->from, path) == 0;
            if (follows && entry->kind != IE_ACTION_COPY) {
                name = entry->kind == IE_ACTION_QUARANTINE ? entry->survivor : entry->to;
            }
        }
    }
    return name;
}

static bool is_file(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* Where the same run took the file that stayed, as `process` does that renames it, too; else PATH itself. */
static const char *name_after(const ie_log *log, const char *path)
{
    for (size_t k = 0; path != NULL && k < log->count; k++) {
        const ie_entry *entry = &log->entries[k];
        bool follows = entry->state == IE_ENTRY_DONE && entry->to != NULL && strcmp(entry->from, path) == 0;
        if (follows && entry->kind != IE_ACTION_COPY && entry->kind != IE_ACTION_QUARANTINE) {
            return entry->to;
        }
    }
    return path;
}

/* A duplicate may go while the picture that stayed for it is there, under its name or a later one. */
static bool picture_is_left(const purging *p, const ie_log *log, const ie_entry *entry)
{
    const char *path =
        entry->kind == IE_ACTION_QUARANTINE ? name_after(log, entry->survivor) : entry->to;
    for (int i = 0; path != NULL && i < MAX_RENAMES; i++) {
        if (is_file(path)) {
            return true;
        }
        path = later_name(p, log, path);
    }
    return false;
}

static bool may_go(const purging *p, const ie_log *log, const ie_entry *entry, bool tell)
{
    struct stat st;
    IE_AUTO_FREE char *folder = ie_asprintf("%s/" IE_JOURNAL_FOLDER "/quarantine/%s", strcmp(p->root, "/") == 0 ? ""
                                            : p->root, log->id);
    if (!ie_path_below(entry->quarantine, folder) || lstat(entry->quarantine, &st) != 0 ||
        !ie_stamp_looks(&entry->stamp, &st)) {
        if (tell) {
            say_kept(p, entry, "%s is not the file that was put there", ie_shown(entry->quarantine));
        }
        return false;
    }
    if (!picture_is_left(p, log, entry)) {
        if (tell) {
            const char *other = entry->kind == IE_ACTION_QUARANTINE ? entry->survivor : entry->to;
            say_kept(p, entry, "%s is not there any more, so this may be the last copy",
                     other != NULL ? ie_shown(other) : "the file that stayed for it");
        }
        return false;
    }
    return true;
}

static size_t group_end(const ie_log *log, size_t first)
{
    size_t end = first + 1;
    while (end < log->count && log->entries[end].group == log->entries[first].group) {
        end++;
    }
    return end;
}

/* Bits for each entry: what will be freed. Groups go whole or not at all. */
static void choose(const purging *p, const ie_log *log, bool *chosen, ie_purge_run *run)
{
    for (size_t first = 0, end; first < log->count; first = end) {
        end = group_end(log, first);
        bool good = true;
        for (size_t i = first; i < end; i++) {
            if (holds_something(&log->entries[i])) {
                good = may_go(p, log, &log->entries[i], true) && good;
            }
        }
        for (size_t i = first; i < end; i++) {
            const ie_entry *entry = &log->entries[i];
            struct stat st;
            if (!holds_something(entry)) {
                continue;
            }
            if (!good) {
                run->kept++;
            } else if (lstat(entry->quarantine, &st) == 0) {
                chosen[i] = true;
                run->files++;
                run->bytes += st.st_nlink > 1 ? 0 : (uint64_t)st.st_size;
            }
        }
    }
}

/* ---- freeing ------------------------------------------------------------------------------ */

static ie_status free_one(purging *p, const ie_log *log, const ie_entry *entry, ie_purge_run *run, ie_error *err)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    if (!may_go(p, log, entry, true)) {
        run->files--;
        run->kept++;
        return IE_OK;
    }
    int failed = ie_place_open(p->root, entry->quarantine, &place);
    failed = failed != 0 ? failed : ie_place_stat(&place, &st);
    if (failed == 0 && !ie_stamp_looks(&entry->stamp, &st)) {
        failed = ESTALE;
    }
    failed = failed != 0 ? failed : ie_fs_unlink(&place);
    if (failed != 0) {
        return ie_error_errno(err, failed, "%s cannot be freed; call purge again when that is mended",
                              ie_shown(entry->quarantine));
    }
    ie_touched_add_parent(&p->touched, entry->quarantine);
    return IE_OK;
}

static ie_status free_chosen(purging *p, const ie_log *log, const bool *chosen, ie_purge_run *run, ie_error *err)
{
    ie_journal *journal;
    ie_status status = ie_journal_resume(p->root, log->id, log->good_size, &journal, err);
    if (status != IE_OK) {
        return status;
    }
    for (size_t i = 0; i < log->count; i++) {
        if (chosen[i]) {
            ie_journal_purged(journal, log->entries[i].n);
        }
    }
    status = ie_journal_flush(journal, true, err);
    for (size_t i = 0; status == IE_OK && i < log->count; i++) {
        if (p->options->cancel != NULL && *p->options->cancel != 0) {
            status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; purge can be called again for the rest.");
        } else if (chosen[i]) {
            status = free_one(p, log, &log->entries[i], run, err);
        }
    }
    int failed = ie_touched_sync(&p->touched);
    if (failed != 0 && status == IE_OK) {
        status = ie_error_errno(err, failed, "The quarantine of %s could not be made durable", ie_shown(p->root));
    }
    ie_journal_end(journal, status == IE_OK ? "purged" : "purge interrupted");
    ie_status flushed = ie_journal_flush(journal, true, status == IE_OK ? err : NULL);
    ie_journal_close(journal);
    ie_root_tidy(p->root, log->id);
    return status != IE_OK ? status : flushed;
}

static ie_status purge_run(purging *p, const ie_log *log, ie_purge_fn on_run, ie_purge_counts *counts, ie_error *err)
{
    ie_purge_run run = {.id = log->id, .time = log->time, .command = log->command, .root = p->root};
    bool *chosen = ie_alloc(log->count + 1);
    choose(p, log, chosen, &run);
    ie_status status = IE_OK;
    if (p->request->apply && run.files > 0) {
        status = free_chosen(p, log, chosen, &run, err);
    }
    free(chosen);
    if (run.files + run.kept == 0) {
        return status;
    }
    counts->runs += run.files > 0;
    counts->files += run.files;
    counts->bytes += run.bytes;
    counts->kept += run.kept;
    return status == IE_OK && on_run != NULL ? on_run(p->user, &run) : status;
}

/* ---- one root ----------------------------------------------------------------------------- */

/* In the form of a journal's times, which sort as texts. */
static void age_limit(const ie_purge_request *request, char ret_time[40])
{
    time_t then = time(NULL) - (time_t)request->older_than_s;
    struct tm utc;
    gmtime_r(&then, &utc);
    strftime(ret_time, 40, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static ie_status read_logs(purging *p, ie_error *err)
{
    ie_run_ids ids;
    ie_status status = ie_run_ids_read(p->root, &ids, err);
    for (size_t i = 0; status == IE_OK && i < ids.count; i++) {
        IE_GROW(p->logs, p->log_count, p->log_room);
        if (ie_log_read(p->root, ids.ids[i], &p->logs[p->log_count], NULL) == IE_OK) {
            p->log_count++;
        }
    }
    ie_run_ids_free(&ids);
    return status;
}

static ie_status purge_all(purging *p, ie_purge_fn on_run, ie_purge_counts *counts, ie_error *err)
{
    const char *id = p->request->run_id;
    char limit[40];
    bool found = id == NULL;
    age_limit(p->request, limit);
    ie_status status = read_logs(p, err);
    for (size_t i = p->log_count; status == IE_OK && i > 0; i--) {
        const ie_log *log = p->logs[i - 1];
        bool meant = id != NULL ? strcmp(log->id, id) == 0
                                : p->request->older_than_s == 0 || strcmp(log->time, limit) < 0;
        if (meant) {
            found = true;
            status = purge_run(p, log, on_run, counts, err);
        }
    }
    if (status == IE_OK && !found) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND, "There is no run %s in %s.", ie_shown(id), ie_shown(p->root));
    }
    return status;
}

ie_status ie_purge_root(const char *root, const ie_purge_request *request, const ie_apply_options *options,
                        ie_purge_fn on_run, ie_line_fn on_line, void *user, ie_purge_counts *counts, ie_error *err)
{
    purging p = {.root = root, .request = request, .options = options, .on_line = on_line, .user = user};
    ie_lock *lock = NULL;
    ie_status status = IE_OK;
    if (request->apply) {
        const ie_lock_options lock_options = {false, request->wait, options->cancel};
        int made;
        status = ie_lock_take(root, &lock_options, &lock, &made, err);
        if (status == IE_OK) {
            status = ie_root_recover(root, err);
        }
    }
    if (status == IE_OK) {
        status = purge_all(&p, on_run, counts, err);
    }
    for (size_t i = 0; i < p.log_count; i++) {
        ie_log_free(p.logs[i]);
    }
    free(p.logs);
    ie_touched_free(&p.touched);
    ie_lock_release(lock);
    return status;
}
