// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/purge.h"

#include <errno.h>
#include <time.h>

#include "engine/carry.h"
#include "engine/noting.h"
#include "engine/survivor.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

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

/* What is known of an entry whose file is to be freed. */
typedef struct candidate {
    bool chosen;
    ie_survivor survivor;
} candidate;

static void say_kept(const purging *p, const ie_entry *entry, const char *format, ...)
    IE_PRINTF(3, 4);
static void say_kept(const purging *p, const ie_entry *entry, const char *format, ...)
{
    IE_AUTO_FREE char *why = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&why, format, args);
    va_end(args);
    if (p->on_line != NULL && length >= 0) {
        IE_AUTO_FREE char *line =
            ie_asprintf("%s: kept in quarantine, because %s", ie_shown(entry->from), why);
        p->on_line(p->user, line);
    }
}

/* ---- what may go -------------------------------------------------------------------------- */

static bool cancelled(const purging *p)
{
    return p->options->cancel != NULL && *p->options->cancel != 0;
}

static bool holds_something(const ie_entry *entry)
{
    return entry->state == IE_ENTRY_DONE && entry->quarantine != NULL &&
           !ie_fs_gone(entry->quarantine);
}

static bool lies_untouched(const purging *p, const ie_log *log, const ie_entry *entry)
{
    struct stat st;
    IE_AUTO_FREE char *folder = ie_asprintf("%s/" IE_JOURNAL_FOLDER "/quarantine/%s",
                                            strcmp(p->root, "/") == 0 ? "" : p->root, log->id);
    if (ie_path_below(entry->quarantine, folder) && lstat(entry->quarantine, &st) == 0 &&
        ie_stamp_looks(&entry->stamp, &st)) {
        return true;
    }
    say_kept(p, entry, "%s is not the file that was put there", ie_shown(entry->quarantine));
    return false;
}

/* An original may go for a new file that was edited, when that is wanted; a duplicate only for the
   very bytes. */
static bool edited_is_fine(const purging *p, const ie_entry *entry, const ie_survivor *survivor)
{
    struct stat st;
    return p->request->edited && entry->kind != IE_ACTION_QUARANTINE && survivor->path != NULL &&
           lstat(survivor->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* The picture that stayed must be there, by its bytes. Duplicates of one picture follow each other:
   it is read once. */
static bool picture_is_left(const purging *p, size_t at, const ie_entry *entry,
                            const ie_survivor *last, ie_survivor *ret_survivor)
{
    bool again = entry->proven && last != NULL && last->path != NULL && entry->survivor != NULL &&
                 strcmp(entry->survivor, last->path) == 0 && ie_survivor_stands(last);
    if (again) {
        *ret_survivor = (ie_survivor){ie_strdup(last->path), last->st};
        return true;
    }
    ie_survival survival = ie_survivor_find(p->logs, at, entry, ret_survivor);
    const char *path =
        ret_survivor->path != NULL ? ie_shown(ret_survivor->path) : "the file that stayed for it";
    if (survival == IE_SURVIVES) {
        return true;
    }
    if (survival == IE_SURVIVAL_CHANGED && edited_is_fine(p, entry, ret_survivor)) {
        return lstat(ret_survivor->path, &ret_survivor->st) == 0;
    }
    say_kept(p, entry,
             survival == IE_SURVIVAL_GONE ? "%s is not there any more, so this may be the last copy"
             : survival == IE_SURVIVAL_UNSEEN
                 ? "%s cannot be read to be compared, so this may be the last copy"
             : entry->kind == IE_ACTION_QUARANTINE
                 ? "%s holds other bytes than what stayed for it, so this may be the last copy"
                 : "%s changed since it was made, so this is the only file as it was; --edited "
                   "frees it, too",
             path);
    return false;
}

static size_t group_end(const ie_log *log, size_t first)
{
    size_t end = first + 1;
    while (end < log->count && log->entries[end].group == log->entries[first].group) {
        end++;
    }
    return end;
}

/* A proof that holds for both of two entries: the bytes of the last one's survivor were read just
   now. */
static bool same_proof(const ie_entry *a, const ie_entry *b)
{
    return a != NULL && a->proven && b->proven && a->survivor_size == b->survivor_size &&
           ie_hash128_equal(a->survivor_xxh3, b->survivor_xxh3);
}

/* What will be freed. Groups go whole or not at all. */
static void choose(const purging *p, size_t at, candidate *candidates, ie_purge_run *run)
{
    const ie_log *log = p->logs[at];
    size_t last = log->count; /* the last whose survivor was found */
    for (size_t first = 0, end; first < log->count && !cancelled(p); first = end) {
        end = group_end(log, first);
        bool good = true;
        for (size_t i = first; i < end; i++) {
            const ie_entry *entry = &log->entries[i];
            if (!holds_something(entry)) {
                continue;
            }
            bool again = last < log->count && same_proof(&log->entries[last], entry);
            bool may_go = lies_untouched(p, log, entry) &&
                          picture_is_left(p, at, entry, again ? &candidates[last].survivor : NULL,
                                          &candidates[i].survivor);
            last = may_go ? i : last;
            good = good && may_go;
        }
        for (size_t i = first; i < end; i++) {
            struct stat st;
            if (!holds_something(&log->entries[i])) {
                continue;
            }
            if (!good) {
                run->kept++;
            } else if (lstat(log->entries[i].quarantine, &st) == 0) {
                candidates[i].chosen = true;
                run->files++;
                run->bytes += st.st_nlink > 1 ? 0 : (uint64_t)st.st_size;
            }
        }
    }
}

/* ---- freeing ------------------------------------------------------------------------------ */

static ie_status interrupted(ie_error *err)
{
    return ie_error_set(err, IE_ERR_CANCELLED,
                        "Interrupted; purge can be called again for the rest.");
}

static ie_status free_one(purging *p, const ie_log *log, const ie_entry *entry,
                          const ie_survivor *survivor, ie_purge_run *run, ie_error *err)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    bool stands = ie_survivor_stands(survivor);
    if (!stands) {
        say_kept(p, entry, "%s changed this moment", ie_shown(survivor->path));
    }
    if (!stands || !lies_untouched(p, log, entry)) {
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
        return ie_error_errno(err, failed,
                              "%s cannot be freed; call purge again when that is mended",
                              ie_shown(entry->quarantine));
    }
    ie_touched_add_parent(&p->touched, entry->quarantine);
    if (p->options->undone != NULL) {
        IE_AUTO_FREE char *away = ie_noting_away(log->id, entry->from);
        p->options->undone(p->options->undone_user, away, NULL);
    }
    return IE_OK;
}

static ie_status free_chosen(purging *p, const ie_log *log, const candidate *candidates,
                             ie_purge_run *run, ie_error *err)
{
    ie_journal *journal;
    ie_status status = ie_journal_resume(p->root, log->id, log->good_size, &journal, err);
    if (status != IE_OK) {
        return status;
    }
    for (size_t i = 0; i < log->count; i++) {
        if (candidates[i].chosen) {
            ie_journal_purged(journal, log->entries[i].n);
        }
    }
    status = ie_journal_flush(journal, true, err);
    for (size_t i = 0; status == IE_OK && i < log->count; i++) {
        if (cancelled(p)) {
            status = interrupted(err);
        } else if (candidates[i].chosen) {
            status = free_one(p, log, &log->entries[i], &candidates[i].survivor, run, err);
        }
    }
    int failed = ie_touched_sync(&p->touched);
    if (failed != 0 && status == IE_OK) {
        status = ie_error_errno(err, failed, "The quarantine of %s could not be made durable",
                                ie_shown(p->root));
    }
    ie_journal_end(journal, status == IE_OK ? "purged" : "purge interrupted");
    ie_status flushed = ie_journal_flush(journal, true, status == IE_OK ? err : NULL);
    ie_journal_close(journal);
    ie_root_tidy(p->root, log->id);
    return status != IE_OK ? status : flushed;
}

static ie_status purge_run(purging *p, size_t at, ie_purge_fn on_run, ie_purge_counts *counts,
                           ie_error *err)
{
    const ie_log *log = p->logs[at];
    ie_purge_run run = {.id = log->id, .time = log->time, .command = log->command, .root = p->root};
    candidate *candidates = ie_alloc((log->count + 1) * sizeof *candidates);
    choose(p, at, candidates, &run);
    ie_status status = cancelled(p) ? interrupted(err) : IE_OK;
    if (status == IE_OK && p->request->apply && run.files > 0) {
        status = free_chosen(p, log, candidates, &run, err);
    }
    for (size_t i = 0; i < log->count; i++) {
        ie_survivor_clear(&candidates[i].survivor);
    }
    free(candidates);
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
            status = purge_run(p, i - 1, on_run, counts, err);
        }
    }
    if (status == IE_OK && !found) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND, "There is no run %s in %s.", ie_shown(id),
                              ie_shown(p->root));
    }
    return status;
}

ie_status ie_purge_root(const char *root, const ie_purge_request *request,
                        const ie_apply_options *options, ie_purge_fn on_run, ie_line_fn on_line,
                        void *user, ie_purge_counts *counts, ie_error *err)
{
    purging p = {
        .root = root, .request = request, .options = options, .on_line = on_line, .user = user};
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
