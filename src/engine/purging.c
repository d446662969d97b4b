// SPDX-License-Identifier: GPL-3.0-or-later
/* Purging over all folders that are meant: the one that is named, or those that the catalog
   knows. */
#include <errno.h>

#include "engine/known.h"
#include "engine/purge.h"
#include "engine/volume.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

typedef struct root_list {
    char **roots;
    size_t count, room;
} root_list;

static void add_root(root_list *list, const char *root)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->roots[i], root) == 0) {
            return;
        }
    }
    IE_GROW(list->roots, list->count, list->room);
    list->roots[list->count++] = ie_strdup(root);
}

static ie_status named_root(const char *root, root_list *list, ie_error *err)
{
    char *real = realpath(root, NULL);
    if (real == NULL) {
        return ie_error_errno(err, errno, "The folder %s cannot be read", ie_shown(root));
    }
    add_root(list, real);
    free(real);
    return IE_OK;
}

static bool has_journal(const char *root)
{
    IE_AUTO_FREE char *runs = ie_path_join(root, IE_JOURNAL_FOLDER "/runs");
    return ie_fs_exists(runs);
}

/* Undo takes a folder away that only the run had made, and its journal: nothing is left to free,
   nor to tell of. */
static ie_status known_roots(ie_engine *engine, const char *run_id, root_list *list, ie_error *err)
{
    ie_known_runs runs;
    ie_status status = ie_known_runs_read(engine, &runs, err);
    if (status == IE_OK && run_id != NULL && ie_known_run_find(&runs, run_id, err) == NULL) {
        status = IE_ERR_NOT_FOUND;
    }
    for (size_t i = 0; status == IE_OK && i < runs.count; i++) {
        const ie_known_run *run = &runs.runs[i];
        for (size_t k = 0; k < run->root_count && (run_id == NULL || strcmp(run->id, run_id) == 0);
             k++) {
            if (run_id != NULL || !run->undone || has_journal(run->roots[k])) {
                add_root(list, run->roots[k]);
            }
        }
    }
    ie_known_runs_free(&runs);
    return status;
}

/* With a RUN in several folders, one that is away is an error; else the others are worth
   purging. */
static bool is_there(ie_engine *engine, const char *root, const ie_purge_request *request)
{
    bool there = has_journal(root) && !ie_volume_offline(engine, root);
    if (there || request->root != NULL || request->run_id != NULL) {
        return true;
    }
    if (ie_volume_deleted(engine, root)) {
        return false;
    }
    ie_engine_notice(engine, "%s is offline (its journal is not there); it was left out.",
                     ie_shown(root));
    return false;
}

/* The catalog is a cache: what stays in it is in nobody's way. */
static void note_freed(void *user, const char *left, const char *came)
{
    ie_engine *engine = user;
    ie_error ignored;
    if (engine->writer != NULL && came == NULL) {
        ie_status status = ie_catalog_forget(engine->writer, left, &ignored);
        (void)status;
    }
}

ie_status ie_engine_purge(ie_engine *engine, const ie_purge_request *request, ie_purge_fn on_run,
                          ie_line_fn on_line, void *user, ie_purge_counts *ret_counts,
                          ie_error *err)
{
    root_list list = {0};
    ie_purge_counts counts = {0};
    const ie_apply_options options = {
        .config = engine->config,
        .wait = request->wait,
        .cancel = engine->cancel,
        .undone = note_freed,
        .undone_user = engine,
    };
    ie_status status = request->root != NULL ? named_root(request->root, &list, err)
                                             : known_roots(engine, request->run_id, &list, err);
    for (size_t i = 0; status == IE_OK && i < list.count; i++) {
        if (is_there(engine, list.roots[i], request)) {
            status = ie_purge_root(list.roots[i], request, &options, on_run, on_line, user, &counts,
                                   err);
        }
    }
    for (size_t i = 0; i < list.count; i++) {
        free(list.roots[i]);
    }
    free(list.roots);
    *ret_counts = counts;
    return status;
}
