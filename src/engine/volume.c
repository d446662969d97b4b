// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/volume.h"

#include "engine/own_root.h"
#include "storage/bytes.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/text.h"

#define ID_DIGITS 32

char *ie_volume_read(const char *root)
{
    IE_AUTO_FREE char *path = ie_path_join(root, IE_JOURNAL_FOLDER "/volume");
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return NULL;
    }
    const char *text = (const char *)ie_bytes_at(bytes, 0, ID_DIGITS);
    char *id = text != NULL ? ie_strndup(text, ID_DIGITS) : NULL;
    ie_bytes_close(bytes);
    if (id != NULL && strspn(id, "0123456789abcdef") != ID_DIGITS) {
        free(id);
        id = NULL;
    }
    return id;
}

typedef struct search {
    const char *path;
    bool exact;   /* only the root itself, not what lies below it */
    char *root;   /* the first that is offline; NULL: none */
    bool another; /* another disk is in its place */
} search;

static void look(void *user, const char *root, const char *volume)
{
    search *s = user;
    bool meant = s->exact ? strcmp(s->path, root) == 0 : ie_path_below(s->path, root);
    if (!meant || s->root != NULL) {
        return;
    }
    IE_AUTO_FREE char *there = ie_volume_read(root);
    if (there == NULL ? !ie_own_root_is_aside(root) : strcmp(there, volume) != 0) {
        s->root = ie_strdup(root);
        s->another = there != NULL;
    }
}

static ie_status find_offline(ie_engine *engine, search *s, ie_error *err)
{
    ie_status status = ie_engine_catalog(engine, err);
    if (status == IE_OK && engine->reader != NULL && engine->config->scan.require_marker) {
        status = ie_catalog_volumes(engine->reader, look, s, err);
    }
    return status;
}

ie_status ie_volume_check(ie_engine *engine, const char *path, ie_error *err)
{
    search s = {.path = path};
    ie_status status = find_offline(engine, &s, err);
    if (status == IE_OK && s.root != NULL) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND,
                              "%s is offline: %s, so its disk is not mounted, and nothing is planned or forgotten. "
                              "If that folder is meant to be as it is, add --set scan.require_marker=false.",
                              ie_shown(s.root), s.another ? "another disk is in its place"
                                                          : "an earlier run left a marker there and it is gone");
    }
    free(s.root);
    return status;
}

bool ie_volume_offline(ie_engine *engine, const char *root)
{
    search s = {.path = root, .exact = true};
    bool offline = find_offline(engine, &s, NULL) == IE_OK && s.root != NULL;
    free(s.root);
    return offline;
}

void ie_volume_note(ie_engine *engine, const char *root)
{
    IE_AUTO_FREE char *id = ie_volume_read(root);
    ie_error problem = {0};
    if (ie_engine_catalog(engine, &problem) == IE_OK && engine->writer != NULL &&
        ie_catalog_set_volume(engine->writer, root, id, &problem) == IE_OK) {
        return;
    }
    if (problem.text[0] != 0) {
        ie_engine_notice(engine, "The disk of %s could not be noted in the catalog: %s", ie_shown(root), problem.text);
    }
}
