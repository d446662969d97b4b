// SPDX-License-Identifier: GPL-3.0-or-later
/* Forgetting a root: the catalog only, never the folder. */
#include "engine/engine.h"
#include "engine/known.h"
#include "engine/volume.h"
#include "engine/whereabouts.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

typedef struct finding {
    const char *root;
    bool known;
} finding;

static void find_root(void *user, const char *root, const char *volume, const char *place)
{
    finding *f = user;
    (void)volume;
    (void)place;
    f->known |= strcmp(root, f->root) == 0;
}

typedef struct paths {
    char **items;
    size_t count, room;
} paths;

static void add_path(void *user, const ie_stored_file *file)
{
    paths *p = user;
    IE_GROW(p->items, p->count, p->room);
    p->items[p->count++] = ie_strdup(file->path);
}

/* Only of a folder that is not there: else what is known of its photos is as true as before. */
static ie_status forget_photos(ie_engine *engine, const char *root, ie_error *err)
{
    paths p = {0};
    ie_fact_version none = {0};
    ie_status status =
        ie_fs_gone(root) ? ie_catalog_files(engine->reader, root, &none, add_path, &p, err) : IE_OK;
    for (size_t i = 0; i < p.count; i++) {
        status = status == IE_OK ? ie_catalog_forget(engine->writer, p.items[i], err) : status;
        free(p.items[i]);
    }
    free(p.items);
    return status;
}

static uint64_t runs_only_in(const ie_known_runs *list, const char *root, bool *known)
{
    uint64_t runs = 0;
    for (size_t i = 0; i < list->count; i++) {
        const ie_known_run *run = &list->runs[i];
        for (size_t k = 0; k < run->root_count; k++) {
            bool same = strcmp(run->roots[k], root) == 0;
            *known |= same;
            runs += same && run->root_count == 1;
        }
    }
    return runs;
}

ie_status ie_engine_forget(ie_engine *engine, const char *root, uint64_t *ret_runs, ie_error *err)
{
    IE_AUTO_FREE char *path = NULL;
    ie_known_runs list = {0};
    ie_status status = ie_folder_resolve(root, "The folder", &path, err);
    finding f = {.root = path};
    if (status == IE_OK) {
        status = ie_known_runs_read(engine, &list, err);
    }
    if (status == IE_OK && engine->writer != NULL) {
        status = ie_catalog_volumes(engine->reader, find_root, &f, err);
    }
    uint64_t runs = status == IE_OK ? runs_only_in(&list, path, &f.known) : 0;
    ie_known_runs_free(&list);
    if (status == IE_OK && !f.known) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND,
                              "The catalog knows of no run in %s, so there is nothing to forget.",
                              ie_shown(path));
    }
    status = status == IE_OK ? forget_photos(engine, path, err) : status;
    status = status == IE_OK ? ie_catalog_forget_root(engine->writer, path, err) : status;
    if (status == IE_OK) {
        *ret_runs = runs;
    }
    return status;
}
