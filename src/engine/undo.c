// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/undo.h"

#include <errno.h>
#include <fnmatch.h>

#include "engine/carry.h"
#include "engine/noting.h"
#include "engine/own_root.h"
#include "engine/undo_root.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

#define BATCH_ENTRIES 64

typedef struct undoing {
    const char *root;
    const ie_undo_request *request;
    const ie_apply_options *options;
    ie_line_fn on_line;
    void *user;
    ie_undo_counts *counts;
    ie_log *log;
    ie_journal *journal; /* NULL in a dry run */
    ie_touched touched;
    const char **freed; /* names that would be free by now, in a dry run */
    size_t freed_count, freed_room;
    uint64_t finished;
} undoing;

static void say(const undoing *u, const char *format, ...) IE_PRINTF(2, 3);
static void say(const undoing *u, const char *format, ...)
{
    if (u->on_line == NULL) {
        return;
    }
    IE_AUTO_FREE char *line = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&line, format, args);
    va_end(args);
    if (length >= 0) {
        u->on_line(u->user, line);
    }
}

/* ---- choosing ----------------------------------------------------------------------------- */

static bool matches(const undoing *u, const char *path)
{
    const char *glob = u->request->path_glob;
    if (path == NULL) {
        return false;
    }
    const char *relative = ie_path_below(path, u->root) && strlen(path) > strlen(u->root)
                               ? path + strlen(u->root) + 1 : path;
    return fnmatch(glob, path, 0) == 0 || fnmatch(glob, relative, 0) == 0 ||
           fnmatch(glob, ie_path_base(path), 0) == 0;
}

/* A unit stays a unit: it is chosen when one of its files is. */
static bool group_chosen(const undoing *u, const ie_entry *entries, size_t count)
{
    bool chosen = u->request->path_glob == NULL, done = false;
    for (size_t i = 0; i < count; i++) {
        done |= entries[i].state == IE_ENTRY_DONE;
        chosen = chosen || matches(u, entries[i].from) || matches(u, entries[i].to);
    }
    return chosen && done;
}

/* What goes back together: a duplicate may come back though the survivor it gave its keywords to
   was changed since. */
static size_t group_start(const ie_log *log, size_t end)
{
    size_t first = end - 1;
    const ie_entry *last = &log->entries[end - 1];
    while (first > 0 && log->entries[first - 1].group == last->group &&
           log->entries[first - 1].part == last->part) {
        first--;
    }
    return first;
}

/* ---- one group ---------------------------------------------------------------------------- */

static void leave(undoing *u, const ie_entry *entry)
{
    /* What failed in the run, or was undone before, is not this undo's to count. */
    if (entry->state == IE_ENTRY_DONE) {
        u->counts->untouched++;
        u->counts->accounted_bytes += entry->stamp.size;
    }
}

static void tell_done(undoing *u, const ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    u->counts->accounted_bytes += entry->stamp.size;
    const char *would = u->request->dry_run ? "would be " : "";
    if (item->verdict == IE_VERDICT_NOTHING) {
        u->counts->untouched++;
        say(u, "%s: nothing is left to undo",
            ie_shown(entry->to != NULL ? entry->to : entry->from));
        return;
    }
    u->counts->bytes += entry->stamp.size;
    if (!u->request->dry_run && u->options->undone != NULL && entry->to != NULL) {
        bool same = entry->kind == IE_ACTION_MOVE && !entry->makes;
        u->options->undone(u->options->undone_user, entry->to, same ? entry->from : NULL);
    }
    if (!u->request->dry_run && u->options->undone != NULL && entry->quarantine != NULL) {
        IE_AUTO_FREE char *away = ie_noting_away(u->log->id, entry->from);
        u->options->undone(u->options->undone_user, away, entry->from);
    }
    if (entry->kind == IE_ACTION_COPY) {
        u->counts->removed++;
        say(u, "%s: the copy %sremoved", ie_shown(entry->to), would);
    } else {
        u->counts->restored++;
        bool moved = entry->kind == IE_ACTION_MOVE;
        say(u, "%s: %srestored from %s", ie_shown(entry->from), would,
            moved ? ie_shown(entry->to) : "quarantine");
    }
}

static void tell_refused(undoing *u, const ie_takeback *items, size_t count)
{
    const ie_takeback *culprit = items;
    for (size_t i = 0; i < count; i++) {
        culprit = items[i].verdict == IE_VERDICT_REFUSED ? &items[i] : culprit;
    }
    bool gone = culprit->entry->purged && ie_fs_gone(culprit->entry->quarantine);
    for (size_t i = 0; i < count; i++) {
        const ie_entry *entry = items[i].entry;
        const char *path = ie_shown(entry->to != NULL ? entry->to : entry->from);
        u->counts->refused++;
        u->counts->purged += gone;
        u->counts->accounted_bytes += entry->stamp.size;
        if (items[i].verdict == IE_VERDICT_REFUSED) {
            say(u, "%s: not undone, because %s", path, items[i].problem);
        } else {
            say(u, "%s: not undone, because it goes with %s", path, ie_shown(culprit->entry->from));
        }
        if (u->journal != NULL) {
            ie_journal_state(u->journal, entry->n, IE_ENTRY_INTENDED, culprit->problem);
        }
    }
}

static ie_status undo_group(undoing *u, ie_entry *entries, size_t count, ie_error *err)
{
    ie_takeback *items = ie_alloc(count * sizeof *items);
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].state == IE_ENTRY_DONE) {
            items[chosen++].entry = &entries[i];
        } else {
            leave(u, &entries[i]);
        }
    }
    ie_status status = IE_OK;
    if (!ie_takeback_check(items, chosen, u->freed, u->freed_count)) {
        tell_refused(u, items, chosen);
        free(items);
        return IE_OK;
    }
    if (!u->request->dry_run) {
        status = ie_takeback_do(u->root, items, chosen, &u->touched, err);
    }
    for (size_t i = 0; status == IE_OK && i < chosen; i++) {
        tell_done(u, &items[i]);
        items[i].entry->state = IE_ENTRY_UNDONE;
        if (u->request->dry_run && items[i].entry->to != NULL) {
            IE_GROW(u->freed, u->freed_count, u->freed_room);
            u->freed[u->freed_count++] = items[i].entry->to;
        }
    }
    free(items);
    return status;
}

/* ---- a batch ------------------------------------------------------------------------------ */

/* What was renamed keeps its bytes, and what is known of it moves along. */
static void tell_before(const undoing *u, const ie_entry *entry)
{
    if (u->options->undoes != NULL && entry->makes && entry->to != NULL) {
        u->options->undoes(u->options->undone_user, entry->to);
    }
}

/* Entries [first, end) are whole groups. `undoing` is durable before the first change, `undone` is
   written after the folders are. */
static ie_status undo_batch(undoing *u, size_t first, size_t end, ie_error *err)
{
    ie_status status = IE_OK;
    ie_entry *entries = u->log->entries;
    for (size_t at = end; u->journal != NULL && at > first;) {
        size_t start = group_start(u->log, at);
        bool chosen = group_chosen(u, &entries[start], at - start);
        for (size_t i = start; chosen && i < at; i++) {
            if (entries[i].state == IE_ENTRY_DONE) {
                ie_journal_state(u->journal, entries[i].n, IE_ENTRY_UNDOING, NULL);
                tell_before(u, &entries[i]);
            }
        }
        at = start;
    }
    if (u->journal != NULL && u->options->undoes != NULL) {
        u->options->undoes(u->options->undone_user, NULL);
    }
    if (u->journal != NULL) {
        status = ie_journal_flush(u->journal, true, err);
    }
    bool *was_done = ie_alloc(end - first + 1);
    for (size_t i = first; i < end; i++) {
        was_done[i - first] = entries[i].state == IE_ENTRY_DONE;
    }
    for (size_t at = end; status == IE_OK && at > first;) {
        size_t start = group_start(u->log, at);
        if (group_chosen(u, &entries[start], at - start)) {
            status = undo_group(u, &entries[start], at - start, err);
        } else {
            for (size_t i = start; i < at; i++) {
                leave(u, &entries[i]);
            }
        }
        at = start;
    }
    int failed = ie_touched_sync(&u->touched);
    if (failed != 0 && status == IE_OK) {
        status = ie_error_errno(err, failed, "A restored folder in %s could not be made durable",
                                ie_shown(u->root));
    }
    for (size_t i = first; u->journal != NULL && status == IE_OK && i < end; i++) {
        if (was_done[i - first] && entries[i].state == IE_ENTRY_UNDONE) {
            ie_journal_state(u->journal, entries[i].n, IE_ENTRY_UNDONE, NULL);
        }
    }
    free(was_done);
    if (u->journal != NULL && status == IE_OK) {
        status = ie_journal_flush(u->journal, false, err);
    }
    return status;
}

static ie_status undo_all(undoing *u, ie_error *err)
{
    for (size_t end = u->log->count; end > 0;) {
        if (u->options->cancel != NULL && *u->options->cancel) {
            return ie_error_set(err, IE_ERR_CANCELLED,
                                "Interrupted; undo can be called again for the rest.");
        }
        size_t first = end;
        while (first > 0 && end - first < BATCH_ENTRIES) {
            first = group_start(u->log, first);
        }
        ie_status status = undo_batch(u, first, end, err);
        if (status != IE_OK) {
            return status;
        }
        u->finished += end - first;
        if (u->options->progress != NULL) {
            const ie_progress progress = {
                .stage = IE_STAGE_UNDO, .done = u->finished, .total = u->log->count};
            u->options->progress(u->options->user, &progress);
        }
        end = first;
    }
    return IE_OK;
}

/* ---- the run ------------------------------------------------------------------------------ */

static ie_status find_run(const char *root, const ie_undo_request *request, ie_log **ret_log,
                          ie_error *err)
{
    if (request->run_id != NULL) {
        ie_status status = strchr(request->run_id, '/') != NULL
                               ? IE_ERR_NOT_FOUND
                               : ie_log_read(root, request->run_id, ret_log, err);
        return status != IE_ERR_NOT_FOUND
                   ? status
                   : ie_error_set(err, IE_ERR_NOT_FOUND, "There is no run %s in %s.",
                                  request->run_id, ie_shown(root));
    }
    ie_run_ids ids;
    ie_status status = ie_run_ids_read(root, &ids, err);
    bool found = false;
    for (size_t i = 0; status == IE_OK && !found && i < ids.count; i++) {
        if (ie_log_read(root, ids.ids[i], ret_log, NULL) != IE_OK) {
            continue;
        }
        for (size_t k = 0; k < (*ret_log)->count && !found; k++) {
            const ie_entry *entry = &(*ret_log)->entries[k];
            found =
                entry->state == IE_ENTRY_DONE && (!entry->purged || !ie_fs_gone(entry->quarantine));
        }
        if (!found) {
            ie_log_free(*ret_log);
        }
    }
    ie_run_ids_free(&ids);
    if (status == IE_OK && !found) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND, "There is no run in %s that could be undone.",
                              ie_shown(root));
    }
    return status;
}

/* Nothing is open, and nothing is left of what it did. */
static bool is_undone(const ie_log *log)
{
    bool any = false, left = log->damaged > 0 || log->end == NULL;
    for (size_t i = 0; i < log->count; i++) {
        any |= log->entries[i].state == IE_ENTRY_UNDONE;
        left |= log->entries[i].state != IE_ENTRY_UNDONE &&
                log->entries[i].state != IE_ENTRY_FAILED;
    }
    return any && !left && strcmp(log->end, "undone") == 0;
}

static ie_status undo_locked(undoing *u, ie_error *err)
{
    bool dry = u->request->dry_run;
    ie_status status = find_run(u->root, u->request, &u->log, err);
    if (status != IE_OK) {
        u->log = NULL;
        return status;
    }
    if (is_undone(u->log)) {
        say(u, IE_UNDONE_BEFORE, u->log->id, u->log->command, u->log->time);
        return IE_OK;
    }
    for (size_t i = 0; i < u->log->count; i++) {
        bool done = u->log->entries[i].state == IE_ENTRY_DONE;
        u->counts->found += done;
        u->counts->found_bytes += done ? u->log->entries[i].stamp.size : 0;
    }
    say(u, "%s run %s (%s, %s) in %s", dry ? "Would take back" : "Taking back", u->log->id,
        u->log->command, u->log->time, ie_shown(u->root));
    if (u->log->damaged > 0) {
        say(u, "%llu lines of the journal are damaged; what they say cannot be undone",
            (unsigned long long)u->log->damaged);
        u->counts->refused +=
            u->log->damaged; /* not all was undone, and the exit code shall say so */
    }
    if (!dry) {
        status = ie_journal_resume(u->root, u->log->id, u->log->good_size, &u->journal, err);
    }
    if (status == IE_OK) {
        status = undo_all(u, err);
    }
    if (dry || (status != IE_OK && status != IE_ERR_CANCELLED) || u->journal == NULL) {
        return status; /* what is open stays so, for recovery; between two batches nothing is */
    }
    int failed = ie_undo_remove_folders(u->log);
    if (failed != 0 && status == IE_OK) {
        return ie_error_errno(
            err, failed, "All is undone, but a folder made by the run in %s could not be removed",
            ie_shown(u->root));
    }
    ie_journal_end(u->journal, status == IE_OK ? "undone" : "undo interrupted");
    ie_status flushed = ie_journal_flush(u->journal, true, status == IE_OK ? err : NULL);
    ie_root_tidy(u->root, u->log->id);
    return status != IE_OK ? status : flushed;
}

ie_status ie_undo_run(const char *root, const ie_undo_request *request,
                      const ie_apply_options *options, ie_line_fn on_line, void *user,
                      ie_undo_counts *ret_counts, ie_error *err)
{
    ie_undo_counts counts = {0};
    undoing u = {root, request, options, on_line, user, &counts, NULL, NULL, {0}, NULL, 0, 0, 0};
    ie_lock *lock = NULL;
    int made;
    ie_status status = IE_OK;
    if (!request->dry_run) {
        const ie_lock_options lock_options = {false, request->wait || options->wait,
                                              options->cancel};
        status = ie_lock_take(root, &lock_options, &lock, &made, err);
        if (status == IE_OK) {
            status = ie_root_recover(root, err);
        }
    }
    if (status == IE_OK) {
        status = undo_locked(&u, err);
    }
    ie_journal_close(u.journal);
    ie_log_free(u.log);
    if ((status == IE_OK || status == IE_ERR_NOT_FOUND) && lock != NULL) {
        ie_undo_remove_root(root); /* also when an interrupted undo has only just been finished */
        if (options->root_gone != NULL && ie_own_root_is_aside(root)) {
            options->root_gone(options->undone_user, root);
        }
        (void)ie_own_root_sweep(root);
    }
    ie_lock_release(lock);
    ie_touched_free(&u.touched);
    free(u.freed);
    if (status == IE_OK) {
        *ret_counts = counts;
    }
    return status;
}
