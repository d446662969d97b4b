// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/volume.h"

#include "engine/own_root.h"
#include "engine/whereabouts.h"
#include "storage/bytes.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/fs.h"
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
    bool away;    /* only one whose disk is not there */
    bool anew;    /* none that was surely deleted and is another folder now … */
    bool absent;  /* … nor `path` itself where that is not there at all */
    char *old;    /* then: the first of those; NULL: none */
    char *root;   /* the first that is offline; NULL: none */
    bool another; /* another disk is in its place */
    ie_whereabouts whereabouts; /* else */
} search;

static void look(void *user, const char *root, const char *volume, const char *place)
{
    search *s = user;
    bool meant = s->exact ? strcmp(s->path, root) == 0 : ie_path_below(s->path, root);
    if (!meant || s->root != NULL) {
        return;
    }
    IE_AUTO_FREE char *there = ie_volume_read(root);
    if (there != NULL ? strcmp(there, volume) == 0 : ie_own_root_is_aside(root)) {
        return;
    }
    ie_whereabouts where = there == NULL ? ie_whereabouts_tell(root, place) : IE_ROOT_AWAY;
    if ((s->anew && where == IE_ROOT_ANEW) ||
        (s->absent && where == IE_ROOT_DELETED && strcmp(s->path, root) == 0)) {
        s->old = s->old != NULL ? s->old : ie_strdup(root);
    } else if (!s->away || where == IE_ROOT_AWAY) {
        s->root = ie_strdup(root);
        s->another = there != NULL;
        s->whereabouts = where;
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

static const char *reason_of(const search *s)
{
    static const char *const reasons[] = {
        [IE_ROOT_AWAY] = "is offline: the marker that an earlier run left there is not to be seen, "
                         "so its disk is not mounted",
        [IE_ROOT_STRIPPED] = "lost its .imgengine folder, and with it the journal and the "
                             "quarantine: it is the same folder "
                             "as at the last run, but someone removed that from it",
        [IE_ROOT_DELETED] = "was deleted or moved away since the last run there: the folder it lay "
                            "in is still the same one",
        [IE_ROOT_ANEW] = "was deleted or moved away since the last run there, and is another "
                         "folder now: the folder it lies in is still the same one",
    };
    return s->another ? "is offline: another disk is in its place" : reasons[s->whereabouts];
}

static ie_status check(ie_engine *engine, search *s, ie_error *err)
{
    ie_status status = find_offline(engine, s, err);
    if (status == IE_OK && s->root != NULL) {
        IE_AUTO_FREE char *quoted = ie_shell_word(ie_shown(s->root));
        bool away = s->another || s->whereabouts == IE_ROOT_AWAY;
        status = ie_error_set(
            err, IE_ERR_NOT_FOUND,
            "%s %s. Nothing there is planned or forgotten. %s: imgengine runs --forget %s",
            ie_shown(s->root), reason_of(s),
            away ? "Mount it; or, if it is gone for good, say so with"
                 : "If that is as you want it, say so with",
            quoted);
    }
    free(s->root);
    return status;
}

ie_status ie_volume_check(ie_engine *engine, const char *path, ie_error *err)
{
    search s = {.path = path};
    return check(engine, &s, err);
}

bool ie_volume_offline(ie_engine *engine, const char *root)
{
    search s = {.path = root, .exact = true};
    bool offline = find_offline(engine, &s, NULL) == IE_OK && s.root != NULL;
    free(s.root);
    return offline;
}

/* What became of this very root, when it is offline and that can be told; else IE_ROOT_AWAY. */
static ie_whereabouts whereabouts_of(ie_engine *engine, const char *root)
{
    search s = {.path = root, .exact = true};
    bool told = find_offline(engine, &s, NULL) == IE_OK && s.root != NULL && !s.another;
    free(s.root);
    return told ? s.whereabouts : IE_ROOT_AWAY;
}

bool ie_volume_deleted(ie_engine *engine, const char *root)
{
    ie_whereabouts where = whereabouts_of(engine, root);
    return where == IE_ROOT_DELETED || where == IE_ROOT_ANEW;
}

static ie_status check_anew(ie_engine *engine, search *s, ie_anew anew, ie_error *err)
{
    uint64_t runs;
    ie_status status = check(engine, s, err);
    if (status == IE_OK && s->old != NULL && anew == IE_ANEW_FORGET) {
        status = ie_engine_forget(engine, s->old, &runs, err);
    } else if (status == IE_OK && s->old != NULL && anew == IE_ANEW_TELL) {
        ie_engine_notice(engine,
                         "%s was deleted or moved away since the last run there. %s, and with %s "
                         "what was done in the old one is forgotten.",
                         ie_shown(s->old),
                         ie_fs_gone(s->old) ? "It is made anew" : "It is another folder now",
                         ie_fs_gone(s->old) ? "that" : "a run in it");
    }
    free(s->old);
    return status;
}

ie_status ie_volume_check_place(ie_engine *engine, const char *path, ie_anew anew, ie_error *err)
{
    search s = {.path = path, .anew = true};
    return check_anew(engine, &s, anew, err);
}

ie_status ie_volume_check_output(ie_engine *engine, const char *output, ie_anew anew, ie_error *err)
{
    search s = {.path = output, .anew = true, .absent = true};
    return check_anew(engine, &s, anew, err);
}

bool ie_volume_away(ie_engine *engine, const char *path)
{
    search s = {.path = path, .away = true};
    bool away = find_offline(engine, &s, NULL) == IE_OK && s.root != NULL;
    free(s.root);
    return away;
}

void ie_volume_note(ie_engine *engine, const char *root)
{
    IE_AUTO_FREE char *id = ie_volume_read(root);
    IE_AUTO_FREE char *place = id != NULL ? ie_whereabouts_note(root) : NULL;
    ie_error problem = {0};
    if (ie_engine_catalog(engine, &problem) == IE_OK && engine->writer != NULL &&
        ie_catalog_set_volume(engine->writer, root, id, place, &problem) == IE_OK) {
        return;
    }
    if (problem.text[0] != 0) {
        ie_engine_notice(engine, "The disk of %s could not be noted in the catalog: %s",
                         ie_shown(root), problem.text);
    }
}
